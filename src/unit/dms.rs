//! Degrees, minutes and seconds, as surveyors print them.

use super::{Latitude, Longitude};

/// `42°30′15.12345″N`, with so many digits behind the second.
///
/// - **Shape**: the sign becomes a letter; 60 seconds are carried, never printed.
pub fn latitude(latitude: Latitude, decimals: usize) -> String {
    written(
        latitude.get(),
        if latitude.get() < 0.0 { 'S' } else { 'N' },
        2,
        decimals,
    )
}

/// `168°03′07.50000″W`.
pub fn longitude(longitude: Longitude, decimals: usize) -> String {
    written(
        longitude.get(),
        if longitude.get() < 0.0 { 'W' } else { 'E' },
        3,
        decimals,
    )
}

fn written(degrees: f64, letter: char, width: usize, decimals: usize) -> String {
    let unit = 10_f64.powi(i32::try_from(decimals.min(9)).unwrap_or(0));
    // In whole units of the last digit, so that rounding carries through.
    let total = (degrees.abs() * 3600.0 * unit).round();
    let per_minute = 60.0 * unit;
    let per_degree = 3600.0 * unit;
    let d = (total / per_degree).floor();
    let m = ((total - d * per_degree) / per_minute).floor();
    let s = (total - d * per_degree - m * per_minute) / unit;
    let seconds_width = if decimals == 0 { 2 } else { 3 + decimals };
    format!("{d:0width$}°{m:02}′{s:0seconds_width$.decimals$}″{letter}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(degrees: f64, decimals: usize, expect: &str) {
        assert_eq!(latitude(Latitude::new(degrees).unwrap(), decimals), expect);
    }

    #[test]
    fn seconds_carry() {
        check(42.5, 4, "42°30′00.0000″N");
        check(42.999_999_999_99, 4, "43°00′00.0000″N");
        check(-0.000_01, 2, "00°00′00.04″S");
        check(7.0 + 5.0 / 60.0 + 9.0 / 3600.0, 0, "07°05′09″N");
        assert_eq!(
            longitude(Longitude::new(-168.052_083_333).unwrap(), 3),
            "168°03′07.500″W"
        );
    }
}
