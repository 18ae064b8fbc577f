//! The tree of derivations as a picture, and as a page with every detail.

use super::{Templates, html::page};
use crate::diag::Error;
use crate::ops::lineage::{Level, Missing, Refused};
use serde::Serialize;

const ROW: usize = 34;
const STEP: usize = 28;
const MARGIN: usize = 20;
const LETTER: usize = 9;

/// A deployment in the picture.
#[derive(Debug, Clone, Serialize)]
pub struct Relative {
    /// Its name.
    pub name: String,
    /// What it is called.
    pub title: String,
    /// How many generations beneath the top.
    pub depth: usize,
    /// How it stands.
    pub level: Level,
    /// How it stands, in words.
    pub says: String,
    /// What it has not looked at.
    pub missing: Vec<Missing>,
    /// Where an update waits for decisions.
    pub undecided: Vec<String>,
    /// What it refused.
    pub refused: Vec<Refused>,
}

/// The tree with its geometry.
#[derive(Debug, Clone, Serialize)]
pub struct Family {
    /// The deployment at which it begins; every tree where there is none.
    pub top: Option<String>,
    /// How many there are of each sort.
    pub summary: String,
    /// The version of tom.
    pub tool: String,
    /// Width and height of the picture.
    pub width: usize,
    /// Height of the picture.
    pub height: usize,
    /// The deployments, parents before children.
    pub relatives: Vec<Placed>,
}

/// A deployment with its place in the picture.
#[derive(Debug, Clone, Serialize)]
pub struct Placed {
    /// The deployment.
    #[serde(flatten)]
    pub of: Relative,
    /// A sign that differs in form for each sort, so that colour is never needed.
    pub sign: &'static str,
    /// Where the sign stands.
    pub x: usize,
    /// The middle of its line.
    pub y: usize,
    /// Where the words stand.
    pub words_x: usize,
    /// The middle of the parent's line, for all but the first of a tree.
    pub parent_y: Option<usize>,
}

impl Family {
    /// Lays the deployments out, each on a line of its own beneath its parent.
    pub fn of(top: Option<String>, relatives: Vec<Relative>, summary: String, tool: &str) -> Self {
        let mut above: Vec<usize> = Vec::new();
        let mut width = 0;
        let mut placed = Vec::new();
        for (index, of) in relatives.into_iter().enumerate() {
            let (x, y) = (MARGIN + of.depth * STEP, MARGIN + ROW / 2 + index * ROW);
            above.truncate(of.depth);
            let parent_y = above.last().copied();
            above.push(y);
            let words_x = x + 22 + (of.name.chars().count() + 2) * LETTER;
            width = width.max(words_x + of.says.chars().count() * LETTER + MARGIN);
            placed.push(Placed { sign: sign(of.level), x, y, words_x, parent_y, of });
        }
        let height = 2 * MARGIN + placed.len() * ROW;
        Self { top, summary, tool: tool.to_owned(), width, height, relatives: placed }
    }
}

fn sign(level: Level) -> &'static str {
    match level {
        Level::Root => "●",
        Level::Level => "✓",
        Level::ParentBehind => "△",
        Level::ParentUnknown => "▽",
        Level::Behind => "▲",
        Level::Undecided => "✕",
        Level::ParentElsewhere => "○",
        Level::Unknown => "?",
    }
}

/// The picture alone.
pub fn family_svg(family: &Family, templates: &Templates) -> Result<String, Error> {
    page("family.svg", family, templates)
}

/// A page with the picture and every detail in words.
pub fn family_html(family: &Family, templates: &Templates) -> Result<String, Error> {
    page("family.html", family, templates)
}
