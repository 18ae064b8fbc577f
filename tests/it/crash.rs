//! Nothing is lost: a command that is killed at any system call, meets a full disk, or runs beside others
//! leaves every file as it was or as it was to be.
//!
//! `strace` kills and fails the calls. Where it is missing or may not trace, those tests say so and are
//! skipped; on a build machine (`CI` is set) they fail instead.

use crate::support::{Ran, Sandbox, has_tool, run};
use std::collections::BTreeMap;
use std::process::Command;

/// The calls that change what is on a disk, on every architecture.
const CHANGING: &str = "?open,?openat,?creat,?write,?pwrite64,?writev,?ftruncate,?fsync,?fdatasync,?rename,\
?renameat,?renameat2,?mkdir,?mkdirat,?unlink,?unlinkat,?rmdir,?link,?linkat,?symlink,?symlinkat";

/// How many moments of one call are tried: the first, the last, and some between.
const MOMENTS: usize = 4;

/// The prefix of what a killed command may leave.
const UNFINISHED: &str = ".tom-unfinished-";

/// What strace does to the `when`-th call of a kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    pub call: String,
    pub when: usize,
}

/// A tom command under strace, in the sandbox's own world.
fn traced(sandbox: &Sandbox, options: &[&str], args: &[&str]) -> Ran {
    let tom = sandbox.tom_command(args);
    let mut command = Command::new("strace");
    command.arg("-f").args(options).arg("--").arg(tom.get_program()).args(tom.get_args()).env_clear();
    command.envs(tom.get_envs().filter_map(|(key, value)| Some((key, value?))));
    command.current_dir(tom.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    run(command)
}

/// Whether strace can kill a process at a call here; says so if not.
pub fn can_trace() -> bool {
    let kill = ["-e", "trace=exit_group", "-e", "inject=exit_group:signal=KILL:when=1", "--", "true"];
    let output = Command::new("strace").args(["-f", "-o", "/dev/null"]).args(kill).output();
    let can = output.is_ok_and(|output| output.status.code().is_none());
    has_tool("strace", can)
}

/// Every changing call that a command makes, told by a run that is not disturbed.
pub fn moments(sandbox: &Sandbox, args: &[&str]) -> Vec<Moment> {
    let log = Sandbox::empty();
    let file = log.path("trace");
    let trace = format!("trace={CHANGING}");
    traced(sandbox, &["-o", file.to_str().unwrap(), "-e", &trace], args).code(0);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for line in log.read("trace").lines() {
        let Some((head, rest)) = line.split_once('(') else { continue };
        let Some(call) = head.split_whitespace().last().map(str::to_owned) else { continue };
        let when = counts.entry(call.clone()).or_default();
        *when += 1;
        if !call.starts_with("open") || rest.contains("O_CREAT") || rest.contains("O_TRUNC") {
            found.push(Moment { call, when: *when });
        }
    }
    found
}

/// Some moments of each call, the first and the last among them.
fn sampled(moments: Vec<Moment>) -> Vec<Moment> {
    let mut by_call: BTreeMap<String, Vec<Moment>> = BTreeMap::new();
    for moment in moments {
        by_call.entry(moment.call.clone()).or_default().push(moment);
    }
    let some = |all: Vec<Moment>| {
        let last = all.len() - 1;
        let steps = last.clamp(1, MOMENTS - 1);
        let mut chosen: Vec<Moment> = (0..=steps).map(|step| all[last * step / steps].clone()).collect();
        chosen.dedup();
        chosen
    };
    by_call.into_values().flat_map(some).collect()
}

/// Runs a command and kills it at a moment, which has to come.
pub fn killed(sandbox: &Sandbox, moment: &Moment, args: &[&str]) {
    ended(sandbox, moment, "KILL", args);
}

/// Runs a command and ends it by a signal at a moment, which has to come.
pub fn ended(sandbox: &Sandbox, moment: &Moment, signal: &str, args: &[&str]) {
    let trace = format!("trace={}", moment.call);
    let inject = format!("inject={}:signal={signal}:when={}", moment.call, moment.when);
    let ran = traced(sandbox, &["-o", "/dev/null", "-e", &trace, "-e", &inject], args);
    assert_eq!(ran.code, None, "{moment:?} did not come: {}", ran.all());
}

/// Every file of the sandbox with its bytes, git's own too, apart from the lock.
fn everything(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let mut files = sandbox.files("");
    let top = sandbox.path(".git");
    for entry in walkdir::WalkDir::new(&top).into_iter().filter_map(Result::ok) {
        if entry.file_type().is_file() && entry.file_name() != "tom.lock" {
            let name = entry.path().strip_prefix(&top).unwrap().to_string_lossy().into_owned();
            files.insert(format!(".git/{name}"), std::fs::read(entry.path()).unwrap());
        }
    }
    files
}

pub fn is_unfinished(path: &str) -> bool {
    path.split('/').any(|part| part.starts_with(UNFINISHED))
}

/// Every file but those that a killed command may leave.
fn finished(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let mut files = everything(sandbox);
    files.retain(|path, _| !is_unfinished(path));
    files
}

/// Whether a killed command left something, an empty folder too.
fn has_left_overs(sandbox: &Sandbox) -> bool {
    let entries = walkdir::WalkDir::new(sandbox.path("")).into_iter().filter_map(Result::ok);
    entries.into_iter().any(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED))
}

