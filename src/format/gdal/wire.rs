//! What passes between the service and its file worker: frames of a kind, a length and a body.
//!
//! The one file that both programs are built from. Numbers are little-endian; texts and lists have their length before
//! them; texts of a file are bytes as they stand there, since only the reader of the answer decides their encoding.

use std::io::{self, Read, Write};

/// Bytes of one frame, at most. One geometry of [`VERTICES`] positions with heights fits in.
pub const FRAME_BYTES: usize = 64 << 20;
/// Positions of one geometry, at most.
pub const VERTICES: usize = 2_000_000;
/// Layers of one file, at most.
pub const LAYERS: usize = 64;
/// Fields of one layer, at most.
pub const FIELDS: usize = 400;
/// Bytes of one text, at most; longer ones are cut and told of.
pub const TEXT_BYTES: usize = 64 << 10;

/// A frame that cannot be: the other side is not what it should be, or was cut.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    #[error("the answer ends in the middle of a frame")]
    Cut,
    #[error("a frame of {0} bytes is longer than the limit")]
    TooLong(usize),
    #[error("a frame holds what no frame holds ({0})")]
    Nonsense(&'static str),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The kinds of files that the worker reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Driver {
    GeoPackage,
    Shapefile,
    MapInfo,
    Dxf,
    FlatGeobuf,
}

impl Driver {
    pub const ALL: [Self; 5] = [
        Self::GeoPackage,
        Self::Shapefile,
        Self::MapInfo,
        Self::Dxf,
        Self::FlatGeobuf,
    ];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|driver| *driver as u8 == byte)
    }
}

/// What the worker is asked. The file lies in the folder that the worker was started in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub driver: Driver,
    /// Name of the file, without folders.
    pub file: String,
    /// The layers whose rows are wanted, by number; all when none is named.
    pub layers: Vec<u32>,
    /// Make the index of a Shapefile that came without one.
    pub restore_index: bool,
    /// Give rows, or only the list of layers.
    pub rows: bool,
    /// Read even where the kernel cannot close every fence.
    pub unfenced: bool,
}

/// How well the worker is fenced in, as it found by trying.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fence {
    /// Version of GDAL.
    pub gdal: String,
    /// A file outside its folder could not be opened.
    pub files: bool,
    /// A connection could not be made.
    pub network: bool,
    /// Another program could not be started.
    pub processes: bool,
}

impl Fence {
    /// Whether all are closed.
    pub const fn is_whole(&self) -> bool {
        self.files && self.network && self.processes
    }
}

/// What a layer says of its reference system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SystemSaid {
    /// `EPSG:4490`; empty where none is known.
    pub code: String,
    pub name: String,
    pub wkt: String,
}

/// One layer, before its rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LayerSaid {
    pub name: Vec<u8>,
    /// Name of the geometry kind as the file declares it; empty for a table without geometry.
    pub geometry: String,
    /// None where only reading would tell.
    pub features: Option<u64>,
    pub system: Option<SystemSaid>,
    /// Name of the column that numbers the features, where it has one.
    pub id: Vec<u8>,
    pub fields: Vec<(Vec<u8>, Type)>,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    Text,
    Integer,
    Real,
    Flag,
    Date,
    Time,
    /// Bytes, which no record has.
    Other,
}

impl Type {
    const ALL: [Self; 7] = [
        Self::Text,
        Self::Integer,
        Self::Real,
        Self::Flag,
        Self::Date,
        Self::Time,
        Self::Other,
    ];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == byte)
    }
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum CellSaid<'a> {
    Null,
    Text(&'a [u8]),
    Integer(i64),
    Real(f64),
    Flag(bool),
}

/// One feature.
#[derive(Debug, Clone, PartialEq)]
pub struct RowSaid<'a> {
    pub layer: u32,
    pub id: i64,
    pub cells: Vec<CellSaid<'a>>,
    /// Name of the geometry's kind, as in the file; empty where it has none.
    pub kind: &'a [u8],
    /// ISO WKB of a geometry of a simple kind; empty where it has none or is of another kind.
    pub wkb: &'a [u8],
}

/// Why the worker gave up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The file is not what it is taken for, or is damaged.
    Malformed,
    /// More of something than the limits let through.
    TooLarge,
    /// The worker could not begin.
    Internal,
    /// The kernel cannot close every fence.
    Unfenced,
}

impl Why {
    const ALL: [Self; 4] = [Self::Malformed, Self::TooLarge, Self::Internal, Self::Unfenced];

    fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|why| *why as u8 == byte)
    }
}

