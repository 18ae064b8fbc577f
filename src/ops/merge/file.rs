//! The merge of one file, as git asks for it: a section's or a risk's by what it says, any other TOML table by table.
//!
//! Where git's own merge by lines is clean and means exactly what the merge by meaning gives, its text is taken, because
//! it has the comments of both sides. Otherwise the changes are spliced into the left file, and the comments that the right added are put in their places. Where somebody has to decide, the result
//! holds both sides between conflict markers, as git writes them, and is no TOML until that is done.

use super::remarks::with_remarks;
use super::{Change, Content, Merged, Side, merge, splice};
use crate::diag::{Code, Error, Finding, Severity};
use crate::model::{Framework, Holds, RiskId, SectionId, keyed};
use crate::syntax::{Document, Edit, edit, leaves, read_risk, read_section};
use std::collections::{BTreeMap, BTreeSet};

/// A merge of files was not done.
pub static NOT_MERGED: Code = Code {
    id: "TOM-0515",
    severity: Severity::Error,
    title: "git's merge of a file was not done",
    explain: "The merge driver could not do its work, changed nothing, and told git to stop rather than to go on with one of the sides. The message says why: often a side, or the \
common ancestor that git made up of several, is not TOML. Mend that side and merge again; `git merge -s resolve` takes one common ancestor where there are several.",
};

/// What a file is, as far as a merge is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The answers of a section.
    Section(SectionId),
    /// One risk.
    Risk(RiskId),
    /// Written by one hand at a time: it is one field.
    Whole,
    /// Any other TOML: each table is a field, and each value above the first table.
    Tables,
    /// Something else: git's own merge by lines.
    Lines,
}

impl Kind {
    /// The kind of the file at a path.
    pub fn of(path: &str, framework: Option<&Framework>) -> Self {
        let parts: Vec<&str> = path.split('/').collect();
        if parts.contains(&"approvals") {
            return Self::Whole;
        }
        let Some(name) = parts.last().and_then(|name| name.strip_suffix(".toml")) else { return Self::Lines };
        match parts[..] {
            ["assessments", _, "received.toml" | "conflicts.toml" | "imported.toml"] => Self::Whole,
            ["assessments", _, "risks", _] if framework.is_some() => {
                RiskId::new(name).map_or(Self::Tables, Self::Risk)
            }
            ["assessments", _, _] => {
                let section = framework.and_then(|framework| framework.section(name));
                let section = section.filter(|section| section.is_answered());
                section.map_or(Self::Tables, |section| Self::Section(section.id.clone()))
            }
            _ => Self::Tables,
        }
    }
}

/// One file on the three sides; the base is empty where both sides added it.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a> {
    /// As it was.
    pub base: &'a [u8],
    /// As it is here.
    pub left: &'a [u8],
    /// As it is there.
    pub right: &'a [u8],
}

/// A file after a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileMerge {
    /// Everything is decided.
    Clean(Vec<u8>),
    /// Both sides stand in it between markers: where.
    Conflict(Vec<u8>, Vec<String>),
}

/// Git's own merge by lines, where it finds no conflict.
pub type ByLines<'a> = dyn Fn(Texts<'_>) -> Option<Vec<u8>> + 'a;

/// Merges one file.
///
/// # Errors
///
/// Where a side is not TOML, or the result would not mean what it is to mean. Nothing can be said of the file then.
pub fn merge_file(
    path: &str,
    framework: Option<&Framework>,
    texts: Texts<'_>,
    by_lines: &ByLines<'_>,
    marker: usize,
) -> Result<FileMerge, Error> {
    if texts.left == texts.right || texts.right == texts.base {
        return Ok(FileMerge::Clean(texts.left.to_vec()));
    }
    if texts.left == texts.base {
        return Ok(FileMerge::Clean(texts.right.to_vec()));
    }
    let kind = Kind::of(path, framework);
    match (&kind, framework) {
        (Kind::Whole, _) => Ok(whole(texts, marker, "the whole file")),
        (Kind::Lines, _) => {
            Ok(by_lines(texts).map_or_else(|| hunks(texts, marker, Vec::new()), FileMerge::Clean))
        }
        (Kind::Section(_) | Kind::Risk(_), Some(framework)) => {
            by_meaning(&Meaning { path, framework, kind: &kind, marker }, texts, by_lines)
        }
        _ => by_tables(path, texts, by_lines, marker),
    }
}

