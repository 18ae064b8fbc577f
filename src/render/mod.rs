//! Packs: what an approver reads. One model, built once; renderers only lay it out.

mod html;
mod lineage;
pub mod markdown;
mod pack;
mod review;

pub use html::{BAD_TEMPLATE, Templates, html};
pub use lineage::{Family, Placed, Relative, family_html, family_svg};
pub use pack::{Audience, Pack, PackKind, Provenance, pack};
pub use review::{MOST_BYTES, review_html, review_markdown};

/// Every code of this room.
pub const CODES: &[&crate::diag::Code] = &[&BAD_TEMPLATE];
