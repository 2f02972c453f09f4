//! Distances, directions, places, offsets and map projections.

use merestone::crs::{Crs, Projection};
use merestone::geom::ellipsoid::Ellipsoid;
use merestone::geom::line::{GeodesicLine, densify};
use merestone::store::codec::Ewkb;
use merestone::unit::LonLat;

use super::{Dice, at};
use crate::support::db;

/// PostGIS rounds distances to ten nanometres; both compute by Karney's series.
const DISTANCE_M: f64 = 1e-6;

fn columns(points: impl Iterator<Item = LonLat>) -> (Vec<f64>, Vec<f64>) {
    points.map(|p| (p.lon.get(), p.lat.get())).unzip()
}

#[tokio::test]
async fn geodesics_are_those_of_the_database() {
    let db = db().await;
    let mut dice = Dice(20_261_123);
    let earth = Ellipsoid::wgs84();
    let mut pairs: Vec<(LonLat, LonLat)> = (0..500).map(|_| (dice.place(), dice.place())).collect();
    for _ in 0..500 {
        // From a metre to a thousand kilometres.
        let (from, length) = (dice.place(), 10_f64.powf(dice.between(0.0, 6.0)));
        pairs.push((from, earth.direct(from, dice.between(-180.0, 180.0), length).position));
    }
    let (lon1, lat1) = columns(pairs.iter().map(|p| p.0));
    let (lon2, lat2) = columns(pairs.iter().map(|p| p.1));
    let rows: Vec<(f64, f64, f64, f64, f64)> = sqlx::query_as(
        "with pair as (
             select st_setsrid(st_makepoint(x1, y1), 4326)::geography as a,
                    st_setsrid(st_makepoint(x2, y2), 4326)::geography as b, n
             from unnest($1::float8[], $2::float8[], $3::float8[], $4::float8[]) with ordinality as t (x1, y1, x2, y2, n)
         ), measured as (
             select n, a, b, st_distance(a, b) as distance, st_azimuth(a, b) as azimuth from pair
         )
         select distance, st_length(st_makeline(a::geometry, b::geometry)::geography), degrees(azimuth),
                st_x(st_project(a, distance, azimuth)::geometry), st_y(st_project(a, distance, azimuth)::geometry)
         from measured order by n",
    )
    .bind(lon1)
    .bind(lat1)
    .bind(lon2)
    .bind(lat2)
    .fetch_all(&db.pool)
    .await
    .unwrap();
    assert_eq!(rows.len(), pairs.len());
    let mut worst = [0.0_f64; 4];
    for ((from, to), (distance, length, azimuth, lon, lat)) in pairs.iter().zip(rows) {
        let inverse = earth.inverse(*from, *to);
        let turn = (inverse.azimuth_start - azimuth + 540.0).rem_euclid(360.0) - 180.0;
        // Half way round the earth two directions lead to places as near to each other as half of that.
        let lever = earth.semi_major_m() * (inverse.distance / earth.semi_major_m()).sin().abs();
        let end = earth.direct(*from, azimuth, distance).position;
        let off = [
            (inverse.distance - distance).abs(),
            (earth.length(&[*from, *to]) - length).abs(),
            turn.to_radians().abs() * lever,
            earth.distance(end, at(lon, lat)),
        ];
        for (worst, off) in worst.iter_mut().zip(off) {
            *worst = worst.max(off);
        }
    }
    let [distance, length, azimuth, project] = worst;
    println!(
        "1000 pairs: ST_Distance {distance:.1e} m, ST_Length {length:.1e} m, ST_Azimuth {azimuth:.1e} m across, ST_Project {project:.1e} m"
    );
    assert!(distance <= DISTANCE_M && length <= DISTANCE_M && azimuth <= DISTANCE_M && project <= DISTANCE_M);
}

/// Sixty kilometres of bends of ten metres to a kilometre and a half.
fn winding(dice: &mut Dice) -> GeodesicLine {
    let earth = Ellipsoid::wgs84();
    let (mut points, mut course, mut length) = (vec![at(130.2, 42.6)], 60.0, 0.0);
    while length < 60_000.0 {
        course += dice.between(-35.0, 35.0);
        let step = dice.between(10.0, 1_500.0);
        points.push(earth.direct(points[points.len() - 1], course, step).position);
        length += step;
    }
    GeodesicLine::new(earth, points).unwrap()
}

