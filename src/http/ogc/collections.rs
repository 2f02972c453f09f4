//! `/collections` and `/collections/{c}`: every kind of record is a collection.

use axum::extract::Path;
use serde_json::{Value, json};

use super::ask::Ask;
use super::link::{Link, json_of};
use super::negotiate::{GEOJSON, HTML, JSON, SCHEMA};
use super::reply::Reply;
use super::{crs, html};
use crate::domain::problem::{Code, Problem};
use crate::domain::schema::{self, Label, Schema};
use crate::domain::text::Message;
use crate::http::problem::Answer;
use crate::http::who::Cx;
use crate::service::extents::{Extent, extent};
use crate::service::systems::systems;

/// The kind of record behind a collection's name.
///
/// # Errors
/// When there is none.
pub fn known(name: &str) -> Result<&'static Schema, Problem> {
    schema::of(name).ok_or_else(|| {
        let shown: String = name.chars().take(60).collect();
        Problem::new(
            Code::NotFound,
            Message::new(
                format!("There is no collection {shown}."),
                format!("没有数据集{shown}。"),
            ),
            Message::new("Look it up in /collections.", "请在 /collections 中查找。"),
        )
    })
}

pub(super) async fn list(Cx(cx): Cx, ask: Ask) -> Answer {
    let offers = [JSON, HTML];
    let offer = ask.plain(&offers)?;
    let links = [
        Link::new("self", JSON.media, ask.base.href("/collections")),
        Link::new("alternate", HTML.media, ask.with(&[("f", Some("html"))])),
    ];
    let reply = if *offer == HTML {
        Reply::page(html::collections::list(&ask))
    } else {
        let systems = crs::addresses(&systems(&cx).await?);
        let mut collections = Vec::with_capacity(schema::ALL.len());
        for schema in schema::ALL {
            collections.push(entry(&ask, schema, &extent(&cx, schema).await?, &systems));
        }
        let body = json!({ "links": json_of(&links), "crs": systems, "collections": collections });
        Reply::document(offer.media, &body)
    };
    Ok(reply.linked(&links).to(&ask))
}

pub(super) async fn one(Cx(cx): Cx, ask: Ask, Path(name): Path<String>) -> Answer {
    let schema = known(&name)?;
    let offers = [JSON, HTML];
    let offer = ask.plain(&offers)?;
    let extent = extent(&cx, schema).await?;
    let systems = crs::addresses(&systems(&cx).await?);
    let reply = if *offer == HTML {
        Reply::page(html::collections::one(&ask, schema, &extent, &systems))
    } else {
        Reply::document(offer.media, &entry(&ask, schema, &extent, &systems))
    };
    Ok(reply.linked(&links(&ask, schema)).to(&ask))
}

/// A collection as both lists and its own address describe it.
fn entry(ask: &Ask, schema: &Schema, extent: &Extent, systems: &[String]) -> Value {
    let mut body = json!({
        "id": schema.collection,
        "title": schema.title.get(ask.lang),
        "description": schema.description.get(ask.lang),
        "itemType": "feature",
        "links": json_of(&links(ask, schema)),
    });
    let Value::Object(members) = &mut body else { return body };
    let mut ranges = json!({ "temporal": { "interval": [[extent.since.map(|t| t.to_string()), null]] } });
    if let (Some(bbox), Value::Object(ranges)) = (extent.bbox, &mut ranges)
        && super::schema::format(schema.shape).is_some()
    {
        ranges.insert("spatial".to_owned(), json!({ "bbox": [bbox], "crs": crs::CRS84 }));
    }
    members.insert("extent".to_owned(), ranges);
    members.insert("crs".to_owned(), json!(systems));
    members.insert("storageCrs".to_owned(), json!(crs::CRS84));
    body
}

fn links(ask: &Ask, schema: &Schema) -> Vec<Link> {
    let home = ask.base.href(&format!("/collections/{}", schema.collection));
    let said = |en: &'static str, zh: &'static str| Label::new(en, zh).get(ask.lang);
    // Desktop clients build addresses by adding to these; they have no query.
    let mut links = vec![
        Link::new("self", JSON.media, home.clone()).titled(schema.title.get(ask.lang)),
        Link::new("alternate", HTML.media, format!("{home}?f=html")).titled(said("As a page", "网页")),
        Link::new("items", GEOJSON.media, format!("{home}/items")).titled(schema.title.get(ask.lang)),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/queryables",
            SCHEMA.media,
            format!("{home}/queryables"),
        )
        .titled(said("What one may ask by", "可查询项")),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/sortables",
            SCHEMA.media,
            format!("{home}/sortables"),
        )
        .titled(said("What one may sort by", "可排序项")),
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/schema",
            SCHEMA.media,
            format!("{home}/schema"),
        )
        .titled(said("What a record holds", "字段定义")),
        Link::new("describedby", SCHEMA.media, format!("{home}/schema"))
            .titled(said("What a record holds", "字段定义")),
        Link::new("root", JSON.media, ask.base.href("/")).titled(super::landing::TITLE),
    ];
    links.extend(super::tiles::links(ask, schema));
    links.extend(super::export::links(ask, schema));
    links
}
