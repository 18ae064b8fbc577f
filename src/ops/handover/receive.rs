//! What comes of a hand-over: where it belongs in the order of what was exchanged, and the merge.

use super::{CANNOT_RECEIVE, addresses, sent};
use crate::diag::Error;
use crate::model::{
    Address, Came, Canonical, Confirmation, Deployment, End, Framework, Ledger, Lineage, Manifest, PartyId,
    Pending, Received as Content, Sent, Source,
};
use crate::ops::merge::{self, Change, Merged, Side};
use crate::ops::update::{decisions, digest_of, offered, undecided};
use std::collections::BTreeMap;

/// A hand-over that was opened, and found whole.
#[derive(Debug, Clone, Copy)]
pub struct Incoming<'a> {
    /// What it says of itself.
    pub manifest: &'a Manifest,
    /// The digest of that.
    pub digest: &'a str,
    /// The deployment in it.
    pub theirs: &'a Deployment,
    /// What it builds on, as far as it carries that.
    pub base: Option<&'a Content>,
}

/// Where a hand-over belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// It is the one that came last.
    Again,
    /// It is newer than every other that came from there.
    New,
}

/// Finds where a hand-over belongs among those that came from its sender.
///
/// # Errors
///
/// Where a newer one came before, or it builds on something that never went from here.
pub fn place(manifest: &Manifest, digest: &str, ledgers: &BTreeMap<String, Ledger>) -> Result<Place, Error> {
    if let Some(came) = ledgers.get(&manifest.from.key()).and_then(|ledger| ledger.came.as_ref()) {
        if came.link.digest == digest {
            return Ok(Place::Again);
        }
        let (number, last) = (manifest.number, came.link.number);
        if number == last {
            return Err(Error::new(
                &CANNOT_RECEIVE,
                format!(
                    "another hand-over with the number {number} came from {} on {}",
                    manifest.from, came.on
                ),
            )
            .note(format!("that one has the digest {}", came.link.digest))
            .note(format!("this one has the digest {digest}"))
            .help("ask the sender which of the two holds, and for a new one"));
        }
        if number < last {
            return Err(Error::new(
                &CANNOT_RECEIVE,
                format!("this is hand-over {number} of {}, and {last} was received already", manifest.from),
            )
            .note(format!("hand-over {last} came on {} from {}", came.on, came.by))
            .help("there is nothing in it that is not in the newer one; it can be put away"));
        }
    }
    match &manifest.base {
        Some(base) if sent(ledgers, base.number, &base.digest).is_none() => {
            Err(Error::new(&CANNOT_RECEIVE, format!("it builds on hand-over {} from here, and no such one was sent", base.number))
                .note(format!("the one that is meant has the digest {}", base.digest))
                .note("without what both sides had, edits would be lost or made up")
                .help("commit and merge the `exchanges/` folder of whoever sent it, or ask the sender to hand over anew"))
        }
        _ => Ok(Place::New),
    }
}

/// What becomes of a deployment that receives a hand-over.
#[derive(Debug, Clone)]
pub struct Received {
    /// The changes of answers and risks, risks first.
    pub changes: Vec<Change>,
    /// The title, where it changes.
    pub title: Option<String>,
    /// Entries of the document history that came.
    pub history: Vec<crate::model::Key>,
    /// Whether lineage and what was received from the parent are taken from the hand-over.
    pub takes_lineage: bool,
    /// Confirmations and acceptances in the receiver's own name that nobody here gave; they are left out.
    pub own_voices: Vec<String>,
    /// What stays as it is here although the other side has something else.
    pub kept: Vec<String>,
    /// The deployment as it is then.
    pub deployment: Deployment,
}

/// What becomes of a hand-over.
#[derive(Debug, Clone)]
pub enum Settled {
    /// Everything is decided.
    Merged(Box<Received>),
    /// Somebody has to decide.
    Waits(Box<Pending>, Merged),
}

