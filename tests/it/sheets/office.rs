//! Through LibreOffice and back: nothing changes, what guides people is still there, and the published checklist computes what tom computes.

use super::*;
use crate::support::{data, has_tool, run};
use serde_json::Value;
use std::io::Read;

fn has_soffice() -> bool {
    let found = std::process::Command::new("soffice").arg("--version").output();
    has_tool("soffice", found.is_ok_and(|output| output.status.success()))
}

/// Has LibreOffice open files and save them in another form, into a folder of the sandbox.
fn converted(sandbox: &Sandbox, form: &str, into: &str, files: &[String]) {
    let mut command = std::process::Command::new("soffice");
    let profile = format!("-env:UserInstallation=file://{}", sandbox.path("profile").display());
    command.current_dir(sandbox.path("")).args([
        &profile,
        "--headless",
        "--convert-to",
        form,
        "--outdir",
        into,
    ]);
    run({
        command.args(files);
        command
    })
    .code(0);
}

/// The parts of a workbook by name, as texts.
fn parts(bytes: &[u8]) -> BTreeMap<String, String> {
    let texts = raw_parts(bytes).into_iter();
    texts.filter_map(|(name, bytes)| Some((name, String::from_utf8(bytes).ok()?))).collect()
}

fn raw_parts(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let names: Vec<String> =
        (0..archive.len()).map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned()).collect();
    let read = |name: String| {
        let mut bytes = Vec::new();
        archive.by_name(&name).unwrap().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    };
    names.into_iter().map(read).collect()
}

/// The part of a sheet.
fn part_of(parts: &BTreeMap<String, String>, sheet: &str) -> String {
    let (_, rest) = parts["xl/workbook.xml"].split_once(&format!("name=\"{sheet}\"")).unwrap();
    let id = rest.split_once("r:id=\"").unwrap().1.split('"').next().unwrap();
    let relations = &parts["xl/_rels/workbook.xml.rels"];
    let relation =
        relations.split("<Relationship ").find(|one| one.contains(&format!("Id=\"{id}\""))).unwrap();
    let target = relation.split_once("Target=\"").unwrap().1.split('"').next().unwrap();
    parts[&format!("xl/{}", target.trim_start_matches("/xl/"))].clone()
}

/// What the drop-down of a cell offers, read from the list that its rule names.
fn offered(part: &str, book: &Book, cell: &str) -> Vec<String> {
    let at = Place::parse(cell).unwrap();
    let covers = |range: &str| {
        let (first, last) = range.split_once(':').unwrap_or((range, range));
        let (first, last) = (Place::parse(first).unwrap(), Place::parse(last).unwrap());
        (first.row..=last.row).contains(&at.row) && (first.column..=last.column).contains(&at.column)
    };
    let rules = part.split("<dataValidation ").skip(1).find(|rule| {
        let ranges = rule.split_once("sqref=\"").unwrap().1.split('"').next().unwrap();
        ranges.split(' ').any(covers)
    });
    let rule = rules.unwrap_or_else(|| panic!("{cell} has no drop-down"));
    let formula =
        rule.split_once("<formula1>").unwrap().1.split('<').next().unwrap().replace(['$', '\''], "");
    let (sheet, range) = formula.split_once(['!', '.']).unwrap();
    let (first, last) = range.split_once(':').unwrap();
    let (first, last) =
        (Place::parse(first).unwrap(), Place::parse(last.rsplit('.').next().unwrap()).unwrap());
    let list = book.sheet(sheet).unwrap();
    (first.row..=last.row).map(|row| list.text(Place::new(row, first.column))).collect()
}

#[test]
fn the_example_goes_through_libreoffice_and_ods_without_a_change() {
    if !has_soffice() {
        return;
    }
    let sandbox = Sandbox::example();
    let before = sandbox.files("assessments");
    sandbox.write("direct.xlsx", exported(&sandbox));
    converted(&sandbox, "ods", "ods", &["out.xlsx".into()]);
    converted(&sandbox, "xlsx", "back", &["direct.xlsx".into(), "ods/out.ods".into()]);
    for file in ["back/direct.xlsx", "back/out.xlsx"] {
        let ran = sandbox.tom(&["import", file]).code(0);
        assert!(ran.out.starts_with("imported 0 of "), "{}", ran.out);
    }
    assert_eq!(before, sandbox.files("assessments"));

    // What guides whoever fills it in is still there after it was saved again.
    let bytes = std::fs::read(sandbox.path("back/direct.xlsx")).unwrap();
    let (parts, book) = (parts(&bytes), read_book(&bytes).unwrap());
    let number = book.sheets.iter().position(|sheet| sheet.name == "7 - IG").unwrap();
    let sheet = &book.sheets[number];
    let ig = part_of(&parts, "7 - IG");
    let row = sheet.rows().into_iter().find(|row| sheet.text(Place::new(*row, 1)) == "IGA-10").unwrap();
    let framework = crate::framework::shipped();
    assert_eq!(offered(&ig, &book, &format!("E{row}")), framework.item("IGA-10").unwrap().options);
    let risks = part_of(&parts, "Risks");
    assert_eq!(offered(&risks, &book, "G3"), framework.matrix.severity);
    assert_eq!(offered(&risks, &book, "H3"), framework.matrix.likelihood);
    for part in [&ig, &risks] {
        assert!(part.contains("<conditionalFormatting "), "colours are gone");
        assert!(part.contains("<sheetProtection "), "locks are gone");
    }
    assert!(
        parts["xl/styles.xml"].contains("locked=\"false\"")
            || parts["xl/styles.xml"].contains("locked=\"0\"")
    );

    // Three cells that somebody edits in the file that LibreOffice saved are three changed lines.
    let edits = [
        ("7 - IG", "IGA-03", "notes", "A"),
        ("7 - IG", "IGA-04", "notes", "B"),
        ("Risks", "HAZ-004", "residual.likelihood", "Low"),
    ];
    sandbox.write("edited.xlsx", edited(&bytes, &edits));
    sandbox.tom(&["import", "edited.xlsx"]).code(0);
    assert_eq!(sandbox.git(&["diff", "--numstat", "assessments"]).lines().count(), 2);
    assert_eq!(sandbox.git(&["diff", "--unified=0", "assessments"]).matches("\n+").count() - 2, 3);
}

