//! Tracks and their fixes, in chunks.
//!
//! Fixes go in by binary COPY and come out as a stream, so that a file of a million fixes needs no more memory than one
//! of a thousand.

use futures_util::{Stream, StreamExt};
use sqlx::postgres::PgCopyIn;
use sqlx::{PgConnection, Postgres};
use uuid::Uuid;

use super::codec::Ewkb;
use super::{Error, Result, broken};
use crate::domain::track::{Fix, FixKind, FixQuality, Waypoint};
use crate::unit::LonLat;

/// Fixes in one chunk, at most.
pub const CHUNK_FIXES: usize = 1024;

/// COPY is fed in pieces of about this many bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// Consecutive fixes of one segment of one track.
#[derive(Debug, Clone, PartialEq)]
pub struct Chunk {
    pub track: Uuid,
    /// Counted over the whole track.
    pub ordinal: i32,
    /// Counted over the track, from 0.
    pub segment: i32,
    /// The last fix of the chunk before, when this one goes on in the same segment.
    pub joint: Option<Fix>,
    pub fixes: Vec<Fix>,
}

/// A track without its fixes.
#[derive(Debug, Clone)]
pub struct NewTrack {
    pub id: Uuid,
    pub ordinal: i32,
    pub name: Option<String>,
    pub n_fixes: i64,
    pub n_segments: i32,
    pub first_time: Option<f64>,
    pub last_time: Option<f64>,
    pub length_m: f64,
    pub overview: Vec<Vec<LonLat>>,
}

/// A running COPY of chunks. Dropped without [`ChunkCopy::finish`], nothing of it is stored.
pub struct ChunkCopy<'c> {
    copy: PgCopyIn<&'c mut PgConnection>,
    buffer: Vec<u8>,
}

impl<'c> ChunkCopy<'c> {
    /// # Errors
    /// When the database does not begin the COPY.
    pub async fn begin(conn: &'c mut PgConnection) -> Result<Self> {
        let copy = conn
            .copy_in_raw(
                "copy track_chunk (track_id, ordinal, segment, joined, n_fixes, first_time, last_time, fix_kind,
                                   satellites, hdop, vdop, pdop, accuracy_m, path) from stdin (format binary)",
            )
            .await?;
        let mut buffer = Vec::with_capacity(PIECE_BYTES + 64 * 1024);
        // The signature of binary COPY, no flags, no header extension.
        buffer.extend_from_slice(b"PGCOPY\n\xff\r\n\0");
        buffer.extend_from_slice(&[0; 8]);
        Ok(Self { copy, buffer })
    }

    /// # Errors
    /// When the database does not take it.
    pub async fn write(&mut self, chunk: &Chunk) -> Result<()> {
        encode(&mut self.buffer, chunk);
        if self.buffer.len() >= PIECE_BYTES {
            self.copy.send(self.buffer.as_slice()).await?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Rows stored.
    ///
    /// # Errors
    /// When the database refuses a row.
    pub async fn finish(mut self) -> Result<u64> {
        self.buffer.extend_from_slice(&(-1_i16).to_be_bytes());
        self.copy.send(self.buffer.as_slice()).await?;
        Ok(self.copy.finish().await?)
    }

    /// Ends the COPY so that the connection can be used for a rollback.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn abort(self) -> Result<()> {
        Ok(self.copy.abort("the file was refused").await?)
    }
}

/// Microseconds since 2000-01-01, as PostgreSQL counts, clamped to what it can hold.
fn postgres_time(unix: f64) -> i64 {
    const EPOCH_2000_UNIX: f64 = 946_684_800.0;
    ((unix - EPOCH_2000_UNIX) * 1e6).round().clamp(-2.1e17, 9.2e18) as i64
}

fn encode(out: &mut Vec<u8>, chunk: &Chunk) {
    out.extend_from_slice(&14_i16.to_be_bytes());
    field(out, chunk.track.as_bytes());
    field(out, &chunk.ordinal.to_be_bytes());
    field(out, &chunk.segment.to_be_bytes());
    field(out, &[u8::from(chunk.joint.is_some())]);
    field(out, &(chunk.fixes.len() as i32).to_be_bytes());
    let times = || chunk.fixes.iter().filter_map(|fix| fix.time);
    for time in [times().reduce(f64::min), times().reduce(f64::max)] {
        match time {
            Some(time) => field(out, &postgres_time(time).to_be_bytes()),
            None => null(out),
        }
    }
    let q = |fix: &Fix| fix.quality;
    array(out, chunk, 21, |fix| {
        (q(fix).kind != FixKind::Unknown).then(|| q(fix).kind.code().to_be_bytes())
    });
    array(out, chunk, 21, |fix| {
        q(fix)
            .satellites
            .and_then(|n| i16::try_from(n).ok())
            .map(i16::to_be_bytes)
    });
    array(out, chunk, 700, |fix| q(fix).hdop.map(f32::to_be_bytes));
    array(out, chunk, 700, |fix| q(fix).vdop.map(f32::to_be_bytes));
    array(out, chunk, 700, |fix| q(fix).pdop.map(f32::to_be_bytes));
    array(out, chunk, 700, |fix| q(fix).accuracy_m.map(f32::to_be_bytes));
    let lone = chunk.joint.is_none() && chunk.fixes.len() == 1;
    let points: Vec<[f64; 4]> = chunk
        .joint
        .iter()
        .chain(&chunk.fixes)
        .chain(chunk.fixes.first().filter(|_| lone))
        .map(|fix| {
            let (lon, lat) = (fix.position.lon.get(), fix.position.lat.get());
            [
                lon,
                lat,
                fix.elevation_m.unwrap_or(f64::NAN),
                fix.time.unwrap_or(f64::NAN),
            ]
        })
        .collect();
    field(out, &Ewkb::line_zm(4326, &points).0);
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(&(bytes.len() as i32).to_be_bytes());
    out.extend_from_slice(bytes);
}

