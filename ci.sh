#!/usr/bin/env bash
# Everything that a change has to pass, in one place: .ci/run and .github/workflows/ci.yml both call this.
set -euo pipefail
cd "$(dirname "$0")"
export CARGO_TERM_COLOR=never RUSTDOCFLAGS="-D warnings"

step() { printf '\n== %s\n' "$*"; "$@"; }

# What the tests need beside Rust: to run the action's scripts, to read PDFs, to kill a command at any system call, to take workbooks through LibreOffice, to hold tom's
# encoding against another implementation. With CI set a test fails where one is missing and this script did not say so.
without=""
needs() { # TOOL PACKAGE COMMAND…: whether the command works, after the package was installed
  local tool=$1 package=$2
  shift 2
  "$@" > /dev/null 2>&1 || apt-get install -qq -y "$package" > /dev/null 2>&1 || true
  "$@" > /dev/null 2>&1 || { without="$without $tool"; echo "NOT TESTED HERE: what needs \`$tool\`, which is missing or cannot be used"; }
}
needs jq jq jq --version
needs pdftotext poppler-utils pdftotext -v
needs soffice libreoffice-calc soffice --version
needs strace strace strace -f -o /dev/null true
needs python3 python3 python3 -c 'import hashlib, json, tomllib'
needs git-reftable git sh -c 'git init -q --ref-format=reftable "$(mktemp -d)"'
# Only root can give a repository to somebody else.
needs root base-files test "$(id -u)" = 0
export CI=1 TOM_WITHOUT="$without"

step cargo fmt --check
step cargo clippy --all-targets --locked -- -D warnings
step cargo doc --no-deps --locked --quiet

# README's command for the tests.
step cargo test --locked

# A hundred thousand reformattings of answers keep every digest; the plain run tries a tenth of them.
step env TOM_SPELLINGS=100000 cargo test --locked --test it -- --exact laws::encoding::another_spelling_of_an_answer_has_the_same_digest

# The laws of merging over a hundred thousand random pairs of edits; the plain run tries a few hundred. Optimised, because it is most of what this script computes.
step env TOM_LAWS=100000 CARGO_PROFILE_DEV_OPT_LEVEL=1 cargo test --locked --test it -- --exact merge_laws::the_laws_hold_for_random_edits_of_an_assessment

# A thousand pairs of branches, merged in process and by git, with tom's driver and without; and an update that is killed at every call.
step env TOM_THOUSAND=1 cargo test --locked --test it -- merge_driver::random
# One new mitigation, and a thousand descendants that are to have it or not.
step env TOM_THOUSAND=1 cargo test --locked --test it -- --exact lineage::one_new_mitigation_reaches_every_descendant_that_is_to_have_it_and_no_other
step env TOM_EVERY_MOMENT=1 cargo test --locked --test it -- crash::c01_an_update

# The project's own repository is a tom repository.
step cargo run --quiet --locked -- check

# README's command for the main job.
demo="$(mktemp -d)"
trap 'rm -rf "$demo"' EXIT
printf '\n== cargo run -- demo\n'
cargo run --quiet --locked -- demo "$demo/tom-demo" > "$demo/story.txt"
tail -n 12 "$demo/story.txt"

# Every pack of the worked example, in HTML and PDF.
printf '\n== cargo run -- render --all\n'
cargo run --quiet --locked -- render --all --pack all --to "$demo/packs" > /dev/null
ls -l "$demo/packs"
if python3 -c 'import pikepdf' 2> /dev/null; then
  step python3 scripts/check-pdf.py "$demo"/packs/*.pdf
else
  echo "pikepdf is not here: the structure of PDFs is not looked at"
fi

if [ -d "${NODE_MODULES:-node_modules}" ]; then
  step node scripts/check-html.mjs "$demo"/packs/*.html
else
  echo "axe-core is not here: pages are not looked at in a browser"
fi

# The workflows: tom's own, and those that it writes for others.
cargo run --quiet --locked -- init --ci github --from "example/tom@0123456789012345678901234567890123456789" "$demo/new" > /dev/null
if command -v zizmor > /dev/null; then
  step zizmor --offline --quiet . "$demo/new"
fi
if command -v actionlint > /dev/null; then
  step actionlint .github/workflows/*.yml "$demo"/new/.github/workflows/*.yml
fi

# Licences, sources and duplicates of what is built in; advisories need a network and run in the workflow.
if command -v cargo-deny > /dev/null; then
  step cargo deny --offline check licenses bans sources
fi

[ -z "$without" ] || printf '\nNOT TESTED HERE, because it is missing or cannot be used:%s\n' "$without"
