//! A deployment's risks as a hazard log: a hazard a row, in the layout of the built-in map `scored`.

use super::super::own::{Lists, Page, Styles, refused};
use crate::diag::Error;
use crate::model::{Deployment, Framework, MitigationKind, Rating, Risk};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

/// A hazard log as the bytes of an `.xlsx`. The same input gives the same bytes.
pub fn write_hazard_log(
    framework: &Framework,
    deployment: &Deployment,
    provenance: &super::super::Provenance,
) -> Result<Vec<u8>, Error> {
    let (styles, mut lists) = (Styles::new(), Lists::default());
    let mut sheet = Worksheet::new();
    sheet.set_name("Hazard Log").map_err(|error| refused(&error))?;
    let mut page = Page::new(&mut sheet, &styles, &mut lists);
    let titles = [
        "Hazard number",
        "Hazard name",
        "Hazard description",
        "Potential impact",
        "Possible causes",
        "Hazard status",
        "Owner",
        "Initial severity",
        "Initial likelihood",
        "Initial rating",
        "Design",
        "Test",
        "Training",
        "Business process",
        "Residual severity",
        "Residual likelihood",
        "Residual rating",
    ];
    let widths =
        [12.0, 26.0, 40.0, 36.0, 36.0, 10.0, 12.0, 13.0, 12.0, 9.0, 36.0, 36.0, 36.0, 36.0, 13.0, 12.0, 9.0];
    page.table(&titles, &widths)?;
    for (id, risk) in &deployment.risks {
        let class = |rating: &Option<Rating>| {
            let class = rating.as_ref().and_then(|rating| framework.matrix.class(rating));
            class.map(|class| class.to_string()).unwrap_or_default()
        };
        let words = |rating: &Option<Rating>| {
            rating.as_ref().map(|r| (r.severity.clone(), r.likelihood.clone())).unwrap_or_default()
        };
        let causes: Vec<String> =
            risk.causes.iter().map(|(key, cause)| format!("{key}: {}", cause.text)).collect();
        let (initial, residual) = (words(&risk.initial), words(&risk.residual));
        let cells = [
            id.to_string(),
            risk.title.clone(),
            risk.hazard.clone(),
            risk.effect.clone(),
            causes.join("\n"),
            risk.status.to_string(),
            framework.party_label(&risk.owner).to_owned(),
            initial.0,
            initial.1,
            class(&risk.initial),
            measures(risk, MitigationKind::Design),
            measures(risk, MitigationKind::Test),
            measures(risk, MitigationKind::Training),
            measures(risk, MitigationKind::Process),
            residual.0,
            residual.1,
            class(&risk.residual),
        ];
        for (column, text) in (0u16..).zip(&cells) {
            page.text(column, text, &styles.locked)?;
        }
        page.next()?;
    }
    page.print(&format!("&L{}&R&A, page &P of &N", deployment.meta.title.replace('&', "&&")));
    let mut workbook = Workbook::new();
    let created = ExcelDateTime::from_timestamp(provenance.seconds).map_err(|error| refused(&error))?;
    workbook.set_properties(
        &DocProperties::new().set_title(&deployment.meta.title).set_creation_datetime(&created),
    );
    workbook.push_worksheet(sheet);
    workbook.save_to_buffer().map_err(|error| refused(&error))
}

/// The mitigations of a sort, a line each: key, how far it has got, whose it is, the causes that it acts on, and the words.
fn measures(risk: &Risk, kind: MitigationKind) -> String {
    let line = |(key, m): (&crate::model::Key, &crate::model::Mitigation)| {
        let causes: Vec<&str> = m.causes.iter().map(crate::model::Key::as_str).collect();
        let causes = if causes.is_empty() { String::new() } else { format!(", {}", causes.join(" ")) };
        format!("{key} ({}, {}{causes}): {}", m.status, m.owner, m.text)
    };
    let lines: Vec<String> = risk.mitigations.iter().filter(|(_, m)| m.kind == kind).map(line).collect();
    lines.join("\n")
}
