//! Coming in and going out, for people at a page and for programs: `/session`, `/enrol/{code}`, and one's own sessions
//! and tokens.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::{From, typed};
use super::ogc::ask::Ask;
use super::ogc::html;
use super::ogc::negotiate::{HTML, JSON};
use super::ogc::reply::Reply;
use super::problem::Answer;
use super::who::{Address, COOKIE, Cx, forget};
use crate::domain::problem::{Code, Problem};
use crate::domain::rights::TokenScope;
use crate::domain::text::Message;
use crate::http::identity::identity;
use crate::service::account::sign_in::{self, Begun};
use crate::service::account::token::{self, NewToken};
use crate::service::account::{self, Session, Token};
use crate::service::caller::Via;
use crate::service::{Context, Error, proposal};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/session", get(page).post(begin).delete(leave))
        .route("/session/end", post(leave))
        .route("/session/proof", post(prove))
        .route("/sessions/{id}/end", post(end_one))
        .route("/enrol/{code}", get(enrolling).post(enrol))
        .route("/tokens", get(tokens).post(issue))
        .route("/tokens/{id}/revoke", post(revoke))
        .route("/tokens/{id}", delete(revoke))
}

/// What is typed, in a form or as JSON.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Typed {
    name: String,
    password: String,
    #[serde(default)]
    code: String,
    /// Where to go then; a path of ours.
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Proof {
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enrolment {
    password: String,
    again: String,
    /// The authenticator's secret in base 32, and its first code; where the role wants one.
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    scope: String,
    #[serde(default)]
    inspection: Option<String>,
    #[serde(default)]
    days: Option<i64>,
}

/// `/session`: who I am, my sessions and tokens; or the way in.
async fn page(Cx(cx): Cx, ask: Ask) -> Answer {
    let offer = ask.offer(&[HTML, JSON])?;
    if *offer == JSON {
        return Ok(Reply::document(JSON.media, &myself(&cx)).to(&ask));
    }
    if cx.caller.via == Via::Nobody {
        let next = ask.get("next").unwrap_or_default();
        return Ok(Reply::page(html::session::sign_in(&ask, next, None)).to(&ask));
    }
    own_page(&cx, &ask, None).await
}

async fn own_page(cx: &Context, ask: &Ask, new: Option<&(String, Token)>) -> Answer {
    let (sessions, tokens) = (sign_in::own(cx).await?, token::own(cx).await?);
    let waiting = proposal::waiting(cx).await?;
    let page = html::session::own(
        ask,
        &cx.caller,
        &account::abilities(cx),
        &sessions,
        &tokens,
        new,
        waiting,
    );
    let reply = Reply::page(page).to(ask);
    Ok(unkept(reply))
}

/// Nothing of this is to be kept by anybody on the way.
fn unkept(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers_mut().remove(header::ETAG);
    response
}

fn myself(cx: &Context) -> Value {
    let may = account::abilities(cx).into_iter().map(|(verb, realms)| {
        let realms: Vec<&str> = realms.iter().map(|realm| realm.word()).collect();
        (verb.word().to_owned(), json!(realms))
    });
    json!({
        "signed_in": cx.caller.via != Via::Nobody,
        "name": cx.caller.account.map(|_| &cx.caller.name),
        "full_name": cx.caller.account.map(|_| &cx.caller.full_name),
        "may": may.collect::<serde_json::Map<_, _>>(),
    })
}

async fn begin(Cx(cx): Cx, Address(address): Address, ask: Ask, request: Request) -> Answer {
    let (from, typed): (_, Typed) = typed(request).await?;
    let asked = sign_in::Asked {
        name: &typed.name,
        password: typed.password,
        code: Some(typed.code.as_str()).filter(|code| !code.is_empty()),
        address: &address,
        browser: browser(&ask.headers),
    };
    match sign_in::begin(&cx, asked).await {
        Ok(begun) => Ok(came_in(&cx, from, &begun, &typed.next)),
        Err(Error::Refused(problem)) if from == From::Page => {
            let status = super::problem::status(problem.code);
            let page = html::session::sign_in(&ask, &typed.next, Some((&typed.name, &problem)));
            Ok(unkept(Reply::page(page).status(status).to(&ask)))
        }
        Err(error) => Err(error.into()),
    }
}

fn came_in(cx: &Context, from: From, begun: &Begun, next: &str) -> Response {
    let left = begun.expires_at.duration_since(cx.clock.now()).as_secs().max(0);
    let cookie = format!(
        "{COOKIE}={}; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age={left}",
        begun.secret
    );
    let mut response = match from {
        From::Page => go(next),
        From::Program => {
            let body = json!({ "session": begun.secret, "expires_at": begun.expires_at.to_string() });
            (StatusCode::CREATED, axum::Json(body)).into_response()
        }
    };
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    unkept(response)
}

/// To a page of ours and of nobody else: a path that begins with one slash.
fn go(next: &str) -> Response {
    let is_ours = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
    let there = if is_ours { next } else { "/" };
    let location = HeaderValue::from_str(there).unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

async fn leave(Cx(cx): Cx, ask: Ask) -> Answer {
    sign_in::end(&cx).await?;
    let is_page = ask.offer(&[JSON, HTML]).is_ok_and(|offer| *offer == HTML);
    let mut response = if is_page {
        go("/session")
    } else {
        StatusCode::NO_CONTENT.into_response()
    };
    response.headers_mut().append(header::SET_COOKIE, forget());
    Ok(unkept(response))
}

async fn prove(Cx(cx): Cx, Address(address): Address, ask: Ask, request: Request) -> Answer {
    let (from, typed): (_, Proof) = typed(request).await?;
    let asked = sign_in::Asked {
        name: "",
        password: typed.password,
        code: Some(typed.code.as_str()).filter(|code| !code.is_empty()),
        address: &address,
        browser: browser(&ask.headers),
    };
    sign_in::prove(&cx, asked).await?;
    Ok(unkept(match from {
        From::Page => go(&typed.next),
        From::Program => StatusCode::NO_CONTENT.into_response(),
    }))
}

async fn end_one(Cx(cx): Cx, Path(id): Path<String>, ask: Ask) -> Answer {
    sign_in::end_own(&cx, Some(identity(&Message::new("session", "会话"), &id)?)).await?;
    Ok(done(&ask))
}

/// Back to one's own page, or nothing more to say.
fn done(ask: &Ask) -> Response {
    if ask.offer(&[JSON, HTML]).is_ok_and(|offer| *offer == HTML) {
        go("/session")
    } else {
        StatusCode::NO_CONTENT.into_response()
    }
}

async fn enrolling(Cx(cx): Cx, Path(code): Path<String>, ask: Ask) -> Answer {
    let known = match sign_in::enrolling(&cx, &code).await {
        Ok(known) => known,
        Err(Error::Refused(problem)) => {
            let page = html::session::refused(&ask, &problem);
            return Ok(unkept(
                Reply::page(page).status(super::problem::status(problem.code)).to(&ask),
            ));
        }
        Err(error) => return Err(error.into()),
    };
    let page = html::session::enrol(&ask, &code, &known, known.totp.as_deref(), None)?;
    Ok(unkept(Reply::page(page).to(&ask)))
}

async fn enrol(Cx(cx): Cx, Path(code): Path<String>, ask: Ask, request: Request) -> Answer {
    let (from, typed): (_, Enrolment) = typed(request).await?;
    let secret = data_encoding::BASE32_NOPAD.decode(typed.secret.trim().to_uppercase().as_bytes());
    let secret = secret.unwrap_or_default();
    let set = if typed.password == typed.again {
        let totp = Some((secret.as_slice(), typed.code.as_str())).filter(|(secret, _)| !secret.is_empty());
        sign_in::enrol(&cx, &code, typed.password, totp).await
    } else {
        Err(Problem::new(
            Code::ValueInvalid,
            Message::new("The two passwords are not the same.", "两次输入的密码不一致。"),
            Message::new("Type the same one twice.", "请输入相同的密码。"),
        )
        .into())
    };
    match set {
        Ok(_) if from == From::Page => Ok(unkept(go("/session"))),
        Ok(name) => Ok(unkept(axum::Json(json!({ "name": name })).into_response())),
        Err(Error::Refused(problem)) if from == From::Page && problem.code != Code::LinkUsed => {
            let known = sign_in::enrolling(&cx, &code).await?;
            // The same secret again: it may be in the authenticator already.
            let kept = known
                .totp
                .as_ref()
                .map(|new| if secret.len() >= 16 { &secret } else { new });
            let page = html::session::enrol(&ask, &code, &known, kept.map(Vec::as_slice), Some(&problem))?;
            Ok(unkept(
                Reply::page(page).status(super::problem::status(problem.code)).to(&ask),
            ))
        }
        Err(error) => Err(error.into()),
    }
}

async fn tokens(Cx(cx): Cx, ask: Ask) -> Answer {
    let own = token::own(&cx).await?;
    let listed: Vec<Value> = own.iter().map(described).collect();
    Ok(unkept(
        Reply::document(JSON.media, &json!({ "tokens": listed })).to(&ask),
    ))
}

pub(super) fn described(token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "scope": token.scope.word(),
        "inspection": token.inspection,
        "made_at": token.made_at.to_string(),
        "expires_at": token.expires_at.to_string(),
        "seen_at": token.seen_at.map(|at| at.to_string()),
    })
}

