//! Feature files of every kind that is read here, opened by what they hold and not by what they are called.
//!
//! GeoJSON, CSV and KML are read in this program; GeoPackage, Shapefile, MapInfo tables, DXF and FlatGeobuf by the file
//! worker, each in a folder of its own under a name of our own. Zip archives are unpacked here, within limits.

mod source;

use std::path::Path;

use self::source::{Part, Source};
use super::worker::Worker;
use super::{Context, Error, Result};
use crate::crs::Crs;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::Message;
use crate::format::gdal::wire::Driver;
use crate::format::row::{Cell, Row};
use crate::format::table::{Feature, Features, Layer, System, Table, plausible};

/// Rows of one batch.
pub const BATCH: usize = 1_000;
/// Batches that are read ahead of whoever takes them.
const AHEAD: usize = 2;

/// What a caller may say about a file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'a> {
    /// Its name for messages, where the path is not what the sender called it.
    pub name: Option<&'a str>,
    /// The system of its positions; wins over what the file says.
    pub crs: Option<&'a str>,
    /// The layer that is wanted; of a drawing, the layer drawn on; of a zip of Shapefiles, the one of this name.
    pub layer: Option<&'a str>,
    /// The encoding of its texts, such as GBK; wins over what the file says.
    pub encoding: Option<&'a str>,
    /// Whether no position is wanted, so that nobody need say a system.
    pub without_positions: bool,
}

impl Options<'_> {
    fn name(&self, path: &Path) -> String {
        self.name.map_or_else(|| super::check::files::name(path), str::to_owned)
    }
}

/// A file whose rows can be taken.
///
/// - **Shape**: `table` has the wanted layers only; rows come in the file's order.
/// - **Units**: positions as they stand, easting or longitude first, in `crs`.
#[derive(Debug)]
pub struct Opened {
    pub table: Table,
    /// The code of the system: what the caller said, else what the file says. None where the file cannot or need not
    /// say: a table of text, or KML and GeoJSON without `crs`, which should be in WGS 84 (`table.layers[0].system`).
    pub crs: Option<String>,
    file: String,
}

impl Opened {
    /// The next rows, [`BATCH`] at most; none after the last. May wait for the file worker: not for async code.
    ///
    /// # Errors
    /// A refusal with the file's name and the place in it.
    pub fn next_batch(&mut self) -> std::result::Result<Option<Vec<Row>>, Problem> {
        let rows: std::result::Result<Vec<Row>, Problem> = self
            .table
            .features
            .by_ref()
            .take(BATCH)
            .map(|feature| feature.and_then(Feature::into_row))
            .collect();
        let rows = rows.map_err(|problem| problem.in_file(&self.file))?;
        Ok(Some(rows).filter(|rows| !rows.is_empty()))
    }

    /// All rows. May wait for the file worker: not for async code.
    ///
    /// # Errors
    /// As [`Opened::next_batch`]; also where there are more than `limit`.
    pub fn rows(mut self, limit: usize) -> std::result::Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        while let Some(mut batch) = self.next_batch()? {
            rows.append(&mut batch);
            if rows.len() > limit {
                return Err(too_many_rows(limit).in_file(&self.file));
            }
        }
        Ok(rows)
    }

    /// Rows in batches for async code, read a little ahead on a thread of their own. Dropping the receiver ends the
    /// reading.
    pub fn batches(mut self) -> tokio::sync::mpsc::Receiver<std::result::Result<Vec<Row>, Problem>> {
        let (sender, receiver) = tokio::sync::mpsc::channel(AHEAD);
        tokio::task::spawn_blocking(move || {
            while let Some(batch) = self.next_batch().transpose() {
                let last = batch.is_err();
                if sender.blocking_send(batch).is_err() || last {
                    break;
                }
            }
        });
        receiver
    }
}

