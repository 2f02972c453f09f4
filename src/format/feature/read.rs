//! A body to a draft.

use super::tree::Json;
use crate::domain::filter::syntax::{date, time};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::accept::flaw;
use crate::domain::schema::{Field, Presence, Schema, Shape, Type};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::geom::shape::{Flaw, Geometry};

/// What a body is meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// A whole feature.
    Whole,
    /// A merge patch (RFC 7396): some properties, the geometry, or both; null empties.
    Patch,
}

/// Members beside the properties of the register that features are given out with; they may come back.
pub const ABOUT_POSITION: [&str; 2] = ["position_kind", "position_accuracy_m"];
/// Characters of one text, at most.
const TEXT: usize = 100_000;
/// Mistakes that are told at once.
const MISTAKES: usize = 100;

struct Reader {
    schema: &'static Schema,
    sent: Sent,
    mistakes: Vec<Mistake>,
}

/// Reads a feature of a kind.
///
/// - **Shape**: what the register gives itself (`id`, read-only properties) may be there and is passed over.
/// - **Units**: positions in the system of the request, in the order in which they were sent.
/// - **Errors**: [`Code::BodyInvalid`] where it is no JSON; [`Code::ValueInvalid`] with a JSON pointer for each mistake.
/// - **Source**: RFC 7946, RFC 7396.
pub fn read(bytes: &[u8], schema: &'static Schema, sent: Sent) -> Result<Draft, Problem> {
    let body = Json::parse(bytes)?;
    let mut reader = Reader {
        schema,
        sent,
        mistakes: Vec::new(),
    };
    let draft = reader.feature(&body);
    if reader.mistakes.is_empty() {
        return Ok(draft);
    }
    reader.missing(&draft);
    let n = reader.mistakes.len();
    reader.mistakes.truncate(MISTAKES);
    Err(Problem::new(
        Code::ValueInvalid,
        Message::new(
            format!("The record cannot be taken as it is: {n} of its members must be put right."),
            format!("记录无法接受，有{n}处需要更正。"),
        ),
        Message::new(
            "Correct the members listed and send it again; nothing was stored.",
            "请更正所列成员后重新提交；未保存任何内容。",
        ),
    )
    .with_mistakes(reader.mistakes))
}

/// One step of a JSON pointer (RFC 6901).
fn step(name: &str) -> String {
    let shown: String = name.chars().take(80).collect();
    shown.replace('~', "~0").replace('/', "~1")
}

impl Reader {
    fn wrong(&mut self, at: impl Into<String>, en: impl Into<String>, zh: impl Into<String>) {
        self.mistakes.push(Mistake {
            at: at.into(),
            detail: Message::new(en, zh),
        });
    }

    fn repeats(&mut self, at: &str, object: &Json) {
        for name in object.repeated() {
            let at = format!("{at}/{}", step(name));
            self.wrong(at, "stands here more than once", "重复出现");
        }
    }

    fn feature(&mut self, body: &Json) -> Draft {
        let mut draft = Draft::default();
        let Json::Object(members) = body else {
            let (en, zh) = body.said();
            self.wrong(
                "#",
                format!("is {en} where a feature belongs"),
                format!("是{zh}，应为要素"),
            );
            return draft;
        };
        self.repeats("#", body);
        match body.get("type") {
            Some(Json::Text(kind)) if kind == "Feature" => {}
            None if self.sent == Sent::Patch => {}
            None => self.wrong(
                "#/type",
                "is missing: a record is sent as a Feature",
                "缺失：记录应以 Feature 提交",
            ),
            Some(_) => self.wrong("#/type", "must be Feature", "必须为 Feature"),
        }
        for (name, value) in members {
            match name.as_str() {
                "properties" => self.properties(value, &mut draft),
                "geometry" => draft.geometry = self.geometry(value),
                "crs" if *value != Json::Null => self.wrong(
                    "#/crs",
                    "positions have the system of the header Content-Crs; this member is no longer part of GeoJSON",
                    "坐标参考系由 Content-Crs 标头指定；GeoJSON 已不再包含此成员",
                ),
                // Identity and links are the register's; foreign members are nobody's (RFC 7946, 6.1).
                _ => {}
            }
        }
        if self.sent == Sent::Whole && body.get("properties").is_none() {
            self.wrong("#/properties", "is missing", "缺失");
        }
        if self.sent == Sent::Patch && body.get("properties").is_none() && body.get("geometry").is_none() {
            self.wrong(
                "#",
                "changes nothing: give properties, geometry, or both",
                "没有任何更改：请给出 properties、geometry 或两者",
            );
        }
        draft
    }

