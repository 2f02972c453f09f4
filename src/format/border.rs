//! `border.toml`: a boundary with its parties, instruments, sections and inspections, and which files belong to it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::row::Mapping;
use crate::crs::{Crs, Frame, Kind, Plate};
use crate::domain::boundary::{Boundary, Party};
use crate::domain::inspection::{Inspection, InspectionKind, InspectionState, Team};
use crate::domain::instrument::{Instrument, InstrumentKind};
use crate::domain::lineage::Class;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::section::{Character, LegalStatus, Section, TechnicalStatus};
use crate::domain::text::{Lang, Message, Names};
use crate::unit::Epoch;

/// Everything that the file says.
#[derive(Debug, Clone)]
pub struct Border {
    pub boundary: Boundary,
    pub class: Class,
    pub instruments: Vec<Instrument>,
    /// Each with the key of its instrument.
    pub sections: Vec<(Section, Option<String>)>,
    pub inspections: Vec<Inspection>,
    pub imports: Vec<Import>,
}

/// One file that belongs to the border, and how it is read.
#[derive(Debug, Clone)]
pub struct Import {
    pub kind: String,
    pub file: String,
    /// The file's own reference system; the frame's where it is not stated.
    pub crs: Option<String>,
    pub mapping: Mapping,
}

#[derive(Deserialize)]
struct File {
    boundary: BoundaryPart,
    #[serde(default)]
    party: Vec<PartyPart>,
    #[serde(default)]
    instrument: Vec<InstrumentPart>,
    #[serde(default)]
    section: Vec<SectionPart>,
    #[serde(default)]
    inspection: Vec<InspectionPart>,
    #[serde(default)]
    import: Vec<ImportPart>,
}

