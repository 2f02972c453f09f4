//! Simplicity, and geometry through a real table.

use merestone::geom::ellipsoid::Ellipsoid;
use merestone::geom::line::GeodesicLine;
use merestone::geom::topology::{Fault, faults};
use merestone::store::codec::Ewkb;
use merestone::unit::LonLat;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::{Dice, at, cases};
use crate::support::db;

/// A walk of short steps; every third one goes back to a vertex it has been at.
fn walk(dice: &mut Dice, n: usize) -> Vec<LonLat> {
    let (mut lon, mut lat, mut course) = (130.5, 42.5, dice.between(0.0, 360.0));
    let mut points = vec![at(lon, lat)];
    let returns = (dice.between(0.0, 3.0) < 1.0).then(|| dice.between(1.0, n as f64) as usize);
    for k in 1..n {
        course += dice.between(-75.0, 75.0);
        let step = dice.between(5.0, 150.0) / 111_200.0;
        lat += step * f64::to_radians(course).cos();
        lon += step * f64::to_radians(course).sin() / lat.to_radians().cos();
        // Not the vertex just left: that would be a spike, which PostGIS calls a touch and Merestone by its name.
        match returns.filter(|back| *back >= 3 && k == *back) {
            Some(back) => points.push(points[back - 3]),
            None => points.push(at(lon, lat)),
        }
        (lon, lat) = (points[k].lon.get(), points[k].lat.get());
    }
    points
}

#[tokio::test]
async fn lines_are_simple_where_the_database_says_so() {
    let db = db().await;
    let mut dice = Dice(12);
    let lines: Vec<Vec<LonLat>> = (0..2_000)
        .map(|_| {
            let n = dice.between(3.0, 25.0) as usize;
            walk(&mut dice, n)
        })
        .collect();
    let geometries: Vec<Ewkb> = lines.iter().map(|line| Ewkb::line(4326, line)).collect();
    let simple: Vec<(bool, bool)> = sqlx::query_as(
        "select st_issimple(line), st_isclosed(line)
         from unnest($1::geometry[]) with ordinality as t (line, n) order by n",
    )
    .bind(geometries)
    .fetch_all(&db.pool)
    .await
    .unwrap();
    let mut crossing = 0;
    for (line, (simple, closed)) in lines.iter().zip(&simple) {
        let course = GeodesicLine::new(Ellipsoid::wgs84(), line.clone()).unwrap();
        let found = faults(&course);
        let ends = line.len() - 2;
        // A ring may touch itself where it closes; a boundary section may not.
        let crossed = found.iter().any(|fault| match fault {
            Fault::Crossing { pieces, .. } => !(*closed && *pieces == (0, ends)),
            Fault::NoLength { .. } | Fault::Spike { .. } => false,
        });
        assert_eq!(crossed, !simple, "{line:?}: {found:?}");
        if *closed {
            assert!(!found.is_empty(), "{line:?}");
        }
        crossing += usize::from(crossed);
    }
    println!("2000 lines, {crossing} of them not simple");
    assert!((200..1_800).contains(&crossing), "{crossing}");
}

fn somewhere() -> impl Strategy<Value = LonLat> {
    (-180.0..=180.0, -90.0..=90.0).prop_map(|(lon, lat)| at(lon, lat))
}

/// A number as a receiver may write it, or none.
fn perhaps() -> impl Strategy<Value = f64> {
    prop_oneof![3 => -1e5..1e5_f64, 1 => Just(f64::NAN), 1 => Just(0.0), 1 => Just(-0.0), 1 => 1.7e9..1.9e9_f64]
}

#[test]
fn geometry_goes_through_a_table_unchanged() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let db = runtime.block_on(async {
        let db = db().await;
        sqlx::raw_sql(
            "create table shape (point geometry(Point, 4490), line geometry(LineString, 4490),
                                 polygon geometry(Polygon, 4490), lines geometry(MultiLineString, 4490),
                                 fixes geometry(LineStringZM, 4326))",
        )
        .execute(&db.pool)
        .await
        .unwrap();
        db
    });
    let points = prop::collection::vec(somewhere(), 2..30);
    let fixes = prop::collection::vec((somewhere(), perhaps(), perhaps()), 2..30);
    let mut runner = TestRunner::new(cases(100));
    let outcome = runner.run(&(points, fixes), |(points, fixes)| {
        let fixes: Vec<[f64; 4]> = fixes
            .iter()
            .map(|(p, z, m)| [p.lon.get(), p.lat.get(), *z, *m])
            .collect();
        // A ring must close.
        let mut ring = points.clone();
        ring.extend([points[1], points[0]]);
        let written = [
            Ewkb::point(4490, points[0]),
            Ewkb::line(4490, &points),
            Ewkb::polygon(4490, &[ring.clone(), ring.clone()]),
            Ewkb::lines(4490, &[points.clone(), ring.clone()]),
            Ewkb::line_zm(4326, &fixes),
        ];
        type Back = (Ewkb, Ewkb, Ewkb, Ewkb, Ewkb, f64, f64, i32, i32, Ewkb);
        let back: Back = runtime.block_on(async {
            sqlx::query("truncate shape").execute(&db.pool).await.unwrap();
            let [a, b, c, d, e] = written.clone();
            sqlx::query("insert into shape values ($1, $2, $3, $4, $5)")
                .bind(a)
                .bind(b)
                .bind(c)
                .bind(d)
                .bind(e)
                .execute(&db.pool)
                .await
                .unwrap();
            sqlx::query_as(
                "select point, line, polygon, lines, fixes, st_x(point), st_y(point), st_npoints(lines), st_srid(fixes),
                        st_geometryn(lines, 2)
                 from shape",
            )
            .fetch_one(&db.pool)
            .await
            .unwrap()
        });
        let (point, line, polygon, lines, walked, x, y, n, srid, second) = back;
        for (bytes, sent) in [&point, &line, &polygon, &lines, &walked].into_iter().zip(&written) {
            prop_assert_eq!(bytes, sent);
        }
        prop_assert_eq!(point.to_point().unwrap(), points[0]);
        prop_assert_eq!(line.to_line().unwrap(), points.clone());
        prop_assert_eq!(polygon.to_polygon().unwrap(), vec![ring.clone(), ring.clone()]);
        prop_assert_eq!(second.to_line().unwrap(), ring.clone());
        let bits = |points: &[[f64; 4]]| -> Vec<u64> { points.iter().flatten().map(|v| v.to_bits()).collect() };
        prop_assert_eq!(bits(&walked.to_line_zm().unwrap()), bits(&fixes));
        // The database reads the same numbers in them.
        prop_assert_eq!((x, y), (points[0].lon.get(), points[0].lat.get()));
        prop_assert_eq!((n as usize, srid), (points.len() + ring.len(), 4326));
        Ok(())
    });
    outcome.unwrap();
}
