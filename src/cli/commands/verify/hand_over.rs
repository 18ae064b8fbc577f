//! A hand-over's file, looked at as `tom receive` does before it takes anything in.

use super::json::{DeploymentJson, Status, to_json};
use super::text::to_text;
use super::{Args, Body, Content, Trusted, Verified};
use crate::cli::commands::receive::{in_words, open_file, sent_by};
use crate::cli::context::Context;
use crate::cli::output::Output;
use crate::cli::report::one_line;
use crate::cli::words::{BAD, GOOD, OPEN, styled, wrapped};
use crate::cli::{Outcome, args::Format};
use crate::diag::Error;
use crate::exchange::handover::{Carried, HandOver};
use crate::model::{FrameworkRef, People, Policy, Settings};
use crate::ops::handover::{Place, place, sent};
use crate::ops::policy::Keys;
use crate::project::{Project, SETTINGS, ledgers, papers};
use crate::store::{Store, WorkTree};
use std::path::Path;

/// A hand-over, verified.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct HandOverJson {
    file: String,
    /// Whether what can be known here speaks for it. A file that is not whole is an error, and none of these.
    status: Status,
    /// What it says of itself.
    deployment: String,
    id: String,
    number: u32,
    on: String,
    from: String,
    by: String,
    to: String,
    audience: &'static str,
    /// The digest of its manifest, which names everything in it.
    digest: String,
    /// The fingerprint of the key that signed it, where it is listed here for the sender.
    verified: Option<String>,
    /// Why the signature that it has does not count here.
    unverified: Option<String>,
    /// Where it stands among what was exchanged here, in a sentence.
    place: String,
    /// What keeps it from being taken in.
    wrong: Vec<String>,
    /// What the sender left out.
    left_out: Vec<String>,
    /// The decisions in it; none in one that is only to read.
    decisions: Option<DeploymentJson>,
}

impl HandOverJson {
    pub(super) fn is_clean(&self) -> bool {
        self.status == Status::Clean
    }
}

/// What is known where a hand-over is looked at.
#[derive(Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) project: &'a Project,
    pub(super) trusted: &'a Trusted,
    pub(super) settings: &'a Settings,
}

/// Whether there is a repository of tom's: whoever gets their first hand-over has none.
pub(super) fn is_anything_here(context: &Context) -> Result<bool, Error> {
    let Ok(repo) = context.repo() else { return Ok(false) };
    Ok(WorkTree::new(context.work_tree(&repo)?).read(SETTINGS)?.is_some())
}

/// Verifies hand-overs where nothing is known of those who exchange them.
pub(super) fn alone(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let mut all = Vec::new();
    for file in &args.deployments {
        all.push(verify(args, context, None, file)?);
    }
    let clean = all.iter().all(HandOverJson::is_clean);
    let status = if clean { Status::Clean } else { Status::Found };
    if args.format == Format::Json {
        let body = Body {
            status,
            deployments: Vec::new(),
            packs: Vec::new(),
            hand_overs: all,
            wrong: Vec::new(),
            unverified: Vec::new(),
            error: None,
        };
        context.print_json(&Output::of(body));
    }
    Ok(if clean { Outcome::Clean } else { Outcome::Found })
}

/// Verifies one, and shows it unless machines read.
pub(super) fn verify(
    args: &Args,
    context: &Context,
    here: Option<Here<'_>>,
    file: &str,
) -> Result<HandOverJson, Error> {
    let over = open_file(context, Path::new(file))?;
    let manifest = &over.manifest;
    let claim = sent_by(manifest);
    let settings = here.map(|here| here.settings);
    let signed = claim.signed(settings, &over.signed, over.signature.as_deref())?;
    let mut wrong = Vec::new();
    if !claim.is_enough(settings, &signed) {
        wrong.push(format!("the policy here asks for a signature of the {}", manifest.from.party));
    }
    let place = place_of(here, &over, &mut wrong)?;
    let nobody = Settings {
        framework: FrameworkRef { digest: None, ..manifest.framework.clone() },
        people: People::default(),
        policy: Policy::default(),
        fail_on: Vec::new(),
    };
    let nothing = Trusted { keys: Keys::default(), project: None, parted: Vec::new() };
    let (trusted, judging) = here.map_or((&nothing, &nobody), |here| (here.trusted, here.settings));
    let inner = over.carried.as_ref().map(|carried| (carried, over.project()));
    let held = match &inner {
        Some((carried, project)) => {
            let project = project.as_ref().map_err(Clone::clone)?;
            Some((*carried, project, papers(project.store(), None, &carried.deployment.name)?))
        }
        None => None,
    };
    let decisions = match &held {
        Some((carried, _, papers)) => {
            let (deployment, framework) = (&carried.deployment, &carried.framework);
            let content = Content { project: None, deployment, framework, taken: &[] };
            let mut verified = super::verify(args, context, None, trusted, judging, &content, papers)?;
            framework_here(here, carried, &mut verified);
            Some(verified)
        }
        None => None,
    };
    let is_clean = wrong.is_empty()
        && signed.doubt().is_none()
        && decisions.as_ref().is_none_or(|decisions| decisions.is_clean(args.allow_void));
    let json = HandOverJson {
        file: file.to_owned(),
        status: if is_clean { Status::Clean } else { Status::Found },
        deployment: manifest.name.to_string(),
        id: manifest.id.to_string(),
        number: manifest.number,
        on: manifest.on.to_string(),
        from: manifest.from.to_string(),
        by: manifest.by.clone(),
        to: manifest.to.to_string(),
        audience: manifest.reader.as_str(),
        digest: over.digest.clone(),
        verified: signed.key(),
        unverified: signed.doubt(),
        place,
        wrong,
        left_out: manifest.left_out.clone(),
        decisions: decisions.as_ref().map(to_json),
    };
    if args.format == Format::Text {
        context.print(head(&json, &in_words(claim, &signed, context.width), context.width));
        let decisions = decisions.filter(|decisions| !decisions.statements.is_empty() || here.is_some());
        context.print(decisions.map_or_else(String::new, |decisions| {
            format!("\n{}", to_text(&decisions, judging, context.width))
        }));
    }
    Ok(json)
}

