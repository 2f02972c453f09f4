//! OGC API Tiles: of each collection, and of a boundary with all its layers; TileJSON for maps.

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Map, Value, json};

use super::ask::{Ask, COMMON, encode, refuse_mistakes};
use super::link::{Link, json_of};
use super::negotiate::{HTML, JSON, Offer};
use super::reply::Reply;
use super::{collections, html};
use crate::domain::moment::InForce;
use crate::domain::moment::text as time;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Label, Schema, Shape, Type};
use crate::domain::text::Message;
use crate::http::problem::{Answer, no_such_page};
use crate::http::who::Cx;
use crate::service::Context;
use crate::service::features::When;
use crate::service::tile::{self, Address, Source};
use crate::service::view::{self, tile_layers};

pub(super) fn routes() -> Router<Context> {
    Router::new()
        .route("/tileMatrixSets", get(matrix_sets))
        .route("/tileMatrixSets/{set}", get(matrix_set))
        .route("/tiles", get(of_boundaries))
        .route("/tiles/{set}", get(of_boundary))
        .route("/tiles/{set}/{zoom}/{row}/{column}", get(boundary_tile))
        .route("/tiles.json", get(boundary_tilejson))
        .route("/collections/{collectionId}/tiles", get(of_collection))
        .route("/collections/{collectionId}/tiles/{set}", get(tileset))
        .route(
            "/collections/{collectionId}/tiles/{set}/{zoom}/{row}/{column}",
            get(collection_tile),
        )
        .route("/collections/{collectionId}/tiles.json", get(collection_tilejson))
}

const SET: &str = "WebMercatorQuad";
const SET_URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
const MERCATOR: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
const MVT: &str = "application/vnd.mapbox-vector-tile";
const TILEJSON: Offer = Offer::new("tilejson", "application/json");

/// Deeper zooms are drawn from these tiles; a tile is then half a metre a unit.
const DEEPEST_ZOOM: u8 = 16;

fn no_such_set(set: &str) -> Problem {
    let shown: String = set.chars().take(60).collect();
    Problem::new(
        Code::NotFound,
        Message::new(
            format!("There is no tile matrix set {shown}."),
            format!("没有瓦片矩阵集 {shown}。"),
        ),
        Message::new("Use WebMercatorQuad.", "请使用 WebMercatorQuad。"),
    )
}

fn known_set(set: &str) -> Result<(), Problem> {
    if set == SET { Ok(()) } else { Err(no_such_set(set)) }
}

async fn matrix_sets(ask: Ask) -> Answer {
    let offer = *ask.plain(&[JSON])?;
    let href = ask.base.href(&format!("/tileMatrixSets/{SET}"));
    let body = json!({
        "links": json_of(&[Link::new("self", JSON.media, ask.with(&[]))]),
        "tileMatrixSets": [{
            "id": SET,
            "title": "Google Maps Compatible for the World",
            "uri": SET_URI,
            "crs": MERCATOR,
            "links": json_of(&[Link::new("self", JSON.media, href)]),
        }],
    });
    Ok(Reply::document(offer.media, &body).to(&ask))
}

/// Half the side of the Mercator square, metres.
const HALF: f64 = 20_037_508.342_789_244;

async fn matrix_set(ask: Ask, Path(set): Path<String>) -> Answer {
    let offer = *ask.plain(&[JSON])?;
    known_set(&set)?;
    let matrices: Vec<Value> = (0..=tile::DEEPEST)
        .map(|zoom| {
            let n = 2_f64.powi(i32::from(zoom));
            let cell = 2.0 * HALF / 256.0 / n;
            json!({
                "id": zoom.to_string(),
                // The scale at which a cell is a pixel of 0.28 mm.
                "scaleDenominator": cell / 0.000_28,
                "cellSize": cell,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF, HALF],
                "tileWidth": 256,
                "tileHeight": 256,
                "matrixWidth": n as i64,
                "matrixHeight": n as i64,
            })
        })
        .collect();
    let body = json!({
        "id": SET,
        "title": "Google Maps Compatible for the World",
        "uri": SET_URI,
        "crs": MERCATOR,
        "orderedAxes": ["E", "N"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    });
    Ok(Reply::document(offer.media, &body).to(&ask))
}

