//! Whose word it is that came with a hand-over: whoever took it in committed it, and said none of it.

use super::*;

/// Commits everything as somebody.
fn commit_as(sandbox: &Sandbox, who: &str) {
    sandbox.git(&["add", "-A"]);
    sandbox.git(&["commit", "-q", "-m", "work", "--author", who]);
}

const CARYS: &str = "Carys Nunn <carys.nunn@northfield.example>";
const JO: &str = "Jo Marsh <jo.marsh@acme.example>";
const SIGN: [&str; 2] = ["--sign", "keys/petra-vale"];

fn status(sandbox: &Sandbox) -> String {
    let out = sandbox.tom(&["status", NORTHFIELD]).code(0).out;
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_came_with_a_hand_over_that_nobody_signed_is_claimed_and_called_so() {
    let (supplier, deployer) = (supplier(), organisation());
    let bytes = send(&supplier, SUPPLIER, "deployer");
    take(&deployer, DEPLOYER, &bytes, 0);
    commit_as(&deployer, CARYS);
    let said = status(&deployer);
    // The SIRO's acceptance came along, and nobody in that role entered it here.
    let came = "confirmations and 1 acceptance came with hand-over 1 from Jo Marsh for the supplier, which nobody signed";
    assert!(said.contains(came) && !said.contains("brought it in"), "{said}");
    let count = said.split(came).next().unwrap().split_whitespace().last().unwrap().to_owned();
    assert!(said.contains(&format!("{count} confirmations and 1 acceptance are only claimed")), "{said}");
    deployer.tom(&["render", NORTHFIELD, "--to", "p", "--pack", "phase-2"]).code(0);
    let page = deployer.read("p/acme-northfield-phase-2.html");
    assert!(page.contains("it came with a hand-over that nobody signed (claimed)"));
    assert!(!page.contains("somebody of another party entered that"));
    // What somebody adds here is theirs.
    deployer
        .tom(&["confirm", NORTHFIELD, "IGA-03", "--party", "supplier", "--by", "Jo Marsh", "--again"])
        .code(0);
    commit_as(&deployer, CARYS);
    let said = status(&deployer);
    assert!(
        said.contains("claimed only: IGA-03 commit") && said.contains("of Carys Nunn brought it in"),
        "{said}"
    );
}

/// What came along from a parent that is not here is not more than what else came.
#[test]
fn what_a_hand_over_that_nobody_signed_says_came_along_is_claimed_too() {
    let (supplier, receiver) = (supplier(), organisation());
    let name = "acme-southmere";
    let bytes = send_of(&supplier, name, SUPPLIER, "deployer", &["--allow-names"]);
    take(&receiver, "Nadia Fenn", &bytes, 0);
    commit_as(&receiver, "Nadia Fenn <nadia.fenn@southmere.example>");
    let said = receiver.tom(&["status", name]).code(0).out;
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("came with hand-over 1 from Jo Marsh for the supplier, which nobody signed"),
        "{said}"
    );
    let shown = receiver.tom(&["show", name, "MSCA-AUD-01"]).code(0).out;
    assert!(shown.contains("claimed"), "{shown}");
}

#[test]
fn a_hand_over_that_its_sender_signed_vouches_for_what_their_party_says() {
    let (supplier, deployer) = (supplier(), organisation());
    let bytes = send_of(&supplier, NORTHFIELD, "Petra Vale", "deployer", &SIGN);
    take(&deployer, DEPLOYER, &bytes, 0);
    commit_as(&deployer, CARYS);
    // Not for what the deployer's SIRO said: that is not the supplier's to vouch for.
    let said = status(&deployer);
    let came =
        "1 acceptance came with hand-over 1 from Petra Vale for the supplier, who is not listed as siro here";
    assert!(
        said.contains(came) && !said.contains("confirmation is") && !said.contains("confirmations"),
        "{said}"
    );
    // What is believed is what was signed, not what stands beside it.
    let exchange = "exchanges/d-7f3a9c0d41b2/supplier-xac99";
    let kept = deployer.read(&format!("{exchange}/received.toml"));
    deployer
        .tom(&["confirm", NORTHFIELD, "IGA-03", "--party", "supplier", "--by", "Jo Marsh", "--again"])
        .code(0);
    let (old, new) = ("on = 2026-11-01", "on = 2026-11-20");
    let at = kept.find("[answers.IGA-03.confirmed.supplier]").unwrap();
    let forged = format!("{}{}", &kept[..at], kept[at..].replacen(old, new, 1));
    deployer.write(&format!("{exchange}/received.toml"), forged);
    commit_as(&deployer, CARYS);
    let said = status(&deployer);
    assert!(
        said.contains("and its signature does not show that: the manifest that was signed is not"),
        "{said}"
    );
    deployer.write(&format!("{exchange}/received.toml"), kept);
    commit_as(&deployer, CARYS);
    assert!(status(&deployer).contains("claimed only: IGA-03 commit"), "{}", status(&deployer));
    // A key that is listed no more shows nothing.
    let settings = deployer.read("tom.toml");
    let key =
        settings.lines().skip_while(|line| *line != "[people.petra-vale]").find(|l| l.starts_with("keys"));
    deployer.write("tom.toml", settings.replace(key.unwrap(), ""));
    assert!(status(&deployer).contains("its signature does not show that"), "{}", status(&deployer));
}