/// Where it stands among what was exchanged here.
fn place_of(here: Option<Here<'_>>, over: &HandOver, wrong: &mut Vec<String>) -> Result<String, Error> {
    let Some(here) = here else {
        return Ok("nothing is known here of what was exchanged: this is no repository of tom's".to_owned());
    };
    let manifest = &over.manifest;
    let known = ledgers(here.project.store(), &manifest.id)?;
    if let Some((key, sent)) = sent(&known, manifest.number, &over.digest) {
        return Ok(format!("it was sent from here on {} by {}, to {}", sent.on, sent.by, known[key].with));
    }
    if over.carried.is_none() {
        return Ok("it is to read, and nothing of it is received".to_owned());
    }
    Ok(match place(manifest, &over.digest, &known) {
        Ok(Place::Again) => "it was received here already".to_owned(),
        Ok(Place::New) => match &manifest.base {
            Some(base) => {
                format!("it was not received here yet, and builds on hand-over {} from here", base.number)
            }
            None => "it was not received here yet".to_owned(),
        },
        Err(error) => {
            let message = error.finding().message.clone();
            wrong.push(message.clone());
            message
        }
    })
}

/// Whether the questions and rules in it are those that are known here.
fn framework_here(here: Option<Here<'_>>, carried: &Carried, verified: &mut Verified<'_>) {
    let theirs = &carried.framework;
    let mut all = here.into_iter().flat_map(|here| here.project.frameworks());
    match all.find(|known| known.id == theirs.id && known.version == theirs.version) {
        Some(known) if known.digest == theirs.digest => {}
        Some(_) => verified.wrong.push(format!(
            "the framework {} {} in it is not the one here: the same answers may stand beside other questions",
            theirs.id, theirs.version
        )),
        None => verified.unknown.push(format!(
            "the framework {} {} is not here: what it asks, and who decides, is taken from the hand-over",
            theirs.id, theirs.version
        )),
    }
    if here.is_none() {
        verified
            .unknown
            .push("nobody is listed here: who may decide, and with which key, is not known".to_owned());
    }
}

/// What it is, for people.
fn head(over: &HandOverJson, signed: &str, width: usize) -> String {
    let (style, word) = match (over.is_clean(), over.wrong.is_empty()) {
        (true, _) => (GOOD, "whole"),
        (false, true) => (OPEN, "whole, with doubts"),
        (false, false) => (BAD, "whole, and not to be received"),
    };
    let mut out = format!("{}: {}\n", one_line(&over.file), styled(style, word));
    let (name, id) = (&over.deployment, &over.id);
    out += &format!("  hand-over {} of {name} ({id}), {}\n", over.number, over.on);
    out += &format!(
        "  from {} to {}, for {} to see\n",
        one_line(&over.from),
        one_line(&over.to),
        reader(over.audience)
    );
    out += &format!("  {}\n{signed}", over.digest);
    if over.wrong.is_empty() {
        out += &format!("{}\n", wrapped(&one_line(&over.place), 2, width));
    }
    for wrong in &over.wrong {
        out += &format!("{}\n", wrapped(&one_line(&format!("wrong: {wrong}")), 2, width));
    }
    if !over.left_out.is_empty() {
        out += "  left out:\n";
    }
    for what in &over.left_out {
        out += &format!("{}\n", wrapped(&one_line(&format!("- {what}")), 4, width));
    }
    out
}

fn reader(audience: &str) -> String {
    if audience == "public" { "everybody".to_owned() } else { format!("the {audience}") }
}
