//! Keeps the layers pointing one way: every path under `src/` is read, and the first wrong one names its line.

use std::path::{Path, PathBuf};

const MATHS: &[&str] = &["unit", "geom", "crs"];
const RECORDS: &[&str] = &["unit", "geom", "crs", "domain"];
const USES: &[&str] = &[
    "unit", "geom", "crs", "domain", "check", "format", "report", "store", "tile", "config",
];
const OUTSIDE: &[&str] = &["unit", "geom", "crs", "domain", "service", "config"];

/// Each layer and the layers it may use. Layers of one line in the picture never use one another.
const LAYERS: &[(&str, &[&str])] = &[
    ("unit", &[]),
    ("geom", &["unit"]),
    ("crs", &["unit", "geom"]),
    ("domain", MATHS),
    ("check", RECORDS),
    ("format", RECORDS),
    ("report", RECORDS),
    ("store", RECORDS),
    ("tile", RECORDS),
    ("service", USES),
    ("http", OUTSIDE),
    ("cli", OUTSIDE),
    ("job", OUTSIDE),
    ("config", RECORDS),
    ("main", &["cli", "config"]),
];

/// The files that put a running service together name what they start.
const EXCEPTIONS: &[(&str, &[&str])] = &[("cli/serve.rs", &["http", "job"]), ("cli/demo.rs", &["http", "job"])];

/// Crates that some layers must not know, and the layers that may.
const CRATES: &[(&str, &[&str])] = &[
    ("proj", &["crs"]),
    ("proj_sys", &["crs"]),
    ("gdal", &[]),
    ("gdal_sys", &[]),
    ("geo", &["geom"]),
    ("sqlx", &["store"]),
    ("rusqlite", &["format"]),
    ("axum", &["http"]),
    (
        "serde",
        &[
            "check", "format", "report", "store", "tile", "service", "http", "cli", "job", "config",
        ],
    ),
    (
        "serde_json",
        &[
            "check", "format", "report", "store", "tile", "service", "http", "cli", "job", "config",
        ],
    ),
    ("tokio", &["store", "service", "http", "cli", "job", "main"]),
];

