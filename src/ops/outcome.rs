//! Evaluates conditions and outcomes. Three-valued: true, false, and unknown, written as none.
//!
//! In the `strict` profile an unanswered item makes a test unknown; an outcome takes the value of the first case that is not
//! false, and is [`INCOMPLETE`] if that case is unknown. In `sheet` a blank is the empty text, as in the spreadsheet.

use crate::model::{
    Address, Answer, BlockId, Condition, DEPLOYER, Date, DateRef, Deployment, Framework, ItemId, Key, Kind,
    Needed, OnDerive, Outcome, OutcomeId, PartyId, ProfileName, Slot, Subject, Test, Value,
};
use std::collections::BTreeMap;

/// The value of an outcome that rests on something that is not known yet.
pub const INCOMPLETE: &str = "INCOMPLETE";
/// The value of a document, signatory, action or notice that is called for.
pub const YES: &str = "YES";

type Row<'a> = Option<(&'a BlockId, &'a Key)>;

/// The rules, applied to a deployment's answers.
pub struct Evaluator<'a> {
    framework: &'a Framework,
    answers: &'a BTreeMap<Slot, Answer>,
    profile: ProfileName,
    values: BTreeMap<&'a str, &'a str>,
    /// Answers of items that do not repeat, by id: most tests look at one.
    plain: BTreeMap<&'a str, &'a Answer>,
    /// Nobody deploys a baseline, so its deployer takes no part, and what each deployment says for itself is not needed in it.
    is_baseline: bool,
}

impl<'a> Evaluator<'a> {
    /// Computes every outcome of a profile.
    pub fn new(framework: &'a Framework, deployment: &'a Deployment, profile: ProfileName) -> Self {
        let is_baseline = deployment.meta.kind == Kind::Baseline;
        Self { is_baseline, ..Self::of_answers(framework, &deployment.answers, profile) }
    }

    /// Computes every outcome of a profile over bare answers.
    pub fn of_answers(
        framework: &'a Framework,
        answers: &'a BTreeMap<Slot, Answer>,
        profile: ProfileName,
    ) -> Self {
        let plain = answers
            .iter()
            .filter(|(slot, _)| slot.row.is_none())
            .map(|(slot, answer)| (slot.item.as_str(), answer))
            .collect();
        let mut evaluator =
            Self { framework, answers, profile, values: BTreeMap::new(), plain, is_baseline: false };
        // An outcome reads only those before it; reading a framework makes sure of that.
        for outcome in framework.outcomes(profile) {
            let value = evaluator.decide(outcome);
            evaluator.values.insert(outcome.id.as_str(), value);
        }
        evaluator
    }

    fn decide(&self, outcome: &'a Outcome) -> &'a str {
        for case in &outcome.cases {
            match self.test(&case.when) {
                Some(true) => return &case.value,
                None => return INCOMPLETE,
                Some(false) => {}
            }
        }
        &outcome.otherwise
    }

    /// The value of an outcome; none when the profile has no such outcome.
    pub fn value(&self, id: &str) -> Option<&'a str> {
        self.values.get(id).copied()
    }

