//! Reads CQL2 JSON (OGC 21-065r2, annex C).
//!
//! Beyond the schema, as older clients write it: `{"casei": ...}`, and one operand that stands without brackets.

use serde_json::{Map, Value};

use super::{Builder, Places, Slip, Written, grammar, place_of, problem, wkt};
use crate::domain::filter::check::shown;
use crate::domain::filter::near::near;
use crate::domain::filter::syntax::{
    self, Arithmetic, ArrayRelation, At, Comparison, Node, Op, Shape, SpatialRelation, TemporalRelation, What,
};
use crate::domain::problem::Problem;
use crate::domain::text::Message;
use crate::geom::shape::Geometry;

/// Reads a filter; [`super::parse`] has looked at its length.
pub(super) fn parse(text: &str) -> Result<Written<'_>, Problem> {
    let value: Value = serde_json::from_str(text).map_err(|error| malformed(text, &error))?;
    let mut reader = Reader {
        path: Vec::new(),
        pointers: Vec::new(),
        builder: Builder::default(),
    };
    let read = reader.node(&value);
    let places = Places::Json(reader.pointers);
    match read {
        Ok(node) => Ok(Written { node, places }),
        Err(slip) => Err(problem(&places, vec![(slip.at, slip.detail)], grammar())),
    }
}

