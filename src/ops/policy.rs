//! Who has to decide what: the framework's roles, the signatories that outcomes ask for, and what the policy adds. Never less.

use super::outcome::{Evaluator, YES};
use super::signature::SigningKey;
use super::state::holders;
use crate::diag::{Code, Error, Finding, Label, Severity};
use crate::model::{
    Canonical, Deployment, Digest, Effect, Framework, ItemId, Key, OutcomeKind, PartyId, Person, Phase,
    PhaseOutcome, PhasePolicy, PhaseRole, ProfileName, Scope, Settings, Verdict, VerdictRule,
};
use crate::project::SETTINGS;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// A key in `tom.toml` cannot be used.
pub static BAD_KEY: Code = Code {
    id: "TOM-0801",
    severity: Severity::Error,
    title: "a person's key cannot be used",
    explain: "`keys` in `tom.toml` holds lines as in OpenSSH's `allowed_signers`, without the principals: options, type, key, comment. Known options are \
`valid-after`, `valid-before`, `revoked-at` and `namespaces`; types are Ed25519, ECDSA, RSA and the two for hardware keys. A line that is not understood \
whole is refused, never skipped: a restriction that nobody applies would make the key worth more than it says. A key belongs to one person and stands there once.",
};

/// The policy asks something of nobody.
pub static UNKNOWN: Code = Code {
    id: "TOM-0809",
    severity: Severity::Error,
    title: "the policy names a phase or a role that nobody knows",
    explain: "`[policy.phases.N]` in `tom.toml` asks more of a phase of a framework, and a phase that no framework here has guards nothing. A role is one of a framework's, or one that somebody \
under `[people]` has: of any other nobody can ever approve or accept anything. Of a group in `any-of` one such role is enough. Correct the spelling, or list who has the role.",
};

/// Somebody is listed twice.
pub static TWICE: Code = Code {
    id: "TOM-0810",
    severity: Severity::Warning,
    title: "two people are listed with one e-mail address",
    explain: "Two entries under `[people]` in `tom.toml` have different names and the same e-mail address. Whoever reads both names may take them for two people who looked at the same thing, so wherever the policy counts different people, or keeps phases and authors apart, they count as one. List a person once, with all their roles and keys, or give each their own address.",
};

/// Findings for people who are listed with one e-mail address under different names.
pub fn twice(settings: &Settings) -> Vec<Finding> {
    let mut known = BTreeMap::<String, (&Key, &Person)>::new();
    let mut findings = Vec::new();
    for (key, person) in settings.people.iter() {
        let Some(email) = &person.email else { continue };
        let (first, other) = *known.entry(email.to_ascii_lowercase()).or_insert((key, person));
        if other.name != person.name {
            let message =
                format!("`{key}` has the e-mail address of `{first}`, and counts as the same person");
            findings.push(
                Finding::new(&TWICE, message)
                    .at(Label::value(SETTINGS, ["people", key.as_str(), "email"]))
                    .help("list a person once, with all their roles and keys"),
            );
        }
    }
    findings
}

