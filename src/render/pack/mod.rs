//! The pack model: plain data, with everything that a reader may see, and nothing else.
//!
//! What the audience may not see is left out here, before any template runs; it is never hidden by one. A pack has the
//! parts that its kind asks for; a part that it does not have is absent. Each part stands in a file of its own, its values
//! beside the functions that build them.

mod annex;
mod answers;
mod changes;
mod cover;
mod decisions;
mod lineage;
mod matrix;
mod names;
mod register;
mod scope;
mod summary;
mod words;

use super::stamp::{Since, Stamp};
use crate::model::{Class, Confirmation, Date, Deployment, Framework, Item, PartyId, Rating, Settings};
use crate::ops::brought::Brought;
use crate::ops::confirm::Entry;
use crate::ops::reason::apart;
use crate::ops::scope::phase_digest;
use crate::ops::spoken::Spoken;
use crate::ops::state::{Stand, States, states};
use crate::ops::words::and;
use schemars::JsonSchema;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

pub use annex::{Annex, AnnexLine, AsideLine};
pub use answers::{AnswerView, GroupView, SectionView};
pub use changes::{ChangeView, ChangesView, InDoubt, OutcomeChangeView, PieceView, RiskChangeView};
pub use cover::{Cover, Provenance, Words};
pub use decisions::Decided;
pub use lineage::{LineageView, Member, RelativeView};
pub use matrix::{Cell, ClassView, HeatMap, MatrixRow, MoveView};
pub use names::{Listed, Names};
pub use register::{AcceptanceView, CauseView, MitigationView, ReceivedView, RiskView, TransferView};
pub use summary::{GapView, OutcomeView, Outcomes, Progress, Readiness, Summary};

/// Version of the pack model.
pub const SCHEMA_VERSION: u32 = 1;

/// Which pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackKind {
    /// Usage and settings.
    Phase1,
    /// The whole assessment.
    Phase2,
    /// What differs from what was received, or since a revision.
    Changes,
    /// The risk register alone.
    HazardLog,
    /// Where the assessment comes from, and what came from it.
    Lineage,
}

impl PackKind {
    /// Every pack.
    pub const ALL: [Self; 5] = [Self::Phase1, Self::Phase2, Self::Changes, Self::HazardLog, Self::Lineage];

    /// The pack's name, and its file's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Phase1 => "phase-1",
            Self::Phase2 => "phase-2",
            Self::Changes => "changes",
            Self::HazardLog => "hazard-log",
            Self::Lineage => "lineage",
        }
    }

    /// The pack of a name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The phase that it is for.
    pub fn phase(self) -> Option<u8> {
        match self {
            Self::Phase1 => Some(1),
            Self::Phase2 => Some(2),
            _ => None,
        }
    }

    /// The last phase whose content it speaks of.
    fn reach(self) -> u8 {
        self.phase().unwrap_or(u8::MAX)
    }
}

/// Who will read the pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Anybody: no personal data.
    Public,
    /// People inside the organisations: names and roles too.
    Internal,
    /// The parties themselves: contact details too.
    Full,
}

impl Audience {
    /// The audience of a name.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Public, Self::Internal, Self::Full].into_iter().find(|audience| audience.as_str() == name)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Full => "full",
        }
    }
}

/// A label with a text.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Line {
    /// What it is.
    pub label: String,
    /// What it says.
    pub text: String,
}

/// A rating for readers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RatingView {
    /// The word.
    pub severity: String,
    /// The word.
    pub likelihood: String,
    /// The class; none where the matrix does not know a word.
    pub class: Option<Class>,
    /// What the class is called.
    pub label: String,
}

/// Everything that a pack shows.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Pack {
    /// Version of this model.
    pub schema_version: u32,
    /// `phase-1`, `phase-2`, `changes`, `hazard-log` or `lineage`.
    pub kind: &'static str,
    /// The phase's number, for a phase's pack.
    pub phase: Option<u8>,
    /// What the pack is called.
    pub title: String,
    /// What it is for.
    pub about: String,
    /// The deployment's folder.
    pub deployment: String,
    /// Its id for life.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Digest of what the pack speaks of, the same for every audience and format. A phase's is the one that approvers compare when they decide.
    pub digest: String,
    /// Who it is for.
    pub audience: Audience,
    /// What is left out, in sentences.
    pub left_out: Vec<String>,
    /// Where the content comes from.
    pub provenance: Provenance,
    /// The headline.
    pub cover: Cover,
    /// What [`crate::render::stamp::find`] finds in the finished pack.
    pub stamp: String,
    /// What readers call a risk and a mitigation.
    pub words: Words,
    /// Templates of the repository's own that laid this pack out; empty where tom's did.
    pub own_templates: Vec<OwnTemplate>,
    /// Whether the phase has everything that it needs.
    pub readiness: Option<Readiness>,
    /// What the rules say.
    pub summary: Option<Summary>,
    /// The risk matrix.
    pub matrix: Option<HeatMap>,
    /// The risk register.
    pub register: Option<Vec<RiskView>>,
    /// The answers by section.
    pub answers: Option<Vec<SectionView>>,
    /// What differs.
    pub changes: Option<ChangesView>,
    /// Where it comes from, and what came from it.
    pub lineage: Option<LineageView>,
    /// Every item of the framework, and every risk: in the phases' packs, and in every pack that is laid out by own templates.
    pub annex: Option<Annex>,
    /// The annex, for a pack that turns out to be laid out by own templates.
    #[serde(skip)]
    spare_annex: Annex,
}

