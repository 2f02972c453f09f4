//! Giving records out as files: a collection, a selection of it, or all that a section has, in any format, as it was at
//! any date.
//!
//! Records go from the database through a thread that writes, a few batches ahead and no more, so that a file of a
//! million needs no more memory than one of a thousand. What is read is one moment of the database. A file at a path is
//! written beside its place and takes it when it is complete; one that is sent breaks off where reading did, and is
//! never ended as if it were whole.

mod section;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;

use super::features::{self, Coordinates, PositionKind, Record, Selection};
use super::{Context, Error, Result, not_found};
use crate::crs::{Crs, Operation};
use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::moment::InForce;
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::{Realm, Verb};
use crate::domain::schema::{self, Schema, Shape};
use crate::domain::text::{Lang, Message, Names};
pub use crate::format::write::ExportFormat;
use crate::format::write::{self, Error as WriteError, Export, Header, Outgoing};
use crate::store;
use crate::store::audit::{self, Deed};
use crate::unit::{Epoch, LonLat};

/// What is to be given out.
#[derive(Debug, Clone)]
pub struct Request {
    pub what: What,
    pub format: ExportFormat,
    /// The system of the positions; without one the frame of the boundary, where it is one and the format allows it.
    pub crs: Option<Crs>,
    /// The records of one section only, by its key.
    pub section: Option<String>,
    /// Records, at most.
    pub limit: Option<usize>,
    /// What was asked, name by name, for the log.
    pub asked: BTreeMap<String, String>,
}

/// Which records.
#[derive(Debug, Clone)]
pub enum What {
    /// Of one collection. Limit and page of the selection count as none: a file holds all.
    Collection(Box<Selection>),
    /// Of every collection that has any, each a layer: the boundary's and, unless a section is asked for, those of
    /// none. Collection and properties of the selection count as none.
    All(Box<Selection>),
}

impl Request {
    pub const fn selection(&self) -> &Selection {
        match &self.what {
            What::Collection(selection) | What::All(selection) => selection,
        }
    }

    /// The collection, or `all`.
    const fn name(&self) -> &'static str {
        match &self.what {
            What::Collection(selection) => selection.schema.collection,
            What::All(_) => ALL,
        }
    }
}

/// Stands for every collection.
pub const ALL: &str = "all";

/// Batches that are read ahead of the writer, and pieces that are written ahead of who receives them.
const AHEAD: usize = 2;

/// Files that are given out at the same time, at most: each holds connections to the database as long as it lasts.
pub const AT_ONCE: usize = 3;

/// How long a request waits for its turn, and how long whoever receives a file may take for a piece of it.
const TURN: Duration = Duration::from_secs(15);
const PIECE: Duration = Duration::from_secs(60);

/// What a file says of itself, and the selection that is read for it.
struct Layer {
    header: Header,
    selection: Selection,
}

fn fault(error: WriteError) -> Error {
    match error {
        WriteError::Refused(problem) => Error::Refused(problem),
        WriteError::Io(fault) if fault.kind() == io::ErrorKind::StorageFull => Problem::new(
            Code::StorageFull,
            Message::new(
                "There is no room left to write the file.",
                "存储空间不足，无法写入文件。",
            ),
            Message::new("Free some space and ask again.", "请释放空间后重试。"),
        )
        .into(),
        error => Error::Fault(Box::new(error)),
    }
}

/// What was asked, held against the register once for all layers.
struct Scope {
    boundaries: Vec<Held<Boundary>>,
    /// The system of the positions.
    crs: Crs,
    /// Any place of the boundary, where it is one.
    near: Option<LonLat>,
    /// Collections of the section and how their records are found; none without a section.
    within: Option<section::Within>,
}

