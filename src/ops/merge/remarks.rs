//! Comments, where a result was spliced from the left file: what the right side remarked since the base belongs in it too.

use super::file::Texts;
use crate::syntax::comments;
use std::collections::BTreeMap;

/// A result with the comments that either side added. None where one of them has no place in it: somebody has to look.
pub(super) fn with_remarks(texts: Texts<'_>, result: Vec<u8>) -> Option<Vec<u8>> {
    let [base, left, right] = [texts.base, texts.left, texts.right].map(String::from_utf8_lossy);
    let mut text = String::from_utf8(result).ok()?;
    for remark in remarks(&base, &left, &right, &text) {
        text = remark.put_into(&text)?;
    }
    let is_whole =
        missing(&base, &left, &right, &text).is_empty() && missing(&base, &right, &left, &text).is_empty();
    is_whole.then(|| text.into_bytes())
}

/// How often each comment stands in a text.
fn counts(text: &str) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    comments(text).into_iter().for_each(|comment| *counts.entry(comment).or_default() += 1);
    counts
}

/// The comments that one side added since the base, without those that the other added as well or that the result has; and how many of each.
fn missing<'t>(base: &str, other: &str, side: &'t str, result: &str) -> BTreeMap<&'t str, usize> {
    let (was, there, now) = (counts(base), counts(other), counts(result));
    let of = |counts: &BTreeMap<&str, usize>, comment: &str| counts.get(comment).copied().unwrap_or(0);
    let mut missing = BTreeMap::new();
    for (comment, count) in counts(side) {
        let added = count.saturating_sub(of(&was, comment));
        let also = of(&there, comment).saturating_sub(of(&was, comment));
        let there_now = of(&now, comment).saturating_sub(of(&there, comment).min(of(&now, comment)));
        let open = added.saturating_sub(also + there_now);
        if open > 0 {
            missing.insert(comment, open);
        }
    }
    missing
}

/// A line by the header above it and what it begins with: its key, or the whole of a header.
type Spot<'t> = (&'t str, &'t str);

/// Comments with the line that they belong to.
struct Remark<'t> {
    lines: Vec<&'t str>,
    spot: Spot<'t>,
    place: Place,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Above,
    Beneath,
    AtItsEnd,
}

/// Every line of a text with its spot; comments and blank lines have none.
fn spots(text: &str) -> Vec<(&str, Option<Spot<'_>>)> {
    let mut header = "";
    let lines = text.split_inclusive('\n').map(|line| {
        let bare = line.trim();
        let spot = if bare.is_empty() || bare.starts_with('#') {
            None
        } else if bare.starts_with('[') {
            header = bare.split(']').next().unwrap_or(bare);
            Some((header, ""))
        } else {
            bare.split_once('=').map(|(key, _)| (header, key.trim()))
        };
        (line, spot)
    });
    lines.collect()
}

/// The missing comments of the right side, as groups that stand together.
fn remarks<'t>(base: &str, left: &str, right: &'t str, result: &str) -> Vec<Remark<'t>> {
    let mut open = missing(base, left, right, result);
    let mut take = |comment: &'t str| {
        let count = open.get_mut(comment).filter(|count| **count > 0);
        count.map(|count| *count -= 1).is_some()
    };
    let was: Vec<&str> = base.lines().collect();
    let lines = spots(right);
    let mut found: Vec<Remark<'t>> = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (line, spot) = lines[at];
        let bare = line.trim_end();
        if let Some(spot) = spot {
            let new = !was.contains(&bare);
            let last = comments(bare).last().copied().filter(|comment| new && bare.ends_with(*comment));
            if let Some(comment) = last.filter(|comment| take(comment)) {
                found.push(Remark { lines: vec![comment], spot, place: Place::AtItsEnd });
            }
            at += 1;
            continue;
        }
        let end = (at..lines.len()).find(|at| !lines[*at].0.trim().starts_with('#')).unwrap_or(lines.len());
        let block: Vec<&str> = lines[at..end].iter().map(|(line, _)| line.trim_end()).collect();
        let kept: Vec<&str> = block.into_iter().filter(|line| take(line.trim())).collect();
        let beneath = lines.get(end).and_then(|(_, spot)| *spot).map(|spot| (spot, Place::Above));
        let above = at.checked_sub(1).and_then(|above| lines[above].1).map(|spot| (spot, Place::Beneath));
        if let (false, Some((spot, place))) = (kept.is_empty(), beneath.or(above)) {
            found.push(Remark { lines: kept, spot, place });
        }
        at = end.max(at + 1);
    }
    found
}

impl Remark<'_> {
    /// A text with it in its place; none where that is not there, or there twice.
    fn put_into(&self, text: &str) -> Option<String> {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let lines = spots(text);
        let mut places = lines.iter().enumerate().filter(|(_, (_, spot))| *spot == Some(self.spot));
        let (at, _) = places.next().filter(|_| places.next().is_none())?;
        let own: String = self.lines.iter().map(|line| format!("{line}{end}")).collect();
        let mut out = String::new();
        for (number, (line, _)) in lines.iter().enumerate() {
            match self.place {
                _ if number != at => out += line,
                Place::Above => out += &(own.clone() + line),
                Place::Beneath if line.ends_with('\n') => out += &format!("{line}{own}"),
                Place::Beneath => out += &format!("{line}{end}{own}"),
                Place::AtItsEnd => out += &format!("{} {own}", line.trim_end()),
            }
        }
        Some(out)
    }
}
