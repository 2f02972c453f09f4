//! Text in whatever encoding a receiver wrote it, as UTF-8, with the line and byte of everything.
//!
//! [`TextReader`] is a `BufRead` in constant memory: UTF-8 passes through, UTF-16 and the older encodings of GPS software
//! (GB18030, EUC-KR, Windows-1251, ...) are turned into UTF-8 chunk by chunk. Bytes that are no text in the encoding
//! become `?` (UTF-8) or U+FFFD and are counted: a name in the wrong encoding shall not cost a day's track.

use std::io::{self, BufRead, Read};

use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;

/// Bytes of text held at a time.
const CHUNK: usize = 64 << 10;
/// Bytes of another encoding read at a time: at most three bytes of UTF-8 come of one.
const RAW: usize = CHUNK / 4;
/// Where an XML declaration is looked for.
const HEAD: usize = 512;

/// The encoding that the first bytes of a file prove or declare, and the length of its byte order mark.
///
/// - **Errors**: `EncodingUnknown` where the file declares or begins with an encoding that is not read here.
/// - **Source**: XML 1.0, appendix F; labels by the WHATWG Encoding Standard.
pub fn detect(head: &[u8]) -> Result<(&'static Encoding, usize), Problem> {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => return Ok((UTF_8, 3)),
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] | [b'<', 0, 0, 0, ..] | [0, 0, 0, b'<', ..] => {
            return Err(unknown_encoding("UTF-32"));
        }
        [0xFF, 0xFE, ..] => return Ok((UTF_16LE, 2)),
        [0xFE, 0xFF, ..] => return Ok((UTF_16BE, 2)),
        [b'<', 0, second, 0, ..] if *second != 0 => return Ok((UTF_16LE, 0)),
        [0, b'<', 0, second, ..] if *second != 0 => return Ok((UTF_16BE, 0)),
        [0x4C, 0x6F, 0xA7, 0x94, ..] => return Err(unknown_encoding("EBCDIC")),
        _ => {}
    }
    let Some(label) = declared(head) else {
        return Ok((UTF_8, 0));
    };
    match Encoding::for_label(label) {
        // The declaration was read byte by byte, so two bytes a character cannot be true.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => Ok((UTF_8, 0)),
        // A label of the standard that means "replace everything".
        Some(encoding) if encoding == encoding_rs::REPLACEMENT => {
            Err(unknown_encoding(&String::from_utf8_lossy(label)))
        }
        Some(encoding) => Ok((encoding, 0)),
        None => Err(unknown_encoding(&String::from_utf8_lossy(label))),
    }
}

/// The value of `encoding` in an XML declaration.
fn declared(head: &[u8]) -> Option<&[u8]> {
    let head = &head[..head.len().min(HEAD)];
    let rest = head.strip_prefix(b"<?xml")?;
    let end = rest.windows(2).position(|pair| pair == b"?>").unwrap_or(rest.len());
    let declaration = &rest[..end];
    let at = declaration.windows(8).position(|word| word == b"encoding")?;
    let value = declaration[at + 8..]
        .trim_ascii_start()
        .strip_prefix(b"=")?
        .trim_ascii_start();
    let (quote, value) = value.split_first()?;
    let end = value.iter().position(|byte| byte == quote)?;
    matches!(quote, b'"' | b'\'').then(|| value[..end].trim_ascii())
}

fn unknown_encoding(label: &str) -> Problem {
    let label: String = label.chars().filter(|c| !c.is_control()).take(40).collect();
    Problem::new(
        Code::EncodingUnknown,
        Message::new(
            format!("The file says that its text is encoded as {label}, which is not read here."),
            format!("文件声明的字符编码为 {label}，系统无法读取。"),
        ),
        Message::new(
            "Save it as UTF-8 and send it again.",
            "请将文件另存为 UTF-8 编码后重新上传。",
        ),
    )
}

/// A piece of markup or text that is longer than [`crate::format::limits::Limits::piece_bytes`].
#[derive(Debug, thiserror::Error)]
#[error("one piece of the file is longer than the limit")]
pub(super) struct PieceTooLong;