/// The moment and boundary that tile addresses take, all mistakes at once.
struct Asked {
    when: When,
    boundary: Option<String>,
}

fn asked(ask: &Ask) -> Result<Asked, Problem> {
    // `v` makes the address change with the data, so that a browser's copy is never stale.
    const TAKEN: [&str; 4] = ["boundary", "datetime", "known-at", "v"];
    let mut mistakes = Vec::new();
    ask.unknown(&mut mistakes, |name| TAKEN.contains(&name) || COMMON.contains(&name));
    let mut wrong = |at: &str, detail| {
        mistakes.push((
            Code::ParameterInvalid,
            Mistake {
                at: at.to_owned(),
                detail,
            },
        ));
    };
    let in_force = ask
        .get("datetime")
        .and_then(|text| time::datetime(text).map_err(|detail| wrong("datetime", detail)).ok());
    let known = ask
        .get("known-at")
        .and_then(|text| time::known_at(text).map_err(|detail| wrong("known-at", detail)).ok());
    refuse_mistakes(mistakes)?;
    Ok(Asked {
        when: When { in_force, known },
        boundary: ask.get("boundary").map(str::to_owned),
    })
}

/// What of the query belongs into the address of each tile.
fn kept(ask: &Ask) -> String {
    ["boundary", "datetime", "known-at"]
        .iter()
        .filter_map(|name| Some(format!("{name}={}", encode(ask.get(name)?))))
        .collect::<Vec<_>>()
        .join("&")
}

/// The addresses of tiles, with places for zoom, row and column.
fn template(ask: &Ask, home: &str, [zoom, row, column]: [&str; 3], more: &str) -> String {
    let kept = [kept(ask), more.to_owned()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("&");
    let question = if kept.is_empty() { "" } else { "?" };
    ask.base.href(&format!(
        "{home}/{SET}/{{{zoom}}}/{{{row}}}/{{{column}}}{question}{kept}"
    ))
}

/// What a set of tiles is, as the standard lists it.
fn description(ask: &Ask, title: &str, home: &str) -> Value {
    let kept = kept(ask);
    let question = if kept.is_empty() { "" } else { "?" };
    let own = ask.base.href(&format!("{home}/{SET}{question}{kept}"));
    let mut item = Link::new(
        "item",
        MVT,
        template(ask, home, ["tileMatrix", "tileRow", "tileCol"], ""),
    );
    item.templated = true;
    let scheme = ask.base.href(&format!("/tileMatrixSets/{SET}"));
    json!({
        "title": title,
        "dataType": "vector",
        "crs": MERCATOR,
        "tileMatrixSetURI": SET_URI,
        "tileMatrixSetId": SET,
        "links": json_of(&[
            Link::new("self", JSON.media, own),
            item,
            Link::new(REL_SCHEME, JSON.media, scheme),
        ]),
    })
}

/// In the singular: clients look for exactly this.
const REL_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

fn drawn(schema: &'static Schema) -> Result<(), Problem> {
    if schema.shape != Shape::None {
        return Ok(());
    }
    Err(Problem::new(
        Code::NotFound,
        Message::new(
            format!(
                "Records of {} have no place on a map, so there are no tiles of them.",
                schema.collection
            ),
            format!("{}没有地图位置，因此没有瓦片。", schema.title.zh),
        ),
        Message::new("Read them at /items.", "请在 /items 中读取。"),
    ))
}

async fn of_collection(ask: Ask, Path(collection): Path<String>) -> Answer {
    let schema = collections::known(&collection)?;
    drawn(schema)?;
    let offer = *ask.plain(&[JSON])?;
    let home = format!("/collections/{collection}/tiles");
    let body = json!({
        "links": json_of(&[Link::new("self", JSON.media, ask.with(&[]))]),
        "tilesets": [description(&ask, schema.title.get(ask.lang), &home)],
    });
    Ok(Reply::document(offer.media, &body).to(&ask))
}

async fn tileset(Cx(cx): Cx, ask: Ask, Path((collection, set)): Path<(String, String)>) -> Answer {
    let schema = collections::known(&collection)?;
    drawn(schema)?;
    known_set(&set)?;
    asked(&ask)?;
    let offers = [JSON, TILEJSON];
    if *ask.offer(&offers)? == TILEJSON {
        return tilejson_of(&cx, &ask, schema).await;
    }
    let home = format!("/collections/{collection}/tiles");
    let mut body = description(&ask, schema.title.get(ask.lang), &home);
    if let Some(Value::Array(links)) = body.get_mut("links") {
        let href = ask.base.href(&format!("/collections/{collection}/tiles.json"));
        let titled = Link::new("describedby", JSON.media, href).titled("TileJSON");
        links.push(titled.json());
    }
    if let Value::Object(members) = &mut body {
        let id = schema.collection;
        let properties: Map<String, Value> = tile::fields(schema)
            .map(|field| {
                (
                    field.name.to_owned(),
                    json!({ "title": field.title.get(ask.lang), "type": json_type(field.kind) }),
                )
            })
            .collect();
        members.insert(
            "layers".to_owned(),
            json!([{
                "id": id,
                "title": schema.title.get(ask.lang),
                "dataType": "vector",
                "propertiesSchema": { "type": "object", "properties": properties },
            }]),
        );
    }
    Ok(Reply::document(JSON.media, &body).to(&ask))
}

const fn json_type(kind: Type) -> &'static str {
    match kind {
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Flag => "boolean",
        _ => "string",
    }
}

