//! Personal data inside text that somebody wrote freely.

use super::Audience;
use crate::model::{Answer, Confirmation, Deployment, Framework, ItemType, Risk, Settings, Value};
use std::collections::BTreeSet;

/// What is put in place of what is left out.
const LEFT_OUT: &str = "[name left out]";
/// The same for a way of reaching somebody.
const CONTACT_LEFT_OUT: &str = "[contact left out]";

/// The names and contact details that the assessment knows, as far as an audience may not see them.
#[derive(Debug, Clone, Default)]
pub struct Names {
    names: BTreeSet<String>,
    contacts: BTreeSet<String>,
    is_open: bool,
}

impl Names {
    /// Everybody who is named in settings, confirmations, acceptances, history and personal answers.
    pub fn of(
        settings: &Settings,
        deployment: &Deployment,
        framework: &Framework,
        audience: Audience,
    ) -> Self {
        let mut names = Self { is_open: audience == Audience::Full, ..Self::default() };
        if names.is_open {
            return names;
        }
        for person in settings.people.values() {
            names.names.insert(person.name.clone());
            names.contacts.extend(person.email.clone());
        }
        for (slot, answer) in &deployment.answers {
            names.add_confirmed(answer.confirmed.values());
            if framework.item(slot.item.as_str()).is_some_and(|item| item.personal) {
                names.add_personal(answer, framework.item(slot.item.as_str()).map(|i| i.kind_of_answer));
            }
        }
        deployment.risks.values().for_each(|risk| names.add_risk(risk));
        if let Some(received) = &deployment.received {
            received.answers.values().for_each(|answer| names.add_confirmed(answer.confirmed.values()));
            received.risks.values().for_each(|risk| names.add_risk(risk));
        }
        names.names.extend(deployment.meta.history.values().map(|revision| revision.by.clone()));
        if audience == Audience::Internal {
            names.names.clear();
        }
        // A text of two or three letters stands in too many words.
        names.names.retain(|name| name.trim().chars().count() > 3);
        names.contacts.retain(|contact| contact.trim().chars().count() > 3);
        names
    }

    fn add_confirmed<'c>(&mut self, confirmed: impl Iterator<Item = &'c Confirmation>) {
        self.names.extend(confirmed.map(|confirmation| confirmation.by.clone()));
    }

    fn add_risk(&mut self, risk: &Risk) {
        self.add_confirmed(risk.confirmed.values());
        risk.mitigations.values().for_each(|m| self.add_confirmed(m.confirmed.values()));
        self.names.extend(risk.acceptance.as_ref().map(|acceptance| acceptance.by.clone()));
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

    /// The text without the names and contact details, and without anything that looks like an e-mail address.
    pub fn scrub(&self, text: &str) -> String {
        if self.is_open {
            return text.to_owned();
        }
        let mut text = text.to_owned();
        for contact in &self.contacts {
            text = replace_words(&text, contact, CONTACT_LEFT_OUT);
        }
        for name in &self.names {
            text = replace_words(&text, name, LEFT_OUT);
        }
        without_addresses(text)
    }
}

/// Replaces a text wherever it stands as words of its own, whatever its case.
fn replace_words(text: &str, find: &str, with: &str) -> String {
    // ASCII lower case keeps every byte where it is.
    let (low, find) = (text.to_ascii_lowercase(), find.trim().to_ascii_lowercase());
    let mut out = String::new();
    let mut done = 0;
    for (at, found) in low.match_indices(&find) {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        if before.is_some_and(char::is_alphanumeric) || after.is_some_and(char::is_alphanumeric) {
            continue;
        }
        out += &text[done..at];
        out += with;
        done = at + found.len();
    }
    if done == 0 { text.to_owned() } else { out + &text[done..] }
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

    fn names(list: &[&str]) -> Names {
        Names { names: list.iter().map(ToString::to_string).collect(), ..Names::default() }
    }

    #[test]
    fn names_go_as_words_of_their_own_and_addresses_go_anyway() {
        let names = names(&["Ann Lee"]);
        assert_eq!(names.scrub("Ask ann lee."), "Ask [name left out].");
        assert_eq!(names.scrub("Ann Leeson and Joann Lee"), "Ann Leeson and Joann Lee");
        assert_eq!(
            names.scrub("to a.b@c.example, ä@ö.example."),
            "to [contact left out], [contact left out]."
        );
        assert_eq!(names.scrub("at 5 @ 3 and a@b and @x.y"), "at 5 @ 3 and a@b and @x.y");
    }

    #[test]
    fn nothing_is_left_out_of_the_full_pack() {
        let names = Names { is_open: true, ..names(&["Ann Lee"]) };
        assert_eq!(names.scrub("Ann Lee, a@b.example"), "Ann Lee, a@b.example");
    }
}
