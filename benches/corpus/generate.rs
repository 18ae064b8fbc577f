//! A repository of many deployments, grown from the worked example by the library's own derivation.
//!
//! One in fifty is a parent: half of them baselines of a product version, half first deployments that were
//! derived from a baseline. Every other deployment is derived from one of them. Names follow places, so that
//! siblings stand scattered among each other, as they do in a real folder.

use super::invent::{Dice, REMARKS, organisation, person, place, prefix, slug, with_other_figures};
use super::{Failure, git, said};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{ChildStdin, Stdio};
use tom::model::{
    Answer, Confirmation, Date, Deployment, DeploymentName, Framework, Key, MitigationStatus, OnDerive,
    PartyId, PermanentId, Person, Rating, Risk, RiskId, RiskStatus, Row, Settings, Slot, Value,
};
use tom::ops::confirm::{self, Voice};
use tom::ops::derive::{Request, derive, left_over, names_of};
use tom::project::{Project, SETTINGS, folder_of};
use tom::store::WorkTree;
use tom::syntax::{write_meta, write_received, write_risk, write_section, write_settings};

/// What to make.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How many deployments, parents among them.
    pub deployments: usize,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// How many of the parents are baselines; half of them if not given.
    pub baselines: Option<usize>,
}

impl Plan {
    /// So many deployments.
    pub fn new(deployments: usize, seed: u64) -> Self {
        Self { deployments: deployments.max(2), seed, baselines: None }
    }

    /// The name of the first baseline.
    pub fn root(self) -> String {
        "acme-5-1".to_owned()
    }

    fn baselines(self) -> usize {
        self.baselines.unwrap_or_else(|| self.parents().div_ceil(2))
    }

    /// How many of them are parents of the others.
    pub fn parents(self) -> usize {
        (self.deployments / 50).max(2)
    }

    /// The name of a deployment that was derived, to look at one of them.
    pub fn some_sibling(self) -> String {
        format!("acme-{}", slug(&place(self.parents() + (self.deployments - self.parents()) / 2), '-'))
    }
}

/// The time of the first commit: 1 October 2026.
const START: i64 = 1_790_812_800;
/// Deployments that are made at once before they are handed to git.
const BATCH: usize = 64;

type Files = Vec<(String, String)>;

/// An organisation with those who speak for it.
struct Organisation {
    place: String,
    name: String,
    code: String,
    ig_lead: String,
    safety_officer: String,
}

impl Organisation {
    fn new(index: usize, dice: &mut Dice) -> Self {
        let place = place(index);
        Self {
            name: organisation(&place, dice),
            code: format!("X{}", prefix(index)),
            ig_lead: person(dice),
            safety_officer: format!("Dr {}", person(dice)),
            place,
        }
    }

    fn domain(&self) -> String {
        format!("{}.example", slug(&self.place, '-'))
    }

    /// The entries of those who speak, for `tom.toml`.
    fn people(&self) -> Result<Vec<(Key, Person)>, Failure> {
        let entry = |name: &str, role: &str| -> Result<(Key, Person), Failure> {
            let bare = name.trim_start_matches("Dr ");
            let key = Key::new(format!("{}-{}", slug(bare, '-'), slug(&self.code, '-')))?;
            let person = Person {
                name: name.to_owned(),
                email: Some(format!("{}@{}", slug(bare, '.'), self.domain())),
                party: PartyId::new("deployer")?,
                organisation: Some(self.code.clone()),
                roles: vec![role.to_owned()],
                keys: Vec::new(),
            };
            Ok((key, person))
        };
        Ok(vec![entry(&self.ig_lead, "ig-lead")?, entry(&self.safety_officer, "clinical-safety-officer")?])
    }
}