/// Findings for what the policy asks of phases and roles that neither a framework nor a person knows.
pub fn unknown<'f>(settings: &Settings, frameworks: impl Iterator<Item = &'f Framework>) -> Vec<Finding> {
    let (mut phases, mut roles) = (BTreeSet::new(), BTreeSet::new());
    for framework in frameworks {
        phases.extend(framework.phases.iter().map(|phase| phase.number));
        roles.extend(framework.roles().map(str::to_owned));
    }
    // Where no framework can be read, that is what has to be said.
    if phases.is_empty() {
        return Vec::new();
    }
    roles.extend(settings.people.values().flat_map(|person| person.roles.iter().cloned()));
    let mut findings = Vec::new();
    let mut role = |role: &str, label: Label| {
        if !roles.contains(role) {
            let found =
                Finding::new(&UNKNOWN, format!("nobody has the role `{}`", role.escape_debug())).at(label);
            findings.push(match crate::diag::nearest(role, roles.iter().map(String::as_str)) {
                Some(near) => found.help(format!("did you mean `{near}`?")),
                None => found.help("list somebody with this role under `[people]`"),
            });
        }
    };
    for name in settings.policy.accept.keys() {
        role(name, Label::key(SETTINGS, ["policy", "accept", name]));
    }
    for (number, asked) in &settings.policy.phases {
        let at = |key: &str| Label::value(SETTINGS, ["policy", "phases", &number.to_string(), key]);
        asked.all_of.iter().for_each(|name| role(name, at("all-of")));
        // Where one of a group can approve, the others need not be there.
        let nobody = asked.any_of.iter().filter(|any| !any.iter().any(|name| roles.contains(name)));
        nobody.flatten().for_each(|name| role(name, at("any-of")));
    }
    for number in settings.policy.phases.keys().filter(|number| !phases.contains(number)) {
        let known: Vec<String> = phases.iter().map(u8::to_string).collect();
        let number = number.to_string();
        let found =
            Finding::new(&UNKNOWN, format!("no framework here has a phase {number}, so this guards nothing"));
        let found = found.at(Label::key(SETTINGS, ["policy", "phases", &number]));
        findings.push(found.help(format!("the phases are {}", known.join(", "))));
    }
    findings
}

/// Outcome that every role can give: it agrees.
pub const APPROVED: &str = "approved";
/// Outcome that every role can give: it has queries.
pub const RETURNED: &str = "returned";
/// Outcome that every role can give: it refuses.
pub const REJECTED: &str = "rejected";

/// A role as it decides in a phase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The role.
    pub role: String,
    /// The party that its holder has to belong to; none where only the policy names the role.
    pub party: Option<PartyId>,
    /// The items that it gives a verdict to.
    pub verdicts: Vec<ItemId>,
    /// The scopes that its decision covers.
    pub scope: Vec<Scope>,
}

impl Office {
    /// A role that a phase does not ask any more: whoever holds it decides nothing, and can still take back what was said in it.
    pub fn unasked(role: &str) -> Self {
        Self { role: role.to_owned(), party: None, verdicts: Vec::new(), scope: Vec::new() }
    }
}

/// The role as it decides in a phase; none where neither framework nor policy knows it there.
pub fn office(phase: &Phase, settings: &Settings, role: &str) -> Option<Office> {
    if let Some(PhaseRole { role, party, verdicts, scope, .. }) = phase.roles.iter().find(|r| r.role == role)
    {
        let (role, party) = (role.clone(), Some(party.clone()));
        return Some(Office { role, party, verdicts: verdicts.clone(), scope: scope.clone() });
    }
    let added = settings.policy.phases.get(&phase.number)?;
    let is_added = added.all_of.contains(role) || added.any_of.iter().any(|any| any.contains(role));
    is_added.then(|| Office {
        role: role.to_owned(),
        party: None,
        verdicts: Vec::new(),
        scope: phase.scope.clone(),
    })
}

/// Every role that may decide in a phase.
pub fn offices(phase: &Phase, settings: &Settings) -> Vec<String> {
    let mut roles: Vec<String> = phase.roles.iter().map(|role| role.role.clone()).collect();
    if let Some(added) = settings.policy.phases.get(&phase.number) {
        let more = added.all_of.iter().chain(added.any_of.iter().flatten());
        roles.extend(more.filter(|role| !phase.roles.iter().any(|known| known.role == **role)).cloned());
    }
    roles.sort();
    roles.dedup();
    roles
}

/// Everybody who may decide in a role here.
pub fn electors<'s>(
    settings: &'s Settings,
    deployment: &Deployment,
    framework: &Framework,
    office: &Office,
) -> Vec<(&'s Key, &'s Person)> {
    holders(settings, deployment, framework, &office.role)
        .filter(|(_, person)| office.party.as_ref().is_none_or(|party| *party == person.party))
        .collect()
}

