//! What machines read: one envelope round every result, and the published schema of each.

use super::{commands, report};
use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

/// A result with what a reader needs to know before it reads on.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Output<T> {
    /// The version of this form. It rises when a field goes or changes its meaning; a new field does not raise it.
    schema_version: u32,
    /// The version of tom that wrote this.
    tool_version: &'static str,
    /// The result.
    #[serde(flatten)]
    body: T,
}

impl<T> Output<T> {
    /// The envelope of a result.
    pub(super) fn of(body: T) -> Self {
        Self { schema_version: 1, tool_version: env!("CARGO_PKG_VERSION"), body }
    }
}

/// The schema of every result by the command that gives it, as `docs/schemas/` has them. A command that gains
/// `--format json` gains a line here.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        schema::<commands::adopt::Body>("adopt"),
        schema::<commands::baseline::Body>("baseline"),
        schema::<commands::blame::Body>("blame"),
        schema::<report::check::Body>("check"),
        schema::<commands::derive::Body>("derive"),
        schema::<commands::diff::Body>("diff"),
        bare::<crate::exchange::TableDescription>("export", "schema.json of tom export"),
        schema::<commands::hand_over::Body>("hand-over"),
        schema::<commands::impact::Body>("impact"),
        schema::<commands::import::Body>("import"),
        schema::<commands::import_risks::Body>("import-risks"),
        schema::<commands::lineage::Body>("lineage"),
        schema::<commands::list::Body>("list"),
        schema::<commands::log::Body>("log"),
        schema::<commands::record::Body>("record"),
        schema::<commands::receive::Body>("receive"),
        schema::<commands::show::Body>("show"),
        schema::<commands::status::Body>("status"),
        schema::<commands::status::ThroughputBody>("status-throughput"),
        schema::<commands::todo::Body>("todo"),
        schema::<commands::update::Body>("update"),
        schema::<commands::upgrade::Body>("update-framework"),
        schema::<commands::verify::Body>("verify"),
    ]
}

/// The schema of a command's result in its envelope.
fn schema<T: JsonSchema>(command: &'static str) -> (&'static str, Schema) {
    bare::<Output<T>>(command, &format!("tom {command} --format json"))
}

/// The schema of a value without an envelope.
fn bare<T: JsonSchema>(command: &'static str, title: &str) -> (&'static str, Schema) {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    schema.insert("title".to_owned(), title.into());
    (command, schema)
}
