//! Single sentences of NMEA 0183.

use crate::domain::track::FixKind;

/// Latitude and longitude in degrees, as far as they are numbers.
type Position = Option<(f64, f64)>;

/// What the receiver says that its position rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// No solution.
    None,
    /// By satellites alone.
    Single,
    Of(FixKind),
    /// Entered by hand, or simulated.
    Invented,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gga {
    pub time_of_day: f64,
    pub position: Position,
    pub mode: Mode,
    pub satellites: Option<u16>,
    pub hdop: Option<f32>,
    pub height_m: Option<f64>,
    pub dgps_age_s: Option<f32>,
    pub dgps_station: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rmc {
    pub time_of_day: f64,
    pub position: Position,
    pub mode: Mode,
    /// Days since 1970.
    pub day: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Gsa {
    pub kind: Option<FixKind>,
    pub pdop: Option<f32>,
    pub hdop: Option<f32>,
    pub vdop: Option<f32>,
}

impl Gsa {
    /// Whether its horizontal dilution is that of an epoch, which may have a digit less.
    pub(super) fn agrees(self, hdop: Option<f32>) -> bool {
        match (self.hdop, hdop) {
            (Some(own), Some(other)) => (own - other).abs() < 0.051,
            _ => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Sentence {
    /// GGA, or GNS, which says the same of several systems.
    Gga(Gga),
    Rmc(Rmc),
    Gsa(Gsa),
    /// Standard deviation per axis in metres.
    Gst {
        time_of_day: f64,
        sigma_m: Option<f32>,
    },
    Zda {
        time_of_day: f64,
        day: i64,
    },
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    Checksum,
    Text,
}

/// What stands between `$` and `*`, and whether a checksum vouches for it.
pub(super) fn body(line: &[u8]) -> Result<(&str, bool), Broken> {
    let star = line.iter().position(|byte| *byte == b'*');
    let body = &line[..star.unwrap_or(line.len())];
    let body = body.trim_ascii_end();
    if !body.iter().all(|byte| (0x20..0x7f).contains(byte)) || !body.contains(&b',') {
        return Err(Broken::Text);
    }
    let text = std::str::from_utf8(body).map_err(|_| Broken::Text)?;
    let Some(star) = star else { return Ok((text, false)) };
    let said = line
        .get(star + 1..star + 3)
        .and_then(|digits| std::str::from_utf8(digits).ok())
        .and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let sum = line[..star].iter().fold(0, |sum, byte| sum ^ byte);
    if said == Some(sum) {
        Ok((text, true))
    } else {
        Err(Broken::Checksum)
    }
}

/// Whether a line is a sentence whose checksum is right: enough to know a file by.
pub fn is_sentence(line: &str) -> bool {
    line.trim_ascii_start()
        .strip_prefix('$')
        .is_some_and(|rest| matches!(body(rest.as_bytes()), Ok((_, true))))
}

/// Reads one sentence of any talker; the name of what cannot be where one cannot be true.
pub(super) fn parse(body: &str) -> Result<Sentence, &'static str> {
    let mut fields = [""; 24];
    let mut n = 0;
    for (slot, field) in fields.iter_mut().zip(body.split(',')) {
        *slot = field.trim_ascii();
        n += 1;
    }
    let address = fields[0];
    // Sentences of makers begin with P and have forms of their own.
    if address.len() != 5 || address.starts_with('P') {
        return Ok(Sentence::Other);
    }
    match &address[2..] {
        "GGA" => gga(&fields),
        "GNS" => gns(&fields),
        "RMC" => rmc(&fields),
        "GSA" => Ok(Sentence::Gsa(gsa(&fields, n))),
        "GST" => gst(&fields),
        "ZDA" => zda(&fields),
        _ => Ok(Sentence::Other),
    }
}

fn gga(fields: &[&str; 24]) -> Result<Sentence, &'static str> {
    let Some(time_of_day) = time(fields[1])? else {
        return Ok(Sentence::Other);
    };
    let mode = match fields[6] {
        "1" => Mode::Single,
        "2" => Mode::Of(FixKind::Differential),
        "3" => Mode::Of(FixKind::Pps),
        "4" => Mode::Of(FixKind::Fixed),
        "5" => Mode::Of(FixKind::Float),
        "6" => Mode::Of(FixKind::Dead),
        "7" | "8" => Mode::Invented,
        _ => Mode::None,
    };
    Ok(Sentence::Gga(Gga {
        time_of_day,
        position: if mode == Mode::None {
            None
        } else {
            position(&fields[2..6])?
        },
        mode,
        satellites: fields[7].parse().ok(),
        hdop: quantity(fields[8]),
        height_m: number(fields[9]),
        dgps_age_s: quantity(fields[13]),
        // Without corrections some receivers write station 0.
        dgps_station: fields[14].parse().ok().filter(|_| !fields[13].is_empty()),
    }))
}

/// One letter for each system; the best of them is what the position rests on.
fn gns(fields: &[&str; 24]) -> Result<Sentence, &'static str> {
    let Some(time_of_day) = time(fields[1])? else {
        return Ok(Sentence::Other);
    };
    let has = |letter| fields[6].contains(letter);
    let mode = if has('R') {
        Mode::Of(FixKind::Fixed)
    } else if has('F') {
        Mode::Of(FixKind::Float)
    } else if has('D') {
        Mode::Of(FixKind::Differential)
    } else if has('P') {
        Mode::Of(FixKind::Pps)
    } else if has('A') {
        Mode::Single
    } else if has('E') {
        Mode::Of(FixKind::Dead)
    } else if has('M') || has('S') {
        Mode::Invented
    } else {
        Mode::None
    };
    Ok(Sentence::Gga(Gga {
        time_of_day,
        position: if mode == Mode::None {
            None
        } else {
            position(&fields[2..6])?
        },
        mode,
        satellites: fields[7].parse().ok(),
        hdop: quantity(fields[8]),
        height_m: number(fields[9]),
        dgps_age_s: quantity(fields[11]),
        dgps_station: fields[12].parse().ok().filter(|_| !fields[11].is_empty()),
    }))
}

fn rmc(fields: &[&str; 24]) -> Result<Sentence, &'static str> {
    let Some(time_of_day) = time(fields[1])? else {
        return Ok(Sentence::Other);
    };
    let mode = match (fields[2], fields[12]) {
        ("A", "D") => Mode::Of(FixKind::Differential),
        ("A", "R") => Mode::Of(FixKind::Fixed),
        ("A", "F") => Mode::Of(FixKind::Float),
        ("A", "P") => Mode::Of(FixKind::Pps),
        ("A", "E") => Mode::Of(FixKind::Dead),
        ("A", "M" | "S") => Mode::Invented,
        ("A", "N") => Mode::None,
        ("A", _) => Mode::Single,
        _ => Mode::None,
    };
    let day = match fields[9] {
        "" => None,
        date => Some(short_date(date).ok_or("date")?),
    };
    Ok(Sentence::Rmc(Rmc {
        time_of_day,
        position: if mode == Mode::None {
            None
        } else {
            position(&fields[3..7])?
        },
        mode,
        day,
    }))
}

/// The dilutions are the fifteenth to the seventeenth of the fields after the address, whatever comes behind them.
fn gsa(fields: &[&str; 24], n: usize) -> Gsa {
    let dop = |k: usize| if k < n { quantity(fields[k]) } else { None };
    Gsa {
        kind: match fields[2] {
            "2" => Some(FixKind::TwoD),
            "3" => Some(FixKind::ThreeD),
            _ => None,
        },
        pdop: dop(15),
        hdop: dop(16),
        vdop: dop(17),
    }
}

fn gst(fields: &[&str; 24]) -> Result<Sentence, &'static str> {
    let Some(time_of_day) = time(fields[1])? else {
        return Ok(Sentence::Other);
    };
    let sigma_m = match (quantity(fields[6]), quantity(fields[7])) {
        (Some(north), Some(east)) => Some(((north * north + east * east) / 2.0).sqrt()).filter(|sigma| *sigma > 0.0),
        _ => None,
    };
    Ok(Sentence::Gst { time_of_day, sigma_m })
}

