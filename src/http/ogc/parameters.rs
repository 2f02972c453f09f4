//! The closed list of parameters of `/collections/{c}/items`: read all, refuse with every mistake at once.

use super::ask::{Ask, COMMON, refuse_mistakes};
use super::crs::{System, known, unknown};
use super::cursor;
use super::schema::is_queryable;
use crate::crs::{Crs, null_for_display};
use crate::domain::filter::check::Frame;
use crate::domain::filter::syntax::{self, ArrayRelation, Comparison};
use crate::domain::filter::{Flag, Instant, Number, Scalar, Test, Text, Texts};
use crate::domain::moment::text as time;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Field, Schema, Type};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::http::problem::Answer;
use crate::service::features::{self, Coordinates, Cursor, Selection, When};
use crate::service::wire::cql2;

/// Records on a page when nothing is said.
pub const DEFAULT_LIMIT: i64 = 100;
/// Records on a page, at most.
pub const GREATEST_LIMIT: i64 = 10_000;
/// Identifiers in one `ids`, at most.
const IDS: usize = 1_000;

/// Every parameter but the properties of the kind, which may be asked by as well.
pub const NAMES: [&str; 16] = [
    "limit",
    "cursor",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "known-at",
    "boundary",
    "ids",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "properties",
    "resultType",
    "skipGeometry",
];

/// A page that was asked for.
#[derive(Debug)]
pub struct Asked {
    pub selection: Selection,
    /// The system of the positions in the answer.
    pub system: System,
    /// Whether only the number of records is wanted.
    pub hits: bool,
    pub skip_geometry: bool,
    /// What the pages are sorted by, for cursors.
    pub order: String,
}

struct Reader<'a> {
    ask: &'a Ask,
    schema: &'static Schema,
    systems: &'a [Crs],
    of: Of,
    mistakes: Vec<(Code, Mistake)>,
}

/// What the parameters are of: a page, or a file with everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Page,
    File,
}

/// Parameters that make no sense for a file with everything.
const OF_PAGES: [&str; 3] = ["cursor", "resultType", "skipGeometry"];

/// Reads the parameters of a page.
///
/// # Errors
/// All mistakes at once.
pub fn read(ask: &Ask, schema: &'static Schema, systems: &[Crs]) -> Answer<Asked> {
    read_of(ask, schema, systems, Of::Page)
}

/// Reads the parameters of a file with everything: those of a page without the pages. A limit is as great as is asked.
///
/// # Errors
/// All mistakes at once.
pub fn read_file(ask: &Ask, schema: &'static Schema, systems: &[Crs]) -> Answer<Asked> {
    read_of(ask, schema, systems, Of::File)
}

fn read_of(ask: &Ask, schema: &'static Schema, systems: &[Crs], of: Of) -> Answer<Asked> {
    let mut reader = Reader {
        ask,
        schema,
        systems,
        of,
        mistakes: Vec::new(),
    };
    reader.names();
    let system = reader.system("crs");
    let mut tests = reader.properties_asked_by();
    let mut wanted = Selection {
        boundary: reader.text("boundary"),
        when: reader.when(),
        ids: reader.ids(),
        properties: reader.properties(),
        coordinates: system.coordinates.clone(),
        limit: reader.limit(),
        ..Selection::of(schema)
    };
    let bounds = reader.bbox();
    let hits = reader
        .word("resultType", &["results", "hits"])
        .is_some_and(|word| word == "hits");
    let skip_geometry = reader
        .word("skipGeometry", &["true", "false"])
        .is_some_and(|word| word == "true");
    let (sort, order) = reader.sort();
    wanted.after = reader.cursor(&order);
    // A filter tells the place of its mistake; alone it is told as it is.
    let filter = reader.filter();
    match filter {
        Ok(test) => tests.extend(test),
        Err(problem) if reader.mistakes.is_empty() => return Err(problem.into()),
        Err(problem) => {
            let at = "filter".to_owned();
            let detail = problem.detail;
            reader.mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
        }
    }
    refuse_mistakes(reader.mistakes)?;
    if let Some((bounds, system)) = bounds {
        wanted.area = Some(features::area(bounds, &system)?);
    }
    wanted.sort = sort;
    wanted.filter = match tests.len() {
        0 | 1 => tests.pop(),
        _ => Some(Test::All(tests)),
    };
    Ok(Asked {
        selection: wanted,
        system,
        hits,
        skip_geometry,
        order,
    })
}