/// One answer of the worker.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame<'a> {
    Fence(Fence),
    Layer(LayerSaid),
    /// All layers are told; rows follow.
    Rows,
    Row(RowSaid<'a>),
    /// What GDAL complains of while it goes on.
    Warning(&'a [u8]),
    Failed(Why, &'a [u8]),
    /// All there is was told.
    End,
}

const FENCE: u8 = 1;
const LAYER: u8 = 2;
const ROWS: u8 = 3;
const ROW: u8 = 4;
const WARNING: u8 = 5;
const FAILED: u8 = 6;
const END: u8 = 7;
const REQUEST: u8 = 8;

/// Builds the body of a frame.
#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn byte(&mut self, byte: u8) {
        self.0.push(byte);
    }

    fn number(&mut self, number: u32) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn long(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    /// Lengths are below [`FRAME_BYTES`], or the frame is refused when it is sent.
    fn bytes(&mut self, bytes: &[u8]) {
        self.number(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        self.0.extend_from_slice(bytes);
    }

    fn count(&mut self, count: usize) {
        self.number(u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn send(&self, kind: u8, to: &mut impl Write) -> Result<(), Broken> {
        let length = u32::try_from(self.0.len()).ok().filter(|n| *n as usize <= FRAME_BYTES);
        let length = length.ok_or(Broken::TooLong(self.0.len()))?;
        to.write_all(&[kind])?;
        to.write_all(&length.to_le_bytes())?;
        to.write_all(&self.0)?;
        Ok(())
    }
}

/// Takes the body of a frame apart; every length is looked at before it is believed.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], Broken> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Broken::Nonsense("a length"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, Broken> {
        Ok(self.take(1)?[0])
    }

    fn flag(&mut self) -> Result<bool, Broken> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Broken::Nonsense("a flag")),
        }
    }

    fn number(&mut self) -> Result<u32, Broken> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn long(&mut self) -> Result<u64, Broken> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }

    fn bytes(&mut self) -> Result<&'a [u8], Broken> {
        let length = self.number()? as usize;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, Broken> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }

    /// A number of things that have at least `least` bytes each.
    fn count(&mut self, least: usize) -> Result<usize, Broken> {
        let count = self.number()? as usize;
        if count.saturating_mul(least) > self.0.len() {
            return Err(Broken::Nonsense("a count"));
        }
        Ok(count)
    }

    fn done(&self) -> Result<(), Broken> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Broken::Nonsense("a remainder"))
        }
    }
}

impl Request {
    /// # Errors
    /// When it cannot be written.
    pub fn send(&self, to: &mut impl Write) -> Result<(), Broken> {
        let mut body = Body::default();
        body.byte(self.driver as u8);
        body.bytes(self.file.as_bytes());
        body.byte(u8::from(self.restore_index));
        body.byte(u8::from(self.rows));
        body.byte(u8::from(self.unfenced));
        body.count(self.layers.len());
        for layer in &self.layers {
            body.number(*layer);
        }
        body.send(REQUEST, to)
    }

    /// # Errors
    /// When what comes is no request.
    pub fn receive(from: &mut impl Read) -> Result<Self, Broken> {
        let mut buffer = Vec::new();
        if receive(from, &mut buffer)? != Some(REQUEST) {
            return Err(Broken::Nonsense("no request"));
        }
        let mut parts = Parts(&buffer);
        let driver = Driver::from_byte(parts.byte()?).ok_or(Broken::Nonsense("a driver"))?;
        let file = parts.text()?;
        let (restore_index, rows, unfenced) = (parts.flag()?, parts.flag()?, parts.flag()?);
        let layers = (0..parts.count(4)?).map(|_| parts.number()).collect::<Result<_, _>>()?;
        parts.done()?;
        Ok(Self {
            driver,
            file,
            layers,
            restore_index,
            rows,
            unfenced,
        })
    }
}