#[derive(Deserialize)]
struct BoundaryPart {
    key: String,
    #[serde(default)]
    invented: bool,
    crs: String,
    epoch: Option<f64>,
    plate: Option<String>,
    class: Option<String>,
    left: Option<String>,
    right: Option<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    notice: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct PartyPart {
    code: String,
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct InstrumentPart {
    key: String,
    kind: String,
    number: Option<String>,
    signed: Option<toml::value::Datetime>,
    in_force: Option<toml::value::Datetime>,
    citation: Option<String>,
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct SectionPart {
    key: String,
    ordinal: i32,
    character: String,
    legal_status: String,
    technical_status: String,
    instrument: Option<String>,
    #[serde(default)]
    names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct InspectionPart {
    number: String,
    kind: String,
    state: String,
    starts: Option<toml::value::Datetime>,
    ends: Option<toml::value::Datetime>,
    #[serde(default)]
    names: BTreeMap<String, String>,
    #[serde(default)]
    team: Vec<TeamPart>,
}

#[derive(Deserialize)]
struct TeamPart {
    party: String,
    name: String,
    leader: Option<String>,
    #[serde(default)]
    leader_names: BTreeMap<String, String>,
    members: Option<i32>,
}

#[derive(Deserialize)]
struct ImportPart {
    #[serde(rename = "as")]
    kind: String,
    file: String,
    crs: Option<String>,
    #[serde(default)]
    map: String,
    #[serde(default)]
    set: String,
    #[serde(default)]
    codes: BTreeMap<String, BTreeMap<String, String>>,
}

fn names(map: BTreeMap<String, String>) -> Names {
    map.into_iter()
        .fold(Names::default(), |names, (code, name)| match Lang::from_code(&code) {
            Some(lang) => names.with(lang, name),
            None => names,
        })
}

/// A person's name in several languages; one without a language is taken as English.
fn leader(plain: Option<String>, in_languages: BTreeMap<String, String>) -> Names {
    let names = names(in_languages);
    match plain {
        Some(name) if names.is_empty() => names.with(Lang::En, name),
        _ => names,
    }
}

/// Collects what is wrong while reading on.
#[derive(Default)]
struct Check(Vec<Mistake>);

impl Check {
    fn wrong(&mut self, at: &str, detail: Message) {
        self.0.push(Mistake {
            at: at.to_owned(),
            detail,
        });
    }

    fn word<T>(&mut self, at: &str, word: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let value = read(word);
        if value.is_none() {
            self.wrong(
                at,
                Message::new(
                    format!("{word:?} is not a word of this list"),
                    format!("{word:?} 不在代码表中"),
                ),
            );
        }
        value
    }

    fn date(&mut self, at: &str, value: Option<toml::value::Datetime>) -> Option<Date> {
        let text = value?.date?.to_string();
        text.parse()
            .map_err(|_| {
                self.wrong(
                    at,
                    Message::new(format!("{text} is no date"), format!("{text} 不是日期")),
                )
            })
            .ok()
    }
}

/// Reads a border file.
///
/// # Errors
/// A [`Problem`] with the place where it is no TOML, or with all that is wrong in it.
pub fn read(text: &str) -> Result<Border, Problem> {
    let remedy = || {
        Message::new(
            "Correct the file; data/README.md describes it.",
            "请更正该文件，格式见 data/README.md。",
        )
    };
    let file: File = toml::from_str(text).map_err(|fault| {
        let reason = fault.message().to_owned();
        Problem::new(
            Code::FileMalformed,
            Message::new(
                format!("The border file cannot be read: {reason}."),
                format!("无法读取国界文件：{reason}。"),
            ),
            remedy(),
        )
    })?;
    let mut check = Check::default();
    let part = file.boundary;
    let frame = frame(&mut check, &part);
    let class = part
        .class
        .as_deref()
        .and_then(|w| check.word("boundary.class", w, Class::from_word))
        .unwrap_or_default();
    let parties = file
        .party
        .into_iter()
        .map(|p| Party {
            code: p.code,
            names: names(p.names),
        })
        .collect();
    let instruments = file
        .instrument
        .into_iter()
        .filter_map(|i| {
            Some(Instrument {
                kind: check.word("instrument.kind", &i.kind, InstrumentKind::from_word)?,
                signed: check.date("instrument.signed", i.signed),
                in_force: check.date("instrument.in_force", i.in_force),
                key: i.key,
                number: i.number,
                names: names(i.names),
                citation: i.citation,
            })
        })
        .collect();
    let sections = file
        .section
        .into_iter()
        .filter_map(|s| {
            let section = Section {
                character: check.word("section.character", &s.character, Character::from_word)?,
                legal_status: check.word("section.legal_status", &s.legal_status, LegalStatus::from_word)?,
                technical_status: check.word(
                    "section.technical_status",
                    &s.technical_status,
                    TechnicalStatus::from_word,
                )?,
                key: s.key,
                ordinal: s.ordinal,
                names: names(s.names),
            };
            Some((section, s.instrument))
        })
        .collect();
    let inspections = file
        .inspection
        .into_iter()
        .filter_map(|i| {
            Some(Inspection {
                kind: check.word("inspection.kind", &i.kind, InspectionKind::from_word)?,
                state: check.word("inspection.state", &i.state, InspectionState::from_word)?,
                starts: check.date("inspection.starts", i.starts),
                ends: check.date("inspection.ends", i.ends),
                number: i.number,
                names: names(i.names),
                teams: i
                    .team
                    .into_iter()
                    .map(|t| Team {
                        leader: leader(t.leader, t.leader_names),
                        party: t.party,
                        name: t.name,
                        members: t.members,
                    })
                    .collect(),
            })
        })
        .collect();
    let mut pairs = |text: &str| {
        Mapping::pairs(text).unwrap_or_else(|part| {
            check.wrong(
                "import.map",
                Message::new(
                    format!("{part:?} is no field=column"),
                    format!("{part:?} 不是“字段=列名”"),
                ),
            );
            BTreeMap::new()
        })
    };
    let imports = file
        .import
        .into_iter()
        .map(|i| Import {
            mapping: Mapping {
                columns: pairs(&i.map),
                constants: pairs(&i.set),
                codes: i.codes,
            },
            kind: i.kind,
            file: i.file,
            crs: i.crs,
        })
        .collect();
    match frame {
        Some(frame) if check.0.is_empty() => Ok(Border {
            boundary: Boundary {
                key: part.key,
                names: names(part.names),
                invented: part.invented,
                notice: names(part.notice),
                frame,
                parties,
                left: part.left,
                right: part.right,
            },
            class,
            instruments,
            sections,
            inspections,
            imports,
        }),
        _ => {
            let n = check.0.len();
            Err(Problem::new(
                Code::ValueInvalid,
                Message::new(
                    format!("The border file has {n} mistakes."),
                    format!("国界文件有{n}处错误。"),
                ),
                remedy(),
            )
            .with_mistakes(check.0))
        }
    }
}

fn frame(check: &mut Check, part: &BoundaryPart) -> Option<Frame> {
    let crs = Crs::lookup(&part.crs)
        .map_err(|fault| {
            check.wrong(
                "boundary.crs",
                Message::new(fault.to_string(), format!("{} 不是已知的坐标系", part.crs)),
            )
        })
        .ok()?;
    if crs.kind() != Kind::Geographic {
        check.wrong(
            "boundary.crs",
            Message::new(
                format!("the frame must be geographic: say {}", crs.base_code()),
                format!("国界坐标框架必须是大地坐标系，请写 {}", crs.base_code()),
            ),
        );
    }
    let epoch = part.epoch.and_then(|year| {
        Epoch::new(year)
            .map_err(|fault| {
                check.wrong(
                    "boundary.epoch",
                    Message::new(fault.to_string(), format!("{year} 不是有效的历元")),
                )
            })
            .ok()
    });
    let plate = part
        .plate
        .as_deref()
        .and_then(|code| check.word("boundary.plate", code, Plate::from_code));
    Some(Frame { crs, epoch, plate })
}
