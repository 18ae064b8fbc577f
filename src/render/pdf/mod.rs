//! PDF by typst, in process: tagged, PDF/A-2a and PDF/UA-1 at once, with every font inside.
//!
//! Templates read the pack as JSON from a file that exists only in memory. What people wrote is a value in it and is never read as
//! typst. typst checks both standards itself when it writes: a page that would break one is an error, not a file.

mod fonts;
mod world;

use super::{Templates, html::BAD_TEMPLATE, templates::known_in};
use crate::diag::{Code, Error, Label, Severity};
use rayon::ThreadPoolBuilder;
use typst::diag::SourceDiagnostic;
use typst::foundations::{Datetime, Label as Mark, Smart};
use typst::introspection::Introspector;
use typst::utils::PicoStr;
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp};
use world::Closed;

/// The most pages that a pack may have.
const MAX_PAGES: usize = 2_000;
/// The bytes of stack for a layout.
const STACK: usize = 16 << 20;
/// The mark that stands in the running head of each page.
const RUNNING_HEAD: &str = "tom-running-head";
/// Endings of the files that PDF is made from.
pub(super) const TYPST: &[&str] = &[".typ"];

/// A text has a character that no font can draw.
pub static NO_GLYPH: Code = Code {
    id: "TOM-0953",
    severity: Severity::Error,
    title: "a character cannot be drawn in a PDF",
    explain: "A PDF that shows an empty box in place of a character says something else than its source, and PDF/A and PDF/UA forbid it. The fonts inside tom \
cover Latin, Greek, Cyrillic, Hebrew and common signs. Write the text without the character, put a font that has it into `templates/fonts/` as a `.ttf` or `.otf` file, \
or render HTML, where the reader's own fonts are used.",
};

/// A pack is too long to be a PDF.
pub static TOO_LONG: Code = Code {
    id: "TOM-0954",
    severity: Severity::Error,
    title: "a pack is too long for a PDF",
    explain: "A PDF of more than 2,000 pages helps nobody to decide. Look for an answer or a risk that holds far more text than it should, and keep attachments \
outside the assessment, named under `evidence`.",
};

/// Lays a pack out as a PDF. `data` is the pack as JSON; the same data and templates give the same bytes.
///
/// Each pack has a thread of its own for typst's work, with a stack that is deep enough whatever the system's default is.
pub fn pdf(data: &serde_json::Value, templates: &Templates) -> Result<Vec<u8>, Error> {
    let thread = ThreadPoolBuilder::new().num_threads(1).stack_size(STACK).build();
    let thread = thread.map_err(|error| Error::new(&BAD_TEMPLATE, error.to_string()))?;
    thread.install(|| laid_out(data, templates))
}

fn laid_out(data: &serde_json::Value, templates: &Templates) -> Result<Vec<u8>, Error> {
    let fonts = fonts::store(templates);
    fonts::check(data, &fonts)?;
    let bytes = serde_json::to_vec(data).map_err(|error| Error::new(&BAD_TEMPLATE, error.to_string()))?;
    let world = Closed::new(bytes, templates, &fonts)?;
    let compiled = typst::compile::<PagedDocument>(&world);
    let document = compiled.output.map_err(|errors| template_error(&world, data, &errors))?;
    if document.pages().len() > MAX_PAGES {
        let pages = document.pages().len();
        return Err(Error::new(&TOO_LONG, format!("the pack has {pages} pages, more than {MAX_PAGES}"))
            .help("look for the text that makes it so long"));
    }
    let head = Mark::new(PicoStr::intern(RUNNING_HEAD));
    if head.is_some_and(|head| document.introspector().label_count(head) < document.pages().len()) {
        return Err(Error::new(&BAD_TEMPLATE, "a template takes the running head away from a page")
            .help("the head says which assessment and content a page shows, and DRAFT: remove `header` from `set page`"));
    }
    let text = |key: &str| data.get(key).and_then(serde_json::Value::as_str).unwrap_or_default();
    let standards = PdfStandards::new(&[PdfStandard::A_2a, PdfStandard::Ua_1])
        .map_err(|error| Error::new(&BAD_TEMPLATE, error.message().to_string()))?;
    let options = PdfOptions {
        ident: Smart::Custom(text("stamp").to_owned()),
        creator: Smart::Custom(Some(format!("tom {}", env!("CARGO_PKG_VERSION")))),
        timestamp: data["provenance"]["date"].as_str().and_then(moment).map(Timestamp::new_utc),
        standards,
        ..PdfOptions::default()
    };
    let bytes = typst_pdf::pdf(&document, &options).map_err(|errors| template_error(&world, data, &errors));
    // What typst remembers of one pack is of little use to the next, and would add up.
    typst::comemo::evict(0);
    bytes
}

/// Midnight of a date.
fn moment(date: &str) -> Option<Datetime> {
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    Datetime::from_ymd_hms(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?, 0, 0, 0)
}

/// The first thing that is wrong with a template, where it stands.
fn template_error(world: &Closed<'_>, data: &serde_json::Value, errors: &[SourceDiagnostic]) -> Error {
    let Some(first) = errors.first() else {
        return Error::new(&BAD_TEMPLATE, "typst gave no reason");
    };
    let (name, line) = world.place(first.span).unwrap_or_else(|| ("pack.typ".to_owned(), 0));
    let at = if line == 0 { String::new() } else { format!(" line {line}") };
    let mut error = Error::new(&BAD_TEMPLATE, format!("template `{name}`{at}: {}", first.message))
        .at(Label::file(format!("templates/{name}")));
    for hint in &first.hints {
        error = error.note(hint.v.to_string());
    }
    let message = first.message.as_str();
    if let Some((_, wanted)) = message.split_once("does not contain key \"") {
        error = known_in(data, wanted.trim_end_matches('"'), error);
    } else if message.contains("access denied") {
        error = error.note(format!("a template reaches these files and nothing else: {}", world.names()));
    }
    error.help("`tom render --eject DIR` writes the built-in templates, to compare with")
}