impl Frame<'_> {
    /// # Errors
    /// When it is too long, or cannot be written.
    pub fn send(&self, to: &mut impl Write) -> Result<(), Broken> {
        let mut body = Body::default();
        let kind = match self {
            Self::Fence(fence) => {
                body.bytes(fence.gdal.as_bytes());
                body.byte(u8::from(fence.files));
                body.byte(u8::from(fence.network));
                body.byte(u8::from(fence.processes));
                FENCE
            }
            Self::Layer(layer) => {
                body.bytes(&layer.name);
                body.bytes(layer.geometry.as_bytes());
                body.long(layer.features.unwrap_or(u64::MAX));
                body.byte(u8::from(layer.system.is_some()));
                if let Some(system) = &layer.system {
                    body.bytes(system.code.as_bytes());
                    body.bytes(system.name.as_bytes());
                    body.bytes(system.wkt.as_bytes());
                }
                body.bytes(&layer.id);
                body.count(layer.fields.len());
                for (name, kind) in &layer.fields {
                    body.bytes(name);
                    body.byte(*kind as u8);
                }
                LAYER
            }
            Self::Rows => ROWS,
            Self::Row(row) => {
                body.number(row.layer);
                body.long(row.id.cast_unsigned());
                body.count(row.cells.len());
                for cell in &row.cells {
                    match cell {
                        CellSaid::Null => body.byte(0),
                        CellSaid::Text(text) => {
                            body.byte(1);
                            body.bytes(text);
                        }
                        CellSaid::Integer(number) => {
                            body.byte(2);
                            body.long(number.cast_unsigned());
                        }
                        CellSaid::Real(number) => {
                            body.byte(3);
                            body.long(number.to_bits());
                        }
                        CellSaid::Flag(flag) => {
                            body.byte(4);
                            body.byte(u8::from(*flag));
                        }
                    }
                }
                body.bytes(row.kind);
                body.bytes(row.wkb);
                ROW
            }
            Self::Warning(text) => {
                body.bytes(text);
                WARNING
            }
            Self::Failed(why, text) => {
                body.byte(*why as u8);
                body.bytes(text);
                FAILED
            }
            Self::End => END,
        };
        body.send(kind, to)
    }

    /// The frame that a kind and a body are.
    ///
    /// # Errors
    /// When they are none.
    pub fn parse(kind: u8, body: &[u8]) -> Result<Frame<'_>, Broken> {
        let mut parts = Parts(body);
        let frame = match kind {
            FENCE => Frame::Fence(Fence {
                gdal: parts.text()?,
                files: parts.flag()?,
                network: parts.flag()?,
                processes: parts.flag()?,
            }),
            LAYER => Frame::Layer(layer(&mut parts)?),
            ROWS => Frame::Rows,
            ROW => Frame::Row(row(&mut parts)?),
            WARNING => Frame::Warning(parts.bytes()?),
            FAILED => {
                let why = Why::from_byte(parts.byte()?).ok_or(Broken::Nonsense("a reason"))?;
                Frame::Failed(why, parts.bytes()?)
            }
            END => Frame::End,
            _ => return Err(Broken::Nonsense("its kind")),
        };
        parts.done()?;
        Ok(frame)
    }
}

fn layer(parts: &mut Parts<'_>) -> Result<LayerSaid, Broken> {
    let name = parts.bytes()?.to_vec();
    let geometry = parts.text()?;
    let features = Some(parts.long()?).filter(|n| *n != u64::MAX);
    let system = if parts.flag()? {
        Some(SystemSaid {
            code: parts.text()?,
            name: parts.text()?,
            wkt: parts.text()?,
        })
    } else {
        None
    };
    let id = parts.bytes()?.to_vec();
    let count = parts.count(5)?;
    if count > FIELDS {
        return Err(Broken::Nonsense("too many fields"));
    }
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        let name = parts.bytes()?.to_vec();
        fields.push((name, Type::from_byte(parts.byte()?).ok_or(Broken::Nonsense("a type"))?));
    }
    Ok(LayerSaid {
        name,
        geometry,
        features,
        system,
        id,
        fields,
    })
}

fn row<'a>(parts: &mut Parts<'a>) -> Result<RowSaid<'a>, Broken> {
    let layer = parts.number()?;
    let id = parts.long()?.cast_signed();
    let count = parts.count(1)?;
    if count > FIELDS {
        return Err(Broken::Nonsense("too many cells"));
    }
    let mut cells = Vec::with_capacity(count);
    for _ in 0..count {
        cells.push(match parts.byte()? {
            0 => CellSaid::Null,
            1 => CellSaid::Text(parts.bytes()?),
            2 => CellSaid::Integer(parts.long()?.cast_signed()),
            3 => CellSaid::Real(f64::from_bits(parts.long()?)),
            4 => CellSaid::Flag(parts.flag()?),
            _ => return Err(Broken::Nonsense("a cell")),
        });
    }
    Ok(RowSaid {
        layer,
        id,
        cells,
        kind: parts.bytes()?,
        wkb: parts.bytes()?,
    })
}

/// Reads the next frame's body into `buffer` and gives its kind; none where there is no more.
///
/// # Errors
/// Where it is cut, or longer than the limit.
pub fn receive(from: &mut impl Read, buffer: &mut Vec<u8>) -> Result<Option<u8>, Broken> {
    let mut head = [0; 5];
    let mut filled = 0;
    while filled < head.len() {
        match from.read(&mut head[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(Broken::Cut),
            Ok(n) => filled += n,
            Err(fault) if fault.kind() == io::ErrorKind::Interrupted => {}
            Err(fault) => return Err(fault.into()),
        }
    }
    let [kind, length @ ..] = head;
    let length = u32::from_le_bytes(length) as usize;
    if length > FRAME_BYTES {
        return Err(Broken::TooLong(length));
    }
    buffer.clear();
    // Grows with what comes, not with what was announced.
    let read = from.take(length as u64).read_to_end(buffer)?;
    if read < length {
        return Err(Broken::Cut);
    }
    Ok(Some(kind))
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
