//! From a path to what reads it: this program, or the file worker with the file's parts in a folder of its own.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use encoding_rs::{Encoding, UTF_8};
use tempfile::TempDir;

use super::Options;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::format::archive::{Archive, Entry};
use crate::format::codepage::{self, Found};
use crate::format::gdal::Texts;
use crate::format::gdal::wire::{Driver, Request};
use crate::format::limits::Limits;
use crate::format::row::Cell;
use crate::format::shapefile::Beside;
use crate::format::sniff::{HEAD, Kind, sniff};
use crate::format::table::{Column, Feature, FieldKind, Layer, System, Table};
use crate::format::{csv, geojson, kml, shapefile};
use crate::service::check::files::unreadable;
use crate::service::worker::Worker;

/// Files that are read whole are no larger than this.
const WHOLE_FILE_BYTES: u64 = 256 << 20;
/// Bytes of the small files beside a Shapefile, and of what is looked at for an encoding.
const SMALL_BYTES: usize = 64 << 10;
const LOOKED_AT: u64 = 4 << 20;
/// Bytes of the texts that a Shapefile has beside its table.
const LONG_TEXTS_BYTES: usize = 64 << 20;
/// Name of the column of a drawing that has the layer drawn on.
pub(super) const DRAWN_ON: &str = "Layer";

/// The parts of one table beside one another: needed, and read where they are there.
const SHAPEFILE: (&[&str], &[&str]) = (&["shp", "dbf"], &["shx", "prj", "cpg"]);
/// A table of records without positions.
const TABLE: (&[&str], &[&str]) = (&["dbf"], &["cpg"]);
const MAPINFO: (&[&str], &[&str]) = (&["tab"], &["dat", "dbf", "map", "id", "ind"]);

/// Where the rows of a file come from.
pub(super) enum Source {
    /// Read already.
    Whole(Table),
    /// To be read by the file worker: one, or each Shapefile of a zip.
    Parts(Vec<Part>),
}

/// One file, or the parts of one Shapefile, in a folder of its own.
pub(super) struct Part {
    pub driver: Driver,
    /// The sender's name for it.
    pub name: String,
    folder: Arc<TempDir>,
    file: String,
    texts: Texts,
    restore_index: bool,
    warnings: Vec<Message>,
    /// Full names and texts, where a Shapefile has them beside its table.
    beside: Option<Arc<Beside>>,
}

impl Part {
    fn new(driver: Driver, name: &str, folder: TempDir, file: &str, texts: Texts) -> Self {
        Self {
            driver,
            name: name.to_owned(),
            folder: Arc::new(folder),
            file: file.to_owned(),
            texts,
            restore_index: false,
            warnings: Vec::new(),
            beside: None,
        }
    }

    /// Starts the worker on it.
    ///
    /// # Errors
    /// What is wrong with the file, or that there is no worker.
    pub fn read(&self, worker: &Worker, layers: &[usize]) -> Result<Table, Problem> {
        let request = Request {
            driver: self.driver,
            file: self.file.clone(),
            layers: layers.iter().filter_map(|n| u32::try_from(*n).ok()).collect(),
            restore_index: self.restore_index,
            rows: true,
            unfenced: false,
        };
        let reader = worker.read(Arc::clone(&self.folder), &request, self.texts)?;
        let mut layers = reader.layers().to_vec();
        // The file has a name of ours while it is read, and some formats call the layer after the file.
        if let ([layer], true) = (
            layers.as_mut_slice(),
            matches!(self.driver, Driver::Shapefile | Driver::MapInfo),
        ) {
            layer.name.clone_from(&self.name);
        }
        let mut warnings = self.warnings.clone();
        warnings.extend_from_slice(reader.warnings());
        Ok(Table {
            format: match self.driver {
                Driver::GeoPackage => "GeoPackage",
                Driver::Shapefile => "Shapefile",
                Driver::MapInfo => "MapInfo",
                Driver::Dxf => "DXF",
                Driver::FlatGeobuf => "FlatGeobuf",
            }
            .to_owned(),
            features: match self.beside.clone() {
                Some(beside) => {
                    layers.iter_mut().for_each(|layer| beside.name(layer));
                    let name = self.name.clone();
                    Box::new(reader.map(move |feature| {
                        let mut feature = feature?;
                        beside.complete(&name, &mut feature.row);
                        Ok(feature)
                    }))
                }
                None => Box::new(reader),
            },
            layers,
            warnings,
        })
    }
}

