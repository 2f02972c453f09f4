//! `datetime` and `known-at`: instants and intervals as clients write them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::InForce;
use crate::domain::filter::syntax::{date, time};
use crate::domain::text::Message;

/// Which end of an interval a text stands at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    From,
    To,
}

fn wrong() -> Message {
    Message::new(
        "is neither a time such as 2026-05-01T08:00:00Z nor an interval such as 2026-05-01/..",
        "既不是时间（如 2026-05-01T08:00:00Z），也不是区间（如 2026-05-01/..）",
    )
}

/// An instant, or an interval with at most one open end on each side.
///
/// A day stands for its beginning, at the end of an interval for its last moment, in UTC.
///
/// # Errors
/// What is wrong with the text.
pub fn datetime(text: &str) -> Result<InForce, Message> {
    // An unescaped plus sign of an offset arrives as a space.
    let text = text.trim().replace(' ', "+");
    let Some((from, to)) = text.split_once('/') else {
        return instant(&text).map(InForce::At).ok_or_else(wrong);
    };
    let (from, to) = (end(from, End::From)?, end(to, End::To)?);
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(Message::new("ends before it begins", "结束早于开始"));
    }
    Ok(InForce::Within { from, to })
}

/// # Errors
/// What is wrong with the text.
pub fn known_at(text: &str) -> Result<Timestamp, Message> {
    instant(&text.trim().replace(' ', "+")).ok_or_else(|| {
        Message::new(
            "is no time such as 2026-05-01T08:00:00Z",
            "不是时间（如 2026-05-01T08:00:00Z）",
        )
    })
}

fn start(day: Date) -> Option<Timestamp> {
    Some(day.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok()?.timestamp())
}

fn instant(text: &str) -> Option<Timestamp> {
    date(text).map_or_else(|| time(text), start)
}

fn end(text: &str, which: End) -> Result<Option<Timestamp>, Message> {
    // Some desktop clients write an open end as the first or last year there is.
    let far = match which {
        End::From => "0000-",
        End::To => "9999-",
    };
    if matches!(text, "" | "..") || text.starts_with(far) {
        return Ok(None);
    }
    let found = match (date(text), which) {
        (Some(day), End::To) => day
            .at(23, 59, 59, 999_999_000)
            .to_zoned(TimeZone::UTC)
            .ok()
            .map(|z| z.timestamp()),
        _ => instant(text),
    };
    found.map(Some).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn instants_and_intervals_are_read() {
        let check = |text: &str, expect: InForce| assert_eq!(datetime(text), Ok(expect), "{text}");
        check("2026-05-01T08:00:00Z", InForce::At(at("2026-05-01T08:00:00Z")));
        check("2026-05-01T08:00:00 08:00", InForce::At(at("2026-05-01T00:00:00Z")));
        check("2026-05-01", InForce::At(at("2026-05-01T00:00:00Z")));
        let within = |from: Option<&str>, to: Option<&str>| InForce::Within {
            from: from.map(at),
            to: to.map(at),
        };
        check("2026-05-01/..", within(Some("2026-05-01T00:00:00Z"), None));
        check("/2026-05-01", within(None, Some("2026-05-01T23:59:59.999999Z")));
        check("../..", within(None, None));
        check("0000-01-01T00:00:00Z/9999-12-31T23:59:59Z", within(None, None));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "..",
            "now",
            "2026-13-01",
            "2026-05-01T08:00:00",
            "2026-05-02/2026-05-01",
            "a/b/c",
            "2026-02-30/..",
        ] {
            assert!(datetime(text).is_err(), "{text}");
        }
        assert!(known_at("2026-05-01/..").is_err());
    }
}