fn null(out: &mut Vec<u8>) {
    out.extend_from_slice(&(-1_i32).to_be_bytes());
}

/// One value for each fix as an array of an element type (by its OID), or null where no fix has one.
fn array<const N: usize>(out: &mut Vec<u8>, chunk: &Chunk, oid: i32, value: impl Fn(&Fix) -> Option<[u8; N]>) {
    let missing = chunk.fixes.iter().filter(|fix| value(fix).is_none()).count();
    if missing == chunk.fixes.len() {
        null(out);
        return;
    }
    let n = chunk.fixes.len() as i32;
    let length = 20 + 4 * n + (N as i32) * (n - missing as i32);
    out.extend_from_slice(&length.to_be_bytes());
    for word in [1, i32::from(missing > 0), oid, n, 1] {
        out.extend_from_slice(&word.to_be_bytes());
    }
    for fix in &chunk.fixes {
        match value(fix) {
            Some(bytes) => field(out, &bytes),
            None => null(out),
        }
    }
}

/// Inserts the tracks of an upload; their chunks may already be there.
///
/// # Errors
/// When the database refuses a row.
pub async fn insert_tracks(conn: &mut PgConnection, upload: Uuid, tracks: &[NewTrack]) -> Result<()> {
    for track in tracks {
        sqlx::query(
            "insert into track (track_id, upload_id, ordinal, name, n_fixes, n_segments, first_time, last_time,
                                length_m, overview)
             values ($1, $2, $3, $4, $5, $6, to_timestamp($7), to_timestamp($8), $9, $10)",
        )
        .bind(track.id)
        .bind(upload)
        .bind(track.ordinal)
        .bind(&track.name)
        .bind(track.n_fixes)
        .bind(track.n_segments)
        .bind(track.first_time)
        .bind(track.last_time)
        .bind(track.length_m)
        .bind((!track.overview.is_empty()).then(|| Ewkb::lines(4326, &track.overview)))
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// # Errors
/// When the database refuses a row.
pub async fn insert_waypoints(conn: &mut PgConnection, upload: Uuid, waypoints: &[(Uuid, Waypoint)]) -> Result<()> {
    if waypoints.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = waypoints.iter().map(|(id, _)| *id).collect();
    let text = |get: fn(&Waypoint) -> &Option<String>| -> Vec<Option<String>> {
        waypoints.iter().map(|(_, point)| get(point).clone()).collect()
    };
    let times: Vec<Option<f64>> = waypoints.iter().map(|(_, point)| point.fix.time).collect();
    let elevations: Vec<Option<f64>> = waypoints.iter().map(|(_, point)| point.fix.elevation_m).collect();
    let positions: Vec<Ewkb> = waypoints
        .iter()
        .map(|(_, point)| Ewkb::point(4326, point.fix.position))
        .collect();
    sqlx::query(
        "insert into waypoint (waypoint_id, upload_id, ordinal, name, comment, symbol, taken_at, elevation_m, position)
         select id, $2, place, name, comment, symbol, to_timestamp(time), elevation, position
         from unnest($1::uuid[], $3::text[], $4::text[], $5::text[], $6::float8[], $7::float8[], $8::geometry[])
              with ordinality as w (id, name, comment, symbol, time, elevation, position, place)",
    )
    .bind(ids)
    .bind(upload)
    .bind(text(|w| &w.name))
    .bind(text(|w| &w.comment))
    .bind(text(|w| &w.symbol))
    .bind(times)
    .bind(elevations)
    .bind(positions)
    .execute(conn)
    .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ChunkRow {
    track_id: Uuid,
    ordinal: i32,
    segment: i32,
    joined: bool,
    n_fixes: i32,
    fix_kind: Option<Vec<Option<i16>>>,
    satellites: Option<Vec<Option<i16>>>,
    hdop: Option<Vec<Option<f32>>>,
    vdop: Option<Vec<Option<f32>>>,
    pdop: Option<Vec<Option<f32>>>,
    accuracy_m: Option<Vec<Option<f32>>>,
    path: Ewkb,
}

impl TryFrom<ChunkRow> for Chunk {
    type Error = Error;

    fn try_from(row: ChunkRow) -> Result<Self> {
        let name = format!("{} chunk {}", row.track_id, row.ordinal);
        let fault = |column| broken("track_chunk", &name, column);
        let points = row.path.to_line_zm().map_err(|e| fault("path")(e.into()))?;
        let known = |v: f64| v.is_finite().then_some(v);
        let position = |p: &[f64; 4]| LonLat::new(p[0], p[1]).map_err(|e| fault("path")(e.into()));
        let (joint, own) = if row.joined {
            points.split_at(points.len().min(1))
        } else {
            (&[][..], &points[..])
        };
        let fixes = own
            .iter()
            .take(usize::try_from(row.n_fixes).unwrap_or(0))
            .enumerate()
            .map(|(k, p)| {
                Ok(Fix {
                    position: position(p)?,
                    elevation_m: known(p[2]),
                    time: known(p[3]),
                    quality: FixQuality {
                        kind: member(&row.fix_kind, k)
                            .and_then(|code| FixKind::ALL.into_iter().find(|kind| kind.code() == code))
                            .unwrap_or_default(),
                        satellites: member(&row.satellites, k).and_then(|n| u16::try_from(n).ok()),
                        hdop: member(&row.hdop, k),
                        vdop: member(&row.vdop, k),
                        pdop: member(&row.pdop, k),
                        accuracy_m: member(&row.accuracy_m, k),
                        ..FixQuality::default()
                    },
                })
            })
            .collect::<Result<_>>()?;
        let joint = match joint.first() {
            Some(p) => Some(Fix {
                position: position(p)?,
                elevation_m: known(p[2]),
                time: known(p[3]),
                quality: FixQuality::default(),
            }),
            None => None,
        };
        Ok(Self {
            track: row.track_id,
            ordinal: row.ordinal,
            segment: row.segment,
            joint,
            fixes,
        })
    }
}

fn member<T: Copy>(values: &Option<Vec<Option<T>>>, k: usize) -> Option<T> {
    values.as_ref()?.get(k).copied().flatten()
}

/// The chunks of some uploads, in the order of uploads received, tracks and chunks.
pub fn chunks<'c>(conn: &'c mut PgConnection, uploads: &[Uuid]) -> impl Stream<Item = Result<Chunk>> + use<'c> {
    sqlx::query_as::<Postgres, ChunkRow>(
        "select c.track_id, c.ordinal, c.segment, c.joined, c.n_fixes, c.fix_kind, c.satellites, c.hdop, c.vdop,
                c.pdop, c.accuracy_m, c.path
         from upload u
         join track t on t.upload_id = u.upload_id
         join fixes c on c.track_id = t.track_id
         where u.upload_id = any($1)
         order by u.number, t.ordinal, c.ordinal",
    )
    .bind(uploads.to_vec())
    .fetch(conn)
    .map(|row| row.map_err(Error::from).and_then(Chunk::try_from))
}