/// Merges a hand-over into the deployment with its id. `last` is what came from the sender before, `before` conflicts of this
/// hand-over that were found earlier, with what was decided.
///
/// # Errors
///
/// Where the two cannot be one deployment, or what is carried as the base is not what went from here.
pub fn receive(
    here: &Deployment,
    framework: &Framework,
    incoming: Incoming<'_>,
    ledgers: &BTreeMap<String, Ledger>,
    last: Option<&Content>,
    before: Option<&Pending>,
) -> Result<Settled, Error> {
    let Incoming { manifest, digest, theirs, .. } = incoming;
    refuse_other(here, theirs)?;
    let came = ledgers.get(&manifest.from.key()).and_then(|ledger| ledger.came.as_ref());
    let common = Common::of(incoming, ledgers, came.zip(last))?;
    let (comes, own_voices) = without_own_voices(theirs, &common.content, &manifest.to, here);
    let (base, left, right) = (Side::from(&common.content), Side::from(here), Side::from(&comes));
    let merged = offered(framework, base, left, right);
    let changes = if merged.is_clean() {
        merged.changes
    } else {
        let is_same = |source: &Source| matches!(source, Source::HandOver { digest: of, .. } if of == digest);
        let pending = Pending {
            source: Source::HandOver { deployment: manifest.name.clone(), digest: digest.to_owned() },
            left: digest_of(here),
            conflicts: undecided(&merged, before.filter(|before| is_same(&before.source))),
            refused: BTreeMap::new(),
            received: comes.clone(),
        };
        if pending.open().next().is_some() {
            return Ok(Settled::Waits(Box::new(pending), merged));
        }
        let decisions = decisions((here, framework), &pending, (base, left, right), &mut BTreeMap::new())?;
        merge::decided(framework, (base, left, right), decisions)
    };
    Ok(Settled::Merged(Box::new(merged_with(here, theirs, &common, changes, own_voices))))
}

/// Refuses what has the id and cannot be the same deployment all the same.
fn refuse_other(here: &Deployment, theirs: &Deployment) -> Result<(), Error> {
    let refuse = |what: &str, ours: &dyn std::fmt::Display, theirs: &dyn std::fmt::Display| {
        Error::new(&CANNOT_RECEIVE, format!("`{}` and the hand-over differ in {what}", here.name))
            .note(format!("here it is {ours}, there {theirs}"))
    };
    let (ours, other) = (&here.meta, &theirs.meta);
    if ours.framework != other.framework {
        return Err(refuse("the version of their framework", &ours.framework, &other.framework)
            .help("bring both to the same version first, with `tom update --framework FROM TO`"));
    }
    if ours.kind != other.kind {
        return Err(refuse("their kind", &ours.kind, &other.kind));
    }
    if ours.risk_prefix != other.risk_prefix {
        return Err(refuse("the prefix of their risks", &ours.risk_prefix, &other.risk_prefix));
    }
    Ok(())
}

/// The last state that both sides had.
struct Common {
    content: Content,
    title: Option<String>,
    received: Base,
}

/// The digests of what was received from the parent, and of the confirmations in it: the two move together.
type Base = (Option<String>, Option<String>);

impl Common {
    /// What both sides had. `came` is the last hand-over from there, with its content; the hand-over's own base is one of ours. Of the two the later
    /// one holds. Where neither knew of the other, only what both say is sure to have been common.
    fn of(
        incoming: Incoming<'_>,
        ledgers: &BTreeMap<String, Ledger>,
        came: Option<(&Came, &Content)>,
    ) -> Result<Self, Error> {
        let link = incoming.manifest.base.as_ref();
        let ours = match link
            .and_then(|link| sent(ledgers, link.number, &link.digest).map(|(_, sent)| (link, sent)))
        {
            Some((link, sent)) => Some((link.number, sent, carried(incoming, sent)?)),
            None => None,
        };
        let of_theirs = |came: &Came, content: &Content| Self {
            content: content.clone(),
            title: Some(came.title.clone()),
            received: (came.received.clone(), came.confirmations.clone()),
        };
        let of_ours = |sent: &Sent, content: &Content| Self {
            content: content.clone(),
            title: Some(sent.title.clone()),
            received: (sent.received.clone(), sent.confirmations.clone()),
        };
        Ok(match (came, ours) {
            (None, None) => Self { content: Content::default(), title: None, received: Base::default() },
            (Some((came, content)), None) => of_theirs(came, content),
            (None, Some((_, sent, content))) => of_ours(sent, content),
            // Theirs that came knew of ours already.
            (Some((came, content)), Some((number, ..))) if came.built_on >= Some(number) => {
                of_theirs(came, content)
            }
            // Ours knew of theirs.
            (Some((came, _)), Some((_, sent, content))) if sent.built_on >= Some(came.link.number) => {
                of_ours(sent, content)
            }
            (Some((came, theirs)), Some((_, sent, ours))) => Self {
                content: shared(theirs, ours),
                title: (came.title == sent.title).then(|| came.title.clone()),
                received: match (&came.received, &came.confirmations) {
                    both if both == (&sent.received, &sent.confirmations) => {
                        (came.received.clone(), came.confirmations.clone())
                    }
                    _ => Base::default(),
                },
            },
        })
    }
}

