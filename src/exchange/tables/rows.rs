//! The rows of every table.

use super::ColumnType::{Date as Day, Number, Text, Truth};
use super::{Column, Datum, Table};
use crate::exchange::fields::text_of;
use crate::model::{Address, Deployment, Framework, ItemType, PartyId, ProfileName, Slot, Value};
use crate::ops::outcome::Evaluator;
use crate::ops::state::{Stand, States, states};

/// What a deployment is exported with.
pub struct Context<'c> {
    /// The assessment.
    pub deployment: &'c Deployment,
    /// Its framework.
    pub framework: &'c Framework,
    /// The commit that last changed it; none where it is not committed.
    pub commit: Option<String>,
    /// Whether names and contact details are taken along.
    pub with_personal: bool,
}

const fn column(name: &'static str, kind: super::ColumnType, about: &'static str) -> Column {
    Column { name, kind, about }
}

const ID: Column = column("deployment_id", Text, "the permanent id of the deployment");
const NAME: Column = column("deployment", Text, "its name in its repository");

const DEPLOYMENTS: &[Column] = &[
    ID,
    NAME,
    column("title", Text, "what it is called"),
    column("kind", Text, "deployment or baseline"),
    column("framework", Text, "the id of its framework"),
    column("framework_version", Text, "the version of its framework"),
    column("framework_digest", Text, "the digest of its framework"),
    column("commit", Text, "the commit that last changed it; empty where something is not committed"),
    column("parent", Text, "the name of what it was derived from"),
    column("parent_id", Text, "the permanent id of what it was derived from"),
    column("organisation", Text, "the organisation that answers for it"),
    column("organisation_code", Text, "its code"),
    column("product", Text, "the client system"),
    column("product_version", Text, "its version and settings"),
    column("supplier", Text, "who supplies it"),
    column("supplier_code", Text, "their code"),
];

const ANSWERS: &[Column] = &[
    ID,
    NAME,
    column("section", Text, "the section of the item"),
    column("item", Text, "the id of the item"),
    column("address", Text, "the field, as everywhere in tom"),
    column("block", Text, "the repeating block"),
    column("block_row", Text, "the row of the block"),
    column("field", Text, "answer, notes, evidence, or the column of a row"),
    column("row", Text, "the row of an answer that has rows"),
    column("type", Text, "the form of the answer"),
    column("text", Text, "the value as text; several texts are a row each"),
    column("number", Number, "the value, where it is a number"),
    column("date", Day, "the value, where it is a day"),
    column("personal", Truth, "whether it is personal data"),
];

const RISKS: &[Column] = &[
    ID,
    NAME,
    column("risk", Text, "the id of the risk"),
    column("title", Text, "what it is called"),
    column("section", Text, "the section that it belongs to"),
    column("owner", Text, "the party that owns it"),
    column("status", Text, "open, closed or transferred"),
    column("hazard", Text, "what can go wrong"),
    column("effect", Text, "what that would do"),
    column("initial_severity", Text, "before mitigation"),
    column("initial_likelihood", Text, "before mitigation"),
    column("initial_class", Number, "computed from the matrix: 1 to 5, 5 unacceptable"),
    column("residual_severity", Text, "after mitigation"),
    column("residual_likelihood", Text, "after mitigation"),
    column("residual_class", Number, "computed from the matrix"),
    column("state", Text, "who has spoken for it"),
    column("causes", Number, "how many causes it has"),
    column("mitigations", Number, "how many mitigations it has"),
    column("accepted_role", Text, "the role in which somebody accepted the residual risk"),
    column("accepted_on", Day, "when"),
    column("accepted_until", Day, "until when"),
    column("acceptance_holds", Truth, "whether that acceptance is of the risk as it is"),
    column("accepted_by", Text, "who; empty without personal data"),
];

const MITIGATIONS: &[Column] = &[
    ID,
    NAME,
    column("risk", Text, "the id of the risk"),
    column("mitigation", Text, "its key"),
    column("kind", Text, "design, test, training or process"),
    column("owner", Text, "the party that has to do it"),
    column("status", Text, "how far it has got"),
    column("text", Text, "the measure in words"),
    column("causes", Text, "the causes that it acts on, with a space between them"),
    column("reason", Text, "why it was not adopted"),
];

const STATES: &[Column] = &[
    ID,
    NAME,
    column("subject", Text, "answer, risk or mitigation"),
    column("address", Text, "what it is about"),
    column("state", Text, "where it stands; for a mitigation that of its risk"),
    column("needed", Truth, "whether it is needed here"),
    column("party", Text, "a party that has to stand by it"),
    column("stand", Text, "stands, content changed, facts changed, or missing"),
    column("confirmed_on", Day, "when they last confirmed it"),
    column("confirmed_by", Text, "who; empty without personal data"),
];

const OUTCOMES: &[Column] = &[
    ID,
    NAME,
    column("profile", Text, "strict: what the guidance means; sheet: what the spreadsheet's formulas give"),
    column("outcome", Text, "its id"),
    column("kind", Text, "result, level, document, signatory, action or notice"),
    column("value", Text, "its value"),
];

