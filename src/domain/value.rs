//! Values of fields, and records as named values: what a body, a row of a file and a stored row have in common.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::geom::shape::Geometry;

/// The value of one field.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value {
    #[default]
    Null,
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
    Date(Date),
    Time(Timestamp),
    Texts(Vec<String>),
    /// JSON text of a structured value.
    Document(String),
}

impl Value {
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it says nothing.
    pub const fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(text) => text.is_empty(),
            Self::Texts(texts) => texts.is_empty(),
            _ => false,
        }
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What a sender says about one record: the fields that were given, and its geometry.
///
/// A field that is not there was not mentioned; one that is [`Value::Null`] was given as empty.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Draft {
    pub values: Vec<(&'static str, Value)>,
    /// `None`: not mentioned; `Some(None)`: given as empty.
    pub geometry: Option<Option<Geometry>>,
    /// Fields that were given what cannot be read; that has been told.
    pub unread: Vec<&'static str>,
}

impl Draft {
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values
            .iter()
            .find(|(field, _)| *field == name)
            .map(|(_, value)| value)
    }

    pub fn set(&mut self, name: &'static str, value: Value) {
        match self.values.iter_mut().find(|(field, _)| *field == name) {
            Some((_, old)) => *old = value,
            None => self.values.push((name, value)),
        }
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_text)
    }
}
