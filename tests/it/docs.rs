//! Keeps documents and reference data true: what they name exists, what exists is named, and their numbers come out.
//!
//! Each rule is a function from texts to complaints, so that the rule itself is tested with a bad sample.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use merestone::check::coverage::Outcome;
use merestone::config::SETTINGS;
use merestone::crs::Plate;
use merestone::domain::finding::{CheckCode, Verdict};
use merestone::domain::inspection::{InspectionKind, InspectionState};
use merestone::domain::instrument::InstrumentKind;
use merestone::domain::lineage::{Class, Standing};
use merestone::domain::link::{MadeBy, Relation};
use merestone::domain::marker::{Condition, Constellation, MarkerKind};
use merestone::domain::place::{PortClass, PortStatus};
use merestone::domain::problem::Code;
use merestone::domain::section::{Character, LegalStatus, LineType, Movability, TechnicalStatus};
use merestone::domain::text::Lang;
use merestone::domain::track::FixKind;
use merestone::geom::line::Side;
use merestone::unit::Epoch;

use crate::support::app;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|fault| panic!("{path}: {fault}"))
}

/// Folders that builds and package managers make, and data that are not ours to word.
const NOT_OURS: &[&str] = &[".git", ".test", "dist", "node_modules", "target", "var"];

/// Our files with one of these endings, named from the top folder on.
fn files(endings: &[&str]) -> Vec<String> {
    fn collect(dir: &Path, endings: &[&str], found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if !NOT_OURS.contains(&name.as_str()) {
                    collect(&path, endings, found);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                let path = path.strip_prefix(root()).unwrap();
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    let mut found = Vec::new();
    collect(root(), endings, &mut found);
    found.sort();
    assert!(!found.is_empty(), "no file ends in {endings:?}");
    found
}

fn nothing_wrong(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

// Settings and commands.

/// What of the settings the README does not tell.
fn untold_settings(readme: &str) -> Vec<String> {
    SETTINGS
        .iter()
        .flat_map(|(key, variable, _)| [*key, *variable])
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .map(|name| format!("README.md does not explain the setting {name}"))
        .collect()
}

#[test]
fn every_setting_is_in_the_readme() {
    nothing_wrong(&untold_settings(&text("README.md")));
    assert_eq!(untold_settings("`bind` only").len(), SETTINGS.len() * 2 - 1);
}

/// Variables of ours that a source text names, without those of tests.
fn variables(source: &str) -> BTreeSet<String> {
    source
        .match_indices("\"MERESTONE_")
        .filter_map(|(at, _)| source[at + 1..].split('"').next())
        .filter(|name| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'))
        .filter(|name| !name.starts_with("MERESTONE_TEST_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_variable_of_the_program_is_in_the_readme() {
    let readme = text("README.md");
    let all: BTreeSet<String> = files(&[".rs"])
        .iter()
        .filter(|file| file.starts_with("src/") && !file.ends_with("tests.rs"))
        .flat_map(|file| variables(&text(file)))
        .collect();
    assert!(
        all.contains("MERESTONE_LOG") && all.contains("MERESTONE_BIND"),
        "{all:?}"
    );
    let untold: Vec<String> = all
        .into_iter()
        .filter(|name| !readme.contains(&format!("`{name}`")))
        .collect();
    nothing_wrong(&untold);
    let found = variables("env(\"MERESTONE_NEW\"); \"MERESTONE_TEST_X\"; \"MERESTONE_ is no name\"");
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["MERESTONE_NEW"]);
}

fn help(command: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_merestone"))
        .args(command)
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The subcommands that a help text lists.
fn subcommands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        // Deeper lines go on with an explanation.
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Options, arguments and commands of a help text that have no explanation.
fn unexplained(help: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut lines = help.lines().peekable();
    while let Some(line) = lines.next() {
        let indent = |line: &str| line.len() - line.trim_start().len();
        let entry = line.trim_start();
        // Entries stand at two columns (six where there is no short name), explanations far to the right.
        if !matches!(indent(line), 2 | 6) || entry.is_empty() {
            continue;
        }
        let here = entry.split_once("  ").is_some_and(|(_, said)| !said.trim().is_empty());
        let below = lines
            .peek()
            .is_some_and(|next| indent(next) > 6 && !next.trim().is_empty());
        if !here && !below {
            complaints.push(entry.to_owned());
        }
    }
    complaints
}

#[test]
fn every_command_is_in_the_readme_and_every_option_explained() {
    let readme = text("README.md");
    let mut complaints = Vec::new();
    let mut waiting: Vec<Vec<String>> = vec![Vec::new()];
    let mut n_commands = 0;
    while let Some(command) = waiting.pop() {
        let said = help(&command);
        let name = format!("merestone {}", command.join(" "));
        complaints.extend(
            unexplained(&said)
                .into_iter()
                .map(|option| format!("{name}: {option} has no help")),
        );
        let below = subcommands(&said);
        if below.is_empty() {
            n_commands += 1;
            if !readme.contains(&format!("`{name}")) {
                complaints.push(format!("README.md does not show {name}"));
            }
        }
        waiting.extend(below.into_iter().map(|last| [command.as_slice(), &[last]].concat()));
    }
    nothing_wrong(&complaints);
    assert!(n_commands > 5, "{n_commands}");
}

#[test]
fn an_option_without_help_is_seen() {
    let bad = "Says.\n\nUsage: x [OPTIONS]\n\nCommands:\n  go    Go there,\n           far\n  stop  Stop\n  help  This\n\n\
               Options:\n      --json\n  -o, --output <FILE>\n          Where to\n      --as <KIND>  What\n  -q, --quiet\n";
    assert_eq!(unexplained(bad), ["--json", "-q, --quiet"]);
    assert_eq!(subcommands(bad), ["go", "stop"]);
}

// The examples of the README are run, and its numbers are theirs.

/// Fenced blocks of one language.
fn blocks(markdown: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut block: Option<String> = None;
    for line in markdown.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(said)) if said.trim() == language => block = Some(String::new()),
            (Some(_), Some(_)) => blocks.extend(block.take()),
            (Some(block), None) => {
                block.push_str(line);
                block.push('\n');
            }
            (None, _) => {}
        }
    }
    blocks
}

/// Examples in code spans of a table, without the placeholders of services and identities.
fn inline_examples(markdown: &str) -> BTreeSet<&str> {
    markdown
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|code| code.starts_with("merestone inspect data") || *code == "merestone config")
        .collect()
}

#[test]
fn the_examples_of_the_readme_run_and_give_its_numbers() {
    let readme = text("README.md");
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("data"), folder.path().join("data")).unwrap();
    let programs = Path::new(env!("CARGO_BIN_EXE_merestone")).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let run = |script: &str| {
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(folder.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        // 0 is fine, 1 means findings; anything else that the example is wrong.
        let code = output.status.code();
        assert!(
            matches!(code, Some(0 | 1)) && (code == Some(0) || output.stderr.is_empty()),
            "{script}\n{code:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let checks: Vec<String> = blocks(&readme, "sh")
        .into_iter()
        .filter(|b| b.contains("merestone check"))
        .collect();
    assert_eq!(checks.len(), 3, "the examples of merestone check");
    checks.iter().for_each(|block| run(block));
    let examples = inline_examples(&readme);
    assert_eq!(examples.len(), 2, "{examples:?}");
    examples.into_iter().for_each(run);

    let summary = |name: &str| -> serde_json::Value {
        let written = std::fs::read(folder.path().join(name)).unwrap();
        serde_json::from_slice::<serde_json::Value>(&written).unwrap()["summary"].take()
    };
    let metres = |value: &serde_json::Value| format!("{:.3} m", value.as_f64().unwrap());
    let (good, bad) = (summary("findings.geojson"), summary("nad83.geojson"));
    assert_eq!(good["by_check"]["C02"]["pass"], 433);
    assert_eq!(
        (&good["by_check"]["C12"]["fail"], &good["by_check"]["C14"]["fail"]),
        (&7.into(), &5.into())
    );
    assert_eq!(bad["by_check"]["C02"]["fail"], 415);
    for said in [
        metres(&good["nearest_vertex_m"]["median"]),
        metres(&good["nearest_vertex_m"]["p95"]),
        metres(&good["offset_m"]["median"]),
        metres(&good["offset_m"]["greatest"]),
        metres(&bad["offset_m"]["median"]),
        metres(&bad["offset_m"]["greatest"]),
        "of 433 markers all pass C02".to_owned(),
        "all 415 fail".to_owned(),
        "finds 7 faults of the line".to_owned(),
        "and 5 of the numbering".to_owned(),
    ] {
        assert!(readme.contains(&said), "README.md does not say {said:?}");
    }
    for check in CheckCode::ALL {
        assert!(
            readme.contains(&format!("| {} |", check.word())),
            "README.md does not explain {check:?}"
        );
    }
}

#[test]
fn blocks_and_examples_are_found() {
    let markdown = "a\n```sh\none\ntwo\n```\n```sql\nno\n```\n| `merestone inspect data/x` | `merestone config` | `merestone serve` |\n";
    assert_eq!(blocks(markdown, "sh"), ["one\ntwo\n"]);
    assert_eq!(inline_examples(markdown.rsplit("```").next().unwrap()).len(), 2);
}

// Migrations.

/// What is wrong with a migration: its name, its first line, tables that nobody explains.
fn migration_faults(name: &str, sql: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let named = name
        .strip_suffix(".sql")
        .and_then(|stem| stem.split_once('_'))
        .is_some_and(|(time, what)| {
            time.len() == 14
                && time.bytes().all(|b| b.is_ascii_digit())
                && !what.is_empty()
                && what
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        });
    if !named {
        faults.push(format!("{name} is not named <timestamp>_<what>.sql"));
    }
    let why = sql
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("-- "))
        .unwrap_or("");
    if why.len() < 20 {
        faults.push(format!("{name} does not begin with a comment that says why"));
    }
    for line in sql.lines() {
        let Some(rest) = line.trim_start().strip_prefix("create table ") else {
            continue;
        };
        let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
        let table = rest.split([' ', '(']).next().unwrap_or("");
        if !sql.contains(&format!("comment on table {table} is '")) {
            faults.push(format!("{name}: the table {table} has no comment"));
        }
    }
    faults
}

#[test]
fn every_migration_is_named_explained_and_comments_its_tables() {
    let all = files(&[".sql"]);
    let migrations: Vec<&String> = all.iter().filter(|file| file.starts_with("migrations/")).collect();
    assert!(migrations.len() >= 4);
    let faults: Vec<String> = migrations
        .iter()
        .flat_map(|file| migration_faults(file.trim_start_matches("migrations/"), &text(file)))
        .collect();
    nothing_wrong(&faults);
    let bad = migration_faults(
        "2026_More.sql",
        "create table a (x int);\ncomment on table a is 'A';\ncreate table b (y int);",
    );
    assert_eq!(bad.len(), 3, "{bad:?}");
}

// Problems.

/// Rows of the tables of a document by their first cell, which is code.
fn rows(markdown: &str) -> BTreeMap<String, Vec<String>> {
    markdown
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .map(|(slug, rest)| {
            let cells = rest
                .trim_end_matches([' ', '|'])
                .split(" | ")
                .map(|cell| cell.trim().to_owned());
            (slug.to_owned(), cells.collect())
        })
        .collect()
}

/// What the page of problems does not say as the program does, in one language.
fn problem_faults(page: &str, lang: Lang) -> Vec<String> {
    let rows = rows(page);
    let mut faults: Vec<String> = rows
        .keys()
        .filter(|slug| !Code::ALL.iter().any(|code| code.slug() == slug.as_str()))
        .map(|slug| format!("{slug} is no problem of the program"))
        .collect();
    for code in Code::ALL {
        let title = code.title();
        match rows.get(code.slug()).map(Vec::as_slice) {
            Some([status, meaning, when, what_to_do]) => {
                if meaning != title.get(lang) {
                    faults.push(format!(
                        "{}: {meaning:?} is not the title {:?}",
                        code.slug(),
                        title.get(lang)
                    ));
                }
                if status.parse::<u16>().is_err() || when.chars().count() < 8 || what_to_do.chars().count() < 6 {
                    faults.push(format!("{} is not explained", code.slug()));
                }
            }
            _ => faults.push(format!("{} is missing or has not five cells", code.slug())),
        }
    }
    faults
}

/// The English and the Chinese part of the page.
fn problem_pages() -> [(String, Lang); 2] {
    let page = text("docs/problems.md");
    let (en, zh) = page.split_once("\n## 中文\n").unwrap();
    [(en.to_owned(), Lang::En), (zh.to_owned(), Lang::Zh)]
}

#[test]
fn every_problem_is_explained_in_both_languages() {
    let slugs: BTreeSet<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
    assert_eq!(slugs.len(), Code::ALL.len(), "two problems share a slug");
    for code in Code::ALL {
        let title = code.title();
        assert!(
            !title.en.is_empty() && !title.zh.is_empty() && title.en != title.zh,
            "{code:?}"
        );
        assert!(
            title.zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)),
            "{code:?}"
        );
        assert!(
            code.slug().bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
            "{code:?}"
        );
    }
    for (page, lang) in problem_pages() {
        nothing_wrong(&problem_faults(&page, lang));
    }
    let bad = "| `not-found` | 404 | Gone | It is not there. | Look it up. |\n| `made-up` | 1 | x | y | z |";
    let faults = problem_faults(bad, Lang::En);
    assert_eq!(faults.len(), Code::ALL.len() + 1, "{faults:?}");
    assert!(faults[0].starts_with("made-up"));
}

/// Whether sources make a problem, beside the tables in which each stands.
#[test]
fn the_page_says_which_problems_are_never_raised() {
    let sources: Vec<(String, String)> = files(&[".rs"])
        .into_iter()
        .filter(|file| file.starts_with("src/") && !file.ends_with("tests.rs"))
        .map(|file| (text(&file), file))
        .map(|(text, file)| (file, text))
        .collect();
    for code in Code::ALL {
        let word = format!("Code::{code:?}");
        let uses: usize = sources
            .iter()
            .map(|(file, text)| {
                let n = text
                    .match_indices(&word)
                    .filter(|(at, _)| !text[at + word.len()..].starts_with(|c: char| c.is_alphanumeric()))
                    .count();
                // The table of statuses names every code once.
                if file == "src/http/problem.rs" {
                    n.saturating_sub(1)
                } else {
                    n
                }
            })
            .sum();
        for (page, lang) in problem_pages() {
            let said = rows(&page)[code.slug()][2].clone();
            let never = said.starts_with(if lang == Lang::Zh {
                "目前尚未使用"
            } else {
                "Not raised yet"
            });
            assert_eq!(
                never,
                uses == 0,
                "{}: {uses} uses, but the page says {said:?}",
                code.slug()
            );
        }
    }
}

#[tokio::test]
async fn the_page_gives_each_problem_its_status() {
    let app = app().await;
    let pages = problem_pages();
    for code in Code::ALL {
        let slug = code.slug();
        let response = app.get(&format!("/problems/{slug}")).await;
        assert_eq!(response.status(), 200, "{slug}");
        let shown = response.text().await.unwrap();
        assert!(
            shown.contains(&code.title().en) && shown.contains(&code.title().zh),
            "{shown}"
        );
        for (page, _) in &pages {
            let status = rows(page)[slug][0].clone();
            assert!(
                shown.contains(&format!("HTTP {status}<")),
                "{slug}: the page says {status}, the program {shown}"
            );
        }
    }
}

// Links and words.

/// Targets of the links and pictures of a document; a picture needs a text in its place.
fn links(markdown: &str) -> Vec<(String, bool)> {
    let mut links = Vec::new();
    let mut fenced = false;
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        if fenced {
            continue;
        }
        for (at, _) in line.match_indices("](") {
            let Some(target) = line[at + 2..].split(')').next() else {
                continue;
            };
            let opening = line[..at].rfind('[').unwrap_or(0);
            let is_picture = line[..opening].ends_with('!');
            let has_text = !line[(opening + 1).min(at)..at].trim().is_empty();
            links.push((target.to_owned(), has_text || !is_picture));
        }
    }
    links
}

