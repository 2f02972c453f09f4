//! `/collections/{c}/export`: a whole collection, or what is selected of it, as a file.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use tokio_util::io::ReaderStream;

use super::ask::Ask;
use super::link::Link;
use super::negotiate::Offer;
use super::parameters::{self, Asked};
use super::{collections, etag};
use crate::crs::Crs;
use crate::domain::problem::Problem;
use crate::domain::schema::{Label, Schema};
use crate::http::problem::Answer;
use crate::http::who::Cx;
use crate::service::export::{self, ExportFormat, Given, Request, What};
use crate::service::features::{self, Coordinates};
use crate::service::systems::systems;

/// The formats, in the order they are offered.
pub fn offers() -> Vec<Offer> {
    ExportFormat::ALL
        .iter()
        .map(|format| Offer::new(format.word(), format.media_type()))
        .collect()
}

pub(super) async fn get(Cx(cx): Cx, method: Method, ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    let asked = parameters::read_file(&ask, schema, &systems(&cx).await?)?;
    let offers = offers();
    let offer = *ask.offer(&offers)?;
    let format = ExportFormat::from_word(offer.f).unwrap_or(ExportFormat::GeoJson);
    let request = request(&ask, asked, format)?;
    let version = features::version(&cx, schema).await?;
    // Weak: two files of one state differ in the time at which they were made.
    let tag = etag::of_parts(&[
        b"export",
        cx.caller.scope.as_bytes(),
        &version.to_le_bytes(),
        offer.media.as_bytes(),
        ask.with(&[]).as_bytes(),
    ]);
    let tag = format!("W/{tag}");
    if etag::is_known(&ask.headers, &tag) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        told(&mut response, None, &tag);
        return Ok(response);
    }
    let file_name = export::file_name(&cx, &request);
    let mut length = None;
    let body = if method == Method::HEAD {
        export::can(&cx, &request).await?;
        // Of no stated length, since nobody has written it.
        Body::from_stream(futures_util::stream::empty::<std::io::Result<axum::body::Bytes>>())
    } else {
        match export::give(&cx, request).await? {
            Given::Stream(pieces) => {
                let pieces = futures_util::stream::unfold(pieces, async |mut pieces| {
                    let piece = pieces.recv().await?;
                    Some((piece, pieces))
                });
                // Who compresses it asks again after the end.
                Body::from_stream(pieces.fuse().boxed())
            }
            Given::File(file, bytes) => {
                length = Some(bytes);
                Body::from_stream(ReaderStream::with_capacity(tokio::fs::File::from_std(file), 1 << 16))
            }
        }
    };
    let mut response = body.into_response();
    if let Some(length) = length {
        response
            .headers_mut()
            .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    }
    // The names have plain letters only.
    let named = format!("attachment; filename=\"{file_name}\"");
    told(&mut response, Some((offer.media, &named)), &tag);
    let about = Link::new(
        "describedby",
        super::negotiate::SCHEMA.media,
        home(&ask, schema, "/schema"),
    );
    if let Some(value) = about.header() {
        response.headers_mut().append(header::LINK, value);
    }
    Ok(response)
}

fn told(response: &mut Response, content: Option<(&str, &str)>, tag: &str) {
    let mut said = vec![
        (header::ETAG, tag),
        (header::VARY, "Accept, Accept-Encoding"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ];
    if let Some((media, named)) = content {
        said.extend([(header::CONTENT_TYPE, media), (header::CONTENT_DISPOSITION, named)]);
    }
    for (name, value) in said {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
}

fn request(ask: &Ask, asked: Asked, format: ExportFormat) -> Result<Request, Problem> {
    Ok(Request {
        crs: match (&asked.selection.coordinates, ask.get("crs")) {
            (Coordinates::System(crs), _) => Some(crs.clone()),
            // Longitude and latitude asked for by name are the display position; not asked for, the frame is given.
            (Coordinates::Display, Some(_)) => Some(Crs::lookup("EPSG:4326").map_err(Problem::from)?),
            (Coordinates::Display, None) => None,
        },
        limit: ask
            .get("limit")
            .and_then(|_| usize::try_from(asked.selection.limit).ok()),
        what: What::Collection(Box::new(asked.selection)),
        section: None,
        format,
        asked: ask.parameters.iter().cloned().collect(),
    })
}

fn home(ask: &Ask, schema: &Schema, behind: &str) -> String {
    ask.base.href(&format!("/collections/{}{behind}", schema.collection))
}

/// The formats that can hold the records of a kind.
fn held(schema: &Schema) -> impl Iterator<Item = ExportFormat> {
    let shape = schema.shape;
    ExportFormat::ALL.into_iter().filter(move |format| format.holds(shape))
}

/// The links by which a collection leads to its files.
pub fn links(ask: &Ask, schema: &Schema) -> Vec<Link> {
    let said = Label::new("Everything as", "全部导出为").get(ask.lang);
    held(schema)
        .map(|format| {
            let href = home(ask, schema, &format!("/export?f={}", format.word()));
            Link::new("enclosure", format.media_type(), href).titled(format!("{said} {}", format.title()))
        })
        .collect()
}

/// The files of what this very page selects: name of the format, and address.
pub fn files(ask: &Ask, schema: &Schema) -> Vec<(&'static str, String)> {
    let there = Ask {
        path: format!("/collections/{}/export", schema.collection),
        ..ask.clone()
    };
    let page_only = ["limit", "cursor", "resultType", "skipGeometry", "lang"];
    held(schema)
        .map(|format| {
            let mut changes: Vec<(&str, Option<&str>)> = page_only.iter().map(|name| (*name, None)).collect();
            changes.push(("f", Some(format.word())));
            (format.title(), there.with(&changes))
        })
        .collect()
}