/// A track as a receipt names it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TrackLine {
    pub upload_id: Uuid,
    pub feature_id: i64,
    pub name: Option<String>,
    pub n_fixes: i64,
    pub length_m: f64,
}

/// The tracks of some uploads in order.
///
/// # Errors
/// When the database cannot be read.
pub async fn of_uploads(conn: &mut PgConnection, uploads: &[Uuid]) -> Result<Vec<TrackLine>> {
    Ok(sqlx::query_as(
        "select upload_id, feature_id, name, n_fixes, length_m from track where upload_id = any($1)
         order by upload_id, ordinal",
    )
    .bind(uploads)
    .fetch_all(conn)
    .await?)
}

/// The thinned paths of other uploads that come within some kilometres of an upload's, newest receipt first.
///
/// # Errors
/// When the database cannot be read.
pub async fn neighbours(conn: &mut PgConnection, upload: Uuid) -> Result<Vec<(i64, Vec<LonLat>)>> {
    let rows: Vec<(i64, Ewkb)> = sqlx::query_as(
        "select u.number, (st_dump(b.overview)).geom
         from track b join upload u on u.upload_id = b.upload_id
         where b.upload_id <> $1 and exists (
             select from track a where a.upload_id = $1 and b.overview && st_expand(a.overview, 0.02)
         )
         order by u.number desc limit 50",
    )
    .bind(upload)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(number, line)| {
            Ok((
                number,
                line.to_line()
                    .map_err(|e| broken("track", "overview", "overview")(e.into()))?,
            ))
        })
        .collect()
}

/// The thinned paths of some uploads, for drawing.
///
/// # Errors
/// When the database cannot be read.
pub async fn overviews(conn: &mut PgConnection, uploads: &[Uuid]) -> Result<Vec<Vec<LonLat>>> {
    let rows: Vec<(Ewkb,)> = sqlx::query_as(
        "select (st_dump(overview)).geom from track where upload_id = any($1) and overview is not null
         order by first_time, track_id",
    )
    .bind(uploads)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(line,)| {
            line.to_line()
                .map_err(|e| broken("track", "overview", "overview")(e.into()))
        })
        .collect()
}
