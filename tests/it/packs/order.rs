//! The order in which a screen reader speaks a PDF: that of its structure, which has to be that of the model.

use super::json;
use crate::support::Sandbox;
use serde_json::Value;

/// What the structure tree says, in its order, without spaces; none where the machine has no `pdfinfo`.
fn spoken(sandbox: &Sandbox, path: &str) -> Option<String> {
    let ran =
        std::process::Command::new("pdfinfo").arg("-struct-text").arg(sandbox.path(path)).output().ok()?;
    let text = String::from_utf8(ran.stdout).unwrap();
    let said = text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix('"'));
    Some(bare(&said.collect::<String>()))
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn each(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The texts of a pack in the order of the model: cover, register, answers, annex.
fn written(pack: &Value) -> Vec<String> {
    let mut texts = Vec::new();
    let mut say = |text: &Value| texts.extend(text.as_str().filter(|text| !text.is_empty()).map(bare));
    each(&pack["cover"]["facts"])
        .for_each(|fact| [&fact["label"], &fact["text"]].into_iter().for_each(&mut say));
    for risk in each(&pack["register"]) {
        ["title", "hazard", "effect"].iter().for_each(|key| say(&risk[*key]));
        each(&risk["causes"]).for_each(|cause| say(&cause["text"]));
        each(&risk["mitigations"]).for_each(|mitigation| say(&mitigation["text"]));
    }
    for section in each(&pack["answers"]) {
        say(&section["title"]);
        for answer in each(&section["groups"]).flat_map(|group| each(&group["answers"])) {
            say(&answer["title"]);
            say(&answer["asks"]);
            [&answer["text"], &answer["notes"]].into_iter().flat_map(each).for_each(&mut say);
        }
    }
    for item in each(&pack["annex"]["items"]) {
        ["id", "title"].iter().for_each(|key| say(&item[*key]));
    }
    texts
}

#[test]
fn a_pdf_is_read_in_the_order_of_the_model() {
    let sandbox = Sandbox::example();
    for (kind, fewest) in [("hazard-log", 100), ("phase-1", 400)] {
        let args = ["render", "acme-northfield", "--to", "packs", "--pack", kind, "--format", "pdf,json"];
        sandbox.tom(&args).code(0);
        let texts = written(&json(&sandbox, &format!("packs/acme-northfield-{kind}.json")));
        assert!(texts.len() > fewest, "{}", texts.len());
        let Some(spoken) = spoken(&sandbox, &format!("packs/acme-northfield-{kind}.pdf")) else { return };
        let mut at = 0;
        for (before, text) in std::iter::once("the cover").chain(texts.iter().map(String::as_str)).zip(&texts)
        {
            let found = spoken[at..].find(text.as_str());
            at += found.unwrap_or_else(|| panic!("{kind}: {text}\n does not come after\n{before}"))
                + text.len();
        }
    }
}
