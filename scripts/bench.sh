#!/usr/bin/env bash
# Benchmarks, with everything optimised: the first time this builds all of it once more.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_rust "$(rust_wanted)"
need_node 20.19
install_packages "${packages_to_run[@]}"
build_viewer
say "Benchmarks (the first time the optimised build takes half an hour on two cores)"
cargo bench --locked "$@"
