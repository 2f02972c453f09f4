//! What people type to find something: names, numbers, or a place along the line.

/// A place along a line, as it is said in the field.
#[derive(Debug, Clone, PartialEq)]
pub enum Along {
    /// `K12+300`: metres from the beginning of the boundary, or of a section where one is named.
    Chainage { section: Option<String>, metres: f64 },
    /// `417-418`: the stretch between two markers, by their numbers.
    Between(String, String),
    /// `320 m past 417`: metres along the line from a marker, negative before it.
    Past { marker: String, metres: f64 },
}

/// A text to be searched for, taken apart.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Lower case, one space between words.
    pub words: String,
    /// What the number in it may be written as: `17/2`, `17-2`, `17(2)` for any of them.
    pub numbers: Vec<String>,
    /// The number without what was inserted behind it, where it has that.
    pub main: Option<String>,
    /// Whether nothing was said but a number, and perhaps that it is one of a marker.
    pub is_number: bool,
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
        let figures = figures(&words);
        let (number, is_number) = number(&figures);
        // What is read from Chinese numerals is a number only where nothing else was said: many names hold a numeral.
        let number = number.filter(|_| is_number || words.contains(|c: char| c.is_ascii_digit()));
        let along = chainage(&words)
            .or_else(|| past(&figures))
            .or_else(|| between(&figures));
        // The figures of a chainage are no number of anything.
        let number = number.filter(|_| matches!(along, None | Some(Along::Between(..))));
        let parts = number.as_deref().map(parts).unwrap_or_default();
        Some(Self {
            numbers: number.as_deref().map(|n| writings(n, &parts)).unwrap_or_default(),
            main: parts.first().filter(|_| parts.len() > 1).cloned(),
            is_number: is_number && !parts.is_empty(),
            along: chainage(&words)
                .or_else(|| past(&figures))
                .or_else(|| between(&figures)),
            words,
        })
    }
}

