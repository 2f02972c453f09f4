//! The page on which a file of records is taken over: a form, and what became of it.

use maud::{Markup, html};

use super::{collections, page as whole, said};
use crate::domain::problem::Problem;
use crate::domain::schema::{Schema, Shape};
use crate::http::ogc::ask::Ask;
use crate::service::import::{Asked, Planned, Received, Taking, What};

/// What became of a file that was sent.
pub enum Outcome {
    Received(Received),
    Refused(Box<Problem>),
}

/// Rows that are told one by one, at most.
const TOLD: usize = 500;

pub fn page(
    ask: &Ask,
    schema: &'static Schema,
    boundaries: &[String],
    asked: &Asked,
    outcome: Option<&Outcome>,
) -> Markup {
    let body = html! {
        p.lead { (said(
            ask,
            "Records are taken over from a file: new ones are registered, changed ones get a further version, the rest is left alone.",
            "从文件导入记录：新记录予以登记，有变化的记录增加新版本，其余不变。",
        )) }
        @match outcome {
            Some(Outcome::Received(received)) => (result(ask, asked, received)),
            Some(Outcome::Refused(problem)) => (refusal(ask, problem)),
            None => {}
        }
        (form(ask, schema, boundaries, asked, outcome.is_some()))
    };
    let title = format!("{}{}", said(ask, "Import: ", "导入："), schema.title.get(ask.lang));
    whole(ask, &title, &collections::way(ask, schema), &body)
}

fn form(ask: &Ask, schema: &'static Schema, boundaries: &[String], asked: &Asked, again: bool) -> Markup {
    let lang = ask.get("lang").map_or_else(String::new, |lang| format!("&lang={lang}"));
    let action = ask.base.href(&format!("{}?f=html{lang}", ask.path));
    let text = |name: &str, words: &str, hint: &str, value: Option<&str>| {
        html! {
            label {
                (words)
                input type="text" name=(name) value=(value.unwrap_or_default()) placeholder=(hint) autocomplete="off";
            }
        }
    };
    // A first look changes nothing; who comes back keeps what was chosen.
    let dry = !again || asked.dry_run;
    html! {
        form.import method="post" action=(action) enctype="multipart/form-data" {
            fieldset {
                legend { (said(ask, "File", "文件")) }
                label.file {
                    (said(ask, "GeoJSON, GeoPackage, Shapefile (zip), KML, KMZ, CSV, FlatGeobuf, DXF", "GeoJSON、GeoPackage、Shapefile（zip）、KML、KMZ、CSV、FlatGeobuf、DXF"))
                    input type="file" name="file" required;
                }
                @if schema.of_boundary {
                    label {
                        (said(ask, "Boundary", "国界"))
                        select name="boundary" required[boundaries.len() > 1] {
                            @if boundaries.len() > 1 { option value="" { "–" } }
                            @for key in boundaries {
                                option value=(key) selected[asked.boundary.as_ref() == Some(key)] { (key) }
                            }
                        }
                    }
                }
                @if schema.shape != Shape::None {
                    (text("crs", said(ask, "Reference system, where the file does not say it", "坐标系（文件未注明时填写）"), "EPSG:4490", asked.crs.as_deref()))
                }
                @if schema.shape != Shape::None {
                    (text("epoch", said(ask, "Epoch of the coordinates, where it is not the frame's", "坐标历元（与框架历元不同时填写）"), "2024.5", asked.epoch.map(|epoch| epoch.get().to_string()).as_deref()))
                }
                (text("layer", said(ask, "Layer, of several", "图层（有多个时填写）"), "", asked.layer.as_deref()))
                (text("encoding", said(ask, "Encoding of texts, where it is not found out", "文字编码（无法识别时填写）"), "GBK", asked.encoding.as_deref()))
            }
            fieldset {
                legend { (said(ask, "Meaning", "含义")) }
                (text("map", said(ask, "Columns for fields", "字段与列的对应"), said(ask, "number=BH,name_zh=MC", "number=编号,name_zh=名称"), pairs(&asked.mapping.columns).as_deref()))
                (text("set", said(ask, "Values for fields that the file has not", "文件中没有的字段取值"), "section=S1", pairs(&asked.mapping.constants).as_deref()))
                (text("reason", said(ask, "Reason", "理由"), "", asked.reason.as_deref()))
                (text("instrument", said(ask, "Instrument that puts them in force; without one they bind nobody", "据以生效的法律文件；不填则仅导入，不具约束力"), "", asked.instrument.as_deref()))
            }
            fieldset {
                legend { (said(ask, "How", "方式")) }
                label.tick {
                    input type="checkbox" name="dry-run" value="true" checked[dry];
                    span { (said(ask, "Only show what would change; take nothing", "仅预览变更，不写入")) }
                }
                label.tick {
                    input type="checkbox" name="partial" value="true" checked[asked.partial];
                    span { (said(ask, "Take the good rows even where others are bad; otherwise all or nothing", "有错误时仍导入正确的行；否则全部导入或全部不导入")) }
                }
            }
            button.button type="submit" { (said(ask, "Send the file", "提交文件")) }
        }
    }
}

