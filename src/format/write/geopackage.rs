//! GeoPackage 1.3 (OGC 12-128r17): a table for each collection, with its index in space.
//!
//! The statement stands in `gpkg_metadata` and in the description of the table; the frame with its epoch in
//! `gpkg_spatial_ref_sys` (extension `gpkg_crs_wkt_1_1`, which GDAL and QGIS read); titles, units and closed lists of
//! the fields in `gpkg_data_columns`. The file is written without a journal: until it is finished it is no file yet.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::types::{ToSqlOutput, Value as Sql};
use rusqlite::{Connection, params, params_from_iter};

use super::{Column, Error, Header, Outgoing, Writer, as_declared, as_number, as_text, column, wkb};
use crate::crs::Dialect;
use crate::domain::schema::{CodeList, Shape, Type};
use crate::domain::value::Value;
use crate::geom::shape::Geometry;

/// `GPKG` and version 1.3.0, as the file's header has them.
const APPLICATION: i32 = 0x4750_4B47;
const VERSION: i32 = 10_300;

/// The tables that every GeoPackage has, and those of the extensions used here.
const TABLES: &str = "
    create table gpkg_spatial_ref_sys (
        srs_name text not null,
        srs_id integer not null primary key,
        organization text not null,
        organization_coordsys_id integer not null,
        definition text not null,
        description text,
        definition_12_063 text not null default 'undefined',
        epoch double
    );
    create table gpkg_contents (
        table_name text not null primary key,
        data_type text not null,
        identifier text unique,
        description text default '',
        last_change datetime not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        min_x double,
        min_y double,
        max_x double,
        max_y double,
        srs_id integer references gpkg_spatial_ref_sys (srs_id)
    );
    create table gpkg_geometry_columns (
        table_name text not null unique references gpkg_contents (table_name),
        column_name text not null,
        geometry_type_name text not null,
        srs_id integer not null references gpkg_spatial_ref_sys (srs_id),
        z tinyint not null,
        m tinyint not null,
        primary key (table_name, column_name)
    );
    create table gpkg_extensions (
        table_name text,
        column_name text,
        extension_name text not null,
        definition text not null,
        scope text not null,
        unique (table_name, column_name, extension_name)
    );
    create table gpkg_data_columns (
        table_name text not null,
        column_name text not null,
        name text,
        title text,
        description text,
        mime_type text,
        constraint_name text,
        primary key (table_name, column_name),
        unique (table_name, name)
    );
    create table gpkg_data_column_constraints (
        constraint_name text not null,
        constraint_type text not null,
        value text,
        min numeric,
        min_is_inclusive boolean,
        max numeric,
        max_is_inclusive boolean,
        description text,
        unique (constraint_name, constraint_type, value)
    );
    create table gpkg_metadata (
        id integer primary key autoincrement not null,
        md_scope text not null default 'dataset',
        md_standard_uri text not null,
        mime_type text not null default 'text/xml',
        metadata text not null default ''
    );
    create table gpkg_metadata_reference (
        reference_scope text not null,
        table_name text,
        column_name text,
        row_id_value integer,
        timestamp datetime not null default (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
        md_file_id integer not null references gpkg_metadata (id),
        md_parent_id integer references gpkg_metadata (id)
    );
    insert into gpkg_spatial_ref_sys
        (srs_name, srs_id, organization, organization_coordsys_id, definition, description)
    values
        ('Undefined Cartesian', -1, 'NONE', -1, 'undefined', 'undefined Cartesian coordinates'),
        ('Undefined geographic', 0, 'NONE', 0, 'undefined', 'undefined geographic coordinates');
    insert into gpkg_extensions
    values
        ('gpkg_spatial_ref_sys', 'definition_12_063', 'gpkg_crs_wkt_1_1',
         'http://www.geopackage.org/spec/#extension_crs_wkt', 'read-write'),
        ('gpkg_spatial_ref_sys', 'epoch', 'gpkg_crs_wkt_1_1',
         'http://www.geopackage.org/spec/#extension_crs_wkt', 'read-write'),
        ('gpkg_data_columns', null, 'gpkg_schema',
         'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
        ('gpkg_data_column_constraints', null, 'gpkg_schema',
         'http://www.geopackage.org/spec121/#extension_schema', 'read-write'),
        ('gpkg_metadata', null, 'gpkg_metadata',
         'http://www.geopackage.org/spec121/#extension_metadata', 'read-write'),
        ('gpkg_metadata_reference', null, 'gpkg_metadata',
         'http://www.geopackage.org/spec121/#extension_metadata', 'read-write');
";

pub struct GeoPackage {
    header: Arc<Header>,
    db: Connection,
    srs: i32,
    insert: String,
    index: String,
    bounds: Option<[f64; 4]>,
    blob: Vec<u8>,
}

impl GeoPackage {
    pub fn new(header: Arc<Header>, path: &Path) -> Result<Self, Error> {
        // SQLite takes an empty file for a new database.
        File::create(path)?;
        let db = Connection::open(path).map_err(Error::library)?;
        let mut package = Self {
            srs: 0,
            insert: String::new(),
            index: String::new(),
            bounds: None,
            blob: Vec::new(),
            header,
            db,
        };
        package.set_up().map_err(Error::library)?;
        package.begin_layer().map_err(Error::library)?;
        package.state("geopackage", None).map_err(Error::library)?;
        Ok(package)
    }

    fn has_geometry(&self) -> bool {
        self.header.schema.shape != Shape::None
    }

    fn set_up(&mut self) -> rusqlite::Result<()> {
        let db = &self.db;
        db.execute_batch(&format!(
            "pragma page_size = 4096;
             pragma application_id = {APPLICATION};
             pragma user_version = {VERSION};
             pragma locking_mode = exclusive;
             pragma journal_mode = off;
             pragma synchronous = off;
             pragma foreign_keys = off;
             begin;"
        ))?;
        db.execute_batch(TABLES)?;
        if let Ok(wgs84) = crate::crs::Crs::lookup("EPSG:4326") {
            self.system(&wgs84, None)?;
        }
        Ok(())
    }

    /// The table of a collection, and what the file says of it.
    fn begin_layer(&mut self) -> rusqlite::Result<()> {
        let epoch = self.header.epoch.map(crate::unit::Epoch::get);
        self.srs = self.system(&self.header.crs, epoch)?;
        self.bounds = None;
        self.insert = insert(&self.header);
        self.index = format!(
            "insert into {} values (?1, ?2, ?3, ?4, ?5)",
            quote(&index_of(&self.header))
        );
        let (header, db) = (&self.header, &self.db);
        db.execute(&create(header), [])?;
        let kind = if self.has_geometry() { "features" } else { "attributes" };
        let taken: bool = db.query_row(
            "select exists (select 1 from gpkg_contents where identifier = ?1)",
            params![header.title],
            |row| row.get(0),
        )?;
        let title = if taken {
            format!("{} ({})", header.title, header.name())
        } else {
            header.title.clone()
        };
        db.execute(
            "insert into gpkg_contents (table_name, data_type, identifier, description, last_change, srs_id)
             values (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                header.name(),
                kind,
                title,
                header.statement_text(),
                moment(header.made_at),
                self.has_geometry().then_some(self.srs)
            ],
        )?;
        if self.has_geometry() {
            db.execute(
                "insert into gpkg_geometry_columns values (?1, 'geom', ?2, ?3, 0, 0)",
                params![header.name(), geometry_type(header.schema.shape), self.srs],
            )?;
            db.execute(
                "insert into gpkg_extensions
                 values (?1, 'geom', 'gpkg_rtree_index',
                         'http://www.geopackage.org/spec120/#extension_rtree', 'write-only')",
                params![header.name()],
            )?;
            db.execute_batch(&format!(
                "create virtual table {} using rtree (id, minx, maxx, miny, maxy)",
                quote(&index_of(header))
            ))?;
        }
        self.write_columns()?;
        self.state("table", Some(self.header.name()))
    }

    /// The statement, of the whole file or of one table.
    fn state(&self, scope: &str, table: Option<&str>) -> rusqlite::Result<()> {
        self.db.execute(
            "insert into gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata)
             values ('dataset', 'urn:x-merestone:statement', 'application/json', ?1)",
            params![self.header.statement_json()],
        )?;
        self.db.execute(
            "insert into gpkg_metadata_reference (reference_scope, table_name, timestamp, md_file_id)
             values (?1, ?2, ?3, last_insert_rowid())",
            params![scope, table, moment(self.header.made_at)],
        )?;
        Ok(())
    }

    /// The number of a system in this file, which it is given when it comes first. A system at another epoch is another.
    fn system(&self, crs: &crate::crs::Crs, epoch: Option<f64>) -> rusqlite::Result<i32> {
        /// Numbers of the file's own begin here, past those of any authority.
        const OWN: i32 = 100_000;
        let (organisation, number) = match (crs.code().split_once(':'), crs.srid()) {
            (Some(("OGC", _)), Some(number)) => ("EPSG", number),
            (Some((organisation, _)), Some(number)) => (organisation, number),
            // Of an authority whose codes are no numbers.
            _ => ("NONE", 0),
        };
        let known = self.db.query_row(
            "select srs_id from gpkg_spatial_ref_sys
             where organization = ?1 and organization_coordsys_id = ?2 and epoch is ?3",
            params![organisation, number, epoch],
            |row| row.get(0),
        );
        match known {
            Err(rusqlite::Error::QueryReturnedNoRows) => {}
            found => return found,
        }
        let undefined = || "undefined".to_owned();
        self.db.query_row(
            "insert into gpkg_spatial_ref_sys
             select ?1, case when exists (select 1 from gpkg_spatial_ref_sys where srs_id = ?3)
                             then max(?7, (select max(srs_id) + 1 from gpkg_spatial_ref_sys)) else ?3 end,
                    ?2, ?3, ?4, 'longitude or easting first', ?5, ?6
             returning srs_id",
            params![
                crs.name(),
                organisation,
                number,
                crs.wkt(Dialect::Wkt1).unwrap_or_else(undefined),
                crs.wkt(Dialect::Wkt2Of2015).unwrap_or_else(undefined),
                epoch,
                OWN,
            ],
            |row| row.get(0),
        )
    }

    /// Titles and closed lists of the fields.
    fn write_columns(&self) -> rusqlite::Result<()> {
        let mut lists: Vec<&'static CodeList> = Vec::new();
        for field in &self.header.fields {
            let list = match field.kind {
                Type::Code(list) => Some(list),
                _ => None,
            };
            let json = matches!(column(field.kind), Column::Texts | Column::Document).then_some("application/json");
            let unit = field
                .unit
                .filter(|unit| *unit != "1")
                .map(|unit| format!("unit (UCUM): {unit}"));
            self.db.execute(
                "insert into gpkg_data_columns values (?1, ?2, ?2, ?3, ?4, ?5, ?6)",
                params![
                    self.header.name(),
                    field.name,
                    format!("{} {}", field.title.en, field.title.zh),
                    unit,
                    json,
                    list.map(|list| list.key)
                ],
            )?;
            let Some(list) = list.filter(|list| !lists.contains(list)) else {
                continue;
            };
            lists.push(list);
            for (word, label) in list.codes {
                self.db.execute(
                    "insert or ignore into gpkg_data_column_constraints (constraint_name, constraint_type, value, description)
                     values (?1, 'enum', ?2, ?3)",
                    params![list.key, word, format!("{} {}", label.en, label.zh)],
                )?;
            }
        }
        Ok(())
    }

    fn write(&mut self, feature: &Outgoing<'_>) -> rusqlite::Result<()> {
        let mut insert = self.db.prepare_cached(&self.insert)?;
        let geometry = feature
            .geometry
            .map(|geometry| as_declared(self.header.schema.shape, geometry));
        let bounds = geometry.as_deref().and_then(Geometry::bounds);
        self.blob.clear();
        if let Some(geometry) = geometry.as_deref() {
            blob(&mut self.blob, self.srs, geometry);
        }
        let fields = self.header.fields.iter().zip(feature.values);
        let values = fields.map(|(field, value)| sql(column(field.kind), value));
        let shape = self.has_geometry().then(|| match geometry {
            Some(_) => ToSqlOutput::from(self.blob.as_slice()),
            None => ToSqlOutput::Owned(Sql::Null),
        });
        let id = std::iter::once(ToSqlOutput::from(feature.feature_id));
        let row = insert.insert(params_from_iter(id.chain(values).chain(shape)))?;
        if let Some([west, south, east, north]) = bounds {
            let mut index = self.db.prepare_cached(&self.index)?;
            index.execute(params![row, west, east, south, north])?;
            let known = self.bounds.get_or_insert([west, south, east, north]);
            *known = [
                known[0].min(west),
                known[1].min(south),
                known[2].max(east),
                known[3].max(north),
            ];
        }
        Ok(())
    }

    /// What can be said of a table when all its rows are there.
    fn end_layer(&self) -> rusqlite::Result<()> {
        let name = self.header.name();
        if let Some([west, south, east, north]) = self.bounds {
            self.db.execute(
                "update gpkg_contents set min_x = ?1, min_y = ?2, max_x = ?3, max_y = ?4 where table_name = ?5",
                params![west, south, east, north, name],
            )?;
        }
        if self.has_geometry() {
            self.db.execute_batch(&triggers(
                &quote(name),
                &quote(&index_of(&self.header)),
                &index_of(&self.header),
            ))?;
        }
        Ok(())
    }

    fn complete(self) -> rusqlite::Result<()> {
        self.end_layer()?;
        self.db.execute_batch("commit")?;
        self.db.close().map_err(|(_, fault)| fault)
    }
}

impl Writer for GeoPackage {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        self.write(feature).map_err(Error::library)
    }

    fn layer(&mut self, header: Arc<Header>) -> Result<(), Error> {
        self.end_layer().map_err(Error::library)?;
        self.header = header;
        self.begin_layer().map_err(Error::library)
    }

    fn finish(self: Box<Self>) -> Result<(), Error> {
        self.complete().map_err(Error::library)
    }
}

/// What keeps the index true when somebody edits the file: the functions are those that every program which writes
/// GeoPackages has. The names are the standard's (annex F.3).
fn triggers(table: &str, index: &str, name: &str) -> String {
    let filled = "new.geom not null and not st_isempty(new.geom)";
    let void = "(new.geom isnull or st_isempty(new.geom))";
    let put = format!(
        "insert or replace into {index}
         values (new.fid, st_minx(new.geom), st_maxx(new.geom), st_miny(new.geom), st_maxy(new.geom));"
    );
    let take = format!("delete from {index} where id = old.fid;");
    let trigger = |suffix: &str, when: &str, condition: &str, deed: &str| {
        format!(
            "create trigger {} {when} on {table} when {condition} begin {deed} end;\n",
            quote(&format!("{name}_{suffix}"))
        )
    };
    [
        trigger("insert", "after insert", filled, &put),
        trigger(
            "update1",
            "after update of geom",
            &format!("old.fid = new.fid and {filled}"),
            &put,
        ),
        trigger(
            "update2",
            "after update of geom",
            &format!("old.fid = new.fid and {void}"),
            &take,
        ),
        trigger(
            "update3",
            "after update",
            &format!("old.fid != new.fid and {filled}"),
            &format!("{take} {put}"),
        ),
        trigger(
            "update4",
            "after update",
            &format!("old.fid != new.fid and {void}"),
            &format!("delete from {index} where id in (old.fid, new.fid);"),
        ),
        trigger("delete", "after delete", "old.geom not null", &take),
    ]
    .concat()
}

/// A name in SQL. Names come from schemas, which are constants, and are quoted all the same.
fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn index_of(header: &Header) -> String {
    format!("rtree_{}_geom", header.name())
}

const fn geometry_type(shape: Shape) -> &'static str {
    match shape {
        Shape::Point => "POINT",
        Shape::Line => "LINESTRING",
        Shape::Lines => "MULTILINESTRING",
        Shape::Polygon => "POLYGON",
        Shape::Any | Shape::None => "GEOMETRY",
    }
}

