//! What a returned workbook changes in the assessment as it is now: the merge of what was exported, what is here and what it says.

use super::read::Returned;
use crate::model::{Deployment, Framework};
use crate::ops::merge::{Merged, Side, merge};

/// The three-way merge, and what is here with everything that the workbook changes and nobody here did.
pub fn merge_own(framework: &Framework, left: &Deployment, returned: &Returned) -> (Merged, Deployment) {
    let merged = merge(framework, Side::from(&returned.base), Side::from(left), Side::from(&returned.right));
    let content = merged.applied_to(Side::from(left));
    let deployment = Deployment { answers: content.answers, risks: content.risks, ..left.clone() };
    (merged, deployment)
}
