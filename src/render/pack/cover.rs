//! The headline: what is assessed, where it comes from, what is left out.

use super::words::capital;
use super::{Audience, Line, PackKind, Source};
use crate::model::Kind;
use crate::ops::brought::Brought;
use crate::ops::spoken::Spoken;
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// Where the content comes from.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Provenance {
    /// The commit that last changed the folder.
    pub commit: Option<String>,
    /// The day of that commit, or the one that was asked for; today where there is no commit.
    pub date: String,
    /// Whether something in the folder is not committed.
    pub is_draft: bool,
    /// tom's version.
    pub tool: String,
    /// What somebody brought in who may not have said it, as far as history shows.
    #[serde(skip)]
    pub foreign: BTreeMap<Spoken, Brought>,
}

/// The headline.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Cover {
    /// The headline's facts.
    pub facts: Vec<Line>,
    /// Where the phase stands, in a line.
    pub decided: Option<String>,
    /// Whether it is a baseline.
    pub is_baseline: bool,
    /// The parent's name.
    pub parent: Option<String>,
    /// The framework's title, id and version.
    pub framework: String,
    /// The framework's digest, short.
    pub framework_digest: String,
}

/// What the checklist's readers call things.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Words {
    /// A risk.
    pub risk: String,
    /// A mitigation.
    pub mitigation: String,
    /// A risk's effect.
    pub effect: String,
}

impl Source<'_> {
    pub(super) fn words(&self) -> Words {
        Words {
            risk: self.framework.label("risk").to_owned(),
            mitigation: self.framework.label("mitigation").to_owned(),
            effect: self.framework.label("effect").to_owned(),
        }
    }

    /// The pack's title, and what it is for.
    pub(super) fn headline(&self) -> (String, String) {
        let risk = self.framework.label("risk");
        let phase = self.framework.phases.iter().find(|phase| Some(phase.number) == self.kind.phase());
        let parent = self.deployment.meta.derived_from.as_ref().map(|lineage| lineage.deployment.as_str());
        match (self.kind, phase) {
            (_, Some(phase)) => {
                let title = phase.title.to_lowercase();
                (format!("Phase {} pack: {title}", phase.number), phase.about.clone())
            }
            (PackKind::HazardLog, _) => (
                format!("{} log", capital(risk)),
                format!(
                    "Every {risk} of the assessment: how it can come about, what is done about it, and how it is rated before and after that."
                ),
            ),
            (PackKind::Lineage, _) => (
                "Lineage".to_owned(),
                "Which assessments this one was derived from, and which were derived from it.".to_owned(),
            ),
            _ => (
                "Changes".to_owned(),
                format!(
                    "What differs in this assessment{}.",
                    parent.map(|parent| format!(", which was derived from {parent}")).unwrap_or_default()
                ),
            ),
        }
    }

    pub(super) fn left_out(&self) -> Vec<String> {
        match self.audience {
            Audience::Public => vec![
                "Personal data is left out: names of people, their roles and contact details, and who confirmed what by name."
                    .to_owned(),
                "Where a text names somebody who is known to the assessment, it says [name left out].".to_owned(),
            ],
            Audience::Internal => {
                vec!["Contact details (e-mail addresses and telephone numbers) are left out.".to_owned()]
            }
            Audience::Full => Vec::new(),
        }
    }

    pub(super) fn cover(&self) -> Cover {
        let head = &self.framework.headline;
        let facts = [
            &head.application,
            &head.organisation,
            &head.organisation_code,
            &head.product,
            &head.product_version,
            &head.supplier,
            &head.supplier_code,
        ]
        .into_iter()
        .filter_map(|id| {
            let text = self.text(&self.deployment.text(id));
            let label = self.framework.item(id.as_str())?.title.clone();
            (!text.is_empty()).then_some(Line { label, text })
        })
        .collect();
        let meta = &self.deployment.meta;
        Cover {
            facts,
            decided: self.decided_in_brief(),
            is_baseline: meta.kind == Kind::Baseline,
            parent: meta.derived_from.as_ref().map(|lineage| lineage.deployment.to_string()),
            framework: format!("{} ({} {})", self.framework.title, self.framework.id, self.framework.version),
            framework_digest: self.framework.digest.short(),
        }
    }
}
