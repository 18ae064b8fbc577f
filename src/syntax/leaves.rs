//! A file as values by route, as they are written: what a merge compares where it knows no more of a file than that it is TOML.

use super::document::Document;
use super::tree::Node;
use std::collections::BTreeMap;

/// The text of every value by its route; none where the file has lists of tables, whose entries have no name.
pub fn leaves(document: &Document<'_>) -> Option<BTreeMap<Vec<String>, String>> {
    let mut found = BTreeMap::new();
    collect(document.text, document.tree.root(), &[], &mut found)?;
    Some(found)
}

fn collect(
    text: &str,
    table: Node<'_, '_>,
    above: &[String],
    found: &mut BTreeMap<Vec<String>, String>,
) -> Option<()> {
    for entry in table.children() {
        let route: Vec<String> = above.iter().cloned().chain([entry.key().to_owned()]).collect();
        if let Some(inner) = entry.as_table() {
            collect(text, inner, &route, found)?;
        } else if entry.as_list().is_some_and(|list| list.children().any(|one| one.as_table().is_some())) {
            return None;
        } else {
            found.insert(route, text.get(entry.span())?.replace("\r\n", "\n"));
        }
    }
    Some(())
}
