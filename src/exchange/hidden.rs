//! Rows and columns that a workbook does not show, which calamine does not tell. Runs in the limited child, like all reading.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufReader, Cursor, Read};
use std::ops::RangeInclusive;

/// What of a sheet does not show, counted from 1.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    rows: BTreeSet<u32>,
    columns: Vec<RangeInclusive<u32>>,
}

impl Hidden {
    pub(super) fn hides(&self, row: u32, column: u32) -> bool {
        self.rows.contains(&row) || self.columns.iter().any(|range| range.contains(&column))
    }
}

/// The attributes of a tag by their plain names. They are not compared with each other, so that 100,000 of them take no longer than they are long.
fn attributes(tag: &BytesStart<'_>) -> Option<BTreeMap<String, String>> {
    let mut all = tag.attributes();
    all.with_checks(false);
    all.map(|attribute| {
        let attribute = attribute.ok()?;
        let name = attribute.key.local_name().as_ref().to_owned();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
        Some((name, value.into_owned()))
    })
    .collect()
}

fn is_set(attributes: &BTreeMap<String, String>) -> bool {
    attributes.get("hidden").is_some_and(|text| text == "1" || text == "true")
}

/// Goes through the tags of a part; none where it cannot be read to its end.
fn tags(
    archive: &mut zip::ZipArchive<Cursor<&[u8]>>,
    part: &str,
    mut see: impl FnMut(&str, &BytesStart<'_>) -> Option<()>,
) -> Option<()> {
    let mut reader = Reader::from_reader(BufReader::new(archive.by_name(part).ok()?));
    let mut buffer = Vec::new();
    loop {
        match reader.read_event_into(&mut buffer).ok()? {
            Event::Start(tag) | Event::Empty(tag) => see(tag.local_name().as_ref(), &tag)?,
            Event::Eof => return Some(()),
            _ => {}
        }
        buffer.clear();
    }
}

/// The sheets of an `.xlsx` by name; none where that cannot be told.
pub(super) fn of_xlsx(bytes: &[u8]) -> Option<BTreeMap<String, Hidden>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).ok()?;
    let mut parts: BTreeMap<String, String> = BTreeMap::new();
    tags(&mut archive, "xl/_rels/workbook.xml.rels", |name, tag| {
        if name == "Relationship" {
            let mut found = attributes(tag)?;
            parts.insert(found.remove("Id")?, found.remove("Target")?);
        }
        Some(())
    })?;
    let mut sheets: Vec<(String, String)> = Vec::new();
    tags(&mut archive, "xl/workbook.xml", |name, tag| {
        if name == "sheet" {
            let mut found = attributes(tag)?;
            sheets.push((found.remove("name")?, parts.get(&found.remove("id")?)?.clone()));
        }
        Some(())
    })?;
    let mut all = BTreeMap::new();
    for (name, target) in sheets {
        let part = match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        all.insert(name, of_part(&mut archive, &part)?);
    }
    Some(all)
}

fn of_part(archive: &mut zip::ZipArchive<Cursor<&[u8]>>, part: &str) -> Option<Hidden> {
    let mut hidden = Hidden::default();
    let mut row = 0;
    tags(archive, part, |name, tag| {
        match name {
            "row" => {
                let found = attributes(tag)?;
                // A row without a number follows the one before.
                row = found.get("r").map_or(Some(row + 1), |text| text.parse().ok())?;
                if is_set(&found) {
                    hidden.rows.insert(row);
                }
            }
            "col" => {
                let found = attributes(tag)?;
                if is_set(&found) {
                    hidden.columns.push(found.get("min")?.parse().ok()?..=found.get("max")?.parse().ok()?);
                }
            }
            _ => {}
        }
        Some(())
    })?;
    Some(hidden)
}

/// Numbers of the records of an `.xls`, as [MS-XLS] gives them.
mod record {
    pub(super) const BOF: u16 = 0x0809;
    pub(super) const EOF: u16 = 0x000A;
    pub(super) const BOUND_SHEET: u16 = 0x0085;
    pub(super) const ROW: u16 = 0x0208;
    pub(super) const COL_INFO: u16 = 0x007D;
}

/// The sheets of an `.xls` in their order, with those that are no worksheets; none where that cannot be told.
pub(super) fn of_xls(bytes: &[u8]) -> Option<Vec<Hidden>> {
    let mut file = cfb::CompoundFile::open(Cursor::new(bytes)).ok()?;
    let mut stream = Vec::new();
    let path = ["/Workbook", "/Book"].into_iter().find(|path| file.is_stream(path))?;
    file.open_stream(path).ok()?.read_to_end(&mut stream).ok()?;
    let starts: Vec<usize> = records(&stream, 0)
        .filter(|(number, _)| *number == record::BOUND_SHEET)
        .map(|(_, body)| usize::try_from(u32::from_le_bytes(body.get(..4)?.try_into().ok()?)).ok())
        .collect::<Option<_>>()?;
    starts.into_iter().map(|start| of_stream(&stream, start)).collect()
}

/// The records of a part of the stream, up to its end; a chart within has an end of its own.
fn records(stream: &[u8], mut at: usize) -> impl Iterator<Item = (u16, &[u8])> {
    let mut depth = 0usize;
    std::iter::from_fn(move || {
        let number = word(stream, at)?;
        let length = usize::from(word(stream, at + 2)?);
        let body = stream.get(at + 4..at + 4 + length)?;
        at += 4 + length;
        match number {
            record::BOF => depth += 1,
            record::EOF => depth = depth.checked_sub(1).filter(|depth| *depth > 0)?,
            _ => {}
        }
        Some((number, body))
    })
}

fn of_stream(stream: &[u8], start: usize) -> Option<Hidden> {
    (word(stream, start)? == record::BOF).then_some(())?;
    let mut hidden = Hidden::default();
    for (number, body) in records(stream, start) {
        match number {
            record::ROW if word(body, 12)? & 0x20 != 0 => {
                hidden.rows.insert(u32::from(word(body, 0)?) + 1);
            }
            record::COL_INFO if word(body, 8)? & 1 != 0 => {
                hidden.columns.push(u32::from(word(body, 0)?) + 1..=u32::from(word(body, 2)?) + 1);
            }
            _ => {}
        }
    }
    Some(hidden)
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}
