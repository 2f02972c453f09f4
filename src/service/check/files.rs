//! The checks over plain files, without a register: the same code as over the register.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::Value;

use super::walk::{GnssWalk, planned};
use super::{frame_words, software};
use crate::check::coverage::{self, Coverage};
use crate::check::tolerance::Tolerances;
use crate::check::{Case, Site, marks_of, not_applicable, run};
use crate::crs::{Crs, Frame, Kind, Plate};
use crate::domain::finding::{CheckCode, Finding};
use crate::domain::line::BoundaryLine;
use crate::domain::problem::{Code, Problem};
use crate::domain::section::Segment;
use crate::domain::text::Message;
use crate::format::findings::{self, Head};
use crate::format::register::{self, ToFrame};
use crate::format::row::{Mapping, Row};
use crate::format::track::{self, TrackEvent};
use crate::service::Result;
use crate::service::files::{self, Options};
use crate::service::worker::Worker;
use crate::unit::{Epoch, LonLat};

/// Which files, in which frame, and what is wanted of them.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub lines: Vec<PathBuf>,
    pub markers: Vec<PathBuf>,
    pub tracks: Vec<PathBuf>,
    pub routes: Vec<PathBuf>,
    pub projects: Vec<PathBuf>,
    /// Of the files, and so of the check; when none is named, the one that the line's file says, else WGS 84.
    pub crs: Option<String>,
    pub epoch: Option<f64>,
    pub plate: Option<String>,
    pub mapping: Mapping,
    pub only: Vec<CheckCode>,
}

/// What came out.
pub struct Answer {
    pub findings: Vec<Finding>,
    pub coverage: Option<Coverage>,
    pub not_applicable: Vec<(CheckCode, Message)>,
    pub frame: String,
    pub way: Option<String>,
}

impl Answer {
    /// As GeoJSON with a summary on top.
    pub fn geojson(&self) -> Value {
        findings::write(
            &self.findings,
            &Head {
                frame: self.frame.clone(),
                software: software().to_owned(),
                way: self.way.clone(),
                not_applicable: &self.not_applicable,
            },
        )
    }

    /// Passes, inconclusives and fails by check.
    pub fn counts(&self) -> std::collections::BTreeMap<CheckCode, [usize; 3]> {
        findings::counts(&self.findings)
    }

    /// The summary alone: counts of verdicts by check.
    pub fn summary(&self) -> Value {
        findings::summary(&self.findings, &self.not_applicable)
    }
}

/// Rows of one file, at most.
const ROWS: usize = 2_000_000;

/// Runs the checks.
///
/// # Errors
/// A refusal that names the file, where it is, why, and what to do.
pub fn check(request: &Request, now: Timestamp) -> Result<Answer> {
    let lines = request
        .lines
        .iter()
        .map(|path| Ok((path, rows(path, request)?)))
        .collect::<Result<Vec<_>>>()?;
    // The line's own system is the check's where none was named.
    let said = lines.iter().find_map(|(_, read)| read.crs.as_ref());
    let frame = frame(request, said)?;
    let mut segments: Vec<Segment> = Vec::new();
    for (path, file) in &lines {
        let way = file.way(&frame)?;
        let read = register::segments(&file.rows, &request.mapping, &way).map_err(|p| p.in_file(name(path)))?;
        segments.extend(read.into_iter().map(|r| r.record));
    }
    segments.sort_by(|a, b| (&a.section, a.ordinal).cmp(&(&b.section, b.ordinal)));
    let line = BoundaryLine::new(&frame, &segments).map_err(Problem::from)?;
    let mut marks = Vec::new();
    for path in &request.markers {
        let file = rows(path, request)?;
        let way = file.way(&frame)?;
        let read = register::markers(&file.rows, &request.mapping, &way, None).map_err(|p| p.in_file(name(path)))?;
        marks.extend(read.iter().flat_map(|r| marks_of(&r.record.0, |_| None)));
    }
    let mut sites = Vec::new();
    for path in &request.projects {
        let file = rows(path, request)?;
        let way = file.way(&frame)?;
        let read = register::projects(&file.rows, &request.mapping, &way).map_err(|p| p.in_file(name(path)))?;
        sites.extend(read.into_iter().map(|r| Site {
            label: r.record.number.clone(),
            positions: r.record.footprint.points().collect(),
            sigma: crate::unit::Sigma::ZERO,
            expected_side: None,
        }));
    }
    let case = Case::new(frame, line, marks, sites, Tolerances::default());
    let mut answer = Answer {
        findings: run(&case, &request.only),
        coverage: None,
        not_applicable: Vec::new(),
        frame: frame_words(&case.frame),
        way: None,
    };
    let wanted = |code| request.only.is_empty() || request.only.contains(&code);
    if wanted(CheckCode::C04) && !request.tracks.is_empty() {
        let mut walk = GnssWalk::new(&case, now).map_err(Problem::from)?;
        answer.way = Some(walk.way().name());
        for path in &request.tracks {
            walk_file(&mut walk, path, now)?;
        }
        let mut plans = Vec::new();
        for path in &request.routes {
            let file = rows(path, request)?;
            let way = file.way(&case.frame)?;
            let read = register::routes(&file.rows, &request.mapping, &way).map_err(|p| p.in_file(name(path)))?;
            plans.extend(read.iter().map(|r| planned(&case, &r.record)));
        }
        let coverage = walk.finish(&plans);
        answer.findings.extend(coverage::findings(&case, &coverage));
        answer.findings.sort_by_key(|f| f.check);
        answer.coverage = Some(coverage);
    }
    answer.not_applicable = CheckCode::ALL
        .into_iter()
        .filter(|code| wanted(*code))
        .filter_map(|code| not_applicable(&case, code, answer.coverage.is_some()).map(|why| (code, why)))
        .collect();
    Ok(answer)
}

