//! A pack as bytes, in each of its formats.

use super::{BAD_TEMPLATE, Templates};
use crate::diag::Error;
use serde_json::Value;

/// What a pack is written as.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, clap::ValueEnum,
)]
#[serde(rename_all = "lowercase")]
pub enum PackFormat {
    /// One self-contained page.
    Html,
    /// Tagged, PDF/A-2a and PDF/UA-1.
    #[cfg(feature = "pdf")]
    Pdf,
    /// The pack's data, as `docs/schemas/pack.schema.json` describes it.
    Json,
}

impl PackFormat {
    /// What is rendered unless somebody asks otherwise.
    pub fn usual() -> Vec<Self> {
        vec![
            Self::Html,
            #[cfg(feature = "pdf")]
            Self::Pdf,
        ]
    }

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            #[cfg(feature = "pdf")]
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }

    /// The endings of the templates that it is laid out with.
    pub fn templates(self) -> &'static [&'static str] {
        match self {
            Self::Html => super::html::HTML,
            #[cfg(feature = "pdf")]
            Self::Pdf => super::pdf::TYPST,
            Self::Json => &[],
        }
    }
}

/// Lays a pack out.
pub fn layout(pack: &Value, format: PackFormat, templates: &Templates) -> Result<Vec<u8>, Error> {
    match format {
        PackFormat::Html => super::html(pack, templates),
        #[cfg(feature = "pdf")]
        PackFormat::Pdf => super::pdf(pack, templates),
        PackFormat::Json => serde_json::to_vec_pretty(pack)
            .map(|mut bytes| {
                bytes.push(b'\n');
                bytes
            })
            .map_err(|error| Error::new(&BAD_TEMPLATE, error.to_string())),
    }
}

/// A pack, a format and templates, as they go to a process of their own.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Job {
    /// The pack.
    pub pack: Value,
    /// The format.
    pub format: PackFormat,
    /// The templates.
    pub templates: Templates,
}

/// Does a job that came as JSON.
pub fn layout_job(job: &[u8]) -> Result<Vec<u8>, Error> {
    let job: Job = serde_json::from_slice(job)
        .map_err(|error| Error::new(&BAD_TEMPLATE, format!("the job cannot be read: {error}")))?;
    layout(&job.pack, job.format, &job.templates)
}
