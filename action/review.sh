#!/usr/bin/env bash
# Checks the work tree and the merges, compares BASE with HEAD, and renders the deployments that changed. Writes everything first; `result` says how it ended:
# 0 clean, 1 errors or changes that are not to pass, 2 not everything was done.
#
# What decides comes from the base: its people, policy and frameworks, its gates, its templates. A branch is not held against what it says of itself.
set -euo pipefail
# shellcheck source=action/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

tom=${TOM:-$RUNNER_TEMP/tom-build/bin/tom}
out=$RUNNER_TEMP/tom-review
rm -rf "$out"
mkdir -p "$out/packs"
export NO_COLOR=1
result=0
status=

# Runs tom; its results go to a file, what else it says to the log. Leaves the exit code in `code`.
run() {
  local file=$1
  shift
  code=0
  "$tom" "$@" > "$file" 2> "$out/said" || code=$?
  # A defect of tom, or no tom at all, is no finding.
  if [ "$code" -gt 2 ]; then code=2; fi
  if [ -s "$out/said" ]; then say_text < "$out/said"; fi
}

worst() {
  if [ "$1" -gt "$result" ]; then result=$1; fi
}

row() {
  local words=("✓ $2" "✗ $3" "✗ not done; the log says why")
  summary "| $1 | ${words[$code]} |"
}

# Whether the base holds this path; the path is one of ours.
base_has() {
  [ -n "$BASE" ] && git cat-file -e "$BASE:$1" 2> /dev/null
}

check() {
  # tom writes annotations itself, at most ten of each sort, with every text escaped.
  run "$out/check" check --format github
  cat "$out/check"
  worst "$code"
  row "check" "no errors" "errors: see the annotations"
}

# The same check by the base's people, policy and frameworks, where the branch has others.
check_by_base() {
  if git diff --quiet "$BASE" -- tom.toml frameworks; then return; fi
  run "$out/check" check --base "$BASE"
  if [ "$code" -ne 0 ]; then say_text < "$out/check"; fi
  worst "$code"
  row "check by the base's people, policy and frameworks, which this branch changes" "no errors" "errors: see the log"
}

# Whether what was decided can be relied on, by those whom the base lets decide. A decision that the branch makes void is a gate's affair, not this one's.
decisions() {
  run "$out/decisions" verify --all --base "$BASE" --allow-void
  say_text < "$out/decisions"
  worst "$code"
  row "decisions, by the base's people, policy and frameworks" "none is missing, forged or by somebody who may not" "not all can be relied on: see the log"
}

# Forges merge by lines, which can mix what two branches say; a squash or a rebase leaves no merge to look at later.
merges() {
  run "$out/merges" check --merges "$BASE...$HEAD" --format github
  cat "$out/merges"
  worst "$code"
  row "merges" "say what their two sides say" "something else than both sides say: see the annotations"
}

compare() {
  local gates=()
  if [ -n "${FAIL_ON:-}" ]; then gates=(--fail-on "$FAIL_ON"); fi
  run "$out/review.md" diff "$BASE...$HEAD" --format markdown "${gates[@]}"
  local compared=$code
  status=$(sed -n '1s/^\*\*tom: \(changed\|unchanged\|error\)\*\*.*/\1/p' "$out/review.md")
  if [ -z "$status" ]; then
    status=error
    compared=2
    printf '**tom: error** · the comparison wrote no report; the log of the run says why\n' > "$out/review.md"
  fi
  worst "$compared"
  code=$compared
  row "diff" "$status" "$status, and something that is not to pass"
  # The page and the list of names are the same comparison again: they decide nothing.
  run "$out/packs/review.html" diff "$BASE...$HEAD" --format html
  run "$out/review.json" diff "$BASE...$HEAD" --format json
}

render() {
  local names shown
  names=$(jq -r '.deployments[].name | select(test("^[a-z0-9][a-z0-9-]{0,62}$"))' "$out/review.json") || names=
  shown=()
  local left=0 name
  for name in $names; do
    # One that the branch took away has nothing to render.
    if [ ! -f "assessments/$name/deployment.toml" ]; then continue; fi
    if [ "${#shown[@]}" -lt "$PACKS" ]; then shown+=("$name"); else left=$((left + 1)); fi
  done
  if [ "${#shown[@]}" -eq 0 ]; then return; fi
  rm -rf templates
  if base_has templates; then git restore --source "$BASE" --worktree -- templates; fi
  run "$out/rendered" render "${shown[@]}" --to "$out/packs"
  worst "$code"
  local more=
  if [ "$left" -gt 0 ]; then more="; $left more were not rendered"; fi
  row "packs" "in the artefact \`tom-packs\`, for ${#shown[@]} of the deployments that changed$more" ""
}

case "${PACKS:=10}" in *[!0-9]*) PACKS=10 ;; esac
summary "| tom | |" "| --- | --- |"
check
if [ -n "${BASE:-}" ]; then
  # A branch that brings tom itself has nothing to be held against.
  if base_has tom.toml; then
    check_by_base
    decisions
  fi
  merges
  compare
  render
  summary ""
  # At most 60,000 bytes, in which no text of a file means anything.
  cat "$out/review.md" >> "$GITHUB_STEP_SUMMARY"
fi
output status "$status"
output result "$result"
