//! KML: placemarks as features, with their names, their data and the folders they lie in.
//!
//! Written here over the XML reader that GPX has, and not with a library or GDAL's driver: those build the whole tree by
//! recursion, or leave out the data of placemarks and the tracks of receivers (`gx:Track`), which are the very lines that
//! teams bring home. Links to other files are never followed.

use std::collections::BTreeMap;
use std::io::{self, Read};

use quick_xml::Error as XmlError;
use quick_xml::errors::IllFormedError;
use quick_xml::events::Event;

use super::encoding::{PieceTooLong, TextReader};
use super::gpx::xml::{Attributes, Reference, attribute_text, reference, split_name};
use super::limits::Limits;
use super::row::{Cell, Row};
use super::table::{Feature, HEIGHT};
use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;
use crate::geom::shape::Geometry;

/// The system of all KML (OGC 07-147r2, 4.2).
pub const SYSTEM: &str = "OGC:CRS84";
/// Bytes of one piece of text: the coordinates of one line.
const PIECE_BYTES: u64 = 64 << 20;
/// Folders of one file, and cells of one placemark, at most.
const FOLDERS: usize = 2_000;
const CELLS: usize = 400;
/// Features of one file, at most: it is held whole.
const FEATURES: usize = 1_000_000;

/// What a KML file holds.
#[derive(Debug, Default)]
pub struct Document {
    /// Name of the document, where it has one.
    pub name: String,
    /// Names of the folders that have placemarks, outer names before inner ones; empty for what lies in none.
    pub folders: Vec<String>,
    /// Features, each with the number of its folder as layer.
    pub features: Vec<Feature>,
    /// Links to other files, which were passed over.
    pub links: u64,
}

/// Reads KML of any encoding.
///
/// - **Shape**: a row for each placemark; cells `name`, `description`, `folder`, `when`, `begin`, `end`, and whatever
///   `ExtendedData` has; the height of a point is the cell `z`. Of a placemark with geometries of several kinds only the
///   kind is told.
/// - **Units**: degrees of WGS 84, longitude first.
/// - **Errors**: a [`Problem`] with its place: no KML, not well-formed, cut, with a document type or foreign entities,
///   nested too deeply, too large, or with coordinates that are no numbers.
/// - **Source**: OGC 07-147r2 (KML 2.2); Google's extension namespace for tracks, which KML 2.3 has taken in.
pub fn read(input: impl Read, limits: Limits) -> Result<Document, Problem> {
    let mut reader = Reader {
        xml: quick_xml::Reader::from_reader(TextReader::new(input, PIECE_BYTES)),
        limits,
        nodes: Vec::new(),
        folders: Vec::new(),
        text: String::new(),
        key: String::new(),
        placemark: None,
        shape: Part::default(),
        document: Document::default(),
        numbers: BTreeMap::new(),
        begun: false,
    };
    reader.read()?;
    Ok(reader.document)
}

/// What stands open, from the root to the element in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Root,
    Folder,
    Placemark,
    /// A time stamp or span.
    Time,
    Extended,
    /// One datum with its name as an attribute and its value inside.
    Datum,
    Multi,
    Point,
    Line,
    Ring,
    Polygon,
    /// The outer or an inner boundary of a polygon.
    Boundary,
    Track,
    MultiTrack,
    /// An element whose text is wanted.
    Text(Wanted),
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    FolderName,
    /// The cell whose name is in hand.
    Cell,
    Coordinates,
    Coord,
}

/// The placemark in hand.
#[derive(Debug, Default)]
struct Placemark {
    cells: BTreeMap<String, Cell>,
    shapes: Vec<Geometry>,
    height: Option<f64>,
}

/// The geometry in hand.
#[derive(Debug, Default)]
struct Part {
    positions: Vec<[f64; 2]>,
    height: Option<f64>,
    rings: Vec<Vec<[f64; 2]>>,
    tracks: Vec<Vec<[f64; 2]>>,
}

struct Reader<R> {
    xml: quick_xml::Reader<TextReader<R>>,
    limits: Limits,
    nodes: Vec<Node>,
    /// Names of the folders that are open.
    folders: Vec<String>,
    text: String,
    /// Name of the cell in hand.
    key: String,
    placemark: Option<Placemark>,
    shape: Part,
    document: Document,
    /// Number of each folder.
    numbers: BTreeMap<String, usize>,
    begun: bool,
}

