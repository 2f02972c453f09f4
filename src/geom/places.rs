//! Where many points lie, in memory: how many of them are in a window, and which come first in their order.

use std::ops::Range;

/// West, south, east, north, edges included. Every crossing of the antimeridian is two of them.
pub type Window = [f64; 4];

/// Points with their numbers.
///
/// By place they lie in strips from west to east, each from south to north: a window then is a few runs of memory, which
/// a tree of nodes is not. With ten times the points a window costs the same.
#[derive(Debug)]
pub struct Places {
    by_number: Vec<Point>,
    by_place: Vec<Point>,
    strips: Vec<Strip>,
}

type Point = (i64, [f64; 2]);

/// A strip: from where to where it reaches, and its points.
#[derive(Debug)]
struct Strip {
    west: f64,
    east: f64,
    points: Range<usize>,
}

/// Up to this many are gathered by place and then put in order; of more, every few will do.
const FEW: usize = 2_000;

impl Places {
    /// - **Shape**: numbers in any order, none twice.
    /// - **Units**: any two, the same as those of the windows.
    pub fn new(mut by_number: Vec<Point>) -> Self {
        by_number.sort_unstable_by_key(|(number, _)| *number);
        let mut by_place = by_number.clone();
        by_place.sort_unstable_by(|(_, [a, _]), (_, [b, _])| a.total_cmp(b));
        // As many strips as points in each.
        let size = by_place.len().isqrt().max(1);
        let mut strips = Vec::with_capacity(by_place.len().div_ceil(size));
        for (strip, begin) in by_place.chunks_mut(size).zip((0..).step_by(size)) {
            if let (Some((_, [west, _])), Some((_, [east, _]))) = (strip.first(), strip.last()) {
                strips.push(Strip {
                    west: *west,
                    east: *east,
                    points: begin..begin + strip.len(),
                });
            }
            strip.sort_unstable_by(|(_, [_, a]), (_, [_, b])| a.total_cmp(b));
        }
        Self {
            by_number,
            by_place,
            strips,
        }
    }

    fn inside(&self, [west, south, east, north]: Window) -> impl Iterator<Item = i64> + '_ {
        let first = self.strips.partition_point(|strip| strip.east < west);
        let strips = self.strips[first..].iter().take_while(move |strip| strip.west <= east);
        strips.flat_map(move |strip| {
            let points = &self.by_place[strip.points.clone()];
            let begin = points.partition_point(|(_, [_, y])| *y < south);
            let points = points[begin..].iter().take_while(move |(_, [_, y])| *y <= north);
            points
                .filter(move |(_, [x, _])| *x >= west && *x <= east)
                .map(|(number, _)| *number)
        })
    }

    /// The points in any of some windows, which do not overlap: how many there are, and the first `limit` numbers behind
    /// `after`, ascending.
    pub fn page(&self, windows: &[Window], after: Option<i64>, limit: usize) -> (usize, Vec<i64>) {
        let mut matched = 0;
        let mut found = Vec::new();
        for number in windows.iter().flat_map(|window| self.inside(*window)) {
            matched += 1;
            if matched <= FEW {
                found.push(number);
            }
        }
        let is_behind = |number: i64| after.is_none_or(|after| number > after);
        if matched > FEW {
            let lies_in = |[x, y]: &[f64; 2]| {
                windows
                    .iter()
                    .any(|[west, south, east, north]| x >= west && x <= east && y >= south && y <= north)
            };
            let begin = self.by_number.partition_point(|(number, _)| !is_behind(*number));
            let behind = self.by_number[begin..].iter().filter(|(_, at)| lies_in(at));
            return (matched, behind.take(limit).map(|(number, _)| *number).collect());
        }
        found.retain(|number| is_behind(*number));
        // Of many only the first are put in order.
        if found.len() > limit && limit > 0 {
            found.select_nth_unstable(limit - 1);
        }
        found.truncate(limit);
        found.sort_unstable();
        (matched, found)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn grid() -> impl Strategy<Value = f64> {
        // Whole numbers, so that points lie on edges.
        (-20..=20_i32).prop_map(f64::from)
    }

    proptest! {
        #[test]
        fn pages_are_those_of_a_plain_search(
            at in prop::collection::vec((grid(), grid()), 0..300),
            (west, south) in (grid(), grid()), (width, height) in (0..30_u8, 0..30_u8),
            limit in 1..40_usize, more in 0..2_usize,
        ) {
            // Many enough for the other way, too.
            let copies = 1 + more * 30;
            let points: Vec<(i64, [f64; 2])> =
                (1..).zip(at.iter().cycle().take(at.len() * copies)).map(|(n, (x, y))| (n * 3, [*x, *y])).collect();
            let window = [west, south, west + f64::from(width), south + f64::from(height)];
            let inside: Vec<i64> = points.iter()
                .filter(|(_, [x, y])| *x >= window[0] && *x <= window[2] && *y >= window[1] && *y <= window[3])
                .map(|(n, _)| *n)
                .collect();
            let places = Places::new(points.into_iter().rev().collect());
            let (mut walked, mut after) = (Vec::new(), None);
            loop {
                let (matched, page) = places.page(&[window], after, limit);
                prop_assert_eq!(matched, inside.len());
                let Some(last) = page.last() else { break };
                after = Some(*last);
                walked.extend(page);
            }
            prop_assert_eq!(walked, inside);
        }
    }
}
