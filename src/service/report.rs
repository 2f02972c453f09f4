//! Documents from one snapshot of the register.

use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::check::{frame_words, software};
use super::register::{self, Register};
use super::upload::receipt::{CoveragePart, Summary};
use super::{Context, Error, Result, demo, not_found};
use crate::domain::finding::{CheckCode, Finding, Shape, Unit};
use crate::domain::id::Id;
use crate::domain::rights::{Realm, Verb};
use crate::domain::text::{Lang, Message, Names, hex};
use crate::domain::upload::receipt_number;
use crate::format::geojson;
use crate::format::row::Cell;
use crate::geom::shape::Geometry;
use crate::report::act;
use crate::report::model::{
    Act, Boundary, Coverage, Gap, Inspection, Map, MapLine, Marker, Party, Place, Remark, Section, Signatory, Team,
    Upload, Visit,
};
use crate::report::typst::Fonts;
use crate::store::audit::Deed;
use crate::store::check_run::{StoredFinding, StoredVisit, Which};
use crate::store::field::HeldInspection;
use crate::store::upload::StoredUpload;
use crate::store::{self, audit};
use crate::unit::{Chainage, LonLat, Metres};

/// A document ready to be sent.
pub struct Document {
    pub bytes: Vec<u8>,
    pub file_name: String,
}

/// The act of an inspection in two languages, as PDF/A.
///
/// # Errors
/// When there is no such inspection, a language is given twice, or a word or glyph is missing.
pub async fn act(cx: &Context, inspection: Uuid, languages: [Lang; 2]) -> Result<Document> {
    cx.must(Verb::Export, Realm::Field)?;
    let model = model(cx, inspection).await?;
    let fonts = fonts(cx).await?;
    let file_name = format!("act-{}-{}.pdf", model.boundary.key, model.inspection.number);
    let bytes = tokio::task::spawn_blocking(move || act::act(&model, languages, &fonts)).await??;
    let mut tx = cx.db.begin().await?;
    let codes = languages.map(Lang::code).join(",");
    let deed = Deed {
        at: cx.clock.now(),
        actor: &cx.caller.name,
        action: "export",
        kind: "act",
        subject: inspection.to_string(),
        reason: None,
        detail: json!({ "languages": codes, "bytes": bytes.len(), "sha256": hex(&Sha256::digest(&bytes)) }),
    };
    audit::append(&mut tx, deed).await?;
    cx.commit(tx).await?;
    super::audit::vouch(cx).await;
    Ok(Document { bytes, file_name })
}

async fn fonts(cx: &Context) -> Result<Fonts> {
    let dirs = cx.font_dirs.clone();
    let load = || async move { Ok::<_, Error>(tokio::task::spawn_blocking(move || Fonts::load(&dirs)).await??) };
    Ok(cx.fonts.get_or_try_init(load).await?.clone())
}