/// Full-width forms, as Chinese keyboards give them, as the plain ones.
fn full_width(c: char) -> char {
    match c {
        '–' | '—' | '−' | '‐' | '‑' | '～' => '-',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// The text with Chinese numerals as figures: `十七(2)` as `17(2)`, `四一七号` as `417号`.
fn figures(words: &str) -> String {
    let is_numeral = |c: char| digit(c).is_some() || unit(c).is_some();
    let mut said = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(start) = rest.find(is_numeral) {
        let run = &rest[start..];
        let end = run.find(|c| !is_numeral(c)).unwrap_or(run.len());
        said.push_str(&rest[..start]);
        match numeral(&run[..end]) {
            Some(n) => said.push_str(&n.to_string()),
            None => said.push_str(&run[..end]),
        }
        rest = &run[end..];
    }
    said.push_str(rest);
    said
}

fn digit(c: char) -> Option<u64> {
    match c {
        '〇' | '零' => Some(0),
        '一' => Some(1),
        '二' | '两' => Some(2),
        '三' => Some(3),
        '四' => Some(4),
        '五' => Some(5),
        '六' => Some(6),
        '七' => Some(7),
        '八' => Some(8),
        '九' => Some(9),
        _ => None,
    }
}

fn unit(c: char) -> Option<u64> {
    match c {
        '十' => Some(10),
        '百' => Some(100),
        '千' => Some(1000),
        _ => None,
    }
}

/// A run of numerals: with units as a number is said, without as a row of figures.
fn numeral(run: &str) -> Option<u64> {
    if run.chars().count() > 9 {
        return None;
    }
    if !run.chars().any(|c| unit(c).is_some()) {
        return run
            .chars()
            .try_fold(0_u64, |n, c| n.checked_mul(10)?.checked_add(digit(c)?));
    }
    let (mut total, mut held) = (0_u64, None);
    for c in run.chars() {
        match unit(c) {
            Some(unit) => total = total.checked_add(held.take().unwrap_or(1) * unit)?,
            None => held = digit(c),
        }
    }
    total.checked_add(held.unwrap_or(0))
}

/// What is said around the number of a marker, the longest first. In small letters.
const MARKER_WORDS: [&str; 29] = [
    "пограничный",
    "boundary",
    "monument",
    "경계표지",
    "markers",
    "marker",
    "number",
    "pillar",
    "border",
    "столб",
    "stone",
    "знак",
    "post",
    "界桩",
    "界碑",
    "界标",
    "标志",
    "표지",
    "말뚝",
    "nr",
    "no",
    "第",
    "号",
    "號",
    "桩",
    "碑",
    "№",
    "호",
    "번",
];

/// Whether a text says nothing but what is said around numbers, and `also`.
fn says_nothing_else(text: &str, also: &[&str]) -> bool {
    let mut rest = text.to_owned();
    for word in MARKER_WORDS.iter().chain(also) {
        rest = rest.replace(word, " ");
    }
    !rest.contains(char::is_alphanumeric)
}

/// The number in a text, with what belongs to it, and whether nothing else of meaning was said.
fn number(figures: &str) -> (Option<String>, bool) {
    let said = figures.replace(" (", "(");
    let Some(start) = said.find(|c: char| c.is_ascii_digit()) else {
        return (None, false);
    };
    let rest = &said[start..];
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '(' | ')' | '.')))
        .unwrap_or(rest.len());
    let (mut number, mut behind) = rest.split_at(end);
    // `17号(2)`: what is inserted stands behind the word.
    let inserted = behind.strip_prefix('号').filter(|tail| tail.starts_with('('));
    let joined;
    if let Some(tail) = inserted {
        let end = tail.find(')').map_or(tail.len(), |at| at + 1);
        joined = format!("{number}{}", &tail[..end]);
        (number, behind) = (&joined, &tail[end..]);
    }
    let alone = says_nothing_else(&said[..start], &[]) && says_nothing_else(behind, &[]);
    let number = number.trim_end_matches(['.', '-', '/']).to_uppercase();
    (Some(number), alone)
}

/// The figures and letters of a number, without what stands between them.
fn parts(number: &str) -> Vec<String> {
    number
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Every way in which registers write a number: as it was typed first.
fn writings(number: &str, parts: &[String]) -> Vec<String> {
    let mut all = vec![number.to_owned()];
    if let Some((last, front)) = parts.split_last()
        && !front.is_empty()
    {
        all.extend(["/", "-", "."].map(|between| parts.join(between)));
        all.extend(["/", "-"].map(|between| format!("{}({last})", front.join(between))));
    } else {
        all.extend(parts.first().cloned());
    }
    let mut seen = Vec::with_capacity(all.len());
    for one in all {
        if !seen.contains(&one) {
            seen.push(one);
        }
    }
    seen
}

/// `k12+300`, `12+300.5`, `S1 K2+300`: kilometres and metres, of a section where one is named; `12.3 km` of the whole.
fn chainage(words: &str) -> Option<Along> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let Some((before, after)) = words.split_once('+') else {
        let kilometres = ["km", "公里", "千米"]
            .iter()
            .find_map(|unit| words.strip_suffix(unit))?;
        let kilometres: f64 = decimal(kilometres.trim())?;
        return (kilometres < 1e6).then_some(Along::Chainage {
            section: None,
            metres: kilometres * 1000.0,
        });
    };
    let (before, after) = (before.trim_end(), after.trim_start());
    let start = before
        .rfind(|c: char| !c.is_ascii_digit())
        .map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
    let kilometres = &before[start..];
    let end = after
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(after.len());
    let (metres, behind) = after.split_at(end);
    let (whole, _) = metres.split_once('.').unwrap_or((metres, ""));
    if !digits(kilometres) || !digits(whole) || whole.len() > 3 || kilometres.len() > 6 {
        return None;
    }
    let metres = kilometres.parse::<f64>().ok()?.mul_add(1000.0, decimal(metres)?);
    let front = before[..start].trim_end();
    let front = front.strip_suffix('k').unwrap_or(front);
    let mut named = format!("{front} {behind}");
    for word in ["section", "chainage", "国界段", "里程", "段", "участок", ",", ":"] {
        named = named.replace(word, " ");
    }
    let named = named.split_whitespace().collect::<Vec<_>>().join(" ");
    Some(Along::Chainage {
        section: (!named.is_empty()).then_some(named),
        metres,
    })
}

