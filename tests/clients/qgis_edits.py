#!/usr/bin/env python3
"""Replays what QGIS 3.32 and newer send when a layer is edited, byte by byte over a socket, since QGIS looks for the header
`Location` in just this spelling. No request has If-Match, because QGIS sends none.

The requests are those of QGIS's OAPIF provider (qgsoapifcreatefeaturerequest, qgsoapifpatchfeaturerequest and so on)."""

import json
import socket
import urllib.parse

from checks import HEADERS, Checks, arguments

GEOJSON = "application/geo+json"
MERGE = "application/merge-patch+json"
CRS = "http://www.opengis.net/def/crs/EPSG/0/4326"
AGENT = "Mozilla/5.0 QGIS/34400/Debian GNU/Linux 12 (bookworm)"


class Answer:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.raw = [line.split(": ", 1)[0] for line in lines]
        self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def json(self):
        return json.loads(self.body)

    def allow(self):
        return {word.strip() for word in self.headers.get("allow", "").split(",")}

    def __str__(self):
        return f"{self.status} {self.headers} {self.body[:300]!r}"


def send(method, url, body=None, **headers):
    parts = urllib.parse.urlsplit(url)
    path = parts.path + ("?" + parts.query if parts.query else "")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {parts.netloc}", f"User-Agent: {AGENT}", "Connection: close",
             *(f"{name}: {value}" for name, value in HEADERS.items()),
             *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    data = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
    if body is not None:
        lines.append(f"Content-Length: {len(data)}")
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        received = b""
        while piece := connection.recv(65536):
            received += piece
    answer = Answer(received)
    if answer.headers.get("transfer-encoding") == "chunked":
        rest, answer.body = answer.body, b""
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            n = int(size, 16)
            answer.body, rest = answer.body + rest[:n], rest[n + 2:]
    return answer


def near(seen, wanted):
    return len(seen) >= 2 and all(abs(a - b) < 1e-8 for a, b in zip(seen, wanted))


