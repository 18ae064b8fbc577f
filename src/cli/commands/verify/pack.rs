//! A pack that somebody has, compared with the repository.
//!
//! What a pack says of itself anybody can write into a file. So it is rendered again, in memory, and only a file of the same bytes is what it says.

use super::json::Status;
use crate::cli::context::Context;
use crate::cli::packs::{self, Asked};
use crate::cli::report::one_line;
use crate::cli::words::{BAD, GOOD, styled, wrapped};
use crate::diag::{Code, Error, Label, Severity};
use crate::model::DeploymentName;
use crate::project::Project;
use crate::render::PackFormat;
use crate::render::stamp::{Stamp, find};
use crate::store::{Repo, read_outside_up_to};
use std::path::{Path, PathBuf};

/// A file is no pack.
pub(in crate::cli) static NO_STAMP: Code = Code {
    id: "TOM-0957",
    severity: Severity::Error,
    title: "a file is no pack",
    explain: "Every pack of tom's carries one stamp: its deployment, which pack it is and for whom, the commit and the digest of its content. In HTML it is in the head, in a \
PDF in the metadata. A file without one, or with several that differ, was not rendered by tom, or something wrote it anew (printing, or saving from a viewer). Verify the file as it was rendered.",
};

/// The largest pack that is read.
const MOST_BYTES: u64 = 128 << 20;

/// What became of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// Its content is that of the repository, and every byte is what tom renders of it.
    Matches,
    /// It is what tom renders of the commit that it names, and the repository has other content now.
    Outdated,
    /// Its digest is that of the repository's content, but the file is not what tom renders of it.
    OtherFile,
    /// Its digest is neither that of the repository's content nor that of the commit that it names.
    Differs,
    /// No deployment here has its id.
    Unknown,
}

impl Verdict {
    fn in_words(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Outdated => "outdated",
            Self::OtherFile => "not shown to be unchanged",
            Self::Differs => "does not match",
            Self::Unknown => "of no deployment here",
        }
    }
}

/// A pack, compared.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) struct PackJson {
    file: String,
    verdict: Verdict,
    /// What it says of itself.
    deployment: String,
    id: String,
    pack: &'static str,
    audience: &'static str,
    draft: bool,
    commit: Option<String>,
    digest: String,
    /// The digest of the same content in the repository.
    digest_here: Option<String>,
    /// The commit of which every byte was rendered again.
    rendered_again_from: Option<String>,
    /// In sentences.
    notes: Vec<String>,
}

impl PackJson {
    pub(super) fn status(&self) -> Status {
        if self.verdict == Verdict::Matches { Status::Clean } else { Status::Found }
    }
}

/// Whether a word of the command line is a pack's file: no deployment's name has a full stop.
pub(super) fn is_pack(word: &str) -> bool {
    format_of(word).is_some()
}

fn format_of(path: &str) -> Option<PackFormat> {
    let ending = Path::new(path).extension()?.to_str()?.to_lowercase();
    let all = PackFormat::usual().into_iter().chain([PackFormat::Json]);
    all.into_iter().find(|format| format.ending() == ending)
}

/// What the repository has in a pack's place.
struct Here {
    digest: String,
    commit: Option<String>,
    is_same_file: bool,
}

/// Compares a pack with the work tree, or with a revision.
pub(super) fn verify(
    context: &Context,
    repo: &Repo,
    project: &Project,
    revision: Option<&str>,
    file: &str,
) -> Result<PackJson, Error> {
    let bytes = read_outside_up_to(&context.folder.join(file), file, MOST_BYTES)?;
    let stamp = find(&bytes).ok_or_else(|| {
        Error::new(&NO_STAMP, format!("`{}` has no stamp of a pack, or several that differ", one_line(file)))
            .at(Label::file(file))
            .help("verify the file as `tom render` wrote it")
    })?;
    let pack = Claimed { context, repo, stamp: &stamp, bytes: &bytes, format: format_of(file) };
    let now = pack.against(project, revision)?;
    let then = match (&now, &stamp.commit) {
        (Some(now), _) if now.is_same_file => None,
        (_, None) => None,
        (_, Some(_)) if stamp.is_draft => None,
        (_, Some(commit)) => match context.sound_project(repo, Some(commit)) {
            Ok(project) => pack.against(&project, Some(commit))?,
            Err(_) => None,
        },
    };
    let (verdict, notes) = pack.judge(now.as_ref(), then.as_ref());
    let again = [&now, &then].into_iter().flatten().find(|here| here.is_same_file);
    Ok(PackJson {
        file: file.to_owned(),
        verdict,
        rendered_again_from: again.and_then(|here| here.commit.clone()),
        digest_here: now.map(|now| now.digest),
        pack: stamp.kind.name(),
        audience: stamp.audience.as_str(),
        draft: stamp.is_draft,
        deployment: stamp.deployment,
        id: stamp.id,
        commit: stamp.commit,
        digest: stamp.digest,
        notes,
    })
}

/// A file and what it says of itself.
struct Claimed<'a> {
    context: &'a Context,
    repo: &'a Repo,
    stamp: &'a Stamp,
    bytes: &'a [u8],
    format: Option<PackFormat>,
}