/// The encoding that a caller names.
fn told(options: Options<'_>) -> Result<Option<&'static Encoding>, Problem> {
    options
        .encoding
        .map(|name| {
            codepage::encoding_named(name).ok_or_else(|| {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                Problem::new(
                    Code::EncodingUnknown,
                    Message::new(format!("{name:?} is no encoding."), format!("“{name}”不是字符编码。")),
                    Message::new("Use UTF-8, GBK, GB18030, ...", "请使用 UTF-8、GBK、GB18030 等。"),
                )
            })
        })
        .transpose()
}

/// Files that are open: the path itself, or one unpacked into a folder.
struct Whole<'a> {
    path: &'a Path,
    /// The sender's name.
    name: &'a str,
}

/// Finds out what a file is and who reads it.
///
/// # Errors
/// A refusal: unreadable, of no kind that is read here, damaged or hostile.
pub(super) fn find(worker: &Worker, path: &Path, options: Options<'_>) -> Result<Source, Problem> {
    let name = options.name(path);
    match kind(path)? {
        Kind::Zip => zipped(worker, path, options),
        Kind::Shapefile => beside(worker, path, Driver::Shapefile, options).map(|part| Source::Parts(vec![part])),
        Kind::MapInfo => beside(worker, path, Driver::MapInfo, options).map(|part| Source::Parts(vec![part])),
        kind => single(worker, &kind, &Whole { path, name: &name }, options),
    }
}

fn kind(path: &Path) -> Result<Kind, Problem> {
    let mut head = Vec::with_capacity(HEAD);
    File::open(path)
        .and_then(|file| file.take(HEAD as u64).read_to_end(&mut head))
        .map_err(|fault| unreadable(path, &fault))?;
    Ok(sniff(&head))
}

/// Names of the files of an archive; none of what is no archive.
///
/// # Errors
/// As [`Archive::open`].
pub(super) fn entries(path: &Path) -> Result<Vec<String>, Problem> {
    if kind(path)? != Kind::Zip {
        return Ok(Vec::new());
    }
    let archive = archive(path)?;
    Ok(archive.entries().iter().map(|entry| entry.name.clone()).collect())
}

fn archive(path: &Path) -> Result<Archive<File>, Problem> {
    let file = File::open(path).map_err(|fault| unreadable(path, &fault))?;
    Archive::open(file, Limits::DEFAULT)
}

/// A file that stands alone.
fn single(worker: &Worker, kind: &Kind, file: &Whole<'_>, options: Options<'_>) -> Result<Source, Problem> {
    match kind {
        Kind::GeoJson | Kind::Json => {
            let text = text(file.path, options, false)?;
            let (system, features) = geojson::features(&text)?;
            Ok(whole("GeoJSON", file.name, system, features))
        }
        Kind::Csv => {
            let text = text(file.path, options, true)?;
            let features = csv::read_text(&text)?
                .into_iter()
                .map(|row| Feature {
                    row,
                    ..Feature::default()
                })
                .collect();
            Ok(whole("CSV", file.name, System::Unknown, features))
        }
        Kind::Kml => keyhole(file),
        Kind::GeoPackage => {
            let folder = worker.folder()?;
            copy(file.path, &folder, "data.gpkg")?;
            // What another program has written but not yet put into its place.
            let log = PathBuf::from(format!("{}-wal", file.path.display()));
            if log.is_file() {
                copy(&log, &folder, "data.gpkg-wal")?;
            }
            let part = Part::new(Driver::GeoPackage, file.name, folder, "data.gpkg", Texts::In(UTF_8));
            Ok(Source::Parts(vec![part]))
        }
        Kind::FlatGeobuf => {
            let folder = worker.folder()?;
            copy(file.path, &folder, "data.fgb")?;
            let part = Part::new(Driver::FlatGeobuf, file.name, folder, "data.fgb", Texts::In(UTF_8));
            Ok(Source::Parts(vec![part]))
        }
        Kind::Dxf => {
            let folder = worker.folder()?;
            copy(file.path, &folder, "data.dxf")?;
            let mut head = Vec::new();
            File::open(file.path)
                .and_then(|file| file.take(LOOKED_AT).read_to_end(&mut head))
                .map_err(|fault| unreadable(file.path, &fault))?;
            let (encoding, found) = match told(options)? {
                Some(encoding) => (encoding, Found::Said),
                None => codepage::of_dxf(&head),
            };
            let mut part = Part::new(Driver::Dxf, file.name, folder, "data.dxf", Texts::Drawing(encoding));
            part.warnings.extend(guessed(encoding, found));
            Ok(Source::Parts(vec![part]))
        }
        Kind::Empty => Err(Problem::new(
            Code::FileEmpty,
            Message::new("The file is empty.", "文件为空。"),
            Message::new("Export it again.", "请重新导出。"),
        )),
        other => Err(not_read(other)),
    }
}

