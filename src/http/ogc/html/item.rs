//! One record with its versions.

use maud::{Markup, html};

use super::drawing::{Drawn, Look, drawing};
use super::items::name;
use super::value::{time, whole as value};
use super::{Step, collections, formats, page as whole, said};
use crate::domain::schema::{Field, Schema, codes, lineage};
use crate::domain::value::Value;
use crate::http::ogc::ask::Ask;
use crate::http::ogc::difference;
use crate::http::ogc::versions::address;
use crate::service::features::{Record, Selection};
use crate::service::history::Version;

pub fn page(ask: &Ask, schema: &'static Schema, wanted: &Selection, record: &Record, versions: &[Version]) -> Markup {
    let fields = wanted.fields();
    let name = name(schema, &fields, record);
    let home = format!("/collections/{}/items/{}", schema.collection, record.feature_id);
    let body = html! {
        (whole_record(ask, schema, &fields, record, &name))
        @if !versions.is_empty() {
            h2 { (said(ask, "All versions", "全部版本")) }
            (history(ask, schema, record.feature_id, versions))
        }
        (formats(ask, &[("GeoJSON", "geojson")]))
        p { a href=(ask.page(&format!("{home}/versions?f=html"))) { (said(ask, "All versions", "全部版本")) } }
    };
    let title = format!("{} {name}", schema.title.get(ask.lang));
    let mut way = collections::way(ask, schema);
    way.push(Step::new(
        said(ask, "Records", "记录"),
        format!("/collections/{}/items?f=html", schema.collection),
    ));
    whole(ask, &title, &way, &body)
}

/// A record as a drawing and its fields, those of its lineage apart.
pub(super) fn whole_record(
    ask: &Ask,
    schema: &'static Schema,
    fields: &[&'static Field],
    record: &Record,
    name: &str,
) -> Markup {
    let shapes: Vec<Drawn<'_>> = record
        .geometry
        .iter()
        .map(|geometry| Drawn {
            geometry,
            href: Some(
                ask.base
                    .href(&format!("/#s={}.{}", schema.collection, record.feature_id)),
            ),
            title: name.to_owned(),
            look: Look::Now,
        })
        .collect();
    let is_lineage = |field: &Field| lineage::FIELDS.iter().any(|known| known.name == field.name);
    let facts = |lineage: bool| {
        fields
            .iter()
            .copied()
            .zip(&record.values)
            .filter(move |(field, value)| is_lineage(field) == lineage && !value.is_null())
    };
    html! {
        (drawing(&shapes, name))
        dl.facts {
            @for (field, held) in facts(false) {
                dt { (field.title.get(ask.lang)) }
                dd { (value(ask, field, held)) }
            }
        }
        h2 { (said(ask, "This version", "本版本")) }
        dl.facts {
            dt { (said(ask, "Feature id", "要素编号")) }
            dd { (record.feature_id) }
            @for (field, held) in facts(true) {
                dt { (field.title.get(ask.lang)) }
                dd { (value(ask, field, held)) }
            }
        }
    }
}

/// The page of versions alone, which stays when the record is retired.
pub fn history_page(ask: &Ask, schema: &'static Schema, id: i64, versions: &[Version]) -> Markup {
    let body = html! {
        (history(ask, schema, id, versions))
        (formats(ask, &[("JSON", "json")]))
    };
    let title = format!(
        "{} {id}: {}",
        schema.title.get(ask.lang),
        said(ask, "versions", "各版本")
    );
    whole(ask, &title, &collections::way(ask, schema), &body)
}

fn history(ask: &Ask, schema: &'static Schema, id: i64, versions: &[Version]) -> Markup {
    html! {
        div.scroll {
            table {
                thead {
                    tr {
                        (lineage_head(ask))
                        th scope="col" { (said(ask, "Changed", "变更内容")) }
                    }
                }
                tbody {
                    @for (at, version) in versions.iter().enumerate() {
                        @let lineage = &version.lineage;
                        tr.old[lineage.known.to.is_some()] {
                            (lineage_cells(ask, schema, id, version))
                            td {
                                (changes(ask, schema, version))
                                @if let Some(before) = versions.get(at + 1) {
                                    @let path = difference::path(schema, id, before.lineage.version, lineage.version);
                                    a href=(ask.page(&format!("{path}?f=html"))) {
                                        (said(ask, "Difference from ", "与前一版比较："))
                                        (before.lineage.version)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What each version says of itself, as the heads of columns.
pub fn lineage_head(ask: &Ask) -> Markup {
    html! {
        th scope="col" { (said(ask, "Version", "版本")) }
        th scope="col" { (said(ask, "In force", "生效")) }
        th scope="col" { (said(ask, "Recorded", "记录")) }
        th scope="col" { (said(ask, "Standing", "效力")) }
        th scope="col" { (said(ask, "Instrument", "法律文件")) }
        th scope="col" { (said(ask, "Author + approver, and reason", "记录人、批准人与理由")) }
    }
}

/// The same of one version, as cells.
pub fn lineage_cells(ask: &Ask, schema: &Schema, id: i64, version: &Version) -> Markup {
    let lineage = &version.lineage;
    html! {
        td { a href={ (address(ask, schema, id, version)) "&f=html" } { (lineage.version) } }
        td { (time(lineage.in_force.from)) " – " @if let Some(to) = lineage.in_force.to { (time(to)) } }
        td { (time(lineage.known.from)) " – " @if let Some(to) = lineage.known.to { (time(to)) } }
        td { (standing(ask, lineage.standing.word())) }
        td { (lineage.instrument.as_deref().unwrap_or_default()) }
        td { (lineage.author) @if let Some(approver) = &lineage.approver { " + " (approver) } @if !lineage.reason.is_empty() { ": " (lineage.reason) } }
    }
}

fn standing(ask: &Ask, word: &'static str) -> &'static str {
    codes::STANDING.label(word).map_or(word, |label| label.get(ask.lang))
}

fn changes(ask: &Ask, schema: &'static Schema, version: &Version) -> Markup {
    let shown = |name: &str, held: &Value| match schema.field(name) {
        Some(field) if !held.is_null() => value(ask, field, held),
        _ => html! { span.quiet { (said(ask, "empty", "空")) } },
    };
    html! {
        @if version.moved { div { (said(ask, "geometry", "几何")) } }
        @for changed in &version.changed {
            div {
                (schema.field(changed.field).map_or(changed.field, |field| field.title.get(ask.lang))) ": "
                (shown(changed.field, &changed.before)) " → " (shown(changed.field, &changed.after))
            }
        }
    }
}
