//! What a framework must not have although each of its files can be read: ids twice, names of nothing, tests
//! that can never hold, circles, gaps in the matrix.

use super::BAD_FRAMEWORK;
use crate::diag::{Finding, Label};
use crate::model::{
    Address, Attached, Column, Condition, DateRef, Framework, Item, ItemId, ItemKind, ItemType, Needed,
    Outcome, OutcomeId, OutcomeKind, PhaseOutcome, ProfileName, SectionId, Subject, Test, VerdictRule,
};
use std::collections::{BTreeMap, BTreeSet};

/// The files that the parts of a framework were read from.
pub(super) struct Origin<'a> {
    pub(super) head: &'a str,
    pub(super) sections: BTreeMap<SectionId, &'a str>,
    pub(super) profiles: BTreeMap<ProfileName, &'a str>,
    pub(super) constraints: Option<&'a str>,
}

/// Everything that is wrong with a framework as a whole.
pub(super) fn contradictions(framework: &Framework, origin: &Origin<'_>) -> Vec<Finding> {
    let mut check = Check { framework, origin, wrong: Vec::new() };
    check.items();
    check.profiles();
    check.constraints();
    check.head();
    check.phases();
    check.phase_outcomes();
    check.process();
    check.matrix();
    check.wrong
}

/// Where a condition stands, and the outcomes that it may read.
struct Place<'p> {
    file: &'p str,
    name: String,
    readable: &'p [Outcome],
    all: &'p [Outcome],
    /// The spreadsheet's own formulas look for values that nobody can choose; other rules must not.
    exact: bool,
}

struct Check<'f> {
    framework: &'f Framework,
    origin: &'f Origin<'f>,
    wrong: Vec<Finding>,
}

impl<'f> Check<'f> {
    fn say(&mut self, file: &str, message: impl Into<String>) {
        self.wrong.push(Finding::new(&BAD_FRAMEWORK, message).at(Label::file(file)));
    }

