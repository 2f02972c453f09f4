//! The plain landing page and the list of standards.

use maud::{Markup, html};

use super::{Step, formats, page as whole, said};
use crate::domain::schema::{ALL, Group};
use crate::http::ogc::ask::Ask;
use crate::http::ogc::landing::DESCRIPTION;

pub fn page(ask: &Ask) -> Markup {
    let body = html! {
        p.lead { (DESCRIPTION.get(ask.lang)) }
        div.tiles {
            a.tile href=(ask.base.href("/")) {
                strong { (said(ask, "Map", "地图")) }
                span { (said(ask, "Look, measure, hand in tracks", "查看、量算、提交航迹")) }
            }
            a.tile href=(ask.page("/collections?f=html")) {
                strong { (said(ask, "Register", "登记簿")) }
                span { (said(ask, "Every record, in all its versions", "全部记录及其历史版本")) }
            }
            a.tile href=(ask.page("/docs")) {
                strong { (said(ask, "Interface", "接口")) }
                span { (said(ask, "For QGIS, GDAL and programs of your own", "供 QGIS、GDAL 及自编程序使用")) }
            }
            a.tile href=(ask.base.href("/api")) {
                strong { "OpenAPI" }
                span { (said(ask, "The interface for machines", "供程序读取的接口定义")) }
            }
            a.tile href=(ask.page("/conformance?f=html")) {
                strong { (said(ask, "Standards", "标准")) }
                span { (said(ask, "What holds here, by OGC", "所符合的 OGC 标准")) }
            }
        }
        @for group in Group::ALL {
            @let members: Vec<_> = ALL.iter().filter(|schema| schema.group == group).collect();
            @if !members.is_empty() {
                h2 { (group.title().get(ask.lang)) }
                ul.names {
                    @for schema in members {
                        li {
                            a href=(ask.page(&format!("/collections/{}/items?f=html", schema.collection))) {
                                (schema.title.get(ask.lang))
                            }
                        }
                    }
                }
            }
        }
    };
    whole(
        ask,
        said(ask, "Register of a land boundary", "陆地国界登记簿"),
        &[],
        &body,
    )
}

pub fn conformance(ask: &Ask, classes: &[&str]) -> Markup {
    let body = html! {
        p.lead { (said(ask, "The requirements of these conformance classes hold here.", "本服务符合下列一致性类的要求。")) }
        ul.plain { @for class in classes { li { code { (class) } } } }
        (formats(ask, &[("JSON", "json")]))
    };
    let way = [Step::new("Merestone", "/?f=html")];
    whole(ask, said(ask, "Standards", "标准"), &way, &body)
}
