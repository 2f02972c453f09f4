//! `/collections/{c}/import`: a file of records is sent, and every row is told what became of it.

use axum::body::Bytes;
use axum::extract::{FromRequest, Multipart, Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ask::{Ask, COMMON, refuse_mistakes};
use super::negotiate::{HTML, JSON, Offer};
use super::reply::Reply;
use super::{body, collections, html};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Schema, Writes};
use crate::domain::text::Message;
use crate::http::form::unreadable;
use crate::http::problem::{Answer, Refusal, status};
use crate::http::who::Cx;
use crate::service::import::{self, Asked, Mapping, Received, Sent, Taking};
use crate::service::view;
use crate::service::{Context, Error};
use crate::unit::Epoch;

/// Media types of files; what a file is, its bytes say.
pub const MEDIA: [&str; 15] = [
    "application/geo+json",
    "application/geo+json-seq",
    "application/json",
    "application/geopackage+sqlite3",
    "application/vnd.sqlite3",
    "application/zip",
    "application/x-zip-compressed",
    "application/vnd.google-earth.kml+xml",
    "application/vnd.google-earth.kmz",
    "text/csv",
    "application/flatgeobuf",
    "image/vnd.dxf",
    "application/dxf",
    "application/octet-stream",
    "multipart/form-data",
];

const ACCEPT_POST: HeaderName = HeaderName::from_static("accept-post");

/// Parameters beside [`COMMON`].
pub const NAMES: [&str; 12] = [
    "boundary",
    "crs",
    "epoch",
    "layer",
    "encoding",
    "map",
    "set",
    "dry-run",
    "partial",
    "reason",
    "instrument",
    "filename",
];

/// Bytes of one parameter that comes as a part of a form.
const PART: usize = 8 << 10;

const OFFERS: [Offer; 2] = [JSON, HTML];

/// What may be done at the address of a kind.
const fn methods(schema: &Schema) -> &'static str {
    match schema.writes {
        Writes::Versions => "GET, HEAD, OPTIONS, POST",
        Writes::None => "OPTIONS",
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
            "OPTIONS"
        }),
    );
    if body::may_write(&cx, schema) {
        tell_media(headers);
    }
    Ok(response)
}

fn tell_media(headers: &mut HeaderMap) {
    if let Ok(media) = HeaderValue::from_str(&MEDIA.join(", ")) {
        headers.insert(ACCEPT_POST, media);
    }
}

/// The page with the form.
pub(super) async fn get(Cx(cx): Cx, ask: Ask, Path(name): Path<String>) -> std::result::Result<Response, Response> {
    let schema = writable(&name)?;
    ask.plain(&[HTML]).map_err(body::refused)?;
    let boundaries = boundaries(&cx, schema)
        .await
        .map_err(|error| Refusal::from(error).into_response())?;
    let page = html::import::page(&ask, schema, &boundaries, &Asked::default(), None);
    Ok(Reply::page(page).to(&ask))
}

/// The collection that files are taken over into.
fn writable(name: &str) -> std::result::Result<&'static Schema, Response> {
    let schema = collections::known(name).map_err(body::refused)?;
    if schema.writes == Writes::None {
        return Err(body::not_written(schema, methods(schema)));
    }
    Ok(schema)
}

/// Keys of the boundaries that a record may belong to.
async fn boundaries(cx: &Context, schema: &Schema) -> crate::service::Result<Vec<String>> {
    if !schema.of_boundary {
        return Ok(Vec::new());
    }
    Ok(view::boundaries(cx)
        .await?
        .into_iter()
        .map(|boundary| boundary.key)
        .collect())
}

