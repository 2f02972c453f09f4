//! Backups: places in the write-ahead log, its pieces, and which backups are still needed.

use std::fmt;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};

/// Bytes of one piece of the write-ahead log, as the private cluster is made.
pub const PIECE_BYTES: u64 = 16 << 20;

/// Pieces in what their names call one log.
const PER_LOG: u64 = (1 << 32) / PIECE_BYTES;

/// A place in the write-ahead log, as text `16/B374D848`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lsn(pub u64);

impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

/// The text is not two hexadecimal numbers with a slash between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a place in the write-ahead log")]
pub struct NoLsn;

impl FromStr for Lsn {
    type Err = NoLsn;

    fn from_str(text: &str) -> Result<Self, NoLsn> {
        let (high, low) = text.split_once('/').ok_or(NoLsn)?;
        let part = |text: &str| u32::from_str_radix(text, 16).map_err(|_| NoLsn);
        Ok(Self(u64::from(part(high)?) << 32 | u64::from(part(low)?)))
    }
}

/// A piece of the write-ahead log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Piece {
    /// Grows with each recovery that ended in a new history.
    pub timeline: u32,
    /// From the beginning of the log, the same over all timelines.
    pub number: u64,
}

impl Piece {
    /// The piece that holds a place.
    pub const fn of(timeline: u32, at: Lsn) -> Self {
        Self {
            timeline,
            number: at.0 / PIECE_BYTES,
        }
    }

    /// The name of its file.
    pub fn name(self) -> String {
        format!(
            "{:08X}{:08X}{:08X}",
            self.timeline,
            self.number / PER_LOG,
            self.number % PER_LOG
        )
    }

    /// The piece whose file is called so.
    pub fn parse(name: &str) -> Option<Self> {
        if name.len() != 24 || !name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) {
            return None;
        }
        let part = |at: usize| u64::from_str_radix(&name[at..at + 8], 16).ok();
        let (log, place) = (part(8)?, part(16)?);
        (place < PER_LOG).then_some(Self {
            timeline: u32::from_str_radix(&name[..8], 16).ok()?,
            number: log * PER_LOG + place,
        })
    }

    /// The piece after it.
    pub const fn next(self) -> Self {
        Self {
            timeline: self.timeline,
            number: self.number + 1,
        }
    }
}

/// The pieces from `first` on that follow one another without a gap, and the first one that is missing while a later
/// one is there.
///
/// - **Shape**: `there` is in any order; what is of another timeline or before `first` is passed over.
pub fn unbroken(first: Piece, there: &[Piece]) -> (Vec<Piece>, Option<Piece>) {
    let mut later: Vec<Piece> = there
        .iter()
        .copied()
        .filter(|piece| piece.timeline == first.timeline && *piece >= first)
        .collect();
    later.sort_unstable();
    later.dedup();
    let mut next = first;
    let mut run = Vec::new();
    for piece in &later {
        if *piece != next {
            return (run, Some(next));
        }
        run.push(*piece);
        next = next.next();
    }
    (run, None)
}

/// A backup as the rule of keeping sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub name: String,
    /// The earliest moment that it can be restored to.
    pub at: Timestamp,
    /// Whether it was found whole after it was made.
    pub verified: bool,
}

/// The backups that nothing needs any more: older than the newest verified one from which each moment of the last
/// `days` days can still be reached. Without such a one, none.
pub fn dispensable(backups: &[Kept], now: Timestamp, days: u32) -> Vec<String> {
    let span = SignedDuration::from_hours(24 * i64::from(days));
    let Ok(oldest_wanted) = now.checked_sub(span) else {
        return Vec::new();
    };
    let base = backups
        .iter()
        .filter(|backup| backup.verified && backup.at <= oldest_wanted)
        .map(|backup| backup.at)
        .max();
    let Some(base) = base else {
        return Vec::new();
    };
    let old = backups.iter().filter(|backup| backup.at < base);
    old.map(|backup| backup.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_pieces_have_the_names_of_postgresql() {
        let place: Lsn = "16/B374D848".parse().unwrap();
        assert_eq!(place.0, 0x16_B374_D848);
        assert_eq!(place.to_string(), "16/B374D848");
        assert_eq!("16".parse::<Lsn>(), Err(NoLsn));
        let piece = Piece::of(1, place);
        assert_eq!(piece.name(), "0000000100000016000000B3");
        assert_eq!(Piece::parse(&piece.name()), Some(piece));
        let last = Piece::parse("0000000100000016000000FF").unwrap();
        assert_eq!(last.next().name(), "000000010000001700000000");
        for no in [
            "0000000100000016000001FF",
            "00000001.history",
            "00000001000000160000000g",
        ] {
            assert_eq!(Piece::parse(no), None, "{no}");
        }
    }

    #[test]
    fn a_gap_is_found() {
        let piece = |timeline, number| Piece { timeline, number };
        let there = [
            piece(1, 9),
            piece(1, 3),
            piece(1, 5),
            piece(1, 4),
            piece(2, 6),
            piece(1, 1),
        ];
        let (run, gap) = unbroken(piece(1, 3), &there);
        assert_eq!(run, [piece(1, 3), piece(1, 4), piece(1, 5)]);
        assert_eq!(gap, Some(piece(1, 6)));
        assert_eq!(unbroken(piece(1, 9), &there), (vec![piece(1, 9)], None));
        assert_eq!(unbroken(piece(1, 10), &there), (vec![], None));
    }

    #[test]
    fn what_a_moment_of_the_span_needs_is_kept() {
        let day = |day: i64| Timestamp::from_second(day * 86_400).unwrap();
        let kept = |at: i64, verified| Kept {
            name: at.to_string(),
            at: day(at),
            verified,
        };
        let all = [
            kept(1, true),
            kept(2, true),
            kept(3, false),
            kept(4, true),
            kept(39, true),
        ];
        // Day 5 is the oldest wanted of day 40: the verified one of day 4 leads there.
        assert_eq!(dispensable(&all, day(40), 35), ["1", "2", "3"]);
        assert_eq!(dispensable(&all, day(38), 35), ["1"], "day 3 is not verified");
        assert_eq!(dispensable(&all, day(40), 0).len(), 4);
        assert_eq!(dispensable(&[kept(1, false), kept(2, false)], day(99), 35), [""; 0]);
        assert_eq!(dispensable(&all, day(40), u32::MAX), [""; 0]);
    }
}
