use super::upgrade;
use crate::cli::codes::{UNCOMMITTED, USAGE};
use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, GOOD, OPEN, counted, short, styled, wrapped};
use crate::cli::{Outcome, args::Format};
use crate::diag::{Error, Label};
use crate::model::{Address, Deployment, DeploymentName, Framework, Pending, PermanentId, Reason, Undecided};
use crate::ops::diff::{Piece, words};
use crate::ops::merge::{Change, Field, Merged, Place, files};
use crate::ops::update::{
    Applied, CANNOT_UPDATE, Coming, Refusing, Updated, base_of, in_order, meta_edits, risks_of, update,
};
use crate::project::{CONFLICTS, Project, folder_of};
use crate::store::{Replacement, Repo};
use crate::syntax::{edit, write_conflicts, write_received};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

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

enum What {
    UpToDate,
    Applied(Box<Applied>),
    Conflicts(Box<Pending>, Merged),
    /// The parent itself waits for decisions.
    WaitsFor(DeploymentName),
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
    let family = Family::of(&here)?;
    let targets = targets(args, &here, &family)?;
    let dirty = repo.uncommitted(crate::project::ASSESSMENTS)?;
    if !args.allow_dirty && !args.dry_run {
        refuse_dirty(&targets, &dirty)?;
    }
    let mut parents =
        Parents { repo: &repo, here: &here, at: args.at.as_deref(), dirty: &dirty, opened: None };
    let onto = args.onto.as_deref().map(super::name).transpose()?;
    let mut updated: BTreeMap<DeploymentName, Option<Deployment>> = BTreeMap::new();
    let mut replacements = Vec::new();
    let mut reports = Vec::new();
    // Siblings receive the same from one parent, which is computed once.
    let mut comings: BTreeMap<(DeploymentName, bool), Coming> = BTreeMap::new();
    for name in targets {
        let loaded = here.load(&name)?;
        let (received, before) = (loaded.received, loaded.pending.clone());
        let (deployment, framework) = loaded.sound()?;
        let base = base_of(&deployment)?;
        refuse_edited_base(&deployment, received)?;
        let parent = match &onto {
            Some(onto) => onto.clone(),
            None => family.parent_of(&deployment)?,
        };
        let result = match updated.get(&parent) {
            Some(None) => What::WaitsFor(parent.clone()),
            known => {
                let commit;
                let loaded_parent;
                let of = match known {
                    Some(Some(updated)) => {
                        commit = None;
                        updated
                    }
                    _ => {
                        let (there, at) = parents.load(&parent)?;
                        commit = Some(at);
                        loaded_parent = there;
                        &loaded_parent
                    }
                };
                if of.meta.framework != deployment.meta.framework {
                    return Err(Error::new(
                        &CANNOT_UPDATE,
                        format!("`{name}` and `{parent}` follow different frameworks"),
                    )
                    .note(format!(
                        "`{name}` follows {}, `{parent}` follows {}",
                        deployment.meta.framework, of.meta.framework
                    ))
                    .help("bring both to the same version first, with `tom update --framework FROM TO`"));
                }
                let key = (parent.clone(), crate::ops::update::took_notes(of, &framework, base));
                let coming = comings.entry(key).or_insert_with(|| Coming::of(of, &framework, commit, base));
                let refusing = refusing(args, context, &repo, &framework)?;
                match update(&deployment, &framework, coming, &refusing, before.as_deref())? {
                    Updated::UpToDate => What::UpToDate,
                    Updated::Applied(applied) => What::Applied(applied),
                    Updated::Waits(pending, merged) => What::Conflicts(pending, merged),
                }
            }
        };
        match &result {
            What::UpToDate => {}
            What::Applied(applied) => {
                replacements.extend(replacements_of(&here, &deployment, applied, &framework)?);
                updated.insert(name.clone(), Some(applied.deployment.clone()));
            }
            What::Conflicts(pending, _) => {
                replacements.push(Replacement {
                    path: format!("{}/{CONFLICTS}", folder_of(&name)),
                    after: Some(write_conflicts(pending, &name, &framework).into_bytes()),
                });
                updated.insert(name.clone(), None);
            }
            What::WaitsFor(_) => drop(updated.insert(name.clone(), None)),
        }
        reports.push(Report { name, parent, result });
    }
    if let Some(writer) = writer {
        writer.replace_all(&replacements)?;
    }
    match args.format {
        Format::Json => context.print_json(&to_json(&reports)),
        Format::Text => context.print(show(&reports, context, args.dry_run)),
    }
    let waits = |report: &Report| matches!(report.result, What::Conflicts(..) | What::WaitsFor(_));
    Ok(if reports.iter().any(waits) { Outcome::Found } else { Outcome::Clean })
}

