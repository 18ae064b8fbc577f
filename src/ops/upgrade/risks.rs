//! Risks in another framework version: their facts follow the items.

use super::{CANNOT_UPGRADE, Moved, Upgrade};
use crate::diag::{Error, Label};
use crate::model::{Address, Deployment, ItemId, Rating, Risk, RiskId};

impl Upgrade<'_> {
    /// Refuses risks that use what the later version does not have: nobody may guess where a hazard belongs, or how bad it is.
    pub(super) fn refuse_unfit_risks(&self, deployment: &Deployment) -> Result<(), Error> {
        for (id, risk) in &deployment.risks {
            let ratings = risk.initial.iter().chain(&risk.residual);
            let mut unrated = ratings.filter(|rating| self.to.matrix.class(rating).is_none());
            let mut owners = risk.mitigations.values().map(|m| &m.owner).chain([&risk.owner]);
            let what = if self.to.section(risk.section.as_str()).is_none() {
                Some(format!("the section `{}`", risk.section))
            } else if let Some(owner) = owners.find(|party| self.to.party(party.as_str()).is_none()) {
                Some(format!("the party `{owner}`"))
            } else {
                unrated.next().map(|rating| format!("a class for {}, {}", rating.severity, rating.likelihood))
            };
            if let Some(what) = what {
                let file = format!("{}/risks/{id}.toml", crate::project::folder_of(&deployment.name));
                let message = format!(
                    "`{id}` of `{}` uses {what}, which the version {} lacks",
                    deployment.name, self.to.version
                );
                return Err(Error::new(&CANNOT_UPGRADE, message)
                    .at(Label::file(file))
                    .help("give the risk another first; nothing was changed"));
            }
        }
        Ok(())
    }

    /// A risk with its facts under their later ids. Who stood by it still does only where every fact and every class is the same.
    pub(super) fn risk(&self, id: &RiskId, risk: &Risk, moved: &mut Moved) -> Risk {
        let mut after = Risk { depends_on: Vec::new(), ..risk.clone() };
        for fact in &risk.depends_on {
            let homes = self.homes(fact);
            // What is no item at all is for `tom check` to report, in both versions.
            if homes.is_empty() && self.from.item(fact.as_str()).is_some() {
                moved.facts_gone.push((id.clone(), fact.clone()));
            }
            let later: Vec<ItemId> = match self.from.item(fact.as_str()) {
                Some(_) => homes.iter().map(|home| home.id.clone()).collect(),
                None => vec![fact.clone()],
            };
            for fact in later {
                if !after.depends_on.contains(&fact) {
                    after.depends_on.push(fact);
                }
            }
        }
        let class = |rating: &Option<Rating>| {
            let rating = rating.as_ref();
            rating.is_none_or(|rating| self.from.matrix.class(rating) == self.to.matrix.class(rating))
        };
        let is_same = risk.depends_on.iter().all(|fact| self.same(fact).is_some())
            && class(&risk.initial)
            && class(&risk.residual);
        let (was, is) = (risk.content_digest().short(), after.content_digest().short());
        after.confirmed = if is_same { self.confirmations(&risk.confirmed) } else { Default::default() };
        for said in after.confirmed.values_mut().filter(|said| said.digest == was) {
            said.digest.clone_from(&is);
        }
        if let Some(acceptance) = after.acceptance.as_mut().filter(|said| is_same && said.digest == was) {
            acceptance.digest = is;
        }
        let at = Address::of(id);
        for party in risk.confirmed.keys().filter(|party| !after.confirmed.contains_key(*party)) {
            moved.dropped.push(at.clone().then("confirmed").then(party.as_str()));
        }
        for (key, mitigation) in &mut after.mitigations {
            let said = self.confirmations(&mitigation.confirmed);
            for party in mitigation.confirmed.keys().filter(|party| !said.contains_key(*party)) {
                let at = at.clone().then("mitigations").then(key.as_str());
                moved.dropped.push(at.then("confirmed").then(party.as_str()));
            }
            mitigation.confirmed = said;
        }
        after
    }
}
