//! `tom update --framework`: deployments from one version of their framework to another.

use super::update::{Args, refuse_dirty};
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::{BAD, BOLD, OPEN, counted, short, styled, wrapped};
use crate::cli::{Outcome, args::Format, embedded, output::Output};
use crate::diag::{Error, Finding};
use crate::model::{Deployment, DeploymentName, Framework, FrameworkRef};
use crate::ops::upgrade::{CANNOT_UPGRADE, Fate, Upgrade, Upgraded, files};
use crate::project::{ASSESSMENTS, Project, SETTINGS, folder_of, framework_files};
use crate::store::{MemoryStore, Replacement, Repo, Store};
use crate::syntax::{FrameworkFile, read_framework};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

pub(super) fn run(args: &Args, (from, to): (&str, &str), context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    // The lock is taken before anything is read, so that nothing can change between reading and writing.
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    let here = context.sound_project(&repo, None)?;
    let from = here.framework(&reference(from)?)?;
    let (to, vendored) = later(&here, &reference(to)?)?;
    let targets = targets(args, &here, &from)?;
    refuse_changed(args, &repo, &targets)?;
    let others: Vec<&Framework> = here.frameworks().map(|f| &**f).filter(|f| f.id == from.id).collect();
    let upgrade = Upgrade::new(&from, &to, &others)?;
    let mut replacements: Vec<Replacement> =
        vendored.into_iter().map(|file| Replacement { path: file.path, after: Some(file.bytes) }).collect();
    let mut done = Vec::new();
    for name in targets {
        let loaded = here.load(&name)?;
        if loaded.pending.is_some() {
            return Err(Error::new(&CANNOT_UPGRADE, format!("an update of `{name}` waits for decisions"))
                .help(format!("finish it first: `tom resolve {name}`")));
        }
        let (deployment, _) = loaded.sound()?;
        let upgraded = upgrade.apply(&deployment)?;
        let changed = files((&from, &to), &deployment, &upgraded, |path| here.store().read(path))?;
        replacements
            .extend(changed.into_iter().map(|file| Replacement { path: file.path, after: file.after }));
        done.push((deployment, upgraded));
    }
    read_back(&here, &to, &replacements, &done)?;
    if let Some(writer) = writer {
        writer.replace_all(&replacements)?;
    }
    match args.format {
        Format::Json => context.print_json(&Output::of(Body::of(&from, &to, &done))),
        Format::Text => context.print(show(&from, &to, &done, context, args.dry_run)),
    }
    left_behind(&here, &from, &done, context)?;
    Ok(if done.iter().any(|(_, upgraded)| upgraded.has_open()) { Outcome::Found } else { Outcome::Clean })
}

fn reference(text: &str) -> Result<FrameworkRef, Error> {
    match text.split_once('@') {
        Some((id, version)) if !id.is_empty() && !version.is_empty() => {
            Ok(FrameworkRef { id: id.to_owned(), version: version.to_owned(), digest: None })
        }
        _ => Err(Error::new(&USAGE, format!("`{}` names no version of a framework", text.escape_debug()))
            .help("write the id, `@` and the version: `smsp-tom@0.10`")),
    }
}

/// The later version: from the repository, or from inside tom with the files that have to be put there.
fn later(here: &Project, wanted: &FrameworkRef) -> Result<(Arc<Framework>, Vec<FrameworkFile>), Error> {
    let missing = match here.framework(wanted) {
        Ok(framework) => return Ok((framework, Vec::new())),
        Err(error) => error,
    };
    let folder = format!("frameworks/{}/{}", wanted.id, wanted.version);
    let files = embedded::framework(&wanted.id, &wanted.version);
    if files.is_empty() || !here.store().entries(&folder)?.is_empty() {
        return Err(missing);
    }
    let (framework, findings) = read_framework(&folder, &files);
    match (framework, findings.into_iter().find(Finding::is_error)) {
        (Some(framework), None) => Ok((Arc::new(framework), files)),
        (_, Some(finding)) => Err(finding.into()),
        (None, None) => Err(missing),
    }
}

