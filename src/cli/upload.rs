//! `merestone upload`: files to a running service, as a survey team's script would send them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use serde_json::Value;
use tokio::fs::File;
use tokio_util::io::ReaderStream;
use uuid::Uuid;

use super::{FINE, FOUND, Failure, Outcome, language, progress};
use crate::domain::text::Lang;
use crate::service::Ids;

#[derive(Debug, Clone, clap::Args)]
pub struct UploadArgs {
    /// Files: GPX, also packed with gzip
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Address of the service
    #[arg(
        long,
        value_name = "URL",
        env = "MERESTONE_SERVER",
        default_value = "http://127.0.0.1:8080"
    )]
    server: String,
    /// A token of yours that may hand in files; better in the environment, where it is in no list of processes
    #[arg(long, value_name = "TOKEN", env = "MERESTONE_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The inspection they belong to; found by itself when not given
    #[arg(long, value_name = "ID")]
    inspection: Option<Uuid>,
    /// Print the receipts as JSON
    #[arg(long)]
    json: bool,
}

/// How long the answer of the checks is waited for.
const PATIENCE: Duration = Duration::from_secs(600);

pub async fn run(args: UploadArgs) -> Outcome {
    let client = client(args.token.as_deref())?;
    let mut code = FINE;
    let mut receipts = Vec::new();
    for path in &args.files {
        let receipt = send(&client, &args, path).await?;
        if receipt.get("status").is_some() {
            code = FOUND;
        }
        if args.json {
            receipts.push(receipt);
        } else {
            print(path, &receipt, language());
        }
    }
    if args.json {
        let whole = if receipts.len() == 1 {
            receipts.remove(0)
        } else {
            Value::Array(receipts)
        };
        println!("{whole:#}");
    }
    Ok(code)
}

