//! What one trust said about itself reaches no other, nor the public.

use super::*;
use std::io::{Cursor, Read};

const SECOND: &str = "acme-southmere";
const FLOWS: &str = "docs/evidence/northfield-data-flow.md";
const FOLDER: &str = "assessments/acme-northfield";

/// Where the secrets of a trust stand, each with a word of its own. What a derivation carries on purpose, the texts of risks and of answers that the
/// supplier stands by, is none of these.
struct Planted {
    words: Vec<String>,
    at: Sandbox,
}

impl Planted {
    /// A new word that stands nowhere else.
    fn word(&mut self) -> String {
        let word = format!("Zq{:02}hush", self.words.len() + 1);
        self.words.push(word.clone());
        word
    }

    /// Puts a new word in place of the first of a text of a file.
    #[track_caller]
    fn replace(&mut self, file: &str, find: &str, with: impl Fn(&str) -> String) {
        let path = format!("{FOLDER}/{file}");
        let text = self.at.read(&path);
        assert!(text.contains(find), "{path} has {find}");
        let word = self.word();
        self.at.write(&path, text.replacen(find, &with(&word), 1));
    }

    #[track_caller]
    fn append(&mut self, file: &str, with: impl Fn(&str) -> String) {
        let path = format!("{FOLDER}/{file}");
        let before = if self.at.path(&path).exists() { self.at.read(&path) } else { String::new() };
        let word = self.word();
        self.at.write(&path, before + &with(&word));
    }

    #[track_caller]
    fn set(&mut self, address: &str, value: impl Fn(&str) -> String) {
        let word = self.word();
        self.at.tom(&["set", NORTHFIELD, address, &value(&word)]).code(0);
    }
}

/// The supplier's repository, with 24 things that are Northfield's own.
fn planted() -> Planted {
    let mut all = Planted { words: Vec::new(), at: supplier() };
    all.replace("deployment.toml", "Northfield Hospitals", |word| format!("Northfield {word}"));
    all.append("deployment.toml", |word| {
        format!("\n[history.r1]\non = 2026-11-01\nby = \"{word} Finch\"\ntext = \"First complete\"\n")
    });
    all.replace("deployment.toml", "text = \"First complete\"", |word| {
        format!("text = \"First complete {word}\"")
    });
    // The organisation's own answers, and its people.
    all.set("BD-04.rows.contact.name", |word| format!("Bea {word}"));
    all.set("BD-06", |word| format!("Trust of {word}"));
    all.set("BD-06.notes", |word| format!("Ask at {word}"));
    all.set("BD-06.evidence", |word| format!("ref:Minutes of {word}"));
    all.set("CO-01.rows.executive.name", |word| format!("Ann {word}"));
    all.set("CO-01.rows.executive.email", |word| format!("ann@{}.example", word.to_lowercase()));
    all.set("CO-01.rows.executive.job-title", |word| format!("Head of {word}"));
    all.set("IGA-02.notes", |word| format!("Local policy {word}"));
    all.set("IGA-02.evidence", |word| format!("ref:Register of {word}"));
    // Who spoke for it, and with what words.
    all.replace("ig.toml", "by = \"Ben Tarrant\"", |word| format!("by = \"Ben {word}\""));
    all.replace("ig.toml", "[IGA-03.confirmed.deployer]\n", |word| {
        format!("[IGA-03.confirmed.deployer]\nnote = \"Seen in {word}\"\n")
    });
    // What it did about risks.
    all.replace("risks/HAZ-006.toml", "[acceptance]\nby = \"", |word| {
        format!("[acceptance]\nby = \"{word} ")
    });
    all.replace("risks/HAZ-006.toml", "reason = \"", |word| format!("reason = \"{word}: "));
    all.append("risks/HAZ-011.toml", |word| {
        format!("\n[transfer]\nto = \"supplier\"\nduty = \"Build the {word} report\"\n")
    });
    all.append("risks/HAZ-011.toml", |word| {
        format!("\n[transfer.receipt]\nsays = \"refused\"\nby = \"Jo Marsh\"\non = 2026-11-12\ndigest = \"0123456789abcdef\"\nreason = \"Not in {word}\"\n")
    });
    // What happened there.
    all.append("record.toml", |word| {
        format!("[2026-11-18-incident]\nby = \"Carys Nunn\"\ntime = \"2026-11-18T09:00:00Z\"\ntext = \"Outage in {word}\"\n")
    });
    all.append("risks/HAZ-001.toml", |word| format!("# Talked through with {word}\n"));
    // Files beside it.
    let word = all.word();
    all.at.write(FLOWS, format!("# Flows of {word}\n"));
    let word = all.word();
    let text = all.at.read("tom.toml");
    all.at.write(
        "tom.toml",
        text + &format!("\n[people.pat]\nname = \"Pat {word}\"\nparty = \"deployer\"\norganisation = \"XNF01\"\nroles = [\"siro\"]\n"),
    );
    let (author, message) = (all.word(), all.word());
    all.at.git(&["add", "-A"]);
    let author = format!("Rae {author} <rae@{author}.example>");
    all.at.git(&["commit", "-qm", &format!("What {message} asked for"), "--author", &author]);
    all
}