impl Scope {
    async fn of(cx: &Context, request: &Request) -> Result<Self> {
        let mut conn = cx.db.acquire().await?;
        let now = cx.clock.now();
        let wanted = request.selection();
        let boundaries: Vec<Held<Boundary>> = match &wanted.boundary {
            Some(key) => {
                let held = store::boundary::by_key(&mut conn, now, key).await?;
                vec![held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), key))?]
            }
            None => store::boundary::list(&mut conn, now).await?,
        };
        let is_placed = matches!(request.what, What::All(_)) || wanted.schema.is_at_boundary();
        let one = match boundaries.as_slice() {
            [one] if is_placed => Some(one),
            _ => None,
        };
        let drawn = Crs::lookup("EPSG:4326").map_err(Problem::from)?;
        let crs = match (&request.crs, one) {
            (Some(crs), _) => crs.clone(),
            (None, Some(held)) if !request.format.is_wgs84_only() => held.record.frame.crs.clone(),
            (None, _) => drawn,
        };
        let near = match one {
            Some(held) => Some(super::import::boundary_place(&mut conn, held).await?),
            None => None,
        };
        drop(conn);
        let within = match &request.section {
            Some(key) => Some(section::Within::find(cx, wanted, key).await?),
            None => None,
        };
        Ok(Self {
            boundaries,
            crs,
            near,
            within,
        })
    }

    fn one(&self) -> Option<&Boundary> {
        match self.boundaries.as_slice() {
            [one] => Some(&one.record),
            _ => None,
        }
    }

    /// A collection as a layer; none where nothing of it can belong to the section that is asked for.
    async fn layer(&self, cx: &Context, request: &Request, selection: Selection) -> Result<Option<Layer>> {
        let schema = selection.schema;
        let selection = match &self.within {
            None => selection,
            Some(within) => match within.narrow(cx, selection).await? {
                Some(selection) => selection,
                None => return Ok(None),
            },
        };
        let is_display = matches!(self.crs.code(), "EPSG:4326" | "OGC:CRS84");
        let selection = Selection {
            coordinates: if is_display {
                Coordinates::Display
            } else {
                Coordinates::System(self.crs.clone())
            },
            ..selection
        };
        let frame = self.one().map(|boundary| &boundary.frame);
        let epoch = frame.filter(|frame| frame.crs.code() == self.crs.code());
        let (licence, notice) = self.licence();
        let version = features::version(cx, schema).await?;
        let header = Header {
            schema,
            fields: selection.fields(),
            title: self.title(schema, request.section.as_deref()),
            crs: self.crs.clone(),
            epoch: epoch.and_then(|frame| frame.epoch),
            version: format!("{}-{version}", schema.collection),
            licence,
            notice,
            more: self.more(cx, schema, &selection),
            made_at: cx.clock.now(),
        };
        Ok(Some(Layer { header, selection }))
    }

    fn title(&self, schema: &Schema, section: Option<&str>) -> String {
        let mut title = schema.title.en.to_owned();
        if let (Some(boundary), true) = (self.one(), schema.is_at_boundary()) {
            title = format!("{title} – {}", boundary.names.best(Lang::En).unwrap_or(&boundary.key));
        }
        if let Some(section) = section {
            title = format!("{title}, {section}");
        }
        title
    }

    /// What the boundaries want said with their data; it is their licence, too.
    fn licence(&self) -> (String, Names) {
        let mut notice = Names::default();
        for lang in Lang::ALL {
            let mut said: Vec<&str> = self
                .boundaries
                .iter()
                .filter_map(|b| b.record.notice.get(lang))
                .collect();
            said.dedup();
            if !said.is_empty() {
                notice = notice.with(lang, said.join(" "));
            }
        }
        let licence = notice
            .get(Lang::En)
            .unwrap_or("no licence is stated: not for publication")
            .to_owned();
        (licence, notice)
    }

    /// Frame, what the positions are, and as of when the register was read.
    fn more(&self, cx: &Context, schema: &Schema, selection: &Selection) -> Vec<(&'static str, String)> {
        let mut said = Vec::new();
        if let Some(boundary) = self.one().filter(|_| schema.is_at_boundary()) {
            said.push(("boundary", boundary.key.clone()));
            let frame = &boundary.frame;
            if schema.shape != Shape::None {
                let epoch = frame
                    .epoch
                    .map_or_else(String::new, |epoch| format!(", epoch {}", Epoch::get(epoch)));
                said.push(("frame", format!("{} ({}){epoch}", frame.crs.code(), frame.crs.name())));
            }
        }
        if schema.shape != Shape::None {
            said.push(("positions", self.positions(&selection.coordinates)));
        }
        let when = selection.when;
        let now = cx.clock.now();
        said.push((
            "in_force",
            match when.in_force {
                None => now.to_string(),
                Some(InForce::At(at)) => at.to_string(),
                Some(InForce::Within { from, to }) => {
                    let end = |at: Option<jiff::Timestamp>| at.map_or_else(|| "..".to_owned(), |at| at.to_string());
                    format!("{}/{}", end(from), end(to))
                }
            },
        ));
        said.push(("known_at", when.known.unwrap_or(now).to_string()));
        said
    }

    /// What the numbers are to the law: `legal`, `transformed` by a named operation, or for maps only.
    fn positions(&self, coordinates: &Coordinates) -> String {
        let Coordinates::System(target) = coordinates else {
            return format!("{}, for maps only", PositionKind::Display.word());
        };
        let Some(frame) = self.one().map(|boundary| &boundary.frame) else {
            return "each as its boundary allows".to_owned();
        };
        if frame.crs.code() == target.code() {
            return PositionKind::Legal.word().to_owned();
        }
        let operation = self.near.map(|near| Operation::between(&frame.crs, target, near));
        match operation {
            Some(Ok(operation)) => format!(
                "{} by {}, {} m",
                PositionKind::Transformed.word(),
                operation.name(),
                operation.accuracy_m()
            ),
            _ => format!(
                "{}, for maps only: no operation leads there",
                PositionKind::Display.word()
            ),
        }
    }
}

