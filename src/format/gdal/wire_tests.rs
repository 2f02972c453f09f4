use super::*;

fn check(frame: &Frame<'_>) {
    let mut sent = Vec::new();
    frame.send(&mut sent).unwrap();
    let mut buffer = Vec::new();
    let kind = receive(&mut sent.as_slice(), &mut buffer).unwrap().unwrap();
    assert_eq!(&Frame::parse(kind, &buffer).unwrap(), frame);
    // Cut anywhere, it is an error and nothing worse.
    for end in 1..sent.len() {
        assert!(
            receive(&mut &sent[..end], &mut buffer).is_err(),
            "{frame:?} cut at {end}"
        );
    }
    for end in 0..buffer.len() {
        assert!(Frame::parse(kind, &buffer[..end]).is_err(), "{frame:?}");
    }
}

#[test]
fn frames_come_out_as_they_went_in() {
    check(&Frame::Fence(Fence {
        gdal: "3.6.2".to_owned(),
        files: true,
        network: false,
        processes: true,
    }));
    check(&Frame::Layer(LayerSaid {
        name: "界碑".as_bytes().to_vec(),
        geometry: "Point".to_owned(),
        features: Some(7),
        system: Some(SystemSaid {
            code: "EPSG:4490".to_owned(),
            name: "CGCS2000".to_owned(),
            wkt: "GEOGCS[]".to_owned(),
        }),
        id: b"fid".to_vec(),
        fields: vec![(b"number".to_vec(), Type::Text), (b"height".to_vec(), Type::Real)],
    }));
    check(&Frame::Row(RowSaid {
        layer: 3,
        id: -1,
        cells: vec![
            CellSaid::Null,
            CellSaid::Text(b"\xBD\xE7"),
            CellSaid::Integer(i64::MIN),
            CellSaid::Real(42.5),
            CellSaid::Flag(true),
        ],
        kind: b"Point",
        wkb: &[1, 1, 0, 0, 0],
    }));
    check(&Frame::Warning(b"odd"));
    check(&Frame::Failed(Why::Malformed, b"no"));
}

#[test]
fn a_request_comes_out_as_it_went_in() {
    let request = Request {
        driver: Driver::Shapefile,
        file: "data.shp".to_owned(),
        layers: vec![0, 5],
        restore_index: true,
        rows: false,
        unfenced: true,
    };
    let mut sent = Vec::new();
    request.send(&mut sent).unwrap();
    assert_eq!(Request::receive(&mut sent.as_slice()).unwrap(), request);
}

#[test]
fn lengths_are_not_believed() {
    let mut buffer = Vec::new();
    let announced = [ROW, 0xFF, 0xFF, 0xFF, 0xFF];
    assert!(matches!(
        receive(&mut announced.as_slice(), &mut buffer),
        Err(Broken::TooLong(_))
    ));
    // A row that says it has four thousand million cells.
    let mut body = Vec::new();
    body.extend_from_slice(&[0; 12]);
    body.extend_from_slice(&[0xFF; 4]);
    assert!(Frame::parse(ROW, &body).is_err());
}

proptest::proptest! {
    #[test]
    fn no_bytes_do_harm(kind in 0_u8..12, body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300)) {
        let _ = Frame::parse(kind, &body);
        let mut buffer = Vec::new();
        let _ = receive(&mut body.as_slice(), &mut buffer);
    }
}
