use std::fmt::Write as _;
use std::io::{Cursor, Read};

use proptest::prelude::*;

use super::*;
use crate::domain::problem::{Code, Problem};
use crate::domain::track::{Fix, FixKind, Warnings};
use crate::format::limits::Limits;
use crate::format::tally::Tally;
use crate::format::track::{self, Options, TrackEvent};

/// 2026-11-23T00:00:00Z.
const NOW: f64 = 1_795_392_000.0;

fn options() -> Options {
    Options {
        now: Some(NOW),
        limits: Limits::DEFAULT,
    }
}

type Outcome = (Vec<TrackEvent>, Warnings, u64, Result<(), Problem>);

fn read_from(input: impl Read) -> Outcome {
    let mut reader = GpxReader::new(input, options());
    let mut events = Vec::new();
    let outcome = loop {
        match reader.next_event() {
            Ok(Some(event)) => events.push(event),
            Ok(None) => break Ok(()),
            Err(problem) => break Err(problem),
        }
    };
    assert_eq!(reader.next_event(), Ok(None), "finished is finished");
    let rejected = reader.rejected();
    (events, reader.into_warnings(), rejected, outcome)
}

fn read(xml: impl AsRef<[u8]>) -> Outcome {
    read_from(Cursor::new(xml.as_ref().to_vec()))
}

/// A GPX 1.1 document around `inner`, whose first line is line 2.
fn gpx(inner: &str) -> String {
    format!("<gpx version='1.1' creator='test' xmlns='http://www.topografix.com/GPX/1/1'>\n{inner}</gpx>")
}

/// A track of one segment around `inner`, in which line 2 begins.
fn segment(inner: &str) -> String {
    gpx(&format!("<trk><trkseg>{inner}</trkseg></trk>"))
}

fn told(xml: &str) -> String {
    let (events, warnings, _, outcome) = read(xml);
    let mut told = String::new();
    for event in events {
        let _ = match event {
            TrackEvent::TrackStart { name } => write!(told, "track {}(", name.unwrap_or_default()),
            TrackEvent::RouteStart { name } => write!(told, "route {}(", name.unwrap_or_default()),
            TrackEvent::SegmentStart => write!(told, "["),
            TrackEvent::SegmentEnd => write!(told, "]"),
            TrackEvent::TrackEnd | TrackEvent::RouteEnd => write!(told, ")"),
            TrackEvent::Fix(fix) => write!(told, "{} {};", fix.position.lon.get(), fix.position.lat.get()),
            TrackEvent::RoutePoint(point) | TrackEvent::Waypoint(point) => {
                let fix = point.fix.position;
                write!(
                    told,
                    "{}@{} {};",
                    point.name.unwrap_or_default(),
                    fix.lon.get(),
                    fix.lat.get()
                )
            }
        };
    }
    for warning in warnings.kept() {
        assert!(!warning.message.en.is_empty() && !warning.message.zh.is_empty());
        let _ = match warning.place {
            Some(place) => write!(told, " {}:{} {}", place.line, place.column, warning.kind),
            None => write!(told, " {}", warning.kind),
        };
    }
    if let Err(problem) = outcome {
        assert!(!problem.detail.en.is_empty() && !problem.detail.zh.is_empty());
        assert!(!problem.remedy.en.is_empty() && !problem.remedy.zh.is_empty());
        let place = problem.place.unwrap_or_default();
        let _ = write!(told, " {}:{} {}!", place.line, place.column, problem.code.slug());
    }
    told
}

fn check(xml: &str, expect: &str) {
    assert_eq!(told(xml), expect, "{xml}");
}

fn check_fix(inner: &str, expect: impl FnOnce(&mut Fix), warning: &str) {
    let (events, warnings, _, outcome) = read(segment(&format!("<trkpt lat='2' lon='1'>{inner}</trkpt>")));
    outcome.unwrap();
    let fix = events.into_iter().find_map(|event| {
        if let TrackEvent::Fix(fix) = event {
            Some(fix)
        } else {
            None
        }
    });
    let mut expected = Fix {
        position: crate::unit::LonLat::new(1.0, 2.0).unwrap(),
        elevation_m: None,
        time: Some(1_704_067_200.0),
        quality: Default::default(),
    };
    if !inner.contains("<time>") {
        expected.time = None;
    }
    expect(&mut expected);
    assert_eq!(fix, Some(expected), "{inner}");
    let kinds: Vec<_> = warnings
        .kept()
        .iter()
        .map(|w| w.kind)
        .filter(|kind| *kind != "time-missing")
        .collect();
    assert_eq!(kinds.join(" "), warning, "{inner}");
}

