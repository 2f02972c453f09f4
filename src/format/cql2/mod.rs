//! Filters in CQL2 (OGC 21-065r2), as text and as JSON, read and written.
//!
//! [`text`] and [`json`] read to the same [`Node`]; [`read`] also holds it against a kind of record.
//! The crate `cql2` was looked at: it gives no place for a mistake in meaning, sets no limit to depth, and brings a
//! second version of `geo`, a JSON schema validator and an SQL parser; so the grammar is read here, in some 600 lines.

mod lexer;
mod print;
mod wkt;

pub mod equal;
pub mod json;
pub mod sort;
pub mod text;

#[cfg(test)]
mod tests;

use crate::domain::filter::Test;
use crate::domain::filter::check::{Frame, check};
use crate::domain::filter::syntax::{At, DEPTH, Node, Op, TERMS, What};
use crate::domain::problem::{Code, Mistake, Place, Problem};
use crate::domain::schema::Schema;
use crate::domain::text::Message;

pub use print::{to_json, to_text};

/// Bytes of a filter.
pub const BYTES: usize = 64 << 10;

/// How a filter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Text,
    Json,
}

impl Language {
    /// The words of `filter-lang`. GDAL writes the older `cql-text`.
    pub const WORDS: [(&'static str, Self); 3] = [
        ("cql2-text", Self::Text),
        ("cql2-json", Self::Json),
        ("cql-text", Self::Text),
    ];

    /// The language of `filter` by the parameter `filter-lang`; without it, what begins with a brace is JSON.
    ///
    /// - **Errors**: [`Code::ParameterInvalid`] for any other word.
    /// - **Source**: OGC 19-079r2, 6.3.
    pub fn of(word: Option<&str>, filter: &str) -> Result<Self, Problem> {
        let Some(word) = word else {
            let json = filter.trim_start().starts_with('{');
            return Ok(if json { Self::Json } else { Self::Text });
        };
        let known = Self::WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
        known.map(|(_, language)| *language).ok_or_else(|| {
            let word = crate::domain::filter::check::shown(word);
            Problem::new(
                Code::ParameterInvalid,
                Message::new(
                    format!("filter-lang {word} is not known."),
                    format!("未知的 filter-lang：{word}。"),
                ),
                Message::new("Use cql2-text or cql2-json.", "请使用 cql2-text 或 cql2-json。"),
            )
        })
    }
}

/// A filter as written, with what is needed to say where a mistake is.
#[derive(Debug, Clone)]
pub struct Written<'a> {
    pub node: Node,
    places: Places<'a>,
}

#[derive(Debug, Clone)]
enum Places<'a> {
    /// A node's place is a byte of this text.
    Text(&'a str),
    /// A node's place is the number of a pointer.
    Json(Vec<String>),
}

/// Reads a filter by its grammar alone.
///
/// - **Shape**: at most [`BYTES`], [`DEPTH`] levels and [`TERMS`] terms.
/// - **Errors**: [`Code::FilterInvalid`] with the first mistake's place.
/// - **Source**: OGC 21-065r2, annexes B and C.
pub fn parse(language: Language, filter: &str) -> Result<Written<'_>, Problem> {
    if filter.len() > BYTES {
        return Err(too_long(filter.len()));
    }
    match language {
        Language::Text => text::parse(filter),
        Language::Json => json::parse(filter),
    }
}

/// Reads a filter of records of `schema`.
///
/// - **Shape**: as [`parse`].
/// - **Units**: geometries in the system of `frame`, [`Frame::CRS84`] unless the request says otherwise.
/// - **Errors**: [`Code::FilterInvalid`]: the first mistake of grammar, or all mistakes of names and types, with
///   their places.
/// - **Source**: OGC 21-065r2.
pub fn read(language: Language, filter: &str, schema: &Schema, frame: &Frame<'_>) -> Result<Test, Problem> {
    let written = parse(language, filter)?;
    check(schema, frame, &written.node).map_err(|faults| {
        let mistakes = faults.into_iter().map(|fault| (fault.at, fault.detail)).collect();
        let queryables = format!("/collections/{}/queryables", schema.collection);
        let remedy = Message::new(
            format!("The properties and their types are listed at {queryables}."),
            format!("属性及其类型见 {queryables}。"),
        );
        problem(&written.places, mistakes, remedy)
    })
}