/// A deployment of the worked example whose own answers stand model for everybody else's.
struct Donor {
    deployment: Deployment,
    names: [&'static str; 4],
}

impl Donor {
    /// A text with the donor's name, code and address replaced.
    fn renamed(&self, text: &str, to: &Organisation) -> String {
        // A file that is named as evidence has to exist, so its name stays.
        if text.starts_with("path:") {
            return text.to_owned();
        }
        let [name, place, code, domain] = self.names;
        text.replace(name, &to.name)
            .replace(domain, &to.domain())
            .replace(code, &to.code)
            .replace(place, &to.place)
    }
}

/// What every deployment is made from.
struct Workshop {
    framework: std::sync::Arc<Framework>,
    settings: Settings,
    baseline: Deployment,
    donors: [Donor; 2],
    supplier: Voice,
}

/// A deployment to derive others from, as its descendants need it.
struct Parent {
    deployment: Deployment,
    names: Vec<String>,
    received: String,
    commit: Option<String>,
}

/// Makes the repository in a folder that does not exist yet.
pub fn generate(plan: Plan, folder: &Path) -> Result<(), Failure> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut workshop = Workshop::open(root)?;
    std::fs::create_dir_all(folder)?;
    said(git(folder, &["init", "-q", "-b", "main"]))?;
    workshop.list_people(plan)?;
    let base = Base::of(root, &workshop)?;
    let parents = workshop.parents(plan, folder, base)?;
    let mut import = Import::begin(folder, "Derive an assessment for each organisation", START + 7200)?;
    let indices: Vec<usize> = (plan.parents()..plan.deployments).collect();
    for batch in indices.chunks(BATCH) {
        let made: Vec<Files> = batch
            .par_iter()
            .map(|index| workshop.sibling(plan, *index, &parents))
            .collect::<Result<_, _>>()?;
        made.iter().try_for_each(|files| import.add(files))?;
    }
    import.end()?;
    said(git(folder, &["checkout", "-q", "main"])).map(drop)
}

/// Settings, framework and evidence: what the first commit holds beside the baselines.
struct Base {
    files: Files,
}

impl Base {
    fn of(root: &Path, workshop: &Workshop) -> Result<Self, Failure> {
        let mut files = vec![(SETTINGS.to_owned(), write_settings(&workshop.settings))];
        files.push((".gitattributes".to_owned(), std::fs::read_to_string(root.join(".gitattributes"))?));
        for part in ["frameworks", "docs/evidence"] {
            for entry in walkdir::WalkDir::new(root.join(part)).sort_by_file_name() {
                let entry = entry?;
                if entry.file_type().is_file() {
                    let path = entry.path().strip_prefix(root)?.to_string_lossy().into_owned();
                    files.push((path, std::fs::read_to_string(entry.path())?));
                }
            }
        }
        Ok(Self { files })
    }
}

impl Workshop {
    fn open(root: &Path) -> Result<Self, Failure> {
        let (project, _) = Project::open(Box::new(WorkTree::new(root)))?;
        let load = |name: &str| -> Result<Deployment, Failure> {
            Ok(project.load(&DeploymentName::new(name)?)?.sound()?.0)
        };
        Ok(Self {
            framework: project.framework(&project.settings().framework)?,
            settings: project.settings().clone(),
            baseline: load("acme-5-1")?,
            donors: [
                Donor {
                    deployment: load("acme-northfield")?,
                    names: ["Northfield Hospitals", "Northfield", "XNF01", "northfield.example"],
                },
                Donor {
                    deployment: load("acme-southmere")?,
                    names: ["Southmere Community Trust", "Southmere", "XSM02", "southmere.example"],
                },
            ],
            supplier: Voice {
                party: PartyId::new("supplier")?,
                by: "Jo Marsh".to_owned(),
                on: Date::new(2026, 11, 1)?,
                note: None,
            },
        })
    }

    fn list_people(&mut self, plan: Plan) -> Result<(), Failure> {
        for index in 0..plan.deployments {
            let organisation = Organisation::new(index, &mut Dice::new(plan.seed, index as u64));
            self.settings.people.extend(organisation.people()?);
        }
        Ok(())
    }

