//! Personal data gets into no pack whose readers may not see it, however it is looked for, and all of it into the full one.

use super::{json, letters, text_of};
use crate::support::Sandbox;
use crate::trust::NORTHFIELD;
use hayro_interpret::hayro_syntax::{Pdf, object::Object};
use std::collections::BTreeMap;

const FOLDER: &str = "assessments/acme-northfield";

/// A string that is somebody's own.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Own {
    /// Who they are.
    Name(String),
    /// How to reach them.
    Way(String),
}

impl Own {
    fn text(&self) -> &str {
        let (Self::Name(text) | Self::Way(text)) = self;
        text
    }
}

struct Planted {
    at: Sandbox,
    all: Vec<Own>,
}

impl Planted {
    /// The name of somebody whom nobody else is called like.
    fn name(&mut self) -> String {
        let name = format!("Quilla Zq{:02}hush", self.all.len() + 1);
        self.all.push(Own::Name(name.clone()));
        name
    }

    fn email(&mut self) -> String {
        let way = format!("zq{:02}hush@people.example", self.all.len() + 1);
        self.all.push(Own::Way(way.clone()));
        way
    }

    fn phone(&mut self) -> String {
        let way = format!("07700 900 7{:02}", self.all.len() + 1);
        self.all.push(Own::Way(way.clone()));
        way
    }

    /// Puts something in place of a text of a file.
    #[track_caller]
    fn replace(&self, file: &str, find: &str, with: &str) {
        let path = if file == "tom.toml" { file.to_owned() } else { format!("{FOLDER}/{file}") };
        let text = self.at.read(&path);
        assert!(text.contains(find), "{path} has no {find}");
        self.at.write(&path, text.replacen(find, with, 1));
    }

    fn append(&self, file: &str, text: &str) {
        let path = format!("{FOLDER}/{file}");
        let before = if self.at.path(&path).exists() { self.at.read(&path) } else { String::new() };
        self.at.write(&path, before + text);
    }
}