fn point() -> &'static str {
    "<trkpt lat='2' lon='1'><time>2024-01-01T00:00:00Z</time></trkpt>"
}

#[test]
fn tracks_routes_and_waypoints_come_in_the_order_of_the_file() {
    check(
        &gpx(&format!(
            "<wpt lat='1' lon='2'><name>A</name></wpt>\
             <rte><name>R</name><rtept lat='3' lon='4'><name>B</name></rtept></rte>\
             <trk><name>T</name><trkseg>{}</trkseg><trkseg/></trk><trk/><rte/>",
            point()
        )),
        "A@2 1;route R(B@4 3;)track T([1 2;][])track ()route ()",
    );
}

#[test]
fn namespaces_count_and_prefixes_do_not() {
    let body = "trk><X:trkseg><X:trkpt lat='2' lon='1'><X:time>2024-01-01T00:00:00Z</X:time></X:trkpt></X:trkseg></X:trk></X:gpx>";
    for uri in ["http://www.topografix.com/GPX/1/1", "http://www.topografix.com/GPX/1/0"] {
        check(&format!("<X:gpx xmlns:X='{uri}'><X:{body}"), "track ([1 2;])");
    }
    check(
        &format!("<X:gpx xmlns:X='http://example.org/'><X:{body}"),
        " 1:1 format-unknown!",
    );
    check(
        &format!("<X:gpx xmlns:X='https://www.topografix.com/gpx/1/1/'><X:{body}"),
        "track ([1 2;]) 1:1 namespace-odd",
    );
    check("<gpx><wpt lat='1' lon='2'/></gpx>", "@2 1; 1:1 namespace-missing");
}

#[test]
fn elements_of_other_vocabularies_are_passed_over() {
    check(
        &gpx(
            "<wpt lat='1' lon='2' xmlns:o='urn:o'><o:name>no</o:name><name>yes</name><extensions><wpt lat='9' lon='9'/></extensions></wpt>\
              <o:trk xmlns:o='urn:o'><trkseg/></o:trk><wpt xmlns='urn:o' lat='7' lon='7'><name/></wpt><metadata><name>no</name></metadata>",
        ),
        "yes@2 1;",
    );
}

#[test]
fn a_name_after_the_segments_or_twice_is_not_taken() {
    check(
        &gpx(&format!(
            "<trk><name>a</name><name>b</name><trkseg>{}</trkseg><name>c</name></trk>",
            point()
        )),
        "track a([1 2;])",
    );
}

#[test]
fn text_is_text_in_whatever_form() {
    let name = |text: &str| {
        let (events, warnings, _, outcome) = read(gpx(&format!("<wpt lat='1' lon='2'><name>{text}</name></wpt>")));
        outcome.unwrap();
        let [TrackEvent::Waypoint(point)] = events.as_slice() else {
            panic!()
        };
        (point.name.clone().unwrap_or_default(), warnings.total())
    };
    assert_eq!(name(" 界碑 &lt;1&gt; "), ("界碑 <1>".into(), 0));
    assert_eq!(name("<![CDATA[a<b>]]>&amp;c"), ("a<b>&c".into(), 0));
    assert_eq!(name("&#30028;&#x7891;"), ("界碑".into(), 0));
    assert_eq!(name("a<!-- no -->b<b>no</b>c"), ("abc".into(), 0));
    assert_eq!(name("=cmd|'/c calc'"), ("=cmd|'/c calc'".into(), 0));
    assert_eq!(name("a\u{202E}gpj\u{1}&#7;"), ("agpj".into(), 1));
    assert_eq!(name("a&#xD800;&#0;&#99999999999;b"), ("ab".into(), 3));
    let (long, warned) = name(&"🪨".repeat(200_000));
    assert_eq!((long.chars().count(), warned), (Limits::DEFAULT.text_chars, 1));
}

