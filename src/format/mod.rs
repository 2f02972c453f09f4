//! File formats: one file each, reading and writing side by side. Knows no database and no HTTP.
//!
//! Start with [`sniff`] for what a file is, [`gpx`] for the tracks of receivers, [`inspect`] for what a file holds.

pub mod border;
pub mod csv;
pub mod encoding;
pub mod findings;
pub mod geojson;
pub mod gpx;
pub mod gzip;
pub mod inspect;
pub mod limits;
pub mod register;
pub mod row;
pub mod sniff;
pub mod tally;
pub mod write;