fn too_long(bytes: usize) -> Problem {
    Problem::new(
        Code::FilterInvalid,
        Message::new(
            format!("The filter has {bytes} bytes; at most {BYTES} are taken."),
            format!("过滤条件有 {bytes} 字节；上限为 {BYTES} 字节。"),
        ),
        Message::new("Ask in several requests.", "请分多次请求。"),
    )
}

/// The refusal of a filter with these mistakes, the first of which names the place.
fn problem(places: &Places<'_>, mistakes: Vec<(At, Message)>, remedy: Message) -> Problem {
    let first = mistakes.first().cloned();
    let (at, what) = first.unwrap_or_default();
    let (place, here) = match places {
        Places::Text(text) => {
            let place = place_of(text, at);
            let here = Message::new(
                format!("line {}, column {}", place.line, place.column),
                format!("第{}行第{}列", place.line, place.column),
            );
            (Some(place), here)
        }
        Places::Json(pointers) => {
            let pointer = pointers.get(at).map_or("#", String::as_str);
            (None, Message::new(pointer, pointer))
        }
    };
    let total = mistakes.len();
    let (more_en, more_zh) = match total {
        0 | 1 => (String::new(), String::new()),
        _ => (format!(" ({total} mistakes in all)"), format!("（共 {total} 处错误）")),
    };
    let detail = Message::new(
        format!("The filter at {}: {}{more_en}.", here.en, what.en),
        format!("过滤条件{}：{}{more_zh}。", here.zh, what.zh),
    );
    let mistakes = mistakes
        .into_iter()
        .map(|(at, detail)| Mistake {
            at: match places {
                Places::Text(text) => {
                    let place = place_of(text, at);
                    format!("filter:{}:{}", place.line, place.column)
                }
                Places::Json(pointers) => pointers.get(at).cloned().unwrap_or_else(|| "#".to_owned()),
            },
            detail,
        })
        .collect();
    let mut problem = Problem::new(Code::FilterInvalid, detail, remedy).with_mistakes(mistakes);
    problem.place = place;
    problem
}

/// Line and column, counted in characters, of a byte of a text.
fn place_of(text: &str, byte: usize) -> Place {
    let before = text.get(..byte).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place {
        line: before.matches('\n').count() as u64 + 1,
        column: before.get(line_start..).unwrap_or_default().chars().count() as u64 + 1,
        byte: before.len() as u64,
    }
}

/// A mistake of grammar: where and what. Reading ends with the first.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Slip {
    at: At,
    detail: Message,
}

impl Slip {
    fn new(at: At, en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            at,
            detail: Message::new(en, zh),
        }
    }

    fn too_deep(at: At) -> Self {
        Self::new(
            at,
            format!("the filter is nested more than {DEPTH} deep"),
            format!("过滤条件嵌套超过 {DEPTH} 层"),
        )
    }
}

/// Makes nodes and keeps count of them.
#[derive(Debug, Default)]
struct Builder {
    terms: usize,
}

impl Builder {
    fn count(&mut self, at: At, more: usize) -> Result<(), Slip> {
        self.terms += more;
        if self.terms <= TERMS {
            return Ok(());
        }
        Err(Slip::new(
            at,
            format!("the filter has more than {TERMS} terms (tests, members of lists, steps of arithmetic)"),
            format!("过滤条件超过 {TERMS} 项（条件、列表成员、运算步骤）"),
        ))
    }

    fn call(&mut self, at: At, op: Op, args: Vec<Node>) -> Result<Node, Slip> {
        self.count(at, usize::from(op.is_term()))?;
        self.node(at, What::Call(op, args))
    }

    fn node(&mut self, at: At, what: What) -> Result<Node, Slip> {
        let node = Node::new(at, what);
        if node.height() > DEPTH {
            return Err(Slip::too_deep(at));
        }
        Ok(node)
    }
}

/// What to do about a mistake of grammar.
fn grammar() -> Message {
    Message::new(
        "Correct the filter at that place; its grammar is that of CQL2 (OGC 21-065r2).",
        "请更正该处；语法见 CQL2（OGC 21-065r2）。",
    )
}
