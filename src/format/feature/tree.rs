//! JSON as it was sent: order and repeated names kept, depth limited.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;

/// One JSON value. Names of an object may repeat: see [`Json::repeated`].
#[derive(Debug, Clone, PartialEq)]
pub enum Json {
    Null,
    Flag(bool),
    Integer(i64),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Values inside one another, at most. Coordinates of a surface of several parts are seven deep.
const DEPTH: usize = 40;

impl Json {
    /// Reads one JSON text.
    ///
    /// - **Errors**: [`Code::BodyInvalid`] with line and column where it is no JSON, is nested too deep, or holds a
    ///   number that no double can hold.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        // Some programs of Windows put a mark of byte order before their UTF-8.
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let mut reader = serde_json::Deserializer::from_slice(bytes);
        let value = Level(0).deserialize(&mut reader).and_then(|value| {
            reader.end()?;
            Ok(value)
        });
        value.map_err(|fault| {
            let said = fault.to_string();
            let said = said.split(" at line ").next().unwrap_or_default().to_owned();
            let (line, column) = (fault.line() as u64, fault.column() as u64);
            Problem::new(
                Code::BodyInvalid,
                Message::new(
                    format!("The body is not readable JSON at line {line}, column {column}: {said}."),
                    format!("请求内容第{line}行第{column}列不是可读的 JSON：{said}。"),
                ),
                Message::new("Correct it there and send it again.", "请更正该处后重新提交。"),
            )
            .at(Place { line, column, byte: 0 })
        })
    }

    pub fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Names of an object that stand in it more than once.
    pub fn repeated(&self) -> Vec<&str> {
        let Self::Object(members) = self else {
            return Vec::new();
        };
        let mut seen = std::collections::HashSet::new();
        members
            .iter()
            .filter(|(name, _)| !seen.insert(name.as_str()))
            .map(|(name, _)| name.as_str())
            .collect()
    }

    /// Whether any object in it has a name twice.
    pub fn repeats(&self) -> bool {
        match self {
            Self::Object(members) => !self.repeated().is_empty() || members.iter().any(|(_, value)| value.repeats()),
            Self::List(items) => items.iter().any(Self::repeats),
            _ => false,
        }
    }

    /// What it is, for people.
    pub const fn said(&self) -> Message2 {
        match self {
            Self::Null => ("null", "null"),
            Self::Flag(_) => ("true or false", "布尔值"),
            Self::Integer(_) | Self::Number(_) => ("a number", "数值"),
            Self::Text(_) => ("a text", "文本"),
            Self::List(_) => ("a list", "列表"),
            Self::Object(_) => ("an object", "对象"),
        }
    }

    /// Written again, without space.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Flag(flag) => out.extend_from_slice(if *flag { b"true" } else { b"false" }),
            Self::Integer(n) => super::write::integer(out, *n),
            Self::Number(n) => super::write::number(out, *n),
            Self::Text(text) => super::write::text(out, text),
            Self::List(items) => {
                out.push(b'[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    item.write(out);
                }
                out.push(b']');
            }
            Self::Object(members) => {
                out.push(b'{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    super::write::text(out, name);
                    out.push(b':');
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

/// English and Chinese.
type Message2 = (&'static str, &'static str);

/// Reads a value at a depth.
#[derive(Clone, Copy)]
struct Level(usize);

impl Level {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.0 >= DEPTH {
            return Err(E::custom(format!("nested more than {DEPTH} deep")));
        }
        Ok(Self(self.0 + 1))
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Json, E> {
        Ok(Json::Flag(flag))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Json, E> {
        Ok(Json::Integer(n))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Json, E> {
        Ok(i64::try_from(n).map_or(Json::Number(n as f64), Json::Integer))
    }

    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Json, E> {
        if n.is_finite() {
            Ok(Json::Number(n))
        } else {
            Err(E::custom("number out of range"))
        }
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let inner = self.deeper()?;
        let mut members = Vec::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.len() >= MEMBERS {
                return Err(A::Error::custom(format!("more than {MEMBERS} members in one object")));
            }
            members.push((name, access.next_value_seed(inner)?));
        }
        Ok(Json::Object(members))
    }
}

/// Members of one object, at most.
const MEMBERS: usize = 10_000;
