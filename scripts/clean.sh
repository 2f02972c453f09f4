#!/usr/bin/env bash
# Removes what builds have made. Data of the demonstration stay where they are.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

rm -rf "$(target_dir)" maps/dist maps/node_modules
say "Removed what builds have made"
if [ -d var ]; then say "Kept the data in var/; remove the folder by hand if they are not needed"; fi
