//! NMEA 0183, the lines that receivers print: one epoch is several sentences, and what they say of it becomes one fix.
//!
//! Source: NMEA 0183 as published in "NMEA Revealed" (gpsd.gitlab.io/gpsd/NMEA.html) and the interface descriptions of
//! u-blox (UBX-22004887) and Trimble; files of eight receivers in the tests.

mod sentence;

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read};

use jiff::Timestamp;

use self::sentence::{Gga, Gsa, Mode, Sentence};
use super::clock::Clock;
use super::{Options, TrackEvent, TrackReader, unreadable};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;
use crate::domain::track::{Fix, FixKind, FixQuality, Warnings};
use crate::format::gpx::message;
use crate::unit::{Latitude, LonLat, Longitude};

pub use self::sentence::is_sentence;

/// Bytes of a line, at most; longer ones are noise and are passed over.
const LINE_BYTES: usize = 1024;
/// Epochs that may wait for the first date, at most: a day at one a second.
const WAITING: usize = 86_400;
const DAY_S: f64 = 86_400.0;

/// What the sentences of one moment say.
#[derive(Debug, Clone, Copy, Default)]
struct Epoch {
    /// Seconds since midnight UTC.
    time_of_day: f64,
    place: Place,
    position: Option<(f64, f64)>,
    /// What the sentence with the quality said (GGA, GNS); it is worth more than RMC's.
    judged: bool,
    mode: Option<Mode>,
    elevation_m: Option<f64>,
    quality: FixQuality,
    dops: Option<Gsa>,
    /// Days since 1970, where a sentence of this epoch names its date.
    day: Option<i64>,
}

/// Reads NMEA 0183 from any byte stream, one event at a time.
///
/// - **Shape**: one track of one segment. Dates come from RMC and ZDA; epochs before the first date get theirs from it,
///   midnights counted back. Without any date the fixes have no time, which is said.
/// - **Units**: degrees of WGS 84, metres above the receiver's sea level, seconds since 1970 in UTC.
/// - **Errors**: none but bytes that cannot be read and a file without any sentence; noise, wrong checksums, epochs
///   without a solution and impossible positions are warnings.
#[derive(Debug)]
pub struct NmeaReader<R> {
    input: BufReader<R>,
    clock: Clock,
    line: Vec<u8>,
    number: u64,
    ended: bool,
    sentences: u64,
    checked: bool,
    epoch: Option<Epoch>,
    /// Dilutions that came before the epoch they belong to, and whether they do in this file.
    early: Option<Gsa>,
    dops_first: Option<bool>,
    /// Days since 1970 of the epoch before, once one is known, and its time of day.
    day: Option<i64>,
    last_time_of_day: Option<f64>,
    /// Fixes from before the first date, with the midnights that had passed by then.
    waiting: Vec<(i64, f64, Place, Fix)>,
    midnights: i64,
    begun: bool,
    fixes: u64,
    untimed: u64,
    rejected: u64,
    ready: VecDeque<TrackEvent>,
    warnings: Warnings,
}

impl<R: Read> NmeaReader<R> {
    pub fn new(input: R, options: Options) -> Self {
        Self {
            input: BufReader::with_capacity(1 << 16, input),
            clock: Clock::new(options.now),
            line: Vec::with_capacity(LINE_BYTES),
            number: 0,
            ended: false,
            sentences: 0,
            checked: false,
            epoch: None,
            early: None,
            dops_first: None,
            day: None,
            last_time_of_day: None,
            waiting: Vec::new(),
            midnights: 0,
            begun: false,
            fixes: 0,
            untimed: 0,
            rejected: 0,
            ready: VecDeque::new(),
            warnings: Warnings::default(),
        }
    }

