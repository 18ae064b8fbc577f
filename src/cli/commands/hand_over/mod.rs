mod look;
mod parts;
mod past;
mod text;

use crate::cli::codes::{UNCOMMITTED, USAGE};
use crate::cli::context::Context;
use crate::cli::sign::sign;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::{Error, Finding, Label};
use crate::exchange::Parts;
use crate::exchange::handover::{EVIDENCE, README, files_beneath, seal};
use crate::model::{
    Canonical, Deployment, DeploymentName, End, Framework, Kind, Ledger, Link, Manifest, PartyId, Purpose,
    Reader, Received, Sent,
};
use crate::ops::handover::{
    CANNOT_HAND_OVER, LEAK, NOT_LOOKED_INTO, Names, end_of, end_of_person, evidence_of, leaks, next_number,
    others, readme, wanted,
};
use crate::ops::spoken::{Spoken, counts};
use crate::project::{CONFLICTS, Loaded, Project, exchange_of, folder_of, ledgers};
use crate::store::{Repo, Writer};
use crate::syntax::write_ledger;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use look::not_looked_into;
pub(super) use look::{Looker, TASK};

/// Hand a deployment over to an organisation that shares no repository with you
///
/// Writes one file with the assessment, its framework, statements and signatures, packs to read and a workbook to fill in. It opens without
/// tom; with tom, `tom receive` takes it in. It is made of what is committed, and nothing of any other deployment is in it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom hand-over acme-5-1 --to deployer                  the baseline, for any deployer
  tom hand-over acme-northfield --to supplier --by \"Carys Nunn\"
  tom hand-over acme-northfield --to authority --out northfield.zip
  tom hand-over acme-northfield --to authority --audience public
  tom hand-over acme-northfield --to supplier --receipt say that the last one arrived
  tom hand-over acme-northfield --to supplier --receipt --sign key.pub
  tom hand-over acme-northfield                         what was exchanged so far")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// For whom: supplier, deployer, authority, or another party of the framework
    #[arg(long, value_name = "PARTY")]
    to: Option<PartyId>,

    /// Who may see what is in it; those that it is for, if not given. Public: packs without personal data, and no assessment
    #[arg(long, value_parser = ["supplier", "deployer", "authority", "public"], requires = "to")]
    audience: Option<String>,

    /// Who hands it over, as `tom.toml` lists them; git's user name if not given
    #[arg(long, value_name = "NAME", requires = "to")]
    by: Option<String>,

    /// Sign it, or the receipt, with this SSH key, as decisions are signed
    #[arg(long, value_name = "KEY", requires = "to")]
    sign: Option<PathBuf>,

    /// The file to write; named after deployment, party and number if not given
    #[arg(long, value_name = "FILE", requires = "to")]
    out: Option<PathBuf>,

    /// Hand it over although it names other organisations or their people; somebody has looked at each
    #[arg(long, requires = "to")]
    allow_names: bool,

    /// Leave the PDFs out; the pages say the same
    #[arg(long, requires = "to")]
    no_pdf: bool,

    /// Write a receipt for the last hand-over that came from there instead
    #[arg(long, requires = "to", conflicts_with = "audience")]
    receipt: bool,

    /// Say what would be in it, and write nothing
    #[arg(long)]
    dry_run: bool,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What machines read.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Body {
    /// The deployment.
    deployment: DeploymentName,
    /// The file that was written, or would be; none for a list.
    file: Option<String>,
    /// The hand-overs that were sent, and in a list those that came, in order.
    exchanged: Vec<Exchanged>,
    /// The parts of the file with their sizes in bytes.
    parts: BTreeMap<String, usize>,
    /// What the reader may not see.
    left_out: Vec<String>,
}