/// Something that a phase needs: an approval in one of these roles.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Need {
    /// One of them has to approve.
    pub roles: Vec<String>,
    /// Who asks for it.
    pub because: String,
}

/// The approvals that a phase needs.
pub fn needs(
    deployment: &Deployment,
    framework: &Framework,
    phase: &Phase,
    policy: Option<&PhasePolicy>,
) -> Vec<Need> {
    let mut needs: Vec<Need> = Vec::new();
    let mut add = |roles: Vec<String>, because: String| {
        if !needs.iter().any(|need| need.roles == roles) {
            needs.push(Need { roles, because });
        }
    };
    for role in phase.roles.iter().filter(|role| role.always) {
        add(vec![role.role.clone()], "the framework".to_owned());
    }
    if phase.needs_risks {
        let evaluator = Evaluator::new(framework, deployment, ProfileName::Strict);
        for (outcome, value) in evaluator.outcomes() {
            // What cannot be computed yet may still ask: nobody can say that it does not.
            let asks = outcome.kind == OutcomeKind::Signatory
                && (value == YES || value == super::outcome::INCOMPLETE);
            if let (true, Some(role)) = (asks, &outcome.role) {
                add(vec![role.clone()], format!("an outcome: {}", outcome.title));
            }
        }
    }
    if let Some(policy) = policy {
        for role in &policy.all_of {
            add(vec![role.clone()], "the policy".to_owned());
        }
        for any in &policy.any_of {
            add(any.iter().cloned().collect(), "the policy".to_owned());
        }
    }
    needs
}

/// What an outcome does; none where the role cannot give it.
pub fn effect(framework: &Framework, office: &Office, outcome: &str) -> Option<Effect> {
    match (office.verdicts.is_empty(), outcome) {
        (true, _) | (_, RETURNED) => plain_effect(outcome),
        (false, _) => framework_effect(framework, outcome),
    }
}

/// What an outcome does, whoever gives it: all that can be said of a role that is not asked any more.
pub fn effect_of_any(framework: &Framework, outcome: &str) -> Option<Effect> {
    plain_effect(outcome).or_else(|| framework_effect(framework, outcome))
}

fn plain_effect(outcome: &str) -> Option<Effect> {
    match outcome {
        APPROVED => Some(Effect::Approves),
        RETURNED => Some(Effect::Returns),
        REJECTED => Some(Effect::Rejects),
        _ => None,
    }
}

fn framework_effect(framework: &Framework, outcome: &str) -> Option<Effect> {
    phase_outcome(framework, outcome).map(|known| match (&known.verdicts, &known.before_live) {
        (VerdictRule::Any(_), _) => Effect::Rejects,
        (_, Some(_)) => Effect::Conditional,
        _ => Effect::Approves,
    })
}

/// The outcome of the framework with that value.
pub fn phase_outcome<'f>(framework: &'f Framework, outcome: &str) -> Option<&'f PhaseOutcome> {
    framework.phase_outcomes.iter().find(|known| known.value == outcome)
}

/// The outcomes that a role can give.
pub fn outcomes(framework: &Framework, office: &Office) -> Vec<String> {
    let mut outcomes: Vec<String> = if office.verdicts.is_empty() {
        vec![APPROVED.to_owned(), REJECTED.to_owned()]
    } else {
        framework.phase_outcomes.iter().map(|outcome| outcome.value.clone()).collect()
    };
    outcomes.push(RETURNED.to_owned());
    outcomes
}

