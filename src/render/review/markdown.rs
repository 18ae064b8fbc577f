//! A review as a comment: a banner, a table, what moved, and the rest folded; never longer than what a forge takes.

use super::{changed_by, columns, counts, movement, of_mitigations, public, trimmed};
use crate::ops::diff::Piece;
use crate::ops::review::{Change, End, Kind, Part, Problem, Review, Reviewed, Status, Text};
use crate::render::markdown::{fenced, inline};

/// A comment is never longer. Forges refuse a comment of 65,536 characters without a word.
pub const MOST_BYTES: usize = 60_000;
/// How much of that each table may take, and what is kept for the last words.
const SUMMARY: usize = 12_000;
const MOVES: usize = 16_000;
const LAST_WORDS: usize = 1_500;
/// Of a single text no more is shown.
const MOST_OF_TEXT: usize = 1_200;
/// A text of one line that is no longer stands beside what it was.
const SHORT: usize = 60;

/// The review as Markdown; `command` shows all of it.
pub fn review_markdown(review: &Review, command: &str) -> String {
    let review = &public(review);
    let mut page = Page { out: String::new(), left_out: Vec::new() };
    page.head(review);
    let of = |reviewed: &&Reviewed| reviewed.problems.is_empty();
    let read: Vec<&Reviewed> = review.deployments.iter().filter(of).collect();
    if !read.is_empty() {
        page.summary(&read);
        page.moves(&read);
        page.details(&read);
    }
    page.last_words(review, command);
    page.out
}

struct Page {
    out: String,
    /// What did not fit: how many, of what.
    left_out: Vec<(usize, &'static str)>,
}

fn banner(review: &Review) -> String {
    let end = |end: &End| {
        let short = end.commit.as_ref().map(|id| (id, inline(&id[..id.len().min(12)])));
        match short {
            // CI names commits, not branches.
            Some((id, short)) if *id == end.name => short,
            Some((_, short)) => format!("{} at {short}", inline(&end.name)),
            None => inline(&end.name),
        }
    };
    let ends: Vec<String> =
        [&review.left, &review.right].into_iter().filter(|side| !side.name.is_empty()).map(end).collect();
    let status = review.status.as_str();
    format!("**tom: {status}** · {} · report {}\n\n", ends.join(" → "), inline(&review.digest))
}

impl Page {
    fn head(&mut self, review: &Review) {
        self.out += &banner(review);
        self.out += match review.status {
            Status::Changed => "",
            Status::Unchanged => "Everything was read. Nothing differs by meaning.\n\n",
            Status::Error => "Something could not be read: what follows is not all.\n\n",
        };
        let stopped = review.gates.iter().filter(|gate| gate.count > 0);
        let lines: Vec<String> = stopped
            .map(|gate| {
                format!("- ✗ **not to pass:** {} × {}: {}\n", gate.count, gate.kind, gate.kind.title())
            })
            .collect();
        self.list(&lines, SUMMARY, "gates");
        let problems: Vec<String> = review.all_problems().map(problem).collect();
        self.list(&problems, SUMMARY, "problems");
        if !review.repository.is_empty() {
            self.out += "**Framework and policy**\n\n";
            let lines: Vec<String> = review.repository.iter().map(entry).collect();
            self.list(&lines, SUMMARY, "changes of framework or policy");
        }
    }

    /// As many lines as fit into so many bytes.
    fn list(&mut self, lines: &[String], most: usize, what: &'static str) {
        let mut used = 0;
        let shown = lines.iter().take_while(|line| {
            used += line.len();
            used <= most
        });
        let before = self.out.len();
        let count = shown.map(|line| self.out += line).count();
        if count < lines.len() {
            self.left_out.push((lines.len() - count, what));
        }
        if self.out.len() > before {
            self.out.push('\n');
        }
    }

    fn summary(&mut self, read: &[&Reviewed]) {
        let used = columns(read);
        let titles: Vec<&str> = used.iter().map(|(title, _)| *title).collect();
        let head = [&["Deployment", ""][..], &titles].concat();
        self.out += &format!("| {} |\n|{}\n", head.join(" | "), " --- |".repeat(head.len()));
        let row = |reviewed: &&Reviewed| {
            let cells = used.iter().map(|(_, kinds)| counts(reviewed, kinds));
            let cells: Vec<String> = cells.collect();
            let way = reviewed.way.as_str();
            format!(
                "| {} | {} |\n",
                inline(reviewed.name.as_str()),
                [&[way.to_owned()][..], &cells].concat().join(" | ")
            )
        };
        let rows: Vec<String> = read.iter().map(row).collect();
        self.list(&rows, SUMMARY, "deployments in the summary");
    }