    /// Somewhere that may read every outcome of the reading that counts.
    fn place(&self, file: &'f str, name: String) -> Place<'f> {
        let all = self.framework.outcomes(ProfileName::Strict);
        Place { file, name, readable: all, all, exact: true }
    }

    fn known(&mut self, file: &str, place: &str, id: &ItemId) {
        if self.framework.item(id.as_str()).is_none() {
            self.say(file, format!("{place} names the item `{id}`, which does not exist"));
        }
    }

    /// Who decides in a phase, and what is filled in afterwards.
    fn phases(&mut self) {
        let (framework, head) = (self.framework, self.origin.head);
        for phase in &framework.phases {
            let place = format!("phase {}", phase.number);
            let verdicts = phase.roles.iter().flat_map(|role| &role.verdicts);
            for id in phase.roles.iter().map(|role| &role.item).chain(verdicts) {
                self.known(head, &place, id);
                if framework.item(id.as_str()).is_some_and(|item| item.kind != ItemKind::Decision) {
                    self.say(head, format!("{place} shows a decision at `{id}`, which is none"));
                }
            }
            phase
                .afterwards
                .iter()
                .chain(phase.says_approved.keys())
                .for_each(|id| self.known(head, &place, id));
            for role in phase.roles.iter().filter(|role| framework.party(role.party.as_str()).is_none()) {
                self.say(head, format!("{place} names the party `{}`, which does not exist", role.party));
            }
        }
    }

    fn items(&mut self) {
        let framework = self.framework;
        let mut ids = BTreeSet::new();
        for item in framework.items() {
            let file = self.origin.sections.get(&item.section).copied().unwrap_or(self.origin.head);
            if !ids.insert(&item.id) {
                self.say(file, format!("the item `{}` stands twice", item.id));
            }
            self.item(file, item);
            let place = self.place(file, format!("what `{}` needs", item.id));
            let needed = if let Needed::If(condition) = &item.needed { Some(condition) } else { None };
            for condition in item.applies.iter().chain(&item.needs_note).chain(needed) {
                self.condition(&place, condition);
            }
        }
        if let Some(circle) = circle(framework, |item| &item.depends_on[..]) {
            self.say(self.origin.head, format!("items depend on one another in a circle: {circle}"));
        }
        if let Some(circle) = circle(framework, |item| &item.replaces[..]) {
            self.say(self.origin.head, format!("items replace one another in a circle: {circle}"));
        }
    }

    fn item(&mut self, file: &str, item: &Item) {
        let (framework, id) = (self.framework, &item.id);
        for fact in item.depends_on.iter().filter(|fact| framework.item(fact.as_str()).is_none()) {
            self.say(file, format!("`{id}` depends on `{fact}`, which does not exist"));
        }
        let mut replaced = BTreeSet::new();
        for old in item.replaces.iter().filter(|old| !replaced.insert(*old)) {
            self.say(file, format!("`{id}` replaces `{old}` twice"));
        }
        let parties = item.parties.iter().chain(&item.confirmed_by);
        for party in parties.filter(|party| framework.party(party.as_str()).is_none()) {
            self.say(file, format!("`{id}` names the party `{party}`, which does not exist"));
        }
        if framework.phases.iter().all(|phase| phase.number != item.phase) {
            self.say(file, format!("`{id}` belongs to phase {}, which does not exist", item.phase));
        }
        if item.kind_of_answer == ItemType::Choice && item.options.is_empty() {
            self.say(file, format!("`{id}` is a choice without options"));
        }
        if item.has_rows() && item.columns.is_empty() {
            self.say(file, format!("`{id}` is a table without columns"));
        }
        for column in &item.columns {
            self.column(file, item, column);
        }
    }

    fn column(&mut self, file: &str, item: &Item, column: &Column) {
        let name = format!("the column `{}` of `{}`", column.id, item.id);
        if item.columns.iter().filter(|other| other.id == column.id).count() > 1 {
            self.say(file, format!("{name} stands twice"));
        }
        if column.kind == ItemType::Choice && column.options.is_empty() {
            self.say(file, format!("{name} is a choice without options"));
        }
    }

    fn profiles(&mut self) {
        let (framework, origin) = (self.framework, self.origin);
        for name in ProfileName::ALL {
            let Some(profile) = framework.profiles.get(name) else {
                self.say(origin.head, format!("no file in `rules/` has the profile `{name}`"));
                continue;
            };
            let file = origin.profiles.get(name).copied().unwrap_or(origin.head);
            for (at, outcome) in profile.outcomes.iter().enumerate() {
                // Outcomes read only those before them, so they cannot form a circle.
                let (readable, all) = (&profile.outcomes[..at], &profile.outcomes[..]);
                let name = format!("the outcome `{}` of `{name}`", outcome.id);
                if readable.iter().any(|before| before.id == outcome.id) {
                    self.say(file, format!("{name} stands twice"));
                }
                if let Some(item) = &outcome.item {
                    self.known(file, &name, item);
                }
                if let Some(attached) = &outcome.evidence {
                    self.attached(file, &name, outcome.kind, attached);
                }
                let exact = !name.ends_with("`sheet`");
                let place = Place { file, name, readable, all, exact };
                for case in &outcome.cases {
                    self.condition(&place, &case.when);
                }
            }
        }
    }

    /// Only a document is attached, and only an answer has evidence.
    fn attached(&mut self, file: &str, name: &str, kind: OutcomeKind, attached: &Attached) {
        if kind != OutcomeKind::Document {
            self.say(file, format!("{name} has `evidence`, and is no document"));
        }
        match self.framework.item(attached.item.as_str()) {
            None => self.known(file, name, &attached.item),
            Some(item) if !item.is_answered() || item.repeats.is_some() => {
                self.say(file, format!("{name} has its evidence at `{}`, which has none", attached.item));
            }
            Some(_) => {}
        }
    }

    fn constraints(&mut self) {
        let Some(file) = self.origin.constraints else {
            return self.say(self.origin.head, "`rules/constraints.toml` is missing");
        };
        let mut ids = BTreeSet::new();
        for constraint in &self.framework.constraints {
            let name = format!("the constraint `{}`", constraint.id);
            if !ids.insert(&constraint.id) {
                self.say(file, format!("{name} stands twice"));
            }
            self.known(file, &name, &constraint.item);
            let place = self.place(file, name);
            self.condition(&place, &constraint.must);
        }
    }

    /// The headline and the parties.
    fn head(&mut self) {
        let (framework, file) = (self.framework, self.origin.head);
        let headline = &framework.headline;
        let (product, supplier) = (&headline.product, &headline.supplier);
        let names = [&headline.application, &headline.organisation, &headline.organisation_code, product];
        let others = [&headline.product_version, supplier, &headline.supplier_code, &headline.dates];
        for id in names.into_iter().chain(others) {
            self.known(file, "the headline", id);
        }
        for party in &framework.parties {
            let place = self.place(file, format!("the party `{}`", party.id));
            party.takes_part.iter().for_each(|condition| self.condition(&place, condition));
        }
    }

    fn phase_outcomes(&mut self) {
        let (framework, file) = (self.framework, self.origin.head);
        let mut values = BTreeSet::new();
        for outcome in &framework.phase_outcomes {
            let name = format!("the phase 1 outcome `{}`", outcome.value);
            if !values.insert(&outcome.value) {
                self.say(file, format!("{name} stands twice"));
            }
            for word in [&outcome.value, verdict(outcome)] {
                if !offered(framework, word) {
                    self.say(file, format!("{name} has `{word}`, which no decision of the checklist offers"));
                }
            }
            outcome.leaves_open.iter().for_each(|id| self.known(file, &name, id));
            let place = self.place(file, name);
            outcome.before_live.iter().for_each(|condition| self.condition(&place, condition));
        }
    }

    fn process(&mut self) {
        let (process, file) = (&self.framework.process, self.origin.head);
        let place = self.place(file, "the condition for a first of type".to_owned());
        process.first_of_type.iter().for_each(|condition| self.condition(&place, condition));
        process.throughput.iter().for_each(|id| self.known(file, "the process", id));
        for agreement in &process.agreements {
            for id in [&agreement.in_place, &agreement.from, &agreement.until] {
                self.known(file, &agreement.title, id);
            }
        }
    }

    fn matrix(&mut self) {
        let (matrix, file) = (&self.framework.matrix, self.origin.head);
        for words in [&matrix.severity, &matrix.likelihood] {
            let mut seen = BTreeSet::new();
            for word in words.iter().filter(|word| !seen.insert(*word)) {
                self.say(file, format!("the matrix has `{word}` twice"));
            }
        }
        for likelihood in &matrix.likelihood {
            for severity in &matrix.severity {
                let class = matrix.class.get(&(likelihood.clone(), severity.clone()));
                if !class.is_some_and(|class| (1..=5).contains(class)) {
                    let cell = format!("{severity} and {likelihood}");
                    self.say(file, format!("the matrix has no class from 1 to 5 for {cell}"));
                }
            }
        }
        for class in (1..=5).filter(|class| !matrix.acceptability.contains_key(class)) {
            self.say(file, format!("the matrix does not say what class {class} asks for"));
        }
        for class in matrix.acceptability.keys().filter(|class| !(1..=5).contains(*class)) {
            self.say(file, format!("the matrix says what class {class} asks for; classes are 1 to 5"));
        }
    }

    fn condition(&mut self, place: &Place<'_>, condition: &Condition) {
        let name = &place.name;
        for id in condition.items().iter().filter(|id| self.framework.item(id.as_str()).is_none()) {
            self.say(place.file, format!("{name} reads the item `{id}`, which does not exist"));
        }
        for id in condition.outcomes().iter().filter(|id| find(place.readable, id).is_none()) {
            let why = match find(place.all, id) {
                Some(_) => "does not stand before it",
                None => "does not exist",
            };
            self.say(place.file, format!("{name} reads the outcome `{id}`, which {why}"));
        }
        let mut reasons = Vec::new();
        self.tests(place, condition, &mut reasons);
        for reason in reasons {
            self.say(place.file, format!("{name} {reason}"));
        }
    }

    /// Why the tests of a condition can never hold, or never be known.
    fn tests(&self, place: &Place<'_>, condition: &Condition, reasons: &mut Vec<String>) {
        match condition {
            Condition::Any(parts) | Condition::All(parts) => {
                parts.iter().for_each(|part| self.tests(place, part, reasons));
            }
            Condition::Not(part) => self.tests(place, part, reasons),
            Condition::AnyRow(part) | Condition::AllRows(part) => {
                reasons.extend(self.wrong_rows(part));
                self.tests(place, part, reasons);
            }
            Condition::Is(Subject::Outcome(id), test) => reasons.extend(self.wrong_outcome_test(id, test)),
            Condition::Is(Subject::Item(id), test) => {
                let item = self.framework.item(id.as_str());
                reasons.extend(item.and_then(|item| self.wrong_item_test(item, test, place.exact)));
            }
        }
    }

    fn wrong_rows(&self, part: &Condition) -> Option<String> {
        let items = part.items();
        let blocks: BTreeSet<_> =
            items.iter().filter_map(|id| self.framework.item(id.as_str())).map(|i| &i.repeats).collect();
        let one = blocks.len() == 1 && blocks.iter().all(|block| block.is_some());
        (!one && items.iter().all(|id| self.framework.item(id.as_str()).is_some()))
            .then(|| "asks for rows of items that are not of one repeating block".to_owned())
    }

    /// Rules ask alike outcomes for alike values, whether or not each of them can have every one; but a word
    /// that no outcome can have is a misspelt one.
    fn wrong_outcome_test(&self, id: &OutcomeId, test: &Test) -> Option<String> {
        let outcomes = self.framework.profiles.values().flat_map(|profile| &profile.outcomes);
        let is_value = |outcome: &Outcome, text: &str| {
            let mut values = outcome.cases.iter().map(|case| &case.value).chain([&outcome.otherwise]);
            values.any(|value| value.eq_ignore_ascii_case(text))
        };
        let text =
            texts(test).iter().find(|text| !outcomes.clone().any(|outcome| is_value(outcome, text)))?;
        Some(format!("compares `{id}` with `{text}`, which no outcome can be"))
    }

    fn wrong_item_test(&self, item: &Item, test: &Test, exact: bool) -> Option<String> {
        let id = &item.id;
        match test {
            Test::Before(date) | Test::After(date) => self.no_date(item).or_else(|| self.wrong_date(date)),
            Test::Covers(until, date) => self
                .no_date(item)
                .or_else(|| self.framework.item(until.as_str()).and_then(|until| self.no_date(until)))
                .or_else(|| self.wrong_date(date)),
            _ if !exact || item.options.is_empty() => None,
            _ => texts(test)
                .iter()
                .find(|text| !item.options.iter().any(|option| option.eq_ignore_ascii_case(text)))
                .map(|text| format!("compares `{id}` with `{text}`, which is not one of its options")),
        }
    }

    fn no_date(&self, item: &Item) -> Option<String> {
        let is_date = item.kind_of_answer == ItemType::Date;
        (!is_date).then(|| format!("takes `{}` for a date, and it is none", item.id))
    }

    fn wrong_date(&self, date: &DateRef) -> Option<String> {
        let DateRef::At(address) = date else { return None };
        let item = self.framework.item(&address.subject)?;
        (!is_date(item, address)).then(|| format!("takes `{address}` for a date, and it is none"))
    }
}

/// Whether an address within an item is that of a date.
fn is_date(item: &Item, address: &Address) -> bool {
    let block = address.row.as_ref().map(|(block, _)| block);
    if address.deployment.is_some() || block != item.repeats.as_ref() {
        return false;
    }
    match address.field.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["answer"] => item.kind_of_answer == ItemType::Date,
        ["rows", _, column] => item.columns.iter().any(|c| c.id == column && c.kind == ItemType::Date),
        _ => false,
    }
}

