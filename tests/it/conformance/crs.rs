//! OGC API Features, part 2: reference systems by reference.

use serde_json::Value;

use super::site::{CRS84, POINTS, Point, Site, epsg, ids_of, sorted, truth};
use super::{Suite, ensure, same};

fn at(feature: &Value) -> (f64, f64) {
    let place = &feature["geometry"]["coordinates"];
    (
        place[0].as_f64().unwrap_or(f64::NAN),
        place[1].as_f64().unwrap_or(f64::NAN),
    )
}

/// Web map coordinates by the formula of the sphere.
fn mercator(point: &Point) -> (f64, f64) {
    let radius = 6_378_137.0;
    (
        radius * point.lon.to_radians(),
        radius * point.lat.to_radians().tan().asinh(),
    )
}

pub async fn run(suite: &mut Suite, site: &Site) {
    let items = format!("{POINTS}/items");
    let points = truth();
    let asked =
        async |parameters: &[(&str, &str)]| site.query(&items, &[parameters, &[("limit", "1000")]].concat()).await;
    let everything = asked(&[]).await;
    // The features of an answer in a system against the truth in it.
    let placed = |features: &[Value], wanted: &dyn Fn(&Point) -> (f64, f64), tolerance: f64| {
        same(features.len(), points.len())?;
        for point in &points {
            let found = features
                .iter()
                .find(|f| f["properties"]["number"] == point.number.as_str());
            let (x, y) = at(found.ok_or_else(|| format!("{} is missing", point.number))?);
            let (a, b) = wanted(point);
            let near = (x - a).abs() <= tolerance && (y - b).abs() <= tolerance;
            ensure(near, || format!("{}: {x} {y}, not {a} {b}", point.number))?;
        }
        Ok(())
    };
    suite
        .check("crs/collections-list-their-systems", async {
            let one = site.get(POINTS).await.json();
            let systems = one["crs"].as_array().cloned().unwrap_or_default();
            same(systems.first().and_then(Value::as_str), Some(CRS84))?;
            for code in [4326, 4490, 3857, 32651, 32652] {
                ensure(systems.contains(&epsg(code).into()), || {
                    format!("{code} is not in {systems:?}")
                })?;
            }
            Ok(())
        })
        .await;
    suite
        .check("crs/stored-system-is-offered", async {
            let one = site.get(POINTS).await.json();
            let stored = one["storageCrs"].as_str().unwrap_or_default().to_owned();
            same(stored.as_str(), CRS84)?;
            ensure(
                one["crs"]
                    .as_array()
                    .is_some_and(|all| all.contains(&stored.clone().into())),
                || stored,
            )
        })
        .await;
    suite
        .check("crs/default-is-said", async {
            same(everything.header("content-crs"), format!("<{CRS84}>").as_str())
        })
        .await;
    suite
        .check("crs/default-by-name", async {
            let got = asked(&[("crs", CRS84)]).await;
            got.is(200)?;
            placed(&got.features(), &|p| (p.lon, p.lat), 5.1e-10)
        })
        .await;
    suite
        .check("crs/latitude-first-in-4326", async {
            let got = asked(&[("crs", &epsg(4326))]).await;
            got.is(200)?;
            same(got.header("content-crs"), format!("<{}>", epsg(4326)).as_str())?;
            placed(&got.features(), &|p| (p.lat, p.lon), 5.1e-10)
        })
        .await;
    suite
        .check("crs/latitude-first-in-4490", async {
            let got = asked(&[("crs", &epsg(4490))]).await;
            got.is(200)?;
            same(got.header("content-crs"), format!("<{}>", epsg(4490)).as_str())?;
            placed(&got.features(), &|p| (p.lat, p.lon), 5.1e-10)
        })
        .await;
    suite
        .check("crs/metres-in-3857", async {
            let got = asked(&[("crs", &epsg(3857))]).await;
            got.is(200)?;
            placed(&got.features(), &mercator, 0.001)
        })
        .await;
    suite
        .check("crs/one-item", async {
            let first = site.first(POINTS).await?;
            let path = format!("{items}/{}", first["id"]);
            let got = site.query(&path, &[("crs", &epsg(4326))]).await;
            got.is(200)?;
            same(got.header("content-crs"), format!("<{}>", epsg(4326)).as_str())?;
            let ((x, y), (lon, lat)) = (at(&got.json()), at(&first));
            same((x, y), (lat, lon))
        })
        .await;
    suite
        .check("crs/unknown", async {
            for crs in [epsg(1), "EPSG:99999".to_owned(), "nonsense".to_owned(), String::new()] {
                asked(&[("crs", &crs)]).await.problem(400)?;
            }
            Ok(())
        })
        .await;
    let window = ("bbox", "-168.2,42.45,-167.95,42.6");
    suite
        .check("crs/bbox-in-latitude-and-longitude", async {
            let wanted = asked(&[window]).await.ids();
            let got = asked(&[("bbox", "42.45,-168.2,42.6,-167.95"), ("bbox-crs", &epsg(4326))]).await;
            got.is(200)?;
            ensure(!wanted.is_empty() && wanted.len() < points.len(), || {
                format!("{wanted:?}")
            })?;
            same(sorted(got.ids()), sorted(wanted))
        })
        .await;
    suite
        .check("crs/bbox-in-metres", async {
            let corner = |lon: f64, lat: f64| {
                let (x, y) = mercator(&Point {
                    number: String::new(),
                    section: String::new(),
                    lon,
                    lat,
                });
                format!("{x:.3},{y:.3}")
            };
            let bbox = format!("{},{}", corner(-168.2, 42.45), corner(-167.95, 42.6));
            let got = asked(&[("bbox", &bbox), ("bbox-crs", &epsg(3857))]).await;
            got.is(200)?;
            same(sorted(got.ids()), sorted(asked(&[window]).await.ids()))
        })
        .await;
    suite
        .check("crs/bbox-in-an-unknown-system", async {
            asked(&[window, ("bbox-crs", &epsg(1))]).await.problem(400)
        })
        .await;
    suite
        .check("crs/next-keeps-the-systems", async {
            let parameters = [
                ("limit", "2"),
                ("crs", &*epsg(4326)),
                ("bbox", "42.45,-168.2,42.6,-167.95"),
                ("bbox-crs", &*epsg(4326)),
            ];
            let all = site.walk(POINTS, &parameters).await?;
            same(sorted(ids_of(&all)), sorted(asked(&[window]).await.ids()))?;
            ensure(all.iter().all(|f| at(f).0 > 0.0 && at(f).1 < 0.0), || {
                format!("{:?}", all.first())
            })
        })
        .await;
}
