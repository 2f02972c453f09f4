//! `/collections/{c}/items`: records, a page at a time; a new one is sent here.

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::ask::Ask;
use super::crs::{CONTENT_CRS, System, of_body};
use super::link::{Link, json_of};
use super::negotiate::{GEOJSON, HTML, JSON, Offer};
use super::parameters::{self, Asked};
use super::reply::Reply;
use super::{body, collections, cursor, etag, html};
use crate::domain::schema::{Field, Label, Schema, Writes};
use crate::http::problem::Answer;
use crate::http::proposals;
use crate::http::who::Cx;
use crate::service::edit::{self, Act, Done, Edit};
use crate::service::features::{self, Page, Record};
use crate::service::systems::systems;
use crate::service::wire::{Feature, Sent, write};
use crate::service::{Context, Result};

pub const OFFERS: [Offer; 3] = [GEOJSON, JSON, HTML];

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

pub(super) async fn get(Cx(cx): Cx, ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    let ask = if ask.get("f") == Some(HTML.f) {
        ask.filled_in()
    } else {
        ask
    };
    let offered = systems(&cx).await?;
    let asked = parameters::read(&ask, schema, &offered)?;
    let offer = ask.offer(&OFFERS)?;
    let version = features::version(&cx, schema).await?;
    let tag = etag::of_parts(&[
        b"items",
        cx.caller.scope.as_bytes(),
        &version.to_le_bytes(),
        offer.media.as_bytes(),
        ask.lang.code().as_bytes(),
        ask.with(&[]).as_bytes(),
    ]);
    if etag::is_known(&ask.headers, &tag) {
        return Ok(Reply::new(offer.media, Bytes::new()).tagged(tag).to(&ask));
    }
    let page = if asked.hits {
        Page {
            records: Vec::new(),
            matched: features::matched(&cx, &asked.selection).await?,
            next: None,
        }
    } else {
        features::page(&cx, &asked.selection).await?
    };
    let links = links(&ask, schema, offer, &asked, &page);
    let reply = if *offer == HTML {
        Reply::new(
            HTML.media,
            html::items::page(&ask, schema, &asked, &page, &links).into_string(),
        )
    } else {
        Reply::new(offer.media, collection(&cx, schema, &asked, page, &links)).with(CONTENT_CRS, &asked.system.header())
    };
    Ok(reply.tagged(tag).linked(&links).to(&ask))
}

fn links(ask: &Ask, schema: &Schema, offer: &Offer, asked: &Asked, page: &Page) -> Vec<Link> {
    let said = |en: &'static str, zh: &'static str| Label::new(en, zh).get(ask.lang);
    let mut links = vec![Link::new("self", offer.media, ask.with(&[])).titled(said("This page", "本页"))];
    for other in OFFERS.iter().filter(|other| *other != offer && **other != JSON) {
        links.push(Link::new("alternate", other.media, ask.with(&[("f", Some(other.f))])));
    }
    if let Some(next) = &page.next {
        let cursor = cursor::write(next, &asked.order);
        let href = ask.with(&[("cursor", Some(&cursor))]);
        links.push(Link::new("next", offer.media, href).titled(said("Next page", "下一页")));
    }
    let home = ask.base.href(&format!("/collections/{}", schema.collection));
    links.push(Link::new("collection", JSON.media, home).titled(schema.title.get(ask.lang)));
    links
}

/// A page as a feature collection, written straight into a buffer.
fn collection(cx: &Context, schema: &Schema, asked: &Asked, page: Page, links: &[Link]) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024 + page.records.len() * 512);
    let head = json!({
        "timeStamp": cx.clock.now().to_string(),
        "numberMatched": page.matched,
        "numberReturned": page.records.len(),
        "links": json_of(links),
    });
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\"");
    for name in ["timeStamp", "numberMatched", "numberReturned", "links"] {
        // A count that took too long is left out; it is never a guess.
        if !head[name].is_null() {
            out.extend_from_slice(format!(",\"{name}\":{}", head[name]).as_bytes());
        }
    }
    out.extend_from_slice(b",\"features\":[");
    let fields = asked.selection.fields();
    let about = asked.selection.properties.is_none();
    for (index, record) in page.records.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        feature(
            &mut out,
            schema,
            &fields,
            record,
            &asked.system,
            about && !asked.skip_geometry,
            &[],
            asked.skip_geometry,
        );
    }
    out.extend_from_slice(b"]}");
    out
}

