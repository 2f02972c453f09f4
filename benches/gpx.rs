//! How fast GPX is read: megabytes a second of one core, beside a plain walk over the XML events of the same bytes, which
//! is the floor of any reader built on the same library. `cargo bench --bench gpx`.

use std::fmt::Write as _;
use std::sync::OnceLock;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use merestone::format::gpx::GpxReader;
use merestone::format::inspect::inspect;
use merestone::format::track::{Options, TrackEvent};
use quick_xml::events::Event;

/// 300,000 track points with height, time, satellites and HDOP, as a handheld receiver writes them: some 40 MB.
fn document() -> &'static [u8] {
    static DOCUMENT: OnceLock<Vec<u8>> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let mut text = String::from(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<gpx version=\"1.1\" creator=\"bench\" \
             xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk><name>bench</name><trkseg>\n",
        );
        // A fixed linear congruence (Knuth, MMIX): the same walk every time.
        let mut state = 20_261_123_u64;
        let mut step = move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
        };
        let (mut lon, mut lat, mut ele) = (130.6, 42.43, 120.0);
        for n in 0..300_000_u32 {
            lon += 1e-5 + 1e-5 * step();
            lat += 1e-5 * step();
            ele += step();
            let (h, m, s) = (n / 3600 % 24, n / 60 % 60, n % 60);
            let day = n / 86_400 + 1;
            let hdop = 1.0 + step();
            let sat = 8 + n % 5;
            let _ = writeln!(
                text,
                "  <trkpt lat=\"{lat:.9}\" lon=\"{lon:.9}\">\n    <ele>{ele:.2}</ele>\n    \
                 <time>2024-05-{day:02}T{h:02}:{m:02}:{s:02}Z</time>\n    <sat>{sat}</sat>\n    \
                 <hdop>{hdop:.1}</hdop>\n  </trkpt>"
            );
        }
        text.push_str("</trkseg></trk></gpx>\n");
        text.into_bytes()
    })
}

fn main() {
    divan::main();
}

fn bytes() -> BytesCount {
    BytesCount::of_slice(document())
}

/// The floor: every event of the library, nothing done with it.
#[divan::bench]
fn plain_xml_walk(bencher: Bencher) {
    bencher.counter(bytes()).bench(|| {
        let mut reader = quick_xml::Reader::from_reader(document());
        let mut buffer = Vec::new();
        let mut events = 0_u64;
        loop {
            buffer.clear();
            match reader.read_event_into(&mut buffer) {
                Ok(Event::Eof) | Err(_) => break,
                Ok(event) => events += u64::from(!black_box(event).is_empty()),
            }
        }
        events
    });
}

/// Everything that is stored of a track: positions, heights, times, quality.
#[divan::bench]
fn read_fixes(bencher: Bencher) {
    bencher.counter(bytes()).bench(|| {
        let mut reader = GpxReader::new(document(), Options::default());
        let mut fixes = 0_u64;
        while let Ok(Some(event)) = reader.next_event() {
            if let TrackEvent::Fix(fix) = event {
                black_box(fix);
                fixes += 1;
            }
        }
        assert_eq!(fixes, 300_000);
        fixes
    });
}

/// With the hash of the file and the geodesic length of the track.
#[divan::bench(sample_count = 10)]
fn inspect_file(bencher: Bencher) {
    bencher
        .counter(bytes())
        .bench(|| inspect(document(), "bench.gpx", Options::default()).map(|found| found.summary.trackpoints));
}