/// A KML file: each folder is a layer.
fn keyhole(file: &Whole<'_>) -> Result<Source, Problem> {
    small_enough(file.path)?;
    let input = File::open(file.path).map_err(|fault| unreadable(file.path, &fault))?;
    let document = kml::read(input, Limits::DEFAULT)?;
    let stem = file.name.rsplit_once('.').map_or(file.name, |(stem, _)| stem);
    let own = if document.name.is_empty() {
        stem
    } else {
        document.name.as_str()
    };
    let mut layers: Vec<Layer> = document
        .folders
        .iter()
        .map(|folder| Layer {
            name: if folder.is_empty() {
                own.to_owned()
            } else {
                folder.clone()
            },
            system: System::Format(kml::SYSTEM),
            ..Layer::default()
        })
        .collect();
    let mut inside: Vec<Vec<&Feature>> = vec![Vec::new(); layers.len()];
    for feature in &document.features {
        inside[feature.layer].push(feature);
    }
    for (layer, inside) in layers.iter_mut().zip(inside) {
        layer.features = Some(inside.len() as u64);
        describe(layer, inside.into_iter());
    }
    let mut warnings = Vec::new();
    if document.links > 0 {
        let n = document.links;
        warnings.push(Message::new(
            format!("{n} links to other files were passed over."),
            format!("忽略了{n}个指向其他文件的链接。"),
        ));
    }
    Ok(Source::Whole(Table {
        format: "KML".to_owned(),
        layers,
        warnings,
        features: Box::new(document.features.into_iter().map(Ok)),
    }))
}

fn not_read(kind: &Kind) -> Problem {
    let is = kind.name();
    let remedy = match kind {
        Kind::Gpx | Kind::Nmea => Message::new(
            "It is a track: give it to upload, or as --track.",
            "该文件是航迹：请用 upload 上传，或用 --track 给出。",
        ),
        Kind::Dwg | Kind::BinaryDxf => Message::new(
            "Save the drawing as DXF in text form, of the version of 2018 or older.",
            "请将图纸另存为文本格式的 DXF（2018 或更早版本）。",
        ),
        Kind::Dbf => Message::new(
            "If it is part of a Shapefile, send all parts in one zip; else export the table as CSV.",
            "若属于 Shapefile，请将所有文件打包为 zip；否则请导出为 CSV。",
        ),
        Kind::Gzip => Message::new("Unpack it first, or pack it as zip.", "请先解压，或改用 zip 打包。"),
        _ => formats(),
    };
    Problem::new(
        Code::FormatUnknown,
        Message::new(
            format!("The file is {}; features are not read from it.", is.en),
            format!("文件是{}，不能从中读取要素。", is.zh),
        ),
        remedy,
    )
}

fn formats() -> Message {
    Message::new(
        "Export it as GeoPackage, GeoJSON, Shapefile in a zip, KML, KMZ, FlatGeobuf, DXF or CSV.",
        "请导出为 GeoPackage、GeoJSON、Shapefile（zip）、KML、KMZ、FlatGeobuf、DXF 或 CSV。",
    )
}

/// A file that was read whole, with the columns and kinds that were found in it.
fn whole(format: &str, name: &str, system: System, features: Vec<Feature>) -> Source {
    let name = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let mut layer = Layer {
        name: name.to_owned(),
        features: Some(features.len() as u64),
        system,
        ..Layer::default()
    };
    describe(&mut layer, features.iter());
    Source::Whole(Table {
        format: format.to_owned(),
        layers: vec![layer],
        warnings: Vec::new(),
        features: Box::new(features.into_iter().map(Ok)),
    })
}