    /// The next line into `self.line`, cut where it is longer than any sentence; false at the end of the file.
    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut any = false;
        loop {
            let piece = match self.input.fill_buf() {
                Ok(piece) => piece,
                Err(fault) if fault.kind() == io::ErrorKind::Interrupted => continue,
                // What was unpacked of a packed file before it breaks off is worth reading.
                Err(fault) if fault.kind() == io::ErrorKind::UnexpectedEof => {
                    self.warnings
                        .add("file-cut", || (None, message::file_cut(Place::default())));
                    return Ok(any);
                }
                Err(fault) => return Err(fault),
            };
            if piece.is_empty() {
                break;
            }
            any = true;
            // Some loggers end lines with a carriage return alone.
            let end = piece.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let own = &piece[..end.unwrap_or(piece.len())];
            let room = LINE_BYTES.saturating_sub(self.line.len());
            self.line.extend_from_slice(&own[..own.len().min(room)]);
            let returned = end.is_some_and(|end| piece[end] == b'\r');
            let used = end.map_or(piece.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                if returned && self.input.fill_buf().is_ok_and(|next| next.first() == Some(&b'\n')) {
                    self.input.consume(1);
                }
                self.number += 1;
                return Ok(true);
            }
        }
        if any {
            self.number += 1;
        }
        Ok(any)
    }

    fn place(&self) -> Place {
        Place {
            line: self.number,
            ..Place::default()
        }
    }

    fn warn(&mut self, kind: &'static str, said: impl FnOnce() -> Message) {
        let place = self.place();
        self.warnings.add(kind, || (Some(place), said()));
    }

    fn advance(&mut self) -> Result<Option<TrackEvent>, Problem> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match self.next_line() {
                Ok(true) => self.take_line(),
                Ok(false) => self.finish()?,
                Err(fault) => {
                    return Err(
                        match fault.get_ref().and_then(|inner| inner.downcast_ref::<Problem>()) {
                            Some(problem) => problem.clone(),
                            None => unreadable(&fault),
                        },
                    );
                }
            }
        }
    }

    fn take_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.take(&line);
        self.line = line;
    }

    fn take(&mut self, line: &[u8]) {
        // Noise may stand before a sentence on the same line.
        let Some(start) = line.iter().rposition(|byte| *byte == b'$') else {
            if line.iter().any(|byte| !byte.is_ascii_whitespace()) && line.first() != Some(&b'#') {
                self.warn("line-skipped", noise);
            }
            return;
        };
        let (body, checked) = match sentence::body(&line[start + 1..]) {
            Ok(body) => body,
            Err(sentence::Broken::Checksum) => {
                self.warn("checksum-wrong", checksum_wrong);
                return;
            }
            Err(sentence::Broken::Text) => {
                self.warn("line-skipped", noise);
                return;
            }
        };
        // A receiver that writes checksums writes them always: a line without one was cut.
        if self.checked && !checked {
            self.warn("checksum-missing", checksum_missing);
            return;
        }
        self.checked |= checked;
        self.sentences += 1;
        match sentence::parse(body) {
            Ok(Sentence::Gga(gga)) => self.gga(gga),
            Ok(Sentence::Rmc(rmc)) => {
                self.at(rmc.time_of_day);
                if let Some(epoch) = &mut self.epoch {
                    epoch.day = rmc.day.or(epoch.day);
                    if !epoch.judged {
                        epoch.position = rmc.position;
                        epoch.mode = Some(rmc.mode);
                    }
                }
            }
            Ok(Sentence::Zda { time_of_day, day }) => {
                self.at(time_of_day);
                if let Some(epoch) = &mut self.epoch {
                    epoch.day = Some(day);
                }
            }
            Ok(Sentence::Gst { time_of_day, sigma_m }) => {
                self.at(time_of_day);
                if let Some(epoch) = &mut self.epoch {
                    epoch.quality.accuracy_m = sigma_m;
                }
            }
            Ok(Sentence::Gsa(gsa)) => self.gsa(gsa),
            Ok(Sentence::Other) => {}
            Err(what) => {
                self.rejected += 1;
                self.warn("fix-rejected", || impossible(what));
            }
        }
    }

    /// Makes sure that the epoch in hand is that of a time of day.
    fn at(&mut self, time_of_day: f64) {
        if self.epoch.is_some_and(|epoch| epoch.time_of_day == time_of_day) {
            return;
        }
        self.flush();
        self.epoch = Some(Epoch {
            time_of_day,
            place: self.place(),
            dops: self.early.take(),
            ..Epoch::default()
        });
    }

    fn gga(&mut self, gga: Gga) {
        self.at(gga.time_of_day);
        let Some(epoch) = &mut self.epoch else { return };
        epoch.judged = true;
        epoch.position = gga.position;
        epoch.mode = Some(gga.mode);
        epoch.elevation_m = gga.height_m;
        let quality = &mut epoch.quality;
        quality.satellites = gga.satellites;
        quality.hdop = gga.hdop;
        quality.dgps_age_s = gga.dgps_age_s;
        quality.dgps_station = gga.dgps_station;
    }

    /// Dilutions bear no time: whether a receiver writes them before the position or behind it shows at the first.
    fn gsa(&mut self, gsa: Gsa) {
        let early = *self.dops_first.get_or_insert(self.epoch.is_none());
        match &mut self.epoch {
            Some(epoch) if !early => epoch.dops = epoch.dops.or(Some(gsa)),
            _ => self.early = Some(gsa),
        }
    }

    /// The epoch in hand becomes a fix.
    fn flush(&mut self) {
        let Some(epoch) = self.epoch.take() else { return };
        let midnight = self
            .last_time_of_day
            .is_some_and(|last| last - epoch.time_of_day > DAY_S / 2.0);
        self.last_time_of_day = Some(epoch.time_of_day);
        self.midnights += i64::from(midnight);
        if let Some(day) = epoch.day {
            if self.day.is_none() {
                self.date_waiting(day);
            }
            self.day = Some(day);
        } else if let Some(day) = &mut self.day {
            *day += i64::from(midnight);
        }
        let Some(fix) = self.fix_of(&epoch) else { return };
        match self.day {
            Some(day) => self.tell(day, epoch.time_of_day, epoch.place, fix),
            None if self.begun => self.give(fix),
            None => {
                self.waiting.push((self.midnights, epoch.time_of_day, epoch.place, fix));
                // Who writes no date for a day writes none later either.
                if self.waiting.len() == WAITING {
                    self.give_waiting();
                }
            }
        }
    }

    fn fix_of(&mut self, epoch: &Epoch) -> Option<Fix> {
        let mode = epoch.mode?;
        let reject = |reader: &mut Self, said: Message| {
            reader.rejected += 1;
            reader.warnings.add("fix-rejected", || (Some(epoch.place), said));
        };
        let kind = match mode {
            Mode::None => {
                self.warnings.add("fix-none", || (Some(epoch.place), no_solution()));
                return None;
            }
            Mode::Invented => {
                reject(self, invented());
                return None;
            }
            Mode::Single => match epoch.dops.and_then(|gsa| gsa.kind) {
                Some(kind) => kind,
                None if epoch.elevation_m.is_some() => FixKind::ThreeD,
                None => FixKind::Unknown,
            },
            Mode::Of(kind) => kind,
        };
        let position = epoch.position.and_then(|(lat, lon)| {
            Some(LonLat {
                lon: Longitude::new(lon).ok()?,
                lat: Latitude::new(lat).ok()?,
            })
        });
        let Some(position) = position else {
            reject(self, impossible("position"));
            return None;
        };
        if position.lon.get() == 0.0 && position.lat.get() == 0.0 {
            self.warnings
                .add("fix-null", || (Some(epoch.place), message::null_island()));
        }
        let dops = epoch.dops.filter(|gsa| gsa.agrees(epoch.quality.hdop));
        Some(Fix {
            position,
            elevation_m: epoch.elevation_m,
            time: None,
            quality: FixQuality {
                kind,
                hdop: epoch.quality.hdop.or(dops.and_then(|gsa| gsa.hdop)),
                vdop: dops.and_then(|gsa| gsa.vdop),
                pdop: dops.and_then(|gsa| gsa.pdop),
                ..epoch.quality
            },
        })
    }

    /// The first date: what came before it is dated backwards.
    fn date_waiting(&mut self, day: i64) {
        for (midnights, time_of_day, place, fix) in std::mem::take(&mut self.waiting) {
            self.tell(day - (self.midnights - midnights), time_of_day, place, fix);
        }
    }

    fn give_waiting(&mut self) {
        for (_, _, _, fix) in std::mem::take(&mut self.waiting) {
            self.give(fix);
        }
    }

    fn tell(&mut self, day: i64, time_of_day: f64, place: Place, mut fix: Fix) {
        let seconds = day as f64 * DAY_S + time_of_day;
        // A whole number of microseconds, as the digits of the sentence mean it.
        let seconds = (seconds * 1e6).round() / 1e6;
        fix.time = Some(seconds);
        if let Some(odd) = self.clock.judge(seconds, true) {
            let text = Timestamp::from_microsecond((seconds * 1e6) as i64)
                .map_or_else(|_| seconds.to_string(), |t| t.to_string());
            self.warnings.add(odd.kind(), || (Some(place), odd.message(&text)));
        }
        self.give(fix);
    }

    fn give(&mut self, fix: Fix) {
        if !self.begun {
            self.begun = true;
            self.ready.push_back(TrackEvent::TrackStart { name: None });
            self.ready.push_back(TrackEvent::SegmentStart);
        }
        self.fixes += 1;
        self.untimed += u64::from(fix.time.is_none());
        self.ready.push_back(TrackEvent::Fix(fix));
    }

    fn finish(&mut self) -> Result<(), Problem> {
        self.ended = true;
        if self.sentences == 0 {
            return Err(no_sentences());
        }
        self.flush();
        self.give_waiting();
        if self.begun {
            self.ready.push_back(TrackEvent::SegmentEnd);
            self.ready.push_back(TrackEvent::TrackEnd);
        } else {
            self.warnings.add("no-positions", || (None, message::no_positions()));
        }
        if self.untimed > 0 {
            let (without, of) = (self.untimed, self.fixes);
            self.warnings
                .add("date-missing", || (None, message::time_missing(without, of)));
            self.warnings.add("date-missing", || (None, date_missing()));
        }
        Ok(())
    }
}

