//! The offset of Chinese web maps (GCJ-02), recognised by its fingerprint and named; never silently put right.

use super::text::Message;
use crate::geom::ellipsoid::Ellipsoid;
use crate::geom::line::GeodesicLine;
use crate::unit::LonLat;

/// A track is compared with another where both lie in these longitudes and latitudes: elsewhere there is no offset.
const WEST_SOUTH_EAST_NORTH: [f64; 4] = [72.0, 0.8, 138.0, 56.0];

/// A track further than this from another, in the median and in metres, does not run along it.
const APART_M: f64 = 50.0;

/// A track nearer than this, put right, runs along it: the noise of a receiver and the thinning of stored paths.
const ALONG_M: f64 = 10.0;

/// Which of two tracks carries the offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shifted {
    This,
    Other,
}

/// The GCJ-02 position of a WGS 84 one.
///
/// - **Units**: degrees; the result is off the official offset by a metre at most.
/// - **Errors**: none; outside China the position itself.
/// - **Source**: the approximation that has long been public, on the Krassowsky ellipsoid.
pub fn gcj02(position: LonLat) -> LonLat {
    let (lon, lat) = (position.lon.get(), position.lat.get());
    if !in_china(position) {
        return position;
    }
    let pi = std::f64::consts::PI;
    let (x, y) = (lon - 105.0, lat - 35.0);
    let waves = |v: f64, parts: [(f64, f64); 2]| -> f64 {
        parts
            .iter()
            .map(|(size, rate)| size * (v * rate * pi).sin())
            .sum::<f64>()
            * 2.0
            / 3.0
    };
    let both = waves(x, [(20.0, 6.0), (20.0, 2.0)]);
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + both
        + waves(y, [(20.0, 1.0), (40.0, 1.0 / 3.0)])
        + waves(y, [(160.0, 1.0 / 12.0), (320.0, 1.0 / 30.0)]);
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + both
        + waves(x, [(20.0, 1.0), (40.0, 1.0 / 3.0)])
        + waves(x, [(150.0, 1.0 / 12.0), (300.0, 1.0 / 30.0)]);
    let (a, e2) = (6_378_245.0, 0.006_693_421_622_965_943);
    let w = 1.0 - e2 * lat.to_radians().sin().powi(2);
    let meridian = a * (1.0 - e2) / (w * w.sqrt());
    let parallel = a / w.sqrt() * lat.to_radians().cos();
    LonLat::new(
        lon + (east / parallel).to_degrees(),
        lat + (north / meridian).to_degrees(),
    )
    .unwrap_or(position)
}

/// The WGS 84 position of a GCJ-02 one, by fixed-point iteration.
///
/// - **Errors**: none; the round trip closes to a millimetre.
pub fn from_gcj02(shifted: LonLat) -> LonLat {
    let mut plain = shifted;
    for _ in 0..10 {
        let there = gcj02(plain);
        let lon = plain.lon.get() + shifted.lon.get() - there.lon.get();
        let lat = plain.lat.get() + shifted.lat.get() - there.lat.get();
        plain = LonLat::new(lon, lat).unwrap_or(plain);
    }
    plain
}

fn in_china(position: LonLat) -> bool {
    let [west, south, east, north] = WEST_SOUTH_EAST_NORTH;
    (west..=east).contains(&position.lon.get()) && (south..=north).contains(&position.lat.get())
}

/// Whether one of two tracks is the other with the GCJ-02 offset: they run apart, and together once it is taken off.
///
/// - **Shape**: positions in WGS 84 as written, in order; two at least.
/// - **Errors**: `None` where they run along each other as they are, or not even then.
pub fn compare(this: &[LonLat], other: &[LonLat]) -> Option<Shifted> {
    if !this.iter().chain(other).all(|p| in_china(*p)) {
        return None;
    }
    let path = GeodesicLine::new(Ellipsoid::wgs84(), other.to_vec())?;
    let median = |change: fn(LonLat) -> LonLat| {
        let mut distances: Vec<f64> = this.iter().map(|p| path.foot(change(*p)).distance).collect();
        distances.sort_by(f64::total_cmp);
        distances.get(distances.len() / 2).copied().unwrap_or(0.0)
    };
    if median(|p| p) <= APART_M {
        return None;
    }
    if median(from_gcj02) <= ALONG_M {
        Some(Shifted::This)
    } else if median(gcj02) <= ALONG_M {
        Some(Shifted::Other)
    } else {
        None
    }
}