fn not_merged(path: &str, why: &str) -> Error {
    Error::new(&NOT_MERGED, format!("`{path}` was not merged: {why}"))
}

fn side_error(path: &str, side: &str, finding: Finding) -> Error {
    // The place is in a file of git's, so it is told in words.
    Error::new(&NOT_MERGED, format!("`{path}` was not merged: {side} cannot be read: {}", finding.message))
        .help("mend that side and merge again")
}

struct Meaning<'a> {
    path: &'a str,
    framework: &'a Framework,
    kind: &'a Kind,
    marker: usize,
}

impl Meaning<'_> {
    /// What a text says, and whether all of it could be understood.
    fn read(&self, side: &str, bytes: &[u8]) -> Result<(Content, bool), Error> {
        let mut content = Content::default();
        if bytes.is_empty() {
            return Ok((content, true));
        }
        let document =
            Document::parse(self.path, bytes).map_err(|finding| side_error(self.path, side, finding))?;
        let findings = match self.kind {
            Kind::Risk(id) => {
                let (risk, findings) = read_risk(&document, self.framework);
                content.risks.extend(risk.map(|risk| (id.clone(), risk)));
                findings
            }
            Kind::Section(id) => match self.framework.section(id.as_str()) {
                Some(section) => {
                    let (answers, findings) = read_section(&document, self.framework, section);
                    content.answers = answers;
                    findings
                }
                None => return Ok((content, false)),
            },
            _ => return Ok((content, false)),
        };
        Ok((content, !findings.iter().any(Finding::is_error)))
    }

    fn merge(&self, base: &Content, left: &Content, right: &Content) -> Merged {
        merge(self.framework, base.into(), left.into(), right.into())
    }

    fn means(&self, bytes: &[u8], wanted: &Content) -> bool {
        self.read("the result", bytes).is_ok_and(|(content, is_whole)| {
            is_whole && self.merge(wanted, wanted, &content).changes.is_empty()
        })
    }
}

fn by_meaning(file: &Meaning<'_>, texts: Texts<'_>, by_lines: &ByLines<'_>) -> Result<FileMerge, Error> {
    let (base, base_is_whole) = file.read("the common ancestor", texts.base)?;
    let (left, left_is_whole) = file.read("our side", texts.left)?;
    let (right, right_is_whole) = file.read("their side", texts.right)?;
    if !(base_is_whole && left_is_whole && right_is_whole) {
        // What was not understood would be lost, so people decide.
        return Ok(whole(texts, file.marker, "the whole file, because `tom check` finds errors in a side"));
    }
    let merged = file.merge(&base, &left, &right);
    let content = merged.applied_to(Side::from(&left));
    if !merged.is_clean() {
        return Ok(conflict(file, texts, &merged));
    }
    if let Some(text) = by_lines(texts).filter(|text| file.means(text, &content)) {
        return Ok(FileMerge::Clean(text));
    }
    let changes: Vec<&Change> = merged.changes.iter().collect();
    let spliced = splice(file.path, Some(texts.left.to_vec()), &changes)?
        .ok_or_else(|| not_merged(file.path, "one side emptied it"))?;
    let again = file.merge(&base, &content, &right);
    if !file.means(&spliced, &content) || !again.is_clean() || !again.changes.is_empty() {
        return Err(not_merged(file.path, "the result would not mean what both sides said"));
    }
    let remarked = with_remarks(texts, spliced).filter(|text| file.means(text, &content));
    Ok(remarked.map_or_else(|| about_remarks(texts, file.marker), FileMerge::Clean))
}