#[test]
fn every_layer_uses_only_what_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    collect(&src, &mut files);
    assert!(files.len() > 10, "the sources were not found");
    let breaches: Vec<String> = files
        .iter()
        .flat_map(|file| {
            let name = file.strip_prefix(&src).unwrap().to_str().unwrap();
            breaches(name, &std::fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn collect(dir: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// What a file, named from `src/` on, uses against the rules: "src/geom/line.rs:3: geom may not use store (...)".
fn breaches(file: &str, text: &str) -> Vec<String> {
    // The file worker is a program of its own; nothing of it is in the library.
    if file == "lib.rs" || file.starts_with("bin/") {
        return Vec::new();
    }
    let module = module_of(file);
    let layer = module.first().map_or("main", String::as_str);
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!(
            "src/{file}:1: {layer} is in no layer; give it a place in tests/it/layers.rs"
        )];
    };
    let also = EXCEPTIONS
        .iter()
        .find(|(name, _)| *name == file)
        .map_or(&[][..], |(_, also)| also);
    let mut found = Vec::new();
    for path in paths(&module, &tokens(text)) {
        let (kind, name) = match &path.target {
            Target::Ours(name) if name == layer || allowed.contains(&name.as_str()) => continue,
            Target::Ours(name) if also.contains(&name.as_str()) => continue,
            // A name of the crate's own root that is no module, such as a macro.
            Target::Ours(name) if !LAYERS.iter().any(|(layer, _)| layer == name) => continue,
            Target::Ours(name) => ("layer", name),
            Target::Crate(name) => match CRATES.iter().find(|(krate, _)| krate == name) {
                Some((_, users)) if !users.contains(&layer) => ("crate", name),
                _ => continue,
            },
        };
        found.push(format!(
            "src/{file}:{}: {layer} may not use the {kind} {name} ({})",
            path.line, path.text
        ));
    }
    found
}

/// `store/cluster/mod.rs` is the module store::cluster, `store/codec.rs` is store::codec, `main.rs` is the root.
fn module_of(file: &str) -> Vec<String> {
    let mut module: Vec<String> = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(module.last().map(String::as_str), Some("mod" | "main")) {
        module.pop();
    }
    module
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// Names and marks of a Rust text, `::` as one, without comments, strings, characters and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut tokens = Vec::new();
    let (mut i, mut line) = (0, 1);
    while i < chars.len() {
        let start = i;
        let c = chars[i];
        let word = |c: char| c.is_alphanumeric() || c == '_';
        if c == '/' && at(i + 1) == '/' {
            while i < chars.len() && chars[i] != '\n' {
                i += 1;
            }
        } else if c == '/' && at(i + 1) == '*' {
            let mut depth = 0;
            loop {
                match (at(i), at(i + 1)) {
                    ('/', '*') => (depth, i) = (depth + 1, i + 2),
                    ('*', '/') => (depth, i) = (depth - 1, i + 2),
                    _ => i += 1,
                }
                if depth == 0 || i >= chars.len() {
                    break;
                }
            }
        } else if let Some(end) = string_end(&chars, i) {
            i = end;
        } else if c == '\'' {
            // 'x' and '\n' are characters, 'x without an end is a lifetime.
            if at(i + 1) == '\\' {
                i += 3;
                while i < chars.len() && chars[i - 1] != '\'' {
                    i += 1;
                }
            } else if at(i + 2) == '\'' {
                i += 3;
            } else {
                i += 1;
                while word(at(i)) {
                    i += 1;
                }
            }
        } else if word(c) {
            while word(at(i)) {
                i += 1;
            }
            tokens.push(Token {
                text: chars[start..i].iter().collect(),
                line,
            });
        } else {
            i += if c == ':' && at(i + 1) == ':' { 2 } else { 1 };
            if !c.is_whitespace() {
                tokens.push(Token {
                    text: chars[start..i].iter().collect(),
                    line,
                });
            }
        }
        line += chars[start..i.min(chars.len())].iter().filter(|c| **c == '\n').count();
    }
    tokens
}

/// Where the string that begins at `i` ends, if one does: plain, byte, C, or raw with any number of hashes.
fn string_end(chars: &[char], i: usize) -> Option<usize> {
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut j = i;
    if matches!(at(j), 'b' | 'c') {
        j += 1;
    }
    let raw = at(j) == 'r';
    if raw {
        j += 1;
    }
    let mut hashes = 0;
    while raw && at(j) == '#' {
        (hashes, j) = (hashes + 1, j + 1);
    }
    if at(j) != '"' {
        return None;
    }
    j += 1;
    while j < chars.len() {
        if !raw && chars[j] == '\\' {
            j += 2;
            continue;
        }
        j += 1;
        if chars[j - 1] == '"' && (0..hashes).all(|k| at(j + k) == '#') {
            return Some(j + hashes);
        }
    }
    Some(chars.len())
}

#[derive(Debug, PartialEq)]
enum Target {
    /// A module of this crate, by its first name.
    Ours(String),
    /// Another crate, or a name that is near by.
    Crate(String),
}

struct Used {
    target: Target,
    text: String,
    line: usize,
}

/// Every path of a file: in `use`, with its braces opened, and anywhere else.
fn paths(file_module: &[String], tokens: &[Token]) -> Vec<Used> {
    let mut module = file_module.to_vec();
    // The brace depths at which inline modules began.
    let mut inline: Vec<usize> = Vec::new();
    let mut depth = 0;
    let mut used = Vec::new();
    let text = |i: usize| tokens.get(i).map_or("", |token| token.text.as_str());
    let mut i = 0;
    while i < tokens.len() {
        match text(i) {
            "mod" if text(i + 2) == "{" => {
                module.push(text(i + 1).to_owned());
                inline.push(depth);
                depth += 1;
                i += 3;
            }
            "{" => (depth, i) = (depth + 1, i + 1),
            "}" => {
                depth = depth.saturating_sub(1);
                if inline.last() == Some(&depth) {
                    inline.pop();
                    module.pop();
                }
                i += 1;
            }
            "use" => i = tree(&module, tokens, i + 1, &[], &mut used),
            "extern" if text(i + 1) == "crate" => {
                note(&module, &[tokens[i + 2].clone()], &mut used);
                i += 3;
            }
            _ => {
                let begins = is_name(text(i)) && text(i + 1) == "::" && (i == 0 || !matches!(text(i - 1), "." | "::"));
                // `::name::x` is a path from the crates' root.
                let rooted = text(i) == "::" && is_name(text(i + 1)) && (i == 0 || !ends_a_path(text(i - 1)));
                if begins || rooted {
                    i += usize::from(rooted);
                    let mut path = vec![tokens[i].clone()];
                    while text(i + 1) == "::" && is_name(text(i + 2)) {
                        path.push(tokens[i + 2].clone());
                        i += 2;
                    }
                    note(&module, &path, &mut used);
                }
                i += 1;
            }
        }
    }
    used
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

fn ends_a_path(text: &str) -> bool {
    is_name(text) || text == ">"
}

/// Reads one branch of a `use` tree that stands at `i` and continues `before`; gives the place after it.
fn tree(module: &[String], tokens: &[Token], mut i: usize, before: &[Token], used: &mut Vec<Used>) -> usize {
    let text = |i: usize| tokens.get(i).map_or(";", |token| token.text.as_str());
    let mut path = before.to_vec();
    loop {
        match text(i) {
            "{" => {
                i += 1;
                while !matches!(text(i), "}" | ";") {
                    i = tree(module, tokens, i, &path, used);
                    i += usize::from(text(i) == ",");
                }
                return i + 1;
            }
            "," | "}" | ";" => {
                note(module, &path, used);
                return i;
            }
            "as" => i += 2,
            name => {
                if is_name(name) || name == "*" {
                    path.push(tokens[i].clone());
                }
                i += 1;
            }
        }
    }
}

fn note(module: &[String], path: &[Token], used: &mut Vec<Used>) {
    let Some(first) = path.first() else {
        return;
    };
    let mut names = path.iter().map(|token| token.text.as_str()).peekable();
    let mut from: Vec<&str> = module.iter().map(String::as_str).collect();
    let target = match first.text.as_str() {
        "crate" | "merestone" => names.nth(1).map(|name| Target::Ours(name.to_owned())),
        "self" | "super" => {
            while let Some(name) = names.next_if(|name| matches!(*name, "self" | "super")) {
                if name == "super" {
                    from.pop();
                }
            }
            from.first()
                .copied()
                .or_else(|| names.next())
                .map(|name| Target::Ours(name.to_owned()))
        }
        name => Some(Target::Crate(name.to_owned())),
    };
    if let Some(target) = target {
        used.push(Used {
            target,
            text: path
                .iter()
                .map(|token| token.text.as_str())
                .collect::<Vec<_>>()
                .join("::"),
            line: path.last().map_or(first.line, |token| token.line),
        });
    }
}

/// What is found in a text that stands in a file.
fn check(file: &str, text: &str, expect: &[&str]) {
    assert_eq!(breaches(file, text), expect, "{text}");
}

#[test]
fn what_is_allowed_passes() {
    check(
        "geom/line.rs",
        "use crate::unit::Metres;\nuse geo::Line;\nuse super::point;",
        &[],
    );
    check(
        "store/marker.rs",
        "use crate::domain::{id, text::Names};\nuse sqlx::query;",
        &[],
    );
    check(
        "service/upload.rs",
        "use crate::{format, store::job, tile::{self, Address}};",
        &[],
    );
    check(
        "http/marker.rs",
        "use axum::Json;\nuse crate::service::marker as m;",
        &[],
    );
    check("cli/serve.rs", "crate::http::serve();\ncrate::job::run();", &[]);
    check("main.rs", "fn main() { merestone::cli::run() }", &[]);
    check("crs/mod.rs", "use proj::Proj; use proj_sys as sys;", &[]);
}

#[test]
fn what_points_the_wrong_way_is_named_with_its_line() {
    check(
        "geom/line.rs",
        "use crate::unit::Metres;\n\nuse crate::store::codec::Ewkb;",
        &["src/geom/line.rs:3: geom may not use the layer store (crate::store::codec::Ewkb)"],
    );
    check(
        "check/spacing.rs",
        "use crate::{\n    domain::finding,\n    format::{self, gpx},\n};",
        &[
            "src/check/spacing.rs:3: check may not use the layer format (crate::format::self)",
            "src/check/spacing.rs:3: check may not use the layer format (crate::format::gpx)",
        ],
    );
    check(
        "tile/mod.rs",
        "fn f() -> crate::report::Page { todo() }",
        &["src/tile/mod.rs:1: tile may not use the layer report (crate::report::Page)"],
    );
    check(
        "http/marker.rs",
        "use crate::store;",
        &["src/http/marker.rs:1: http may not use the layer store (crate::store)"],
    );
    check(
        "cli/import.rs",
        "use crate::http::x;",
        &["src/cli/import.rs:1: cli may not use the layer http (crate::http::x)"],
    );
}

#[test]
fn a_way_around_is_seen() {
    check(
        "store/cluster/mod.rs",
        "use super::super::http::page;",
        &["src/store/cluster/mod.rs:1: store may not use the layer http (super::super::http::page)"],
    );
    check(
        "domain/id.rs",
        "mod inner {\n    fn f() { super::super::super::service::run() }\n}\nfn g() { super::text::x() }",
        &["src/domain/id.rs:2: domain may not use the layer service (super::super::super::service::run)"],
    );
    check(
        "unit/mod.rs",
        "macro_rules! m { () => { $crate::domain::id::X } }",
        &["src/unit/mod.rs:1: unit may not use the layer domain (crate::domain::id::X)"],
    );
    check(
        "plan/mod.rs",
        "",
        &["src/plan/mod.rs:1: plan is in no layer; give it a place in tests/it/layers.rs"],
    );
}

#[test]
fn a_crate_stays_in_its_layer() {
    for (file, text, krate) in [
        ("domain/marker.rs", "#[derive(serde::Serialize)] struct M;", "serde"),
        ("check/offset.rs", "use geo::algorithm::Distance;", "geo"),
        ("format/gpkg.rs", "let x = gdal::Dataset::open();", "gdal"),
        ("service/mod.rs", "use axum::http::StatusCode;", "axum"),
        ("service/mod.rs", "fn f(p: &::sqlx::PgPool) {}", "sqlx"),
        ("geom/mod.rs", "extern crate proj;", "proj"),
        ("report/mod.rs", "use {std::fmt, tokio::fs};", "tokio"),
    ] {
        let found = breaches(file, text);
        assert!(
            found.len() == 1 && found[0].contains(&format!("may not use the crate {krate} (")),
            "{text}: {found:?}"
        );
    }
}

#[test]
fn words_in_comments_and_strings_are_no_paths() {
    check(
        "geom/line.rs",
        "// crate::store\n/* use crate::http; /* crate::cli */ crate::job */\n\
         const A: &str = \"crate::store::x \\\" crate::http\";\nconst B: &str = r#\"crate::store \" x\"#;\n\
         const C: char = '\"'; const D: char = '\\''; fn f<'a>(x: &'a str) {}\n\
         fn g() { x.geo::<u8>(); y::geo::z(); }",
        &[],
    );
    // And the line is still counted right behind them.
    check(
        "geom/line.rs",
        "const A: &str = \"one\ntwo\";\n/*\n*/ use crate::cli::x;",
        &["src/geom/line.rs:4: geom may not use the layer cli (crate::cli::x)"],
    );
}
