//! Packs of many deployments by one command.

use crate::support::{Sandbox, copy, root, run};

/// A layout waits for parts of its work. A thread that began another pack meanwhile, and on top of that another, ended with a full stack
/// after some hundred; with the small stacks of this test after a dozen.
#[test]
fn a_layout_that_waits_begins_no_other_on_top_of_itself() {
    let sandbox = Sandbox::example();
    for number in 0..12u8 {
        let folder = format!("assessments/copy-{number}");
        copy(&root().join("assessments/acme-northfield"), &sandbox.path(&folder));
        let meta = format!("{folder}/deployment.toml");
        let text = sandbox.read(&meta).replacen("d-7f3a9c0d41b2", &format!("d-7f3a9c0d41{number:02x}"), 1);
        sandbox.write(&meta, text);
    }
    sandbox.commit("copies");
    let mut command =
        sandbox.tom_command(&["render", "--all", "--pack", "hazard-log", "--format", "pdf", "--to", "packs"]);
    command.env("RUST_MIN_STACK", "250000");
    run(command).code(0);
    let pdfs = sandbox.files("packs").into_keys().filter(|name| name.ends_with(".pdf")).count();
    assert_eq!(pdfs, 15);
}
