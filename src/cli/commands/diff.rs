use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, DIM, GOOD, counted, heading, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::Class;
use crate::ops::diff::{
    AnswerChange, Difference, FieldChange, Piece, RiskChange, Side, Way, add_open, diff, words,
};
use std::fmt::Write;

/// Show what differs, by meaning
///
/// With one deployment: what is local, compared with what it received from its parent. With two: what differs between them. Reformatting,
/// reordering and comments show nothing; what is not answered yet is one line, never a removal.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  tom diff acme-eastmoor                    what is local\n  tom diff acme-northfield acme-eastmoor    two deployments\n  tom diff acme-eastmoor --format json --exit-code"
)]
pub struct Args {
    /// The deployment
    first: String,

    /// Another deployment to compare it with
    second: Option<String>,

    /// Read the deployments at this revision
    #[arg(long, value_name = "REV")]
    rev: Option<String>,

    /// Exit with 1 if anything differs
    #[arg(long)]
    exit_code: bool,

    /// How to write the differences
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// Whether anything differs.
    status: Status,
    /// What differs.
    difference: Difference,
}

#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Status {
    Same,
    Different,
}

impl Status {
    fn of(difference: &Difference) -> Self {
        if difference.is_empty() { Self::Same } else { Self::Different }
    }
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let project = context.sound_project(&repo, args.rev.as_deref())?;
    let (first, framework) = super::sound(&project, &super::name(&args.first)?)?;
    let difference = match &args.second {
        Some(second) => {
            let (second, other) = super::sound(&project, &super::name(second)?)?;
            if other.digest != framework.digest {
                return Err(Error::new(
                    &USAGE,
                    "the two deployments follow different frameworks, whose items cannot be compared",
                ));
            }
            let mut difference = diff(&framework, &Side::of(&first), &Side::of(&second));
            add_open(&mut difference, &second, &framework);
            difference
        }
        None => {
            let (Some(lineage), Some(received)) = (&first.meta.derived_from, &first.received) else {
                return Err(Error::new(
                    &USAGE,
                    format!("`{}` was not derived, so there is nothing to compare it with", first.name),
                )
                .help("name a second deployment"));
            };
            let left = Side::received(lineage.deployment.as_str(), received);
            let mut difference = diff(&framework, &left, &Side::of(&first));
            add_open(&mut difference, &first, &framework);
            difference
        }
    };
    match args.format {
        Format::Json => context.print_json(&Output::of(Body {
            status: Status::of(&difference),
            difference: difference.clone(),
        })),
        Format::Text => context.print(text(&difference, context)),
    }
    Ok(if args.exit_code && !difference.is_empty() { Outcome::Found } else { Outcome::Clean })
}

fn text(difference: &Difference, context: &Context) -> String {
    let mut out = format!("{} → {}\n", styled(BOLD, &difference.left), styled(BOLD, &difference.right));
    if difference.is_empty() {
        out += "nothing differs\n";
    }
    if !difference.meta.is_empty() {
        out += &format!("\n{}", heading("Deployment"));
        for change in &difference.meta {
            let _ = writeln!(out, "  {}: {} → {}", change.what, change.before, change.after);
        }
    }
    answers(&mut out, "Organisation and local context", &difference.context, context);
    risks(&mut out, &difference.risks, context);
    answers(&mut out, "Carried answers that changed", &difference.answers, context);
    if !difference.outcomes.is_empty() {
        out += &format!("\n{}", heading("Outcomes"));
        for change in &difference.outcomes {
            let _ = writeln!(out, "  {}: {} → {}", change.title, change.before, styled(BOLD, &change.after));
        }
    }
    if !difference.stale.is_empty() {
        out += &format!(
            "\n{}",
            heading(&format!("In doubt in {} ({})", difference.right, difference.stale.len()))
        );
        let mut reasons: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
        for stale in &difference.stale {
            reasons.entry(&stale.why).or_default().push(stale.address.to_string());
        }
        for (why, addresses) in reasons {
            let _ = writeln!(out, "{}", wrapped(why, 2, context.width));
            let _ = writeln!(out, "{}", wrapped(&addresses.join(", "), 4, context.width));
        }
    }
    if difference.unanswered > 0 {
        let line = format!(
            "\n{} not yet answered",
            counted(difference.unanswered, "needed item is", "needed items are")
        );
        let _ = writeln!(out, "{}", styled(DIM, line.trim_start()));
    }
    out
}

fn answers(out: &mut String, title: &str, changes: &[AnswerChange], context: &Context) {
    if changes.is_empty() {
        return;
    }
    let _ = write!(out, "\n{}", heading(&format!("{title} ({})", changes.len())));
    let mut section = None;
    for change in changes {
        if section != Some(&change.section) {
            section = Some(&change.section);
            let _ = writeln!(out, "{}", styled(DIM, change.section.as_str()));
        }
        let parties: Vec<&str> = change.parties.iter().map(|party| party.as_str()).collect();
        let _ = writeln!(
            out,
            "  {} {} {}",
            styled(BOLD, change.address.to_string()),
            short(&change.title, 50),
            styled(DIM, format!("({})", parties.join(", ")))
        );
        for field in &change.fields {
            field_lines(out, &change.address, field, context);
        }
    }
}

