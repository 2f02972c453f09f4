//! Names that somebody may have meant.

/// Steps of typing that a name may be away.
const STEPS: usize = 3;

/// Those of `names` that are nearest to `word`, at most three: by letters left out, added, changed or swapped, or
/// because one begins with the other.
pub fn near<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let word = word.to_lowercase();
    let allowed = STEPS.min(word.chars().count() / 2);
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|name| {
            let steps = strsim::osa_distance(&word, &name.to_lowercase());
            let begins = word.chars().count() >= 3 && (name.starts_with(&word) || word.starts_with(name));
            (steps <= allowed || begins).then_some((steps, name))
        })
        .collect();
    let least = found.iter().map(|(steps, _)| *steps).min();
    found.retain(|(steps, _)| Some(*steps) == least);
    found.into_iter().map(|(_, name)| name).take(3).collect()
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let names = ["height_m", "sigma_m", "name_zh", "name_en", "number"];
        let found = |word| near(word, names.into_iter());
        assert_eq!(found("heigth_m"), ["height_m"]);
        assert_eq!(found("Height"), ["height_m"]);
        assert_eq!(found("nmae_zh"), ["name_zh"]);
        assert_eq!(found("name"), ["name_zh", "name_en"]);
        assert_eq!(found("x"), [""; 0]);
        assert_eq!(found("depth"), [""; 0]);
    }

    #[test]
    fn a_long_word_costs_little() {
        assert!(near(&"ä".repeat(60_000), ["height_m"].into_iter()).is_empty());
    }
}
