//! Workbooks in and out: the checklist, tom's own workbook, hazard logs, tables, and files that are made to do harm.

mod decisions;
mod office;

use crate::golden;
use crate::support::{Ran, Sandbox};
use rust_xlsxwriter::{Formula, Workbook};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tom::exchange::{Book, Content, Place, read_book};

/// The cells of a checklist: sheet, then row and column counted from 1.
type Cells = BTreeMap<String, BTreeMap<(u32, u32), String>>;

fn save(cells: &Cells) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, cells) in cells {
        let sheet = workbook.add_worksheet();
        sheet.set_name(name).unwrap();
        for ((row, column), text) in cells {
            sheet.write_string(row - 1, u16::try_from(column - 1).unwrap(), text).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

/// A checklist of the published shape, in our own words, with every row moved down: what an item asks is found, not counted.
fn checklist(answers: &[(&str, &str)]) -> Cells {
    let mut cells = Cells::new();
    let ig = cells.entry("7 - IG".to_owned()).or_default();
    for (column, text) in [
        (2, "Category"),
        (3, "Control"),
        (4, "Guidance"),
        (5, "Actioned By"),
        (6, "Compliance"),
        (7, "Additional Notes"),
    ] {
        ig.insert((20, column), text.to_owned());
    }
    ig.insert((22, 2), "Process controls".to_owned());
    ig.insert((23, 3), "A formal ISMS".to_owned());
    ig.insert((25, 2), "Technical controls".to_owned());
    ig.insert((29, 3), "Secure communications".to_owned());
    let accountability = cells.entry("5 - Accountability".to_owned()).or_default();
    for (column, text) in
        [(2, "Category"), (3, "Item"), (7, "Actioned By"), (8, "Compliance"), (9, "Additional Notes")]
    {
        accountability.insert((3, column), text.to_owned());
    }
    accountability.insert((40, 2), "OR-01".to_owned());
    accountability.insert((41, 2), "OR-99".to_owned());
    let basic = cells.entry("1 - Basic Details".to_owned()).or_default();
    for (column, text) in [(2, "Category"), (3, "Item"), (5, "Response")] {
        basic.insert((2, column), text.to_owned());
    }
    for (row, column, text) in [
        (4, 2, "Deploying organisation"),
        (5, 3, "Organisation(s)"),
        (6, 3, "ODS code"),
        (8, 2, "Deploying organisation IGSoC"),
        (9, 3, "Date started"),
        (10, 3, "Grade"),
        (20, 2, "Other system"),
        (21, 3, "Product"),
        (22, 3, "Supplier"),
        (24, 3, "Product"),
        (25, 3, "Supplier"),
    ] {
        basic.insert((row, column), text.to_owned());
    }
    for (place, text) in answers {
        let (sheet, cell) = place.split_once('!').unwrap();
        let at = Place::parse(cell).unwrap();
        cells.get_mut(sheet).unwrap().insert((at.row, at.column), (*text).to_owned());
    }
    cells
}

fn import(sandbox: &Sandbox, cells: &Cells, name: &str) -> Ran {
    sandbox.write("in.xlsx", save(cells));
    sandbox.tom(&["import", "in.xlsx", "--as", name, "--sender", "Ann Lee", "--id", "d-0123456789ab"])
}

#[test]
fn a_checklist_lands_item_by_item_wherever_its_rows_stand() {
    let sandbox = Sandbox::init();
    let cells = checklist(&[
        ("1 - Basic Details!E5", "Eastmoor Clinics"),
        ("1 - Basic Details!E6", "XEM01"),
        ("1 - Basic Details!E9", "9/8/2026"),
        ("1 - Basic Details!E10", "2 - satisfactory with improvement plan"),
        ("1 - Basic Details!E21", "Lab system"),
        ("1 - Basic Details!E22", "Lab Co"),
        ("1 - Basic Details!E24", "PAS"),
        ("1 - Basic Details!E25", "PAS Co"),
        ("7 - IG!F23", "No"),
        ("7 - IG!G23", "Planned for spring"),
        ("7 - IG!E23", "Ben Tarrant …...on behalf of the deploying organisation"),
        ("7 - IG!E29", "…...on behalf of the Client Supplier"),
        ("5 - Accountability!H40", "Yes"),
    ]);
    let ran = import(&sandbox, &cells, "eastmoor").code(1);
    assert!(ran.out.contains("the framework has no item `OR-99`"), "{}", ran.out);
    let ig = sandbox.read("assessments/eastmoor/ig.toml");
    assert!(ig.contains("[IGA-02]\nanswer = \"No\"\nnotes = \"Planned for spring\"\n"), "{ig}");
    assert!(ig.contains("[IGA-02.confirmed.deployer]\nby = \"Ben Tarrant\"\n"), "{ig}");
    assert!(ig.contains("sent by Ann Lee)"), "{ig}");
    assert!(!ig.contains("IGA-03.confirmed"), "a placeholder is no confirmation: {ig}");
    let basic = sandbox.read("assessments/eastmoor/basic-details.toml");
    assert!(basic.contains("answer = 2026-08-09\n"), "the day stands before the month: {basic}");
    assert!(basic.contains("answer = \"2 - Satisfactory with Improvement Plan\"\n"), "{basic}");
    assert!(basic.contains("[other-systems.lab-system.BD-26]\nanswer = \"Lab Co\"\n"), "{basic}");
    assert!(basic.contains("[other-systems.pas.BD-26]\nanswer = \"PAS Co\"\n"), "{basic}");
    assert!(sandbox.read("assessments/eastmoor/deployment.toml").contains("imported from in.xlsx (sha256:"));
    sandbox.tom(&["check", "eastmoor"]).code(0);
}

#[test]
fn every_cell_that_is_not_taken_over_is_listed_with_the_reason() {
    let sandbox = Sandbox::init();
    let mut cells = checklist(&[
        ("7 - IG!F23", "Perhaps"),
        ("1 - Basic Details!E9", "soon"),
        ("7 - IG!F29", "\u{200b}Yes"),
    ]);
    cells.entry("Scratch".to_owned()).or_default().insert((1, 1), "ring Bob".to_owned());
    sandbox.write("in.xlsx", save(&cells));
    let ran =
        sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor", "--format", "json", "--dry-run"]).code(1);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let told = report["cells"].as_array().unwrap();
    assert_eq!(told.len(), cells.values().map(BTreeMap::len).sum::<usize>(), "a cell without a fate");
    for cell in ["F23", "E9", "F29", "A1", "B41"] {
        let fate = told.iter().find(|t| t["cell"] == cell && t["fate"] == "not-imported");
        assert!(fate.is_some_and(|t| !t["why"].as_str().unwrap().is_empty()), "{cell}: {report:#}");
    }
    assert!(!sandbox.path("assessments/eastmoor").exists(), "a dry run writes nothing");
}

/// A checklist with a hidden row and a hidden column.
fn hiding() -> Vec<u8> {
    let mut workbook = Workbook::new();
    for (name, cells) in checklist(&[("7 - IG!F23", "No"), ("7 - IG!G23", "Planned"), ("7 - IG!F29", "Yes")])
    {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&name).unwrap();
        for ((row, column), text) in cells {
            sheet.write_string(row - 1, u16::try_from(column - 1).unwrap(), text).unwrap();
        }
        if name == "7 - IG" {
            sheet.set_row_hidden(28).unwrap().set_column_hidden(6).unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

#[test]
fn d26_what_a_workbook_hides_is_read_and_said() {
    let sandbox = Sandbox::init();
    sandbox.write("in.xlsx", hiding());
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor"]).code(1);
    let (_, hidden) = ran.out.split_once("hidden in the workbook, and read like the rest:\n").unwrap();
    assert!(
        hidden.starts_with("  7 - IG!G23 (hidden)  Planned\n      IGA-02.notes\n  7 - IG!F29 (hidden)"),
        "{hidden}"
    );
    assert!(!hidden.contains("F23"), "a cell that shows is not hidden: {hidden}");
    assert!(sandbox.read("assessments/eastmoor/ig.toml").contains("[IGA-03]\nanswer = \"Yes\"\n"));
    let log = log(&[["2", "Wrong patient", "It shows another", "Harm", "Check"]]);
    sandbox.write("log.xlsx", forged(&log, "sheet1.xml", "<row r=\"2\"", "<row hidden=\"1\" r=\"2\""));
    let ran = sandbox.tom(&["import-risks", "log.xlsx", "--as", "eastmoor", "--prefix", "HAZ"]);
    assert!(ran.out.contains("read like the rest:\n  Hazard Log: row 2\n"), "{}", ran.out);
}

#[test]
fn d26_an_answer_that_a_formula_gives_is_told_or_refused() {
    let sandbox = Sandbox::example();
    let saved = |sheets: Vec<(String, Vec<(Place, String)>)>, at: (&str, Place)| {
        let mut workbook = Workbook::new();
        for (name, cells) in sheets {
            let sheet = workbook.add_worksheet();
            sheet.set_name(&name).unwrap();
            for (place, text) in cells {
                let (row, column) = (place.row - 1, u16::try_from(place.column - 1).unwrap());
                sheet.write_string(row, column, text).unwrap();
            }
            if name == at.0 {
                let (row, column) = (at.1.row - 1, u16::try_from(at.1.column - 1).unwrap());
                sheet.write_formula(row, column, Formula::new("=A1&A2").set_result("Yes")).unwrap();
            }
        }
        workbook.save_to_buffer().unwrap()
    };
    let flat = |cells: &BTreeMap<(u32, u32), String>| {
        cells.iter().map(|((row, column), text)| (Place::new(*row, *column), text.clone())).collect()
    };
    let sheets = checklist(&[]).iter().map(|(name, cells)| (name.clone(), flat(cells))).collect();
    sandbox.write("in.xlsx", saved(sheets, ("7 - IG", Place::new(23, 6))));
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "new", "--dry-run"]).code(1);
    assert!(ran.out.contains("IGA-02: a formula's result, as the file holds it"), "{}", ran.out);
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "new", "--formulas", "reject", "--dry-run"]).code(1);
    assert!(ran.out.contains("`--formulas reject` takes none"), "{}", ran.out);

    let book = read_book(&exported(&sandbox)).unwrap();
    let row = |sheet: &tom::exchange::Sheet| {
        sheet.rows().into_iter().find(|row| sheet.text(Place::new(*row, 1)) == "IGA-04")
    };
    let row = book.sheet("7 - IG").and_then(row).unwrap();
    let sheets = book.sheets.iter().map(|sheet| {
        (sheet.name.clone(), sheet.cells.iter().map(|(at, c)| (*at, c.content.text())).collect())
    });
    sandbox.write("back.xlsx", saved(sheets.collect(), ("7 - IG", Place::new(row, 6))));
    let ran = sandbox.tom(&["import", "back.xlsx", "--dry-run"]).code(0);
    assert!(ran.out.contains("IGA-04.notes: a formula's result, as the file holds it"), "{}", ran.out);
    sandbox.tom(&["import", "back.xlsx", "--formulas", "reject", "--dry-run"]).code(1);
}

