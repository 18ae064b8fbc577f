use crate::cli::Outcome;
use crate::cli::codes::{NOT_SIGNED, UNCOMMITTED, USAGE};
use crate::cli::context::Context;
use crate::cli::decided::author_where_asked;
use crate::cli::report::one_line;
use crate::cli::sign::sign;
use crate::cli::words::{counted, wrapped};
use crate::diag::Error;
use crate::model::{
    Date, Deployment, DeploymentName, Digest, ItemId, Key, Moment, Purpose, Recording, Settings, Verdict,
    statement_name,
};
use crate::ops::decide::{CANNOT_DECIDE, Decision, Proposal, Voice, Wish, propose};
use crate::ops::policy::{Keys, keys};
use crate::ops::signature::{self, SigningKey};
use crate::ops::verify::{A_DAY, Case, judge, of_one_id};
use crate::project::{APPROVALS, EvidenceFiles, Papers, Project, evidence_digest, folder_of, papers};
use crate::store::{Repo, Store, WorkTree};
use crate::syntax::write_statement;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Decide on a phase, in a role that may
///
/// Writes a statement over exactly the content that is committed, and signs it with your SSH key. It shows the digest and what changed since this role
/// decided last, and asks for the digest's first eight digits. A statement is never changed: deciding anew and withdrawing make new ones.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom decide acme-northfield --phase 1 --role asset-owner --outcome approved-dsa-needed \\
      --verdict AP1-02=Approved --verdict AP1-03=Approved --verdict AP1-04=Approved
  tom decide acme-northfield --phase 2 --role executive --outcome approved --key ~/.ssh/id_ed25519
  tom decide acme-northfield --phase 2 --role siro --outcome returned --query IGA-16=\"Which system is it?\"
  tom decide acme-northfield --phase 2 --role executive --withdraw 3f2a91c0 --reason \"Signed by mistake\"
  tom decide acme-northfield --phase 1 --role asset-owner --outcome fully-approved … \\
      --recorded-for \"Marian Holt\" --evidence docs/evidence/approval.eml")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// The phase that is decided on
    #[arg(long)]
    phase: u8,

    /// The role in which you decide
    #[arg(long)]
    role: String,

    /// What you decide; an unknown word shows what there is
    #[arg(long, required_unless_present = "withdraw")]
    outcome: Option<String>,

    /// A verdict, where the role gives some
    #[arg(long = "verdict", value_name = "ITEM=WORD")]
    verdicts: Vec<String>,

    /// Why a verdict is as it is
    #[arg(long = "because", value_name = "ITEM=TEXT")]
    because: Vec<String>,

    /// Something that has to be seen to; may be given more than once
    #[arg(long = "condition", value_name = "TEXT")]
    conditions: Vec<String>,

    /// A question about an item or a risk
    #[arg(long = "query", value_name = "ITEM=TEXT")]
    queries: Vec<String>,

    /// The last day on which the decision holds
    #[arg(long, value_name = "DATE")]
    expires: Option<Date>,

    /// Why
    #[arg(long)]
    reason: Option<String>,

    /// The digest that you decide over, or its first eight digits or more; asked for if not given
    #[arg(long, value_name = "DIGEST")]
    digest: Option<String>,

    /// Take a statement back, named by its digest
    #[arg(long, value_name = "STATEMENT", conflicts_with_all = ["outcome", "verdicts", "because", "conditions", "queries", "expires", "digest"])]
    withdraw: Option<String>,

    /// Who decides; git's user name if not given. With `--recorded-for`, who writes it down
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Write down the decision of somebody who has no tom: recorded, never verified
    #[arg(long, value_name = "NAME", requires = "evidence")]
    recorded_for: Option<String>,

    /// What shows a recorded decision: a file of the repository
    #[arg(long, value_name = "FILE", requires = "recorded_for")]
    evidence: Option<String>,

    /// The SSH key that signs, or a public one that your agent or device holds; git's `user.signingkey` if not given
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,

    /// Show what would be decided, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let tree = WorkTree::new(context.work_tree(&repo)?);
    let writer = if args.dry_run { None } else { Some(context.writer(&repo)?) };
    // Everything that is decided over is read from one commit, which nobody can change meanwhile.
    let commit = repo.at("HEAD")?.commit().id.clone();
    let project = context.sound_project(&repo, Some(&commit))?;
    let (deployment, framework) = super::sound(&project, &name)?;
    super::committed(&repo, &project, &name)?;
    can_be_told(context, &repo, &project, &deployment, &commit)?;
    let keys = keys(project.settings())?;
    let papers = Papers {
        evidence: EvidenceFiles::of(project.store()),
        ..papers(&tree, Some((&repo, "HEAD")), &name)?
    };
    let papers = papers.among(&project, &deployment);
    papers.sound()?;
    let case =
        Case::of(&deployment, &framework, project.settings(), &keys, &papers.evidence, context.today());
    let judgement = judge(&case, &papers)?;
    let voice = voice(args, context, &repo, project.store(), &commit)?;
    let author = author_where_asked(&project, (&repo, Some(&commit)), &name, false)?;
    let proposal = propose(&case, &judgement, author.as_ref(), &voice, &wish(args)?)?;
    evidence_is_there(&repo, &papers.evidence)?;
    let own = own_keys(project.settings(), &keys, &proposal);
    let key = match args.dry_run {
        true => None,
        false => signing_key(args, &repo, project.settings(), proposal.statement.recorded.is_some(), &own)?,
    };
    show(context, &name, &proposal);
    let bytes = write_statement(&proposal.statement).into_bytes();
    let folder = format!("{}/{APPROVALS}/{}", folder_of(&name), args.phase);
    let file = format!("{folder}/{}", statement_name(&proposal.statement.role, Digest::of_bytes(&bytes)));
    let Some(writer) = writer else {
        context.print(format!("would write {file}\n"));
        return Ok(Outcome::Clean);
    };
    if let Some(digest) = proposal.digest {
        agree(args, context, digest)?;
    }
    let signature = key.map(|key| signature(&bytes, &key, &own)).transpose()?;
    let how = match (&signature, &proposal.statement.recorded) {
        (_, Some(_)) => "recorded",
        (Some(_), None) => "verified",
        (None, None) => "claimed",
    };
    // The signature first: a statement that is there has everything that belongs to it.
    if let Some(signature) = signature {
        writer.create(&format!("{file}.sig"), &signature)?;
    }
    writer.create(&file, &bytes)?;
    context.print(format!("wrote {file} ({how})\n"));
    if how == "claimed" {
        context.tell("note: it is not signed, so it is only claimed; `--key FILE` signs");
    }
    context.tell("next: commit it; `tom verify` says what the phase still needs");
    Ok(Outcome::Clean)
}