/// The mend that the guide names: the same hand-over again, signed.
#[test]
fn a_signature_that_comes_later_is_kept_and_vouches_from_then_on() {
    let (supplier, deployer) = (supplier(), organisation());
    take(&deployer, DEPLOYER, &send(&supplier, "Petra Vale", "deployer"), 0);
    commit_as(&deployer, CARYS);
    assert!(status(&deployer).contains("which nobody signed"));
    let again = send_of(&supplier, NORTHFIELD, "Petra Vale", "deployer", &SIGN);
    assert_eq!(take(&deployer, DEPLOYER, &again, 0)["result"], "again");
    commit_as(&deployer, CARYS);
    assert!(!status(&deployer).contains("confirmations"), "{}", status(&deployer));
    // One that nobody signed after it takes its place.
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "Longer than we thought.");
    take(&deployer, DEPLOYER, &send(&supplier, "Petra Vale", "deployer"), 0);
    commit_as(&deployer, CARYS);
    assert!(status(&deployer).contains("came with hand-over 2"), "{}", status(&deployer));
    assert!(!deployer.path("exchanges/d-7f3a9c0d41b2/supplier-xac99/manifest.toml.sig").exists());
}

#[test]
fn a_hand_over_vouches_for_its_senders_party_and_for_no_other() {
    let (supplier, deployer) = (supplier(), organisation());
    take(&deployer, DEPLOYER, &send_of(&supplier, NORTHFIELD, "Petra Vale", "deployer", &SIGN), 0);
    commit_as(&deployer, CARYS);
    let risk = "assessments/acme-northfield/risks/HAZ-006.toml";
    deployer.replace(risk, "reason = \"The service", "reason = \"Our service");
    deployer
        .tom(&["confirm", NORTHFIELD, "IGA-03", "--party", "deployer", "--by", "Ben Tarrant", "--again"])
        .code(0);
    commit_as(&deployer, "Rajan Pillai <rajan.pillai@northfield.example>");
    let signed = ["--sign", "keys/helen-okafor"];
    let back = send_of(&deployer, NORTHFIELD, "Helen Okafor", "supplier", &signed);
    take(&supplier, SUPPLIER, &back, 0);
    commit_as(&supplier, JO);
    // The deployer's hand-over shows the deployer's confirmations, and the acceptance only where somebody in the role signs it.
    let said = status(&supplier);
    let came = "1 acceptance came with hand-over 1 from Helen Okafor for the deployer, who is not listed as siro here";
    assert!(said.contains(came) && said.contains("1 acceptance is only claimed"), "{said}");
    supplier.tom(&["render", NORTHFIELD, "--to", "p", "--pack", "phase-2"]).code(0);
    let page = supplier.read("p/acme-northfield-phase-2.html");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("it came with a hand-over of somebody who is not listed in that role"), "{page}");
    let signed = ["--sign", "keys/rajan-pillai"];
    take(&supplier, SUPPLIER, &send_of(&deployer, NORTHFIELD, "Rajan Pillai", "supplier", &signed), 0);
    commit_as(&supplier, JO);
    assert!(!status(&supplier).contains("claimed"), "{}", status(&supplier));
    let authority = organisation();
    take(&authority, AUTHORITY, &send_of(&deployer, NORTHFIELD, "Rajan Pillai", "authority", &signed), 0);
    let settings = authority.read("tom.toml");
    let email = "name = \"Marian Holt\"\nemail = \"marian.holt@authority.example\"";
    authority.write("tom.toml", settings.replace("name = \"Marian Holt\"", email));
    commit_as(&authority, "Marian Holt <marian.holt@authority.example>");
    let said = status(&authority);
    let came =
        "came with hand-over 3 from Rajan Pillai for the deployer, who does not speak for the supplier";
    assert!(said.contains(came) && !said.contains("acceptance"), "{said}");
}