/// The base that a hand-over carries, if it is what went from here.
fn carried<'a>(incoming: Incoming<'a>, sent: &Sent) -> Result<&'a Content, Error> {
    let base = incoming.base.filter(|base| sent.content.as_deref() == Some(&base.digest().to_string()));
    base.ok_or_else(|| {
        Error::new(&CANNOT_RECEIVE, "what it carries as its base is not what went from here")
            .note("with another base, edits would be lost or made up")
            .help("ask the sender to hand over anew")
    })
}

/// What two states say alike. A field that a risk cannot be without takes the whole risk with it: then it is asked.
fn shared(one: &Content, other: &Content) -> Content {
    let mut shared = one.clone();
    for change in merge::differences(one.into(), other.into()) {
        let place = change.place.clone();
        if change.before.is_none() {
            continue;
        }
        let content = merge::apply((&shared).into(), &[Change { after: None, ..change }]);
        shared = Content { answers: content.answers, risks: content.risks };
        if let (merge::Subject::Risk(id), true) = (&place.subject, Side::from(&shared).at(&place).is_some()) {
            shared.risks.remove(id);
        }
    }
    shared
}

/// What comes, with what it says in the receiver's own name as it was: nobody else can speak for them, and nobody else can take back what
/// they said. Names what is left out.
fn without_own_voices(
    theirs: &Deployment,
    base: &Content,
    to: &End,
    here: &Deployment,
) -> (Content, Vec<String>) {
    let mut right = Content { answers: theirs.answers.clone(), risks: theirs.risks.clone() };
    let mut left_out = Vec::new();
    let mut settle = |confirmed: &mut BTreeMap<PartyId, Confirmation>,
                      was: Option<&Confirmation>,
                      here: Option<&Confirmation>,
                      at: &dyn Fn() -> Address| {
        let now = confirmed.get(&to.party);
        if now.is_some() && now != was && now != here {
            left_out.push(at().then("confirmed").then(to.party.as_str()));
        }
        if now != here {
            match was {
                Some(was) => drop(confirmed.insert(to.party.clone(), was.clone())),
                None => drop(confirmed.remove(&to.party)),
            }
        }
    };
    for (slot, answer) in &mut right.answers {
        let was = base.answers.get(slot).and_then(|answer| answer.confirmed.get(&to.party));
        let now = here.answers.get(slot).and_then(|answer| answer.confirmed.get(&to.party));
        settle(&mut answer.confirmed, was, now, &|| slot.address());
    }
    for (id, risk) in &mut right.risks {
        let (was, now) = (base.risks.get(id), here.risks.get(id));
        let said = |risk: Option<&'_ crate::model::Risk>| {
            risk.and_then(|risk| risk.confirmed.get(&to.party)).cloned()
        };
        settle(&mut risk.confirmed, said(was).as_ref(), said(now).as_ref(), &|| Address::of(id));
        for (key, mitigation) in &mut risk.mitigations {
            let said = |risk: Option<&crate::model::Risk>| {
                risk.and_then(|risk| risk.mitigations.get(key)?.confirmed.get(&to.party).cloned())
            };
            let at = || Address::of(id).then("mitigations").then(key.as_str());
            settle(&mut mitigation.confirmed, said(was).as_ref(), said(now).as_ref(), &at);
        }
    }
    // Nobody else says for the receiver whether it takes a risk on.
    for (id, risk) in &mut right.risks {
        let Some(transfer) = risk.transfer.as_mut().filter(|transfer| transfer.to == to.party) else {
            continue;
        };
        let said = |risks: &BTreeMap<_, crate::model::Risk>| {
            let transfer = risks.get(id).and_then(|risk| risk.transfer.as_ref());
            transfer.and_then(|transfer| transfer.receipt.clone())
        };
        let (was, now) = (said(&base.risks), said(&here.risks));
        if transfer.receipt.is_some() && transfer.receipt != was && transfer.receipt != now {
            left_out.push(Address::of(id).then("transfer").then("receipt"));
        }
        if transfer.receipt != now {
            transfer.receipt = was;
        }
    }
    // Whoever runs the service accepts its risks.
    if to.party.as_str() == "deployer" {
        for (id, risk) in &mut right.risks {
            let accepted = |side: &BTreeMap<_, crate::model::Risk>| {
                side.get(id).and_then(|risk| risk.acceptance.clone())
            };
            let (was, now) = (accepted(&base.risks), accepted(&here.risks));
            if risk.acceptance.is_some() && risk.acceptance != was && risk.acceptance != now {
                left_out.push(Address::of(id).then("acceptance"));
            }
            if risk.acceptance != now {
                risk.acceptance = was;
            }
        }
    }
    (right, addresses(left_out))
}

