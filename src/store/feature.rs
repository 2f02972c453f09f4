//! Collections of map features, one way to read them all.

use jiff::Timestamp;
use serde_json::Value;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use super::Result;
use super::version::Table;
use crate::domain::collection::Collection;

/// The table whose versions are the history of its features; none for what is never changed.
pub const fn versions(collection: Collection) -> Option<Table> {
    match collection {
        Collection::Sections => Some(Table::Section),
        Collection::Segments => Some(Table::Segment),
        Collection::BoundaryPoints => Some(Table::BoundaryPoint),
        Collection::Markers => Some(Table::Marker),
        Collection::Islands => Some(Table::Island),
        Collection::Routes => Some(Table::Route),
        Collection::Ports => Some(Table::Port),
        Collection::Projects => Some(Table::Project),
        Collection::Tracks | Collection::Findings => None,
    }
}

/// Rows of feature id, identity, boundary, display geometry, raw received position and properties.
const fn source(collection: Collection) -> &'static str {
    match collection {
        Collection::Sections => {
            "select s.feature_id, s.section_id as id, s.boundary_id, null::jsonb as received,
                    (select st_collect(g.display order by g.ordinal) from segment g
                     where g.section_id = s.section_id and upper_inf(g.known) and g.in_force @> now()) as display,
                    jsonb_build_object('key', s.key, 'ordinal', s.ordinal, 'names', s.names,
                        'character', s.character, 'legal_status', s.legal_status,
                        'technical_status', s.technical_status,
                        'length_m', (select sum(g.length_m) from segment g
                                     where g.section_id = s.section_id and upper_inf(g.known)
                                       and g.in_force @> now())) as properties
             from section s where upper_inf(s.known) and s.in_force @> now()"
        }
        Collection::Segments => {
            "select g.feature_id, g.segment_id as id, g.boundary_id, null::jsonb as received, g.display,
                    jsonb_build_object('section', s.key, 'ordinal', g.ordinal, 'names', s.names,
                        'character', s.character, 'line_type', g.line_type, 'movability', g.movability,
                        'length_m', g.length_m, 'vertices', st_npoints(g.legal),
                        'description', jsonb_build_object('en', g.description_en, 'zh', g.description_zh)
                    ) as properties
             from segment g join section s on s.section_id = g.section_id and upper_inf(s.known) and s.in_force @> now()
             where upper_inf(g.known) and g.in_force @> now()"
        }
        Collection::BoundaryPoints => {
            "select p.feature_id, p.boundary_point_id as id, p.boundary_id, p.received, p.display,
                    jsonb_build_object('number', p.number, 'sigma_m', p.sigma_m) as properties
             from boundary_point p where upper_inf(p.known) and p.in_force @> now()"
        }
        Collection::Markers => {
            "select m.feature_id, m.marker_id as id, m.boundary_id, e.received, e.display,
                    jsonb_build_object('number', m.number, 'names', m.names, 'constellation', m.constellation,
                        'kind', m.kind, 'condition', m.condition, 'sequence', m.sequence, 'keeper', k.code,
                        'section', s.key) as properties
             from marker m
             join lateral (select received, display from marker_element e
                           where e.marker_id = m.marker_id and upper_inf(e.known) and e.in_force @> now()
                           order by e.ordinal limit 1) e on true
             left join section s on s.section_id = m.section_id and upper_inf(s.known) and s.in_force @> now()
             left join party k on k.party_id = m.keeper_party_id and upper_inf(k.known) and k.in_force @> now()
             where upper_inf(m.known) and m.in_force @> now()"
        }
        Collection::Islands => {
            "select i.feature_id, i.island_id as id, i.boundary_id, null::jsonb as received, i.display,
                    jsonb_build_object('number', i.number, 'names', i.names, 'owner', p.code) as properties
             from island i join party p on p.party_id = i.owner_party_id and upper_inf(p.known) and p.in_force @> now()
             where upper_inf(i.known) and i.in_force @> now()"
        }
        Collection::Routes => {
            "select r.feature_id, r.route_id as id, r.boundary_id, null::jsonb as received, r.display,
                    jsonb_build_object('number', r.number, 'names', r.names, 'inspection', i.number) as properties
             from route r left join inspection i on i.inspection_id = r.inspection_id and upper_inf(i.known)
                  and i.in_force @> now()
             where upper_inf(r.known) and r.in_force @> now()"
        }
        Collection::Tracks => {
            "select t.feature_id, t.track_id as id, (u.results -> 0 ->> 'boundary')::uuid as boundary_id,
                        null::jsonb as received,
                    t.overview as display,
                    jsonb_build_object('name', coalesce(t.name, u.file_name), 'fixes', t.n_fixes,
                        'segments', t.n_segments, 'first_time', t.first_time, 'last_time', t.last_time,
                        'length_m', t.length_m, 'upload', u.upload_id, 'receipt', u.number) as properties
             from track t join upload u on u.upload_id = t.upload_id"
        }
        Collection::Ports => {
            "select o.feature_id, o.port_id as id, o.boundary_id, o.received, o.display,
                    jsonb_build_object('number', o.number, 'names', o.names, 'party', p.code,
                        'class', o.port_class, 'status', o.status, 'traffic', o.traffic,
                        'counterpart', o.counterpart, 'sigma_m', o.sigma_m) as properties
             from port o join party p on p.party_id = o.party_id and upper_inf(p.known) and p.in_force @> now()
             where upper_inf(o.known) and o.in_force @> now()"
        }
        Collection::Projects => {
            "select j.feature_id, j.project_id as id, j.boundary_id, null::jsonb as received, j.display,
                    jsonb_build_object('number', j.number, 'names', j.names, 'kind', j.kind, 'state', j.state,
                        'party', p.code) as properties
             from project j left join party p on p.party_id = j.party_id and upper_inf(p.known) and p.in_force @> now()
             where upper_inf(j.known) and j.in_force @> now()"
        }
        Collection::Findings => {
            "select f.feature_id, f.finding_id as id, c.boundary_id, null::jsonb as received, f.display,
                    jsonb_build_object('check', f.check_code, 'verdict', f.verdict, 'subjects', f.subjects,
                        'measured', f.measured, 'unit', f.unit, 'uncertainty_95', f.uncertainty_95,
                        'tolerance', f.tolerance, 'tolerance_source', f.tolerance_source,
                        'message_en', f.message_en, 'message_zh', f.message_zh, 'details', f.details,
                        'state', f.state, 'check_run', f.check_run_id, 'created_at', c.created_at) as properties
             from finding f join check_run c on c.check_run_id = f.check_run_id
             where c.check_run_id in (select distinct on (boundary_id) check_run_id from check_run
                                      order by boundary_id, created_at desc, check_run_id desc)"
        }
    }
}

