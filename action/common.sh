# What the scripts share. The runner takes lines of the log for commands, so text that people wrote goes through `say_text`.

# Thirty-two random hexadecimal digits.
token() {
  od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}

# Standard input to the log, with the runner told to take nothing in it for a command.
say_text() {
  local end
  end=$(token)
  printf '::stop-commands::%s\n' "$end"
  cat
  printf '\n::%s::\n' "$end"
}

# An output of the step: NAME VALUE. No value can end it and begin another one.
output() {
  local end
  end=$(token)
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >> "$GITHUB_OUTPUT"
}

# Lines of our own to the job's summary.
summary() {
  printf '%s\n' "$@" >> "$GITHUB_STEP_SUMMARY"
}
