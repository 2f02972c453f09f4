//! Two versions of a record side by side, with what lies between them on the ground.

use maud::{Markup, html};

use super::drawing::{Drawn, Look, detail, drawing};
use super::item::{lineage_cells, lineage_head};
use super::items::name as called;
use super::value::whole as value;
use super::{Step, collections, formats, page as whole, said};
use crate::domain::schema::Schema;
use crate::domain::value::Value;
use crate::geom::shape::Geometry;
use crate::http::ogc::ask::Ask;
use crate::service::difference::{Compared, Difference, Ground, Measured};
use crate::service::features::PositionKind;
use crate::service::history::Version;

pub fn page(ask: &Ask, schema: &'static Schema, id: i64, found: &Difference) -> Markup {
    let fields: Vec<_> = schema.fields().collect();
    let name = [&found.new, &found.old]
        .into_iter()
        .find_map(|version| version.record.as_ref())
        .map_or_else(|| id.to_string(), |record| called(schema, &fields, record));
    let (old, new) = (found.old.lineage.version, found.new.lineage.version);
    let body = html! {
        p.lead { (said(ask, "What changed between version ", "比较对象：第 ")) (old) (said(ask, " and version ", " 版与第 ")) (new) (said(ask, ".", " 版。")) }
        (what_differs(ask, schema, found, &name))
        h2 { (said(ask, "The two versions", "两个版本")) }
        (lineages(ask, schema, id, found))
        (formats(ask, &[("JSON", "json"), ("GeoJSON", "geojson")]))
    };
    let home = format!("/collections/{}/items/{id}", schema.collection);
    let mut way = collections::way(ask, schema);
    way.push(Step::new(name.clone(), format!("{home}?f=html")));
    way.push(Step::new(
        said(ask, "Versions", "各版本"),
        format!("{home}/versions?f=html"),
    ));
    let title = format!(
        "{} {name}: {old} {} {new}",
        schema.title.get(ask.lang),
        said(ask, "and", "与")
    );
    whole(ask, &title, &way, &body)
}

/// Both as a drawing, what lies between them on the ground, and the fields.
pub(super) fn what_differs(ask: &Ask, schema: &'static Schema, found: &Difference, name: &str) -> Markup {
    html! {
        (pictures(ask, found, name))
        (ground(ask, &found.ground))
        h2 { (said(ask, "Fields that differ", "不同的字段")) }
        (fields_that_differ(ask, schema, found))
    }
}

/// Both geometries; and, where they lie close, the place where they are farthest apart once more from near by.
fn pictures(ask: &Ask, found: &Difference, name: &str) -> Markup {
    let shape = |version: &Version| version.record.as_ref().and_then(|record| record.geometry.clone());
    let (before, after) = (shape(&found.old), shape(&found.new));
    let apart = match &found.ground {
        Ground::Compared(compared) => compared.apart.map(|[old, new]| Geometry::Line(vec![old, new])),
        _ => None,
    };
    let words = |version: &Version| format!("{} {}", said(ask, "Version", "版本"), version.lineage.version);
    let mut shapes = Vec::new();
    for (geometry, look, title) in [
        (&before, Look::Was, words(&found.old)),
        (&after, Look::Now, words(&found.new)),
        (
            &apart,
            Look::Apart,
            said(ask, "Greatest distance", "最大偏距").to_owned(),
        ),
    ] {
        if let Some(geometry) = geometry {
            shapes.push(Drawn {
                geometry,
                href: None,
                title,
                look,
            });
        }
    }
    let near = match &found.ground {
        Ground::Compared(compared) => compared.near.as_ref(),
        _ => None,
    };
    html! {
        (drawing(&shapes, name))
        @if let (Some([old, new]), Some(apart)) = (near, &apart) {
            @let looks = [(old, Look::Was), (new, Look::Now), (apart, Look::Apart)];
            @let near = looks.map(|(geometry, look)| Drawn { geometry, href: None, title: String::new(), look });
            (detail(&near, apart, &shapes, said(ask, "Where they are farthest apart", "偏距最大处")))
        }
        @if !shapes.is_empty() {
            ul.legend {
                li.was { (words(&found.old)) }
                li.now { (words(&found.new)) }
                @if apart.is_some() { li.apart { (said(ask, "Greatest distance", "最大偏距")) } }
            }
        }
    }
}

fn ground(ask: &Ask, ground: &Ground) -> Markup {
    html! {
        @match ground {
            Ground::Nowhere => {}
            Ground::NotComparable(reason) => {
                h2 { (said(ask, "On the ground", "实地差异")) }
                p.note { (reason.get(ask.lang)) }
            }
            Ground::Compared(compared) => {
                h2 { (said(ask, "On the ground", "实地差异")) }
                (numbers(ask, compared))
            }
        }
    }
}