/// The layers of a file.
async fn layers(cx: &Context, request: &Request) -> Result<Vec<Layer>> {
    let scope = Scope::of(cx, request).await?;
    match &request.what {
        What::Collection(selection) => {
            cx.must(Verb::Export, Realm::of(selection.schema.kind))?;
            let layer = scope.layer(cx, request, Selection::clone(selection)).await?;
            let schema = selection.schema;
            Ok(vec![layer.ok_or_else(|| section::without(schema))?])
        }
        What::All(selection) => {
            for realm in Realm::ALL {
                cx.must(Verb::Export, *realm)?;
            }
            if !request.format.has_layers() {
                let format = request.format.title();
                return Err(Problem::new(
                    Code::NotAcceptable,
                    Message::new(
                        format!("{format} holds one collection, and all were asked for."),
                        format!("{format} 只能存放一个数据集，而所请求的是全部。"),
                    ),
                    Message::new(
                        "Ask for GeoPackage, which has layers, or for one collection.",
                        "请改用支持多图层的 GeoPackage，或只导出一个数据集。",
                    ),
                )
                .into());
            }
            let mut layers = Vec::new();
            for schema in schema::ALL {
                // Of a boundary that is named, and of the section, only what belongs there.
                if request.section.is_some() && !schema.is_at_boundary() {
                    continue;
                }
                let selection = Selection {
                    schema,
                    boundary: selection.boundary.clone().filter(|_| schema.is_at_boundary()),
                    properties: None,
                    ..Selection::clone(selection)
                };
                if let Some(layer) = scope.layer(cx, request, selection).await? {
                    layers.push(layer);
                }
            }
            Ok(layers)
        }
    }
}

/// Whether the file can be had, without making it.
///
/// # Errors
/// As [`give`].
pub async fn can(cx: &Context, request: &Request) -> Result<()> {
    for layer in layers(cx, request).await? {
        write::fits(request.format, &layer.header).map_err(fault)?;
    }
    Ok(())
}

/// The name of a file: boundary, section, collection, and the day as of which it holds.
pub fn file_name(cx: &Context, request: &Request) -> String {
    let selection = request.selection();
    let day = match selection.when.in_force {
        Some(InForce::At(at)) => at,
        Some(InForce::Within { to: Some(to), .. }) => to,
        _ => cx.clock.now(),
    };
    let day = day.to_zoned(TimeZone::UTC).date().to_string();
    let parts = [
        selection.boundary.as_deref(),
        request.section.as_deref(),
        Some(request.name()),
        Some(&day),
    ];
    let stem: Vec<String> = parts
        .into_iter()
        .flatten()
        .map(|part| {
            let plain = |c: char| {
                if c.is_ascii_alphanumeric() || "-_.".contains(c) {
                    c
                } else {
                    '-'
                }
            };
            part.chars().map(plain).take(60).collect()
        })
        .collect();
    format!("{}.{}", stem.join("_"), request.format.extension())
}

