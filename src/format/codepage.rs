//! In which encoding the texts of a dBase table or a drawing are: what the file says, or what its bytes show.

use std::io::{self, Read};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK, UTF_8};

/// Bytes of text that are looked at.
const LOOKED_AT: usize = 1 << 20;
/// Bytes of one record, at most: the format has two for its length.
const RECORD_BYTES: usize = 65_535;

/// How an encoding was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The caller or the file names it.
    Said,
    /// Nothing but ASCII, so that it does not matter.
    Plain,
    /// From the bytes; may be wrong.
    Guessed,
}

/// The encoding that a name such as `GBK`, `UTF-8`, `936`, `CP936`, `ANSI_936` or `ANSI 1252` stands for.
pub fn encoding_named(name: &str) -> Option<&'static Encoding> {
    let name = name.trim().trim_start_matches('\u{feff}');
    if let Some(encoding) = Encoding::for_label(name.as_bytes()) {
        return Some(encoding);
    }
    let upper = name.to_ascii_uppercase();
    let page = upper
        .trim_start_matches("ANSI")
        .trim_start_matches("OEM")
        .trim_start_matches("CP")
        .trim_start_matches("MS")
        .trim_start_matches([' ', '_', '-']);
    match page {
        "UTF8" | "65001" => Some(UTF_8),
        "936" | "54936" | "GBK2312" => Some(GB18030),
        "949" => Some(encoding_rs::EUC_KR),
        "950" => Some(encoding_rs::BIG5),
        "932" => Some(encoding_rs::SHIFT_JIS),
        "866" => Some(encoding_rs::IBM866),
        "874" => Some(encoding_rs::WINDOWS_874),
        _ => {
            if let Some(part) = page.strip_prefix("8859") {
                let label = format!("iso-8859-{}", part.trim_start_matches(['-', '_']));
                return Encoding::for_label(label.as_bytes());
            }
            Encoding::for_label(format!("windows-{page}").as_bytes())
        }
    }
}

/// The encoding of a dBase table: by the `.cpg` beside it, else by the mark in its header, else by its bytes.
///
/// - **Shape**: `dbf` from its first byte, `cpg` the whole small file where there is one.
/// - **Errors**: none; a table that is no table is GDAL's to refuse.
/// - **Source**: marks as in ESRI's and Visual FoxPro's lists of language driver IDs.
pub fn of_dbf(dbf: impl Read, cpg: Option<&[u8]>) -> (&'static Encoding, Found) {
    if let Some(encoding) = cpg.and_then(|name| encoding_named(&String::from_utf8_lossy(name))) {
        return (wide(encoding), Found::Said);
    }
    let (mark, texts) = read_texts(dbf).unwrap_or_default();
    // UTF-8 in which there is a character of more than one byte is never something else by chance.
    if let Ok(text) = std::str::from_utf8(&texts) {
        return (UTF_8, if text.is_ascii() { Found::Plain } else { Found::Said });
    }
    match by_mark(mark) {
        Some(encoding) => (wide(encoding), Found::Said),
        None => (guess(&texts), Found::Guessed),
    }
}

/// The encoding of a DXF drawing: UTF-8 since the version of 2007, before that by the code page it names.
///
/// - **Shape**: `head` is the first part of the file, as far as its names and texts shall be looked at.
/// - **Source**: Autodesk's DXF reference, header variables `$ACADVER` and `$DWGCODEPAGE`.
pub fn of_dxf(head: &[u8]) -> (&'static Encoding, Found) {
    if head.is_ascii() {
        return (UTF_8, Found::Plain);
    }
    let version = variable(head, b"$ACADVER");
    if version.as_deref().is_some_and(|version| version >= "AC1021") || is_utf8(head) {
        return (UTF_8, Found::Said);
    }
    match variable(head, b"$DWGCODEPAGE").and_then(|page| encoding_named(&page)) {
        // Software that knows no code pages writes this one whatever it writes.
        Some(encoding) if encoding != encoding_rs::WINDOWS_1252 => (wide(encoding), Found::Said),
        _ => (guess(head), Found::Guessed),
    }
}

