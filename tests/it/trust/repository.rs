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
    let unknown = verified["unknown"].to_string();
    assert!(unknown.contains("1 commit that decisions name cannot be looked for: the clone is shallow"));
    assert!(!unknown.contains("not in this history"), "{unknown}");
    let first = sandbox.git(&["rev-list", "--max-parents=0", "HEAD"]);
    // The commit that would be looked back to is not here.
    let ran = shallow.tom(&["verify", NORTHFIELD, "--since", first.trim()]).code(2);
    assert!(ran.err.contains("TOM-0902"), "{}", ran.err);
    let ran = shallow.tom(&["verify", NORTHFIELD, "--since", "HEAD~2"]).code(2);
    assert!(ran.err.contains("git fetch --unshallow"), "{}", ran.err);
    // Nor is the one where the branch left the base, and nobody knows what it removed.
    sandbox.git(&["branch", "target", "HEAD~1"]);
    fs::remove_dir_all(sandbox.path(APPROVALS)).unwrap();
    sandbox.commit("remove");
    let shallow = clone(&sandbox, &["--depth", "1", "--no-single-branch"]);
    for args in [&["verify", NORTHFIELD][..], &["verify", "--all"]] {
        let ran = shallow.tom(&[args, &["--base", "origin/target"]].concat()).code(2);
        assert!(ran.err.contains("have no commit in common here"), "{}", ran.err);
        assert!(ran.err.contains("git fetch --deepen=100 origin target"), "{}", ran.err);
    }
    shallow.git(&["fetch", "-q", "--unshallow"]);
    let ran = shallow.tom(&["verify", "--all", "--base", "origin/target"]).code(1);
    assert!(flat(&ran.out).contains("was removed"), "{}", ran.out);
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
    let unknown = |sandbox: &Sandbox| {
        let verified = sandbox.verify(0, &[]);
        assert_eq!(states(&verified), both("valid", "valid"));
        verified["unknown"].to_string()
    };
    let says = "1 commit that decisions name is not in this history";
    assert!(unknown(&sandbox).contains(says), "it is here, and not behind HEAD");
    sandbox.git(&["gc", "-q", "--prune=now"]);
    assert!(unknown(&sandbox).contains(says), "it is gone");
    // A squash leaves the same: the content, and another commit.
    let sandbox = peopled();
    sandbox.git(&["checkout", "-q", "-b", "branch"]);
    sandbox.write("README.md", "Something.\n");
    sandbox.commit("beside");
    sandbox.decide("marian-holt", 1, &YES).code(0);
    sandbox.decide("helen-okafor", 2, &["--outcome", "approved"]).code(0);
    sandbox.commit("decisions");
    assert!(!unknown(&sandbox).contains(says));
    sandbox.git(&["checkout", "-q", "main"]);
    sandbox.git(&["merge", "-q", "--squash", "branch"]);
    sandbox.commit("squashed");
    assert!(unknown(&sandbox).contains(says));
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

/// A way to damage a file.
type Way<'w> = dyn Fn(&[u8]) -> Vec<u8> + 'w;

