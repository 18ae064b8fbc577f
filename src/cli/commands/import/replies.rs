//! Answers to queries that a workbook gives: an event of the record.

use super::decisions::Desk;
use crate::cli::commands::speaker;
use crate::cli::decided::{Judging, decided};
use crate::diag::Error;
use crate::exchange::{Fates, Reply, question};
use crate::model::{Deployment, Event, EventKind, Framework, Moment};
use crate::ops::policy::keys;
use crate::ops::record::propose;
use crate::ops::state::states;
use crate::project::{RECORD, folder_of};
use crate::store::{Replacement, Store};
use crate::syntax::{add_event, is_hidden};

impl Desk<'_> {
    /// Adds the answers to the record. One that nobody asks for any more, or to another question, is refused.
    ///
    /// # Errors
    /// A record or a statement that cannot be read: what is asked would then not be known.
    pub(super) fn answer(
        self,
        store: &dyn Store,
        deployment: &Deployment,
        framework: &Framework,
        replies: &[Reply],
        fates: &mut Fates,
    ) -> Result<Option<Replacement>, Error> {
        if replies.is_empty() {
            return Ok(None);
        }
        let states = states(deployment, framework);
        let keys = keys(self.project.settings())?;
        let judging = Judging { project: self.project, keys: &keys, as_of: self.context.today() };
        let event =
            decided(judging, (self.repo, None), store, (deployment, framework, &states), |decided| {
                let mut new = Vec::new();
                for reply in replies {
                    let mut said = decided
                        .judgement
                        .record
                        .events
                        .values()
                        .filter_map(|event| event.replies.get(&reply.address));
                    let asked = question(&decided.standing.queries, &reply.address);
                    match () {
                        () if asked.is_empty() && said.any(|text| *text == reply.text) => {
                            fates.replied_before(reply)
                        }
                        () if asked.is_empty() => fates.refuse_reply(reply, "it has been answered since"),
                        () if asked != reply.asked => {
                            fates.refuse_reply(reply, "something else is asked now")
                        }
                        () if reply.text.chars().any(|c| c != '\n' && is_hidden(c)) => {
                            fates.refuse_reply(reply, "it has a character that cannot be seen");
                        }
                        () => new.push(reply),
                    }
                }
                if new.is_empty() {
                    return Ok(None);
                }
                let by = match speaker(None, self.repo) {
                    Ok(by) => by,
                    Err(error) => {
                        new.iter().for_each(|reply| fates.refuse_reply(reply, &error.finding().message));
                        return Ok(None);
                    }
                };
                let event = Event {
                    replies: new.iter().map(|reply| (reply.address.clone(), reply.text.clone())).collect(),
                    text: Some(format!("from {}", self.origin.words())),
                    ..Event::new(EventKind::Replied, self.origin.on, by, Moment(self.context.now()))
                };
                new.iter().for_each(|reply| fates.replied(reply));
                let statements = &decided.judgement.statements;
                propose(decided.case, statements, &decided.standing, decided.judgement.record, event)
                    .map(Some)
            })?;
        let Some(event) = event else { return Ok(None) };
        let path = format!("{}/{RECORD}", folder_of(&deployment.name));
        let bytes = add_event(&path, &store.read(&path)?.unwrap_or_default(), &event)?;
        Ok(Some(Replacement { path, after: Some(bytes) }))
    }
}
