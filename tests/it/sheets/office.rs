//! Through LibreOffice and back: nothing changes, what guides people is still there, and the published checklist computes what tom computes.

use super::*;
use crate::support::{data, has_tool, run};
use serde_json::Value;
use std::io::Read;
use std::sync::LazyLock;

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

/// How many of the vectors are tried: with `TOM_THOUSAND` all.
fn step() -> usize {
    if std::env::var_os("TOM_THOUSAND").is_some() { 1 } else { 9 }
}

/// The published checklist as `.xls`, filled in by the vectors (`filled-0.xls` …) and whole (`full.xls`), with every formula calculated anew.
static FILLED: LazyLock<Option<Sandbox>> = LazyLock::new(|| {
    let path = real("smsp-tom-v0.10.xls").filter(|_| has_soffice())?;
    let sandbox = Sandbox::init();
    converted(&sandbox, "xlsx", ".", &[path.to_str().unwrap().to_owned()]);
    let bytes = std::fs::read(sandbox.path("smsp-tom-v0.10.xlsx")).unwrap();
    let blank = parts(&bytes);
    let sets = answer_sets(step())
        .into_iter()
        .enumerate()
        .map(|(number, set)| (format!("filled-{number}.xlsx"), set));
    let mut files = Vec::new();
    for (file, set) in sets.chain([("full.xlsx".to_owned(), every_answer(5))]) {
        let new = set.iter().map(|(tab, answers)| {
            let part = part_of_name(&blank, tab);
            let text = filled(&blank[&part], answers);
            answers
                .keys()
                .for_each(|cell| assert!(text.contains(&format!("<c r=\"{cell}\" ")), "{tab}!{cell}"));
            (part, text)
        });
        sandbox.write(&file, with_parts(&bytes, &new.collect()));
        files.push(file);
    }
    converted(&sandbox, "xls", ".", &files);
    Some(sandbox)
});

