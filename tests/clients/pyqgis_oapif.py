#!/usr/bin/env python3
"""Opens a collection in QGIS (3.22 of Debian 12 and newer) without a screen, as its users do: layer, fields, count, extent,
window, filter, one feature, and, where that QGIS can, editing.

    apt-get install --no-install-recommends python3-qgis qgis-providers
    QT_QPA_PLATFORM=offscreen /usr/bin/python3 tests/clients/pyqgis_oapif.py --base http://127.0.0.1:8080
"""

import os
import tempfile

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Settings and caches of whoever runs this stay as they are, and nothing of an earlier run is answered from a cache.
os.environ["HOME"] = os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp()

from qgis.core import (Qgis, QgsApplication, QgsDataSourceUri, QgsFeatureRequest, QgsRectangle,  # noqa: E402
                       QgsVectorDataProvider, QgsVectorLayer, QgsWkbTypes)

from checks import TOKEN, Checks, Truth, arguments  # noqa: E402


# QGIS signs in by name and password; a token stands for the password, and the name is not asked for.
SIGN_IN = {"username": "qgis", "password": TOKEN} if TOKEN else {}


def layer(base, collection, **options):
    uri = QgsDataSourceUri()
    for name, value in {"url": base, "typename": collection, "pagingEnabled": "true", **SIGN_IN, **options}.items():
        uri.setParam(name, value)
    return QgsVectorLayer(uri.uri(False), collection, "OAPIF")


def main():
    args = arguments(__doc__.splitlines()[0]).parse_args()
    checks, truth = Checks(f"QGIS {Qgis.QGIS_VERSION}"), Truth(args.truth, args.key)
    app = QgsApplication([], False)
    app.initQgis()

    def keys(features):
        return sorted(feature[args.key] for feature in features)

    with checks.part("opening"):
        points = layer(args.base, args.collection)
        checks.that("the layer is valid", points.isValid(), points.dataProvider().error().message() if points.dataProvider() else "")
        checks.equal("it is of points", QgsWkbTypes.flatType(points.wkbType()), QgsWkbTypes.Point)
        checks.that("in WGS 84", points.crs().authid() in ("OGC:CRS84", "EPSG:4326"), points.crs().authid())
        fields = [field.name() for field in points.fields()]
        checks.that("with its fields", {args.key, args.group} <= set(fields), fields)
        kinds = {field.name(): field.typeName() for field in points.fields()}
        checks.that("numbers are numbers", kinds.get("sigma_m", "double").lower() in ("double", "real"), kinds)
    with checks.part("reading"):
        features = list(points.getFeatures())
        checks.equal("every feature comes once", keys(features), sorted(truth.at))
        wrong = [f[args.key] for f in features
                 if not truth.same_place(f[args.key], f.geometry().asPoint().x(), f.geometry().asPoint().y(), 1e-9)]
        checks.that("every point is where the register has it", not wrong, wrong[:5])
        checks.equal("the count is that of the register", points.featureCount(), len(truth))
        extent = points.extent()
        w, s, e, n = truth.bounds
        checks.that("the extent holds all points", extent.buffered(1e-6).contains(QgsRectangle(w, s, e, n)), extent.toString())
    with checks.part("pages"):
        paged = layer(args.base, args.collection, pageSize="7")
        checks.equal("pages of seven make the whole", keys(paged.getFeatures()), sorted(truth.at))
    with checks.part("window"):
        box, inside = truth.box()
        window = layer(args.base, args.collection, restrictToRequestBBOX="1")
        found = window.getFeatures(QgsFeatureRequest().setFilterRect(QgsRectangle(*box)))
        checks.equal("a window gives the points in it", keys(found), sorted(inside))
    with checks.part("filter"):
        group = truth.properties[next(iter(truth.at))][args.group]
        wanted = sorted(k for k, p in truth.properties.items() if p[args.group] == group)
        found = points.getFeatures(QgsFeatureRequest().setFilterExpression(f"\"{args.group}\" = '{group}'"))
        checks.equal("an expression gives what it says", keys(found), wanted)
        filtered = layer(args.base, args.collection)
        checks.that("a filter of the layer is taken", filtered.setSubsetString(f"\"{args.group}\" = '{group}'"))
        checks.equal("and holds", keys(filtered.getFeatures()), wanted)
    with checks.part("one feature"):
        some = features[len(features) // 2]
        again = points.getFeature(some.id())
        checks.equal("one feature is read by its identifier", again[args.key], some[args.key])
    if Qgis.QGIS_VERSION_INT >= 33200:
        with checks.part("editing"):
            can = points.dataProvider().capabilities()
            checks.that("features can be added", can & QgsVectorDataProvider.AddFeatures)
            checks.that("and changed", can & QgsVectorDataProvider.ChangeAttributeValues)
            checks.that("and deleted", can & QgsVectorDataProvider.DeleteFeatures)
    else:
        print("        (this QGIS cannot edit over OGC API Features; qgis_edits.py replays what newer ones send)")
    del points
    app.exitQgis()
    checks.end()


main()
