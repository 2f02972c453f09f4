#!/usr/bin/env bash
# Sets up what is missing on a Debian 12 machine and runs all tests. The last line counts them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_rust "$(rust_wanted)"
need_node 20.19
install_packages "${packages_to_run[@]}" "${packages_to_test[@]}"
build_viewer
scripts/clients.sh

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
failed_parts=()

say "Tests of the map viewer"
(cd maps && NO_COLOR=1 npm run --silent test) 2>&1 | tee "$logs/viewer" || failed_parts+=("map viewer")

announce_build
say "Tests of Merestone"
cargo test --locked --no-fail-fast "$@" 2>&1 | tee "$logs/rust" || failed_parts+=("Merestone")

# count WORD FILE: the sum of the numbers that the runners' closing lines give with this word.
count() {
    awk -v word="$1" '
        { gsub(/\033\[[0-9;]*m/, "") }
        # cargo:  test result: ok. 12 passed; 0 failed; ...
        /^test result: / { for (i = 1; i < NF; i++) if ($(i + 1) == word ";") sum += $i }
        # vitest: Tests  1 failed | 12 passed (13)
        /^ *Tests +[0-9]/ { for (i = 1; i < NF; i++) if ($(i + 1) == word) sum += $i }
        # node:   # pass 12
        ($1 == "#" || $1 == "ℹ") && NF == 3 && ($2 == "pass" && word == "passed" || $2 == "fail" && word == "failed") { sum += $3 }
        END { print sum + 0 }' "$2"
}
viewer_passed=$(count passed "$logs/viewer") viewer_failed=$(count failed "$logs/viewer")
rust_passed=$(count passed "$logs/rust") rust_failed=$(count failed "$logs/rust")

say "Map viewer: $viewer_passed passed, $viewer_failed failed. Merestone: $rust_passed passed, $rust_failed failed."
if [ ${#failed_parts[@]} != 0 ]; then
    printf 'Not all tests passed: %s\n' "$(IFS=,; echo "${failed_parts[*]}")"
elif [ "$rust_passed" = 0 ] || [ "$viewer_passed" = 0 ]; then
    failed_parts+=("nothing was tested")
    printf 'A part ran no test at all.\n'
fi
echo "$((viewer_passed + rust_passed)) passed, $((viewer_failed + rust_failed)) failed"
[ ${#failed_parts[@]} = 0 ]