/// `docs/../data/x` is `data/x`.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, part| {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
        plain
    })
}

/// Links of a document that lead nowhere.
fn dead_links(file: &str, markdown: &str, is_there: impl Fn(&Path) -> bool) -> Vec<String> {
    links(markdown)
        .into_iter()
        .filter_map(|(target, has_text)| {
            if !has_text {
                return Some(format!("{file}: the picture {target} has no text in its place"));
            }
            let path = target.split('#').next().unwrap_or("");
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                return None;
            }
            let path = plain(&Path::new(file).parent().unwrap_or(Path::new("")).join(path));
            (!is_there(&path)).then(|| format!("{file}: {target} is not there"))
        })
        .collect()
}

#[test]
fn every_link_and_picture_of_the_documents_is_there() {
    let complaints: Vec<String> = files(&[".md"])
        .iter()
        .flat_map(|file| dead_links(file, &text(file), |path| root().join(path).exists()))
        .collect();
    nothing_wrong(&complaints);
}

#[test]
fn a_dead_link_is_seen() {
    let markdown =
        "[a](README.md) [b](../gone.md#x) ![](a.png) [c](https://example.org) [d](#here)\n```\n[e](no)\n```\n";
    let dead = dead_links("docs/x.md", markdown, |path| path == Path::new("docs/README.md"));
    assert_eq!(
        dead,
        [
            "docs/x.md: ../gone.md#x is not there",
            "docs/x.md: the picture a.png has no text in its place"
        ]
    );
}