/// A comment of one side has no place in what both mean: both texts are shown as they came, and people decide.
fn about_remarks(texts: Texts<'_>, marker: usize) -> FileMerge {
    hunks(texts, marker, vec!["a comment".to_owned()])
}

fn conflict(file: &Meaning<'_>, texts: Texts<'_>, merged: &Merged) -> FileMerge {
    let addresses: Vec<String> =
        merged.conflicts.iter().map(|conflict| conflict.place.address().to_string()).collect();
    let is_whole =
        merged.conflicts.iter().any(|conflict| conflict.place.is_safety() && conflict.place.field.is_empty());
    if is_whole {
        // Two risks with one id: their lines are not shown mixed.
        let FileMerge::Conflict(bytes, _) = whole(texts, file.marker, "") else {
            unreachable!("whole sides conflict")
        };
        return FileMerge::Conflict(bytes, addresses);
    }
    let taken: Vec<Change> = merged.conflicts.iter().map(super::Conflict::taking_right).collect();
    let ours = splice(file.path, Some(texts.left.to_vec()), &merged.changes.iter().collect::<Vec<_>>());
    // Without a place for a comment of theirs, both texts are shown as they came.
    let ours = ours.map(|ours| ours.and_then(|ours| with_remarks(texts, ours)));
    let theirs = |ours: &Option<Vec<u8>>| splice(file.path, ours.clone(), &taken.iter().collect::<Vec<_>>());
    match ours.and_then(|ours| Ok((theirs(&ours)?, ours))) {
        Ok((Some(theirs), Some(ours))) => {
            hunks(Texts { left: &ours, right: &theirs, ..texts }, file.marker, addresses)
        }
        _ => hunks(texts, file.marker, addresses),
    }
}

/// Both sides whole, one after the other.
fn whole(texts: Texts<'_>, marker: usize, what: &str) -> FileMerge {
    let mut out = Markers::new(texts.left, marker);
    out.both(
        &texts.left.split_inclusive(|b| *b == b'\n').collect::<Vec<_>>(),
        &texts.right.split_inclusive(|b| *b == b'\n').collect::<Vec<_>>(),
    );
    FileMerge::Conflict(out.bytes, vec![what.to_owned()])
}

/// What both sides share once, and where they differ both between markers.
fn hunks(texts: Texts<'_>, marker: usize, addresses: Vec<String>) -> FileMerge {
    let lines = |bytes: &'_ [u8]| -> Vec<Vec<u8>> {
        bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
    };
    let (left, right) = (lines(texts.left), lines(texts.right));
    let mut out = Markers::new(texts.left, marker);
    for op in similar::capture_diff_slices(similar::Algorithm::Patience, &left, &right) {
        let (here, there) = (&left[op.old_range()], &right[op.new_range()]);
        if op.tag() == similar::DiffTag::Equal {
            here.iter().for_each(|line| out.bytes.extend(line));
        } else {
            let slices = |lines: &'_ [Vec<u8>]| -> Vec<Vec<u8>> { lines.to_vec() };
            let (here, there) = (slices(here), slices(there));
            out.both(
                &here.iter().map(Vec::as_slice).collect::<Vec<_>>(),
                &there.iter().map(Vec::as_slice).collect::<Vec<_>>(),
            );
        }
    }
    if Document::parse("", &out.bytes).is_ok() {
        return whole(texts, marker, "the whole file");
    }
    FileMerge::Conflict(out.bytes, addresses)
}

struct Markers {
    bytes: Vec<u8>,
    end: &'static [u8],
    size: usize,
}

impl Markers {
    fn new(like: &[u8], size: usize) -> Self {
        let end: &[u8] = if like.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
        Self { bytes: Vec::new(), end, size: size.max(7) }
    }

    fn line(&mut self, mark: u8, label: &str) {
        self.bytes.extend(vec![mark; self.size]);
        self.bytes.extend(label.as_bytes());
        self.bytes.extend(self.end);
    }

    fn both(&mut self, left: &[&[u8]], right: &[&[u8]]) {
        self.line(b'<', " ours");
        self.lines(left);
        self.line(b'=', "");
        self.lines(right);
        self.line(b'>', " theirs");
    }