/// A field's change: what is new after `+`, what is gone after `-`, a change of words within one text.
pub(super) fn field_lines(
    out: &mut String,
    whole: &crate::model::Address,
    field: &FieldChange,
    context: &Context,
) {
    let name = field.address.to_string();
    let name =
        name.strip_prefix(&whole.to_string()).map(|rest| rest.trim_start_matches('.')).unwrap_or_default();
    let label = if name.is_empty() { String::new() } else { format!("{name}: ") };
    let line = |sign: &str, style, text: &str| {
        let wrapped = wrapped(&format!("{sign} {label}{text}"), 4, context.width);
        wrapped.lines().map(|line| styled(style, line) + "\n").collect::<String>()
    };
    match (&field.before, &field.after) {
        (None, Some(after)) => *out += &line("+", GOOD, after),
        (Some(before), None) => *out += &line("-", BAD, before),
        (Some(before), Some(after)) => match &words(before, after)[..] {
            [Piece::Removed(before), Piece::Added(after)] => {
                *out += &line("-", BAD, before);
                *out += &line("+", GOOD, after);
            }
            pieces => *out += &(wrapped(&format!("~ {label}{}", marked(pieces)), 4, context.width) + "\n"),
        },
        (None, None) => {}
    }
}

/// One text with its changes marked: `[-gone-]` and `{+new+}`. Long stretches that stayed are cut.
fn marked(pieces: &[Piece]) -> String {
    let last = pieces.len().saturating_sub(1);
    pieces
        .iter()
        .enumerate()
        .map(|(at, piece)| match piece {
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("{{+{text}+}}"),
            Piece::Same(text) => middle(text, at == 0, at == last),
        })
        .collect()
}

fn middle(text: &str, is_first: bool, is_last: bool) -> String {
    let words: Vec<&str> = text.split_inclusive(char::is_whitespace).collect();
    if words.len() <= 16 {
        return text.to_owned();
    }
    let head = if is_first { String::new() } else { words[..6].concat() };
    let tail = if is_last { String::new() } else { words[words.len() - 6..].concat() };
    format!("{head}… {tail}")
}

fn risks(out: &mut String, changes: &[RiskChange], context: &Context) {
    if changes.is_empty() {
        return;
    }
    let _ = write!(out, "\n{}", heading(&format!("Risks ({})", changes.len())));
    for change in changes {
        let _ = writeln!(
            out,
            "  {} {} {}",
            styled(BOLD, change.id.as_str()),
            change.way.as_str(),
            short(&change.title, 60)
        );
        for (name, moved) in [("initial", &change.initial), ("residual", &change.residual)] {
            let class = |class: Option<Class>| {
                class.map_or_else(|| "unrated".to_owned(), |class| format!("class {class}"))
            };
            match change.way {
                Way::Changed if moved.is_change() => {
                    let style = if moved.is_increase() { BAD } else { GOOD };
                    let sign = if moved.is_increase() {
                        " ▲ higher"
                    } else if moved.class_after < moved.class_before {
                        " ▼ lower"
                    } else {
                        ""
                    };
                    let words = |rating: &Option<crate::model::Rating>| {
                        rating
                            .as_ref()
                            .map(|r| format!(" ({}, {})", r.severity, r.likelihood))
                            .unwrap_or_default()
                    };
                    let _ = writeln!(
                        out,
                        "    {name}: {}{} → {}{}",
                        class(moved.class_before),
                        words(&moved.before),
                        styled(style, format!("{}{sign}", class(moved.class_after))),
                        words(&moved.after)
                    );
                }
                Way::Added => {
                    let _ = writeln!(out, "    {name}: {}", class(moved.class_after));
                }
                _ => {}
            }
        }
        for mitigation in &change.mitigations {
            let sign = match mitigation.way {
                Way::Added => styled(GOOD, "+"),
                Way::Removed => styled(BAD, "-"),
                Way::Changed => "~".to_owned(),
            };
            let weaker = if mitigation.is_weakened { styled(BAD, " weakened") } else { String::new() };
            let _ = writeln!(
                out,
                "    {sign} mitigation {} {}{weaker}: {}",
                mitigation.key,
                mitigation.way.as_str(),
                short(&mitigation.text, 50)
            );
            let whole =
                crate::model::Address::of(&change.id).then("mitigations").then(mitigation.key.as_str());
            for field in &mitigation.fields {
                field_lines(out, &whole, field, context);
            }
        }
        for field in &change.fields {
            field_lines(out, &crate::model::Address::of(&change.id), field, context);
        }
    }
}