#[test]
fn d26_days_of_a_workbook_that_counts_from_1904_are_four_years_later() {
    let sandbox = Sandbox::init();
    let mut workbook = Workbook::new();
    for (name, cells) in checklist(&[]) {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&name).unwrap();
        for ((row, column), text) in cells {
            sheet.write_string(row - 1, u16::try_from(column - 1).unwrap(), text).unwrap();
        }
        if name == "1 - Basic Details" {
            let format = rust_xlsxwriter::Format::new().set_num_format("dd/mm/yyyy");
            sheet.write_number_with_format(8, 4, 44_783, &format).unwrap();
        }
    }
    let bytes = workbook.save_to_buffer().unwrap();
    sandbox
        .write("1904.xlsx", forged(&bytes, "xl/workbook.xml", "<workbookPr ", "<workbookPr date1904=\"1\" "));
    sandbox.write("1900.xlsx", bytes);
    for (name, day) in [("1900", "2022-08-10"), ("1904", "2026-08-11")] {
        sandbox.tom(&["import", &format!("{name}.xlsx"), "--as", &format!("from-{name}")]).code(1);
        let basic = sandbox.read(&format!("assessments/from-{name}/basic-details.toml"));
        assert!(basic.contains(&format!("[BD-07]\nanswer = {day}\n")), "{basic}");
    }
}

