//! Links a deployment that was made without `tom derive` to a parent.
//!
//! What counts as received is what the parent hands over now, as far as the deployment has something at the same place: where both say the same it is carried,
//! where they differ the deployment's is local. What the deployment has nothing of is not in the base, so that the next update brings it, a hazard
//! above all.

use super::derive::hand_over;
use super::lineage::Tree;
use super::merge::{self, Change, Place};
use crate::diag::{Code, Error, Severity};
use crate::model::{Canonical, Deployment, Framework, Lineage, Received, RiskId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The deployment cannot be linked.
pub static CANNOT_ADOPT: Code = Code {
    id: "TOM-0550",
    severity: Severity::Error,
    title: "a deployment cannot be linked to a parent so",
    explain: "`tom adopt D --parent P` is for deployments that were made without `tom derive`. D must not have a parent yet (`tom update D --onto P` changes one), P must not be D or come \
from it, both have to follow the same version of the same framework, and the folder of D must have no changes that are not committed (or say `--allow-dirty`).",
};

/// A deployment with its parent, and how the two compare.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// The deployment, linked. Its answers and risks are as they were.
    pub deployment: Deployment,
    /// How many fields say here what the parent hands over.
    pub carried: usize,
    /// Where the deployment says something else than the parent, or what the parent does not have.
    pub local: Vec<Place>,
    /// What the next update will bring.
    pub to_come: Vec<Place>,
    /// Risks with one id and another title or hazard: perhaps not the same risk.
    pub doubtful: Vec<RiskId>,
}

/// Links a deployment to a parent. `tree` says who comes from whom here.
///
/// # Errors
///
/// Where it has a parent, would come from itself, or follows another framework version.
pub fn adopt(
    deployment: &Deployment,
    parent: &Deployment,
    framework: &Framework,
    tree: &Tree,
    commit: String,
) -> Result<Adopted, Error> {
    let (name, of) = (&deployment.name, &parent.name);
    let refuse = |why: String| Error::new(&CANNOT_ADOPT, why);
    if let Some(lineage) = &deployment.meta.derived_from {
        return Err(refuse(format!("`{name}` is derived from `{}` already", lineage.deployment))
            .help(format!("`tom update {name} --onto {of}` changes its parent")));
    }
    if deployment.meta.id == parent.meta.id || tree.comes_from(of, name) {
        return Err(refuse(format!("`{of}` is `{name}` or comes from it: they would form a circle")));
    }
    if deployment.meta.framework != parent.meta.framework {
        let (here, there) = (&deployment.meta.framework, &parent.meta.framework);
        return Err(refuse(format!("`{name}` and `{of}` follow different frameworks"))
            .note(format!("`{name}` follows {here}, `{of}` follows {there}"))
            .help("bring both to the same version first, with `tom update --framework FROM TO`"));
    }
    let handed = hand_over(parent, framework, false).received;
    let differences = merge::differences(deployment.into(), (&handed).into());
    let (absent, differing): (Vec<&Change>, Vec<&Change>) =
        differences.iter().partition(|change| change.before.is_none());
    let leave_out: Vec<Change> = absent
        .iter()
        .map(|change| Change { place: change.place.clone(), before: change.after.clone(), after: None })
        .collect();
    let base = merge::apply((&handed).into(), &leave_out);
    let base = Received { answers: base.answers, risks: base.risks };
    let doubtful = base.risks.iter().filter_map(|(id, risk)| {
        let here = deployment.risks.get(id)?;
        (here.title != risk.title || here.hazard != risk.hazard).then(|| id.clone())
    });
    let doubtful: BTreeSet<RiskId> = doubtful.collect();
    let places = |changes: &[&Change]| -> Vec<Place> {
        changes
            .iter()
            .filter(|change| !merge::is_voice(&change.place))
            .map(|change| change.place.clone())
            .collect()
    };
    let both =
        differing.iter().filter(|change| change.after.is_some() && !merge::is_voice(&change.place)).count();
    let fields = merge::places((&base).into()).into_iter().filter(|place| !merge::is_voice(place)).count();
    let mut after = deployment.clone();
    after.meta.derived_from = Some(Lineage {
        deployment: parent.name.clone(),
        id: parent.meta.id.clone(),
        received: base.digest().to_string(),
        confirmations: Some(base.confirmations().to_string()),
        commit: Some(commit),
        refused: BTreeMap::new(),
    });
    after.received = Some(Arc::new(base));
    after.is_received_intact = true;
    Ok(Adopted {
        deployment: after,
        carried: fields.saturating_sub(both),
        local: places(&differing),
        to_come: places(&absent),
        doubtful: doubtful.into_iter().collect(),
    })
}