#[test]
fn b05_a_damaged_pack_index_or_reference_is_an_error_and_never_a_panic() {
    let sandbox = decided();
    sandbox.git(&["gc", "-q"]);
    sandbox.git(&["commit-graph", "write", "--reachable"]);
    sandbox.git(&["multi-pack-index", "write"]);
    let good = sandbox.tom(&["verify", NORTHFIELD, "--rev", "HEAD"]).code(0).out;
    let mut tried = 0;
    let mut hurt = |file: &str, ways: &[&Way<'_>]| {
        let path = sandbox.path(format!(".git/{file}"));
        let bytes = fs::read(&path).unwrap();
        for way in ways {
            // git makes packs read-only, and what is mapped elsewhere must not change.
            fs::remove_file(&path).unwrap();
            fs::write(&path, way(&bytes)).unwrap();
            let ran = sandbox.tom(&["verify", NORTHFIELD, "--rev", "HEAD"]);
            match ran.code {
                Some(0) => assert_eq!(ran.out, good, "{file}"),
                Some(2) => assert!(ran.err.contains("error[TOM-0"), "{file}: {}", ran.all()),
                _ => panic!("{file}: {:?}\n{}", ran.code, ran.all()),
            }
            tried += 1;
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, &bytes).unwrap();
    };
    let part = |share: usize| move |bytes: &[u8]| bytes[..bytes.len() * share / 8].to_vec();
    let flip = |share: usize| {
        move |bytes: &[u8]| {
            let mut bad = bytes.to_vec();
            let at = (bad.len() - 1) * share / 23;
            bad[at] ^= 0x10;
            bad
        }
    };
    let parts: Vec<_> = (0..8).map(part).collect();
    let flips: Vec<_> = (0..=23).map(flip).collect();
    let as_ways = |step: usize| -> Vec<&Way<'_>> {
        let parts = parts.iter().map(|way| way as &Way<'_>);
        parts.chain(flips.iter().map(|way| way as _)).step_by(step).collect()
    };
    let packs: Vec<String> =
        sandbox.files(".git/objects").into_keys().filter(|file| !file.contains("info/packs")).collect();
    for file in &packs {
        // Every bit of an index leads somewhere; a pack is long, and held against the ids of its objects.
        let step = if file.ends_with(".idx") { 1 } else { 3 };
        hurt(&format!("objects/{file}"), &as_ways(step));
    }
    for file in ["HEAD", "packed-refs", "index"] {
        hurt(file, &as_ways(6));
    }
    assert!(tried > 60, "{tried}");
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
    let ran = sandbox.tom(&["verify", NORTHFIELD, "--since", &before]).code(1);
    assert_eq!(flat(&ran.out).matches("was removed").count(), 2, "{}", ran.all());
    assert!(ran.out.contains("grafts, which were not followed"), "{}", ran.out);
    // Grafts that lead past where a branch left its base, with what was decided there.
    sandbox.git(&["branch", "base", &before]);
    let first = sandbox.git(&["rev-list", "--max-parents=0", "base"]);
    sandbox.write(".git/info/grafts", format!("{head} {first}"));
    assert_eq!(sandbox.git(&["merge-base", "base", "HEAD"]), first, "git itself is fooled");
    let ran = sandbox.tom(&["verify", "--all", "--base", "base"]).code(1);
    assert_eq!(flat(&ran.out).matches("was removed").count(), 2, "{}", ran.all());
    let ran = sandbox.tom(&["diff", "base...", "--format", "json"]).code(0);
    let review: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(review["left"]["commit"], before.as_str(), "{review:#}");
    // Or past the commit that a decision names.
    sandbox.git(&["checkout", "-q", "base"]);
    sandbox.write(".git/info/grafts", format!("{before} {first}"));
    assert!(!sandbox.verify(0, &[])["unknown"].to_string().contains("not in this history"));
    // Alternates that lead nowhere.
    let sandbox = decided();
    sandbox.write(".git/objects/info/alternates", "/nowhere/objects\n");
    let verified = sandbox.verify(0, &["--rev", "HEAD"]);
    assert!(verified["unknown"].to_string().contains("alternates"));
    // And those that have another answer under the id of the real one.
    let other = Sandbox::empty();
    crate::support::copy(&sandbox.path(".git/objects"), &other.path("objects"));
    let real = sandbox.git(&["rev-parse", &format!("HEAD:{answers}")]).trim().to_owned();
    sandbox.write("blob", sandbox.read(answers).replace("answer = \"", "answer = \"Not "));
    let lie = sandbox.git(&["hash-object", "-w", "blob"]).trim().to_owned();
    let loose = |id: &str| format!("objects/{}/{}", &id[..2], &id[2..]);
    let bytes = fs::read(sandbox.path(format!(".git/{}", loose(&lie)))).unwrap();
    let _ = fs::remove_file(other.path(loose(&real)));
    other.write(&loose(&real), bytes);
    fs::remove_dir_all(sandbox.path(".git/objects")).unwrap();
    sandbox.write(".git/objects/info/alternates", format!("{}\n", other.path("objects").display()));
    let ran = sandbox.tom(&["verify", NORTHFIELD, "--rev", "HEAD"]).code(2);
    assert!(ran.err.contains("error[TOM-0"), "{}", ran.all());
}