/// Opens a file for its rows; see [`read`].
///
/// # Errors
/// As [`read`].
pub async fn open(cx: &Context, path: &Path, options: Options<'_>) -> Result<Opened> {
    let (worker, path, without_positions) = (cx.worker.clone(), path.to_owned(), options.without_positions);
    let [name, crs, layer, encoding] =
        [options.name, options.crs, options.layer, options.encoding].map(|said| said.map(str::to_owned));
    let opened = tokio::task::spawn_blocking(move || {
        let options = Options {
            name: name.as_deref(),
            crs: crs.as_deref(),
            layer: layer.as_deref(),
            encoding: encoding.as_deref(),
            without_positions,
        };
        read(&worker, &path, options)
    });
    opened.await?.map_err(Error::from)
}

/// Opens a file for its rows.
///
/// # Errors
/// A refusal with the file's name: of no kind that is read here, damaged, hostile or too large; several layers of which
/// none is named; no system where one must be known; positions that cannot be in the system they are said to be in.
pub fn read(worker: &Worker, path: &Path, options: Options<'_>) -> std::result::Result<Opened, Problem> {
    let file = options.name(path);
    let told = options.crs.map(Crs::lookup).transpose();
    let told = told.map_err(|fault| Problem::from(fault).in_file(&file))?;
    open_with(worker, path, options, told)
        .map_err(|problem| problem.in_file(&file))
        .map(|(table, crs)| Opened { table, crs, file })
}

fn open_with(
    worker: &Worker,
    path: &Path,
    options: Options<'_>,
    told: Option<Crs>,
) -> std::result::Result<(Table, Option<String>), Problem> {
    let mut table = match source::find(worker, path, options)? {
        Source::Whole(table) => within(table, options.layer)?,
        Source::Parts(parts) => part(worker, parts, options.layer)?,
    };
    let needs_system = table.layers.iter().any(|layer| layer.geometry.is_some());
    let system = table
        .layers
        .first()
        .map(|layer| layer.system.clone())
        .unwrap_or_default();
    let crs = match (told, &system) {
        (Some(crs), _) => Some(crs),
        (None, System::Said(code)) => Some(Crs::lookup(code).map_err(|_| no_system(&system))?),
        (None, System::Named { .. } | System::Unknown) if needs_system && !options.without_positions => {
            return Err(no_system(&system));
        }
        (None, _) => None,
    };
    let Some(crs) = crs else {
        return Ok((table, None));
    };
    // The first rows are looked at before any is given away: numbers that cannot be what they are said to be.
    let first: Vec<Feature> = table
        .features
        .by_ref()
        .take(BATCH)
        .collect::<std::result::Result<_, _>>()?;
    plausible(&crs, first.iter().filter_map(|feature| feature.row.geometry.as_ref()))?;
    let rest = std::mem::replace(&mut table.features, Box::new(std::iter::empty()));
    table.features = Box::new(first.into_iter().map(Ok).chain(rest));
    Ok((table, Some(crs.code().to_owned())))
}

/// One layer of a file that was read whole, or all of it where none is named: they are of one system.
fn within(mut table: Table, wanted: Option<&str>) -> std::result::Result<Table, Problem> {
    let Some(wanted) = wanted else {
        return Ok(table);
    };
    let number = find_layer(&table.layers, wanted)?;
    table.layers = vec![table.layers.swap_remove(number)];
    table.features = Box::new(table.features.filter_map(move |feature| match feature {
        Ok(feature) if feature.layer != number => None,
        Ok(feature) => Some(Ok(Feature { layer: 0, ..feature })),
        Err(problem) => Some(Err(problem)),
    }));
    Ok(table)
}

/// One layer of the parts that the file worker reads.
fn part(worker: &Worker, mut parts: Vec<Part>, wanted: Option<&str>) -> std::result::Result<Table, Problem> {
    if parts.len() > 1 {
        let names: Vec<Layer> = parts.iter().map(|part| named(&part.name)).collect();
        let number = match wanted {
            Some(wanted) => find_layer(&names, wanted)?,
            None => return Err(which_layer(&names)),
        };
        parts = vec![parts.swap_remove(number)];
    }
    let Some(part) = parts.pop() else {
        return Err(which_layer(&[]));
    };
    let is_drawing = part.driver == Driver::Dxf;
    let table = part.read(worker, &[])?;
    if is_drawing {
        return Ok(match wanted {
            Some(wanted) => drawn_on(table, wanted.to_owned()),
            None => table,
        });
    }
    if table.layers.len() == 1 {
        return within(table, wanted);
    }
    let number = match wanted {
        Some(wanted) => find_layer(&table.layers, wanted)?,
        None => only_layer(&table.layers)?,
    };
    // The first worker is ended before the second begins: whoever waits for room must not hold any.
    drop(table);
    let mut table = part.read(worker, &[number])?;
    table.layers = vec![table.layers.swap_remove(number)];
    table.features = Box::new(table.features.map(|feature| feature.map(|f| Feature { layer: 0, ..f })));
    Ok(table)
}

