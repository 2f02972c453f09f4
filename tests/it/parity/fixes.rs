//! Fixes in and out of the register.

use std::cell::Cell;
use std::convert::Infallible;
use std::fmt::Write as _;

use bytes::Bytes;
use futures_util::{TryStreamExt, stream};
use jiff::Timestamp;
use merestone::domain::track::{Fix, FixKind, FixQuality};
use merestone::format::gpx::GpxReader;
use merestone::format::track::{Options, TrackEvent};
use merestone::service::upload::receive;
use merestone::store::track::{Chunk, ChunkCopy, NewTrack, chunks, insert_tracks};
use merestone::store::upload::{self, NewUpload};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

use super::{at, cases};
use crate::support::app::app;
use crate::support::db;

fn quality() -> impl Strategy<Value = FixQuality> {
    let real = || prop::option::of(0.0..1e4_f32);
    (
        prop::sample::select(&FixKind::ALL[..]),
        prop::option::of(0..64_u16),
        real(),
        real(),
        real(),
        real(),
    )
        .prop_map(|(kind, satellites, hdop, vdop, pdop, accuracy_m)| FixQuality {
            kind,
            satellites,
            hdop,
            vdop,
            pdop,
            accuracy_m,
            // The age and the station of a differential correction stay in the original file.
            ..FixQuality::default()
        })
}

fn fix() -> impl Strategy<Value = Fix> {
    (
        -180.0..=180.0,
        -90.0..=90.0,
        prop::option::of(-500.0..9_000.0),
        prop::option::of(0.0..2e9),
        prop_oneof![Just(FixQuality::default()), quality()],
    )
        .prop_map(|(lon, lat, elevation_m, time, quality)| Fix {
            position: at(lon, lat),
            elevation_m,
            time,
            quality,
        })
}

/// Segments of the lengths at which chunks end, and of any.
fn segments() -> impl Strategy<Value = Vec<Vec<Fix>>> {
    let length = prop_oneof![
        3 => Just(1),
        2 => Just(2),
        2 => 3..200_usize,
        1 => prop::sample::select(vec![1023, 1024, 1025, 2046, 2047, 2049]),
    ];
    // A few different fixes, repeated with their place in the segment, so that long segments cost little to make.
    let segment = (length, prop::collection::vec(fix(), 1..12)).prop_map(|(n, kinds)| {
        (0..n)
            .map(|k| Fix {
                time: kinds[k % kinds.len()].time.map(|time| time + k as f64 / 3.0),
                ..kinds[k % kinds.len()]
            })
            .collect()
    });
    prop::collection::vec(segment, 1..5)
}

/// Cuts a track into chunks that are as long as they may be, the joint counted.
fn cut(track: Uuid, segments: &[Vec<Fix>]) -> Vec<Chunk> {
    let mut cut: Vec<Chunk> = Vec::new();
    for (segment, fixes) in segments.iter().enumerate() {
        let (mut joint, mut rest) = (None, &fixes[..]);
        while !rest.is_empty() {
            let n = rest.len().min(if joint.is_some() { 1023 } else { 1024 });
            let (own, later) = rest.split_at(n);
            cut.push(Chunk {
                track,
                ordinal: cut.len() as i32,
                segment: segment as i32,
                joint,
                fixes: own.to_vec(),
            });
            (joint, rest) = (own.last().copied(), later);
        }
    }
    cut
}

/// Every bit of a fix, so that -0 is not 0.
fn bits(fix: &Fix) -> impl PartialEq + std::fmt::Debug + use<> {
    let q = fix.quality;
    (
        [fix.position.lon.get(), fix.position.lat.get()].map(f64::to_bits),
        [fix.elevation_m, fix.time].map(|v| v.map(f64::to_bits)),
        (q.kind, q.satellites),
        [q.hdop, q.vdop, q.pdop, q.accuracy_m].map(|v| v.map(f32::to_bits)),
    )
}

async fn store(conn: &mut PgConnection, n: u64, written: &[Chunk], track: Uuid) -> Uuid {
    let upload = Uuid::from_u128(u128::from(n) << 8);
    let mut sha256 = [0; 32];
    sha256[..8].copy_from_slice(&n.to_be_bytes());
    let new = NewUpload {
        id: upload,
        sha256,
        file_name: "walk.gpx",
        bytes: 1,
        received_at: Timestamp::from_second(1_795_392_000).unwrap(),
        uploader: "test",
        inspection: None,
        class: merestone::domain::lineage::Class::default(),
    };
    let mut tx = conn.begin().await.unwrap();
    assert!(upload::insert(&mut tx, &new).await.unwrap());
    let mut copy = ChunkCopy::begin(&mut tx).await.unwrap();
    for chunk in written {
        copy.write(chunk).await.unwrap();
    }
    assert_eq!(copy.finish().await.unwrap(), written.len() as u64);
    let row = NewTrack {
        id: track,
        ordinal: 0,
        name: None,
        n_fixes: written.iter().map(|c| c.fixes.len() as i64).sum(),
        n_segments: written.iter().map(|c| c.segment).max().unwrap() + 1,
        first_time: None,
        last_time: None,
        length_m: 0.0,
        overview: Vec::new(),
    };
    insert_tracks(&mut tx, upload, &[row]).await.unwrap();
    tx.commit().await.unwrap();
    upload
}

