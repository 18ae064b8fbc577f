//! Random values of the domain, as a reader gives them: no white space at the end, nothing empty.

use super::*;

/// Parts of texts that are awkward somewhere: in quotes, over lines, in comments, in headers.
const AWKWARD: [&str; 31] = [
    "a",
    "Yes",
    "two words",
    " ",
    "  ",
    "\n",
    "\n\n",
    "\"",
    "\"\"\"",
    "'",
    "'''",
    "\\",
    "\\n",
    "\\u0041",
    "\\\n",
    "\t",
    "#",
    " # ",
    "[IGA-03]",
    "\n[IGA-03]\nanswer = \"No\"\n",
    "=",
    "{",
    "}",
    ",",
    "é",
    "漢字",
    "🩺",
    "5 µg",
    "10 kΩ",
    "\u{a0}",
    "—",
];

pub fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(select(&AWKWARD[..]), 1..9)
        .prop_map(|parts| parts.concat().trim_end().to_owned())
        .prop_filter("a text says something", |text| !text.is_empty())
}

pub fn date() -> impl Strategy<Value = Date> {
    (1i16..=9999, 1i8..=12, 1i8..=31)
        .prop_filter_map("a date that exists", |(year, month, day)| Date::new(year, month, day).ok())
}

pub fn any_key() -> impl Strategy<Value = Key> {
    "[a-zA-Z0-9][a-zA-Z0-9-]{0,6}".prop_map(|text| key(&text))
}

pub fn party() -> impl Strategy<Value = PartyId> {
    let parties: Vec<PartyId> = framework().parties.iter().map(|party| party.id.clone()).collect();
    select(parties)
}

fn item_id() -> impl Strategy<Value = ItemId> {
    select(answered()).prop_map(|item| item.id.clone())
}

pub fn digest() -> impl Strategy<Value = String> {
    "[0-9a-f]{16}"
}

pub fn confirmation() -> impl Strategy<Value = Confirmation> {
    let given = prop::collection::btree_map(item_id(), digest(), 0..3);
    (text(), date(), digest(), given, prop::option::of(text()))
        .prop_map(|(by, on, digest, given, note)| Confirmation { by, on, digest, given, note })
}

pub fn confirmed() -> impl Strategy<Value = BTreeMap<PartyId, Confirmation>> {
    prop::collection::btree_map(party(), confirmation(), 0..3)
}

pub fn evidence() -> impl Strategy<Value = Vec<String>> {
    let one = prop_oneof![
        text().prop_filter("some words", |text| !text.trim().is_empty()).prop_map(|t| format!("ref:{t}")),
        "https://[a-z]{1,9}\\.example/[a-z\"\\\\#]{0,9}",
        "path:[a-z \"'#é]{0,5}[a-z](/[a-z.]{0,5}[a-z]){0,2}",
    ];
    prop::collection::vec(one, 0..4)
}

fn value(kind: ItemType, options: &[String], column: &str) -> BoxedStrategy<Value> {
    match (kind, column) {
        (ItemType::Choice, _) => select(options.to_vec()).prop_map(Value::Text).boxed(),
        (ItemType::Date, _) => date().prop_map(Value::Date).boxed(),
        (ItemType::Number, _) => (0..=i64::MAX).prop_map(Value::Number).boxed(),
        (ItemType::OdsCode, _) => "[A-Z0-9]{3,12}".prop_map(Value::Text).boxed(),
        (ItemType::Texts, _) => prop::collection::vec(text(), 1..4).prop_map(Value::Texts).boxed(),
        (_, "email") => "[a-z\"'\\\\#é]{1,6}@[a-z.]{1,9}".prop_map(Value::Text).boxed(),
        (_, "phone") => "[0-9+(][0-9 ()-]{0,9}[0-9]".prop_map(Value::Text).boxed(),
        _ => text().prop_map(Value::Text).boxed(),
    }
}

