use proptest::prelude::*;

use super::*;
use crate::format::limits::Limits;

/// A sentence with its checksum.
fn sentence(body: &str) -> String {
    let sum = body.bytes().fold(0_u8, |sum, byte| sum ^ byte);
    format!("${body}*{sum:02X}\r\n")
}

fn read(bytes: &[u8]) -> (Vec<Fix>, Warnings, u64) {
    let options = Options {
        now: Some(1_795_392_000.0),
        limits: Limits::DEFAULT,
    };
    let mut reader = Box::new(NmeaReader::new(bytes, options));
    let mut fixes = Vec::new();
    while let Ok(Some(event)) = reader.next_event() {
        if let TrackEvent::Fix(fix) = event {
            fixes.push(fix);
        }
    }
    let rejected = reader.rejected();
    (fixes, reader.into_warnings(), rejected)
}

fn text(bodies: &[&str]) -> String {
    bodies.iter().map(|body| sentence(body)).collect()
}

fn time(text: &str) -> f64 {
    text.parse::<Timestamp>().unwrap().as_microsecond() as f64 / 1e6
}

#[test]
fn the_sentences_of_an_epoch_are_one_fix() {
    let text = text(&[
        "GNRMC,003956.50,A,4552.65403,S,17030.00668,E,0.025,,120419,,,R",
        "GNGGA,003956.50,4552.65403,S,17030.00668,E,4,12,0.55,107.3,M,2.1,M,1.5,0134",
        "GNGSA,A,3,21,20,16,29,26,31,,,,,,,1.08,0.55,0.93",
        "GNGSA,A,3,66,65,81,,,,,,,,,,1.08,0.55,0.93",
        "GNGST,003956.50,25,0.03,0.02,5,0.012,0.016,0.031",
        "GPGSV,1,1,01,21,00,000,17",
    ]);
    let (fixes, warnings, rejected) = read(text.as_bytes());
    assert_eq!((fixes.len(), rejected, warnings.total()), (1, 0, 0), "{warnings:?}");
    let fix = fixes[0];
    assert_eq!(fix.time, Some(time("2019-04-12T00:39:56.5Z")));
    assert!((fix.position.lat.get() + (45.0 + 52.65403 / 60.0)).abs() < 1e-12);
    assert!((fix.position.lon.get() - (170.0 + 30.00668 / 60.0)).abs() < 1e-12);
    assert_eq!(fix.elevation_m, Some(107.3));
    let quality = fix.quality;
    assert_eq!((quality.kind, quality.satellites), (FixKind::Fixed, Some(12)));
    assert_eq!(
        (quality.hdop, quality.vdop, quality.pdop),
        (Some(0.55), Some(0.93), Some(1.08))
    );
    // The square root of half of 0.012 squared and 0.016 squared.
    assert!((quality.accuracy_m.unwrap() - 0.014_142).abs() < 1e-6);
    assert_eq!((quality.dgps_age_s, quality.dgps_station), (Some(1.5), Some(134)));
    assert!(!quality.sigma_m().1, "the sigma is the receiver's own");
}

#[test]
fn dilutions_that_come_first_are_of_the_epoch_behind_them() {
    let text = text(&[
        "GPGSA,A,3,05,07,08,10,,,,,,,,,1.2,0.9,0.8",
        "GPGGA,110124,5505.33,N,03858.58,E,1,09,0.9,177.0,M,14.0,M,,",
        "GPGSA,A,2,05,07,08,,,,,,,,,,4.9,2.6,4.5",
        "GPGGA,110125,5505.33,N,03858.58,E,1,03,2.6,177.0,M,14.0,M,,",
        "GPRMC,110125,A,5505.33,N,03858.58,E,0.0,0.0,310317,,,A",
    ]);
    let (fixes, ..) = read(text.as_bytes());
    let said: Vec<_> = fixes.iter().map(|fix| (fix.quality.kind, fix.quality.pdop)).collect();
    assert_eq!(said, [(FixKind::ThreeD, Some(1.2)), (FixKind::TwoD, Some(4.9))]);
}

#[test]
fn a_date_found_late_dates_what_came_before_over_midnight() {
    let text = text(&[
        "GPGGA,235958,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
        "GPGGA,235959,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
        "GPGGA,000000,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
        "GPGGA,000001,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
        "GPZDA,000001,01,03,2024,00,00",
        "GPGGA,130000,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
        "GPGGA,000002,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
    ]);
    let (fixes, warnings, _) = read(text.as_bytes());
    let times: Vec<_> = fixes.iter().map(|fix| fix.time.unwrap()).collect();
    let expected = [
        "2024-02-29T23:59:58Z",
        "2024-02-29T23:59:59Z",
        "2024-03-01T00:00:00Z",
        "2024-03-01T00:00:01Z",
        "2024-03-01T13:00:00Z",
        "2024-03-02T00:00:02Z",
    ];
    assert_eq!(times, expected.map(time));
    assert_eq!(warnings.total(), 0, "{warnings:?}");
}