/// A deployment with decisions, and somebody's own string in every place that holds one; all of them again in what people write freely.
fn planted() -> Planted {
    let mut all = Planted { at: crate::trust::decided(), all: Vec::new() };
    // Contacts, each with a way to reach them.
    let (name, email, phone) = (all.name(), all.email(), all.phone());
    all.replace("contacts.toml", "name = \"Helen Okafor\"", &format!("name = \"{name}\""));
    all.replace(
        "contacts.toml",
        "email = \"helen.okafor@northfield.example\"",
        &format!("email = \"{email}\""),
    );
    all.replace("contacts.toml", "phone = \"01632 960201\"", &format!("phone = \"{phone}\""));
    let (name, email, phone) = (all.name(), all.email(), all.phone());
    all.replace("basic-details.toml", "name = \"Carys Nunn\"", &format!("name = \"{name}\""));
    all.replace(
        "basic-details.toml",
        "email = \"carys.nunn@northfield.example\"",
        &format!("email = \"{email}\""),
    );
    all.replace("basic-details.toml", "phone = \"01632 960203\"", &format!("phone = \"{phone}\""));
    // Who confirmed an answer, a risk, a mitigation; who accepted; who refused.
    for (file, find) in [
        ("basic-details.toml", "[BD-15.confirmed.deployer]\nby = \""),
        ("basic-details.toml", "[BD-15.confirmed.supplier]\nby = \""),
        ("ig.toml", "[IGA-03.confirmed.deployer]\nby = \""),
        ("risks/HAZ-006.toml", "[confirmed.deployer]\nby = \""),
        ("risks/HAZ-006.toml", "[mitigations.M4.confirmed.deployer]\nby = \""),
        ("risks/HAZ-006.toml", "[acceptance]\nby = \""),
    ] {
        let name = all.name();
        let text = all.at.read(&format!("{FOLDER}/{file}"));
        let (before, rest) = text.split_once(find).unwrap_or_else(|| panic!("{file} has no {find}"));
        let (_, rest) = rest.split_once('"').unwrap();
        all.at.write(&format!("{FOLDER}/{file}"), format!("{before}{find}{name}\"{rest}"));
    }
    let name = all.name();
    all.append(
        "risks/HAZ-011.toml",
        &format!("\n[transfer]\nto = \"supplier\"\nduty = \"Build the report\"\n\n[transfer.receipt]\nsays = \"refused\"\nby = \"{name}\"\non = 2026-11-12\ndigest = \"0123456789abcdef\"\nreason = \"Not in scope\"\n"),
    );
    let name = all.name();
    all.append(
        "deployment.toml",
        &format!("\n[derived-from.refused.HAZ-099]\ndigest = \"0123456789abcdef\"\nreason = \"Not here\"\nby = \"{name}\"\non = 2026-11-12\n"),
    );
    let name = all.name();
    all.append(
        "deployment.toml",
        &format!("\n[history.r1]\non = 2026-11-01\nby = \"{name}\"\ntext = \"First complete\"\n"),
    );
    let (name, email) = (all.name(), all.email());
    all.replace("tom.toml", "name = \"Lorna Whitby\"", &format!("name = \"{name}\""));
    all.replace("tom.toml", "email = \"lorna.whitby@southmere.example\"", &format!("email = \"{email}\""));
    // Those who decided, and people of the example.
    for name in ["Marian Holt", "Helen Okafor", "Dr Esther Lyle", "Piotr Wren", "Sunita Harrowell"] {
        all.all.push(Own::Name(name.to_owned()));
    }
    for way in ["piotr.wren@northfield.example", "01632 960206"] {
        all.all.push(Own::Way(way.to_owned()));
    }
    // All of them in what people write freely, over ends of lines, and a telephone number grouped in another way.
    let people: Vec<String> = all.all.iter().map(|own| own.text().replacen(' ', "\n", 1)).collect();
    let prose = format!("Ask {}.", people.join(",\n"));
    for address in [
        "BD-15",
        "BD-15.notes",
        "IGA-03.notes",
        "HAZ-004.hazard",
        "HAZ-004.effect",
        "HAZ-004.causes.C1.text",
        "HAZ-004.mitigations.M1.text",
    ] {
        all.at.tom(&["set", NORTHFIELD, address, &prose]).code(0);
    }
    let line = prose.replace('\n', " ");
    all.at.tom(&["set", NORTHFIELD, "HAZ-004.title", &line]).code(0);
    all.at.tom(&["set", NORTHFIELD, "BD-16.evidence", &format!("ref:Minutes of {line}")]).code(0);
    all.replace("deployment.toml", "Acme Clinic at Northfield Hospitals", &format!("Acme Clinic, {line}"));
    all.replace("risks/HAZ-006.toml", "reason = \"The service", &format!("reason = \"{line} The service"));
    all.replace("risks/HAZ-011.toml", "duty = \"Build", &format!("duty = \"{line} Build"));
    all.replace("risks/HAZ-011.toml", "reason = \"Not in", &format!("reason = \"{line} Not in"));
    all.replace("deployment.toml", "reason = \"Not here", &format!("reason = \"{line} Not here"));
    all.at.commit("people everywhere");
    let ran = all.at.decide("rajan-pillai", 2, &["--outcome", "rejected", "--reason", &line]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    all.at.commit("rejected");
    all
}

/// A text as it may stand in an address or in markup, and in the bytes of a PDF; as it is it is looked for in the file's text.
fn forms_of(text: &str, is_pdf: bool) -> Vec<Vec<u8>> {
    let mut forms = vec![
        text.replace('@', "%40").replace(' ', "%20").into_bytes(),
        text.replace('@', "&#64;").replace(' ', "&#32;").into_bytes(),
    ];
    if is_pdf {
        let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
        let hex =
            |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02X}")).collect::<String>().into_bytes();
        forms.extend([
            text.as_bytes().to_vec(),
            wide(u16::to_be_bytes),
            wide(u16::to_le_bytes),
            hex(text.as_bytes()),
            hex(&wide(u16::to_be_bytes)),
        ]);
    }
    forms
}

/// Small letters without white space and hyphens: what a layout may put between them hides nothing.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '-').flat_map(char::to_lowercase).collect()
}

/// Everything that a file holds, each byte as a letter: its bytes, and of a PDF every stream without its compression; and its texts.
fn contents(sandbox: &Sandbox, path: &str, bytes: &[u8]) -> (String, String) {
    if !path.ends_with(".pdf") {
        return (letters(bytes), bare(&String::from_utf8_lossy(bytes)));
    }
    let read = tom::exchange::pdf_text(bytes);
    assert!(read.unread.is_empty(), "{path}: {:?}", read.unread);
    let mut texts: String = read.texts.into_iter().map(|(_, text)| text + "\n").collect();
    // A second reader, where the machine has it.
    texts += &text_of(sandbox, path).unwrap_or_default();
    let pdf = Pdf::new(bytes.to_vec()).unwrap();
    let streams = pdf.objects().into_iter().filter_map(|object| match object {
        Object::Stream(stream) => stream.decoded().ok().map(std::borrow::Cow::into_owned),
        _ => None,
    });
    let mut all: Vec<u8> = streams.flatten().collect();
    all.extend(bytes);
    all.extend(texts.bytes());
    (letters(&all), bare(&texts))
}