/// What no text of the project says: paths of one machine, addresses of registries, how work was organised. In pieces,
/// so that this file does not say it either.
const NEVER: &[&str] = &[
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("crates.", "io/api"),
    concat!("sand", "box session"),
    concat!("hel", "per"),
    concat!("hel", "pers"),
    concat!("ag", "ent"),
    concat!("ag", "ents"),
];

/// Lines that say one of these; words as whole words, and not inside a header's name such as `User-…`.
fn said(file: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.to_lowercase();
        for never in NEVER {
            let joins = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
            let hit = line.match_indices(never).any(|(at, _)| {
                let is_path = never.contains('/');
                is_path || !line[..at].ends_with(joins) && !line[at + never.len()..].starts_with(joins)
            });
            if hit {
                found.push(format!("{file}:{}: says {never:?}", number + 1));
            }
        }
    }
    found
}

#[test]
fn no_text_names_machines_or_how_work_is_organised() {
    let complaints: Vec<String> = files(&[".md", ".rs", ".sql", ".toml", ".ts", ".typ", ".sh"])
        .iter()
        .flat_map(|file| said(file, &text(file)))
        .collect();
    nothing_wrong(&complaints);
    let bad = format!(
        "in {}main\nan {} did it\nUser-{1}, {1}s_of, dragenter",
        NEVER[0], NEVER[6]
    );
    assert_eq!(said("x.md", &bad).len(), 2, "{:?}", said("x.md", &bad));
}

