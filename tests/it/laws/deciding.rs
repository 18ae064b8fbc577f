//! What becomes of a phase, whatever is said of it, by whom, in which order, with which signature, and whatever is done to the files afterwards: held
//! against an oracle that knows nothing of files.
//!
//! Two people hold the one role that phase 1 needs, and somebody who is not listed speaks in it as well.

use super::*;
use crate::trust::{NORTHFIELD, YES, peopled};
use std::path::Path;
use tom::ops::policy::{Keys, keys};
use tom::ops::verify::{Case, Judged, PhaseStatus, judge, phases};
use tom::project::{papers, statements};

const ROLE: &str = "asset-owner";
const PEOPLE: [&str; 3] = ["Marian Holt", "Owen Frith", "Ghost Gone"];
const KEYS: [&str; 3] = ["marian-holt", "owen-frith", "stranger"];
/// Nobody lists them.
const GHOST: usize = 2;

/// What one statement says.
#[derive(Debug, Clone, Copy)]
enum Says {
    Yes,
    No,
    Back(usize),
}

/// A statement: by whom, what, signed with whose key.
#[derive(Debug, Clone, Copy)]
struct Said {
    by: usize,
    says: Says,
    key: Option<usize>,
}

impl Said {
    /// Whether it is shown to be its author's, who may decide.
    fn is_good(self) -> bool {
        self.by != GHOST && self.key == Some(self.by)
    }
}

struct World {
    project: Project,
    deployment: Deployment,
    framework: Arc<Framework>,
    keys: Keys,
    signing: Vec<ssh_key::PrivateKey>,
    yes: Statement,
    _sandbox: crate::support::Sandbox,
}

fn world() -> World {
    let sandbox = peopled();
    sandbox.keygen("stranger", "ed25519");
    let roles = "roles = [\"service-owner\"]";
    sandbox.replace("tom.toml", roles, "roles = [\"service-owner\", \"asset-owner\"]");
    sandbox.commit("two asset owners");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    let name: DeploymentName = DeploymentName::new(NORTHFIELD).unwrap();
    let (project, findings) = Project::open(Box::new(WorkTree::new(sandbox.path("")))).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let (deployment, framework) = project.load(&name).unwrap().sound().unwrap();
    let yes = statements(project.store(), &name).unwrap().0.remove(0).statement;
    let key =
        |id: &&str| ssh_key::PrivateKey::read_openssh_file(&sandbox.path(format!("keys/{id}"))).unwrap();
    let keys = keys(project.settings()).unwrap();
    World {
        signing: KEYS.iter().map(key).collect(),
        project,
        deployment,
        framework,
        keys,
        yes,
        _sandbox: sandbox,
    }
}

/// A statement's file and signature.
#[derive(Clone)]
struct Paper {
    id: Digest,
    bytes: Vec<u8>,
    signature: Option<String>,
}

impl World {
    /// The papers of what was said, one after the other.
    fn papers(&self, said: &[Said]) -> Vec<Paper> {
        let mut papers: Vec<Paper> = Vec::new();
        for (at, one) in said.iter().enumerate() {
            let mut statement = self.yes.clone();
            statement.by = PEOPLE[one.by].to_owned();
            statement.time = Moment(statement.time.0 + 60 * at as i64);
            statement.prev = papers.last().map(|last| last.id).into_iter().collect();
            match one.says {
                Says::Yes => {}
                Says::No => {
                    statement.outcome = Some("rejected".to_owned());
                    statement.reason = Some("Not so.".to_owned());
                    let verdict = statement.verdicts.values_mut().next().unwrap();
                    verdict.verdict = "Rejected".to_owned();
                }
                Says::Back(which) => {
                    statement.act = Act::Withdraw;
                    statement.outcome = None;
                    statement.withdraws = papers.get(which).map(|paper| paper.id);
                    // The third is listed nowhere.
                    statement.has_left = said.get(which).is_some_and(|other| other.by == 2);
                    statement.reason = Some("A mistake.".to_owned());
                    statement.verdicts.clear();
                    statement.scopes.clear();
                    statement.leaves_open.clear();
                }
            }
            let bytes = write_statement(&statement).into_bytes();
            let signature = one.key.map(|key| {
                let namespace = Purpose::Statement.namespace();
                let signed = self.signing[key].sign(namespace, ssh_key::HashAlg::Sha512, &bytes).unwrap();
                signed.to_pem(ssh_key::LineEnding::LF).unwrap()
            });
            papers.push(Paper { id: Digest::of_bytes(&bytes), bytes, signature });
        }
        papers
    }