impl<R: Read> TrackReader for NmeaReader<R> {
    fn next_event(&mut self) -> Result<Option<TrackEvent>, Problem> {
        let event = self.advance();
        if event.is_err() {
            self.ended = true;
            self.ready.clear();
        }
        event
    }

    fn format(&self) -> &'static str {
        "nmea 0183"
    }

    fn rejected(&self) -> u64 {
        self.rejected
    }

    fn into_warnings(self: Box<Self>) -> Warnings {
        self.warnings
    }
}

fn noise() -> Message {
    Message::new(
        "This line is no NMEA sentence; it was passed over.",
        "该行不是 NMEA 语句，已跳过。",
    )
}

fn checksum_wrong() -> Message {
    Message::new(
        "A sentence was passed over: its checksum is wrong, so it was damaged on the way.",
        "已跳过一条语句：校验和不符，传输中已损坏。",
    )
}

fn checksum_missing() -> Message {
    Message::new(
        "A sentence was passed over: it was cut off before its checksum.",
        "已跳过一条语句：校验和之前被截断。",
    )
}

fn impossible(what: &str) -> Message {
    Message::new(
        format!("A position was rejected: its {what} is none that can be."),
        format!("一个定位点被拒绝：{}无效。", zh_of(what)),
    )
}

fn zh_of(what: &str) -> &'static str {
    match what {
        "time" => "时间",
        "latitude" => "纬度",
        "longitude" => "经度",
        "date" => "日期",
        _ => "位置",
    }
}

fn no_solution() -> Message {
    Message::new(
        "The receiver had no solution at this moment; there is no position to take.",
        "接收机此时未定位，没有可读取的位置。",
    )
}

fn invented() -> Message {
    Message::new(
        "A position was rejected: the receiver says that it was entered by hand or simulated, not measured.",
        "一个定位点被拒绝：接收机注明其为手工输入或模拟，并非测得。",
    )
}

fn date_missing() -> Message {
    Message::new(
        "No sentence names a date (RMC, ZDA), so the times of day cannot be told. Say on which day the file was recorded, \
         or record again with RMC switched on.",
        "没有语句给出日期（RMC、ZDA），无法确定时间。请注明记录日期，或开启 RMC 后重新记录。",
    )
}

fn no_sentences() -> Problem {
    Problem::new(
        Code::FileMalformed,
        Message::new("The file has no whole NMEA sentence.", "文件中没有完整的 NMEA 语句。"),
        Message::new("Copy the file again from the receiver.", "请从接收机重新复制该文件。"),
    )
}

#[cfg(test)]
mod tests;
