//! The page of the log.

use maud::{Markup, html};

use super::{Step, page as whole, said};
use crate::http::ogc::ask::Ask;
use crate::http::ogc::audit::address;
use crate::service::audit::read::Line;

/// - **Shape**: `older` is the address of the next page, none on the last.
pub fn page(ask: &Ask, lines: &[Line], older: Option<&str>) -> Markup {
    let field = |name: &'static str, title: &'static str| {
        html! { label { (title) input type="text" name=(name) value=(ask.get(name).unwrap_or_default()) autocomplete="off"; } }
    };
    let body = html! {
        form.ask method="get" action=(ask.base.href(&ask.path)) {
            input type="hidden" name="f" value="html";
            @if let Some(lang) = ask.get("lang") { input type="hidden" name="lang" value=(lang); }
            (field("actor", said(ask, "Who", "操作者")))
            (field("action", said(ask, "What", "操作")))
            (field("kind", said(ask, "Kind", "对象类别")))
            (field("subject", said(ask, "Subject", "对象")))
            (field("datetime", said(ask, "Since, or from/to", "起始时间或时段")))
            button.button type="submit" { (said(ask, "Show", "查看")) }
        }
        @if lines.is_empty() {
            p { strong { (said(ask, "Nothing of the kind was done.", "没有符合条件的记录。")) } }
        } @else {
            div.scroll { table {
                thead { tr {
                    th { (said(ask, "When (UTC)", "时间（UTC）")) } th { (said(ask, "Who", "操作者")) } th { (said(ask, "What", "操作")) }
                    th { (said(ask, "Subject", "对象")) } th { (said(ask, "Why", "理由")) } th { (said(ask, "Before and after", "变更前后")) }
                    th { (said(ask, "Details", "详情")) }
                } }
                tbody { @for line in lines { (event(ask, line)) } }
            } }
        }
        p.formats {
            @if let Some(older) = older { a href=(older) rel="next" { (said(ask, "Older", "更早")) } }
            a href=(ask.with(&[("f", Some("json"))])) { "JSON" }
        }
    };
    let way = [Step::new("Merestone", "/?f=html")];
    whole(ask, said(ask, "Log", "操作日志"), &way, &body)
}

fn event(ask: &Ask, line: &Line) -> Markup {
    let event = &line.event;
    let detail = line.detail();
    let is_empty = detail.as_object().is_none_or(serde_json::Map::is_empty);
    html! {
        tr id=(format!("e{}", event.audit_event_id)) {
            td { (line.at().strftime("%Y-%m-%d %H:%M:%S")) }
            td { a href=(ask.with(&[("actor", Some(&event.actor)), ("before", None)])) { (event.actor) } }
            td { (event.action) @if event.leaf.is_none() { " " em title=(said(ask, "not yet sealed", "尚未封存")) { "…" } } }
            td { (event.kind) " " code { (event.subject) } }
            td { (event.reason.as_deref().unwrap_or_default()) }
            td {
                @for row in &line.rows {
                    @let label = row.label.as_deref().unwrap_or("–");
                    @let collection = row.schema.map_or("", |schema| schema.title.get(ask.lang));
                    div {
                        @match address(row) {
                            Some(path) => { a href=(ask.page(&path)) { (collection) " " (label) } }
                            None => { (collection) " " (label) }
                        }
                        @if let Some(version) = row.version { " v" (version) }
                    }
                }
                @let more = line.rows_total - i64::try_from(line.rows.len()).unwrap_or(0);
                @if more > 0 { div { (said(ask, "and further: ", "另有：")) (more) } }
            }
            td { @if !is_empty { details { summary { "#" (event.audit_event_id) } pre { (serde_json::to_string_pretty(&detail).unwrap_or_default()) } } } }
        }
    }
}
