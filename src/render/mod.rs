//! Packs: what an approver reads. One model, built once; renderers only lay it out.

mod html;
mod pack;

pub use html::{BAD_TEMPLATE, Templates, html};
pub use pack::{Audience, Pack, PackKind, Provenance, pack};

/// Every code of this room.
pub const CODES: &[&crate::diag::Code] = &[&BAD_TEMPLATE];
