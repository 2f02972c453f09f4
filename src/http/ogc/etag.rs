//! Entity tags: one strong tag a version of a record, one a state of a collection.

use axum::http::{HeaderMap, HeaderName, header};
use sha2::{Digest, Sha256};

use crate::domain::text::hex;

/// The tag of one version of a record; the one that `If-Match` takes.
pub fn of_version(feature_id: i64, version: i32) -> String {
    format!("\"{feature_id}-{version}\"")
}

/// A tag for an answer that follows wholly from some texts.
pub fn of_parts(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    let hash = hex(&hash.finalize());
    format!("\"{}\"", hash.get(..20).unwrap_or(&hash))
}

/// Whether `If-None-Match` names the tag, so that the caller has the answer already.
pub fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    list(headers, &header::IF_NONE_MATCH)
        .iter()
        .any(|given| given == "*" || bare(given) == bare(tag))
}

/// What `If-Match` demands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The header is not there.
    Anything,
    /// Any version, as long as there is one.
    Something,
    /// One of these versions of the record; empty where no tag can be one of ours.
    Versions(Vec<i32>),
}

/// Reads `If-Match` for a record.
pub fn expected(headers: &HeaderMap, feature_id: i64) -> Expected {
    if !headers.contains_key(header::IF_MATCH) {
        return Expected::Anything;
    }
    let given = list(headers, &header::IF_MATCH);
    if given.iter().any(|tag| tag == "*") {
        return Expected::Something;
    }
    let version = |tag: &String| {
        let (id, version) = tag.strip_prefix('"')?.strip_suffix('"')?.split_once('-')?;
        (id.parse() == Ok(feature_id)).then(|| version.parse().ok())?
    };
    Expected::Versions(given.iter().filter_map(version).collect())
}

fn list(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','))
        .map(|tag| tag.trim().to_owned())
        .filter(|tag| !tag.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_known_tag_is_recognised() {
        let check = |given: &'static str, expect: bool| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(given));
            assert_eq!(is_known(&headers, "\"7-1\""), expect, "{given}");
        };
        check("\"7-1\"", true);
        check("W/\"7-1\", \"x\"", true);
        check("*", true);
        check("\"7-2\"", false);
        check("7-1", false);
    }

    #[test]
    fn the_versions_a_change_builds_on_are_read() {
        let check = |given: &'static str, expect: Expected| {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, HeaderValue::from_static(given));
            assert_eq!(expected(&headers, 7), expect, "{given}");
        };
        check("\"7-1\"", Expected::Versions(vec![1]));
        check("\"8-1\", \"7-3\"", Expected::Versions(vec![3]));
        check("*", Expected::Something);
        // A weak tag never matches here (RFC 9110, 13.1.1), and nonsense matches nothing.
        check("W/\"7-1\"", Expected::Versions(Vec::new()));
        check("nonsense", Expected::Versions(Vec::new()));
        assert_eq!(expected(&HeaderMap::new(), 7), Expected::Anything);
    }
}
