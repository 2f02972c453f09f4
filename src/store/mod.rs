//! PostGIS: rows to domain records and back, one file per record.

pub mod cluster;
