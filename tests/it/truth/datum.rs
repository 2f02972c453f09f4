//! Datum operations against the list of those that PROJ 9.1.1 knew: what is only ballpark is refused, what is published
//! is found by its name.

use std::collections::BTreeMap;
use std::fs;

use merestone::crs::{Crs, Operation, Reason};

use super::at;
use crate::support::shared;

/// A place inside the area of use of operations that are listed by the words of their area.
const PLACES: [(&str, f64, f64); 8] = [
    ("Ordos basin", 109.0, 38.5),
    ("Tarim basin", 80.0, 38.2),
    ("Yellow Sea", 122.5, 36.0),
    ("South China Sea", 114.5, 21.5),
    ("Gulf of Tonkin", 108.0, 20.0),
    ("Russian Federation", 131.5, 43.3),
    ("Republic of Korea", 127.5, 37.0),
    ("Kazakhstan", 70.0, 48.0),
];

/// Hunchun, where every listed pair is asked.
const HUNCHUN: (f64, f64) = (130.6, 42.45);

#[test]
fn ballpark_pairs_are_refused_and_published_ones_named() {
    let Some(path) = shared("truth/proj/datum_operations.txt") else {
        return;
    };
    let text = fs::read_to_string(path).unwrap();
    // Code of the operation, words of its area; none for a pair that has only a guess.
    let mut pairs: BTreeMap<(String, String), Vec<(String, String)>> = BTreeMap::new();
    let mut pair = (String::new(), String::new());
    for line in text.lines() {
        if let Some((from, to)) = line.strip_prefix("## ").and_then(|l| l.split_once(" -> ")) {
            pair = (from.to_owned(), to.to_owned());
            pairs.entry(pair.clone()).or_default();
        } else if let Some((code, rest)) = line.split_once(", ")
            && code.starts_with("EPSG:")
        {
            assert!(!rest.contains("ballpark"), "{line}");
            pairs.get_mut(&pair).unwrap().push((code.to_owned(), rest.to_owned()));
        }
    }
    assert_eq!(pairs.len(), 7);
    let (mut refused, mut found) = (0, 0);
    for ((from, to), listed) in &pairs {
        let (a, b) = (Crs::lookup(from).unwrap(), Crs::lookup(to).unwrap());
        let ask = |lon, lat| Operation::between(&a, &b, at(lon, lat));
        if listed.is_empty() {
            for (lon, lat) in PLACES.iter().map(|p| (p.1, p.2)).chain([HUNCHUN]) {
                let answer = ask(lon, lat).map_err(|e| e.reason);
                assert_eq!(answer, Err(Reason::NoOperation), "{from} to {to} at {lon} {lat}");
            }
            refused += 1;
            continue;
        }
        let mut asked = 0;
        for (words, lon, lat) in PLACES {
            let Some((_, known)) = listed.iter().find(|(_, area)| area.contains(words)) else {
                continue;
            };
            let operation = ask(lon, lat).unwrap_or_else(|e| panic!("{e}: {known}"));
            println!(
                "{from} to {to} in {words}: {}, {} m",
                operation.name(),
                operation.accuracy_m()
            );
            let code = operation.name().split(' ').next().unwrap();
            // One that is not listed is one that the EPSG data has had since.
            let number = |code: &str| code.strip_prefix("EPSG:").unwrap().parse::<u32>().unwrap();
            let newest = listed.iter().map(|(code, _)| number(code)).max().unwrap();
            assert!(
                listed.iter().any(|(listed, _)| listed == code) || number(code) > newest,
                "{} is not among {listed:?}",
                operation.name()
            );
            assert!(!operation.name().to_lowercase().contains("ballpark"));
            asked += 1;
        }
        assert!(asked > 0, "{from} to {to} was asked nowhere");
        found += asked;
        // Outside every published area there is only the guess again.
        let nowhere = ask(-30.0, 0.0).map_err(|e| e.reason);
        assert_eq!(nowhere, Err(Reason::NoOperation), "{from} to {to}");
    }
    println!("{refused} pairs refused everywhere, {found} questions answered by a published operation");
    assert_eq!(refused, 3);
}