    /// Whether the phase is approved, and whether everything is in order.
    fn told(&self, all: &[Paper]) -> (bool, bool) {
        let folder = tempfile::tempdir().unwrap();
        let within = folder.path().join(format!("assessments/{NORTHFIELD}/approvals/1"));
        std::fs::create_dir_all(&within).unwrap();
        for paper in all {
            let file = within.join(statement_name(ROLE, paper.id));
            std::fs::write(&file, &paper.bytes).unwrap();
            if let Some(signature) = &paper.signature {
                std::fs::write(signed(&file), signature).unwrap();
            }
        }
        let tree = WorkTree::new(folder.path());
        let papers = papers(&tree, None, &self.deployment.name).unwrap();
        let (settings, files) = (self.project.settings(), &papers.evidence);
        let today = self.yes.time.day();
        let case = Case::of(&self.deployment, &self.framework, settings, &self.keys, files, today);
        let judgement = judge(&case, &papers).unwrap();
        let status = phases(&case, &judgement, None)[0].status;
        let is_clean = judgement.doubts.is_empty()
            && judgement.statements.iter().all(|one: &Judged<'_>| one.is_in_order(false));
        (matches!(status, PhaseStatus::Approved | PhaseStatus::Conditional), is_clean)
    }
}

fn signed(file: &Path) -> std::path::PathBuf {
    file.with_extension("toml.sig")
}

/// Whether a phase is approved by what was said, each after all before it.
fn oracle(said: &[Said]) -> bool {
    let is_taken_back = |at: usize| {
        said.iter().enumerate().skip(at + 1).any(|(_, later)| {
            let is_it = matches!(later.says, Says::Back(which) if which == at);
            let may = match said[at].says {
                Says::Yes => true,
                Says::No => said[at].by == later.by || said[at].by == GHOST,
                Says::Back(_) => said[at].by == GHOST,
            };
            is_it && may && later.is_good()
        })
    };
    let is_over = |at: usize| {
        let decides = |one: &Said| !matches!(one.says, Says::Back(_));
        let anew = said.iter().enumerate().skip(at + 1).any(|(next, later)| {
            decides(later) && later.by == said[at].by && later.is_good() && !is_taken_back(next)
        });
        is_taken_back(at) || (decides(&said[at]) && anew)
    };
    let counts = |at: usize| said[at].is_good() && !is_over(at);
    let is_no = |at: usize| match said[at].says {
        Says::Yes => false,
        Says::No => !is_over(at),
        // What takes nothing back although it says so.
        Says::Back(which) => {
            !is_over(at) && which < at && matches!(said[which].says, Says::Yes) && !is_over(which)
        }
    };
    let all = || 0..said.len();
    all().any(|at| counts(at) && matches!(said[at].says, Says::Yes)) && !all().any(is_no)
}

fn one() -> impl Strategy<Value = Said> {
    let says = prop_oneof![3 => Just(Says::Yes), 3 => Just(Says::No), 3 => (0usize..6).prop_map(Says::Back)];
    // Mostly by those who may, and as it should be.
    let by = prop_oneof![4 => Just(0usize), 4 => Just(1), 1 => Just(GHOST)];
    let key = prop_oneof![5 => Just(None::<Option<usize>>), 1 => Just(Some(None)), 1 => (0usize..3).prop_map(|k| Some(Some(k)))];
    (by, says, key).prop_map(|(by, says, key)| Said { by, says, key: key.unwrap_or(Some(by)) })
}

/// What somebody without a key adds: whatever they write, nothing shows it to be anybody's who may decide.
fn forged() -> impl Strategy<Value = Said> {
    (one(), any::<bool>()).prop_map(|(said, stranger)| Said { key: stranger.then_some(GHOST), ..said })
}

/// What somebody without a key does to a file: nothing, take its signature away, or another's in its place.
fn harm() -> impl Strategy<Value = u8> {
    prop_oneof![4 => Just(0u8), 1 => Just(1), 1 => Just(2)]
}

#[test]
fn a12_a22_no_order_of_statements_and_nothing_that_is_done_to_files_approves_what_is_not() {
    let world = world();
    let said = prop::collection::vec(one(), 0..6);
    let strategy =
        (said, prop::collection::vec(forged(), 0..4), prop::collection::vec(harm(), 10), any::<Index>());
    let (mut yes, mut no) = (0, 0);
    let count = std::cell::RefCell::new((&mut yes, &mut no));
    TestRunner::new(cases(300))
        .run(&strategy, |(said, added, harm, which)| {
            let all: Vec<Said> = said.iter().chain(&added).copied().collect();
            let papers = world.papers(&all);
            let (honest, _) = papers.split_at(said.len());
            let (is_approved, is_clean) = world.told(honest);
            prop_assert_eq!(is_approved, oracle(&said), "the rule");
            let mut count = count.borrow_mut();
            *(if is_approved { &mut *count.0 } else { &mut *count.1 }) += 1;
            // Nothing that is added without a key approves, or changes it unless it says No; nor does it put anything in order.
            let more = world.told(&papers);
            prop_assert!(!more.0 || is_approved, "an addition approves");
            prop_assert!(!more.1 || is_clean, "an addition puts in order");
            if added.iter().all(|one| matches!(one.says, Says::Yes)) {
                prop_assert_eq!(more.0, is_approved, "an approval that does not count changes it");
            }
            // Nor what is done to signatures, with or without additions.
            let mut harmed = papers.clone();
            let other = papers.iter().rev().find_map(|paper| paper.signature.clone());
            for (paper, harm) in harmed.iter_mut().zip(harm) {
                match harm {
                    1 => paper.signature = None,
                    2 => paper.signature = paper.signature.as_ref().and(other.clone()),
                    _ => {}
                }
            }
            for harmed in [&harmed[..], &harmed[..said.len()]] {
                let after = world.told(harmed);
                prop_assert!(!after.0 || is_approved, "a signature that is gone approves");
                prop_assert!(!after.1 || is_clean, "a signature that is gone puts in order");
            }
            // Nor the removal of what another names.
            if said.len() > 1 {
                harmed.truncate(said.len());
                harmed.remove(which.index(said.len() - 1));
                prop_assert!(!world.told(&harmed).0, "a statement that is gone approves");
            }
            Ok(())
        })
        .unwrap();
    assert!(yes > 30 && no > 30, "{yes} approved, {no} not");
}
