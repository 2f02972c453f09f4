//! `/accounts`: people and what they are granted, for administrators.

use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::identity::identity;
use super::ogc::ask::Ask;
use super::problem::Answer;
use super::who::Cx;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::rights::Role;
use crate::domain::text::Message;
use crate::service::Context;
use crate::service::account::{self, NewAccount, NewGrant, described};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/accounts", get(list).post(add))
        .route("/accounts/{name}", get(one))
        .route("/accounts/{name}/reset", post(reset))
        .route("/accounts/{name}/lock", post(lock))
        .route("/accounts/{name}/unlock", post(unlock))
        .route("/accounts/{name}/grants", post(grant))
        .route("/accounts/{name}/grants/{id}/revoke", post(revoke))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    name: String,
    full_name: String,
    #[serde(default)]
    grants: Vec<Granted>,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    role: String,
    #[serde(default)]
    place: Option<String>,
    #[serde(default)]
    until: Option<Timestamp>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

impl Granted {
    fn read(&self) -> Result<NewGrant<'_>, Problem> {
        let role = Role::from_word(&self.role).ok_or_else(|| {
            let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
            let words = words.join(", ");
            let detail = Message::new(format!("The roles are {words}."), format!("可用角色：{words}。"));
            Problem::new(
                Code::ValueInvalid,
                detail.clone(),
                Message::new("Take one of them.", "请选用其中之一。"),
            )
            .with_mistakes(vec![Mistake {
                at: "role".to_owned(),
                detail,
            }])
        })?;
        Ok(NewGrant {
            role,
            place: self.place.as_deref(),
            until: self.until,
        })
    }
}

/// A reason is not to be left out.
fn reasoned(reason: &str) -> Result<&str, Problem> {
    match reason.trim() {
        "" => Err(Problem::new(
            Code::ValueInvalid,
            Message::new("Say why, for the log.", "请说明理由，以便记入日志。"),
            Message::new("Add a reason.", "请补充 reason。"),
        )),
        reason => Ok(reason),
    }
}

fn unkept(body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn list(Cx(cx): Cx) -> Answer {
    let all: Vec<Value> = account::list(&cx).await?.iter().map(described).collect();
    Ok(unkept(Json(json!({ "accounts": all }))))
}

async fn one(Cx(cx): Cx, Path(name): Path<String>) -> Answer {
    Ok(unkept(Json(described(&account::one(&cx, &name).await?))))
}

/// The link that is to be handed to its owner; it is shown this once.
fn link(ask: &Ask, status: StatusCode, name: &str, code: &str) -> Response {
    let body = json!({ "name": name, "link": ask.base.href(&format!("/enrol/{code}")) });
    unkept((status, Json(body)))
}

async fn add(Cx(cx): Cx, ask: Ask, Json(added): Json<Added>) -> Answer {
    let grants = added.grants.iter().map(Granted::read).collect::<Result<_, _>>()?;
    let new = NewAccount {
        name: &added.name,
        full_name: &added.full_name,
        grants,
        reason: reasoned(&added.reason)?,
    };
    let code = account::add(&cx, &new).await?;
    Ok(link(&ask, StatusCode::CREATED, &added.name, &code))
}

async fn reset(Cx(cx): Cx, ask: Ask, Path(name): Path<String>) -> Answer {
    let code = account::reset(&cx, &name).await?;
    Ok(link(&ask, StatusCode::OK, &name, &code))
}

async fn lock(Cx(cx): Cx, Path(name): Path<String>, Json(why): Json<Why>) -> Answer {
    account::lock(&cx, &name, true, reasoned(&why.reason)?).await?;
    Ok(unkept(StatusCode::NO_CONTENT))
}

async fn unlock(Cx(cx): Cx, Path(name): Path<String>, Json(why): Json<Why>) -> Answer {
    account::lock(&cx, &name, false, reasoned(&why.reason)?).await?;
    Ok(unkept(StatusCode::NO_CONTENT))
}

async fn grant(Cx(cx): Cx, Path(name): Path<String>, Json(granted): Json<Granted>) -> Answer {
    let id = account::grant(&cx, &name, &granted.read()?, reasoned(&granted.reason)?).await?;
    Ok(unkept((StatusCode::CREATED, Json(json!({ "id": id })))))
}

async fn revoke(Cx(cx): Cx, Path((name, id)): Path<(String, String)>, Json(why): Json<Why>) -> Answer {
    let id = identity(&Message::new("grant", "授权"), &id)?;
    account::revoke(&cx, &name, id, reasoned(&why.reason)?).await?;
    Ok(unkept(StatusCode::NO_CONTENT))
}
