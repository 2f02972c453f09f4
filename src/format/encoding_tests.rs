use super::*;

/// Reads one byte at a time.
struct Dripping<'a>(&'a [u8]);

impl Read for Dripping<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.0.len().min(into.len()).min(1);
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

fn read(bytes: &[u8]) -> (String, u64) {
    let mut whole = String::new();
    let mut reader = TextReader::new(bytes, u64::MAX);
    reader.read_to_string(&mut whole).unwrap();
    let mut dripped = String::new();
    TextReader::new(Dripping(bytes), u64::MAX)
        .read_to_string(&mut dripped)
        .unwrap();
    assert_eq!(whole, dripped);
    assert!(reader.at_end());
    assert_eq!(reader.place().byte, bytes.len() as u64, "{whole}");
    (whole, reader.undecodable().0)
}

fn check(bytes: &[u8], expect: &str) {
    assert_eq!(read(bytes), (expect.to_owned(), 0));
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(unit).collect()
}

#[test]
fn utf_8_passes_through() {
    check("界碑 🪨".as_bytes(), "界碑 🪨");
    check(b"\xEF\xBB\xBF<gpx/>", "<gpx/>");
    check(b"", "");
}

#[test]
fn utf_16_is_known_by_its_mark_or_its_first_characters() {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-16\"?>界碑🪨\n";
    for big in [false, true] {
        check(&utf16(text, big), text);
        check(&utf16(&format!("\u{FEFF}{text}"), big), text);
    }
}

#[test]
fn older_encodings_are_read_as_declared() {
    for (label, encoding) in [
        ("GB18030", encoding_rs::GB18030),
        ("euc-kr", encoding_rs::EUC_KR),
        ("windows-1251", encoding_rs::WINDOWS_1251),
    ] {
        let name = if label == "windows-1251" {
            "Знак"
        } else if label == "euc-kr" {
            "경계"
        } else {
            "界碑"
        };
        let text = format!("<?xml version='1.0' encoding = '{label}' ?>{name}");
        check(&encoding.encode(&text).0, &text);
    }
}

#[test]
fn a_declaration_that_cannot_be_true_is_passed_over() {
    let text = "<?xml version='1.0' encoding='UTF-16'?>界碑";
    check(text.as_bytes(), text);
}

#[test]
fn an_encoding_that_is_not_read_is_refused() {
    for head in [
        &b"<?xml version='1.0' encoding='x-mac-klingon'?>"[..],
        b"\xFF\xFE\0\0<\0\0\0",
        b"\x4C\x6F\xA7\x94",
    ] {
        assert_eq!(detect(head).unwrap_err().code, Code::EncodingUnknown, "{head:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_counted_and_told_where() {
    let (text, undecodable) = read(b"<a>\n\xBD\xE7\xB1</a>\xE7");
    assert_eq!(text, "<a>\n???</a>?");
    // A lone byte, the beginning of a character that goes no further, and one that the end cuts.
    assert_eq!(undecodable, 3);
    let mut reader = TextReader::new(&b"<a>\n \xBD</a>"[..], u64::MAX);
    io::copy(&mut reader, &mut io::sink()).unwrap();
    let place = reader.undecodable().1.unwrap();
    assert_eq!((place.line, place.column, place.byte), (2, 2, 5));
}

#[test]
fn a_place_is_exact_across_chunks_and_encodings() {
    let mut text = String::new();
    for line in 0..20_000 {
        text.push_str(&format!("第{line}行\r\n"));
    }
    for (bytes, width) in [
        (text.clone().into_bytes(), 0),
        (utf16(&format!("\u{FEFF}{text}"), false), 2),
    ] {
        let mut reader = TextReader::new(&bytes[..], u64::MAX);
        let mut read = String::new();
        let mut line = 0;
        while io::BufRead::read_line(&mut reader, &mut read).unwrap() > 0 {
            line += 1;
            let place = reader.place();
            assert_eq!((place.line, place.column), (line + 1, 1));
            let before = if width == 2 {
                2 + 2 * read.encode_utf16().count()
            } else {
                read.len()
            };
            assert_eq!(place.byte, before as u64);
            if line % 997 == 0 {
                reader.mark();
                assert_eq!(reader.mark_place(), place);
            }
        }
        assert_eq!(line, 20_000);
    }
}

#[test]
fn a_mark_is_remembered_when_its_chunk_is_gone() {
    let text = format!("ab\ncd{}", "x".repeat(3 * CHUNK));
    let mut reader = TextReader::new(text.as_bytes(), u64::MAX);
    let mut four = [0; 4];
    reader.read_exact(&mut four).unwrap();
    reader.mark();
    io::copy(&mut reader, &mut io::sink()).unwrap();
    let place = reader.mark_place();
    assert_eq!((place.line, place.column, place.byte), (2, 2, 4));
}

#[test]
fn a_piece_has_a_limit() {
    let text = "x".repeat(4 * CHUNK);
    let fault = io::copy(&mut TextReader::new(text.as_bytes(), CHUNK as u64), &mut io::sink()).unwrap_err();
    assert!(fault.get_ref().unwrap().is::<PieceTooLong>());
}
