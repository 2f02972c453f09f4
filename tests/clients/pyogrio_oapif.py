#!/usr/bin/env python3
"""Reads a collection with a newer GDAL (the one in pyogrio's wheel): its habits with schemas, reference systems and filters.

GDAL's own log says what it asked the service for; the checks read that too.
"""

import os
import pathlib
import re
import tempfile

import numpy
import pyogrio
from pyogrio import raw

from checks import TOKEN, Checks, Truth, arguments

CRS = "http://www.opengis.net/def/crs/"


# GDAL signs in by name and password; a token stands for the password, and the name is not asked for.
SIGN_IN = {"GDAL_HTTP_USERPWD": f"gdal:{TOKEN}", "GDAL_HTTP_AUTH": "BASIC"} if TOKEN else {}


def main():
    args = arguments(__doc__).parse_args()
    checks, truth = Checks(f"pyogrio, GDAL {'.'.join(map(str, pyogrio.__gdal_version__))}"), Truth(args.truth, args.key)
    source = f"OAPIF:{args.base}"
    log = pathlib.Path(tempfile.mkdtemp()) / "log"
    pyogrio.set_gdal_config_options({"CPL_DEBUG": "ON", "CPL_LOG": str(log), "GDAL_HTTP_TIMEOUT": "60", **SIGN_IN})

    def asked(seen=[0]):
        """Addresses that were asked for since the last call."""
        text = log.read_bytes()[seen[0]:].decode("utf-8", "replace") if log.exists() else ""
        seen[0] += len(text.encode())
        return re.findall(r"https?://[^\s)]*", text)

    def read(**options):
        meta, ids, geometry, columns = raw.read(source, layer=args.collection, return_fids=True, **options)
        fields = dict(zip(meta["fields"], columns))
        return meta, ids, [shape(wkb) for wkb in geometry], fields

    def shape(wkb):
        """x and y of a point."""
        order = "<" if wkb[0] == 1 else ">"
        return tuple(numpy.frombuffer(wkb[-16:] if len(wkb) == 21 else wkb[5:21], dtype=f"{order}f8"))

    with checks.part("layers"):
        layers = {name: kind for name, kind in pyogrio.list_layers(source)}
        checks.that("the collection is a layer", args.collection in layers, list(layers))
        asked()
    with checks.part("description"):
        info = pyogrio.read_info(source, layer=args.collection, force_feature_count=True, force_total_bounds=True)
        requests = asked()
        checks.that("it is a layer of points", info["geometry_type"] in ("Point", "Point Z", "PointZ", "2.5D Point"), info["geometry_type"])
        checks.equal("it counts all features", info["features"], len(truth))
        checks.that("its extent holds all points", info["total_bounds"] is not None and
                    numpy.allclose(info["total_bounds"], truth.bounds, atol=0.05), info["total_bounds"])
        checks.that("the published schema is read", any("/schema" in url for url in requests), requests)
        types = dict(zip(info["fields"], info["ogr_types"]))
        checks.equal("the key is text", types.get(args.key), "OFTString")
        checks.that("numbers are numbers", types.get("sigma_m", "OFTReal") == "OFTReal", types)
        checks.that("it is in WGS 84, longitude first", info["crs"] == "EPSG:4326" or "CRS84" in info["crs"], info["crs"])
    with checks.part("download"):
        _, ids, places, fields = read()
        numbers = list(fields[args.key])
        checks.equal("every feature comes once", sorted(numbers), sorted(truth.at))
        wrong = [n for n, (x, y) in zip(numbers, places) if not truth.same_place(n, x, y, 1e-9)]
        checks.that("every point is where the register has it", not wrong, wrong[:5])
        checks.that("identifiers are positive and differ", len(set(ids)) == len(ids) and min(ids) > 0, ids)
        asked()
    with checks.part("paging"):
        _, _, _, fields = read(PAGE_SIZE="7")
        requests = [url for url in asked() if "items" in url]
        checks.equal("pages of seven make the whole", sorted(fields[args.key]), sorted(truth.at))
        checks.that("in as many requests as pages", len(requests) >= (len(truth) + 6) // 7, requests)
    with checks.part("window"):
        box, inside = truth.box()
        _, _, _, fields = read(bbox=box)
        requests = asked()
        checks.equal("a window gives the points in it", set(fields[args.key]), inside)
        checks.that("and is asked of the service", any("bbox=" in url for url in requests), requests)
    with checks.part("attribute filter"):
        group = truth.properties[next(iter(truth.at))][args.group]
        wanted = {k for k, p in truth.properties.items() if p[args.group] == group}
        _, _, _, fields = read(where=f"{args.group} = '{group}'")
        requests = asked()
        checks.equal("an attribute filter gives what it says", set(fields[args.key]), wanted)
        pushed = [url for url in requests if re.search(rf"items\?.*({args.group}={group}|filter=[^&]*{args.group})", url)]
        checks.that("and is asked of the service", pushed, requests)
        one = sorted(wanted)[0]
        _, _, _, fields = read(where=f"{args.group} = '{group}' AND {args.key} <> '{one}'")
        checks.equal("two conditions give what they say", set(fields[args.key]), wanted - {one})
        checks.that("and are asked of the service", any("filter=" in url for url in asked()))
        _, _, _, fields = read(where=f"{args.group} = '{group}'", bbox=box)
        requests = asked()
        checks.equal("filter and window together", set(fields[args.key]), wanted & inside)
    with checks.part("one feature"):
        _, _, _, everything = read(max_features=1)
        _, ids, _, fields = read(fids=[int(read(max_features=1)[1][0])])
        checks.equal("one feature is read by its identifier", list(fields[args.key]), list(everything[args.key]))
        asked()
    with checks.part("reference systems"):
        # Asked for another system than the stored one, GDAL names it in crs and bbox-crs, and turns its axes where the
        # authority has latitude first. Of EPSG:4326 and CRS84 it takes the stored one.
        for code in ("EPSG:4490", "EPSG:3857"):
            meta, _, places, fields = read(CRS=code)
            requests = asked()
            uri = f"{CRS}EPSG/0/{code[5:]}"
            checks.equal(f"the layer is in {code}", meta["crs"], code)
            checks.that("and asked for in it", any(uri in url.replace("%3A", ":").replace("%2F", "/") for url in requests), requests)
            wrong = [n for n, (x, y) in zip(fields[args.key], places) if not near(code, truth.at[n], x, y)]
            checks.that(f"every point is in its place in {code}", len(places) == len(truth) and not wrong, wrong[:5])
        _, _, _, fields = read(CRS="EPSG:4490", bbox=box)
        requests = [url.replace("%3A", ":").replace("%2F", "/") for url in asked()]
        checks.equal("a window in EPSG:4490 gives the points in it", set(fields[args.key]), inside)
        checks.that("and says so in bbox-crs", any(f"bbox-crs={CRS}EPSG/0/4490" in url for url in requests), requests)
        meta, _, _, fields = read(PREFERRED_CRS="EPSG:3857")
        checks.equal("a preferred system is taken where it is offered", (meta["crs"], len(fields[args.key])), ("EPSG:3857", len(truth)))
    os.remove(log)
    checks.end()


def near(code, truth, x, y):
    lon, lat = truth
    if code == "EPSG:4490":
        return abs(x - lon) <= 1e-9 and abs(y - lat) <= 1e-9
    radius = 6378137.0
    wanted = radius * numpy.radians(lon), radius * numpy.log(numpy.tan(numpy.pi / 4 + numpy.radians(lat) / 2))
    return abs(x - wanted[0]) <= 0.001 and abs(y - wanted[1]) <= 0.001


main()
