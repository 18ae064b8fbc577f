//! A map of a hazard log's columns, as `tom import-risks --map` takes it.

use super::document::Document;
use super::reader::{Sink, Table};
use crate::diag::Finding;
use crate::model::{
    HazardMap, MeasureColumn, MeasureRows, MitigationKind, MitigationStatus, PartyId, RatingColumns,
};

/// Reads a map.
pub fn read_hazard_map(document: &Document<'_>) -> (Option<HazardMap>, Vec<Finding>) {
    let sink = Sink::new(document.file);
    let table = Table::root(document, &sink);
    let about = table.needed_text("about");
    let (number, title) = (table.needed_text("number"), table.needed_text("title"));
    let (hazard, effect) = (table.needed_text("hazard"), table.needed_text("effect"));
    let rest = (
        table.text("sheet"),
        table.text("causes"),
        table.text("owner"),
        table.text("status"),
        table.text("evidence"),
    );
    let ignore = table.texts("ignore");
    let [initial, residual] =
        ["initial", "residual"].map(|key| table.table(key).map(|t| rating(&t)).unwrap_or_default());
    let measures = table.list("measures").iter().filter_map(measure).collect();
    let rows = table.table("rows").map(|t| measure_rows(&t));
    table.finish();
    let map = (|| {
        let (sheet, causes, owner, status, evidence) = rest;
        Some(HazardMap {
            about: about?,
            sheet,
            number: number?,
            title: title?,
            hazard: hazard?,
            effect: effect?,
            causes,
            owner,
            status,
            evidence,
            ignore,
            initial,
            residual,
            measures,
            rows,
        })
    })();
    (map, sink.into_findings())
}

fn rating(table: &Table<'_, '_>) -> RatingColumns {
    let columns = RatingColumns {
        severity: table.text("severity"),
        likelihood: table.text("likelihood"),
        class: table.text("class"),
    };
    table.finish();
    columns
}

fn measure(table: &Table<'_, '_>) -> Option<MeasureColumn> {
    let heading = table.needed_text("heading");
    let kind = table.needed_word("kind", MitigationKind::ALL, MitigationKind::as_str);
    let status = table.needed_word("status", MitigationStatus::ALL, MitigationStatus::as_str);
    let owner = table.text("owner").and_then(|text| PartyId::new(text).ok());
    table.finish();
    Some(MeasureColumn { heading: heading?, kind: kind?, status: status?, owner })
}

fn measure_rows(table: &Table<'_, '_>) -> MeasureRows {
    let rows = MeasureRows {
        key: table.text("key"),
        text: table.text("text"),
        kind: table.text("kind"),
        owner: table.text("owner"),
        status: table.text("status"),
        cause_key: table.text("cause-key"),
        cause: table.text("cause"),
    };
    table.finish();
    rows
}
