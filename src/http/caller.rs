//! What a request says about its caller.

use axum::http::{HeaderMap, Uri, header};

use crate::domain::text::Lang;

/// The language of the answer: `lang=` of the address where it names one of the two, else as [`language`].
pub(super) fn language_of(uri: &Uri, headers: &HeaderMap) -> Lang {
    let named = uri.query().unwrap_or_default().split('&').find_map(|pair| match pair {
        "lang=zh" => Some(Lang::Zh),
        "lang=en" => Some(Lang::En),
        _ => None,
    });
    named.unwrap_or_else(|| language(headers))
}

/// The language of the answer: the best of `Accept-Language` that is complete, else English.
pub(super) fn language(headers: &HeaderMap) -> Lang {
    let wanted = headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let mut best = (0.0, Lang::En);
    for part in wanted.split(',') {
        let mut pieces = part.split(';');
        let tag = pieces.next().unwrap_or("").trim().to_ascii_lowercase();
        let weight = pieces
            .find_map(|p| p.trim().strip_prefix("q="))
            .map_or(1.0, |q| q.trim().parse::<f64>().unwrap_or(0.0));
        let lang = match tag.split('-').next() {
            Some("zh") => Lang::Zh,
            Some("en") => Lang::En,
            _ => continue,
        };
        if weight > best.0 {
            best = (weight, lang);
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn check(header_value: &'static str, expect: Lang) {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(header_value));
        assert_eq!(language(&headers), expect, "{header_value}");
    }

    #[test]
    fn the_best_known_language_is_taken() {
        check("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh);
        check("ru,en;q=0.5,zh;q=0.4", Lang::En);
        check("fr", Lang::En);
        check("en;q=0.1, zh;q=nonsense", Lang::En);
        assert_eq!(language(&HeaderMap::new()), Lang::En);
    }
}