/// Everything the act says, read in one snapshot.
///
/// The snapshot's time is that of the newest thing in it, not of the export, so that the same data give the same bytes.
///
/// # Errors
/// When there is no such inspection, or its boundary has no line.
pub async fn model(cx: &Context, id: Uuid) -> Result<Act> {
    let mut tx = cx.db.snapshot().await?;
    let now = cx.clock.now();
    let found = store::field::inspections(&mut tx, now, None, Some(id)).await?.pop();
    let inspection = found.ok_or_else(|| not_found(&Message::new("inspection", "检查"), id))?;
    let boundary = store::boundary::by_id(&mut tx, now, Id::new(inspection.boundary.uuid())).await?;
    let boundary = boundary.ok_or_else(|| not_found(&Message::new("boundary", "国界"), inspection.boundary))?;
    let register = register::load(cx, &mut tx, boundary).await?;
    let register = register.ok_or_else(|| not_found(&Message::new("line of inspection", "检查的界线"), id))?;
    let uploads = store::upload::of_inspection(&mut tx, id).await?;
    let run = store::check_run::find(&mut tx, Which::NewestOfInspection(id)).await?;
    let (findings, visits) = match &run {
        Some(run) => (
            store::check_run::findings(&mut tx, run.id, None).await?,
            store::check_run::visits(&mut tx, run.id).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let ids: Vec<Uuid> = uploads
        .iter()
        .filter(|u| u.state == "done")
        .map(|u| u.upload_id)
        .collect();
    let tracks = store::track::overviews(&mut tx, &ids).await?;
    let newest_record = store::version::history(&mut tx, store::version::Table::Inspection, id).await?;
    cx.commit(tx).await?;

    let known = newest_record.first().map_or(now, |lineage| lineage.known.from);
    let snapshot = run.as_ref().map_or(known, |run| run.at.max(known));
    let coverage: Option<CoveragePart> = run
        .as_ref()
        .and_then(|run| run.coverage.clone())
        .and_then(|value| serde_json::from_value(value).ok());
    let gaps = gaps(&register, coverage.as_ref());
    let sections = sections(&register, coverage.as_ref(), &gaps);
    Ok(Act {
        number: format!("{}/{}", register.boundary.record.key, inspection.held.record.number),
        place: Names::default(),
        date: inspection.held.record.ends,
        teams: inspection.held.record.teams.iter().map(team).collect(),
        uploads: evidence(&uploads),
        coverage: coverage.as_ref().map(|c| Coverage {
            route: c
                .stretches
                .iter()
                .filter_map(|s| s.route.clone())
                .reduce(|a, b| format!("{a}, {b}")),
            buffer: metres(c.buffer_m),
            assumed_accuracy: c.assumed_accuracy,
        }),
        markers: markers(&register, &findings, &visits),
        findings: others(&findings),
        remarks: remarks(&inspection),
        signatories: signatories(&register, &inspection),
        map: map(&register, tracks),
        snapshot,
        software: software().to_owned(),
        boundary: parties(&register),
        inspection: Inspection {
            number: inspection.held.record.number.clone(),
            kind: inspection.held.record.kind,
            names: inspection.held.record.names.clone(),
            starts: inspection.held.record.starts,
            ends: inspection.held.record.ends,
            route: None,
        },
        sections,
        gaps,
    })
}

fn metres(value: f64) -> Metres {
    Metres::new(value).unwrap_or_default()
}

fn chainage(value: f64) -> Chainage {
    Chainage::new(value.max(0.0)).unwrap_or_default()
}

fn parties(register: &Register) -> Boundary {
    let record = &register.boundary.record;
    let party = |code: Option<&String>, place: usize| {
        let by_code = code.and_then(|code| record.parties.iter().find(|p| p.code == *code));
        let party = by_code.or_else(|| record.parties.get(place));
        Party {
            code: party.map_or_else(String::new, |p| p.code.clone()),
            names: party.map(|p| p.names.clone()).unwrap_or_default(),
        }
    };
    Boundary {
        key: record.key.clone(),
        names: record.names.clone(),
        notice: (!record.notice.is_empty()).then(|| record.notice.clone()),
        parties: [party(record.left.as_ref(), 0), party(record.right.as_ref(), 1)],
        frame: frame_words(&record.frame),
    }
}

fn team(team: &crate::domain::inspection::Team) -> Team {
    let same = |name: &str| {
        Lang::ALL
            .into_iter()
            .fold(Names::default(), |names, lang| names.with(lang, name))
    };
    Team {
        party: team.party.clone(),
        // Teams are lettered, and letters are the same in every language.
        name: same(&team.name),
        leader: team.leader.clone(),
        members: team.members.and_then(|n| n.try_into().ok()).unwrap_or(0),
    }
}

fn evidence(uploads: &[StoredUpload]) -> Vec<Upload> {
    let mut evidence: Vec<&StoredUpload> = uploads.iter().filter(|u| u.state == "done").collect();
    evidence.sort_by_key(|u| u.number);
    evidence
        .into_iter()
        .map(|upload| {
            let summary: Option<Summary> = serde_json::from_value(upload.summary.clone()).ok();
            Upload {
                receipt: receipt_number(upload.number),
                file_name: upload.file_name.clone(),
                sha256: upload.sha256,
                fixes: summary.as_ref().map_or(0, |s| s.trackpoints),
                first_time: summary.as_ref().and_then(|s| s.first_time),
                last_time: summary.as_ref().and_then(|s| s.last_time),
            }
        })
        .collect()
}

fn gaps(register: &Register, coverage: Option<&CoveragePart>) -> Vec<Gap> {
    let case = &register.case;
    coverage
        .into_iter()
        .flat_map(|coverage| &coverage.gaps)
        .map(|gap| Gap {
            section: case
                .line
                .part_at(gap.from_m)
                .map_or_else(String::new, |part| part.section.clone()),
            from: chainage(gap.from_m),
            to: chainage(gap.to_m),
            length: metres(gap.length_m),
            after: case.milestones.around(gap.from_m).0.map(|(_, number)| number.clone()),
            before: case.milestones.around(gap.to_m).1.map(|(_, number)| number.clone()),
            verdict: crate::domain::finding::Verdict::from_word(&gap.verdict),
            line: case.line.course().stretch(gap.from_m, gap.to_m),
        })
        .collect()
}

fn sections(register: &Register, coverage: Option<&CoveragePart>, gaps: &[Gap]) -> Vec<Section> {
    let spans = register.case.line.sections();
    register
        .sections
        .iter()
        .filter_map(|section| {
            let (_, from, to) = spans.iter().find(|(key, ..)| *key == section.record.key)?;
            let covered = coverage.map(|coverage| {
                coverage
                    .covered
                    .iter()
                    .map(|(a, b)| (b.min(*to) - a.max(*from)).max(0.0))
                    .sum::<f64>()
            });
            Some(Section {
                key: section.record.key.clone(),
                names: section.record.names.clone(),
                character: section.record.character,
                length: metres(to - from),
                covered: covered.map(metres),
                gaps: gaps.iter().filter(|gap| gap.section == section.record.key).count() as u32,
            })
        })
        .collect()
}

fn markers(register: &Register, findings: &[StoredFinding], visits: &[StoredVisit]) -> Vec<Marker> {
    let mut markers: Vec<Marker> = Vec::new();
    let by_element = register.element_ids.iter();
    let elements = register
        .markers
        .iter()
        .flat_map(|m| m.held.record.elements.iter().map(move |e| (m, e)));
    for (((marker, element), (_, foot)), id) in elements.zip(register.case.marks_with_feet()).zip(by_element) {
        let record = &marker.held.record;
        let label = record.label(element);
        let of = |code| findings.iter().find(|f| f.check == code && f.subjects.contains(&label));
        let offset = of(CheckCode::C02);
        let visit = visits.iter().find(|v| v.marker_element_id == *id);
        markers.push(Marker {
            number: record.number.text().to_owned(),
            element: u8::try_from(element.index).unwrap_or(0),
            section: register
                .case
                .line
                .part_at(foot.chainage)
                .map_or_else(String::new, |part| part.section.clone()),
            position: element.position,
            chainage: chainage(foot.chainage),
            offset: Some(metres(foot.offset())),
            deviation: offset.and_then(|f| f.measured).map(metres),
            uncertainty_95: offset.and_then(|f| f.uncertainty_95).map(metres),
            tolerance: offset.and_then(|f| f.tolerance).map(metres),
            verdict: offset.map(|f| f.verdict),
            visit: visit.and_then(|v| Visit::from_word(&v.outcome)),
            condition: Some(record.condition),
        });
    }
    markers.sort_by(|a, b| {
        a.chainage
            .get()
            .total_cmp(&b.chainage.get())
            .then_with(|| a.label().cmp(&b.label()))
    });
    markers
}

/// Findings that neither the marker table nor the list of gaps tells, and that say more than "all is well".
fn others(findings: &[StoredFinding]) -> Vec<Finding> {
    findings
        .iter()
        .filter(|f| !matches!(f.check, CheckCode::C02 | CheckCode::C04))
        .filter(|f| f.verdict != crate::domain::finding::Verdict::Pass || f.unit == Unit::Count)
        .map(|f| Finding {
            check: f.check,
            verdict: f.verdict,
            subjects: f.subjects.clone(),
            measured: f.measured,
            unit: f.unit,
            uncertainty_95: f.uncertainty_95,
            tolerance: f.tolerance,
            tolerance_source: f.tolerance_source.clone(),
            message: f.message.clone(),
            shape: Shape::Nowhere,
            details: Vec::new(),
        })
        .collect()
}

fn remarks(inspection: &HeldInspection) -> Vec<Remark> {
    let Message { en, zh } = &inspection.remarks;
    let text = [(Lang::En, en), (Lang::Zh, zh)]
        .into_iter()
        .filter(|(_, text)| !text.is_empty())
        .fold(Names::default(), |names, (lang, text)| names.with(lang, text.clone()));
    if text.is_empty() {
        Vec::new()
    } else {
        vec![Remark { party: None, text }]
    }
}

/// Who signs: each party's team leader; where a side has no team, a line is left.
fn signatories(register: &Register, inspection: &HeldInspection) -> Vec<Signatory> {
    let record = &inspection.held.record;
    let sides = parties(register).parties;
    let leader = |code: &str| record.teams.iter().find(|t| t.party == code).map(|t| t.leader.clone());
    let signs = |party: &Party| {
        // A control inspection is signed by the side that made it.
        record.kind == crate::domain::inspection::InspectionKind::Joint || leader(&party.code).is_some()
    };
    sides
        .iter()
        .filter(|party| signs(party))
        .map(|party| Signatory {
            party: party.code.clone(),
            name: leader(&party.code).unwrap_or_default(),
            office: Names::default(),
        })
        .collect()
}

fn map(register: &Register, tracks: Vec<Vec<LonLat>>) -> Map {
    let course = register.case.line.course();
    let character = |key: &str| {
        register
            .sections
            .iter()
            .find(|s| s.record.key == key)
            .map(|s| s.record.character)
    };
    let lines = register
        .case
        .line
        .sections()
        .into_iter()
        .filter_map(|(key, from, to)| {
            Some(MapLine {
                character: character(&key)?,
                line: course.stretch(from, to),
            })
        })
        .collect();
    let ports = register
        .ports
        .iter()
        .map(|p| Place {
            names: p.record.names.clone(),
            position: p.record.position,
        })
        .collect();
    Map {
        lines,
        tracks,
        ports,
        towns: towns(&register.boundary.record.key),
    }
}

/// Towns of the sample base layer, where the boundary has one.
fn towns(key: &str) -> Vec<Place> {
    let text = demo::base_layer(key, "towns").and_then(|bytes| String::from_utf8(bytes).ok());
    let rows = text.and_then(|text| geojson::read(&text).ok()).unwrap_or_default();
    rows.into_iter()
        .filter_map(|row| {
            let Some(Geometry::Point([lon, lat])) = row.geometry else {
                return None;
            };
            let names = Lang::ALL.into_iter().fold(Names::default(), |names, lang| {
                match row.cells.get(&format!("name_{}", lang.code())) {
                    Some(Cell::Text(name)) => names.with(lang, name.clone()),
                    _ => names,
                }
            });
            Some(Place {
                names,
                position: LonLat::new(lon, lat).ok()?,
            })
        })
        .collect()
}
