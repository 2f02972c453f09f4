//! GPX 1.0 and 1.1, the files of handheld receivers and phones.
//!
//! [`open`] takes any file, packed with gzip or not, and gives a [`GpxReader`], which is pulled event by event on a
//! blocking thread. Nothing of the file is held but the piece in hand. Text that is shown to people is in `message.rs`.

mod message;
mod reader;
mod value;
pub(super) mod xml;

use std::io::{Chain, Cursor, Read};

pub use reader::GpxReader;

use super::gzip::Unpacked;
use super::limits::Limits;
use super::sniff::{self, Kind};
use crate::domain::problem::Problem;
use crate::domain::track::{Fix, Waypoint};

/// What the caller knows and the file does not.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Seconds since 1970, to tell times that are still to come; without it none is called so.
    pub now: Option<f64>,
    pub limits: Limits,
}

/// One thing that a GPX file says, in the order of the file.
#[derive(Debug, Clone, PartialEq)]
pub enum GpxEvent {
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

/// A file's bytes, its first ones again in front.
pub type Whole<R> = Chain<Cursor<Vec<u8>>, R>;

/// The bytes of a GPX file, unpacked where it was packed.
pub enum Input<R> {
    Plain(Whole<R>),
    Gzip(Box<Whole<Unpacked<Whole<R>>>>),
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Plain(inner) => inner.read(into),
            Self::Gzip(inner) => inner.read(into),
        }
    }
}

/// A GPX file that was recognised by its content.
pub struct Opened<R> {
    pub reader: GpxReader<Input<R>>,
    pub gzip: bool,
}

/// Looks at the first bytes and, where they are GPX or gzip that holds GPX, gives the reader.
///
/// - **Shape**: `input` is the whole file from its first byte.
/// - **Errors**: `FileEmpty`; `FormatUnknown` that says what the file is instead; `FileTooLarge` and `FileMalformed` for
///   packed files; `Internal` where the bytes cannot be read.
pub fn open<R: Read>(mut input: R, options: Options) -> Result<Opened<R>, Problem> {
    let head = head_of(&mut input)?;
    if sniff::sniff(&head) != Kind::Gzip {
        check(&head)?;
        let whole = Cursor::new(head).chain(input);
        return Ok(Opened {
            reader: GpxReader::new(Input::Plain(whole), options),
            gzip: false,
        });
    }
    let mut unpacked = Unpacked::new(Cursor::new(head).chain(input), options.limits);
    let head = head_of(&mut unpacked)?;
    check(&head)?;
    let whole = Cursor::new(head).chain(unpacked);
    Ok(Opened {
        reader: GpxReader::new(Input::Gzip(Box::new(whole)), options),
        gzip: true,
    })
}

fn head_of(input: &mut impl Read) -> Result<Vec<u8>, Problem> {
    let mut head = Vec::with_capacity(sniff::HEAD);
    match input.by_ref().take(sniff::HEAD as u64).read_to_end(&mut head) {
        // What was unpacked before the end came too early is still worth reading.
        Err(fault) if fault.kind() != std::io::ErrorKind::UnexpectedEof || head.is_empty() => Err(match fault.kind() {
            std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData => {
                message::packed_damaged()
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
    message::unreadable(&fault.to_string())
}

/// Whether it is worth reading as GPX. XML whose root is not seen yet is: the reader will say.
fn check(head: &[u8]) -> Result<(), Problem> {
    match sniff::sniff(head) {
        Kind::Gpx | Kind::Xml(None) => Ok(()),
        Kind::Empty => Err(message::empty()),
        other => Err(message::wrong_kind(&other.name())),
    }
}

#[cfg(test)]
mod tests;
