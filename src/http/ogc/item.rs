//! `/collections/{c}/items/{id}`: one record, and its changes.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ask::{Ask, refuse_mistakes};
use super::crs::{CONTENT_CRS, System};
use super::etag::{self, Expected};
use super::items::{OFFERS, edit_of, feature};
use super::link::{Link, json_of};
use super::negotiate::{GEOJSON, HTML, JSON, Offer};
use super::reply::Reply;
use super::{body, collections, html, parameters};
use crate::domain::moment::text as time;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Label, Schema, Writes};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::http::problem::{Answer, no_such_page, refuse};
use crate::http::proposals;
use crate::http::who::Cx;
use crate::service::edit::{self, Act, Done, Mode, Written};
use crate::service::features::{self, Found, Record, Selection};
use crate::service::history;
use crate::service::systems::systems;
use crate::service::wire::Sent;
use crate::service::{Context, Result};

const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");
const ACCEPT_PUT: HeaderName = HeaderName::from_static("accept-put");

/// The kind and the feature id of an address; none where the last part is no number.
fn address((name, id): &(String, String)) -> std::result::Result<Option<(&'static Schema, i64)>, Problem> {
    let schema = collections::known(name)?;
    Ok(id.parse().ok().filter(|id| *id > 0).map(|id| (schema, id)))
}

pub(super) async fn get(Cx(cx): Cx, ask: Ask, Path(path): Path<(String, String)>) -> Answer {
    let Some((schema, id)) = address(&path)? else {
        return Ok(no_such_page().await);
    };
    let offered = systems(&cx).await?;
    let (wanted, system) = parameters::read_item(&ask, schema, &offered)?;
    let offer = ask.offer(&OFFERS)?;
    let record = match features::item(&cx, &wanted, id).await? {
        Found::Record(record) => *record,
        Found::Gone => return Ok(gone(&ask, schema, id)),
    };
    if *offer == HTML {
        let versions = match schema.writes {
            Writes::Versions => history::versions(&cx, schema, id).await?,
            Writes::None => Vec::new(),
        };
        // A page says more than its record, so that its tag is not the one that a change builds on.
        let page = html::item::page(&ask, schema, &wanted, &record, &versions);
        return Ok(Reply::page(page).linked(&links(&ask, schema, offer, id)).to(&ask));
    }
    Ok(reply(&ask, schema, offer, &wanted, record, &system).to(&ask))
}

/// The record as it stands, as the answer to a change.
///
/// # Errors
/// When the database breaks.
pub async fn whole(cx: &Context, ask: &Ask, schema: &'static Schema, id: i64, status: StatusCode) -> Result<Response> {
    let wanted = Selection::of(schema);
    let Found::Record(record) = features::item(cx, &wanted, id).await? else {
        return Ok(status.into_response());
    };
    let reply = reply(ask, schema, &GEOJSON, &wanted, *record, &System::default());
    let mut response = reply.status(status).to(ask);
    let applied = HeaderValue::from_static("return=representation");
    response.headers_mut().insert("preference-applied", applied);
    Ok(response)
}

fn reply(
    ask: &Ask,
    schema: &'static Schema,
    offer: &Offer,
    wanted: &Selection,
    record: Record,
    system: &System,
) -> Reply {
    let (id, version) = (record.feature_id, record.version);
    let links = links(ask, schema, offer, id);
    let fields = wanted.fields();
    let since = fields
        .iter()
        .position(|field| field.name == "known_from")
        .and_then(|at| record.values.get(at))
        .and_then(last_modified);
    let mut out = Vec::with_capacity(2048);
    let members = [("links", json_of(&links).to_string())];
    feature(&mut out, schema, &fields, &record, system, true, &members, false);
    let mut reply = Reply::new(offer.media, out)
        .tagged(etag::of_version(id, version))
        .linked(&links)
        .with(CONTENT_CRS, &system.header());
    if let Some(since) = since {
        reply = reply.with(header::LAST_MODIFIED, &since);
    }
    reply
}

/// When a version was recorded, as HTTP writes times.
fn last_modified(known_from: &Value) -> Option<String> {
    let Value::Time(time) = known_from else { return None };
    Some(time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string())
}

