#!/usr/bin/env bash
# Reads a collection with GDAL's OAPIF driver (ogrinfo and ogr2ogr, 3.6 and newer), as desktop programs do: layers, count,
# extent, filters, paging, one feature, reference system, and a whole download compared with the register.
#
# ogr_oapif.sh BASE [COLLECTION [TRUTH.geojson [KEY [GROUP]]]]
set -uo pipefail

base=${1:?address of the service}
collection=${2:-boundary_points}
truth=${3:-$(dirname "$0")/../../data/sample/astrand-veyra/boundary_points.geojson}
key=${4:-number}
group=${5:-section}

passed=0
failed=()
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
[ -z "${MERESTONE_TOKEN:-}" ] || export GDAL_HTTP_HEADERS="Authorization: Bearer $MERESTONE_TOKEN"
export CPL_DEBUG=OFF GDAL_HTTP_TIMEOUT=60 OGR_SQL_LIKE_AS_ILIKE=NO CPL_CURL_VERBOSE=NO

# that NAME SEEN WANTED
that() {
    if [ "$2" = "$3" ]; then
        passed=$((passed + 1))
        echo "ok      $1"
    else
        failed+=("$1")
        echo "FAILED  $1: '$2' is not '$3'"
    fi
}

has() { if grep -qE -- "$1" "$2"; then echo yes; else echo "no: $(grep -vE '^Warning' "$2" | head -n 6 | tr '\n' ' ')"; fi; }

# What GDAL asked the service for, from its own log.
asked() { grep -aoE 'https?://[^ ]*' "$1" | sed 's/[).,]*$//'; }

# count [ogrinfo's options]: the number of features that ogrinfo says.
count() { ogrinfo -q -ro -so "$@" 2>>"$folder/errors" | sed -n 's/^Feature Count: //p'; }

field() { sed -n "s/^  $1 ([^)]*) = //p" "$2"; }

source="OAPIF:$base"
n_truth=$(ogrinfo -ro -so -al "$truth" | sed -n 's/^Feature Count: //p')