/// Notes that something is given out.
async fn note(cx: &Context, request: &Request) -> Result<()> {
    let asked: Json = request
        .asked
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    let mut tx = cx.db.begin().await?;
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: "export",
        kind: request.name(),
        subject: request.selection().boundary.clone().unwrap_or_else(|| ALL.to_owned()),
        reason: None,
        detail: json!({ "format": request.format.word(), "asked": asked }),
    };
    audit::append(&mut tx, deed).await?;
    Ok(store::commit(tx).await?)
}

/// What comes to the thread that writes.
enum Piece {
    Layer(Box<Header>),
    Records(Vec<Record>),
    /// Nothing more comes. Without it the file is not complete.
    End,
}

/// Writes pieces as they come; the number of records.
fn write(mut export: Export<'_>, mut pieces: mpsc::Receiver<Piece>) -> std::result::Result<u64, WriteError> {
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            Piece::Layer(header) => export.layer(*header)?,
            Piece::Records(records) => {
                for mut record in records {
                    if let Some(geometry) = &mut record.geometry {
                        geometry.wind();
                    }
                    export.feature(&Outgoing {
                        feature_id: record.feature_id,
                        values: &record.values,
                        geometry: record.geometry.as_ref(),
                    })?;
                }
            }
            Piece::End => return export.finish(),
        }
    }
    Err(WriteError::Io(io::ErrorKind::UnexpectedEof.into()))
}

/// How much of a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Another collection begins, of so many records where they were counted.
    Begun(&'static str, Option<u64>),
    /// So many more records.
    Records(u64),
}

/// Reads layers into the writer: all their records, or as many as the limit allows. The first layer is the one that
/// the writer was made with; a further one without records is left out.
async fn read(
    cx: &Context,
    layers: Vec<Layer>,
    limit: Option<usize>,
    writer: mpsc::Sender<Piece>,
    seen: &(impl Fn(Progress) + Sync),
) -> Result<Vec<Counted>> {
    let mut left = limit.unwrap_or(usize::MAX);
    let mut read = Vec::with_capacity(layers.len());
    for (number, layer) in layers.into_iter().enumerate() {
        let collection = layer.header.schema.collection;
        let mut header = Some(Box::new(layer.header)).filter(|_| number > 0);
        let mut records = 0;
        let mut batches = features::batches(cx, layer.selection);
        while let Some(batch) = batches.recv().await {
            let mut batch = batch?;
            batch.truncate(left);
            left -= batch.len();
            records += batch.len() as u64;
            seen(Progress::Records(batch.len() as u64));
            let begun = header.take().map(Piece::Layer);
            for piece in begun.into_iter().chain([Piece::Records(batch)]) {
                if writer.send(piece).await.is_err() {
                    // The writer has ended, and says why.
                    return Ok(read);
                }
            }
            if left == 0 {
                break;
            }
        }
        read.push(Counted { collection, records });
    }
    // Whoever is not there any more has said why.
    let _ = writer.send(Piece::End).await;
    Ok(read)
}

/// Records of one collection in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    pub collection: &'static str,
    pub records: u64,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The file, and those that stand beside it.
    pub files: Vec<PathBuf>,
    pub bytes: u64,
    pub layers: Vec<Counted>,
    /// What the file says of itself.
    pub statement: Vec<(&'static str, String)>,
}

