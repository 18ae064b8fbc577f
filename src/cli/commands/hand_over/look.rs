//! Other organisations' names in files of any sort, and the files that nobody can look into here.

use crate::cli::child::{LIMITED, Limits, Task, run};
use crate::diag::{Error, Finding, Label};
use crate::exchange::{PdfText, pdf_text, workbook_texts};
use crate::model::Digest;
use crate::ops::handover::{NOT_LOOKED_INTO, Wanted, leaks};
use std::collections::BTreeMap;
use std::time::Duration;

/// What the child does.
pub(in crate::cli::commands) const TASK: Task = ("reading a PDF", read);

/// Enough for a PDF of a thousand pages.
const LIMITS: Limits = Limits { time: Duration::from_secs(20), memory: 1 << 30, output: 64 << 20 };

fn read(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(&pdf_text(bytes)).map_err(|error| Error::new(&LIMITED, error.to_string()))
}

/// Looks into files, into each PDF once.
#[derive(Default)]
pub(in crate::cli::commands) struct Looker {
    pdfs: BTreeMap<Digest, PdfText>,
}

impl Looker {
    /// Every place in a file that names one of the names, and whether anything in it could not be read.
    pub(in crate::cli::commands) fn look(
        &mut self,
        names: &[Wanted<'_>],
        file: &str,
        bytes: &[u8],
    ) -> Vec<Finding> {
        if names.is_empty() {
            return Vec::new();
        }
        if bytes.starts_with(b"%PDF-") {
            let pdf = self.pdf(bytes);
            let texts = pdf.texts.iter().map(|(place, text)| (format!("{file}, {place}"), text.as_bytes()));
            let mut found: Vec<Finding> = leaks(names, texts).into_iter().map(within).collect();
            found.extend(pdf.unread.iter().map(|why| not_looked_into(file, why)));
            return found;
        }
        if file.ends_with(".xlsx") {
            return match workbook_texts(bytes) {
                Ok(texts) => {
                    let inner = texts.iter().map(|(part, text)| (format!("{file}/{part}"), text.as_slice()));
                    leaks(names, inner).into_iter().map(within).collect()
                }
                Err(error) => vec![not_looked_into(file, &error.finding().message)],
            };
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => leaks(names, [(file.to_owned(), bytes)]),
            Err(_) => vec![not_looked_into(file, "it is neither text, nor a PDF, nor a workbook")],
        }
    }

    fn pdf(&mut self, bytes: &[u8]) -> &PdfText {
        self.pdfs.entry(Digest::of_bytes(bytes)).or_insert_with(|| {
            let answer = run(TASK.0, bytes, LIMITS);
            let read = answer.map(|answer| serde_json::from_slice(&answer).unwrap_or_default());
            read.unwrap_or_else(|error| PdfText {
                texts: Vec::new(),
                unread: vec![error.finding().message.clone()],
            })
        })
    }
}

/// A file that may say anything.
pub(super) fn not_looked_into(file: &str, why: &str) -> Finding {
    Finding::new(&NOT_LOOKED_INTO, format!("whether it names another organisation is not known: {why}"))
        .at(Label::file(file))
}

/// A finding about something in a file: there is no line to show.
fn within(mut finding: Finding) -> Finding {
    finding.primary = finding.primary.map(|label| Label::file(label.file));
    finding
}
