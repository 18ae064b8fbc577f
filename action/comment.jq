# A report that nobody vouches for, made into a comment.
#
# It passes as it is only if every line is one that tom's own reports are made of: texts of people in `<code>` or in a fence within a list, and around
# them nothing that mentions, links, shows a picture or ends a structure. Anything else is shown in a fence, beneath a line that says so.
# $head is the commit of the run, $link its page, $own whether the pull request changes its own workflows.

def most: 60000;

# Bytes that are no UTF-8 were replaced when they were read; controls and invisible characters are replaced here.
def visible:
  explode
  | map(if (. < 32 and . != 9 and . != 10) or (. >= 127 and . < 160) or . == 173 or (. >= 8203 and . <= 8207) or (. >= 8232 and . <= 8238)
      or (. >= 8288 and . <= 8303) or . == 65279 or (. >= 917504 and . <= 917999) then 65533 else . end)
  | implode;

# The first so many bytes, in whole characters.
def cut($bytes):
  if utf8bytelength <= $bytes then .
  else
    {text: ., low: 0, high: length}
    | until(.high - .low <= 1; ((.low + .high) / 2 | floor) as $at
        | if (.text[:$at] | utf8bytelength) <= $bytes then .low = $at else .high = $at end)
    | .text[:.low]
  end;

# A fence that is longer than any run of backticks.
def fence:
  reduce explode[] as $c ({run: 0, most: 2}; if $c == 96 then .run += 1 | .most = ([.most, .run] | max) else .run = 0 end)
  | "`" * (.most + 1);

# A line with `x` for each text of people, and `<` for each that is not wholly in character references.
def words:
  split("<code>")
  | .[:1] + (.[1:] | map(
      split("</code>")
      | if length == 2 and (.[0] | test("^([A-Za-z0-9 ,'()-]|[^\\x00-\\x7f]|&#[0-9]{1,7};|<wbr>)*$")) then "x" + .[1] else "<" end))
  | add // "" | split("`tom.toml`") | join("x") | split("<del>x</del>") | join("x") | split("<ins>x</ins>") | join("x");

# Whether nothing in words means anything to a forge.
def is_plain: test("^([A-Za-z0-9 ,.;:'()*+!%|-]|[^\\x00-\\x7f])*$") and (test("www\\.|gh-[0-9]"; "i") | not);

def is_sentence:
  . == "" or . == "Everything was read. Nothing differs by meaning." or . == "Something could not be read: what follows is not all."
  or . == "Derived deployments that would have to follow were not looked for."
  or . == "The ten digits beside a change name it: they stay the same until the change itself is another one. Personal data is left out."
  or test("^\\*\\*Left out, because a comment can hold no more: [^*]*\\*\\* x shows everything\\.$")
  or test("^Not yet answered: [0-9]+ of the items that are needed\\.$")
  or test("^\\*\\*[A-Z][a-z -]+\\*\\*$");

def is_line: words | is_plain and (is_sentence or test("^(- [^ ]|  - [^ ]|\\| )") or test("^\\|( --- \\|)+$"));

# The first line names the commit that the run was about; an error may come before there is one.
def is_banner($head):
  (words | is_plain and test("^\\*\\*tom: error\\*\\* · x( at x)?( → x( at x)?)? · report x$"))
  or ((words | is_plain and test("^\\*\\*tom: (changed|unchanged)\\*\\* · x( at x)? → x( at x)? · report x$"))
    and (split(" · report ")[0] | endswith("<code>\($head[:12])</code>")));

# What may come next depends on where it stands: a fence only right after an entry of a list, a block that is folded between empty lines.
def step($line):
  if .bad then .
  elif .fence != "" then
    if $line == "    " + .fence then .fence = ""
    else .fence as $fence | .bad = ($line | (startswith("    ") | not) or contains($fence)) end
  elif .before | test("^</?details>") then .bad = ($line != "")
  elif ($line | test("^    `{3,}diff$")) and (.before | test("^  - [^ ].*:$")) then .fence = ($line | ltrimstr("    ") | rtrimstr("diff"))
  elif $line | words | test("^<details><summary>x: [0-9]+ changes?, compared with x</summary>$") then
    .bad = (.open or .before != "") | .open = true
  elif $line == "</details>" then .bad = ((.open | not) or .before != "") | .open = false
  else .bad = ($line | is_line | not) end
  | .before = $line;

def is_report($head):
  split("\n")
  | (.[0] | is_banner($head))
    and (reduce .[1:][] as $line ({bad: false, fence: "", open: false, before: ""}; step($line)) | (.bad or .open or .fence != "") | not);

(if $own then "**This pull request changes files in `.github`, so what stands here may not be tom's.**\n\n" else "" end) as $warning
| "\n\n\($warning)Made by the [run](\($link)) of a workflow of the pull request itself.\n\n<!-- tom-review -->" as $tail
| visible | sub("\n+$"; "")
| if . == "" then "**tom: error** · the run left no report" + $tail
  elif utf8bytelength <= most and is_report($head) then . + $tail
  else
    cut(most - 2000)
    | fence as $fence
    | if ($fence | length) > 400 then "**tom: error** · the run left something that is not a report of tom" + $tail
      else "**tom: error** · the run left something that is not a report of tom for this commit; it stands here as it came\n\n\($fence)text\n\(.)\n\($fence)" + $tail end
  end
