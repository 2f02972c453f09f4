//! Words in several languages.

use std::collections::BTreeMap;

/// The languages of the register. Every message exists in `En` and `Zh`; names may exist in all four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    Zh,
    En,
    Ru,
    Ko,
}

impl Lang {
    pub const ALL: [Self; 4] = [Self::Zh, Self::En, Self::Ru, Self::Ko];

    /// The ISO 639-1 code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
            Self::Ru => "ru",
            Self::Ko => "ko",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }
}

/// The names of one thing, at most one in each language. May be empty: a register point often has only a number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(BTreeMap<Lang, String>);

impl Names {
    #[must_use]
    pub fn with(mut self, lang: Lang, name: impl Into<String>) -> Self {
        self.0.insert(lang, name.into());
        self
    }

    pub fn get(&self, lang: Lang) -> Option<&str> {
        self.0.get(&lang).map(String::as_str)
    }

    /// The name in `lang`, else in English, else in Chinese, else in whichever language there is.
    pub fn best(&self, lang: Lang) -> Option<&str> {
        self.get(lang)
            .or_else(|| self.get(Lang::En))
            .or_else(|| self.get(Lang::Zh))
            .or_else(|| self.0.values().next().map(String::as_str))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (Lang, &str)> {
        self.0.iter().map(|(lang, name)| (*lang, name.as_str()))
    }
}

/// One sentence for people, in the two languages that are always complete.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub en: String,
    pub zh: String,
}

impl Message {
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Self {
        Self {
            en: en.into(),
            zh: zh.into(),
        }
    }

    /// The sentence in Chinese for `Zh`, in English for every other language.
    pub fn get(&self, lang: Lang) -> &str {
        if lang == Lang::Zh { &self.zh } else { &self.en }
    }
}

/// Bytes as lower-case hexadecimal, the way hashes are written.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