#[test]
fn the_quality_of_a_fix_is_kept() {
    let time = "<time>2024-01-01T00:00:00Z</time>";
    check_fix(
        &format!(
            "{time}<ele>-12.5</ele><fix>dgps</fix><sat>9</sat><hdop>0.8</hdop><vdop>1.5</vdop><pdop>2</pdop><ageofdgpsdata>3.5</ageofdgpsdata><dgpsid>17</dgpsid>"
        ),
        |fix| {
            fix.elevation_m = Some(-12.5);
            fix.quality = crate::domain::track::FixQuality {
                kind: FixKind::Differential,
                satellites: Some(9),
                hdop: Some(0.8),
                vdop: Some(1.5),
                pdop: Some(2.0),
                accuracy_m: None,
                dgps_age_s: Some(3.5),
                dgps_station: Some(17),
            };
        },
        "",
    );
    check_fix(
        "<fix>3D</fix><sat>4.0</sat>",
        |fix| {
            fix.quality.kind = FixKind::ThreeD;
            fix.quality.satellites = Some(4);
        },
        "",
    );
    check_fix("<fix>laser</fix>", |_| {}, "fix-kind-unknown");
    check_fix(
        "<hdop>1,5</hdop><vdop>-1</vdop><pdop>NaN</pdop><sat>70000</sat>",
        |_| {},
        "quality-malformed quality-malformed quality-malformed quality-malformed",
    );
    check_fix("<ele>high</ele>", |_| {}, "elevation-malformed");
    check_fix(
        "<ele/><fix></fix><hdop> </hdop><speed>1.2</speed><course>7</course>",
        |_| {},
        "",
    );
}

#[test]
fn a_stated_accuracy_becomes_one_standard_deviation() {
    let extension = |uri: &str| {
        format!(
            "<extensions xmlns:o='{uri}'><x:TrackPointExtension xmlns:x='urn:x'><o:accuracy_horizontal>6.0384</o:accuracy_horizontal></x:TrackPointExtension></extensions>"
        )
    };
    check_fix(
        &extension("http://opentracksapp.com/xmlschemas/v1"),
        |fix| fix.quality.accuracy_m = Some(4.0),
        "",
    );
    check_fix(&extension("urn:other"), |_| {}, "");
}

#[test]
fn a_position_that_is_none_is_rejected() {
    for (attributes, word) in [
        ("lat='91' lon='1'", "90"),
        ("lat='130.5' lon='42.5'", "exchanged"),
        ("lat='4705000' lon='42600000'", "projection"),
        ("lat='42,5' lon='130.5'", "comma"),
        ("lat='' lon='1'", "empty"),
        ("lat='1' lon='inf'", "finite"),
        ("lat='1'", "no lon"),
        ("lon='1'", "no lat"),
    ] {
        let (events, warnings, rejected, outcome) = read(segment(&format!("\n\n<trkpt {attributes}/>{}", point())));
        outcome.unwrap();
        assert_eq!(events.len(), 5, "{attributes}");
        assert_eq!(rejected, 1);
        let warning = &warnings.kept()[0];
        assert_eq!(
            (warning.kind, warning.place.unwrap().line, warning.place.unwrap().column),
            ("fix-rejected", 4, 1)
        );
        assert!(warning.message.en.contains(word), "{}", warning.message.en);
    }
    check(
        &segment(&format!("<trkpt lat='0' lon='0.0'/>{}", point())),
        "track ([0 0;1 2;]) 2:14 fix-null time-missing",
    );
}

#[test]
fn a_position_in_the_wrong_place_is_told() {
    check(
        &gpx(&format!(
            "<trkpt lat='1' lon='2'/><trk><wpt lat='1' lon='2'/><trkseg>{}</trkseg></trk>",
            point()
        )),
        "track ([1 2;]) 2:1 fix-rejected 2:30 fix-rejected",
    );
}