fn named(name: &str) -> Layer {
    Layer {
        name: name.to_owned(),
        ..Layer::default()
    }
}

/// The number of the layer of this name, with or without regard to capitals.
fn find_layer(layers: &[Layer], wanted: &str) -> std::result::Result<usize, Problem> {
    let lower = wanted.to_lowercase();
    layers
        .iter()
        .position(|layer| layer.name == wanted)
        .or_else(|| layers.iter().position(|layer| layer.name.to_lowercase() == lower))
        .ok_or_else(|| no_layer(wanted, layers.iter().map(|layer| layer.name.as_str())))
}

/// The one layer with features on the map, where there is one.
fn only_layer(layers: &[Layer]) -> std::result::Result<usize, Problem> {
    let on_the_map = |layer: &Layer| layer.geometry.is_some() && layer.features != Some(0);
    let mut found = layers.iter().enumerate().filter(|(_, layer)| on_the_map(layer));
    match (found.next(), found.next()) {
        (Some((number, _)), None) => Ok(number),
        _ => Err(which_layer(layers)),
    }
}

/// What is drawn on one layer of a drawing.
fn drawn_on(table: Table, wanted: String) -> Table {
    let mut seen: Vec<String> = Vec::new();
    let mut found = false;
    let mut features = table.features;
    let chosen = std::iter::from_fn(move || {
        for feature in features.by_ref() {
            let feature = match feature {
                Ok(feature) => feature,
                Err(problem) => return Some(Err(problem)),
            };
            match feature.row.cells.get(source::DRAWN_ON) {
                Some(Cell::Text(layer)) if layer.to_lowercase() == wanted.to_lowercase() => {
                    found = true;
                    return Some(Ok(feature));
                }
                Some(Cell::Text(layer)) if seen.len() < LISTED && !seen.contains(layer) => seen.push(layer.clone()),
                _ => {}
            }
        }
        if found {
            return None;
        }
        found = true;
        Some(Err(no_layer(&wanted, seen.iter().map(String::as_str))))
    });
    Table {
        features: Box::new(chosen.fuse()),
        ..table
    }
}

/// Names in one message, at most.
const LISTED: usize = 40;

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.take(LISTED).collect::<Vec<_>>().join(", ")
}

fn no_layer<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Problem {
    let names = listed(names);
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("The file has no layer {wanted:?}; it has {names}."),
            format!("文件中没有图层“{wanted}”；现有：{names}。"),
        ),
        Message::new("Name one of these.", "请指定其中之一。"),
    )
}

fn which_layer(layers: &[Layer]) -> Problem {
    let mistakes = layers
        .iter()
        .map(|layer| {
            let n = layer.features.map_or_else(|| "?".to_owned(), |n| n.to_string());
            let (kind, words) = match &layer.geometry {
                Some(kind) => (kind.as_str(), kind.as_str()),
                None => ("no geometry", "无几何"),
            };
            Mistake {
                at: layer.name.clone(),
                detail: Message::new(format!("{kind}, {n} features"), format!("{words}，{n} 个要素")),
            }
        })
        .collect();
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            "The file has several layers and none is named.",
            "文件含有多个图层，未说明使用哪一个。",
        ),
        Message::new("Name one with --layer.", "请用 --layer 指定。"),
    )
    .with_mistakes(mistakes)
}