#[test]
fn a_formulas_old_result_is_compared_and_explained() {
    let sandbox = Sandbox::init();
    let mut workbook = Workbook::new();
    for (name, cells) in checklist(&[("7 - IG!F23", "No")]) {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&name).unwrap();
        for ((row, column), text) in cells {
            sheet.write_string(row - 1, u16::try_from(column - 1).unwrap(), text).unwrap();
        }
        if name == "7 - IG" {
            sheet
                .write_formula(21, 5, Formula::new("=IF(F23=\"No\",\"FAIL\",\"PASS\")").set_result("PASS"))
                .unwrap();
        }
    }
    sandbox.write("in.xlsx", workbook.save_to_buffer().unwrap());
    let ran = sandbox.tom(&["import", "in.xlsx", "--as", "eastmoor"]).code(1);
    let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("ig.process: workbook PASS, rules FAIL"), "{out}");
    assert!(out.contains("not calculated again"), "{out}");
}

/// Changes cells of an exported workbook by address and field, keeping all others as they are.
fn edited(bytes: &[u8], edits: &[(&str, &str, &str, &str)]) -> Vec<u8> {
    let mut book = read_book(bytes).unwrap();
    for (sheet, address, field, text) in edits {
        let sheet = book.sheets.iter_mut().find(|s| s.name == *sheet).unwrap();
        let find = |wanted: &str, in_row: Option<u32>| {
            let mut cells = sheet.cells.iter();
            cells
                .find(|(at, c)| c.content.text() == wanted && in_row.is_none_or(|row| at.row == row))
                .map(|(at, _)| *at)
        };
        let row = find(address, None).unwrap_or_else(|| panic!("{address}")).row;
        let column = find(field, Some(1)).unwrap_or_else(|| panic!("{field}")).column;
        let at = Place::new(row, column);
        if text.is_empty() {
            sheet.cells.remove(&at);
        } else {
            sheet.cells.insert(
                at,
                tom::exchange::Cell {
                    content: Content::Text((*text).to_owned()),
                    is_formula: false,
                    is_hidden: false,
                },
            );
        }
    }
    rewritten(&book)
}

/// A workbook with these values, as another program would save it.
fn rewritten(book: &Book) -> Vec<u8> {
    let mut workbook = Workbook::new();
    for from in &book.sheets {
        let sheet = workbook.add_worksheet();
        sheet.set_name(&from.name).unwrap();
        for (at, cell) in &from.cells {
            sheet
                .write_string(at.row - 1, u16::try_from(at.column - 1).unwrap(), cell.content.text())
                .unwrap();
        }
    }
    workbook.save_to_buffer().unwrap()
}

fn exported(sandbox: &Sandbox) -> Vec<u8> {
    sandbox.tom(&["export", "acme-northfield", "--to", "out.xlsx"]).code(0);
    std::fs::read(sandbox.path("out.xlsx")).unwrap()
}

