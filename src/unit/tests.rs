use super::*;

#[test]
fn a_length_is_finite() {
    assert!(Metres::new(f64::NAN).is_err());
    assert!(Metres::new(f64::INFINITY).is_err());
    assert_eq!(Metres::new(-3.5).map(Metres::get), Ok(-3.5));
}

#[test]
fn a_position_is_on_the_globe() {
    assert!(LonLat::new(130.5, 42.5).is_ok());
    assert!(LonLat::new(42.5, 130.5).is_err());
    assert!(LonLat::new(f64::NAN, 0.0).is_err());
}

#[test]
fn a_bearing_is_one_turn() {
    let turned = |v| Bearing::new(v).map(Bearing::get);
    assert_eq!(turned(-90.0), Ok(270.0));
    assert_eq!(turned(360.0), Ok(0.0));
    assert_eq!(turned(-1e-20), Ok(0.0));
    assert!(turned(f64::NAN).is_err());
}

#[test]
fn chainage_is_written_as_surveyors_do() {
    let written = |v| Chainage::new(v).map(|c| c.to_string());
    assert_eq!(written(12_300.4), Ok("K12+300".into()));
    assert_eq!(written(999.7), Ok("K1+000".into()));
    assert_eq!(written(7.0), Ok("K0+007".into()));
    assert!(written(-0.1).is_err());
}

#[test]
fn an_epoch_is_a_decimal_year() {
    let of = |s| Epoch::from_unix_seconds(s).map(Epoch::get);
    assert_eq!(of(946_728_000.0), Ok(2000.0));
    assert!((of(1_793_000_000.0).unwrap_or(0.0) - 2026.82).abs() < 0.01);
}

#[test]
fn independent_errors_add_as_squares() {
    let sum = Sigma::new(3.0).and_then(|a| Ok(a.and(Sigma::new(4.0)?)));
    assert_eq!(sum.map(Sigma::get), Ok(5.0));
}
