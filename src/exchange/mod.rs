//! Workbooks, hazard logs and tables in and out.
//!
//! What comes in is read by a child process into plain cells (`reader`, `grid`) and understood here; every cell that is not
//! empty gets a fate, so that nothing is lost in silence. What goes out never runs as a formula.

mod approvals;
mod archive;
mod arrive;
mod checklist;
mod container;
mod dates;
mod fate;
mod fields;
mod grid;
pub mod handover;
mod hazards;
mod hidden;
mod keys;
mod own;
mod pdf;
mod reader;
mod tables;
mod text;

pub use approvals::{Approval, Lost};
pub use archive::workbook_texts;
pub use arrive::{Seen, changed_facts, confirm, confirm_again};
pub use checklist::{Checklist, Compared, read_checklist};
pub use container::{MOST_BYTES as MOST_HAND_OVER, NOT_WHOLE, Parts, is_plain_path};
pub use fate::{Fate, Fates, Told};
pub use fields::{Fields, fields};
pub use grid::{Book, Cell, Content, Formulas, Place, Sheet};
pub use hazards::{
    Brought, Defaults, Log, bring, built_in_map, hazard_map, map_names, read_log, write_hazard_log,
};
pub use own::{
    Accepts, Asked, Provenance, Reply, Returned, Seat, Selection, Stands, deployment_of, is_own, question,
    read_own, write_workbook,
};
pub use pdf::{PdfText, pdf_text};
pub use reader::{MOST_FILE, read_book};
pub use tables::{
    Context as TableContext, Description as TableDescription, Form as TableForm, Table, files as table_files,
    tables,
};
pub use text::{guarded, unguarded};

/// Every code of this room.
pub const CODES: &[&crate::diag::Code] = &[
    &reader::NOT_A_WORKBOOK,
    &container::NOT_WHOLE,
    &text::CANNOT_EXPORT,
    &own::NOT_OURS,
    &hazards::FAULTY_LOG,
];
