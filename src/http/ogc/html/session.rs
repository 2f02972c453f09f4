//! The pages of people: the way in, the page of a one-time link, one's own sessions and tokens.

use jiff::Timestamp;
use maud::{Markup, PreEscaped, html};

use super::{Step, page as whole, said};
use crate::domain::problem::Problem;
use crate::domain::rights::{Realm, TokenScope, Verb};
use crate::domain::text::Lang;
use crate::http::ogc::ask::Ask;
use crate::http::session::is_this;
use crate::service::account::sign_in::Enrolling;
use crate::service::account::{Session, Token, proof};
use crate::service::caller::Caller;
use crate::service::{Error, Result};

fn way() -> [Step; 1] {
    [Step::new("Merestone", "/?f=html")]
}

fn told(ask: &Ask, problem: &Problem) -> Markup {
    html! {
        p.refused role="alert" {
            strong { (problem.detail.get(ask.lang)) } " " (problem.remedy.get(ask.lang))
        }
    }
}

/// The form to come in by; `failed` is the name that was typed, and why it was not enough.
pub fn sign_in(ask: &Ask, next: &str, failed: Option<(&str, &Problem)>) -> Markup {
    let name = failed.map_or("", |(name, _)| name);
    let body = html! {
        @if let Some((_, problem)) = failed { (told(ask, problem)) }
        form.card-form method="post" action=(ask.base.href("/session")) {
            @if !next.is_empty() { input type="hidden" name="next" value=(next); }
            label { (said(ask, "Name", "用户名"))
                input type="text" name="name" value=(name) autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus[name.is_empty()]; }
            label { (said(ask, "Password", "密码"))
                input type="password" name="password" autocomplete="current-password" required autofocus[!name.is_empty()]; }
            label { (said(ask, "Code of your authenticator, if you have one", "验证器显示的验证码（如有）"))
                input type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7" placeholder="000 000"; }
            button.button type="submit" { (said(ask, "Sign in", "登录")) }
        }
        p.quiet { (said(
            ask,
            "No account, or the password forgotten? An administrator makes a link for you; nothing is sent by mail.",
            "没有账号或忘记密码？请联系管理员生成链接；系统不发送邮件。",
        )) }
    };
    whole(ask, said(ask, "Sign in", "登录"), &way(), &body)
}

/// A page that says only why not.
pub fn refused(ask: &Ask, problem: &Problem) -> Markup {
    let body = html! {
        (told(ask, problem))
        p { a href=(ask.base.href("/session")) { (said(ask, "Sign in", "登录")) } }
    };
    whole(ask, problem.code.title().get(ask.lang), &way(), &body)
}

/// The page of a one-time link.
///
/// # Errors
/// When the picture of the authenticator's secret cannot be made.
pub fn enrol(
    ask: &Ask,
    code: &str,
    known: &Enrolling,
    secret: Option<&[u8]>,
    failed: Option<&Problem>,
) -> Result<Markup> {
    let second = match secret {
        Some(secret) => {
            let (address, letters) = proof::totp_address(secret, &known.name)?;
            Some((picture(&address)?, letters))
        }
        None => None,
    };
    let body = html! {
        p.lead { (said(ask, "Welcome, ", "欢迎您，")) strong { (known.full_name) } (said(ask, ". You sign in as ", "。您的用户名是 ")) code { (known.name) } (said(ask, ".", "。")) }
        @if let Some(problem) = failed { (told(ask, problem)) }
        form.card-form method="post" action=(ask.base.href(&format!("/enrol/{code}"))) {
            input type="hidden" name="username" value=(known.name) autocomplete="username" disabled;
            label { (said(ask, "Choose a password, 12 characters or more", "设置密码，至少 12 个字符"))
                input type="password" name="password" autocomplete="new-password" minlength="12" maxlength="128" required autofocus; }
            label { (said(ask, "The same again", "再次输入密码"))
                input type="password" name="again" autocomplete="new-password" minlength="12" maxlength="128" required; }
            @if let Some((picture, letters)) = &second {
                h2 { (said(ask, "Your authenticator", "验证器")) }
                p { (said(
                    ask,
                    "Your role signs or administers, so a second proof is wanted. Take this picture with an authenticator app (it needs no network), then type the code it shows.",
                    "您的角色涉及签署或管理，需要第二重验证。请用验证器应用扫描此图（无需网络），再输入其显示的验证码。",
                )) }
                figure.qr { (picture) figcaption { (said(ask, "or type: ", "或手动输入：")) code { (letters) } } }
                input type="hidden" name="secret" value=(letters);
                label { (said(ask, "Code", "验证码"))
                    input type="text" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="7" placeholder="000 000" required; }
            }
            button.button type="submit" { (said(ask, "Set it", "确定")) }
        }
    };
    Ok(whole(ask, said(ask, "Set your password", "设置密码"), &way(), &body))
}

/// A text as a picture to be taken by a camera.
fn picture(text: &str) -> Result<Markup> {
    let code = qrcode::QrCode::new(text.as_bytes()).map_err(|fault| Error::Fault(Box::new(fault)))?;
    let drawn = code
        .render::<qrcode::render::svg::Color<'_>>()
        .min_dimensions(200, 200)
        .build();
    // The picture begins with a declaration that has no place inside a page.
    let inside = drawn.find("<svg").and_then(|at| drawn.get(at..)).unwrap_or_default();
    Ok(PreEscaped(inside.to_owned()))
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// One's own page; `new` is a token that was just made, whose text is shown this once.
pub fn own(
    ask: &Ask,
    caller: &Caller,
    may: &[(Verb, Vec<Realm>)],
    sessions: &[Session],
    tokens: &[Token],
    new: Option<&(String, Token)>,
    waiting: i64,
) -> Markup {
    let body = html! {
        p.lead { (caller.full_name) " · " code { (caller.name) } }
        form.inline method="post" action=(ask.base.href("/session/end")) {
            button.button type="submit" { (said(ask, "Sign out", "退出登录")) }
        }
        p {
            a href=(ask.page("/proposals?f=html")) { (said(ask, "Proposals", "提案")) }
            @if may.iter().any(|(verb, _)| *verb == Verb::Administer) { " · " a href=(ask.page("/accounts?f=html")) { (said(ask, "Accounts", "账号管理")) } }
            @if may.iter().any(|(verb, _)| *verb == Verb::Audit) { " · " a href=(ask.page("/audit?f=html")) { (said(ask, "Log", "操作日志")) } }
            @if waiting > 0 { " " strong.mark { (said(ask, "to be decided by you: ", "待您批准：")) (waiting) } }
        }
        h2 { (said(ask, "What you may do", "您的权限")) }
        @if may.is_empty() {
            p { (said(ask, "Nothing yet. An administrator gives roles; one that signs or administers begins when your authenticator is set up.", "暂无权限。角色由管理员授予；涉及签署或管理的角色在设置验证器后生效。")) }
        } @else {
            dl.rights {
                @for (verb, realms) in may {
                    dt { (verb.title().get(ask.lang)) }
                    dd { (realms.iter().map(|realm| realm.title().get(ask.lang)).collect::<Vec<_>>().join(if ask.lang == Lang::Zh { "、" } else { ", " })) }
                }
            }
        }
        h2 { (said(ask, "Where you are signed in", "已登录的设备")) }
        div.scroll { table {
            thead { tr {
                th { (said(ask, "Since", "登录时间")) } th { (said(ask, "Last seen", "最近活动")) } th { (said(ask, "From", "地址")) } th { (said(ask, "With", "浏览器")) } th {}
            } }
            tbody { @for session in sessions { tr {
                td { (time(session.begun_at)) } td { (time(session.seen_at)) } td { (session.address) } td { (session.browser) }
                td { @if is_this(caller, session) { (said(ask, "here", "本机")) } @else {
                    form.inline method="post" action=(ask.base.href(&format!("/sessions/{}/end", session.id))) { button type="submit" { (said(ask, "End", "结束")) } }
                } }
            } } }
        } }
        h2 { (said(ask, "Tokens of programs and devices", "程序和设备的令牌")) }
        @if let Some((text, token)) = new {
            p.made role="status" {
                strong { (said(ask, "Copy it now; it is not shown again: ", "请立即复制，此后不再显示：")) } code { (text) }
                " (" (token.name) ")"
            }
        }
        @if tokens.is_empty() {
            p { (said(ask, "None. QGIS, scripts and field devices come in with a token, never with your password.", "暂无。QGIS、脚本和外业设备使用令牌访问，切勿使用您的密码。")) }
        } @else {
            div.scroll { table {
                thead { tr {
                    th { (said(ask, "For", "用途")) } th { (said(ask, "May", "范围")) } th { (said(ask, "Until", "有效期至")) } th { (said(ask, "Last seen", "最近使用")) } th {}
                } }
                tbody { @for token in tokens { tr {
                    td { (token.name) } td { (scope(ask, token.scope)) } td { (time(token.expires_at)) }
                    td { (token.seen_at.map_or_else(|| said(ask, "never", "从未").to_owned(), time)) }
                    td { form.inline method="post" action=(ask.base.href(&format!("/tokens/{}/revoke", token.id))) { button type="submit" { (said(ask, "Revoke", "吊销")) } } }
                } } }
            } }
        }
        form.ask method="post" action=(ask.base.href("/tokens")) {
            label { (said(ask, "For which program or device", "用于哪个程序或设备")) input type="text" name="name" maxlength="100" required placeholder="QGIS, GNSS 3"; }
            label { (said(ask, "It may", "范围")) select name="scope" {
                @for known in TokenScope::ALL { option value=(known.word()) { (scope(ask, known)) } }
            } }
            label { (said(ask, "Days", "天数")) input type="number" name="days" value="30" min="1" max="366" required; }
            button.button type="submit" { (said(ask, "Make a token", "新建令牌")) }
        }
    };
    whole(ask, said(ask, "Your account", "我的账号"), &way(), &body)
}

fn scope(ask: &Ask, scope: TokenScope) -> &'static str {
    match scope {
        TokenScope::Read => said(ask, "read and export", "查看和导出"),
        TokenScope::Write => said(ask, "read and write", "查看和登记"),
        TokenScope::Upload => said(ask, "hand in files only", "仅提交文件"),
    }
}