/// Writes a file at `path`, and beside it what its format cannot say inside.
///
/// Nothing is at `path` before the file is complete; what was there before is replaced.
///
/// # Errors
/// A refusal when the format cannot hold what was asked for; a fault when the file cannot be written.
pub async fn to_path(cx: &Context, request: &Request, path: &Path, seen: impl Fn(Progress) + Sync) -> Result<Written> {
    let layers = layers(cx, request).await?;
    note(cx, request).await?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let beside = scratch(&folder, request.format).map_err(|fault| unwritable(path, &fault))?;
    let layers = filled(cx, request, layers, &seen).await?;
    // Of several layers what holds for those with positions is told; each has a version of its own.
    let placed = layers.iter().find(|layer| layer.header.schema.shape != Shape::None);
    let mut statement = placed
        .or(layers.first())
        .map_or_else(Vec::new, |layer| layer.header.statement());
    if layers.len() > 1 {
        statement.retain(|(name, _)| *name != "version");
    }
    let (header, layers) = to_file(cx, request, layers, beside.path(), &seen).await?;
    let mut files = vec![path.to_owned()];
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    if request.format == ExportFormat::Csv {
        for side in write::side_files(&header, &stem) {
            let place = folder.join(&side.name);
            let mut file = scratch(&folder, request.format).map_err(|fault| Error::Fault(fault.into()))?;
            file.write_all(side.text.as_bytes())
                .map_err(|fault| Error::Fault(fault.into()))?;
            persist(file, &place)?;
            files.push(place);
        }
    }
    let bytes = beside
        .as_file()
        .metadata()
        .map_err(|fault| Error::Fault(fault.into()))?
        .len();
    persist(beside, path)?;
    Ok(Written {
        files,
        bytes,
        layers,
        statement,
    })
}

/// The refusal for a place at which no file can be made.
fn unwritable(path: &Path, fault_of: &io::Error) -> Error {
    if fault_of.kind() == io::ErrorKind::StorageFull {
        return fault(WriteError::Io(io::ErrorKind::StorageFull.into()));
    }
    let shown = path.display();
    let (en, zh) = match fault_of.kind() {
        io::ErrorKind::NotFound => ("its folder is not there".to_owned(), "文件夹不存在".to_owned()),
        io::ErrorKind::PermissionDenied => ("you may not write there".to_owned(), "没有写入权限".to_owned()),
        _ => (fault_of.to_string(), fault_of.to_string()),
    };
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("{shown} cannot be written: {en}."),
            format!("无法写入 {shown}：{zh}。"),
        ),
        Message::new("Name another place.", "请指定其他位置。"),
    )
    .into()
}

/// A file that is taken away unless it is kept.
fn scratch(folder: &Path, format: ExportFormat) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // As any other file that the user makes.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
        .prefix(".merestone-")
        .suffix(&format!(".{}", format.extension()))
        .tempfile_in(folder)
}

fn persist(file: tempfile::NamedTempFile, path: &Path) -> Result<()> {
    let kept = file.as_file().sync_all();
    kept.map_err(|fault| Error::Fault(fault.into()))?;
    file.persist(path).map_err(|fault| Error::Fault(fault.error.into()))?;
    Ok(())
}

/// The layers that have records; one without where none has any.
async fn filled(
    cx: &Context,
    request: &Request,
    layers: Vec<Layer>,
    seen: &(impl Fn(Progress) + Sync),
) -> Result<Vec<Layer>> {
    let mut filled = Vec::with_capacity(layers.len());
    let mut bare = None;
    for layer in layers {
        let counted = features::matched(cx, &layer.selection).await?;
        if counted == Some(0) {
            bare.get_or_insert(layer);
            continue;
        }
        let counted = counted.and_then(|n| u64::try_from(n).ok());
        let limit = request.limit.and_then(|n| u64::try_from(n).ok());
        let counted = counted.map(|n| n.min(limit.unwrap_or(n)));
        seen(Progress::Begun(layer.header.schema.collection, counted));
        filled.push(layer);
    }
    if filled.is_empty() {
        filled.extend(bare);
    }
    Ok(filled)
}

async fn to_file(
    cx: &Context,
    request: &Request,
    layers: Vec<Layer>,
    path: &Path,
    seen: &(impl Fn(Progress) + Sync),
) -> Result<(Header, Vec<Counted>)> {
    let Some(first) = layers.first() else {
        return Err(Error::Fault("there is no collection".into()));
    };
    let header = first.header.clone();
    let (sender, receiver) = mpsc::channel(AHEAD);
    let (format, place, own) = (request.format, path.to_owned(), header.clone());
    let writer = tokio::task::spawn_blocking(move || write(Export::to_file(format, own, &place)?, receiver));
    let read = read(cx, layers, request.limit, sender, seen).await;
    let written = writer.await?;
    // Where reading broke, the writer has only noticed that nothing more came.
    let read = read?;
    written.map_err(fault)?;
    Ok((header, read))
}

