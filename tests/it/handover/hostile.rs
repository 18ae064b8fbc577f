//! Files that are not as they were sent.

use super::*;
use std::io::{Cursor, Read, Write};
use std::time::{Duration, Instant};
use tom::exchange::handover::{open, seal};
use tom::model::{DeploymentName, End, FrameworkRef, Kind, Link, Manifest, PartyId, PermanentId, Reader};
use zip::write::SimpleFileOptions;

/// A small hand-over, so that every byte of it can be tried: parts that do not matter to the reader are left out by nobody, so this is a whole one.
fn whole() -> Vec<u8> {
    static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| send(&supplier(), SUPPLIER, "deployer"));
    WHOLE.clone()
}

pub type Entries = Vec<(String, Vec<u8>)>;

pub fn entries(bytes: &[u8]) -> Entries {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut part = archive.by_index(at).unwrap();
            let mut content = Vec::new();
            part.read_to_end(&mut content).unwrap();
            (part.name().unwrap().into_owned(), content)
        })
        .collect()
}

/// The same parts in the same form as tom gives them.
pub fn packed(entries: &Entries) -> Vec<u8> {
    packed_with(entries, |options| options)
}

fn packed_with(entries: &Entries, change: impl Fn(SimpleFileOptions) -> SimpleFileOptions) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default())
        .system(zip::System::Unix)
        .unix_permissions(0o644);
    for (name, bytes) in entries {
        writer.start_file(name.as_str(), change(options)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Refused by tom itself, with a code, in time, and with nothing written.
#[track_caller]
fn refused(at: &Sandbox, bytes: &[u8], what: &str) {
    let before = at.files("");
    std::fs::write(at.path(".git/in.zip"), bytes).unwrap();
    let begun = Instant::now();
    let ran = at.tom(&["receive", ".git/in.zip", "--by", DEPLOYER]);
    assert_eq!(ran.code, Some(2), "{what}: {}", ran.all());
    assert!(
        ["TOM-1101", "TOM-1103", "TOM-0955"].iter().any(|code| ran.err.contains(code)),
        "{what}: {}",
        ran.err
    );
    assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
    assert_eq!(at.files(""), before, "{what}");
}

/// A hand-over that is whole and short: one page, a README, a manifest and its signature.
fn short() -> Vec<u8> {
    let name = DeploymentName::new("acme-northfield").unwrap();
    let end = |party: &str| End { party: PartyId::new(party).unwrap(), organisation: None };
    let mut manifest = Manifest {
        number: 3,
        on: jiff::civil::date(2026, 11, 20),
        id: PermanentId::new("d-7f3a9c0d41b2").unwrap(),
        title: "Acme Clinic".to_owned(),
        name,
        kind: Kind::Deployment,
        framework: FrameworkRef { id: "smsp-tom".to_owned(), version: "0.10".to_owned(), digest: None },
        from: end("supplier"),
        by: SUPPLIER.to_owned(),
        to: end("authority"),
        reader: Reader::Public,
        base: Some(Link { number: 2, digest: format!("sha256:{}", "0".repeat(64)) }),
        left_out: vec!["names".to_owned()],
        said: None,
        parts: std::collections::BTreeMap::new(),
    };
    let parts =
        [("README.txt", "Read the page.\n"), ("packs/phase-2.html", "<p>HAZ-004 is in class 4.</p>\n")];
    let parts = parts.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())).into();
    seal(&mut manifest, parts, |_| Ok(Some(b"a signature".to_vec()))).unwrap().0
}

#[test]
fn every_byte_of_a_hand_over_counts_however_it_is_changed() {
    let good = short();
    assert!(open(&good).is_ok());
    let mut bytes = good.clone();
    for at in 0..good.len() {
        for mask in [1, 2, 4, 8, 16, 32, 64, 128, 0xff] {
            bytes[at] ^= mask;
            assert!(open(&bytes).is_err(), "byte {at} of {}, {mask:#x}", good.len());
            bytes[at] = good[at];
        }
        assert!(open(&good[..at]).is_err(), "cut at {at}");
        assert!(open(&[&good[..at], b"x", &good[at..]].concat()).is_err(), "longer at {at}");
        assert!(open(&[&good[..at], &good[at + 1..]].concat()).is_err(), "shorter at {at}");
    }
}

