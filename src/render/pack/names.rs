//! Personal data inside text that somebody wrote freely.

use super::Audience;
use crate::model::{Answer, Confirmation, Deployment, Framework, ItemType, Risk, Settings, Value};
use crate::ops::verify::Judged;
use std::collections::{BTreeMap, BTreeSet};

/// What is put in place of what is left out.
const LEFT_OUT: &str = "[name left out]";
/// The same for a way of reaching somebody.
const CONTACT_LEFT_OUT: &str = "[contact left out]";

/// Texts to leave out, sorted for looking through a text once.
#[derive(Debug, Clone, Default)]
struct Patterns {
    /// By their first word: there may be thousands of people.
    words: BTreeMap<String, Vec<Pattern>>,
    /// Telephone numbers, which have no words.
    numbers: Vec<Pattern>,
}

/// The names and contact details of everybody whom the settings list: the same for every pack, and sorted once.
#[derive(Debug, Clone, Default)]
pub struct Listed {
    names: Patterns,
    contacts: Patterns,
}

impl Listed {
    /// Those whom these settings list.
    pub fn of(settings: &Settings) -> Self {
        let people = settings.people.values();
        let names = people.clone().map(|person| person.name.clone()).collect();
        let contacts = people.filter_map(|person| person.email.clone()).collect();
        Self {
            names: Known { names, contacts: BTreeSet::new() }.into(),
            contacts: Known { names: BTreeSet::new(), contacts }.into(),
        }
    }
}

/// The names and contact details that the assessment knows, as far as an audience may not see them.
#[derive(Debug, Default)]
pub struct Names<'l> {
    listed: Vec<&'l Patterns>,
    here: Patterns,
    is_open: bool,
}

/// A text that is left out wherever it stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Pattern {
    parts: Vec<String>,
    instead: &'static str,
}

/// What is known, before it is sorted.
#[derive(Default)]
struct Known {
    names: BTreeSet<String>,
    contacts: BTreeSet<String>,
}

impl<'l> Names<'l> {
    /// Everybody who is listed or named in confirmations, acceptances, receipts, decisions, history and personal answers, of the deployment
    /// as it is and as it was where a pack shows that too.
    pub fn of(
        listed: &'l Listed,
        (deployment, before): (&Deployment, Option<&Deployment>),
        framework: &Framework,
        decided: &[Judged<'_>],
        audience: Audience,
    ) -> Self {
        if audience == Audience::Full {
            return Self { is_open: true, ..Self::default() };
        }
        let mut known = Known::default();
        for deployment in [Some(deployment), before].into_iter().flatten() {
            known.add_deployment(deployment, framework);
        }
        for one in decided {
            known.names.insert(one.held.statement.by.clone());
            known.names.extend(one.held.statement.recorded.as_ref().map(|recorded| recorded.by.clone()));
        }
        let mut patterns = vec![&listed.contacts];
        match audience {
            Audience::Internal => known.names.clear(),
            _ => patterns.push(&listed.names),
        }
        Self { listed: patterns, here: known.into(), is_open: false }
    }

    fn all(&self) -> impl Iterator<Item = &Patterns> {
        self.listed.iter().copied().chain([&self.here])
    }

    /// The text without the names and contact details, and without anything that looks like an e-mail address.
    pub fn scrub(&self, text: &str) -> String {
        if self.is_open {
            return text.to_owned();
        }
        without_addresses(self.without_numbers(self.without_words(text)))
    }

    fn without_words(&self, text: &str) -> String {
        // ASCII lower case keeps every byte where it is.
        let low = text.to_ascii_lowercase();
        let mut out = String::new();
        let (mut done, mut at) = (0, 0);
        while at < text.len() {
            let word = first_word(&low[at..]);
            if word.is_empty() {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                continue;
            }
            let here = self.all().filter_map(|patterns| patterns.words.get(word)).flatten();
            let ends = here.filter_map(|one| Some((one.end(&low, at, char::is_whitespace, 1)?, one.instead)));
            let whole = ends.filter(|(end, _)| !text[*end..].starts_with(char::is_alphanumeric));
            // `Ann Lee-Smith` rather than `Ann Lee`.
            match whole.max_by_key(|(end, _)| *end) {
                Some((end, instead)) => {
                    out += &text[done..at];
                    out += instead;
                    (done, at) = (end, end);
                }
                None => at += word.len(),
            }
        }
        if done == 0 { text.to_owned() } else { out + &text[done..] }
    }

    /// The digits of a telephone number may be grouped in any way.
    fn without_numbers(&self, text: String) -> String {
        let is_between = |c: char| c.is_whitespace() || "-.()/".contains(c);
        let mut text = text;
        for number in self.all().flat_map(|patterns| &patterns.numbers) {
            let first = number.parts.first().map_or("", String::as_str);
            let mut out = String::new();
            let mut done = 0;
            for (at, _) in text.match_indices(first) {
                let end = number.end(&text, at, is_between, 0).filter(|_| at >= done);
                let is_inner = text[..at].ends_with(char::is_alphanumeric);
                match end.filter(|end| !is_inner && !text[*end..].starts_with(char::is_alphanumeric)) {
                    Some(end) => {
                        out += &text[done..at];
                        out += number.instead;
                        done = end;
                    }
                    None => continue,
                }
            }
            if done > 0 {
                text = out + &text[done..];
            }
        }
        text
    }
}

/// The letters and digits that a text begins with.
fn first_word(text: &str) -> &str {
    &text[..text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len())]
}