fn zda(fields: &[&str; 24]) -> Result<Sentence, &'static str> {
    let Some(time_of_day) = time(fields[1])? else {
        return Ok(Sentence::Other);
    };
    if fields[2].is_empty() {
        return Ok(Sentence::Other);
    }
    let day = day_of(natural(fields[4]), natural(fields[3]), natural(fields[2])).ok_or("date")?;
    Ok(Sentence::Zda { time_of_day, day })
}

/// Seconds since midnight from `hhmmss.sss`; none where the field is empty.
fn time(text: &str) -> Result<Option<f64>, &'static str> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = || {
        let (whole, seconds) = (text.get(..4)?, number(text.get(4..)?)?);
        let (hour, minute) = (natural(&whole[..2])?, natural(&whole[2..])?);
        // 60 is a leap second.
        (hour < 24 && minute < 60 && (0.0..61.0).contains(&seconds))
            .then_some(hour as f64 * 3600.0 + minute as f64 * 60.0 + seconds)
    };
    if text.is_ascii() {
        read().map(Some).ok_or("time")
    } else {
        Err("time")
    }
}

/// Degrees from `ddmm.mmmm,N,dddmm.mmmm,E`.
fn position(fields: &[&str]) -> Result<Position, &'static str> {
    if fields[0].is_empty() && fields[2].is_empty() {
        return Ok(None);
    }
    let lat = degrees(fields[0], fields[1], 'N', 'S', 90.0).ok_or("latitude")?;
    let lon = degrees(fields[2], fields[3], 'E', 'W', 180.0).ok_or("longitude")?;
    Ok(Some((lat, lon)))
}