/// What is no JSON, with the place where it stops to be.
fn malformed(text: &str, error: &serde_json::Error) -> Problem {
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let mut byte = (before + error.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    let said = error.to_string();
    let detail = if said.contains("recursion limit") {
        Slip::too_deep(byte).detail
    } else {
        // Without its own words for the place.
        let what = said.rsplit_once(" at line ").map_or(said.as_str(), |(what, _)| what);
        let end = if error.is_eof() { "，内容不完整" } else { "" };
        Message::new(
            format!("this is no JSON: {what}"),
            format!("不是有效的 JSON{end}（{what}）"),
        )
    };
    let mut problem = problem(&Places::Text(text), vec![(byte, detail)], grammar());
    problem.place = Some(place_of(text, byte));
    problem
}

struct Reader {
    /// The members that lead to where it reads.
    path: Vec<String>,
    pointers: Vec<String>,
    builder: Builder,
}

impl Reader {
    /// The number of the pointer to where it reads.
    fn here(&mut self) -> At {
        let mut pointer = "#".to_owned();
        for member in &self.path {
            pointer.push('/');
            pointer.push_str(&member.replace('~', "~0").replace('/', "~1"));
        }
        self.pointers.push(pointer);
        self.pointers.len() - 1
    }

    fn slip<T>(&mut self, en: impl Into<String>, zh: impl Into<String>) -> Result<T, Slip> {
        Err(Slip::new(self.here(), en, zh))
    }

    /// Reads one member, by name or by number.
    fn inside<T>(&mut self, member: impl ToString, read: impl FnOnce(&mut Self) -> Result<T, Slip>) -> Result<T, Slip> {
        self.path.push(member.to_string());
        let read = read(self);
        self.path.pop();
        read
    }

    fn node(&mut self, value: &Value) -> Result<Node, Slip> {
        let what = match value {
            Value::Null => return self.slip("null is no value; ask with isNull", "null 不是值；请用 isNull"),
            Value::Bool(flag) => What::Flag(*flag),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => What::Integer(integer),
                (None, Some(number)) if number.is_finite() => What::Number(number),
                _ => return self.slip("the number is too large", "数值过大"),
            },
            Value::String(text) => What::Text(text.clone()),
            Value::Array(members) => {
                let at = self.here();
                self.builder.count(at, members.len())?;
                let mut nodes = Vec::with_capacity(members.len());
                for (index, member) in members.iter().enumerate() {
                    nodes.push(self.inside(index, |reader| reader.node(member))?);
                }
                return self.builder.node(at, What::List(nodes));
            }
            Value::Object(members) => return self.object(members),
        };
        let at = self.here();
        self.builder.node(at, what)
    }

    fn object(&mut self, members: &Map<String, Value>) -> Result<Node, Slip> {
        if let Some(op) = members.get("op") {
            return self.call(op, members.get("args"));
        }
        for (member, op) in [("casei", Op::Casei), ("accenti", Op::Accenti)] {
            if let Some(inner) = members.get(member) {
                let at = self.here();
                let inner = self.inside(member, |reader| reader.node(inner))?;
                return self.builder.call(at, op, vec![inner]);
            }
        }
        if let Some(interval) = members.get("interval") {
            return self.interval(interval);
        }
        let at = self.here();
        let what = if let Some(name) = members.get("property") {
            self.inside("property", |reader| reader.property(name))?
        } else if let Some(date) = members.get("date") {
            self.inside("date", |reader| reader.instant(date, Day::Date))?
        } else if let Some(time) = members.get("timestamp") {
            self.inside("timestamp", |reader| reader.instant(time, Day::Time))?
        } else if members.contains_key("type") {
            What::Shape(self.shape(members)?)
        } else if let Some(corners) = members.get("bbox") {
            What::Shape(self.inside("bbox", |reader| reader.bounds(corners))?)
        } else if let Some(function) = members.get("function") {
            let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
            return self.unknown(name);
        } else {
            let known = "op, property, date, timestamp, interval, bbox, type";
            return self.slip(
                format!("an object is expected to have one of {known}"),
                format!("对象应含有以下成员之一：{known}"),
            );
        };
        self.builder.node(at, what)
    }

    fn call(&mut self, op: &Value, args: Option<&Value>) -> Result<Node, Slip> {
        let at = self.here();
        let op = self.inside("op", |reader| {
            let Some(word) = op.as_str() else {
                return reader.slip("an operator is a text", "运算符应为文本");
            };
            match Op::from_word(word) {
                Some(op) => Ok(op),
                None => reader.unknown(word),
            }
        })?;
        let args = match args {
            Some(args) => self.inside("args", |reader| reader.args(args))?,
            None => return self.slip("an operator has args", "运算符缺少 args"),
        };
        let n = args.len();
        let (enough, needed) = match op {
            Op::And | Op::Or => (n >= 1, "1"),
            Op::Not | Op::IsNull | Op::Casei | Op::Accenti => (n == 1, "1"),
            Op::Between => (n == 3, "3"),
            _ => (n == 2, "2"),
        };
        if !enough {
            let word = op.word();
            return self.inside("args", |reader| {
                reader.slip(
                    format!("{word} takes {needed} args, not {n}"),
                    format!("{word} 需要 {needed} 个 args，而不是 {n} 个"),
                )
            });
        }
        match (op, <[Node; 1]>::try_from(args)) {
            // One test joined with nothing is itself.
            (Op::And | Op::Or, Ok([only])) => Ok(only),
            (op, Ok(only)) => self.builder.call(at, op, only.into()),
            (op, Err(args)) => self.builder.call(at, op, args),
        }
    }

    fn args(&mut self, args: &Value) -> Result<Vec<Node>, Slip> {
        let Value::Array(args) = args else {
            return Ok(vec![self.node(args)?]);
        };
        let mut nodes = Vec::with_capacity(args.len());
        for (index, arg) in args.iter().enumerate() {
            nodes.push(self.inside(index, |reader| reader.node(arg))?);
        }
        Ok(nodes)
    }

    fn unknown<T>(&mut self, word: &str) -> Result<T, Slip> {
        const PLAIN: [&str; 9] = [
            "and", "or", "not", "like", "between", "in", "isNull", "casei", "accenti",
        ];
        let words = PLAIN.into_iter();
        let words = words.chain(Comparison::ALL.iter().map(|one| one.word()));
        let words = words.chain(Arithmetic::ALL.iter().map(|one| one.word()));
        let words = words.chain(SpatialRelation::ALL.iter().map(|one| one.word()));
        let words = words.chain(TemporalRelation::ALL.iter().map(|one| one.word()));
        let words = words.chain(ArrayRelation::ALL.iter().map(|one| one.word()));
        let likely = near(word, words);
        let word = shown(word);
        if likely.is_empty() {
            return self.slip(format!("there is no operator {word}"), format!("没有运算符 {word}"));
        }
        self.slip(
            format!("there is no operator {word}; did you mean {}?", likely.join(" or ")),
            format!("没有运算符 {word}；是否应为 {}？", likely.join(" 或 ")),
        )
    }

    fn property(&mut self, name: &Value) -> Result<What, Slip> {
        match name.as_str() {
            Some(name) => Ok(What::Property(name.to_owned())),
            None => self.slip("the name of a property is a text", "属性名应为文本"),
        }
    }

    fn instant(&mut self, value: &Value, day: Day) -> Result<What, Slip> {
        let read = value.as_str().and_then(|text| match day {
            Day::Date => syntax::date(text).map(What::Date),
            Day::Time => syntax::time(text).map(What::Time),
        });
        match (read, day) {
            (Some(what), _) => Ok(what),
            (None, Day::Date) => self.slip(
                "a date such as 2026-05-02 is expected",
                "此处应为 2026-05-02 形式的日期",
            ),
            (None, Day::Time) => self.slip(
                "a time such as 2026-05-02T08:30:00Z is expected",
                "此处应为 2026-05-02T08:30:00Z 形式的时间",
            ),
        }
    }

    fn interval(&mut self, interval: &Value) -> Result<Node, Slip> {
        let at = self.here();
        let ends = self.inside("interval", |reader| {
            let Some([from, to]) = interval.as_array().map(Vec::as_slice) else {
                return reader.slip("an interval has two ends", "时间区间有两个端点");
            };
            let from = reader.inside(0, |reader| reader.end(from))?;
            let to = reader.inside(1, |reader| reader.end(to))?;
            Ok(vec![from, to])
        })?;
        self.builder.call(at, Op::Interval, ends)
    }

    fn end(&mut self, value: &Value) -> Result<Node, Slip> {
        let Some(text) = value.as_str() else {
            return self.node(value);
        };
        let what = if text == ".." {
            Some(What::Open)
        } else {
            syntax::date(text)
                .map(What::Date)
                .or_else(|| syntax::time(text).map(What::Time))
        };
        let Some(what) = what else {
            return self.slip(
                "a date, a time, \"..\" or a property is expected",
                "此处应为日期、时间、\"..\" 或属性",
            );
        };
        let at = self.here();
        self.builder.node(at, what)
    }

    fn bounds(&mut self, corners: &Value) -> Result<Shape, Slip> {
        let numbers: Option<Vec<f64>> = corners
            .as_array()
            .and_then(|corners| corners.iter().map(Value::as_f64).collect());
        match numbers.and_then(|numbers| wkt::corners(&numbers)) {
            Some(corners) => Ok(corners),
            None => self.slip(
                "bbox takes four numbers, or six with heights",
                "bbox 需要四个数值（含高程时六个）",
            ),
        }
    }

    fn shape(&mut self, members: &Map<String, Value>) -> Result<Shape, Slip> {
        if members.get("type").and_then(Value::as_str) != Some("GeometryCollection") {
            return self.geometry(members).map(Shape::Geometry);
        }
        let geometries = self.inside("geometries", |reader| {
            let Some(geometries) = members.get("geometries").and_then(Value::as_array) else {
                return reader.slip("a collection has geometries", "几何集合缺少 geometries");
            };
            let mut read = Vec::with_capacity(geometries.len());
            for (index, geometry) in geometries.iter().enumerate() {
                read.push(reader.inside(index, |reader| match geometry.as_object() {
                    Some(members) => reader.geometry(members),
                    None => reader.slip("a geometry is expected", "此处应为几何"),
                })?);
            }
            Ok(read)
        })?;
        Ok(Shape::Collection(geometries))
    }

    fn geometry(&mut self, members: &Map<String, Value>) -> Result<Geometry, Slip> {
        let name = members.get("type").and_then(Value::as_str).unwrap_or_default();
        let Some(at) = members.get("coordinates") else {
            return self.slip("a geometry has coordinates", "几何缺少 coordinates");
        };
        let read = match name {
            "Point" => position(at).map(Geometry::Point),
            "MultiPoint" => line(at).map(Geometry::Points),
            "LineString" => line(at).map(Geometry::Line),
            "MultiLineString" => lines(at).map(Geometry::Lines),
            "Polygon" => lines(at).map(Geometry::Polygon),
            "MultiPolygon" => list(at, lines).map(Geometry::Polygons),
            _ => {
                let name = shown(name);
                return self.inside("type", |reader| {
                    reader.slip(
                        format!("{name} is no kind of geometry that can stand here"),
                        format!("此处不能使用几何类型 {name}"),
                    )
                });
            }
        };
        match read {
            Some(geometry) => Ok(geometry),
            None => self.inside("coordinates", |reader| {
                reader.slip(
                    format!("these are no coordinates of a {name}"),
                    format!("不是 {name} 的坐标"),
                )
            }),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Day {
    Date,
    Time,
}

fn list<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    value.as_array()?.iter().map(read).collect()
}

fn lines(value: &Value) -> Option<Vec<Vec<[f64; 2]>>> {
    list(value, line)
}

fn line(value: &Value) -> Option<Vec<[f64; 2]>> {
    list(value, position)
}

/// The first two numbers; heights and measures may follow.
fn position(value: &Value) -> Option<[f64; 2]> {
    let numbers = list(value, Value::as_f64)?;
    match *numbers.as_slice() {
        [x, y] | [x, y, _] | [x, y, _, _] => Some([x, y]),
        _ => None,
    }
}
