//! What the inspection act says, as plain records.
//!
//! The model is complete: a renderer adds words and layout, never facts. Equal models give equal documents, byte for
//! byte. To see how, start with [`Act::walk`], the one description of the model's content, which the content hash and
//! the search for characters without a glyph both use.
//!
//! # The canonical form
//!
//! A UTF-8 text of lines that end in one line feed. The first is [`CANONICAL_FORM`]. Each further line is a path, one
//! tab and a value, in the order of the fields in this file:
//!
//! - a path is field names joined by full stops, list items by their number in brackets from 0: `teams[0].leader.zh`;
//! - a list first gives its length under `<path>.count`;
//! - a text stands as it is, but backslash, line feed, carriage return and tab are written `\\`, `\n`, `\r`, `\t`;
//! - a number is the shortest decimal that reads back to the same double, without exponent; zero has no sign;
//! - a day is `2026-09-14`, a moment `2026-09-14T06:30:00Z`, a code its word, a hash lower-case hexadecimal;
//! - positions are longitude, comma, latitude, separated by spaces;
//! - what is absent has no line.
//!
//! The content hash is the SHA-256 of that text.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::domain::finding::{Detail, Finding, Shape, Verdict};
use crate::domain::inspection::InspectionKind;
use crate::domain::marker::Condition;
use crate::domain::section::Character;
use crate::domain::text::{Names, hex};
use crate::unit::{Chainage, LonLat, Metres};

/// The first line of the canonical form; it changes whenever the form does.
pub const CANONICAL_FORM: &str = "merestone inspection act 1";

/// One inspection act.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// The number of the document, which with the boundary identifies it.
    pub number: String,
    pub boundary: Boundary,
    pub inspection: Inspection,
    /// Where the act is drawn up. May be empty: then a line is left for it.
    pub place: Names,
    /// The day the act is drawn up.
    pub date: Option<Date>,
    pub teams: Vec<Team>,
    pub uploads: Vec<Upload>,
    /// How coverage was measured; absent while nothing has been uploaded.
    pub coverage: Option<Coverage>,
    /// In the order of the line.
    pub sections: Vec<Section>,
    /// In the order of the line.
    pub gaps: Vec<Gap>,
    /// One for each element, in the order of the line.
    pub markers: Vec<Marker>,
    /// Findings other than those told by [`Act::markers`] and [`Act::gaps`].
    pub findings: Vec<Finding>,
    pub remarks: Vec<Remark>,
    pub signatories: Vec<Signatory>,
    pub map: Map,
    /// The moment the database was read. It is also the time stamp of the document.
    pub snapshot: Timestamp,
    /// The program and its version, for example `Merestone 0.1.0`.
    pub software: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    pub key: String,
    /// Needed in both languages of the document.
    pub names: Names,
    /// Printed on every page: that the border is invented, or the source and licence of a real one.
    pub notice: Option<Names>,
    /// To the left and to the right of the line, seen along increasing chainage.
    pub parties: [Party; 2],
    /// The reference frame of all coordinates, with code and epoch: `CGCS2000 (EPSG:4490), 2000.0`.
    pub frame: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    pub code: String,
    /// Needed in both languages of the document.
    pub names: Names,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    pub number: String,
    pub kind: InspectionKind,
    pub names: Names,
    pub starts: Option<Date>,
    pub ends: Option<Date>,
    pub route: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Team {
    /// The code of the party.
    pub party: String,
    pub name: Names,
    pub leader: Names,
    pub members: u32,
}

/// One survey file that the act rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    pub receipt: String,
    pub file_name: String,
    pub sha256: [u8; 32],
    /// Positions that were usable.
    pub fixes: u64,
    pub first_time: Option<Timestamp>,
    pub last_time: Option<Timestamp>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Coverage {
    /// The number of the planned route, or none when the boundary line itself was the reference.
    pub route: Option<String>,
    pub buffer: Metres,
    /// The files state no accuracy, so one was assumed.
    pub assumed_accuracy: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub key: String,
    pub names: Names,
    pub character: Character,
    pub length: Metres,
    /// Absent when coverage was not evaluated here.
    pub covered: Option<Metres>,
    pub gaps: u32,
}

