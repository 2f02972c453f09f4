use super::wire::{SystemSaid, Why};
use super::*;

fn frames(frames: &[Frame<'_>]) -> Vec<u8> {
    let mut sent = Vec::new();
    for frame in frames {
        frame.send(&mut sent).unwrap();
    }
    sent
}

fn points() -> Frame<'static> {
    Frame::Layer(LayerSaid {
        name: b"marks".to_vec(),
        geometry: "Point".to_owned(),
        features: Some(1),
        system: Some(SystemSaid {
            code: "EPSG:4490".to_owned(),
            ..SystemSaid::default()
        }),
        id: b"fid".to_vec(),
        fields: vec![(b"\xB1\xE0\xBA\xC5".to_vec(), Type::Text), (b"h".to_vec(), Type::Real)],
    })
}

fn point(wkb: &'static [u8]) -> Frame<'static> {
    Frame::Row(RowSaid {
        layer: 0,
        id: 12,
        cells: vec![CellSaid::Text(b"\xBD\xE7\xB1\xAE 7 "), CellSaid::Real(f64::NAN)],
        kind: b"Point",
        wkb,
    })
}

/// A point with height in ISO WKB: 1, 2, 3.
const POINT_Z: &[u8] = &[
    1, 0xE9, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0, 0, 0, 0, 8, 0x40,
];

#[test]
fn an_answer_becomes_rows() {
    let sent = frames(&[
        Frame::Fence(Fence::default()),
        points(),
        Frame::Warning(b"odd."),
        Frame::Rows,
        point(POINT_Z),
        Frame::End,
    ]);
    let mut reader = Reader::open(sent.as_slice(), Texts::In(GB18030)).unwrap();
    assert_eq!(reader.layers()[0].system, System::Said("EPSG:4490".to_owned()));
    assert_eq!(reader.layers()[0].columns[0].name, "编号");
    assert_eq!(reader.warnings()[0].en, "GDAL: odd");
    let feature = reader.next_feature().unwrap().unwrap();
    assert_eq!(feature.row.place, "feature 1");
    assert_eq!(feature.row.geometry, Some(Geometry::Point([1.0, 2.0])));
    let cells: Vec<(&str, &Cell)> = feature.row.cells.iter().map(|(n, c)| (n.as_str(), c)).collect();
    assert_eq!(
        cells,
        [
            ("fid", &Cell::Number(12.0, "12".to_owned())),
            ("z", &Cell::Number(3.0, "3".to_owned())),
            ("编号", &Cell::Text("界碑 7".to_owned())),
        ]
    );
    assert_eq!(reader.next_feature().unwrap(), None);
    assert_eq!(reader.next_feature().unwrap(), None);
}

/// Whatever the other side does, the answer is a refusal and reading ends.
fn check_refused(sent: &[u8], code: Code) {
    let outcome = Reader::open(sent, Texts::Either).and_then(|reader| reader.collect::<Result<Vec<_>, _>>());
    assert_eq!(outcome.unwrap_err().code, code);
}

#[test]
fn a_stranger_is_not_believed() {
    let fence = || Frame::Fence(Fence::default());
    // Cut, out of order, layers and rows that do not fit.
    check_refused(&[], Code::FileMalformed);
    check_refused(&frames(&[points(), Frame::Rows]), Code::FileMalformed);
    check_refused(&frames(&[fence(), points(), Frame::Rows]), Code::FileMalformed);
    check_refused(&frames(&[fence(), Frame::Rows, point(POINT_Z)]), Code::FileMalformed);
    let cut = frames(&[fence(), points(), Frame::Rows, point(&POINT_Z[..20]), Frame::End]);
    check_refused(&cut, Code::FileMalformed);
    let mut many = vec![fence()];
    many.extend((0..=LAYERS).map(|_| points()));
    check_refused(&frames(&many), Code::FileMalformed);
    // What it says of the file.
    check_refused(
        &frames(&[fence(), Frame::Failed(Why::Malformed, b"no")]),
        Code::FileMalformed,
    );
    let late = frames(&[fence(), points(), Frame::Rows, Frame::Failed(Why::TooLarge, b"big")]);
    check_refused(&late, Code::FileTooLarge);
    // A number that is none.
    const NAN: &[u8] = &[1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xF8, 0x7F, 0, 0, 0, 0, 0, 0, 0, 0x40];
    let nan = frames(&[fence(), points(), Frame::Rows, point(NAN), Frame::End]);
    check_refused(&nan, Code::ValueInvalid);
}

#[test]
fn every_simple_kind_is_read() {
    let check = |hex: &str, expected: Geometry| {
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        assert_eq!(wkb(&bytes), Ok((expected, None)));
        for end in 0..bytes.len() {
            assert_eq!(wkb(&bytes[..end]), Err(NoGeometry::Nonsense));
        }
    };
    let (one, two) = ("000000000000F03F", "0000000000000040");
    let (p, q) = ([1.0, 2.0], [2.0, 1.0]);
    let xy = format!("{one}{two}{two}{one}");
    check(&format!("0101000000{one}{two}"), Geometry::Point(p));
    // A measure is no height.
    check(&format!("01D1070000{one}{two}{one}"), Geometry::Point(p));
    check(&format!("010200000002000000{xy}"), Geometry::Line(vec![p, q]));
    check(
        &format!("01030000000100000002000000{xy}"),
        Geometry::Polygon(vec![vec![p, q]]),
    );
    check(
        &format!("0104000000010000000101000000{one}{two}"),
        Geometry::Points(vec![p]),
    );
    check(
        &format!("010500000001000000010200000002000000{xy}"),
        Geometry::Lines(vec![vec![p, q]]),
    );
    check(
        &format!("01060000000100000001030000000100000002000000{xy}"),
        Geometry::Polygons(vec![vec![vec![p, q]]]),
    );
}

proptest::proptest! {
    #[test]
    fn no_bytes_are_a_geometry_that_panics(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..200)) {
        let _ = wkb(&bytes);
        let _ = Reader::open(bytes.as_slice(), Texts::Either).map(|reader| reader.count());
    }
}
