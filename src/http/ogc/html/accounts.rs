//! The pages of administrators: who there is, and one person with what they are granted.

use jiff::Timestamp;
use maud::{Markup, html};

use super::{Step, page as whole, said};
use crate::domain::problem::Problem;
use crate::domain::rights::Role;
use crate::http::ogc::ask::Ask;
use crate::service::account::{EVERYWHERE, Seen};

/// What has just been done: a link that is shown this once, or why nothing was.
#[derive(Debug, Clone, Copy)]
pub enum News<'a> {
    None,
    Link(&'a str),
    Refused(&'a Problem),
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn news(ask: &Ask, news: News<'_>) -> Markup {
    html! {
        @match news {
            News::None => {}
            News::Link(link) => {
                p.made role="status" {
                    strong { (said(ask, "Hand this link to its owner; it is good once, and not shown again: ", "请将此链接交给本人；仅可使用一次，此后不再显示：")) }
                    code { (link) }
                }
            }
            News::Refused(problem) => {
                p.refused role="alert" { strong { (problem.detail.get(ask.lang)) } " " (problem.remedy.get(ask.lang)) }
            }
        }
    }
}

fn role_field(ask: &Ask, none: bool) -> Markup {
    html! {
        label { (said(ask, "Role", "角色")) select name="role" required[!none] {
            @if none { option value="" { (said(ask, "none yet", "暂不授予")) } }
            @for role in Role::ALL { option value=(role.word()) { (role.title().get(ask.lang)) } }
        } }
    }
}

fn place_field(ask: &Ask) -> Markup {
    html! {
        label { (said(ask, "Where (empty: everywhere)", "范围（空：全部）"))
            input type="text" name="place" maxlength="300" autocomplete="off" placeholder="BOUNDARY/SECTION"; }
    }
}

fn reason_field(ask: &Ask) -> Markup {
    html! {
        label { (said(ask, "Why, for the log", "理由（记入日志）")) input type="text" name="reason" maxlength="200" required autocomplete="off"; }
    }
}

fn state(ask: &Ask, seen: &Seen) -> &'static str {
    let account = &seen.account;
    if account.locked_at.is_some() {
        said(ask, "locked", "已锁定")
    } else if account.password_hash.is_none() {
        said(ask, "link not yet used", "链接未使用")
    } else if account.totp_secret.is_some() {
        said(ask, "with authenticator", "已设验证器")
    } else {
        said(ask, "with password", "已设密码")
    }
}

pub fn list(ask: &Ask, all: &[Seen], told: News<'_>, now: Timestamp) -> Markup {
    let body = html! {
        (news(ask, told))
        div.scroll { table {
            thead { tr {
                th { (said(ask, "Name", "用户名")) } th { (said(ask, "Person", "姓名")) } th { (said(ask, "Roles", "角色")) } th { (said(ask, "State", "状态")) }
            } }
            tbody { @for seen in all { tr {
                td { a href=(ask.page(&format!("/accounts/{}?f=html", seen.account.name))) { (seen.account.name) } }
                td { (seen.account.full_name) }
                td { (seen.at(now).map(|kept| kept.grant.role.title().get(ask.lang)).collect::<Vec<_>>().join(said(ask, ", ", "、"))) }
                td { (state(ask, seen)) }
            } } }
        } }
        h2 { (said(ask, "Somebody new", "新增人员")) }
        form.card-form method="post" action=(ask.page("/accounts")) {
            label { (said(ask, "Name to sign in with", "用户名"))
                input type="text" name="name" pattern="[a-z0-9][a-z0-9._\\-]{1,62}" required autocapitalize="none" autocomplete="off" placeholder="wang.wei"; }
            label { (said(ask, "Person", "姓名")) input type="text" name="full_name" maxlength="200" required autocomplete="off"; }
            (role_field(ask, true)) (place_field(ask)) (reason_field(ask))
            button.button type="submit" { (said(ask, "Make the account and its link", "创建账号并生成链接")) }
        }
        p.formats { a href=(ask.with(&[("f", Some("json"))])) { "JSON" } }
    };
    whole(
        ask,
        said(ask, "Accounts", "账号"),
        &[Step::new("Merestone", "/?f=html")],
        &body,
    )
}

/// `places` has the words for the place of each grant, in their order.
pub fn one(ask: &Ask, seen: &Seen, places: &[String], told: News<'_>, now: Timestamp) -> Markup {
    let account = &seen.account;
    let action = |what: &str| ask.page(&format!("/accounts/{}/{what}", account.name));
    let locked = account.locked_at.is_some();
    let body = html! {
        (news(ask, told))
        p.lead { (account.full_name) " · " (state(ask, seen)) " · " (said(ask, "since ", "创建于 ")) (time(account.created_at)) }
        h2 { (said(ask, "Roles", "角色")) }
        @if seen.grants.is_empty() { p { strong { (said(ask, "None yet.", "暂无角色。")) } } }
        @for (kept, place) in seen.grants.iter().zip(places) {
            form.ask method="post" action=(action(&format!("grants/{}/revoke", kept.id))) {
                div {
                    strong { (kept.grant.role.title().get(ask.lang)) } " · " @if place == EVERYWHERE { (said(ask, "everywhere", "全部范围")) } @else { (place) }
                    @if let Some(until) = kept.until { " · " (said(ask, "until ", "至 ")) (time(until)) @if until <= now { " (" (said(ask, "over", "已过期")) ")" } }
                    div.quiet { (kept.granted_by) ", " (time(kept.from)) ": " (kept.reason) }
                }
                (reason_field(ask))
                button.button.quiet type="submit" { (said(ask, "Take away", "撤销")) }
            }
        }
        h2 { (said(ask, "Give a role", "授予角色")) }
        form.card-form method="post" action=(action("grants")) {
            (role_field(ask, false)) (place_field(ask))
            label { (said(ask, "Until (empty: until taken away)", "有效期至（空：直至撤销）")) input type="date" name="until"; }
            (reason_field(ask))
            button.button type="submit" { (said(ask, "Give it", "授予")) }
        }
        h2 { (said(ask, "Coming in", "登录")) }
        form.ask method="post" action=(action("reset")) {
            div { (said(ask, "Password or authenticator lost: a new link, after which the old ones are good no more.", "密码或验证器丢失：生成新链接，旧的随即失效。")) }
            button.button.quiet type="submit" { (said(ask, "Make a new link", "生成新链接")) }
        }
        form.ask method="post" action=(action(if locked { "unlock" } else { "lock" })) {
            (reason_field(ask))
            button.button.quiet type="submit" { @if locked { (said(ask, "Unlock", "解锁")) } @else { (said(ask, "Lock: ends all sessions and tokens", "锁定：结束全部会话和令牌")) } }
        }
        p.formats { a href=(ask.with(&[("f", Some("json"))])) { "JSON" } }
    };
    let way = [
        Step::new("Merestone", "/?f=html"),
        Step::new(said(ask, "Accounts", "账号"), "/accounts?f=html"),
    ];
    whole(ask, &account.name, &way, &body)
}