/// A hand-over.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Exchanged {
    /// Whether it was sent from here, or came.
    direction: &'static str,
    /// The other end.
    with: String,
    /// Its number.
    number: u32,
    /// When.
    on: String,
    /// Who sent it.
    by: String,
    /// The digest of its manifest.
    digest: String,
    /// Whether its receipt is known: a receipt, or a hand-over that builds on it.
    received: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let writer = if args.dry_run || args.to.is_none() { None } else { Some(context.writer(&repo)?) };
    let project = context.sound_project(&repo, None)?;
    let (deployment, framework) = super::sound(&project, &name)?;
    let known = ledgers(project.store(), &deployment.meta.id)?;
    let Some(party) = &args.to else { return past::list(args, context, &deployment, &known) };
    if framework.party(party.as_str()).is_none() {
        let parties = framework.parties.iter().map(|party| party.id.as_str());
        super::known("party", party.as_str(), parties)?;
    }
    let sender = super::speaker(args.by.as_ref(), &repo)?;
    let from = end_of_person(project.settings(), &sender)?;
    let to = end_of(&deployment, &framework, party);
    if to.means(&from) {
        return Err(Error::new(&USAGE, format!("`{sender}` speaks for {from}: that is no other party"))
            .help("hand it over to another party, or say who hands it over with `--by`"));
    }
    if args.receipt {
        return past::receipt(args, context, &deployment, &known, &to);
    }
    refuse_unfinished(&repo, &project, &deployment)?;
    if args.sign.is_some() {
        tell_claims(context, &repo, &project, (&deployment, &framework), (&from, &sender));
    }
    let made =
        make(args, context, &repo, &project, (&deployment, &framework), &known, (&from, &sender), &to)?;
    let out = args
        .out
        .clone()
        .unwrap_or_else(|| PathBuf::from(format!("{name}-to-{}-{}.zip", to.key(), made.manifest.number)));
    if let Some(writer) = writer {
        write(context, &out, &made.bytes)?;
        if let Some(ledger) = &made.ledger {
            let path = format!("{}/ledger.toml", exchange_of(&deployment.meta.id, &to.key()));
            writer.write(&path, write_ledger(ledger, &name).as_bytes())?;
        }
    }
    let body = Body {
        deployment: name.clone(),
        file: Some(out.display().to_string()),
        exchanged: vec![Exchanged {
            direction: "sent",
            with: to.to_string(),
            number: made.manifest.number,
            on: made.manifest.on.to_string(),
            by: sender.clone(),
            digest: made.digest.clone(),
            received: false,
        }],
        parts: made.parts.iter().map(|(name, bytes)| (name.clone(), bytes.len())).collect(),
        left_out: made.manifest.left_out.clone(),
    };
    match args.format {
        Format::Json => context.print_json(&Output::of(body)),
        Format::Text => {
            context.print(text::show(&body, &made.manifest, &made.digest, context.width, args.dry_run))
        }
    }
    if args.format == Format::Text && made.ledger.is_some() && !args.dry_run {
        context.tell(format!("next: commit `exchanges/`, and send {}", out.display()));
    }
    Ok(Outcome::Clean)
}

/// Says what a signature would vouch for that only somebody else entered: who receives it sees no more than that signature.
fn tell_claims(
    context: &Context,
    repo: &Repo,
    project: &Project,
    (deployment, framework): (&Deployment, &Framework),
    (from, sender): (&End, &str),
) {
    let Some(past) = super::past(repo, deployment, framework, None) else { return };
    let mut claimed = past.foreign(project.settings(), project.store());
    let may_say = |spoken: &Spoken| {
        let mut signers = project.settings().people.named(sender);
        spoken.party(deployment).as_ref() == Some(&from.party)
            && signers.any(|(_, person)| spoken.may_come_from(person, deployment, framework))
    };
    claimed.retain(|spoken, _| may_say(spoken));
    if !claimed.is_empty() {
        let (name, is) = (&deployment.name, if claimed.len() == 1 { "is" } else { "are" });
        context.tell(format!(
            "note: {} of the {} {is} only claimed here, and your signature makes {} yours: `tom status {name}` says which",
            counts(claimed.keys()),
            from.party,
            if claimed.len() == 1 { "it" } else { "them" },
        ));
    }
}

/// What is committed, and nothing that waits, can be handed over.
fn refuse_unfinished(repo: &Repo, project: &Project, deployment: &Deployment) -> Result<(), Error> {
    let name = &deployment.name;
    let folder = folder_of(name);
    if project.store().read(&format!("{folder}/{CONFLICTS}"))?.is_some() {
        return Err(Error::new(&CANNOT_HAND_OVER, format!("`{name}` has conflicts that nobody has decided"))
            .help(format!("decide them first: `tom resolve {name}`")));
    }
    let evidence = evidence_of(deployment);
    let is_of_it =
        |path: &&String| path.starts_with(&format!("{folder}/")) || evidence.contains(path.as_str());
    if let Some(first) = repo.uncommitted("")?.iter().find(is_of_it) {
        return Err(Error::new(&UNCOMMITTED, format!("`{name}` has changes that are not committed"))
            .at(Label::file(first))
            .note("a hand-over is made of what is committed, so that you can always say what it was")
            .help("commit them first"));
    }
    Ok(())
}

