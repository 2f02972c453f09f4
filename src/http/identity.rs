//! Identities in addresses.

use uuid::Uuid;

use crate::domain::text::Message;
use crate::service::{Result, not_found};

/// The identity that an address names; what is none is the name of nothing.
///
/// # Errors
/// The refusal for something that is not there.
pub(super) fn identity(kind: &Message, text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| {
        let shown: String = text.chars().take(60).collect();
        not_found(kind, shown)
    })
}