/// The columns and the kind of geometry that features have among them.
fn describe<'a>(layer: &mut Layer, features: impl Iterator<Item = &'a Feature>) {
    let mut columns: std::collections::BTreeMap<&str, FieldKind> = std::collections::BTreeMap::new();
    let mut kinds: Vec<&str> = Vec::new();
    for feature in features {
        if !feature.kind.is_empty() && !kinds.contains(&feature.kind.as_str()) {
            kinds.push(&feature.kind);
        }
        for (name, cell) in &feature.row.cells {
            let kind = match cell {
                Cell::Text(_) => FieldKind::Text,
                Cell::Number(..) => FieldKind::Number,
                Cell::Flag(_) => FieldKind::Flag,
            };
            // A column of several kinds is one of text.
            columns
                .entry(name)
                .and_modify(|known| {
                    if *known != kind {
                        *known = FieldKind::Text;
                    }
                })
                .or_insert(kind);
        }
    }
    layer.geometry = match kinds.as_slice() {
        [] => None,
        [kind] => Some((*kind).to_owned()),
        _ => Some("Unknown".to_owned()),
    };
    layer.columns = columns
        .into_iter()
        .map(|(name, kind)| Column {
            name: name.to_owned(),
            kind,
        })
        .collect();
}

/// Refuses what is too large to be read whole.
fn small_enough(path: &Path) -> Result<(), Problem> {
    let size = std::fs::metadata(path).map_err(|fault| unreadable(path, &fault))?.len();
    if size > WHOLE_FILE_BYTES {
        return Err(Problem::new(
            Code::FileTooLarge,
            Message::new(
                format!("The file has {size} bytes; the limit is {WHOLE_FILE_BYTES}."),
                format!("文件有{size}字节，上限为{WHOLE_FILE_BYTES}。"),
            ),
            Message::new("Split it by section.", "请按段拆分文件。"),
        ));
    }
    Ok(())
}

/// The text of a file that is read whole. Only tables may be in an encoding that is found by looking.
fn text(path: &Path, options: Options<'_>, may_guess: bool) -> Result<String, Problem> {
    small_enough(path)?;
    let bytes = std::fs::read(path).map_err(|fault| unreadable(path, &fault))?;
    if let Some(encoding) = told(options)? {
        return Ok(encoding.decode(&bytes).0.into_owned());
    }
    if may_guess || Encoding::for_bom(&bytes).is_some() {
        return Ok(csv::decode(&bytes));
    }
    String::from_utf8(bytes).map_err(|_| {
        Problem::new(
            Code::EncodingUnknown,
            Message::new("The file is no UTF-8.", "文件不是 UTF-8 编码。"),
            Message::new("Save it as UTF-8.", "请另存为 UTF-8。"),
        )
    })
}

fn copy(from: &Path, folder: &TempDir, name: &str) -> Result<(), Problem> {
    std::fs::copy(from, folder.path().join(name))
        .map(|_| ())
        .map_err(|fault| unreadable(from, &fault))
}

fn guessed(encoding: &'static Encoding, found: Found) -> Option<Message> {
    (found == Found::Guessed).then(|| {
        let name = encoding.name();
        Message::new(
            format!("The file does not say how its texts are encoded; they look like {name}."),
            format!("文件未说明文字编码，疑似 {name}。"),
        )
    })
}

/// A table whose parts lie beside the file that was named.
fn beside(worker: &Worker, path: &Path, driver: Driver, options: Options<'_>) -> Result<Part, Problem> {
    let stem = path.file_stem().unwrap_or_default();
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut parts: Vec<(String, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let found = entry.path();
        let same = found.file_stem().is_some_and(|s| s.eq_ignore_ascii_case(stem));
        if let (true, Some(ending)) = (same, found.extension()) {
            let ending = ending.to_string_lossy().to_ascii_lowercase();
            if parts.iter().all(|(known, _)| *known != ending) {
                parts.push((ending, found));
            }
        }
    }
    let folder = worker.folder()?;
    let mut place = |ending: &str, to: &Path| -> Result<bool, Problem> {
        match parts.iter().find(|(known, _)| known == ending) {
            Some((_, from)) => std::fs::copy(from, to)
                .map(|_| true)
                .map_err(|fault| unreadable(from, &fault)),
            None => Ok(false),
        }
    };
    assemble(
        folder,
        driver,
        parts_of(driver),
        &stem.to_string_lossy(),
        options,
        &mut place,
    )
}

/// Endings of the parts of a table: those that must be there, and those that are welcome.
type Parts = (&'static [&'static str], &'static [&'static str]);

