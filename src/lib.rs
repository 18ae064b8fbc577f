//! `tom` keeps Target Operating Model assessments as files in git: it derives a new deployment from a
//! prior one, shows what differs in its local context, and renders approval packs.
//!
//! The rooms, lowest first; imports point down only (`tests/it/rooms.rs` holds them to it):
//!
//! - [`model`]: values of the domain, no I/O, no clock
//! - [`diag`]: findings as data
//! - [`syntax`]: the only room that knows TOML
//! - [`store`]: where bytes come from; the only room that knows git
//! - [`project`]: a store and its files as values, and changes to them as one step
//! - [`ops`]: what tom does, as functions over loaded values
//! - [`exchange`]: workbooks, hazard logs and tables in and out
//! - [`render`]: the pack model and its HTML
//! - [`cli`]: arguments, the outside world, exit codes
//!
//! `ARCHITECTURE.md` says why.

pub mod cli;
pub mod diag;
pub mod exchange;
pub mod model;
pub mod ops;
pub mod project;
pub mod render;
pub mod store;
pub mod syntax;
