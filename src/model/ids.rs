//! Identifiers. Each is checked when it is made, so that a value that exists is well formed.

use std::fmt;

/// Why a text is no identifier of the wanted sort.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdError {
    /// What was wanted, with the form that it has to have.
    pub wanted: &'static str,
    /// The text as it was given.
    pub got: String,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not {}", self.got.escape_debug(), self.wanted)
    }
}

impl std::error::Error for IdError {}

/// `[a-z0-9][a-z0-9-]{0,62}`: the form of names that become files and folders.
fn is_slug(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes[0] != b'-'
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// Whether Windows keeps a name for a device, so that no file or folder there can have it.
fn is_reserved(text: &str) -> bool {
    let port = text.strip_prefix("com").or_else(|| text.strip_prefix("lpt"));
    matches!(text, "con" | "prn" | "aux" | "nul")
        || port.is_some_and(|number| matches!(number.as_bytes(), [b'1'..=b'9']))
}

/// `[A-Z][A-Z0-9]*(-[A-Z0-9]+)+`: the form of item and risk ids.
fn is_code(text: &str) -> bool {
    let mut parts = text.split('-');
    let head = parts.next().unwrap_or_default();
    let part_ok = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    text.len() <= 40
        && head.starts_with(|c: char| c.is_ascii_uppercase())
        && part_ok(head)
        && text.contains('-')
        && parts.all(part_ok)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $check:expr, $wanted:literal $(, not $refused:path: $why:literal)?) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Checks the form and keeps the text.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                let check: fn(&str) -> bool = $check;
                $(if $refused(&text) {
                    return Err(IdError { wanted: $why, got: text });
                })?
                if check(&text) { Ok(Self(text)) } else { Err(IdError { wanted: $wanted, got: text }) }
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }
    };
}

id!(
    /// The folder name of a deployment, its short id in this repository.
    DeploymentName, is_slug,
    "a deployment name: lower-case letters, digits and hyphens, at most 63, not beginning with a hyphen",
    not is_reserved: "a deployment name: Windows keeps it for a device, and no folder there can have it"
);
id!(
    /// An item of the framework: `IGA-03`, `MSCA-DQ-01`.
    ItemId, is_code, "an item id such as `IGA-03`"
);
id!(
    /// A risk: `HAZ-004`. Its prefix says where it was found; it is never used again.
    RiskId, is_code, "a risk id such as `HAZ-004`: capitals and digits in parts joined by hyphens"
);
id!(
    /// A section of the framework, and the file of that name in a deployment's folder.
    SectionId, is_slug, "a section id: lower-case letters, digits and hyphens"
);
id!(
    /// A repeating block of items, such as `other-systems`.
    BlockId, is_slug, "a block id: lower-case letters, digits and hyphens"
);
id!(
    /// A party to the assessment: `supplier`, `deployer`, `authority` …
    PartyId, is_slug, "a party id: lower-case letters, digits and hyphens"
);
id!(
    /// The key of anything that repeats. For people it is a role, never a person's name.
    Key, |t| is_slug(t) || is_key(t),
    "a key: letters, digits and hyphens, at most 63, not beginning with a hyphen"
);
id!(
    /// An outcome of the rules: `ig.flows`.
    OutcomeId, |t| !t.is_empty() && t.len() <= 80 && t.split('.').all(is_slug),
    "an outcome id: words of lower-case letters, digits and hyphens joined by full stops"
);
id!(
    /// A deployment's id for life: statements and hand-overs bind to it, whatever the folder is called.
    PermanentId, |t| t.len() == 14 && t.starts_with("d-") && t[2..].bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
    "a permanent id: `d-` and twelve lower-case hexadecimal digits"
);

/// Keys of causes and mitigations are capitals by custom (`C1`, `M2`).
fn is_key(text: &str) -> bool {
    let bytes = text.as_bytes();
    (1..=63).contains(&bytes.len())
        && bytes[0].is_ascii_alphanumeric()
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

impl RiskId {
    /// The part before the last hyphen: `HAZ` of `HAZ-004`.
    pub fn prefix(&self) -> &str {
        self.0.rsplit_once('-').map_or(self.0.as_str(), |(prefix, _)| prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deployment_names_are_safe_folder_names() {
        for good in ["a", "acme-5-1", "0x", &"a".repeat(63)] {
            assert!(DeploymentName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "a.b", "..", "a/b", "a\\b", "ä", "a b", "a\0", &"a".repeat(64)] {
            assert!(DeploymentName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn deployment_names_are_none_that_windows_reserves() {
        for good in ["con1", "com", "com0", "com10", "lpt-1", "auxiliary", "null"] {
            assert!(DeploymentName::new(good).is_ok(), "{good}");
        }
        for bad in ["con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9"] {
            let error = DeploymentName::new(bad).unwrap_err();
            assert!(error.to_string().contains("Windows"), "{error}");
        }
    }

    #[test]
    fn risk_ids_need_a_prefix_and_a_part() {
        for good in ["HAZ-004", "NFD-001", "A1-B2-3"] {
            assert!(RiskId::new(good).is_ok(), "{good}");
        }
        for bad in ["HAZ", "HAZ-", "-004", "haz-004", "HAZ--4", "4HAZ-1", "HAZ 4", ""] {
            assert!(RiskId::new(bad).is_err(), "{bad}");
        }
        assert_eq!(RiskId::new("A1-B2-3").unwrap().prefix(), "A1-B2");
    }
}
