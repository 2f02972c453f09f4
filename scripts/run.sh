#!/usr/bin/env bash
# Sets up what is missing on a Debian 12 machine, builds Merestone and serves the demonstration border.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_rust "$(rust_wanted)"
need_node 20.19
install_packages "${packages_to_run[@]}"
build_viewer
announce_build
say "Building Merestone"
cargo build --locked || die "Merestone could not be built; the reason stands above."

# PostgreSQL does not run as root, and its user may not enter root's home: then the data lie elsewhere.
if [ -z "${MERESTONE_DATA_DIR:-}" ]; then
    if [ "$(id -u)" = 0 ]; then MERESTONE_DATA_DIR=/var/lib/merestone-demo; else MERESTONE_DATA_DIR=$PWD/var/demo; fi
    export MERESTONE_DATA_DIR
fi
say "Serving the demonstration border at http://${MERESTONE_BIND:-127.0.0.1:8080} (Ctrl-C ends it; data in $MERESTONE_DATA_DIR)"
exec "$(target_dir)/debug/merestone" demo "$@"