impl Pattern {
    /// Where it ends in a text in small letters if it begins at a place, with at least so many of the characters that may stand between its parts.
    fn end(&self, low: &str, at: usize, is_between: impl Fn(char) -> bool, least: usize) -> Option<usize> {
        let mut rest = &low[at..];
        for (count, part) in self.parts.iter().enumerate() {
            if count > 0 {
                let next = rest.trim_start_matches(&is_between);
                if rest.len() - next.len() < least {
                    return None;
                }
                rest = next;
            }
            rest = rest.strip_prefix(part.as_str())?;
        }
        Some(low.len() - rest.len())
    }
}

impl From<Known> for Patterns {
    fn from(known: Known) -> Self {
        let mut patterns = Self::default();
        let untitled: Vec<String> = known.names.iter().filter_map(|name| without_title(name)).collect();
        let all = known.names.into_iter().chain(untitled).map(|name| (name, LEFT_OUT));
        let all = all.chain(known.contacts.into_iter().map(|contact| (contact, CONTACT_LEFT_OUT)));
        // A text of two or three letters stands in too many words.
        for (text, instead) in all.filter(|(text, _)| text.trim().chars().count() > 3) {
            let low = text.to_ascii_lowercase();
            let digits: Vec<String> = low.chars().filter(char::is_ascii_digit).map(String::from).collect();
            if digits.len() >= 7 && low.chars().all(|c| c.is_ascii_digit() || " +-.()/".contains(c)) {
                patterns.numbers.push(Pattern { parts: digits, instead });
                continue;
            }
            let low = low.trim_start_matches(|c: char| !c.is_alphanumeric());
            let parts: Vec<String> = low.split_whitespace().map(str::to_owned).collect();
            let key = first_word(low).to_owned();
            if !key.is_empty() {
                patterns.words.entry(key).or_default().push(Pattern { parts, instead });
            }
        }
        patterns
    }
}

impl Known {
    fn add_deployment(&mut self, deployment: &Deployment, framework: &Framework) {
        for (slot, answer) in &deployment.answers {
            self.add_confirmed(answer.confirmed.values());
            if framework.item(slot.item.as_str()).is_some_and(|item| item.personal) {
                self.add_personal(answer, framework.item(slot.item.as_str()).map(|i| i.kind_of_answer));
            }
        }
        deployment.risks.values().for_each(|risk| self.add_risk(risk));
        if let Some(received) = &deployment.received {
            received.answers.values().for_each(|answer| self.add_confirmed(answer.confirmed.values()));
            received.risks.values().for_each(|risk| self.add_risk(risk));
        }
        self.names.extend(deployment.meta.history.values().map(|revision| revision.by.clone()));
        let refused = deployment.meta.derived_from.iter().flat_map(|lineage| lineage.refused.values());
        self.names.extend(refused.map(|refusal| refusal.by.clone()));
    }