    fn moves(&mut self, read: &[&Reviewed]) {
        let row = |reviewed: &Reviewed, risk: &crate::ops::review::RiskMove| {
            format!(
                "| {} | {} {} | {} | {} | {} |\n",
                inline(reviewed.name.as_str()),
                inline(risk.id.as_str()),
                inline(&risk.title),
                movement(risk, true),
                movement(risk, false),
                of_mitigations(risk)
            )
        };
        let rows: Vec<String> =
            read.iter().flat_map(|reviewed| reviewed.risks.iter().map(|risk| row(reviewed, risk))).collect();
        if rows.is_empty() {
            return;
        }
        self.out +=
            "| Deployment | Risk | Initial | Residual | Mitigations |\n| --- | --- | --- | --- | --- |\n";
        self.list(&rows, MOVES, "risks that moved");
    }

    fn details(&mut self, read: &[&Reviewed]) {
        const END: &str = "</details>\n\n";
        let mut left = 0;
        for reviewed in read {
            let total = reviewed.changes.len();
            let mut block = format!(
                "<details><summary>{}: {total} {}, compared with {}</summary>\n\n",
                inline(reviewed.name.as_str()),
                if total == 1 { "change" } else { "changes" },
                inline(&reviewed.left)
            );
            let room = MOST_BYTES.saturating_sub(self.out.len() + LAST_WORDS + END.len());
            if block.len() > room {
                left += total;
                continue;
            }
            let mut shown = 0;
            'parts: for part in Part::ALL {
                let lines: Vec<(usize, String)> = match part {
                    Part::Doubt => {
                        reviewed.doubts().iter().map(|(says, list)| (list.len(), doubt(says, list))).collect()
                    }
                    _ => reviewed.part(part).into_iter().map(|change| (1, entry(change))).collect(),
                };
                let mut title = format!("**{}**\n\n", part.title());
                for (count, line) in lines {
                    if block.len() + title.len() + line.len() + 1 > room {
                        break 'parts;
                    }
                    block += &std::mem::take(&mut title);
                    block += &line;
                    shown += count;
                }
                if title.is_empty() {
                    block.push('\n');
                }
            }
            left += total - shown;
            if shown == total && reviewed.unanswered > 0 {
                let line =
                    format!("Not yet answered: {} of the items that are needed.\n\n", reviewed.unanswered);
                if block.len() + line.len() <= room {
                    block += &line;
                }
            }
            if !block.ends_with("\n\n") {
                block.push('\n');
            }
            self.out += &block;
            self.out += END;
        }
        if left > 0 {
            self.left_out.push((left, "changes"));
        }
    }

    fn last_words(&mut self, review: &Review, command: &str) {
        if !self.left_out.is_empty() {
            let parts: Vec<String> =
                self.left_out.iter().map(|(count, what)| format!("{count} {what}")).collect();
            let command: String = command.chars().take(200).collect();
            self.out += &format!(
                "**Left out, because a comment can hold no more: {}.** {} shows everything.\n\n",
                parts.join(", "),
                inline(&command)
            );
        }
        if !review.descendants_searched && review.left.commit.is_some() {
            self.out += "Derived deployments that would have to follow were not looked for.\n\n";
        }
        self.out += "The ten digits beside a change name it: they stay the same until the change itself is another one. Personal data is left out.\n";
    }
}

fn problem(problem: &Problem) -> String {
    let place = problem.file.as_ref().map(|file| format!(" {}", inline(file))).unwrap_or_default();
    let side = if problem.side.is_empty() { String::new() } else { format!(" at {}", inline(&problem.side)) };
    format!("- ✗ **not read**{side}{place}: {} {}\n", problem.code, inline(&cut(&problem.message, 300)))
}

/// What is in doubt for one reason.
fn doubt(says: &str, list: &[&Change]) -> String {
    let name = |change: &&Change| {
        let address = change.address.as_ref().map(|address| inline(&address.to_string())).unwrap_or_default();
        format!("{address} ({})", inline(&change.fingerprint))
    };
    format!("- {says}: {}\n", list.iter().map(name).collect::<Vec<_>>().join(", "))
}