fn home(schema: &Schema, id: i64) -> String {
    format!("/collections/{}/items/{id}", schema.collection)
}

fn links(ask: &Ask, schema: &Schema, offer: &Offer, id: i64) -> Vec<Link> {
    let said = |en: &'static str, zh: &'static str| Label::new(en, zh).get(ask.lang);
    let home = home(schema, id);
    // After a change the address asked may be that of the list.
    let here = if ask.path == home {
        ask.with(&[])
    } else {
        ask.base.href(&home)
    };
    let collection = format!("/collections/{}", schema.collection);
    let mut links = vec![
        Link::new("self", offer.media, here).titled(said("This record", "本记录")),
        Link::new("alternate", HTML.media, ask.base.href(&format!("{home}?f=html"))).titled(said("As a page", "网页")),
        Link::new("collection", JSON.media, ask.base.href(&collection)).titled(schema.title.get(ask.lang)),
    ];
    if schema.writes == Writes::Versions {
        let versions = ask.base.href(&format!("{home}/versions"));
        links.push(Link::new("version-history", JSON.media, versions).titled(said("All versions", "全部版本")));
    }
    links
}

fn version_link(ask: &Ask, schema: &Schema, id: i64) -> String {
    let versions = ask.base.href(&format!("{}/versions", home(schema, id)));
    format!("<{versions}>; rel=\"version-history\"; type=\"application/json\"")
}

/// A record that is not in force: where its versions are.
fn gone(ask: &Ask, schema: &Schema, id: i64) -> Response {
    let versions = ask.base.href(&format!("{}/versions", home(schema, id)));
    let problem = Problem::new(
        Code::Gone,
        Message::new(
            format!("Record {id} of {} is not in force at this time.", schema.collection),
            format!("{}的记录 {id} 在该时间不生效。", schema.title.zh),
        ),
        Message::new(
            format!("Its versions are at {versions}."),
            format!("其各版本见 {versions}。"),
        ),
    );
    let mut response = refuse(problem, vec![("versions", json!(versions))]);
    if let Ok(link) = HeaderValue::from_str(&version_link(ask, schema, id)) {
        response.headers_mut().insert(header::LINK, link);
    }
    response
}

fn methods(schema: &Schema) -> &'static str {
    match schema.writes {
        Writes::Versions => "GET, HEAD, OPTIONS, PUT, PATCH, DELETE",
        Writes::None => "GET, HEAD, OPTIONS",
    }
}

pub(super) async fn options(Cx(cx): Cx, Path(path): Path<(String, String)>) -> Answer {
    let Some((schema, _)) = address(&path)? else {
        return Ok(no_such_page().await);
    };
    let mut response = StatusCode::OK.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::ALLOW,
        HeaderValue::from_static(if body::may_write(&cx, schema) {
            methods(schema)
        } else {
            body::READING
        }),
    );
    if body::may_write(&cx, schema) {
        headers.insert(ACCEPT_PATCH, HeaderValue::from_static(body::PATCH));
        headers.insert(ACCEPT_PUT, HeaderValue::from_static(body::FEATURE));
    }
    Ok(response)
}

pub(super) async fn put(
    Cx(cx): Cx,
    ask: Ask,
    Path(path): Path<(String, String)>,
    bytes: Bytes,
) -> std::result::Result<Response, Response> {
    change(&cx, &ask, &path, &bytes, Mode::Replace).await
}

pub(super) async fn patch(
    Cx(cx): Cx,
    ask: Ask,
    Path(path): Path<(String, String)>,
    bytes: Bytes,
) -> std::result::Result<Response, Response> {
    change(&cx, &ask, &path, &bytes, Mode::Patch).await
}

async fn change(
    cx: &Context,
    ask: &Ask,
    path: &(String, String),
    bytes: &[u8],
    mode: Mode,
) -> std::result::Result<Response, Response> {
    let Some((schema, id)) = address(path).map_err(body::refused)? else {
        return Err(no_such_page().await);
    };
    if schema.writes == Writes::None {
        return Err(body::not_written(schema, methods(schema)));
    }
    let (sent, taken, named) = match mode {
        Mode::Replace => (Sent::Whole, body::FEATURE, ACCEPT_PUT),
        Mode::Patch => (Sent::Patch, body::PATCH, ACCEPT_PATCH),
    };
    body::media(&ask.headers, taken, named)?;
    changed(cx, ask, schema, id, bytes, (mode, sent))
        .await
        .map_err(IntoResponse::into_response)
}

