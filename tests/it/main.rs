//! Uses of Merestone from the outside: real files, a real PostGIS, requests as a client sends them.

mod act;
mod browser;
mod cli;
mod cluster;
mod docs;
mod export;
mod gpx;
mod hostile;
mod kinds;
mod layers;
mod parity;
mod register;
mod sample;
mod support;
mod tiles;
mod truth;
mod upload;
mod versions;
