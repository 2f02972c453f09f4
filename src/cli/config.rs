//! `merestone config`.

use super::{FINE, Outcome, Place, settings};

pub fn run(place: &Place) -> Outcome {
    for (name, value, source) in settings(place.flags())?.lines() {
        println!("{name} = {value}   # {}", source.word());
    }
    Ok(FINE)
}