/// Whether a statement made now would say of which deployment it is, and of what time.
fn can_be_told(
    context: &Context,
    repo: &Repo,
    project: &Project,
    deployment: &Deployment,
    commit: &str,
) -> Result<(), Error> {
    let twins: Vec<DeploymentName> =
        project.of_id(&deployment.meta.id).iter().filter(|name| **name != deployment.name).cloned().collect();
    if let Some(why) = of_one_id(&deployment.name, &twins) {
        return Err(Error::new(&CANNOT_DECIDE, why)
            .help("give the copy an id of its own: see `tom explain TOM-0504`"));
    }
    match repo.made(commit).map(Moment).filter(|made| context.now() + A_DAY < made.0) {
        Some(made) => {
            let now = Moment(context.now());
            let message =
                format!("the clock says {now}, and the commit that you decide over was made at {made}");
            Err(Error::new(&CANNOT_DECIDE, message)
                .help("set the clock: a decision cannot be older than what it is over"))
        }
        None => Ok(()),
    }
}

fn evidence_is_there(repo: &Repo, evidence: &EvidenceFiles<'_>) -> Result<(), Error> {
    if let Some(error) = evidence.errors().into_iter().next() {
        return Err(error);
    }
    if let Some(path) = evidence.missing().first() {
        return Err(Error::new(&UNCOMMITTED, format!("the evidence `{path}` is not in the commit"))
            .help("a decision covers what its evidence says: commit the file, or name another"));
    }
    for path in evidence.asked() {
        if let Some(changed) = repo.uncommitted(&path)?.first() {
            return Err(Error::new(
                &UNCOMMITTED,
                format!("the evidence `{changed}` has changes that are not committed"),
            )
            .help("a decision covers what its evidence says: commit the changes, or take them back"));
        }
    }
    Ok(())
}