ogrinfo -ro "$source" >"$folder/layers" 2>&1
that "the driver opens the service" "$(has 'using driver .OAPIF. successful' "$folder/layers")" yes
that "the collection is one of its layers" "$(has "^[0-9]+: ([^(]*\()?.*$collection" "$folder/layers")" yes

ogrinfo -ro -so "$source" "$collection" >"$folder/summary" 2>&1
that "it is a layer of points" "$(sed -n 's/^Geometry: //p' "$folder/summary")" Point
that "it counts all features" "$(sed -n 's/^Feature Count: //p' "$folder/summary")" "$n_truth"
that "its reference system has longitude first" "$(has 'Data axis to CRS axis mapping: (1,2|2,1)' "$folder/summary")" yes
that "its reference system is WGS 84" "$(has 'GEOGCRS\["WGS 84' "$folder/summary")" yes
that "the key is text" "$(has "^$key: String" "$folder/summary")" yes

# Extents of both, to nine decimals and without the last, which a conversion may turn.
extent() { sed -n 's/^Extent: (\(.*\), \(.*\)) - (\(.*\), \(.*\))$/\1 \2 \3 \4/p' | awk '{ printf "%.5f %.5f %.5f %.5f\n", $1, $2, $3, $4 }'; }
wanted_extent=$(ogrinfo -ro -so -al "$truth" | extent)
ogr2ogr -f GeoJSON "$folder/all.geojson" "$source" "$collection" -lco RFC7946=NO -lco COORDINATE_PRECISION=12 2>"$folder/errors"
that "what it downloads spans the same extent" "$(ogrinfo -ro -so -al "$folder/all.geojson" | extent)" "$wanted_extent"
that "no word of complaint during the download" "$(cat "$folder/errors")" ""

read -r west south east north <<<"$wanted_extent"
middle=$(awk -v s="$south" -v n="$north" 'BEGIN { printf "%.5f", (s + n) / 2 }')
box=$(awk -v w="$west" -v s="$south" -v e="$east" -v m="$middle" 'BEGIN { printf "%.5f %.5f %.5f %.5f", w - 0.01, s - 0.01, e + 0.01, m }')
# shellcheck disable=SC2086  # four words
that "a window counts what is in it" "$(count -spat $box "$source" "$collection")" "$(count -spat $box -al "$truth")"
# shellcheck disable=SC2086
CPL_DEBUG=ON ogrinfo -q -ro -spat $box "$source" "$collection" >"$folder/window" 2>"$folder/window.log"
that "the window is asked of the service" "$(asked "$folder/window.log" | grep -qE 'items\?.*bbox=' && echo yes)" yes

some=$(field "$group" "$folder/window" | sort | head -n 1)
where="$group = '$some'"
that "an attribute filter counts what it says" "$(count -where "$where" "$source" "$collection")" "$(count -where "$where" -al "$truth")"
CPL_DEBUG=ON ogrinfo -q -ro -where "$where" "$source" "$collection" >"$folder/where" 2>"$folder/where.log"
that "the filter is asked of the service" \
    "$(asked "$folder/where.log" | grep -qE "items\?.*($group=$some|filter=[^&]*$group)" && echo yes)" yes

one=$(field "$key" "$folder/window" | sort | tail -n 1)
where="($group = '$some' AND $key <> '$one') OR $key = 'no such'"
that "a filter of several parts counts what it says" "$(count -where "$where" "$source" "$collection")" "$(count -where "$where" -al "$truth")"

ogr2ogr -f CSV "$folder/paged.csv" "$source" "$collection" -oo PAGE_SIZE=7 -select "$key" 2>"$folder/errors"
tail -n +2 "$folder/paged.csv" | tr -d '"\r' | sort >"$folder/paged"
ogr2ogr -f CSV "$folder/truth.csv" "$truth" -select "$key"
tail -n +2 "$folder/truth.csv" | tr -d '"\r' | sort >"$folder/keys"
that "pages of seven make the whole, each feature once" "$(diff -q "$folder/paged" "$folder/keys" && echo same)" same

# shellcheck disable=SC2086
ogr2ogr -f CSV "$folder/filtered.csv" "$source" "$collection" -oo PAGE_SIZE=3 -spat $box -where "$group = '$some'" -select "$key" 2>"$folder/errors"
# shellcheck disable=SC2086
ogr2ogr -f CSV "$folder/filtered_truth.csv" "$truth" -spat $box -where "$group = '$some'" -select "$key"
that "window and filter hold on every page" "$(tail -n +2 "$folder/filtered.csv" | sort)" "$(tail -n +2 "$folder/filtered_truth.csv" | sort)"

ids() { ogrinfo -q -ro "$1" "$2" | sed -n 's/^OGRFeature([^)]*):\([0-9]*\)$/\1/p'; }
first=$(ids "$source" "$collection" | head -n 1)
ogrinfo -q -ro -fid "$first" "$source" "$collection" >"$folder/one" 2>&1
that "one feature is read by its identifier" "$(has "^OGRFeature\(.*\):$first$" "$folder/one")" yes
that "and is a feature of the register" "$(grep -cxF -- "$(field "$key" "$folder/one")" "$folder/keys")" 1

# Every point's key and place on both sides; numbers of nine decimals differ by half a unit of the last at most.
places() { ogr2ogr -f CSV /vsistdout/ "$1" -lco GEOMETRY=AS_XY -select "$key" | tail -n +2 | tr -d '"\r' | awk -F, '{ print $3, $1, $2 }' | sort; }
places "$folder/all.geojson" >"$folder/places"
places "$truth" >"$folder/places_truth"
moved=$(join -a 1 -a 2 "$folder/places" "$folder/places_truth" |
    awk 'NF != 5 || ($2 - $4)^2 > 1e-18 || ($3 - $5)^2 > 1e-18 { print } END { if (NR == 0) print "nothing" }' | head -n 3)
that "every point is where the register has it" "$moved" ""

printf 'GDAL %s: %d passed, %d failed\n' "$(ogrinfo --version | sed 's/GDAL \([0-9.]*\).*/\1/')" "$passed" "${#failed[@]}"
if [ ${#failed[@]} != 0 ]; then
    echo "GDAL: the first that failed: ${failed[0]}"
    exit 1
fi
