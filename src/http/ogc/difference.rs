//! `/collections/{c}/items/{id}/versions/{a}/difference/{b}`: what two versions differ in, in their fields and on the
//! ground.

use axum::extract::Path;
use serde_json::{Map, Value, json};

use super::ask::Ask;
use super::card::said;
use super::link::{Link, json_of};
use super::negotiate::{GEOJSON, HTML, JSON, Offer};
use super::reply::Reply;
use super::versions::{self, about, plain};
use super::{collections, etag, html};
use crate::domain::schema::Schema;
use crate::geom::shape::Geometry;
use crate::http::problem::{Answer, no_such_page};
use crate::http::who::Cx;
use crate::service::difference::{self, Compared, Difference, Ground, Measured};
use crate::service::features;
use crate::service::history::Version;
use crate::service::wire;

const OFFERS: [Offer; 3] = [JSON, GEOJSON, HTML];

pub(super) async fn get(
    Cx(cx): Cx,
    ask: Ask,
    Path((name, id, old, new)): Path<(String, String, String, String)>,
) -> Answer {
    let schema = collections::known(&name)?;
    let offer = ask.plain(&OFFERS)?;
    let (Ok(id), Ok(old), Ok(new)) = (id.parse::<i64>(), old.parse::<i32>(), new.parse::<i32>()) else {
        return Ok(no_such_page().await);
    };
    let pair = difference::pair(&cx, schema, id, old, new).await?;
    // Long lines take their time to compare: who has the answer is not made to wait for it again.
    let state = features::version(&cx, schema).await?;
    let about = format!(
        "{} {id} {old} {new} {state} {:?} {}",
        schema.collection, ask.lang, cx.caller.scope
    );
    let parts = [&about, ask.base.as_str(), offer.media, &ask.with(&[])];
    let tag = etag::of_parts(&parts.map(str::as_bytes));
    let links = links(&ask, schema, offer, id);
    if etag::is_known(&ask.headers, &tag) {
        return Ok(Reply::new(offer.media, Vec::new()).linked(&links).tagged(tag).to(&ask));
    }
    let found = difference::difference(&cx, pair).await?;
    let reply = if *offer == HTML {
        Reply::page(html::difference::page(&ask, schema, id, &found))
    } else if *offer == GEOJSON {
        Reply::new(offer.media, drawn(&found).to_string())
    } else {
        Reply::new(offer.media, told(&ask, schema, id, &found, &links).to_string())
    };
    Ok(reply.tagged(tag).linked(&links).to(&ask))
}

/// The path of the difference of two versions.
pub fn path(schema: &Schema, id: i64, old: i32, new: i32) -> String {
    format!(
        "/collections/{}/items/{id}/versions/{old}/difference/{new}",
        schema.collection
    )
}

fn links(ask: &Ask, schema: &Schema, offer: &Offer, id: i64) -> Vec<Link> {
    let home = format!("/collections/{}/items/{id}", schema.collection);
    let mut links = vec![Link::new("self", offer.media, ask.with(&[]))];
    for (other, f) in OFFERS.iter().zip(["json", "geojson", "html"]) {
        if other != offer {
            links.push(Link::new("alternate", other.media, ask.with(&[("f", Some(f))])));
        }
    }
    let versions = ask.base.href(&format!("{home}/versions"));
    links.push(Link::new("version-history", JSON.media, versions));
    links.push(Link::new("item", GEOJSON.media, ask.base.href(&home)));
    links
}

/// A difference as JSON.
pub fn told(ask: &Ask, schema: &'static Schema, id: i64, found: &Difference, links: &[Link]) -> Value {
    let version = |version: &Version| {
        let mut about = about(&version.lineage);
        about.insert("href".to_owned(), json!(versions::address(ask, schema, id, version)));
        about
    };
    let changed: Vec<Value> = found
        .changed
        .iter()
        .map(|changed| {
            let field = schema.field(changed.field);
            json!({
                "property": changed.field,
                "title": field.map(|field| field.title.get(ask.lang)),
                "unit": field.and_then(|field| field.unit),
                "before": plain(&changed.before),
                "after": plain(&changed.after),
                "before_text": field.and_then(|field| said(ask, field, &changed.before)),
                "after_text": field.and_then(|field| said(ask, field, &changed.after)),
            })
        })
        .collect();
    let (difference, reason) = match &found.ground {
        Ground::Nowhere => (Value::Null, Value::Null),
        Ground::NotComparable(reason) => (Value::Null, json!({ "en": reason.en, "zh": reason.zh })),
        Ground::Compared(compared) => (Value::Object(numbers(compared)), Value::Null),
    };
    json!({
        "links": json_of(links),
        "collection": schema.collection,
        "id": id,
        "old": version(&found.old),
        "new": version(&found.new),
        "changed": changed,
        "difference": difference,
        "not_comparable": reason,
    })
}

/// The difference on the ground: metres, square metres and degrees on the ellipsoid that is named.
fn numbers(compared: &Compared) -> Map<String, Value> {
    let mut said = Map::new();
    let mut put = |name: &str, value: Value| {
        said.insert(name.to_owned(), value);
    };
    match &compared.measured {
        Measured::Points(moved) => {
            put("kind", json!("points"));
            put("distance_m", json!(moved.distance));
            put("azimuth_deg", json!(moved.azimuth.map(crate::unit::Bearing::get)));
        }
        Measured::Lines(apart) => {
            put("kind", json!("lines"));
            put("maximum_m", json!(apart.maximum));
            put("mean_m", json!(apart.mean));
            put("area_m2", json!(apart.area));
        }
        Measured::Polygons(exchange) => {
            put("kind", json!("polygons"));
            put("gained_m2", json!(exchange.gained));
            put("lost_m2", json!(exchange.lost));
        }
    }
    let ellipsoid = compared.crs.ellipsoid();
    put("position_kind", json!(compared.position_kind.word()));
    put("crs", json!(compared.crs.code()));
    put("epoch", json!(compared.epoch));
    put("semi_major_m", json!(ellipsoid.semi_major_m()));
    put("inverse_flattening", json!(ellipsoid.inverse_flattening()));
    put("old_place", json!(compared.apart.map(|[old, _]| old)));
    put("new_place", json!(compared.apart.map(|[_, new]| new)));
    said
}

/// Old, new and the greatest distance between them as features, for maps.
fn drawn(found: &Difference) -> Value {
    let mut features = Vec::new();
    for (role, version) in [("old", &found.old), ("new", &found.new)] {
        let shape = version.record.as_ref().and_then(|record| record.geometry.as_ref());
        let mut properties = about(&version.lineage);
        properties.insert("role".to_owned(), json!(role));
        features.push(json!({
            "type": "Feature",
            "geometry": shape.map(geometry),
            "properties": properties,
        }));
    }
    if let Ground::Compared(compared) = &found.ground {
        let mut properties = numbers(compared);
        properties.insert("role".to_owned(), json!("difference"));
        let shape = compared
            .apart
            .map(|[old, new]| geometry(&Geometry::Line(vec![old, new])));
        features.push(json!({ "type": "Feature", "geometry": shape, "properties": properties }));
    }
    json!({ "type": "FeatureCollection", "features": features })
}

fn geometry(shape: &Geometry) -> Value {
    let mut text = Vec::new();
    let mut shape = shape.clone();
    shape.wind();
    wire::geometry(&mut text, &shape, wire::Axes::XY);
    serde_json::from_slice(&text).unwrap_or(Value::Null)
}