    fn lines(&mut self, lines: &[&[u8]]) {
        lines.iter().for_each(|line| self.bytes.extend(*line));
        if lines.last().is_some_and(|line| !line.ends_with(b"\n")) {
            self.bytes.extend(self.end);
        }
    }
}

type Table = BTreeMap<Vec<String>, String>;

/// The values of a file by the table that they stand in; those above the first table each by itself.
fn tables(path: &str, side: &str, bytes: &[u8]) -> Result<Option<BTreeMap<Vec<String>, Table>>, Error> {
    if bytes.is_empty() {
        return Ok(Some(BTreeMap::new()));
    }
    let document = Document::parse(path, bytes).map_err(|finding| side_error(path, side, finding))?;
    Ok(leaves(&document).map(|leaves| {
        let mut tables: BTreeMap<Vec<String>, Table> = BTreeMap::new();
        for (route, value) in leaves {
            let table = if route.len() > 1 { route[..route.len() - 1].to_vec() } else { route.clone() };
            tables.entry(table).or_default().insert(route, value);
        }
        tables
    }))
}

fn by_tables(
    path: &str,
    texts: Texts<'_>,
    by_lines: &ByLines<'_>,
    marker: usize,
) -> Result<FileMerge, Error> {
    let base = tables(path, "the common ancestor", texts.base)?;
    let left = tables(path, "our side", texts.left)?;
    let right = tables(path, "their side", texts.right)?;
    let (Some(base), Some(left), Some(right)) = (base, left, right) else {
        return Ok(whole(texts, marker, "the whole file"));
    };
    let (mut ours, mut conflicts, mut merged) = (texts.left.to_vec(), Vec::new(), BTreeMap::new());
    for (route, sides) in keyed(base, left, right) {
        match sides.holds() {
            Holds::Left => merged.extend(sides.left.map(|table| (route, table))),
            Holds::Right => {
                ours = spliced(path, ours, sides.left.as_ref(), sides.right.as_ref())?;
                merged.extend(sides.right.map(|table| (route, table)));
            }
            Holds::Neither => conflicts.push((route, sides)),
        }
    }
    if conflicts.is_empty() {
        let means = |bytes: &[u8]| {
            tables(path, "the result", bytes).is_ok_and(|found| found.as_ref() == Some(&merged))
        };
        if let Some(text) = by_lines(texts).filter(|text| means(text)) {
            return Ok(FileMerge::Clean(text));
        }
        if !means(&ours) {
            return Err(not_merged(path, "the result would not mean what both sides said"));
        }
        let remarked = with_remarks(texts, ours).filter(|text| means(text));
        return Ok(remarked.map_or_else(|| about_remarks(texts, marker), FileMerge::Clean));
    }
    let mut theirs = ours.clone();
    for (_, sides) in &conflicts {
        theirs = spliced(path, theirs, sides.left.as_ref(), sides.right.as_ref())?;
    }
    let addresses = conflicts.into_iter().map(|(route, _)| route.join(".")).collect();
    Ok(hunks(Texts { left: &ours, right: &theirs, ..texts }, marker, addresses))
}

/// A file with one table as the other side has it.
fn spliced(
    path: &str,
    bytes: Vec<u8>,
    before: Option<&Table>,
    after: Option<&Table>,
) -> Result<Vec<u8>, Error> {
    let empty = Table::new();
    let (before, after) = (before.unwrap_or(&empty), after.unwrap_or(&empty));
    let routes: BTreeSet<&Vec<String>> = before.keys().chain(after.keys()).collect();
    let mut bytes = bytes;
    for route in routes {
        bytes = match (before.get(route), after.get(route)) {
            (old, Some(new)) if old != Some(new) => {
                edit(path, &bytes, &Edit::Literal(route.clone(), new.clone()))?
            }
            (Some(_), None) => edit(path, &bytes, &Edit::Remove(route.clone()))?,
            _ => bytes,
        };
    }
    Ok(bytes)
}