/// The deployments by permanent id, with their parents.
struct Family {
    by_id: BTreeMap<PermanentId, DeploymentName>,
    parents: BTreeMap<DeploymentName, PermanentId>,
}

impl Family {
    fn of(project: &Project) -> Result<Self, Error> {
        let mut family = Self { by_id: BTreeMap::new(), parents: BTreeMap::new() };
        for name in project.deployments()?.0 {
            // A deployment that cannot be read is for `tom check` to report.
            let Ok(meta) = project.meta(&name) else { continue };
            family.by_id.insert(meta.id, name.clone());
            family.parents.extend(meta.derived_from.map(|lineage| (name, lineage.id)));
        }
        Ok(family)
    }

    fn parent_of(&self, deployment: &Deployment) -> Result<DeploymentName, Error> {
        let lineage = deployment.meta.derived_from.as_ref();
        let known = lineage.and_then(|lineage| self.by_id.get(&lineage.id));
        known.cloned().ok_or_else(|| {
            let parent = lineage.map(|lineage| lineage.deployment.to_string()).unwrap_or_default();
            Error::new(
                &CANNOT_UPDATE,
                format!("the parent of `{}`, `{parent}`, is not in this repository", deployment.name),
            )
            .help("name another one with `--onto`")
        })
    }

    /// The name of every deployment's parent, where it is here.
    fn parents_by_name(&self) -> BTreeMap<DeploymentName, Option<DeploymentName>> {
        let names = self.by_id.values().map(|name| {
            let parent = self.parents.get(name).and_then(|id| self.by_id.get(id));
            (name.clone(), parent.cloned())
        });
        names.collect()
    }
}

/// The deployments to update, whoever hands over first.
fn targets(args: &Args, project: &Project, family: &Family) -> Result<Vec<DeploymentName>, Error> {
    let parents = family.parents_by_name();
    let order = in_order(&parents);
    let Some(from) = &args.from else {
        let names: Vec<DeploymentName> =
            args.deployments.iter().map(|text| super::name(text)).collect::<Result<_, _>>()?;
        if let Some(missing) = names.iter().find(|name| !project.has(name).unwrap_or(false)) {
            return Err(project.unknown(missing.as_str()));
        }
        let mut sorted: Vec<DeploymentName> = order.into_iter().filter(|name| names.contains(name)).collect();
        // Those whose head cannot be read are loaded all the same, which says why not.
        sorted.extend(names.into_iter().filter(|name| !parents.contains_key(name)));
        return Ok(sorted);
    };
    let from = super::name(from)?;
    if !project.has(&from)? {
        return Err(project.unknown(from.as_str()));
    }
    let is_descendant = |name: &DeploymentName| {
        let above = std::iter::successors(parents.get(name).cloned().flatten(), |at| {
            parents.get(at).cloned().flatten()
        });
        above.take(parents.len()).any(|ancestor| ancestor == from)
    };
    let found: Vec<DeploymentName> = order.into_iter().filter(is_descendant).collect();
    if found.is_empty() {
        return Err(Error::new(&USAGE, format!("nothing is derived from `{from}`")));
    }
    Ok(found)
}