    /// Baselines in the first commit, first deployments in the second: a child names its parent's commit.
    fn parents(&self, plan: Plan, folder: &Path, base: Base) -> Result<Vec<Parent>, Failure> {
        let count = plan.parents();
        let baselines: Vec<Deployment> =
            (0..plan.baselines()).map(|index| self.product_version(plan, index)).collect::<Result<_, _>>()?;
        let mut import = Import::begin(folder, "Assess the product's versions", START)?;
        import.add(&base.files)?;
        baselines.iter().try_for_each(|one| import.add(&self.files_of(one, None)))?;
        let commit = import.end()?;
        let baselines: Vec<Parent> = baselines
            .into_iter()
            .map(|one| self.parent(one, Some(commit.clone())))
            .collect::<Result<_, _>>()?;
        let firsts: Vec<(Deployment, &Parent)> = (baselines.len()..count)
            .map(|index| {
                let from = &baselines[index % baselines.len()];
                Ok((self.descendant(plan, index, from, true)?, from))
            })
            .collect::<Result<_, Failure>>()?;
        let mut import = Import::begin(folder, "Assess the first deployment of each version", START + 3600)?;
        firsts.iter().try_for_each(|(one, from)| import.add(&self.files_of(one, Some(&from.received))))?;
        let commit = import.end()?;
        let firsts: Vec<Parent> = firsts
            .into_iter()
            .map(|(one, _)| self.parent(one, Some(commit.clone())))
            .collect::<Result<_, _>>()?;
        Ok(baselines.into_iter().chain(firsts).collect())
    }

    fn parent(&self, deployment: Deployment, commit: Option<String>) -> Result<Parent, Failure> {
        let request = request("acme-probe".to_owned(), "d-000000000000".to_owned(), "QQQQ".to_owned(), None)?;
        let derived = derive(&deployment, &self.framework, &self.settings, request).deployment;
        let received = derived.received.as_ref().map(|received| write_received(received, &self.framework));
        let names = match deployment.meta.derived_from {
            Some(_) => names_of(&deployment, &self.framework, &self.settings),
            None => Vec::new(),
        };
        Ok(Parent { names, received: received.unwrap_or_default(), commit, deployment })
    }

    /// A supplier's baseline of another product version, confirmed by the supplier.
    fn product_version(&self, plan: Plan, index: usize) -> Result<Deployment, Failure> {
        let mut dice = Dice::new(plan.seed, index as u64);
        let mut baseline = self.baseline.clone();
        let version = format!("{}.{}", 5 + index / 8, 1 + index % 8);
        baseline.name = DeploymentName::new(format!("acme-{}", version.replace('.', "-")))?;
        baseline.meta.id = PermanentId::new(dice.permanent_id(index))?;
        baseline.meta.title = format!("Acme Clinic {version}");
        baseline.meta.framework = self.framework.reference();
        let haz = |id: &RiskId| {
            if index == 0 { id.to_string() } else { format!("{}-{}", prefix(index), &id.as_str()[4..]) }
        };
        baseline.meta.risk_prefix = if index == 0 { "HAZ".to_owned() } else { prefix(index) };
        baseline.risks = baseline
            .risks
            .into_iter()
            .map(|(id, risk)| Ok((RiskId::new(haz(&id))?, risk)))
            .collect::<Result<_, Failure>>()?;
        for answer in baseline.answers.values_mut() {
            texts_of_answer(answer, &mut |text| text.replace("5.1", &version));
            if dice.percent(15) && answer.notes.is_some() {
                remark(answer, &mut dice);
            }
        }
        for risk in baseline.risks.values_mut() {
            texts_of_risk(risk, &mut |text| text.replace("5.1", &version));
        }
        self.speak(&mut baseline, &self.supplier, 100, &mut dice);
        Ok(baseline)
    }

    fn sibling(&self, plan: Plan, index: usize, parents: &[Parent]) -> Result<Files, Failure> {
        let parent = &parents[Dice::new(plan.seed ^ 0x5eed, index as u64).below(parents.len())];
        let made = self.descendant(plan, index, parent, false)?;
        Ok(self.files_of(&made, Some(&parent.received)))
    }