/// A file that is being given out: pieces as they are written, or a whole file, which has no name any more.
pub enum Given {
    Stream(mpsc::Receiver<io::Result<Bytes>>),
    File(File, u64),
}

/// Hands what is written on to whoever reads the answer.
struct Pipe {
    pieces: mpsc::Sender<io::Result<Bytes>>,
    runtime: tokio::runtime::Handle,
}

impl Write for Pipe {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        // Who takes too long for a piece must not hold the register's connections for ever.
        let sent = self.pieces.send_timeout(Ok(Bytes::copy_from_slice(piece)), PIECE);
        let sent = self.runtime.block_on(sent);
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn busy() -> Error {
    Problem::new(
        Code::Unavailable,
        Message::new(
            format!("{AT_ONCE} files are being given out, and none was finished in time."),
            format!("已有 {AT_ONCE} 个文件正在导出，等待超时。"),
        ),
        Message::new("Ask again in a minute.", "请一分钟后重试。"),
    )
    .into()
}

/// Gives a selection out. Formats that are streams begin to flow at once.
///
/// # Errors
/// A refusal when the format cannot hold what was asked for, or too much is being given out already; a fault when a
/// file cannot be written.
pub async fn give(cx: &Context, request: Request) -> Result<Given> {
    let mut layers = layers(cx, &request).await?;
    for layer in &layers {
        write::fits(request.format, &layer.header).map_err(fault)?;
    }
    let turn = tokio::time::timeout(TURN, std::sync::Arc::clone(&cx.exports).acquire_owned()).await;
    let turn = turn.map_err(|_| busy())?.map_err(|gone| Error::Fault(gone.into()))?;
    note(cx, &request).await?;
    if !request.format.is_stream() {
        let file = scratch(&std::env::temp_dir(), request.format).map_err(fault_of_file)?;
        let layers = filled(cx, &request, layers, &|_| {}).await?;
        to_file(cx, &request, layers, file.path(), &|_| {}).await?;
        // Opened anew, since the format may have replaced it; it goes when the last byte was read.
        let open = File::open(file.path()).map_err(fault_of_file)?;
        let length = open.metadata().map_err(fault_of_file)?.len();
        return Ok(Given::File(open, length));
    }
    layers.truncate(1);
    let Some(layer) = layers.first() else {
        return Err(Error::Fault("there is no collection".into()));
    };
    let (pieces, given) = mpsc::channel(AHEAD);
    let (sender, receiver) = mpsc::channel(AHEAD);
    let out = Pipe {
        pieces: pieces.clone(),
        runtime: tokio::runtime::Handle::current(),
    };
    let (format, header) = (request.format, layer.header.clone());
    let writer = tokio::task::spawn_blocking(move || write(Export::to_stream(format, header, out)?, receiver));
    let cx = cx.clone();
    tokio::spawn(async move {
        let _turn = turn;
        let read = read(&cx, layers, request.limit, sender, &|_| {}).await;
        let written = writer.await;
        let broke = match (read, written) {
            (Err(error), _) => error.to_string(),
            (_, Err(error)) => error.to_string(),
            (Ok(_), Ok(Err(WriteError::Io(fault)))) if fault.kind() == io::ErrorKind::BrokenPipe => {
                tracing::debug!("whoever was given a file has gone");
                return;
            }
            (Ok(_), Ok(Err(error))) => error.to_string(),
            (Ok(_), Ok(Ok(_))) => return,
        };
        tracing::error!(fault = %broke, "a file that was given out broke off");
        // Cut short, so that nobody takes a part for the whole.
        let _ = pieces.send(Err(io::Error::other(broke))).await;
    });
    Ok(Given::Stream(given))
}

fn fault_of_file(fault_of: io::Error) -> Error {
    fault(WriteError::Io(fault_of))
}