fn row(item: &Item) -> BoxedStrategy<Row> {
    let cells = |row: &mut Vec<(String, BoxedStrategy<Value>)>| {
        row.extend(item.columns.iter().map(|c| (c.id.clone(), value(c.kind, &c.options, &c.id))));
    };
    let mut columns = Vec::new();
    cells(&mut columns);
    let cells: Vec<_> = columns
        .into_iter()
        .map(|(id, value)| prop::option::of(value).prop_map(move |value| (id.clone(), value)).boxed())
        .collect();
    cells
        .prop_map(|cells| cells.into_iter().filter_map(|(id, value)| Some((id, value?))).collect())
        .prop_filter("a row says something", |row: &Row| !row.is_empty())
        .boxed()
}

/// An answer that fits its item; never the empty one.
pub fn answer(item: &'static Item) -> impl Strategy<Value = Answer> {
    let said = if item.has_rows() {
        prop::collection::btree_map(any_key(), row(item), 0..3).prop_map(|rows| (None, rows)).boxed()
    } else {
        let value = value(item.kind_of_answer, &item.options, "");
        prop::option::of(value).prop_map(|value| (value, BTreeMap::new())).boxed()
    };
    (said, prop::option::of(text()), evidence(), confirmed())
        .prop_map(|((value, rows), notes, evidence, confirmed)| Answer {
            value,
            rows,
            notes,
            evidence,
            confirmed,
        })
        .prop_filter("an answer says something", |answer| *answer != Answer::default())
}

pub fn slot(item: &'static Item) -> impl Strategy<Value = Slot> {
    select(vec!["pas", "K1", "0"]).prop_map(move |row| Slot {
        item: item.id.clone(),
        row: item.repeats.clone().map(|block| (block, key(row))),
    })
}

pub fn slot_and_answer(items: Vec<&'static Item>) -> impl Strategy<Value = (Slot, Answer)> {
    select(items).prop_flat_map(|item| (slot(item), answer(item)))
}

pub fn answers(items: Vec<&'static Item>) -> impl Strategy<Value = BTreeMap<Slot, Answer>> {
    prop::collection::vec(slot_and_answer(items), 0..9).prop_map(|all| all.into_iter().collect())
}

pub fn rating() -> impl Strategy<Value = Rating> {
    let matrix = &framework().matrix;
    (select(matrix.severity.clone()), select(matrix.likelihood.clone()))
        .prop_map(|(severity, likelihood)| Rating { severity, likelihood })
}

pub fn mitigation() -> impl Strategy<Value = Mitigation> {
    let causes = prop::collection::vec(select(vec![key("C1"), key("C2"), key("C3")]), 0..3);
    let words = (select(MitigationKind::ALL), select(MitigationStatus::ALL));
    (words, party(), causes, text(), prop::option::of(text()), evidence(), confirmed()).prop_map(
        |((kind, status), owner, causes, text, reason, evidence, confirmed)| Mitigation {
            kind,
            owner,
            causes,
            text,
            status,
            reason,
            evidence,
            confirmed,
        },
    )
}

fn acceptance() -> impl Strategy<Value = Acceptance> {
    let words = (text(), text(), digest(), text());
    (words, 1u8..=5, date(), prop::option::of(date())).prop_map(
        |((by, role, digest, reason), class, on, until)| Acceptance {
            by,
            role,
            class,
            digest,
            on,
            until,
            reason,
        },
    )
}

fn transfer() -> impl Strategy<Value = Transfer> {
    let receipt = (select(TransferWord::ALL), text(), date(), text(), prop::option::of(text()));
    let receipt =
        receipt.prop_map(|(says, by, on, digest, reason)| TransferReceipt { says, by, on, digest, reason });
    (party(), prop::option::of(text()), prop::option::of(receipt)).prop_map(|(to, duty, receipt)| Transfer {
        to,
        duty,
        receipt,
    })
}

