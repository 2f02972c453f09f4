//! Answers of the file worker as layers and features. GDAL itself is in another program, `merestone-gdal`; here its
//! answers are read as coming from a stranger: every length, number and text is looked at before it is believed.

pub mod wire;

use std::borrow::Cow;
use std::io::Read;

use encoding_rs::{Encoding, GB18030};

use self::wire::{Broken, CellSaid, Fence, Frame, LAYERS, LayerSaid, RowSaid, Type, VERTICES, Why};
use super::row::{Cell, Row};
use super::table::{Column, Feature, FieldKind, HEIGHT, Layer, System};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;

/// Warnings kept, at most.
const WARNINGS: usize = 20;
/// Characters kept of a name of a layer or field.
const NAME_CHARS: usize = 200;

/// Reads the answer of the worker.
///
/// - **Shape**: `from` gives the worker's frames; layers are known once it is open, features follow.
/// - **Errors**: a [`Problem`] where the worker refuses the file, or its answer is cut or makes no sense.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    buffer: Vec<u8>,
    texts: Texts,
    fence: Fence,
    layers: Vec<Layer>,
    /// Name of the column that numbers the features of each layer, where it is no other column's.
    ids: Vec<Option<String>>,
    warnings: Vec<Message>,
    /// Features read of each layer.
    read: Vec<u64>,
    done: bool,
}

/// How texts of the file are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    In(&'static Encoding),
    /// UTF-8 where it is, GB18030 where it is not.
    Either,
    /// As [`Texts::In`], and characters may be written as `\U+754C`, as in drawings.
    Drawing(&'static Encoding),
}

impl Texts {
    fn decode<'a>(self, bytes: &'a [u8]) -> Cow<'a, str> {
        match self {
            Self::In(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Self::Drawing(encoding) => spelled_out(encoding.decode_without_bom_handling(bytes).0),
            Self::Either => match std::str::from_utf8(bytes) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => GB18030.decode_without_bom_handling(bytes).0,
            },
        }
    }

    /// A name: short, printable, and without the half of a character that a limit of ten bytes has left at its end.
    fn name(self, bytes: &[u8]) -> String {
        let mut name: String = self
            .decode(bytes)
            .trim_end_matches(char::REPLACEMENT_CHARACTER)
            .chars()
            .filter(|c| !c.is_control())
            .take(NAME_CHARS)
            .collect();
        name.truncate(name.trim_end().len());
        name
    }
}

/// The first thing that a worker says: how well it is fenced in. For trying it without a file.
///
/// # Errors
/// As [`Reader`] says; also where it is not fenced in well enough to read anything.
pub fn fence(from: &mut impl Read) -> Result<Fence, Problem> {
    let mut buffer = Vec::new();
    let mut next = |buffer: &mut Vec<u8>| -> Result<Option<Fence>, Problem> {
        let kind = wire::receive(from, buffer).map_err(|fault| broken(&fault))?;
        let kind = kind.ok_or_else(|| broken(&Broken::Cut))?;
        match Frame::parse(kind, buffer).map_err(|fault| broken(&fault))? {
            Frame::Fence(fence) => Ok(Some(fence)),
            Frame::Failed(why @ (Why::Internal | Why::Unfenced), text) => Err(failed(why, text)),
            _ => Ok(None),
        }
    };
    let fence = next(&mut buffer)?.ok_or_else(|| broken(&Broken::Nonsense("its place")))?;
    next(&mut buffer)?;
    Ok(fence)
}

