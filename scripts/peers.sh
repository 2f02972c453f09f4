#!/usr/bin/env bash
# Measures Merestone beside MapServer, tipg and pygeoapi on the same points; benches/README.md says how. Half an hour, and
# as long again for the first optimised build.
#
# scripts/peers.sh [ROWS...]        100,000 and 1,000,000 points unless said otherwise
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_rust "$(rust_wanted)"
install_packages "${packages_to_run[@]}" cgi-mapserver lighttpd python3-venv wrk
# Debian starts the web server that it installs; the one that is measured here is another.
if [ -d /run/systemd/system ]; then as_root systemctl disable --now lighttpd 2>/dev/null || true; fi

work=${MERESTONE_PEERS:-/var/tmp/merestone-peers}
run() { benches/peers/run.py "$@" --work "$work"; }
for peer in tipg pygeoapi; do
    wanted=benches/peers/requirements-$peer.txt
    if ! cmp -s "$wanted" "$work/venvs/$peer/requirements.txt"; then
        say "Installing $peer"
        /usr/bin/python3 -m venv --clear "$work/venvs/$peer"
        "$work/venvs/$peer/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$wanted"
        cp "$wanted" "$work/venvs/$peer/requirements.txt"
    fi
done
say "Building Merestone, optimised"
build_viewer
cargo build --locked --release

trap 'run stop' EXIT
if [ $# = 0 ]; then set -- 100000 1000000; fi
for rows in "$@"; do
    say "$rows points"
    run prepare --rows "$rows" --merestone "$(target_dir)/release/merestone"
    for what in items paging tiles; do run "$what" --merestone "$(target_dir)/release/merestone"; done
done