/// A sheet with texts in cells, and without what its formulas gave.
fn filled(part: &str, answers: &BTreeMap<String, String>) -> String {
    let (head, cells) = part.split_once("<c ").unwrap();
    let mut out = head.to_owned();
    for cell in cells.split("<c ") {
        let name = cell.split_once("r=\"").unwrap().1.split('"').next().unwrap();
        // What follows the cell up to the next belongs to rows.
        let open = cell.find('>').unwrap();
        let end = if cell[..open].ends_with('/') { open + 1 } else { cell.find("</c>").unwrap() + 4 };
        let (cell, rest) = cell.split_at(end);
        match answers.get(name) {
            Some(text) => {
                let style = cell.split_once("s=\"").map_or("0", |(_, rest)| rest.split('"').next().unwrap());
                out += &format!("<c r=\"{name}\" s=\"{style}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
            }
            None => match cell.find("<f").and(cell.find("<v>")) {
                Some(value) => {
                    out += &format!("<c {}{}", &cell[..value], &cell[cell.find("</v>").unwrap() + 4..])
                }
                None => out += &format!("<c {cell}"),
            },
        }
        out += rest;
    }
    out
}

/// A workbook with some parts replaced.
fn with_parts(bytes: &[u8], new: &BTreeMap<String, String>) -> Vec<u8> {
    use std::io::Write;
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, old) in raw_parts(bytes) {
        to.start_file(&name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(new.get(&name).map_or(&old[..], |text| text.as_bytes())).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// Answers by sheet and cell: every so many vectors, those of different sheets together.
fn answer_sets(step: usize) -> Vec<BTreeMap<String, BTreeMap<String, String>>> {
    let all: Value = serde_json::from_str(&data("outcome-vectors.json")).unwrap();
    let mut by_tab: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for vector in all["vectors"].as_array().unwrap() {
        let answers = serde_json::from_value(vector["answers"].clone()).unwrap();
        by_tab.entry(vector["tab"].as_str().unwrap().to_owned()).or_default().push(answers);
    }
    let most = by_tab.values().map(Vec::len).max().unwrap();
    let set = |number: usize| {
        by_tab.iter().map(|(tab, vectors)| (tab.clone(), vectors[number % vectors.len()].clone())).collect()
    };
    (0..most).step_by(step).map(set).collect()
}

#[test]
fn the_published_checklist_filled_in_computes_what_tom_computes() {
    let Some(path) = real("smsp-tom-v0.10.xls") else { return };
    if !has_soffice() {
        return;
    }
    let sandbox = Sandbox::init();
    converted(&sandbox, "xlsx", ".", &[path.to_str().unwrap().to_owned()]);
    let bytes = std::fs::read(sandbox.path("smsp-tom-v0.10.xlsx")).unwrap();
    let blank = parts(&bytes);
    let names: BTreeMap<String, String> = crate::framework::csv_items()
        .into_iter()
        .map(|row| row["sheet"].clone())
        .filter(|sheet| !sheet.is_empty())
        .map(|sheet| {
            let target = part_of_name(&blank, &sheet);
            (sheet, target)
        })
        .collect();
    let step = if std::env::var_os("TOM_THOUSAND").is_some() { 1 } else { 9 };
    let mut files = Vec::new();
    for (number, set) in answer_sets(step).into_iter().enumerate() {
        let new = set.iter().map(|(tab, answers)| (names[tab].clone(), filled(&blank[&names[tab]], answers)));
        let file = format!("filled-{number}.xlsx");
        sandbox.write(&file, with_parts(&bytes, &new.collect()));
        files.push(file);
    }
    // Saved as the form that the published one has, with every formula calculated anew.
    converted(&sandbox, "xls", "xls", &files);
    let mut results = std::collections::BTreeSet::new();
    for (number, set) in answer_sets(step).into_iter().enumerate() {
        let file = format!("xls/filled-{number}.xls");
        let ran = sandbox.tom(&["import", &file, "--as", "filled", "--dry-run", "--format", "json"]);
        assert_ne!(ran.code, Some(2), "{}", ran.err);
        let report: Value = serde_json::from_str(&ran.out).unwrap();
        let outcomes = report["outcomes"].as_array().unwrap();
        assert!(outcomes.len() > 20, "{outcomes:#?}");
        for outcome in outcomes {
            assert_eq!(outcome["workbook"], outcome["sheet"], "{file} {set:#?}: {outcome:#}");
            results.insert(format!("{} {}", outcome["id"], outcome["workbook"]));
        }
    }
    assert!(results.len() > 40, "the sets do not differ enough: {results:#?}");
}

/// The name of a sheet's part.
fn part_of_name(parts: &BTreeMap<String, String>, sheet: &str) -> String {
    let wanted = part_of(parts, sheet);
    parts.iter().find(|(_, text)| **text == wanted).unwrap().0.clone()
}
