//! What was handed in, and the numbered receipt for it.

use jiff::Timestamp;

use super::problem::Problem;
use super::section::words;
use super::track::{TrackSummary, Warning};

words! {
    /// Received and being read; read and being checked; answered; refused (nothing of it is in the register but its
    /// bytes are kept); or checked without success through a fault of the service.
    UploadState { Reading "reading", Checking "checking", Done "done", Refused "refused", Failed "failed", }
}

/// One file handed in. Its bytes are stored under their SHA-256 before anything else happens.
#[derive(Debug, Clone, PartialEq)]
pub struct Upload {
    /// Counted from 1; printed as `U-000012`.
    pub number: i64,
    pub file_name: String,
    pub sha256: [u8; 32],
    pub bytes: u64,
    pub received_at: Timestamp,
    pub state: UploadState,
    pub format: Option<String>,
    pub summary: TrackSummary,
    pub warnings: Vec<Warning>,
    /// All warnings, also those not kept.
    pub warnings_total: u64,
    pub problem: Option<Problem>,
}

/// `U-000012`.
pub fn receipt_number(number: i64) -> String {
    format!("U-{number:06}")
}