fn decimal(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (plain && text.len() <= 12).then(|| text.parse().ok())?
}

/// The numbers in a text, each with the text that follows it up to the next; and the text before the first.
fn numbers(text: &str) -> (String, Vec<(String, String)>) {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut lead = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let between = &rest[..start];
        match found.last_mut() {
            Some((_, behind)) => behind.push_str(between),
            None => lead.push_str(between),
        }
        let run = &rest[start..];
        let end = run
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '/' | '(' | ')' | '.')))
            .unwrap_or(run.len());
        // Letters that end a number, as in 518a; `m` is a unit.
        let letters = run[end..]
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(run.len() - end);
        let end = match &run[end..end + letters] {
            "m" | "km" | "and" | "to" => end,
            _ => end + letters.min(3),
        };
        found.push((run[..end].to_owned(), String::new()));
        rest = &run[end..];
    }
    match found.last_mut() {
        Some((_, behind)) => behind.push_str(rest),
        None => lead.push_str(rest),
    }
    (lead, found)
}

/// `320 m past 417`, `距417号界桩320米`.
fn past(figures: &str) -> Option<Along> {
    const FORTH: [&str; 8] = ["from", "past", "after", "beyond", "距", "以远", "过", "后"];
    const BACK: [&str; 3] = ["before", "之前", "前"];
    let (lead, found) = numbers(figures);
    let [first, second] = found.as_slice() else { return None };
    let is_length = |behind: &str| {
        let behind = behind.trim_start();
        behind == "m" || behind.starts_with("m ") || behind.starts_with("met") || behind.starts_with('米')
    };
    let (length, marker) = match (is_length(&first.1), is_length(&second.1)) {
        (true, false) => (first, second),
        (false, true) => (second, first),
        _ => return None,
    };
    let said = format!("{lead} {} {}", first.1, second.1);
    let back = BACK.iter().any(|word| said.contains(word));
    if !back && !FORTH.iter().any(|word| said.contains(word)) {
        return None;
    }
    let metres = decimal(&length.0)?;
    Some(Along::Past {
        marker: marker.0.clone(),
        metres: if back { -metres } else { metres },
    })
}

/// `417-418`, `between 417 and 418`, `417号至418号`.
fn between(figures: &str) -> Option<Along> {
    const BETWEEN: [&str; 14] = [
        "between",
        "from",
        "and",
        "to",
        "之间",
        "自",
        "从",
        "至",
        "到",
        "与",
        "與",
        "和",
        "及",
        "между",
    ];
    let (lead, found) = numbers(figures);
    let [(from, middle), (to, behind)] = found.as_slice() else {
        return None;
    };
    let joined = middle.contains('-') || BETWEEN.iter().any(|word| middle.contains(word));
    let plain = [&lead, middle, behind]
        .iter()
        .all(|text| says_nothing_else(text, &BETWEEN));
    (joined && plain && from != to && from.len() <= 20 && to.len() <= 20)
        .then(|| Along::Between(from.clone(), to.clone()))
}

/// From this likeness on, a record may be what was meant.
pub const LIKELY: f32 = 0.62;