const HISTORY: &[Column] = &[
    ID,
    NAME,
    column("entry", Text, "its key"),
    column("date", Day, "when"),
    column("text", Text, "what was done"),
    column("by", Text, "by whom; empty without personal data"),
];

/// The tables of deployments.
pub fn tables(contexts: &[Context<'_>]) -> Vec<Table> {
    let make = |name, about, columns, rows: fn(&Context<'_>) -> Vec<Vec<Datum>>| Table {
        name,
        about,
        columns,
        rows: contexts.iter().flat_map(|context| context.under(rows(context))).collect(),
    };
    vec![
        make("deployments", "an assessment", DEPLOYMENTS, deployments),
        make("answers", "a field of an answer", ANSWERS, answers),
        make("risks", "a risk", RISKS, risks),
        make("mitigations", "a mitigation of a risk", MITIGATIONS, mitigations),
        make("states", "how a party stands to an answer, a risk or a mitigation", STATES, all_states),
        make("outcomes", "what the rules compute", OUTCOMES, outcomes),
        make("history", "an entry of a document's history", HISTORY, history),
    ]
}

fn text(text: impl std::fmt::Display) -> Datum {
    let text = text.to_string();
    if text.is_empty() { Datum::None } else { Datum::Text(text) }
}

fn maybe<T: std::fmt::Display>(value: Option<T>) -> Datum {
    value.map_or(Datum::None, text)
}

fn count(number: usize) -> Datum {
    Datum::Number(i64::try_from(number).unwrap_or(i64::MAX))
}

impl Context<'_> {
    /// Rows with what every row begins with.
    fn under(&self, rows: Vec<Vec<Datum>>) -> Vec<Vec<Datum>> {
        let head = [text(&self.deployment.meta.id), text(&self.deployment.name)];
        rows.into_iter().map(|row| head.iter().cloned().chain(row).collect()).collect()
    }

    fn name(&self, name: &str) -> Datum {
        if self.with_personal { text(name) } else { Datum::None }
    }

    fn states(&self) -> States<'_> {
        states(self.deployment, self.framework)
    }
}

fn deployments(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let (meta, head) = (&context.deployment.meta, &context.framework.headline);
    let fact = |id| text(context.deployment.text(id));
    let lineage = meta.derived_from.as_ref();
    vec![vec![
        text(&meta.title),
        text(meta.kind),
        text(&context.framework.id),
        text(&context.framework.version),
        text(context.framework.digest),
        maybe(context.commit.as_ref()),
        maybe(lineage.map(|lineage| &lineage.deployment)),
        maybe(lineage.map(|lineage| &lineage.id)),
        fact(&head.organisation),
        fact(&head.organisation_code),
        fact(&head.product),
        fact(&head.product_version),
        fact(&head.supplier),
        fact(&head.supplier_code),
    ]]
}

fn answers(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let mut rows = Vec::new();
    for item in context.framework.items().filter(|item| context.with_personal || !item.personal) {
        for slot in context.deployment.slots(item) {
            let Some(answer) = context.deployment.answers.get(&slot) else { continue };
            let kind = item.kind_of_answer;
            let mut put = |address: Address, field: &str, row: &str, kind: ItemType, value: &Value| {
                rows.extend(of_value(
                    item.personal,
                    item.section.as_str(),
                    &slot,
                    &address,
                    (field, row, kind),
                    value,
                ));
            };
            if let Some(value) = &answer.value {
                put(slot.address(), "answer", "", kind, value);
            }
            for (key, row) in &answer.rows {
                for column in &item.columns {
                    if let Some(value) = row.get(&column.id) {
                        let address = slot.address().then("rows").then(key.as_str()).then(&column.id);
                        put(address, &column.id, key.as_str(), column.kind, value);
                    }
                }
            }
            if let Some(notes) = &answer.notes {
                put(slot.address().then("notes"), "notes", "", ItemType::Prose, &Value::Text(notes.clone()));
            }
            for evidence in &answer.evidence {
                put(
                    slot.address().then("evidence"),
                    "evidence",
                    "",
                    ItemType::Text,
                    &Value::Text(evidence.clone()),
                );
            }
        }
    }
    rows
}

fn of_value(
    personal: bool,
    section: &str,
    slot: &Slot,
    address: &Address,
    (field, row, kind): (&str, &str, ItemType),
    value: &Value,
) -> Vec<Vec<Datum>> {
    let texts: Vec<String> = match value {
        Value::Texts(texts) => texts.clone(),
        other => vec![text_of(other)],
    };
    let number = if let Value::Number(number) = value { Datum::Number(*number) } else { Datum::None };
    let date = value.as_date().map_or(Datum::None, Datum::Date);
    texts
        .into_iter()
        .map(|words| {
            vec![
                text(section),
                text(&slot.item),
                text(address),
                maybe(slot.row.as_ref().map(|(block, _)| block)),
                maybe(slot.row.as_ref().map(|(_, key)| key)),
                text(field),
                text(row),
                text(kind),
                text(words),
                number.clone(),
                date.clone(),
                Datum::Truth(personal),
            ]
        })
        .collect()
}

