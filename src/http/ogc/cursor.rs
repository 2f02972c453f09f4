//! Where the next page begins, as a text that means nothing to callers.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::service::features::Cursor;

/// Bytes of the check at its end.
const CHECK: usize = 6;

/// The cursor as text. `order` is what the pages are sorted by: a cursor of another order is no cursor.
pub fn write(cursor: &Cursor, order: &str) -> String {
    let body = serde_json::json!([cursor.feature_id, cursor.keys]).to_string();
    let mut bytes = body.into_bytes();
    let check = check(&bytes, order);
    bytes.extend_from_slice(&check);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The cursor behind a text that was given out for the same order.
pub fn read(text: &str, order: &str) -> Option<Cursor> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (body, end) = bytes.split_at_checked(bytes.len().checked_sub(CHECK)?)?;
    if end != check(body, order) {
        return None;
    }
    let (feature_id, keys) = serde_json::from_slice(body).ok()?;
    Some(Cursor { keys, feature_id })
}

/// Tells a cursor from what was cut off, changed, or given out for another order.
fn check(body: &[u8], order: &str) -> Vec<u8> {
    let hash = Sha256::new()
        .chain_update(order)
        .chain_update([0])
        .chain_update(body)
        .finalize();
    hash.iter().copied().take(CHECK).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_only_for_its_own_order() {
        let cursor = Cursor {
            keys: vec![Some("界 1".to_owned()), None],
            feature_id: 42,
        };
        let text = write(&cursor, "markers sequence");
        assert_eq!(read(&text, "markers sequence"), Some(cursor));
        assert_eq!(read(&text, "markers -sequence"), None);
        assert_eq!(read(&text[1..], "markers sequence"), None);
        assert_eq!(read("", "markers sequence"), None);
        assert_eq!(read("not base64!", "markers sequence"), None);
    }
}