#[test]
fn a_workbook_that_comes_back_as_it_was_changes_nothing() {
    let sandbox = Sandbox::example();
    let bytes = exported(&sandbox);
    assert_eq!(bytes, exported(&sandbox), "the same bytes twice");
    let before = sandbox.files("assessments");
    sandbox.tom(&["import", "out.xlsx"]).code(0);
    sandbox.write("again.xlsx", rewritten(&read_book(&bytes).unwrap()));
    sandbox.tom(&["import", "again.xlsx"]).code(0);
    assert_eq!(before, sandbox.files("assessments"));
}

#[test]
fn three_edited_cells_are_three_changed_lines_whatever_happened_to_the_rows() {
    let sandbox = Sandbox::example();
    let bytes = edited(
        &exported(&sandbox),
        &[
            ("7 - IG", "IGA-03", "notes", "Looked at again"),
            ("1 - Basic Details", "BD-07", "answer", "2026-05-05"),
            ("Risks", "HAZ-004", "residual.likelihood", "Low"),
        ],
    );
    // Somebody sorted the lines the other way round.
    let mut book = read_book(&bytes).unwrap();
    for sheet in book.sheets.iter_mut().filter(|s| s.name == "Risks" || s.name == "7 - IG") {
        let last = sheet.rows().into_iter().max().unwrap();
        let cells = std::mem::take(&mut sheet.cells);
        let moved = cells.into_iter().map(|(at, cell)| match at.row {
            1 | 2 => (at, cell),
            row => (Place::new(last + 3 - row, at.column), cell),
        });
        sheet.cells = moved.collect();
    }
    sandbox.write("back.xlsx", rewritten(&book));
    sandbox.tom(&["import", "back.xlsx"]).code(0);
    let changed = sandbox.git(&["diff", "--numstat"]);
    assert_eq!(changed.lines().count(), 3, "{changed}");
    assert!(changed.lines().all(|line| line.starts_with("1\t1\t")), "{changed}");
}

#[test]
fn what_both_sides_changed_is_a_conflict_and_nothing_is_written() {
    let sandbox = Sandbox::example();
    let bytes = edited(
        &exported(&sandbox),
        &[("7 - IG", "IGA-03", "notes", "Theirs"), ("7 - IG", "IGA-04", "notes", "Theirs")],
    );
    sandbox.tom(&["set", "acme-northfield", "IGA-03.notes", "Ours"]).code(0);
    sandbox.commit("ours");
    sandbox.write("back.xlsx", &bytes);
    let before = sandbox.files("assessments");
    let ran = sandbox.tom(&["import", "back.xlsx"]).code(1);
    assert!(ran.out.contains("IGA-03: both changed it") && !ran.out.contains("IGA-04: "), "{}", ran.out);
    let mut after = sandbox.files("assessments");
    let conflicts = after.remove("acme-northfield/conflicts.toml").unwrap();
    assert_eq!(before, after);
    assert!(
        String::from_utf8(conflicts).unwrap().contains("[conflicts.IGA-03]\nwhy = \"both changed it\"\n")
    );
    let check = sandbox.tom(&["check", "acme-northfield"]).code(1);
    assert!(check.out.contains("TOM-0510"), "{}", check.out);
    let ran = sandbox.tom(&["update", "acme-northfield"]).code(2);
    assert!(ran.err.contains("waits for decisions about what came from `back.xlsx`"), "{}", ran.err);
    let ran = sandbox
        .tom(&["resolve", "acme-northfield", "IGA-03", "--ours", "--reason", "x", "--by", "Ann Lee"])
        .code(2);
    assert!(ran.err.contains("only for what a parent offers"), "{}", ran.err);
    let ran = sandbox.tom(&["resolve", "acme-northfield", "IGA-03", "--theirs"]).code(0);
    assert!(ran.out.contains("took 2 changes from back.xlsx"), "{}", ran.out);
    let changed = sandbox.git(&["diff", "--numstat"]);
    assert!(changed.lines().count() == 1 && changed.ends_with("acme-northfield/ig.toml\n"), "{changed}");
    let ig = sandbox.read("assessments/acme-northfield/ig.toml");
    assert_eq!(ig.matches("notes = \"Theirs\"\n").count(), 2, "{ig}");
    assert!(!sandbox.path("assessments/acme-northfield/conflicts.toml").exists());
}

#[test]
fn a_risk_that_changed_meanwhile_is_not_accepted_by_who_did_not_see_it() {
    let sandbox = Sandbox::example();
    let bytes = edited(
        &exported(&sandbox),
        &[
            ("Risks", "HAZ-004", "accept.by", "Carys Nunn"),
            ("Risks", "HAZ-004", "accept.role", "clinical-safety-officer"),
            ("Risks", "HAZ-004", "accept.until", "2027-05-05"),
            ("Risks", "HAZ-004", "accept.reason", "As low as it can be"),
        ],
    );
    sandbox.tom(&["set", "acme-northfield", "HAZ-004.effect", "Far worse than was thought"]).code(0);
    sandbox.commit("worse");
    sandbox.write("back.xlsx", &bytes);
    let ran = sandbox.tom(&["import", "back.xlsx"]).code(1);
    assert!(ran.out.contains("the risk says something else here now"), "{}", ran.out);
    assert_eq!(sandbox.git(&["status", "--porcelain", "assessments"]), "");
}

