//! Text for XML 1.0.

use std::borrow::Cow;

/// A text as content or as an attribute's value. A character that XML cannot hold becomes the replacement character.
pub fn escape(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_plain) {
        return quick_xml::escape::escape(text);
    }
    let held: String = text
        .chars()
        .map(|c| if is_plain(c) || c == '\r' { c } else { '\u{fffd}' })
        .collect();
    // A carriage return as it is would be read as a line feed.
    Cow::Owned(quick_xml::escape::escape(&held).replace('\r', "&#13;"))
}

const fn is_plain(c: char) -> bool {
    matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
