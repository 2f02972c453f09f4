//! The checks over the register, with the tracks that teams brought home.
//!
//! An upload is checked against every boundary it comes near ([`check_upload`]); a boundary is checked again when its
//! register has changed ([`check_boundary`]).

use std::sync::Arc;

use futures_util::StreamExt;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::walk::{GnssWalk, planned};
use super::{frame_words, software};
use crate::check::coverage::{self, Coverage, Outcome as VisitOutcome, Planned};
use crate::check::tolerance::Tolerance;
use crate::check::{Case, not_applicable, run};
use crate::crs::NotComparable;
use crate::domain::finding::{CheckCode, Finding, Verdict};
use crate::domain::id::Id;
use crate::domain::problem::Problem;
use crate::domain::shift;
use crate::domain::text::Message;
use crate::domain::upload::receipt_number;
use crate::format::findings;
use crate::service::register::{self, Register};
use crate::service::upload::receipt::{
    CoveragePart, GapPart, MarkersPart, Outcome, StretchPart, Verdicts, WarningPart,
};
use crate::service::upload::{acquire, to_json};
use crate::service::{Context, Result, not_found};
use crate::store::audit::Deed;
use crate::store::check_run::{NewRun, NewVisit, Which};
use crate::store::field::HeldInspection;
use crate::store::upload::StoredUpload;
use crate::store::{self, audit, job, track};

/// Progress is told after this many chunks.
const TELL_EVERY: usize = 32;

/// Checks an upload against every boundary its tracks come near, and files what is found.
///
/// For the receipt the upload is judged alone; for the register everything that the inspection has so far is judged
/// together, so that one team's gap closes when another has walked it.
///
/// # Errors
/// When there is no such upload, or the database breaks.
pub async fn check_upload(cx: &Context, upload_id: Uuid, job_id: Uuid) -> Result<()> {
    // One long read; what is found is written in a transaction of its own.
    let mut conn = cx.db.begin_long().await?;
    let upload = store::upload::by_id(&mut conn, upload_id).await?;
    let upload = upload.ok_or_else(|| not_found(&Message::new("upload", "上传"), upload_id))?;
    let teller = Teller {
        cx,
        job: job_id,
        total: fixes_of(&upload),
    };
    let mut outcomes = Vec::new();
    let mut inspection = None;
    for boundary in store::boundary::list(&mut conn, cx.clock.now()).await? {
        if !store::feature::is_near(&mut conn, upload_id, boundary.id.uuid()).await? {
            continue;
        }
        let Some(register) = register::load(cx, &mut conn, boundary).await? else {
            continue;
        };
        let belongs_to = inspection_of(cx, &mut conn, &register, &upload).await?;
        inspection = inspection.or(belongs_to.as_ref().map(|i| i.held.id.uuid()));
        outcomes.push(one_boundary(cx, &mut conn, &register, &upload, belongs_to, &teller).await?);
    }
    let shifted = shifted(&mut conn, upload_id).await?;
    let mut tx = cx.db.begin().await?;
    if let Some(message) = shifted {
        let warning = WarningPart {
            kind: "systematic-shift".to_owned(),
            line: None,
            column: None,
            message_en: message.en,
            message_zh: message.zh,
        };
        store::upload::add_warnings(&mut tx, upload_id, to_json(&[warning])?, 1).await?;
    }
    store::upload::set_results(&mut tx, upload_id, to_json(&outcomes)?, inspection).await?;
    cx.commit(tx).await?;
    Ok(())
}

/// Whether the upload, or one near it that came before, carries the offset of Chinese web maps.
async fn shifted(conn: &mut store::Conn, upload: Uuid) -> Result<Option<Message>> {
    let own = track::overviews(conn, &[upload]).await?;
    for (number, other) in track::neighbours(conn, upload).await? {
        for path in own.iter().filter(|path| path.len() >= 10) {
            if let Some(which) = shift::compare(path, &other) {
                return Ok(shift::message(which, path, &receipt_number(number)));
            }
        }
    }
    Ok(None)
}