/// Reads any encoding as UTF-8 and knows where it is.
#[derive(Debug)]
pub struct TextReader<R> {
    inner: R,
    /// `None` until the first bytes were looked at.
    source: Option<Source>,
    /// Read but not yet text: the first bytes, then the beginning of a character that the next bytes complete.
    pending: Vec<u8>,
    chunk: Vec<u8>,
    used: usize,
    /// Where the chunk begins.
    base: Base,
    ended: bool,
    /// Where the piece in hand begins, in bytes of UTF-8, and its place where its chunk is gone.
    mark: u64,
    mark_place: Option<Place>,
    piece_limit: u64,
    undecodable: u64,
    first_undecodable: Option<Place>,
}

#[derive(Debug)]
enum Source {
    Utf8,
    Other(Box<Other>),
}

struct Other {
    encoding: &'static Encoding,
    decoder: Decoder,
    raw: Vec<u8>,
}

impl std::fmt::Debug for Other {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.encoding.name())
    }
}

/// A position in the text: bytes of UTF-8 before it, and the place in the file.
#[derive(Debug, Clone, Copy)]
struct Base {
    offset: u64,
    place: Place,
}

impl<R: Read> TextReader<R> {
    /// - **Units**: `piece_limit` in bytes of UTF-8 after each [`TextReader::mark`].
    pub fn new(inner: R, piece_limit: u64) -> Self {
        Self {
            inner,
            source: None,
            pending: Vec::new(),
            chunk: Vec::with_capacity(CHUNK),
            used: 0,
            base: Base {
                offset: 0,
                place: Place {
                    line: 1,
                    column: 1,
                    byte: 0,
                },
            },
            ended: false,
            mark: 0,
            mark_place: None,
            piece_limit,
            undecodable: 0,
            first_undecodable: None,
        }
    }

    /// A new piece begins here.
    pub fn mark(&mut self) {
        self.mark = self.offset();
        self.mark_place = None;
    }

    /// Where the piece in hand began.
    pub fn mark_place(&self) -> Place {
        match self.mark_place {
            Some(place) => place,
            None => self.place_at(usize::try_from(self.mark.saturating_sub(self.base.offset)).unwrap_or(0)),
        }
    }

    /// Where reading has come to.
    pub fn place(&self) -> Place {
        self.place_at(self.used)
    }

    /// The place `text` further than `from`.
    pub fn after(&self, from: Place, text: &[u8]) -> Place {
        advance(from, text, self.source.as_ref())
    }

    /// Whether there is nothing after what was read.
    pub fn at_end(&self) -> bool {
        self.ended && self.used == self.chunk.len()
    }

    /// How many characters could not be decoded, and where the first was.
    pub fn undecodable(&self) -> (u64, Option<Place>) {
        (self.undecodable, self.first_undecodable)
    }

