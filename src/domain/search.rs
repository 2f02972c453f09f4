//! What people type to find something: names, numbers, or a place along the line.

/// A place along a line, as it is said in the field.
#[derive(Debug, Clone, PartialEq)]
pub enum Along {
    /// `K12+300`: metres from the beginning of the boundary.
    Chainage(f64),
    /// `417-418`: the stretch between two markers, by their numbers.
    Between(String, String),
}

/// A text to be searched for, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Lower case, one space between words.
    pub words: String,
    /// The number in it, when it names one kind of thing by a number: `marker 17/2`, `界桩17-2`, `No. 17(2)`.
    pub number: Option<String>,
    pub along: Option<Along>,
}

/// Longer texts are cut: nobody remembers more of a name.
const LONGEST: usize = 200;

impl Query {
    /// - **Shape**: `None` when nothing is left to be searched for.
    pub fn parse(text: &str) -> Option<Self> {
        let words: Vec<String> = text
            .chars()
            .take(LONGEST)
            .map(|c| if c.is_control() { ' ' } else { full_width(c) })
            .collect::<String>()
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let words = words.join(" ");
        if words.is_empty() {
            return None;
        }
        Some(Self {
            number: number(&words),
            along: chainage(&words).map(Along::Chainage).or_else(|| between(&words)),
            words,
        })
    }
}

/// Full-width forms, as Chinese keyboards give them, as the plain ones.
fn full_width(c: char) -> char {
    match c {
        '–' | '—' | '−' | '‐' | '～' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// `k12+300`, `12+300.5`: kilometres and metres.
fn chainage(words: &str) -> Option<f64> {
    let (kilometres, metres) = words.strip_prefix('k').unwrap_or(words).trim().split_once('+')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (whole, _) = metres.split_once('.').unwrap_or((metres, ""));
    if !digits(kilometres) || !digits(whole) || whole.len() > 3 || kilometres.len() > 6 {
        return None;
    }
    let metres: f64 = metres.parse().ok()?;
    Some(kilometres.parse::<f64>().ok()?.mul_add(1000.0, metres))
}

/// `417-418`, `between 417 and 418`, `417号至418号`.
fn between(words: &str) -> Option<Along> {
    let plain: String = words
        .replace(['号', '與', '与', '至', '和'], "-")
        .replace("between ", "")
        .replace(" and ", "-");
    let plain = plain.replace("--", "-");
    let (from, to) = plain.trim_end_matches('-').split_once('-')?;
    let is_number =
        |text: &str| text.starts_with(|c: char| c.is_ascii_digit()) && text.len() <= 20 && !text.contains('-');
    let (from, to) = (from.trim(), to.trim());
    (is_number(from) && is_number(to) && from != to).then(|| Along::Between(from.to_owned(), to.to_owned()))
}

/// The number in a text of few words: the first part that begins with a figure, with what belongs to it.
fn number(words: &str) -> Option<String> {
    let start = words.find(|c: char| c.is_ascii_digit())?;
    let rest = &words[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '(' | ')' | '.')))
        .unwrap_or(rest.len());
    Some(rest[..end].trim_end_matches(['.', '-', '/']).to_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(text: &str, expect: Option<Along>) {
        assert_eq!(Query::parse(text).and_then(|query| query.along), expect, "{text}");
    }

    #[test]
    fn places_along_the_line_are_recognised() {
        along("K12+300", Some(Along::Chainage(12_300.0)));
        along("12+300.5", Some(Along::Chainage(12_300.5)));
        along("Ｋ１２＋３００", Some(Along::Chainage(12_300.0)));
        let between = |a: &str, b: &str| Some(Along::Between(a.to_owned(), b.to_owned()));
        along("417-418", between("417", "418"));
        along("417–418", between("417", "418"));
        along("between 417 and 418", between("417", "418"));
        along("417号与418号", between("417", "418"));
        along("7/1 - 8", between("7/1", "8"));
        along("K12+3000", None);
        along("Quanhe", None);
        along("2026-05-01", None);
    }

    #[test]
    fn numbers_are_found_in_any_dress() {
        let number = |text: &str| Query::parse(text).and_then(|query| query.number);
        assert_eq!(number("marker 17/2").as_deref(), Some("17/2"));
        assert_eq!(number("No. 17(2)").as_deref(), Some("17(2)"));
        assert_eq!(number("界桩17-2").as_deref(), Some("17-2"));
        assert_eq!(number("5C").as_deref(), Some("5C"));
        assert_eq!(number("圈河"), None);
    }

    #[test]
    fn nothing_is_no_query() {
        assert_eq!(Query::parse("  \u{3000}\t"), None);
        assert_eq!(
            Query::parse(&"a".repeat(1000)).map(|query| query.words.len()),
            Some(LONGEST)
        );
    }
}
