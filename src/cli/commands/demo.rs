use crate::cli::codes::USAGE;
use crate::cli::context::Context;
use crate::cli::words::{BOLD, styled};
use crate::cli::{Cli, Outcome, embedded};
use crate::diag::Error;
use crate::project::{ASSESSMENTS, SETTINGS};
use crate::store::{Lock, Repo, Signature, WorkTree, Writer};
use clap::Parser;
use std::path::{Path, PathBuf};

/// Build an example repository and walk through it
///
/// Makes a git repository with the worked example, derives a third organisation's assessment, changes its local context, checks it, shows what
/// differs, and renders the packs. Every step is an ordinary tom command, which is printed before it runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  tom demo tom-demo")]
pub struct Args {
    /// The folder to build it in; it must not exist yet, or be empty
    dir: PathBuf,

    /// Name the steps, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// The moments of the demo's commits: the days on which the example's people did their work.
const BASELINE: i64 = 1_790_812_800; // 2026-10-01
const FIRST: i64 = 1_795_132_800; // 2026-11-20
const SECOND: i64 = FIRST + 3600;

/// The steps after the example is there: what is done, and the command that does it.
const STEPS: &[(&str, &[&str])] = &[
    ("What is in the repository", &["list"]),
    (
        "A third organisation: derive its assessment from Northfield's, with its own details",
        &[
            "derive",
            "acme-northfield",
            "acme-eastmoor",
            "--title",
            "Acme Clinic at Eastmoor Hospitals",
            "--set",
            "BD-01=Acme Clinic: demographic look-up in outpatients",
            "--set",
            "BD-02=Eastmoor Hospitals",
            "--set",
            "BD-03=XEM03",
            "--set",
            "BD-24.rows.go-live.what=Go-live",
            "--set",
            "BD-24.rows.go-live.date=2027-09-06",
            "--no-input",
        ],
    ),
    (
        "Its local context: the product is hosted elsewhere",
        &[
            "set",
            "acme-eastmoor",
            "BD-22",
            "In a regional data centre that Eastmoor shares with two other trusts; Acme's staff have no standing access.",
        ],
    ),
    (
        "A local judgement: records are harder to tell apart there, so one risk is rated higher",
        &["set", "acme-eastmoor", "HAZ-004.residual.likelihood", "Low"],
    ),
    ("Is anything wrong with it?", &["check", "acme-eastmoor"]),
    ("What is local, compared with what came from Northfield", &["diff", "acme-eastmoor"]),
    ("What the rules say of the complete one", &["show", "acme-northfield"]),
    ("The packs for the approvers", &["render", "acme-northfield", "acme-eastmoor", "--to", "packs"]),
];

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Error> {
    let folder = context.folder.join(&args.dir);
    let is_taken = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
    if is_taken || folder.is_file() {
        return Err(Error::new(&crate::store::EXISTS, format!("`{}` is not empty", args.dir.display()))
            .help("name a new folder"));
    }
    if args.dry_run {
        context.print(format!("would make a git repository in {}\n", folder.display()));
        STEPS.iter().for_each(|(what, words)| context.print(announced(what, words)));
        return Ok(Outcome::Clean);
    }
    build(&folder, context)?;
    for (what, words) in STEPS {
        if words.first() == Some(&"check") {
            commit(
                &folder,
                "Derive Eastmoor's assessment and set its local context",
                "Jo Marsh",
                SECOND + 3600,
            )?;
        }
        context.print(announced(what, words) + "\n");
        step(words, &folder, context)?;
    }
    let place = args.dir.display();
    context.print(format!(
        "\n{}\n\n  open {place}/packs/acme-northfield-phase-2.html in a browser, the .pdf beside it in a reader\n  cd {place}\n  tom diff acme-northfield acme-southmere\n  tom explain IGA-03\n  tom check acme-eastmoor --ready 1\n  tom confirm acme-eastmoor HAZ-004 --party deployer --by \"Ann Lee\"\n",
        styled(BOLD, "# To try next")
    ));
    Ok(Outcome::Clean)
}

/// What a step does, and its command.
fn announced(what: &str, words: &[&str]) -> String {
    let command = format!("$ tom {}", quoted(words));
    format!("\n{}\n{}\n", styled(BOLD, format!("# {what}")), styled(BOLD, command))
}

/// The example with its history: settings and framework, then each deployment in the order in which it was made.
fn build(folder: &Path, context: &Context) -> Result<(), Error> {
    let repo = Repo::init(folder)?;
    let writer = Writer::locked(folder, Lock::take(&repo.common_dir())?);
    writer.write(SETTINGS, embedded::EXAMPLE_SETTINGS.as_bytes())?;
    super::init::install(&WorkTree::new(folder), &writer)?;
    for file in embedded::evidence() {
        writer.write(&format!("docs/evidence/{}", file.path), file.bytes)?;
    }
    drop(writer);
    context.print(format!("made a git repository in {}\n", folder.display()));
    commit(folder, "Put tom into this repository", "Jo Marsh", BASELINE)?;
    let history = [
        ("acme-5-1", "Assess Acme Clinic 5.1: the supplier's baseline", "Jo Marsh", BASELINE + 3600),
        ("acme-northfield", "Assess Acme Clinic at Northfield Hospitals, first of type", "Carys Nunn", FIRST),
        ("acme-southmere", "Begin the assessment at Southmere Community Trust", "Nadia Fenn", SECOND),
    ];
    for (name, message, by, seconds) in history {
        let writer = Writer::locked(folder, Lock::take(&Repo::discover(folder)?.common_dir())?);
        let prefix = format!("{name}/");
        let files = embedded::assessments();
        let files = files.iter().filter_map(|file| Some((file.path.strip_prefix(&prefix)?, file.bytes)));
        writer.create_folder(&format!("{ASSESSMENTS}/{name}"), files)?;
        drop(writer);
        let id = commit(folder, message, by, seconds)?;
        context.print(format!("{} {message}\n", &id[..9]));
    }
    Ok(())
}

fn commit(folder: &Path, message: &str, by: &str, seconds: i64) -> Result<String, Error> {
    let mail = format!("{}@example.org", by.to_lowercase().replace(' ', "."));
    let who = Signature { name: by.to_owned(), email: mail };
    Repo::discover(folder)?.commit_all(message, &who, seconds)
}

/// Runs one step as the command that it is.
fn step(words: &[&str], folder: &Path, context: &Context) -> Result<(), Error> {
    let cli = Cli::try_parse_from(["tom"].iter().chain(words))
        .map_err(|error| Error::new(&USAGE, error.to_string()))?;
    super::run(cli.command, &context.within(folder)).map(|_| ())
}

/// A command as somebody would type it.
fn quoted(words: &[&str]) -> String {
    let quote = |word: &&str| if word.contains(' ') { format!("\"{word}\"") } else { (*word).to_owned() };
    let mut line = String::new();
    let mut text = String::new();
    for word in words.iter().map(quote) {
        if line.len() + word.len() > 72 && !line.is_empty() {
            text += &format!("{line} \\\n    ");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line += &word;
    }
    text + &line
}