fn pairs(pairs: &std::collections::BTreeMap<String, String>) -> Option<String> {
    let all: Vec<String> = pairs
        .iter()
        .map(|(field, column)| format!("{field}={column}"))
        .collect();
    Some(all.join(",")).filter(|text| !text.is_empty())
}

fn result(ask: &Ask, asked: &Asked, received: &Received) -> Markup {
    let Taking::Now(outcome) = &received.taking else {
        // Only a program has a key to send, and none is answered by a page.
        return html! {};
    };
    let bad = outcome.bad_rows();
    let heading = if asked.dry_run {
        said(ask, "What would change; nothing was taken", "预览：未写入任何内容")
    } else if outcome.proposal.is_some() {
        said(ask, "Proposed: a second person approves it", "已提出，待第二人批准")
    } else {
        said(ask, "Taken over", "导入完成")
    };
    let told: Vec<&Planned> = outcome.rows.iter().filter(|row| row.what != What::Unchanged).collect();
    html! {
        section.outcome role="status" aria-label=(heading) {
            h2 { (heading) }
            @if let Some(number) = outcome.proposal {
                p { a href=(ask.page(&format!("/proposals/{number}?f=html"))) { (said(ask, "Proposal ", "提案 ")) (number) } }
            } @else if outcome.binds.is_some() {
                p.note { (said(
                    ask,
                    "Some of it is to be in force. It will be proposed, and taken over when a second person approves it.",
                    "部分内容拟生效：将先提出，经第二人批准后导入。",
                )) }
            }
            dl.facts {
                dt { (said(ask, "File", "文件")) }
                dd { (outcome.file) " · " (received.bytes) " " (said(ask, "bytes", "字节")) }
                dt { "SHA-256" }
                dd { code { (received.sha256) } }
                dt { (said(ask, "New", "新增")) } dd { (outcome.created()) }
                dt { (said(ask, "Changed", "变更")) } dd { (outcome.changed()) }
                dt { (said(ask, "Unchanged", "未变")) } dd { (outcome.unchanged()) }
                dt { (said(ask, "Refused", "拒绝")) } dd { (bad) }
                @if let Some(way) = &outcome.way {
                    dt { (said(ask, "Positions", "位置转换")) }
                    dd {
                        @match way.accuracy_m {
                            Some(m) => { (way.name) (said(ask, ", accuracy ", "，精度 ")) (m) " m" }
                            None => { (said(ask, "in the datum of the boundary already", "与国界框架基准相同")) }
                        }
                    }
                }
            }
            @if !told.is_empty() { (rows(ask, &told)) }
        }
    }
}

fn rows(ask: &Ask, told: &[&Planned]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        th scope="col" { (said(ask, "Place", "位置")) }
                        th scope="col" { (said(ask, "Record", "记录")) }
                        th scope="col" { (said(ask, "What becomes of it", "处理")) }
                        th scope="col" { (said(ask, "Fields, or why not", "字段或原因")) }
                    }
                }
                tbody {
                    @for row in told.iter().take(TOLD) {
                        tr.(row.what.word()) {
                            td { (row.place) }
                            th scope="row" { (row.label) }
                            td { (word(ask, &row.what)) }
                            td {
                                @match &row.what {
                                    What::Changed(fields) => { (fields.join(", ")) }
                                    What::Refused(mistakes) => {
                                        @for mistake in mistakes {
                                            div { code { (member(&mistake.at)) } " " (mistake.detail.get(ask.lang)) }
                                        }
                                    }
                                    What::New | What::Unchanged => {}
                                }
                            }
                        }
                    }
                }
            }
        }
        @if told.len() > TOLD {
            p { (said(ask, "And further rows: ", "其余行数：")) (told.len() - TOLD) }
        }
    }
}

/// A member of a record without the pointer that leads to it.
fn member(at: &str) -> &str {
    at.trim_start_matches("#/properties/").trim_start_matches("#/")
}

fn word(ask: &Ask, what: &What) -> &'static str {
    match what {
        What::New => said(ask, "new", "新增"),
        What::Changed(_) => said(ask, "changed", "变更"),
        What::Unchanged => said(ask, "unchanged", "未变"),
        What::Refused(_) => said(ask, "refused", "拒绝"),
    }
}

fn refusal(ask: &Ask, problem: &Problem) -> Markup {
    let heading = said(ask, "Refused; nothing was taken", "已拒绝，未写入任何内容");
    html! {
        section.outcome.bad role="alert" aria-label=(heading) {
            h2 { (heading) }
            p { strong { (problem.detail.get(ask.lang)) } }
            @if !problem.mistakes.is_empty() {
                div.scroll {
                    table {
                        thead {
                            tr {
                                th scope="col" { (said(ask, "Place", "位置")) }
                                th scope="col" { (said(ask, "What is wrong", "问题")) }
                            }
                        }
                        tbody {
                            @for mistake in &problem.mistakes {
                                tr { th scope="row" { (mistake.at) } td { (mistake.detail.get(ask.lang)) } }
                            }
                        }
                    }
                }
            }
            p { (problem.remedy.get(ask.lang)) }
        }
    }
}
