//! The pages of proposals: what waits for whom, and one with what it would do and the forms that decide on it.

use jiff::Timestamp;
use maud::{Markup, html};

use super::difference::what_differs;
use super::item::whole_record;
use super::items::name as called;
use super::{Step, page as whole, said};
use crate::domain::problem::Problem;
use crate::domain::proposal::State;
use crate::domain::schema::Schema;
use crate::http::ogc::ask::Ask;
use crate::service::Error;
use crate::service::features::{Record, Selection};
use crate::service::proposal::{Deed, FileDeed, Preview, Proposal, schema_of};

/// What whoever looks may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct May {
    pub decide: bool,
    pub withdraw: bool,
    /// Whether they have just proved who they are.
    pub is_proved: bool,
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn state(ask: &Ask, state: State) -> Markup {
    html! { span class=(format!("mark {}", state.word())) { (state.title().get(ask.lang)) } }
}

/// What it is about, in a few words.
fn about(ask: &Ask, schema: &Schema, deed: &Deed, proposal: &Proposal) -> String {
    let label = proposal.label.as_deref().unwrap_or("–");
    format!("{}: {} {label}", deed.title().get(ask.lang), schema.title.get(ask.lang))
}

/// - **Shape**: `older` is the address of the next page, none on the last.
pub fn list(ask: &Ask, found: &[Proposal], shown: Option<State>, older: Option<&str>) -> Result<Markup, Error> {
    let mut rows = Vec::new();
    for proposal in found {
        let schema = schema_of(proposal)?;
        let deed = Deed::read(schema, &proposal.deed)?;
        rows.push((proposal, about(ask, schema, &deed, proposal)));
    }
    let tab = |state: Option<State>, title: &'static str| {
        let word = state.map_or("all", State::word);
        let here = (state == shown).then_some("page");
        html! { a aria-current=[here] href=(ask.with(&[("state", Some(word)), ("before", None)])) { (title) } }
    };
    let body = html! {
        p.lead { (said(
            ask,
            "What binds two states is done by two persons: one proposes it, another approves it, and then it is in force.",
            "对两国具有约束力的内容由两人完成：一人提出，另一人批准，批准后生效。",
        )) }
        nav.tabs aria-label=(said(ask, "Which", "范围")) {
            @for one in State::ALL { (tab(Some(one), one.title().get(ask.lang))) }
            (tab(None, said(ask, "all", "全部")))
        }
        @if rows.is_empty() {
            p { strong { (match shown {
                Some(State::Open) => said(ask, "Nothing waits for approval.", "没有待批准的提案。"),
                _ => said(ask, "There is none.", "没有此类提案。"),
            }) } }
        } @else {
            div.scroll { table {
                thead { tr {
                    th { (said(ask, "No.", "编号")) } th { (said(ask, "What", "内容")) } th { (said(ask, "Why", "理由")) }
                    th { (said(ask, "Proposed by", "提出人")) } th { (said(ask, "When", "时间")) } th { (said(ask, "State", "状态")) }
                } }
                tbody { @for (proposal, about) in &rows {
                    tr {
                        td { (proposal.number) }
                        td { a href=(ask.page(&format!("/proposals/{}?f=html", proposal.number))) { (about) } }
                        td { (proposal.reason) }
                        td { (proposal.author) }
                        td { (time(proposal.proposed_at)) }
                        td { (state(ask, proposal.state)) @if let Some(by) = &proposal.decided_by { " " (by) } }
                    }
                } }
            } }
        }
        p.formats {
            @if let Some(older) = older { a href=(older) rel="next" { (said(ask, "Older", "更早")) } }
            a href=(ask.with(&[("f", Some("json"))])) { "JSON" }
        }
    };
    let way = [Step::new("Merestone", "/?f=html")];
    Ok(whole(ask, said(ask, "Proposals", "提案"), &way, &body))
}

/// One proposal; `failed` is why a decision on it was refused just now.
///
/// # Errors
/// When the register has something there that this release does not write.
pub fn one(
    ask: &Ask,
    proposal: &Proposal,
    preview: &Preview,
    may: May,
    failed: Option<&Problem>,
) -> Result<Markup, Error> {
    let schema = schema_of(proposal)?;
    let deed = Deed::read(schema, &proposal.deed)?;
    let item = proposal
        .feature_id
        .or_else(|| proposal.outcome.as_ref()?["feature_id"].as_i64())
        .map(|id| ask.page(&format!("/collections/{}/items/{id}?f=html", schema.collection)));
    let body = html! {
        @if let Some(problem) = failed {
            p.refused role="alert" { strong { (problem.detail.get(ask.lang)) } " " (problem.remedy.get(ask.lang)) }
        }
        dl.facts {
            dt { (said(ask, "State", "状态")) } dd { (state(ask, proposal.state)) }
            dt { (said(ask, "What", "内容")) }
            dd {
                (about(ask, schema, &deed, proposal))
                @if let Some(href) = &item { " · " a href=(href) { (said(ask, "the record", "查看记录")) } }
            }
            dt { (said(ask, "Why", "理由")) } dd { (proposal.reason) }
            dt { (said(ask, "Proposed by", "提出人")) } dd { (proposal.author) ", " (time(proposal.proposed_at)) }
            @if let (Some(by), Some(at)) = (&proposal.decided_by, proposal.decided_at) {
                dt { (said(ask, "Decided by", "决定人")) } dd { (by) ", " (time(at)) }
            }
            @if let Some(words) = &proposal.words { dt { (said(ask, "Words", "意见")) } dd { (words) } }
        }
        (done(ask, schema, proposal, &deed))
        (would_do(ask, schema, preview))
        @if let Deed::File(file) = &deed { (rows(ask, file)) }
        @if may.decide { (decide(ask, proposal.number, may.is_proved)) }
        @if may.withdraw { (withdraw(ask, proposal.number)) }
        p.formats { a href=(ask.with(&[("f", Some("json"))])) { "JSON" } }
    };
    let way = [
        Step::new("Merestone", "/?f=html"),
        Step::new(said(ask, "Proposals", "提案"), "/proposals?f=html"),
    ];
    let title = format!("{} {}", said(ask, "Proposal", "提案"), proposal.number);
    Ok(whole(ask, &title, &way, &body))
}