/// Why outcome and verdicts contradict each other; none where they agree.
///
/// | outcome | verdicts |
/// |---|---|
/// | of the framework, `all = X` | every item has one, and each is X |
/// | of the framework, `none = X` | every item has one, and none is X |
/// | of the framework, `any = X` | every item has one, and at least one is X |
/// | `returned` | none is needed; what is given is one of the item's options |
/// | of a role without verdicts | none |
pub fn contradiction(
    framework: &Framework,
    office: &Office,
    outcome: &str,
    verdicts: &BTreeMap<ItemId, Verdict>,
) -> Option<String> {
    for (id, verdict) in verdicts {
        if !office.verdicts.contains(id) {
            return Some(format!("the role `{}` gives no verdict to `{id}`", office.role));
        }
        let options = framework.item(id.as_str()).map_or(&[][..], |item| &item.options);
        if !options.contains(&verdict.verdict) {
            return Some(format!(
                "`{id}` is {}, not `{}`",
                options.join(" or "),
                verdict.verdict.escape_debug()
            ));
        }
    }
    if effect(framework, office, outcome).is_none() {
        let known = outcomes(framework, office).join(", ");
        return Some(format!("`{}` is none of the outcomes: {known}", outcome.escape_debug()));
    }
    let rule = &phase_outcome(framework, outcome).filter(|_| !office.verdicts.is_empty())?.verdicts;
    if let Some(missing) = office.verdicts.iter().find(|id| !verdicts.contains_key(*id)) {
        return Some(format!("`{missing}` has no verdict"));
    }
    let mut given = verdicts.values().map(|verdict| verdict.verdict.as_str());
    let (agrees, wanted) = match rule {
        VerdictRule::All(text) => (given.all(|word| word == text), format!("every verdict is `{text}`")),
        VerdictRule::Any(text) => {
            (given.any(|word| word == text), format!("at least one verdict is `{text}`"))
        }
        VerdictRule::None(text) => (given.all(|word| word != text), format!("no verdict is `{text}`")),
    };
    (!agrees).then(|| format!("`{outcome}` means that {wanted}"))
}

/// Everybody's keys, by person.
#[derive(Debug, Default)]
pub struct Keys {
    by_person: BTreeMap<Key, Vec<SigningKey>>,
    policy: OnceLock<Digest>,
}

impl Keys {
    /// The digest of the settings that the keys are from. All of the people are in it, so it is computed once for all deployments, and
    /// only if a statement has to be held against it.
    pub fn policy(&self, settings: &Settings) -> Digest {
        *self.policy.get_or_init(|| settings.digest())
    }
}

impl std::ops::Deref for Keys {
    type Target = BTreeMap<Key, Vec<SigningKey>>;

    fn deref(&self) -> &Self::Target {
        &self.by_person
    }
}

/// The keys of everybody in the settings.
///
/// # Errors
/// [`BAD_KEY`] for the first line that cannot be understood whole.
pub fn keys(settings: &Settings) -> Result<Keys, Error> {
    let mut by_person = BTreeMap::<Key, Vec<SigningKey>>::new();
    let mut seen = BTreeMap::<String, (&str, &str)>::new();
    for (id, person) in settings.people.iter() {
        for (at, line) in person.keys.iter().enumerate() {
            let key = SigningKey::parse(line).map_err(|why| bad_key(id, at, &why))?;
            // A key of two people would make two of one, and of two lines for it one would be held against nothing.
            let own = (person.name.as_str(), line.trim());
            if let Some(other) = seen.insert(key.fingerprint(), own).filter(|other| *other != own) {
                let why = match other.0 == own.0 {
                    true => "it stands twice, with other options".to_owned(),
                    false => format!("it is a key of {} too", other.0),
                };
                return Err(bad_key(id, at, &why));
            }
            by_person.entry(id.clone()).or_default().push(key);
        }
    }
    Ok(Keys { by_person, policy: OnceLock::new() })
}

/// The error for a line that is no usable key.
pub fn bad_key(person: &Key, at: usize, why: &str) -> Error {
    let message = format!("key {} of `{person}` cannot be used: {why}", at + 1);
    Error::new(&BAD_KEY, message)
        .at(crate::diag::Label::value(crate::project::SETTINGS, ["people", person.as_str(), "keys"]))
        .help("write it as in `ssh-ed25519 AAAA… comment`, with options such as `valid-before=\"20271231\"` before it")
}