/// Sends the token, where there is one, with every request.
fn client(token: Option<&str>) -> Result<reqwest::Client, Failure> {
    let mut headers = HeaderMap::new();
    if let Some(token) = token {
        let mut value = HeaderValue::from_str(&format!("Bearer {}", token.trim()))
            .map_err(|_| Failure::fault("the token has signs that no token has", "令牌包含无效字符"))?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    let built = reqwest::Client::builder().default_headers(headers).build();
    built.map_err(fault("no connection can be made", "无法建立连接"))
}

fn fault(en: &str, zh: &str) -> impl Fn(reqwest::Error) -> Failure + use<> {
    let (en, zh) = (en.to_owned(), zh.to_owned());
    move |fault| {
        // The innermost cause says most: that nobody answers, that a name is not known.
        let mut cause: &dyn std::error::Error = &fault;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Failure::fault(format!("{en}: {cause}"), format!("{zh}：{cause}"))
    }
}

/// Sends one file and waits for the checks; gives the receipt, or the problem that kept it out.
async fn send(client: &reqwest::Client, args: &UploadArgs, path: &Path) -> Result<Value, Failure> {
    let unreadable = |fault: std::io::Error| {
        Failure::fault(
            format!("{} cannot be read: {fault}", path.display()),
            format!("无法读取 {}：{fault}", path.display()),
        )
    };
    let file = File::open(path).await.map_err(unreadable)?;
    let size = file.metadata().await.map_err(unreadable)?.len();
    let name = path
        .file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned();
    let bar = progress::bytes(&name, size);
    let counted = bar.clone();
    let body = ReaderStream::with_capacity(file, 1 << 16).inspect(move |piece| {
        counted.inc(piece.as_ref().map_or(0, |piece| piece.len() as u64));
    });
    let encode = |text: &str| -> String {
        text.bytes()
            .map(|b| {
                if b.is_ascii_alphanumeric() || b"-._~".contains(&b) {
                    char::from(b).to_string()
                } else {
                    format!("%{b:02X}")
                }
            })
            .collect()
    };
    let server = args.server.trim_end_matches('/');
    let mut url = format!("{server}/uploads?filename={}", encode(&name));
    if let Some(id) = args.inspection {
        url.push_str(&format!("&inspection={id}"));
    }
    let response = client
        .post(&url)
        .header("content-type", "application/gpx+xml")
        .header("idempotency-key", Ids.next().to_string())
        .header("content-length", size)
        .header("accept-language", if language() == Lang::Zh { "zh" } else { "en" })
        .body(reqwest::Body::wrap_stream(body))
        .send()
        .await
        .map_err(fault(
            &format!("the service at {server} cannot be reached"),
            &format!("无法连接 {server} 上的服务"),
        ))?;
    bar.finish_and_clear();
    let mut receipt: Value = response
        .json()
        .await
        .map_err(fault("the answer cannot be read", "无法读取应答"))?;
    let Some(id) = receipt.get("id").and_then(Value::as_str).map(str::to_owned) else {
        return Ok(receipt);
    };
    let bar = progress::waiting(format!("{name}: checking"));
    let waited = std::time::Instant::now();
    while matches!(
        receipt.get("state").and_then(Value::as_str),
        Some("reading" | "checking")
    ) && waited.elapsed() < PATIENCE
    {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let response = client
            .get(format!("{server}/uploads/{id}"))
            .send()
            .await
            .map_err(fault("the receipt cannot be had", "无法取得回执"))?;
        receipt = response
            .json()
            .await
            .map_err(fault("the receipt cannot be read", "无法读取回执"))?;
    }
    bar.finish_and_clear();
    Ok(receipt)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or(0.0)
}

fn print(path: &Path, receipt: &Value, lang: Lang) {
    let zh = lang == Lang::Zh;
    if receipt.get("status").is_some() {
        println!("{}: {}", path.display(), text(receipt, "/title"));
        let line = receipt
            .get("line")
            .and_then(Value::as_u64)
            .map_or_else(String::new, |line| format!(":{line}"));
        println!("  {}{line}: {}", text(receipt, "/file"), text(receipt, "/detail"));
        println!("  {}", text(receipt, "/remedy"));
        return;
    }
    let s = "/summary";
    println!(
        "{}  {}  {}",
        text(receipt, "/number"),
        text(receipt, "/filename"),
        text(receipt, "/state")
    );
    println!("  sha256 {}", text(receipt, "/sha256"));
    println!(
        "  {} {} · {} – {} · {:.3} km",
        number(receipt, &format!("{s}/trackpoints")),
        if zh { "个定位点" } else { "fixes" },
        text(receipt, &format!("{s}/first_time")),
        text(receipt, &format!("{s}/last_time")),
        number(receipt, &format!("{s}/length_m")) / 1000.0
    );
    for warning in receipt.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        let line = warning
            .get("line")
            .and_then(Value::as_u64)
            .map_or_else(String::new, |line| format!("{line}: "));
        println!(
            "  ! {line}{}",
            text(warning, if zh { "/message_zh" } else { "/message_en" })
        );
    }
    for result in receipt.get("results").and_then(Value::as_array).into_iter().flatten() {
        print_result(result, zh);
    }
}

fn print_result(result: &Value, zh: bool) {
    println!(
        "  {} {}",
        text(result, "/boundary_key"),
        text(result, "/inspection_number")
    );
    if let Some(refusal) = result.get("not_comparable").filter(|v| !v.is_null()) {
        println!("    {}", text(refusal, if zh { "/zh" } else { "/en" }));
    }
    if result.get("coverage").is_some_and(|c| !c.is_null()) {
        let words = if zh { "覆盖" } else { "covered" };
        println!(
            "    {:.1} % {words} ({:.0} / {:.0} m, {})",
            number(result, "/coverage/percent"),
            number(result, "/coverage/covered_m"),
            number(result, "/coverage/total_m"),
            text(result, "/coverage/reference")
        );
        for gap in result
            .pointer("/coverage/gaps")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let gap_text = text(gap, if zh { "/text_zh" } else { "/text_en" });
            println!(
                "    {} {:.0} m, {gap_text}",
                if zh { "缺口" } else { "gap" },
                number(gap, "/length_m")
            );
        }
    }
    for (key, en, zh_word) in [
        ("visited", "visited", "已到访"),
        ("passed", "passed by", "经过"),
        ("missed", "missed", "未到访"),
    ] {
        let list: Vec<&str> = result
            .pointer(&format!("/markers/{key}"))
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !list.is_empty() {
            println!("    {}: {}", if zh { zh_word } else { en }, list.join(" "));
        }
    }
}