/// Refuses what names other organisations: the reader must not learn of them here. Workbook and PDF say nothing that the pages do not.
fn refuse_leaks(context: &Context, names: &Names, parts: &Parts, foreign: Vec<Finding>) -> Result<(), Error> {
    let place =
        |finding: &Finding| finding.primary.as_ref().map(|label| label.file.clone()).unwrap_or_default();
    let mut found = foreign;
    let mut looker = Looker::default();
    let names = &wanted(names);
    for (name, bytes) in parts {
        if name.starts_with(EVIDENCE) {
            found.extend(looker.look(names, name, bytes));
        } else {
            found.extend(leaks(names, [(name.clone(), bytes.as_slice())]));
        }
    }
    for finding in found.extract_if(.., |finding| finding.code.id == NOT_LOOKED_INTO.id) {
        context.tell(format!("not looked into: {}; {}", place(&finding), finding.message));
    }
    let Some(first) = found.first() else { return Ok(()) };
    let mut error = Error::new(&LEAK, format!("it tells of another organisation: {}", first.message));
    for finding in found.iter().take(10) {
        error = error.note(format!("{}: {}", place(finding), finding.message));
    }
    if found.len() > 10 {
        error = error.note(format!("and {} more", found.len() - 10));
    }
    Err(error.help("reword it (`tom check --leaks` shows each line), or say `--allow-names` once somebody has looked at each"))
}

/// The names that are not for this reader. The supplier serves every organisation, and knows them.
fn names_for(project: &Project, own: (&Deployment, &Framework), reader: Reader) -> Result<Names, Error> {
    if reader == Reader::Supplier { Ok(Names::new()) } else { names_of_others(project, own) }
}

/// The names of every other organisation here.
pub(super) fn names_of_others(project: &Project, own: (&Deployment, &Framework)) -> Result<Names, Error> {
    Ok(names_among(&everybody(project)?, project, own))
}

/// A deployment with its framework.
type Sound = (Deployment, Arc<Framework>);

/// Every deployment that can be read. One that cannot names nobody; its own check says why.
fn everybody(project: &Project) -> Result<Vec<Sound>, Error> {
    let mut loader = project.loader()?;
    let names = project.deployments()?.0;
    Ok(names.iter().filter_map(|name| loader.load(name).and_then(Loaded::sound).ok()).collect())
}

fn names_among(all: &[Sound], project: &Project, own: (&Deployment, &Framework)) -> Names {
    let known = all.iter().map(|(deployment, framework)| (deployment, &**framework));
    others(own.0, known, own.1, project.settings())
}

/// Files of evidence that came along with another organisation's assessment: what is in them is theirs.
fn foreign_files(project: &Project, deployment: &Deployment, reader: Reader) -> Result<Vec<Finding>, Error> {
    let (Some(lineage), Some(received)) = (&deployment.meta.derived_from, &deployment.received) else {
        return Ok(Vec::new());
    };
    let names = project.deployments()?.0;
    let kind = |name: &DeploymentName| project.meta(name).map(|meta| (meta.id, meta.kind));
    let is_foreign = names
        .iter()
        .any(|name| kind(name).is_ok_and(|(id, kind)| id == lineage.id && kind == Kind::Deployment));
    if reader == Reader::Supplier || !is_foreign {
        return Ok(Vec::new());
    }
    let came =
        Deployment { answers: received.answers.clone(), risks: received.risks.clone(), ..deployment.clone() };
    let (now, came) = (evidence_of(deployment), evidence_of(&came));
    let finding = |path: &&str| {
        Finding::new(&LEAK, format!("`{path}` is a file that came with another organisation's assessment"))
            .at(Label::file(*path))
    };
    // What a baseline names is the supplier's own.
    let baselines = names.iter().filter(|name| kind(name).is_ok_and(|(_, kind)| kind == Kind::Baseline));
    let baselines: Vec<Deployment> =
        baselines.filter_map(|name| super::sound(project, name).ok()).map(|(baseline, _)| baseline).collect();
    let is_own = |path: &&&str| baselines.iter().any(|baseline| evidence_of(baseline).contains(**path));
    Ok(now.intersection(&came).filter(|path| !is_own(path)).map(finding).collect())
}

/// Other organisations' names in the folders of deployments, for `tom check --leaks`.
pub(super) fn leaks_of(project: &Project, names: &[DeploymentName]) -> Result<Vec<Finding>, Error> {
    let mut found = Vec::new();
    let mut looker = Looker::default();
    let all = everybody(project)?;
    for name in names {
        let Some((deployment, framework)) = all.iter().find(|(deployment, _)| deployment.name == *name)
        else {
            continue;
        };
        let named = names_among(&all, project, (deployment, framework));
        let named = wanted(&named);
        let folder = folder_of(name);
        let mut files = files_beneath(project.store(), &folder)?;
        // What came from a parent may name it: a hand-over leaves that out by itself.
        files.retain(|file, _| file != "received.toml" && file != "deployment.toml");
        found.extend(leaks(
            &named,
            files.iter().map(|(file, bytes)| (format!("{folder}/{file}"), bytes.as_slice())),
        ));
        for path in evidence_of(deployment) {
            match project.store().read(path) {
                Ok(bytes) => found.extend(bytes.iter().flat_map(|bytes| looker.look(&named, path, bytes))),
                Err(error) => found.push(not_looked_into(path, &error.finding().message)),
            }
        }
    }
    Ok(found)
}