/// A checklist that was imported, with what was said here since, all committed.
fn moved_in(sandbox: &Sandbox) -> Cells {
    let cells = checklist(&[
        ("7 - IG!F23", "No"),
        ("7 - IG!G23", "Planned for spring"),
        ("7 - IG!E23", "Ben Tarrant …...on behalf of the deploying organisation"),
        ("7 - IG!F29", "Yes"),
    ]);
    import(sandbox, &cells, "eastmoor").code(1);
    sandbox.commit("moved in");
    sandbox.tom(&["set", "eastmoor", "IGA-03.notes", "Said here"]).code(0);
    sandbox.tom(&["set", "eastmoor", "IGA-02.evidence", "ref:ISMS-7"]).code(0);
    sandbox.commit("said here");
    cells
}

fn put(cells: &mut Cells, sheet: &str, cell: &str, text: &str) {
    let at = Place::parse(cell).unwrap();
    cells.get_mut(sheet).unwrap().insert((at.row, at.column), text.to_owned());
}

#[test]
fn a_newer_checklist_brings_what_was_changed_in_it_and_keeps_what_was_said_here() {
    let sandbox = Sandbox::init();
    let mut cells = moved_in(&sandbox);
    let again = |cells: &Cells| {
        sandbox.write("v2.xlsx", save(cells));
        sandbox.tom(&["import", "v2.xlsx", "--as", "eastmoor"])
    };
    let before = sandbox.files("assessments");
    again(&cells).code(1);
    assert_eq!(before, sandbox.files("assessments"), "the same checklist says nothing new");
    put(&mut cells, "7 - IG", "G23", "Done in spring");
    put(&mut cells, "5 - Accountability", "H40", "Yes");
    let ran = again(&cells).code(1);
    assert!(ran.out.contains("changed:\n  IGA-02  ") && ran.out.contains("\n  OR-01  "), "{}", ran.out);
    let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("the name stood there before the answer was changed"), "{out}");
    let ig = sandbox.read("assessments/eastmoor/ig.toml");
    assert!(ig.contains("notes = \"Done in spring\"\nevidence = [\"ref:ISMS-7\"]\n"), "{ig}");
    assert!(ig.contains("answer = \"Yes\"\nnotes = \"Said here\"\n"), "{ig}");
    assert_eq!(ig.matches("by = \"Ben Tarrant\"").count(), 1, "{ig}");
    let status = sandbox.tom(&["show", "eastmoor", "IGA-02"]).code(0).out;
    assert!(status.contains("stale"), "{status}");
    assert!(sandbox.read("assessments/eastmoor/deployment.toml").contains("imported from v2.xlsx (sha256:"));
    sandbox.commit("v2");
    let before = sandbox.files("assessments");
    again(&cells).code(1);
    assert_eq!(before, sandbox.files("assessments"), "and nothing when it comes once more");
    sandbox.tom(&["check", "eastmoor"]).code(0);
    sandbox.tom(&["fmt", "--check"]).code(0);
}

#[test]
fn a_newer_checklist_that_contradicts_what_was_said_here_waits_for_a_decision() {
    let sandbox = Sandbox::init();
    let mut cells = moved_in(&sandbox);
    put(&mut cells, "7 - IG", "F29", "No");
    put(&mut cells, "5 - Accountability", "H40", "Yes");
    sandbox.write("v2.xlsx", save(&cells));
    let ran = sandbox.tom(&["import", "v2.xlsx", "--as", "eastmoor"]).code(1);
    assert!(ran.out.contains("IGA-03: both changed it"), "{}", ran.out);
    assert!(!sandbox.read("assessments/eastmoor/accountability.toml").contains("answer"));
    let ran = sandbox.tom(&["resolve", "eastmoor", "IGA-03", "--theirs"]).code(0);
    assert!(ran.out.contains("took 2 changes from v2.xlsx"), "{}", ran.out);
    let ig = sandbox.read("assessments/eastmoor/ig.toml");
    assert!(ig.contains("[IGA-03]\nanswer = \"No\"\n") && !ig.contains("Said here"), "{ig}");
    assert!(sandbox.read("assessments/eastmoor/accountability.toml").contains("[OR-01]\nanswer = \"Yes\"\n"));
    assert!(sandbox.read("assessments/eastmoor/deployment.toml").contains("imported from v2.xlsx (sha256:"));
    sandbox.commit("v2");
    let before = sandbox.files("assessments");
    sandbox.tom(&["import", "v2.xlsx", "--as", "eastmoor"]).code(1);
    assert_eq!(before, sandbox.files("assessments"), "what was decided is not asked again");
}