pub(super) fn refuse_dirty(targets: &[DeploymentName], dirty: &[String]) -> Result<(), Error> {
    for name in targets {
        let folder = format!("{}/", folder_of(name));
        // What an earlier update left to decide is tom's own, and is written anew.
        let conflicts = format!("{folder}{CONFLICTS}");
        let changed: Vec<&String> =
            dirty.iter().filter(|path| path.starts_with(&folder) && **path != conflicts).collect();
        if let Some(first) = changed.first() {
            return Err(Error::new(&CANNOT_UPDATE, format!("`{name}` has changes that are not committed"))
                .at(Label::file(first.as_str()))
                .note(format!("{} of its files differ from the last commit", changed.len()))
                .help("commit them, or say `--allow-dirty`"));
        }
    }
    Ok(())
}

pub(super) fn refuse_edited_base(
    deployment: &Deployment,
    received: Option<crate::model::Digest>,
) -> Result<(), Error> {
    let wanted = deployment.meta.derived_from.as_ref().map(|lineage| lineage.received.clone());
    if received.map(|digest| digest.to_string()) == wanted {
        return Ok(());
    }
    let file = format!("{}/received.toml", folder_of(&deployment.name));
    Err(Error::new(
        &CANNOT_UPDATE,
        format!("`received.toml` of `{}` is not what was received", deployment.name),
    )
    .at(Label::file(file))
    .note("it is the base of the merge: with another one, edits would be lost or made up")
    .help("restore it from git"))
}

/// Reads parents as they are committed.
struct Parents<'a> {
    repo: &'a Repo,
    here: &'a Project,
    at: Option<&'a str>,
    dirty: &'a [String],
    opened: Option<(Project, String)>,
}

impl Parents<'_> {
    fn load(&mut self, name: &DeploymentName) -> Result<(Deployment, String), Error> {
        if self.at.is_none() {
            let folder = format!("{}/", folder_of(name));
            if !self.here.has(name)? {
                return Err(self.here.unknown(name.as_str()));
            }
            if let Some(first) = self.dirty.iter().find(|path| path.starts_with(&folder)) {
                return Err(Error::new(&UNCOMMITTED, format!("`{name}` has changes that are not committed"))
                    .at(Label::file(first))
                    .note("an update reads what is committed of the parent")
                    .help("commit them, or update from what is committed with `--at HEAD`"));
            }
        }
        if self.opened.is_none() {
            let store = self.repo.at(self.at.unwrap_or("HEAD"))?;
            let commit = store.commit().id.clone();
            let (project, findings) = Project::open(Box::new(store))?;
            if let Some(finding) = findings.into_iter().find(crate::diag::Finding::is_error) {
                return Err(finding.into());
            }
            self.opened = Some((project, commit));
        }
        let Some((project, commit)) = &self.opened else { unreachable!("it was opened above") };
        let (deployment, _): (Deployment, Arc<Framework>) = super::sound(project, name)?;
        Ok((deployment, commit.clone()))
    }
}

fn refusing(args: &Args, context: &Context, repo: &Repo, framework: &Framework) -> Result<Refusing, Error> {
    let Some(reason) = &args.reason else { return Ok(Refusing::default()) };
    let place = |address: &Address| {
        Place::of(framework, address)
            .ok_or_else(|| Error::new(&USAGE, format!("`{address}` names no risk or answer")))
    };
    Ok(Refusing {
        places: args.refuse.iter().map(place).collect::<Result<_, _>>()?,
        reason: Some(Reason {
            reason: super::plain("reason", reason)?,
            by: super::speaker(args.by.as_ref(), repo)?,
            on: context.today(),
        }),
    })
}

/// Every file that an update changes.
pub(super) fn replacements_of(
    project: &Project,
    before: &Deployment,
    applied: &Applied,
    framework: &Framework,
) -> Result<Vec<Replacement>, Error> {
    let folder = folder_of(&before.name);
    let store = project.store();
    let changed = files(&folder, framework, &applied.changes, |path| store.read(path))?;
    let mut all: Vec<Replacement> =
        changed.into_iter().map(|file| Replacement { path: file.path, after: file.after }).collect();
    let after = &applied.deployment;
    if let (Some(old), Some(new)) = (&before.meta.derived_from, &after.meta.derived_from) {
        let path = format!("{folder}/deployment.toml");
        let mut bytes = store.read(&path)?.unwrap_or_default();
        for change in meta_edits(old, new) {
            bytes = edit(&path, &bytes, &change)?;
        }
        all.push(Replacement { path, after: Some(bytes) });
    }
    if let Some(received) = &after.received {
        let text = write_received(received, framework);
        all.push(Replacement { path: format!("{folder}/received.toml"), after: Some(text.into_bytes()) });
    }
    let conflicts = format!("{folder}/{CONFLICTS}");
    if store.read(&conflicts)?.is_some() {
        all.push(Replacement { path: conflicts, after: None });
    }
    Ok(all)
}

