//! What a request asks, as every handler here wants it: where we are, in which language, with which parameters.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::base::Base;
use super::negotiate::{self, Offer};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::{Lang, Message};
use crate::http::caller::language_of;
use crate::http::problem::Refusal;
use crate::service::Context;

/// One request, read.
#[derive(Debug, Clone)]
pub struct Ask {
    pub base: Base,
    pub lang: Lang,
    pub headers: HeaderMap,
    /// The path as it was asked, with a slash in front.
    pub path: String,
    pub parameters: Vec<(String, String)>,
}

/// Parameters that every address takes: the format and the language of the answer.
pub const COMMON: [&str; 2] = ["f", "lang"];

impl FromRequestParts<Context> for Ask {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, cx: &Context) -> Result<Self, Refusal> {
        let parameters = pairs(parts.uri.query().unwrap_or_default())?;
        Ok(Self {
            base: Base::of(cx.outside.public_url.as_deref(), &parts.headers),
            lang: language_of(&parts.uri, &parts.headers),
            headers: parts.headers.clone(),
            path: parts.uri.path().to_owned(),
            parameters,
        })
    }
}

/// The parameters of a query, in their order.
fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            decode(name).zip(decode(value)).ok_or_else(|| {
                let shown: String = pair.chars().take(60).collect();
                Problem::new(
                    Code::ParameterInvalid,
                    Message::new(
                        format!("{shown} is not UTF-8 in percent-encoding."),
                        format!("{shown} 不是百分号编码的 UTF-8。"),
                    ),
                    Message::new("Encode the address again.", "请重新编码网址。"),
                )
            })
        })
        .collect()
}

/// A piece of a query as text: plus signs are spaces, percent signs lead two digits.
fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced)
        .decode_utf8()
        .ok()
        .map(std::borrow::Cow::into_owned)
        // A text with such a character can be stored nowhere.
        .filter(|text| !text.contains('\0'))
}

/// A text as part of a query or a path.
pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, PLAIN).to_string()
}

/// What need not be encoded, beside letters and digits.
const PLAIN: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b',')
    .remove(b':')
    .remove(b'/');

impl Ask {
    /// The value of a parameter, the first where there are several.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// The representation to give, when no other parameters than [`COMMON`] are taken here.
    ///
    /// # Errors
    /// All parameters that are not known, or a format that cannot be given.
    pub fn plain<'a>(&self, offers: &'a [Offer]) -> Result<&'a Offer, Problem> {
        let mut mistakes = Vec::new();
        self.unknown(&mut mistakes, |name| COMMON.contains(&name));
        refuse_mistakes(mistakes)?;
        self.offer(offers)
    }

    /// The representation to give.
    ///
    /// # Errors
    /// When `f` names none, or `Accept` takes none.
    pub fn offer<'a>(&self, offers: &'a [Offer]) -> Result<&'a Offer, Problem> {
        negotiate::choose(self.get("f"), &self.headers, offers)
    }

    /// Notes every parameter that is not known, and every one that is given twice.
    pub fn unknown(&self, mistakes: &mut Vec<(Code, Mistake)>, known: impl Fn(&str) -> bool) {
        for (index, (name, _)) in self.parameters.iter().enumerate() {
            let shown: String = name.chars().take(60).collect();
            if !known(name) {
                let detail = Message::new(
                    format!("There is no parameter {shown} here."),
                    format!("此处没有参数 {shown}。"),
                );
                mistakes.push((Code::ParameterUnknown, Mistake { at: shown, detail }));
            } else if self.parameters[..index].iter().any(|(before, _)| before == name) {
                let detail = Message::new(
                    format!("{shown} is given more than once."),
                    format!("参数 {shown} 重复。"),
                );
                mistakes.push((Code::ParameterInvalid, Mistake { at: shown, detail }));
            }
        }
    }

    /// This very address, with some parameters set anew and the others kept.
    pub fn with(&self, changes: &[(&str, Option<&str>)]) -> String {
        let kept = self
            .parameters
            .iter()
            .filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name))
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let new = changes.iter().filter_map(|(name, value)| Some((*name, (*value)?)));
        let query: Vec<String> = kept
            .chain(new)
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let question = if query.is_empty() { "" } else { "?" };
        self.base.href(&format!("{}{question}{}", self.path, query.join("&")))
    }

    /// The request without parameters that are empty: what forms send of fields that were not filled in.
    pub fn filled_in(mut self) -> Self {
        self.parameters.retain(|(_, value)| !value.is_empty());
        self
    }

    /// The absolute address of a page of ours for this reader: with the language where it was asked for by name.
    pub fn page(&self, path: &str) -> String {
        match self.get("lang") {
            Some(lang) if path.contains('?') => self.base.href(&format!("{path}&lang={}", encode(lang))),
            Some(lang) => self.base.href(&format!("{path}?lang={}", encode(lang))),
            None => self.base.href(path),
        }
    }
}

