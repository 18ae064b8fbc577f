//! The three-way merge of assessments: what changed on the right since the base, brought into the left.
//!
//! Used wherever two people changed one thing apart: an update from a parent, `git merge`, a workbook or a hand-over that comes
//! back. It goes by address and field, never by line, and gives edits over left, so that comments, order, byte-order mark
//! and line ends of the left file stay.
//!
//! - A **field** is merged whole: an answer with its notes and evidence, a row of an answer, one prose text of a risk, a rating (severity
//!   and likelihood), a mitigation's status with its reason, a transfer, an acceptance. Both sides changed it differently: a conflict.
//! - **Sets** (`depends-on`, causes and evidence of a mitigation) take what either side added, and lose what either took away.
//! - **Deleted against edited** is a conflict, for a risk, a mitigation, a cause or an answer.
//! - **Added twice with one id**, or the same risk id from two branches: the same content is one thing, different content is one
//!   conflict over the whole, because fields of two different risks must never be mixed.
//! - **A renamed id** is a deletion and an addition. If the other side edited it meanwhile, that is deleted against edited; if both
//!   renamed it, both new ones stay, so that nothing is lost. (Git itself follows renames of files: there the edit arrives in the renamed risk.)
//! - **Less and more at once**: where one side rates a risk lower or closes it, and the other finds it worse (a cause more, a mitigation less
//!   or weaker, a higher class), the lower rating was given for another risk than the merged one: a conflict. A rating
//!   is never mixed, so no merge gives a class that is below both sides'.
//! - **A cause in use**: one side takes a cause away that the other's mitigation begins to act on: a conflict.
//! - **Confirmations and acceptances** never say more than a side said, as far as the sides reach: a whole deployment, or one file for git. They travel like other fields and turn stale by themselves where the
//!   content differs; one that would hold over the merged content although it held on neither side is dropped. Where both sides hold
//!   different ones of a party, the one for the merged content stays, then the later; where one was withdrawn, it is withdrawn.

mod edits;
mod field;
mod file;
mod remarks;
mod safety;
mod value;
mod voices;
mod words;

use crate::model::{Answer, Canonical, Framework, Holds, Key, Merge3, Received, Risk, RiskId, Slot, keyed};
use std::collections::{BTreeMap, BTreeSet};

pub use edits::{FileChange, file_of, files, receipt_edits, splice};
pub use field::{Field, Place, Subject};
pub use file::{ByLines, FileMerge, Kind, NOT_MERGED, Texts, merge_file};
pub use value::{CANNOT_BE, typed};
pub use voices::{Known, is_voice, why_not};

/// Every code of merges.
pub const CODES: &[&crate::diag::Code] = &[&CANNOT_BE, &NOT_MERGED];

/// Answers and risks of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    /// Answers by slot.
    pub answers: BTreeMap<Slot, Answer>,
    /// Risks by id.
    pub risks: BTreeMap<RiskId, Risk>,
}

/// One of the three inputs of a merge.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// Answers by slot.
    pub answers: &'a BTreeMap<Slot, Answer>,
    /// Risks by id.
    pub risks: &'a BTreeMap<RiskId, Risk>,
}

impl<'a> From<&'a Content> for Side<'a> {
    fn from(content: &'a Content) -> Self {
        Self { answers: &content.answers, risks: &content.risks }
    }
}

impl<'a> From<&'a crate::model::Deployment> for Side<'a> {
    fn from(deployment: &'a crate::model::Deployment) -> Self {
        Self { answers: &deployment.answers, risks: &deployment.risks }
    }
}

impl<'a> From<&'a Received> for Side<'a> {
    fn from(received: &'a Received) -> Self {
        Self { answers: &received.answers, risks: &received.risks }
    }
}

impl Side<'_> {
    /// A copy to change.
    pub fn to_content(self) -> Content {
        Content { answers: self.answers.clone(), risks: self.risks.clone() }
    }

    /// What stands at a place: a field, or a whole risk or mitigation.
    pub fn at(self, place: &Place) -> Option<Field> {
        let mut fields = BTreeMap::new();
        match &place.subject {
            Subject::Answer(slot) => field::of_answer(&mut fields, slot, self.answers.get(slot)?),
            Subject::Risk(id) => {
                let risk = self.risks.get(id)?;
                match &place.field[..] {
                    [] => return Some(Field::Risk(Box::new(risk.clone()))),
                    [group, key] if group == "mitigations" => {
                        return risk.mitigations.get(key.as_str()).cloned().map(Field::Mitigation);
                    }
                    _ => field::of_risk(&mut fields, id, risk, &risk.mitigations.keys().collect()),
                }
            }
        }
        fields.remove(place)
    }
}

/// A change of the left side.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Where.
    pub place: Place,
    /// What stands there on the left.
    pub before: Option<Field>,
    /// What is to stand there; none where it goes.
    pub after: Option<Field>,
}

