"""One line a check, a summary at the end, and an exit code: what all client scripts share."""

import argparse
import contextlib
import json
import os
import pathlib
import sys
import traceback

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "data/sample/astrand-veyra"


# By which the scripts come in; every client brings it in its own way.
TOKEN = os.environ.get("MERESTONE_TOKEN", "")
HEADERS = {"Authorization": f"Bearer {TOKEN}"} if TOKEN else {}
if TOKEN:
    os.environ["GDAL_HTTP_HEADERS"] = f"Authorization: Bearer {TOKEN}"


class Checks:
    def __init__(self, client):
        self.client, self.passed, self.failed = client, 0, []

    def that(self, name, holds, seen=""):
        if holds:
            self.passed += 1
            print(f"ok      {name}")
        else:
            self.failed.append(name)
            print(f"FAILED  {name}: {str(seen)[:600]}")
        return bool(holds)

    def equal(self, name, seen, wanted):
        return self.that(name, seen == wanted, f"{seen!r} is not {wanted!r}")

    @contextlib.contextmanager
    def part(self, name):
        """What breaks inside is one failed check; the parts after it still run."""
        try:
            yield
        except Exception as fault:
            self.that(name, False, f"{type(fault).__name__}: {fault}")
            traceback.print_exc(limit=-2)

    def end(self):
        print(f"{self.client}: {self.passed} passed, {len(self.failed)} failed")
        if self.failed:
            print(f"{self.client}: the first that failed: {self.failed[0]}")
        sys.stdout.flush()
        sys.exit(1 if self.failed or not self.passed else 0)


class Truth:
    """The register's points as the file has them from which they were taken: what a download is compared with."""

    def __init__(self, path, key):
        features = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["features"]
        self.at = {f["properties"][key]: tuple(f["geometry"]["coordinates"][:2]) for f in features}
        self.properties = {f["properties"][key]: f["properties"] for f in features}
        assert len(self.at) == len(features) > 1, "every key is there once"
        x, y = zip(*self.at.values())
        self.bounds = (min(x), min(y), max(x), max(y))

    def __len__(self):
        return len(self.at)

    def box(self, share=0.5):
        """A window on the south-west part and the keys in it, none of them within a metre of its edge."""
        w, s, e, n = self.bounds
        box = (w - 0.01, s - 0.01, w + (e - w) * share, s + (n - s) * share)
        inside = {k for k, (x, y) in self.at.items() if box[0] <= x <= box[2] and box[1] <= y <= box[3]}
        near = [k for k, (x, y) in self.at.items() if min(abs(x - box[2]), abs(y - box[3])) < 1e-5]
        assert 0 < len(inside) < len(self) and not near, "the window divides the points"
        return box, inside

    def same_place(self, key, x, y, tolerance=5e-10):
        wanted = self.at[key]
        return abs(wanted[0] - x) <= tolerance and abs(wanted[1] - y) <= tolerance


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--base", required=True, help="address of the service, without a slash at the end")
    parser.add_argument("--collection", default="boundary_points", help="a collection of points")
    parser.add_argument("--truth", default=str(SAMPLE / "boundary_points.geojson"), help="GeoJSON of all its points")
    parser.add_argument("--key", default="number", help="the property that tells them apart")
    parser.add_argument("--group", default="section", help="a property that many share")
    return parser
