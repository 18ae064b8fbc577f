//! What state a repository can be in, and that decisions read the same in all of them.

use super::*;
use std::fs;

/// A clone of a sandbox, made with these options of `git clone`.
fn clone(of: &Sandbox, options: &[&str]) -> Sandbox {
    let clone = Sandbox::empty();
    let from = format!("file://{}", of.path("").display());
    let mut args = vec!["clone", "-q"];
    args.extend_from_slice(options);
    args.extend([from.as_str(), "."]);
    clone.git(&args);
    clone
}

#[test]
fn b01_a_shallow_clone_verifies_content_and_says_what_it_cannot_know() {
    let sandbox = decided();
    sandbox.replace("assessments/acme-northfield/contacts.toml", "# ", "# Checked. ");
    sandbox.commit("one more");
    let shallow = clone(&sandbox, &["--depth", "1"]);
    let verified = shallow.verify(0, &[]);
    assert_eq!(states(&verified), both("valid", "valid"));
    assert!(verified["unknown"].to_string().contains("shallow"), "{verified:#}");
    let first = sandbox.git(&["rev-list", "--max-parents=0", "HEAD"]);
    // The commit that would be looked back to is not here.
    let ran = shallow.tom(&["verify", NORTHFIELD, "--since", first.trim()]).code(2);
    assert!(ran.err.contains("TOM-0902"), "{}", ran.err);
}

#[test]
fn b02_a_partial_clone_whose_origin_is_gone_gives_a_clear_error() {
    let sandbox = decided();
    sandbox.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = clone(&sandbox, &["--filter=blob:none", "--no-checkout"]);
    partial.git(&["remote", "set-url", "origin", "file:///nowhere"]);
    let ran = partial.tom(&["verify", NORTHFIELD, "--rev", "HEAD"]).code(2);
    assert!(ran.err.contains("error[TOM-0"), "{}", ran.err);
}

#[test]
fn b03_a_parent_that_is_gone_takes_no_decision_with_it() {
    let sandbox = decided();
    fs::remove_dir_all(sandbox.path("assessments/acme-5-1")).unwrap();
    sandbox.commit("without the parent");
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
}

#[test]
fn b04_a_rewritten_history_leaves_the_content_and_so_the_decision() {
    let sandbox = decided();
    sandbox.git(&["checkout", "-q", "--orphan", "rewritten"]);
    sandbox.commit("everything at once");
    sandbox.git(&["branch", "-D", "main"]);
    sandbox.git(&["reflog", "expire", "--expire=now", "--all"]);
    sandbox.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
}

#[test]
fn b05_a_damaged_object_is_an_error_and_never_a_verdict() {
    let sandbox = decided();
    let objects = sandbox.files(".git/objects");
    let mut damaged = 0;
    for (file, bytes) in objects.iter().filter(|(file, _)| !file.contains("info") && !file.contains("pack")) {
        // Every so many objects, one bit of each.
        if damaged % 9 == 0 {
            let mut bad = bytes.clone();
            let at = bad.len() / 2;
            bad[at] ^= 1;
            let path = sandbox.path(format!(".git/objects/{file}"));
            fs::remove_file(&path).unwrap();
            fs::write(&path, bad).unwrap();
            let ran = sandbox.tom(&["verify", NORTHFIELD, "--rev", "HEAD"]);
            assert!(matches!(ran.code, Some(0..=2)), "{file}: {}", ran.all());
            assert!(ran.code == Some(0) || ran.all().contains("error[TOM-0"), "{file}: {}", ran.all());
            assert!(
                !["void", "wrong key", "wrong role", "rejected"].iter().any(|word| ran.out.contains(word)),
                "{}",
                ran.out
            );
            fs::write(path, bytes).unwrap();
        }
        damaged += 1;
    }
    assert!(damaged > 20);
}