/// The files beneath a folder, without the folder's name.
fn beneath(files: &BTreeMap<String, Vec<u8>>, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(folder)?, bytes)));
    files.map(|(path, bytes)| (path.to_owned(), bytes.clone())).collect()
}

const DERIVE: [&str; 5] = ["derive", "acme-northfield", "acme-eastmoor", "--id", "d-00000000000a"];
const DERIVED: &str = "assessments/acme-eastmoor/";

fn remove_derived(sandbox: &Sandbox) {
    let folder = sandbox.path(DERIVED);
    if folder.exists() {
        std::fs::remove_dir_all(folder).unwrap();
    }
}

#[test]
fn c01_a_derivation_that_is_killed_at_any_call_is_whole_or_was_not_made() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::example();
    let before = everything(&sandbox);
    let moments = sampled(moments(&sandbox, &DERIVE));
    let wanted = everything(&sandbox);
    let whole = beneath(&wanted, DERIVED);
    assert!(moments.len() > 10 && whole.len() > 10, "{moments:?}");
    for call in ["openat", "write", "fsync", "renameat2"] {
        assert!(moments.iter().any(|moment| moment.call == call), "{call} is not tried: {moments:?}");
    }
    remove_derived(&sandbox);
    let (mut whole_at, mut left_over_at) = (0, 0);
    for moment in &moments {
        killed(&sandbox, moment, &DERIVE);
        let mut after = finished(&sandbox);
        let made = beneath(&after, DERIVED);
        if sandbox.path(DERIVED).exists() {
            assert_eq!(made, whole, "{moment:?}: the folder is there, and not whole");
            whole_at += 1;
        }
        after.retain(|path, _| !path.starts_with(DERIVED));
        assert!(after == before, "{moment:?}: something else changed");
        left_over_at += usize::from(has_left_overs(&sandbox));
        sandbox.tom(&["check"]).code(0);
        remove_derived(&sandbox);
        sandbox.tom(&DERIVE).code(0);
        assert!(!has_left_overs(&sandbox), "{moment:?}: the next derivation removes what was left");
        assert!(everything(&sandbox) == wanted, "{moment:?}: the next derivation is as any other");
        remove_derived(&sandbox);
    }
    assert!(whole_at > 0 && left_over_at > 0, "some are killed before, some after the folder appears");
}

const FILE: &str = "assessments/acme-southmere/ig.toml";
const SET: [&str; 4] = ["set", "acme-southmere", "IGA-03.notes", "Checked again\nby hand."];

#[test]
fn c01_a_file_that_is_being_set_is_the_old_one_or_the_new_one() {
    if !can_trace() {
        return;
    }
    let sandbox = Sandbox::example();
    let before = everything(&sandbox);
    let moments = sampled(moments(&sandbox, &SET));
    let wanted = everything(&sandbox);
    assert!(moments.len() > 4 && wanted != before, "{moments:?}");
    let (mut old, mut new) = (0, 0);
    for moment in &moments {
        sandbox.write(FILE, &before[FILE]);
        killed(&sandbox, moment, &SET);
        let after = finished(&sandbox);
        assert!(after == before || after == wanted, "{moment:?}: neither old nor new");
        *(if after == before { &mut old } else { &mut new }) += 1;
        sandbox.tom(&["check"]).code(0);
        sandbox.write(FILE, &before[FILE]);
        sandbox.tom(&SET).code(0);
        assert!(everything(&sandbox) == wanted, "{moment:?}: the next one is as any other, and clears up");
        assert!(!has_left_overs(&sandbox), "{moment:?}");
    }
    assert!(old > 0 && new > 0, "some are killed before, some after the file is in place");
}