pub(super) async fn post(
    Cx(cx): Cx,
    ask: Ask,
    Path(name): Path<String>,
    request: Request,
) -> std::result::Result<Response, Response> {
    let schema = writable(&name)?;
    let offer = *ask.offer(&OFFERS).map_err(body::refused)?;
    let media = media(&ask.headers).map_err(unsupported)?;
    let mut asked = Asked::default();
    let taken = take(&cx, &ask, schema, media, request, &mut asked).await;
    let before = taken
        .as_ref()
        .is_ok_and(|taken| matches!(taken.taking, Taking::Before(_)));
    if offer != HTML || before {
        return match taken {
            Ok(received) => Ok(told(&ask, &asked, &received)),
            Err(Error::Refused(problem)) => Err(refused(*problem)),
            Err(fault) => Err(Refusal::from(fault).into_response()),
        };
    }
    // Who filled in the form is shown what became of it there.
    let outcome = match taken {
        Ok(received) => html::import::Outcome::Received(received),
        Err(Error::Refused(problem)) => html::import::Outcome::Refused(problem),
        Err(fault) => return Err(Refusal::from(fault).into_response()),
    };
    let code = match &outcome {
        html::import::Outcome::Received(_) => StatusCode::OK,
        html::import::Outcome::Refused(problem) => status(problem.code),
    };
    let boundaries = boundaries(&cx, schema)
        .await
        .map_err(|error| Refusal::from(error).into_response())?;
    let page = html::import::page(&ask, schema, &boundaries, &asked, Some(&outcome));
    let reply = Reply::new(HTML.media, page.into_string()).status(code);
    Ok(reply.to(&ask))
}

fn told(ask: &Ask, asked: &Asked, received: &Received) -> Response {
    let mut told = match &received.taking {
        Taking::Now(outcome) => import::json(outcome, asked.dry_run),
        Taking::Before(told) => told.clone(),
    };
    told["sha256"] = received.sha256.clone().into();
    told["bytes"] = received.bytes.into();
    let proposal = told["proposal"]
        .as_i64()
        .map(|number| ask.base.href(&format!("/proposals/{number}")));
    let mut reply = Reply::new(JSON.media, told.to_string());
    if proposal.is_some() {
        reply = reply.status(StatusCode::ACCEPTED);
    }
    let mut response = reply.to(ask);
    if let Some(Ok(there)) = proposal.map(|there| HeaderValue::from_str(&there)) {
        response.headers_mut().insert(header::LOCATION, there);
    }
    response
}

/// How a body comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Media {
    File,
    Form,
}

fn media(headers: &HeaderMap) -> std::result::Result<Media, Problem> {
    let said = headers
        .get(header::CONTENT_TYPE)
        .map(|said| said.to_str().unwrap_or_default());
    let essence = said
        .unwrap_or("application/octet-stream")
        .split(';')
        .next()
        .unwrap_or_default();
    let essence = essence.trim().to_ascii_lowercase();
    if essence == "multipart/form-data" {
        return Ok(Media::Form);
    }
    if MEDIA.contains(&essence.as_str()) {
        return Ok(Media::File);
    }
    let shown: String = essence.chars().take(80).collect();
    Err(Problem::new(
        Code::MediaTypeUnsupported,
        Message::new(
            format!("Records are not read from a file of type {shown}."),
            format!("不能从 {shown} 类型的文件读取记录。"),
        ),
        Message::new(
            format!("Send it as one of {}; what a file is, its bytes say.", MEDIA.join(", ")),
            format!("请以下列类型之一提交：{}；文件格式按内容识别。", MEDIA.join("、")),
        ),
    ))
}

fn unsupported(problem: Problem) -> Response {
    let mut response = body::refused(problem);
    tell_media(response.headers_mut());
    response
}

/// A refusal; of a file of no kind that is read, that of its media type.
fn refused(mut problem: Problem) -> Response {
    if problem.code == Code::FormatUnknown {
        problem.code = Code::MediaTypeUnsupported;
        return unsupported(problem);
    }
    body::refused(problem)
}

/// Takes the file in, then what is asked of it, and takes it over.
async fn take(
    cx: &Context,
    ask: &Ask,
    schema: &'static Schema,
    media: Media,
    request: Request,
    asked: &mut Asked,
) -> crate::service::Result<Received> {
    let mut parameters = ask.parameters.clone();
    let sent = match media {
        Media::File => {
            read(schema, &parameters, asked)?;
            let name = ask.get("filename").unwrap_or("file");
            import::receive(cx, name, request.into_body().into_data_stream()).await?
        }
        Media::Form => {
            // What is wrong with the address is told before a byte is read.
            read(schema, &parameters, asked)?;
            form(cx, request, &mut parameters).await?
        }
    };
    read(schema, &parameters, asked)?;
    import::take(cx, asked, sent).await
}