/// One record as a feature; with what its position is where `about` is set.
#[expect(clippy::too_many_arguments, reason = "each says one thing about the text")]
pub fn feature(
    out: &mut Vec<u8>,
    schema: &Schema,
    fields: &[&'static Field],
    record: &Record,
    system: &System,
    about: bool,
    members: &[(&'static str, String)],
    bare: bool,
) {
    let geometry = record.wound().filter(|_| !bare);
    let mut more = Vec::new();
    if about && super::schema::format(schema.shape).is_some() {
        more.push(("position_kind", format!("\"{}\"", record.position_kind.word())));
        let accuracy = record
            .position_accuracy_m
            .map_or_else(|| "null".to_owned(), |m| json!(m).to_string());
        more.push(("position_accuracy_m", accuracy));
    }
    let feature = Feature {
        id: record.feature_id,
        shape: schema.shape,
        fields,
        values: &record.values,
        geometry: geometry.as_deref(),
        axes: system.axes,
        more: &more,
        members,
    };
    write(out, &feature);
}

/// What may be done with the records of a kind.
fn methods(schema: &Schema) -> &'static str {
    match schema.writes {
        Writes::Versions => "GET, HEAD, OPTIONS, POST",
        Writes::None => "GET, HEAD, OPTIONS",
    }
}

pub(super) async fn options(Cx(cx): Cx, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
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
        headers.insert(ACCEPT_POST, HeaderValue::from_static(body::FEATURE));
    }
    Ok(response)
}

pub(super) async fn post(
    Cx(cx): Cx,
    ask: Ask,
    Path(name): Path<String>,
    bytes: Bytes,
) -> std::result::Result<Response, Response> {
    let schema = collections::known(&name).map_err(body::refused)?;
    if schema.writes == Writes::None {
        return Err(body::not_written(schema, methods(schema)));
    }
    body::media(&ask.headers, body::FEATURE, ACCEPT_POST)?;
    create(&cx, &ask, schema, &bytes)
        .await
        .map_err(IntoResponse::into_response)
}

async fn create(cx: &Context, ask: &Ask, schema: &'static Schema, bytes: &[u8]) -> Answer {
    ask.plain(&[GEOJSON, JSON])?;
    let edit = edit_of(cx, ask, schema, bytes, Sent::Whole).await?;
    let written = match edit::carry_out(cx, schema, Act::Create(edit)).await? {
        Done::Written(written) => written,
        Done::Proposed(number) => return Ok(proposals::accepted(cx, ask, number).await?),
    };
    let path = format!("/collections/{}/items/{}", schema.collection, written.feature_id);
    let mut response = if body::wants_it_back(&ask.headers) {
        super::item::whole(cx, ask, schema, written.feature_id, StatusCode::CREATED).await?
    } else {
        let tag = etag::of_version(written.feature_id, written.version);
        let mut response = StatusCode::CREATED.into_response();
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    };
    if let Ok(location) = HeaderValue::from_str(&ask.base.href(&path)) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// What a body asks to be written, its positions easting or longitude first.
pub async fn edit_of(cx: &Context, ask: &Ask, schema: &'static Schema, bytes: &[u8], sent: Sent) -> Result<Edit> {
    let offered = systems(cx).await?;
    let system = of_body(&offered, &ask.headers)?;
    let mut draft = crate::service::wire::read(bytes, schema, sent)?;
    if let Some(Some(geometry)) = &mut draft.geometry {
        *geometry = system.plain_geometry(geometry);
    }
    Ok(Edit {
        coordinates: system.coordinates,
        ..Edit::new(draft)
    })
}
