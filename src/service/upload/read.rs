//! Reading a stored file into tracks: the parser on a thread of its own, the database beside it, a few chunks between.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;
use uuid::Uuid;

use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::domain::track::{Fix, TrackSummary, Warnings, Waypoint};
use crate::format::tally::Tally;
use crate::format::track::{self, TrackEvent};
use crate::geom::ellipsoid::Ellipsoid;
use crate::service::{Context, Ids, Result};
use crate::store::Conn;
use crate::store::track::{CHUNK_FIXES, Chunk, ChunkCopy, NewTrack, insert_tracks, insert_waypoints};
use crate::store::upload::StoredUpload;
use crate::unit::LonLat;

/// Chunks that may wait for the database: the parser is never further ahead than this.
const WAITING_CHUNKS: usize = 16;

/// Steps of the thinned path for small map scales, in metres.
const OVERVIEW_STEP_M: f64 = 20.0;

/// Waypoints of one file, at most; more are counted but not filed.
const WAYPOINTS: usize = 100_000;

/// What a file gave beside its chunks.
pub(super) struct Reading {
    pub format: String,
    pub summary: TrackSummary,
    pub warnings: Warnings,
}

/// What the parser's thread knows at the end.
struct Parsed {
    reading: Reading,
    tracks: Vec<NewTrack>,
    waypoints: Vec<(Uuid, Waypoint)>,
}

/// Reads the file at `path` into the transaction behind `conn`.
///
/// # Errors
/// A refusal where the file cannot be read; the caller rolls back.
pub(super) async fn read(cx: &Context, conn: &mut Conn, upload: &StoredUpload, path: &Path) -> Result<Reading> {
    let (sender, mut receiver) = mpsc::channel::<Chunk>(WAITING_CHUNKS);
    let (path, now, ids) = (path.to_path_buf(), cx.clock.unix(), cx.ids.clone());
    let parser = tokio::task::spawn_blocking(move || parse(path, now, &ids, &sender));
    let mut copy = ChunkCopy::begin(conn).await?;
    while let Some(chunk) = receiver.recv().await {
        copy.write(&chunk).await?;
    }
    let parsed = match parser.await? {
        Ok(parsed) => parsed,
        Err(problem) => {
            // The COPY ends with an error on purpose; the transaction is rolled back by the caller.
            copy.abort().await?;
            return Err(problem.into());
        }
    };
    copy.finish().await?;
    insert_tracks(conn, upload.upload_id, &parsed.tracks).await?;
    insert_waypoints(conn, upload.upload_id, &parsed.waypoints).await?;
    Ok(parsed.reading)
}

fn parse(path: PathBuf, now: f64, ids: &Ids, sender: &mpsc::Sender<Chunk>) -> std::result::Result<Parsed, Problem> {
    let file = File::open(&path).map_err(|fault| track::unreadable(&fault))?;
    let options = track::Options {
        now: Some(now),
        ..track::Options::default()
    };
    let mut opened = track::open(BufReader::with_capacity(1 << 16, file), options)?;
    let mut tally = Tally::default();
    let mut filing = Filing::new(ids, sender);
    while let Some(event) = opened.reader.next_event()? {
        tally.take(&event);
        if !filing.take(event) {
            break;
        }
    }
    let format = opened.format();
    let summary = tally.finish(opened.reader.rejected());
    if summary.trackpoints + summary.routepoints + summary.waypoints == 0 {
        return Err(without_positions(summary.rejected));
    }
    let warnings = opened.reader.into_warnings();
    Ok(Parsed {
        reading: Reading {
            format,
            summary,
            warnings,
        },
        tracks: filing.tracks,
        waypoints: filing.waypoints,
    })
}

fn without_positions(rejected: u64) -> Problem {
    let detail = if rejected == 0 {
        Message::new(
            "The file is in order but holds no position.",
            "文件完好，但不含任何位置。",
        )
    } else {
        Message::new(
            format!("All {rejected} positions of the file were rejected."),
            format!("文件中的{rejected}个位置全部无效。"),
        )
    };
    let remedy = Message::new("Export the track again from the receiver.", "请从接收机重新导出轨迹。");
    Problem::new(Code::FileWithoutPositions, detail, remedy)
}