pub fn risk() -> impl Strategy<Value = Risk> {
    let sections: Vec<SectionId> = framework().sections.iter().map(|section| section.id.clone()).collect();
    let words = (text(), text(), text(), select(sections), party(), select(RiskStatus::ALL));
    let facts = prop::collection::vec(item_id(), 0..4);
    let causes = prop::collection::btree_map(any_key(), text().prop_map(|text| Cause { text }), 0..3);
    let ratings = (prop::option::of(rating()), prop::option::of(rating()));
    let mitigations = prop::collection::btree_map(any_key(), mitigation(), 0..3);
    let theirs = (confirmed(), prop::option::of(acceptance()), prop::option::of(transfer()));
    (words, facts, causes, ratings, mitigations, theirs).prop_map(
        |(words, depends_on, causes, (initial, residual), mitigations, theirs)| {
            let (title, hazard, effect, section, owner, status) = words;
            let (confirmed, acceptance, transfer) = theirs;
            Risk {
                title,
                section,
                owner,
                status,
                hazard,
                effect,
                depends_on,
                causes,
                initial,
                residual,
                mitigations,
                confirmed,
                acceptance,
                transfer,
            }
        },
    )
}

pub fn risk_id() -> impl Strategy<Value = RiskId> {
    select(vec!["HAZ-001", "HAZ-004", "HAZ-014", "NFD-001", "XYZ-9"]).prop_map(|id| RiskId::new(id).unwrap())
}

pub fn received() -> impl Strategy<Value = Received> {
    let risks = prop::collection::btree_map(risk_id(), risk(), 0..3);
    (answers(answered()), risks).prop_map(|(answers, risks)| Received { answers, risks })
}

pub fn framework_ref() -> impl Strategy<Value = FrameworkRef> {
    ("[a-z][a-z-]{0,8}", text(), prop::option::of(text())).prop_map(|(id, version, digest)| FrameworkRef {
        id,
        version,
        digest,
    })
}

fn lineage() -> impl Strategy<Value = Lineage> {
    let refusal = (digest(), text(), text(), date()).prop_map(|(digest, reason, by, on)| Refusal {
        digest,
        reason,
        by,
        on,
    });
    let places = select(vec!["HAZ-009", "IGA-03.notes", "other-systems.pas.BD-25", "a \"quoted\" one"]);
    let refused = prop::collection::btree_map(places.prop_map(str::to_owned), refusal, 0..3);
    (
        "[a-z0-9][a-z0-9-]{0,9}-x",
        "d-[0-9a-f]{12}",
        text(),
        [prop::option::of(text()), prop::option::of(text())],
        refused,
    )
        .prop_map(|(deployment, id, received, [confirmations, commit], refused)| Lineage {
            deployment: DeploymentName::new(deployment).unwrap(),
            id: PermanentId::new(id).unwrap(),
            received,
            confirmations,
            commit,
            refused,
        })
}

pub fn meta() -> impl Strategy<Value = Meta> {
    let revision = (date(), text(), text()).prop_map(|(on, by, text)| Revision { on, by, text });
    let history = prop::collection::btree_map(any_key(), revision, 0..3);
    let head = ("d-[0-9a-f]{12}", text(), select(Kind::ALL), "[A-Z][A-Z0-9]{0,4}");
    (head, framework_ref(), prop::option::of(lineage()), history).prop_map(
        |((id, title, kind, risk_prefix), framework, derived_from, history)| Meta {
            id: PermanentId::new(id).unwrap(),
            title,
            kind,
            framework,
            risk_prefix,
            derived_from,
            history,
        },
    )
}

