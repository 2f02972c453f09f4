//! Merestone: a register and workbench for a land boundary.
//!
//! Layers, from the mathematics up to the outside; `tests/it/layers.rs` keeps the arrows pointing one way.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::todo,
        clippy::unimplemented,
        clippy::dbg_macro
    )
)]

pub mod unit;

pub mod geom;

pub mod crs;

pub mod domain;

pub mod check;
pub mod format;
pub mod report;
pub mod store;
pub mod tile;

pub mod service;

pub mod cli;
pub mod config;
pub mod http;
pub mod job;