/// Text with its characters of the form `\U+754C` put in.
fn spelled_out(text: Cow<'_, str>) -> Cow<'_, str> {
    const MARK: &str = "\\U+";
    if !text.contains(MARK) {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((before, after)) = rest.split_once(MARK) {
        out.push_str(before);
        let code = after.get(..4).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        match code.and_then(char::from_u32) {
            Some(character) => {
                out.push(character);
                rest = after.get(4..).unwrap_or_default();
            }
            None => {
                out.push_str(MARK);
                rest = after;
            }
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

impl<R: Read> Reader<R> {
    /// Reads as far as the first feature.
    ///
    /// # Errors
    /// As [`Reader`] says.
    pub fn open(from: R, texts: Texts) -> Result<Self, Problem> {
        let mut reader = Self {
            from,
            buffer: Vec::new(),
            texts,
            fence: Fence::default(),
            layers: Vec::new(),
            ids: Vec::new(),
            warnings: Vec::new(),
            read: Vec::new(),
            done: false,
        };
        let mut fenced = false;
        loop {
            let kind = wire::receive(&mut reader.from, &mut reader.buffer).map_err(|fault| broken(&fault))?;
            let Some(kind) = kind else {
                return Err(broken(&Broken::Cut));
            };
            match Frame::parse(kind, &reader.buffer).map_err(|fault| broken(&fault))? {
                Frame::Fence(fence) => (reader.fence, fenced) = (fence, true),
                Frame::Layer(said) if fenced && reader.layers.len() < LAYERS => {
                    let (layer, id) = layer(&said, reader.texts);
                    reader.layers.push(layer);
                    reader.ids.push(id);
                    reader.read.push(0);
                }
                Frame::Warning(text) => warn(&mut reader.warnings, text),
                Frame::Rows if fenced => return Ok(reader),
                Frame::Failed(why, text) => return Err(failed(why, text)),
                _ => return Err(broken(&Broken::Nonsense("its place"))),
            }
        }
    }

    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// How well the worker is fenced in.
    pub const fn fence(&self) -> &Fence {
        &self.fence
    }

    pub fn warnings(&self) -> &[Message] {
        &self.warnings
    }

    /// The next feature; none after the last.
    ///
    /// # Errors
    /// As [`Reader`] says.
    pub fn next_feature(&mut self) -> Result<Option<Feature>, Problem> {
        while !self.done {
            // Until a frame proves otherwise there is nothing more, so that a broken answer is told once.
            self.done = true;
            let kind = wire::receive(&mut self.from, &mut self.buffer).map_err(|fault| broken(&fault))?;
            let Some(kind) = kind else {
                return Err(broken(&Broken::Cut));
            };
            match Frame::parse(kind, &self.buffer).map_err(|fault| broken(&fault))? {
                Frame::Row(row) => {
                    let at = row.layer as usize;
                    let (Some(layer), Some(id), Some(read)) =
                        (self.layers.get(at), self.ids.get(at), self.read.get_mut(at))
                    else {
                        return Err(broken(&Broken::Nonsense("a layer's number")));
                    };
                    *read += 1;
                    let place = if self.layers.len() > 1 {
                        format!("layer {}, feature {read}", layer.name)
                    } else {
                        format!("feature {read}")
                    };
                    let feature = feature(&row, layer, id.as_deref(), place, self.texts)?;
                    self.done = false;
                    return Ok(Some(feature));
                }
                Frame::Warning(text) => warn(&mut self.warnings, text),
                Frame::Failed(why, text) => return Err(failed(why, text)),
                Frame::End => return Ok(None),
                _ => return Err(broken(&Broken::Nonsense("its place"))),
            }
            self.done = false;
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Feature, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_feature().transpose()
    }
}

fn warn(warnings: &mut Vec<Message>, text: &[u8]) {
    if warnings.len() < WARNINGS {
        let text = said(text);
        warnings.push(Message::new(format!("GDAL: {text}"), format!("GDAL：{text}")));
    }
}

/// Words of GDAL as they may stand in a sentence.
fn said(text: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(text)
        .chars()
        .filter(|c| !c.is_control())
        .take(300)
        .collect();
    text.trim().trim_end_matches('.').to_owned()
}

/// The refusal in the worker's own words.
fn failed(why: Why, text: &[u8]) -> Problem {
    let text = said(text);
    match why {
        Why::Malformed => Problem::new(
            Code::FileMalformed,
            Message::new(
                format!("The file cannot be read; GDAL says: {text}."),
                format!("无法读取文件；GDAL 报告：{text}。"),
            ),
            Message::new(
                "Copy or export it again; if it opens in a GIS, export it from there as GeoPackage.",
                "请重新复制或导出；若能在 GIS 软件中打开，请从中导出为 GeoPackage。",
            ),
        ),
        Why::TooLarge => Problem::new(
            Code::FileTooLarge,
            Message::new(
                format!("The file asks for more than is given: {text}."),
                format!("文件超出限制：{text}。"),
            ),
            Message::new("Split it into smaller files.", "请拆分为较小的文件。"),
        ),
        Why::Unfenced => Problem::new(
            Code::ReaderUnavailable,
            Message::new(
                "This machine's kernel cannot fence in the program that reads files of this kind, so none is read.",
                "本机内核无法隔离读取此类文件的程序，因此不予读取。",
            ),
            Message::new(
                "Use a kernel with Landlock and seccomp, or allow it with MERESTONE_FILE_FENCE=partial.",
                "请使用支持 Landlock 和 seccomp 的内核，或以 MERESTONE_FILE_FENCE=partial 允许读取。",
            ),
        ),
        Why::Internal => Problem::new(
            Code::ReaderUnavailable,
            Message::new(
                format!("The reader of feature files could not begin: {text}."),
                format!("要素文件读取程序无法启动：{text}。"),
            ),
            Message::new(
                "Tell whoever runs the service; GeoJSON and CSV are read without it.",
                "请告知系统管理员；GeoJSON 和 CSV 不受影响。",
            ),
        ),
    }
}

/// An answer that makes no sense is the file's doing as far as its sender is concerned: the reader broke on it.
fn broken(fault: &Broken) -> Problem {
    if let Broken::Io(fault) = fault
        && let Some(problem) = fault.get_ref().and_then(|inner| inner.downcast_ref::<Problem>())
    {
        return problem.clone();
    }
    Problem::new(
        Code::FileMalformed,
        Message::new(
            format!("The reader broke on the file: {fault}."),
            format!("读取文件时中断：{fault}。"),
        ),
        Message::new(
            "Export it again, best as GeoPackage or GeoJSON.",
            "请重新导出，建议使用 GeoPackage 或 GeoJSON。",
        ),
    )
}

fn layer(said: &LayerSaid, texts: Texts) -> (Layer, Option<String>) {
    let columns: Vec<Column> = said
        .fields
        .iter()
        .map(|(name, kind)| Column {
            name: texts.name(name),
            kind: match kind {
                Type::Text => FieldKind::Text,
                Type::Integer => FieldKind::Integer,
                Type::Real => FieldKind::Number,
                Type::Flag => FieldKind::Flag,
                Type::Date => FieldKind::Date,
                Type::Time => FieldKind::Time,
                Type::Other => FieldKind::Other,
            },
        })
        .collect();
    let id = Some(texts.name(&said.id)).filter(|id| !id.is_empty() && columns.iter().all(|c| c.name != *id));
    let short = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let system = match &said.system {
        None => System::Unknown,
        // What GeoPackage calls its two placeholders, and what stands for "plain numbers" elsewhere.
        Some(system) if system.code.is_empty() && is_placeholder(&system.name) => System::Unknown,
        Some(system) if !system.code.is_empty() => System::Said(short(&system.code)),
        Some(system) => System::Named {
            name: short(&system.name).chars().take(NAME_CHARS).collect(),
            wkt: short(&system.wkt),
        },
    };
    let layer = Layer {
        name: texts.name(&said.name),
        geometry: Some(short(&said.geometry)).filter(|kind| !kind.is_empty()),
        features: said.features,
        system,
        columns,
    };
    (layer, id)
}

fn is_placeholder(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.is_empty() || name.starts_with("undefined") || name.starts_with("unknown") || name == "unnamed"
}

fn feature(
    said: &RowSaid<'_>,
    layer: &Layer,
    id: Option<&str>,
    place: String,
    texts: Texts,
) -> Result<Feature, Problem> {
    if said.cells.len() != layer.columns.len() {
        return Err(broken(&Broken::Nonsense("the number of cells")));
    }
    let mut row = Row {
        place,
        ..Row::default()
    };
    for (column, cell) in layer.columns.iter().zip(&said.cells) {
        let cell = match cell {
            CellSaid::Null => continue,
            CellSaid::Text(bytes) => {
                let text = texts.decode(bytes);
                let text = text.trim_end_matches('\0').trim();
                if text.is_empty() {
                    continue;
                }
                Cell::Text(text.to_owned())
            }
            CellSaid::Integer(number) => Cell::Number(*number as f64, number.to_string()),
            // What is no number in a file of numbers is an empty cell.
            CellSaid::Real(number) if !number.is_finite() => continue,
            CellSaid::Real(number) => Cell::Number(*number, number.to_string()),
            CellSaid::Flag(flag) => Cell::Flag(*flag),
        };
        row.cells.insert(column.name.clone(), cell);
    }
    if let Some(id) = id {
        row.cells
            .insert(id.to_owned(), Cell::Number(said.id as f64, said.id.to_string()));
    }
    let kind: String = String::from_utf8_lossy(said.kind).chars().take(40).collect();
    let unread = !kind.is_empty() && said.wkb.is_empty();
    if !said.wkb.is_empty() {
        let (geometry, height) = wkb(said.wkb).map_err(|reason| not_finite_or_broken(reason, &row.place))?;
        if let Some(height) = height.filter(|z| z.is_finite()) {
            row.cells
                .entry(HEIGHT.to_owned())
                .or_insert_with(|| Cell::Number(height, height.to_string()));
        }
        row.geometry = Some(geometry);
    }
    Ok(Feature {
        layer: said.layer as usize,
        row,
        kind,
        unread,
    })
}

/// Why bytes are no geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NoGeometry {
    NotFinite,
    Nonsense,
}

fn not_finite_or_broken(reason: NoGeometry, place: &str) -> Problem {
    match reason {
        NoGeometry::Nonsense => broken(&Broken::Nonsense("a geometry")),
        NoGeometry::NotFinite => Problem::new(
            Code::ValueInvalid,
            Message::new(
                format!("The geometry at {place} has a coordinate that is no finite number."),
                format!("{place} 的几何含有非有限数值的坐标。"),
            ),
            Message::new(
                "Correct the feature and send the file again.",
                "请更正该要素后重新提交。",
            ),
        ),
    }
}

/// Takes WKB apart.
struct Wkb<'a>(&'a [u8]);

impl Wkb<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], NoGeometry> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(NoGeometry::Nonsense)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A number of things that have at least `least` bytes each.
    fn count(&mut self, least: usize) -> Result<usize, NoGeometry> {
        let count = u32::from_le_bytes(self.take()?) as usize;
        if count.saturating_mul(least) > self.0.len() || count > VERTICES {
            return Err(NoGeometry::Nonsense);
        }
        Ok(count)
    }

    /// The flat kind of the geometry that follows, and how many numbers a position has.
    fn head(&mut self) -> Result<(u32, usize), NoGeometry> {
        let [order] = self.take()?;
        let code = u32::from_le_bytes(self.take()?);
        // Little-endian is what is asked for; 1000 more is with height, 2000 with measure, 3000 with both.
        match (order, code / 1000) {
            (1, 0) => Ok((code, 2)),
            (1, 1 | 2) => Ok((code % 1000, 3)),
            (1, 3) => Ok((code % 1000, 4)),
            _ => Err(NoGeometry::Nonsense),
        }
    }

    fn position(&mut self, numbers: usize) -> Result<([f64; 2], Option<f64>), NoGeometry> {
        let x = f64::from_le_bytes(self.take()?);
        let y = f64::from_le_bytes(self.take()?);
        let mut height = None;
        for _ in 2..numbers {
            let number = f64::from_le_bytes(self.take()?);
            height.get_or_insert(number);
        }
        if x.is_finite() && y.is_finite() {
            Ok(([x, y], height))
        } else {
            Err(NoGeometry::NotFinite)
        }
    }

    fn line(&mut self, numbers: usize) -> Result<Vec<[f64; 2]>, NoGeometry> {
        (0..self.count(numbers * 8)?)
            .map(|_| Ok(self.position(numbers)?.0))
            .collect()
    }

    fn lines(&mut self, numbers: usize) -> Result<Vec<Vec<[f64; 2]>>, NoGeometry> {
        (0..self.count(4)?).map(|_| self.line(numbers)).collect()
    }

    /// The members of a collection of one kind.
    fn members<T>(
        &mut self,
        kind: u32,
        read: impl Fn(&mut Self, usize) -> Result<T, NoGeometry>,
    ) -> Result<Vec<T>, NoGeometry> {
        (0..self.count(5)?)
            .map(|_| match self.head()? {
                (found, numbers) if found == kind => read(self, numbers),
                _ => Err(NoGeometry::Nonsense),
            })
            .collect()
    }
}

/// A geometry of the six simple kinds, and the height of a single point.
fn wkb(bytes: &[u8]) -> Result<(Geometry, Option<f64>), NoGeometry> {
    let mut wkb = Wkb(bytes);
    let (kind, numbers) = wkb.head()?;
    // The one number besides is a measure and no height.
    let with_height = bytes.get(1..5).is_some_and(|code| {
        let code = u32::from_le_bytes([code[0], code[1], code[2], code[3]]);
        matches!(code / 1000, 1 | 3)
    });
    let mut height = None;
    let geometry = match kind {
        1 => {
            let (position, z) = wkb.position(numbers)?;
            height = z.filter(|_| with_height);
            Geometry::Point(position)
        }
        2 => Geometry::Line(wkb.line(numbers)?),
        3 => Geometry::Polygon(wkb.lines(numbers)?),
        4 => Geometry::Points(wkb.members(1, |wkb, numbers| Ok(wkb.position(numbers)?.0))?),
        5 => Geometry::Lines(wkb.members(2, Wkb::line)?),
        6 => Geometry::Polygons(wkb.members(3, Wkb::lines)?),
        _ => return Err(NoGeometry::Nonsense),
    };
    if wkb.0.is_empty() {
        Ok((geometry, height))
    } else {
        Err(NoGeometry::Nonsense)
    }
}

#[cfg(test)]
mod tests;
