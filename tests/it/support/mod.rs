//! What the tests share: one database server a run, one database a test, folders, shared data, and other processes.

pub mod again;
pub mod app;
pub mod db;
pub mod files;
pub mod folder;
pub mod program;
pub mod proxy;
pub mod second;
pub mod server;
pub mod shared;

pub use app::{App, app, app_with, app_with_borders, bearer, client};
pub use db::db;
pub use files::{sample, sample_path};
pub use folder::folder;
pub use shared::shared;
