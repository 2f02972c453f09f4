//! What a file holds, before anything is stored. Needs no database.

use std::io::Read;

use crate::domain::problem::Problem;
use crate::format::gpx::Options;
pub use crate::format::inspect::Inspection;
use crate::format::limits::Limits;

/// Reads a file of any kind that is read here to its end, within the limits that uploads have.
///
/// - **Units**: `now` in seconds since 1970.
/// - **Errors**: a refusal with the file's name, place and remedy.
pub fn inspect(input: impl Read, file: &str, now: f64) -> Result<Inspection, Problem> {
    let options = Options {
        now: Some(now),
        limits: Limits::DEFAULT,
    };
    crate::format::inspect::inspect(input, file, options)
}