#[test]
fn a_confirmation_that_the_parent_took_back_is_no_base_any_more_where_it_came_by_hand_over() {
    let supplier = supplier();
    supplier.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    supplier.commit("level");
    let deployer = organisation();
    pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    let head = "[IGA-06.confirmed.supplier]";
    let file = "assessments/acme-5-1/ig.toml";
    let text = supplier.read(file);
    let start = text.find(head).unwrap();
    let end = text[start..].find("\n\n").map_or(text.len(), |end| start + end + 2);
    supplier.write(file, format!("{}{}", &text[..start], &text[end..]));
    supplier.commit("taken back");
    supplier.tom(&["update", "--from", "acme-5-1", "--all"]).code(0);
    supplier.commit("updated");
    pass(&supplier, SUPPLIER, "deployer", &deployer, DEPLOYER);
    for file in ["received.toml", "deployment.toml"] {
        let path = format!("assessments/{NORTHFIELD}/{file}");
        if file == "received.toml" {
            assert!(!deployer.read(&path).contains("[answers.IGA-06.confirmed.supplier]"));
        }
        let line = |sandbox: &Sandbox| {
            sandbox.read(&path).lines().filter(|line| line.starts_with("confirmations")).collect::<String>()
        };
        assert_eq!(line(&deployer), line(&supplier));
    }
    deployer.tom(&["check", NORTHFIELD]).code(0);
}

/// Everything that a hand-over brought can be put back as it was, the ledger too: history knows that another one came.
#[test]
fn an_older_hand_over_vouches_for_nothing_once_another_came() {
    let (supplier, deployer) = (supplier(), organisation());
    let receive = || {
        let bytes = send_of(&supplier, NORTHFIELD, "Petra Vale", "deployer", &SIGN);
        take(&deployer, DEPLOYER, &bytes, 0);
        commit_as(&deployer, CARYS);
    };
    receive();
    let before = deployer.git(&["rev-parse", "HEAD"]).trim().to_owned();
    assert!(!status(&deployer).contains("confirmations are"), "{}", status(&deployer));
    set(&supplier, NORTHFIELD, "HAZ-009.effect", "Longer than we thought.");
    receive();
    deployer.git(&["checkout", "-q", &before, "--", "assessments", "exchanges"]);
    commit_as(&deployer, CARYS);
    let said = status(&deployer);
    let came = "came with hand-over 1 from Petra Vale for the supplier, and its signature does not show that: hand-over 2 came after it";
    assert!(said.contains(came), "{said}");
    // The last one vouches again.
    deployer.git(&["checkout", "-q", "HEAD~1", "--", "assessments", "exchanges"]);
    commit_as(&deployer, CARYS);
    assert!(!status(&deployer).contains("confirmations are"), "{}", status(&deployer));
}

/// Whoever signs makes the word of their party theirs, so they learn first what of it somebody else entered.
#[test]
fn whoever_signs_is_told_what_only_others_entered_of_what_they_vouch_for() {
    let supplier = supplier();
    supplier
        .tom(&["confirm", NORTHFIELD, "IGA-03", "--party", "supplier", "--by", "Jo Marsh", "--again"])
        .code(0);
    commit_as(&supplier, CARYS);
    let hand_over = |to: &str, by: &str, key: &str| {
        let args = ["hand-over", NORTHFIELD, "--to", to, "--by", by, "--sign", key, "--no-pdf", "--dry-run"];
        let ran = supplier.tom(&args).code(0);
        ran.err.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let told = hand_over("deployer", "Petra Vale", "keys/petra-vale");
    assert!(told.contains("1 confirmation of the supplier is only claimed here"), "{told}");
    assert!(told.contains("your signature makes it yours"), "{told}");
    // What somebody's signature does not vouch for need not be told.
    assert!(!hand_over("supplier", "Helen Okafor", "keys/helen-okafor").contains("claimed"));
}