/// The deployments to bring along: those that are named, or all that follow the earlier version.
fn targets(args: &Args, here: &Project, from: &Framework) -> Result<Vec<DeploymentName>, Error> {
    let follows = |name: &DeploymentName| -> Result<bool, Error> {
        let pin = here.meta(name)?.framework;
        Ok(pin.id == from.id && pin.version == from.version)
    };
    if !args.all {
        let mut names = Vec::new();
        for text in &args.deployments {
            let name = super::name(text)?;
            if !here.has(&name)? {
                return Err(here.unknown(text));
            }
            if !follows(&name)? {
                let pin = here.meta(&name)?.framework;
                let message = format!("`{name}` follows {pin}, not {} {}", from.id, from.version);
                return Err(Error::new(&CANNOT_UPGRADE, message));
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
        return Ok(names);
    }
    if !args.deployments.is_empty() {
        return Err(
            Error::new(&USAGE, "deployments are named, and `--all` is said too").help("say one of them")
        );
    }
    let mut names = Vec::new();
    for name in here.deployments()?.0 {
        if follows(&name)? {
            names.push(name);
        }
    }
    if names.is_empty() {
        return Err(Error::new(&USAGE, format!("no deployment follows {} {}", from.id, from.version)));
    }
    Ok(names)
}

fn refuse_changed(args: &Args, repo: &Repo, targets: &[DeploymentName]) -> Result<(), Error> {
    if args.allow_dirty || args.dry_run {
        return Ok(());
    }
    refuse_dirty(targets, &repo.uncommitted(ASSESSMENTS)?)
}

/// Reads what is about to be written, under the later version, and holds it against what it has to mean.
fn read_back(
    here: &Project,
    to: &Framework,
    replacements: &[Replacement],
    done: &[(Deployment, Upgraded)],
) -> Result<(), Error> {
    let store = here.store();
    let mut files = BTreeMap::new();
    files.extend(store.read(SETTINGS)?.map(|bytes| (SETTINGS.to_owned(), bytes)));
    let vendored = framework_files(store, &format!("frameworks/{}/{}", to.id, to.version))?;
    files.extend(vendored.into_iter().map(|file| (file.path, file.bytes)));
    for (deployment, _) in done {
        gather(store, &folder_of(&deployment.name), &mut files)?;
    }
    for Replacement { path, after } in replacements {
        match after {
            Some(bytes) => drop(files.insert(path.clone(), bytes.clone())),
            None => drop(files.remove(path)),
        }
    }
    let (project, _) = Project::open(Box::new(files.into_iter().collect::<MemoryStore>()))?;
    for (_, Upgraded { deployment, .. }) in done {
        let (read, _) = project.load(&deployment.name)?.sound()?;
        let is_same = read.answers == deployment.answers
            && read.risks == deployment.risks
            && read.received == deployment.received
            && read.imported == deployment.imported
            && read.asides == deployment.asides
            && read.meta == deployment.meta;
        if !is_same {
            let message = format!("`{}` would not mean the same when it is read again", deployment.name);
            return Err(Error::new(&CANNOT_UPGRADE, message)
                .note("nothing was written")
                .help("run `tom fmt` on it, and try again; if that does not help, it is a defect of tom"));
        }
    }
    Ok(())
}

fn gather(store: &dyn Store, folder: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Error> {
    for path in store.files(folder)? {
        files.extend(store.read(&path)?.map(|bytes| (path, bytes)));
    }
    Ok(())
}

/// Says which relatives stay behind: an update between two versions is refused.
fn left_behind(
    here: &Project,
    from: &Framework,
    done: &[(Deployment, Upgraded)],
    context: &Context,
) -> Result<(), Error> {
    let ids: Vec<_> = done.iter().map(|(deployment, _)| &deployment.meta.id).collect();
    let parents: Vec<_> =
        done.iter().filter_map(|(d, _)| d.meta.derived_from.as_ref()).map(|l| &l.id).collect();
    let mut behind = Vec::new();
    for name in here.deployments()?.0 {
        let Ok(meta) = here.meta(&name) else { continue };
        let is_kin = parents.contains(&&meta.id)
            || meta.derived_from.as_ref().is_some_and(|lineage| ids.contains(&&lineage.id));
        if is_kin && !ids.contains(&&meta.id) && meta.framework.version == from.version {
            behind.push(name.to_string());
        }
    }
    if !behind.is_empty() {
        context.tell(format!(
            "still on {} {}, so that no update passes between them and these: {}",
            from.id,
            from.version,
            behind.join(", ")
        ));
    }
    let default = &here.settings().framework;
    if default.id == from.id && default.version == from.version {
        context.tell(format!("`tom.toml` still begins new assessments with {} {}", from.id, from.version));
    }
    Ok(())
}

fn show(
    from: &Framework,
    to: &Framework,
    done: &[(Deployment, Upgraded)],
    context: &Context,
    is_dry: bool,
) -> String {
    let mut out = String::new();
    for (before, upgraded) in done {
        let verb = if is_dry { "would go" } else { "went" };
        let name = styled(BOLD, before.name.as_str());
        let _ = writeln!(out, "{name}: {verb} from {} {} to {}", from.id, from.version, to.version);
        let _ = writeln!(out, "  {:>4}  answers stay where they are", upgraded.stayed);
        let list = |out: &mut String, what: &str, lines: Vec<String>| {
            if !lines.is_empty() {
                let _ = writeln!(out, "  {:>4}  {what}", lines.len());
                *out += &(wrapped(&lines.join("; "), 8, context.width) + "\n");
            }
        };
        let moved = upgraded.fates.iter().filter_map(|(slot, fate)| match fate {
            Fate::Moved(there) => {
                let there: Vec<String> = there.iter().map(ToString::to_string).collect();
                Some(format!("{slot} → {}", there.join(", ")))
            }
            Fate::SetAside(_) => None,
        });
        list(&mut out, "move to another item", moved.collect());
        let asides = upgraded.asides.iter().filter(|aside| aside.answers.is_empty());
        list(&mut out, "asked no more: kept in aside.toml", asides.map(|a| a.slot.to_string()).collect());
        let new = upgraded.new_items.iter().map(ToString::to_string).collect();
        list(&mut out, "new items", new);
        let dropped = upgraded.dropped.iter().map(ToString::to_string).collect();
        list(&mut out, "confirmations do not speak for the new question, to be given again", dropped);
        let gone = upgraded.facts_gone.iter().map(|(risk, fact)| format!("{risk} on {fact}")).collect();
        list(&mut out, "risks rest on a fact no longer asked", gone);
        list(&mut out, "refusals fall away with what they were about", upgraded.refusals_gone.clone());
        let open: Vec<_> = upgraded.asides.iter().filter(|aside| !aside.answers.is_empty()).collect();
        if !open.is_empty() {
            let head = counted(open.len(), "answer was set aside", "answers were set aside");
            let _ =
                writeln!(out, "  {} in aside.toml, because nobody can choose but you:", styled(BAD, head));
        }
        for aside in open {
            let wanted: Vec<String> = aside.answers.iter().map(ToString::to_string).collect();
            let said = aside.said.value.as_ref().map(ToString::to_string);
            let said = said.or_else(|| aside.said.notes.clone()).unwrap_or_else(|| "rows".to_owned());
            let line = format!("{} {}, for {}: ", aside.slot, aside.why, wanted.join(", "));
            let _ = writeln!(
                out,
                "    {line}{}",
                short(&said, context.width.saturating_sub(line.len() + 4).max(16))
            );
        }
    }
    if done.iter().any(|(_, upgraded)| upgraded.has_open()) {
        let _ = writeln!(
            out,
            "{}",
            styled(OPEN, "answer the items named last; `tom check` names them until then")
        );
    }
    if !is_dry {
        let next = "next: look at it with `git diff`, commit it, and `tom todo` says who confirms what";
        let _ = writeln!(out, "{}", wrapped(next, 0, context.width));
    }
    out
}

/// What a move to another framework version did.
#[derive(serde::Serialize, schemars::JsonSchema)]
pub(in crate::cli) struct Body {
    /// The version that the deployments followed.
    from: String,
    /// The version that they follow now.
    to: String,
    deployments: Vec<One>,
}

/// One deployment.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct One {
    deployment: DeploymentName,
    /// How many answers stay where they are.
    stayed: usize,
    /// Answers that went to other items.
    moved: Vec<Moved>,
    /// Answers without a place of their own, kept in `aside.toml`.
    set_aside: Vec<Aside>,
    /// Confirmations that do not speak for the later version's question.
    confirmations_dropped: Vec<String>,
    /// Risks that rest on a fact that is asked no more.
    facts_gone: Vec<String>,
    /// Refusals whose subject is gone.
    refusals_gone: Vec<String>,
    /// Items that the earlier version did not have.
    new_items: Vec<String>,
}

/// An answer that went to other items.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Moved {
    from: String,
    to: Vec<String>,
}

/// An answer that was set aside.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Aside {
    from: String,
    why: String,
    /// The items that somebody has to answer knowing it.
    r#for: Vec<String>,
}

