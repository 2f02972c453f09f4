//! Files, whole or a part of them (RFC 9110, 14).

use std::io::{self, SeekFrom};
use std::path::Path;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::TryStreamExt;
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use tokio_util::io::ReaderStream;

use super::problem::refuse;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::service::{Error, Result};

/// Which bytes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    All,
    /// First and last, both included.
    Part(u64, u64),
    /// A part that the file does not have.
    Beyond,
}

/// A file as an answer: all of it, or the one part that is asked for.
///
/// # Errors
/// When the file cannot be read.
pub(super) async fn send(headers: &HeaderMap, path: &Path, media: &'static str, tag: &str) -> Result<Response> {
    let broken = |fault: io::Error| Error::Fault(fault.into());
    let mut file = tokio::fs::File::open(path).await.map_err(broken)?;
    let length = file.metadata().await.map_err(broken)?.len();
    let is_known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.split(',').any(|t| t.trim().trim_start_matches("W/") == tag));
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        match wanted(headers, length, tag) {
            Wanted::Beyond => return Ok(beyond(length)),
            Wanted::All => body(file, length),
            Wanted::Part(first, last) => {
                file.seek(SeekFrom::Start(first)).await.map_err(broken)?;
                let mut response = body(file, last - first + 1);
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                set(
                    &mut response,
                    header::CONTENT_RANGE,
                    &format!("bytes {first}-{last}/{length}"),
                );
                response
            }
        }
    };
    if !is_known {
        set(&mut response, header::CONTENT_TYPE, media);
    }
    set(&mut response, header::ACCEPT_RANGES, "bytes");
    set(&mut response, header::ETAG, tag);
    Ok(response)
}

fn body(file: tokio::fs::File, length: u64) -> Response {
    let stream = ReaderStream::with_capacity(file.take(length), 1 << 16).map_err(io::Error::other);
    let mut response = Body::from_stream(stream).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn beyond(length: u64) -> Response {
    let problem = Problem::new(
        Code::RangeInvalid,
        Message::new(
            format!("The file has {length} bytes; the part asked for begins behind them."),
            format!("文件共 {length} 字节；所请求的部分超出其范围。"),
        ),
        Message::new("Ask for a part that it has.", "请在文件范围内请求。"),
    );
    let mut response = refuse(problem, Vec::new());
    set(&mut response, header::CONTENT_RANGE, &format!("bytes */{length}"));
    response
}

/// One range is served; of several, or of what is no range of bytes, the whole file is.
fn wanted(headers: &HeaderMap, length: u64, tag: &str) -> Wanted {
    let said = |name| headers.get(name).and_then(|v: &HeaderValue| v.to_str().ok());
    // A part of another version would not fit what the caller has.
    if said(header::IF_RANGE).is_some_and(|known| known != tag) {
        return Wanted::All;
    }
    let Some((first, last)) = said(header::RANGE)
        .and_then(|range| range.strip_prefix("bytes="))
        .filter(|range| !range.contains(','))
        .and_then(|range| range.split_once('-'))
    else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (number(first), number(last)) {
        (Some(first), _) if first >= length => Wanted::Beyond,
        (Some(from), Some(to)) if from <= to => Wanted::Part(from, to.min(length - 1)),
        (Some(from), None) if last.trim().is_empty() => Wanted::Part(from, length - 1),
        // The last so many bytes.
        (None, Some(0)) if first.trim().is_empty() => Wanted::Beyond,
        (None, Some(count)) if first.trim().is_empty() && length > 0 => {
            Wanted::Part(length.saturating_sub(count), length - 1)
        }
        _ => Wanted::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: &'static str, expect: Wanted) {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, HeaderValue::from_static(range));
        assert_eq!(wanted(&headers, 100, "\"a\""), expect, "{range}");
        headers.insert(header::IF_RANGE, HeaderValue::from_static("\"b\""));
        assert_eq!(wanted(&headers, 100, "\"a\""), Wanted::All, "{range}");
    }

    #[test]
    fn one_range_is_served() {
        check("bytes=0-9", Wanted::Part(0, 9));
        check("bytes=90-", Wanted::Part(90, 99));
        check("bytes=-10", Wanted::Part(90, 99));
        check("bytes=-1000", Wanted::Part(0, 99));
        check("bytes=50-1000", Wanted::Part(50, 99));
        check("bytes=100-", Wanted::Beyond);
        check("bytes=-0", Wanted::Beyond);
        check("bytes=9-0", Wanted::All);
        check("bytes=0-1,5-6", Wanted::All);
        check("bytes=x-", Wanted::All);
        check("lines=1-2", Wanted::All);
    }
}