#[test]
fn every_byte_around_the_parts_of_a_real_one_counts() {
    let good = whole();
    assert!(open(&good).is_ok());
    // Each byte outside the packs and forms, which are long and all alike to a digest; there every 211th.
    let long: Vec<(usize, usize)> = {
        let mut archive = zip::ZipArchive::new(Cursor::new(&good)).unwrap();
        (0..archive.len())
            .filter_map(|at| {
                let part = archive.by_index(at).unwrap();
                let start = usize::try_from(part.data_start().unwrap()).unwrap();
                (part.size() > 4096)
                    .then_some((start + 64, start + usize::try_from(part.size()).unwrap() - 64))
            })
            .collect()
    };
    let is_tried =
        |at: usize| at.is_multiple_of(9973) || !long.iter().any(|(from, to)| (*from..*to).contains(&at));
    let tried: Vec<usize> = (0..good.len()).filter(|at| is_tried(*at)).collect();
    let step = (tried.len() / 700).max(1);
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (good, tried) = (&good, &tried);
            scope.spawn(move || {
                let mut bytes = good.clone();
                for at in tried.iter().step_by(step).skip(part).step_by(2) {
                    bytes[*at] ^= 1 << (at % 8);
                    assert!(open(&bytes).is_err(), "byte {at} of {}", bytes.len());
                    bytes[*at] = good[*at];
                }
            });
        }
    });
}

#[test]
fn parts_that_are_swapped_removed_added_or_renamed_are_refused_and_nothing_is_written() {
    let deployer = organisation();
    let good = entries(&whole());
    let at = |name: &str| good.iter().position(|(part, _)| part == name).unwrap();
    let mut cases: Vec<(&str, Entries)> = Vec::new();
    let mut swapped = good.clone();
    let (one, other) = (at("assessment/ig.toml"), at("assessment/topology.toml"));
    let content = swapped[one].1.clone();
    swapped[one].1 = std::mem::replace(&mut swapped[other].1, content);
    cases.push(("swapped", swapped));
    for name in ["assessment/risks/HAZ-004.toml", "manifest.toml", "README.txt", "assessment/received.toml"] {
        let mut removed = good.clone();
        removed.remove(at(name));
        cases.push(("removed", removed));
    }
    let mut renamed = good.clone();
    renamed[at("assessment/risks/HAZ-004.toml")].0 = "assessment/risks/HAZ-005.toml".to_owned();
    renamed.sort();
    cases.push(("renamed", renamed));
    let mut added = good.clone();
    added.push(("zzz.toml".to_owned(), b"x = 1\n".to_vec()));
    cases.push(("added", added));
    let mut turned = good.clone();
    turned.reverse();
    cases.push(("in another order", turned));
    for (what, parts) in cases {
        refused(&deployer, &packed(&parts), what);
    }
    refused(&deployer, &packed_with(&good, |options| options.unix_permissions(0o755)), "other permissions");
    refused(
        &deployer,
        &packed_with(&good, |options| options.compression_method(zip::CompressionMethod::Deflated)),
        "compressed",
    );
    refused(&deployer, &[&whole()[..], b"more"].concat(), "longer");
    refused(&deployer, b"PK\x03\x04", "hardly begun");
    refused(&deployer, b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "empty");
}

/// A hand-over with other parts and a manifest that agrees with them: what somebody makes who knows how.
fn forged(change: impl Fn(&mut Entries)) -> Vec<u8> {
    let mut parts = entries(&whole());
    let manifest = parts.iter().position(|(name, _)| name == "manifest.toml").unwrap();
    let (_, text) = parts.remove(manifest);
    change(&mut parts);
    parts.sort();
    let text = String::from_utf8(text).unwrap();
    let (head, _) = text.split_once("[parts]\n").unwrap();
    let mut text = format!("{head}[parts]\n");
    for (name, bytes) in &parts {
        text += &format!("{name:?} = \"{}\"\n", tom::model::Digest::of_bytes(bytes));
    }
    parts.push(("manifest.toml".to_owned(), text.into_bytes()));
    parts.sort();
    packed(&parts)
}

#[test]
fn d20_names_that_lead_elsewhere_write_nothing() {
    let deployer = organisation();
    let names = [
        "../outside.toml",
        "/etc/outside.toml",
        "assessment/../../outside.toml",
        "assessment\\outside.toml",
        "C:/outside.toml",
        "assessment/.git/config",
        ".git/hooks/post-checkout",
        "assessment/con.toml",
        "evidence/docs/aux.md",
        "assessment/a:b.toml",
        "assessment/.git::$INDEX_ALLOCATION",
        "assessment/GIT~1/config",
        "assessment/%2e%2e/outside.toml",
        "assessment/risks/COM1.toml",
        "assessment/risks/com\u{b9}.toml",
        "assessment/risks/HAZ-004.toml.",
        "assessment/risks/HAZ-004.toml ",
        "assessment/risks/x\0.toml",
        "assessment/risks/\u{202e}lmot.toml",
        "\\\\host\\share\\outside.toml",
        "evidence/docs/../../outside.toml",
        "evidence/exchanges/x/ledger.toml",
        "evidence/assessments/acme-5-1/ig.toml",
        "manifest.toml/x",
        "base.toml",
        "evidence/.github/workflows/ci.yml",
        "evidence/templates/cover.html",
        "evidence/tom.toml",
        "evidence/docs/not-named.md",
        "assessment/conflicts.toml",
        "framework/other/1.0/framework.toml",
        "exchanges/x/ledger.toml",
        "assessment/ig.toml/x",
        "Assessment/ig.toml",
        "assessment/IG.toml",
        "readme.txt",
    ];
    for name in names {
        refused(&deployer, &forged(|parts| parts.push((name.to_owned(), b"x = 1\n".to_vec()))), name);
    }
    assert!(!deployer.path("../outside.toml").exists());
}

