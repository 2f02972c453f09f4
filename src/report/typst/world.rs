//! The world of one document, and its way to PDF/A-2a.

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use typst::diag::{FileError, FileResult, SourceDiagnostic};
use typst::foundations::{Bytes, Datetime, Duration, Smart};
use typst::syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot};
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;
use typst::{Library, LibraryExt, World};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards, Timestamp as PdfTimestamp};

use super::fonts::Fonts;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;

/// Layouts kept for the next document. One call without use is enough to let them go: documents differ, and a service
/// that keeps all of them grows without end.
const CACHE_AGE: usize = 1;

static LIBRARY: LazyLock<LazyHash<Library>> = LazyLock::new(|| LazyHash::new(<Library as LibraryExt>::default()));

/// What a document is made of.
#[derive(Debug, Clone)]
pub struct Document {
    pub template: &'static str,
    /// The files the template may read, by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// The moment of the snapshot: the only time the document knows.
    pub time: Timestamp,
    /// Identifies the content: goes into the identifier of the PDF.
    pub ident: String,
    pub creator: String,
}

struct Paper<'f> {
    fonts: &'f Fonts,
    source: Source,
    files: HashMap<FileId, Bytes>,
    today: Option<Datetime>,
}

impl World for Paper<'_> {
    fn library(&self) -> &LazyHash<Library> {
        &LIBRARY
    }

    fn book(&self) -> &LazyHash<FontBook> {
        self.fonts.book()
    }

    fn main(&self) -> FileId {
        self.source.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.source.id() {
            Ok(self.source.clone())
        } else {
            Err(FileError::AccessDenied)
        }
    }

    /// The document's own files; all else is refused, whether it exists or not.
    fn file(&self, id: FileId) -> FileResult<Bytes> {
        self.files.get(&id).cloned().ok_or(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.face(index)
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        self.today
    }
}

/// Sets a document and writes it as PDF/A-2a: tagged, all fonts embedded, every glyph with its meaning.
///
/// The same document gives the same bytes, in this process and in any other of the same version.
///
/// # Errors
/// `GlyphMissing` when a character has no glyph after all; `Internal` when the template has a mistake, which a test
/// rules out for the templates that are compiled in.
pub fn pdf_a(document: Document, fonts: &Fonts) -> Result<Vec<u8>, Problem> {
    let bytes = set(document, fonts);
    typst::comemo::evict(CACHE_AGE);
    bytes
}

fn set(document: Document, fonts: &Fonts) -> Result<Vec<u8>, Problem> {
    let time = datetime(document.time);
    let mut files = HashMap::new();
    for (name, bytes) in document.files {
        files.insert(file_id(&name)?, Bytes::new(bytes));
    }
    let world = Paper {
        fonts,
        source: Source::new(file_id("main.typ")?, document.template.to_owned()),
        files,
        today: time,
    };
    let laid_out = typst::compile::<PagedDocument>(&world)
        .output
        .map_err(|errors| failed(&world, &errors))?;
    let standards = PdfStandards::new(&[PdfStandard::A_2a])
        .map_err(|e| internal(format!("PDF/A-2a is not available: {}", e.message())))?;
    let options = PdfOptions {
        ident: Smart::Custom(document.ident),
        creator: Smart::Custom(Some(document.creator)),
        timestamp: time.map(PdfTimestamp::new_utc),
        standards,
        ..PdfOptions::default()
    };
    typst_pdf::pdf(&laid_out, &options).map_err(|errors| failed(&world, &errors))
}

fn file_id(name: &str) -> Result<FileId, Problem> {
    let path = VirtualPath::new(name).map_err(|_| internal(format!("{name} is no name of a file")))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// The civil time in UTC, to the second.
fn datetime(time: Timestamp) -> Option<Datetime> {
    let civil = time.to_zoned(TimeZone::UTC).datetime();
    let part = |value: i8| u8::try_from(value).ok();
    Datetime::from_ymd_hms(
        i32::from(civil.year()),
        part(civil.month())?,
        part(civil.day())?,
        part(civil.hour())?,
        part(civil.minute())?,
        part(civil.second())?,
    )
}

fn failed(world: &Paper<'_>, errors: &[SourceDiagnostic]) -> Problem {
    let text: Vec<String> = errors
        .iter()
        .map(|error| {
            let line = typst::WorldExt::range(world, error.span)
                .and_then(|range| Some(world.source.lines().byte_to_line(range.start)? + 1));
            match line {
                Some(line) => format!("line {line}: {}", error.message),
                None => error.message.to_string(),
            }
        })
        .collect();
    let text = text.join("; ");
    if text.contains("could not be displayed") {
        return Problem::new(
            Code::GlyphMissing,
            Message::new(
                format!("The document holds a character without a glyph: {text}."),
                format!("文件中有字符缺少字形：{text}。"),
            ),
            Message::new("Replace the character.", "请替换该字符。"),
        );
    }
    internal(text)
}

fn internal(text: String) -> Problem {
    Problem::new(
        Code::Internal,
        Message::new(
            format!("The document could not be set: {text}."),
            format!("无法排版文件：{text}。"),
        ),
        Message::new(
            "Report this with the number of the inspection.",
            "请连同检查编号一并报告。",
        ),
    )
}
