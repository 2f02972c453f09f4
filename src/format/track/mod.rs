//! Tracks of receivers, whatever they wrote them in: one reader for each format, all of them giving the same events.
//!
//! [`open`] takes any file, packed with gzip or not, decides by its content and gives a reader, which is pulled event by
//! event on a blocking thread. Nothing of the file is held but the piece in hand.

pub mod clock;
pub mod nmea;

use std::io::{Chain, Cursor, Read};

use self::nmea::NmeaReader;
use super::gpx::{self, GpxReader};
use super::gzip::Unpacked;
use super::limits::Limits;
use super::sniff::{self, Kind};
use crate::domain::problem::Problem;
use crate::domain::track::{Fix, Warnings, Waypoint};

/// What the caller knows and the file does not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Seconds since 1970, to tell times that are still to come; without it none is called so.
    pub now: Option<f64>,
    pub limits: Limits,
}

/// One thing that a file says, in the order of the file. Events nest:
/// `TrackStart (SegmentStart Fix* SegmentEnd)* TrackEnd`, the same for routes, and waypoints between them.
#[derive(Debug, Clone, PartialEq)]
pub enum TrackEvent {
    TrackStart { name: Option<String> },
    SegmentStart,
    Fix(Fix),
    SegmentEnd,
    TrackEnd,
    RouteStart { name: Option<String> },
    RoutePoint(Waypoint),
    RouteEnd,
    Waypoint(Waypoint),
}

/// A file that is read event by event.
///
/// - **Shape**: what is odd is collected as warnings; a position that cannot be used is left out, counted as rejected and
///   has a warning.
/// - **Units**: degrees of WGS 84, metres, seconds since 1970 in UTC.
/// - **Errors**: a [`Problem`] with its place when the file is not of this format, is damaged other than at its end,
///   holds what is never read, or asks for too much. After it the reader is finished.
pub trait TrackReader {
    /// The next event; `None` at the end of the file, and ever after.
    fn next_event(&mut self) -> Result<Option<TrackEvent>, Problem>;

    /// Format and version in a few letters, as `gpx 1.1`; known from the first event on.
    fn format(&self) -> &'static str;

    /// How many positions could not be used so far.
    fn rejected(&self) -> u64;

    /// What was odd; complete after the last event.
    fn into_warnings(self: Box<Self>) -> Warnings;
}

/// A file's bytes, its first ones again in front.
type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// A file whose format was recognised by its content.
pub struct Opened<'r> {
    pub reader: Box<dyn TrackReader + 'r>,
    pub gzip: bool,
}

impl Opened<'_> {
    /// What the file is, for people: `gpx 1.1 (gzip)`. Known from the first event on.
    pub fn format(&self) -> String {
        format!("{}{}", self.reader.format(), if self.gzip { " (gzip)" } else { "" })
    }
}

/// Looks at the first bytes and gives the reader of what they are, of gzip that of what is in it.
///
/// - **Shape**: `input` is the whole file from its first byte.
/// - **Errors**: `FileEmpty`; `FormatUnknown` that says what the file is instead; `FileTooLarge` and `FileMalformed` for
///   packed files; `Internal` where the bytes cannot be read.
pub fn open<'r, R: Read + 'r>(mut input: R, options: Options) -> Result<Opened<'r>, Problem> {
    let head = head_of(&mut input)?;
    if sniff::sniff(&head) != Kind::Gzip {
        return Ok(Opened {
            reader: reader(head, input, options)?,
            gzip: false,
        });
    }
    let mut unpacked = Unpacked::new(Cursor::new(head).chain(input), options.limits);
    let head = head_of(&mut unpacked)?;
    Ok(Opened {
        reader: reader(head, unpacked, options)?,
        gzip: true,
    })
}

fn reader<'r, R: Read + 'r>(head: Vec<u8>, rest: R, options: Options) -> Result<Box<dyn TrackReader + 'r>, Problem> {
    let kind = sniff::sniff(&head);
    let whole: Whole<R> = Cursor::new(head).chain(rest);
    match kind {
        // XML whose root is not seen yet may be GPX: the reader will say.
        Kind::Gpx | Kind::Xml(None) => Ok(Box::new(GpxReader::new(whole, options))),
        Kind::Nmea => Ok(Box::new(NmeaReader::new(whole, options))),
        Kind::Empty => Err(gpx::message::empty()),
        other => Err(gpx::message::wrong_kind(&other.name())),
    }
}

fn head_of(input: &mut impl Read) -> Result<Vec<u8>, Problem> {
    let mut head = Vec::with_capacity(sniff::HEAD);
    match input.by_ref().take(sniff::HEAD as u64).read_to_end(&mut head) {
        // What was unpacked before the end came too early is still worth reading.
        Err(fault) if fault.kind() != std::io::ErrorKind::UnexpectedEof || head.is_empty() => Err(match fault.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
                gpx::message::packed_damaged()
            }
            _ => match fault.get_ref().and_then(|inner| inner.downcast_ref::<Problem>()) {
                Some(problem) => problem.clone(),
                None => unreadable(&fault),
            },
        }),
        Ok(_) | Err(_) => Ok(head),
    }
}

/// The refusal of a file whose bytes cannot be read.
pub fn unreadable(fault: &std::io::Error) -> Problem {
    gpx::message::unreadable(&fault.to_string())
}