// Reference data.

/// The code lists: list, then code, then its labels in English and Chinese.
type Lists = BTreeMap<String, BTreeMap<String, [String; 2]>>;

fn code_lists() -> Lists {
    let table: toml::Table = text("data/reference/codes.toml").parse().unwrap();
    let string = |value: &toml::Value, key: &str| value[key].as_str().unwrap().to_owned();
    let mut lists = Lists::new();
    for list in table["list"].as_array().unwrap() {
        let codes = list["codes"].as_array().unwrap();
        let words: BTreeMap<String, [String; 2]> = codes
            .iter()
            .map(|code| (string(code, "code"), [string(code, "en"), string(code, "zh")]))
            .collect();
        assert_eq!(words.len(), codes.len(), "{} has a code twice", list["key"]);
        assert!(
            lists.insert(string(list, "key"), words).is_none(),
            "{} is there twice",
            list["key"]
        );
    }
    lists
}

fn set<'a>(words: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    words.into_iter().map(str::to_owned).collect()
}

/// Words of a closed list of the program.
macro_rules! words {
    ($list:ty) => {
        set(<$list>::ALL.iter().map(|one| one.word()))
    };
}

/// Every closed list of the program by the key of its code list.
fn program_lists() -> Vec<(&'static str, BTreeSet<String>)> {
    // These two have no list of themselves; the match fails to compile when one grows.
    let outcomes = [Outcome::Visited, Outcome::Passed, Outcome::Missed, Outcome::Left];
    for outcome in outcomes {
        match outcome {
            Outcome::Visited | Outcome::Passed | Outcome::Missed | Outcome::Left => {}
        }
    }
    let sides = [Side::Left, Side::Right, Side::On].map(|side| match side {
        Side::Left => "left",
        Side::Right => "right",
        Side::On => "on",
    });
    vec![
        ("marker_condition", words!(Condition)),
        ("constellation", words!(Constellation)),
        ("marker_kind", words!(MarkerKind)),
        ("line_type", words!(LineType)),
        ("movability", words!(Movability)),
        ("section_character", words!(Character)),
        ("legal_status", words!(LegalStatus)),
        ("technical_status", words!(TechnicalStatus)),
        ("instrument_kind", words!(InstrumentKind)),
        ("port_status", words!(PortStatus)),
        ("port_class", words!(PortClass)),
        ("inspection_kind", words!(InspectionKind)),
        ("inspection_state", words!(InspectionState)),
        ("verdict", words!(Verdict)),
        ("classification", words!(Class)),
        ("standing", words!(Standing)),
        ("fix_kind", words!(FixKind)),
        // Tiles say `none` of a marker that no run has looked at.
        ("visit", set(outcomes.map(Outcome::word).into_iter().chain(["none"]))),
        // Files say `line` of an element that stands on it.
        ("side", set(sides.into_iter().chain(["line"]))),
        ("made_by", words!(MadeBy)),
        ("relation", words!(Relation)),
    ]
}