type Files = BTreeMap<String, (String, String)>;

fn render(at: &Sandbox, audience: &str, packs: &str, formats: &str) -> Files {
    let to = format!("packs-{audience}");
    let args = ["render", NORTHFIELD, "--to", &to, "--pack", packs, "--audience", audience];
    at.tom(&[&args[..], &["--format", formats]].concat()).code(0);
    let files = at.files(&to).into_iter();
    files.map(|(name, bytes)| (name.clone(), contents(at, &format!("{to}/{name}"), &bytes))).collect()
}

/// The files in which a text stands, in whatever form.
fn places<'f>(files: &'f Files, text: &str) -> Vec<&'f str> {
    let text_of = bare(text);
    let is_in = |name: &str, (all, texts): &(String, String)| {
        let mut forms = forms_of(text, name.ends_with(".pdf")).into_iter();
        texts.contains(&text_of) || forms.any(|form| all.contains(&letters(&form)))
    };
    files.iter().filter(|(name, file)| is_in(name, file)).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn e11_what_is_somebodys_own_is_in_no_public_pack_and_all_of_it_in_the_full_one() {
    let planted = planted();
    assert!(planted.all.len() >= 24, "{:?}", planted.all);
    let all_packs = "phase-1,phase-2,changes,hazard-log,lineage";
    let public = render(&planted.at, "public", all_packs, "html,json,pdf");
    assert_eq!(public.len(), 5 * 3 + 1, "{:?}", public.keys());
    let full = render(&planted.at, "full", all_packs, "html,json");
    let mut full_pdf = render(&planted.at, "full", "phase-2", "pdf");
    full_pdf.retain(|file, _| file.ends_with(".pdf"));
    let internal = render(&planted.at, "internal", all_packs, "html,json");
    for own in &planted.all {
        let text = own.text();
        let found = places(&public, text);
        assert!(found.is_empty(), "{text} is in {found:?}");
        // They would be found if they were there.
        for ending in ["phase-2-full.html", "phase-2-full.json"] {
            assert!(
                places(&full, text).iter().any(|file| file.ends_with(ending)),
                "{text} is not in {ending}"
            );
        }
        assert!(!places(&full_pdf, text).is_empty(), "{text} is not in the full PDF");
        let is_internal = !places(&internal, text).is_empty();
        assert_eq!(is_internal, matches!(own, Own::Name(_)), "{text} in the internal packs");
    }
}

#[test]
fn e11_whoever_stood_in_an_earlier_state_is_left_out_of_what_changed() {
    let at = Sandbox::example();
    at.tom(&["set", NORTHFIELD, "BD-22", "Ask Piotr Wren, piotr.wren@northfield.example, 01632-960-207."])
        .code(0);
    at.commit("somebody to ask");
    // He left: nothing that is there now knows him.
    let contacts = format!("{FOLDER}/contacts.toml");
    let text = at.read(&contacts);
    let (before, rest) = text.split_once("[CO-04.rows.interface-lead]").unwrap();
    let (_, after) = rest.split_once("[CO-04.rows.training-lead]").unwrap();
    at.write(&contacts, format!("{before}[CO-04.rows.training-lead]{after}"));
    at.tom(&["set", NORTHFIELD, "BD-22", "In the data centre."]).code(0);
    at.commit("he left");
    let args = ["render", NORTHFIELD, "--to", "packs", "--pack", "changes", "--since", "HEAD~1"];
    at.tom(&[&args[..], &["--format", "html,json"]].concat()).code(0);
    assert!(json(&at, "packs/acme-northfield-changes.json")["changes"]["own"].to_string().contains("BD-22"));
    for (file, bytes) in at.files("packs") {
        let text = String::from_utf8(bytes).unwrap();
        for own in ["Piotr Wren", "piotr.wren", "01632-960-207"] {
            assert!(!text.contains(own), "{own} is in {file}");
        }
        assert!(
            file == "index.html" || text.contains("[name left out], [contact left out]"),
            "{file}: {text}"
        );
    }
}