fn show(reports: &[Report], context: &Context, is_dry: bool) -> String {
    let mut out = String::new();
    let is_long = reports.len() > 20;
    let mut quiet = 0;
    for Report { name, parent, result } in reports {
        match result {
            What::UpToDate if is_long => quiet += 1,
            What::UpToDate => {
                let _ = writeln!(out, "{}: up to date with {parent}", styled(BOLD, name.as_str()));
            }
            What::Applied(applied) => {
                let verb = if is_dry { "would take" } else { "took" };
                let head = counted(applied.changes.len(), "change", "changes");
                let _ = writeln!(out, "{}: {verb} {head} from {parent}", styled(BOLD, name.as_str()));
                if !is_long {
                    out += &changes(&applied.changes, context.width);
                }
                for address in &applied.refused {
                    let _ = writeln!(out, "  refused, and remembered: {address}");
                }
            }
            What::Conflicts(pending, merged) => {
                let head = counted(pending.conflicts.len(), "conflict", "conflicts");
                let _ = writeln!(
                    out,
                    "{}: {} with {parent}; nothing was changed{}",
                    styled(BOLD, name.as_str()),
                    styled(BAD, head),
                    if is_dry { "" } else { ", see conflicts.toml" }
                );
                for (address, conflict) in in_safety_order(pending, merged) {
                    out += &conflict_in_words(address, conflict, context.width);
                }
                if !merged.changes.is_empty() {
                    let count = counted(merged.changes.len(), "change comes", "changes come");
                    let _ = writeln!(out, "  {count} too, once these are decided:");
                    out += &changes(&merged.changes, context.width);
                }
                let first = in_safety_order(pending, merged).next().map(|(address, _)| address.clone());
                let _ = writeln!(
                    out,
                    "  decide each: `tom resolve {name} {} --ours`, `--theirs` or `--value VALUE`",
                    first.unwrap_or_default()
                );
            }
            What::WaitsFor(above) => {
                let _ = writeln!(out, "{}: waits until {above} is decided", styled(BOLD, name.as_str()));
            }
        }
    }
    let count = |test: fn(&What) -> bool| reports.iter().filter(|report| test(&report.result)).count();
    let (applied, conflicts, waiting) = (
        count(|r| matches!(r, What::Applied(_))),
        count(|r| matches!(r, What::Conflicts(..))),
        count(|r| matches!(r, What::WaitsFor(_))),
    );
    if reports.len() > 1 {
        let style = if conflicts > 0 { OPEN } else { GOOD };
        let done = if is_dry { "would be updated" } else { "updated" };
        let up = reports.len() - applied - conflicts - waiting;
        debug_assert!(!is_long || quiet == up);
        let _ = writeln!(
            out,
            "{}: {applied} {done}, {up} up to date, {conflicts} with conflicts, {waiting} waiting",
            styled(style, counted(reports.len(), "deployment", "deployments"))
        );
    }
    if applied > 0 && !is_dry {
        let _ = writeln!(
            out,
            "next: look at it with `git diff` or `tom diff`, commit it, and `tom todo` says who confirms what"
        );
    }
    out
}

/// Conflicts with those of risks first.
fn in_safety_order<'p>(
    pending: &'p Pending,
    merged: &'p Merged,
) -> impl Iterator<Item = (&'p String, &'p Undecided)> {
    merged
        .conflicts
        .iter()
        .filter_map(|conflict| pending.conflicts.get_key_value(&conflict.place.address().to_string()))
}

