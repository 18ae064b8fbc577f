//! The fonts of a PDF, and whether they can draw what it says.

use super::NO_GLYPH;
use crate::diag::Error;
use crate::render::Templates;
use serde_json::Value;
use std::collections::BTreeSet;
use typst::foundations::Bytes;
use typst::text::Font;
use typst_kit::fonts::FontStore;

/// Arimo: the widths of Arial, which the NHS uses where its own typeface cannot be had.
const TEXT: [&[u8]; 2] = [
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/fonts/Arimo-wght.ttf")),
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/fonts/Arimo-Italic-wght.ttf")),
];

/// tom's fonts, those that typst brings, and the repository's own.
pub(super) fn store(templates: &Templates) -> FontStore {
    let mut store = FontStore::new();
    let mut add = |bytes: Bytes| {
        store.extend(Font::iter(bytes).map(|font| {
            let info = font.info().clone();
            (font, info)
        }));
    };
    TEXT.into_iter().for_each(|bytes| add(Bytes::new(bytes)));
    templates.fonts().for_each(|(_, bytes)| add(Bytes::new(bytes.to_vec())));
    store.extend(typst_kit::fonts::embedded());
    store
}

/// Makes sure that every character of every text can be drawn.
pub(super) fn check(data: &Value, fonts: &FontStore) -> Result<(), Error> {
    let mut known = BTreeSet::new();
    let book = fonts.book();
    let infos: Vec<_> = (0..).map_while(|index| book.info(index)).collect();
    let mut can_draw = |c: char| {
        c.is_whitespace()
            || c.is_ascii_graphic()
            || known.contains(&c)
            || (infos.iter().any(|info| info.coverage.contains(u32::from(c))) && known.insert(c))
    };
    match missing(data, "", "pack", &mut can_draw) {
        None => Ok(()),
        Some((place, c)) => Err(Error::new(
            &NO_GLYPH,
            format!("{place} has a character that no font of the PDF can draw: U+{:04X}", u32::from(c)),
        )
        .help("put a font that has it into `templates/fonts/`, or render HTML only: `--format html`")),
    }
}

/// The first text with a character that cannot be drawn, by the address of what it belongs to.
fn missing(
    data: &Value,
    key: &str,
    place: &str,
    can_draw: &mut impl FnMut(char) -> bool,
) -> Option<(String, char)> {
    match data {
        Value::String(text) => {
            let c = text.chars().find(|c| !can_draw(*c))?;
            let field = key.replace('_', " ");
            Some((format!("`{place}`, {field},"), c))
        }
        Value::Array(items) => items.iter().find_map(|item| missing(item, key, place, can_draw)),
        Value::Object(fields) => {
            let name = ["address", "id", "label", "key"]
                .iter()
                .find_map(|name| fields.get(*name).and_then(Value::as_str).filter(|name| !name.is_empty()));
            let place = match name {
                // `M1` of `HAZ-004` is `HAZ-004.M1`.
                Some(name) if fields.contains_key("key") => format!("{place}.{name}"),
                Some(name) => name.to_owned(),
                None => place.to_owned(),
            };
            fields.iter().find_map(|(key, value)| missing(value, key, &place, can_draw))
        }
        _ => None,
    }
}
