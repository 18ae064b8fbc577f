//! Findings as data: what is wrong, where, and what to do about it. Nothing here prints.
//!
//! A finding points at a place by file and key, and only rarely by bytes: keys are resolved when the finding is
//! drawn, so that values that were derived, merged or read from history can be pointed at in the same way.
//!
//! Words: a message is a phrase in lower case without a full stop, with the thing in backticks. A label
//! says what stands there, `help` what to do, `note` why.

use std::ops::Range;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Good to know.
    Note,
    /// It may be right, and somebody should look.
    Warning,
    /// It is wrong.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A sort of finding, declared beside the rule that makes it and listed in `ops::codes`.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// `TOM-0203`
    pub id: &'static str,
    /// How much it matters unless asked otherwise.
    pub severity: Severity,
    /// What it is, in a line.
    pub title: &'static str,
    /// What `tom explain` prints: what it means, why it matters, what to do.
    pub explain: &'static str,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// The file as a whole.
    File,
    /// These bytes.
    Bytes(Range<usize>),
    /// The key at the end of this route.
    Key(Vec<String>),
    /// The value at the end of this route, or the nearest thing above it that is there.
    Value(Vec<String>),
}

/// A place with what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Path from the repository's root.
    pub file: String,
    /// Where in it.
    pub at: At,
    /// What stands there.
    pub text: String,
}

impl Label {
    /// A label on a whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self { file: file.into(), at: At::File, text: String::new() }
    }

    /// A label on the value at a route.
    pub fn value(file: impl Into<String>, route: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            file: file.into(),
            at: At::Value(route.into_iter().map(Into::into).collect()),
            text: String::new(),
        }
    }

    /// A label on the key at a route.
    pub fn key(file: impl Into<String>, route: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            file: file.into(),
            at: At::Key(route.into_iter().map(Into::into).collect()),
            text: String::new(),
        }
    }

    /// A label on bytes.
    pub fn bytes(file: impl Into<String>, bytes: Range<usize>) -> Self {
        Self { file: file.into(), at: At::Bytes(bytes), text: String::new() }
    }

    /// The same label, saying what stands there.
    #[must_use]
    pub fn saying(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }
}

/// Something that tom has to say about a repository.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What sort.
    pub code: &'static Code,
    /// How much it matters here.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub primary: Option<Label>,
    /// Other places that belong to it.
    pub related: Vec<Label>,
    /// What to do.
    pub help: Vec<String>,
    /// Why.
    pub notes: Vec<String>,
}

impl Finding {
    /// A finding of a sort, without a place.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity,
            message: message.into(),
            primary: None,
            related: Vec::new(),
            help: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same finding, at a place.
    #[must_use]
    pub fn at(mut self, label: Label) -> Self {
        self.primary = Some(label);
        self
    }

    /// The same finding, with a place that belongs to it.
    #[must_use]
    pub fn with(mut self, label: Label) -> Self {
        self.related.push(label);
        self
    }

    /// The same finding, saying what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same finding, saying why.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// The same finding, mattering differently.
    #[must_use]
    pub fn as_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Whether it is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Why a command did not do its work: a finding that ends it. The exit code is 2.
#[derive(Debug, Clone)]
pub struct Error(Box<Finding>);

impl Error {
    /// An error of a sort.
    pub fn new(code: &'static Code, message: impl Into<String>) -> Self {
        Finding::new(code, message).into()
    }

    /// The same error, saying what to do.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.0.help(help).into()
    }

    /// The same error, saying why.
    #[must_use]
    pub fn note(self, note: impl Into<String>) -> Self {
        self.0.note(note).into()
    }

    /// The same error, at a place.
    #[must_use]
    pub fn at(self, label: Label) -> Self {
        self.0.at(label).into()
    }

    /// What it says.
    pub fn finding(&self) -> &Finding {
        &self.0
    }
}

impl From<Finding> for Error {
    fn from(finding: Finding) -> Self {
        Self(Box::new(finding.as_severity(Severity::Error)))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}] {}", self.0.code.id, self.0.message)
    }
}

impl std::error::Error for Error {}

/// Either the work is done or an error says why not.
pub type Result<T> = std::result::Result<T, Error>;

/// ` (did you mean `x`?)`, when one of the known names is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, candidate)| *distance <= (candidate.len().max(name.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_name_is_near() {
        assert_eq!(nearest("IGA-30", ["IGA-03", "BD-01"]), Some("IGA-03"));
        assert_eq!(nearest("anwser", ["answer", "notes"]), Some("answer"));
        assert_eq!(nearest("zzz", ["answer", "notes"]), None);
    }
}
