//! Findings for people: the source line, a caret, and what to do.

use crate::diag::{At, Finding, Label, Severity};
use crate::syntax::{Position, is_hidden, locate};
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};

/// Gives the text of a file of the repository.
pub(super) type Source<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Text as it may go to a terminal: what cannot be seen is shown as what it is.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

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
    let shown = &text[start..end];
    let cut: String = if shown.len() > 400 { shown.chars().take(400).collect() } else { shown.to_owned() };
    let visible_before = visible(&shown[..bytes.start - start]);
    let marked_end = bytes.end.min(end).max(bytes.start);
    let marked = visible(&shown[bytes.start - start..marked_end - start]);
    let whole = visible(&cut);
    let from = visible_before.len().min(whole.len());
    let to = (from + marked.len()).min(whole.len());
    Some((whole, line, from..to))
}

/// A finding in JSON.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct FindingJson {
    code: &'static str,
    severity: Severity,
    message: String,
    file: Option<String>,
    line: Option<usize>,
    column: Option<usize>,
    notes: Vec<String>,
    help: Vec<String>,
}

/// A finding for machines, with its line and column.
pub(super) fn to_json(finding: &Finding, source: &Source<'_>) -> FindingJson {
    let place = finding.primary.as_ref();
    let position = place.filter(|label| label.at != At::File).and_then(|label| {
        let text = source(&label.file)?;
        locate(text.strip_prefix('\u{feff}').unwrap_or(&text), &label.at)
    });
    FindingJson {
        code: finding.code.id,
        severity: finding.severity,
        message: finding.message.clone(),
        file: place.map(|label| label.file.clone()),
        line: position.as_ref().map(|position| position.line),
        column: position.as_ref().map(|position| position.column),
        notes: finding.notes.clone(),
        help: finding.help.clone(),
    }
}
