#!/usr/bin/env python3
"""Reads a collection with OWSLib, as scripts do: landing page, conformance, queryables, schema, pages, filters, one item."""

import requests
from owslib.ogcapi.features import Features

from checks import HEADERS, Checks, Truth, arguments

CONFORMANCE = [
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
]


def main():
    args = arguments(__doc__).parse_args()
    checks, truth = Checks("OWSLib"), Truth(args.truth, args.key)
    service = Features(args.base, headers=HEADERS)
    everything = truth.at.keys()

    with checks.part("landing page"):
        rels = {link["rel"] for link in service.links}
        checks.that("the landing page has links", {"self", "service-desc", "conformance", "data"} <= rels, rels)
        hrefs = [link["href"] for link in service.links]
        checks.that("all of them are absolute", all(h.startswith(("http://", "https://")) for h in hrefs), hrefs)
    with checks.part("service description"):
        api = service.api()
        checks.that("the service description is OpenAPI 3.0", str(api.get("openapi", "")).startswith("3.0"), api.get("openapi"))
    with checks.part("conformance"):
        classes = service.conformance()["conformsTo"]
        missing = [c for c in CONFORMANCE if c not in classes]
        checks.that("the conformance classes are declared", not missing, missing)
    with checks.part("collections"):
        checks.that("the collection is listed as features", args.collection in service.feature_collections())
        collection = service.collection(args.collection)
        checks.equal("its description is about it", collection["id"], args.collection)
        listed = next(c for c in service.collections()["collections"] if c["id"] == args.collection)
        checks.equal("it is described alike in the list", listed, collection)
        w, s, e, n = collection["extent"]["spatial"]["bbox"][0][:4]
        tw, ts, te, tn = truth.bounds
        checks.that("its extent holds all of its points", w <= tw and s <= ts and e >= te and n >= tn, (w, s, e, n))
    with checks.part("queryables"):
        queryables = service.collection_queryables(args.collection)
        names = queryables["properties"].keys()
        checks.that("the queryables name its properties", {args.key, args.group} <= names, list(names))
        checks.that("their schema is closed", queryables.get("additionalProperties") is False, queryables)
    with checks.part("schema"):
        schema = service.collection_schema(args.collection)
        formats = [p.get("format") for p in schema["properties"].values()]
        checks.that("the schema says that it is of points", "geometry-point" in formats, formats)
    with checks.part("paging"):
        page, numbers, turns, sizes = service.collection_items(args.collection, limit=10), [], 0, []
        matched = page["numberMatched"]
        while True:
            numbers += [f["properties"][args.key] for f in page["features"]]
            sizes.append(page["numberReturned"] == len(page["features"]) <= 10)
            following = [link["href"] for link in page["links"] if link["rel"] == "next"]
            if not following or turns > len(truth):
                break
            page = requests.get(following[0], headers=HEADERS, timeout=30).json()
            turns += 1
        checks.equal("the number matched is that of all", matched, len(truth))
        checks.that("each page says how many it has", all(sizes), sizes)
        checks.equal("the last page is reached", turns, (len(truth) - 1) // 10)
        checks.equal("every point comes once", sorted(numbers), sorted(everything))
    with checks.part("window"):
        box, inside = truth.box()
        found = service.collection_items(args.collection, bbox=list(box), limit=1000)
        checks.equal("a window gives the points in it", {f["properties"][args.key] for f in found["features"]}, inside)
        checks.equal("and counts them", found["numberMatched"], len(inside))
    with checks.part("datetime"):
        found = service.collection_items(args.collection, datetime_="1000-01-01T00:00:00Z/..", limit=1000)
        checks.equal("an interval without an end gives all", len(found["features"]), len(truth))
        found = service.collection_items(args.collection, datetime_="1000-01-01T00:00:00Z", limit=1000)
        checks.equal("a time before all records gives none", (found["numberMatched"], found["features"]), (0, []))
    with checks.part("filter"):
        group = truth.properties[next(iter(everything))][args.group]
        wanted = {k for k, p in truth.properties.items() if p[args.group] == group}
        found = service.collection_items(args.collection, filter=f"{args.group}='{group}'", limit=1000)
        checks.equal("a CQL2 filter gives what it says", {f["properties"][args.key] for f in found["features"]}, wanted)
        found = service.collection_items(args.collection, limit=1000, **{args.group: group})
        checks.equal("so does a property as parameter", {f["properties"][args.key] for f in found["features"]}, wanted)
        found = service.collection_items(args.collection, limit=1000, sortby=(args.key, "desc"))
        numbers = [f["properties"][args.key] for f in found["features"]]
        checks.that("sorted in descending order", len(numbers) == len(truth) and numbers[0] != min(numbers), numbers[:3])
        try:
            service.collection_items(args.collection, filter=f"{args.group}='{group}' AND (")
            checks.that("a broken filter is refused", False, "it was answered")
        except RuntimeError as refusal:
            checks.that("a broken filter is refused in words", "detail" in str(refusal), refusal)
    with checks.part("one item"):
        some = service.collection_items(args.collection, limit=1)["features"][0]
        item = service.collection_item(args.collection, some["id"])
        checks.equal("the item is the one of the list", (item["id"], item["geometry"], item["properties"][args.key]),
                     (some["id"], some["geometry"], some["properties"][args.key]))
        number = item["properties"][args.key]
        checks.that("and stands where the register has it", truth.same_place(number, *item["geometry"]["coordinates"][:2]),
                    item["geometry"])
    checks.end()


main()
