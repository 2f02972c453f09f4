//! Whether whoever writes may write this record: where it is and of what class it is, before the change and after.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::prepare::Prepared;
use crate::domain::lineage::Class;
use crate::domain::rights::{Realm, Verb, places};
use crate::domain::schema::Schema;
use crate::service::{Context, Result};
use crate::store;
use crate::store::record::write::{self, Locked};

/// Goes on when the caller may change the record as it is.
///
/// # Errors
/// [`Code::Forbidden`](crate::domain::problem::Code::Forbidden) otherwise.
pub(super) fn must_change(cx: &Context, schema: &Schema, locked: &Locked) -> Result<()> {
    cx.must_with(Verb::Record, Realm::of(schema.kind), locked.class, &locked.places)
}

/// Goes on when the caller may write the record as it will be.
///
/// # Errors
/// As [`must_change`], or when the database cannot be read.
pub(super) async fn must_make(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &Schema,
    class: Class,
    prepared: &Prepared,
) -> Result<()> {
    must_write(cx, conn, schema, class, prepared.boundary, &prepared.columns).await
}

/// As [`must_make`], by the columns of a row.
///
/// # Errors
/// As [`must_make`].
pub(in crate::service) async fn must_write(
    cx: &Context,
    conn: &mut store::Conn,
    schema: &Schema,
    class: Class,
    boundary: Option<Uuid>,
    columns: &Map<String, Json>,
) -> Result<()> {
    let realm = Realm::of(schema.kind);
    if cx.caller.rights.may_with_all(Verb::Record, realm) {
        return Ok(());
    }
    let given = |name: &str| {
        columns
            .get(name)
            .and_then(Json::as_str)
            .and_then(|id| id.parse::<Uuid>().ok())
    };
    let section = given("section_id").filter(|_| schema.kind != "section");
    let by = ["marker_id", "boundary_point_id", "from_id"].map(given);
    let mut at = places(boundary, section, given("project_id"));
    if section.is_none() && by.iter().any(Option::is_some) {
        let by: Vec<Uuid> = by.into_iter().flatten().collect();
        let places = write::places(conn, &by).await?;
        if !places.is_empty() {
            at = places;
        }
    }
    cx.must_with(Verb::Record, realm, class, &at)
}