/// How alike what was asked is to words of a record, 0 to 1: each word asked against the word most like it.
///
/// - **Shape**: both in small letters, without accents. Writing without spaces (Chinese, Japanese, Korean syllables) is
///   compared as runs of characters.
/// - **Source**: edits as counted by Damerau and Levenshtein, neighbours that changed places as one.
pub fn likeness(asked: &str, words: &str) -> f32 {
    let known = tokens(words);
    let (mut sum, mut weight) = (0.0, 0.0);
    for token in tokens(asked) {
        let best = known.iter().map(|word| alike(&token, word)).fold(0.0, f32::max);
        let length = token.len() as f32;
        sum += best * length;
        weight += length;
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// Words as characters; a run of ideographs is one.
fn tokens(text: &str) -> Vec<Vec<char>> {
    let mut all: Vec<Vec<char>> = Vec::new();
    let mut last = None;
    for c in text.chars() {
        // Ideographs are kept apart by spaces where words are stored; here they come together again.
        if c == ' ' && last == Some(true) {
            continue;
        }
        let kind = c.is_alphanumeric().then(|| is_ideograph(c));
        if let Some(ideograph) = kind {
            match all.last_mut().filter(|_| last == Some(ideograph)) {
                Some(token) => token.push(c),
                None => all.push(vec![c]),
            }
        }
        last = kind;
    }
    all
}

const fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}')
}

fn alike(asked: &[char], word: &[char]) -> f32 {
    let n = asked.len();
    if word.starts_with(asked) {
        return if word.len() == n { 1.0 } else { 0.95 };
    }
    if asked.first().copied().is_some_and(is_ideograph) {
        // Part of a longer run is as good as a word.
        let mut best = 0.0_f32;
        for length in n.saturating_sub(1).max(1)..=n + 1 {
            for window in word.windows(length) {
                best = best.max(1.0 - edits(asked, window) as f32 / n as f32);
            }
        }
        return best.max(0.0);
    }
    // Figures are right or wrong.
    if n < 3 || asked.iter().all(char::is_ascii_digit) {
        return 0.0;
    }
    if word.len() + 3 < n || n + 3 < word.len() {
        // Something left out at the end is no mistake of spelling.
        let head = word.get(..n).unwrap_or(word);
        return 0.9 * (1.0 - edits(asked, head) as f32 / n as f32).max(0.0);
    }
    1.0 - edits(asked, word) as f32 / n.max(word.len()) as f32
}

/// Longer words are compared by their beginnings.
const LONGEST_WORD: usize = 40;

