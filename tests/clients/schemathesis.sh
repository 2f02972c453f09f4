#!/usr/bin/env bash
# Asks everything that the OpenAPI document allows, and much that it does not, with schemathesis; the same questions every time.
#
# schemathesis.sh BASE [short|full] [further options of schemathesis]
#   short  the pages of the service and two collections, with all methods: for every test run
#   full   every address and method, more of each
set -euo pipefail

base=${1:?address of the service}
extent=${2:-short}
shift $(($# < 2 ? $# : 2))
here=$(cd "$(dirname "$0")" && pwd)
st=${ST:-$here/../../target/clients/bin/st}

case $extent in
short) options=(--max-examples 5 --phases "examples,coverage,fuzzing"
    --include-path-regex '^/($|api|conformance$|collections$|collections/(boundary_points|instruments)(/|$)|livez|readyz|tileMatrixSets|tiles|search)') ;;
full) options=(--max-examples 25 --phases "examples,coverage,fuzzing") ;;
*) echo "short or full, not $extent" >&2 && exit 2 ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export SCHEMATHESIS_HOOKS=hooks PYTHONPATH=$here PYTHONDONTWRITEBYTECODE=1
"$st" --config-file "$here/schemathesis.toml" --no-color run "$base/api" --url "$base" \
    --checks all --generation-deterministic \
    ${MERESTONE_TOKEN:+--header "Authorization: Bearer $MERESTONE_TOKEN"} \
    --request-timeout 30 --continue-on-failure --warnings off "${options[@]}" "$@"
