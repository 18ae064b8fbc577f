use super::update::{refuse_edited_base, replacements_of};
use crate::cli::Outcome;
use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, counted, short, styled, wrapped};
use crate::diag::Error;
use crate::model::{Address, Canonical, Deployment, Key, RiskId};
use crate::ops::derive::text_at;
use crate::ops::lineage::{CANNOT_OFFER, Offer, Offered, Parent, offer};
use crate::ops::merge::files;
use crate::ops::update::Applied;
use crate::project::folder_of;
use crate::store::Replacement;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

/// Offer a risk or mitigation that was found here to the parent
///
/// Writes it into the parent's folder as a change for its owner to review, under its own id: open, measures only proposed, without confirmations,
/// acceptances, evidence or reasons. Texts that name this organisation or its people are listed and keep it from being written. Whoever else is derived
/// from the parent gets it by `tom update`; here it is known for the same thing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom offer acme-northfield NFD-001 --dry-run        what would be offered
  tom offer acme-northfield NFD-001
  tom offer acme-northfield HAZ-009 --mitigation M4  one mitigation of a shared risk

Exit codes: 0 offered, or the parent has it, 2 the work was not done.")]
pub struct Args {
    /// The deployment that found it
    deployment: String,

    /// The risk
    risk: RiskId,

    /// Only this mitigation of it, with the causes that it acts on
    #[arg(long, value_name = "KEY")]
    mitigation: Option<Key>,

    /// Offer texts although a word in them is a name here; somebody has looked at each
    #[arg(long)]
    allow_names: bool,

    /// Say what would be offered, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    // The lock is taken before anything is read, so that nothing can change between reading and writing.
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let project = context.sound_project(&repo, None)?;
    let loaded = project.load(&super::name(&args.deployment)?)?;
    let waits = loaded.pending.is_some();
    let (giver, framework) = loaded.sound()?;
    let tree = super::lineage::tree(&project)?.0;
    let parent = match tree.parent(&giver.name) {
        Parent::Here(parent) => super::sound(&project, parent)?.0,
        Parent::None => {
            return Err(cannot(format!("`{}` is not derived from another deployment", giver.name)));
        }
        Parent::Elsewhere(name, id) => {
            let what = format!("the parent of `{}`, `{name}` ({id}), is not in this repository", giver.name);
            return Err(cannot(what).help("make the offer where the parent is"));
        }
        Parent::Ambiguous(name, id) => {
            let what = format!("more than one deployment has the id of `{name}`, {id}");
            return Err(cannot(what).help("`tom check` names them"));
        }
    };
    if waits {
        return Err(cannot(format!("an update of `{}` waits for decisions", giver.name))
            .help(format!("decide with `tom resolve {}` first", giver.name)));
    }
    if parent.meta.framework != giver.meta.framework {
        return Err(cannot(format!("`{}` and `{}` follow different frameworks", giver.name, parent.name)));
    }
    refuse_edited_base(&giver)?;
    let wanted = Offer { risk: args.risk.clone(), mitigation: args.mitigation.clone() };
    let Some(offered) = offer(&giver, &parent, &framework, project.settings(), &wanted)? else {
        context.print(format!("{} has it already: nothing to offer\n", parent.name));
        return Ok(Outcome::Clean);
    };
    let has_names = !offered.named.is_empty() && !args.allow_names;
    if let Some(writer) = writer.filter(|_| !has_names) {
        let folder = folder_of(&parent.name);
        let changed = files(&folder, &framework, &offered.changes, |path| project.store().read(path))?;
        let mut all: Vec<Replacement> =
            changed.into_iter().map(|file| Replacement { path: file.path, after: file.after }).collect();
        let applied =
            Applied { deployment: with_base(&giver, &offered), changes: Vec::new(), refused: Vec::new() };
        all.extend(replacements_of(project.store(), &giver, &applied, &framework)?);
        writer.replace_all(&all)?;
    }
    context.print(show(&giver, &parent, &offered, args, context.width));
    if has_names {
        return Err(cannot(format!("nothing was offered: {}", counted(offered.named.len(), "text names somebody", "texts name somebody")))
            .help(format!(
                "reword them with `tom set {} ADDRESS TEXT`, or say `--allow-names` once somebody has looked at each",
                giver.name
            )));
    }
    Ok(Outcome::Clean)
}

fn cannot(what: String) -> Error {
    Error::new(&CANNOT_OFFER, what)
}

/// The giver with what it offered among what it received.
fn with_base(giver: &Deployment, offered: &Offered) -> Deployment {
    let mut after = giver.clone();
    if let Some(lineage) = &mut after.meta.derived_from {
        lineage.received = offered.received.digest().to_string();
        lineage.confirmations = Some(offered.received.confirmations().to_string());
    }
    Deployment { received: Some(Arc::new(offered.received.clone())), ..after }
}

fn show(giver: &Deployment, parent: &Deployment, offered: &Offered, args: &Args, width: usize) -> String {
    let mut out = String::new();
    let has_names = !offered.named.is_empty() && !args.allow_names;
    let verb = if args.dry_run || has_names { "would offer" } else { "offered" };
    let _ = writeln!(
        out,
        "{}: {verb} to {}, to be reviewed there",
        styled(BOLD, giver.name.as_str()),
        parent.name
    );
    for change in &offered.changes {
        let line = format!("{}  {}", change.place.address(), short(&change.in_words(), 400));
        let _ = writeln!(out, "{}", wrapped(&line, 4, width));
    }
    let mut stays: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for address in &offered.stays {
        let mut outer = address.clone();
        let field = outer.field.pop();
        stays.entry(outer).or_default().extend(field);
    }
    for (outer, fields) in stays {
        let text = format!("stays here: {} of {outer}", fields.join(", "));
        let _ = writeln!(out, "{}", wrapped(&text, 2, width));
    }
    for over in &offered.named {
        let text = text_at(giver, &over.address).unwrap_or_default();
        let head = format!("names `{}`: {}", over.name, over.address);
        let _ = writeln!(out, "  {}", styled(BAD, head));
        let _ = writeln!(out, "{}", wrapped(&short(&text, 200), 6, width));
    }
    if !args.dry_run && !has_names {
        let _ = writeln!(
            out,
            "{}",
            wrapped(
                "next: look at it with `git diff`, and propose it as a change to review; `tom update` brings it to the others once it is accepted",
                0,
                width
            )
        );
    }
    out
}
