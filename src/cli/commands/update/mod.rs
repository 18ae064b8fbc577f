mod files;
mod json;
mod text;

use super::{lineage, upgrade};
use crate::cli::beside::alike_together;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{Address, Deployment, DeploymentName, Framework, Pending, Reason};
use crate::ops::lineage::{Parent, Tree};
use crate::ops::merge::{Merged, Place};
use crate::ops::update::{Applied, CANNOT_UPDATE, Giver, Refusing, Updated, base_of, circle, update};
use crate::project::{CONFLICTS, Loader, Project, folder_of};
use crate::store::{Replacement, Repo};
use crate::syntax::write_conflicts;
use files::Parents;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use files::{refuse_dirty, refuse_edited_base, replacements_of};
pub(in crate::cli) use json::Body;
pub(super) use text::{amount, changes, conflict_in_words, in_safety_order, took, voices};

/// Bring what the parent gained into derived deployments
///
/// Merges what the parent would hand over now into the deployment, by field, against what it received before. Comments and order of its files stay. What
/// arrives is for its new owner to confirm. What both sides changed is written to `conflicts.toml` and nothing else, until `tom resolve` has decided it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom update acme-northfield --dry-run      what would come
  tom update acme-northfield
  tom update --from acme-5-1 --all          every descendant, parents first
  tom update acme-northfield --onto acme-6-0
  tom update --framework smsp-tom@0.10 smsp-tom@0.11 --all --dry-run
  tom update acme-northfield --refuse HAZ-009 --reason \"No kiosks here\" --by \"Ann Lee\"

Exit codes: 0 up to date or applied, 1 conflicts or answers to settle, 2 the work was not done.")]
pub struct Args {
    /// The deployments
    #[arg(required_unless_present_any = ["from", "all"])]
    pub(super) deployments: Vec<String>,

    /// Update what comes from this deployment
    #[arg(long, value_name = "PARENT", requires = "all", conflicts_with_all = ["deployments", "onto"])]
    from: Option<String>,

    /// Every descendant of PARENT; with `--framework`, every deployment that follows FROM
    #[arg(long)]
    pub(super) all: bool,

    /// Bring deployments from one version of their framework to another, each as ID@VERSION
    #[arg(long, num_args = 2, value_names = ["FROM", "TO"], conflicts_with_all = ["from", "at", "onto", "refuse"])]
    framework: Vec<String>,

    /// Read the parent at this revision
    #[arg(long, value_name = "REV")]
    at: Option<String>,

    /// Take this deployment as the parent from now on
    #[arg(long, value_name = "OTHER")]
    onto: Option<String>,

    /// Leave this out, until the parent changes it again; may be given many times
    #[arg(long, value_name = "ADDRESS", requires = "reason")]
    refuse: Vec<Address>,

    /// Why it is refused
    #[arg(long, requires = "refuse")]
    reason: Option<String>,

    /// Who refuses it; git's user name if not given
    #[arg(long, value_name = "NAME", requires = "refuse")]
    by: Option<String>,

    /// Update deployments with changes that are not committed too
    #[arg(long)]
    pub(super) allow_dirty: bool,

    /// Say what would come, and write nothing
    #[arg(long)]
    pub(super) dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
}

/// What became of one deployment.
struct Report {
    name: DeploymentName,
    parent: DeploymentName,
    result: What,
}

impl Report {
    /// Whether something was refused here, or waits to be.
    fn refuses(&self, address: &Address) -> bool {
        let text = address.to_string();
        match &self.result {
            What::Applied(applied) => applied.refused.contains(&text),
            What::Conflicts(pending, _) => pending.refused.contains_key(&text),
            What::UpToDate | What::Withdrawn(_) | What::WaitsFor(_) => false,
        }
    }
}

enum What {
    UpToDate,
    /// Up to date: what waited in `conflicts.toml` is offered no more.
    Withdrawn(Box<Pending>),
    Applied(Box<Applied>),
    Conflicts(Box<Pending>, Merged),
    /// The parent itself waits for decisions.
    WaitsFor(DeploymentName),
}

