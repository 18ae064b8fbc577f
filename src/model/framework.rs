//! The framework: questions, rules, phases, parties and the risk matrix. Versioned data, never code.

use super::risk::words;
use super::{BlockId, Condition, Digest, ItemId, Matrix, OutcomeId, PartyId, SectionId};
use std::collections::BTreeMap;

words! {
    /// What an item is.
    ItemKind {
        /// Something to know.
        Info = "info",
        /// Something to do or to see to.
        Action = "action",
        /// Something that the product or the organisation has to meet.
        Requirement = "requirement",
        /// What an approver writes; kept in approvals, never an answer.
        Decision = "decision",
        /// Computed by the rules, never stored.
        Outcome = "outcome",
    }
}

words! {
    /// How strongly an item is asked for.
    Level {
        /// It has to be met; a No is reported formally.
        Must = "must",
        /// It is expected.
        Should = "should",
    }
}

words! {
    /// What form an answer has.
    ItemType {
        /// A line of text.
        Text = "text",
        /// Several lines of text.
        Texts = "texts",
        /// Paragraphs.
        Prose = "prose",
        /// Paragraphs, to an item that has no verdict of its own.
        Note = "note",
        /// A calendar date.
        Date = "date",
        /// Several dates, by key.
        Dates = "dates",
        /// A whole number.
        Number = "number",
        /// One of the options.
        Choice = "choice",
        /// The code of an organisation in the Organisation Data Service.
        OdsCode = "ods-code",
        /// People by role.
        People = "people",
        /// Rows by key, with the item's own columns.
        Table = "table",
        /// An approver's.
        Decision = "decision",
        /// The rules'.
        Computed = "computed",
    }
}

words! {
    /// What a derivation does with an answer.
    OnDerive {
        /// The organisation's own: starts empty.
        Ask = "ask",
        /// Belongs to one deployment's process: starts empty.
        Reset = "reset",
        /// Carried.
        Keep = "keep",
        /// Not an answer: a decision.
        None = "none",
        /// Not an answer: an outcome.
        Computed = "computed",
    }
}

words! {
    /// What a decision covers.
    Scope {
        /// Use and settings, phase 1.
        Usage = "usage",
        /// Throughput.
        Capacity = "capacity",
        /// The whole assessment, phase 2.
        Assessment = "assessment",
    }
}

words! {
    /// A reading of the rules.
    ProfileName {
        /// What the checklist's guidance plainly means; an unanswered item is unknown. The default.
        Strict = "strict",
        /// Exactly what the spreadsheet computes; an unanswered item is empty text.
        Sheet = "sheet",
    }
}

words! {
    /// What an outcome says.
    OutcomeKind {
        /// A group of answers as a whole.
        Result = "result",
        /// How strongly something is asked for, or how far a duty goes.
        Level = "level",
        /// A document that is needed.
        Document = "document",
        /// Somebody who has to sign.
        Signatory = "signatory",
        /// Something that is still to be done.
        Action = "action",
        /// Something that the reader is told.
        Notice = "notice",
    }
}

/// Whether an answer is needed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Needed {
    /// In every deployment.
    Always,
    /// In none; but it may be given.
    Optional,
    /// It is no answer.
    Never,
    /// When this holds, or cannot be known yet.
    If(Condition),
}

/// Where an item stands in the spreadsheet (1-based addresses).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cells {
    /// The worksheet.
    pub sheet: String,
    /// The row.
    pub row: u32,
    /// The cell that names who answered.
    pub actioned_by: Option<String>,
    /// The cell of the answer.
    pub answer: Option<String>,
    /// The cell of the notes.
    pub notes: Option<String>,
}

/// A column of a table, people or dates item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The key in a row.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The form of its values: text, date, choice or ODS code.
    pub kind: ItemType,
    /// The values that may be chosen from.
    pub options: Vec<String>,
}