    fn properties(&mut self, properties: &Json, draft: &mut Draft) {
        let Json::Object(members) = properties else {
            if *properties != Json::Null || self.sent == Sent::Patch {
                let (en, zh) = properties.said();
                self.wrong(
                    "#/properties",
                    format!("is {en} where an object belongs"),
                    format!("是{zh}，应为对象"),
                );
            }
            return;
        };
        self.repeats("#/properties", properties);
        for (name, value) in members {
            let at = format!("#/properties/{}", step(name));
            let Some(field) = self.schema.field(name) else {
                if !ABOUT_POSITION.contains(&name.as_str()) && name != "id" {
                    let collection = self.schema.collection;
                    self.wrong(
                        at,
                        format!(
                            "is no property of {collection}; those there are stand in /collections/{collection}/schema"
                        ),
                        format!("不是{collection}的属性；可用属性见 /collections/{collection}/schema"),
                    );
                }
                continue;
            };
            if !field.is_writable() {
                continue;
            }
            match value_of(field, value) {
                Ok(value) => draft.set(field.name, value),
                Err(detail) => self.mistakes.push(Mistake { at, detail }),
            }
        }
    }

    /// Notes what a whole record lacks, so that it is told together with the rest.
    fn missing(&mut self, draft: &Draft) {
        if self.sent == Sent::Patch {
            return;
        }
        for field in self.schema.fields() {
            let at = format!("#/properties/{}", field.name);
            let is_told = self.mistakes.iter().any(|mistake| mistake.at == at);
            // Who names no boundary may mean the only one, or the one the record has.
            let is_needed = field.presence == Presence::Required && field.default.is_none() && field.name != "boundary";
            if is_needed && !is_told && draft.get(field.name).is_none_or(Value::is_null) {
                self.wrong(at, "is missing", "缺失");
            }
        }
    }

    /// `None` where the geometry is not the sender's to say, or is wrong.
    fn geometry(&mut self, value: &Json) -> Option<Option<Geometry>> {
        if self.schema.geometry == Presence::ReadOnly && self.schema.shape != Shape::None {
            return None;
        }
        if *value == Json::Null {
            return Some(None);
        }
        if self.schema.shape == Shape::None {
            let collection = self.schema.collection;
            self.wrong(
                "#/geometry",
                format!("must be null: records of {collection} have no geometry"),
                format!("必须为 null：{collection}的记录没有几何"),
            );
            return None;
        }
        self.repeats("#/geometry", value);
        let Some(Json::Text(kind)) = value.get("type") else {
            self.wrong("#/geometry/type", "is missing or no text", "缺失或不是文本");
            return None;
        };
        let Some(coordinates) = value.get("coordinates") else {
            self.wrong("#/geometry/coordinates", "is missing", "缺失");
            return None;
        };
        let geometry = match self.shape(kind, coordinates)? {
            // One part of a kind that may have several is what desktop clients send for a plain line.
            Geometry::Lines(mut lines) if self.schema.shape == Shape::Line && lines.len() == 1 => {
                Geometry::Line(lines.remove(0))
            }
            Geometry::Polygons(mut polygons) if self.schema.shape == Shape::Polygon && polygons.len() == 1 => {
                Geometry::Polygon(polygons.remove(0))
            }
            Geometry::Points(points) if self.schema.shape == Shape::Point && points.len() == 1 => {
                Geometry::Point(points.first().copied()?)
            }
            geometry => geometry,
        };
        if !self.schema.shape.admits(&geometry) {
            let (sent, belongs) = (geometry.name(), self.schema.shape.said());
            self.wrong(
                "#/geometry/type",
                format!("is {sent} where {belongs} belongs"),
                format!("为 {sent}，应为 {belongs}"),
            );
            return None;
        }
        if let Some((kind, mut path)) = geometry.flaw() {
            if kind == Flaw::RingNotClosed {
                path.push(last(coordinates, &path));
            }
            let at: String = path.iter().map(|index| format!("/{index}")).collect();
            self.mistakes.push(Mistake {
                at: format!("#/geometry/coordinates{at}"),
                detail: flaw(kind),
            });
            return None;
        }
        Some(Some(geometry))
    }

    fn shape(&mut self, kind: &str, coordinates: &Json) -> Option<Geometry> {
        let mut path = vec!["#/geometry/coordinates".to_owned()];
        match kind {
            "Point" => self.position(coordinates, &mut path).map(Geometry::Point),
            "MultiPoint" => self.each(coordinates, &mut path, Self::position).map(Geometry::Points),
            "LineString" => self.each(coordinates, &mut path, Self::position).map(Geometry::Line),
            "MultiLineString" => self.each(coordinates, &mut path, Self::line).map(Geometry::Lines),
            "Polygon" => self.each(coordinates, &mut path, Self::line).map(Geometry::Polygon),
            "MultiPolygon" => self
                .each(coordinates, &mut path, |reader, rings, path| {
                    reader.each(rings, path, Self::line)
                })
                .map(Geometry::Polygons),
            _ => {
                let shown: String = kind.chars().take(40).collect();
                let belongs = self.schema.shape.said();
                self.wrong(
                    "#/geometry/type",
                    format!("{shown} is no geometry that is taken here; {belongs} belongs"),
                    format!("不接受几何类型 {shown}；应为 {belongs}"),
                );
                None
            }
        }
    }

    fn line(&mut self, value: &Json, path: &mut Vec<String>) -> Option<Vec<[f64; 2]>> {
        self.each(value, path, Self::position)
    }

