//! Findings for people: the source line, a caret, and what to do. The other rooms of this folder write them for machines.

pub(super) mod check;
mod github;
mod junit;
mod sarif;

use crate::diag::{At, Finding, Label, Severity};
use crate::model::Canonical;
pub(super) use crate::syntax::visible;
use crate::syntax::{Position, locate};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use std::collections::BTreeMap;

/// Gives the text of a file of the repository.
pub(super) type Source<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// The same on one line, for names of files and people.
pub(super) fn one_line(text: &str) -> String {
    visible(text).replace('\n', "⟨U+000A⟩")
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    }
}

/// Draws a finding, with the lines that it points at.
pub(super) fn draw(finding: &Finding, source: &Source<'_>, width: usize) -> String {
    let message = visible(&finding.message);
    let texts: Vec<(Label, Option<String>)> = finding
        .primary
        .iter()
        .chain(&finding.related)
        .map(|label| (label.clone(), source(&label.file)))
        .collect();
    let labels: Vec<String> = texts.iter().map(|(label, _)| visible(&label.text)).collect();
    let paths: Vec<String> = texts.iter().map(|(label, _)| one_line(&label.file)).collect();
    let mut group = Group::with_title(level(finding.severity).primary_title(&*message).id(finding.code.id));
    for (index, (label, text)) in texts.iter().enumerate() {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        match text.as_deref().and_then(|text| excerpt(text, label)) {
            Some((excerpt, first_line, span)) => {
                let annotation =
                    kind.span(span).label((!labels[index].is_empty()).then(|| labels[index].as_str()));
                group = group.element(
                    Snippet::source(excerpt)
                        .path(paths[index].as_str())
                        .line_start(first_line)
                        .fold(true)
                        .annotation(annotation),
                );
            }
            None => group = group.element(Origin::path(paths[index].as_str())),
        }
    }
    let notes: Vec<String> = finding.notes.iter().map(|note| visible(note)).collect();
    let helps: Vec<String> = finding.help.iter().map(|help| visible(help)).collect();
    for note in &notes {
        group = group.element(Level::NOTE.message(note.as_str()));
    }
    for help in &helps {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    Renderer::styled().term_width(width).render(&[group]) + "\n\n"
}

/// The lines that a label is on, the number of the first, and the label's bytes among them. Long texts are cut
/// to their first line: a caret says enough.
fn excerpt(text: &str, label: &Label) -> Option<(String, usize, std::ops::Range<usize>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let Position { line, bytes, .. } = locate(text, &label.at)?;
    let start = text[..bytes.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[bytes.start..].find('\n').map_or(text.len(), |at| bytes.start + at);
    let shown = text[start..end].trim_end_matches('\r');
    let end = start + shown.len();
    let cut: String = if shown.len() > 400 { shown.chars().take(400).collect() } else { shown.to_owned() };
    let visible_before = visible(&shown[..bytes.start - start]);
    let marked_end = bytes.end.min(end).max(bytes.start);
    let marked = visible(&shown[bytes.start - start..marked_end - start]);
    let whole = visible(&cut);
    let from = visible_before.len().min(whole.len());
    let to = (from + marked.len()).min(whole.len());
    Some((whole, line, from..to))
}

/// Where a label stands in its file: lines and columns from one, the end after the last character.
#[derive(Debug, Clone, Copy)]
struct Region {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// The region of a label; none for a file as a whole, or where the place is gone.
fn region(label: &Label, source: &Source<'_>) -> Option<Region> {
    if label.at == At::File {
        return None;
    }
    let text = source(&label.file)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let Position { line, column, bytes } = locate(text, &label.at)?;
    let marked = &text[bytes];
    let (end_line, end_column) = match marked.rsplit_once('\n') {
        Some((before, last)) => (line + before.matches('\n').count() + 1, last.chars().count() + 1),
        None => (line, column + marked.chars().count()),
    };
    Some(Region { line, column, end_line, end_column })
}

/// A short id of a finding that stays the same while the file around it is edited: of its code, its place by key
/// (or, where a key is not known, by the words of the line), and what it says.
fn fingerprint(finding: &Finding, source: &Source<'_>) -> String {
    let place = finding.primary.as_ref();
    let at = place.map(|label| match &label.at {
        At::File => String::new(),
        At::Key(route) | At::Value(route) => route.join("."),
        At::Bytes(_) => marked_line(label, source),
    });
    let mut parts = BTreeMap::from([("code", finding.code.id), ("message", finding.message.as_str())]);
    parts.extend(place.map(|label| ("file", label.file.as_str())));
    parts.extend(at.as_deref().map(|at| ("at", at)));
    parts.digest().short()
}

fn marked_line(label: &Label, source: &Source<'_>) -> String {
    let line = source(&label.file)
        .and_then(|text| excerpt(&text, label))
        .map(|(line, ..)| line.split_whitespace().collect::<Vec<_>>().join(" "));
    line.unwrap_or_default()
}