/// Checks a boundary after a change of its register, with the tracks of its newest run.
///
/// # Errors
/// When there is no such boundary, or the database breaks.
pub async fn check_boundary(cx: &Context, boundary: Uuid, job_id: Uuid) -> Result<()> {
    let mut conn = cx.db.begin_long().await?;
    let held = store::boundary::by_id(&mut conn, cx.clock.now(), Id::new(boundary)).await?;
    let held = held.ok_or_else(|| not_found(&Message::new("boundary", "国界"), boundary))?;
    let Some(register) = register::load(cx, &mut conn, held).await? else {
        return Ok(());
    };
    let newest = store::check_run::find(&mut conn, Which::NewestOfBoundary(boundary)).await?;
    let inspection = newest.as_ref().and_then(|run| run.inspection);
    let uploads = newest.map(|run| run.uploads).unwrap_or_default();
    let (mut way, mut together) = (None, None);
    if !uploads.is_empty() {
        let plans = plans(cx, &mut conn, &register.case, inspection).await?;
        let teller = Teller {
            cx,
            job: job_id,
            total: f64::INFINITY,
        };
        if let Ok((name, coverage)) = walk(&mut conn, &register.case, &uploads, &plans, cx.clock.now(), &teller).await?
        {
            (way, together) = (Some(name), Some(coverage));
        }
    }
    let found = findings_of(&register.case, together.as_ref());
    let run = Filed {
        register: &register,
        upload: None,
        inspection,
        way,
        coverage: together.as_ref(),
        uploads: &uploads,
    };
    file(cx, &run, &found).await.map(drop)
}

fn findings_of(case: &Case, coverage: Option<&Coverage>) -> Vec<Finding> {
    let mut found = run(case, &[]);
    found.extend(
        coverage
            .into_iter()
            .flat_map(|coverage| coverage::findings(case, coverage)),
    );
    found.sort_by_key(|finding| finding.check);
    found
}

fn fixes_of(upload: &StoredUpload) -> f64 {
    upload
        .summary
        .get("trackpoints")
        .and_then(Value::as_f64)
        .unwrap_or(0.0)
        .max(1.0)
}

/// The stretches that an inspection's routes go along.
async fn plans(cx: &Context, conn: &mut store::Conn, case: &Case, inspection: Option<Uuid>) -> Result<Vec<Planned>> {
    let Some(id) = inspection else { return Ok(Vec::new()) };
    let routes = store::place::routes(conn, cx.clock.now(), id).await?;
    Ok(routes.iter().map(|route| planned(case, &route.record)).collect())
}

/// Tells how far a job is.
struct Teller<'a> {
    cx: &'a Context,
    job: Uuid,
    /// Fixes to be walked; infinite when nobody knows.
    total: f64,
}

impl Teller<'_> {
    async fn tell(&self, fixes: f64) -> Result<()> {
        let mut conn = acquire(self.cx).await?;
        let share = 0.95 * (fixes / self.total).min(1.0) as f32;
        Ok(job::progress(&mut conn, self.job, share, self.cx.clock.now()).await?)
    }
}

/// The inspection an upload belongs to: the one it was sent for; else the one in the field whose days hold its fixes;
/// else the only one in the field.
async fn inspection_of(
    cx: &Context,
    conn: &mut store::Conn,
    register: &Register,
    upload: &StoredUpload,
) -> Result<Option<HeldInspection>> {
    let all = store::field::inspections(conn, cx.clock.now(), Some(register.boundary.id), None).await?;
    if let Some(id) = upload.inspection_id {
        return Ok(all.into_iter().find(|i| i.held.id.uuid() == id));
    }
    let first: Option<jiff::Timestamp> = upload
        .summary
        .get("first_time")
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok());
    let day = first.map(|t| t.to_zoned(jiff::tz::TimeZone::UTC).date());
    let mut open: Vec<HeldInspection> = all.into_iter().filter(|i| i.held.record.state.takes_tracks()).collect();
    let holds = |i: &HeldInspection| {
        let (starts, ends) = (i.held.record.starts, i.held.record.ends);
        day.is_some_and(|day| starts.is_some_and(|s| s <= day) && ends.is_none_or(|e| day <= e))
    };
    if let Some(place) = open.iter().position(holds) {
        return Ok(Some(open.swap_remove(place)));
    }
    Ok(if open.len() == 1 { open.pop() } else { None })
}

