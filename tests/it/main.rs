//! One integration binary: each module is a kind of test.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod rooms;