async fn of_boundaries(Cx(cx): Cx, ask: Ask) -> Answer {
    let offers = [JSON, HTML];
    let offer = *ask.plain(&offers)?;
    if offer == HTML {
        return Ok(Reply::page(html::collections::list(&ask)).to(&ask));
    }
    let boundaries = view::boundaries(&cx).await?;
    let tilesets: Vec<Value> = boundaries
        .iter()
        .map(|boundary| {
            let mut ask = ask.clone();
            ask.parameters.push(("boundary".to_owned(), boundary.key.clone()));
            description(&ask, &boundary.key, "/tiles")
        })
        .collect();
    let body = json!({
        "links": json_of(&[Link::new("self", JSON.media, ask.with(&[]))]),
        "tilesets": tilesets,
    });
    Ok(Reply::document(JSON.media, &body).to(&ask))
}

/// The boundary asked for by its key; the only one there is when none is named.
async fn boundary(cx: &Context, asked: &Asked) -> Answer<view::BoundaryView> {
    let mut boundaries = view::boundaries(cx).await?;
    let found = match &asked.boundary {
        Some(key) => boundaries.into_iter().find(|boundary| boundary.key == *key),
        None if boundaries.len() == 1 => boundaries.pop(),
        None => None,
    };
    Ok(found.ok_or_else(|| {
        let detail = Message::new("Name a boundary by its key.", "请给出国界代码。");
        Problem::new(
            if asked.boundary.is_some() {
                Code::NotFound
            } else {
                Code::ParameterInvalid
            },
            detail.clone(),
            Message::new("The keys are listed at /boundaries.", "代码见 /boundaries。"),
        )
        .with_mistakes(vec![Mistake {
            at: "boundary".to_owned(),
            detail,
        }])
    })?)
}

