//! `/proposals`: what one person wants to put into force and another approves.

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use super::form::{From, typed};
use super::ogc::ask::{Ask, COMMON, refuse_mistakes};
use super::ogc::html;
use super::ogc::negotiate::{HTML, JSON};
use super::ogc::reply::Reply;
use super::problem::{Answer, Refusal};
use super::who::{Address, Cx};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::proposal::State;
use crate::domain::text::Message;
use crate::service::account::sign_in;
use crate::service::proposal::{self, Deed, Preview, Proposal};
use crate::service::{Context, Error};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/proposals", get(list))
        .route("/proposals/{number}", get(one))
        .route("/proposals/{number}/approve", post(approve))
        .route("/proposals/{number}/reject", post(reject))
        .route("/proposals/{number}/withdraw", post(withdraw))
}

const DEFAULT_LIMIT: i64 = 50;
const GREATEST_LIMIT: i64 = 500;
const TAKEN: [&str; 3] = ["state", "before", "limit"];
/// Where everything is listed whatever was decided.
const ALL: &str = "all";

/// What is said with a decision; a person at a page proves in the same form who they are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decided {
    #[serde(default)]
    words: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
}

impl Decided {
    fn words(&self) -> Option<&str> {
        Some(self.words.trim()).filter(|words| !words.is_empty())
    }
}

fn unkept(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.remove(header::ETAG);
    response
}

fn path(number: i64) -> String {
    format!("/proposals/{number}")
}

fn numbered(text: &str) -> Result<i64, Refusal> {
    text.parse::<i64>().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        Refusal::from(Problem::new(
            Code::NotFound,
            Message::new(format!("There is no proposal {shown}."), format!("没有提案 {shown}。")),
            Message::new("Look it up in the list.", "请在列表中查找。"),
        ))
    })
}

async fn list(Cx(cx): Cx, ask: Ask) -> Answer {
    let offer = *ask.offer(&[JSON, HTML])?;
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| TAKEN.contains(&name) || COMMON.contains(&name));
    let mut wrong = |at: &str, en: String, zh: String| {
        let detail = Message::new(en, zh);
        let at = at.to_owned();
        mistakes.push((Code::ParameterInvalid, Mistake { at, detail }));
    };
    let mut number = |name: &str| match ask.get(name).map(str::parse::<i64>) {
        None => None,
        Some(Ok(n)) if n >= 1 => Some(n),
        Some(_) => {
            wrong(
                name,
                format!("{name} is a whole number, 1 or more."),
                format!("{name} 必须为大于或等于 1 的整数。"),
            );
            None
        }
    };
    let (before, limit) = (number("before"), number("limit"));
    let asked = ask.get("state").unwrap_or(State::Open.word());
    let state = State::from_word(asked);
    if state.is_none() && asked != ALL {
        let words: Vec<&str> = State::ALL.iter().map(|state| state.word()).collect();
        let words = words.join(", ");
        wrong(
            "state",
            format!("state is one of {words}, {ALL}."),
            format!("state 可为 {words} 或 {ALL}。"),
        );
    }
    refuse_mistakes(mistakes)?;
    let limit = limit.unwrap_or(DEFAULT_LIMIT).min(GREATEST_LIMIT);
    let found = proposal::list(&cx, state, before, limit).await?;
    let is_full = usize::try_from(limit).is_ok_and(|limit| found.len() == limit);
    let oldest = found.last().filter(|_| is_full).map(|last| last.number.to_string());
    let older = oldest.map(|oldest| ask.with(&[("before", Some(&oldest))]));
    let reply = if offer == HTML {
        Reply::page(html::proposals::list(&ask, &found, state, older.as_deref())?)
    } else {
        let proposals = found.iter().map(|one| told(&ask, one)).collect::<Result<Vec<_>, _>>()?;
        let links: Vec<Value> = older
            .iter()
            .map(|href| json!({ "rel": "next", "href": href }))
            .collect();
        Reply::document(JSON.media, &json!({ "proposals": proposals, "links": links }))
    };
    Ok(unkept(reply.to(&ask)))
}

/// A proposal as JSON.
fn told(ask: &Ask, proposal: &Proposal) -> Result<Value, Error> {
    let schema = proposal::schema_of(proposal)?;
    let deed = Deed::read(schema, &proposal.deed)?;
    let time = |at: Option<jiff::Timestamp>| at.map(|at| at.to_string());
    let item = |id: i64| ask.base.href(&format!("/collections/{}/items/{id}", schema.collection));
    Ok(json!({
        "number": proposal.number,
        "href": ask.base.href(&path(proposal.number)),
        "state": proposal.state.word(),
        "do": deed.word(),
        "collection": schema.collection,
        "feature": proposal.feature_id.map(item),
        "label": proposal.label,
        "class": proposal.class.word(),
        "reason": proposal.reason,
        "author": proposal.author,
        "proposed_at": proposal.proposed_at.to_string(),
        "decided_by": proposal.decided_by,
        "decided_at": time(proposal.decided_at),
        "words": proposal.words,
        "outcome": proposal.outcome,
    }))
}

async fn one(Cx(cx): Cx, ask: Ask, Path(number): Path<String>) -> Answer {
    let proposal = proposal::one(&cx, numbered(&number)?).await?;
    if *ask.offer(&[JSON, HTML])? == HTML {
        return page(&cx, &ask, &proposal, None).await;
    }
    Ok(unkept(
        Reply::document(JSON.media, &whole(&cx, &ask, &proposal).await?).to(&ask),
    ))
}