/// Where what was done can be seen.
fn done(ask: &Ask, schema: &Schema, proposal: &Proposal, deed: &Deed) -> Markup {
    let outcome = |name: &str| proposal.outcome.as_ref()?[name].as_i64();
    let before = deed.json()["version"].as_i64();
    html! {
        @if let (Some(id), Some(version), Some(before)) = (outcome("feature_id"), outcome("version"), before) {
            @let path = format!("/collections/{}/items/{id}/versions/{before}/difference/{version}", schema.collection);
            p { a href=(ask.page(&format!("{path}?f=html"))) { (said(ask, "What it changed", "变更内容")) } }
        }
    }
}

fn would_do(ask: &Ask, schema: &'static Schema, preview: &Preview) -> Markup {
    let fields = Selection::of(schema).fields();
    let shown = |title: &str, record: &Record| {
        let name = called(schema, &fields, record);
        html! { h2 { (title) } (whole_record(ask, schema, &fields, record, &name)) }
    };
    html! {
        @match preview {
            Preview::None => {}
            Preview::New(record) => (shown(said(ask, "The record as it would be", "批准后的记录"), record)),
            Preview::End(record) => (shown(said(ask, "The record that would end", "将停用的记录"), record)),
            Preview::Change(found) => {
                h2 { (said(ask, "What would differ", "拟变更内容")) }
                @let name = found.new.record.as_ref().map_or_else(String::new, |record| called(schema, &fields, record));
                (what_differs(ask, schema, found, &name))
            }
            Preview::Refused(problem) => {
                p.refused role="alert" { strong { (problem.detail.get(ask.lang)) } " " (problem.remedy.get(ask.lang)) }
            }
        }
    }
}

/// What becomes of the rows of a file.
fn rows(ask: &Ask, file: &FileDeed) -> Markup {
    let all = file.created + file.changed;
    let more = all.saturating_sub(file.first.len() as u64);
    html! {
        h2 { (said(ask, "What the file does", "文件的作用")) }
        dl.facts {
            dt { (said(ask, "File", "文件")) } dd { (file.name) }
            dt { "SHA-256" } dd { code { (file.sha256) } }
            dt { (said(ask, "New records", "新增记录")) } dd { (file.created) }
            dt { (said(ask, "Changed records", "变更记录")) } dd { (file.changed) }
            @if let Some(instrument) = &file.asked.instrument {
                dt { (said(ask, "Instrument", "法律文件")) } dd { (instrument) }
            }
        }
        details open[file.first.len() <= 20] {
            summary { (said(ask, "The records", "记录清单")) }
            ul { @for row in &file.first { li { (row) } } }
            @if more > 0 { p { (said(ask, "and further: ", "另有：")) (more) } }
        }
    }
}

fn decide(ask: &Ask, number: i64, is_proved: bool) -> Markup {
    let action = |what: &str| ask.page(&format!("/proposals/{number}/{what}"));
    html! {
        h2 { (said(ask, "Your decision", "您的决定")) }
        form.card-form method="post" action=(action("approve")) {
            @if !is_proved {
                p.quiet { (said(
                    ask,
                    "Who signs has proved within five minutes who they are.",
                    "签署前须在五分钟内重新验证身份。",
                )) }
                label { (said(ask, "Password", "密码"))
                    input type="password" name="password" autocomplete="current-password" required; }
                label { (said(ask, "Code of your authenticator", "验证器显示的验证码"))
                    input type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7" placeholder="000 000" required; }
            }
            label { (said(ask, "Words, if you like", "意见（可不填）")) input type="text" name="words" maxlength="1000" autocomplete="off"; }
            button.button type="submit" { (said(ask, "Approve: it is in force then", "批准并生效")) }
        }
        form.card-form method="post" action=(action("reject")) {
            label { (said(ask, "What is wrong, for its author", "退回原因（告知提出人）"))
                input type="text" name="words" maxlength="1000" autocomplete="off" required; }
            button.button.quiet type="submit" { (said(ask, "Reject", "退回")) }
        }
    }
}

fn withdraw(ask: &Ask, number: i64) -> Markup {
    html! {
        h2 { (said(ask, "It is yours", "您的提案")) }
        p.quiet { (said(ask, "Somebody else approves it. You may take it back.", "须由他人批准；您可以撤回。")) }
        form.inline method="post" action=(ask.page(&format!("/proposals/{number}/withdraw"))) {
            button.button.quiet type="submit" { (said(ask, "Withdraw", "撤回")) }
        }
    }
}
