//! The inspection act as PDF/A: from the model to the data of the template.
//!
//! Everything that is counted, chosen or formatted is done here; the template (`typst/act.typ`) only lays out. Start
//! with [`act`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::map::{self, Drawing};
use super::model::{Act, Leaf, Visit};
use super::typst::{Document, Fonts, pdf_a};
use super::words::{Words, number, untranslated};
use crate::domain::finding::{Unit, Verdict};
use crate::domain::inspection::InspectionKind;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::{Lang, Message, Names, hex};
use crate::unit::Metres;

const TEMPLATE: &str = include_str!("typst/act.typ");

/// The room for the notice in the head of a page; a longer one also stands in full on the first page.
const NOTICE: usize = 125;

/// How many characters without a glyph one refusal lists.
const MISTAKES: usize = 20;

/// The act in two languages, as PDF/A-2a. The same model, languages and version give the same bytes.
///
/// # Errors
/// `GlyphMissing` names every character the fonts cannot print and where in the model it stands; `NotAcceptable` names
/// what has no text in one of the languages; `ParameterInvalid` when both languages are the same.
pub fn act(model: &Act, languages: [Lang; 2], fonts: &Fonts) -> Result<Vec<u8>, Problem> {
    if languages[0] == languages[1] {
        return Err(Problem::new(
            Code::ParameterInvalid,
            Message::new("An act has two different languages.", "检查记录须使用两种不同的语言。"),
            Message::new(
                "Ask for two, for example lang=zh,en.",
                "请指定两种语言，例如 lang=zh,en。",
            ),
        ));
    }
    printable(model, fonts)?;
    let drawing = map::draw(model, languages);
    let hash = hex(&model.content_hash());
    let data = Data {
        model,
        languages,
        words: Words::get()?,
    }
    .all(drawing.as_ref(), &hash)?;
    let mut files = BTreeMap::from([("data.json".to_owned(), data.to_string().into_bytes())]);
    if let Some(drawing) = drawing {
        for (at, item) in drawing.legend.into_iter().enumerate() {
            files.insert(format!("legend-{at}.svg"), item.svg.into_bytes());
        }
        files.insert("map.svg".to_owned(), drawing.svg.into_bytes());
    }
    let codes = languages.map(Lang::code).join(",");
    let document = Document {
        template: TEMPLATE,
        files,
        time: model.snapshot,
        ident: format!("{hash} {codes}"),
        creator: model.software.clone(),
    };
    pdf_a(document, fonts)
}

/// Refuses characters that the fonts have no glyph for, and those that are never seen: controls, marks that turn the
/// direction of what follows, private use. Blanks and line breaks are neither.
fn printable(model: &Act, fonts: &Fonts) -> Result<(), Problem> {
    let mut good = BTreeSet::new();
    let mut mistakes = Vec::new();
    model.walk(&mut |path, leaf| {
        let Leaf::Text(text) = leaf else { return };
        for c in text.chars() {
            if matches!(c, '\n' | '\r' | '\t' | ' ') || good.contains(&c) {
                continue;
            }
            if !invisible(c) && fonts.covers(c) {
                good.insert(c);
            } else if mistakes.len() < MISTAKES && mistakes.iter().all(|m: &(String, char)| m.0 != path || m.1 != c) {
                mistakes.push((path.to_owned(), c));
            }
        }
    });
    let Some((path, c)) = mistakes.first() else {
        return Ok(());
    };
    let shown = shown(*c);
    Err(Problem::new(
        Code::GlyphMissing,
        Message::new(
            format!("The fonts of the documents have no glyph for {shown}, which stands in {path}."),
            format!("文件所用字体没有字符 {shown} 的字形，该字符位于 {path}。"),
        ),
        Message::new(
            "Replace or remove the character there, then export again.",
            "请替换或删除该处的字符，然后重新导出。",
        ),
    )
    .with_mistakes(
        mistakes
            .iter()
            .map(|(path, c)| Mistake {
                at: path.clone(),
                detail: Message::new(
                    format!("no glyph for {}", self::shown(*c)),
                    format!("缺少字形：{}", self::shown(*c)),
                ),
            })
            .collect(),
    ))
}

/// A character by its code point, and itself where that is harmless.
fn shown(c: char) -> String {
    let code = u32::from(c);
    if invisible(c) {
        format!("U+{code:04X}")
    } else {
        format!("“{c}” (U+{code:04X})")
    }
}