/// A deployment that was looked at, with what is to be written.
struct Done {
    report: Report,
    files: Vec<Replacement>,
    framework: Arc<Framework>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    if let [from, to] = &args.framework[..] {
        return upgrade::run(args, (from, to), context);
    }
    if args.all && args.from.is_none() {
        return Err(
            Error::new(&USAGE, "`--all` of what?").help("say `--from PARENT`, or `--framework FROM TO`")
        );
    }
    let repo = context.repo()?;
    // The lock is taken before anything is read, so that nothing can change between reading and writing.
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let here = context.sound_project(&repo, None)?;
    let (tree, _) = lineage::tree(&here)?;
    let generations = targets(args, &here, &tree)?;
    let dirty = repo.uncommitted(crate::project::ASSESSMENTS)?;
    if !args.allow_dirty && !args.dry_run {
        refuse_dirty(generations.iter().flatten(), &dirty)?;
    }
    let onto = onto(args, &here, &tree, &generations)?;
    let refusing = refusing(args, context, &repo)?;
    let is_wide = generations.iter().flatten().nth(1).is_some();
    let work = Work { context, tree: &tree, here: &here, onto, refusing, is_wide };
    let mut parents = Parents::new(&repo, &here, args.at.as_deref(), &dirty);
    let mut done = Vec::new();
    for generation in &generations {
        done.extend(work.generation(generation, &mut parents)?);
    }
    let reports = done.iter().map(|(report, _)| report);
    if let Some(address) = args.refuse.iter().find(|address| !reports.clone().any(|one| one.refuses(address)))
    {
        let what = format!("nobody is offered anything new at `{address}`");
        return Err(Error::new(&CANNOT_UPDATE, what).help("`--dry-run` lists what would come"));
    }
    if let Some(writer) = writer {
        let files: Vec<Replacement> = done.iter().flat_map(|(_, files)| files).cloned().collect();
        writer.replace_all(&files)?;
    }
    let reports: Vec<Report> = done.into_iter().map(|(report, _)| report).collect();
    match args.format {
        Format::Json => context.print_json(&Output::of(Body::from(&reports[..]))),
        Format::Text => context.print(text::show(&reports, context, args.dry_run)),
    }
    let waits = |report: &Report| matches!(report.result, What::Conflicts(..) | What::WaitsFor(_));
    Ok(if reports.iter().any(waits) { Outcome::Found } else { Outcome::Clean })
}

/// The deployments to update, a generation at a time: whoever hands over comes first.
fn targets(args: &Args, project: &Project, tree: &Tree) -> Result<Vec<Vec<DeploymentName>>, Error> {
    let known = |text: &str| {
        let name = super::name(text)?;
        if project.has(&name)? { Ok(name) } else { Err(project.unknown(name.as_str())) }
    };
    let names: BTreeSet<DeploymentName> = match &args.from {
        None => args.deployments.iter().map(|text| known(text)).collect::<Result<_, _>>()?,
        Some(from) => {
            let from = known(from)?;
            let beneath = tree.beneath(&from).into_iter().filter(|(depth, _)| *depth > 0);
            let names: BTreeSet<_> = beneath.map(|(_, name)| name.clone()).collect();
            if names.is_empty() {
                return Err(Error::new(&USAGE, format!("nothing is derived from `{from}`")));
            }
            names
        }
    };
    let mut generations: BTreeMap<usize, Vec<DeploymentName>> = BTreeMap::new();
    for name in names {
        generations.entry(tree.above(&name).len()).or_default().push(name);
    }
    Ok(generations.into_values().collect())
}

/// The parent from now on, where one is named: none of the deployments, and none that comes from them.
fn onto(
    args: &Args,
    project: &Project,
    tree: &Tree,
    generations: &[Vec<DeploymentName>],
) -> Result<Option<DeploymentName>, Error> {
    let Some(onto) = args.onto.as_deref().map(super::name).transpose()? else { return Ok(None) };
    if !project.has(&onto)? {
        return Err(project.unknown(onto.as_str()));
    }
    match generations.iter().flatten().find(|name| tree.comes_from(&onto, name)) {
        Some(name) => Err(circle(name, &onto)),
        None => Ok(Some(onto)),
    }
}

/// What an update is made with.
struct Work<'a> {
    context: &'a Context,
    tree: &'a Tree,
    here: &'a Project,
    onto: Option<DeploymentName>,
    refusing: (&'a [Address], Option<Reason>),
    /// Whether there are several deployments.
    is_wide: bool,
}

