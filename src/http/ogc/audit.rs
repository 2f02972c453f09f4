//! `/audit`: the log of who did what, when and why, for auditors.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::routing::get;
use serde_json::{Value, json};

use super::ask::{Ask, COMMON, refuse_mistakes};
use super::html;
use super::negotiate::{HTML, JSON, Offer};
use super::reply::Reply;
use crate::domain::moment::InForce;
use crate::domain::moment::text as time;
use crate::domain::problem::{Code, Mistake};
use crate::domain::text::Message;
use crate::http::problem::Answer;
use crate::http::who::Cx;
use crate::service::Context;
use crate::service::audit::read::{Line, Row, Sought, read};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/audit", get(page))
}

const OFFERS: [Offer; 2] = [JSON, HTML];
const DEFAULT_LIMIT: i64 = 50;
const GREATEST_LIMIT: i64 = 500;
const TAKEN: [&str; 7] = ["actor", "action", "kind", "subject", "datetime", "before", "limit"];

async fn page(Cx(cx): Cx, ask: Ask) -> Answer {
    let offer = *ask.offer(&OFFERS)?;
    let ask = if offer == HTML { ask.filled_in() } else { ask };
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| TAKEN.contains(&name) || COMMON.contains(&name));
    let mut number = |name: &str, most: i64| -> Option<i64> {
        let value = ask.get(name)?;
        match value.parse::<i64>() {
            Ok(n) if n >= 1 => Some(n.min(most)),
            _ => {
                let detail = Message::new(
                    format!("{name} is a whole number, 1 or more."),
                    format!("{name} 必须为大于或等于 1 的整数。"),
                );
                let at = name.to_owned();
                mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
                None
            }
        }
    };
    let (before, limit) = (number("before", i64::MAX), number("limit", GREATEST_LIMIT));
    let span = ask.get("datetime").and_then(|text| {
        let read = time::datetime(text);
        read.map_err(|said| {
            let detail = Message::new(format!("datetime {}.", said.en), format!("datetime {}。", said.zh));
            let at = "datetime".to_owned();
            mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
        })
        .ok()
    });
    refuse_mistakes(mistakes)?;
    let (since, until) = match span {
        None => (None, None),
        // From an instant on; within an interval.
        Some(InForce::At(at)) => (Some(at), None),
        Some(InForce::Within { from, to }) => (from, to),
    };
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    let sought = Sought {
        actor: ask.get("actor"),
        action: ask.get("action"),
        kind: ask.get("kind"),
        subject: ask.get("subject"),
        since,
        until,
        before,
        limit,
    };
    let lines = read(&cx, &sought).await?;
    let is_full = usize::try_from(limit).is_ok_and(|limit| lines.len() == limit);
    let oldest = lines
        .last()
        .filter(|_| is_full)
        .map(|line| line.event.audit_event_id.to_string());
    let older = oldest.map(|oldest| ask.with(&[("before", Some(&oldest))]));
    let reply = if offer == HTML {
        Reply::page(html::audit::page(&ask, &lines, older.as_deref()))
    } else {
        let events: Vec<Value> = lines.iter().map(|line| event(&ask, line)).collect();
        let links: Vec<Value> = older
            .iter()
            .map(|href| json!({ "rel": "next", "href": href }))
            .collect();
        Reply::document(JSON.media, &json!({ "events": events, "links": links }))
    };
    let mut response = reply.to(&ask);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn event(ask: &Ask, line: &Line) -> Value {
    let event = &line.event;
    let rows: Vec<Value> = line
        .rows
        .iter()
        .map(|row| {
            json!({
                "collection": row.schema.map(|schema| schema.collection),
                "label": row.label,
                "version": row.version,
                "href": address(row).map(|path| ask.base.href(&path)),
            })
        })
        .collect();
    json!({
        "number": event.audit_event_id,
        "at": line.at().to_string(),
        "actor": event.actor,
        "action": event.action,
        "kind": event.kind,
        "subject": event.subject,
        "reason": event.reason,
        "detail": line.detail(),
        "sealed": event.leaf.is_some(),
        "rows": rows,
        "rows_total": line.rows_total,
    })
}

/// What a row was before and after; the record itself where there was nothing before.
pub fn address(row: &Row) -> Option<String> {
    let (collection, id) = (row.schema?.collection, row.feature_id?);
    Some(match row.version {
        Some(version) if version > 1 => {
            let before = version - 1;
            format!("/collections/{collection}/items/{id}/versions/{before}/difference/{version}")
        }
        _ => format!("/collections/{collection}/items/{id}"),
    })
}
