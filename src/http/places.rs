//! `/at`: what is to be said of any place on the map.

use axum::Json;
use axum::Router;
use axum::extract::Query;
use axum::response::IntoResponse;
use axum::routing::get;
use serde::Deserialize;

use super::problem::Answer;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::http::who::Cx;
use crate::service::{Context, view};
use crate::unit::LonLat;

pub(super) fn routes() -> Router<Context> {
    Router::new().route("/at", get(at))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    lon: f64,
    lat: f64,
    boundary: String,
}

async fn at(Cx(cx): Cx, Query(parameters): Query<Parameters>) -> Answer {
    let place = LonLat::new(parameters.lon, parameters.lat).map_err(|fault| {
        Problem::new(
            Code::ParameterInvalid,
            Message::new(format!("{fault}."), "经纬度无效。"),
            Message::new("Give lon and lat in degrees.", "请以度给出 lon 和 lat。"),
        )
    })?;
    Ok(Json(view::place(&cx, &parameters.boundary, place).await?).into_response())
}
