//! What the standards and their clients demand of the interface, demand by demand: OGC API Features parts 1 to 5, CQL2,
//! OGC API Tiles, RFC 7946, 9110, 9111 and 9457, and the habits of the clients that people use.
//!
//! Each check has a name that `docs/conformance.md` lists under the class it belongs to; a test here keeps the two equal.
//! A class is run to its end, so that one failure does not hide the others.

mod core;
mod crs;
mod crud;
mod filter;
mod geojson;
mod habits;
mod html;
mod http;
mod oas;
mod schema;
mod site;
mod tiles;

use std::collections::BTreeSet;
use std::future::Future;
use std::path::Path;

use crate::support::app_with_borders;
use site::Site;

/// Fine, or what was seen instead.
type Checked = Result<(), String>;

/// The checks of one class as they are run.
struct Suite {
    class: &'static str,
    passed: usize,
    failed: Vec<String>,
}

impl Suite {
    fn new(class: &'static str) -> Self {
        Self {
            class,
            passed: 0,
            failed: Vec::new(),
        }
    }

    /// One demand. The name begins with the conformance class.
    async fn check(&mut self, name: &str, checked: impl Future<Output = Checked>) {
        match checked.await {
            Ok(()) => self.passed += 1,
            Err(seen) => self.failed.push(format!("{name}: {seen}")),
        }
    }

    fn end(self) {
        println!("{}: {} passed, {} failed", self.class, self.passed, self.failed.len());
        assert!(
            self.failed.is_empty(),
            "{} of {} checks of {} failed:\n{}",
            self.failed.len(),
            self.passed + self.failed.len(),
            self.class,
            self.failed.join("\n")
        );
        assert!(self.passed > 0);
    }
}

/// Fails with what was seen unless the condition holds.
fn ensure(holds: bool, seen: impl FnOnce() -> String) -> Checked {
    if holds {
        Ok(())
    } else {
        let mut seen = seen();
        if let Some((at, _)) = seen.char_indices().nth(600) {
            seen.truncate(at);
        }
        Err(seen)
    }
}

/// Fails unless the two are the same.
fn same<A: std::fmt::Debug + PartialEq<B>, B: std::fmt::Debug>(seen: A, wanted: B) -> Checked {
    ensure(seen == wanted, || format!("{seen:?} is not {wanted:?}"))
}

/// A class against a service with both sample borders.
macro_rules! class {
    ($test:ident, $module:ident, $name:literal) => {
        #[tokio::test]
        async fn $test() {
            let app = app_with_borders().await;
            let site = Site::new(&app);
            let mut suite = Suite::new($name);
            $module::run(&mut suite, &site).await;
            suite.end();
        }
    };
}

class!(core_of_features, core, "core");
class!(features_as_geojson, geojson, "geojson");
class!(pages_for_people, html, "html");
class!(hypertext_transfer, http, "http");
class!(openapi_document, oas, "oas");
class!(reference_systems, crs, "crs");
class!(filters, filter, "filter");
class!(schemas, schema, "schema");
class!(create_replace_update_delete, crud, "crud");
class!(habits_of_clients, habits, "habits");
class!(vector_tiles, tiles, "tiles");

// The table in docs/conformance.md.

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// Names of checks in a source text: strings of the form `class/what-is-demanded`.
fn names(source: &str) -> BTreeSet<String> {
    source
        .split('"')
        .filter(|text| {
            let mut parts = text.split('/');
            let word = |part: Option<&str>| {
                part.is_some_and(|part| {
                    part.len() > 1
                        && part
                            .bytes()
                            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                })
            };
            CLASSES.contains(&text.split('/').next().unwrap_or_default())
                && word(parts.next())
                && word(parts.next())
                && parts.next().is_none()
        })
        .map(str::to_owned)
        .collect()
}

/// First parts of the names of checks: short names of conformance classes, and of the documents without classes.
const CLASSES: &[&str] = &[
    "core",
    "geojson",
    "html",
    "oas30",
    "crs",
    "queryables",
    "queryables-query-parameters",
    "filter",
    "features-filter",
    "basic-cql2",
    "advanced-comparison-operators",
    "case-insensitive-comparison",
    "accent-insensitive-comparison",
    "basic-spatial-functions",
    "basic-spatial-functions-plus",
    "spatial-functions",
    "temporal-functions",
    "array-functions",
    "property-property",
    "arithmetic",
    "cql2-text",
    "cql2-json",
    "sorting",
    "schemas",
    "core-roles-features",
    "create-replace-delete",
    "update",
    "optimistic-locking-etags",
    "features",
    "tileset",
    "tilesets-list",
    "geodata-tilesets",
    "tiles-core",
    "mvt",
    "tilejson",
    "tilematrixset",
    "rfc7946",
    "rfc9110",
    "rfc9111",
    "rfc9457",
    "cors",
    "habits",
    "operations",
];

#[test]
fn every_check_is_in_the_table_of_conformance() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/conformance");
    let mut in_source = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        in_source.extend(names(&std::fs::read_to_string(entry.unwrap().path()).unwrap()));
    }
    // In the table names stand in code marks.
    let in_table = names(&read("docs/conformance.md").replace('`', "\""));
    assert!(in_source.len() >= 240, "{} checks", in_source.len());
    let untold: Vec<_> = in_source.difference(&in_table).collect();
    let gone: Vec<_> = in_table.difference(&in_source).collect();
    assert!(
        untold.is_empty() && gone.is_empty(),
        "docs/conformance.md does not list {untold:?}, and lists {gone:?} that are not there"
    );
}

#[test]
fn names_of_checks_are_found() {
    let source = "check(\"core/landing\", \"application/json\", \"core/\", \"x/y\", \"core/a-b/c\", \"rfc9110/head\")";
    assert_eq!(
        names(source).into_iter().collect::<Vec<_>>(),
        ["core/landing", "rfc9110/head"]
    );
}

#[tokio::test]
async fn every_declared_class_is_in_the_table_of_conformance() {
    let app = crate::support::app().await;
    let declared = app.json("/conformance").await;
    let table = read("docs/conformance.md");
    let classes: Vec<&str> = declared["conformsTo"]
        .as_array()
        .unwrap()
        .iter()
        .map(|class| class.as_str().unwrap())
        .collect();
    assert!(classes.len() > 15, "{classes:?}");
    let untold: Vec<&&str> = classes
        .iter()
        .filter(|class| !table.contains(class.trim_start_matches("http://www.opengis.net/spec/")))
        .collect();
    assert!(untold.is_empty(), "docs/conformance.md has no row for {untold:?}");
}
