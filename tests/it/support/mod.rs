//! What the tests share: one database server a run, one database a test, folders, and other processes.

pub mod again;
pub mod db;
pub mod folder;
pub mod server;

#[expect(unused_imports, reason = "for the tests of the uses that come")]
pub use db::{TestDb, db};
pub use folder::folder;