#[test]
fn the_published_checklist_filled_in_computes_what_tom_computes() {
    let Some(sandbox) = &*FILLED else { return };
    let mut results = std::collections::BTreeSet::new();
    for (number, set) in answer_sets(step()).into_iter().enumerate() {
        let file = format!("filled-{number}.xls");
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

/// A legal answer to every cell that asks for one, by sheet and cell; choices and days differ by seed.
fn every_answer(seed: usize) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut put = |sheet: &str, cell: String, text: String| {
        all.entry(sheet.to_owned()).or_default().insert(cell, text);
    };
    for (number, row) in crate::framework::csv_items().into_iter().enumerate() {
        let (sheet, id, at) = (&row["sheet"], &row["id"], &row["row"]);
        let options: Vec<&str> = row["options"].split('|').collect();
        let day = format!("2026-03-{:02}", 1 + (number * 7 + seed) % 28);
        let one = match row["type"].as_str() {
            "choice" => options[(number * number + seed) % options.len()].to_owned(),
            "text" | "prose" => format!("Answer {seed} to {id}"),
            "texts" => format!("Eastmoor {seed}\nWestmoor"),
            "date" => day.clone(),
            "dates" => format!("Go-live: {day}"),
            "number" => format!("{}", 3 + seed),
            "ods-code" => "XEM01".to_owned(),
            _ => String::new(),
        };
        let mail = format!("{}@eastmoor.example", id.to_lowercase());
        let person = [format!("Person {id}"), format!("Role {seed}"), mail, format!("01632 960{number:03}")];
        match row["type"].as_str() {
            "people" if sheet.starts_with('1') => put(sheet, row["answer_cell"].clone(), person.join(", ")),
            "people" => {
                let cells = ["E", "F", "G", "H"].into_iter().zip(person);
                cells.for_each(|(column, text)| put(sheet, format!("{column}{at}"), text));
            }
            "table" => {
                let columns = if id == "TO-03" { ["B", "E", "G"] } else { ["N", "Q", "T"] };
                let row = if id == "TO-03" { 28 } else { 29 };
                let cells = columns.into_iter().zip([
                    format!("Clinic {id}"),
                    "XEM02".into(),
                    format!("audit-{seed}"),
                ]);
                cells.for_each(|(column, text)| put(sheet, format!("{column}{row}"), text));
            }
            "decision" | "computed" => continue,
            _ if row["answer_cell"].is_empty() => {}
            _ => put(sheet, row["answer_cell"].clone(), one),
        }
        if !row["notes_cell"].is_empty() {
            put(sheet, row["notes_cell"].clone(), format!("Note {seed} to {id}"));
        }
        if !row["actioned_by_cell"].is_empty() && !row["confirmed_by"].is_empty() {
            put(sheet, row["actioned_by_cell"].clone(), format!("Ann Lee {seed}"));
        }
    }
    all
}

#[test]
fn every_answerable_cell_of_the_published_checklist_comes_in_and_survives_the_way_out_and_back() {
    let Some(sandbox) = &*FILLED else { return };
    let sandbox = sandbox.copied();
    let answers = every_answer(5);
    let import = |file: &str| sandbox.tom(&["import", file, "--as", "full", "--format", "json"]);
    let report: Value = serde_json::from_str(&import("full.xls").out).unwrap();
    let told = report["cells"].as_array().unwrap();
    let mut refused = Vec::new();
    for (sheet, cells) in &answers {
        for cell in cells.keys() {
            let fate = told.iter().find(|told| told["sheet"] == **sheet && told["cell"] == **cell);
            let fate = fate.unwrap_or_else(|| panic!("{sheet}!{cell} was not seen"));
            if !["imported", "confirmed"].contains(&fate["fate"].as_str().unwrap()) {
                refused.push(format!("{sheet}!{cell} {fate}"));
            }
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
    assert_eq!(told.iter().filter(|told| told["fate"] == "not-imported").count(), 0);
    for outcome in report["outcomes"].as_array().unwrap() {
        assert_eq!(outcome["workbook"], outcome["sheet"], "{outcome:#}");
    }
    sandbox.commit("moved in");
    sandbox.tom(&["export", "full", "--to", "out.xlsx"]).code(0);
    let out = read_book(&std::fs::read(sandbox.path("out.xlsx")).unwrap()).unwrap();
    let by_id = crate::framework::csv_items()
        .into_iter()
        .filter(|row| row["type"] == "choice" && row["repeats"].is_empty());
    for row in by_id {
        let sheet = out.sheet(&row["sheet"]).unwrap();
        let line = sheet.rows().into_iter().find(|at| sheet.text(Place::new(*at, 1)) == row["id"]).unwrap();
        let wanted = &answers[&row["sheet"]][&row["answer_cell"]];
        assert_eq!(&sheet.text(Place::new(line, 5)), wanted, "{}", row["id"]);
    }
    for file in ["out.xlsx", "full.xls"] {
        sandbox.tom(&["import", file, "--as", "full"]).code(0);
        assert_eq!(sandbox.git(&["status", "--porcelain", "assessments"]), "", "{file}");
    }
}

#[test]
fn d26_what_an_xls_hides_is_read_and_said() {
    if !has_soffice() {
        return;
    }
    let sandbox = Sandbox::init();
    sandbox.write("in.xlsx", super::hiding());
    converted(&sandbox, "xls", ".", &["in.xlsx".into()]);
    let ran = sandbox.tom(&["import", "in.xls", "--as", "eastmoor"]).code(1);
    let (_, hidden) = ran.out.split_once("hidden in the workbook, and read like the rest:\n").unwrap();
    assert!(
        hidden.contains("7 - IG!G23 (hidden)  Planned") && hidden.contains("7 - IG!F29 (hidden)"),
        "{hidden}"
    );
    assert!(!hidden.contains("F23"), "a cell that shows is not hidden: {hidden}");
}
