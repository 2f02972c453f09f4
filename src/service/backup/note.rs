//! What is known of a backup since it was made: a small file beside it, signed by nobody.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::service::Result;
use crate::store::backup::Folder;

/// What happened to a backup.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// When it was last found whole.
    pub verified_at: Option<Timestamp>,
    /// Its newest restore for trial.
    pub drill: Option<Trial>,
}

/// A restore for trial.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub at: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Events of the log that were there.
    pub events: u64,
    /// Rows of law that were there.
    pub rows: u64,
    /// What was wrong, in English; nothing where it was fine.
    pub faults: Vec<String>,
}

/// What is known; nothing where the file is missing or unreadable.
pub fn read(folder: &Folder, name: &str) -> State {
    let text = std::fs::read_to_string(folder.state(name)).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Notes a change.
///
/// # Errors
/// When the disk does not take it.
pub fn change(folder: &Folder, name: &str, change: impl FnOnce(&mut State)) -> Result<()> {
    let mut state = read(folder, name);
    change(&mut state);
    let text = serde_json::to_string_pretty(&state).map_err(|fault| crate::service::Error::Fault(Box::new(fault)))?;
    Ok(folder.note(name, &text)?)
}