/// The value of a variable in a drawing's header: two lines after its name.
fn variable(head: &[u8], name: &[u8]) -> Option<String> {
    let at = head.windows(name.len()).position(|window| window == name)?;
    let value = head[at..].split(|byte| *byte == b'\n').nth(2)?;
    Some(String::from_utf8_lossy(value).trim().to_owned())
}

/// Whether text is UTF-8, as far as it goes.
fn is_utf8(text: &[u8]) -> bool {
    std::str::from_utf8(text).map_or_else(|fault| fault.error_len().is_none(), |_| true)
}

/// GB 18030 reads all that GBK does, and more.
fn wide(encoding: &'static Encoding) -> &'static Encoding {
    if encoding == GBK { GB18030 } else { encoding }
}

/// The encoding that bytes are most likely in.
fn guess(texts: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(texts, true);
    wide(detector.guess(Some(b"cn"), Utf8Detection::Allow))
}

/// Marks that name one encoding. Others (none, "ANSI", the code pages of DOS and of Western Windows, which are also what
/// software writes that does not care) are left to the bytes.
const fn by_mark(mark: u8) -> Option<&'static Encoding> {
    Some(match mark {
        0x4D | 0x7A => GB18030,
        0x4F | 0x78 => encoding_rs::BIG5,
        0x4E | 0x79 => encoding_rs::EUC_KR,
        0x13 | 0x7B => encoding_rs::SHIFT_JIS,
        0x50 | 0x7C => encoding_rs::WINDOWS_874,
        0x26 | 0x65 => encoding_rs::IBM866,
        0xC8 => encoding_rs::WINDOWS_1250,
        0xC9 => encoding_rs::WINDOWS_1251,
        0xCA => encoding_rs::WINDOWS_1254,
        0xCB => encoding_rs::WINDOWS_1253,
        0xCC => encoding_rs::WINDOWS_1257,
        _ => return None,
    })
}