#[test]
fn times_are_told_where_they_are_odd() {
    let time = |text: &str| {
        let (events, warnings, _, outcome) =
            read(segment(&format!("<trkpt lat='2' lon='1'><time>{text}</time></trkpt>")));
        outcome.unwrap();
        let seconds = events.iter().find_map(|event| {
            if let TrackEvent::Fix(fix) = event {
                Some(fix.time)
            } else {
                None
            }
        });
        (
            seconds.unwrap(),
            warnings
                .kept()
                .iter()
                .map(|w| w.kind)
                .filter(|kind| *kind != "time-missing")
                .collect::<Vec<_>>()
                .join(" "),
        )
    };
    let told = |seconds: f64, kinds: &str| (Some(seconds), kinds.to_owned());
    assert_eq!(time("2024-01-01T08:00:30+08:00"), told(1_704_067_230.0, ""));
    assert_eq!(time(" 2024-01-01t00:00:00.25z "), told(1_704_067_200.25, ""));
    assert_eq!(time("2023-12-31 18:45:00-0515"), told(1_704_067_200.0, ""));
    assert_eq!(time("2024-01-01T00:00:00"), told(1_704_067_200.0, "time-without-zone"));
    assert_eq!(time("2016-12-31T23:59:60Z"), told(1_483_228_800.0, ""));
    assert_eq!(time("2024-06-30T12:59:60Z"), (None, "time-malformed".into()));
    assert_eq!(time("1970-01-01T00:00:00Z"), told(0.0, "time-before-gps"));
    assert_eq!(
        time("1234-12-12T08:00:00.123Z"),
        told(-23_196_038_399.877, "time-before-gps")
    );
    assert_eq!(time("2137-01-01T00:00:00Z"), told(5_270_054_400.0, "time-future"));
    for never in [
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-01-01T24:00:00Z",
        "2024-01-01",
        "yesterday",
        "2024-01-01T00:00:00+99:00",
        "2024-01-01T00:00:00.Z",
        "+024-01-01T00:00:00Z",
    ] {
        assert_eq!(time(never), (None, "time-malformed".into()), "{never}");
    }
    assert_eq!(time(""), (None, String::new()));
}

#[test]
fn time_may_run_backwards_between_segments_only() {
    let at = |time: &str| format!("<trkpt lat='2' lon='1'><time>2024-01-01T00:00:{time}Z</time></trkpt>");
    let (a, b) = (at("20"), at("10"));
    let (_, warnings, ..) = read(segment(&format!("{a}{b}</trkseg><trkseg>{b}{a}</trkseg><trkseg>{b}")));
    assert_eq!(warnings.of("time-backwards"), 1);
}

#[test]
fn a_fault_is_told_with_its_place() {
    check(&gpx("<trk>\n </trkseg></trk>"), " 3:2 file-malformed!");
    check(
        &gpx("<wpt lat='1' lon='2'>\n  <name>Tom & Jerry</name></wpt>"),
        " 3:13 file-malformed!",
    );
    check(
        &gpx("<wpt lat='1' lon='2'><name>&nbsp;</name></wpt>"),
        " 2:28 file-forbidden-content!",
    );
    check(&gpx("<wpt lat='1' lat='2' lon='2'/>"), " 2:1 file-malformed!");
    check(&gpx("<wpt lat='1' lon=2/>"), " 2:1 file-malformed!");
    check(&gpx("<wpt lat='1' lon/>"), " 2:1 file-malformed!");
    check(&gpx("<wpt lat='&x;' lon='1'/>"), " 2:1 file-forbidden-content!");
    check(&gpx("< wpt/>"), " 2:1 file-malformed!");
    check("<!DOCTYPE gpx><gpx/>", " 1:1 file-forbidden-content!");
    check("<kml xmlns='x'/>", " 1:1 format-unknown!");
    check("text<gpx/>", " 1:1 file-malformed!");
    check(&format!("{}<gpx/>", gpx("")), " 2:7 file-malformed!");
    check(
        &format!("{}text", gpx("<wpt lat='1' lon='2'/>")),
        "@2 1; 2:29 file-malformed!",
    );
    check(&format!("{}\n<!-- end -->\n", gpx("<wpt lat='1' lon='2'/>")), "@2 1;");
    check(
        &format!("{}\0\0\0", gpx("<wpt lat='1' lon='2'/>")),
        "@2 1; 2:29 file-padded",
    );
}

#[test]
fn a_file_without_positions_is_read_and_told() {
    check(&gpx(""), " no-positions");
    check(&gpx("<trk><trkseg/></trk>"), "track ([]) no-positions");
}

