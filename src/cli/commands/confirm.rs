use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::detail;
use crate::cli::words::counted;
use crate::diag::{Error, nearest};
use crate::model::{Address, Confirmation, Deployment, Framework, PartyId};
use crate::ops::confirm::{self, Entry, Voice};
use crate::ops::detail::{Detail, Teller};
use crate::ops::state::{Stand, State, States, risk_owner, states};
use crate::project::folder_of;
use crate::store::Replacement;
use crate::syntax::{Edit, edit, route_of};
use std::collections::BTreeMap;

/// Stand by answers and risks for a party
///
/// Records that the party stands by an answer, a risk or a mitigation as it is now, with the facts that it rests on. It turns stale by itself when
/// one of them changes. Shows in full what is confirmed, what it rests on, and what it said when the party last spoke, where git has it. Without an address, `--all` confirms everything that the party has been asked for and has not confirmed yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  tom confirm acme-eastmoor IGA-03 --party supplier --by \"Jo Marsh\"
  tom confirm acme-eastmoor HAZ-004 --party deployer
  tom confirm acme-eastmoor HAZ-004.mitigations.M1 --party supplier
  tom confirm acme-eastmoor ig risks --party deployer --by \"Ann Lee\"
  tom confirm acme-eastmoor --all --party supplier --dry-run")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// What to confirm: items, risks, mitigations; a section or `risks` stands for everything open in it
    #[arg(value_name = "ADDRESS|SECTION")]
    what: Vec<String>,

    /// The party that stands by it
    #[arg(long)]
    party: PartyId,

    /// Who speaks for the party; git's user name if not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// A remark that stays with the confirmation
    #[arg(long)]
    note: Option<String>,

    /// Everything open in this section; may be given many times
    #[arg(long)]
    section: Vec<String>,

    /// Everything open that this party has been asked for
    #[arg(long, conflicts_with_all = ["what", "section"])]
    all: bool,

    /// Confirm anew what somebody has confirmed for the party already
    #[arg(long)]
    again: bool,

    /// Show what would be confirmed, and write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let repo = context.repo()?;
    let name = super::name(&args.deployment)?;
    let writer = context.writer(&repo)?;
    let project = context.sound_project(&repo, None)?;
    let (deployment, framework) = super::sound(&project, &name)?;
    super::known("party", args.party.as_str(), framework.parties.iter().map(|party| party.id.as_str()))?;
    let by = super::speaker(args.by.as_ref(), &repo)?;
    let note = args.note.as_deref().map(|note| super::plain("note", note)).transpose()?;
    let voice = Voice { party: args.party.clone(), by, on: context.today(), note };
    let states = states(&deployment, &framework);
    let asked = asked(args, &deployment, &framework)?;
    let (targets, standing) = targets(args, &asked, &deployment, &states);
    for (entry, spoke) in &standing {
        context.tell(format!(
            "`{}` is confirmed already, by {} on {}: `--again` confirms it anew",
            entry.address(),
            spoke.by,
            spoke.on
        ));
    }
    if targets.is_empty() {
        context.print(format!("nothing is open for {} there\n", args.party));
        return Ok(Outcome::Clean);
    }
    let past = super::past(&repo, &deployment, &framework, None);
    let teller = Teller {
        deployment: &deployment,
        framework: &framework,
        settings: project.settings(),
        states: &states,
        past: past.as_ref(),
        foreign: BTreeMap::new(),
    };
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut refused = Vec::new();
    let mut done = 0;
    for entry in &targets {
        let confirmation = match confirm::entry(&deployment, &framework, entry, &voice) {
            Ok(confirmation) => confirmation,
            Err(error) if !asked.named.contains(entry) => {
                refused.push(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let address = entry.address().then("confirmed").then(args.party.as_str());
        let is_risk = !matches!(entry, Entry::Answer(_));
        let file = match framework.item(&address.subject) {
            Some(item) => format!("{}/{}.toml", folder_of(&name), item.section),
            None => format!("{}/risks/{}.toml", folder_of(&name), address.subject),
        };
        let bytes = match files.remove(&file) {
            Some(bytes) => bytes,
            None => project.store().read(&file)?.unwrap_or_default(),
        };
        let edited = edit(&file, &bytes, &Edit::Confirm(route_of(&address, is_risk), confirmation))?;
        files.insert(file, edited);
        if let Some(detail) = teller.tell(entry) {
            context.print(shown(&detail, &args.party, context.width));
        }
        done += 1;
    }
    for error in &refused {
        context.tell(format!("left open: {}", error.finding().message));
    }
    if done == 0 {
        context.print("nothing was confirmed\n");
        return Ok(Outcome::Found);
    }
    super::tell_if_claimed(context, project.settings(), &deployment, &framework, (&voice.party, &voice.by));
    if args.dry_run {
        context.print(format!("would confirm {}\n", counted(done, "entry", "entries")));
        return Ok(Outcome::Clean);
    }
    let files: Vec<Replacement> =
        files.into_iter().map(|(path, bytes)| Replacement { path, after: Some(bytes) }).collect();
    writer.replace_all(&files)?;
    context.print(format!(
        "{} confirmed for {} by {}\n",
        counted(done, "entry", "entries"),
        voice.party,
        voice.by
    ));
    Ok(Outcome::Clean)
}

/// What is being confirmed, in full, and why this party has to look at it again.
fn shown(detail: &Detail, party: &PartyId, width: usize) -> String {
    let mut out = detail::content(detail, width);
    let was = detail.parties.iter().find(|standing| standing.party == *party && !standing.stands);
    out += &was.map(|was| detail::standing(was, width)).unwrap_or_default();
    out + "\n"
}

/// What was asked for on the command line.
struct Asked {
    /// Entries by their address.
    named: Vec<Entry>,
    /// Sections of which everything open is meant.
    sections: Vec<String>,
}

/// The word for all risks, of whatever section.
const RISKS: &str = "risks";

fn asked(args: &Args, deployment: &Deployment, framework: &Framework) -> Result<Asked, Error> {
    let is_section = |text: &str| framework.sections.iter().any(|section| section.id.as_str() == text);
    let mut asked = Asked { named: Vec::new(), sections: args.section.clone() };
    for text in &args.what {
        if text == RISKS || is_section(text) {
            asked.sections.push(text.clone());
            continue;
        }
        let address: Address = text.parse().map_err(|error| {
            let what = format!("`{}` is neither a section nor an address", text.escape_debug());
            let sections = framework.sections.iter().map(|section| section.id.as_str()).chain([RISKS]);
            match nearest(text, sections) {
                Some(near) => Error::new(&USAGE, what).help(format!("did you mean `{near}`?")),
                None => Error::new(&USAGE, what).note(format!("as an address: {error}")),
            }
        })?;
        asked.named.push(Entry::of(&address, deployment, framework)?);
    }
    let known = framework.sections.iter().map(|section| section.id.as_str()).chain([RISKS]);
    for section in &args.section {
        super::known("section", section, known.clone())?;
    }
    if !args.all && asked.named.is_empty() && asked.sections.is_empty() {
        return Err(Error::new(&USAGE, "nothing is named to confirm")
            .help("name items, risks or sections, or say `--all`"));
    }
    Ok(asked)
}

/// What is to be confirmed, and what was named and is confirmed for the party as it stands.
fn targets<'d>(
    args: &Args,
    asked: &Asked,
    deployment: &'d Deployment,
    states: &States<'d>,
) -> (Vec<Entry>, Vec<(Entry, &'d Confirmation)>) {
    let in_section = |section: &str| args.all || asked.sections.iter().any(|wanted| wanted == section);
    let is_open = |stand: &Stand| *stand != Stand::Stands;
    let mut targets = Vec::new();
    let mut standing = Vec::new();
    let mut look = |entry: Entry, stand: &Stand, is_asked: bool, spoke: Option<&'d Confirmation>| {
        let is_named = asked.named.contains(&entry);
        match spoke.filter(|_| is_named && !args.again && !is_open(stand)) {
            Some(spoke) => standing.push((entry, spoke)),
            None if is_named || (is_asked && (is_open(stand) || args.again)) => targets.push(entry),
            None => {}
        }
    };
    for answer in &states.answers {
        let is_asked = in_section(answer.item.section.as_str()) && answer.state != State::Unanswered;
        for (_, stand) in answer.parties.iter().filter(|(party, _)| **party == args.party) {
            let spoke = answer.answer.and_then(|answer| answer.confirmed.get(&args.party));
            look(Entry::Answer(answer.slot.clone()), stand, is_asked, spoke);
        }
    }
    for risk in &states.risks {
        let is_asked = in_section(risk.risk.section.as_str()) || in_section(RISKS);
        for (key, (_, stand)) in risk.mitigations.iter().filter(|(_, (owner, _))| **owner == args.party) {
            let spoke = risk.risk.mitigations.get(*key).and_then(|m| m.confirmed.get(&args.party));
            look(Entry::Mitigation(risk.id.clone(), (*key).clone()), stand, is_asked, spoke);
        }
        if risk_owner(deployment) == args.party {
            let spoke = risk.risk.confirmed.get(&args.party);
            look(Entry::Risk(risk.id.clone()), &risk.whole.1, is_asked, spoke);
        }
    }
    // What nobody asked this party for is still tried, so that the refusal says why not.
    let found: Vec<&Entry> = targets.iter().chain(standing.iter().map(|(entry, _)| entry)).collect();
    let others: Vec<Entry> = asked.named.iter().filter(|entry| !found.contains(entry)).cloned().collect();
    targets.extend(others);
    (targets, standing)
}
