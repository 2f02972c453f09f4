use super::*;

fn check(head: impl AsRef<[u8]>, expect: Kind) {
    let head = head.as_ref();
    assert_eq!(sniff(head), expect, "{}", String::from_utf8_lossy(head));
}

#[test]
fn xml_is_known_by_its_first_element() {
    check(
        "<?xml version='1.0'?>\n<!-- made > by --><gpx version='1.1'>",
        Kind::Gpx,
    );
    check("\u{FEFF}<g:gpx xmlns:g='x'/>", Kind::Gpx);
    check("<!DOCTYPE gpx [<!ENTITY a \"<kml>\">]><gpx>", Kind::Gpx);
    check("<!DOCTYPE gpx><gpx>", Kind::Gpx);
    check("<kml xmlns='x'>", Kind::Kml);
    check("<OGRVRTDataSource>", Kind::Xml(Some("OGRVRTDataSource".into())));
    check("<?xml version='1.0'?>", Kind::Xml(None));
    check("<!-- never closed", Kind::Xml(None));
    check("<gp", Kind::Xml(None));
}

#[test]
fn utf_16_is_looked_through() {
    let text: Vec<u8> = "\u{FEFF}<?xml version='1.0'?><gpx>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    check(text, Kind::Gpx);
}

#[test]
fn binary_kinds_are_known_by_their_magic() {
    check(b"\x1F\x8B\x08", Kind::Gzip);
    check(b"PK\x03\x04", Kind::Zip);
    check(b"\x89PNG\r\n\x1A\n", Kind::Png);
    check(b"\xFF\xD8\xFF\xE0", Kind::Jpeg);
    check(b"%PDF-1.7", Kind::Pdf);
    check(b"SQLite format 3\0", Kind::GeoPackage);
    check(b"\x0E\x10\x00\x00\x00\x00\x00\x00.FIT", Kind::Fit);
    check(b"\x00\x01\x02", Kind::Unknown);
}

#[test]
fn text_kinds_are_known_by_their_form() {
    check("", Kind::Empty);
    check(" \r\n", Kind::Empty);
    check("{\"type\":\"FeatureCollection\"}", Kind::GeoJson);
    check("{\"a\":1}", Kind::Json);
    check("[1]", Kind::Json);
    check("$GPGGA,120000", Kind::Nmea);
    check("name;lon;lat\n", Kind::Csv);
    check("just words", Kind::Unknown);
}