/// What the sender is told: by how much, in which direction, against what, and what to do.
pub fn message(shifted: Shifted, this: &[LonLat], other: &str) -> Option<Message> {
    let middle = *this.get(this.len() / 2)?;
    let leg = match shifted {
        Shifted::This => Ellipsoid::wgs84().inverse(from_gcj02(middle), middle),
        Shifted::Other => Ellipsoid::wgs84().inverse(middle, gcj02(middle)),
    };
    let (metres, azimuth) = (leg.distance.round(), leg.azimuth_start.rem_euclid(360.0).round());
    Some(match shifted {
        Shifted::This => Message::new(
            format!(
                "The track is shifted as a whole by {metres} m towards {azimuth}° against {other}: the offset of Chinese web maps (GCJ-02). Taken back from GCJ-02 to WGS 84 the two agree. Nothing was corrected; export the track in WGS 84 and send it again."
            ),
            format!(
                "轨迹相对{other}整体偏移{metres}米，方位{azimuth}°，为国内网络地图偏移（GCJ-02）。按 GCJ-02 还原为 WGS 84 后二者一致。系统未作任何改正；请以 WGS 84 重新导出并提交。"
            ),
        ),
        Shifted::Other => Message::new(
            format!(
                "{other} is shifted as a whole by {metres} m towards {azimuth}° against this track: the offset of Chinese web maps (GCJ-02). Nothing was corrected; have it exported in WGS 84 and sent again."
            ),
            format!(
                "{other}相对本轨迹整体偏移{metres}米，方位{azimuth}°，为国内网络地图偏移（GCJ-02）。系统未作任何改正；请以 WGS 84 重新导出并提交。"
            ),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lon: f64, lat: f64) -> LonLat {
        LonLat::new(lon, lat).unwrap()
    }

    fn walk() -> Vec<LonLat> {
        (0..40)
            .map(|k| at(130.6 + 0.0007 * f64::from(k), 42.43 + 0.0005 * f64::from(k)))
            .collect()
    }

    #[test]
    fn the_offset_at_hunchun_is_the_known_one() {
        // A published pair: 130.6 E 42.43 N becomes 130.6066646 E 42.4322204 N.
        let shifted = gcj02(at(130.6, 42.43));
        assert!(
            (shifted.lon.get() - 130.606_664_6).abs() < 1e-7 && (shifted.lat.get() - 42.432_220_4).abs() < 1e-7,
            "{shifted:?}"
        );
        let back = from_gcj02(shifted);
        assert!(Ellipsoid::wgs84().distance(back, at(130.6, 42.43)) < 1e-3);
        assert_eq!(gcj02(at(-168.0, 42.5)), at(-168.0, 42.5));
    }

    #[test]
    fn a_shifted_track_is_told_from_a_plain_one() {
        let (plain, shifted): (Vec<_>, Vec<_>) = walk().into_iter().map(|p| (p, gcj02(p))).unzip();
        assert_eq!(compare(&shifted, &plain), Some(Shifted::This));
        assert_eq!(compare(&plain, &shifted), Some(Shifted::Other));
        assert_eq!(compare(&plain, &plain), None);
        let elsewhere: Vec<_> = plain.iter().map(|p| at(p.lon.get() + 0.02, p.lat.get())).collect();
        assert_eq!(compare(&elsewhere, &plain), None);
        let said = message(Shifted::This, &shifted, "U-000001").unwrap();
        assert!(
            said.en.contains("GCJ-02") && said.zh.contains("GCJ-02") && said.en.contains("60"),
            "{said:?}"
        );
    }
}
