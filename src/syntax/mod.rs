//! The only room that knows TOML: bytes to values with findings, values to text, edits that keep comments.

mod answers;
mod approval;
mod asides;
mod build;
mod condition;
mod conflicts;
mod deployment;
mod document;
mod edit;
mod format;
mod framework;
mod handover;
mod hazard_map;
mod leaves;
mod listing;
mod literal;
mod locate;
mod reader;
mod record;
mod risk;
mod settings;
mod sheet;
mod text;
mod tree;
mod write;

pub use answers::{read_answers_file, read_section, read_value};
pub use approval::{read_statement, write_statement};
pub use asides::{read_asides, write_asides};
pub use conflicts::{read_conflicts, write_conflicts};
pub use deployment::{read_meta, read_received};
pub use document::Document;
pub use edit::{Edit, edit, route_of};
pub use format::{CANNOT_FORMAT, Form, comments, format};
pub use framework::{FrameworkFile, read_framework};
pub use handover::{read_ledger, read_manifest, read_receipt, write_ledger, write_manifest, write_receipt};
pub use hazard_map::read_hazard_map;
pub use leaves::leaves;
pub use listing::listing;
pub use literal::line as quoted;
pub use locate::{Position, locate};
pub use record::{CANNOT_RECORD, add_event, read_record};
pub use risk::read_risk;
pub use settings::read_settings;
pub use sheet::{SHEET_MAP, read_sheet_map};
pub use text::{is_hidden, visible};
pub use write::{write_imported, write_meta, write_received, write_risk, write_section, write_settings};

/// Every code that reading can give.
pub const CODES: &[&crate::diag::Code] = &[
    &conflicts::NOT_WHAT_CAME,
    &document::NOT_UTF8,
    &document::NOT_TOML,
    &document::MERGE_MARKERS,
    &format::CANNOT_FORMAT,
    &reader::UNKNOWN_KEY,
    &reader::MISSING_KEY,
    &reader::WRONG_TYPE,
    &reader::EMPTY_VALUE,
    &reader::BAD_ID,
    &text::HIDDEN,
    &text::LOOKALIKE,
    &answers::UNKNOWN_ITEM,
    &answers::WRONG_FILE,
    &answers::NOT_AN_ANSWER,
    &answers::NOT_AN_OPTION,
    &answers::NOT_AN_ODS_CODE,
    &answers::BAD_EVIDENCE,
    &answers::BAD_CONTACT,
    &framework::BAD_FRAMEWORK,
    &record::CANNOT_RECORD,
];