/// A row of the checklist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Its stable id.
    pub id: ItemId,
    /// The section that it stands in.
    pub section: SectionId,
    /// The heading that it stands under.
    pub group: String,
    /// The repeating block that it belongs to.
    pub repeats: Option<BlockId>,
    /// What it is.
    pub kind: ItemKind,
    /// How strongly it is asked for.
    pub level: Option<Level>,
    /// The phase that needs it.
    pub phase: u8,
    /// Who answers.
    pub parties: Vec<PartyId>,
    /// Who has to stand by the answer, each of them.
    pub confirmed_by: Vec<PartyId>,
    /// The form of the answer.
    pub kind_of_answer: ItemType,
    /// The values to choose from.
    pub options: Vec<String>,
    /// The columns of a people, dates or table answer.
    pub columns: Vec<Column>,
    /// When it applies; none means always.
    pub applies: Option<Condition>,
    /// Whether it is needed.
    pub needed: Needed,
    /// When the answer needs notes beside it.
    pub needs_note: Option<Condition>,
    /// What a derivation does with it.
    pub on_derive: OnDerive,
    /// The decisions that cover it. Empty: recorded, but in no decision's digest.
    pub scope: Vec<Scope>,
    /// The facts that it rests on.
    pub depends_on: Vec<ItemId>,
    /// The items of earlier versions that it takes the place of. Their answers move here when a deployment is upgraded.
    pub replaces: Vec<ItemId>,
    /// For a date: how many days after it the answer expires. 0 where the date is itself the last day.
    pub valid_for: Option<u16>,
    /// Whether it holds personal data.
    pub personal: bool,
    /// Where what the answer says is recorded besides, so that the two can be held against each other: `statements` for decisions.
    pub read_from: Option<String>,
    /// Whether the checklist prints this id.
    pub printed_id: bool,
    /// Where it stands in the spreadsheet.
    pub cells: Cells,
    /// Its name.
    pub title: String,
    /// What the answerer is asked.
    pub asks: String,
    /// Why it is asked.
    pub why: String,
    /// What a good answer rests on.
    pub good_evidence: String,
}

impl Item {
    /// Whether a deployment answers it, rather than a decision or the rules.
    pub fn is_answered(&self) -> bool {
        !matches!(self.kind, ItemKind::Decision | ItemKind::Outcome)
    }

    /// Whether the answer is rows by key.
    pub fn has_rows(&self) -> bool {
        matches!(self.kind_of_answer, ItemType::People | ItemType::Dates | ItemType::Table)
    }
}

/// A heading with its items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group<'f> {
    /// The heading.
    pub title: &'f str,
    /// The items under it, in order.
    pub items: Vec<&'f Item>,
}

/// A worksheet of the checklist, a file of the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its id, and its file's name.
    pub id: SectionId,
    /// What it is called.
    pub title: String,
    /// What it is about.
    pub about: String,
    /// Its items, in order.
    pub items: Vec<Item>,
}

impl Section {
    /// The items under their headings.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for item in &self.items {
            match groups.last_mut() {
                Some(group) if group.title == item.group => group.items.push(item),
                _ => groups.push(Group { title: &item.group, items: vec![item] }),
            }
        }
        groups
    }

    /// Whether a deployment has anything to write in it.
    pub fn is_answered(&self) -> bool {
        self.items.iter().any(Item::is_answered)
    }
}

/// The party that owns the risks of a deployment. A baseline has none: nobody deploys it.
pub const DEPLOYER: &str = "deployer";
/// The party whose product is assessed, and who owns the risks of a baseline.
pub const SUPPLIER: &str = "supplier";

/// Somebody who answers, confirms or decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// The id that files use.
    pub id: PartyId,
    /// What the checklist's readers call it.
    pub label: String,
    /// When it takes part; none means always. A party that takes no part confirms nothing.
    pub takes_part: Option<Condition>,
}

/// A role that decides in a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseRole {
    /// `asset-owner`
    pub role: String,
    /// The party that its holder belongs to.
    pub party: PartyId,
    /// The checklist's item where the decision is shown.
    pub item: ItemId,
    /// Whether the phase always needs it; otherwise when an outcome asks for this signatory.
    pub always: bool,
    /// The items that it gives a verdict to, and with them one of the framework's outcomes.
    pub verdicts: Vec<ItemId>,
    /// The scopes that its decision covers.
    pub scope: Vec<Scope>,
}

/// A phase of the approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phase {
    /// 1 or 2.
    pub number: u8,
    /// What it is called.
    pub title: String,
    /// What it decides.
    pub about: String,
    /// The scopes that its decisions cover.
    pub scope: Vec<Scope>,
    /// The sections that its pack shows: all, or those that have items of the phase.
    pub needs_risks: bool,
    /// Who decides, in the order of the framework.
    pub roles: Vec<PhaseRole>,
    /// Needed items that are filled in once it has been decided, so that nobody waits for them before.
    pub afterwards: Vec<ItemId>,
    /// Items whose answer Yes says that an earlier phase was approved.
    pub says_approved: BTreeMap<ItemId, u8>,
}