#[test]
fn a_cut_file_closes_what_is_open() {
    let whole = segment(&format!("{}{}", point(), point()));
    let cut = whole.len() - "</trkseg></trk></gpx>".len() - 10;
    check(
        &whole[..cut],
        &format!("track ([1 2;]) 2:{} file-cut", cut - whole.find('\n').unwrap()),
    );
    check(&whole[..whole.find("<time").unwrap()], "track ([ 2:37 file-malformed!");
    for end in [
        "<",
        "<!",
        "<!-",
        "<![CDATA[x",
        "<?x",
        "</",
        "</trk",
        "<trkpt lat='1",
        "&",
        "&am",
        "<name>\0\0\0",
    ] {
        let (events, warnings, _, outcome) = read(format!("{}{end}", &whole[..whole.find("</trkseg>").unwrap()]));
        outcome.unwrap_or_else(|problem| panic!("{end}: {problem}"));
        assert_eq!(warnings.of("file-cut"), 1, "{end}");
        assert_eq!(events.last(), Some(&TrackEvent::TrackEnd), "{end}");
        assert_eq!(
            events
                .iter()
                .filter(|event| matches!(event, TrackEvent::Fix(_)))
                .count(),
            2,
            "{end}"
        );
    }
}

#[test]
fn limits_hold() {
    let deep = format!(
        "{}{}",
        gpx("<extensions>").trim_end_matches("</gpx>"),
        "<a>".repeat(200_000)
    );
    assert!(told(&deep).ends_with(" 2:199 file-too-deep!"), "{}", told(&deep));
    check(&gpx(&format!("<!--{}-->", "x".repeat(3 << 20))), " 2:1 file-too-large!");
    check(
        &gpx(&format!(
            "<wpt lat='1' lon='2'><name>{}</name></wpt>",
            "x".repeat(3 << 20)
        )),
        " 2:28 file-too-large!",
    );
    let many: String = (0..300).map(|n| format!(" xmlns:n{n}='urn:{n}'")).collect();
    check(&gpx(&format!("<wpt{many}/>")), " 2:1 file-malformed!");
    // A hundred thousand attributes take no longer than their bytes.
    let many: String = (0..90_000).map(|n| format!(" a{n}=''")).collect();
    check(&gpx(&format!("<wpt lat='1' lon='2'{many}/>")), "@2 1;");
}

#[test]
fn one_kind_of_warning_leaves_room_for_the_others() {
    let bad = "<trkpt lat='99' lon='1'/>".repeat(1000);
    let (_, warnings, rejected, _) =
        read(segment(&format!("{bad}{}", point())).trim_end_matches("</trkseg></trk></gpx>"));
    assert_eq!(
        (rejected, warnings.of("fix-rejected"), warnings.total()),
        (1000, 1000, 1001)
    );
    assert_eq!(warnings.kept().len() as u64, Warnings::KEPT_OF_A_KIND + 1);
    assert_eq!(warnings.kept().last().map(|w| w.kind), Some("file-cut"));
}

fn packed(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    std::io::Write::write_all(&mut encoder, text).unwrap();
    encoder.finish().unwrap()
}

fn open_all(bytes: &[u8], limits: Limits) -> Result<(usize, Warnings), Problem> {
    let mut reader = track::open(bytes, Options { now: Some(NOW), limits })?.reader;
    let mut fixes = 0;
    while let Some(event) = reader.next_event()? {
        fixes += usize::from(matches!(event, TrackEvent::Fix(_)));
    }
    Ok((fixes, reader.into_warnings()))
}

#[test]
fn gzip_is_unpacked_and_joined() {
    let whole = segment(&point().repeat(1000));
    assert_eq!(open_all(&packed(whole.as_bytes()), Limits::DEFAULT).unwrap().0, 1000);
    let (a, b) = whole.as_bytes().split_at(12_345);
    assert_eq!(
        open_all(&[packed(a), packed(b)].concat(), Limits::DEFAULT).unwrap().0,
        1000
    );
}

#[test]
fn gzip_that_is_cut_gives_what_is_complete() {
    let inner: String = (0..2000)
        .map(|n| format!("<trkpt lat='2.{}' lon='1.{n}'/>", n * 7919 % 10_007))
        .collect();
    let bytes = packed(segment(&inner).as_bytes());
    let (fixes, warnings) = open_all(&bytes[..bytes.len() / 2], Limits::DEFAULT).unwrap();
    assert!((500..1500).contains(&fixes), "{fixes}");
    assert_eq!(warnings.of("file-cut"), 1);
    let mut damaged = bytes.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 64].fill(0xFF);
    assert_eq!(
        open_all(&damaged, Limits::DEFAULT).unwrap_err().code,
        Code::FileMalformed
    );
}

