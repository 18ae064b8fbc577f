//! One way to name any field everywhere: on the command line, in differences, in findings.

use super::{BlockId, DeploymentName, IdError, Key};
use std::fmt;

/// The name of a field: `IGA-03.notes`, `CO-04.rows.interface-lead.email`, `other-systems.pas.BD-25`,
/// `HAZ-004.mitigations.M1.status`, with `acme-northfield:` before it where needed.
///
/// Whether `subject` is an item or a risk is for the framework to say: both have the same form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The deployment, where it is named.
    pub deployment: Option<DeploymentName>,
    /// Block and key of a repeating block, where the item stands in one.
    pub row: Option<(BlockId, Key)>,
    /// The item's or risk's id.
    pub subject: String,
    /// The field within it, outermost first; empty for the whole.
    pub field: Vec<String>,
}

/// Why a text is no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressError {
    /// There was nothing where an id was expected.
    Empty,
    /// A block was named without a row key and an item.
    Block(String),
    /// A part has not the form it must have.
    Id(IdError),
}

impl fmt::Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("an address has an item or risk id, such as `IGA-03` or `HAZ-004.residual`")
            }
            Self::Block(block) => {
                write!(f, "`{block}` is a block: name a row and an item, as in `{block}.pas.BD-25`")
            }
            Self::Id(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AddressError {}

impl From<IdError> for AddressError {
    fn from(error: IdError) -> Self {
        Self::Id(error)
    }
}

impl Address {
    /// The address of a whole item or risk.
    pub fn of(subject: impl fmt::Display) -> Self {
        Self { deployment: None, row: None, subject: subject.to_string(), field: Vec::new() }
    }

    /// The address of an item in a row of a block.
    pub fn in_row(block: &BlockId, key: &Key, item: impl fmt::Display) -> Self {
        Self { row: Some((block.clone(), key.clone())), ..Self::of(item) }
    }

    /// The same address, one field further in.
    #[must_use]
    pub fn then(mut self, field: impl Into<String>) -> Self {
        self.field.push(field.into());
        self
    }
}

impl std::str::FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (deployment, rest) = match text.split_once(':') {
            Some((name, rest)) => (Some(DeploymentName::new(name)?), rest),
            None => (None, text),
        };
        let mut parts = rest.split('.').peekable();
        let first = *parts.peek().ok_or(AddressError::Empty)?;
        let row = if first.starts_with(|c: char| c.is_ascii_lowercase()) {
            parts.next();
            let block = BlockId::new(first)?;
            let key = parts.next().ok_or_else(|| AddressError::Block(first.to_owned()))?;
            if parts.peek().is_none() {
                return Err(AddressError::Block(first.to_owned()));
            }
            Some((block, Key::new(key)?))
        } else {
            None
        };
        let subject = parts.next().filter(|s| !s.is_empty()).ok_or(AddressError::Empty)?;
        // Items and risks have ids of the same form, so either check serves.
        super::RiskId::new(subject)?;
        let field = parts.map(|p| Key::new(p).map(|k| k.to_string())).collect::<Result<_, _>>()?;
        Ok(Self { deployment, row, subject: subject.to_owned(), field })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(deployment) = &self.deployment {
            write!(f, "{deployment}:")?;
        }
        if let Some((block, key)) = &self.row {
            write!(f, "{block}.{key}.")?;
        }
        f.write_str(&self.subject)?;
        self.field.iter().try_for_each(|part| write!(f, ".{part}"))
    }
}

impl serde::Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Address {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "The name of a field: `IGA-03.notes`, `HAZ-004.mitigations.M1.status`.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_round_trip() {
        for text in [
            "IGA-03",
            "IGA-03.notes",
            "CO-04.rows.interface-lead.email",
            "other-systems.pas.BD-25",
            "HAZ-004.residual",
            "HAZ-004.mitigations.M1.status",
            "acme-northfield:HAZ-004.mitigations.M1.confirmed.supplier",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "notes", "other-systems", "other-systems.pas", "IGA-03.", "IGA-03..x", "A b", "x:"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