async fn of_boundary(Cx(cx): Cx, ask: Ask, Path(set): Path<String>) -> Answer {
    known_set(&set)?;
    let asked = asked(&ask)?;
    let offer = *ask.offer(&[JSON])?;
    let boundary = boundary(&cx, &asked).await?;
    let mut body = description(&ask, &boundary.key, "/tiles");
    if let Value::Object(members) = &mut body {
        members.insert(
            "layers".to_owned(),
            tile_layers()
                .iter()
                .map(|l| json!({ "id": l.id, "dataType": "vector" }))
                .collect(),
        );
    }
    Ok(Reply::document(offer.media, &body).to(&ask))
}

async fn boundary_tilejson(Cx(cx): Cx, ask: Ask) -> Answer {
    let asked = asked(&ask)?;
    let boundary = boundary(&cx, &asked).await?;
    let version = tile::version(&cx).await?;
    let layers: Vec<Value> = tile_layers()
        .iter()
        .map(|layer| {
            let fields: Map<String, Value> = layer
                .fields
                .iter()
                .map(|(name, kind)| ((*name).to_owned(), json!(kind)))
                .collect();
            json!({ "id": layer.id, "fields": fields, "minzoom": 0, "maxzoom": DEEPEST_ZOOM })
        })
        .collect();
    let notice = boundary
        .notice
        .get(ask.lang.code())
        .or_else(|| boundary.notice.get("en"));
    let mut ask = ask;
    if ask.get("boundary").is_none() {
        ask.parameters.push(("boundary".to_owned(), boundary.key.clone()));
    }
    let body = json!({
        "tilejson": "3.0.0",
        "name": boundary.key,
        "tiles": [template(&ask, "/tiles", ["z", "y", "x"], &format!("v={version}"))],
        "minzoom": 0,
        "maxzoom": DEEPEST_ZOOM,
        "bounds": boundary.bbox,
        "attribution": notice.and_then(Value::as_str).unwrap_or_default(),
        "vector_layers": layers,
    });
    Ok(Reply::document(JSON.media, &body).to(&ask))
}

async fn collection_tilejson(Cx(cx): Cx, ask: Ask, Path(collection): Path<String>) -> Answer {
    let schema = collections::known(&collection)?;
    drawn(schema)?;
    asked(&ask)?;
    tilejson_of(&cx, &ask, schema).await
}

async fn tilejson_of(cx: &Context, ask: &Ask, schema: &'static Schema) -> Answer {
    let version = tile::version_of(cx, schema).await?;
    let boundaries = view::boundaries(cx).await?;
    let shown = |b: &&view::BoundaryView| ask.get("boundary").is_none_or(|key| key == b.key);
    let union = |a: [f64; 4], b: [f64; 4]| [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])];
    let bounds = boundaries.iter().filter(shown).filter_map(|b| b.bbox).reduce(union);
    let fields: Map<String, Value> = tile::fields(schema)
        .map(|field| {
            let kind = if matches!(field.kind, Type::Integer | Type::Number) {
                "Number"
            } else {
                "String"
            };
            (field.name.to_owned(), json!(kind))
        })
        .collect();
    let home = format!("/collections/{}/tiles", schema.collection);
    let mut notices: Vec<&str> = boundaries
        .iter()
        .filter(shown)
        .filter_map(|b| {
            b.notice
                .get(ask.lang.code())
                .or_else(|| b.notice.get("en"))
                .and_then(Value::as_str)
        })
        .collect();
    notices.dedup();
    let body = json!({
        "tilejson": "3.0.0",
        "name": schema.title.get(ask.lang),
        "description": schema.description.get(ask.lang),
        "tiles": [template(ask, &home, ["z", "y", "x"], &format!("v={version}"))],
        "minzoom": 0,
        "maxzoom": DEEPEST_ZOOM,
        "bounds": bounds.unwrap_or([-180.0, -85.051_129, 180.0, 85.051_129]),
        "attribution": notices.join(" "),
        "vector_layers": [{ "id": schema.collection, "fields": fields, "minzoom": 0, "maxzoom": DEEPEST_ZOOM }],
    });
    Ok(Reply::document(JSON.media, &body).to(ask))
}

