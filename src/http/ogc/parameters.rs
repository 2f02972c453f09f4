//! The closed list of parameters of `/collections/{c}/items`.

/// Records on a page when nothing is said.
pub const DEFAULT_LIMIT: i64 = 100;
/// Records on a page, at most.
pub const GREATEST_LIMIT: i64 = 10_000;
