//! Uses of Merestone from the outside: real files, a real PostGIS, requests as a client sends them.

mod cluster;
mod docs;
mod gpx;
mod layers;
mod parity;
mod sample;
mod support;
mod truth;
mod upload;