#[test]
fn gzip_does_not_grow_past_its_limits() {
    let spaces = packed(segment(&format!("{}{}", "<!-- -->      ".repeat(1 << 20), point())).as_bytes());
    let limits = Limits {
        unpack_ratio: 50,
        ..Limits::DEFAULT
    };
    assert_eq!(open_all(&spaces, limits).unwrap_err().code, Code::FileTooLarge);
    let limits = Limits {
        unpacked_bytes: 1 << 20,
        ..Limits::DEFAULT
    };
    let whole = packed(segment(&point().repeat(20_000)).as_bytes());
    assert_eq!(open_all(&whole, limits).unwrap_err().code, Code::FileTooLarge);
    assert_eq!(
        open_all(&packed(b"PK\x03\x04"), Limits::DEFAULT).unwrap_err().code,
        Code::FormatUnknown
    );
    assert_eq!(
        open_all(&packed(b""), Limits::DEFAULT).unwrap_err().code,
        Code::FileEmpty
    );
    assert_eq!(
        open_all(&[0x1F, 0x8B, 8], Limits::DEFAULT).unwrap_err().code,
        Code::FileMalformed
    );
}

/// A reader that gives one byte at a time.
struct Dripping(Cursor<Vec<u8>>);

impl Read for Dripping {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let n = into.len().min(1);
        self.0.read(&mut into[..n])
    }
}

fn sample() -> String {
    gpx(&format!(
        "<wpt lat='42.5' lon='130.5'><ele>7</ele><name>界碑 &amp; 4</name><link href='http://a.b/?c=1&amp;d'/></wpt>\r\n\
         <rte><name>R</name><rtept lat='3' lon='4'/></rte><!-- c --><?p i?>\
         <trk><name><![CDATA[T <1>]]></name><trkseg>{}\n<trkpt lat='91' lon='0'><time>x</time></trkpt>\
         <trkpt lat='-2.5e1' lon='1'><hdop>1.2</hdop><extensions><a:b xmlns:a='urn:a' c='d'>e</a:b></extensions></trkpt></trkseg></trk>\n",
        point()
    ))
}

#[test]
fn the_size_of_the_pieces_read_makes_no_difference() {
    let (sample, utf16) = (
        sample(),
        sample().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    );
    let whole = read(&sample);
    assert_eq!(whole, read_from(Dripping(Cursor::new(sample.clone().into_bytes()))));
    assert_eq!(whole.0.len(), 10);
    let marked = [&[0xFF, 0xFE][..], &utf16].concat();
    let wide = read(&marked);
    assert_eq!(wide, read_from(Dripping(Cursor::new(marked.clone()))));
    assert_eq!(wide.0, whole.0);
    let places = |outcome: &Outcome| {
        outcome
            .1
            .kept()
            .iter()
            .map(|w| w.place.map(|p| (p.line, p.column)))
            .collect::<Vec<_>>()
    };
    assert_eq!(places(&wide), places(&whole));
}

#[test]
fn a_declared_encoding_is_read_or_refused() {
    let text = sample().replacen("<gpx", "<?xml version='1.0' encoding='GB18030'?><gpx", 1);
    let (bytes, ..) = encoding_rs::GB18030.encode(&text);
    let (events, warnings, _, outcome) = read(&bytes);
    assert_eq!(outcome, Ok(()));
    assert_eq!(events, read(text.replace("GB18030", "UTF-8")).0);
    assert_eq!(warnings.of("text-undecodable"), 0);
    check(
        "<?xml version='1.0' encoding='x-klingon'?><gpx/>",
        " 1:1 encoding-unknown!",
    );
    // The same bytes without a declaration: the name is lost, the track is not.
    let text = text.replace("GB18030", "UTF-8");
    let (bytes, ..) = encoding_rs::GB18030.encode(&text);
    let (lost, warnings, _, outcome) = read(&bytes);
    assert_eq!(outcome, Ok(()));
    assert_eq!(warnings.of("text-undecodable"), 1);
    assert_eq!(lost[1..], events[1..]);
}

#[test]
fn a_reader_goes_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<GpxReader<std::fs::File>>();
    is_send::<TrackEvent>();
}