    /// Every outcome of the profile with its value, in order.
    pub fn outcomes(&self) -> impl Iterator<Item = (&'a Outcome, &'a str)> + '_ {
        let values = self.framework.outcomes(self.profile).iter();
        values.map(|outcome| (outcome, self.values.get(outcome.id.as_str()).copied().unwrap_or(INCOMPLETE)))
    }

    /// Whether a condition holds; none when that cannot be known yet.
    pub fn test(&self, condition: &Condition) -> Option<bool> {
        self.test_in(condition, None)
    }

    /// Whether an item applies. What is not known yet counts as applying.
    pub fn applies(&self, item: &crate::model::Item) -> bool {
        item.applies.as_ref().is_none_or(|condition| self.test(condition) != Some(false))
    }

    /// Whether an answer is needed. What is not known yet counts as needed.
    pub fn needed(&self, item: &crate::model::Item) -> bool {
        let is_anybodys = item.parties.iter().any(|party| self.takes_part(party));
        if self.is_baseline && (item.on_derive != OnDerive::Keep || !is_anybodys) {
            return false;
        }
        match &item.needed {
            Needed::Always => true,
            Needed::Optional | Needed::Never => false,
            Needed::If(condition) => self.test(condition) != Some(false),
        }
    }

    /// Whether a party takes part. What is not known yet counts as taking part.
    pub fn takes_part(&self, party: &PartyId) -> bool {
        if self.is_baseline && party.as_str() == DEPLOYER {
            return false;
        }
        let condition = self.framework.party(party.as_str()).and_then(|party| party.takes_part.as_ref());
        condition.is_none_or(|condition| self.test(condition) != Some(false))
    }

    /// Whether an answer lacks the notes that it needs, in a row of its block where it repeats.
    pub fn lacks_note(&self, item: &crate::model::Item, slot: &Slot) -> bool {
        let noted = self.answers.get(slot).is_some_and(|answer| answer.notes.is_some());
        let row = slot.row.as_ref().map(|(block, key)| (block, key));
        !noted && item.needs_note.as_ref().is_some_and(|condition| self.test_in(condition, row) == Some(true))
    }

    /// Whether an outcome may wait for an item: it is needed and nobody answered it, or its answer lacks its note.
    pub fn is_open(&self, id: &ItemId) -> bool {
        let Some(item) = self.framework.item(id.as_str()) else { return false };
        let mut said =
            self.answers.iter().filter(|(slot, answer)| slot.item == *id && answer.value.is_some());
        let is_said = said.clone().next().is_some();
        if is_said { said.any(|(slot, _)| self.lacks_note(item, slot)) } else { self.needed(item) }
    }

    fn test_in(&self, condition: &Condition, row: Row<'_>) -> Option<bool> {
        match condition {
            Condition::Any(parts) => some_is(parts.iter().map(|part| self.test_in(part, row)), true),
            Condition::All(parts) => some_is(parts.iter().map(|part| self.test_in(part, row)), false),
            Condition::Not(part) => self.test_in(part, row).map(|truth| !truth),
            Condition::AnyRow(part) => some_is(self.in_rows(part).into_iter(), true),
            Condition::AllRows(part) => some_is(self.in_rows(part).into_iter(), false),
            Condition::Is(Subject::Outcome(id), test) => self.test_outcome(id, test),
            Condition::Is(Subject::Item(id), test) => self.test_item(id, test, row),
        }
    }

    fn in_rows(&self, condition: &Condition) -> Vec<Option<bool>> {
        let items = condition.items();
        let block = items.iter().find_map(|id| self.framework.item(id.as_str())?.repeats.clone());
        let Some(block) = block else { return Vec::new() };
        let keys: std::collections::BTreeSet<&Key> = self
            .answers
            .keys()
            .filter_map(|slot| slot.row.as_ref())
            .filter(|(b, _)| *b == block)
            .map(|(_, key)| key)
            .collect();
        keys.into_iter().map(|key| self.test_in(condition, Some((&block, key)))).collect()
    }

    fn test_outcome(&self, id: &OutcomeId, test: &Test) -> Option<bool> {
        match self.values.get(id.as_str()).copied() {
            None | Some(INCOMPLETE) => None,
            Some(value) => test_text(value, test),
        }
    }

    fn test_item(&self, id: &ItemId, test: &Test, row: Row<'_>) -> Option<bool> {
        let answer = match row {
            None => self.plain.get(id.as_str()).copied(),
            Some((block, key)) => {
                self.answers.get(&Slot { item: id.clone(), row: Some((block.clone(), key.clone())) })
            }
        };
        match test {
            Test::Blank(blank) => return Some(answer.is_none_or(Answer::is_unanswered) == *blank),
            Test::Noted(noted) => return Some(answer.is_some_and(|answer| answer.notes.is_some()) == *noted),
            Test::Evidenced(there) => {
                return Some(answer.is_some_and(|answer| !answer.evidence.is_empty()) == *there);
            }
            _ => {}
        }
        match answer.and_then(|answer| answer.value.as_ref()) {
            Some(Value::Date(date)) => self.test_date(*date, test),
            Some(Value::Text(text)) => test_text(text, test),
            Some(value) => test_text(&value.to_string(), test),
            None if self.profile == ProfileName::Sheet => test_text("", test),
            None => None,
        }
    }

    fn test_date(&self, date: Date, test: &Test) -> Option<bool> {
        match test {
            Test::Before(other) => Some(date < self.date(other)?),
            Test::After(other) => Some(date > self.date(other)?),
            Test::Covers(until, day) => {
                let until = self.answers.get(&Slot::of(until))?.value.as_ref()?.as_date()?;
                let day = self.date(day)?;
                Some(date <= day && day <= until)
            }
            _ => test_text(&date.to_string(), test),
        }
    }

    fn date(&self, reference: &DateRef) -> Option<Date> {
        match reference {
            DateRef::On(date) => Some(*date),
            DateRef::At(address) => date_at(self.answers, address),
        }
    }
}

/// The date at an address: an item's answer, or a cell of one of its rows.
fn date_at(answers: &BTreeMap<Slot, Answer>, address: &Address) -> Option<Date> {
    let slot = Slot { item: ItemId::new(address.subject.clone()).ok()?, row: address.row.clone() };
    let answer = answers.get(&slot)?;
    match address.field.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["answer"] => answer.value.as_ref()?.as_date(),
        ["rows", key, column] => answer.rows.get(key)?.get(column)?.as_date(),
        _ => None,
    }
}

/// Texts are compared without regard to case, as the spreadsheet does.
fn test_text(value: &str, test: &Test) -> Option<bool> {
    Some(match test {
        Test::Is(text) => value.eq_ignore_ascii_case(text),
        Test::IsNot(text) => !value.eq_ignore_ascii_case(text),
        Test::In(texts) => texts.iter().any(|text| value.eq_ignore_ascii_case(text)),
        Test::AtLeast(least) => value.parse::<i64>().is_ok_and(|number| number >= *least),
        _ => return None,
    })
}

/// Kleene's `or` (for `true`) and `and` (for `false`): that truth if some part has it, unknown if some part
/// is unknown, otherwise the opposite.
fn some_is(parts: impl Iterator<Item = Option<bool>>, truth: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part {
            Some(part) if part == truth => return Some(truth),
            Some(_) => {}
            None => unknown = true,
        }
    }
    if unknown { None } else { Some(!truth) }
}