    fn add_confirmed<'c>(&mut self, confirmed: impl Iterator<Item = &'c Confirmation>) {
        self.names.extend(confirmed.map(|confirmation| confirmation.by.clone()));
    }

    fn add_risk(&mut self, risk: &Risk) {
        self.add_confirmed(risk.confirmed.values());
        risk.mitigations.values().for_each(|m| self.add_confirmed(m.confirmed.values()));
        self.names.extend(risk.acceptance.as_ref().map(|acceptance| acceptance.by.clone()));
        let receipt = risk.transfer.as_ref().and_then(|transfer| transfer.receipt.as_ref());
        self.names.extend(receipt.map(|receipt| receipt.by.clone()));
    }

    fn add_personal(&mut self, answer: &Answer, kind: Option<ItemType>) {
        if kind == Some(ItemType::Text)
            && let Some(Value::Text(text)) = &answer.value
        {
            self.names.insert(text.clone());
        }
        for (column, value) in answer.rows.values().flatten() {
            match column.as_str() {
                "name" => self.names.insert(value.to_string()),
                "email" | "phone" => self.contacts.insert(value.to_string()),
                _ => false,
            };
        }
    }
}

/// A name without the title before it, if two words are left: texts often leave it out.
fn without_title(name: &str) -> Option<String> {
    const TITLES: [&str; 12] =
        ["Dr", "Mr", "Mrs", "Ms", "Miss", "Mx", "Prof", "Professor", "Sir", "Dame", "Lord", "Lady"];
    let (title, rest) = name.trim().split_once(' ')?;
    let is_title = TITLES.iter().any(|known| title.trim_end_matches('.').eq_ignore_ascii_case(known));
    (is_title && rest.trim().contains(' ')).then(|| rest.trim().to_owned())
}

/// Replaces everything of the form `somebody@somewhere.else`.
fn without_addresses(text: String) -> String {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+');
    let mut out = String::new();
    let mut rest = text.as_str();
    let mut found = false;
    while let Some(at) = rest.find('@') {
        let start = rest[..at]
            .rfind(|c| !part(c))
            .map_or(0, |i| i + rest[i..].chars().next().map_or(1, char::len_utf8));
        let host = rest[at + 1..].find(|c| !part(c)).unwrap_or(rest.len() - at - 1);
        let end = at + 1 + rest[at + 1..at + 1 + host].trim_end_matches(['.', '-']).len();
        let is_address = start < at && rest[at + 1..end].contains('.');
        if is_address {
            out += &rest[..start];
            out += CONTACT_LEFT_OUT;
            found = true;
        } else {
            out += &rest[..=at];
        }
        rest = &rest[if is_address { end } else { at + 1 }..];
    }
    if found { out + rest } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str], contacts: &[&str]) -> Names<'static> {
        let all = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Names { here: Known { names: all(list), contacts: all(contacts) }.into(), ..Names::default() }
    }

    #[test]
    fn names_go_as_words_of_their_own_and_addresses_go_anyway() {
        let names = names(&["Ann Lee", "Ann Lee-Smith"], &[]);
        assert_eq!(names.scrub("Ask ann lee."), "Ask [name left out].");
        assert_eq!(names.scrub("ANN LEE-SMITH, (Ann Lee)"), "[name left out], ([name left out])");
        assert_eq!(names.scrub("Ann Leeson and Joann Lee"), "Ann Leeson and Joann Lee");
        assert_eq!(
            names.scrub("to a.b@c.example, ä@ö.example."),
            "to [contact left out], [contact left out]."
        );
        assert_eq!(names.scrub("at 5 @ 3 and a@b and @x.y"), "at 5 @ 3 and a@b and @x.y");
    }

    #[test]
    fn a_name_may_be_broken_over_lines_and_a_number_grouped_otherwise() {
        let names = names(&["Dr Ann Lee", "Bo"], &["020 7946 0958"]);
        assert_eq!(names.scrub("Ann\nLee or dr  ann lee"), "[name left out] or [name left out]");
        assert_eq!(
            names.scrub("Call 02079460958, (020) 7946-0958."),
            "Call [contact left out], ([contact left out]."
        );
        assert_eq!(names.scrub("Ref 1020 7946 0958"), "Ref 1020 7946 0958");
        assert_eq!(without_title("Dame Lee"), None);
    }

    #[test]
    fn nothing_is_left_out_of_the_full_pack() {
        let names = Names { is_open: true, ..names(&["Ann Lee"], &[]) };
        assert_eq!(names.scrub("Ann Lee, a@b.example"), "Ann Lee, a@b.example");
    }
}