fn create(header: &Header) -> String {
    let mut columns = vec![
        "fid integer primary key autoincrement not null".to_owned(),
        "feature_id integer not null".to_owned(),
    ];
    columns.extend(header.fields.iter().map(|field| {
        let kind = match column(field.kind) {
            Column::Text | Column::Texts | Column::Document => "text",
            Column::Integer => "integer",
            Column::Number => "double",
            Column::Flag => "boolean",
            Column::Date => "date",
            Column::Time => "datetime",
        };
        format!("{} {kind}", quote(field.name))
    }));
    if header.schema.shape != Shape::None {
        columns.push(format!("geom {}", geometry_type(header.schema.shape)));
    }
    format!("create table {} ({})", quote(header.name()), columns.join(", "))
}

fn insert(header: &Header) -> String {
    let mut columns = vec!["feature_id".to_owned()];
    columns.extend(header.fields.iter().map(|field| quote(field.name)));
    if header.schema.shape != Shape::None {
        columns.push("geom".to_owned());
    }
    let places = vec!["?"; columns.len()].join(", ");
    format!(
        "insert into {} ({}) values ({places})",
        quote(header.name()),
        columns.join(", ")
    )
}

fn sql(column: Column, value: &Value) -> ToSqlOutput<'_> {
    let owned = match (column, value) {
        (_, Value::Text(text) | Value::Document(text)) => return ToSqlOutput::from(text.as_str()),
        (_, Value::Null) => Sql::Null,
        (Column::Number, value) => as_number(value).map_or(Sql::Null, Sql::Real),
        (_, Value::Integer(integer)) => Sql::Integer(*integer),
        (_, Value::Flag(flag)) => Sql::Integer(i64::from(*flag)),
        (_, Value::Time(time)) => Sql::Text(moment(*time)),
        (_, value) => as_text(value).map_or(Sql::Null, |text| Sql::Text(text.into_owned())),
    };
    ToSqlOutput::Owned(owned)
}

/// A moment as the standard writes it, in milliseconds; finer only where the value is.
fn moment(time: Timestamp) -> String {
    if time.subsec_nanosecond() % 1_000_000 == 0 {
        format!("{time:.3}")
    } else {
        time.to_string()
    }
}

/// A geometry in its envelope (OGC 12-128r17, 2.1.3).
fn blob(out: &mut Vec<u8>, srs: i32, geometry: &Geometry) {
    let bounds = match geometry {
        Geometry::Point(_) => None,
        other => other.bounds(),
    };
    let envelope = u8::from(bounds.is_some());
    // Little-endian, with the bounds of all but points.
    out.extend_from_slice(&[b'G', b'P', 0, 1 | envelope << 1]);
    out.extend_from_slice(&srs.to_le_bytes());
    if let Some([west, south, east, north]) = bounds {
        for value in [west, east, south, north] {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }
    wkb::put(out, geometry);
}