async fn changed(
    cx: &Context,
    ask: &Ask,
    schema: &'static Schema,
    id: i64,
    bytes: &[u8],
    (mode, sent): (Mode, Sent),
) -> Answer {
    ask.plain(&[GEOJSON, JSON])?;
    let edit = edit_of(cx, ask, schema, bytes, sent).await?;
    let expected = expected(cx, ask, schema, id).await?;
    let act = Act::Change {
        feature_id: id,
        expected,
        edit,
        mode,
    };
    let written = match edit::carry_out(cx, schema, act).await? {
        Done::Written(written) => written,
        Done::Proposed(number) => return Ok(proposals::accepted(cx, ask, number).await?),
    };
    if body::wants_it_back(&ask.headers) {
        return Ok(whole(cx, ask, schema, id, StatusCode::OK).await?);
    }
    Ok(stored(written))
}

fn stored(written: Written) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(tag) = HeaderValue::from_str(&etag::of_version(written.feature_id, written.version)) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The version that the sender builds on: none where they do not say, one that never was where they are wrong.
async fn expected(cx: &Context, ask: &Ask, schema: &'static Schema, id: i64) -> Result<Option<i32>> {
    const NEVER: i32 = -1;
    let named = match etag::expected(&ask.headers, id) {
        Expected::Anything => return Ok(None),
        Expected::Versions(versions) if versions.len() < 2 => {
            return Ok(Some(versions.first().copied().unwrap_or(NEVER)));
        }
        Expected::Versions(versions) => Some(versions),
        Expected::Something => None,
    };
    let current = match features::item(cx, &Selection::of(schema), id).await {
        Ok(Found::Record(record)) => Some(record.version),
        Ok(Found::Gone) => None,
        // That nothing is there is told as the failed condition.
        Err(crate::service::Error::Refused(problem)) if problem.code == Code::NotFound => None,
        Err(fault) => return Err(fault),
    };
    Ok(Some(match (current, named) {
        (Some(version), Some(named)) if !named.contains(&version) => NEVER,
        (Some(version), _) => version,
        (None, _) => NEVER,
    }))
}

/// What `DELETE` may say in its parameters.
const RETIRING: [&str; 3] = ["reason", "instrument", "valid_from"];

pub(super) async fn delete(
    Cx(cx): Cx,
    ask: Ask,
    Path(path): Path<(String, String)>,
) -> std::result::Result<Response, Response> {
    let Some((schema, id)) = address(&path).map_err(body::refused)? else {
        return Err(no_such_page().await);
    };
    if schema.writes == Writes::None {
        return Err(body::not_written(schema, methods(schema)));
    }
    retire(&cx, &ask, schema, id).await.map_err(IntoResponse::into_response)
}

async fn retire(cx: &Context, ask: &Ask, schema: &'static Schema, id: i64) -> Answer {
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| RETIRING.contains(&name) || name == "lang");
    let mut draft = Draft::default();
    for name in RETIRING {
        let Some(text) = ask.get(name).filter(|text| !text.is_empty()) else {
            continue;
        };
        if name != "valid_from" {
            draft.set(name, Value::Text(text.to_owned()));
            continue;
        }
        match time::known_at(text) {
            Ok(time) => draft.set(name, Value::Time(time)),
            Err(said) => {
                let detail = Message::new(format!("{name} {}.", said.en), format!("{name} {}。", said.zh));
                let at = name.to_owned();
                mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
            }
        }
    }
    refuse_mistakes(mistakes)?;
    let expected = expected(cx, ask, schema, id).await?;
    let act = Act::Retire {
        feature_id: id,
        expected,
        draft,
    };
    match edit::carry_out(cx, schema, act).await? {
        Done::Written(_) => Ok(StatusCode::NO_CONTENT.into_response()),
        Done::Proposed(number) => Ok(proposals::accepted(cx, ask, number).await?),
    }
}