async fn one_boundary(
    cx: &Context,
    conn: &mut store::Conn,
    register: &Arc<Register>,
    upload: &StoredUpload,
    inspection: Option<HeldInspection>,
    teller: &Teller<'_>,
) -> Result<Outcome> {
    let case = &register.case;
    let inspection_id = inspection.as_ref().map(|i| i.held.id.uuid());
    let plans = plans(cx, conn, case, inspection_id).await?;
    let mut uploads = vec![upload.upload_id];
    if let Some(id) = inspection_id {
        let all = store::upload::of_inspection(conn, id).await?;
        let others = all
            .iter()
            .filter(|u| u.state == "done" && u.upload_id != upload.upload_id);
        uploads.extend(others.map(|u| u.upload_id));
    }
    let (way, alone, refusal) = match walk(conn, case, &uploads[..1], &plans, upload.received_at, teller).await? {
        Ok((way, coverage)) => (Some(way), Some(coverage), None),
        Err(refusal) => (None, None, Some(Problem::from(refusal).detail)),
    };
    let together = match &alone {
        Some(alone) if uploads.len() == 1 => Some(alone.clone()),
        Some(_) => walk(conn, case, &uploads, &plans, upload.received_at, teller)
            .await?
            .ok()
            .map(|(_, coverage)| coverage),
        None => None,
    };
    let filed = Filed {
        register,
        upload: Some(upload.upload_id),
        inspection: inspection_id,
        way: way.clone(),
        coverage: together.as_ref(),
        uploads: &uploads,
    };
    let check_run = file(cx, &filed, &findings_of(case, together.as_ref())).await?;
    Ok(Outcome {
        boundary: register.boundary.id.uuid(),
        boundary_key: register.boundary.record.key.clone(),
        inspection: inspection_id,
        inspection_number: inspection.map(|i| i.held.record.number),
        check_run,
        way,
        not_comparable: refusal.map(Into::into),
        markers: alone.as_ref().map(|coverage| markers_part(case, coverage)),
        coverage: alone.as_ref().map(|coverage| coverage_part(case, coverage)),
        verdicts: verdicts(&findings_of(case, alone.as_ref())),
    })
}

/// Walks the tracks of some uploads; the operation's name and what was covered.
async fn walk(
    conn: &mut store::Conn,
    case: &Case,
    uploads: &[Uuid],
    plans: &[Planned],
    received: Timestamp,
    teller: &Teller<'_>,
) -> Result<std::result::Result<(String, Coverage), NotComparable>> {
    let mut walk = match GnssWalk::new(case, received) {
        Ok(walk) => walk,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut running: Option<(Uuid, i32)> = None;
    let (mut seen, mut n_chunks) = (0.0, 0_usize);
    let mut chunks = std::pin::pin!(track::chunks(conn, uploads));
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk?;
        if running != Some((chunk.track, chunk.segment)) {
            walk.break_path();
            running = Some((chunk.track, chunk.segment));
        }
        for fix in &chunk.fixes {
            walk.fix(fix);
        }
        seen += chunk.fixes.len() as f64;
        n_chunks += 1;
        if n_chunks.is_multiple_of(TELL_EVERY) {
            teller.tell(seen).await?;
        }
    }
    let way = walk.way().name();
    Ok(Ok((way, walk.finish(plans))))
}

/// Everything that makes a run repeatable, beside its findings.
struct Filed<'a> {
    register: &'a Register,
    /// The upload that brought it about; none for a change of the register.
    upload: Option<Uuid>,
    inspection: Option<Uuid>,
    way: Option<String>,
    coverage: Option<&'a Coverage>,
    /// All uploads whose tracks were walked.
    uploads: &'a [Uuid],
}