#[test]
fn code_lists_are_those_of_the_program() {
    let lists = code_lists();
    for (key, words) in program_lists() {
        let list: BTreeSet<String> = lists[key].keys().cloned().collect();
        assert_eq!(list, words, "data/reference/codes.toml, {key}");
    }
    for (key, words) in &lists {
        for (code, [en, zh]) in words {
            assert!(!en.is_empty() && !zh.is_empty(), "{key}.{code} has no label");
        }
    }
}

/// Constraints that hold a column to a closed list, with their words: `constraint NAME check (COLUMN in ('a', 'b'))`.
fn constraints(sql: &str) -> Vec<(String, BTreeSet<String>)> {
    sql.split("constraint ")
        .skip(1)
        .filter_map(|rest| {
            let (name, rest) = rest.split_once(" check (")?;
            let (_, rest) = rest
                .split_once(" in (")
                .filter(|(column, _)| !column.contains([' ', '(']))?;
            let (list, _) = rest.split_once("))")?;
            Some((name.trim().to_owned(), set(list.split('\'').skip(1).step_by(2))))
        })
        .collect()
}

/// Constraints and the code lists that they repeat. A list that no code list has is named so.
const CONSTRAINTS: &[(&str, Option<&str>)] = &[
    ("acceptance_kind_check", Some("acceptance_kind")),
    ("acceptance_result_check", Some("acceptance_result")),
    ("agreed_value_method_check", Some("agreed_method")),
    ("audit_result_check", Some("audit_result")),
    ("audit_stage_check", Some("audit_stage")),
    ("authorisation_decision_check", Some("decision")),
    ("boundary_point_method_check", Some("survey_method")),
    ("class_check", Some("classification")),
    ("consultation_kind_check", Some("consultation_kind")),
    ("consultation_result_check", Some("consultation_result")),
    ("contract_state_check", Some("contract_state")),
    ("feature_link_made_by_check", Some("made_by")),
    ("finding_state_check", Some("finding_state")),
    ("finding_verdict_check", Some("verdict")),
    ("handover_act_kind_check", Some("handover_kind")),
    ("incident_kind_check", Some("incident_kind")),
    ("incident_severity_check", Some("severity")),
    ("incident_state_check", Some("incident_state")),
    ("inspection_kind_check", Some("inspection_kind")),
    ("inspection_state_check", Some("inspection_state")),
    ("instrument_kind_check", Some("instrument_kind")),
    ("island_kind_check", Some("island_kind")),
    ("job_state_check", None),
    ("marker_azimuth_kind_check", Some("azimuth_kind")),
    ("marker_condition_check", Some("marker_condition")),
    ("marker_constellation_check", Some("constellation")),
    ("marker_distance_kind_check", Some("distance_kind")),
    ("marker_element_azimuth_kind_check", Some("azimuth_kind")),
    ("marker_element_distance_kind_check", Some("distance_kind")),
    ("marker_element_kind_check", Some("element_kind")),
    ("marker_element_method_check", Some("survey_method")),
    ("event_words_kind_check", None),
    ("marker_element_relation_check", Some("element_relation")),
    ("marker_element_side_check", Some("line_side")),
    ("marker_element_sigma_source_check", Some("sigma_source")),
    ("marker_event_kind_check", Some("event_kind")),
    ("marker_event_state_check", Some("event_state")),
    ("marker_kind_check", Some("marker_kind")),
    ("meeting_kind_check", Some("meeting_kind")),
    ("notice_channel_check", Some("notice_channel")),
    ("notice_direction_check", Some("notice_direction")),
    ("notice_kind_check", Some("notice_kind")),
    ("observation_condition_check", Some("marker_condition")),
    ("observation_fix_kind_check", Some("fix_kind")),
    ("observation_method_check", Some("survey_method")),
    ("party_kind_check", Some("party_kind")),
    ("photo_class_check", Some("classification")),
    ("port_affair_closure_reason_check", Some("closure_reason")),
    ("port_affair_kind_check", Some("affair_kind")),
    ("port_affair_state_check", Some("affair_state")),
    ("port_closure_reason_check", Some("closure_reason")),
    ("port_kind_check", Some("port_kind")),
    ("port_port_class_check", Some("port_class")),
    ("port_position_quality_check", Some("position_quality")),
    ("port_status_check", Some("port_status")),
    ("project_state_check", Some("project_state")),
    ("regime_profile_river_rule_check", Some("river_rule")),
    ("regime_profile_upkeep_rule_check", Some("upkeep_rule")),
    ("representative_role_check", Some("representative_role")),
    ("route_travel_check", Some("travel")),
    ("rule_activity_check", Some("activity")),
    ("rule_confidence_check", Some("confidence")),
    ("rule_effect_check", Some("rule_effect")),
    ("rule_measured_from_check", Some("measured_from")),
    ("rule_side_check", Some("rule_side")),
    ("section_character_check", Some("section_character")),
    ("section_legal_status_check", Some("legal_status")),
    ("section_technical_status_check", Some("technical_status")),
    ("segment_line_type_check", Some("line_type")),
    ("segment_movability_check", Some("movability")),
    ("shared_water_kind_check", Some("water_kind")),
    ("site_visit_kind_check", Some("site_visit_kind")),
    ("standing_check", None),
    ("transformation_method_check", Some("transformation_method")),
    ("proposal_class_check", Some("classification")),
    ("proposal_state_check", None),
    ("record_class_check", Some("classification")),
    ("upload_class_check", Some("classification")),
    ("upload_state_check", None),
    ("visit_outcome_check", Some("visit")),
    ("work_programme_state_check", Some("programme_state")),
    ("token_scope_check", None),
    ("zone_kind_check", Some("zone_kind")),
];