fn invisible(c: char) -> bool {
    c.is_control()
        || matches!(u32::from(c),
            0xAD | 0x61C | 0x180E | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0xFE00..=0xFE0F | 0xFEFF
            | 0xFFF9..=0xFFFB | 0xE000..=0xF8FF | 0xE0000..=0xE0FFF | 0xF0000..)
}

struct Data<'m> {
    model: &'m Act,
    languages: [Lang; 2],
    words: &'static Words,
}

type Part = Result<Value, Problem>;

impl Data<'_> {
    fn all(&self, drawing: Option<&Drawing>, hash: &str) -> Part {
        let m = self.model;
        let title = match m.inspection.kind {
            InspectionKind::Joint => "act_joint",
            InspectionKind::Control => "act_control",
        };
        let boundary = self.required(&m.boundary.names, "the name of the boundary")?;
        let notice = match &m.boundary.notice {
            Some(notice) => self.required(notice, "the notice of the boundary")?,
            None => Value::Null,
        };
        let number_text = self.filled("number_sign", &[&m.number])?;
        let mut terms = serde_json::Map::new();
        for code in self.words.codes() {
            terms.insert(code.to_owned(), self.term(code)?);
        }
        Ok(json!({
            "langs": self.languages.map(Lang::code),
            "words": terms,
            "title": self.term(title)?,
            "number": soft(&m.number),
            "number_text": number_text,
            "boundary": boundary,
            "general": self.general()?,
            "result": self.result()?,
            "teams": self.teams(),
            "uploads": self.uploads(),
            "coverage_notes": self.coverage_notes()?,
            "sections": self.sections(),
            "total": self.total(),
            "gaps": self.gaps()?,
            "evaluated": m.coverage.is_some(),
            "markers": self.markers(),
            "wide_numbers": m.markers.iter().flat_map(|k| k.number.split(' ')).any(|word| word.chars().count() > 6),
            "markers_note": self.filled("s_markers", &[&m.markers.len().to_string()])?,
            "findings": self.findings()?,
            "remarks": self.remarks(),
            "last_remark_short": self.last_remark_is_short(),
            "parity": self.parity()?,
            "signatures": self.signatures()?,
            "map": match drawing { Some(drawing) => self.map(drawing)?, None => Value::Null },
            "snapshot": moment(m.snapshot, true),
            "hash": &hash[..16],
            "head": {
                "boundary": cut(&boundary, 40),
                "number": cut(&number_text, 24),
                "notice": cut(&notice, NOTICE),
                "software": one_line(&m.software).chars().take(40).collect::<String>(),
            },
        }))
    }

    /// One text in both languages; once, where they are the same.
    fn each(&self, text: impl Fn(Lang) -> Result<String, Problem>) -> Part {
        let [a, b] = self.languages;
        let (first, second) = (text(a)?, text(b)?);
        if first == second {
            return Ok(json!([{ "l": a.code(), "t": soft(&first) }]));
        }
        Ok(json!([{ "l": a.code(), "t": soft(&first) }, { "l": b.code(), "t": soft(&second) }]))
    }

    fn term(&self, code: &str) -> Part {
        let [a, b] = self.languages;
        Ok(
            json!([{ "l": a.code(), "t": self.words.term(code, a)? }, { "l": b.code(), "t": self.words.term(code, b)? }]),
        )
    }

    fn filled(&self, code: &str, values: &[&str]) -> Part {
        self.each(|lang| self.words.filled(code, lang, values))
    }

    /// A name that both languages must have.
    fn required(&self, names: &Names, what: &str) -> Part {
        self.each(|lang| {
            names
                .get(lang)
                .map(str::to_owned)
                .ok_or_else(|| untranslated(what, lang))
        })
    }

    /// A name in both languages, or in those there are.
    fn names(&self, names: &Names) -> Value {
        let mut out: Vec<(Lang, &str)> = Vec::new();
        for lang in self.languages {
            let order = [lang, Lang::En, Lang::Zh];
            let found = order
                .into_iter()
                .find_map(|l| Some((l, names.get(l)?)))
                .or_else(|| names.iter().next());
            if let Some((lang, text)) = found
                && out.iter().all(|(_, other)| *other != text)
            {
                out.push((lang, text));
            }
        }
        out.into_iter()
            .map(|(lang, text)| json!({ "l": lang.code(), "t": soft(text) }))
            .collect()
    }

    /// The same text whatever the language: numbers, file names.
    fn plain(&self, text: &str) -> Value {
        json!([{ "l": Lang::En.code(), "t": soft(text) }])
    }

    fn party(&self, code: &str) -> Value {
        let party = self.model.boundary.parties.iter().find(|party| party.code == code);
        match party.map(|party| self.names(&party.names)) {
            Some(names) => names,
            None => self.plain(code),
        }
    }

    fn general(&self) -> Part {
        let m = self.model;
        let inspection = &m.inspection;
        let parties = self.each(|lang| {
            let names: Result<Vec<&str>, Problem> = m
                .boundary
                .parties
                .iter()
                .map(|p| {
                    p.names
                        .get(lang)
                        .ok_or_else(|| untranslated(&format!("the party {}", p.code), lang))
                })
                .collect();
            Ok(names?.join(if lang == Lang::Zh { "、" } else { ", " }))
        })?;
        let named = self.each(|lang| {
            Ok(match inspection.names.best(lang) {
                Some(name) => format!("{} · {name}", inspection.number),
                None => inspection.number.clone(),
            })
        })?;
        let mut rows = vec![
            ("f_boundary", self.names(&m.boundary.names)),
            ("f_parties", parties),
            ("f_inspection", named),
        ];
        let period = match (inspection.starts, inspection.ends) {
            (Some(a), Some(b)) if a != b => Some(self.each(|lang| self.words.period(a, b, lang))?),
            (Some(day), _) | (None, Some(day)) => Some(self.each(|lang| self.words.date(day, lang))?),
            (None, None) => None,
        };
        rows.extend(period.map(|period| ("f_period", period)));
        rows.extend(inspection.route.as_ref().map(|route| ("f_route", self.plain(route))));
        rows.push(("f_place", self.names(&m.place)));
        let date = match m.date {
            Some(date) => self.each(|lang| self.words.date(date, lang))?,
            None => json!([]),
        };
        rows.push(("f_date", date));
        rows.push(("f_frame", self.plain(&m.boundary.frame)));
        let notice = m.boundary.notice.as_ref();
        if notice.is_some_and(|n| n.iter().any(|(_, text)| text.chars().count() > NOTICE)) {
            rows.extend(notice.map(|notice| ("f_notice", self.names(notice))));
        }
        rows.into_iter()
            .map(|(label, value)| Ok(json!({ "label": self.term(label)?, "value": value })))
            .collect()
    }

    fn result(&self) -> Part {
        let m = self.model;
        let (length, covered) = self.lengths();
        let visits = |visit| m.markers.iter().filter(|marker| marker.visit == Some(visit)).count();
        let seen = m.markers.iter().any(|marker| marker.visit.is_some());
        let count = |n: usize| if seen { n.to_string() } else { "–".to_owned() };
        let of = format!("\u{202f}/\u{202f}{}", m.markers.len());
        let figures = [
            (number(length / 1000.0, 3), "km".to_owned(), "r_length"),
            match covered {
                Some(covered) => (percent(covered, length), "%".to_owned(), "r_covered"),
                None => ("–".to_owned(), String::new(), "r_covered"),
            },
            (
                count(visits(Visit::Visited)),
                if seen { of } else { String::new() },
                "r_visited",
            ),
            (count(visits(Visit::Missed)), String::new(), "r_missed"),
            (
                if m.coverage.is_some() {
                    m.gaps.len().to_string()
                } else {
                    "–".to_owned()
                },
                String::new(),
                "r_gaps",
            ),
        ];
        let figures: Result<Vec<Value>, Problem> = figures
            .into_iter()
            .map(|(figure, unit, label)| Ok(json!({ "figure": figure, "unit": unit, "label": self.term(label)? })))
            .collect();
        let verdicts: Vec<Value> = Verdict::ALL
            .into_iter()
            .map(|v| {
                let n = m.markers.iter().filter(|marker| marker.verdict == Some(v)).count();
                json!({ "verdict": v.word(), "n": n })
            })
            .collect();
        Ok(json!({ "figures": figures?, "verdicts": verdicts }))
    }

    /// The length of all sections, and what of it is covered where that was evaluated at all.
    fn lengths(&self) -> (f64, Option<f64>) {
        let sections = &self.model.sections;
        let length = sections.iter().map(|s| s.length.get()).sum();
        let evaluated = sections.iter().any(|s| s.covered.is_some());
        let covered = sections.iter().filter_map(|s| s.covered).map(Metres::get).sum();
        (length, evaluated.then_some(covered))
    }

    fn teams(&self) -> Value {
        let teams = self.model.teams.iter().map(|team| {
            json!({
                "party": self.party(&team.party),
                "name": self.names(&team.name),
                "leader": self.names(&team.leader),
                "members": team.members.to_string(),
            })
        });
        teams.collect()
    }

    fn uploads(&self) -> Value {
        let uploads = self.model.uploads.iter().map(|upload| {
            let span: Vec<String> = [upload.first_time, upload.last_time]
                .into_iter()
                .flatten()
                .map(|t| moment(t, false))
                .collect();
            json!({
                "receipt": narrow(&upload.receipt),
                "file": soft(&upload.file_name),
                "sha": &hex(&upload.sha256)[..16],
                "fixes": number(upload.fixes as f64, 0),
                "span": span,
            })
        });
        uploads.collect()
    }

    fn coverage_notes(&self) -> Part {
        let Some(coverage) = &self.model.coverage else {
            return Ok(json!([self.term("s_no_uploads")?]));
        };
        let buffer = number(
            coverage.buffer.get(),
            if coverage.buffer.get().fract() == 0.0 { 0 } else { 1 },
        );
        let mut notes = vec![match &coverage.route {
            Some(route) => self.filled("s_coverage_route", &[&buffer, route])?,
            None => self.filled("s_coverage_line", &[&buffer])?,
        }];
        if coverage.assumed_accuracy {
            notes.push(self.term("s_assumed")?);
        }
        Ok(Value::Array(notes))
    }

    fn sections(&self) -> Value {
        let sections = self.model.sections.iter().map(|section| {
            let length = section.length.get();
            let covered = section.covered.map(Metres::get);
            json!({
                "key": narrow(&section.key),
                "name": self.names(&section.names),
                "character": format!("character_{}", section.character.word()),
                "length": number(length, 1),
                "covered": covered.map(|c| number(c, 1)),
                "percent": covered.map(|c| percent(c, length)),
                "share": covered.map(|c| share(c, length)),
                "gaps": covered.map(|_| section.gaps.to_string()),
            })
        });
        sections.collect()
    }

    fn total(&self) -> Value {
        let (length, covered) = self.lengths();
        json!({
            "length": number(length, 1),
            "covered": covered.map(|c| number(c, 1)),
            "percent": covered.map(|c| percent(c, length)),
            "share": covered.map(|c| share(c, length)),
            "gaps": covered.map(|_| self.model.sections.iter().map(|s| u64::from(s.gaps)).sum::<u64>().to_string()),
        })
    }

    fn gaps(&self) -> Part {
        let gaps = self.model.gaps.iter().enumerate().map(|(at, gap)| {
            let place = match (&gap.after, &gap.before) {
                (Some(a), Some(b)) => self.filled("g_between", &[a, b])?,
                (Some(a), None) => self.filled("g_after", &[a])?,
                (None, Some(b)) => self.filled("g_before", &[b])?,
                (None, None) => json!([]),
            };
            Ok(json!({
                "label": map::gap_label(at),
                "section": narrow(&gap.section),
                "from": gap.from.to_string(),
                "to": gap.to.to_string(),
                "length": number(gap.length.get(), 1),
                "where": place,
                "verdict": gap.verdict.map(Verdict::word),
            }))
        });
        gaps.collect()
    }

    fn markers(&self) -> Value {
        let millimetres = |value: Option<Metres>| value.map(|v| number(v.get(), 3));
        let markers = self.model.markers.iter().map(|marker| {
            json!([
                narrow(&marker.label()),
                narrow(&marker.section),
                marker.chainage.to_string(),
                millimetres(marker.offset),
                millimetres(marker.deviation),
                millimetres(marker.uncertainty_95),
                millimetres(marker.tolerance),
                marker.verdict.map(Verdict::word),
                marker.visit.map(|v| format!("visit_{}", v.word())),
                marker.condition.map(|c| format!("condition_{}", c.word())),
            ])
        });
        markers.collect()
    }

    fn findings(&self) -> Part {
        let findings = self.model.findings.iter().map(|finding| {
            let check = finding.check.word();
            let unit = |value: Option<f64>| {
                value.map(|v| match finding.unit {
                    Unit::Metres => format!("{}\u{a0}m", number(v, 3)),
                    Unit::Degrees => format!("{}°", number(v, 4)),
                    Unit::Percent => format!("{}\u{a0}%", number(v, 1)),
                    Unit::Count => number(v, 0),
                })
            };
            // Messages exist in English and Chinese; other languages show the English one, marked as such.
            let mut message: Vec<(Lang, &str)> = Vec::new();
            for lang in self.languages {
                let said = if lang == Lang::Zh { Lang::Zh } else { Lang::En };
                message.push((said, finding.message.get(said)));
            }
            let message: Value = message
                .into_iter()
                .map(|(lang, text)| json!({ "l": lang.code(), "t": soft(text) }))
                .collect();
            Ok(json!({
                "code": check,
                "check": self.term(&format!("check_{check}"))?,
                "subjects": soft(&finding.subjects.join(", ")),
                "message": message,
                "measured": unit(finding.measured),
                "uncertainty": unit(finding.uncertainty_95),
                "tolerance": unit(finding.tolerance),
                "verdict": finding.verdict.word(),
            }))
        });
        findings.collect()
    }

    fn remarks(&self) -> Value {
        let remarks = self.model.remarks.iter().map(|remark| {
            let wanted: Vec<(Lang, &str)> = self
                .languages
                .into_iter()
                .filter_map(|lang| Some((lang, remark.text.get(lang)?)))
                .collect();
            let texts = if wanted.is_empty() {
                remark.text.iter().collect()
            } else {
                wanted
            };
            let texts: Value = texts
                .into_iter()
                .map(|(lang, text)| {
                    let paragraphs: Vec<Value> =
                        text.lines().filter(|line| !line.trim().is_empty()).map(soft).collect();
                    json!({ "l": lang.code(), "p": paragraphs })
                })
                .collect();
            json!({ "party": remark.party.as_ref().map(|code| self.party(code)), "texts": texts })
        });
        remarks.collect()
    }

    /// Short enough to stay on one page with the signatures.
    fn last_remark_is_short(&self) -> bool {
        const ROOM: usize = 600;
        self.model
            .remarks
            .last()
            .is_none_or(|remark| remark.text.iter().all(|(_, text)| text.chars().count() < ROOM))
    }

    fn parity(&self) -> Part {
        self.each(|lang| {
            let [a, b] = self
                .languages
                .map(|l| self.words.term(&format!("lang_{}", l.code()), lang));
            self.words.filled("s_parity", lang, &[a?, b?])
        })
    }

    /// A block for each party; a party nobody is named for gets one empty line to sign on.
    fn signatures(&self) -> Part {
        let m = self.model;
        // One side alone may make a control inspection; a joint act is for both to sign.
        let took_part =
            |code: &str| m.teams.iter().any(|t| t.party == code) || m.signatories.iter().any(|s| s.party == code);
        let alone =
            m.inspection.kind == InspectionKind::Control && m.boundary.parties.iter().any(|p| took_part(&p.code));
        let parties = m
            .boundary
            .parties
            .iter()
            .filter(|party| !alone || took_part(&party.code));
        let blocks = parties.map(|party| {
            let people: Vec<Value> = self
                .model
                .signatories
                .iter()
                .filter(|signatory| signatory.party == party.code)
                .map(|s| json!({ "name": self.names(&s.name), "office": self.names(&s.office) }))
                .collect();
            let people = if people.is_empty() {
                vec![json!({ "name": [], "office": [] })]
            } else {
                people
            };
            let title = self.each(|lang| {
                self.words
                    .filled("s_on_behalf", lang, &[party.names.best(lang).unwrap_or(&party.code)])
            })?;
            Ok(json!({ "title": title, "people": people }))
        });
        blocks.collect()
    }

    fn map(&self, drawing: &Drawing) -> Part {
        let scale = format!("1\u{202f}:\u{202f}{}", number(drawing.scale, 0));
        let place = |value: f64, letters: [&str; 2]| {
            let minutes = (value.abs() * 60.0).round();
            let letter = letters[usize::from(value < 0.0)];
            format!("{}°{:02}′{letter}", (minutes / 60.0).floor(), minutes % 60.0)
        };
        let centre = (
            place(drawing.centre.lat.get(), ["N", "S"]),
            place(drawing.centre.lon.get(), ["E", "W"]),
        );
        let labels: Vec<Value> = drawing
            .labels
            .iter()
            .map(|label| {
                let lines: Vec<Value> = label
                    .lines
                    .iter()
                    .map(|(lang, text)| json!({ "l": lang.code(), "t": one_line(text) }))
                    .collect();
                json!({ "x": label.x, "y": label.y, "style": label.style.word(), "lines": lines })
            })
            .collect();
        let legend: Result<Vec<Value>, Problem> = drawing
            .legend
            .iter()
            .map(|item| match &item.detail {
                None => self.term(item.term),
                Some(detail) => self.each(|lang| self.words.filled(item.term, lang, &[self.words.term(detail, lang)?])),
            })
            .collect();
        let [first, second] = self.languages;
        let alt = format!(
            "{} {}",
            self.words.filled("m_alt", first, &[&scale])?,
            self.words.filled("m_alt", second, &[&scale])?
        );
        let bar = &drawing.bar;
        let ticks: Vec<String> = (0..=bar.parts)
            .map(|i| number(f64::from(i) * bar.part_value, 0))
            .collect();
        Ok(json!({
            "width": drawing.width,
            "height": drawing.height,
            "landscape": drawing.landscape,
            "labels": labels,
            "legend": legend?,
            "scale": scale,
            "alt": alt,
            "bar": { "part": bar.part_mm, "ticks": ticks, "unit": bar.unit },
            "projection": self.filled("m_projection", &[&centre.0, &centre.1])?,
            "thinned": drawing.thinned,
        }))
    }
}