/// A change as an entry of a list.
fn entry(change: &Change) -> String {
    let sign = match change.kind {
        Kind::RiskIncrease => "▲ higher",
        Kind::RiskDecrease => "▼ lower",
        Kind::LostRating => "✗ no rating any more",
        Kind::AddedRisk | Kind::AddedMitigation => "+ new",
        Kind::RemovedRisk | Kind::RemovedMitigation => "✗ gone",
        Kind::WeakenedMitigation => "✗ weaker",
        Kind::ClosedRisk => "! no longer open",
        Kind::OutcomeWorse => "✗ worse",
        Kind::Needed => "! newly needed",
        Kind::Stale => "! stale",
        Kind::Unconfirmed => "! not settled any more",
        Kind::ApprovalVoid => "✗ holds no longer",
        Kind::Decision => "decided",
        Kind::OtherParty => "! another party",
        _ => "",
    };
    let mut parts = Vec::new();
    parts.extend(change.address.as_ref().map(|address| inline(&address.to_string())));
    parts.push(inline(&cut(&change.title, 120)));
    let mut line = format!("- {}", parts.join(" "));
    for part in [sign, &change.says] {
        if !part.is_empty() {
            line += &format!(" · {part}");
        }
    }
    let whose: Vec<String> = change.parties.iter().map(ToString::to_string).collect();
    if matches!(change.kind, Kind::Context | Kind::Answer) && !whose.is_empty() {
        line += &format!(" · of the {}", whose.join(" and "));
        line += &changed_by(change).map(|by| format!(", {by}")).unwrap_or_default();
    }
    if change.is_personal {
        line += " · personal data, not shown";
    }
    line += &format!(" · {}\n", inline(&change.fingerprint));
    for text in &change.texts {
        line += &of_text(text);
    }
    line
}

fn of_text(text: &Text) -> String {
    let label = match text.label.as_str() {
        "" => String::new(),
        label => format!("{}: ", inline(label)),
    };
    let is_short = |text: &Option<String>| {
        text.as_ref().is_none_or(|text| text.chars().count() <= SHORT && !text.contains('\n'))
    };
    if text.is_mixed() {
        let pieces = trimmed(&text.words);
        return format!("  - {label}{}\n", mixed(&pieces));
    }
    match (&text.before, &text.after) {
        (before, after) if is_short(before) && is_short(after) => {
            let of = |text: &Option<String>| {
                text.as_ref().map_or_else(|| "nothing".to_owned(), |text| inline(text))
            };
            format!("  - {label}{} → {}\n", of(before), of(after))
        }
        (before, after) => {
            let signed = |sign: &str, text: &Option<String>| {
                let lines = text.iter().map(|text| cut(text, MOST_OF_TEXT));
                lines
                    .flat_map(|text| text.lines().map(|line| format!("{sign} {line}")).collect::<Vec<_>>())
                    .collect::<Vec<_>>()
            };
            let lines = [signed("-", before), signed("+", after)].concat().join("\n");
            let block = fenced(&lines, "diff");
            let indented: String = block.lines().map(|line| format!("    {line}\n")).collect();
            format!("  - {}\n{indented}", if label.is_empty() { "text:" } else { label.trim_end() })
        }
    }
}

/// A text with what was taken out and what was put in; as much of it as is shown of any text.
fn mixed(pieces: &[Piece]) -> String {
    let mut room = MOST_OF_TEXT;
    let mut out = String::new();
    for piece in pieces {
        let (before, text, after) = match piece {
            Piece::Same(text) => ("", text, ""),
            Piece::Removed(text) => ("<del>", text, "</del>"),
            Piece::Added(text) => ("<ins>", text, "</ins>"),
        };
        if room == 0 {
            out += " …";
            break;
        }
        let shown: String = text.chars().take(room).collect();
        room -= shown.chars().count();
        if shown.trim().is_empty() {
            continue;
        }
        out += &format!("{}{before}{}{after}", if out.is_empty() { "" } else { " " }, inline(&shown));
    }
    out
}

fn cut(text: &str, most: usize) -> String {
    let count = text.chars().count();
    if count <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most).collect();
    format!("{head} … ({} more characters)", count - most)
}