    /// The encoding, once the first bytes were read.
    pub fn encoding_name(&self) -> &'static str {
        match &self.source {
            Some(Source::Other(other)) => other.encoding.name(),
            Some(Source::Utf8) | None => "UTF-8",
        }
    }

    fn offset(&self) -> u64 {
        self.base.offset + self.used as u64
    }

    fn place_at(&self, within: usize) -> Place {
        advance(
            self.base.place,
            self.chunk.get(..within).unwrap_or(&self.chunk),
            self.source.as_ref(),
        )
    }

    /// Puts the next chunk in place of the one that was used up.
    fn refill(&mut self) -> io::Result<()> {
        if self.mark_place.is_none() && self.mark >= self.base.offset {
            self.mark_place = Some(self.mark_place());
        }
        self.base = Base {
            offset: self.base.offset + self.chunk.len() as u64,
            place: self.place_at(self.chunk.len()),
        };
        self.chunk.clear();
        self.used = 0;
        while self.chunk.is_empty() && !self.ended {
            match &self.source {
                None => self.open()?,
                Some(Source::Utf8) => self.refill_utf8()?,
                Some(Source::Other(_)) => self.refill_other()?,
            }
        }
        Ok(())
    }

    /// Reads the first bytes and settles the encoding.
    fn open(&mut self) -> io::Result<()> {
        let mut head = Vec::with_capacity(HEAD);
        self.inner.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let (encoding, mark) = detect(&head).map_err(io::Error::other)?;
        head.drain(..mark);
        self.base.place.byte = mark as u64;
        self.pending = head;
        self.source = Some(if encoding == UTF_8 {
            Source::Utf8
        } else {
            Source::Other(Box::new(Other {
                encoding,
                decoder: encoding.new_decoder_without_bom_handling(),
                raw: Vec::with_capacity(RAW),
            }))
        });
        Ok(())
    }

    fn refill_utf8(&mut self) -> io::Result<()> {
        self.chunk.append(&mut self.pending);
        let kept = self.chunk.len();
        self.chunk.resize(CHUNK, 0);
        let read = read_some(&mut self.inner, &mut self.chunk[kept..]);
        self.chunk.truncate(kept + *read.as_ref().unwrap_or(&0));
        self.ended = read? == 0;
        let mut checked = 0;
        while let Err(fault) = std::str::from_utf8(&self.chunk[checked..]) {
            let at = checked + fault.valid_up_to();
            let bad = match fault.error_len() {
                Some(len) => len,
                None if self.ended => self.chunk.len() - at,
                None => {
                    self.pending.extend_from_slice(&self.chunk[at..]);
                    self.chunk.truncate(at);
                    break;
                }
            };
            if self.undecodable == 0 {
                self.first_undecodable = Some(self.place_at(at));
            }
            self.undecodable += 1;
            self.chunk[at..at + bad].fill(b'?');
            checked = at + bad;
        }
        Ok(())
    }

    fn refill_other(&mut self) -> io::Result<()> {
        let Some(Source::Other(other)) = &mut self.source else {
            return Ok(());
        };
        if self.pending.is_empty() {
            other.raw.resize(RAW, 0);
            let read = read_some(&mut self.inner, &mut other.raw)?;
            other.raw.truncate(read);
            self.ended = read == 0;
        } else {
            std::mem::swap(&mut other.raw, &mut self.pending);
            self.pending.clear();
        }
        self.chunk.resize(CHUNK, 0);
        let (result, read, written, faulty) = other.decoder.decode_to_utf8(&other.raw, &mut self.chunk, self.ended);
        self.chunk.truncate(written);
        if result == CoderResult::OutputFull {
            self.pending.extend_from_slice(&other.raw[read..]);
            self.ended = false;
        }
        if faulty {
            let text = String::from_utf8_lossy(&self.chunk);
            let at = text.find(char::REPLACEMENT_CHARACTER);
            let count = text.matches(char::REPLACEMENT_CHARACTER).count() as u64;
            if self.undecodable == 0 {
                self.first_undecodable = at.map(|at| self.place_at(at));
            }
            self.undecodable += count;
        }
        Ok(())
    }
}

/// One read, repeated where a signal came between.
fn read_some(inner: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match inner.read(into) {
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

fn advance(from: Place, text: &[u8], source: Option<&Source>) -> Place {
    let lines = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    let (column, last_line) = match text.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => (1, &text[at + 1..]),
        None => (from.column, text),
    };
    // Continuation bytes of UTF-8 are no characters of their own.
    let characters = last_line.iter().filter(|byte| **byte & 0xC0 != 0x80).count() as u64;
    Place {
        line: from.line + lines,
        column: column + characters,
        byte: from.byte + original_len(text, source),
    }
}

/// How many bytes of the file a text was.
fn original_len(text: &[u8], source: Option<&Source>) -> u64 {
    let Some(Source::Other(other)) = source else {
        return text.len() as u64;
    };
    let text = String::from_utf8_lossy(text);
    if other.encoding == UTF_16LE || other.encoding == UTF_16BE {
        2 * text.encode_utf16().count() as u64
    } else {
        other.encoding.encode(&text).0.len() as u64
    }
}

impl<R: Read> BufRead for TextReader<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.used == self.chunk.len() && !self.ended {
            if self.offset() - self.mark > self.piece_limit {
                return Err(io::Error::other(PieceTooLong));
            }
            self.refill()?;
        }
        Ok(&self.chunk[self.used..])
    }

    fn consume(&mut self, amount: usize) {
        self.used = (self.used + amount).min(self.chunk.len());
    }
}

impl<R: Read> Read for TextReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let n = available.len().min(into.len());
        into[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

#[cfg(test)]
#[path = "encoding_tests.rs"]
mod tests;