/// Cuts tracks into chunks as their fixes come.
struct Filing<'a> {
    ids: &'a Ids,
    sender: &'a mpsc::Sender<Chunk>,
    earth: Ellipsoid,
    tracks: Vec<NewTrack>,
    waypoints: Vec<(Uuid, Waypoint)>,
    /// Chunks of the running track so far, and its running segment.
    ordinal: i32,
    segment: i32,
    fixes: Vec<Fix>,
    joint: Option<Fix>,
    overview: Vec<LonLat>,
    last: Option<LonLat>,
}

impl<'a> Filing<'a> {
    fn new(ids: &'a Ids, sender: &'a mpsc::Sender<Chunk>) -> Self {
        Self {
            ids,
            sender,
            earth: Ellipsoid::wgs84(),
            tracks: Vec::new(),
            waypoints: Vec::new(),
            ordinal: 0,
            segment: -1,
            fixes: Vec::with_capacity(CHUNK_FIXES),
            joint: None,
            overview: Vec::new(),
            last: None,
        }
    }

    /// Takes one event; false when nobody listens any more.
    fn take(&mut self, event: TrackEvent) -> bool {
        match event {
            TrackEvent::TrackStart { name } => {
                self.ordinal = 0;
                self.segment = -1;
                self.tracks.push(NewTrack {
                    id: self.ids.next(),
                    ordinal: self.tracks.len() as i32,
                    name,
                    n_fixes: 0,
                    n_segments: 0,
                    first_time: None,
                    last_time: None,
                    length_m: 0.0,
                    overview: Vec::new(),
                });
                true
            }
            TrackEvent::SegmentStart => {
                self.segment += 1;
                (self.joint, self.last) = (None, None);
                if let Some(track) = self.tracks.last_mut() {
                    track.n_segments += 1;
                }
                true
            }
            TrackEvent::Fix(fix) => self.fix(fix),
            TrackEvent::SegmentEnd => {
                let listened = self.flush();
                self.end_overview();
                listened
            }
            TrackEvent::Waypoint(waypoint) => {
                if self.waypoints.len() < WAYPOINTS {
                    self.waypoints.push((self.ids.next(), waypoint));
                }
                true
            }
            TrackEvent::TrackEnd | TrackEvent::RouteStart { .. } | TrackEvent::RoutePoint(_) | TrackEvent::RouteEnd => {
                true
            }
        }
    }

    fn fix(&mut self, fix: Fix) -> bool {
        let step = self.last.map(|last| self.earth.step(last, fix.position));
        if let Some(track) = self.tracks.last_mut() {
            track.n_fixes += 1;
            track.length_m += step.unwrap_or(0.0);
            if let Some(time) = fix.time {
                track.first_time = Some(track.first_time.map_or(time, |first| first.min(time)));
                track.last_time = Some(track.last_time.map_or(time, |last| last.max(time)));
            }
        }
        let far = |kept: &LonLat| self.earth.short_distance(*kept, fix.position) >= OVERVIEW_STEP_M;
        if self.overview.last().is_none_or(far) {
            self.overview.push(fix.position);
        }
        self.last = Some(fix.position);
        self.fixes.push(fix);
        // One place is kept for the joint with the chunk before.
        self.fixes.len() < CHUNK_FIXES - 1 || self.flush()
    }

    fn flush(&mut self) -> bool {
        let Some(last) = self.fixes.last().copied() else {
            return true;
        };
        let Some(track) = self.tracks.last() else { return true };
        let fixes = std::mem::replace(&mut self.fixes, Vec::with_capacity(CHUNK_FIXES));
        let chunk = Chunk {
            track: track.id,
            ordinal: self.ordinal,
            segment: self.segment,
            joint: self.joint,
            fixes,
        };
        self.ordinal += 1;
        self.joint = Some(last);
        self.sender.blocking_send(chunk).is_ok()
    }

    fn end_overview(&mut self) {
        let mut overview = std::mem::take(&mut self.overview);
        if let Some(last) = self.last
            && overview.last() != Some(&last)
        {
            overview.push(last);
        }
        if overview.len() >= 2
            && let Some(track) = self.tracks.last_mut()
        {
            track.overview.push(overview);
        }
    }
}
