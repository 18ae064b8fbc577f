//! How many requests a second each product may make, over all its deployments.

use crate::cli::context::Context;
use crate::cli::decided::{Decided, Judging, decided};
use crate::cli::report::one_line;
use crate::cli::{Outcome, args::Format, output::Output};
use crate::diag::Error;
use crate::model::{DeploymentName, Kind};
use crate::ops::policy::keys;
use crate::ops::stage::{Stage, Throughput};
use crate::ops::state::states;
use crate::project::Project;
use crate::store::Repo;
use comfy_table::{Table, presets};
use std::collections::BTreeMap;

/// A product's throughput, summed.
#[derive(Default, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
struct Sum {
    /// How many deployments it has that are not withdrawn or ended.
    deployments: usize,
    /// How many of them have not said yet what they ask for.
    silent: usize,
    /// What they ask for, in transactions a second.
    asked: i64,
    /// What was agreed.
    agreed: i64,
    /// How many have an agreement whose number is not known.
    unknown: usize,
}

impl Sum {
    fn add(&mut self, of: Throughput) {
        self.deployments += 1;
        self.silent += usize::from(of.asked.is_none());
        self.asked = self.asked.saturating_add(of.asked.unwrap_or_default());
        self.agreed = self.agreed.saturating_add(of.agreed.unwrap_or_default());
        self.unknown += usize::from(of.is_agreed && of.agreed.is_none());
    }
}

/// The throughput by product: what was asked for, and what was agreed.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct Body {
    /// By product.
    products: BTreeMap<String, Sum>,
    /// Deployments that cannot be read, so that the sums are not whole.
    unread: Vec<DeploymentName>,
}

/// Sums the throughput of each product over the deployments that are neither withdrawn nor ended.
pub(super) fn run(
    format: Format,
    context: &Context,
    repo: &Repo,
    project: &Project,
) -> Result<Outcome, Error> {
    let (names, _) = project.deployments()?;
    let settings = project.settings();
    let keys = keys(settings)?;
    let judging = Judging { project, keys: &keys, as_of: context.today() };
    let mut body = Body { products: BTreeMap::new(), unread: Vec::new() };
    for name in names {
        let one = super::super::sound(project, &name).and_then(|(deployment, framework)| {
            let states = states(&deployment, &framework);
            let loaded = (&deployment, &*framework, &states);
            let of = |decided: &Decided<'_>| Ok((decided.standing.stage, decided.standing.throughput));
            let (stage, throughput) = decided(judging, (repo, None), project.store(), loaded, of)?;
            Ok((deployment.meta.kind, deployment.text(&framework.headline.product), stage, throughput))
        });
        match one {
            Ok((Kind::Baseline, ..) | (_, _, Stage::Withdrawn | Stage::Ended, _)) => {}
            Ok((_, product, _, throughput)) => body.products.entry(product).or_default().add(throughput),
            Err(_) => body.unread.push(name),
        }
    }
    let is_whole = body.unread.is_empty();
    match format {
        Format::Json => context.print_json(&Output::of(body)),
        Format::Text => context.print(sums(&body)),
    }
    Ok(if is_whole { Outcome::Clean } else { Outcome::NotAll })
}

fn sums(body: &Body) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(["PRODUCT", "DEPLOYMENTS", "ASKED/S", "AGREED/S", ""]);
    for (product, sum) in &body.products {
        let mut notes = Vec::new();
        if sum.silent > 0 {
            notes.push(format!("{} not said yet", sum.silent));
        }
        if sum.unknown > 0 {
            notes.push(format!("{} agreed without a number", sum.unknown));
        }
        let product = if product.is_empty() { "(no product named)".to_owned() } else { one_line(product) };
        let numbers = [sum.deployments.to_string(), sum.asked.to_string(), sum.agreed.to_string()];
        table.add_row([product].into_iter().chain(numbers).chain([notes.join(", ")]));
    }
    let mut out = table.trim_fmt() + "\n";
    for name in &body.unread {
        out += &format!("{name} cannot be read and is in no sum: see `tom check`\n");
    }
    out
}