fn voice(
    args: &Args,
    context: &Context,
    repo: &Repo,
    store: &dyn Store,
    commit: &str,
) -> Result<Voice, Error> {
    let speaker = super::speaker(args.by.as_ref(), repo)?;
    let reason = args.reason.as_deref().map(|text| super::plain("reason", text)).transpose()?;
    let (by, recorded) = match (&args.recorded_for, &args.evidence) {
        (Some(name), Some(path)) => {
            // What is not committed is here and nowhere else.
            let digest = evidence_digest(store, path)?.ok_or_else(|| {
                Error::new(&UNCOMMITTED, format!("there is no file `{}` in the commit", path.escape_debug()))
                    .help("name what shows the decision, from the repository's root, and commit it first")
            })?;
            let recording = Recording { by: speaker, evidence: super::plain("evidence", path)?, digest };
            (super::plain("name", name)?, Some(recording))
        }
        _ => (speaker, None),
    };
    Ok(Voice {
        phase: args.phase,
        role: args.role.clone(),
        by,
        time: Moment(context.now()),
        commit: Some(commit.to_owned()),
        reason,
        recorded,
    })
}

fn wish(args: &Args) -> Result<Wish, Error> {
    if let Some(start) = &args.withdraw {
        return Ok(Wish::Withdraw(start.clone()));
    }
    let mut verdicts: BTreeMap<ItemId, Verdict> = BTreeMap::new();
    for (id, word) in super::pairs("verdict", &args.verdicts)? {
        let id = ItemId::new(id).map_err(|error| Error::new(&USAGE, error.to_string()))?;
        verdicts.insert(id, Verdict { verdict: word, reason: None });
    }
    for (id, text) in super::pairs("because", &args.because)? {
        let Some(verdict) = verdicts.get_mut(id.as_str()) else {
            return Err(Error::new(&USAGE, format!("`--because {id}` has no verdict beside it")));
        };
        verdict.reason = Some(text);
    }
    let queries = super::by_address("query", &args.queries)?;
    let mut conditions = BTreeMap::new();
    for (at, text) in args.conditions.iter().enumerate() {
        let key = Key::new(format!("C{}", at + 1)).map_err(|error| Error::new(&USAGE, error.to_string()))?;
        conditions.insert(key, super::plain("condition", text)?);
    }
    let outcome = args.outcome.clone().unwrap_or_default();
    Ok(Wish::Decide(Decision { outcome, verdicts, conditions, queries, expires: args.expires }))
}

/// How many changed leaves are listed.
const MOST_LISTED: usize = 20;