fn find<'o>(outcomes: &'o [Outcome], id: &OutcomeId) -> Option<&'o Outcome> {
    outcomes.iter().find(|outcome| outcome.id == *id)
}

/// The texts that a test compares with.
fn texts(test: &Test) -> &[String] {
    match test {
        Test::Is(text) | Test::IsNot(text) => std::slice::from_ref(text),
        Test::In(texts) => texts,
        _ => &[],
    }
}

fn verdict(outcome: &PhaseOutcome) -> &String {
    match &outcome.verdicts {
        VerdictRule::All(word) | VerdictRule::Any(word) | VerdictRule::None(word) => word,
    }
}

/// Whether some decision of the checklist can be this word.
fn offered(framework: &Framework, word: &String) -> bool {
    framework.items().any(|item| item.kind == ItemKind::Decision && item.options.contains(word))
}

/// A circle among items that name others, as the ids along it.
fn circle(framework: &Framework, named: fn(&Item) -> &[ItemId]) -> Option<String> {
    fn walk<'f>(
        framework: &'f Framework,
        named: fn(&Item) -> &[ItemId],
        id: &'f ItemId,
        path: &mut Vec<&'f ItemId>,
        done: &mut BTreeSet<&'f ItemId>,
    ) -> Option<String> {
        if let Some(start) = path.iter().position(|seen| *seen == id) {
            let mut ids: Vec<String> = path[start..].iter().map(|id| format!("`{id}`")).collect();
            ids.push(format!("`{id}`"));
            return Some(ids.join(", "));
        }
        // What does not exist names nothing, and must not stay on the path.
        let item = framework.item(id.as_str())?;
        if !done.insert(id) {
            return None;
        }
        path.push(id);
        let found = named(item).iter().find_map(|next| walk(framework, named, next, path, done));
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    framework.items().find_map(|item| walk(framework, named, &item.id, &mut Vec::new(), &mut done))
}
