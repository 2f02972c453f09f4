//! The list of collections, and one of them.

use maud::{Markup, html};

use super::{Step, downloads, fields, formats, page, said};
use crate::domain::schema::{ALL, Group, Schema, Shape, Writes};
use crate::http::ogc::ask::Ask;
use crate::http::ogc::export::files;
use crate::service::extents::Extent;

pub fn list(ask: &Ask) -> Markup {
    let body = html! {
        @for group in Group::ALL {
            @let members: Vec<_> = ALL.iter().filter(|schema| schema.group == group).collect();
            @if !members.is_empty() {
                h2 { (group.title().get(ask.lang)) }
                dl.records {
                    @for schema in members {
                        dt {
                            a href=(ask.page(&format!("/collections/{}?f=html", schema.collection))) {
                                (schema.title.get(ask.lang))
                            }
                        }
                        dd { (schema.description.get(ask.lang)) }
                    }
                }
            }
        }
        (formats(ask, &[("JSON", "json")]))
    };
    let way = [Step::new("Merestone", "/?f=html")];
    page(ask, said(ask, "Register", "登记簿"), &way, &body)
}

/// The way to the pages of one collection.
pub fn way(ask: &Ask, schema: &Schema) -> Vec<Step> {
    vec![
        Step::new("Merestone", "/?f=html"),
        Step::new(said(ask, "Register", "登记簿"), "/collections?f=html"),
        Step::new(
            schema.title.get(ask.lang),
            format!("/collections/{}?f=html", schema.collection),
        ),
    ]
}

pub fn one(ask: &Ask, schema: &'static Schema, extent: &Extent, systems: &[String]) -> Markup {
    let home = format!("/collections/{}", schema.collection);
    let body = html! {
        p.lead { (schema.description.get(ask.lang)) }
        p.actions {
            a.button href=(ask.page(&format!("{home}/items?f=html"))) { (said(ask, "Show the records", "查看记录")) }
            a href=(ask.page(&format!("{home}/schema?f=html"))) { (said(ask, "What a record holds", "字段定义")) }
            a href=(ask.page(&format!("{home}/queryables?f=html"))) { (said(ask, "What one may ask by", "可查询项")) }
            @if schema.writes == Writes::Versions {
                a href=(ask.page(&format!("{home}/import?f=html"))) { (said(ask, "Take records over from a file", "从文件导入")) }
            }
        }
        dl.facts {
            dt { (said(ask, "Name in addresses", "网址中的名称")) }
            dd { code { (schema.collection) } }
            dt { (said(ask, "Geometry", "几何")) }
            dd { (shape(ask, schema.shape)) }
            @if let Some([west, south, east, north]) = extent.bbox {
                @if schema.shape != Shape::None {
                    dt { (said(ask, "Extent", "范围")) }
                    dd { (format!("{west:.4}°, {south:.4}° – {east:.4}°, {north:.4}°")) }
                }
            }
            @if let Some(since) = extent.since {
                dt { (said(ask, "Since", "起始时间")) }
                dd { (since.strftime("%Y-%m-%d")) }
            }
            @if schema.shape != Shape::None {
                dt { (said(ask, "Reference systems", "坐标参考系")) }
                dd { @for system in systems { code { (system.rsplit('/').next().unwrap_or(system)) } " " } }
            }
            dt { (said(ask, "Changes", "变更方式")) }
            dd {
                @match schema.writes {
                    Writes::Versions => (said(ask, "by new versions; nothing is overwritten", "以新版本记录，不覆盖旧版本")),
                    Writes::None => (said(ask, "recorded by the service itself", "由系统自行记录")),
                }
            }
        }
        (downloads(ask, said(ask, "Everything as a file", "全部导出为文件"), &files(ask, schema)))
        h2 { (said(ask, "Fields", "字段")) }
        (fields::table(ask, schema, false))
        (formats(ask, &[("JSON", "json")]))
    };
    let mut way = way(ask, schema);
    way.pop();
    page(ask, schema.title.get(ask.lang), &way, &body)
}

fn shape(ask: &Ask, shape: Shape) -> &'static str {
    match shape {
        Shape::None => said(ask, "none", "无"),
        Shape::Point => said(ask, "a point", "点"),
        Shape::Line => said(ask, "a line", "线"),
        Shape::Lines => said(ask, "lines", "多线"),
        Shape::Polygon => said(ask, "surfaces", "面"),
        Shape::Any => said(ask, "a point, a line or a surface", "点、线或面"),
    }
}
