//! The position of a marker is that of its first element; who writes a marker's position writes that.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};
use uuid::Uuid;

use super::prepare::Prepared;
use super::{invalid, mistake};
use crate::domain::problem::Mistake;
use crate::domain::schema::{self, Schema};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::service::{Context, Error, Result};
use crate::store;
use crate::store::codec::Ewkb;
use crate::store::record::write::{self, Change};
use crate::store::version::{NewRow, Stamp};

fn elements() -> Result<&'static Schema> {
    schema::of_kind("marker_element").ok_or_else(|| Error::Fault("there is no kind marker_element".into()))
}

fn number(prepared: &Prepared, name: &str) -> Option<f64> {
    match prepared.draft.get(name) {
        Some(Value::Number(n)) => Some(*n),
        Some(Value::Integer(n)) => Some(*n as f64),
        _ => None,
    }
}

/// What the element of a written position says of it.
fn position(prepared: &Prepared) -> Result<Option<Map<String, Json>>> {
    let (Some(legal), Some(received)) = (&prepared.legal, &prepared.received) else {
        return Ok(None);
    };
    let srid = prepared.srid;
    let Some(sigma) = number(prepared, "sigma_m") else {
        return Err(invalid(vec![mistake(
            "sigma_m",
            "a position needs its standard deviation per axis, metres",
            "位置必须给出各轴标准差（米）",
        )])
        .into());
    };
    let columns = json!({
        "received": received,
        "sigma_m": sigma,
        "sigma_source": "stated",
        "height_m": number(prepared, "height_m"),
        "legal": Ewkb::geometry(srid, legal).hex(),
        "display": Ewkb::geometry(4326, legal).hex(),
    });
    Ok(columns.as_object().cloned())
}

/// The first elements of new markers that came with a position. Standing, class, times and reason are those of the
/// marker, where it has its own.
///
/// # Errors
/// When a position has no accuracy, or the database breaks.
pub async fn create_elements(
    cx: &Context,
    conn: &mut store::Conn,
    stamp: &Stamp,
    markers: Vec<(Uuid, Prepared, Map<String, Json>)>,
) -> Result<()> {
    let rows = markers
        .into_iter()
        .map(|(marker, prepared, own)| element(cx.ids.next(), marker, &prepared, &own))
        .collect::<Result<Vec<_>>>()?;
    let rows = rows.into_iter().flatten().collect();
    store::version::insert_kind(conn, elements()?.kind, stamp, rows).await?;
    Ok(())
}

/// The first element of a marker as a row; none where the marker has no position.
fn element(id: Uuid, marker: Uuid, prepared: &Prepared, own: &Map<String, Json>) -> Result<Option<NewRow>> {
    let Some(mut columns) = position(prepared)? else {
        return Ok(None);
    };
    for name in ["standing", "class", "in_force", "reason", "instrument_id"] {
        if let Some(value) = own.get(name) {
            columns.insert(name.to_owned(), value.clone());
        }
    }
    let label = prepared.label.clone().unwrap_or_default();
    let single = prepared.draft.text("constellation") == Some("single");
    for (column, value) in [
        ("boundary_id", json!(prepared.boundary)),
        ("marker_id", json!(marker)),
        ("ordinal", json!(i32::from(!single))),
        ("label", json!(if single { label } else { format!("{label}(1)") })),
        ("relation", json!("not_stated")),
    ] {
        columns.insert(column.to_owned(), value);
    }
    Ok(Some(NewRow { id, columns }))
}

/// Versions of the first elements of markers that were told at several times, each over the time of the marker's.
///
/// # Errors
/// As [`create_elements`].
pub async fn further_elements(
    cx: &Context,
    conn: &mut store::Conn,
    stamp: &Stamp,
    markers: Vec<(Uuid, Prepared, Map<String, Json>)>,
) -> Result<()> {
    let schema = elements()?;
    for (marker, prepared, own) in markers {
        let known = store::marker::first_element_ever(conn, marker).await?;
        let locked = match known {
            Some(feature_id) => write::lock(conn, schema, feature_id)
                .await?
                .map(|locked| (feature_id, locked)),
            None => None,
        };
        let Some((feature_id, locked)) = locked else {
            create_elements(cx, conn, stamp, vec![(marker, prepared, own)]).await?;
            continue;
        };
        if let Some(mut row) = element(locked.id, marker, &prepared, &own)? {
            row.columns.insert("version".to_owned(), json!(locked.newest + 1));
            store::version::insert_further(conn, schema.kind, stamp, vec![(feature_id, row)]).await?;
        }
    }
    Ok(())
}

/// A new version of the first element, when the marker was given a position.
///
/// # Errors
/// When the position has no accuracy, or the database breaks.
pub async fn move_element(
    cx: &Context,
    conn: &mut store::Conn,
    change: &Change,
    marker: Uuid,
    prepared: &Prepared,
) -> Result<()> {
    let Some(columns) = position(prepared)? else {
        return Ok(());
    };
    let Some(first) = store::marker::element_features(conn, marker).await?.first().copied() else {
        let stamp = Stamp {
            in_force_from: change.from,
            since: HashMap::new(),
            known_from: change.known_from,
            standing: change.standing,
            class: change.class,
            instrument: change.instrument,
            author: change.author.clone(),
            reason: change.reason.clone(),
        };
        let markers = vec![(marker, prepared.clone(), Map::new())];
        return create_elements(cx, conn, &stamp, markers).await;
    };
    let schema = elements()?;
    let Some(locked) = write::lock(conn, schema, first).await? else {
        return Ok(());
    };
    if locked.boundary != prepared.boundary {
        return Err(invalid(vec![Mistake {
            at: "#/geometry".to_owned(),
            detail: Message::new("the marker stands at another boundary", "界标属于其他国界"),
        }])
        .into());
    }
    write::supersede(conn, schema, &locked, change, Some(columns)).await?;
    Ok(())
}

/// The elements of a marker go out of force with it.
///
/// # Errors
/// When the database breaks.
pub async fn retire_elements(_cx: &Context, conn: &mut store::Conn, change: &Change, marker: Uuid) -> Result<()> {
    let schema = elements()?;
    for element in store::marker::element_features(conn, marker).await? {
        if let Some(locked) = write::lock(conn, schema, element).await? {
            write::supersede(conn, schema, &locked, change, None).await?;
        }
    }
    Ok(())
}