#[test]
fn the_database_holds_columns_to_the_same_words() {
    let lists = code_lists();
    let all = files(&[".sql"]);
    let found: BTreeMap<String, BTreeSet<String>> = all
        .iter()
        .filter(|file| file.starts_with("migrations/"))
        .flat_map(|file| constraints(&text(file)))
        .collect();
    for (name, mut words) in found.clone() {
        let Some((_, key)) = CONSTRAINTS.iter().find(|(known, _)| *known == name) else {
            panic!("give the constraint {name} its code list in tests/it/docs.rs");
        };
        let Some(key) = key else { continue };
        if *key == "visit" {
            words.insert("none".to_owned());
        }
        assert_eq!(words, lists[*key].keys().cloned().collect(), "{name} and {key}");
    }
    for (name, _) in CONSTRAINTS {
        assert!(found.contains_key(*name), "there is no constraint {name}");
    }
    let sample =
        "constraint a_check check (a in ('x',\n 'y')), constraint b_check check (b >= 0), constraint c_key unique (c)";
    assert_eq!(constraints(sample), [("a_check".to_owned(), set(["x", "y"]))]);
}

/// The code lists of the viewer: `list: {`, then `code: { en: '…', zh: '…' },`.
fn viewer_lists(source: &str) -> Lists {
    let body = source
        .split("CODES")
        .nth(1)
        .and_then(|rest| rest.split("\n};").next())
        .unwrap();
    let mut lists = Lists::new();
    let mut list = String::new();
    for line in body.lines().map(str::trim) {
        let Some((name, rest)) = line.split_once(": {") else {
            continue;
        };
        let name = name.trim_matches('\'').to_owned();
        if rest.is_empty() {
            list = name;
            continue;
        }
        let quoted = |key: &str| {
            let (_, rest) = rest
                .split_once(&format!("{key}: '"))
                .unwrap_or_else(|| panic!("{line}"));
            rest.split('\'').next().unwrap().to_owned()
        };
        lists
            .entry(list.clone())
            .or_default()
            .insert(name, [quoted("en"), quoted("zh")]);
    }
    lists
}

