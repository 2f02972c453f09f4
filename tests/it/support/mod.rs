//! What the tests share: one database server a run, one database a test, folders, shared data, and other processes.

pub mod again;
pub mod db;
pub mod folder;
pub mod server;
pub mod shared;

pub use db::db;
pub use folder::folder;
pub use shared::shared;
