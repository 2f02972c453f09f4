#!/usr/bin/env bash
# Makes the Python environment of the clients that the tests run (tests/clients), unless it is there and up to date.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

wanted=tests/clients/requirements.txt
venv=$(target_dir)/clients
if cmp -s "$wanted" "$venv/requirements.txt"; then exit 0; fi

# Debian's own Python, if there is one, so that the environment does not change with the search path.
python=/usr/bin/python3
[ -x "$python" ] || python=$(command -v python3) || die "Python is not installed. Install python3 and python3-venv, then try again."
say "Setting up the clients that the tests run (about 300 MB)"
rm -rf "$venv"
"$python" -m venv "$venv" || die "The clients' environment could not be made. Install python3-venv, then try again."
"$venv/bin/pip" install --quiet --disable-pip-version-check --no-input -r "$wanted" ||
    die "The clients could not be installed. Look at what pip said above, then run: scripts/clients.sh"
# Last, so that a broken installation is made again.
cp "$wanted" "$venv/requirements.txt"
