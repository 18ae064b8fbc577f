#!/usr/bin/env bash
# Puts a report on its pull request: one comment of our own, which is changed in place.
#
# The report was made by a workflow that the pull request may have changed, so nothing in it is believed: which pull request it is comes from the event and
# is made sure of; `comment.jq` lets only what tom's own reports are made of through.
set -euo pipefail
here=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=action/common.sh
source "$here/common.sh"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

event() {
  jq -r "$1 // empty" "$GITHUB_EVENT_PATH"
}

api() {
  gh api -H 'Accept: application/vnd.github+json' -H 'X-GitHub-Api-Version: 2022-11-28' "$@"
}

# Says why there is no comment, in words of our own, and ends.
stop() {
  printf '%s\n' "$1"
  summary "$1" ""
  exit "${2:-0}"
}

number='^[1-9][0-9]{0,15}$'
commit='^[0-9a-f]{40}$'
name='^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$'

[ "$(event .workflow_run.event)" = pull_request ] || stop "The run was not of a pull request, so there is nothing to comment on."
head=$(event .workflow_run.head_sha)
run=$(event .workflow_run.id)
[[ $head =~ $commit && $run =~ $number && $GITHUB_REPOSITORY =~ $name ]] || stop "The event names no commit or no run." 1
link="$GITHUB_SERVER_URL/$GITHUB_REPOSITORY/actions/runs/$run"

# The report, as a regular file of a limited size; none where the run left none.
file=$RUNNER_TEMP/tom-comment/review.md
if [ -f "$file" ] && [ ! -L "$file" ]; then head -c 200000 "$file" > "$work/report"; else : > "$work/report"; fi

# The body for a pull request whose workflows are changed by itself (true) or not (false).
body() {
  jq -Rrs --arg head "$head" --arg link "$link" --argjson own "$1" -f "$here/comment.jq" "$work/report" > "$work/body"
}

degrade() {
  body false
  cat "$work/body" >> "$GITHUB_STEP_SUMMARY"
  stop "$1" "${2:-0}"
}

[ -n "${GH_TOKEN:-}" ] || degrade "There is no token, so the report stands here and not on the pull request."

# The pull request: what the event says, or for a fork, of which it says nothing, the open ones of that branch.
candidates=$(event '.workflow_run.pull_requests[]?.number')
if [ -z "$candidates" ]; then
  owner=$(event .workflow_run.head_repository.owner.login)
  branch=$(event .workflow_run.head_branch)
  candidates=$(api -X GET "repos/$GITHUB_REPOSITORY/pulls" -f state=open -f "head=$owner:$branch" -f per_page=100 | jq -r '.[].number') ||
    degrade "The pull requests could not be read." 1
fi
pull=
for candidate in $candidates; do
  [[ $candidate =~ $number ]] || continue
  api "repos/$GITHUB_REPOSITORY/pulls/$candidate" > "$work/pull" || degrade "The pull request could not be read." 1
  # Its head has to be the very commit of the run, in the very repository of the run.
  if jq -e --slurpfile event "$GITHUB_EVENT_PATH" --arg head "$head" '
      .state == "open" and .head.sha == $head and .head.repo.id == $event[0].workflow_run.head_repository.id
    ' "$work/pull" > /dev/null; then
    [ -z "$pull" ] || stop "Two pull requests have this head, so none gets the report: $link"
    pull=$candidate
  fi
done
[ -n "$pull" ] || stop "No open pull request has the head that the run was about; a newer push has a run of its own."

# Who changes the workflow may have written the report by hand: the comment says so.
api --paginate "repos/$GITHUB_REPOSITORY/pulls/$pull/files?per_page=100" > "$work/files" || degrade "The files of the pull request could not be read." 1
own=$(jq -s 'add // [] | length >= 3000 or any(.[] | .filename, .previous_filename // ""; startswith(".github/"))' "$work/files")
body "$own"

# Our own comment: by its author and by its mark, never by its mark alone.
api --paginate "repos/$GITHUB_REPOSITORY/issues/$pull/comments?per_page=100" > "$work/comments" || degrade "The comments could not be read." 1
mine=$(jq -rs --arg author "$AUTHOR" '
  [add // [] | .[] | select(.user.login == $author and (.body | startswith("**tom: ") and endswith("<!-- tom-review -->")))] | first | .id // empty
' "$work/comments")

if [ -z "$mine" ] && [[ $(head -n 1 "$work/body") == '**tom: unchanged**'* ]]; then
  stop "Nothing differs by meaning, so there is nothing to comment on."
fi
jq -Rs '{body: sub("\n+$"; "")}' "$work/body" > "$work/request"
if [[ $mine =~ $number ]]; then
  api -X PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$mine" --input "$work/request" > /dev/null || degrade "The comment could not be changed." 1
  stop "The comment on pull request $pull was brought up to date."
fi
api -X POST "repos/$GITHUB_REPOSITORY/issues/$pull/comments" --input "$work/request" > /dev/null || degrade "The comment could not be written." 1
stop "The report stands on pull request $pull."
