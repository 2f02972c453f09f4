//! File formats: one file each, reading and writing side by side. Knows no database and no HTTP.
//!
//! Start with [`sniff`] for what a file is, [`gpx`] for the tracks of receivers, [`inspect`] for what a file holds.

pub mod archive;
pub mod backup;
pub mod border;
pub mod checkpoint;
pub mod codepage;
pub mod cql2;
pub mod csv;
pub mod draft;
pub mod encoding;
pub mod feature;
pub mod findings;
pub mod gdal;
pub mod geojson;
pub mod gpx;
pub mod gzip;
pub mod inspect;
pub mod kml;
pub mod limits;
pub mod register;
pub mod row;
pub mod shapefile;
pub mod sniff;
pub mod table;
pub mod tally;
pub mod track;
pub mod transformation;
pub mod wkt;
pub mod write;