#[test]
fn fixes_come_out_as_they_went_in() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let db = runtime.block_on(db());
    let (tracks, fixes) = (Cell::new(0_u64), Cell::new(0));
    let mut runner = TestRunner::new(cases(48));
    let outcome = runner.run(&segments(), |segments| {
        let n = tracks.replace(tracks.get() + 1);
        let track = Uuid::from_u128((u128::from(n) << 8) + 1);
        let written = cut(track, &segments);
        let read: Vec<Chunk> = runtime.block_on(async {
            let mut conn = db.pool.acquire().await.unwrap();
            let upload = store(&mut conn, n, &written, track).await;
            chunks(&mut conn, &[upload]).try_collect().await.unwrap()
        });
        prop_assert_eq!(read.len(), written.len());
        for (read, written) in read.iter().zip(&written) {
            prop_assert_eq!(
                (read.track, read.ordinal, read.segment),
                (written.track, written.ordinal, written.segment)
            );
            let joint = |chunk: &Chunk| chunk.joint.map(|f| (f.position, f.elevation_m, f.time));
            prop_assert_eq!(joint(read), joint(written));
            prop_assert_eq!(read.fixes.len(), written.fixes.len());
            for (read, written) in read.fixes.iter().zip(&written.fixes) {
                prop_assert_eq!(bits(read), bits(written));
            }
        }
        fixes.set(fixes.get() + written.iter().map(|c| c.fixes.len()).sum::<usize>());
        Ok(())
    });
    outcome.unwrap();
    println!("{} tracks, {} fixes", tracks.get(), fixes.get());
}

/// A file whose segments are as long as chunks and a little more or less.
fn document() -> String {
    let mut text =
        String::from("<gpx version=\"1.1\" creator=\"test\" xmlns=\"http://www.topografix.com/GPX/1/1\">\n<trk>\n");
    let mut k = 0;
    for length in [1, 2, 1022, 1023, 1024, 1025, 2046, 2047, 3] {
        text.push_str("<trkseg>\n");
        for _ in 0..length {
            k += 1;
            let (lat, lon) = (42.5 + f64::from(k) * 1e-5 / 3.0, 130.5 - f64::from(k) * 1e-5 / 7.0);
            let _ = write!(text, "<trkpt lat=\"{lat}\" lon=\"{lon}\">");
            if k % 5 != 0 {
                let _ = write!(text, "<ele>{}</ele>", f64::from(k) / 9.0);
            }
            if k % 7 != 0 {
                let _ = write!(
                    text,
                    "<time>2026-08-06T{:02}:{:02}:{:02}.{:03}Z</time>",
                    k / 3600,
                    k / 60 % 60,
                    k % 60,
                    k % 1000
                );
            }
            if k % 3 != 0 {
                let _ = write!(
                    text,
                    "<fix>3d</fix><sat>{}</sat><hdop>{}</hdop>",
                    4 + k % 9,
                    f64::from(k % 40) / 10.0
                );
            }
            text.push_str("</trkpt>\n");
        }
        text.push_str("</trkseg>\n");
    }
    text.push_str("</trk></gpx>\n");
    text
}

#[tokio::test]
async fn an_uploaded_file_is_stored_as_its_reader_gave_it() {
    let app = app().await;
    let text = document();
    // Segment, and what was read in it.
    let mut expected: Vec<(i32, Fix)> = Vec::new();
    let mut segment = -1;
    let mut reader = GpxReader::new(text.as_bytes(), Options::default());
    while let Some(event) = reader.next_event().unwrap() {
        match event {
            TrackEvent::SegmentStart => segment += 1,
            TrackEvent::Fix(fix) => expected.push((segment, fix)),
            _ => {}
        }
    }
    assert_eq!((segment, expected.len()), (8, 8_193));
    let body = stream::iter(
        text.as_bytes()
            .chunks(4_000)
            .map(|c| Ok::<_, Infallible>(Bytes::copy_from_slice(c))),
    );
    let received = receive(&app.cx, "walk.gpx", None, body).await.unwrap();
    assert!(received.is_new && received.receipt.problem.is_none());
    let mut conn = app.cx.db.acquire().await.unwrap();
    let stored: Vec<Chunk> = chunks(&mut conn, &[received.receipt.id]).try_collect().await.unwrap();
    let read: Vec<(i32, Fix)> = stored
        .iter()
        .flat_map(|chunk| chunk.fixes.iter().map(|fix| (chunk.segment, *fix)))
        .collect();
    assert_eq!(read.len(), expected.len());
    for ((a, read), (b, expected)) in read.iter().zip(&expected) {
        assert_eq!((a, bits(read)), (b, bits(expected)));
    }
    // A chunk that goes on in a segment begins where the one before ended, so that the drawn path has no hole.
    for pair in stored.windows(2) {
        let same = pair[0].segment == pair[1].segment;
        let last = pair[0].fixes.last().map(|fix| fix.position);
        assert_eq!(pair[1].joint.map(|fix| fix.position), last.filter(|_| same));
    }
}