/// A template of the repository's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct OwnTemplate {
    /// Its name.
    pub name: String,
    /// The first digits of its digest.
    pub digest: String,
}

impl Pack {
    /// The pack as it is given to these templates of the repository's own.
    pub fn laid_out_by(&self, own_templates: Vec<OwnTemplate>) -> Cow<'_, Self> {
        if own_templates.is_empty() {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self { own_templates, annex: Some(self.spare_annex.clone()), ..self.clone() })
    }
}

/// What a pack is asked for, besides the deployment.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Which pack.
    pub kind: PackKind,
    /// Who will read it.
    pub audience: Audience,
    /// Where the content comes from.
    pub provenance: Provenance,
    /// What `changes` compares with, where that is an earlier state and not what was received.
    pub since: Option<Earlier<'a>>,
    /// Whether it compares with nothing else: then a pack without an earlier state shows no changes.
    pub needs_since: bool,
    /// Everybody whom the settings list.
    pub listed: &'a Listed,
    /// The deployments of the repository that `lineage` draws.
    pub family: &'a [Member],
    /// What was decided.
    pub decided: Decided<'a>,
}

/// An earlier state of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Earlier<'a> {
    /// The deployment as it was.
    pub deployment: &'a Deployment,
    /// The commit that has it.
    pub commit: &'a str,
    /// The day of that commit, or of the decision.
    pub day: Date,
    /// The role whose last decision was over it, where it was asked for so.
    pub role: Option<&'a str>,
}

/// Builds a pack.
pub fn pack(
    framework: &Framework,
    settings: &Settings,
    deployment: &Deployment,
    request: &Request<'_>,
) -> Pack {
    let before = request.since.map(|earlier| earlier.deployment);
    let decided = request.decided.statements;
    let names = Names::of(request.listed, (deployment, before), framework, decided, request.audience);
    let source = Source {
        framework,
        settings,
        deployment,
        kind: request.kind,
        audience: request.audience,
        states: states(deployment, framework),
        names,
        foreign: &request.provenance.foreign,
        claimed: request.provenance.foreign.keys().cloned().collect(),
        as_of: request.provenance.date.parse().ok(),
        decided: &request.decided,
    };
    source.build(request)
}

/// What the parts are built from.
struct Source<'a> {
    framework: &'a Framework,
    settings: &'a Settings,
    deployment: &'a Deployment,
    kind: PackKind,
    audience: Audience,
    states: States<'a>,
    names: Names<'a>,
    foreign: &'a BTreeMap<Spoken, Brought>,
    /// The same without how it came.
    claimed: BTreeSet<Spoken>,
    /// The day as of which things run out.
    as_of: Option<Date>,
    decided: &'a Decided<'a>,
}

