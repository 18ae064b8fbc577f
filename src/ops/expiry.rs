//! What runs out, and when.

use crate::model::{Address, Date, Deployment, Framework};

/// Something that holds only until a day.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Expiry {
    /// What runs out.
    pub address: Address,
    /// In words.
    pub title: String,
    /// The last day on which it holds.
    pub until: String,
    /// How many days are left; negative where it has run out.
    pub days_left: i64,
}

/// Everything that runs out, the soonest first, with the days that are left on a day.
pub fn expiries(deployment: &Deployment, framework: &Framework, as_of: Date) -> Vec<Expiry> {
    let mut found = Vec::new();
    let mut add = |address: Address, title: &str, until: Date| {
        let days_left = i64::from((until - as_of).get_days());
        found.push(Expiry { address, title: title.to_owned(), until: until.to_string(), days_left });
    };
    for item in framework.items() {
        let Some(days) = item.valid_for else { continue };
        let date = deployment
            .answer(&item.id)
            .and_then(|answer| answer.value.as_ref())
            .and_then(crate::model::Value::as_date);
        if let Some(until) = date.and_then(|date| date.checked_add(crate::model::days(i64::from(days))).ok())
        {
            add(Address::of(&item.id), &item.title, until);
        }
    }
    for (id, risk) in &deployment.risks {
        if let Some(until) = risk.acceptance.as_ref().and_then(|acceptance| acceptance.until) {
            add(Address::of(id).then("acceptance"), &format!("Acceptance of: {}", risk.title), until);
        }
    }
    found.sort_by(|a, b| (a.days_left, &a.address).cmp(&(b.days_left, &b.address)));
    found
}