/// How the verdicts of phase 1 have to be for an outcome to agree with them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VerdictRule {
    /// Every verdict is this.
    All(String),
    /// At least one verdict is this.
    Any(String),
    /// No verdict is this.
    None(String),
}

/// An outcome that phase 1 can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhaseOutcome {
    /// The value: `approved-dsa-needed`.
    pub value: String,
    /// In words.
    pub title: String,
    /// Which verdicts agree with it.
    pub verdicts: VerdictRule,
    /// What has to hold before going live.
    pub before_live: Option<Condition>,
    /// Items that may be filled in afterwards without voiding the decision.
    pub leaves_open: Vec<ItemId>,
}

/// An agreement that has to be in place, and to cover the day, for as long as a deployment is live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// In words.
    pub title: String,
    /// The item whose answer Yes says that it is in place.
    pub in_place: ItemId,
    /// The item with its first day.
    pub from: ItemId,
    /// The item with its last day.
    pub until: ItemId,
}

/// What the stages after the decisions are computed from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Process {
    /// When it is the product's first live deployment; never, where the framework does not say.
    pub first_of_type: Option<Condition>,
    /// The item with the throughput that was asked for.
    pub throughput: Option<ItemId>,
    /// Agreements, in the order of the framework.
    pub agreements: Vec<Agreement>,
}

/// The items that make a deployment's headline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Headline {
    /// The title of the application.
    pub application: ItemId,
    /// The organisation that answers for the assessment.
    pub organisation: ItemId,
    /// Its code.
    pub organisation_code: ItemId,
    /// The product.
    pub product: ItemId,
    /// The product's version.
    pub product_version: ItemId,
    /// Who supplies it.
    pub supplier: ItemId,
    /// The supplier's code.
    pub supplier_code: ItemId,
    /// The dates that the deployment aims at.
    pub dates: ItemId,
}

/// A value with the condition under which an outcome has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutcomeCase {
    /// The value.
    pub value: String,
    /// When it is that.
    pub when: Condition,
}

/// Where a document that the outcomes ask for is attached: among the evidence of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// The item whose evidence it is.
    pub item: ItemId,
    /// Words that the line of evidence has to say, where the item's evidence may be something else too.
    pub naming: Option<String>,
}

impl Attached {
    /// Whether one of these lines is the document. Capitals count for nothing, and a hyphen in a path is as good as a space.
    pub fn is_among(&self, evidence: &[String]) -> bool {
        let plain = |text: &str| text.to_lowercase().replace(['-', '_'], " ");
        let names_it =
            |line: &String| self.naming.as_ref().is_none_or(|words| plain(line).contains(&plain(words)));
        evidence.iter().any(names_it)
    }
}

/// What the rules compute from answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its id, shared by the profiles where they mean the same.
    pub id: OutcomeId,
    /// What sort of thing it says.
    pub kind: OutcomeKind,
    /// The checklist's item that shows it.
    pub item: Option<ItemId>,
    /// In words.
    pub title: String,
    /// The role that a signatory has.
    pub role: Option<String>,
    /// Where a document is attached.
    pub evidence: Option<Attached>,
    /// The first that is not false decides.
    pub cases: Vec<OutcomeCase>,
    /// The value when every case is false.
    pub otherwise: String,
}

impl Outcome {
    /// Every item that the outcome reads itself; those that its outcomes read are theirs.
    pub fn items(&self) -> std::collections::BTreeSet<ItemId> {
        self.cases.iter().flat_map(|case| case.when.items()).collect()
    }

    /// Every outcome that it reads.
    pub fn outcomes(&self) -> std::collections::BTreeSet<OutcomeId> {
        self.cases.iter().flat_map(|case| case.when.outcomes()).collect()
    }
}

/// One reading of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What it is for.
    pub about: String,
    /// Its outcomes; one that reads another stands after it.
    pub outcomes: Vec<Outcome>,
}

/// Something that answers must never contradict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Constraint {
    /// Its id: `contracts.framework-order`.
    pub id: OutcomeId,
    /// The item that the finding points at.
    pub item: ItemId,
    /// What is wrong when it does not hold.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// Whether breaking it is an error; otherwise a warning.
    pub is_error: bool,
    /// What has to hold, or be unknown.
    pub must: Condition,
}