/// A representation in a system and at a time, of one record.
///
/// # Errors
/// All mistakes at once.
pub fn read_item(ask: &Ask, schema: &'static Schema, systems: &[Crs]) -> Answer<(Selection, System)> {
    let mut reader = Reader {
        ask,
        schema,
        systems,
        of: Of::Page,
        mistakes: Vec::new(),
    };
    ask.unknown(&mut reader.mistakes, |name| {
        COMMON.contains(&name) || ["crs", "datetime", "known-at"].contains(&name)
    });
    let system = reader.system("crs");
    let wanted = Selection {
        when: reader.when(),
        coordinates: system.coordinates.clone(),
        limit: 1,
        ..Selection::of(schema)
    };
    refuse_mistakes(reader.mistakes)?;
    Ok((wanted, system))
}

impl Reader<'_> {
    fn wrong(&mut self, name: &str, en: impl Into<String>, zh: impl Into<String>) {
        let (en, zh) = (en.into(), zh.into());
        let detail = Message::new(format!("{name} {en}."), format!("{name} {zh}。"));
        self.mistakes.push((
            Code::ParameterInvalid,
            Mistake {
                at: name.to_owned(),
                detail,
            },
        ));
    }

    fn names(&mut self) {
        let schema = self.schema;
        let has_boundary = schema.is_at_boundary() || schema.field("boundary").is_some();
        let is_file = self.of == Of::File;
        self.ask.unknown(&mut self.mistakes, |name| {
            (NAMES.contains(&name) && (name != "boundary" || has_boundary) && !(is_file && OF_PAGES.contains(&name)))
                || COMMON.contains(&name)
                || schema.field(name).is_some_and(is_queryable)
        });
    }

    fn text(&mut self, name: &str) -> Option<String> {
        let text = self.ask.get(name)?;
        if text.is_empty() {
            self.wrong(name, "is empty", "为空");
            return None;
        }
        Some(text.to_owned())
    }

    fn word(&mut self, name: &str, words: &[&'static str]) -> Option<&'static str> {
        let text = self.ask.get(name)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let all = words.join(", ");
            self.wrong(name, format!("must be one of {all}"), format!("必须是 {all} 之一"));
        }
        found
    }

    fn limit(&mut self) -> i64 {
        let Some(text) = self.ask.get("limit") else {
            return DEFAULT_LIMIT;
        };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        // So many digits that no number holds them are more than the greatest as well.
        let limit = digits.then(|| text.parse().unwrap_or(i64::MAX));
        match limit {
            Some(limit) if limit >= 1 && self.of == Of::File => limit,
            Some(limit) if limit >= 1 => limit.min(GREATEST_LIMIT),
            _ => {
                let shown: String = text.chars().take(40).collect();
                self.wrong(
                    "limit",
                    format!("must be a whole number from 1 to {GREATEST_LIMIT}, not {shown:?}"),
                    format!("必须是 1 至 {GREATEST_LIMIT} 的整数，而不是“{shown}”"),
                );
                DEFAULT_LIMIT
            }
        }
    }

    fn system(&mut self, name: &str) -> System {
        match self.ask.get(name) {
            None => System::default(),
            Some(text) => known(self.systems, text).unwrap_or_else(|| {
                self.mistakes.push((Code::ParameterInvalid, unknown(name, text)));
                System::default()
            }),
        }
    }

    fn when(&mut self) -> When {
        let mut when = When::default();
        if let Some(text) = self.ask.get("datetime") {
            match time::datetime(text) {
                Ok(in_force) => when.in_force = Some(in_force),
                Err(said) => self.wrong("datetime", said.en, said.zh),
            }
        }
        if let Some(text) = self.ask.get("known-at") {
            match time::known_at(text) {
                Ok(known) => when.known = Some(known),
                Err(said) => self.wrong("known-at", said.en, said.zh),
            }
        }
        when
    }

    /// The box, easting or longitude first, and its system.
    fn bbox(&mut self) -> Option<([f64; 4], Coordinates)> {
        let system = self.system("bbox-crs");
        let text = self.ask.get("bbox")?;
        let numbers: Option<Vec<f64>> = text.split(',').map(|n| n.trim().parse().ok()).collect();
        let corners = match numbers.as_deref() {
            Some([a, b, c, d]) => Some([[*a, *b], [*c, *d]]),
            // With heights, which select nothing.
            Some([a, b, _, c, d, _]) => Some([[*a, *b], [*c, *d]]),
            _ => None,
        };
        let finite = |corner: &[f64; 2]| corner.iter().all(|n| n.is_finite());
        let Some(corners) = corners.filter(|corners| corners.iter().all(finite)) else {
            self.wrong(
                "bbox",
                "must be four numbers, or six with heights: the lower corner, then the upper",
                "必须是四个数（附高程时为六个）：先下角点，后上角点",
            );
            return None;
        };
        let [[west, south], [east, north]] = corners.map(|corner| system.plain(corner));
        if south > north {
            self.wrong("bbox", "has its south above its north", "南边界高于北边界");
            return None;
        }
        if !system.geographic {
            if west > east {
                self.wrong("bbox", "has its west beyond its east", "西边界超过东边界");
                return None;
            }
            return Some(([west, south, east, north], system.coordinates));
        }
        if south < -90.0 || north > 90.0 {
            self.wrong("bbox", "reaches beyond 90 degrees of latitude", "纬度超过 90 度");
            return None;
        }
        if west.abs() > 540.0 || east.abs() > 540.0 {
            self.wrong("bbox", "reaches beyond every longitude", "经度超出范围");
            return None;
        }
        // Maps that repeat the world ask beyond 180 degrees.
        let (west, east) = if east - west >= 360.0 {
            (-180.0, 180.0)
        } else {
            (around(west), around(east))
        };
        Some(([west, south, east, north], system.coordinates))
    }

    fn ids(&mut self) -> Option<Vec<i64>> {
        let text = self.ask.get("ids")?;
        let ids: Option<Vec<i64>> = text.split(',').map(|id| id.trim().parse().ok()).collect();
        match ids {
            Some(ids) if ids.len() <= IDS => Some(ids),
            _ => {
                self.wrong(
                    "ids",
                    format!("must be feature ids with commas between, at most {IDS}"),
                    format!("必须是以逗号分隔的要素编号，最多 {IDS} 个"),
                );
                None
            }
        }
    }

    fn properties(&mut self) -> Option<Vec<&'static Field>> {
        let text = self.ask.get("properties")?;
        let mut fields: Vec<&'static Field> = Vec::new();
        for name in text.split(',').map(str::trim) {
            match self.schema.field(name) {
                Some(field) if fields.iter().any(|known| known.name == field.name) => {}
                Some(field) => fields.push(field),
                None => {
                    let shown: String = name.chars().take(60).collect();
                    let collection = self.schema.collection;
                    self.wrong(
                        "properties",
                        format!("names {shown:?}, which is no property of {collection}"),
                        format!("所列“{shown}”不是{collection}的属性"),
                    );
                }
            }
        }
        Some(fields)
    }

    /// The order, and its text for cursors.
    fn sort(&mut self) -> (Vec<(&'static Field, bool)>, String) {
        let collection = self.schema.collection;
        let Some(text) = self.ask.get("sortby") else {
            return (Vec::new(), collection.to_owned());
        };
        match cql2::sort::read(text, self.schema) {
            Ok(sort) => {
                let said: Vec<String> = sort
                    .iter()
                    .map(|(field, descending)| format!("{}{}", if *descending { "-" } else { "" }, field.name))
                    .collect();
                let order = format!("{collection} {}", said.join(","));
                (sort, order)
            }
            Err(problem) => {
                for mistake in problem.mistakes {
                    let said = mistake.detail;
                    let detail = Message::new(format!("sortby: {}.", said.en), format!("sortby：{}。", said.zh));
                    let at = "sortby".to_owned();
                    self.mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
                }
                (Vec::new(), collection.to_owned())
            }
        }
    }

    fn cursor(&mut self, order: &str) -> Option<Cursor> {
        let text = self.ask.get("cursor")?;
        let found = cursor::read(text, order);
        if found.is_none() {
            self.wrong(
                "cursor",
                "is none that was given out for this order: follow the links named next",
                "不是为此排序给出的游标：请使用 next 链接",
            );
        }
        found
    }

    fn filter(&mut self) -> Result<Option<Test>, Problem> {
        let system = self.system("filter-crs");
        let Some(text) = self.ask.get("filter") else {
            if let Some(word) = self.ask.get("filter-lang") {
                cql2::Language::of(Some(word), "")?;
            }
            return Ok(None);
        };
        let language = cql2::Language::of(self.ask.get("filter-lang"), text)?;
        let lonlat = |position: [f64; 2]| -> Option<[f64; 2]> {
            let plain = system.plain(position);
            match &system.coordinates {
                Coordinates::Display => Some(plain),
                Coordinates::System(crs) => {
                    let at = null_for_display(crs, plain).ok()?;
                    Some([at.lon.get(), at.lat.get()])
                }
            }
        };
        let frame = Frame {
            geographic: system.geographic,
            lonlat: &lonlat,
        };
        cql2::read(language, text, self.schema, &frame).map(Some)
    }

    /// `property=value`: the records whose property is just so.
    fn properties_asked_by(&mut self) -> Vec<Test> {
        let schema = self.schema;
        let mut tests = Vec::new();
        for (name, value) in &self.ask.parameters {
            if NAMES.contains(&name.as_str()) || COMMON.contains(&name.as_str()) {
                continue;
            }
            let Some(field) = schema.field(name).filter(|field| is_queryable(field)) else {
                continue;
            };
            match equal(field, value) {
                Ok(test) => tests.push(test),
                Err(said) => self.wrong(name, said.en, said.zh),
            }
        }
        tests
    }
}