/// Never 100 % while anything is missing: rounded down.
fn percent(covered: f64, length: f64) -> String {
    number((share(covered, length) * 1000.0 + 1e-9).floor() / 10.0, 1)
}

fn share(covered: f64, length: f64) -> f64 {
    if length > 0.0 {
        (covered / length).clamp(0.0, 1.0)
    } else {
        0.0
    }
}

/// A moment in UTC, to the minute or to the second.
fn moment(time: Timestamp, seconds: bool) -> String {
    let format = if seconds {
        "%Y-%m-%d\u{a0}%H:%M:%S"
    } else {
        "%Y-%m-%d\u{a0}%H:%M"
    };
    time.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// White space of any kind as single blanks.
fn one_line(text: &str) -> String {
    let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    text.split(blank)
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Texts for the head and foot of a page, where there is room for so many characters and no more.
fn cut(texts: &Value, room: usize) -> Value {
    let Some(texts) = texts.as_array() else {
        return Value::Null;
    };
    let short = texts.iter().map(|text| {
        let whole = match &text["t"] {
            Value::Array(pieces) => pieces.iter().filter_map(Value::as_str).collect(),
            piece => piece.as_str().unwrap_or_default().to_owned(),
        };
        let cut = match whole.char_indices().nth(room) {
            Some((end, _)) => format!("{}…", &whole[..end]),
            None => whole,
        };
        json!({ "l": text["l"], "t": cut })
    });
    short.collect()
}

/// A text on one line, or its pieces where a line may break although there is no blank: file names and other long
/// words would otherwise run out of their cell.
fn soft(text: &str) -> Value {
    pieces(text, 14)
}

/// The same for a narrow column.
fn narrow(text: &str) -> Value {
    pieces(text, 10)
}

/// Breaks runs of more than `long` letters behind separators, and behind so many letters where there are none.
fn pieces(text: &str, long: usize) -> Value {
    let text = one_line(text);
    let run = text
        .split(|c: char| c == ' ' || c as u32 >= 0x2E80)
        .map(|run| run.chars().count())
        .max();
    if run.unwrap_or(0) <= long {
        return Value::String(text);
    }
    let mut pieces = vec![String::new()];
    let mut length = 0;
    for c in text.chars() {
        if let Some(piece) = pieces.last_mut() {
            piece.push(c);
        }
        length = if c == ' ' || c as u32 >= 0x2E80 { 0 } else { length + 1 };
        let separator = matches!(c, '_' | '-' | '.' | '/' | '\\' | '+' | '@') && length > 2;
        if separator || length >= long {
            pieces.push(String::new());
            length = 0;
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    json!(pieces)
}