/// Kills `tom init` at moments, each time in a new folder, and runs it again.
fn kills_inits(new: impl Fn() -> Sandbox) {
    let undisturbed = new();
    let moments = sampled(moments(&undisturbed, &["init"]));
    let wanted = undisturbed.files("");
    assert!(moments.len() > 10 && wanted.len() > 10, "{moments:?}");
    for moment in &moments {
        let sandbox = new();
        killed(&sandbox, moment, &["init"]);
        for (path, bytes) in sandbox.files("").iter().filter(|(path, _)| !is_unfinished(path)) {
            assert_eq!(wanted.get(path), Some(bytes), "{moment:?}: {path} is half written");
        }
        let framework = sandbox.files("frameworks/smsp-tom/0.10");
        let is_whole = framework.len() == undisturbed.files("frameworks/smsp-tom/0.10").len();
        assert!(framework.is_empty() || is_whole, "{moment:?}: half a framework");
        let again = sandbox.tom(&["init"]);
        assert_eq!(again.code, Some(0), "{moment:?}\n{}", again.err);
        assert!(sandbox.files("") == wanted, "{moment:?}: the second one finishes the work");
        assert_eq!(sandbox.git(&["status", "--porcelain", "--", "no-such-file"]), "", "{moment:?}");
    }
}

#[test]
fn c01_an_init_that_is_killed_in_a_repository_is_finished_by_the_next() {
    if can_trace() {
        kills_inits(|| {
            let sandbox = Sandbox::empty();
            sandbox.git(&["init", "-q", "-b", "main"]);
            sandbox
        });
    }
}

#[test]
fn c01_an_init_that_is_killed_while_it_makes_the_repository_is_finished_by_the_next() {
    if can_trace() {
        kills_inits(Sandbox::empty);
    }
}

/// Fails a command's writes and syncs one by one, and looks at what it leaves and says.
fn meets_a_full_disk(args: &[&str], changed: &str) {
    let sandbox = Sandbox::example();
    let before = everything(&sandbox);
    let moments = moments(&sandbox, args);
    let wanted = everything(&sandbox);
    // What is printed comes last, after the last sync: that is no disk's business.
    let last = moments.iter().rposition(|moment| moment.call == "fsync").unwrap();
    let tried = sampled(moments[..=last].to_vec());
    let syncs = moments.iter().filter(|moment| moment.call == "fsync").count();
    let restore = || {
        remove_derived(&sandbox);
        sandbox.write(FILE, &before[FILE]);
    };
    for moment in tried.iter().filter(|moment| ["write", "fsync"].contains(&moment.call.as_str())) {
        restore();
        let trace = format!("trace={}", moment.call);
        let inject = format!("inject={}:error=ENOSPC:when={}", moment.call, moment.when);
        let ran = traced(&sandbox, &["-o", "/dev/null", "-e", &trace, "-e", &inject], args).code(2);
        assert!(ran.err.contains("TOM-0903") && ran.err.contains("No space left"), "{}", ran.err);
        assert!(ran.err.contains(changed), "it names what it could not write: {}", ran.err);
        // The last sync comes after the commit point: all of it is there, and may not be on the disk yet.
        let is_last_sync = moment.call == "fsync" && moment.when == syncs;
        let now = finished(&sandbox);
        assert!(now == before || (is_last_sync && now == wanted), "{moment:?} changed something");
        assert!(!has_left_overs(&sandbox), "{moment:?} left something on the full disk");
        sandbox.tom(&["check"]).code(0);
    }
}

#[test]
fn c04_a_derivation_on_a_full_disk_says_so_and_leaves_nothing() {
    if can_trace() {
        meets_a_full_disk(&DERIVE, "assessments/acme-eastmoor");
    }
}

#[test]
fn c04_a_file_that_is_set_on_a_full_disk_stays_as_it_was() {
    if can_trace() {
        meets_a_full_disk(&SET, FILE);
    }
}

const UPDATE: [&str; 4] = ["update", "--from", "acme-5-1", "--all"];

/// The example with a parent that gained something in each of its risks: an update changes more than twenty files.
fn behind() -> Sandbox {
    let sandbox = Sandbox::example();
    for (path, bytes) in sandbox.files("assessments/acme-5-1/risks") {
        let text = String::from_utf8(bytes).unwrap().replacen("title = \"", "title = \"Reworded: ", 1);
        sandbox.write(&format!("assessments/acme-5-1/risks/{path}"), text);
    }
    sandbox.commit("the parent gains");
    sandbox
}

fn back_to_old(sandbox: &Sandbox) {
    sandbox.git(&["checkout", "-q", "--", "assessments"]);
    sandbox.git(&["clean", "-qfd", "assessments"]);
}