    /// A derived deployment with its organisation's own answers, local edits, ratings and confirmations.
    fn descendant(
        &self,
        plan: Plan,
        index: usize,
        parent: &Parent,
        is_first: bool,
    ) -> Result<Deployment, Failure> {
        let mut dice = Dice::new(plan.seed, index as u64);
        let here = Organisation::new(index, &mut dice);
        let donor = &self.donors[usize::from(!is_first && dice.percent(30))];
        let name = format!("acme-{}", slug(&here.place, '-'));
        let mut request = request(name, dice.permanent_id(index), prefix(index), parent.commit.clone())?;
        request.title = Some(format!("Acme Clinic at {}", here.name));
        let mut made = derive(&parent.deployment, &self.framework, &self.settings, request).deployment;
        made.meta.framework = self.framework.reference();
        self.reword(&mut made, parent, &here, &mut dice);
        self.answer(&mut made, donor, &here, if is_first { 100 } else { 85 }, &mut dice);
        self.rate(&mut made, &mut dice);
        if dice.percent(30) {
            find_risk(&mut made, donor, &here, &mut dice)?;
        }
        let chance = if is_first { 100 } else { 80 };
        let voice = |by: &str| -> Result<Voice, Failure> {
            Ok(Voice { party: PartyId::new("deployer")?, by: by.to_owned(), ..self.supplier.clone() })
        };
        self.speak(&mut made, &self.supplier, chance, &mut dice);
        self.speak(&mut made, &voice(&here.ig_lead)?, chance, &mut dice);
        self.speak_of_risks(&mut made, &voice(&here.safety_officer)?, chance, &mut dice);
        Ok(made)
    }

    /// Answers to what the organisation answers for itself, in the donor's manner; some stay open.
    fn answer(
        &self,
        made: &mut Deployment,
        donor: &Donor,
        here: &Organisation,
        chance: usize,
        dice: &mut Dice,
    ) {
        for (slot, model) in &donor.deployment.answers {
            let own = self
                .framework
                .item(slot.item.as_str())
                .is_some_and(|item| matches!(item.on_derive, OnDerive::Ask | OnDerive::Reset));
            if !own || made.answers.contains_key(slot) || !dice.percent(chance) {
                continue;
            }
            let mut answer = model.content();
            texts_of_answer(&mut answer, &mut |text| donor.renamed(text, here));
            for row in answer.rows.values_mut() {
                rename_person(row, here, dice);
            }
            for text in answer.notes.iter_mut().chain(prose(&mut answer.value)) {
                *text = with_other_figures(text, dice);
            }
            if dice.percent(20) && answer.notes.is_some() {
                remark(&mut answer, dice);
            }
            made.answers.insert(slot.clone(), answer);
        }
    }

    /// What differs locally in what was carried, and the parent's name where it still stood.
    fn reword(&self, made: &mut Deployment, parent: &Parent, here: &Organisation, dice: &mut Dice) {
        let found = left_over(&parent.names, &made.answers, &made.risks);
        for over in found.iter().filter(|_| dice.percent(90)) {
            let mut named = |text: &str| text.replace(&over.name, &here.place);
            for answer in
                made.answers.iter_mut().filter(|(slot, _)| slot.item.as_str() == over.address.subject)
            {
                texts_of_answer(answer.1, &mut named);
            }
            for risk in made.risks.iter_mut().filter(|(id, _)| id.as_str() == over.address.subject) {
                texts_of_risk(risk.1, &mut named);
            }
        }
        for answer in made.answers.values_mut() {
            if dice.percent(3) && answer.notes.is_some() {
                remark(answer, dice);
            }
        }
    }

    /// One risk in ten is rated otherwise than by the parent; the deployer's measures get as far as they are.
    fn rate(&self, made: &mut Deployment, dice: &mut Dice) {
        for risk in made.risks.values_mut() {
            if dice.percent(10) {
                self.step(risk, dice);
            }
            for mitigation in risk.mitigations.values_mut().filter(|m| m.owner.as_str() == "deployer") {
                mitigation.status = match dice.below(10) {
                    0 => MitigationStatus::Proposed,
                    1..4 => MitigationStatus::Planned,
                    _ => MitigationStatus::InPlace,
                };
            }
        }
    }

    /// Moves the residual likelihood by one step, where the class stays acceptable and no higher than before.
    fn step(&self, risk: &mut Risk, dice: &mut Dice) {
        let matrix = &self.framework.matrix;
        let (Some(initial), Some(residual)) = (&risk.initial, &risk.residual) else { return };
        let Some(at) = matrix.likelihood.iter().position(|word| *word == residual.likelihood) else { return };
        let to = if dice.percent(70) { at.saturating_sub(1) } else { at + 1 };
        let Some(likelihood) = matrix.likelihood.get(to) else { return };
        let moved = Rating { likelihood: likelihood.clone(), ..residual.clone() };
        let class = matrix.class(&moved).unwrap_or(5);
        if class < 5 && class <= matrix.class(initial).unwrap_or_default() {
            risk.residual = Some(moved);
        }
    }