/// Every byte of a zip's parts, those of workbooks unpacked, and the text of PDFs.
fn contents(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut all = Vec::new();
    for at in 0..archive.len() {
        let mut part = archive.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut content = Vec::new();
        part.read_to_end(&mut content).unwrap();
        if name.ends_with(".xlsx") {
            all.extend(
                contents(&content).into_iter().map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)),
            );
        }
        if name.ends_with(".pdf") {
            let read = tom::exchange::pdf_text(&content);
            assert!(read.unread.is_empty(), "{name}: {:?}", read.unread);
            let texts = read.texts.into_iter();
            all.extend(texts.map(|(place, text)| (format!("{name}, {place}"), text.into_bytes())));
        }
        all.push((name, content));
    }
    all
}

/// Files in small letters, each with its name in it.
type Small = Vec<(String, String)>;

fn small(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Small {
    let files = files.into_iter();
    let with_name = |name: &str, bytes: &[u8]| format!("{name}\n{}", String::from_utf8_lossy(bytes));
    files.map(|(name, bytes)| (name.clone(), with_name(&name, &bytes).to_lowercase())).collect()
}

/// The places of a secret in some files.
fn found<'f>(word: &str, files: &'f Small) -> Vec<&'f str> {
    let word = word.to_lowercase();
    files.iter().filter(|(_, text)| text.contains(&word)).map(|(name, _)| name.as_str()).collect()
}

#[test]
fn e11_what_one_trust_says_of_itself_reaches_neither_another_nor_the_public() {
    let planted = planted();
    let supplier = &planted.at;
    assert!(planted.words.len() >= 24, "{}", planted.words.len());
    // They are all there, or this would show nothing: the last two are in the history alone.
    let mut here = supplier.files("");
    here.insert("history".to_owned(), supplier.git(&["log", "--format=%an %s"]).into_bytes());
    let here = small(here);
    for word in &planted.words {
        assert!(!found(word, &here).is_empty(), "{word} is nowhere");
    }
    supplier.tom(&["check", NORTHFIELD]).code(0);
    // Something is exchanged with Northfield already.
    send(supplier, SUPPLIER, "deployer");

    // Another trust's is derived from it.
    supplier.git(&["rm", "-rq", &format!("assessments/{SECOND}")]);
    let own = ["--set", "BD-02=Southmere Community Trust", "--set", "BD-03=XSM02"];
    let derive = ["derive", NORTHFIELD, SECOND, "--title", "Acme Clinic at Southmere", "--no-input"];
    supplier.tom(&[&derive[..], &own].concat()).code(0);
    supplier.commit("a second deployer");
    // Carried texts that name Northfield keep it back until somebody has looked at each.
    let ran = supplier.tom(&["hand-over", SECOND, "--to", "deployer", "--by", SUPPLIER, "--no-pdf"]).code(2);
    assert!(ran.err.contains("TOM-1104") && ran.err.contains(FLOWS), "{}", ran.err);
    // The supplier looks: a file of theirs does not belong here, the other texts say nothing.
    let facts = format!("assessments/{SECOND}/basic-details.toml");
    supplier.write(
        &facts,
        supplier.read(&facts).replace(&format!("\"path:{FLOWS}\""), "\"ref:Data flows, to come\""),
    );
    supplier.commit("their own data flows are to come");
    // With its PDFs.
    let args = ["hand-over", SECOND, "--to", "deployer", "--by", SUPPLIER, "--allow-names", "--out", "o.zip"];
    supplier.tom(&args).code(0);
    let sent = supplier.files("").remove("o.zip").unwrap();
    std::fs::remove_file(supplier.path("o.zip")).unwrap();
    supplier.commit("handed over");
    let public = send_of(supplier, SECOND, SUPPLIER, "authority", &["--audience", "public", "--allow-names"]);
    let second = organisation();
    take(&second, "Nadia Fenn", &sent, 0);
    // Whoever looks at the file is told what was looked at.
    std::fs::write(supplier.path(".git/out.zip"), &sent).unwrap();
    let ran = supplier.tom(&["check", "--leaks", ".git/out.zip"]).code(0);
    for part in ["phase-2-full.html", "phase-2-full.pdf, page "] {
        assert!(
            ran.out.contains(&format!(".git/out.zip/packs/acme-southmere-{part}")),
            "{part}: {}",
            ran.out
        );
    }
    assert!(
        ran.out.contains("TOM-1104") && ran.out.contains("belongs to the organisation of `acme-northfield`")
    );
    let (sent, public) = (small(contents(&sent)), small(contents(&public)));
    let at_second = small(second.files("assessments").into_iter().chain(second.files("exchanges")));
    for word in &planted.words {
        for files in [&sent, &public, &at_second] {
            let places = found(word, files);
            assert!(places.is_empty(), "{word} is in {places:?}");
        }
    }
}