fn risks(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let states = context.states();
    let of_risk = |state: &crate::ops::state::RiskState<'_>| {
        let risk = state.risk;
        let class = |rating: Option<&crate::model::Rating>| {
            let class = rating.and_then(|rating| context.framework.matrix.class(rating));
            class.map_or(Datum::None, |class| Datum::Number(i64::from(class)))
        };
        let (initial, residual) = (risk.initial.as_ref(), risk.residual.as_ref());
        let accepted = risk.acceptance.as_ref();
        vec![
            text(state.id),
            text(&risk.title),
            text(&risk.section),
            text(&risk.owner),
            text(risk.status),
            text(&risk.hazard),
            text(&risk.effect),
            maybe(initial.map(|rating| &rating.severity)),
            maybe(initial.map(|rating| &rating.likelihood)),
            class(initial),
            maybe(residual.map(|rating| &rating.severity)),
            maybe(residual.map(|rating| &rating.likelihood)),
            class(residual),
            text(state.state),
            count(risk.causes.len()),
            count(risk.mitigations.len()),
            maybe(accepted.map(|a| &a.role)),
            accepted.map_or(Datum::None, |a| Datum::Date(a.on)),
            accepted.and_then(|a| a.until).map_or(Datum::None, Datum::Date),
            accepted
                .map_or(Datum::None, |_| Datum::Truth(crate::ops::accept::holds(risk, context.framework))),
            accepted.map_or(Datum::None, |a| context.name(&a.by)),
        ]
    };
    states.risks.iter().map(of_risk).collect()
}

fn mitigations(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let of_risks = context.deployment.risks.iter();
    let all = of_risks.flat_map(|(id, risk)| risk.mitigations.iter().map(move |(key, m)| (id, key, m)));
    all.map(|(id, key, m)| {
        let causes: Vec<&str> = m.causes.iter().map(crate::model::Key::as_str).collect();
        vec![
            text(id),
            text(key),
            text(m.kind),
            text(&m.owner),
            text(m.status),
            text(&m.text),
            text(causes.join(" ")),
            maybe(m.reason.as_ref()),
        ]
    })
    .collect()
}

fn all_states(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let states = context.states();
    let mut rows = Vec::new();
    let stand = |stand: &Stand| match stand {
        Stand::Stands => "stands",
        Stand::ContentChanged => "content changed",
        Stand::FactsChanged(_) => "facts changed",
        Stand::Missing => "missing",
    };
    let row = |subject: &str,
               address: Address,
               state: &dyn std::fmt::Display,
               needed: bool,
               who: Option<(&PartyId, &Stand)>,
               confirmed: Option<&crate::model::Confirmation>| {
        vec![
            text(subject),
            text(address),
            text(state),
            Datum::Truth(needed),
            maybe(who.map(|(party, _)| party)),
            maybe(who.map(|(_, known)| stand(known))),
            confirmed.map_or(Datum::None, |c| Datum::Date(c.on)),
            confirmed.map_or(Datum::None, |c| context.name(&c.by)),
        ]
    };
    for a in &states.answers {
        if a.parties.is_empty() {
            rows.push(row("answer", a.slot.address(), &a.state, a.is_needed, None, None));
        }
        for (party, known) in &a.parties {
            let confirmed = a.answer.and_then(|answer| answer.confirmed.get(*party));
            rows.push(row(
                "answer",
                a.slot.address(),
                &a.state,
                a.is_needed,
                Some((party, known)),
                confirmed,
            ));
        }
    }
    for r in &states.risks {
        let (party, known) = &r.whole;
        rows.push(row(
            "risk",
            Address::of(r.id),
            &r.state,
            true,
            Some((party, known)),
            r.risk.confirmed.get(party),
        ));
        for (key, (owner, known)) in &r.mitigations {
            let address = Address::of(r.id).then("mitigations").then(key.as_str());
            let confirmed = r.risk.mitigations.get(*key).and_then(|m| m.confirmed.get(*owner));
            rows.push(row("mitigation", address, &r.state, true, Some((owner, known)), confirmed));
        }
    }
    rows
}

fn outcomes(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let of_profile = |profile| {
        let evaluator = Evaluator::new(context.framework, context.deployment, profile);
        let rows: Vec<Vec<Datum>> = evaluator
            .outcomes()
            .map(|(outcome, value)| vec![text(profile), text(&outcome.id), text(outcome.kind), text(value)])
            .collect();
        rows
    };
    [ProfileName::Strict, ProfileName::Sheet].into_iter().flat_map(of_profile).collect()
}

fn history(context: &Context<'_>) -> Vec<Vec<Datum>> {
    let entries = context.deployment.meta.history.iter();
    entries
        .map(|(key, entry)| {
            vec![text(key), Datum::Date(entry.on), text(&entry.text), context.name(&entry.by)]
        })
        .collect()
}