#[test]
fn the_viewer_says_codes_as_the_reference_does() {
    let lists = code_lists();
    let viewer = viewer_lists(&text("maps/src/codes.ts"));
    assert!(viewer.len() > 10, "{:?}", viewer.keys());
    for (key, words) in &viewer {
        assert_eq!(Some(words), lists.get(key), "maps/src/codes.ts, {key}");
    }
    let sample = viewer_lists("CODES = {\n  side: {\n    left: { en: 'left', zh: '左侧' },\n  },\n};\nother: {\n");
    assert_eq!(sample["side"]["left"], ["left", "左侧"]);
    assert_eq!(sample.len(), 1);
}

#[test]
fn plate_poles_are_those_of_the_program() {
    const RADIANS_PER_MAS: f64 = std::f64::consts::PI / 180.0 / 3_600_000.0;
    let table: toml::Table = text("data/reference/plate_motion.toml").parse().unwrap();
    let plates = table["plate"].as_array().unwrap();
    assert_eq!(plates.len(), Plate::ALL.len());
    let (from, to) = (Epoch::new(2000.0).unwrap(), Epoch::new(2001.0).unwrap());
    for row in plates {
        let code = row["code"].as_str().unwrap();
        let plate = Plate::from_code(code).unwrap_or_else(|| panic!("the program has no plate {code}"));
        assert_eq!(plate.code(), code);
        // One year's motion of the ends of two axes is the rotation itself: w x (1,0,0) = (0, wz, -wy).
        let [_, z, minus_y] = plate.move_point([1.0, 0.0, 0.0], from, to);
        let [_, _, x] = plate.move_point([0.0, 1.0, 0.0], from, to);
        for (axis, turned) in [("omega_x", x), ("omega_y", -minus_y), ("omega_z", z)] {
            let (stated, turned) = (row[axis].as_float().unwrap(), turned / RADIANS_PER_MAS);
            assert!(
                (stated - turned).abs() < 1e-9,
                "{code} {axis}: {stated} mas a year in the file, {turned} in the program"
            );
        }
    }
}