async fn issue(Cx(cx): Cx, ask: Ask, request: Request) -> Answer {
    let (from, wanted): (_, Wanted) = typed(request).await?;
    let scope = TokenScope::from_word(&wanted.scope).ok_or_else(|| {
        Problem::new(
            Code::ValueInvalid,
            Message::new(
                "scope is read, write or upload.",
                "scope 必须是 read、write 或 upload。",
            ),
            Message::new("Take one of them.", "请选用其中之一。"),
        )
    })?;
    let inspection = match wanted.inspection.as_deref().filter(|id| !id.is_empty()) {
        Some(id) => Some(identity(&Message::new("inspection", "检查"), id)?),
        None => None,
    };
    let new = NewToken {
        name: &wanted.name,
        scope,
        inspection,
        days: wanted.days.unwrap_or(token::DAYS),
    };
    let made = token::issue(&cx, &new).await?;
    if from == From::Page {
        return own_page(&cx, &ask, Some(&made)).await;
    }
    let mut body = described(&made.1);
    if let Value::Object(members) = &mut body {
        members.insert("token".to_owned(), json!(made.0));
    }
    Ok(unkept((StatusCode::CREATED, axum::Json(body)).into_response()))
}

async fn revoke(Cx(cx): Cx, Path(id): Path<String>, ask: Ask) -> Answer {
    token::revoke(&cx, identity(&Message::new("token", "令牌"), &id)?).await?;
    Ok(done(&ask))
}

fn browser(headers: &HeaderMap) -> &str {
    headers
        .get(header::USER_AGENT)
        .and_then(|browser| browser.to_str().ok())
        .unwrap_or_default()
}

/// Whether a session is the one that asks.
pub(super) fn is_this(cx: &crate::service::caller::Caller, session: &Session) -> bool {
    matches!(cx.via, Via::Session { id, .. } if id == session.id)
}
