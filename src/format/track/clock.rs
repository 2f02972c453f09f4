//! Whether the times of a receiver can be true.

use crate::domain::text::Message;
use crate::format::gpx::message;

/// 1980-01-06T00:00:00Z, when the time of GPS begins.
const GPS_BEGINS: f64 = 315_964_800.0;
/// A clock may be this many seconds ahead before it is called wrong: a zone taken for another.
const SLACK_S: f64 = 86_400.0;

/// What is odd about a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Oddity {
    BeforeGps,
    Future,
    Backwards,
}

impl Oddity {
    /// The kind of its warning.
    pub const fn kind(self) -> &'static str {
        match self {
            Self::BeforeGps => "time-before-gps",
            Self::Future => "time-future",
            Self::Backwards => "time-backwards",
        }
    }

    /// What is said of the time that was written as `text`.
    pub fn message(self, text: &str) -> Message {
        match self {
            Self::BeforeGps => message::time_before_gps(text),
            Self::Future => message::time_in_future(text),
            Self::Backwards => message::time_backwards(text),
        }
    }
}

/// Follows the times of one file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    now: Option<f64>,
    last: Option<f64>,
}

impl Clock {
    /// - **Units**: `now` in seconds since 1970; without it no time is to come.
    pub const fn new(now: Option<f64>) -> Self {
        Self { now, last: None }
    }

    /// A track begins, whose times stand for themselves.
    pub const fn restart(&mut self) {
        self.last = None;
    }

    /// What is odd about a time, in seconds since 1970. Only times of track points that may be true are compared with the
    /// one before.
    #[inline]
    pub fn judge(&mut self, seconds: f64, of_track: bool) -> Option<Oddity> {
        if seconds < GPS_BEGINS {
            return Some(Oddity::BeforeGps);
        }
        if self.now.is_some_and(|now| seconds > now + SLACK_S) {
            return Some(Oddity::Future);
        }
        if !of_track {
            return None;
        }
        let backwards = self.last.is_some_and(|last| seconds < last);
        self.last = Some(seconds);
        backwards.then_some(Oddity::Backwards)
    }
}
