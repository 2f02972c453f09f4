//! What kind of file it is, by its first bytes. A file's name decides nothing.

use super::encoding;
use super::track::nmea;
use crate::domain::text::Message;

/// How many bytes [`sniff`] wants to see.
pub const HEAD: usize = 4096;

/// What the first bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Empty,
    Gpx,
    Kml,
    /// Other XML, with the name of its first element where the first bytes reach that far.
    Xml(Option<String>),
    GeoJson,
    Json,
    Nmea,
    Csv,
    Gzip,
    Zip,
    GeoPackage,
    /// The geometries of a Shapefile, or their index, which begins alike.
    Shapefile,
    /// A dBase table.
    Dbf,
    MapInfo,
    Dxf,
    BinaryDxf,
    Dwg,
    FlatGeobuf,
    Fit,
    Png,
    Jpeg,
    Pdf,
    Unknown,
}

impl Kind {
    /// What to call it.
    pub fn name(&self) -> Message {
        let (en, zh) = match self {
            Self::Empty => ("an empty file", "空文件"),
            Self::Gpx => ("a GPX file", "GPX 文件"),
            Self::Kml => ("a KML file", "KML 文件"),
            Self::Xml(Some(root)) => {
                return Message::new(
                    format!("an XML file whose first element is <{root}>"),
                    format!("根元素为 <{root}> 的 XML 文件"),
                );
            }
            Self::Xml(None) => ("an XML file", "XML 文件"),
            Self::GeoJson => ("a GeoJSON file", "GeoJSON 文件"),
            Self::Json => ("a JSON file", "JSON 文件"),
            Self::Nmea => ("an NMEA 0183 log", "NMEA 0183 记录"),
            Self::Csv => ("a table in text form (CSV)", "文本表格（CSV）"),
            Self::Gzip => ("a gzip file", "gzip 压缩文件"),
            Self::Zip => ("a zip archive", "zip 压缩包"),
            Self::GeoPackage => (
                "an SQLite database, perhaps a GeoPackage",
                "SQLite 数据库（可能是 GeoPackage）",
            ),
            Self::Shapefile => ("a part of a Shapefile", "Shapefile 的组成文件"),
            Self::Dbf => ("a dBase table", "dBase 表"),
            Self::MapInfo => ("a MapInfo table", "MapInfo 表"),
            Self::Dxf => ("a DXF drawing", "DXF 图纸"),
            Self::BinaryDxf => ("a DXF drawing in binary form", "二进制 DXF 图纸"),
            Self::Dwg => ("an AutoCAD drawing (DWG)", "AutoCAD 图纸（DWG）"),
            Self::FlatGeobuf => ("a FlatGeobuf file", "FlatGeobuf 文件"),
            Self::Fit => ("a Garmin FIT file", "佳明 FIT 文件"),
            Self::Png => ("a PNG picture", "PNG 图片"),
            Self::Jpeg => ("a JPEG picture", "JPEG 图片"),
            Self::Pdf => ("a PDF document", "PDF 文档"),
            Self::Unknown => ("of no kind that is known here", "未知类型的文件"),
        };
        Message::new(en, zh)
    }
}