/// A hand-over that was put together.
struct Made {
    manifest: Manifest,
    digest: String,
    bytes: Vec<u8>,
    /// Its parts without the manifest.
    parts: Parts,
    /// The ledger with it; none where exactly this was sent before.
    ledger: Option<Ledger>,
}

#[expect(clippy::too_many_arguments, reason = "who hands what to whom, from where")]
fn make(
    args: &Args,
    context: &Context,
    repo: &Repo,
    project: &Project,
    (deployment, framework): (&Deployment, &Framework),
    known: &BTreeMap<String, Ledger>,
    (from, sender): (&End, &str),
    to: &End,
) -> Result<Made, Error> {
    let reader = reader(args, to)?;
    let ledger = known.get(&to.key()).cloned().unwrap_or_else(|| Ledger::new(to.clone()));
    let base = ledger
        .came
        .as_ref()
        .filter(|_| reader != Reader::Public)
        .map(|came| Link { number: came.link.number, digest: came.link.digest.clone() });
    let names = names_for(project, (deployment, framework), reader)?;
    let built = parts::build(&parts::Asked {
        context,
        repo,
        project,
        deployment,
        framework,
        to,
        reader,
        with_base: base.is_some(),
        with_pdf: !args.no_pdf,
        names: &names,
    })?;
    if !args.allow_names {
        refuse_leaks(context, &names, &built.parts, foreign_files(project, deployment, reader)?)?;
    }
    let content = Received { answers: deployment.answers.clone(), risks: deployment.risks.clone() };
    let mut manifest = Manifest {
        number: 1,
        on: context.today(),
        id: deployment.meta.id.clone(),
        name: deployment.name.clone(),
        title: deployment.meta.title.clone(),
        kind: deployment.meta.kind,
        framework: deployment.meta.framework.clone(),
        from: from.clone(),
        by: sender.to_owned(),
        to: to.clone(),
        reader,
        base,
        left_out: built.left_out,
        said: (reader != Reader::Public).then(|| content.confirmations().to_string()),
        parts: BTreeMap::new(),
    };
    let put = |mut manifest: Manifest| -> Result<_, Error> {
        let mut parts = built.parts.clone();
        manifest.parts = parts.keys().map(|name| (name.clone(), String::new())).collect();
        parts.insert(README.to_owned(), readme(&manifest).into_bytes());
        let (bytes, digest) =
            seal(&mut manifest, parts.clone(), |bytes| signature(args, context, Purpose::HandOver, bytes))?;
        Ok(Made { manifest, digest, bytes, parts, ledger: None })
    };
    // What was sent last, if it is this: handing it over again gives the same file.
    if let Some((number, last)) = ledger.sent.last_key_value() {
        let again = Manifest { number: *number, on: last.on, ..manifest.clone() };
        let made = put(again)?;
        if made.digest == last.digest {
            return Ok(made);
        }
    }
    manifest.number = next_number(known);
    let mut made = put(manifest)?;
    let mut ledger = ledger;
    let lineage = deployment.meta.derived_from.as_ref();
    ledger.sent.insert(
        made.manifest.number,
        Sent {
            digest: made.digest.clone(),
            content: (reader != Reader::Public).then(|| content.digest().to_string()),
            built_on: made.manifest.base.as_ref().map(|base| base.number),
            on: made.manifest.on,
            by: sender.to_owned(),
            title: deployment.meta.title.clone(),
            received: built.received.clone(),
            confirmations: lineage.and_then(|lineage| lineage.confirmations.clone()),
            receipts: BTreeMap::new(),
        },
    );
    made.ledger = Some(ledger);
    Ok(made)
}

/// Who may see it: those that it is for, unless said otherwise.
fn reader(args: &Args, to: &End) -> Result<Reader, Error> {
    let word = args.audience.as_deref().unwrap_or(to.party.as_str());
    Reader::ALL.iter().copied().find(|reader| reader.as_str() == word).ok_or_else(|| {
        Error::new(&USAGE, format!("what may the {word} see?")).help(
            "say with `--audience` which party's view it is to have: supplier, deployer, authority or public",
        )
    })
}

/// The signature that is asked for; none where none is.
fn signature(
    args: &Args,
    context: &Context,
    purpose: Purpose,
    bytes: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    args.sign.as_ref().map(|key| sign(purpose, bytes, &context.folder.join(key))).transpose()
}

/// Writes one file where it was asked for.
fn write(context: &Context, to: &Path, bytes: &[u8]) -> Result<(), Error> {
    let target = context.folder.join(to);
    let name = target.file_name().and_then(|name| name.to_str());
    let (Some(name), Some(folder)) = (name, target.parent()) else {
        return Err(Error::new(&USAGE, "`--out` names no file").at(Label::file(to.display().to_string())));
    };
    Writer::unlocked(folder).write(name, bytes)
}
