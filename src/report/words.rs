//! The words of the documents in four languages, and dates and numbers as each language writes them.
//!
//! The terms are data (`glossary.toml` and `act.toml` in `data/reference`), read once. A term that is not there stops the export: a document of
//! two languages never shows a code or an empty cell in place of a word.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::civil::Date;
use serde::Deserialize;

use crate::domain::problem::{Code, Problem};
use crate::domain::text::{Lang, Message};

/// U+202F: groups digits without ever letting a line break inside the number.
const NARROW_SPACE: char = '\u{202f}';
/// U+2212, as wide as a digit; the hyphen is not.
const MINUS: char = '\u{2212}';

#[derive(Debug, Deserialize)]
struct Term {
    zh: String,
    en: String,
    ru: String,
    ko: String,
}

impl Term {
    fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
            Lang::Ru => &self.ru,
            Lang::Ko => &self.ko,
        }
    }
}

/// All terms of the documents.
#[derive(Debug, Deserialize)]
pub struct Words {
    terms: BTreeMap<String, Term>,
    /// Terms that the glossary has, by its code.
    glossary: BTreeMap<String, String>,
    months: BTreeMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Glossary {
    term: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    code: String,
    #[serde(flatten)]
    term: Term,
}

static WORDS: LazyLock<Result<Words, String>> = LazyLock::new(|| {
    let mut words: Words = toml::from_str(include_str!("../../data/reference/act.toml")).map_err(|e| e.to_string())?;
    let glossary: Glossary =
        toml::from_str(include_str!("../../data/reference/glossary.toml")).map_err(|e| e.to_string())?;
    let mut glossary: BTreeMap<String, Term> = glossary.term.into_iter().map(|e| (e.code, e.term)).collect();
    for (code, of) in std::mem::take(&mut words.glossary) {
        let term = glossary
            .remove(&of)
            .ok_or_else(|| format!("the glossary has no term {of}"))?;
        words.terms.insert(code, term);
    }
    Ok(words)
});

impl Words {
    /// The words that are compiled in.
    ///
    /// # Errors
    /// When the compiled-in file is damaged, which a test rules out.
    pub fn get() -> Result<&'static Self, Problem> {
        WORDS.as_ref().map_err(|e| {
            Problem::new(
                Code::Internal,
                Message::new(
                    format!("The words of the documents cannot be read: {e}"),
                    format!("无法读取文件用语：{e}"),
                ),
                Message::new("Install the program again.", "请重新安装本程序。"),
            )
        })
    }

    /// The term `code` in `lang`.
    ///
    /// # Errors
    /// When there is no such term: the export stops and names it.
    pub fn term(&self, code: &str, lang: Lang) -> Result<&str, Problem> {
        let text = self
            .terms
            .get(code)
            .map(|term| term.get(lang))
            .filter(|text| !text.is_empty());
        text.ok_or_else(|| untranslated(code, lang))
    }

    /// The term with `{a}`, `{b}` and so on replaced by `values`, in order. What is filled in is not looked at again.
    ///
    /// # Errors
    /// When there is no such term.
    pub fn filled(&self, code: &str, lang: Lang, values: &[&str]) -> Result<String, Problem> {
        let mut rest = self.term(code, lang)?;
        let mut out = String::with_capacity(rest.len() + values.iter().map(|v| v.len()).sum::<usize>());
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            let place = rest[open..]
                .chars()
                .nth(1)
                .filter(|_| rest[open..].chars().nth(2) == Some('}'));
            let value = place.and_then(|c| values.get((c as usize).wrapping_sub('a' as usize)));
            match value {
                Some(value) => {
                    out.push_str(value);
                    rest = &rest[open + 3..];
                }
                None => {
                    out.push('{');
                    rest = &rest[open + 1..];
                }
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// A day as the language writes it in a protocol: `2026年9月14日`, `14 September 2026`.
    ///
    /// # Errors
    /// When the month has no name in the language.
    pub fn date(&self, date: Date, lang: Lang) -> Result<String, Problem> {
        let (year, day) = (date.year(), self.day(date, lang)?);
        Ok(match lang {
            Lang::Zh => format!("{year}年{day}"),
            Lang::Ko => format!("{year}년 {day}"),
            Lang::En => format!("{day}\u{a0}{year}"),
            Lang::Ru => format!("{day}\u{a0}{year}\u{a0}г."),
        })
    }

    /// From one day to a later one; a year or month they share is said once.
    ///
    /// # Errors
    /// When a month has no name in the language.
    pub fn period(&self, from: Date, to: Date, lang: Lang) -> Result<String, Problem> {
        if from.year() != to.year() {
            return self.filled("period", lang, &[&self.date(from, lang)?, &self.date(to, lang)?]);
        }
        let year = from.year().to_string();
        let (first, last) = (self.day(from, lang)?, self.day(to, lang)?);
        if from.month() != to.month() {
            return self.filled("period_year", lang, &[&first, &last, &year]);
        }
        match lang {
            Lang::Zh => self.filled("period_year", lang, &[&first, &format!("{}日", to.day()), &year]),
            Lang::Ko => self.filled("period_year", lang, &[&first, &format!("{}일", to.day()), &year]),
            Lang::En | Lang::Ru => Ok(format!("{}–{}", from.day(), self.date(to, lang)?)),
        }
    }

    /// Day and month without the year.
    fn day(&self, date: Date, lang: Lang) -> Result<String, Problem> {
        let (month, day) = (date.month(), date.day());
        let name = || {
            let at = usize::try_from(month - 1).ok();
            let name = at.and_then(|at| self.months.get(lang.code())?.get(at));
            name.ok_or_else(|| untranslated(&format!("month {month}"), lang))
        };
        Ok(match lang {
            Lang::Zh => format!("{month}月{day}日"),
            Lang::Ko => format!("{month}월 {day}일"),
            Lang::En | Lang::Ru => format!("{day}\u{a0}{}", name()?),
        })
    }

    /// Every code, for the test that all languages are there.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.terms.keys().map(String::as_str)
    }
}

/// The refusal for a name or a term that is missing in a language of the document.
pub fn untranslated(what: &str, lang: Lang) -> Problem {
    let code = lang.code();
    Problem::new(
        Code::NotAcceptable,
        Message::new(
            format!("The document cannot be made in the language “{code}”: {what} has no text in it."),
            format!("无法以语言“{code}”生成文件：{what} 没有该语言的文本。"),
        ),
        Message::new(
            "Enter the missing text, or ask for other languages.",
            "请补充缺少的文本，或选择其他语言。",
        ),
    )
}

/// A number with `decimals` places, digits in groups of three, a true minus sign; never breaks over lines.
pub fn number(value: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut out = String::with_capacity(plain.len() + 8);
    // A value that rounds to zero has no sign.
    if value < 0.0 && plain.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        out.push(MINUS);
    }
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(NARROW_SPACE);
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push('.');
        out.push_str(fraction);
    }
    out
}