/// One feature.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Item {
    pub feature_id: i64,
    pub id: Uuid,
    pub boundary_id: Option<Uuid>,
    /// The position as received, where it is a measured point.
    pub received: Option<Value>,
    /// GeoJSON, display positions with nine decimals.
    pub geometry: Option<Value>,
    pub properties: Value,
}

/// What is wanted of a collection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query {
    pub boundary: Option<Uuid>,
    pub feature_id: Option<i64>,
    pub limit: i64,
    /// In force at this time, and as known at that one; now, and by the newest knowledge when absent.
    pub at: Option<Timestamp>,
    pub known: Option<Timestamp>,
}

/// Features in the order of their ids.
///
/// # Errors
/// When the database cannot be read.
pub async fn items(conn: &mut PgConnection, collection: Collection, query: &Query) -> Result<Vec<Item>> {
    // All of it is our own text; what the caller gave is bound.
    let sql = format!(
        "select feature_id, id, boundary_id, received, st_asgeojson(display, 9)::jsonb as geometry, properties
         from ({}) as f
         where ($1::uuid is null or boundary_id = $1)
           and ($2::bigint is null or feature_id = $2)
         order by feature_id limit $3",
        at_moment(source(collection), query)
    );
    Ok(sqlx::query_as(AssertSqlSafe(sql))
        .bind(query.boundary)
        .bind(query.feature_id)
        .bind(query.limit)
        .bind(query.at.map(jiff_sqlx::Timestamp::from))
        .bind(query.known.map(jiff_sqlx::Timestamp::from))
        .fetch_all(conn)
        .await?)
}

/// The statement for the moment asked for: `$4` is when in force, `$5` when known. What has no versions stays as it is.
fn at_moment(sql: &str, query: &Query) -> String {
    let mut sql = sql.to_owned();
    if query.at.is_some() {
        sql = sql.replace("now()", "$4");
    }
    if query.known.is_some() {
        sql = super::tile::as_known(&sql, "$5");
    }
    sql
}

/// Whether any track of an upload comes within some kilometres of a boundary's line.
///
/// # Errors
/// When the database cannot be read.
pub async fn is_near(conn: &mut PgConnection, upload: Uuid, boundary: Uuid) -> Result<bool> {
    // A twentieth of a degree is 4 to 6 km; single fixes have no overview and are looked up by their chunks.
    Ok(sqlx::query_scalar(
        "select exists (
             select from track t
             join segment g on g.boundary_id = $2 and upper_inf(g.known)
             join fixes c on c.track_id = t.track_id and c.path && st_expand(g.display, 0.05)
             where t.upload_id = $1
         )",
    )
    .bind(upload)
    .bind(boundary)
    .fetch_one(conn)
    .await?)
}

/// Extent of a boundary: west, south, east, north of its line, and how many markers stand along it.
///
/// # Errors
/// When the database cannot be read.
pub async fn extent(conn: &mut PgConnection, boundary: Uuid) -> Result<(Option<[f64; 4]>, f64, i64)> {
    let row: (Option<f64>, Option<f64>, Option<f64>, Option<f64>, f64, i64) = sqlx::query_as(
        "select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e), length_m,
                (select count(*) from marker m where m.boundary_id = $1 and upper_inf(m.known) and m.in_force @> now())
         from (select st_extent(display) as e, coalesce(sum(length_m), 0) as length_m from segment
               where boundary_id = $1 and upper_inf(known) and in_force @> now()) s",
    )
    .bind(boundary)
    .fetch_one(conn)
    .await?;
    let bbox = match (row.0, row.1, row.2, row.3) {
        (Some(w), Some(s), Some(e), Some(n)) => Some([w, s, e, n]),
        _ => None,
    };
    Ok((bbox, row.4, row.5))
}