/// A stretch that no track covers.
#[derive(Debug, Clone, PartialEq)]
pub struct Gap {
    /// The key of the section it begins in.
    pub section: String,
    pub from: Chainage,
    pub to: Chainage,
    pub length: Metres,
    /// The label of the last marker before it, if there is one.
    pub after: Option<String>,
    /// The label of the next marker behind it, if there is one.
    pub before: Option<String>,
    /// Whether the gap is longer than allowed.
    pub verdict: Option<Verdict>,
    pub line: Vec<LonLat>,
}

/// What became of one marker on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visit {
    /// Stayed at long enough, or observed.
    Visited,
    /// Within the buffer, but not long enough.
    Passed,
    Missed,
}

impl Visit {
    pub const ALL: [Self; 3] = [Self::Visited, Self::Passed, Self::Missed];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Visited => "visited",
            Self::Passed => "passed",
            Self::Missed => "missed",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.word() == word)
    }
}

/// One element of a marker.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    pub number: String,
    /// 0 for a marker of one element, else 1 and up.
    pub element: u8,
    /// The key of its section.
    pub section: String,
    pub position: LonLat,
    pub chainage: Chainage,
    /// From the registered point to the line; positive to the right, facing increasing chainage.
    pub offset: Option<Metres>,
    /// The offset less the registered one; for a marker on the line the offset itself.
    pub deviation: Option<Metres>,
    /// Expanded uncertainty (95 %) of the deviation.
    pub uncertainty_95: Option<Metres>,
    pub tolerance: Option<Metres>,
    pub verdict: Option<Verdict>,
    /// Absent while nothing has been uploaded.
    pub visit: Option<Visit>,
    pub condition: Option<Condition>,
}

impl Marker {
    /// As it is written: `12`, or `12(1)` for an element of several.
    pub fn label(&self) -> String {
        if self.element == 0 {
            self.number.clone()
        } else {
            format!("{}({})", self.number, self.element)
        }
    }
}

/// A remark of one party, or of both when no party is named.
#[derive(Debug, Clone, PartialEq)]
pub struct Remark {
    pub party: Option<String>,
    /// In the languages it was written in; it is not translated here.
    pub text: Names,
}

/// Who signs for a party. Empty names leave a line to write on.
#[derive(Debug, Clone, PartialEq)]
pub struct Signatory {
    pub party: String,
    pub name: Names,
    pub office: Names,
}

/// What the overview map shows besides markers and gaps.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Map {
    pub lines: Vec<MapLine>,
    pub tracks: Vec<Vec<LonLat>>,
    pub ports: Vec<Place>,
    pub towns: Vec<Place>,
}

/// A stretch of the boundary line of one character, along increasing chainage.
#[derive(Debug, Clone, PartialEq)]
pub struct MapLine {
    pub character: Character,
    pub line: Vec<LonLat>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    pub names: Names,
    pub position: LonLat,
}

/// One value of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leaf<'a> {
    /// Written by people; printed as it is.
    Text(&'a str),
    /// A code, day, moment or hash that the program wrote, or a text that is hashed but not printed.
    Word(&'a str),
    Number(f64),
    Points(&'a [LonLat]),
}

/// Goes through a model and hands every value and its path to `visit`.
struct Walk<'v> {
    path: String,
    visit: &'v mut dyn FnMut(&str, Leaf<'_>),
}

impl Walk<'_> {
    fn leaf(&mut self, name: &str, leaf: Leaf<'_>) {
        self.within(name, |w| (w.visit)(&w.path, leaf));
    }

    fn within(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        let before = self.path.len();
        if before > 0 {
            self.path.push('.');
        }
        self.path.push_str(name);
        inner(self);
        self.path.truncate(before);
    }

    fn text(&mut self, name: &str, text: &str) {
        self.leaf(name, Leaf::Text(text));
    }

    fn word(&mut self, name: &str, word: impl std::fmt::Display) {
        self.leaf(name, Leaf::Word(&word.to_string()));
    }

    fn number(&mut self, name: &str, value: impl Into<f64>) {
        self.leaf(name, Leaf::Number(value.into()));
    }

    fn metres(&mut self, name: &str, value: Option<Metres>) {
        if let Some(value) = value {
            self.number(name, value.get());
        }
    }

    fn names(&mut self, name: &str, names: &Names) {
        self.within(name, |w| {
            for (lang, text) in names.iter() {
                w.text(lang.code(), text);
            }
        });
    }

    fn list<T>(&mut self, name: &str, items: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.within(name, |w| {
            w.word("count", items.len());
            for (at, item) in items.iter().enumerate() {
                let before = w.path.len();
                // Writing to a string cannot fail.
                let _ = write!(w.path, "[{at}]");
                each(w, item);
                w.path.truncate(before);
            }
        });
    }

    fn here(&mut self, leaf: Leaf<'_>) {
        (self.visit)(&self.path, leaf);
    }
}