#[test]
fn without_a_date_there_are_positions_but_no_times() {
    let text = text(&[
        "GPGGA,235958,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
        "GPGGA,235959,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,",
    ]);
    let (fixes, warnings, _) = read(text.as_bytes());
    assert!(fixes.len() == 2 && fixes.iter().all(|fix| fix.time.is_none()));
    assert!(warnings.of("date-missing") > 0);
}

#[test]
fn what_cannot_be_is_rejected_and_said() {
    let good = sentence("GPGGA,000001,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,");
    let bad = [
        ("GPGGA,000002,4260.0,N,13030.0,E,1,08,1.0,50,M,,M,,", "fix-rejected"),
        ("GPGGA,000003,9100.0,N,13030.0,E,1,08,1.0,50,M,,M,,", "fix-rejected"),
        ("GPGGA,000004,4230.0,N,18030.0,E,1,08,1.0,50,M,,M,,", "fix-rejected"),
        ("GPGGA,000005,4230.0,X,13030.0,E,1,08,1.0,50,M,,M,,", "fix-rejected"),
        ("GPGGA,240000,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,", "fix-rejected"),
        ("GPGGA,000006,4230.0,N,13030.0,E,8,08,1.0,50,M,,M,,", "fix-rejected"),
        ("GPRMC,000007,A,4230.0,N,13030.0,E,,,310299,,,A", "fix-rejected"),
        ("GPGGA,000008,,,,,0,00,99.9,,M,,M,,", "fix-none"),
    ];
    for (body, kind) in bad {
        let (fixes, warnings, rejected) = read(format!("{good}{}", sentence(body)).as_bytes());
        let of_positions = u64::from(kind == "fix-rejected");
        assert_eq!(
            (fixes.len(), rejected, warnings.of(kind)),
            (1, of_positions, 1),
            "{body}: {warnings:?}"
        );
        let warning = warnings.kept().iter().find(|warning| warning.kind == kind).unwrap();
        assert_eq!(warning.place.unwrap().line, 2, "{body}");
        assert!(!warning.message.en.is_empty() && !warning.message.zh.is_empty());
    }
    let damaged = good.replace("*", "*0").replace("4230", "4231");
    let (fixes, warnings, _) = read(format!("{good}{damaged}").as_bytes());
    assert_eq!((fixes.len(), warnings.of("checksum-wrong")), (1, 1));
    let cut = "$GPGGA,000009,4230.0,N,130\r\n";
    let (fixes, warnings, _) = read(format!("{good}{cut}").as_bytes());
    assert_eq!((fixes.len(), warnings.of("checksum-missing")), (1, 1));
}

#[test]
fn noise_between_sentences_does_no_harm() {
    let one = sentence("GPGGA,000001,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,");
    let two = sentence("GPGGA,000002,4230.0,N,13030.0,E,1,08,1.0,50,M,,M,,");
    let mut bytes = vec![0xB5, 0x62, 1, 7, 0, 0xFF, b'$', 0xC3];
    bytes.extend_from_slice(one.as_bytes());
    bytes.extend_from_slice(&vec![b'x'; 100_000]);
    bytes.extend_from_slice(b"\n# a remark\nlog started ");
    bytes.extend_from_slice(two.trim_end().as_bytes());
    let (fixes, warnings, rejected) = read(&bytes);
    assert_eq!((fixes.len(), rejected, warnings.of("line-skipped")), (2, 0, 1));
}

#[test]
fn a_file_without_sentences_is_refused() {
    let mut reader = NmeaReader::new(&b"$GPGGA but not quite\n"[..], Options::default());
    assert_eq!(reader.next_event().unwrap_err().code, Code::FileMalformed);
    assert_eq!(reader.next_event().unwrap(), None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        read(&bytes);
    }

    #[test]
    fn no_fields_make_it_panic(fields in "(GP|GN)(GGA|GNS|RMC|GSA|GST|ZDA)(,[-0-9.NSEWAVDRF*é]{0,11}){0,26}") {
        let (fixes, ..) = read(sentence(&fields).as_bytes());
        for fix in fixes {
            prop_assert!(fix.position.lat.get().abs() <= 90.0 && fix.position.lon.get().abs() <= 180.0);
        }
    }
}
