//! One integration binary: each module is a kind of test.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "each module uses what it needs of the sandbox")]
#![allow(missing_docs, reason = "test names say it")]

mod action;
mod adopt;
mod commands;
mod crash;
mod format;
mod framework;
mod gitconfig;
mod golden;
mod guide;
mod handover;
mod history;
mod hooks;
mod hostile;
mod injection;
mod laws;
mod lineage;
mod merge_check;
mod merge_driver;
mod merge_laws;
mod outcomes;
mod packs;
mod past;
mod readiness;
mod reports;
mod responsibility;
mod review;
mod rooms;
mod schemas;
mod sheets;
mod support;
pub mod trust;
mod update;
mod upgrade;
