//! The same work for many deployments, side by side.

use super::context::Context;
use crate::diag::Error;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;
use std::sync::Once;
use std::time::{Duration, Instant};

/// Nobody wants a bar on work that is over before they see it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Does the same for each of `all` on every core, each thread with what `begin` gives it. Results stand in the order of `all`, and so does the
/// first error. On a terminal a bar shows how far it is.
///
/// Neighbours stay together in a thread: they are often siblings, which share what they received.
pub(super) fn side_by_side<N: Sync, W, T: Send>(
    context: &Context,
    all: &[N],
    begin: impl Fn() -> Result<W, Error> + Sync,
    each: impl Fn(&mut W, &N) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let bar = Bar::new(context, all.len());
    let size = all.len().div_ceil(rayon::current_num_threads() * 4).max(1);
    let pieces: Vec<Result<Vec<T>, Error>> = all
        .par_chunks(size)
        .map(|piece| {
            let mut worker = begin()?;
            piece.iter().map(|one| each(&mut worker, one).inspect(|_| bar.step())).collect()
        })
        .collect();
    bar.bar.finish_and_clear();
    let mut done = Vec::with_capacity(all.len());
    for piece in pieces {
        done.extend(piece?);
    }
    Ok(done)
}

/// A bar that shows itself on a terminal when the work takes long.
struct Bar {
    bar: ProgressBar,
    since: Instant,
    is_wanted: bool,
    shown: Once,
}

impl Bar {
    fn new(context: &Context, count: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(count as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} deployments");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, since: Instant::now(), is_wanted: context.can_ask, shown: Once::new() }
    }

    fn step(&self) {
        self.bar.inc(1);
        if self.is_wanted && !self.shown.is_completed() && self.since.elapsed() > PATIENCE {
            self.shown.call_once(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }
}