impl Change {
    /// Whether it is about a whole risk or mitigation.
    pub fn is_whole(&self) -> bool {
        let whole = |field: &Option<Field>| matches!(field, Some(Field::Risk(_) | Field::Mitigation(_)));
        whole(&self.before) || whole(&self.after)
    }

    /// Whether it is a confirmation alone, and no content.
    pub fn is_voice(&self) -> bool {
        matches!(self.after.as_ref().or(self.before.as_ref()), Some(Field::Confirmation(_)))
    }

    /// What changes, for people.
    pub fn in_words(&self) -> String {
        match (&self.before, &self.after) {
            (None, Some(Field::Risk(risk))) => format!("new risk: {}", risk.title),
            (None, Some(Field::Mitigation(m))) => format!("new mitigation: {}", m.text),
            (None, Some(after)) => format!("new: {after}"),
            (Some(before), None) => format!("gone: {before}"),
            (Some(before @ (Field::Rating(_) | Field::Status(..))), Some(after)) => {
                format!("{before} → {after}")
            }
            (_, Some(after)) => after.to_string(),
            (None, None) => String::new(),
        }
    }
}

/// Why somebody has to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Both changed it, differently.
    BothChanged,
    /// Both added it, differently: perhaps two things with one id.
    BothAdded,
    /// Left took away what right changed.
    LeftDeleted,
    /// Left took away what right only confirmed anew.
    LeftGone,
    /// Right took away what left changed.
    RightDeleted,
    /// One rates it lower or closes it, the other finds it worse.
    LessAndMore,
    /// One takes a cause away that the other's mitigation acts on.
    CauseInUse,
    /// Right has the whole risk or mitigation no more; a hazard does not go away because a file does.
    Withdrawn,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 8] = [
        Self::BothChanged,
        Self::BothAdded,
        Self::LeftDeleted,
        Self::LeftGone,
        Self::RightDeleted,
        Self::LessAndMore,
        Self::CauseInUse,
        Self::Withdrawn,
    ];

    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BothChanged => "both changed it",
            Self::BothAdded => "both added it, differently",
            Self::LeftDeleted => "taken away here, changed there",
            Self::LeftGone => "taken away here, and only confirmed anew there",
            Self::RightDeleted => "changed here, taken away there",
            Self::LessAndMore => "one side rates it lower, the other finds it worse",
            Self::CauseInUse => "one side takes a cause away that a mitigation of the other acts on",
            Self::Withdrawn => "the other side has it no more",
        }
    }
}

/// A field that somebody has to decide.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Where.
    pub place: Place,
    /// The field on each side.
    pub sides: Merge3<Field>,
    /// Why it is one.
    pub why: Why,
}

impl Conflict {
    /// The change of left that takes right's side.
    pub fn taking_right(&self) -> Change {
        Change { place: self.place.clone(), before: self.sides.left.clone(), after: self.sides.right.clone() }
    }
}

/// What a merge gives: edits over left, and what has to be decided. Both are in the order of their places, risks first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Merged {
    /// What comes from the right.
    pub changes: Vec<Change>,
    /// What somebody has to decide; left stays as it is there.
    pub conflicts: Vec<Conflict>,
}

impl Merged {
    /// Whether nothing has to be decided.
    pub fn is_clean(&self) -> bool {
        self.conflicts.is_empty()
    }

    /// Left with the changes made.
    pub fn applied_to(&self, left: Side<'_>) -> Content {
        apply(left, &self.changes)
    }
}

/// A side with changes made.
pub fn apply(left: Side<'_>, changes: &[Change]) -> Content {
    let mut content = left.to_content();
    // A whole risk or mitigation comes before what is in it.
    for change in changes {
        field::put(&mut content, &change.place, change.after.as_ref());
    }
    content
}

/// What has to change on the left for it to be the right.
pub fn differences(left: Side<'_>, right: Side<'_>) -> Vec<Change> {
    let open = Open::of(left, left, right);
    let sides = keyed(open.fields(left), open.fields(left), open.fields(right));
    let changes = sides.into_iter().filter(|(_, sides)| sides.left != sides.right);
    changes.map(|(place, sides)| Change { place, before: sides.left, after: sides.right }).collect()
}

/// The place of every field that a side has.
pub fn places(side: Side<'_>) -> BTreeSet<Place> {
    Open::of(side, side, side).fields(side).into_keys().collect()
}

