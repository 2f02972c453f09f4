//! CQL2 text as tokens with their places.

use std::fmt;

use super::Slip;
use crate::domain::filter::check::shown;
use crate::domain::text::Message;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A word without quotes: a keyword, a function or a property.
    Word(String),
    /// A name between double quotes.
    Name(String),
    /// A text between single quotes.
    Text(String),
    Integer(i64),
    Number(f64),
    Mark(&'static str),
    End,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub at: usize,
    pub kind: Kind,
}

/// Marks, the longer before those that begin them.
const MARKS: [&str; 17] = [
    "<>", "<=", ">=", "=", "<", ">", "(", ")", "[", "]", ",", "+", "-", "*", "/", "%", "^",
];

/// What people write for something else, and what that is.
const INSTEAD: [(&str, &str); 6] = [
    ("!=", "<>"),
    ("==", "="),
    ("||", "OR"),
    ("&&", "AND"),
    ("!", "NOT"),
    (";", ","),
];

/// All tokens of a text, the last of which is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Slip> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        if next.is_whitespace() {
            at += next.len_utf8();
            continue;
        }
        let (kind, length) = token(rest, next).map_err(|detail| Slip { at, detail })?;
        tokens.push(Token { at, kind });
        at += length;
    }
    tokens.push(Token {
        at: text.len(),
        kind: Kind::End,
    });
    Ok(tokens)
}

/// The token with which `rest` begins, and its bytes.
fn token(rest: &str, next: char) -> Result<(Kind, usize), Message> {
    if begins_word(next) {
        let length = rest.find(|c| !goes_on_word(c)).unwrap_or(rest.len());
        return Ok((Kind::Word(rest.get(..length).unwrap_or_default().to_owned()), length));
    }
    if next == '\'' || next == '"' {
        let (content, length) = quoted(rest, next).ok_or_else(|| {
            let (en, zh) = if next == '\'' {
                ("text", "文本")
            } else {
                ("name", "名称")
            };
            Message::new(
                format!("the {en} that begins here has no closing {next}"),
                format!("此处开始的{zh}缺少结尾的 {next}"),
            )
        })?;
        let kind = if next == '\'' {
            Kind::Text(content)
        } else {
            Kind::Name(content)
        };
        return Ok((kind, length));
    }
    let digit_follows = rest.get(1..2).is_some_and(|c| c.bytes().all(|b| b.is_ascii_digit()));
    if next.is_ascii_digit() || (next == '.' && digit_follows) {
        return number(rest);
    }
    if let Some((wrong, right)) = INSTEAD.iter().find(|(wrong, _)| rest.starts_with(wrong)) {
        return Err(Message::new(
            format!("CQL2 has no {wrong}; write {right}"),
            format!("CQL2 没有 {wrong}；请写 {right}"),
        ));
    }
    if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
        return Ok((Kind::Mark(mark), mark.len()));
    }
    let code = u32::from(next);
    let char = if next.is_control() { ' ' } else { next };
    Err(Message::new(
        format!("the character {char} (U+{code:04X}) stands outside quotes"),
        format!("引号之外有字符 {char}（U+{code:04X}）"),
    ))
}

fn begins_word(c: char) -> bool {
    c.is_alphabetic() || c == '_' || c == ':'
}

fn goes_on_word(c: char) -> bool {
    begins_word(c) || c.is_numeric() || matches!(c, '.' | '\u{300}'..='\u{36f}' | '\u{203f}' | '\u{2040}')
}

/// What stands between two quotes, a doubled one meaning itself; and the bytes with the quotes.
fn quoted(rest: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            content.push(c);
        } else if chars.next_if(|(_, c)| *c == quote).is_some() {
            content.push(quote);
        } else {
            return Some((content, at + quote.len_utf8()));
        }
    }
    None
}

fn number(rest: &str) -> Result<(Kind, usize), Message> {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    let mut whole = true;
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
        whole = false;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let signed = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let after = digits(end + 1 + signed);
        if after > end + 1 + signed {
            end = after;
            whole = false;
        }
    }
    let written = rest.get(..end).unwrap_or_default();
    // 12abc is a slip, not two tokens.
    if rest.get(end..).and_then(|r| r.chars().next()).is_some_and(goes_on_word) {
        let word = rest.split(|c: char| !goes_on_word(c)).next().unwrap_or_default();
        let word = shown(word);
        return Err(Message::new(
            format!("{word} is no number; a text stands between single quotes"),
            format!("{word} 不是数值；文本须写在单引号内"),
        ));
    }
    if whole && let Ok(integer) = written.parse() {
        return Ok((Kind::Integer(integer), end));
    }
    match written.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok((Kind::Number(number), end)),
        _ => Err(Message::new(
            format!("the number {} is too large", shown(written)),
            format!("数值 {} 过大", shown(written)),
        )),
    }
}

/// As a message names it.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(&shown(word)),
            Self::Name(name) => write!(f, "\"{}\"", shown(name)),
            Self::Text(text) => write!(f, "'{}'", shown(text)),
            Self::Integer(integer) => write!(f, "{integer}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Mark(mark) => f.write_str(mark),
            Self::End => f.write_str("…"),
        }
    }
}

/// Whether a name stands for itself without quotes.
pub(super) fn is_plain_name(name: &str) -> bool {
    let mut chars = name.chars();
    let word = chars.next().is_some_and(begins_word) && chars.all(goes_on_word);
    let upper = name.to_uppercase();
    word && !super::text::RESERVED.contains(&upper.as_str()) && upper != "DIV" && !super::wkt::is_name(&upper)
}
