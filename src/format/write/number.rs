//! Numbers as text from which exactly the same number is read again.

/// The shortest text, with a point or an exponent always: `5.0`, `1e-7`. Empty for what is not finite.
pub fn json(number: f64) -> String {
    if number.is_finite() {
        serde_json::Value::from(number).to_string()
    } else {
        String::new()
    }
}

/// The shortest text without an exponent: `5`, `0.0000001`.
pub fn decimal(number: f64) -> String {
    number.to_string()
}
