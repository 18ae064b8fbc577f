//! The same work for many deployments, side by side.

use super::context::Context;
use crate::diag::Error;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::num::NonZero;
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

/// Nobody wants a bar on work that is over before they see it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Neighbours are often siblings, which share what they received: so many of them are one thread's at most.
const NEIGHBOURS: usize = 16;

/// Does the same for each of `all` on every core, each thread with what `begin` gives it. Results stand in the order of `all`, and so does the
/// first error. On a terminal a bar shows how far it is.
///
/// The threads take their work from a list and never from one another: whoever waits for a part of its own work, as a layout does, would else
/// begin another deployment on top of it, and another, until the stack is full.
pub(super) fn side_by_side<N: Sync, W, T: Send>(
    context: &Context,
    all: &[N],
    begin: impl Fn() -> Result<W, Error> + Sync,
    each: impl Fn(&mut W, &N) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let bar = Bar::new(context, all.len());
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(all.len());
    let size = all.len().div_ceil(threads.max(1) * 4).clamp(1, NEIGHBOURS);
    let pieces: Vec<&[N]> = all.chunks(size).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut worker = begin();
        let mut done = Vec::new();
        loop {
            let nth = next.fetch_add(1, Ordering::Relaxed);
            let Some(piece) = pieces.get(nth) else { return done };
            let results: Result<Vec<T>, Error> = match &mut worker {
                Ok(worker) => piece.iter().map(|one| each(worker, one).inspect(|_| bar.step())).collect(),
                Err(error) => Err(error.clone()),
            };
            done.push((nth, results));
        }
    };
    let mut done = thread::scope(|scope| {
        // This thread is one of them; where the system gives no other, it does everything.
        let others: Vec<_> =
            (1..threads).map_while(|_| Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    bar.bar.finish_and_clear();
    done.sort_by_key(|(nth, _)| *nth);
    let mut results = Vec::with_capacity(all.len());
    for (_, piece) in done {
        results.extend(piece?);
    }
    Ok(results)
}

/// The same, and those that are alike are done one after the other, so that what one of them made others read can be kept for the next.
pub(super) fn alike_together<N: Sync, K: Ord, W, T: Send>(
    context: &Context,
    all: &[N],
    alike: impl Fn(&N) -> K,
    begin: impl Fn() -> Result<W, Error> + Sync,
    each: impl Fn(&mut W, &N) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let mut order: Vec<(usize, &N)> = all.iter().enumerate().collect();
    order.sort_by_cached_key(|(_, one)| alike(one));
    let mut done = side_by_side(context, &order, begin, |worker, (at, one)| Ok((*at, each(worker, one))))?;
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
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
