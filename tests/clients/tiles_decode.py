#!/usr/bin/env python3
"""Decodes the vector tiles of a collection at every zoom and asks what a map asks: are the features the register's, by
stable identifiers and at their places; is a tile small, cached, empty or absent as the standards say."""

import gzip
import math

import mapbox_vector_tile
import requests

from checks import HEADERS, Checks, Truth, arguments

GREATEST_TILE = 500_000
LIMIT = 1_000
DEEPEST = 14
REL = "/rel/ogc/1.0/"


def tile_of(z, lon, lat):
    """Column and row with their fractions."""
    n = 1 << z
    return (lon + 180) / 360 * n, (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n


def decode(body):
    return mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})


def main():
    args = arguments(__doc__).parse_args()
    checks, truth, session = Checks("vector tiles"), Truth(args.truth, args.key), requests.Session()
    session.headers.update(HEADERS)
    base, here = args.base, f"{args.base}/collections/{args.collection}"
    template = f"{here}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"

    def get(url, **headers):
        return session.get(url, headers=headers, timeout=60)

    def tile(z, row, column, **headers):
        url = template.replace("{tileMatrix}", str(z)).replace("{tileRow}", str(row)).replace("{tileCol}", str(column))
        return get(url, **headers)

    def link(document, ends):
        return [link for link in document["links"] if link["rel"].endswith(ends)]

    with checks.part("tilesets"):
        collection = get(here, Accept="application/json").json()
        tilesets = link(collection, REL + "tilesets-vector")
        checks.that("the collection links its tilesets", tilesets, [one["rel"] for one in collection["links"]])
        listed = get(tilesets[0]["href"], Accept="application/json").json()["tilesets"]
        web = next(t for t in listed if t["tileMatrixSetURI"].endswith("WebMercatorQuad"))
        checks.equal("the tileset is of vectors", web["dataType"], "vector")
        checks.that("it says in which system", "3857" in str(web["crs"]), web["crs"])
        checks.that("it links its scheme, in the singular", link(web, REL + "tiling-scheme"), web["links"])
        own = link(web, "self")[0]["href"]
        detail = get(own, Accept="application/json").json()
        items = link(detail, "item")
        checks.that("the tileset has a template of addresses", items and items[0].get("templated") is True and
                    items[0]["type"] == "application/vnd.mapbox-vector-tile", items)
        template = items[0]["href"]
        checks.that("with row before column", 0 < template.find("{tileMatrix}") < template.find("{tileRow}") < template.find("{tileCol}"), template)
        scheme = get(link(detail, REL + "tiling-scheme")[0]["href"], Accept="application/json")
        checks.that("the scheme is there", scheme.ok and len(scheme.json()["tileMatrices"]) > DEEPEST, scheme.text)
    with checks.part("TileJSON"):
        named = [one for one in detail["links"] + web["links"] + collection["links"] if "tilejson" in str(one).lower()]
        checks.that("TileJSON is linked", named, detail["links"])
        tilejson = get(named[0]["href"]).json()
        checks.equal("TileJSON is of version 3.0.0", tilejson["tilejson"], "3.0.0")
        checks.that("its addresses are absolute", all(t.startswith("http") for t in tilejson["tiles"]), tilejson["tiles"])
        checks.equal("its layer is the collection", [one["id"] for one in tilejson["vector_layers"]], [args.collection])
        fields = tilejson["vector_layers"][0]["fields"]
        checks.that("it names the fields", args.key in fields, fields)
        w, s, e, n = tilejson["bounds"]
        checks.that("its bounds hold all points", w <= truth.bounds[0] and s <= truth.bounds[1] and e >= truth.bounds[2]
                    and n >= truth.bounds[3], tilejson["bounds"])
        checks.that("it says how deep it goes", tilejson["minzoom"] == 0 and tilejson["maxzoom"] >= DEEPEST, tilejson)
        lon, lat = next(iter(truth.at.values()))
        column, row = map(int, tile_of(10, lon, lat))
        from_json = get(tilejson["tiles"][0].replace("{z}", "10").replace("{x}", str(column)).replace("{y}", str(row)))
        checks.equal("its addresses give the tiles", from_json.content, tile(10, row, column).content)
    with checks.part("features"):
        identifiers, url = {}, f"{here}/items?limit={LIMIT}"
        while url:
            page = get(url, Accept="application/geo+json").json()
            identifiers |= {f["properties"][args.key]: f["id"] for f in page["features"]}
            url = next((one["href"] for one in page["links"] if one["rel"] == "next"), None)
        faults = {name: [] for name in ("status", "type", "version", "extent", "layer", "id", "stable", "place", "size", "key", "tag")}
        seen = {}
        for z in range(DEEPEST + 1):
            seen[z] = set()
            for column, row in sorted({tuple(map(int, tile_of(z, *at))) for at in truth.at.values()}):
                answer, where = tile(z, row, column), f"{z}/{row}/{column}"
                if answer.status_code != 200:
                    faults["status"].append((where, answer.status_code))
                    continue
                if answer.headers["Content-Type"] != "application/vnd.mapbox-vector-tile":
                    faults["type"].append((where, answer.headers["Content-Type"]))
                if len(answer.content) > GREATEST_TILE:
                    faults["size"].append((where, len(answer.content)))
                if not answer.headers.get("ETag") or not answer.headers.get("Cache-Control"):
                    faults["tag"].append(where)
                layers = decode(answer.content)
                if list(layers) != [args.collection]:
                    faults["layer"].append((where, list(layers)))
                for layer in layers.values():
                    if layer["version"] != 2:
                        faults["version"].append((where, layer["version"]))
                    if layer["extent"] != 4096:
                        faults["extent"].append((where, layer["extent"]))
                    for feature in layer["features"]:
                        key = feature["properties"].get(args.key)
                        if not isinstance(feature.get("id"), int) or feature["id"] <= 0:
                            faults["id"].append((where, feature.get("id")))
                        if key not in truth.at:
                            faults["key"].append((where, key))
                            continue
                        if identifiers.get(key) != feature["id"]:
                            faults["stable"].append((where, key, feature["id"], identifiers.get(key)))
                        x, y = feature["geometry"]["coordinates"]
                        at = tile_of(z, *truth.at[key])
                        if abs((at[0] - column) * 4096 - x) > 1 or abs((at[1] - row) * 4096 - y) > 1:
                            faults["place"].append((where, key, x, y))
                        if 0 <= x < 4096 and 0 <= y < 4096:
                            seen[z].add(key)
        checks.equal("every tile of the points is there", faults["status"], [])
        checks.equal("by the media type of vector tiles", faults["type"], [])
        checks.equal("with the collection as its only layer", faults["layer"], [])
        checks.equal("of version 2", faults["version"], [])
        checks.equal("and extent 4096", faults["extent"], [])
        checks.equal("identifiers are positive integers", faults["id"], [])
        checks.equal("and those of the items at every zoom", faults["stable"], [])
        checks.equal("the features are the register's", faults["key"], [])
        checks.equal("every feature stands at its place", faults["place"], [])
        checks.equal("no tile is above 500 kB", faults["size"], [])
        checks.equal("each has an ETag and says how it may be kept", faults["tag"], [])
        checks.that("at the deepest zoom none is missing", seen[DEEPEST] == set(truth.at), sorted(set(truth.at) - seen[DEEPEST])[:5])
        checks.that("at every zoom some are shown", all(seen.values()), {z: len(keys) for z, keys in seen.items()})
    with checks.part("caching"):
        column, row = map(int, tile_of(12, *next(iter(truth.at.values()))))
        first = tile(12, row, column)
        again = tile(12, row, column, **{"If-None-Match": first.headers["ETag"]})
        checks.equal("a tile that is known is not sent again", (again.status_code, again.content), (304, b""))
        checks.equal("and keeps its ETag", again.headers.get("ETag"), first.headers["ETag"])
        other = tile(12, row, column, **{"If-None-Match": '"other"'})
        checks.equal("another ETag gets the tile", (other.status_code, other.content), (200, first.content))
        checks.equal("the same tile has the same ETag", other.headers["ETag"], first.headers["ETag"])
    with checks.part("compression"):
        raw = session.get(first.url, headers={"Accept-Encoding": "identity"}, stream=True, timeout=60)
        plain = raw.raw.read(decode_content=False)
        checks.that("unpacked bytes are not called packed", raw.headers.get("Content-Encoding") is None and plain[:1] == b"\x1a", plain[:4])
        raw = session.get(first.url, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=60)
        packed = raw.raw.read(decode_content=False)
        if raw.headers.get("Content-Encoding") == "gzip":
            packed = gzip.decompress(packed)
        checks.equal("packed bytes say so and are the same", packed, plain)
    with checks.part("empty and absent"):
        empty = tile(14, 0, 0)
        checks.equal("where nothing is, the tile is empty", (empty.status_code, empty.content), (204, b""))
        checks.equal("outside the matrix there is no tile", [tile(3, 8, 0).status_code, tile(3, 0, 8).status_code], [404, 404])
        checks.equal("nor beyond the deepest matrix", tile(60, 0, 0).status_code, 404)
        checks.equal("nor in a scheme that is not known", get(f"{here}/tiles/NoSuchScheme/0/0/0").status_code, 404)
    checks.end()


main()