const fn parts_of(driver: Driver) -> Parts {
    match driver {
        Driver::Shapefile => SHAPEFILE,
        _ => MAPINFO,
    }
}

/// Puts the parts of a table into a folder, under names of our own, and finds out how its texts are encoded.
fn assemble(
    folder: TempDir,
    driver: Driver,
    (needed, welcome): Parts,
    name: &str,
    options: Options<'_>,
    place: &mut dyn FnMut(&str, &Path) -> Result<bool, Problem>,
) -> Result<Part, Problem> {
    let at = |ending: &str| folder.path().join(format!("data.{ending}"));
    let mut missing: Vec<&str> = Vec::new();
    let mut there: Vec<&str> = Vec::new();
    for ending in needed.iter().chain(welcome) {
        if place(ending, &at(ending))? {
            there.push(ending);
        } else {
            missing.push(ending);
        }
    }
    if let Some(part) = needed.iter().find(|part| missing.contains(part)) {
        return Err(part_missing(name, part));
    }
    let (texts, found) = match (told(options)?, driver) {
        (Some(encoding), _) => (Texts::In(encoding), Found::Said),
        (None, Driver::Shapefile) => {
            let mut cpg = Vec::new();
            if let Ok(file) = File::open(at("cpg")) {
                // What cannot be read says nothing.
                let _ = file.take(SMALL_BYTES as u64).read_to_end(&mut cpg);
            }
            let dbf = File::open(at("dbf")).map_err(|fault| unreadable(&at("dbf"), &fault))?;
            let cpg = Some(cpg.as_slice()).filter(|cpg| !cpg.is_empty());
            let (encoding, found) = codepage::of_dbf(std::io::BufReader::new(dbf), cpg);
            (Texts::In(encoding), found)
        }
        (None, _) => (Texts::Either, Found::Said),
    };
    let file = format!("data.{}", needed[0]);
    let mut part = Part::new(driver, name, folder, &file, texts);
    if let Texts::In(encoding) = texts {
        part.warnings.extend(guessed(encoding, found));
    }
    if needed.contains(&"shp") && missing.contains(&"shx") {
        part.restore_index = true;
        part.warnings.push(Message::new(
            "The Shapefile came without its index (.shx); it was made again.",
            "Shapefile 缺少索引文件（.shx），已重建。",
        ));
    }
    Ok(part)
}

fn part_missing(name: &str, part: &str) -> Problem {
    Problem::new(
        Code::FileMalformed,
        Message::new(
            format!("A part is missing: {name}.{part}."),
            format!("缺少组成文件：{name}.{part}。"),
        ),
        Message::new(
            "A Shapefile is several files of one name: put all of them into one zip (.shp, .shx, .dbf, .prj, .cpg).",
            "Shapefile 由多个同名文件组成：请全部打包为一个 zip（.shp、.shx、.dbf、.prj、.cpg）。",
        ),
    )
}

/// Endings of files that may stand in a zip, those first that others explain or accompany.
const ZIPPED: &[&[&str]] = &[
    &["shp"],
    &["tab"],
    &["gpkg"],
    &["fgb"],
    &["kml"],
    &["dxf"],
    &["geojson", "json", "geojsonl", "geojsons"],
    // A table of a Shapefile without positions explains itself by the tables beside it.
    &["dbf"],
    &["csv", "tsv"],
];

/// What is in a zip: all Shapefiles, or the one file of another kind.
fn zipped(worker: &Worker, path: &Path, options: Options<'_>) -> Result<Source, Problem> {
    let mut archive = archive(path)?;
    let entries = archive.entries().to_vec();
    let wanted = options.layer.map(str::to_lowercase);
    for endings in ZIPPED {
        let mut found: Vec<&Entry> = entries
            .iter()
            .filter(|entry| endings.contains(&entry.ending().as_str()))
            .collect();
        if found.is_empty() {
            continue;
        }
        let driver = match endings[0] {
            "shp" => Some((Driver::Shapefile, SHAPEFILE)),
            "dbf" => Some((Driver::Shapefile, TABLE)),
            "tab" => Some((Driver::MapInfo, MAPINFO)),
            _ => None,
        };
        if let Some((driver, parts)) = driver {
            let beside = if driver == Driver::Shapefile {
                beside_tables(&mut archive, &entries)?
            } else {
                None
            };
            return found
                .iter()
                .map(|entry| {
                    let mut part = family(worker, &mut archive, entry, &entries, driver, parts, options)?;
                    part.beside.clone_from(&beside);
                    Ok(part)
                })
                .collect::<Result<Vec<Part>, Problem>>()
                .map(Source::Parts);
        }
        // The main document of a KMZ is the first at its top.
        if endings[0] == "kml" {
            found.sort_by_key(|entry| (entry.name.contains('/'), entry.name.to_lowercase() != "doc.kml"));
            found.truncate(1);
        }
        if let (true, Some(wanted)) = (found.len() > 1, &wanted) {
            found.retain(|entry| entry.stem().to_lowercase() == *wanted);
        }
        let [entry] = found.as_slice() else {
            return Err(several(&entries));
        };
        return inside(worker, &mut archive, entry, options);
    }
    Err(nothing(&entries))
}