type Place = (String, String, String);

/// The tile behind an address; none outside of the matrix.
fn address((zoom, row, column): &Place) -> Option<Address> {
    Address::new(zoom.parse().ok()?, row.parse().ok()?, column.parse().ok()?)
}

fn takes_tiles(ask: &Ask) -> Result<(), Problem> {
    const OFFERS: [Offer; 2] = [Offer::new("mvt", MVT), Offer::new("pbf", "application/x-protobuf")];
    // Maps ask for images, or for anything: only who names a format by `f` is held to it.
    ask.get("f").map_or(Ok(()), |_| ask.offer(&OFFERS).map(drop))
}

async fn boundary_tile(
    Cx(cx): Cx,
    ask: Ask,
    Path((set, zoom, row, column)): Path<(String, String, String, String)>,
) -> Answer {
    known_set(&set)?;
    takes_tiles(&ask)?;
    let asked = asked(&ask)?;
    let Some(address) = address(&(zoom, row, column)) else {
        return Ok(no_such_page().await);
    };
    if matches!(asked.when.in_force, Some(InForce::Within { .. })) {
        let detail = Message::new(
            "The tiles of a boundary show one moment: give an instant.",
            "国界瓦片只显示某一时刻：请给出时间点。",
        );
        return Err(Problem::new(
            Code::ParameterInvalid,
            detail.clone(),
            Message::new(
                "Tiles of one collection take an interval.",
                "单个集合的瓦片可使用时间段。",
            ),
        )
        .with_mistakes(vec![Mistake {
            at: "datetime".to_owned(),
            detail,
        }])
        .into());
    }
    let key = match &asked.boundary {
        Some(key) => key.clone(),
        None => boundary(&cx, &asked).await?.key,
    };
    sent(&cx, &ask, Source::Boundary(&key), address, asked.when).await
}

async fn collection_tile(
    Cx(cx): Cx,
    ask: Ask,
    Path((collection, set, zoom, row, column)): Path<(String, String, String, String, String)>,
) -> Answer {
    let schema = collections::known(&collection)?;
    drawn(schema)?;
    known_set(&set)?;
    takes_tiles(&ask)?;
    let asked = asked(&ask)?;
    let Some(address) = address(&(zoom, row, column)) else {
        return Ok(no_such_page().await);
    };
    sent(
        &cx,
        &ask,
        Source::Collection(schema, asked.boundary.as_deref()),
        address,
        asked.when,
    )
    .await
}

async fn sent(cx: &Context, ask: &Ask, source: Source<'_>, address: Address, when: When) -> Answer {
    let known = ask.headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let caching = |tag: String| {
        [
            (header::ETAG, tag),
            (header::CACHE_CONTROL, "private, no-cache".to_owned()),
            (header::VARY, "Accept-Encoding".to_owned()),
        ]
    };
    Ok(match tile::get(cx, source, address, when, known).await? {
        tile::Answer::Same { tag } => (StatusCode::NOT_MODIFIED, caching(tag)).into_response(),
        tile::Answer::Tile { tag, body } if body.is_empty() => (StatusCode::NO_CONTENT, caching(tag)).into_response(),
        tile::Answer::Tile { tag, body } => {
            let mut response: Response = (caching(tag), body).into_response();
            response
                .headers_mut()
                .insert(header::CONTENT_TYPE, axum::http::HeaderValue::from_static(MVT));
            response
        }
    })
}

/// The links by which a collection leads to its tiles.
pub fn links(ask: &Ask, schema: &Schema) -> Vec<Link> {
    if schema.shape == Shape::None {
        return Vec::new();
    }
    let said = Label::new("Vector tiles", "矢量瓦片").get(ask.lang);
    let home = format!("/collections/{}/tiles", schema.collection);
    vec![
        Link::new(
            "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
            JSON.media,
            ask.base.href(&home),
        )
        .titled(said),
    ]
}
