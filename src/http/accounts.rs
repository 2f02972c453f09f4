//! `/accounts`: people and what they are granted, for administrators.

use axum::extract::{Path, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::{From, typed};
use super::identity::identity;
use super::ogc::ask::Ask;
use super::ogc::html::{self, accounts::News};
use super::ogc::negotiate::{HTML, JSON};
use super::ogc::reply::Reply;
use super::problem::Answer;
use super::who::Cx;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::rights::Role;
use crate::domain::text::Message;
use crate::service::account::{self, NewAccount, NewGrant, described};
use crate::service::{Context, Error};

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
    /// One role, as a form has it.
    #[serde(default)]
    role: String,
    #[serde(default)]
    place: Option<String>,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    role: String,
    #[serde(default)]
    place: Option<String>,
    /// An instant, or a day, whose end is meant.
    #[serde(default)]
    until: Option<String>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Why {
    reason: String,
}

fn filled(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn until(text: &str) -> Result<Timestamp, Problem> {
    let day = || {
        let end = text.parse::<Date>().ok()?.tomorrow().ok()?;
        Some(end.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    text.parse().ok().or_else(day).ok_or_else(|| {
        let detail = Message::new(
            "until is an instant (2027-01-01T00:00:00Z) or a day (2026-12-31).",
            "until 应为时刻（2027-01-01T00:00:00Z）或日期（2026-12-31）。",
        );
        Problem::new(
            Code::ValueInvalid,
            detail.clone(),
            Message::new("Correct it and send it again.", "请更正后重新提交。"),
        )
        .with_mistakes(vec![Mistake {
            at: "until".to_owned(),
            detail,
        }])
    })
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
            place: filled(self.place.as_ref()),
            until: filled(self.until.as_ref()).map(until).transpose()?,
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

async fn list(Cx(cx): Cx, ask: Ask) -> Answer {
    if *ask.offer(&[JSON, HTML])? == HTML {
        return people(&cx, &ask, News::None).await;
    }
    let all: Vec<Value> = account::list(&cx).await?.iter().map(described).collect();
    Ok(unkept(Json(json!({ "accounts": all }))))
}

async fn people(cx: &Context, ask: &Ask, news: News<'_>) -> Answer {
    let page = html::accounts::list(ask, &account::list(cx).await?, news, cx.clock.now());
    Ok(unkept(Reply::page(page).status(standing(news)).to(ask)))
}

async fn one(Cx(cx): Cx, ask: Ask, Path(name): Path<String>) -> Answer {
    if *ask.offer(&[JSON, HTML])? == HTML {
        return person(&cx, &ask, &name, News::None).await;
    }
    Ok(unkept(Json(described(&account::one(&cx, &name).await?))))
}

async fn person(cx: &Context, ask: &Ask, name: &str, news: News<'_>) -> Answer {
    let seen = account::one(cx, name).await?;
    let places = account::places(cx, &seen.grants).await?;
    let page = html::accounts::one(ask, &seen, &places, news, cx.clock.now());
    Ok(unkept(Reply::page(page).status(standing(news)).to(ask)))
}

const fn standing(news: News<'_>) -> StatusCode {
    match news {
        News::Refused(problem) => super::problem::status(problem.code),
        News::Link(_) | News::None => StatusCode::OK,
    }
}

/// What was done to a person: `answer` for a program, their page for a person, where a refusal is told as well.
async fn done<T>(
    cx: &Context,
    ask: &Ask,
    from: From,
    name: &str,
    tried: Result<T, Error>,
    answer: impl FnOnce(T) -> Response,
) -> Answer {
    match tried {
        Ok(_) if from == From::Page => {
            let there = ask.page(&format!("/accounts/{name}?f=html"));
            let location = HeaderValue::from_str(&there).unwrap_or(HeaderValue::from_static("/accounts"));
            Ok(unkept((StatusCode::SEE_OTHER, [(header::LOCATION, location)])))
        }
        Ok(told) => Ok(answer(told)),
        Err(Error::Refused(problem)) if from == From::Page && problem.code != Code::NotFound => {
            person(cx, ask, name, News::Refused(&problem)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn link_of(ask: &Ask, code: &str) -> String {
    ask.base.href(&format!("/enrol/{code}"))
}

/// The link that is to be handed to its owner; it is shown this once.
fn link(ask: &Ask, status: StatusCode, name: &str, code: &str) -> Response {
    unkept((status, Json(json!({ "name": name, "link": link_of(ask, code) }))))
}

async fn add(Cx(cx): Cx, ask: Ask, request: Request) -> Answer {
    let (from, added): (_, Added) = typed(request).await?;
    let code = add_as(&cx, &added).await;
    match code {
        Ok(code) if from == From::Page => people(&cx, &ask, News::Link(&link_of(&ask, &code))).await,
        Ok(code) => Ok(link(&ask, StatusCode::CREATED, &added.name, &code)),
        Err(Error::Refused(problem)) if from == From::Page => people(&cx, &ask, News::Refused(&problem)).await,
        Err(error) => Err(error.into()),
    }
}

async fn add_as(cx: &Context, added: &Added) -> Result<String, Error> {
    let mut grants = added.grants.iter().map(Granted::read).collect::<Result<Vec<_>, _>>()?;
    let one = Granted {
        role: added.role.clone(),
        place: added.place.clone(),
        until: None,
        reason: String::new(),
    };
    if !added.role.is_empty() {
        grants.push(one.read()?);
    }
    let new = NewAccount {
        name: &added.name,
        full_name: &added.full_name,
        grants,
        reason: reasoned(&added.reason)?,
    };
    account::add(cx, &new).await
}

async fn reset(Cx(cx): Cx, ask: Ask, Path(name): Path<String>) -> Answer {
    let is_page = ask.offer(&[JSON, HTML]).is_ok_and(|offer| *offer == HTML);
    match account::reset(&cx, &name).await {
        Ok(code) if is_page => person(&cx, &ask, &name, News::Link(&link_of(&ask, &code))).await,
        Ok(code) => Ok(link(&ask, StatusCode::OK, &name, &code)),
        Err(Error::Refused(problem)) if is_page && problem.code != Code::NotFound => {
            person(&cx, &ask, &name, News::Refused(&problem)).await
        }
        Err(error) => Err(error.into()),
    }
}

fn nothing<T>(_: T) -> Response {
    unkept(StatusCode::NO_CONTENT)
}

async fn locked(cx: &Context, ask: &Ask, name: &str, request: Request, lock: bool) -> Answer {
    let (from, why): (_, Why) = typed(request).await?;
    let tried = async { account::lock(cx, name, lock, reasoned(&why.reason)?).await };
    done(cx, ask, from, name, tried.await, nothing).await
}

async fn lock(Cx(cx): Cx, ask: Ask, Path(name): Path<String>, request: Request) -> Answer {
    locked(&cx, &ask, &name, request, true).await
}

async fn unlock(Cx(cx): Cx, ask: Ask, Path(name): Path<String>, request: Request) -> Answer {
    locked(&cx, &ask, &name, request, false).await
}

async fn grant(Cx(cx): Cx, ask: Ask, Path(name): Path<String>, request: Request) -> Answer {
    let (from, granted): (_, Granted) = typed(request).await?;
    let tried = async { account::grant(&cx, &name, &granted.read()?, reasoned(&granted.reason)?).await };
    let told = |id| unkept((StatusCode::CREATED, Json(json!({ "id": id }))));
    done(&cx, &ask, from, &name, tried.await, told).await
}

async fn revoke(Cx(cx): Cx, ask: Ask, Path((name, id)): Path<(String, String)>, request: Request) -> Answer {
    let (from, why): (_, Why) = typed(request).await?;
    let id = identity(&Message::new("grant", "授权"), &id)?;
    let tried = async { account::revoke(&cx, &name, id, reasoned(&why.reason)?).await };
    done(&cx, &ask, from, &name, tried.await, nothing).await
}