impl Claimed<'_> {
    /// What stands in its place; none where the deployment is not there, or has nothing to show.
    fn against(&self, project: &Project, revision: Option<&str>) -> Result<Option<Here>, Error> {
        let Some(name) = named(project, self.stamp)? else { return Ok(None) };
        let render = |format: PackFormat| {
            let asked = Asked {
                names: vec![name.clone()],
                kinds: vec![self.stamp.kind],
                is_chosen: false,
                formats: vec![format],
                audience: self.stamp.audience,
                revision: revision.map(str::to_owned),
                since: self.stamp.since.clone(),
                to: PathBuf::new(),
                is_rehearsal: true,
            };
            let files = packs::in_memory(self.context, self.repo, project, &asked)?;
            Ok::<_, Error>(files.into_iter().next().map(|(_, bytes)| bytes))
        };
        // The data alone has the digest; nothing is laid out for a pack that differs anyway.
        let Some(stamp) = render(PackFormat::Json)?.as_deref().and_then(find) else { return Ok(None) };
        let is_same_file = match self.format {
            Some(format) if stamp == *self.stamp => render(format)?.as_deref() == Some(self.bytes),
            _ => false,
        };
        Ok(Some(Here { digest: stamp.digest, commit: stamp.commit, is_same_file }))
    }

    fn judge(&self, now: Option<&Here>, then: Option<&Here>) -> (Verdict, Vec<String>) {
        let mut notes = Vec::new();
        let mut note = |text: &str| notes.push(text.to_owned());
        if self.stamp.is_draft {
            note("it is a DRAFT: it shows content that was not committed");
        }
        let Some(now) = now else {
            if then.is_some_and(|then| then.is_same_file) {
                note(
                    "every byte is what tom renders of the commit that it names; there is nothing to compare now",
                );
                return (Verdict::Outdated, notes);
            }
            note("no deployment here has its id, or what it shows is not there");
            return (Verdict::Unknown, notes);
        };
        let is_same_digest = now.digest == self.stamp.digest;
        let was_same_file = then.is_some_and(|then| then.is_same_file);
        let was_same_digest = then.is_some_and(|then| then.digest == self.stamp.digest);
        let verdict = match (is_same_digest, now.is_same_file || was_same_file) {
            (true, true) => Verdict::Matches,
            (false, true) => Verdict::Outdated,
            (true, false) => Verdict::OtherFile,
            (false, false) if was_same_digest => Verdict::OtherFile,
            (false, false) => Verdict::Differs,
        };
        match verdict {
            Verdict::Matches if now.is_same_file => {
                note("every byte is what tom renders of the content here")
            }
            Verdict::Matches => {
                note("every byte is what tom renders of the commit that it names");
                note(
                    "what its digest is over has not changed since; other things have, such as decisions, events or confirmations: render it anew to read them",
                );
            }
            Verdict::Outdated => {
                note("every byte is what tom renders of the commit that it names");
                note("the content has changed since: render it anew, or compare with `--rev`");
            }
            Verdict::OtherFile => {
                let whose = if is_same_digest {
                    "the content here"
                } else {
                    "the commit that it names; the content has changed since"
                };
                note(&format!("its digest is that of {whose}"));
                note(
                    "the file is not what this tom renders of it: another version, other templates or settings made it, or somebody changed it; what it shows was not compared, so render it anew and read that",
                );
            }
            Verdict::Differs if self.stamp.is_draft => note("its digest is not that of the content here"),
            Verdict::Differs if then.is_none() => {
                note(
                    "its digest is not that of the content here, and the commit that it names is not here or does not have it",
                );
            }
            Verdict::Differs => {
                note("its digest is neither that of the content here nor that of the commit that it names");
                note(
                    "if files that the deployment names as evidence changed since, give `--rev` with the revision that it was rendered at",
                );
            }
            Verdict::Unknown => {}
        }
        (verdict, notes)
    }
}

/// The deployment of a stamp, whatever its folder is called by now.
fn named(project: &Project, stamp: &Stamp) -> Result<Option<DeploymentName>, Error> {
    let is_it = |name: &DeploymentName| project.meta(name).is_ok_and(|meta| meta.id.as_str() == stamp.id);
    let (names, _) = project.deployments()?;
    // A copied folder has the same id; then the one of the name is meant.
    let by_name = names.iter().find(|name| name.as_str() == stamp.deployment && is_it(name));
    Ok(by_name.or_else(|| names.iter().find(|name| is_it(name))).cloned())
}

/// The result for people.
pub(super) fn to_text(pack: &PackJson, width: usize) -> String {
    let style = if pack.verdict == Verdict::Matches { GOOD } else { BAD };
    let mut out = format!("{}: {}\n", one_line(&pack.file), styled(style, pack.verdict.in_words()));
    let commit = pack.commit.as_deref().map_or("no commit", |commit| &commit[..commit.len().min(12)]);
    let says = format!("{} of {} ({}), {}, {commit}", pack.pack, pack.deployment, pack.id, pack.audience);
    let mut line = |label: &str, text: &str| out += &format!("  {label:<7}{}\n", one_line(text));
    line("says", &says);
    // A digest is not torn: people compare it.
    line("digest", &pack.digest);
    if let Some(here) = pack.digest_here.as_ref().filter(|here| **here != pack.digest) {
        line("here", here);
    }
    for note in &pack.notes {
        out += &format!("{}\n", wrapped(&one_line(note), 9, width));
    }
    out
}