impl Act {
    /// Hands every value of the model and its path to `visit`, in the order of the canonical form.
    pub fn walk(&self, visit: &mut dyn FnMut(&str, Leaf<'_>)) {
        let w = &mut Walk {
            path: String::new(),
            visit,
        };
        w.text("number", &self.number);
        w.within("boundary", |w| self.boundary.walk(w));
        w.within("inspection", |w| self.inspection.walk(w));
        w.names("place", &self.place);
        if let Some(date) = self.date {
            w.word("date", date);
        }
        w.list("teams", &self.teams, |w, team| {
            w.text("party", &team.party);
            w.names("name", &team.name);
            w.names("leader", &team.leader);
            w.number("members", team.members);
        });
        w.list("uploads", &self.uploads, |w, upload| {
            w.text("receipt", &upload.receipt);
            w.text("file_name", &upload.file_name);
            w.word("sha256", hex(&upload.sha256));
            w.word("fixes", upload.fixes);
            for (name, time) in [("first_time", upload.first_time), ("last_time", upload.last_time)] {
                if let Some(time) = time {
                    w.word(name, time);
                }
            }
        });
        if let Some(coverage) = &self.coverage {
            w.within("coverage", |w| {
                if let Some(route) = &coverage.route {
                    w.text("route", route);
                }
                w.metres("buffer_m", Some(coverage.buffer));
                w.word("assumed_accuracy", coverage.assumed_accuracy);
            });
        }
        w.list("sections", &self.sections, |w, section| {
            w.text("key", &section.key);
            w.names("names", &section.names);
            w.word("character", section.character.word());
            w.metres("length_m", Some(section.length));
            w.metres("covered_m", section.covered);
            w.number("gaps", section.gaps);
        });
        w.list("gaps", &self.gaps, |w, gap| gap.walk(w));
        w.list("markers", &self.markers, |w, marker| marker.walk(w));
        w.list("findings", &self.findings, finding);
        w.list("remarks", &self.remarks, |w, remark| {
            if let Some(party) = &remark.party {
                w.text("party", party);
            }
            w.names("text", &remark.text);
        });
        w.list("signatories", &self.signatories, |w, signatory| {
            w.text("party", &signatory.party);
            w.names("name", &signatory.name);
            w.names("office", &signatory.office);
        });
        w.within("map", |w| self.map.walk(w));
        w.word("snapshot", self.snapshot);
        w.text("software", &self.software);
    }

    /// The canonical form, see the head of this module.
    pub fn canonical(&self) -> String {
        let mut out = format!("{CANONICAL_FORM}\n");
        self.walk(&mut |path, leaf| {
            out.push_str(path);
            out.push('\t');
            write_leaf(&mut out, leaf);
            out.push('\n');
        });
        out
    }

    /// The SHA-256 of the canonical form.
    pub fn content_hash(&self) -> [u8; 32] {
        Sha256::digest(self.canonical().as_bytes()).into()
    }
}

impl Boundary {
    fn walk(&self, w: &mut Walk<'_>) {
        w.text("key", &self.key);
        w.names("names", &self.names);
        if let Some(notice) = &self.notice {
            w.names("notice", notice);
        }
        w.list("parties", &self.parties, |w, party| {
            w.text("code", &party.code);
            w.names("names", &party.names);
        });
        w.text("frame", &self.frame);
    }
}

impl Inspection {
    fn walk(&self, w: &mut Walk<'_>) {
        w.text("number", &self.number);
        w.word("kind", self.kind.word());
        w.names("names", &self.names);
        for (name, date) in [("starts", self.starts), ("ends", self.ends)] {
            if let Some(date) = date {
                w.word(name, date);
            }
        }
        if let Some(route) = &self.route {
            w.text("route", route);
        }
    }
}

impl Gap {
    fn walk(&self, w: &mut Walk<'_>) {
        w.text("section", &self.section);
        w.number("from_m", self.from.get());
        w.number("to_m", self.to.get());
        w.metres("length_m", Some(self.length));
        for (name, label) in [("after", &self.after), ("before", &self.before)] {
            if let Some(label) = label {
                w.text(name, label);
            }
        }
        if let Some(verdict) = self.verdict {
            w.word("verdict", verdict.word());
        }
        w.leaf("line", Leaf::Points(&self.line));
    }
}

impl Marker {
    fn walk(&self, w: &mut Walk<'_>) {
        w.text("number", &self.number);
        w.number("element", self.element);
        w.text("section", &self.section);
        w.leaf("position", Leaf::Points(&[self.position]));
        w.number("chainage_m", self.chainage.get());
        w.metres("offset_m", self.offset);
        w.metres("deviation_m", self.deviation);
        w.metres("uncertainty_95_m", self.uncertainty_95);
        w.metres("tolerance_m", self.tolerance);
        let codes = [
            ("verdict", self.verdict.map(Verdict::word)),
            ("visit", self.visit.map(Visit::word)),
            ("condition", self.condition.map(Condition::word)),
        ];
        for (name, code) in codes {
            if let Some(code) = code {
                w.word(name, code);
            }
        }
    }
}

impl Map {
    fn walk(&self, w: &mut Walk<'_>) {
        w.list("lines", &self.lines, |w, line| {
            w.word("character", line.character.word());
            w.leaf("line", Leaf::Points(&line.line));
        });
        w.list("tracks", &self.tracks, |w, track| w.here(Leaf::Points(track)));
        for (name, places) in [("ports", &self.ports), ("towns", &self.towns)] {
            w.list(name, places, |w, place| {
                w.names("names", &place.names);
                w.leaf("position", Leaf::Points(&[place.position]));
            });
        }
    }
}

fn finding(w: &mut Walk<'_>, finding: &Finding) {
    w.word("check", finding.check.word());
    w.word("verdict", finding.verdict.word());
    w.list("subjects", &finding.subjects, |w, subject| w.here(Leaf::Text(subject)));
    w.word("unit", finding.unit.symbol());
    let numbers = [
        ("measured", finding.measured),
        ("uncertainty_95", finding.uncertainty_95),
        ("tolerance", finding.tolerance),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            w.number(name, value);
        }
    }
    w.text("tolerance_source", &finding.tolerance_source);
    w.within("message", |w| {
        w.text("en", &finding.message.en);
        w.text("zh", &finding.message.zh);
    });
    match &finding.shape {
        Shape::Nowhere => {}
        Shape::Point(point) => w.leaf("point", Leaf::Points(&[*point])),
        Shape::Line(line) => w.leaf("line", Leaf::Points(line)),
        Shape::Lines(lines) => w.list("lines", lines, |w, line| w.here(Leaf::Points(line))),
    }
    w.list("details", &finding.details, |w, (name, detail)| match detail {
        Detail::Number(value) => w.number(name, *value),
        Detail::Text(text) => w.word(name, text),
        Detail::Flag(flag) => w.word(name, flag),
    });
}

fn write_leaf(out: &mut String, leaf: Leaf<'_>) {
    match leaf {
        Leaf::Text(text) | Leaf::Word(text) => {
            for c in text.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\r' => out.push_str("\\r"),
                    '\t' => out.push_str("\\t"),
                    c => out.push(c),
                }
            }
        }
        Leaf::Number(value) => write_number(out, value),
        Leaf::Points(points) => {
            for (at, point) in points.iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                write_number(out, point.lon.get());
                out.push(',');
                write_number(out, point.lat.get());
            }
        }
    }
}

/// Rust writes the shortest decimal that reads back to the same double, and never an exponent.
fn write_number(out: &mut String, value: f64) {
    let value = if value == 0.0 { 0.0 } else { value };
    // Writing to a string cannot fail.
    let _ = write!(out, "{value}");
}