/// Merges what changed from base to right into left.
pub fn merge(framework: &Framework, base: Side<'_>, left: Side<'_>, right: Side<'_>) -> Merged {
    let open = Open::of(base, left, right);
    let sides = keyed(open.fields(base), open.fields(left), open.fields(right));
    let mut merged = Merged::default();
    let mut rivals = Vec::new();
    for (place, sides) in &sides {
        let mut change = |after: Option<Field>| {
            let before = sides.left.clone();
            if before != after {
                merged.changes.push(Change { place: place.clone(), before, after });
            }
        };
        match sides.holds() {
            Holds::Left => {}
            Holds::Right => change(sides.right.clone()),
            Holds::Neither if is_set(sides) => change(merged_set(sides)),
            Holds::Neither if voices::is_voice(place) => match (&sides.left, &sides.right) {
                (Some(Field::Confirmation(left)), Some(Field::Confirmation(right))) => {
                    rivals.push((place.clone(), left.clone(), right.clone()));
                }
                // Withdrawn by one of them.
                _ => change(None),
            },
            Holds::Neither => merged.conflicts.push(Conflict {
                place: place.clone(),
                sides: sides.clone(),
                why: match (&sides.base, &sides.left, &sides.right) {
                    (None, ..) => Why::BothAdded,
                    // Who confirmed something is no change of it.
                    (before, None, right) if says_the_same(before, right) => Why::LeftGone,
                    (before, left, None) if says_the_same(before, left) => Why::Withdrawn,
                    (_, None, _) => Why::LeftDeleted,
                    (_, _, None) => Why::RightDeleted,
                    _ => Why::BothChanged,
                },
            }),
        }
    }
    safety::conflicts(framework, &open.risks, [base, left, right], &mut merged);
    voices::settle(framework, left, right, &rivals, &mut merged.changes);
    merged
}

/// The changes once every conflict is decided: those of the merge, those that were decided, and confirmations held against the whole.
pub fn decided(
    framework: &Framework,
    (base, left, right): (Side<'_>, Side<'_>, Side<'_>),
    decisions: Vec<Change>,
) -> Vec<Change> {
    let mut changes = merge(framework, base, left, right).changes;
    changes.retain(|change| !decisions.iter().any(|decision| decision.place == change.place));
    changes.extend(decisions.into_iter().filter(|decision| decision.before != decision.after));
    changes.sort_by(|a, b| a.place.cmp(&b.place));
    voices::settle(framework, left, right, &[], &mut changes);
    changes
}

/// Whether two whole risks or mitigations differ only in who has spoken for them.
fn says_the_same(a: &Option<Field>, b: &Option<Field>) -> bool {
    match (a, b) {
        (Some(Field::Risk(a)), Some(Field::Risk(b))) => a.content() == b.content(),
        (Some(Field::Mitigation(a)), Some(Field::Mitigation(b))) => a.digest() == b.digest(),
        _ => false,
    }
}

fn is_set(sides: &Merge3<Field>) -> bool {
    [&sides.base, &sides.left, &sides.right].into_iter().flatten().all(|field| matches!(field, Field::Set(_)))
}

fn merged_set(sides: &Merge3<Field>) -> Option<Field> {
    let texts = |field: &Option<Field>| match field {
        Some(Field::Set(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let set = |texts: &[String]| -> BTreeSet<String> { texts.iter().cloned().collect() };
    let (left, right) = (texts(&sides.left), texts(&sides.right));
    let merged = crate::model::merge_sets(&set(&texts(&sides.base)), &set(&left), &set(&right));
    // Left's order stays; what right added comes after.
    let mut ordered: Vec<String> = Vec::new();
    for text in left.into_iter().chain(right) {
        if merged.contains(&text) && !ordered.contains(&text) {
            ordered.push(text);
        }
    }
    (!ordered.is_empty()).then_some(Field::Set(ordered))
}

/// The risks and mitigations that are merged field by field. Those that not every side has, or that were added twice with
/// different content, are one field each.
struct Open<'a> {
    risks: BTreeMap<&'a RiskId, BTreeSet<&'a Key>>,
}

impl<'a> Open<'a> {
    fn of(base: Side<'a>, left: Side<'a>, right: Side<'a>) -> Self {
        let mut risks = BTreeMap::new();
        for (id, here) in left.risks {
            let Some(there) = right.risks.get(id) else { continue };
            let was = base.risks.get(id);
            if was.is_none() && here.encode() != there.encode() {
                continue;
            }
            let is_open = |key: &Key| {
                let Some((here, there)) = here.mitigations.get(key).zip(there.mitigations.get(key)) else {
                    return false;
                };
                was.is_some_and(|was| was.mitigations.contains_key(key)) || here.encode() == there.encode()
            };
            risks.insert(id, here.mitigations.keys().filter(|key| is_open(key)).collect());
        }
        Self { risks }
    }

    fn fields(&self, side: Side<'_>) -> BTreeMap<Place, Field> {
        let mut fields = BTreeMap::new();
        for (id, risk) in side.risks {
            match self.risks.get(id) {
                Some(open) => field::of_risk(&mut fields, id, risk, open),
                None => {
                    fields.insert(Place::in_risk(id, &[]), Field::Risk(Box::new(risk.clone())));
                }
            }
        }
        for (slot, answer) in side.answers {
            field::of_answer(&mut fields, slot, answer);
        }
        fields
    }
}