/// A longitude between -180 and 180.
fn around(lon: f64) -> f64 {
    if (-180.0..=180.0).contains(&lon) {
        lon
    } else {
        (lon + 180.0).rem_euclid(360.0) - 180.0
    }
}

/// That a property has a value.
fn equal(field: &'static Field, text: &str) -> Result<Test, Message> {
    let must_be = || {
        let said = field.kind.said();
        Message::new(format!("must be {}", said.en), format!("必须是{}", said.zh))
    };
    let fits = |value: Value| field.mistake(&value).map_or(Ok(()), Err);
    let scalars = match field.kind {
        Type::Text | Type::Reference(_) => (
            Scalar::Text(Text::Field(field)),
            Scalar::Text(Text::Given(text.to_owned())),
        ),
        Type::Code(_) => {
            fits(Value::Text(text.to_owned()))?;
            (
                Scalar::Text(Text::Field(field)),
                Scalar::Text(Text::Given(text.to_owned())),
            )
        }
        Type::Integer => {
            let n = text.parse().map_err(|_| must_be())?;
            fits(Value::Integer(n))?;
            (Scalar::Number(Number::Field(field)), Scalar::Number(Number::Integer(n)))
        }
        Type::Number => {
            let n: f64 = text.parse().map_err(|_| must_be())?;
            if !n.is_finite() {
                return Err(must_be());
            }
            fits(Value::Number(n))?;
            (Scalar::Number(Number::Field(field)), Scalar::Number(Number::Real(n)))
        }
        Type::Flag => {
            let flag = text.parse().map_err(|_| must_be())?;
            (Scalar::Flag(Flag::Field(field)), Scalar::Flag(Flag::Given(flag)))
        }
        Type::Date => {
            let date = syntax::date(text).ok_or_else(must_be)?;
            (
                Scalar::Instant(Instant::Field(field)),
                Scalar::Instant(Instant::Date(date)),
            )
        }
        Type::Time => {
            let time = syntax::time(&text.replace(' ', "+")).ok_or_else(must_be)?;
            (
                Scalar::Instant(Instant::Field(field)),
                Scalar::Instant(Instant::Time(time)),
            )
        }
        Type::Texts => {
            let wanted = Texts::Given(vec![Text::Given(text.to_owned())]);
            return Ok(Test::Array(ArrayRelation::Contains, Texts::Field(field), wanted));
        }
        Type::Document => return Err(Message::new("is not asked by", "不能用于查询")),
    };
    Ok(Test::Compare(scalars.0, Comparison::Equal, scalars.1))
}