/// One problem of all mistakes about parameters; fine when there are none.
///
/// # Errors
/// The problem. Its detail has every sentence, since some clients show nothing else.
pub fn refuse_mistakes(mistakes: Vec<(Code, Mistake)>) -> Result<(), Problem> {
    let Some((first, _)) = mistakes.first() else {
        return Ok(());
    };
    let mixed = mistakes.iter().any(|(code, _)| code != first);
    let code = if mixed { Code::ParameterInvalid } else { *first };
    let mut detail = Message::default();
    for (_, mistake) in &mistakes {
        if !detail.en.is_empty() {
            detail.en.push(' ');
        }
        detail.en.push_str(&mistake.detail.en);
        detail.zh.push_str(&mistake.detail.zh);
    }
    let remedy = if code == Code::ParameterUnknown {
        Message::new(
            "Leave it out, or look up its name at /docs.",
            "请去掉该参数，或在 /docs 查对其名称。",
        )
    } else {
        Message::new(
            "Correct the parameters; /docs describes them.",
            "请更正参数；说明见 /docs。",
        )
    };
    Err(Problem::new(code, detail, remedy).with_mistakes(mistakes.into_iter().map(|(_, mistake)| mistake).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_are_decoded_strictly() {
        assert_eq!(
            pairs("a=1&b=%E7%95%8C&&c&d=x+y%2B").unwrap(),
            [("a", "1"), ("b", "界"), ("c", ""), ("d", "x y+")].map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
        assert!(pairs("a=%FF").is_err());
        assert!(pairs("a=%00").is_err());
    }

    #[test]
    fn an_address_is_written_again_with_changes() {
        let ask = Ask {
            base: Base::of(Some("https://h"), &HeaderMap::new()),
            lang: Lang::En,
            headers: HeaderMap::new(),
            path: "/x".to_owned(),
            parameters: pairs("a=1&b=%26%20=&f=json").unwrap(),
        };
        assert_eq!(
            ask.with(&[("f", Some("html")), ("a", None)]),
            "https://h/x?b=%26%20%3D&f=html"
        );
        assert_eq!(ask.with(&[("a", None), ("b", None), ("f", None)]), "https://h/x");
    }

    #[test]
    fn all_mistakes_stand_in_one_problem() {
        let ask = Ask {
            base: Base::of(Some("https://h"), &HeaderMap::new()),
            lang: Lang::En,
            headers: HeaderMap::new(),
            path: "/x".to_owned(),
            parameters: pairs("one=1&f=json&f=html&two").unwrap(),
        };
        let problem = ask.plain(&[negotiate::JSON]).unwrap_err();
        let at: Vec<&str> = problem.mistakes.iter().map(|m| m.at.as_str()).collect();
        assert_eq!((problem.code, at), (Code::ParameterInvalid, vec!["one", "f", "two"]));
        assert!(problem.detail.en.contains("no parameter one") && problem.detail.en.contains("no parameter two"));
    }
}