/// The file of a form; its other parts are parameters.
async fn form(cx: &Context, request: Request, parameters: &mut Vec<(String, String)>) -> crate::service::Result<Sent> {
    let broken = |fault: &str| {
        let remedy = Message::new(
            "Send one file as a part named file.",
            "请将一个文件作为名为 file 的部分发送。",
        );
        unreadable(fault, remedy)
    };
    let mut form = Multipart::from_request(request, cx)
        .await
        .map_err(|fault| broken(&fault.body_text()))?;
    let mut sent: Option<Sent> = None;
    while let Some(mut part) = form.next_field().await.map_err(|fault| broken(&fault.body_text()))? {
        if let Some(name) = part.file_name().map(str::to_owned) {
            if name.is_empty() {
                continue;
            }
            if sent.is_some() {
                return Err(broken("it holds more than one file"));
            }
            sent = Some(import::receive(cx, &name, part).await?);
            continue;
        }
        let name = part.name().unwrap_or_default().to_owned();
        let mut value: Vec<u8> = Vec::new();
        while let Some(piece) = part.chunk().await.map_err(|fault| broken(&fault.body_text()))? {
            let piece: Bytes = piece;
            if value.len() + piece.len() > PART {
                return Err(broken(&format!("{name} is too long")));
            }
            value.extend_from_slice(&piece);
        }
        let value = String::from_utf8(value).map_err(|_| broken(&format!("{name} is no UTF-8")))?;
        // Fields that were not filled in.
        if !value.trim().is_empty() {
            parameters.push((name, value.trim().to_owned()));
        }
    }
    sent.ok_or_else(|| broken("it holds no file"))
}

/// Reads the parameters, all mistakes at once.
fn read(schema: &Schema, parameters: &[(String, String)], asked: &mut Asked) -> Result<(), Problem> {
    let mut mistakes = Vec::new();
    let mut wrong = |code: Code, at: &str, en: String, zh: String| {
        let at: String = at.chars().take(60).collect();
        let detail = Message::new(format!("{at} {en}."), format!("{at} {zh}。"));
        mistakes.push((code, Mistake { at, detail }));
    };
    *asked = Asked {
        collection: schema.collection.to_owned(),
        ..Asked::default()
    };
    for (index, (name, value)) in parameters.iter().enumerate() {
        let (name, value) = (name.as_str(), value.as_str());
        if !NAMES.contains(&name) && !COMMON.contains(&name) || (name == "boundary" && !schema.of_boundary) {
            wrong(
                Code::ParameterUnknown,
                name,
                "is no parameter here".to_owned(),
                "不是此处的参数".to_owned(),
            );
            continue;
        }
        if parameters.iter().take(index).any(|(before, _)| before == name) {
            wrong(
                Code::ParameterInvalid,
                name,
                "is given more than once".to_owned(),
                "重复".to_owned(),
            );
            continue;
        }
        let flag = match value {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        let text = Some(value.to_owned()).filter(|value| !value.is_empty());
        match name {
            "dry-run" | "partial" => match flag {
                Some(flag) if name == "dry-run" => asked.dry_run = flag,
                Some(flag) => asked.partial = flag,
                None => wrong(
                    Code::ParameterInvalid,
                    name,
                    "must be true or false".to_owned(),
                    "必须是 true 或 false".to_owned(),
                ),
            },
            "map" | "set" => match Mapping::pairs(value) {
                Ok(pairs) if name == "map" => asked.mapping.columns = pairs,
                Ok(pairs) => asked.mapping.constants = pairs,
                Err(part) => wrong(
                    Code::ParameterInvalid,
                    name,
                    format!("has {part:?}, which is no field=column"),
                    format!("含有“{part}”，不是“字段=列名”"),
                ),
            },
            "epoch" => match value.parse().ok().and_then(|year: f64| Epoch::new(year).ok()) {
                Some(epoch) => asked.epoch = Some(epoch),
                None => wrong(
                    Code::ParameterInvalid,
                    name,
                    "must be a decimal year such as 2024.5".to_owned(),
                    "必须是以年为单位的小数，例如 2024.5".to_owned(),
                ),
            },
            "boundary" => asked.boundary = text,
            "crs" => asked.crs = text,
            "layer" => asked.layer = text,
            "encoding" => asked.encoding = text,
            "reason" => asked.reason = text,
            "instrument" => asked.instrument = text,
            _ => {}
        }
    }
    if asked.instrument.is_some() && asked.reason.is_none() {
        wrong(
            Code::ParameterInvalid,
            "instrument",
            "needs a reason beside it: what is put in force says why".to_owned(),
            "须同时给出理由：生效的记录必须说明理由".to_owned(),
        );
    }
    refuse_mistakes(mistakes)
}
