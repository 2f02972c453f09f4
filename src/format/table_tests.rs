use super::*;

fn check(code: &str, positions: &[[f64; 2]], said: Option<&str>) {
    let shape = Geometry::Points(positions.to_vec());
    let outcome = plausible(&Crs::lookup(code).unwrap(), std::iter::once(&shape));
    match said {
        None => assert_eq!(outcome, Ok(())),
        Some(said) => {
            let problem = outcome.unwrap_err();
            assert_eq!(problem.code, Code::CrsUnknown);
            assert!(problem.detail.en.contains(said), "{}", problem.detail.en);
        }
    }
}

#[test]
fn degrees_and_metres_are_told_apart() {
    check("EPSG:4490", &[[130.6, 42.4]], None);
    check("EPSG:4530", &[[42_630_000.0, 4_700_000.0]], None);
    check("EPSG:4530", &[[130.6, 42.4], [130.7, 42.5]], Some("look like degrees"));
    check(
        "EPSG:4490",
        &[[42_630_000.0, 4_700_000.0]],
        Some("look like metres of EPSG:4530 (CGCS2000 / 3-degree Gauss-Kruger zone 42)"),
    );
    check("EPSG:4490", &[[500_000.0, 4_700_000.0]], Some("look like metres."));
    check("EPSG:4490", &[[42.4, 130.6]], Some("swapped"));
    check("EPSG:4490", &[], None);
}

#[test]
fn zones_are_read_from_eastings() {
    let zone = |w: f64| looks_like([w, 4_700_000.0, w + 10.0, 4_700_010.0]);
    assert!(zone(22_500_000.0).unwrap().starts_with("EPSG:4500 "));
    assert!(zone(43_500_000.0).unwrap().starts_with("EPSG:4531 "));
    assert_eq!(zone(24_500_000.0), None);
    assert_eq!(zone(500_000.0), None);
}