#[test]
fn d20_evidence_that_is_named_is_written_to_no_place_that_something_reads() {
    let deployer = organisation();
    for path in [
        "templates/cover.html",
        "tom.toml",
        "scripts/build.sh",
        "assessments/acme-5-1/ig.toml",
        "frameworks/smsp-tom/0.10/x.toml",
    ] {
        let bytes = forged(|parts| {
            let ig = parts.iter_mut().find(|(name, _)| name == "assessment/ig.toml").unwrap();
            let text = String::from_utf8(ig.1.clone()).unwrap();
            ig.1 = text.replacen("evidence = [", &format!("evidence = [\"path:{path}\", "), 1).into_bytes();
            parts.push((format!("evidence/{path}"), b"planted".to_vec()));
        });
        refused(&deployer, &bytes, path);
    }
}

#[test]
fn d21_a_link_in_it_is_no_part() {
    let deployer = organisation();
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("assessment", "/etc", SimpleFileOptions::default()).unwrap();
    refused(&deployer, &writer.finish().unwrap().into_inner(), "a link");
    // One that stands here already is not followed.
    let elsewhere = Sandbox::empty();
    std::os::unix::fs::symlink(elsewhere.path(""), deployer.path("exchanges")).unwrap();
    std::fs::write(deployer.path(".git/in.zip"), whole()).unwrap();
    let ran = deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER]).code(2);
    assert!(ran.err.contains("link"), "{}", ran.err);
    assert!(elsewhere.files("").is_empty() && !deployer.path("assessments").exists());
}

#[test]
fn d22_bombs_are_told_from_their_names_and_cost_nothing() {
    let deployer = organisation();
    let zeros = vec![("README.txt".to_owned(), vec![0u8; 40 << 20])];
    refused(
        &deployer,
        &packed_with(&zeros, |options| options.compression_method(zip::CompressionMethod::Deflated)),
        "a bomb",
    );
    let many: Entries = (0..20_000).map(|at| (format!("assessment/risks/A-{at}.toml"), Vec::new())).collect();
    refused(&deployer, &packed(&many), "twenty thousand parts");
    // One that swells a thousandfold inside another, and one that asks for a password.
    let inner = packed_with(&zeros, |options| options.compression_method(zip::CompressionMethod::Deflated));
    refused(&deployer, &packed(&vec![("forms/in.zip".to_owned(), inner)]), "a zip in a zip");
    let large = packed_with(&entries(&short()), |options| options.large_file(true));
    refused(&deployer, &large, "zip64");
    let mut secret = short();
    let heads = |bytes: &[u8], mark: &[u8]| bytes.windows(4).position(|window| window == mark).unwrap();
    let (local, central) = (heads(&secret, b"PK\x03\x04"), heads(&secret, b"PK\x01\x02"));
    secret[local + 6] |= 1;
    secret[central + 8] |= 1;
    refused(&deployer, &secret, "a password");
    let mut overlapping = short();
    let directory: Vec<usize> =
        (0..overlapping.len() - 4).filter(|at| overlapping[*at..].starts_with(b"PK\x01\x02")).collect();
    let first: [u8; 4] = overlapping[directory[0] + 42..directory[0] + 46].try_into().unwrap();
    overlapping[directory[1] + 42..directory[1] + 46].copy_from_slice(&first);
    refused(&deployer, &overlapping, "parts that share their bytes");
    // One that claims more than there is.
    let mut lying = whole();
    let end = lying.len();
    let central = lying.windows(4).rposition(|window| window == b"PK\x01\x02").unwrap();
    lying[central + 20..central + 28].copy_from_slice(&[0xf0, 0xff, 0xff, 0x7f, 0xf0, 0xff, 0xff, 0x7f]);
    assert_eq!(lying.len(), end);
    refused(&deployer, &lying, "a size that lies");
    // A text that would need gigabytes to parse is ended.
    let nested = forged(|parts| {
        let ig = parts.iter_mut().find(|(name, _)| name == "assessment/ig.toml").unwrap();
        ig.1 = format!("a = {}1{}\n", "[".repeat(200_000), "]".repeat(200_000)).into_bytes();
    });
    refused(&deployer, &nested, "deeply nested");
}

#[test]
fn a_file_larger_than_any_hand_over_is_not_read() {
    let deployer = organisation();
    let file = std::fs::File::create(deployer.path(".git/in.zip")).unwrap();
    file.set_len(1 << 30).unwrap();
    let ran = deployer.tom(&["receive", ".git/in.zip", "--by", DEPLOYER]).code(2);
    assert!(ran.err.contains("TOM-0002"), "{}", ran.err);
}