#[test]
fn b06_replacement_refs_grafts_and_alternates_fool_nobody() {
    let sandbox = decided();
    let blob = |text: &str| {
        sandbox.write("blob", text);
        sandbox.git(&["hash-object", "-w", "blob"]).trim().to_owned()
    };
    // A statement in which another outcome stands, put in the place of the real one.
    let file = sandbox.statement("executive");
    let was = sandbox.git(&["rev-parse", &format!("HEAD:{file}")]).trim().to_owned();
    let other = blob(&sandbox.read(&file).replace("approved", "rejected"));
    sandbox.git(&["replace", &was, &other]);
    // An answer in the place of another.
    let answers = "assessments/acme-northfield/basic-details.toml";
    let real = sandbox.git(&["rev-parse", &format!("HEAD:{answers}")]).trim().to_owned();
    let changed = blob(&sandbox.read(answers).replace("answer = \"", "answer = \"Not "));
    sandbox.git(&["replace", &real, &changed]);
    assert!(sandbox.git(&["show", &format!("HEAD:{answers}")]).contains("Not "), "git itself is fooled");
    let verified = sandbox.verify(0, &["--rev", "HEAD"]);
    assert_eq!(states(&verified), both("valid", "valid"));
    assert!(verified["unknown"].to_string().contains("2 replacement refs"), "{verified:#}");
    // Grafts that cut the history before a removal.
    let sandbox = decided();
    let before = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    fs::remove_dir_all(sandbox.path(APPROVALS)).unwrap();
    sandbox.commit("remove");
    let head = sandbox.git(&["rev-parse", "HEAD"]).trim().to_owned();
    sandbox.write(".git/info/grafts", format!("{head}\n"));
    let ran = sandbox.tom(&["verify", NORTHFIELD, "--since", &before]);
    assert!(ran.code != Some(0) || ran.out.contains("grafts"), "{}", ran.all());
    // Alternates that lead nowhere.
    let sandbox = decided();
    sandbox.write(".git/objects/info/alternates", "/nowhere/objects\n");
    let verified = sandbox.verify(0, &["--rev", "HEAD"]);
    assert!(verified["unknown"].to_string().contains("alternates"));
}

#[test]
fn b07_a_repository_of_sha_256_objects_is_refused_with_the_reason() {
    let sandbox = Sandbox::empty();
    sandbox.git(&["init", "-q", "--object-format=sha256"]);
    let ran = sandbox.tom(&["verify", NORTHFIELD]).code(2);
    assert!(ran.err.contains("TOM-0901"), "{}", ran.err);
}

#[test]
fn b08_a_reftable_repository_is_refused_or_read() {
    let sandbox = decided();
    let mut command = std::process::Command::new("git");
    command.args(["init", "-q", "--ref-format=reftable"]).arg(sandbox.path("reftable"));
    if crate::support::run(command).code != Some(0) {
        return; // this git does not know it
    }
    let ran = sandbox.tom(&["-C", "reftable", "verify", NORTHFIELD]).code(2);
    assert!(ran.err.contains("TOM-09"), "{}", ran.err);
}

#[test]
fn b09_a_detached_head_an_unborn_branch_and_no_commit_are_told_apart() {
    let sandbox = decided();
    sandbox.git(&["checkout", "-q", "--detach"]);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    sandbox.git(&["checkout", "-q", "--orphan", "unborn"]);
    assert_eq!(sandbox.states(0, &[]), both("valid", "valid"));
    let ran = sandbox.decide("rajan-pillai", 2, &["--outcome", "approved"]).code(2);
    assert!(ran.err.contains("TOM-0902"), "{}", ran.err);
}

#[test]
fn b10_a_bare_repository_is_read_at_a_revision() {
    let sandbox = decided();
    let bare = clone(&sandbox, &["--bare"]);
    assert_eq!(bare.states(0, &["--rev", "HEAD"]), both("valid", "valid"));
    assert!(bare.tom(&["verify", NORTHFIELD]).code(2).err.contains("bare"));
    // One that lies in the work tree is nobody's.
    sandbox.git(&["init", "-q", "--bare", "assessments/acme-northfield/docs.git"]);
    assert_eq!(
        sandbox.tom(&["verify", NORTHFIELD]).code,
        Some(2),
        "an unknown file is a finding, and is not opened"
    );
}

#[test]
fn b11_a_linked_work_tree_and_a_sparse_checkout_read_the_same() {
    let sandbox = decided();
    sandbox.git(&["worktree", "add", "-q", "linked", "-b", "linked"]);
    let ran = sandbox.tom(&["-C", "linked", "verify", NORTHFIELD]).code(0);
    assert!(ran.out.contains("valid"), "{}", ran.out);
    // Files that a sparse checkout leaves out are missing, and are not taken for deleted at a revision.
    let sparse = decided();
    sparse.git(&["sparse-checkout", "set", "--no-cone", "/*", "!docs/"]);
    assert_eq!(sparse.states(1, &[]), both("valid", "void"));
    assert_eq!(sparse.states(0, &["--rev", "HEAD"]), both("valid", "valid"));
}

#[test]
fn b12_a_repository_that_is_somebody_elses_is_not_opened() {
    let sandbox = decided();
    let mut command = std::process::Command::new("chown");
    command.args(["-R", "nobody"]).arg(sandbox.path(""));
    if crate::support::run(command).code != Some(0) {
        return; // only root can give files away
    }
    let ran = sandbox.tom(&["verify", NORTHFIELD]).code(2);
    assert!(ran.err.contains("safe.directory"), "{}", ran.err);
}
