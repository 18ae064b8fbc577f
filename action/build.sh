#!/usr/bin/env bash
# Builds tom from this action's own commit, with the versions and digests of its Cargo.lock: nothing that is not pinned is fetched.
set -euo pipefail

if [ -n "${TOM:-}" ]; then
  "$TOM" --version
  exit
fi

# Cargo reads settings of the folder it runs in, which must not be the one under review.
cd "$GITHUB_ACTION_PATH"
if command -v rustup > /dev/null; then
  RUSTUP_TOOLCHAIN=$(sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' Cargo.toml)
  export RUSTUP_TOOLCHAIN
  rustup toolchain install "$RUSTUP_TOOLCHAIN" --profile minimal --no-self-update
fi
CARGO_TARGET_DIR="$RUNNER_TEMP/tom-target" cargo install --locked --path "$GITHUB_ACTION_PATH" --root "$RUNNER_TEMP/tom-build"
"$RUNNER_TEMP/tom-build/bin/tom" --version
