#!/usr/bin/env bash
# Formatting, lints, types and shell scripts; changes nothing. `cargo fmt` mends the formatting.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_rust "$(rust_wanted)"
need_node 20.19
install_packages "${packages_to_run[@]}" shellcheck
build_viewer

wrong=()
check() {
    local what=$1
    shift
    say "$what"
    "$@" || wrong+=("$what")
}
check "Formatting" cargo fmt --check
check "Lints" cargo clippy --locked --all-targets -- -D warnings
check "Types of the map viewer" npm --prefix maps run --silent check
check "Shell scripts" shellcheck -x scripts/*.sh tests/clients/*.sh .ci/run

[ ${#wrong[@]} = 0 ] || die "Not in order: $(IFS=,; echo "${wrong[*]}")."
say "All in order"
