//! `/uploads`: files in, receipts out.

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Path, Query, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::caller::language;
use super::file;
use super::form::unreadable;
use super::identity::identity;
use super::problem::{Answer, inside, refuse};
use crate::domain::text::{Lang, Message};
use crate::http::who::Cx;
use crate::service::Context;
use crate::service::upload::receipt::Receipt;
use crate::service::upload::{self, Received};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        // The limit is of a file, not of a form with several, and is watched where the file is written down.
        .route("/uploads", get(list).post(receive).layer(DefaultBodyLimit::disable()))
        .route("/uploads/{id}", get(one))
        .route("/uploads/{id}/original", get(original))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    filename: Option<String>,
    inspection: Option<Uuid>,
}

async fn receive(Cx(cx): Cx, Query(parameters): Query<Parameters>, headers: HeaderMap, request: Request) -> Answer {
    let lang = language(&headers);
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    if kind.to_ascii_lowercase().starts_with("multipart/") {
        return form(&cx, &parameters, lang, request).await;
    }
    let name = parameters.filename.as_deref().unwrap_or("upload");
    let body = request.into_body().into_data_stream();
    let received = upload::receive(&cx, name, parameters.inspection, body).await?;
    Ok(single(received, lang))
}

async fn form(cx: &Context, parameters: &Parameters, lang: Lang, request: Request) -> Answer {
    let broken = |fault: &str| {
        let remedy = Message::new(
            "Send the files as parts named file.",
            "请将文件作为名为 file 的部分发送。",
        );
        unreadable(fault, remedy)
    };
    let mut form = Multipart::from_request(request, cx)
        .await
        .map_err(|fault| broken(&fault.body_text()))?;
    let mut all: Vec<Received> = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|fault| broken(&fault.body_text()))? {
        let Some(name) = part.file_name().map(str::to_owned) else {
            continue;
        };
        all.push(upload::receive(cx, &name, parameters.inspection, part).await?);
    }
    if all.len() == 1
        && let Some(only) = all.pop()
    {
        return Ok(single(only, lang));
    }
    if all.is_empty() {
        return Err(broken("it holds no file").into());
    }
    let status = if all.iter().any(|r| r.is_new) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    let receipts: Vec<Value> = all.iter().map(|r| receipt_json(&r.receipt, lang)).collect();
    Ok((status, Json(json!({ "receipts": receipts }))).into_response())
}

/// One file's answer: its receipt, or the problem that kept it out with the receipt's number beside it.
fn single(received: Received, lang: Lang) -> Response {
    let receipt = received.receipt;
    let location = format!("/uploads/{}", receipt.id);
    let mut response = match receipt.problem.clone() {
        Some(problem) => {
            let more = vec![
                ("upload", json!(receipt.id)),
                ("number", json!(receipt.number)),
                ("sha256", json!(receipt.sha256)),
            ];
            refuse(problem, more)
        }
        None => {
            let status = if received.is_new {
                StatusCode::CREATED
            } else {
                StatusCode::OK
            };
            (status, Json(receipt_json(&receipt, lang))).into_response()
        }
    };
    if let Ok(value) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    response
}

fn receipt_json(receipt: &Receipt, lang: Lang) -> Value {
    let mut value = json!(receipt);
    if let (Value::Object(members), Some(problem)) = (&mut value, &receipt.problem) {
        members.insert("problem".to_owned(), inside(problem, lang));
    }
    value
}

async fn list(Cx(cx): Cx, headers: HeaderMap) -> Answer {
    let lang = language(&headers);
    let receipts = upload::newest(&cx, 200).await?;
    let receipts: Vec<Value> = receipts.iter().map(|r| receipt_json(r, lang)).collect();
    Ok(Json(json!({ "uploads": receipts })).into_response())
}

async fn one(Cx(cx): Cx, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let receipt = upload::by_id(&cx, identity(&Message::new("upload", "上传"), &id)?).await?;
    Ok((
        [(header::CACHE_CONTROL, "no-store")],
        Json(receipt_json(&receipt, language(&headers))),
    )
        .into_response())
}

async fn original(Cx(cx): Cx, headers: HeaderMap, Path(id): Path<String>) -> Answer {
    let (name, path) = upload::original(&cx, identity(&Message::new("upload", "上传"), &id)?).await?;
    let encoded: String = name
        .bytes()
        .map(|b| {
            if b.is_ascii_alphanumeric() || b"-._".contains(&b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect();
    // Never opened in place: whatever a team sent stays a file.
    let shown = format!("attachment; filename*=UTF-8''{encoded}");
    // Original bytes never change, so that the identity is a tag for all time.
    let tag = format!("\"{id}\"");
    let mut response = file::send(&headers, &path, "application/octet-stream", &tag).await?;
    if let Ok(value) = HeaderValue::from_str(&shown) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}