/// The fewest letters put in, left out, changed, or changed places with a neighbour.
fn edits(a: &[char], b: &[char]) -> usize {
    let (a, b) = (a.get(..LONGEST_WORD).unwrap_or(a), b.get(..LONGEST_WORD).unwrap_or(b));
    let mut older = vec![0; b.len() + 1];
    let mut old: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut new = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let mut least = (old[j] + usize::from(x != y)).min(old[j + 1] + 1).min(new[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(older[j - 1] + 1);
            }
            new[j + 1] = least;
        }
        older = std::mem::replace(&mut old, new);
    }
    old.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn along(text: &str, expect: Option<Along>) {
        assert_eq!(Query::parse(text).and_then(|query| query.along), expect, "{text}");
    }

    fn at(metres: f64) -> Option<Along> {
        Some(Along::Chainage { section: None, metres })
    }

    #[test]
    fn places_along_the_line_are_recognised() {
        along("K12+300", at(12_300.0));
        along("12+300.5", at(12_300.5));
        along("k 12 + 300", at(12_300.0));
        along("Ｋ１２＋３００", at(12_300.0));
        along("12.3 km", at(12_300.0));
        along("12.3公里", at(12_300.0));
        let of = |section: &str, metres: f64| {
            Some(Along::Chainage {
                section: Some(section.to_owned()),
                metres,
            })
        };
        along("S1 K2+300", of("s1", 2_300.0));
        along("S1, 2+300", of("s1", 2_300.0));
        along("section S1 K2+300", of("s1", 2_300.0));
        along("S1段K2+300", of("s1", 2_300.0));
        along("K2+300 S1", of("s1", 2_300.0));
        let between = |a: &str, b: &str| Some(Along::Between(a.to_owned(), b.to_owned()));
        along("417-418", between("417", "418"));
        along("417–418", between("417", "418"));
        along("between 417 and 418", between("417", "418"));
        along("between markers 417 and 418", between("417", "418"));
        along("417号与418号", between("417", "418"));
        along("417号界桩至418号界桩之间", between("417", "418"));
        along("四百一十七号至四百一十八号", between("417", "418"));
        along("7/1 - 8", between("7/1", "8"));
        let past = |marker: &str, metres: f64| {
            Some(Along::Past {
                marker: marker.to_owned(),
                metres,
            })
        };
        along("320 m past 417", past("417", 320.0));
        along("320m from marker 417", past("417", 320.0));
        along("320 m before 7/1", past("7/1", -320.0));
        along("距417号界桩320米", past("417", 320.0));
        along("K12+3000", None);
        along("Quanhe", None);
        along("2026-05-01", None);
        along("17 apples and 3", None);
        along("+", None);
        along("km", None);
    }

    #[test]
    fn numbers_are_found_in_any_dress() {
        let number = |text: &str, expect: &str, alone: bool| {
            let query = Query::parse(text).unwrap();
            assert!(query.numbers.iter().any(|n| n == expect), "{text}: {:?}", query.numbers);
            assert_eq!(query.is_number, alone, "{text}");
        };
        number("marker 17/2", "17/2", true);
        number("No. 17(2)", "17(2)", true);
        number("No. 17(2)", "17/2", true);
        number("界桩17-2", "17-2", true);
        number("界桩17-2", "17(2)", true);
        number("17-2", "17/2", true);
        number("十七(2)", "17(2)", true);
        number("十七（2）", "17(2)", true);
        number("第十七号界桩", "17", true);
        number("17号(2)", "17(2)", true);
        number("四一七", "417", true);
        number("四百一十七", "417", true);
        number("пограничный знак № 17", "17", true);
        number("경계표지 17호", "17", true);
        number("5C", "5C", true);
        number("pier 12", "12", false);
        let none = |text: &str| assert_eq!(Query::parse(text).unwrap().numbers, Vec::<String>::new(), "{text}");
        none("圈河");
        none("三江口");
        none("一零零零零零零零零零");
    }

    #[test]
    fn a_word_with_a_mistake_is_still_like_itself() {
        let check = |asked: &str, words: &str, like: bool| {
            let found = likeness(asked, words);
            assert_eq!(found >= LIKELY, like, "{asked} / {words}: {found}");
        };
        check("blacktone mt", "17 blackstone mountain", true);
        check("blakcstone", "blackstone mountain", true);
        check("vyera", "astrand-veyra boundary", true);
        check("黑右山", "黑 石 山 口 岸", true);
        check("黑石", "黑 石 山", true);
        check("红左山", "黑 石 山", false);
        check("whitewater", "blackstone mountain", false);
        check("18", "17", false);
        check("", "17", false);
    }

    #[test]
    fn nothing_is_no_query() {
        assert_eq!(Query::parse("  \u{3000}\t"), None);
        assert_eq!(
            Query::parse(&"a".repeat(1000)).map(|query| query.words.len()),
            Some(LONGEST)
        );
    }

    #[test]
    fn no_text_is_too_strange() {
        for text in [
            "((((",
            "+++",
            "1+",
            "+1",
            "十百千",
            "K+",
            "1/1/1/1/1/1/1/1",
            "号(",
            "17号(",
            "m",
            "1m2m",
            "\u{202e}1-2",
        ] {
            let _ = Query::parse(text);
        }
        let long = "一十百千9(".repeat(100);
        assert!(Query::parse(&long).is_some());
        assert!(likeness(&long, &long) <= 1.0);
    }
}
