//! Merestone from the outside: one file a use, on a real PostgreSQL.

mod cluster;
mod layers;
mod support;