#[test]
fn rows_risks_and_voices_come_in_and_say_no_more_than_was_seen() {
    let sandbox = Sandbox::example();
    let bytes = edited(
        &exported(&sandbox),
        &[
            ("3 - Contacts Log", "CO-04.rows.new-1", "answer", "Sam Park"),
            ("3 - Contacts Log", "CO-04.rows.new-1", "notes", "Cabling lead"),
            ("Risks", "NEW-1", "title", "A new hazard"),
            ("Risks", "NEW-1", "hazard", "It fails"),
            ("Risks", "NEW-1", "effect", "Somebody waits"),
            ("7 - IG", "IGA-02", "confirm.deployer", "Ann Lee"),
            ("7 - IG", "IGA-20", "confirm.deployer", "Ann Lee"),
        ],
    );
    sandbox.write("back.xlsx", &bytes);
    sandbox.tom(&["set", "acme-northfield", "IGA-20.notes", "Said since"]).code(0);
    sandbox.commit("since");
    let ran = sandbox.tom(&["import", "back.xlsx", "--sender", "Ann Lee"]).code(1);
    assert!(ran.out.contains("it says something else here now"), "{}", ran.out);
    assert!(sandbox.read("assessments/acme-northfield/contacts.toml").contains("[CO-04.rows.cabling-lead]"));
    assert!(
        sandbox
            .read("assessments/acme-northfield/risks/NFD-003.toml")
            .starts_with("title = \"A new hazard\"\n")
    );
    let ig = sandbox.read("assessments/acme-northfield/ig.toml");
    assert_eq!(ig.matches("by = \"Ann Lee\"").count(), 1, "{ig}");
    sandbox.tom(&["check", "acme-northfield"]);
}

#[test]
fn a_workbook_of_another_assessment_or_with_an_edited_base_is_refused() {
    let sandbox = Sandbox::example();
    let bytes = exported(&sandbox);
    let ran = sandbox.tom(&["import", "out.xlsx", "--as", "acme-southmere"]).code(2);
    golden::holds("TOM-1004", &sandbox, &ran);
    let mut book = read_book(&bytes).unwrap();
    let carried = book.sheets.iter_mut().find(|s| s.name == "tom").unwrap();
    let (_, cell) = carried.cells.iter_mut().rfind(|(at, _)| at.column == 3).unwrap();
    cell.content = Content::Text("forged".to_owned());
    sandbox.write("forged.xlsx", rewritten(&book));
    let ran = sandbox.tom(&["import", "forged.xlsx"]).code(2);
    assert!(ran.err.contains("was edited"), "{}", ran.err);
}

#[test]
fn d27_texts_that_could_run_stay_texts_on_every_way_out() {
    let sandbox = Sandbox::example();
    let payload = "=HYPERLINK(\"https://evil.example\",\"click\")";
    sandbox.tom(&["set", "acme-northfield", "IGA-03.notes", payload]).code(0);
    sandbox.tom(&["set", "acme-northfield", "IGA-04.notes", "@SUM(1+1)"]).code(0);
    sandbox.commit("payloads");
    let book = read_book(&exported(&sandbox)).unwrap();
    let cells: Vec<_> = book.sheets.iter().flat_map(|s| s.cells.values()).collect();
    assert!(cells.iter().any(|cell| cell.content.text() == payload && !cell.is_formula));
    sandbox.tom(&["import", "out.xlsx"]).code(0);
    assert_eq!(sandbox.git(&["status", "--porcelain", "assessments"]), "");
    sandbox.tom(&["export", "acme-northfield", "--format", "csv", "--to", "t"]).code(0);
    let csv = sandbox.read("t/answers.csv");
    assert!(csv.contains("\"'=HYPERLINK(\"\"https") && csv.contains("\"'@SUM(1+1)\""), "{csv}");
    assert!(!csv.contains(",\"=") && !csv.contains(",\"@"));
}

#[test]
fn d28_what_does_not_fit_into_a_cell_is_an_error_before_writing() {
    let sandbox = Sandbox::example();
    for (length, code) in [(32_767, 0), (32_768, 2)] {
        sandbox.tom(&["set", "acme-northfield", "IGA-03.notes", &"x".repeat(length)]).code(0);
        let ran = sandbox.tom(&["export", "acme-northfield", "--to", "long.xlsx"]).code(code);
        if code == 2 {
            golden::holds("TOM-1003", &sandbox, &ran);
        }
        assert_eq!(sandbox.path("long.xlsx").exists(), code == 0);
        let _ = std::fs::remove_file(sandbox.path("long.xlsx"));
    }
}