fn changes(changes: &[Change], width: usize) -> String {
    let mut out = String::new();
    let risks = risks_of(changes).len();
    if risks > 0 {
        let _ = writeln!(out, "  safety: {}", counted(risks, "risk", "risks"));
    }
    let mut is_safety = true;
    for change in changes.iter().filter(|change| !change.is_voice()) {
        if is_safety && !change.place.is_safety() {
            is_safety = false;
            let _ = writeln!(out, "  answers:");
        }
        let _ = writeln!(
            out,
            "    {}  {}",
            change.place.address(),
            short(&change.in_words(), width.saturating_sub(34).max(24))
        );
    }
    let voices = changes.iter().filter(|change| change.is_voice()).count();
    if voices > 0 {
        let _ = writeln!(
            out,
            "  {} of the supplier and authority came along or went",
            counted(voices, "confirmation", "confirmations")
        );
    }
    out
}

/// A conflict with its sides beneath one another and what differs marked, without colour alone.
pub(super) fn conflict_in_words(address: &str, conflict: &Undecided, width: usize) -> String {
    let base = conflict.base.as_deref().unwrap_or_default();
    let mut out = format!("  {}  {}\n", styled(BOLD, address), conflict.why);
    let side = |text: &Option<String>| match text {
        None => "(nothing)".to_owned(),
        Some(text) if base.is_empty() => text.clone(),
        Some(text) => marked(base, text),
    };
    let lines = [
        ("before:", conflict.base.clone().unwrap_or_else(|| "(nothing)".to_owned())),
        ("ours:", side(&conflict.left)),
        ("theirs:", side(&conflict.right)),
    ];
    for (label, text) in lines {
        let _ = writeln!(out, "    {label:<8}{}", wrapped(&text, 12, width).trim_start());
    }
    if let Some(decision) = &conflict.decision {
        let decided = match decision {
            crate::model::Decision::Ours(_) => "ours".to_owned(),
            crate::model::Decision::Theirs => "theirs".to_owned(),
            crate::model::Decision::Value(value) => format!("`{}`", short(value, 60)),
        };
        let _ = writeln!(out, "    decided: {decided}");
    }
    out
}

fn marked(before: &str, after: &str) -> String {
    words(before, after)
        .into_iter()
        .map(|piece| match piece {
            Piece::Same(text) => text,
            Piece::Removed(text) => format!("[-{text}-]"),
            Piece::Added(text) => format!("{{+{text}+}}"),
        })
        .collect()
}

fn to_json(reports: &[Report]) -> serde_json::Value {
    let text = |field: &Option<Field>| field.as_ref().map(ToString::to_string);
    let change = |change: &Change| {
        serde_json::json!({
            "address": change.place.address(),
            "safety": change.place.is_safety(),
            "before": text(&change.before),
            "after": text(&change.after),
        })
    };
    let all = reports.iter().map(|Report { name, parent, result }| {
        let mut entry = serde_json::json!({ "deployment": name, "parent": parent });
        let (result, changes, conflicts, refused) = match result {
            What::UpToDate => ("up-to-date", Vec::new(), Vec::new(), Vec::new()),
            What::Applied(applied) => {
                ("applied", applied.changes.iter().map(change).collect(), Vec::new(), applied.refused.clone())
            }
            What::Conflicts(_, merged) => {
                let conflicts = merged.conflicts.iter().map(|conflict| {
                    serde_json::json!({
                        "address": conflict.place.address(),
                        "safety": conflict.place.is_safety(),
                        "why": conflict.why.as_str(),
                        "base": text(&conflict.sides.base),
                        "ours": text(&conflict.sides.left),
                        "theirs": text(&conflict.sides.right),
                    })
                });
                ("conflicts", merged.changes.iter().map(change).collect(), conflicts.collect(), Vec::new())
            }
            What::WaitsFor(_) => ("waits", Vec::new(), Vec::new(), Vec::new()),
        };
        entry["result"] = result.into();
        entry["changes"] = changes.into();
        entry["conflicts"] = conflicts.into();
        entry["refused"] = refused.into();
        entry
    });
    serde_json::json!({ "schema-version": 1, "deployments": all.collect::<Vec<_>>() })
}
