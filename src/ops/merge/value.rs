//! A value in plain words, for a field that somebody decides by hand.

use super::Side;
use super::field::{Field, Place};
use crate::diag::{Code, Error, Severity, nearest};
use crate::model::{Answer, Framework, MitigationKind, MitigationStatus, Rating, RiskStatus};
use crate::ops::set::{Assignment, Change, understand};

/// A value does not fit the field that is decided.
pub static CANNOT_BE: Code = Code {
    id: "TOM-0513",
    severity: Severity::Error,
    title: "a conflict cannot be decided with this value",
    explain: "A value that is given with `--value` has to be of the field's own type: text for prose, one of the words for a status, `SEVERITY, LIKELIHOOD` for a rating, \
`not adopted: REASON` for a measure that was decided against. A whole risk, mitigation, row or acceptance is taken from one side with `--ours` or `--theirs`, and changed \
afterwards.",
};

fn refuse(place: &Place, value: &str) -> Error {
    Error::new(&CANNOT_BE, format!("`{}` cannot be `{}`", place.address(), value.escape_debug()))
}

fn one_of<T: Copy>(place: &Place, text: &str, all: &[T], word: fn(T) -> &'static str) -> Result<T, Error> {
    let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
    all.iter().copied().find(|one| word(*one) == text).ok_or_else(|| among(place, text, &words))
}

fn among(place: &Place, text: &str, words: &[&str]) -> Error {
    let error = refuse(place, text).note(format!("it is one of: {}", words.join(", ")));
    match nearest(text, words.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// The field that a value in plain words is, at a place that some side has. The sides are asked in their order.
///
/// # Errors
///
/// Where the value is not of the field's type.
pub fn typed(
    framework: &Framework,
    place: &Place,
    sides: [Side<'_>; 3],
    value: &str,
) -> Result<Field, Error> {
    let text = value.trim();
    if text.is_empty() || text.chars().any(|c| crate::syntax::is_hidden(c) && c != '\n') {
        return Err(refuse(place, value).note("a value says something, and nothing in it is invisible"));
    }
    let whole = || {
        Err(refuse(place, text).help("take one side with `--ours` or `--theirs`, and change it afterwards"))
    };
    let Some(sample) = sides.iter().find_map(|side| side.at(place)) else { return whole() };
    match sample {
        Field::Answer(kept) => {
            let assignment = Assignment { address: place.address(), value: text.to_owned() };
            match understand(framework, &assignment)? {
                Change::Value(_, value) => Ok(Field::Answer(Answer { value: Some(value), ..kept })),
                _ => whole(),
            }
        }
        Field::Text(_) => {
            match place.field.last().map(String::as_str).unwrap_or_default() {
                "status" => drop(one_of(place, text, RiskStatus::ALL, RiskStatus::as_str)?),
                "kind" => drop(one_of(place, text, MitigationKind::ALL, MitigationKind::as_str)?),
                "owner" if framework.party(text).is_none() => {
                    let parties: Vec<&str> =
                        framework.parties.iter().map(|party| party.id.as_str()).collect();
                    return Err(among(place, text, &parties));
                }
                "section" if framework.section(text).is_none() => {
                    let sections: Vec<&str> =
                        framework.sections.iter().map(|section| section.id.as_str()).collect();
                    return Err(among(place, text, &sections));
                }
                _ => {}
            }
            Ok(Field::Text(text.to_owned()))
        }
        Field::Rating(_) => {
            let (severity, likelihood) = text.split_once(',').ok_or_else(|| {
                refuse(place, text).help("write it as `SEVERITY, LIKELIHOOD`, as in `Major, Very Low`")
            })?;
            let words = |all: &[String], text: &str| {
                let text = text.trim();
                let known: Vec<&str> = all.iter().map(String::as_str).collect();
                if known.contains(&text) { Ok(text.to_owned()) } else { Err(among(place, text, &known)) }
            };
            Ok(Field::Rating(Rating {
                severity: words(&framework.matrix.severity, severity)?,
                likelihood: words(&framework.matrix.likelihood, likelihood)?,
            }))
        }
        Field::Status(..) => {
            let (word, reason) = match text.split_once(':') {
                Some((word, reason)) => {
                    (word.trim(), Some(reason.trim().to_owned()).filter(|r| !r.is_empty()))
                }
                None => (text, None),
            };
            Ok(Field::Status(one_of(place, word, MitigationStatus::ALL, MitigationStatus::as_str)?, reason))
        }
        _ => whole(),
    }
}