fn no_system(system: &System) -> Problem {
    let detail = match system {
        System::Named { name, .. } => Message::new(
            format!("The file describes its reference system as {name:?}, which is in no list."),
            format!("文件所述坐标系“{name}”不在已知列表中。"),
        ),
        System::Said(code) => Message::new(
            format!("The file names the reference system {code:?}, which is not known here."),
            format!("文件所述坐标系“{code}”未知。"),
        ),
        _ => Message::new(
            "The file does not say in which reference system its positions are.",
            "文件未说明坐标所用的坐标系。",
        ),
    };
    Problem::new(
        Code::CrsUnknown,
        detail,
        Message::new(
            "Say it with --crs, such as --crs EPSG:4490; it is never assumed.",
            "请用 --crs 说明，如 --crs EPSG:4490；系统从不假定。",
        ),
    )
}

fn too_many_rows(limit: usize) -> Problem {
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            format!("The file has more than {limit} features."),
            format!("文件中的要素超过 {limit} 个。"),
        ),
        Message::new("Split it by section.", "请按段拆分文件。"),
    )
}

/// What a file holds, layer by layer: everything is read once, nothing is kept.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Look {
    pub format: String,
    pub layers: Vec<LayerLook>,
    pub warnings: Vec<Message>,
    /// Names of the files of an archive.
    pub entries: Vec<String>,
}

/// What a layer says of itself, and what was found in it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerLook {
    pub layer: Layer,
    pub features: u64,
    /// How many features there are of each kind of geometry; none has the empty name.
    pub kinds: std::collections::BTreeMap<String, u64>,
    /// West, south, east, north of the plain numbers.
    pub bounds: Option<[f64; 4]>,
    /// Layers drawn on, of a drawing.
    pub drawn_on: std::collections::BTreeMap<String, u64>,
}

impl LayerLook {
    /// Name of its system, where the file gives one or its code has one.
    pub fn system_name(&self) -> Option<String> {
        match &self.layer.system {
            System::Named { name, .. } => Some(name.clone()),
            system => Some(Crs::lookup(system.code()?).ok()?.name().to_owned()),
        }
    }
}

/// Looks into a file without asking what it does not say. An archive in which there is nothing to read is listed.
///
/// # Errors
/// As [`read`], but for what the caller would have to say.
pub fn look(worker: &Worker, path: &Path, options: Options<'_>) -> std::result::Result<Look, Problem> {
    let file = options.name(path);
    let found = || -> std::result::Result<Look, Problem> {
        let mut look = Look {
            entries: source::entries(path)?,
            ..Look::default()
        };
        let found = match source::find(worker, path, options) {
            // An archive of something else is an archive still.
            Err(problem) if problem.code == Code::FormatUnknown && !look.entries.is_empty() => {
                look.format = "zip".to_owned();
                look.warnings.push(problem.detail);
                return Ok(look);
            }
            found => found?,
        };
        match found {
            Source::Whole(table) => take(&mut look, table)?,
            Source::Parts(parts) => {
                for part in parts {
                    take(&mut look, part.read(worker, &[])?)?;
                }
            }
        }
        Ok(look)
    };
    found().map_err(|problem| problem.in_file(&file))
}

fn take(look: &mut Look, table: Table) -> std::result::Result<(), Problem> {
    let first = look.layers.len();
    look.format = table.format;
    look.warnings.extend(table.warnings);
    look.layers.extend(table.layers.into_iter().map(|layer| LayerLook {
        layer,
        ..LayerLook::default()
    }));
    let features: Features = table.features;
    for feature in features {
        let feature = feature?;
        let Some(layer) = look.layers.get_mut(first + feature.layer) else {
            continue;
        };
        layer.features += 1;
        *layer.kinds.entry(feature.kind).or_default() += 1;
        if let Some([w, s, e, n]) = feature.row.geometry.as_ref().and_then(|shape| shape.bounds()) {
            let [w0, s0, e0, n0] = layer.bounds.unwrap_or([w, s, e, n]);
            layer.bounds = Some([w.min(w0), s.min(s0), e.max(e0), n.max(n0)]);
        }
        if let (Some(Cell::Text(name)), "DXF") = (feature.row.cells.get(source::DRAWN_ON), look.format.as_str())
            && (layer.drawn_on.len() < LISTED || layer.drawn_on.contains_key(name))
        {
            *layer.drawn_on.entry(name.clone()).or_default() += 1;
        }
    }
    Ok(())
}