impl<R: Read> Reader<R> {
    fn read(&mut self) -> Result<(), Problem> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            self.xml.get_mut().mark();
            match self.xml.read_event_into(&mut buffer) {
                Ok(Event::Start(tag)) => self.open(tag.name().as_ref(), tag.attributes_raw())?,
                Ok(Event::Empty(tag)) => {
                    self.open(tag.name().as_ref(), tag.attributes_raw())?;
                    self.close()?;
                }
                Ok(Event::End(_)) => self.close()?,
                Ok(Event::Text(text)) => self.add(&text)?,
                Ok(Event::CData(text)) => self.add(&text)?,
                Ok(Event::GeneralRef(name)) => match reference(&name) {
                    Reference::Character(character) => self.add(character.encode_utf8(&mut [0; 4]))?,
                    Reference::Nothing => {}
                    Reference::Foreign => return Err(self.at(entity(&name))),
                },
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_)) => {}
                Ok(Event::DocType(_)) => return Err(self.at(doctype())),
                Ok(Event::Eof) if self.nodes.is_empty() && self.begun => return Ok(()),
                Ok(Event::Eof) => return Err(self.cut()),
                Err(fault) => return Err(self.fault(&fault)),
            }
        }
    }

    fn at(&self, problem: Problem) -> Problem {
        problem.at(self.xml.get_ref().mark_place())
    }

    fn cut(&self) -> Problem {
        let place: Place = self.xml.get_ref().place();
        malformed(
            format!(
                "The file ends in the middle, at line {}, byte {}.",
                place.line, place.byte
            ),
            format!("文件在第 {} 行（第 {} 字节）处中断。", place.line, place.byte),
        )
        .at(place)
    }

    fn fault(&self, fault: &XmlError) -> Problem {
        match fault {
            XmlError::Io(fault) => self.io_fault(fault),
            XmlError::Syntax(_) if self.xml.get_ref().at_end() => self.cut(),
            XmlError::IllFormed(IllFormedError::UnclosedReference) => self.at(malformed(
                "There is a lone \"&\" in the text; in XML it is written \"&amp;\".".to_owned(),
                "文字中有单独的“&”；在 XML 中应写作“&amp;”。".to_owned(),
            )),
            other => {
                let what: String = other
                    .to_string()
                    .chars()
                    .filter(|c| !c.is_control())
                    .take(120)
                    .collect();
                self.at(malformed(
                    format!("The markup is not well-formed XML ({what})."),
                    format!("标记不符合 XML 语法（{what}）。"),
                ))
            }
        }
    }

    fn io_fault(&self, fault: &io::Error) -> Problem {
        let inner = fault.get_ref();
        if let Some(problem) = inner.and_then(|inner| inner.downcast_ref::<Problem>()) {
            return problem.clone();
        }
        if inner.is_some_and(|inner| inner.is::<PieceTooLong>()) {
            return self.at(too_large(&format!("{} MiB in one piece of text", PIECE_BYTES >> 20)));
        }
        malformed(
            format!("The file could not be read to its end: {fault}."),
            format!("文件未能读到末尾：{fault}。"),
        )
    }

    fn open(&mut self, name: &str, attributes: &str) -> Result<(), Problem> {
        if self.nodes.len() >= self.limits.depth {
            return Err(self.at(too_deep(self.limits.depth)));
        }
        let (_, local) = split_name(name);
        let parent = self.nodes.last().copied();
        let node = match (parent, local) {
            (None, "kml") if !self.begun => {
                self.begun = true;
                Node::Root
            }
            (None, _) => return Err(self.at(not_kml(local))),
            (Some(Node::Skipped | Node::Text(_)), _) => Node::Skipped,
            (Some(Node::Root | Node::Folder), "Document" | "Folder") => {
                self.folders.push(String::new());
                Node::Folder
            }
            (Some(Node::Root | Node::Folder), "Placemark") => {
                self.placemark = Some(Placemark::default());
                Node::Placemark
            }
            (Some(Node::Folder), "name") => Node::Text(Wanted::FolderName),
            (Some(Node::Root | Node::Folder), "NetworkLink") => {
                self.document.links += 1;
                Node::Skipped
            }
            (Some(Node::Placemark), "name" | "description" | "address" | "phoneNumber") => self.cell(local),
            (Some(Node::Placemark), "TimeStamp" | "TimeSpan") => Node::Time,
            (Some(Node::Time), "when" | "begin" | "end") => self.cell(local),
            (Some(Node::Placemark), "ExtendedData") => Node::Extended,
            (Some(Node::Extended), "SchemaData") => Node::Extended,
            (Some(Node::Extended), "Data") => {
                self.key = self.attribute(attributes, "name")?;
                Node::Datum
            }
            (Some(Node::Extended), "SimpleData") => {
                self.key = self.attribute(attributes, "name")?;
                Node::Text(Wanted::Cell)
            }
            // Data of other vocabularies stand there as elements of their own.
            (Some(Node::Extended), _) => self.cell(local),
            (Some(Node::Datum), "value") => Node::Text(Wanted::Cell),
            (Some(Node::Placemark | Node::Multi), _) => self.open_shape(local),
            (Some(Node::MultiTrack), "Track") => Node::Track,
            (Some(Node::Point | Node::Line | Node::Ring), "coordinates") => Node::Text(Wanted::Coordinates),
            (Some(Node::Polygon), "outerBoundaryIs" | "innerBoundaryIs") => Node::Boundary,
            (Some(Node::Boundary), "LinearRing") => Node::Ring,
            (Some(Node::Track), "coord") => Node::Text(Wanted::Coord),
            _ => Node::Skipped,
        };
        if matches!(node, Node::Text(_)) {
            self.text.clear();
        }
        self.nodes.push(node);
        Ok(())
    }

    fn open_shape(&mut self, local: &str) -> Node {
        let node = match local {
            "MultiGeometry" => return Node::Multi,
            "Point" => Node::Point,
            "LineString" => Node::Line,
            "LinearRing" => Node::Ring,
            "Polygon" => Node::Polygon,
            "Track" => Node::Track,
            "MultiTrack" => Node::MultiTrack,
            _ => return Node::Skipped,
        };
        self.shape = Part::default();
        node
    }

    fn cell(&mut self, key: &str) -> Node {
        key.clone_into(&mut self.key);
        Node::Text(Wanted::Cell)
    }

    fn attribute(&self, attributes: &str, wanted: &str) -> Result<String, Problem> {
        for attribute in Attributes::new(attributes) {
            let Ok((name, value)) = attribute else {
                return Err(self.at(malformed(
                    "An attribute is not written as name=\"value\".".to_owned(),
                    "属性没有写成 name=\"value\" 的形式。".to_owned(),
                )));
            };
            if name == wanted {
                return match attribute_text(value) {
                    Ok(text) => Ok(text.chars().filter(|c| !c.is_control()).take(200).collect()),
                    Err(name) => Err(self.at(entity(name))),
                };
            }
        }
        Ok(String::new())
    }

    fn add(&mut self, text: &str) -> Result<(), Problem> {
        if let Some(Node::Text(wanted)) = self.nodes.last() {
            let limit = match wanted {
                Wanted::Coordinates => usize::MAX,
                // Four bytes are the longest character.
                _ => self.limits.text_chars * 4,
            };
            if self.text.len().saturating_add(text.len()) as u64 > PIECE_BYTES {
                return Err(self.at(too_large(&format!("{} MiB in one text", PIECE_BYTES >> 20))));
            }
            let room = limit.saturating_sub(self.text.len()).min(text.len());
            self.text.push_str(&text[..text.floor_char_boundary(room)]);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        let Some(node) = self.nodes.pop() else {
            return Ok(());
        };
        match node {
            Node::Text(wanted) => self.take_text(wanted)?,
            Node::Folder => {
                let name = self.folders.pop().unwrap_or_default();
                if self.folders.is_empty() && self.document.name.is_empty() {
                    self.document.name = name;
                }
            }
            Node::Placemark => self.finish()?,
            Node::Point => {
                let position = self.shape.positions.first().copied();
                let height = self.shape.height;
                if let (Some(placemark), Some(position)) = (&mut self.placemark, position) {
                    placemark.shapes.push(Geometry::Point(position));
                    placemark.height = height;
                }
            }
            Node::Line => {
                let line = std::mem::take(&mut self.shape.positions);
                self.keep(Geometry::Line(line));
            }
            Node::Ring if self.nodes.last() == Some(&Node::Boundary) => {
                let ring = std::mem::take(&mut self.shape.positions);
                self.shape.rings.push(ring);
            }
            Node::Ring => {
                let line = std::mem::take(&mut self.shape.positions);
                self.keep(Geometry::Line(line));
            }
            Node::Polygon => {
                let mut rings = std::mem::take(&mut self.shape.rings);
                rings.retain(|ring| !ring.is_empty());
                self.keep(Geometry::Polygon(rings));
            }
            Node::Track => {
                let line = std::mem::take(&mut self.shape.positions);
                if self.nodes.last() == Some(&Node::MultiTrack) {
                    self.shape.tracks.push(line);
                } else {
                    self.keep(Geometry::Line(line));
                }
            }
            Node::MultiTrack => {
                let mut lines = std::mem::take(&mut self.shape.tracks);
                lines.retain(|line| !line.is_empty());
                self.keep(Geometry::Lines(lines));
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, shape: Geometry) {
        if let Some(placemark) = &mut self.placemark
            && shape.positions().next().is_some()
        {
            placemark.shapes.push(shape);
        }
    }

    fn take_text(&mut self, wanted: Wanted) -> Result<(), Problem> {
        let text = std::mem::take(&mut self.text);
        match wanted {
            Wanted::FolderName => {
                let name: String = text.trim().chars().filter(|c| !c.is_control()).take(200).collect();
                if let Some(folder) = self.folders.last_mut() {
                    *folder = name;
                }
            }
            Wanted::Cell => {
                let text: String = text.trim().chars().take(self.limits.text_chars).collect();
                let key = std::mem::take(&mut self.key);
                // One datum may have several values; the key stays for the next one.
                if self.nodes.last() == Some(&Node::Datum) {
                    self.key.clone_from(&key);
                }
                if let Some(placemark) = &mut self.placemark
                    && !(text.is_empty() || key.is_empty() || placemark.cells.len() >= CELLS)
                {
                    placemark.cells.entry(key).or_insert(Cell::Text(text));
                }
            }
            Wanted::Coordinates => {
                for tuple in text.split_whitespace() {
                    self.position(tuple, tuple.split(','))?;
                }
            }
            // A receiver without a position says so by an empty one.
            Wanted::Coord if text.trim().is_empty() => {}
            Wanted::Coord => self.position(&text, text.split_whitespace())?,
        }
        self.text = text_buffer(text);
        Ok(())
    }

    fn position<'t>(&mut self, tuple: &str, numbers: impl Iterator<Item = &'t str>) -> Result<(), Problem> {
        let numbers: Vec<Option<f64>> = numbers
            .take(4)
            .map(|number| number.trim().parse().ok().filter(|n: &f64| n.is_finite()))
            .collect();
        match numbers.as_slice() {
            [Some(x), Some(y)] => self.shape.positions.push([*x, *y]),
            [Some(x), Some(y), Some(z)] => {
                self.shape.positions.push([*x, *y]);
                self.shape.height.get_or_insert(*z);
            }
            _ => return Err(self.at(no_coordinate(tuple))),
        }
        Ok(())
    }

    /// The placemark in hand is complete.
    fn finish(&mut self) -> Result<(), Problem> {
        let Some(placemark) = self.placemark.take() else {
            return Ok(());
        };
        if self.document.features.len() >= FEATURES {
            return Err(self.at(too_large(&format!("{FEATURES} placemarks"))));
        }
        let layer = self.folder()?;
        let mut cells = placemark.cells;
        let folder = &self.document.folders[layer];
        if !folder.is_empty() {
            cells
                .entry("folder".to_owned())
                .or_insert_with(|| Cell::Text(folder.clone()));
        }
        let (geometry, kind, unread) = joined(placemark.shapes);
        if let (Some(Geometry::Point(_)), Some(height)) = (&geometry, placemark.height) {
            cells
                .entry(HEIGHT.to_owned())
                .or_insert_with(|| Cell::Number(height, height.to_string()));
        }
        let number = self.document.features.len() + 1;
        self.document.features.push(Feature {
            layer,
            row: Row {
                place: format!("placemark {number}"),
                cells,
                geometry,
            },
            kind,
            unread,
        });
        Ok(())
    }

    /// The number of the folder in hand: its names from below the document on, so that inner folders of one name differ.
    fn folder(&mut self) -> Result<usize, Problem> {
        let names: Vec<&str> = self
            .folders
            .iter()
            .skip(1)
            .map(String::as_str)
            .filter(|name| !name.is_empty())
            .collect();
        let name = names.join("/");
        if let Some(number) = self.numbers.get(&name) {
            return Ok(*number);
        }
        let number = self.document.folders.len();
        if number >= FOLDERS {
            return Err(self.at(too_large(&format!("{FOLDERS} folders"))));
        }
        self.document.folders.push(name.clone());
        self.numbers.insert(name, number);
        Ok(number)
    }
}

/// The buffer of a text that was taken, empty again.
fn text_buffer(mut text: String) -> String {
    text.clear();
    text
}

/// The geometries of one placemark as one, the name of its kind, and whether it has one that no record has.
fn joined(mut shapes: Vec<Geometry>) -> (Option<Geometry>, String, bool) {
    if shapes.len() > 1 {
        let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
        for shape in shapes {
            match shape {
                Geometry::Point(point) => points.push(point),
                Geometry::Points(mut more) => points.append(&mut more),
                Geometry::Line(line) => lines.push(line),
                Geometry::Lines(mut more) => lines.append(&mut more),
                Geometry::Polygon(rings) => polygons.push(rings),
                Geometry::Polygons(mut more) => polygons.append(&mut more),
            }
        }
        shapes = match (points.is_empty(), lines.is_empty(), polygons.is_empty()) {
            (false, true, true) => vec![Geometry::Points(points)],
            (true, false, true) => vec![Geometry::Lines(lines)],
            (true, true, false) => vec![Geometry::Polygons(polygons)],
            _ => return (None, "GeometryCollection".to_owned(), true),
        };
    }
    let shape = shapes.pop();
    let kind = shape.as_ref().map_or("", Geometry::name).to_owned();
    (shape, kind, false)
}

fn again() -> Message {
    Message::new("Export it again as KML or GeoJSON.", "请重新导出为 KML 或 GeoJSON。")
}

fn malformed(en: String, zh: String) -> Problem {
    Problem::new(Code::FileMalformed, Message::new(en, zh), again())
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

fn not_kml(root: &str) -> Problem {
    let root = shown(root);
    Problem::new(
        Code::FormatUnknown,
        Message::new(
            format!("Where <kml> should stand there is <{root}>."),
            format!("应为 <kml> 元素之处出现 <{root}>。"),
        ),
        again(),
    )
}

fn doctype() -> Problem {
    Problem::new(
        Code::FileForbiddenContent,
        Message::new(
            "The file has a document type declaration (<!DOCTYPE ...>), which is never read; KML needs none.",
            "文件含有文档类型声明（<!DOCTYPE ...>），一律不读取；KML 不需要它。",
        ),
        again(),
    )
}

fn entity(name: &str) -> Problem {
    let name = shown(name);
    Problem::new(
        Code::FileForbiddenContent,
        Message::new(
            format!("The text refers to the entity \"&{name};\". Only the five of XML and numbers are read."),
            format!("文字引用了实体“&{name};”。只读取 XML 的五个预定义实体和数字引用。"),
        ),
        again(),
    )
}

fn too_deep(limit: usize) -> Problem {
    Problem::new(
        Code::FileTooDeep,
        Message::new(
            format!("More than {limit} elements are open inside one another."),
            format!("元素嵌套超过 {limit} 层。"),
        ),
        again(),
    )
}

fn too_large(what: &str) -> Problem {
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            format!("The file has more than {what}."),
            format!("文件超出上限：{what}。"),
        ),
        Message::new("Split it into smaller files.", "请拆分为较小的文件。"),
    )
}

fn no_coordinate(tuple: &str) -> Problem {
    let tuple = shown(tuple);
    Problem::new(
        Code::ValueInvalid,
        Message::new(
            format!("{tuple:?} is no position; KML has longitude,latitude or longitude,latitude,height."),
            format!("“{tuple}”不是坐标；KML 应写作 经度,纬度 或 经度,纬度,高程。"),
        ),
        Message::new("Correct it and send the file again.", "请更正后重新提交。"),
    )
}

#[cfg(test)]
#[path = "kml_tests.rs"]
mod tests;