/// Work-tree files, without what a killed command may leave.
pub fn work_tree(sandbox: &Sandbox) -> BTreeMap<String, Vec<u8>> {
    let mut files = sandbox.files("");
    files.retain(|path, _| !is_unfinished(path));
    files
}

/// At `TOM_EVERY_MOMENT=1` every call is tried; otherwise some of each kind.
fn tried(all: Vec<Moment>) -> Vec<Moment> {
    if std::env::var_os("TOM_EVERY_MOMENT").is_some() { all } else { sampled(all) }
}

#[test]
fn c01_an_update_of_over_twenty_files_that_is_killed_is_all_old_all_new_or_finished_by_the_next_command() {
    if !can_trace() {
        return;
    }
    let sandbox = behind();
    let old = work_tree(&sandbox);
    let moments = tried(moments(&sandbox, &UPDATE));
    let new = work_tree(&sandbox);
    assert!(old.iter().filter(|(path, bytes)| new.get(*path) != Some(bytes)).count() > 20);
    let (mut olds, mut news, mut halves) = (0, 0, 0);
    for moment in &moments {
        back_to_old(&sandbox);
        killed(&sandbox, moment, &UPDATE);
        let is_committed = sandbox.path(".git/tom.journal").exists();
        let after = work_tree(&sandbox);
        let is_half = after != old && after != new;
        assert!(is_committed || !is_half, "{moment:?}: half a change, and nobody knows of it");
        // A command that only reads finishes it, and says so.
        let next = sandbox.tom(&["check"]).code(0);
        assert_eq!(
            next.err.contains("finished what an earlier command"),
            is_committed,
            "{moment:?}: {}",
            next.err
        );
        let now = work_tree(&sandbox);
        assert!(now == new || (now == old && !is_committed), "{moment:?}: neither old nor new");
        *(if is_half {
            &mut halves
        } else if now == old {
            &mut olds
        } else {
            &mut news
        }) += 1;
        assert!(!sandbox.path(".git/tom.journal").exists(), "{moment:?}");
        back_to_old(&sandbox);
        sandbox.tom(&UPDATE).code(0);
        assert!(
            work_tree(&sandbox) == new && !has_left_overs(&sandbox),
            "{moment:?}: the next one is as any other"
        );
    }
    assert!(olds > 0 && news > 0 && halves > 0, "{olds} old, {news} new, {halves} half");
}

#[test]
fn c04_an_update_on_a_full_disk_changes_nothing_or_is_finished_later() {
    if !can_trace() {
        return;
    }
    let sandbox = behind();
    let old = work_tree(&sandbox);
    let moments = moments(&sandbox, &UPDATE);
    let new = work_tree(&sandbox);
    let failing: Vec<Moment> = tried(moments)
        .into_iter()
        .filter(|moment| ["write", "fsync"].contains(&moment.call.as_str()))
        .collect();
    let mut unchanged = 0;
    for moment in &failing {
        for error in ["ENOSPC", "EIO"] {
            back_to_old(&sandbox);
            let trace = format!("trace={}", moment.call);
            let inject = format!("inject={}:error={error}:when={}", moment.call, moment.when);
            let ran = traced(&sandbox, &["-o", "/dev/null", "-e", &trace, "-e", &inject], &UPDATE);
            if ran.code == Some(0) {
                continue; // what was printed could not be written: no disk's business
            }
            assert_eq!(ran.code, Some(2), "{moment:?} {error}: {}", ran.all());
            let is_committed = sandbox.path(".git/tom.journal").exists();
            let now = work_tree(&sandbox);
            // After the commit point every file is in place already or is moved there by the next command.
            assert!(is_committed || now == old || now == new, "{moment:?} {error}: half a change");
            assert!(is_committed || !has_left_overs(&sandbox), "{moment:?} {error} left something");
            unchanged += usize::from(now == old && !is_committed);
            sandbox.tom(&["check"]).code(0);
            let now = work_tree(&sandbox);
            assert!(now == old || now == new, "{moment:?} {error}");
        }
    }
    assert!(unchanged > 4, "{unchanged}");
}