/// With what it would do.
async fn whole(cx: &Context, ask: &Ask, proposal: &Proposal) -> Result<Value, Error> {
    let mut told = told(ask, proposal)?;
    let schema = proposal::schema_of(proposal)?;
    let deed = Deed::read(schema, &proposal.deed)?.json();
    told["proposed"] = deed;
    told["may_decide"] = json!(proposal.state == State::Open && proposal::may_decide(cx, proposal));
    match proposal::preview(cx, proposal).await? {
        Preview::Change(found) => {
            told["difference"] =
                super::ogc::difference::told(ask, schema, proposal.feature_id.unwrap_or(0), &found, &[]);
        }
        Preview::Refused(problem) => {
            told["overtaken"] =
                json!({ "detail": problem.detail.get(ask.lang), "remedy": problem.remedy.get(ask.lang) });
        }
        Preview::None | Preview::New(_) | Preview::End(_) => {}
    }
    Ok(told)
}

async fn page(cx: &Context, ask: &Ask, proposal: &Proposal, failed: Option<&Problem>) -> Answer {
    let preview = proposal::preview(cx, proposal).await?;
    let may = html::proposals::May {
        decide: proposal.state == State::Open && proposal::may_decide(cx, proposal),
        withdraw: proposal.state == State::Open && proposal::is_own(cx, proposal),
        is_proved: cx.must_be_proved().is_ok(),
    };
    let page = html::proposals::one(ask, proposal, &preview, may, failed)?;
    let status = failed.map_or(StatusCode::OK, |problem| super::problem::status(problem.code));
    Ok(unkept(Reply::page(page).status(status).to(ask)))
}

/// The answer to a write that wants a second person.
///
/// # Errors
/// When the database breaks.
pub(super) async fn accepted(cx: &Context, ask: &Ask, number: i64) -> Result<Response, Error> {
    let proposal = proposal::one(cx, number).await?;
    let told = told(ask, &proposal)?;
    let mut response = Reply::document(JSON.media, &told).status(StatusCode::ACCEPTED).to(ask);
    if let Ok(location) = HeaderValue::from_str(&ask.base.href(&path(number))) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(unkept(response))
}

/// Back to the page, or the proposal as it is now; on a page a refusal is told there.
async fn answered(cx: &Context, ask: &Ask, from: From, number: i64, decided: Result<Proposal, Error>) -> Answer {
    match decided {
        Ok(_) if from == From::Page => {
            let there = ask.page(&format!("{}?f=html", path(number)));
            let location = HeaderValue::from_str(&there).unwrap_or(HeaderValue::from_static("/proposals"));
            Ok(unkept(
                (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response(),
            ))
        }
        Ok(proposal) => Ok(unkept(Reply::document(JSON.media, &told(ask, &proposal)?).to(ask))),
        Err(Error::Refused(problem)) if from == From::Page && problem.code != Code::NotFound => {
            let proposal = proposal::one(cx, number).await?;
            page(cx, ask, &proposal, Some(&problem)).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn approve(
    Cx(cx): Cx,
    Address(address): Address,
    ask: Ask,
    Path(number): Path<String>,
    request: Request,
) -> Answer {
    let number = numbered(&number)?;
    let (from, typed): (_, Decided) = typed(request).await?;
    let words = typed.words().map(str::to_owned);
    // Who proves who they are in the form of the approval is asked for it once.
    let cx = if typed.password.is_empty() {
        cx
    } else {
        let asked = sign_in::Asked {
            name: "",
            password: typed.password,
            code: Some(typed.code.as_str()).filter(|code| !code.is_empty()),
            address: &address,
            browser: "",
        };
        match sign_in::prove_first(&cx, asked).await {
            Ok(proved) => proved,
            Err(error) => return answered(&cx, &ask, from, number, Err(error)).await,
        }
    };
    let decided = proposal::approve(&cx, number, words.as_deref()).await;
    answered(&cx, &ask, from, number, decided).await
}

async fn reject(Cx(cx): Cx, ask: Ask, Path(number): Path<String>, request: Request) -> Answer {
    let number = numbered(&number)?;
    let (from, typed): (_, Decided) = typed(request).await?;
    let decided = match typed.words() {
        Some(words) => proposal::reject(&cx, number, words).await,
        None => Err(wordless().into()),
    };
    answered(&cx, &ask, from, number, decided).await
}

fn wordless() -> Problem {
    let detail = Message::new(
        "A rejection says what is wrong, for its author.",
        "退回时须说明原因，以便提出人更正。",
    );
    Problem::new(
        Code::ValueInvalid,
        detail.clone(),
        Message::new("Add words.", "请填写 words。"),
    )
    .with_mistakes(vec![Mistake {
        at: "words".to_owned(),
        detail,
    }])
}

async fn withdraw(Cx(cx): Cx, ask: Ask, Path(number): Path<String>, request: Request) -> Answer {
    let number = numbered(&number)?;
    let (from, typed): (_, Decided) = typed(request).await?;
    let decided = proposal::withdraw(&cx, number, typed.words()).await;
    answered(&cx, &ask, from, number, decided).await
}
