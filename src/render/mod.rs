//! Packs: what an approver reads. One model, built once; renderers only lay it out.

mod family;
mod html;
mod layout;
pub mod markdown;
mod pack;
#[cfg(feature = "pdf")]
mod pdf;
mod review;
pub mod stamp;
mod templates;

pub use family::{Family, Placed, Relative, family_html, family_svg};
use html::html;
pub use html::{BAD_TEMPLATE, index};
pub use layout::{Job, PackFormat, layout, layout_job};
pub use pack::*;
#[cfg(feature = "pdf")]
use pdf::pdf;
#[cfg(feature = "pdf")]
pub use pdf::{NO_GLYPH, TOO_LONG};
pub use review::{MOST_BYTES, review_html, review_markdown};
pub use templates::Templates;

/// Every code of this room.
pub const CODES: &[&crate::diag::Code] = &[
    &BAD_TEMPLATE,
    #[cfg(feature = "pdf")]
    &NO_GLYPH,
    #[cfg(feature = "pdf")]
    &TOO_LONG,
];
