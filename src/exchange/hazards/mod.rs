//! Hazard logs in and out, through a map of their columns.

mod bring;
mod faults;
mod read;
mod write;

use crate::diag::{Code, Error, Severity};
use crate::model::HazardMap;
use crate::syntax::{Document, read_hazard_map};

pub use bring::{Brought, bring};
pub use read::{Defaults, Log, read_log};
pub use write::write_hazard_log;

/// The log contradicts itself, or leaves something out.
pub static FAULTY_LOG: Code = Code {
    id: "TOM-1010",
    severity: Severity::Warning,
    title: "a hazard log has a mistake",
    explain: "Published hazard logs have mistakes that a spreadsheet does not notice: a typed class that the matrix contradicts, a residual class computed from the \
severity before mitigation, a number that stands twice, a row that was copied by dragging, an owner or an effect that is missing. A mistake is reported with its row and \
is not taken over: classes are always computed, the first of two rows counts, and what is missing is said to be missing.",
};

/// The built-in maps, by name.
const MAPS: [(&str, &str); 3] = [
    ("mitigations", include_str!("maps/mitigations.toml")),
    ("scored", include_str!("maps/scored.toml")),
    ("unscored", include_str!("maps/unscored.toml")),
];

/// The names of the built-in maps.
pub fn map_names() -> Vec<&'static str> {
    MAPS.iter().map(|(name, _)| *name).collect()
}

/// A built-in map.
pub fn built_in_map(name: &str) -> Option<Result<HazardMap, Error>> {
    let (name, text) = MAPS.iter().find(|(known, _)| *known == name)?;
    Some(hazard_map(&format!("{name}.toml"), text.as_bytes()))
}

/// A map from its file.
pub fn hazard_map(file: &str, bytes: &[u8]) -> Result<HazardMap, Error> {
    let (map, findings) = read_hazard_map(&Document::parse(file, bytes)?);
    match (map, findings.into_iter().find(crate::diag::Finding::is_error)) {
        (_, Some(finding)) => Err(finding.into()),
        (Some(map), None) => Ok(map),
        (None, None) => Err(Error::new(&FAULTY_LOG, format!("`{file}` is no map of a hazard log"))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_built_in_maps_are_sound() {
        for name in super::map_names() {
            assert!(super::built_in_map(name).is_some_and(|map| map.is_ok()), "{name}");
        }
    }
}