/// The kind of a file from its first [`HEAD`] bytes (fewer where the file is shorter).
///
/// - **Errors**: none; what is not recognised is [`Kind::Unknown`].
pub fn sniff(head: &[u8]) -> Kind {
    match head {
        [] => return Kind::Empty,
        [0x1F, 0x8B, ..] => return Kind::Gzip,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Kind::Zip,
        [0x89, b'P', b'N', b'G', ..] => return Kind::Png,
        [0xFF, 0xD8, 0xFF, ..] => return Kind::Jpeg,
        [b'%', b'P', b'D', b'F', ..] => return Kind::Pdf,
        [_, _, _, _, _, _, _, _, b'.', b'F', b'I', b'T', ..] => return Kind::Fit,
        [b'f', b'g', b'b', _, b'f', b'g', b'b', ..] => return Kind::FlatGeobuf,
        [0, 0, 0x27, 0x0A, ..] => return Kind::Shapefile,
        _ if head.starts_with(b"SQLite format 3\0") => return Kind::GeoPackage,
        _ if head.starts_with(b"AutoCAD Binary DXF") => return Kind::BinaryDxf,
        [b'A', b'C', b'1', b'0', a, b, 0, ..] if a.is_ascii_digit() && b.is_ascii_digit() => return Kind::Dwg,
        _ if is_dbf(head) => return Kind::Dbf,
        _ => {}
    }
    let Ok((encoding, mark)) = encoding::detect(head) else {
        // Only XML declares its encoding, so an unknown one is XML still.
        return Kind::Xml(None);
    };
    let (text, _) = encoding.decode_without_bom_handling(&head[mark..]);
    let text = text.trim_start();
    match text.chars().next() {
        None => Kind::Empty,
        Some('<') => xml(text),
        // The record separator of a JSON text sequence.
        Some('\u{1e}') => json(text.trim_start_matches(['\u{1e}', ' ', '\t', '\r', '\n'])),
        Some('!') if text.get(..6).is_some_and(|mark| mark.eq_ignore_ascii_case("!table")) => Kind::MapInfo,
        Some('{') => json(text),
        Some('[') => Kind::Json,
        Some('$' | '!') if is_nmea(text) => Kind::Nmea,
        _ if is_dxf(text) => Kind::Dxf,
        // Loggers write remarks, or what they caught in the middle of a sentence, before the first whole one.
        _ if text.lines().any(nmea::is_sentence) => Kind::Nmea,
        _ if is_table(text) => Kind::Csv,
        _ => Kind::Unknown,
    }
}

/// Skips what may come before the first element.
fn xml(mut text: &str) -> Kind {
    loop {
        text = text.trim_start();
        let end = if text.starts_with("<?") {
            "?>"
        } else if text.starts_with("<!--") {
            "-->"
        } else if text.starts_with("<!") {
            // Of a document type with its own declarations only the end matters here; it is refused by the reader.
            if text.split_once('>').is_some_and(|(first, _)| first.contains('[')) {
                "]>"
            } else {
                ">"
            }
        } else {
            break;
        };
        let Some((_, rest)) = text.split_once(end) else {
            return Kind::Xml(None);
        };
        text = rest;
    }
    let Some(tag) = text.strip_prefix('<') else {
        return if text.is_empty() {
            Kind::Xml(None)
        } else {
            Kind::Unknown
        };
    };
    let end = tag.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    let name = &tag[..end.unwrap_or(tag.len())];
    match name.rsplit(':').next() {
        Some("gpx") => Kind::Gpx,
        Some("kml") => Kind::Kml,
        Some(local) if end.is_some() && !local.is_empty() => {
            Kind::Xml(Some(local.chars().filter(|c| !c.is_control()).take(60).collect()))
        }
        _ => Kind::Xml(None),
    }
}

fn json(text: &str) -> Kind {
    let geographic = [
        "\"FeatureCollection\"",
        "\"Feature\"",
        "\"coordinates\"",
        "\"GeometryCollection\"",
    ];
    if geographic.iter().any(|word| text.contains(word)) {
        Kind::GeoJson
    } else {
        Kind::Json
    }
}

/// A sentence such as `$GPGGA,`: two letters of the talker, three of the sentence.
fn is_nmea(text: &str) -> bool {
    let sentence = text.as_bytes();
    sentence.len() > 6
        && sentence[1..6]
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && sentence[6] == b','
}

/// The mark of a version, a date, and lengths that agree.
fn is_dbf(head: &[u8]) -> bool {
    let [version, _, month, day, _, _, _, _, low, high, ..] = *head else {
        return false;
    };
    let header = u16::from_le_bytes([low, high]);
    matches!(version, 0x03 | 0x30 | 0x31 | 0x83 | 0x8B | 0xF5)
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && header > 64
        && header % 32 <= 1 + 8
}

/// Pairs of lines, a number and a value: comments (999) and then the first section.
fn is_dxf(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    loop {
        match (lines.next(), lines.next()) {
            (Some("999"), Some(_)) => {}
            (Some("0"), Some("SECTION")) => return true,
            _ => return false,
        }
    }
}

/// A first line with a separator and nothing that text does not hold.
fn is_table(text: &str) -> bool {
    let line = text.lines().next().unwrap_or("");
    line.contains([',', ';', '\t']) && !line.contains(|c: char| c.is_control() && c != '\t')
}

#[cfg(test)]
#[path = "sniff_tests.rs"]
mod tests;