    /// A party confirms what it is asked to, except where a confirmation that came along still holds.
    fn speak(&self, made: &mut Deployment, voice: &Voice, chance: usize, dice: &mut Dice) {
        let slots: Vec<Slot> = made.answers.keys().cloned().collect();
        for slot in slots {
            let came_along =
                made.answers.get(&slot).is_some_and(|answer| answer.confirmed.contains_key(&voice.party));
            let is_root = made.meta.derived_from.is_none();
            if (came_along && !is_root) || !dice.percent(chance) {
                continue;
            }
            if let Ok(confirmation) = confirm::answer(made, &self.framework, &slot, voice)
                && let Some(answer) = made.answers.get_mut(&slot)
            {
                answer.confirmed.insert(voice.party.clone(), confirmation);
            }
        }
        if voice.party.as_str() == "supplier" {
            self.speak_of_risks(made, voice, chance, dice);
        }
    }

    /// A party confirms its own mitigations, and the risks where it is the one who has to.
    fn speak_of_risks(&self, made: &mut Deployment, voice: &Voice, chance: usize, dice: &mut Dice) {
        let ids: Vec<RiskId> = made.risks.keys().cloned().collect();
        for id in ids {
            let keys: Vec<Key> = made
                .risks
                .get(&id)
                .map(|risk| risk.mitigations.keys().cloned().collect())
                .unwrap_or_default();
            let said: Vec<(Key, Confirmation)> = keys
                .into_iter()
                .filter(|_| dice.percent(chance))
                .filter_map(|key| {
                    Some((key.clone(), confirm::mitigation(made, &self.framework, &id, &key, voice).ok()?))
                })
                .collect();
            let whole =
                dice.percent(chance).then(|| confirm::risk(made, &self.framework, &id, voice).ok()).flatten();
            let Some(risk) = made.risks.get_mut(&id) else { continue };
            for (key, confirmation) in said {
                if let Some(mitigation) = risk.mitigations.get_mut(&key) {
                    mitigation.confirmed.entry(voice.party.clone()).or_insert(confirmation);
                }
            }
            risk.confirmed.extend(whole.map(|whole| (voice.party.clone(), whole)));
        }
    }

    /// The files of a deployment by path; siblings get what they received as it was written once.
    fn files_of(&self, made: &Deployment, received: Option<&str>) -> Files {
        let folder = folder_of(&made.name);
        let mut files = vec![(format!("{folder}/deployment.toml"), write_meta(&made.meta))];
        for section in self.framework.sections.iter().filter(|section| section.is_answered()) {
            files.push((format!("{folder}/{}.toml", section.id), write_section(section, &made.answers)));
        }
        files.extend(
            made.risks.iter().map(|(id, risk)| (format!("{folder}/risks/{id}.toml"), write_risk(risk))),
        );
        files.extend(received.map(|text| (format!("{folder}/received.toml"), text.to_owned())));
        files
    }
}

fn request(name: String, id: String, prefix: String, commit: Option<String>) -> Result<Request, Failure> {
    Ok(Request {
        name: DeploymentName::new(name)?,
        id: PermanentId::new(id)?,
        title: None,
        risk_prefix: Some(prefix),
        commit,
        keep_notes: false,
        taken_prefixes: Vec::new(),
    })
}

/// A local risk of the donor's, found here and under the prefix of here.
fn find_risk(
    made: &mut Deployment,
    donor: &Donor,
    here: &Organisation,
    dice: &mut Dice,
) -> Result<(), Failure> {
    let received = made.received.clone();
    let mut theirs = donor.deployment.risks.iter().filter(|(id, _)| !id.as_str().starts_with("HAZ"));
    let Some((_, model)) = theirs.next_back() else { return Ok(()) };
    let known = |risk: &Risk| risk.title == model.title;
    if received.is_some_and(|received| received.risks.values().any(known)) {
        return Ok(());
    }
    let mut risk =
        Risk { status: RiskStatus::Open, confirmed: BTreeMap::new(), acceptance: None, ..model.clone() };
    risk.mitigations.values_mut().for_each(|mitigation| mitigation.confirmed.clear());
    texts_of_risk(&mut risk, &mut |text| with_other_figures(&donor.renamed(text, here), dice));
    made.risks.insert(RiskId::new(format!("{}-001", made.meta.risk_prefix))?, risk);
    Ok(())
}

