//! Who may come to which address: one line a route and method. What is not in the table is refused.
//!
//! The lines say who may come at all; what they may do with which record is judged again where the use is
//! ([`crate::service::caller`]), and a third time by the database.

use axum::http::Method;

use crate::domain::rights::Verb;

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Everybody: signing in, words, styles, whether the service lives.
    Open,
    /// Whoever has signed in, for what is their own.
    Known,
    /// Whoever may do this somewhere.
    May(Verb),
    /// Whoever may do one of these somewhere.
    Either(Verb, Verb),
}

use Rule::{Either, Known, May, Open};
use Verb::{Administer, Approve, Audit, Check, Export, Read, Record, Upload};

/// A route, its method, and who is let in.
pub type Line = (&'static str, Method, Rule);

/// Every route there is.
pub const RULES: &[Line] = &[
    ("/", Method::GET, Open),
    ("/favicon.svg", Method::GET, Open),
    ("/licences.txt", Method::GET, Open),
    ("/assets/{*path}", Method::GET, Open),
    ("/basemap/{*path}", Method::GET, Open),
    ("/pages.css", Method::GET, Open),
    ("/livez", Method::GET, Open),
    ("/readyz", Method::GET, Open),
    ("/audit", Method::GET, May(Audit)),
    ("/metrics", Method::GET, Either(Administer, Audit)),
    ("/problems/{slug}", Method::GET, Open),
    ("/glossary", Method::GET, Open),
    // Where the operator has opened it; else it is not there.
    ("/public", Method::GET, Open),
    // People.
    ("/session", Method::GET, Open),
    ("/session", Method::POST, Open),
    ("/session", Method::DELETE, Known),
    ("/session/end", Method::POST, Known),
    ("/session/proof", Method::POST, Known),
    ("/sessions/{id}/end", Method::POST, Known),
    ("/enrol/{code}", Method::GET, Open),
    ("/enrol/{code}", Method::POST, Open),
    ("/tokens", Method::GET, Known),
    ("/tokens", Method::POST, Known),
    ("/tokens/{id}/revoke", Method::POST, Known),
    ("/tokens/{id}", Method::DELETE, Known),
    ("/accounts", Method::GET, May(Administer)),
    ("/accounts", Method::POST, May(Administer)),
    ("/accounts/{name}", Method::GET, May(Administer)),
    ("/accounts/{name}/reset", Method::POST, May(Administer)),
    ("/accounts/{name}/lock", Method::POST, May(Administer)),
    ("/accounts/{name}/unlock", Method::POST, May(Administer)),
    ("/accounts/{name}/grants", Method::POST, May(Administer)),
    ("/accounts/{name}/grants/{id}/revoke", Method::POST, May(Administer)),
    // Two persons.
    ("/proposals", Method::GET, May(Read)),
    ("/proposals/{number}", Method::GET, May(Read)),
    ("/proposals/{number}/approve", Method::POST, May(Approve)),
    ("/proposals/{number}/reject", Method::POST, May(Approve)),
    ("/proposals/{number}/withdraw", Method::POST, Known),
    // What the interface is, without anything of the register.
    ("/conformance", Method::GET, Open),
    ("/api", Method::GET, Open),
    ("/api/3.1", Method::GET, Open),
    ("/docs", Method::GET, Open),
    ("/docs/{collectionId}", Method::GET, Open),
    ("/tileMatrixSets", Method::GET, Open),
    ("/tileMatrixSets/{set}", Method::GET, Open),
    // The register.
    ("/boundaries", Method::GET, May(Read)),
    ("/base/{boundary}/{file}", Method::GET, May(Read)),
    ("/at", Method::GET, May(Read)),
    ("/search", Method::GET, May(Read)),
    ("/collections", Method::GET, May(Read)),
    ("/collections/{collectionId}", Method::GET, May(Read)),
    ("/collections/{collectionId}/schema", Method::GET, May(Read)),
    ("/collections/{collectionId}/queryables", Method::GET, May(Read)),
    ("/collections/{collectionId}/sortables", Method::GET, May(Read)),
    ("/collections/{collectionId}/export", Method::GET, May(Export)),
    ("/collections/{collectionId}/items", Method::GET, May(Read)),
    ("/collections/{collectionId}/items", Method::POST, May(Record)),
    ("/collections/{collectionId}/items/{featureId}", Method::GET, May(Read)),
    (
        "/collections/{collectionId}/items/{featureId}",
        Method::PUT,
        May(Record),
    ),
    (
        "/collections/{collectionId}/items/{featureId}",
        Method::PATCH,
        May(Record),
    ),
    (
        "/collections/{collectionId}/items/{featureId}",
        Method::DELETE,
        May(Record),
    ),
    (
        "/collections/{collectionId}/items/{featureId}/versions",
        Method::GET,
        May(Read),
    ),
    (
        "/collections/{collectionId}/items/{featureId}/versions/{old}/difference/{new}",
        Method::GET,
        May(Read),
    ),
    (
        "/collections/{collectionId}/items/{featureId}/card",
        Method::GET,
        May(Read),
    ),
    ("/collections/{collectionId}/import", Method::GET, May(Record)),
    ("/collections/{collectionId}/import", Method::POST, May(Record)),
    ("/collections/{collectionId}/tiles", Method::GET, May(Read)),
    ("/collections/{collectionId}/tiles/{set}", Method::GET, May(Read)),
    (
        "/collections/{collectionId}/tiles/{set}/{zoom}/{row}/{column}",
        Method::GET,
        May(Read),
    ),
    ("/collections/{collectionId}/tiles.json", Method::GET, May(Read)),
    ("/tiles", Method::GET, May(Read)),
    ("/tiles/{set}", Method::GET, May(Read)),
    ("/tiles/{set}/{zoom}/{row}/{column}", Method::GET, May(Read)),
    ("/tiles.json", Method::GET, May(Read)),
    // Field work and verdicts.
    ("/uploads", Method::GET, May(Read)),
    ("/uploads", Method::POST, May(Upload)),
    ("/uploads/{id}", Method::GET, Either(Read, Upload)),
    ("/uploads/{id}/original", Method::GET, May(Read)),
    ("/inspections/{id}", Method::GET, May(Read)),
    ("/inspections/{id}/documents/{kind}", Method::GET, May(Export)),
    ("/check-runs/{id}", Method::GET, May(Read)),
    ("/jobs/{id}", Method::GET, Either(Read, Check)),
];

/// The rule for a method of a route; `HEAD` goes by that of `GET`.
pub fn rule(route: &str, method: &Method) -> Option<Rule> {
    let method = if method == Method::HEAD { &Method::GET } else { method };
    RULES
        .iter()
        .find(|(path, known, _)| *path == route && known == method)
        .map(|(.., rule)| *rule)
}

/// Whether the route is there at all, so that a method that it has not is answered as such.
pub fn is_route(route: &str) -> bool {
    RULES.iter().any(|(path, ..)| *path == route)
}