impl Work<'_> {
    /// Updates deployments of which none hands over to another, side by side.
    fn generation(
        &self,
        names: &[DeploymentName],
        parents: &mut Parents<'_>,
    ) -> Result<Vec<(Report, Vec<Replacement>)>, Error> {
        let of: Vec<DeploymentName> =
            names.iter().map(|name| self.parent_of(name)).collect::<Result<_, _>>()?;
        of.iter().try_for_each(|parent| parents.load(parent))?;
        let givers = &parents.givers;
        let pairs: Vec<(&DeploymentName, &DeploymentName)> = names.iter().zip(&of).collect();
        let done = alike_together(
            self.context,
            &pairs,
            |(name, _)| self.here.likeness(name),
            || self.here.loader(),
            |loader, (name, parent)| {
                self.one(loader, name, parent, givers.get(*parent).and_then(Option::as_ref))
            },
        )?;
        let mut reports = Vec::new();
        for Done { report, files, framework } in done {
            let giver = match &report.result {
                What::UpToDate | What::Withdrawn(_) => None,
                What::Applied(applied) => Some(Some(Giver::new(applied.deployment.clone(), framework, None))),
                What::Conflicts(..) | What::WaitsFor(_) => Some(None),
            };
            parents.givers.extend(giver.map(|giver| (report.name.clone(), giver)));
            reports.push((report, files));
        }
        Ok(reports)
    }

    fn parent_of(&self, name: &DeploymentName) -> Result<DeploymentName, Error> {
        if let Some(onto) = &self.onto {
            return Ok(onto.clone());
        }
        let fails = |message: String| Error::new(&CANNOT_UPDATE, message);
        match self.tree.parent(name) {
            Parent::Here(parent) => Ok(parent.clone()),
            Parent::Ambiguous(parent, id) => Err(fails(format!(
                "more than one deployment has the id of the parent of `{name}`, `{parent}`"
            ))
            .note(format!("the id is {id}"))
            .help("`tom check` says which; give one of them another id, or name the parent with `--onto`")),
            Parent::Elsewhere(parent, _) => {
                Err(fails(format!("the parent of `{name}`, `{parent}`, is not in this repository"))
                    .help("name another one with `--onto`"))
            }
            Parent::None => {
                // Where its head cannot be read, loading it says why.
                let (deployment, _) = super::sound(self.here, name)?;
                base_of(&deployment)?;
                Err(fails(format!("`{name}` has no parent")))
            }
        }
    }

    fn one(
        &self,
        loader: &mut Loader<'_>,
        name: &DeploymentName,
        parent: &DeploymentName,
        giver: Option<&Giver>,
    ) -> Result<Done, Error> {
        let loaded = loader.load(name)?;
        let before = loaded.pending.clone();
        let (deployment, framework) = loaded.sound()?;
        let base = base_of(&deployment)?;
        refuse_edited_base(&deployment)?;
        let mut files = Vec::new();
        let result = match giver {
            None => What::WaitsFor(parent.clone()),
            Some(giver) => {
                same_framework(&deployment, giver.deployment())?;
                let refusing = places(&self.refusing, &framework, self.is_wide)?;
                let coming = giver.hands_over(base);
                let conflicts = format!("{}/{CONFLICTS}", folder_of(name));
                match update(&deployment, &framework, coming, &refusing, before.as_deref())? {
                    Updated::UpToDate => match before {
                        None => What::UpToDate,
                        Some(before) => {
                            files.push(Replacement { path: conflicts, after: None });
                            What::Withdrawn(before)
                        }
                    },
                    Updated::Applied(applied) => {
                        files = replacements_of(loader.store(), &deployment, &applied, &framework)?;
                        What::Applied(applied)
                    }
                    Updated::Waits(pending, merged) => {
                        files.push(Replacement {
                            path: conflicts,
                            after: Some(write_conflicts(&pending, name, &framework).into_bytes()),
                        });
                        What::Conflicts(pending, merged)
                    }
                }
            }
        };
        let report = Report { name: name.clone(), parent: parent.clone(), result };
        Ok(Done { report, files, framework })
    }
}

fn same_framework(deployment: &Deployment, parent: &Deployment) -> Result<(), Error> {
    let (here, there) = (&deployment.meta.framework, &parent.meta.framework);
    if here == there {
        return Ok(());
    }
    let (name, parent) = (&deployment.name, &parent.name);
    Err(Error::new(&CANNOT_UPDATE, format!("`{name}` and `{parent}` follow different frameworks"))
        .note(format!("`{name}` follows {here}, `{parent}` follows {there}"))
        .help("bring both to the same version first, with `tom update --framework FROM TO`"))
}

/// What is refused on the command line, and why.
fn refusing<'a>(
    args: &'a Args,
    context: &Context,
    repo: &Repo,
) -> Result<(&'a [Address], Option<Reason>), Error> {
    let Some(reason) = &args.reason else { return Ok((&[], None)) };
    let reason = Reason {
        reason: super::plain("reason", reason)?,
        by: super::speaker(args.by.as_ref(), repo)?,
        on: context.today(),
    };
    Ok((&args.refuse, Some(reason)))
}

/// The same as places of a framework.
fn places(
    (addresses, reason): &(&[Address], Option<Reason>),
    framework: &Framework,
    is_wide: bool,
) -> Result<Refusing, Error> {
    let place = |address: &Address| {
        Place::of(framework, address)
            .ok_or_else(|| Error::new(&USAGE, format!("`{address}` names no risk or answer")))
    };
    let places = addresses.iter().map(place).collect::<Result<_, _>>()?;
    Ok(Refusing { places, reason: reason.clone(), is_wide })
}