    fn each<T>(
        &mut self,
        value: &Json,
        path: &mut Vec<String>,
        mut read: impl FnMut(&mut Self, &Json, &mut Vec<String>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Json::List(items) = value else {
            self.wrong(path.join("/"), "must be a list", "必须是列表");
            return None;
        };
        let mut found = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            path.push(index.to_string());
            found.push(read(self, item, path)?);
            path.pop();
        }
        Some(found)
    }

    fn position(&mut self, value: &Json, path: &mut Vec<String>) -> Option<[f64; 2]> {
        let numbers: Option<Vec<f64>> = match value {
            Json::List(items) if (2..=4).contains(&items.len()) => items.iter().map(number).collect(),
            _ => None,
        };
        let Some(numbers) = numbers else {
            self.wrong(
                path.join("/"),
                "must be a position of two numbers",
                "必须是由两个数组成的坐标",
            );
            return None;
        };
        // A height is a property, with its own accuracy; to drop one silently would lose it.
        if numbers.get(2).is_some_and(|height| *height != 0.0) {
            path.push("2".to_owned());
            self.wrong(
                path.join("/"),
                "heights are not part of the geometry: give them in the properties",
                "高程不属于几何：请在属性中给出",
            );
            return None;
        }
        Some([*numbers.first()?, *numbers.get(1)?])
    }
}

/// Index of the last position of the ring at a path.
fn last(coordinates: &Json, path: &[usize]) -> usize {
    let mut value = coordinates;
    for index in path {
        match value {
            Json::List(items) if items.len() > *index => value = &items[*index],
            // A surface of one part was sent as one of several.
            _ => break,
        }
    }
    match value {
        Json::List(items) => items.len().saturating_sub(1),
        _ => 0,
    }
}

const fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Integer(n) => Some(*n as f64),
        Json::Number(n) => Some(*n),
        _ => None,
    }
}

/// A member as the value of a field.
fn value_of(field: &Field, json: &Json) -> Result<Value, Message> {
    let value = match (field.kind, json) {
        (_, Json::Null) => return Ok(Value::Null),
        (Type::Text | Type::Code(_) | Type::Reference(_), Json::Text(text)) => Value::Text(text.clone()),
        (Type::Integer, Json::Integer(n)) => Value::Integer(*n),
        // A whole number written with a point is one all the same.
        (Type::Integer, Json::Number(n)) if n.fract() == 0.0 && n.abs() < 9e15 => Value::Integer(*n as i64),
        (Type::Number, Json::Integer(n)) => Value::Number(*n as f64),
        (Type::Number, Json::Number(n)) => Value::Number(*n),
        (Type::Flag, Json::Flag(flag)) => Value::Flag(*flag),
        (Type::Date, Json::Text(text)) => day(text).ok_or_else(|| must_be(field))?,
        (Type::Time, Json::Text(text)) => instant(text).ok_or_else(|| must_be(field))?,
        (Type::Texts, Json::List(items)) => Value::Texts(
            items
                .iter()
                .map(|item| match item {
                    Json::Text(text) => Ok(text.clone()),
                    _ => Err(must_be(field)),
                })
                .collect::<Result<_, _>>()?,
        ),
        (Type::Document, Json::Object(_) | Json::List(_)) => {
            if json.repeats() {
                return Err(Message::new("has a name twice in one object", "对象中有重复的名称"));
            }
            let mut bytes = Vec::new();
            json.write(&mut bytes);
            Value::Document(String::from_utf8(bytes).unwrap_or_default())
        }
        _ => return Err(must_be(field)),
    };
    let is_long = match &value {
        Value::Text(text) | Value::Document(text) => text.len() > TEXT,
        Value::Texts(texts) => texts.iter().map(String::len).sum::<usize>() > TEXT,
        _ => false,
    };
    if is_long {
        return Err(Message::new(
            format!("is longer than {TEXT} characters"),
            format!("超过 {TEXT} 个字符"),
        ));
    }
    // Inside a structured value PostgreSQL refuses the escaped character as well.
    if let Value::Document(text) = &value
        && text.contains("\\u0000")
    {
        return Err(Message::new("holds a zero character", "含有零字符"));
    }
    field.mistake(&value).map_or(Ok(value), Err)
}

fn must_be(field: &Field) -> Message {
    let said = field.kind.said();
    Message::new(format!("must be {}", said.en), format!("必须是{}", said.zh))
}

/// A day; also as the midnight that some desktop clients make of it.
fn day(text: &str) -> Option<Value> {
    let (day, rest) = text.split_at_checked(10)?;
    let is_midnight = rest.is_empty()
        || rest
            .strip_prefix("T00:00:00")
            .is_some_and(|end| matches!(end, "" | "Z" | ".000" | ".000Z"));
    date(day).filter(|_| is_midnight).map(Value::Date)
}

/// A time; a day alone is its beginning in UTC.
fn instant(text: &str) -> Option<Value> {
    let at = match date(text) {
        Some(date) => date.at(0, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp(),
        None => time(text)?,
    };
    Some(Value::Time(at))
}
