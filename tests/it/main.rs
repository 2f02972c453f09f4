//! Uses of Merestone from the outside: real files, a real PostGIS, requests as a client sends them.

mod gpx;
mod sample;