fn degrees(text: &str, side: &str, positive: char, negative: char, limit: f64) -> Option<f64> {
    let point = text.find('.').unwrap_or(text.len());
    let (whole, minutes) = (text.get(..point.checked_sub(2)?)?, number(text.get(point - 2..)?)?);
    let whole = if whole.is_empty() { 0 } else { natural(whole)? };
    if !(0.0..60.0).contains(&minutes) {
        return None;
    }
    let value = whole as f64 + minutes / 60.0;
    let side = side.chars().next()?;
    let sign = if side.eq_ignore_ascii_case(&positive) {
        1.0
    } else if side.eq_ignore_ascii_case(&negative) {
        -1.0
    } else {
        return None;
    };
    (value <= limit).then_some(sign * value)
}

/// Days since 1970 of `ddmmyy`. Satellites tell the time since 1980, so 80 to 99 are years of that century.
fn short_date(text: &str) -> Option<i64> {
    if text.len() != 6 || !text.is_ascii() {
        return None;
    }
    let year = natural(&text[4..])?;
    let century = if year >= 80 { 1900 } else { 2000 };
    day_of(Some(century + year), natural(&text[2..4]), natural(&text[..2]))
}

fn day_of(year: Option<i64>, month: Option<i64>, day: Option<i64>) -> Option<i64> {
    let date = jiff::civil::Date::new(
        i16::try_from(year?).ok()?,
        i8::try_from(month?).ok()?,
        i8::try_from(day?).ok()?,
    )
    .ok()?;
    let since = date.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    Some(since.div_euclid(86_400))
}

fn natural(text: &str) -> Option<i64> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

fn quantity(text: &str) -> Option<f32> {
    let value = number(text)?;
    (0.0..1e6).contains(&value).then_some(value as f32)
}
