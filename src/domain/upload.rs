//! Receipts for what was handed in.

/// How a receipt is numbered: `U-000012`, counted from 1.
pub fn receipt_number(number: i64) -> String {
    format!("U-{number:06}")
}