impl Source<'_> {
    fn build(&self, request: &Request<'_>) -> Pack {
        use PackKind::{Changes, HazardLog, Lineage, Phase1, Phase2};
        let has = |kinds: &[PackKind]| kinds.contains(&self.kind);
        let needs_risks =
            |phase: u8| self.framework.phases.iter().any(|p| p.number == phase && p.needs_risks);
        let has_register = has(&[HazardLog]) || self.kind.phase().is_some_and(needs_risks);
        let (title, about) = self.headline();
        let annex = self.annex();
        let phase = self.kind.phase().and_then(|number| self.framework.phase(number));
        let digest = match phase {
            Some(phase) => phase_digest(self.deployment, self.framework, phase, self.decided.files),
            None => scope::digest(self.deployment, self.framework, self.kind),
        };
        let digest = digest.to_string();
        let stamp = Stamp {
            deployment: self.deployment.name.to_string(),
            id: self.deployment.meta.id.to_string(),
            kind: self.kind,
            audience: self.audience,
            commit: request.provenance.commit.clone(),
            is_draft: request.provenance.is_draft,
            since: request.since.map(|earlier| match earlier.role {
                Some(role) => Since::Decision(role.to_owned()),
                None => Since::Revision(earlier.commit.to_owned()),
            }),
            digest: digest.clone(),
        };
        Pack {
            schema_version: SCHEMA_VERSION,
            kind: self.kind.name(),
            phase: self.kind.phase(),
            title,
            about,
            deployment: self.deployment.name.to_string(),
            id: self.deployment.meta.id.to_string(),
            name: self.names.scrub(&self.deployment.meta.title),
            digest,
            stamp: stamp.to_string(),
            audience: self.audience,
            left_out: self.left_out(),
            provenance: request.provenance.clone(),
            cover: self.cover(),
            words: self.words(),
            own_templates: Vec::new(),
            readiness: self.kind.phase().map(|phase| self.readiness(phase, has_register)),
            summary: has(&[Phase1, Phase2]).then(|| self.summary()),
            matrix: has(&[Phase1, Phase2, HazardLog]).then(|| self.heat_map(has_register)),
            register: has_register.then(|| self.register()),
            answers: has(&[Phase1, Phase2]).then(|| self.answers()),
            changes: (has(&[Phase1, Phase2, Changes]) && !(request.needs_since && request.since.is_none()))
                .then(|| self.changes(request.since))
                .flatten(),
            lineage: has(&[Lineage]).then(|| self.lineage(request.family)),
            annex: has(&[Phase1, Phase2]).then(|| annex.clone()),
            spare_annex: annex,
        }
    }

    /// Text that somebody wrote, as this audience sees it.
    fn text(&self, text: &str) -> String {
        self.names.scrub(text)
    }

    fn texts(&self, texts: &[String]) -> Vec<String> {
        texts.iter().map(|text| self.text(text)).collect()
    }

    fn label(&self, party: &PartyId) -> String {
        self.framework.party_label(party).to_owned()
    }

    fn labels(&self, parties: &[PartyId]) -> String {
        let labels: Vec<String> = parties.iter().map(|party| self.label(party)).collect();
        if labels.is_empty() { "nobody".to_owned() } else { and(&labels) }
    }

    fn rating(&self, rating: &Rating) -> RatingView {
        let class = self.framework.matrix.class(rating);
        let label =
            class.and_then(|class| self.framework.matrix.acceptability.get(&class)).map(|a| a.label.clone());
        RatingView {
            severity: rating.severity.clone(),
            likelihood: rating.likelihood.clone(),
            class,
            label: label.unwrap_or_else(|| "no class".to_owned()),
        }
    }

    /// Whether this audience sees a column of an item's rows.
    fn sees(&self, item: &Item, column: &str) -> bool {
        !item.personal || self.audience == Audience::Full || !matches!(column, "email" | "phone")
    }

    /// How a party stands to something, in words that fit the audience.
    fn stand(&self, entry: &Entry, party: &PartyId, stand: &Stand) -> String {
        let confirmation = entry.confirmation(self.deployment, party);
        let label = self.label(party);
        let spoke = confirmation.map(|c| match self.audience {
            Audience::Public => format!("on {}", words::day(c.on)),
            _ => format!("({}) on {}", c.by, words::day(c.on)),
        });
        match (stand, spoke) {
            (Stand::Stands, Some(spoke)) if !self.is_listed(party, confirmation) => {
                format!(
                    "{label} is said to have confirmed it {spoke}, by somebody who is not listed for it (claimed)"
                )
            }
            (Stand::Stands, Some(spoke)) => {
                match self.foreign(&Spoken::Confirmation(entry.clone(), party.clone())) {
                    Some(why) => format!("{label} is said to have confirmed it {spoke}; {why} (claimed)"),
                    None => format!("{label} confirmed it {spoke}"),
                }
            }
            (Stand::ContentChanged, Some(spoke)) => {
                format!("{label} confirmed it {spoke}; it has changed since")
            }
            (Stand::FactsChanged(facts), Some(spoke)) => {
                let of = (self.deployment, self.framework);
                let why = apart(of, entry, party, facts);
                let why = why.in_words(" since then", "they confirmed", "they did not name");
                format!("{label} confirmed it {spoke}; {why}")
            }
            _ => format!("{label} has not confirmed it"),
        }
    }

    /// How something came whose bringer may not have said it.
    fn foreign(&self, spoken: &Spoken) -> Option<&'static str> {
        self.foreign.get(spoken).map(|brought| brought.in_brief(spoken))
    }

    fn is_listed(&self, party: &PartyId, confirmation: Option<&Confirmation>) -> bool {
        let by = confirmation.map_or("", |confirmation| confirmation.by.as_str());
        crate::ops::state::may_speak(self.settings, self.deployment, self.framework, party, by)
    }
}

/// The JSON Schema of a pack, as `--format json` writes it.
pub fn schema() -> schemars::Schema {
    let generator = schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Pack>();
    schema.insert("title".to_owned(), "A pack: tom render --format json".into());
    schema
}