fn numbers(ask: &Ask, compared: &Compared) -> Markup {
    let row = |title: &str, said: String| html! { dt { (title) } dd { (said) } };
    html! {
        dl.facts {
            @match &compared.measured {
                Measured::Points(moved) => {
                    (row(said(ask, "Distance", "距离"), metres(moved.distance)))
                    @if let Some(azimuth) = moved.azimuth {
                        (row(said(ask, "Azimuth, from old to new", "方位角（自旧至新）"), format!("{:.4}°", azimuth.get())))
                    }
                }
                Measured::Lines(apart) => {
                    (row(said(ask, "Greatest distance", "最大偏距"), metres(apart.maximum)))
                    (row(said(ask, "Mean distance", "平均偏距"), metres(apart.mean)))
                    (row(said(ask, "Area between", "两线之间的面积"), square_metres(apart.area)))
                }
                Measured::Polygons(exchange) => {
                    (row(said(ask, "Area gained", "增加的面积"), square_metres(exchange.gained)))
                    (row(said(ask, "Area lost", "减少的面积"), square_metres(exchange.lost)))
                }
            }
            @if let Some([old, new]) = compared.apart {
                (row(said(ask, "There, old", "该处（旧）"), position(old)))
                (row(said(ask, "There, new", "该处（新）"), position(new)))
            }
            dt { (said(ask, "Computed on", "计算依据")) }
            dd {
                @if compared.position_kind == PositionKind::Legal {
                    (said(ask, "the legal positions, ", "法定位置，"))
                } @else {
                    (said(ask, "the positions for maps, since the versions are not in one frame: no legal number; ", "地图显示位置（两个版本不在同一框架内，不具法律意义）；"))
                }
                (said(ask, "on the ellipsoid of ", "椭球取自 ")) code { (compared.crs.code()) } " " (compared.crs.name())
                @if let Some(epoch) = compared.epoch { (said(ask, ", epoch ", "，历元 ")) (format!("{epoch:.1}")) }
            }
        }
    }
}

fn fields_that_differ(ask: &Ask, schema: &'static Schema, found: &Difference) -> Markup {
    let shown = |name: &str, held: &Value| match schema.field(name) {
        Some(field) if !held.is_null() => value(ask, field, held),
        _ => html! { span.quiet { (said(ask, "empty", "空")) } },
    };
    html! {
        @if found.old.record.is_none() || found.new.record.is_none() {
            p.note { (said(ask, "One of the versions can no longer be read as it was.", "其中一个版本已无法按原状读取。")) }
        } @else if found.changed.is_empty() {
            p.quiet { (said(ask, "None.", "无。")) }
        } @else {
            div.scroll {
                table {
                    thead {
                        tr {
                            th scope="col" { (said(ask, "Field", "字段")) }
                            th scope="col" { (said(ask, "Version", "版本")) " " (found.old.lineage.version) }
                            th scope="col" { (said(ask, "Version", "版本")) " " (found.new.lineage.version) }
                        }
                    }
                    tbody {
                        @for changed in &found.changed {
                            tr {
                                th scope="row" { (schema.field(changed.field).map_or(changed.field, |field| field.title.get(ask.lang))) }
                                td.was { (shown(changed.field, &changed.before)) }
                                td { (shown(changed.field, &changed.after)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn lineages(ask: &Ask, schema: &'static Schema, id: i64, found: &Difference) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        (lineage_head(ask))
                    }
                }
                tbody {
                    @for version in [&found.old, &found.new] {
                        tr {
                            (lineage_cells(ask, schema, id, version))
                        }
                    }
                }
            }
        }
    }
}

/// Metres for people: to the millimetre, from a kilometre on to the decimetre.
fn metres(length: f64) -> String {
    if length < 1000.0 {
        format!("{length:.3} m")
    } else {
        format!("{length:.1} m ({:.3} km)", length / 1000.0)
    }
}

fn square_metres(area: f64) -> String {
    if area < 10_000.0 {
        format!("{area:.2} m²")
    } else if area < 1e6 {
        format!("{area:.1} m² ({:.4} ha)", area / 1e4)
    } else {
        format!("{area:.0} m² ({:.4} km²)", area / 1e6)
    }
}

fn position([lon, lat]: [f64; 2]) -> String {
    format!("{lat:.8}°, {lon:.8}°")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_unit_that_people_expect() {
        assert_eq!(metres(12.345_6), "12.346 m");
        assert_eq!(metres(12_345.67), "12345.7 m (12.346 km)");
        assert_eq!(square_metres(12.0), "12.00 m²");
        assert_eq!(square_metres(25_000.0), "25000.0 m² (2.5000 ha)");
        assert_eq!(square_metres(2_500_000.0), "2500000 m² (2.5000 km²)");
    }
}
