//! Uses of Merestone from the outside: real files, a real PostGIS, requests as a client sends them.

mod act;
mod browser;
mod cli;
mod clients;
mod cluster;
mod conformance;
mod cql;
mod docs;
mod export;
mod files;
mod gpx;
mod hostile;
mod kinds;
mod layers;
mod ogc_items;
mod ogc_start;
mod ogc_write;
mod parity;
mod register;
mod sample;
mod search;
mod support;
mod tiles;
mod truth;
mod upload;
mod versions;
