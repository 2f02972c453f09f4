//! `/collections/{c}/export`: a whole collection, or what is selected of it, as a file.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt;
use tokio_util::io::ReaderStream;

use super::ask::Ask;
use super::collections;
use super::link::Link;
use super::negotiate::Offer;
use super::parameters;
use crate::domain::schema::{Label, Schema};
use crate::http::problem::Answer;
use crate::service::export::{self, ExportFormat, Given, Request};
use crate::service::features::Coordinates;
use crate::service::systems::systems;
use crate::service::{Context, Error};

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/collections/{collection}/export", get(file))
}

/// The formats, in the order they are offered.
fn offers() -> Vec<Offer> {
    ExportFormat::ALL.iter().map(|format| Offer::new(format.word(), format.media_type())).collect()
}

async fn file(State(cx): State<Context>, ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = collections::known(&name)?;
    let offers = offers();
    let offer = *ask.offer(&offers)?;
    let format = ExportFormat::from_word(offer.f).unwrap_or(ExportFormat::GeoJson);
    let asked = parameters::read(&ask, schema, &systems(&cx).await?)?;
    let request = Request {
        crs: match (&asked.selection.coordinates, ask.get("crs")) {
            (Coordinates::System(crs), _) => Some(crs.clone()),
            // CRS84 asked for by name is the display position; not asked for, the frame is given.
            (Coordinates::Display, Some(_)) => crate::crs::Crs::lookup("EPSG:4326").ok(),
            (Coordinates::Display, None) => None,
        },
        limit: ask.get("limit").map(|_| asked.selection.limit),
        selection: asked.selection,
        format,
    };
    let body = match export::give(&cx, request).await? {
        Given::Stream(pieces) => {
            let pieces = futures_util::stream::unfold(pieces, async |mut pieces| {
                let piece = pieces.recv().await?;
                Some((piece, pieces))
            });
            Body::from_stream(pieces.boxed())
        }
        Given::File(path) => {
            let file = tokio::fs::File::open(&path).await.map_err(|fault| Error::Fault(fault.into()))?;
            // Kept until the last byte was read, and then removed.
            let pieces = ReaderStream::new(file).map(move |piece| {
                let _kept = &path;
                piece
            });
            Body::from_stream(pieces)
        }
    };
    let mut response: Response = body.into_response();
    let named = format!("attachment; filename=\"{}.{}\"", schema.collection, format.extension());
    for (header, value) in [
        (header::CONTENT_TYPE, offer.media),
        (header::CONTENT_DISPOSITION, named.as_str()),
        (header::VARY, "Accept, Accept-Encoding"),
        (header::CACHE_CONTROL, "private, no-cache"),
    ] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(header, value);
        }
    }
    Ok(response)
}

/// The links by which a collection leads to its files.
pub fn links(ask: &Ask, schema: &Schema) -> Vec<Link> {
    ExportFormat::ALL
        .iter()
        .filter(|format| format.holds(schema.shape))
        .map(|format| {
            let href = format!("/collections/{}/export?f={}", schema.collection, format.word());
            let said = Label::new("Everything as", "全部导出为").get(ask.lang);
            Link::new("enclosure", format.media_type(), ask.base.href(&href)).titled(format!("{said} {}", format.title()))
        })
        .collect()
}