/// The mark of a table, its field names, and the texts of its first records, a line each.
fn read_texts(mut dbf: impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 32];
    dbf.read_exact(&mut head)?;
    let mark = head[29];
    let header = usize::from(u16::from_le_bytes([head[8], head[9]]));
    let record = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let mut rest = vec![0; header.saturating_sub(32)];
    dbf.read_exact(&mut rest)?;
    let mut texts = Vec::new();
    // Columns of text: where they begin in a record and end.
    let (mut columns, mut at) = (Vec::new(), 1);
    for field in rest.chunks_exact(32).take_while(|field| field[0] != b'\r') {
        let name = field[..11].split(|byte| *byte == 0).next().unwrap_or_default();
        // A name of ten bytes may end in the middle of a character.
        if name.len() < 10 {
            texts.extend_from_slice(name);
            texts.push(b'\n');
        }
        let length = usize::from(field[16]);
        if field[11] == b'C' {
            columns.push((at, at + length));
        }
        at += length;
    }
    if record == 0 || record > RECORD_BYTES {
        return Ok((mark, texts));
    }
    let mut line = vec![0; record];
    while texts.len() < LOOKED_AT && dbf.read_exact(&mut line).is_ok() {
        for (begin, end) in &columns {
            let text = line.get(*begin..*end).unwrap_or_default();
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
            // A text that fills its column may be cut in the middle of a character too.
            if !text.is_ascii() && text.len() < end - begin {
                texts.extend_from_slice(text);
                texts.push(b'\n');
            }
        }
    }
    Ok((mark, texts))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table with one column of text, 24 wide.
    fn table(mark: u8, texts: &[&[u8]]) -> Vec<u8> {
        let mut table = vec![3, 120, 1, 1];
        table.extend_from_slice(&u32::try_from(texts.len()).unwrap().to_le_bytes());
        table.extend_from_slice(&65_u16.to_le_bytes());
        table.extend_from_slice(&25_u16.to_le_bytes());
        table.resize(29, 0);
        table.extend_from_slice(&[mark, 0, 0]);
        table.extend_from_slice(b"NAME\0\0\0\0\0\0\0C\0\0\0\0\x18");
        table.resize(64, 0);
        table.push(b'\r');
        for text in texts {
            table.push(b' ');
            let mut cell = text.to_vec();
            cell.resize(24, b' ');
            table.extend_from_slice(&cell);
        }
        table
    }

    fn check(mark: u8, encoding: &'static Encoding, words: &[&str], cpg: Option<&str>) {
        let coded: Vec<Vec<u8>> = words.iter().map(|w| encoding.encode(w).0.into_owned()).collect();
        let texts: Vec<&[u8]> = coded.iter().map(Vec::as_slice).collect();
        let (found, _) = of_dbf(table(mark, &texts).as_slice(), cpg.map(str::as_bytes));
        for (bytes, word) in texts.iter().zip(words) {
            assert_eq!(
                found.decode_without_bom_handling(bytes).0,
                *word,
                "read as {}",
                found.name()
            );
        }
    }

    #[test]
    fn texts_are_read_as_they_were_written() {
        let chinese = ["界碑", "国门", "鸭绿江", "珲春市防川村"];
        let french = ["Borne frontière", "Forêt", "Château", "Rivière à la pêche"];
        let russian = ["Граница", "Пограничный знак", "Река Туманная", "Хасан"];
        let korean = ["두만강", "경계비", "온성군", "남양구"];
        for mark in [0, 0x57, 0x03] {
            check(mark, UTF_8, &chinese, None);
            check(mark, GB18030, &chinese, None);
            check(mark, encoding_rs::WINDOWS_1252, &french, None);
            check(mark, encoding_rs::WINDOWS_1251, &russian, None);
        }
        check(0x4D, GB18030, &chinese, None);
        check(0xC9, encoding_rs::WINDOWS_1251, &russian, None);
        check(0x4E, encoding_rs::EUC_KR, &korean, None);
        check(0, encoding_rs::EUC_KR, &korean, Some("949"));
        check(0, GB18030, &["碑"], Some("GBK\r\n"));
        check(0, encoding_rs::WINDOWS_1252, &["é"], Some("ISO 88591"));
    }

    #[test]
    fn encodings_have_many_names() {
        for (name, encoding) in [
            ("UTF-8", UTF_8),
            ("utf8", UTF_8),
            ("65001", UTF_8),
            ("GBK", GBK),
            ("936", GB18030),
            ("CP936", GB18030),
            ("ANSI_936", GB18030),
            ("ANSI 1251", encoding_rs::WINDOWS_1251),
            ("1252", encoding_rs::WINDOWS_1252),
            ("OEM 866", encoding_rs::IBM866),
            ("8859_5", encoding_rs::ISO_8859_5),
            ("ISO-8859-1", encoding_rs::WINDOWS_1252),
            ("big5", encoding_rs::BIG5),
        ] {
            assert_eq!(encoding_named(name), Some(encoding), "{name}");
        }
        assert_eq!(encoding_named("klingon"), None);
        assert_eq!(encoding_named(""), None);
    }

    #[test]
    fn a_drawing_says_its_encoding() {
        let drawing = |version: &str, page: &str, layer: &[u8]| {
            let mut head =
                format!("  9\r\n$ACADVER\r\n  1\r\n{version}\r\n  9\r\n$DWGCODEPAGE\r\n  3\r\n{page}\r\n").into_bytes();
            head.extend_from_slice(b"  8\r\n");
            head.extend_from_slice(layer);
            head
        };
        let gbk = GB18030.encode("界线").0.into_owned();
        assert_eq!(of_dxf(&drawing("AC1015", "ANSI_936", &gbk)), (GB18030, Found::Said));
        assert_eq!(
            of_dxf(&drawing("AC1032", "ANSI_936", "界线".as_bytes())),
            (UTF_8, Found::Said)
        );
        assert_eq!(of_dxf(&drawing("AC1015", "ANSI_1252", b"0")), (UTF_8, Found::Plain));
    }

    #[test]
    fn a_broken_table_does_no_harm() {
        let whole = table(0, &["界碑".as_bytes()]);
        for end in 0..whole.len() {
            of_dbf(&whole[..end], None);
        }
        of_dbf([0xFF; 100].as_slice(), None);
    }
}
