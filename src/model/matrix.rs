//! The risk matrix: the standard's words in, a class out.

use std::collections::BTreeMap;

/// A risk class, 1 to 5 with 5 unacceptable. Always computed from the matrix, never typed.
pub type Class = u8;

/// A severity and a likelihood, in the standard's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
pub struct Rating {
    /// How bad it would be.
    pub severity: String,
    /// How likely it is.
    pub likelihood: String,
}

impl super::Canonical for Rating {
    fn write(&self, out: &mut dyn super::canon::Sink) {
        let fields: [super::canon::Field<'_>; 2] =
            [("likelihood", Some(&self.likelihood)), ("severity", Some(&self.severity))];
        super::canon::map(out, fields);
    }
}

/// What a class asks for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Acceptability {
    /// A word or two: `tolerable`.
    pub label: String,
    /// What has to happen with a risk of this class.
    pub rule: String,
    /// Whether somebody has to accept a residual risk of this class before a phase that looks at risks is ready.
    pub needs_acceptance: bool,
}

/// Severity by likelihood, with a class in each cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// From least to most severe.
    pub severity: Vec<String>,
    /// From most to least likely.
    pub likelihood: Vec<String>,
    /// Class by likelihood and severity.
    pub class: BTreeMap<(String, String), Class>,
    /// What each class asks for.
    pub acceptability: BTreeMap<Class, Acceptability>,
}

impl Matrix {
    /// The class of a rating; none where a word is not the matrix's.
    pub fn class(&self, rating: &Rating) -> Option<Class> {
        self.class.get(&(rating.likelihood.clone(), rating.severity.clone())).copied()
    }
}