#[tokio::test]
async fn offsets_are_what_a_search_over_all_places_of_the_line_finds() {
    /// Between two of the places that are searched.
    const STEP_M: f64 = 0.5;
    let db = db().await;
    let mut dice = Dice(7);
    let line = winding(&mut dice);
    let dense = densify(line.ellipsoid(), line.vertices(), STEP_M);
    let (lon, lat) = columns(dense.iter().copied());
    let mut conn = db.pool.acquire().await.unwrap();
    sqlx::raw_sql("create temp table place (at geometry(Point, 4326))")
        .execute(&mut *conn)
        .await
        .unwrap();
    sqlx::query(
        "insert into place select st_setsrid(st_makepoint(x, y), 4326)
         from unnest($1::float8[], $2::float8[]) as t (x, y)",
    )
    .bind(lon)
    .bind(lat)
    .execute(&mut *conn)
    .await
    .unwrap();
    sqlx::raw_sql("create index place_at_idx on place using gist (at); analyze place")
        .execute(&mut *conn)
        .await
        .unwrap();
    let points: Vec<LonLat> = (0..200)
        .map(|_| {
            let on = line.at(dice.between(0.0, line.length()));
            let (direction, away) = (dice.between(-180.0, 180.0), dice.between(0.0, 400.0));
            line.ellipsoid().direct(on, direction, away).position
        })
        .collect();
    let (lon, lat) = columns(points.iter().copied());
    // The box reaches 890 m to each side at least, and no point is further than 400 m from the line.
    let rows: Vec<(f64, f64, f64, f64)> = sqlx::query_as(
        "select near.distance, near.x, near.y,
                st_distance(st_setsrid(st_makepoint(p.x, p.y), 4326)::geography, $3::geometry::geography)
         from unnest($1::float8[], $2::float8[]) with ordinality as p (x, y, n)
         cross join lateral (
             select st_distance(place.at::geography, st_setsrid(st_makepoint(p.x, p.y), 4326)::geography) as distance,
                    st_x(place.at) as x, st_y(place.at) as y
             from place
             where place.at && st_expand(st_setsrid(st_makepoint(p.x, p.y), 4326), 0.011)
             order by 1
             limit 1
         ) as near
         order by p.n",
    )
    .bind(lon)
    .bind(lat)
    .bind(Ewkb::line(4326, line.vertices()))
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    assert_eq!(rows.len(), points.len());
    let (mut least_excess, mut worst_excess, mut worst_foot, mut worst_direct) =
        (f64::INFINITY, 0.0_f64, 0.0_f64, 0.0_f64);
    for (point, (distance, x, y, direct)) in points.iter().zip(rows) {
        let foot = line.foot(*point);
        let excess = distance - foot.distance;
        // The place searched nearest lies half a step from the foot at most.
        let half = 0.5 * STEP_M;
        let allowed = foot.distance.hypot(half) - foot.distance + DISTANCE_M;
        assert!(
            (-DISTANCE_M..=allowed).contains(&excess),
            "{point:?}: {distance} for {foot:?}"
        );
        least_excess = least_excess.min(excess);
        worst_excess = worst_excess.max(excess);
        worst_direct = worst_direct.max((direct - foot.distance).abs());
        // Where two branches of the line are as near as each other, the places differ; the distances may not.
        if excess < 1e-3 {
            worst_foot = worst_foot.max(line.ellipsoid().distance(foot.position, at(x, y)));
        }
    }
    println!(
        "200 points, {} places: searched minus computed {least_excess:.1e} to {worst_excess:.1e} m; feet {worst_foot:.2} m apart at most; ST_Distance to the line off by {worst_direct:.1e} m",
        dense.len()
    );
    // PostGIS finds the foot on the sphere and measures on the spheroid.
    assert!(worst_direct <= 0.01, "{worst_direct}");
}

#[tokio::test]
async fn map_coordinates_are_those_of_the_database() {
    let db = db().await;
    let mut dice = Dice(99);
    // Web Mercator is for display only; the zones are what people read metres in.
    for (code, west, east, south, north) in [
        ("EPSG:3857", -180.0, 180.0, -85.0, 85.0),
        ("EPSG:32652", 126.0, 132.0, 0.0, 84.0),
        ("EPSG:4531", 127.5, 130.5, 40.0, 47.0),
        ("EPSG:28422", 129.0, 132.0, 42.0, 45.0),
    ] {
        let crs = Crs::lookup(code).unwrap();
        let projection = Projection::new(&crs).unwrap();
        let base = Crs::lookup(crs.base_code()).unwrap().srid().unwrap();
        let points: Vec<LonLat> = (0..500)
            .map(|_| at(dice.between(west, east), dice.between(south, north)))
            .collect();
        let (lon, lat) = columns(points.iter().copied());
        let rows: Vec<(f64, f64)> = sqlx::query_as(
            "select st_x(p), st_y(p) from (
                 select st_transform(st_setsrid(st_makepoint(x, y), $3), $4) as p, n
                 from unnest($1::float8[], $2::float8[]) with ordinality as t (x, y, n)
             ) as moved order by n",
        )
        .bind(lon)
        .bind(lat)
        .bind(base)
        .bind(crs.srid().unwrap())
        .fetch_all(&db.pool)
        .await
        .unwrap();
        let mut worst = 0.0_f64;
        for (point, (x, y)) in points.iter().zip(rows) {
            let [e, n] = projection.forward(*point).unwrap();
            worst = worst.max((e - x).hypot(n - y));
        }
        println!("{code}: 500 places, {worst:.1e} m at most");
        assert!(worst <= 1e-6, "{code}: {worst}");
    }
}