fn show(context: &Context, name: &DeploymentName, proposal: &Proposal<'_>) {
    let says = &proposal.statement;
    let what = match (&says.outcome, &says.withdraws) {
        (Some(outcome), _) => format!("decides: {outcome}"),
        (None, Some(id)) => format!("withdraws: {}", &id.hex()[..12]),
        (None, None) => String::new(),
    };
    let mut out =
        format!("{name}, phase {}, {} ({})\n{what}\n", says.phase, one_line(&says.by), one_line(&says.role));
    for (item, verdict) in &says.verdicts {
        let because = verdict.reason.as_ref().map(|reason| format!(", because {reason}")).unwrap_or_default();
        let line = format!("{item}: {}{because}", verdict.verdict);
        out += &(wrapped(&one_line(&line), 2, context.width) + "\n");
    }
    let reason = says.reason.iter().map(|reason| format!("reason: {reason}"));
    let conditions = says.conditions.values().map(|condition| format!("condition: {condition}"));
    let queries = says.queries.iter().map(|(address, query)| format!("query about {address}: {query}"));
    let expires = says.expires.iter().map(|expires| format!("it holds until {expires}"));
    for line in reason.chain(conditions).chain(queries).chain(expires) {
        out += &(wrapped(&one_line(&line), 2, context.width) + "\n");
    }
    for (scope, seal) in &says.scopes {
        out += &format!("over the scope {scope}: {}\n", counted(seal.leaves.len(), "leaf", "leaves"));
    }
    if !says.leaves_open.is_empty() {
        let items: Vec<&str> = says.leaves_open.iter().map(ItemId::as_str).collect();
        out += &format!("left open, to be filled in without voiding it: {}\n", items.join(", "));
    }
    if says.withdraws.is_none() {
        match proposal.last {
            None => out += "this role has decided nothing here before\n",
            Some(last) if proposal.changed.is_empty() => {
                out += &format!("nothing has changed since {}\n", last.statement.time.day());
            }
            Some(last) => {
                let count = counted(proposal.changed.len(), "leaf", "leaves");
                out += &format!("changed since {}: {count}\n", last.statement.time.day());
                for leaf in proposal.changed.iter().take(MOST_LISTED) {
                    out += &format!("  {}\n", one_line(leaf));
                }
                if proposal.changed.len() > MOST_LISTED {
                    out += &format!("  and {} more\n", proposal.changed.len() - MOST_LISTED);
                }
            }
        }
    }
    for what in &proposal.notes {
        out += &format!("note: {what}\n");
    }
    if let Some(digest) = proposal.digest {
        out += &format!("digest {}\n", digest.grouped());
    }
    context.print(out);
}

/// Makes sure that the approver means this digest.
fn agree(args: &Args, context: &Context, digest: Digest) -> Result<(), Error> {
    let typed = match &args.digest {
        Some(typed) => typed.clone(),
        None if context.can_ask => context
            .ask("Compare the digest with the one in your pack, and type its first eight digits:")
            .unwrap_or_default(),
        None => {
            return Err(Error::new(&USAGE, "nobody is there to be asked for the digest")
                .help("give the digest, or its first eight digits or more, with `--digest`"));
        }
    };
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let digits = digits.strip_prefix("sha256:").unwrap_or(&digits).to_lowercase();
    if digits.len() < 8 || !digest.hex().starts_with(&digits) {
        let message = format!("`{}` is not how the digest begins that is decided over", typed.escape_debug());
        return Err(Error::new(&CANNOT_DECIDE, message)
            .help("look again: the content is not the one that you have read"));
    }
    Ok(())
}

/// The keys that may sign for whoever decides, or for whoever writes it down.
fn own_keys<'k>(settings: &Settings, keys: &'k Keys, proposal: &Proposal<'_>) -> Vec<&'k SigningKey> {
    match &proposal.statement.recorded {
        Some(recording) => {
            settings.people.named(&recording.by).filter_map(|(id, _)| keys.get(id)).flatten().collect()
        }
        None => keys.get(proposal.key).into_iter().flatten().collect(),
    }
}

/// The file of the key that signs; none where nothing has to be signed.
fn signing_key(
    args: &Args,
    repo: &Repo,
    settings: &Settings,
    is_recorded: bool,
    own: &[&SigningKey],
) -> Result<Option<PathBuf>, Error> {
    let configured = || repo.signing_key().filter(|_| !is_recorded && !own.is_empty());
    let key = args.key.clone().or_else(configured);
    if key.is_none() && !is_recorded && (settings.policy.signatures_required || !own.is_empty()) {
        let why =
            if own.is_empty() { "the policy asks for a signature" } else { "this person signs with a key" };
        return Err(Error::new(&NOT_SIGNED, format!("{why}, and no key was named"))
            .help("name it with `--key`, or set git's `gpg.format = ssh` and `user.signingkey`"));
    }
    Ok(key)
}

/// A signature, checked before it is written as a reader will check it.
fn signature(bytes: &[u8], key: &Path, own: &[&SigningKey]) -> Result<Vec<u8>, Error> {
    let signature = sign(Purpose::Statement, bytes, key)?;
    signature::verify(Purpose::Statement, bytes, &signature, own.iter().copied()).map_err(|why| {
        Error::new(&NOT_SIGNED, format!("the signature would not be accepted: {why}"))
            .help("list the public key under `keys` of the person in `tom.toml`, and commit that")
    })?;
    Ok(signature)
}
