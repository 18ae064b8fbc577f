use crate::cli::Outcome;
use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::detail;
use crate::cli::words::counted;
use crate::diag::Error;
use crate::model::{Address, Deployment, Framework, PartyId};
use crate::ops::confirm::{self, Entry, Voice};
use crate::ops::detail::{Detail, Teller};
use crate::ops::state::{Stand, States, may_speak, risk_owner, states};
use crate::project::folder_of;
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
  tom confirm acme-eastmoor --section ig --party deployer --by \"Ann Lee\"
  tom confirm acme-eastmoor --all --party supplier --dry-run")]
pub struct Args {
    /// The deployment
    deployment: String,

    /// What to confirm: items, risks, mitigations
    #[arg(value_name = "ADDRESS")]
    addresses: Vec<Address>,

    /// The party that stands by it
    #[arg(long)]
    party: PartyId,

    /// Who speaks for the party; git's user name if not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// A remark that stays with the confirmation
    #[arg(long)]
    note: Option<String>,

    /// Everything open in this section
    #[arg(long, conflicts_with = "addresses")]
    section: Option<String>,

    /// Everything open that this party has been asked for
    #[arg(long, conflicts_with_all = ["addresses", "section"])]
    all: bool,

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
    let targets = targets(args, &deployment, &framework, &states)?;
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
            Err(error) if args.addresses.is_empty() => {
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
    if !may_speak(project.settings(), &deployment, &framework, &voice.party, &voice.by) {
        context.tell(format!(
            "note: `{}` is not listed in tom.toml for {}: the confirmation is only claimed",
            voice.by, voice.party
        ));
    }
    if args.dry_run {
        context.print(format!("would confirm {}\n", counted(done, "entry", "entries")));
        return Ok(Outcome::Clean);
    }
    for (file, bytes) in &files {
        writer.write(file, bytes)?;
    }
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

fn targets(
    args: &Args,
    deployment: &Deployment,
    framework: &Framework,
    states: &States<'_>,
) -> Result<Vec<Entry>, Error> {
    if !args.addresses.is_empty() {
        return args.addresses.iter().map(|address| Entry::of(address, deployment, framework)).collect();
    }
    if args.section.is_none() && !args.all {
        return Err(Error::new(&USAGE, "nothing is named to confirm")
            .help("name items or risks, or use `--section` or `--all`"));
    }
    if let Some(section) = &args.section {
        super::known("section", section, framework.sections.iter().map(|section| section.id.as_str()))?;
    }
    let in_section = |section: &str| args.section.as_deref().is_none_or(|wanted| wanted == section);
    let is_open = |stand: &Stand| *stand != Stand::Stands;
    let answers = states
        .answers
        .iter()
        .filter(|a| in_section(a.item.section.as_str()) && a.state != crate::ops::state::State::Unanswered)
        .filter(|a| a.parties.iter().any(|(party, stand)| **party == args.party && is_open(stand)))
        .map(|a| Entry::Answer(a.slot.clone()));
    let mut targets: Vec<Entry> = answers.collect();
    for risk in states.risks.iter().filter(|risk| in_section(risk.risk.section.as_str())) {
        for (key, (owner, stand)) in &risk.mitigations {
            if **owner == args.party && is_open(stand) {
                targets.push(Entry::Mitigation(risk.id.clone(), (*key).clone()));
            }
        }
        if risk_owner(deployment) == args.party && is_open(&risk.whole.1) {
            targets.push(Entry::Risk(risk.id.clone()));
        }
    }
    Ok(targets)
}