fn remark(answer: &mut Answer, dice: &mut Dice) {
    if let Some(notes) = &mut answer.notes {
        *notes = format!("{notes}\n{}", dice.pick(&REMARKS));
    }
}

/// The text of a prose answer. Titles, codes and choices are a line, and their figures mean something.
fn prose(value: &mut Option<Value>) -> Option<&mut String> {
    match value {
        Some(Value::Text(text)) if text.contains('\n') => Some(text),
        _ => None,
    }
}

/// Somebody else in the same role, where the row is about one of the donor's own people.
fn rename_person(row: &mut Row, here: &Organisation, dice: &mut Dice) {
    let is_own = matches!(row.get("email"), Some(Value::Text(email)) if email.ends_with(&here.domain()));
    if is_own {
        let name = person(dice);
        row.insert("email".to_owned(), Value::Text(format!("{}@{}", slug(&name, '.'), here.domain())));
        row.insert("name".to_owned(), Value::Text(name));
    }
}

fn texts_of_answer(answer: &mut Answer, map: &mut dyn FnMut(&str) -> String) {
    let mut value = |value: &mut Value| match value {
        Value::Text(text) => *text = map(text),
        Value::Texts(texts) => texts.iter_mut().for_each(|text| *text = map(text)),
        Value::Date(_) | Value::Number(_) => {}
    };
    answer.value.iter_mut().for_each(&mut value);
    answer.rows.values_mut().flat_map(|row| row.values_mut()).for_each(&mut value);
    answer.notes.iter_mut().chain(&mut answer.evidence).for_each(|text| *text = map(text));
}

fn texts_of_risk(risk: &mut Risk, map: &mut dyn FnMut(&str) -> String) {
    let own = [&mut risk.title, &mut risk.hazard, &mut risk.effect].into_iter();
    let causes = risk.causes.values_mut().map(|cause| &mut cause.text);
    own.chain(causes).for_each(|text| *text = map(text));
    for mitigation in risk.mitigations.values_mut() {
        let texts = std::iter::once(&mut mitigation.text)
            .chain(&mut mitigation.reason)
            .chain(&mut mitigation.evidence);
        texts.for_each(|text| *text = map(text));
    }
}

/// A commit that is being written through `git fast-import`.
struct Import<'f> {
    folder: &'f Path,
    child: std::process::Child,
    into: std::io::BufWriter<ChildStdin>,
}

impl<'f> Import<'f> {
    fn begin(folder: &'f Path, message: &str, seconds: i64) -> Result<Self, Failure> {
        let has_parent = said(git(folder, &["rev-parse", "-q", "--verify", "main"])).is_ok();
        let mut command = git(folder, &["fast-import", "--quiet", "--done"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let stdin = child.stdin.take().ok_or("git takes no input")?;
        let mut into = std::io::BufWriter::with_capacity(1 << 20, stdin);
        let who = format!("Jo Marsh <jo.marsh@acme.example> {seconds} +0000");
        write!(
            into,
            "commit refs/heads/main\nauthor {who}\ncommitter {who}\ndata {}\n{message}\n",
            message.len()
        )?;
        if has_parent {
            writeln!(into, "from refs/heads/main^0")?;
        }
        Ok(Self { folder, child, into })
    }

    fn add(&mut self, files: &Files) -> Result<(), Failure> {
        for (path, text) in files {
            write!(self.into, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
        }
        Ok(())
    }

    /// Finishes the commit and gives its id.
    fn end(mut self) -> Result<String, Failure> {
        writeln!(self.into, "\ndone")?;
        self.into.flush()?;
        drop(self.into);
        if !self.child.wait()?.success() {
            return Err("git fast-import failed".into());
        }
        said(git(self.folder, &["rev-parse", "main"]))
    }
}