/// A framework's id, version and digest, as a deployment pins them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameworkRef {
    /// `smsp-tom`
    pub id: String,
    /// `0.10`
    pub version: String,
    /// Digest over its content; absent in a default.
    pub digest: Option<String>,
}

impl std::fmt::Display for FrameworkRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id, self.version)
    }
}

/// The sections of a framework, with an index of their items.
#[derive(Debug, Clone, Default)]
pub struct Sections {
    list: Vec<Section>,
    /// Section and place of each item. Every answer of every deployment is looked up here, many times.
    places: BTreeMap<ItemId, (usize, usize)>,
}

impl From<Vec<Section>> for Sections {
    fn from(list: Vec<Section>) -> Self {
        let items = list.iter().enumerate().flat_map(|(at, section)| {
            section.items.iter().enumerate().map(move |(place, item)| (item.id.clone(), (at, place)))
        });
        Self { places: items.collect(), list }
    }
}

impl std::ops::Deref for Sections {
    type Target = [Section];
    fn deref(&self) -> &[Section] {
        &self.list
    }
}

impl<'a> IntoIterator for &'a Sections {
    type Item = &'a Section;
    type IntoIter = std::slice::Iter<'a, Section>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}

/// A framework, whole and checked.
#[derive(Debug, Clone)]
pub struct Framework {
    /// `smsp-tom`
    pub id: String,
    /// `0.10`
    pub version: String,
    /// What it is called.
    pub title: String,
    /// Digest over all of its files' meaning.
    pub digest: Digest,
    /// Everybody who takes part.
    pub parties: Vec<Party>,
    /// In order.
    pub phases: Vec<Phase>,
    /// What the checklist's readers call things: `risk` = `hazard`.
    pub labels: BTreeMap<String, String>,
    /// The items that make the headline.
    pub headline: Headline,
    /// How risks are rated.
    pub matrix: Matrix,
    /// In order.
    pub sections: Sections,
    /// Both readings of the rules.
    pub profiles: BTreeMap<ProfileName, Profile>,
    /// What answers must never contradict.
    pub constraints: Vec<Constraint>,
    /// The outcomes that phase 1 can have.
    pub phase_outcomes: Vec<PhaseOutcome>,
    /// What the stages after the decisions are computed from.
    pub process: Process,
}

impl Framework {
    /// The roles that decide in a phase, and those that an outcome asks for.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        let deciding = self.phases.iter().flat_map(|phase| &phase.roles).map(|role| role.role.as_str());
        let asked = self.outcomes(ProfileName::Strict).iter().filter_map(|outcome| outcome.role.as_deref());
        deciding.chain(asked)
    }

    /// Every item in order.
    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.sections.iter().flat_map(|section| &section.items)
    }

    /// The item of that id.
    pub fn item(&self, id: &str) -> Option<&Item> {
        let (section, place) = self.sections.places.get(id)?;
        self.sections.list.get(*section)?.items.get(*place)
    }

    /// The section of that id.
    pub fn section(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.id.as_str() == id)
    }

    /// The party of that id.
    pub fn party(&self, id: &str) -> Option<&Party> {
        self.parties.iter().find(|party| party.id.as_str() == id)
    }

    /// The phase of a number.
    pub fn phase(&self, number: u8) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.number == number)
    }

    /// Whether a phase waits for an item: it belongs to the phase or one before, and is not filled in only once it has been decided.
    pub fn is_due(&self, item: &Item, phase: u8) -> bool {
        item.phase <= phase && !self.phases.iter().any(|phase| phase.afterwards.contains(&item.id))
    }

    /// What readers call something; the word itself where the framework has no label for it.
    pub fn label<'a>(&'a self, word: &'a str) -> &'a str {
        self.labels.get(word).map_or(word, String::as_str)
    }

    /// The name of a party for readers.
    pub fn party_label<'a>(&'a self, id: &'a PartyId) -> &'a str {
        self.party(id.as_str()).map_or(id.as_str(), |party| &party.label)
    }

    /// Id and version, with the digest.
    pub fn reference(&self) -> FrameworkRef {
        FrameworkRef {
            id: self.id.clone(),
            version: self.version.clone(),
            digest: Some(self.digest.to_string()),
        }
    }

    /// The outcomes of a profile.
    pub fn outcomes(&self, profile: ProfileName) -> &[Outcome] {
        self.profiles.get(&profile).map_or(&[], |p| &p.outcomes)
    }
}
