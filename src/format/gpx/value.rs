//! Values of GPX: numbers, moments, words.

use std::borrow::Cow;

use crate::domain::track::FixKind;

/// A finite number, as XML Schema and receivers write it.
pub fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|value: &f64| value.is_finite())
}

/// A number that is never negative, such as a dilution of precision.
pub fn quantity(text: &str) -> Option<f32> {
    let value = number(text)?;
    (0.0..=f64::from(f32::MAX)).contains(&value).then_some(value as f32)
}

/// A count; `4.0` is 4 to some receivers.
pub fn count(text: &str) -> Option<u16> {
    let value = number(text)?;
    (value.fract() == 0.0 && (0.0..=f64::from(u16::MAX)).contains(&value)).then_some(value as u16)
}

/// The kind of solution. The schema's words, and the two of receivers that solve for phase.
pub fn fix_kind(text: &str) -> Option<FixKind> {
    FixKind::ALL
        .into_iter()
        .find(|kind| kind.word().eq_ignore_ascii_case(text.trim()))
}

/// A moment as text says it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub seconds: f64,
    /// Whether the zone was written; without one it is taken as UTC.
    pub zoned: bool,
}

/// RFC 3339, with the zone optional as XML Schema allows. `None` for anything else and for moments that never were.
pub fn moment(text: &str) -> Option<Moment> {
    let text = text.trim().as_bytes();
    let (date_time, rest) = text.split_at_checked(19)?;
    let digits = |from: usize, n: usize| -> Option<i64> { natural(&date_time[from..from + n]) };
    let [
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        b'-',
        _,
        _,
        b'T' | b't' | b' ',
        _,
        _,
        b':',
        _,
        _,
        b':',
        _,
        _,
    ] = date_time
    else {
        return None;
    };
    let (year, month, day) = (digits(0, 4)?, digits(5, 2)?, digits(8, 2)?);
    let (hour, minute, second) = (digits(11, 2)?, digits(14, 2)?, digits(17, 2)?);
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (fraction, zone) = fraction(rest)?;
    let (offset, zoned) = match zone {
        [] => (0, false),
        [b'Z' | b'z'] => (0, true),
        [sign @ (b'+' | b'-'), zone @ ..] => {
            let (hours, minutes) = match zone {
                [h @ .., b':', _, _] if h.len() == 2 => (natural(h)?, natural(&zone[3..])?),
                [_, _, _, _] => (natural(&zone[..2])?, natural(&zone[2..])?),
                [_, _] => (natural(zone)?, 0),
                _ => return None,
            };
            if hours > 14 || minutes > 59 {
                return None;
            }
            let offset = (hours * 60 + minutes) * 60;
            (if *sign == b'-' { -offset } else { offset }, true)
        }
        _ => return None,
    };
    let seconds = days_before(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    // A leap second ends a day of UTC; Unix time counts it as the first second of the next.
    if second == 60 && seconds.rem_euclid(86_400) != 0 {
        return None;
    }
    Some(Moment {
        seconds: seconds as f64 + fraction,
        zoned,
    })
}

/// Digits, and nothing else.
fn natural(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

/// A decimal fraction at the beginning of `text`, and what follows it. Digits beyond the nanosecond add nothing.
fn fraction(text: &[u8]) -> Option<(f64, &[u8])> {
    let [b'.' | b',', rest @ ..] = text else {
        return Some((0.0, text));
    };
    let n = rest
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(rest.len());
    let (digits, zone) = rest.split_at(n);
    let digits = &digits[..n.min(9)];
    let scale = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];
    let scale = scale.get(digits.len()).filter(|_| !digits.is_empty())?;
    Some((natural(digits)? as f64 / scale, zone))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn days_before(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March put the leap day last.
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + day_of_year - 719_468
}

/// Text as it may be kept and shown: without the characters that steer terminals or turn the reading direction, without
/// space around it, at most `limit` characters. Also whether characters were taken out, and whether it was cut.
pub fn clean(text: &str, limit: usize) -> (Cow<'_, str>, bool, bool) {
    let text = text.trim();
    let steers = |c: char| {
        (c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FFFE}' | '\u{FFFF}')
    };
    let cleaned = text.contains(steers);
    let mut kept = if cleaned {
        Cow::Owned(text.replace(steers, ""))
    } else {
        Cow::Borrowed(text)
    };
    let end = kept.char_indices().nth(limit).map(|(at, _)| at);
    if let Some(end) = end {
        kept = Cow::Owned(kept[..end].to_owned());
    }
    (kept, cleaned, end.is_some())
}

/// Whether an address may be kept: the web's two schemes only, so that nothing runs or reads a file when it is opened.
pub fn is_web_address(text: &str) -> bool {
    let scheme = text.trim().split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|s| s.eq_ignore_ascii_case("http") || s.eq_ignore_ascii_case("https"))
}
