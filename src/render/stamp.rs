//! The stamp that every pack carries: what it shows, in a form that a machine finds again.

use super::{Audience, PackKind};

/// What a stamp begins with.
const HEAD: &str = "tom-pack-1";

/// What a pack says of itself. It proves nothing by itself: it is compared with the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The deployment's folder.
    pub deployment: String,
    /// Its id for life.
    pub id: String,
    /// Which pack.
    pub kind: PackKind,
    /// Who it is for.
    pub audience: Audience,
    /// The commit that it names.
    pub commit: Option<String>,
    /// Whether it showed content that was not committed.
    pub is_draft: bool,
    /// What it compares with, where that is an earlier state.
    pub since: Option<Since>,
    /// The digest of its content.
    pub digest: String,
}

/// The earlier state that a pack compares with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// That of a commit.
    Revision(String),
    /// What a role decided over last.
    Decision(String),
}

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Revision(commit) => write!(f, "commit={commit}"),
            Self::Decision(role) => write!(f, "decision={role}"),
        }
    }
}

impl Since {
    fn parse(text: &str) -> Option<Self> {
        match text.split_once('=')? {
            ("commit", commit) => Some(Self::Revision(commit.to_owned())),
            ("decision", role) => Some(Self::Decision(role.to_owned())),
            _ => None,
        }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let commit = self.commit.as_deref().unwrap_or("none");
        let state = if self.is_draft { "draft" } else { "committed" };
        let (kind, audience) = (self.kind.name(), self.audience.as_str());
        let since = self.since.as_ref().map_or_else(|| "none".to_owned(), Since::to_string);
        let (deployment, id, digest) = (&self.deployment, &self.id, &self.digest);
        write!(f, "{HEAD} {deployment} {id} {kind} {audience} {commit} {state} {since} {digest}")
    }
}

/// The stamp in the bytes of a pack, HTML or PDF; none where there is none, or where it stands more than once and differs.
pub fn find(bytes: &[u8]) -> Option<Stamp> {
    let mut found: Option<Stamp> = None;
    let mut rest = bytes;
    while let Some(at) = rest.windows(HEAD.len()).position(|window| window == HEAD.as_bytes()) {
        rest = &rest[at..];
        let end =
            rest.iter().position(|byte| matches!(byte, b'<' | b'"' | b')' | b'\n')).unwrap_or(rest.len());
        if let Some(stamp) = std::str::from_utf8(&rest[..end.min(512)]).ok().and_then(parse) {
            match &found {
                Some(other) if *other != stamp => return None,
                _ => found = Some(stamp),
            }
        }
        rest = &rest[HEAD.len()..];
    }
    found
}

fn parse(text: &str) -> Option<Stamp> {
    let words: Vec<&str> = text.split(' ').collect();
    let [HEAD, deployment, id, kind, audience, commit, state, since, digest] = words[..] else { return None };
    Some(Stamp {
        deployment: deployment.to_owned(),
        id: id.to_owned(),
        kind: PackKind::of(kind)?,
        audience: Audience::of(audience)?,
        commit: (commit != "none").then(|| commit.to_owned()),
        is_draft: match state {
            "draft" => true,
            "committed" => false,
            _ => return None,
        },
        since: if since == "none" { None } else { Some(Since::parse(since)?) },
        digest: digest.to_owned(),
    })
}