#[test]
fn tables_hold_a_row_a_fact_without_names_unless_asked() {
    let sandbox = Sandbox::example();
    for form in ["csv", "json", "parquet"] {
        sandbox.tom(&["export", "--all", "--format", form, "--to", form]).code(0);
    }
    let answers: serde_json::Value = serde_json::from_str(&sandbox.read("json/answers.json")).unwrap();
    let rows = answers.as_array().unwrap();
    assert_eq!(sandbox.read("csv/answers.csv").matches("\r\n").count(), rows.len() + 1);
    assert!(rows.iter().any(|row| row["address"] == "BD-07" && row["date"] == "2026-04-01"), "{answers:#}");
    assert!(!sandbox.read("json/states.json").contains("Carys Nunn"), "a name without being asked");
    sandbox.tom(&["export", "--all", "--format", "json", "--with-personal", "--to", "named"]).code(0);
    assert!(sandbox.read("named/states.json").contains("Carys Nunn"));
    let files = sandbox.files("parquet");
    let partition = "answers/deployment_id=d-7f3a9c0d41b2/answers.parquet";
    assert!(files[partition].starts_with(b"PAR1") && files[partition].ends_with(b"PAR1"));
    let schema: serde_json::Value = serde_json::from_slice(&files["schema.json"]).unwrap();
    assert_eq!(schema["tables"][1]["columns"].as_array().unwrap().len(), rows[0].as_object().unwrap().len());
    sandbox.tom(&["export", "--all", "--format", "parquet", "--to", "again"]).code(0);
    assert_eq!(files, sandbox.files("again"));
}

/// A hazard log of the layout without scores.
fn log(rows: &[[&str; 5]]) -> Vec<u8> {
    let mut cells = Cells::new();
    let sheet = cells.entry("Hazard Log".to_owned()).or_default();
    let heads =
        ["Hazard number", "Hazard name", "Hazard description", "Potential impact", "Suggested actions"];
    for (row, texts) in (1..).zip(std::iter::once(&heads).chain(rows)) {
        for (column, text) in (1..).zip(texts).filter(|(_, text)| !text.is_empty()) {
            sheet.insert((row, column), (*text).to_owned());
        }
    }
    save(&cells)
}

#[test]
fn a_hazard_log_that_comes_again_says_what_changed_by_number() {
    let sandbox = Sandbox::init();
    sandbox.tom(&["new", "product", "--baseline"]).code(0);
    let first = log(&[
        ["2", "Wrong patient", "It shows another", "Harm", "Check"],
        ["7", "Late", "It waits", "Delay", "Call"],
    ]);
    sandbox.write("v1.xlsx", first);
    let ran = sandbox.tom(&["import-risks", "v1.xlsx", "--as", "product", "--prefix", "HAZ"]).code(0);
    assert!(ran.out.contains("brought 2 new and 0 changed"), "{}", ran.out);
    assert!(ran.err.contains("`unscored`"), "the map that leaves the least out: {}", ran.err);
    let second = log(&[
        ["2", "Wrong patient", "It shows some\u{9f}body else", "Harm", "Check"],
        ["9", "Silent", "It says nothing", "", "Listen"],
        ["9", "Loud", "It shouts", "Fright", ""],
        ["10", "Silent 2", "It says nothing 2", "", ""],
        ["", "", "", "", "a list of choices"],
    ]);
    sandbox.write("v2.xlsx", second);
    let ran = sandbox.tom(&["import-risks", "v2.xlsx", "--as", "product", "--prefix", "HAZ"]).code(1);
    for said in [
        "brought 1 new and 1 changed",
        "HAZ-002.hazard: It shows another → It shows somebody else",
        "HAZ-007",
        "hazard 9 has no effect",
        "the number 9 stands twice",
        "copied by dragging",
        "no number: a list of choices",
        "cell C2: characters that cannot be seen are left out, the first is U+009F",
    ] {
        assert!(
            ran.out.split_whitespace().collect::<Vec<_>>().join(" ").contains(said),
            "{said}:\n{}",
            ran.out
        );
    }
    let silent = sandbox.read("assessments/product/risks/HAZ-009.toml");
    assert!(silent.contains("effect = \"Not stated in the hazard log.\""), "{silent}");
}

#[test]
fn toms_own_hazard_log_comes_back_without_a_change() {
    let sandbox = Sandbox::example();
    sandbox.tom(&["export", "acme-northfield", "--format", "hazard-log-xlsx", "--to", "log.xlsx"]).code(0);
    let ran = sandbox.tom(&["import-risks", "log.xlsx", "--as", "acme-northfield"]).code(0);
    assert!(ran.out.contains("brought 0 new and 0 changed"), "{}", ran.out);
}

#[test]
fn a_typed_class_that_the_matrix_contradicts_is_a_finding_and_never_data() {
    let sandbox = Sandbox::init();
    sandbox.tom(&["new", "product", "--baseline"]).code(0);
    let mut cells = Cells::new();
    let sheet = cells.entry("Log".to_owned()).or_default();
    let heads = [
        "Hazard number",
        "Hazard name",
        "Hazard description",
        "Impact",
        "Initial severity",
        "Initial likelihood",
        "Initial rating",
        "Residual severity",
        "Residual likelihood",
        "Residual rating",
    ];
    let row = ["4", "Wrong patient", "It shows another", "Harm", "Major", "High", "5", "Minor", "Low", "3"];
    for (line, texts) in [(1, heads), (2, row)] {
        for (column, text) in (1..).zip(texts) {
            sheet.insert((line, column), text.to_owned());
        }
    }
    sandbox.write("log.xlsx", save(&cells));
    let ran = sandbox
        .tom(&["import-risks", "log.xlsx", "--as", "product", "--prefix", "HAZ", "--map", "scored"])
        .code(1);
    let out = ran.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(out.contains("the initial class is typed as 5, and Major with High is 4"), "{out}");
    assert!(out.contains("computed from the severity before mitigation"), "{out}");
}

