//! Mistakes that hazard logs have.

use crate::model::{Class, Matrix, Rating};

/// A rating as the log has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Typed {
    pub severity: String,
    pub likelihood: String,
    pub class: String,
}

impl Typed {
    pub(super) fn is_empty(&self) -> bool {
        self.severity.is_empty() && self.likelihood.is_empty()
    }

    /// The rating in the matrix's words, or what is wrong with it.
    pub(super) fn rating(&self, matrix: &Matrix) -> Result<Option<Rating>, String> {
        if self.is_empty() {
            return Ok(None);
        }
        let word = |what: &str, words: &[String], text: &str| {
            if text.is_empty() {
                return Err(format!("the {what} is missing"));
            }
            let plain = |text: &str| text.to_lowercase().replace('-', " ");
            words
                .iter()
                .find(|word| plain(word) == plain(text))
                .cloned()
                .ok_or_else(|| format!("the {what} `{text}` is not one of: {}", words.join(", ")))
        };
        let severity = word("severity", &matrix.severity, &self.severity)?;
        let likelihood = word("likelihood", &matrix.likelihood, &self.likelihood)?;
        Ok(Some(Rating { severity, likelihood }))
    }

    /// The class that was typed.
    pub(super) fn class(&self) -> Option<Class> {
        self.class.chars().find_map(|c| c.to_digit(10)).and_then(|digit| Class::try_from(digit).ok())
    }
}

/// What is wrong with the typed classes of a hazard.
pub(super) fn classes(matrix: &Matrix, initial: &Typed, residual: &Typed) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, typed) in [("initial", initial), ("residual", residual)] {
        let (Ok(Some(rating)), Some(class)) = (typed.rating(matrix), typed.class()) else { continue };
        let Some(right) = matrix.class(&rating).filter(|right| *right != class) else { continue };
        let mixed = Rating { severity: initial.severity.clone(), likelihood: typed.likelihood.clone() };
        let from_initial = name == "residual"
            && Typed { severity: mixed.severity, ..typed.clone() }
                .rating(matrix)
                .is_ok_and(|mixed| mixed.and_then(|mixed| matrix.class(&mixed)) == Some(class));
        let why = if from_initial { "; it is computed from the severity before mitigation" } else { "" };
        faults.push(format!(
            "the {name} class is typed as {class}, and {} with {} is {right}{why}",
            rating.severity, rating.likelihood
        ));
    }
    faults
}

/// A text without its digits: what stays the same when a cell is dragged down.
pub(super) fn undragged(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect::<String>().trim().to_lowercase()
}