/// Files a run with its findings, visits and audit event, in one transaction.
async fn file(cx: &Context, filed: &Filed<'_>, found: &[Finding]) -> Result<Uuid> {
    let (register, coverage) = (filed.register, filed.coverage);
    let case = &register.case;
    let silent: Vec<(CheckCode, Message)> = CheckCode::ALL
        .into_iter()
        .filter_map(|code| not_applicable(case, code, coverage.is_some()).map(|why| (code, why)))
        .collect();
    let versions: Vec<Value> = register
        .segments
        .iter()
        .map(|s| json!([s.feature_id, s.version]))
        .chain(
            register
                .markers
                .iter()
                .map(|m| json!([m.held.feature_id, m.held.version])),
        )
        .collect();
    let t = &case.tolerances;
    let limit = |t: &Tolerance| json!({ "value": t.value, "source": t.source });
    let new = NewRun {
        id: cx.ids.next(),
        boundary: register.boundary.id.uuid(),
        inspection: filed.inspection,
        upload: filed.upload,
        at: cx.clock.now(),
        software: software().to_owned(),
        frame: frame_words(&case.frame),
        way: filed.way.clone(),
        tolerances: json!({
            "offset_m": limit(&t.offset_m),
            "buffer_m": limit(&t.buffer_m),
            "dwell_s": limit(&t.dwell_s),
            "gap_m": limit(&t.gap_m),
        }),
        inputs: json!({ "features": versions, "uploads": filed.uploads }),
        summary: findings::summary(found, &silent),
        coverage: coverage
            .map(|coverage| to_json(&coverage_part(case, coverage)))
            .transpose()?,
    };
    let rows: Vec<(Uuid, Finding)> = found.iter().map(|finding| (cx.ids.next(), finding.clone())).collect();
    let visits: Vec<NewVisit> = coverage
        .into_iter()
        .flat_map(|coverage| &coverage.visits)
        .zip(case.marks_with_feet())
        .zip(&register.element_ids)
        .map(|((visit, (_, foot)), element)| NewVisit {
            element: *element,
            outcome: visit.outcome.word(),
            nearest_m: visit.nearest_m,
            uncertainty_95_m: visit.uncertainty_95,
            dwell_s: visit.dwell_s,
            chainage_m: foot.chainage,
        })
        .collect();
    let mut tx = cx.db.begin().await?;
    store::check_run::insert(&mut tx, &new, &rows, &visits).await?;
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: "check",
        kind: "check_run",
        subject: new.id.to_string(),
        reason: None,
        detail: json!({ "upload": filed.upload, "boundary": register.boundary.record.key }),
    };
    audit::append(&mut tx, deed).await?;
    cx.commit(tx).await?;
    Ok(new.id)
}

fn verdicts(findings: &[Finding]) -> Verdicts {
    let count = |verdict| findings.iter().filter(|f| f.verdict == verdict).count();
    Verdicts {
        pass: count(Verdict::Pass),
        inconclusive: count(Verdict::Inconclusive),
        fail: count(Verdict::Fail),
    }
}

/// A coverage as receipts and documents tell it.
pub(crate) fn coverage_part(case: &Case, coverage: &Coverage) -> CoveragePart {
    let routes: Vec<&str> = coverage.stretches.iter().filter_map(|s| s.route.as_deref()).collect();
    CoveragePart {
        percent: coverage.percent(),
        covered_m: coverage.covered_m(),
        total_m: coverage.total_m(),
        reference: if routes.is_empty() {
            "walked stretch".to_owned()
        } else {
            format!("route {}", routes.join(", "))
        },
        stretches: coverage
            .stretches
            .iter()
            .map(|s| StretchPart {
                route: s.route.clone(),
                from_m: s.from,
                to_m: s.to,
                covered_m: s.covered_m,
            })
            .collect(),
        buffer_m: coverage.buffer_m,
        uncertainty_95_m: coverage.uncertainty_95,
        assumed_accuracy: coverage.assumed_accuracy,
        gaps: coverage
            .gaps
            .iter()
            .map(|gap| {
                let text = case.milestones.describe_stretch(gap.from, gap.to);
                GapPart {
                    from_m: gap.from,
                    to_m: gap.to,
                    length_m: gap.to - gap.from,
                    text_en: text.en,
                    text_zh: text.zh,
                    verdict: gap.verdict.word().to_owned(),
                }
            })
            .collect(),
        covered: coverage.covered.clone(),
    }
}

fn markers_part(case: &Case, coverage: &Coverage) -> MarkersPart {
    let mut along: Vec<(f64, &str, VisitOutcome)> = coverage
        .visits
        .iter()
        .zip(case.marks_with_feet())
        .map(|(visit, (mark, foot))| (foot.chainage, mark.label.as_str(), visit.outcome))
        .collect();
    along.sort_by(|a, b| a.0.total_cmp(&b.0));
    let of = |outcome| {
        along
            .iter()
            .filter(|m| m.2 == outcome)
            .map(|m| m.1.to_owned())
            .collect()
    };
    MarkersPart {
        visited: of(VisitOutcome::Visited),
        passed: of(VisitOutcome::Passed),
        missed: of(VisitOutcome::Missed),
        left: of(VisitOutcome::Left),
    }
}