#[test]
fn c03_everything_is_on_the_disk_before_the_commit_and_the_commit_before_anything_moves() {
    if !can_trace() {
        return;
    }
    let sandbox = behind();
    let log = Sandbox::empty();
    let file = log.path("trace");
    let trace = "trace=fsync,rename,renameat,renameat2,unlink,unlinkat";
    traced(&sandbox, &["-y", "-o", file.to_str().unwrap(), "-e", trace], &UPDATE).code(0);
    let lines: Vec<String> = log.read("trace").lines().map(str::to_owned).collect();
    let at = |test: &dyn Fn(&str) -> bool| lines.iter().position(|line| test(line));
    let is_staged = |line: &str| line.contains("rename") && line.contains(UNFINISHED);
    let commit = at(&|line| line.contains("rename") && line.contains("tom.journal.new")).unwrap();
    let first_move = at(&is_staged).unwrap();
    let last_move = lines.iter().rposition(|line| is_staged(line)).unwrap();
    let moves = lines.iter().filter(|line| is_staged(line)).count();
    let synced_before =
        lines[..commit].iter().filter(|line| line.contains("fsync") && line.contains(UNFINISHED)).count();
    assert!(moves > 20 && synced_before == moves, "{synced_before} of {moves} were synced before the commit");
    assert!(lines[..commit].iter().any(|line| line.contains("fsync") && line.contains("tom.journal.new")));
    let folder_synced = |line: &String| line.contains("fsync") && line.contains("/.git>");
    assert!(
        lines[commit..first_move].iter().any(folder_synced),
        "the commit is on the disk before anything moves"
    );
    let gone = at(&|line| line.contains("unlink") && line.contains("tom.journal\"")).unwrap();
    assert!(gone > last_move && lines[last_move..gone].iter().any(|line| line.contains("fsync")));
}

#[test]
fn a_change_that_is_left_in_a_linked_work_tree_is_finished_from_the_main_one() {
    if !can_trace() {
        return;
    }
    let sandbox = behind();
    sandbox.git(&["worktree", "add", "-q", "linked", "-b", "other"]);
    let linked = sandbox.path("linked");
    let args: Vec<&str> = ["-C", linked.to_str().unwrap()].into_iter().chain(UPDATE).collect();
    let renames: Vec<Moment> =
        moments(&sandbox, &args).into_iter().filter(|m| m.call.starts_with("rename")).collect();
    let new = sandbox.files("linked/assessments");
    sandbox.git(&["-C", linked.to_str().unwrap(), "checkout", "-q", "--", "assessments"]);
    killed(&sandbox, &renames[renames.len() / 2], &args);
    assert!(sandbox.path(".git/tom.journal").exists() && sandbox.files("linked/assessments") != new);
    let ran = sandbox.tom(&["list"]).code(0);
    assert!(ran.err.contains("finished what an earlier command"), "{}", ran.err);
    assert_eq!(sandbox.files("linked/assessments"), new);
}

#[test]
fn an_unfinished_change_overwrites_nothing_that_somebody_changed_since() {
    if !can_trace() {
        return;
    }
    let sandbox = behind();
    let renames: Vec<Moment> =
        moments(&sandbox, &UPDATE).into_iter().filter(|m| m.call.starts_with("rename")).collect();
    back_to_old(&sandbox);
    killed(&sandbox, &renames[3], &UPDATE);
    let file = "assessments/acme-southmere/risks/HAZ-014.toml";
    sandbox.write(file, sandbox.read(file) + "# by hand\n");
    let ran = sandbox.tom(&["check"]).code(2);
    assert!(ran.err.contains("TOM-0907") && ran.err.contains(file), "{}", ran.err);
    assert!(sandbox.read(file).contains("# by hand"));
    sandbox.git(&["checkout", "-q", "--", file]);
    assert!(sandbox.tom(&["check"]).code(0).err.contains("finished what an earlier command"));
}

#[test]
fn c07_of_twenty_at_once_everyone_who_was_told_yes_is_in_the_file() {
    let sandbox = Sandbox::example();
    let ids: Vec<String> = (1..=20).map(|number| format!("IGA-{number:02}")).collect();
    let ran: Vec<(String, Ran)> = std::thread::scope(|scope| {
        let start = |id: &String| {
            let mut command = sandbox.tom_command(&["set", "acme-southmere"]);
            command.arg(format!("{id}.notes")).arg(format!("Set at once with others: {id}."));
            let id = id.clone();
            scope.spawn(move || (id, run(command)))
        };
        let running: Vec<_> = ids.iter().map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let text = sandbox.read(FILE);
    for (id, ran) in &ran {
        let is_there = text.contains(&format!("Set at once with others: {id}."));
        match ran.code {
            Some(0) => assert!(is_there, "{id} was set and is lost"),
            Some(2) => assert!(ran.err.contains("TOM-0905") && !is_there, "{id}: {}", ran.err),
            code => panic!("{id}: {code:?} {}", ran.all()),
        }
    }
    assert!(ran.iter().any(|(_, ran)| ran.code == Some(0)), "somebody gets through");
    assert!(!has_left_overs(&sandbox));
    sandbox.tom(&["check"]).code(0);
}