def main():
    parser = arguments(__doc__.splitlines()[0])
    parser.add_argument("--properties", default='{"boundary": "astrand-veyra"}', help="further properties of a new feature")
    args = parser.parse_args()
    checks, more = Checks("edits as QGIS sends them"), json.loads(args.properties)
    items = f"{args.base}/collections/{args.collection}/items"

    def new(key, x, y):
        # QGIS sends all fields of the form, those that nobody filled in as null, and no identifier.
        return {"type": "Feature", "geometry": {"type": "Point", "coordinates": [x, y]},
                "properties": {args.key: key, args.group: None, "sigma_m": None, "version": None, "author": None,
                               "known_from": None, **more}}

    def item_of(answer):
        """The item's address as QGIS makes it: what stands after /items/ in Location, by its exact name."""
        location = answer.headers["location"]
        return f"{items}/{location.rsplit('/items/', 1)[1]}"

    with checks.part("rights"):
        answer = send("OPTIONS", items)
        checks.equal("OPTIONS of the items is answered", answer.status, 200)
        checks.that("with POST allowed", "POST" in answer.allow(), answer)
        checks.that("the header is spelled Allow", "Allow" in answer.raw, answer.raw)
    with checks.part("create"):
        answer = send("POST", items, new("Q 1", -168.05, 42.61), Content_Type=GEOJSON, Accept=GEOJSON)
        checks.equal("a feature is created", answer.status, 201)
        checks.that("the header is spelled Location", "Location" in answer.raw, answer)
        checks.that("and ends in the identifier", answer.headers["location"].startswith(items + "/"), answer)
        checks.that("the header is spelled ETag", "ETag" in answer.raw, answer.raw)
        one = item_of(answer)
        answer = send("GET", one, Accept=f"{GEOJSON}, application/json", Cache_Control="no-cache")
        feature = answer.json()
        checks.equal("it is there", (answer.status, feature["properties"][args.key]), (200, "Q 1"))
        checks.that("where it was put", near(feature["geometry"]["coordinates"], (-168.05, 42.61)), feature["geometry"])
        checks.equal("under its identifier", str(feature["id"]), one.rsplit("/", 1)[1])
        answer = send("OPTIONS", one)
        checks.that("which may be replaced, changed and deleted", {"PUT", "PATCH", "DELETE"} <= answer.allow(), answer)
    with checks.part("create in another system"):
        answer = send("POST", items, new("Q 2", 42.62, -168.06), Content_Type=GEOJSON, Content_Crs=f"<{CRS}>")
        checks.equal("a feature is created in latitude and longitude", answer.status, 201)
        two = item_of(answer)
        feature = send("GET", two, Accept=GEOJSON).json()
        checks.that("and stands at longitude and latitude", near(feature["geometry"]["coordinates"], (-168.06, 42.62)), feature["geometry"])
        answer = send("GET", f"{two}?crs={urllib.parse.quote(CRS)}", Accept=GEOJSON)
        checks.that("read in that system it is turned again", near(answer.json()["geometry"]["coordinates"], (42.62, -168.06)), answer)
        checks.that("which Content-Crs says", answer.headers.get("content-crs") == f"<{CRS}>" and "Content-Crs" in answer.raw, answer)
    with checks.part("change properties"):
        answer = send("PATCH", one, {"properties": {"sigma_m": 0.25}}, Content_Type=MERGE)
        checks.that("properties alone are changed", answer.status in (200, 204), answer)
        feature = send("GET", one, Accept=GEOJSON).json()
        checks.equal("the one that was sent", feature["properties"]["sigma_m"], 0.25)
        checks.equal("and no other", feature["properties"][args.key], "Q 1")
        checks.that("nor the place", near(feature["geometry"]["coordinates"], (-168.05, 42.61)), feature["geometry"])
        answer = send("PATCH", one, {"properties": {"sigma_m": None}}, Content_Type=MERGE)
        feature = send("GET", one, Accept=GEOJSON).json()
        checks.equal("null takes a value away", (answer.status in (200, 204), feature["properties"]["sigma_m"]), (True, None))
    with checks.part("change geometry"):
        answer = send("PATCH", one, {"geometry": {"type": "Point", "coordinates": [-168.051, 42.611]}}, Content_Type=MERGE)
        checks.that("the geometry alone is changed", answer.status in (200, 204), answer)
        feature = send("GET", one, Accept=GEOJSON).json()
        checks.that("to where it was sent", near(feature["geometry"]["coordinates"], (-168.051, 42.611)), feature["geometry"])
        checks.equal("and no property", feature["properties"][args.key], "Q 1")
        answer = send("PATCH", two, {"geometry": {"type": "Point", "coordinates": [42.621, -168.061]}},
                      Content_Type=MERGE, Content_Crs=f"<{CRS}>")
        feature = send("GET", two, Accept=GEOJSON).json()
        checks.that("in another system too", near(feature["geometry"]["coordinates"], (-168.061, 42.621)), feature["geometry"])
    with checks.part("replace"):
        # Without PATCH, QGIS reads the feature, changes it, and puts the whole of it back.
        feature = send("GET", one, Accept=GEOJSON).json()
        feature["geometry"] = {"type": "Point", "coordinates": [-168.052, 42.612]}
        feature["properties"]["sigma_m"] = 0.5
        answer = send("PUT", one, feature, Content_Type=GEOJSON)
        checks.that("a feature is replaced by itself, changed", answer.status in (200, 204), answer)
        feature = send("GET", one, Accept=GEOJSON).json()
        checks.equal("its properties are the new ones", (feature["properties"]["sigma_m"], feature["properties"][args.key]), (0.5, "Q 1"))
        checks.that("and its place", near(feature["geometry"]["coordinates"], (-168.052, 42.612)), feature["geometry"])
    with checks.part("refusals"):
        answer = send("PATCH", one, {"geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}, Content_Type=MERGE)
        checks.equal("a line is no point", answer.status, 422)
        answer = send("POST", items, new("Q 3", -168.05, 42.61), Content_Type=GEOJSON, Content_Crs="<http://www.opengis.net/def/crs/EPSG/0/1>")
        checks.equal("an unknown system is refused", answer.status, 400)
        answer = send("PATCH", items + "/999999999999", {"properties": {}}, Content_Type=MERGE)
        checks.equal("what is not there cannot be changed", answer.status, 404)
    with checks.part("delete"):
        for url in (one, two):
            answer = send("DELETE", url)
            checks.that("a feature is deleted", answer.status in (200, 204), answer)
            answer = send("GET", url, Accept=GEOJSON)
            checks.that("and gone", answer.status in (404, 410), answer)
        found = send("GET", f"{items}?limit=1000", Accept=GEOJSON).json()
        checks.that("from the list too", all(not str(f["properties"][args.key]).startswith("Q ") for f in found["features"]))
    checks.end()


main()
