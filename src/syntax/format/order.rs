//! The order of keys in each sort of file: that of the framework for items, that of the writer for everything else.

use super::Form;
use crate::model::Section;

/// The order of the keys of one table.
#[derive(Debug, Clone, Copy)]
pub(super) enum Order<'f> {
    /// These first, in this order; others as they stand.
    Listed(&'static [&'static str]),
    /// By name.
    Sorted,
    /// As they stand.
    AsWritten,
    /// Items and blocks of a section.
    Items(&'f Section),
}

const ANSWER: Order<'static> = Order::Listed(&["answer", "notes", "evidence", "rows", "confirmed"]);
const CONFIRMATION: Order<'static> = Order::Listed(&["by", "on", "digest", "given", "note"]);
const RISK: Order<'static> = Order::Listed(&[
    "title",
    "section",
    "owner",
    "status",
    "hazard",
    "effect",
    "depends-on",
    "causes",
    "initial",
    "residual",
    "mitigations",
    "confirmed",
    "acceptance",
    "transfer",
]);
const RATING: Order<'static> = Order::Listed(&["severity", "likelihood"]);
const MITIGATION: Order<'static> =
    Order::Listed(&["kind", "owner", "causes", "text", "status", "reason", "evidence", "confirmed"]);
const ACCEPTANCE: Order<'static> = Order::Listed(&["by", "role", "class", "digest", "on", "until", "reason"]);
const TRANSFER: Order<'static> = Order::Listed(&["to", "duty", "receipt"]);
const RECEIPT: Order<'static> = Order::Listed(&["says", "by", "on", "digest", "reason"]);
const META: Order<'static> =
    Order::Listed(&["id", "title", "kind", "framework", "risk-prefix", "derived-from", "history"]);
const LINEAGE: Order<'static> =
    Order::Listed(&["deployment", "id", "received", "confirmations", "commit", "refused"]);
const REFUSAL: Order<'static> = Order::Listed(&["digest", "reason", "by", "on"]);
const REVISION: Order<'static> = Order::Listed(&["on", "by", "text"]);
const SETTINGS: Order<'static> = Order::Listed(&["framework", "people", "policy"]);
const PERSON: Order<'static> = Order::Listed(&["name", "email", "party", "organisation", "roles"]);
/// A reference to a framework, on one line.
pub(super) const FRAMEWORK: Order<'static> = Order::Listed(&["id", "version", "digest"]);

impl<'f> Order<'f> {
    /// The order of the table at a path.
    pub(super) fn of(form: Form<'f>, path: &[&str]) -> Self {
        match (form, path) {
            (_, [.., "confirmed"] | [.., "given"]) => Self::Sorted,
            (Form::Section(..) | Form::Risk(_), [.., "confirmed", _]) => CONFIRMATION,
            (Form::Section(_, section), []) => Self::Items(section),
            (Form::Section(..), [.., "rows"]) => Self::Sorted,
            (Form::Section(..), [.., "rows", _]) => Self::Sorted,
            (Form::Section(_, section), [first, rest @ ..]) => {
                match (first.starts_with(|c: char| c.is_ascii_lowercase()), rest) {
                    (true, []) => Self::Sorted,
                    (true, [_]) => Self::Items(section),
                    _ => ANSWER,
                }
            }
            (Form::Risk(_), []) => RISK,
            (Form::Risk(_), ["causes" | "mitigations"]) => Self::Sorted,
            (Form::Risk(_), ["initial" | "residual"]) => RATING,
            (Form::Risk(_), ["mitigations", _]) => MITIGATION,
            (Form::Risk(_), ["acceptance"]) => ACCEPTANCE,
            (Form::Risk(_), ["transfer"]) => TRANSFER,
            (Form::Risk(_), ["transfer", "receipt"]) => RECEIPT,
            (Form::Meta, []) => META,
            (Form::Meta, ["derived-from"]) => LINEAGE,
            (Form::Meta, ["derived-from", "refused"] | ["history"]) => Self::Sorted,
            (Form::Meta, ["derived-from", "refused", _]) => REFUSAL,
            (Form::Meta, ["history", _]) => REVISION,
            (Form::Settings, []) => SETTINGS,
            (Form::Settings, ["people", _]) => PERSON,
            _ => Self::AsWritten,
        }
    }

    /// What a key is sorted by; sorting is stable, so equal ranks stay as they stand.
    pub(super) fn rank(self, key: &str) -> (usize, String) {
        match self {
            Self::Listed(keys) => {
                (keys.iter().position(|known| *known == key).unwrap_or(keys.len()), String::new())
            }
            Self::Sorted => (0, key.to_owned()),
            Self::AsWritten => (0, String::new()),
            Self::Items(section) => {
                let is_it = |item: &crate::model::Item| {
                    item.id.as_str() == key
                        || item.repeats.as_ref().is_some_and(|block| block.as_str() == key)
                };
                (section.items.iter().position(is_it).unwrap_or(section.items.len()), String::new())
            }
        }
    }
}
