#!/usr/bin/env bash
# Everything that a change has to pass, in one place: .ci/run and .github/workflows/ci.yml both call this.
set -euo pipefail
cd "$(dirname "$0")"
export CARGO_TERM_COLOR=never RUSTDOCFLAGS="-D warnings"

step() { printf '\n== %s\n' "$*"; "$@"; }

# The tests of the action run its scripts, as a runner does.
command -v pdftotext > /dev/null || apt-get install -qq -y poppler-utils || echo "poppler-utils cannot be installed here: the text of PDFs is not read"
command -v jq > /dev/null || apt-get install -qq -y jq || echo "jq cannot be installed here: the action's scripts are not tested"

step cargo fmt --check
step cargo clippy --all-targets --locked -- -D warnings
step cargo doc --no-deps --locked --quiet

# README's command for the tests.
step cargo test --locked

# A hundred thousand reformattings of answers keep every digest; the plain run tries a tenth of them.
step env TOM_SPELLINGS=100000 cargo test --locked --test it -- --exact laws::encoding::another_spelling_of_an_answer_has_the_same_digest

# A thousand pairs of branches, merged in process and by git, with tom's driver and without; and an update that is killed at every call.
step env TOM_THOUSAND=1 cargo test --locked --test it -- merge_driver::random
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

# Licences, sources and duplicates of what is built in; advisories need a network and run in the workflow.
if command -v cargo-deny > /dev/null; then
  step cargo deny --offline check licenses bans sources
fi
