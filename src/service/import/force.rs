//! From when what is taken over is in force: since the instrument that it cites is, however late it is written down.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use uuid::Uuid;

use crate::domain::instrument::Instrument;
use crate::service::{Context, Result};
use crate::store;

/// The beginning of a day, UTC. What is taken over now is in the register now, even if its day is still to come.
fn begin(day: Date, now: Timestamp) -> Timestamp {
    day.to_zoned(TimeZone::UTC).map_or(now, |at| at.timestamp()).min(now)
}

/// From when what cites an instrument of the register is in force.
///
/// # Errors
/// When the database cannot be read.
pub async fn since(cx: &Context, conn: &mut store::Conn) -> Result<HashMap<Uuid, Timestamp>> {
    let now = cx.clock.now();
    let dates = store::boundary::instrument_dates(conn).await?;
    Ok(dates.into_iter().map(|(id, day)| (id, begin(day, now))).collect())
}

/// The day on which an instrument came into force, or was signed where it does not say.
pub fn of(instrument: &Instrument, now: Timestamp) -> Option<Timestamp> {
    let day = instrument.in_force.or(instrument.signed)?;
    Some(begin(day, now))
}

/// Since when there has been a boundary: since the first of its instruments; none where no instrument has a date.
pub fn founded(instruments: &[Instrument], now: Timestamp) -> Option<Timestamp> {
    instruments.iter().filter_map(|instrument| of(instrument, now)).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::instrument::InstrumentKind;
    use crate::domain::text::Names;

    fn instrument(signed: Option<&str>, in_force: Option<&str>) -> Instrument {
        Instrument {
            key: "k".to_owned(),
            kind: InstrumentKind::Protocol,
            number: None,
            names: Names::default(),
            signed: signed.map(|day| day.parse().unwrap()),
            in_force: in_force.map(|day| day.parse().unwrap()),
            citation: None,
        }
    }

    #[test]
    fn the_first_instrument_founds_and_the_future_is_not_waited_for() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let treaty = instrument(Some("1994-06-14"), Some("1995-02-01"));
        let act = instrument(Some("1994-10-01"), None);
        let coming = instrument(None, Some("2027-01-01"));
        let at = |text: &str| text.parse::<Timestamp>().ok();
        assert_eq!(of(&treaty, now), at("1995-02-01T00:00:00Z"));
        assert_eq!(of(&coming, now), Some(now));
        assert_eq!(of(&instrument(None, None), now), None);
        assert_eq!(founded(&[treaty, act, coming], now), at("1994-10-01T00:00:00Z"));
        assert_eq!(founded(&[], now), None);
    }
}