fn merged_with(
    here: &Deployment,
    theirs: &Deployment,
    common: &Common,
    changes: Vec<Change>,
    own_voices: Vec<String>,
) -> Received {
    let content = merge::apply(here.into(), &changes);
    let mut after = Deployment { answers: content.answers, risks: content.risks, ..here.clone() };
    let mut kept = Vec::new();
    let title = (here.meta.title != theirs.meta.title && common.title.as_ref() != Some(&theirs.meta.title))
        .then(|| theirs.meta.title.clone())
        .filter(|_| {
            let is_ours = common.title.as_ref().is_some_and(|title| *title == here.meta.title);
            if !is_ours {
                kept.push(format!("title: `{}` there", theirs.meta.title));
            }
            is_ours
        });
    if let Some(title) = &title {
        after.meta.title.clone_from(title);
    }
    let mut history = Vec::new();
    for (key, entry) in &theirs.meta.history {
        match here.meta.history.get(key) {
            None => {
                after.meta.history.insert(key.clone(), entry.clone());
                history.push(key.clone());
            }
            Some(ours) if ours != entry => kept.push(format!("history.{key}: `{}` there", entry.text)),
            Some(_) => {}
        }
    }
    let base = |deployment: &Deployment| -> Base {
        let lineage = deployment.meta.derived_from.as_ref();
        let lineage = lineage.map(|lineage| (lineage.received.clone(), lineage.confirmations.clone()));
        lineage.map_or_else(Base::default, |(received, confirmations)| (Some(received), confirmations))
    };
    let (ours, other) = (base(here), base(theirs));
    let is_theirs_new = ours != other && other != common.received;
    let takes_lineage = is_theirs_new && ours == common.received;
    if is_theirs_new && !takes_lineage {
        kept.push(
            "what was received from the parent: both were updated since, and the base here stays".to_owned(),
        );
    }
    if takes_lineage {
        after.received.clone_from(&theirs.received);
        after.meta.derived_from = lineage(here, theirs);
    }
    Received { changes, title, history, takes_lineage, own_voices, kept, deployment: after }
}

/// Their lineage, with the parent's name as it is here where it is the same parent.
fn lineage(here: &Deployment, theirs: &Deployment) -> Option<Lineage> {
    let theirs = theirs.meta.derived_from.clone()?;
    Some(match &here.meta.derived_from {
        Some(ours) if ours.id == theirs.id => Lineage { deployment: ours.deployment.clone(), ..theirs },
        _ => theirs,
    })
}
