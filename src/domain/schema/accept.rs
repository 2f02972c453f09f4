//! Whether a value may stand in a field: its type, its closed list, its range.

use super::{Field, Shape, Type};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::geom::shape::{Flaw, Geometry};

impl Field {
    /// What is wrong with a value in this field; nothing when it fits. Null fits every field: whether it may be missing
    /// is asked of the whole record.
    pub fn mistake(&self, value: &Value) -> Option<Message> {
        match (self.kind, value) {
            (_, Value::Null) => None,
            (Type::Code(list), Value::Text(word)) if !list.has(word) => {
                let words: Vec<&str> = list.words().collect();
                Some(Message::new(
                    format!("{word:?} is none of {}", words.join(", ")),
                    format!("{word:?} 不在代码表中：{}", words.join("、")),
                ))
            }
            (Type::Text | Type::Code(_) | Type::Reference(_), Value::Text(text)) => forbidden(text),
            (Type::Integer, Value::Integer(n)) => self.outside(*n as f64),
            (Type::Number, Value::Number(n)) if !n.is_finite() => {
                Some(Message::new("is not a finite number", "不是有限数值"))
            }
            (Type::Number, Value::Number(n)) => self.outside(*n),
            (Type::Number, Value::Integer(n)) => self.outside(*n as f64),
            (Type::Flag, Value::Flag(_))
            | (Type::Date, Value::Date(_))
            | (Type::Time, Value::Time(_))
            | (Type::Document, Value::Document(_)) => None,
            (Type::Texts, Value::Texts(texts)) => texts.iter().find_map(|text| forbidden(text)),
            _ => Some(Message::new(
                format!("must be {}", self.kind.said().en),
                format!("必须是{}", self.kind.said().zh),
            )),
        }
    }

    fn outside(&self, n: f64) -> Option<Message> {
        let (least, greatest) = self.range?;
        (!(least..=greatest).contains(&n)).then(|| {
            Message::new(
                format!("{n} is not between {least} and {greatest}"),
                format!("{n} 不在 {least} 与 {greatest} 之间"),
            )
        })
    }
}

/// A zero byte, which no text of the database can hold.
fn forbidden(text: &str) -> Option<Message> {
    text.contains('\0')
        .then(|| Message::new("holds a zero character", "含有零字符"))
}

impl Type {
    /// What a value of this type is called.
    pub const fn said(self) -> super::Label {
        use super::Label;
        match self {
            Self::Text => Label::new("a text", "文本"),
            Self::Integer => Label::new("a whole number", "整数"),
            Self::Number => Label::new("a number", "数值"),
            Self::Flag => Label::new("true or false", "true 或 false"),
            Self::Date => Label::new("a date such as 2026-05-01", "日期，例如 2026-05-01"),
            Self::Time => Label::new("a time such as 2026-05-01T08:00:00Z", "时间，例如 2026-05-01T08:00:00Z"),
            Self::Code(_) => Label::new("a word of its list", "代码表中的词"),
            Self::Reference(_) => Label::new("the number, key or code of a record", "某条记录的编号或代码"),
            Self::Texts => Label::new("a list of texts", "文本列表"),
            Self::Document => Label::new("an object or a list", "对象或列表"),
        }
    }
}

impl Shape {
    /// Whether a geometry is of this shape.
    pub const fn admits(self, geometry: &Geometry) -> bool {
        match self {
            Self::None => false,
            Self::Point => matches!(geometry, Geometry::Point(_)),
            Self::Line => matches!(geometry, Geometry::Line(_)),
            Self::Lines => matches!(geometry, Geometry::Line(_) | Geometry::Lines(_)),
            Self::Polygon => matches!(geometry, Geometry::Polygon(_)),
            Self::Any => true,
        }
    }

    /// The kinds of GeoJSON it admits, for people.
    pub const fn said(self) -> &'static str {
        match self {
            Self::None => "null",
            Self::Point => "Point",
            Self::Line => "LineString",
            Self::Lines => "LineString, MultiLineString",
            Self::Polygon => "Polygon",
            Self::Any => "Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon",
        }
    }
}

/// A flaw of a geometry in words.
pub fn flaw(flaw: Flaw) -> Message {
    match flaw {
        Flaw::NotFinite => Message::new("is not a finite position", "不是有限坐标"),
        Flaw::TooFewPositions => Message::new("a line needs two positions", "线至少需要两个坐标"),
        Flaw::RingNotClosed => Message::new("a ring must end where it begins", "环必须首尾相接"),
        Flaw::RingTooShort => Message::new("a ring needs four positions", "环至少需要四个坐标"),
        Flaw::Empty => Message::new("is empty", "为空"),
    }
}
