//! The field's terms in four languages.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

/// One term.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Term {
    pub code: String,
    pub en: String,
    pub zh: String,
    pub ru: String,
    pub ko: String,
    #[serde(default)]
    pub source: String,
}

#[derive(Deserialize)]
struct File {
    term: Vec<Term>,
}

/// All terms, in the order of the glossary.
pub fn terms() -> &'static [Term] {
    static TERMS: OnceLock<Vec<Term>> = OnceLock::new();
    TERMS.get_or_init(|| {
        let text = include_str!("../../data/reference/glossary.toml");
        toml::from_str::<File>(text).map(|file| file.term).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_term_is_there_in_four_languages() {
        let terms = super::terms();
        assert!(terms.len() > 40, "{}", terms.len());
        for term in terms {
            assert!(
                [&term.code, &term.en, &term.zh, &term.ru, &term.ko]
                    .iter()
                    .all(|t| !t.is_empty()),
                "{term:?}"
            );
        }
    }
}
