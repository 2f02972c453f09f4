//! Pages that a person can read, of what the other representations say to programs. No script, no style of their own.

pub mod accounts;
pub mod audit;
pub mod collections;
pub mod difference;
pub mod docs;
mod drawing;
pub mod fields;
pub mod import;
pub mod item;
pub mod items;
pub mod landing;
pub mod proposals;
pub mod public;
pub mod search;
pub mod session;
mod value;

use maud::{DOCTYPE, Markup, html};

use super::ask::Ask;
use crate::domain::schema::Label;
use crate::domain::text::Lang;

/// The style sheet, at `/pages.css`.
pub const STYLE: &str = include_str!("pages.css");

/// One step of the way to a page: its words and its path.
pub struct Step {
    pub title: String,
    pub path: String,
}

impl Step {
    pub fn new(title: impl Into<String>, path: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            path: path.into(),
        }
    }
}

/// The words in the reader's language.
pub fn said(ask: &Ask, en: &'static str, zh: &'static str) -> &'static str {
    Label::new(en, zh).get(ask.lang)
}

/// A whole page: bar, way to it, heading, body.
pub fn page(ask: &Ask, title: &str, way: &[Step], body: &Markup) -> Markup {
    let lang = if ask.lang == Lang::Zh { "zh" } else { "en" };
    let (other, other_words) = if ask.lang == Lang::Zh {
        ("en", "English")
    } else {
        ("zh", "中文")
    };
    let map = if ask.get("lang").is_some() {
        format!("/#lang={lang}")
    } else {
        "/".to_owned()
    };
    html! {
        (DOCTYPE)
        html lang=(lang) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light";
                title { (title) " · Merestone" }
                link rel="icon" type="image/svg+xml" href=(ask.base.href("/favicon.svg"));
                link rel="stylesheet" href=(ask.base.href("/pages.css"));
            }
            body {
                a.skip href="#main" { (said(ask, "To the content", "跳到正文")) }
                header.bar {
                    a.brand href=(ask.page("/?f=html")) {
                        img src=(ask.base.href("/favicon.svg")) alt="" width="22" height="22";
                        "Merestone"
                    }
                    nav aria-label=(said(ask, "Main", "主导航")) {
                        a href=(ask.base.href(&map)) { (said(ask, "Map", "地图")) }
                        a href=(ask.page("/search?f=html")) { (said(ask, "Search", "查找")) }
                        a href=(ask.page("/collections?f=html")) { (said(ask, "Register", "登记簿")) }
                        a href=(ask.page("/docs")) { (said(ask, "Interface", "接口")) }
                    }
                    a.lang href=(ask.page("/session?f=html")) { (said(ask, "Account", "账号")) }
                    a.lang href=(ask.with(&[("lang", Some(other))])) lang=(other) hreflang=(other) { (other_words) }
                }
                main id="main" {
                    @if !way.is_empty() {
                        nav.way aria-label=(said(ask, "Way to this page", "当前位置")) {
                            @for step in way {
                                a href=(ask.page(&step.path)) { (step.title) }
                                span aria-hidden="true" { "›" }
                            }
                        }
                    }
                    h1 { (title) }
                    (body)
                }
            }
        }
    }
}

/// Links to files: names of formats, and addresses.
pub fn downloads(ask: &Ask, title: &str, files: &[(&str, String)]) -> Markup {
    html! {
        section.downloads aria-label=(title) {
            h2 { (title) }
            ul {
                @for (name, href) in files {
                    li { a href=(href) download { (name) } }
                }
            }
            p { (said(
                ask,
                "Each file says its version, frame, epoch and licence.",
                "每个文件均注明版本、坐标框架、历元和许可。",
            )) }
        }
    }
}

/// Links to the same thing in other formats.
pub fn formats(ask: &Ask, formats: &[(&str, &str)]) -> Markup {
    html! {
        p.formats {
            @for (name, f) in formats {
                a href=(ask.with(&[("f", Some(f))])) { (name) }
            }
        }
    }
}