impl Body {
    fn of(from: &Framework, to: &Framework, done: &[(Deployment, Upgraded)]) -> Self {
        let version = |framework: &Framework| format!("{}@{}", framework.id, framework.version);
        let deployments = done.iter().map(|(before, upgraded)| One::of(&before.name, upgraded)).collect();
        Self { from: version(from), to: version(to), deployments }
    }
}

fn texts<T: ToString>(all: impl IntoIterator<Item = T>) -> Vec<String> {
    all.into_iter().map(|one| one.to_string()).collect()
}

impl One {
    fn of(name: &DeploymentName, upgraded: &Upgraded) -> Self {
        let moved = upgraded.fates.iter().filter_map(|(slot, fate)| match fate {
            Fate::Moved(there) => Some(Moved { from: slot.to_string(), to: texts(there) }),
            Fate::SetAside(_) => None,
        });
        let asides = upgraded.asides.iter().map(|aside| Aside {
            from: aside.slot.to_string(),
            why: aside.why.to_string(),
            r#for: texts(&aside.answers),
        });
        Self {
            deployment: name.clone(),
            stayed: upgraded.stayed,
            moved: moved.collect(),
            set_aside: asides.collect(),
            confirmations_dropped: texts(&upgraded.dropped),
            facts_gone: upgraded.facts_gone.iter().map(|(risk, fact)| format!("{risk}: {fact}")).collect(),
            refusals_gone: upgraded.refusals_gone.clone(),
            new_items: texts(&upgraded.new_items),
        }
    }
}