/// A workbook with a text of one of its parts replaced.
fn forged(bytes: &[u8], part: &str, find: &str, with: &str) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut file = from.by_index(at).unwrap();
        let name = file.name().unwrap().into_owned();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        if name.ends_with(part) {
            assert!(text.contains(find), "{text}");
            text = text.replacen(find, with, 1);
        }
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(text.as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn d22_a_count_that_asks_for_gigabytes_ends_the_child_and_nothing_else() {
    let sandbox = Sandbox::init();
    let good = save(&checklist(&[]));
    let bytes = forged(&good, "sharedStrings.xml", "uniqueCount=\"", "uniqueCount=\"42949672");
    sandbox.write("count.xlsx", bytes);
    let ran = sandbox.tom(&["import", "count.xlsx", "--as", "eastmoor"]).code(2);
    golden::holds("TOM-0955", &sandbox, &ran);
}

#[test]
fn a_workbook_without_hazards_is_no_hazard_log() {
    let sandbox = Sandbox::example();
    sandbox.write("in.xlsx", save(&checklist(&[])));
    let ran = sandbox.tom(&["import-risks", "in.xlsx", "--as", "acme-northfield", "--map", "scored"]).code(2);
    golden::holds("TOM-1010", &sandbox, &ran);
}

#[test]
fn d22_files_that_are_no_workbooks_or_made_to_do_harm_are_refused_with_the_reason() {
    let sandbox = Sandbox::init();
    let good = save(&checklist(&[]));
    let bomb = {
        use std::io::Write;
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(&vec![b' '; 40 << 20]).unwrap();
        zip.finish().unwrap().into_inner()
    };
    let mut secret = vec![0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
    secret.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    let cases: [(&str, &[u8], &str); 6] = [
        ("text.xls", b"<html><table></table></html>", "it is a text, whatever its name says"),
        ("empty.xlsx", b"", "the file is empty"),
        ("cut.xlsx", &good[..good.len() / 2], "damaged or cut short"),
        ("bomb.xlsx", &bomb, "swells from"),
        ("secret.xlsx", &secret, "protected with a password"),
        ("noise.xlsx", &[0xff, 0xfe, 0, 1], "it is something else"),
    ];
    for (name, bytes, why) in cases {
        sandbox.write(name, bytes);
        let ran = sandbox.tom(&["import", name, "--as", "eastmoor"]).code(2);
        assert!(ran.err.contains(why), "{name}: {}", ran.err);
        assert!(!sandbox.path("assessments/eastmoor").exists());
    }
}

#[test]
fn d23_cells_outside_the_sheet_are_refused() {
    let sandbox = Sandbox::init();
    let good = save(&checklist(&[]));
    for cell in ["XFE1048577", "A4294967294", "ZZZZZZ1"] {
        sandbox
            .write("outside.xlsx", forged(&good, "sheet1.xml", "<c r=\"B2\"", &format!("<c r=\"{cell}\"")));
        let ran = sandbox.tom(&["import", "outside.xlsx", "--as", "eastmoor"]).code(2);
        assert!(ran.err.contains("TOM-1001") || ran.err.contains("TOM-0955"), "{}", ran.err);
    }
}

/// The published files, where they are; they are not part of the project.
#[expect(clippy::print_stdout, reason = "a test that did not run says so")]
pub fn real(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TOM_TEST_DATA").map(PathBuf::from).unwrap_or_default();
    let path = folder.join(name);
    if !path.is_file() {
        println!("not run: TOM_TEST_DATA names no folder with `{name}`");
    }
    path.is_file().then_some(path)
}

#[test]
fn every_cell_of_the_published_checklist_is_accounted_for() {
    let Some(path) = real("smsp-tom-v0.10.xls") else { return };
    let sandbox = Sandbox::init();
    let ran = sandbox.tom(&["import", path.to_str().unwrap(), "--as", "blank", "--format", "json"]).code(0);
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let count = |fate: &str| report["cells"].as_array().unwrap().iter().filter(|t| t["fate"] == fate).count();
    assert_eq!(count("not-imported"), 0);
    // The only scenario that the service has is preset, and nothing else is an answer.
    assert_eq!((count("imported"), count("confirmed")), (1, 0));
    assert!(report["missing-sheets"].as_array().unwrap().is_empty());
    assert!(report["outcomes"].as_array().unwrap().iter().all(|outcome| outcome.get("why").is_none()));
}

#[test]
fn three_published_hazard_logs_say_what_changed_between_them() {
    let sandbox = Sandbox::init();
    sandbox.tom(&["new", "gpc", "--baseline"]).code(0);
    for (version, said) in [("0.7", "55 new and 0 changed"), ("1.0", "1 new and"), ("2.0", "3 new and")] {
        let Some(path) = real(&format!("gpc-hazard-log-v{version}.xlsx")) else { return };
        let ran =
            sandbox.tom(&["import-risks", path.to_str().unwrap(), "--as", "gpc", "--prefix", "GPC"]).code(1);
        assert!(ran.out.contains(said), "{version}: {}", ran.out);
    }
}