pub fn settings() -> impl Strategy<Value = Settings> {
    let words = (text(), prop::option::of(text()), prop::option::of(text()));
    let lists = (prop::collection::vec(text(), 0..3), prop::collection::vec(text(), 0..3));
    let person = (words, party(), lists).prop_map(|((name, email, organisation), party, (roles, keys))| {
        Person { name, email, party, organisation, roles, keys }
    });
    let people = prop::collection::btree_map(any_key(), person, 0..3);
    let accept = prop::collection::btree_map("[a-z][a-z-]{0,8}", 1u8..=5, 0..3);
    let roles = || prop::collection::btree_set(text(), 1..3);
    let all_of = prop::collection::btree_set(text(), 0..3);
    let phase = (all_of, prop::collection::vec(roles(), 0..3), 0usize..4)
        .prop_map(|(all_of, any_of, people)| PhasePolicy { all_of, any_of, people });
    let phases = prop::collection::btree_map(1u8..=9, phase, 0..3);
    let signed = prop::collection::btree_set(party(), 0..3);
    let policy = (accept, any::<[bool; 3]>(), signed, phases).prop_map(
        |(accept, truths, signed_hand_overs, phases)| {
            let [signatures_required, phases_apart, author_apart] = truths;
            Policy { accept, signatures_required, phases_apart, author_apart, signed_hand_overs, phases }
        },
    );
    let fail_on = prop::collection::vec(text(), 0..3);
    (framework_ref(), people, policy, fail_on).prop_map(|(framework, people, policy, fail_on)| Settings {
        framework,
        people: people.into(),
        policy,
        fail_on,
    })
}

fn whole_digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 8]>().prop_map(|bytes| Digest::of_bytes(&bytes))
}

fn seal() -> impl Strategy<Value = Seal> {
    let leaves = prop::collection::btree_map("[A-Z]{2}-[0-9]{2}(\\.[a-z]{1,8})?", "[0-9a-f]{16}", 0..5);
    (whole_digest(), whole_digest(), leaves).prop_map(|(digest, content, leaves)| Seal {
        digest,
        content,
        leaves,
    })
}

pub fn statement() -> impl Strategy<Value = Statement> {
    let id = "d-[0-9a-f]{12}".prop_map(|id| PermanentId::new(id).unwrap());
    let who = (id, 1u8..9, "[a-z][a-z-]{0,8}", party(), text(), select(Act::ALL));
    let verdict =
        (text(), prop::option::of(text())).prop_map(|(verdict, reason)| Verdict { verdict, reason });
    let address = "[A-Z]{2}-[0-9]{2}(\\.notes)?".prop_map(|text| text.parse::<Address>().unwrap());
    let says = (
        prop::option::of(text()),
        prop::option::of(whole_digest()),
        prop::option::of(text()),
        prop::collection::btree_map("[A-Z]{2}-[0-9]{2}", verdict, 0..3),
        prop::collection::btree_map(any_key(), text(), 0..3),
        prop::collection::btree_map(address, text(), 0..3),
    );
    let item = "[A-Z]{2}-[0-9]{2}".prop_map(|id| ItemId::new(id).unwrap());
    let recording = (text(), text(), whole_digest()).prop_map(|(by, evidence, digest)| Recording {
        by,
        evidence,
        digest,
    });
    let rests = (
        prop::option::of(date()),
        prop::collection::vec(item, 0..3),
        prop::collection::vec(whole_digest(), 0..3),
        framework_ref(),
        whole_digest(),
        0i64..4_000_000_000,
        prop::option::of(text()),
        prop::option::of(recording),
        prop::collection::btree_map(select(Scope::ALL), seal(), 0..3),
    );
    (who, says, rests).prop_map(|(who, says, rests)| {
        let (deployment, phase, role, party, by, act) = who;
        let (outcome, withdraws, reason, verdicts, conditions, queries) = says;
        let has_left = withdraws.is_some() && reason.is_some();
        let (expires, leaves_open, prev, framework, policy, time, commit, recorded, scopes) = rests;
        let verdicts = verdicts.into_iter().map(|(id, v)| (ItemId::new(id).unwrap(), v)).collect();
        let time = Moment(time);
        #[rustfmt::skip]
        let statement = Statement {
            deployment, phase, role, party, by, act, outcome, withdraws, has_left, reason, verdicts, conditions, queries,
            expires, leaves_open, prev, framework, policy, time, commit, recorded, scopes,
        };
        statement
    })
}