/// What a zip of Shapefiles says beside its tables.
fn beside_tables<R: Read + Seek>(archive: &mut Archive<R>, entries: &[Entry]) -> Result<Option<Arc<Beside>>, Problem> {
    let mut bytes = |name: &str, limit: usize| -> Result<Option<Vec<u8>>, Problem> {
        match entries.iter().find(|entry| entry.name == name) {
            Some(entry) => Ok(Some(archive.small(entry, limit)?).filter(|bytes| !bytes.is_empty())),
            None => Ok(None),
        }
    };
    let fields = bytes(shapefile::FIELDS, SMALL_BYTES)?;
    let texts = bytes(shapefile::LONG_TEXTS, LONG_TEXTS_BYTES)?;
    let beside = Beside::read(fields.as_deref(), texts.as_deref())?;
    Ok(Some(beside).filter(|beside| !beside.is_empty()).map(Arc::new))
}

/// One file of a zip, read as if it stood alone.
fn inside<R: Read + Seek>(
    worker: &Worker,
    archive: &mut Archive<R>,
    entry: &Entry,
    options: Options<'_>,
) -> Result<Source, Problem> {
    let folder = worker.folder()?;
    let path = folder.path().join("data");
    unpack(archive, entry, &path)?;
    let options = Options {
        name: Some(entry.file()),
        ..options
    };
    let file = Whole {
        path: &path,
        name: entry.file(),
    };
    match kind(&path)? {
        Kind::Zip | Kind::Shapefile | Kind::MapInfo => Err(nothing(std::slice::from_ref(entry))),
        kind => single(worker, &kind, &file, options),
    }
}

fn unpack<R: Read + Seek>(archive: &mut Archive<R>, entry: &Entry, to: &Path) -> Result<(), Problem> {
    let mut file = File::create(to).map_err(|fault| unreadable(to, &fault))?;
    archive.unpack(entry, &mut file).map(|_| ())
}

/// The parts of one Shapefile of a zip.
fn family<R: Read + Seek>(
    worker: &Worker,
    archive: &mut Archive<R>,
    main: &Entry,
    entries: &[Entry],
    driver: Driver,
    parts: Parts,
    options: Options<'_>,
) -> Result<Part, Problem> {
    let family = main.family();
    let mut place = |ending: &str, to: &Path| -> Result<bool, Problem> {
        let part = entries.iter().find(|e| e.family() == family && e.ending() == ending);
        match part {
            Some(part) => unpack(archive, part, to).map(|()| true),
            None => Ok(false),
        }
    };
    assemble(worker.folder()?, driver, parts, main.stem(), options, &mut place)
}

fn names(entries: &[Entry]) -> String {
    let names: Vec<&str> = entries.iter().take(10).map(|entry| entry.name.as_str()).collect();
    let more = if entries.len() > 10 { ", ..." } else { "" };
    format!("{}{more}", names.join(", "))
}

fn several(entries: &[Entry]) -> Problem {
    let names = names(entries);
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("The zip archive has several files that could be meant: {names}."),
            format!("zip 压缩包中有多个可用文件：{names}。"),
        ),
        Message::new("Send them one by one.", "请分别提交。"),
    )
}

fn nothing(entries: &[Entry]) -> Problem {
    let names = names(entries);
    Problem::new(
        Code::FormatUnknown,
        Message::new(
            format!("The zip archive has no file that features are read from; it has: {names}."),
            format!("zip 压缩包中没有可读取要素的文件；其中有：{names}。"),
        ),
        formats(),
    )
}
