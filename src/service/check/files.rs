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
use crate::format::gpx::{self, GpxEvent};
use crate::format::register::{self, ToFrame};
use crate::format::row::{Mapping, Row};
use crate::format::{csv, geojson};
use crate::service::Result;
use crate::unit::{Epoch, LonLat};

/// Which files, in which frame, and what is wanted of them.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub lines: Vec<PathBuf>,
    pub markers: Vec<PathBuf>,
    pub tracks: Vec<PathBuf>,
    pub routes: Vec<PathBuf>,
    pub projects: Vec<PathBuf>,
    /// Of the line, and so of the check; WGS 84 when none is named.
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

/// Files of features and tables that are read whole are no larger than this.
const WHOLE_FILE_BYTES: u64 = 256 << 20;

/// Runs the checks.
///
/// # Errors
/// A refusal that names the file, where it is, why, and what to do.
pub fn check(request: &Request, now: Timestamp) -> Result<Answer> {
    let frame = frame(request)?;
    let mut segments: Vec<Segment> = Vec::new();
    for path in &request.lines {
        let way = same_system(&frame)?;
        let read = register::segments(&rows(path)?, &request.mapping, &way).map_err(|p| p.in_file(name(path)))?;
        segments.extend(read.into_iter().map(|r| r.record));
    }
    segments.sort_by(|a, b| (&a.section, a.ordinal).cmp(&(&b.section, b.ordinal)));
    let line = BoundaryLine::new(&frame, &segments).map_err(Problem::from)?;
    let mut marks = Vec::new();
    for path in &request.markers {
        let way = same_system(&frame)?;
        let read = register::markers(&rows(path)?, &request.mapping, &way, None).map_err(|p| p.in_file(name(path)))?;
        marks.extend(read.iter().flat_map(|r| marks_of(&r.record.0, |_| None)));
    }
    let mut sites = Vec::new();
    for path in &request.projects {
        let way = same_system(&frame)?;
        let read = register::projects(&rows(path)?, &request.mapping, &way).map_err(|p| p.in_file(name(path)))?;
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
            let way = same_system(&case.frame)?;
            let read = register::routes(&rows(path)?, &request.mapping, &way).map_err(|p| p.in_file(name(path)))?;
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

fn frame(request: &Request) -> Result<Frame> {
    let crs = Crs::lookup(request.crs.as_deref().unwrap_or("EPSG:4326")).map_err(Problem::from)?;
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

/// Files given to a check are in its frame, or in a projection of the same datum.
fn same_system(frame: &Frame) -> Result<ToFrame> {
    Ok(ToFrame::new(&frame.crs, frame, LonLat::default()).map_err(Problem::from)?)
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

/// The rows of a GeoJSON file or CSV table.
pub(crate) fn rows(path: &Path) -> Result<Vec<Row>> {
    let file = File::open(path).map_err(|fault| unreadable(path, &fault))?;
    let size = file.metadata().map_err(|fault| unreadable(path, &fault))?.len();
    if size > WHOLE_FILE_BYTES {
        return Err(Problem::new(
            Code::FileTooLarge,
            Message::new(
                format!("The file has {size} bytes; the limit is {WHOLE_FILE_BYTES}."),
                format!("文件有{size}字节，上限为{WHOLE_FILE_BYTES}。"),
            ),
            Message::new("Split it by section.", "请按段拆分文件。"),
        )
        .in_file(name(path))
        .into());
    }
    let bytes = std::fs::read(path).map_err(|fault| unreadable(path, &fault))?;
    let first = bytes
        .iter()
        .copied()
        .find(|b| !b.is_ascii_whitespace() && !matches!(b, 0xEF | 0xBB | 0xBF));
    let read = match (first, std::str::from_utf8(&bytes)) {
        (None, _) => Err(Problem::new(
            Code::FileEmpty,
            Message::new("The file is empty.", "文件为空。"),
            Message::new("Export it again.", "请重新导出。"),
        )),
        (Some(b'{' | b'['), Ok(text)) => geojson::read(text),
        (Some(b'{' | b'['), Err(_)) => Err(Problem::new(
            Code::EncodingUnknown,
            Message::new("The file is no UTF-8.", "文件不是 UTF-8 编码。"),
            Message::new("Save it as UTF-8.", "请另存为 UTF-8。"),
        )),
        (Some(b'<'), _) => Err(Problem::new(
            Code::FormatUnknown,
            Message::new(
                "The file is XML; lines and markers are read from GeoJSON or CSV.",
                "文件是 XML；界线和界标须为 GeoJSON 或 CSV。",
            ),
            Message::new("Give GPX files as --track.", "GPX 文件请用 --track 给出。"),
        )),
        _ => csv::read(&bytes),
    };
    Ok(read.map_err(|problem| problem.in_file(name(path)))?)
}

fn walk_file(walk: &mut GnssWalk<'_>, path: &Path, now: Timestamp) -> Result<()> {
    let file = File::open(path).map_err(|fault| unreadable(path, &fault))?;
    let options = gpx::Options {
        now: Some(now.as_second() as f64),
        ..gpx::Options::default()
    };
    let named = |problem: Problem| problem.in_file(name(path));
    let mut reader = gpx::open(BufReader::new(file), options).map_err(named)?.reader;
    while let Some(event) = reader.next_event().map_err(named)? {
        match event {
            GpxEvent::SegmentStart => walk.break_path(),
            GpxEvent::Fix(fix) => walk.fix(&fix),
            _ => {}
        }
    }
    Ok(())
}
