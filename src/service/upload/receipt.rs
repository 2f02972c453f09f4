//! What the sender of a file gets back. The JSON is the record, so one type serves the database and the wire.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::domain::problem::{Code, Mistake, Place, Problem};
use crate::domain::text::Message;
use crate::domain::track::{TrackSummary, Warnings};

/// The numbered receipt of a file.
#[derive(Debug, Clone, Serialize)]
pub struct Receipt {
    pub id: Uuid,
    pub number: String,
    /// `reading`, `checking`, `done`, `refused`, `failed`.
    pub state: String,
    pub filename: String,
    pub sha256: String,
    pub bytes: i64,
    pub received_at: Timestamp,
    pub format: Option<String>,
    pub inspection: Option<Uuid>,
    pub summary: Option<Summary>,
    pub warnings: Vec<WarningPart>,
    pub warnings_total: i64,
    #[serde(skip_serializing)]
    pub problem: Option<Problem>,
    pub job: Option<JobPart>,
    pub results: Vec<Outcome>,
    pub tracks: Vec<TrackPart>,
}

#[derive(Debug, Clone, Serialize)]
pub struct JobPart {
    pub id: Uuid,
    pub state: String,
    pub progress: f32,
}

#[derive(Debug, Clone, Serialize)]
pub struct TrackPart {
    /// Feature id.
    pub id: i64,
    pub name: Option<String>,
    pub fixes: i64,
    pub length_m: f64,
}

/// What a file held.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub tracks: u64,
    pub segments: u64,
    pub trackpoints: u64,
    pub timed_points: u64,
    pub routes: u64,
    pub routepoints: u64,
    pub waypoints: u64,
    pub bbox: Option<[f64; 4]>,
    pub first_time: Option<Timestamp>,
    pub last_time: Option<Timestamp>,
    pub length_m: f64,
    pub rejected: u64,
}

/// A moment of a track, where it is one that calendars know.
pub fn moment(unix: f64) -> Option<Timestamp> {
    Timestamp::from_microsecond((unix * 1e6).round() as i64).ok()
}

impl From<&TrackSummary> for Summary {
    fn from(s: &TrackSummary) -> Self {
        Self {
            tracks: s.tracks,
            segments: s.segments,
            trackpoints: s.trackpoints,
            timed_points: s.timed_points,
            routes: s.routes,
            routepoints: s.routepoints,
            waypoints: s.waypoints,
            bbox: s.bbox,
            first_time: s.first_time.and_then(moment),
            last_time: s.last_time.and_then(moment),
            length_m: s.length_m,
            rejected: s.rejected,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WarningPart {
    pub kind: String,
    pub line: Option<u64>,
    pub column: Option<u64>,
    pub message_en: String,
    pub message_zh: String,
}

pub fn warnings(warnings: &Warnings) -> Vec<WarningPart> {
    warnings
        .kept()
        .iter()
        .map(|w| WarningPart {
            kind: w.kind.to_owned(),
            line: w.place.map(|p| p.line),
            column: w.place.map(|p| p.column),
            message_en: w.message.en.clone(),
            message_zh: w.message.zh.clone(),
        })
        .collect()
}

/// What the checks said about a file and one boundary.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    pub boundary: Uuid,
    pub boundary_key: String,
    pub inspection: Option<Uuid>,
    pub inspection_number: Option<String>,
    pub check_run: Uuid,
    /// The operation from WGS 84 to the frame; or why there is none.
    pub way: Option<String>,
    pub not_comparable: Option<MessagePart>,
    pub coverage: Option<CoveragePart>,
    pub markers: Option<MarkersPart>,
    pub verdicts: Verdicts,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct MessagePart {
    pub en: String,
    pub zh: String,
}

impl From<Message> for MessagePart {
    fn from(message: Message) -> Self {
        Self {
            en: message.en,
            zh: message.zh,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CoveragePart {
    pub percent: f64,
    pub covered_m: f64,
    pub total_m: f64,
    /// `route R1`, or `walked stretch`.
    pub reference: String,
    pub stretches: Vec<StretchPart>,
    pub buffer_m: f64,
    pub uncertainty_95_m: f64,
    pub assumed_accuracy: bool,
    pub gaps: Vec<GapPart>,
    pub covered: Vec<(f64, f64)>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StretchPart {
    pub route: Option<String>,
    pub from_m: f64,
    pub to_m: f64,
    pub covered_m: f64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GapPart {
    pub from_m: f64,
    pub to_m: f64,
    pub length_m: f64,
    pub text_en: String,
    pub text_zh: String,
    pub verdict: String,
}

/// Labels of marker elements by how the team did, in the order of the line.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct MarkersPart {
    pub visited: Vec<String>,
    pub passed: Vec<String>,
    pub missed: Vec<String>,
    pub left: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Verdicts {
    pub pass: usize,
    pub inconclusive: usize,
    pub fail: usize,
}

/// A refusal as it is kept beside the file it refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeptProblem {
    code: String,
    file: Option<String>,
    place: Option<[u64; 3]>,
    detail: MessagePart,
    remedy: MessagePart,
    mistakes: Vec<(String, MessagePart)>,
}

impl From<&Problem> for KeptProblem {
    fn from(problem: &Problem) -> Self {
        Self {
            code: problem.code.slug().to_owned(),
            file: problem.file.clone(),
            place: problem.place.map(|p| [p.line, p.column, p.byte]),
            detail: problem.detail.clone().into(),
            remedy: problem.remedy.clone().into(),
            mistakes: problem
                .mistakes
                .iter()
                .map(|m| (m.at.clone(), m.detail.clone().into()))
                .collect(),
        }
    }
}

impl From<KeptProblem> for Problem {
    fn from(kept: KeptProblem) -> Self {
        let code = Code::ALL
            .iter()
            .copied()
            .find(|c| c.slug() == kept.code)
            .unwrap_or(Code::FileMalformed);
        let message = |part: MessagePart| Message::new(part.en, part.zh);
        Self {
            code,
            file: kept.file,
            place: kept.place.map(|[line, column, byte]| Place { line, column, byte }),
            detail: message(kept.detail),
            remedy: message(kept.remedy),
            mistakes: kept
                .mistakes
                .into_iter()
                .map(|(at, detail)| Mistake {
                    at,
                    detail: message(detail),
                })
                .collect(),
        }
    }
}