fn frame(request: &Request, said: Option<&Crs>) -> Result<Frame> {
    let crs = match (&request.crs, said) {
        (Some(code), _) => Crs::lookup(code).map_err(Problem::from)?,
        (None, Some(said)) => said.clone(),
        (None, None) => Crs::lookup("EPSG:4326").map_err(Problem::from)?,
    };
    let crs = if crs.kind() == Kind::Projected {
        Crs::lookup(crs.base_code()).map_err(Problem::from)?
    } else {
        crs
    };
    let epoch = request.epoch.map(Epoch::new).transpose().map_err(|fault| {
        Problem::new(
            Code::ParameterInvalid,
            Message::new(format!("--epoch: {fault}."), "--epoch 不是有效的历元。"),
            Message::new("Write a decimal year such as 2000.0.", "请写十进制年份，如 2000.0。"),
        )
    })?;
    let plate = request.plate.as_deref().map(plate).transpose()?;
    Ok(Frame { crs, epoch, plate })
}

fn plate(code: &str) -> Result<Plate> {
    Plate::from_code(code).ok_or_else(|| {
        let list: Vec<&str> = Plate::ALL.iter().map(|p| p.code()).collect();
        let list = list.join(", ");
        Problem::new(
            Code::ParameterInvalid,
            Message::new(format!("{code:?} is no plate."), format!("{code:?} 不是板块代码。")),
            Message::new(format!("Use one of {list}."), format!("请使用：{list}。")),
        )
        .into()
    })
}

/// A file's name without its folders, for messages.
pub(crate) fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

/// A file that cannot be opened or read.
pub(crate) fn unreadable(path: &Path, fault: &std::io::Error) -> Problem {
    Problem::new(
        Code::NotFound,
        Message::new(
            format!("The file cannot be read: {fault}."),
            format!("无法读取文件：{fault}。"),
        ),
        Message::new("Check its name and that you may read it.", "请核对文件名和读取权限。"),
    )
    .in_file(name(path))
}

/// The rows of a file, and the code of the system that they are in, where it says.
fn rows(path: &Path, request: &Request) -> Result<Read> {
    let options = Options {
        crs: request.crs.as_deref(),
        ..Options::default()
    };
    let opened = files::read(&Worker::beside_this_program(), path, options)?;
    let crs = opened.crs.as_deref().map(Crs::lookup).transpose();
    Ok(Read {
        crs: crs.map_err(Problem::from)?,
        rows: opened.rows(ROWS)?,
    })
}

/// A file that was read.
struct Read {
    crs: Option<Crs>,
    rows: Vec<Row>,
}

impl Read {
    /// The way from its system to the frame; a file that names none is in the frame itself.
    fn way(&self, frame: &Frame) -> Result<ToFrame> {
        let from = self.crs.as_ref().unwrap_or(&frame.crs);
        // Any place in the file's system will do to choose the operation; of degrees, its first; of metres, one of where
        // the system is used.
        let first = self
            .rows
            .iter()
            .filter_map(|row| row.geometry.as_ref()?.positions().next());
        let near = match from.kind() {
            Kind::Geographic => first.copied().next(),
            Kind::Projected => from
                .area()
                .map(|[w, s, e, n]| [f64::midpoint(w, e), f64::midpoint(s, n)]),
        };
        let near = near
            .and_then(|[lon, lat]| LonLat::new(lon, lat).ok())
            .unwrap_or_default();
        Ok(ToFrame::new(from, frame, near).map_err(Problem::from)?)
    }
}

fn walk_file(walk: &mut GnssWalk<'_>, path: &Path, now: Timestamp) -> Result<()> {
    let file = File::open(path).map_err(|fault| unreadable(path, &fault))?;
    let options = track::Options {
        now: Some(now.as_second() as f64),
        ..track::Options::default()
    };
    let named = |problem: Problem| problem.in_file(name(path));
    let mut reader = track::open(BufReader::new(file), options).map_err(named)?.reader;
    while let Some(event) = reader.next_event().map_err(named)? {
        match event {
            TrackEvent::SegmentStart => walk.break_path(),
            TrackEvent::Fix(fix) => walk.fix(&fix),
            _ => {}
        }
    }
    Ok(())
}