/// What must hold whatever the bytes are.
fn survives(bytes: &[u8]) {
    let (events, warnings, _, outcome) = read(bytes);
    let mut tally = Tally::default();
    let mut open = 0_i32;
    for event in &events {
        tally.take(event);
        open += match event {
            TrackEvent::TrackStart { .. } | TrackEvent::RouteStart { .. } | TrackEvent::SegmentStart => 1,
            TrackEvent::TrackEnd | TrackEvent::RouteEnd | TrackEvent::SegmentEnd => -1,
            _ => 0,
        };
    }
    assert!(open == 0 || outcome.is_err(), "{events:?}");
    let summary = tally.finish(0);
    assert!(summary.length_m.is_finite());
    let size = bytes.len() as u64;
    for place in warnings
        .kept()
        .iter()
        .filter_map(|w| w.place)
        .chain(outcome.err().and_then(|p| p.place))
    {
        assert!(place.byte <= size && (1..=size + 1).contains(&place.line), "{place:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        survives(&bytes);
        let _ = open_all(&bytes, Limits::DEFAULT);
    }

    #[test]
    fn no_mutation_does_harm(
        at in 0_usize..1000, flips in proptest::collection::vec((0_usize..1000, any::<u8>()), 0..6),
        inserted in "[<>&;'\"/!\\[\\]=a-z -]{0,12}", cut in proptest::option::of(0_usize..1000),
    ) {
        let mut bytes = sample().into_bytes();
        for (at, byte) in flips {
            let n = bytes.len();
            bytes[at % n] ^= byte;
        }
        let at = at % bytes.len();
        bytes.splice(at..at, inserted.bytes());
        if let Some(cut) = cut {
            let n = bytes.len();
            bytes.truncate(cut % n);
        }
        survives(&bytes);
        let dripped = read_from(Dripping(Cursor::new(bytes.clone())));
        prop_assert_eq!(read(&bytes), dripped);
    }

    #[test]
    fn numbers_come_back_to_the_bit(
        lon in -180.0..=180.0_f64, lat in -90.0..=90.0_f64, ele in proptest::num::f64::NORMAL,
        hdop in 0.0..1e4_f32, millis in 400_000_000_000_i64..1_795_000_000_000,
    ) {
        let moment = jiff::Timestamp::from_millisecond(millis).unwrap();
        let xml = segment(&format!(
            "<trkpt lat='{lat}' lon='{lon}'><ele>{ele}</ele><time>{moment}</time><hdop>{hdop}</hdop></trkpt>"
        ));
        let (events, _, _, outcome) = read(xml);
        prop_assert_eq!(outcome, Ok(()));
        let Some(TrackEvent::Fix(fix)) = events.get(2) else { panic!("{events:?}") };
        prop_assert_eq!(fix.position.lon.get().to_bits(), lon.to_bits());
        prop_assert_eq!(fix.position.lat.get().to_bits(), lat.to_bits());
        prop_assert_eq!(fix.elevation_m.map(f64::to_bits), Some(ele.to_bits()));
        prop_assert_eq!(fix.quality.hdop, Some(hdop));
        prop_assert_eq!(fix.time, Some(millis as f64 / 1e3));
    }

    /// The calendar agrees with jiff's on every moment and every zone.
    #[test]
    fn moments_agree_with_the_calendar(seconds in -62_167_219_200_i64..253_402_200_000, offset in -14 * 60..=14 * 60_i32) {
        let moment = jiff::Timestamp::from_second(seconds).unwrap();
        let zone = jiff::tz::Offset::from_seconds(offset * 60).unwrap();
        let local = zone.to_datetime(moment);
        prop_assume!((0..=9999).contains(&local.year()));
        let sign = if offset < 0 { '-' } else { '+' };
        let text = format!("{}{sign}{:02}:{:02}", local.strftime("%Y-%m-%dT%H:%M:%S"), offset.abs() / 60, offset.abs() % 60);
        let read = value::moment(&text);
        prop_assert_eq!(read, Some(value::Moment { seconds: seconds as f64, zoned: true }), "{}", text);
    }

    /// Nothing that is no date is taken for one.
    #[test]
    fn dates_that_never_were_are_refused(year in 0..9999_u32, month in 0..20_u32, day in 0..40_u32, hour in 0..30_u32) {
        let text = format!("{year:04}-{month:02}-{day:02}T{hour:02}:00:00Z");
        prop_assert_eq!(value::moment(&text).is_some(), text.parse::<jiff::Timestamp>().is_ok(), "{}", text);
    }
}