/// Every command that reads or writes a repository, in the shortest form in which it does.
const COMMANDS: &[&[&str]] = &[
    &["adopt", NORTHFIELD, "--parent", "acme-5-1"],
    &["accept", NORTHFIELD, "HAZ-001", "--role", "siro", "--until", "2027-01-01", "--reason", "So."],
    &["blame", NORTHFIELD, "HAZ-001"],
    &["check"],
    &["check", "--rev", "HEAD"],
    &["confirm", NORTHFIELD, "--all", "--party", "deployer", "--by", "Ben Tarrant"],
    &["decide", NORTHFIELD, "--phase", "1", "--role", "asset-owner", "--outcome", "returned"],
    &["derive", "acme-5-1", "acme-new"],
    &["diff", NORTHFIELD],
    &["diff", "HEAD~1..HEAD"],
    &["export", NORTHFIELD, "--to", "out.csv"],
    &["fmt"],
    &["git", "install"],
    &["hand-over", NORTHFIELD, "--to", "supplier"],
    &["impact", NORTHFIELD, "BD-02"],
    &["lineage"],
    &["list"],
    &["log", NORTHFIELD],
    &["new", "somewhere"],
    &["record", NORTHFIELD],
    &["render", NORTHFIELD, "--to", "out"],
    &["set", NORTHFIELD, "BD-22", "Elsewhere."],
    &["show", NORTHFIELD],
    &["status"],
    &["todo"],
    &["update", NORTHFIELD],
    &["verify", "--all"],
    &["verify", NORTHFIELD],
];

/// Every command refuses a repository, with the reason, and leaves it as it is.
fn refused_by_all(sandbox: &Sandbox, words: &str) {
    let before = sandbox.files("");
    for args in COMMANDS {
        let ran = sandbox.tom(args);
        assert_eq!(ran.code, Some(2), "{args:?}: {}", ran.all());
        let is_usage = ran.err.starts_with("error: ");
        assert!(
            !is_usage && ran.err.contains("TOM-0901") && ran.err.contains(words),
            "{args:?}: {}",
            ran.all()
        );
    }
    assert!(sandbox.files("") == before, "something was written");
}

#[test]
fn b07_a_repository_of_sha_256_objects_is_refused_by_every_command_with_the_reason() {
    let sandbox = decided();
    fs::remove_dir_all(sandbox.path(".git")).unwrap();
    sandbox.git(&["init", "-q", "--object-format=sha256"]);
    sandbox.commit("sha-256");
    refused_by_all(&sandbox, "SHA-256 repositories are not supported");
}

#[test]
fn b08_a_reftable_repository_is_refused_by_every_command_with_the_reason() {
    let sandbox = decided();
    fs::remove_dir_all(sandbox.path(".git")).unwrap();
    let mut command = std::process::Command::new("git");
    command.args(["init", "-q", "--ref-format=reftable"]).arg(sandbox.path(""));
    if !crate::support::has_tool("git-reftable", crate::support::run(command).code == Some(0)) {
        return;
    }
    sandbox.commit("reftable");
    refused_by_all(&sandbox, "reftable repositories are not supported");
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
    // Only root can give files away.
    if !crate::support::has_tool("root", crate::support::run(command).code == Some(0)) {
        return;
    }
    let ran = sandbox.tom(&["verify", NORTHFIELD]).code(2);
    assert!(ran.err.contains("safe.directory"), "{}", ran.err);
}
