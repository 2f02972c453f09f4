//! Where many points lie, in memory: how many of them are in a window, and which come first in their order.

use rstar::primitives::GeomWithData;
use rstar::{AABB, RTree};

/// West, south, east, north, edges included. Every crossing of the antimeridian is two of them.
pub type Window = [f64; 4];

/// Points with their numbers.
#[derive(Debug)]
pub struct Places {
    /// In the order of the numbers.
    points: Vec<(i64, [f64; 2])>,
    /// The same by place, each with its index in `points`.
    tree: RTree<GeomWithData<[f64; 2], u32>>,
}

/// Up to this many are gathered by place and then put in order; of more, every few will do.
const FEW: usize = 2_000;

impl Places {
    /// - **Shape**: numbers in any order, none twice; at most 2³² points.
    /// - **Units**: any two, the same as those of the windows.
    pub fn new(mut points: Vec<(i64, [f64; 2])>) -> Self {
        points.sort_unstable_by_key(|(number, _)| *number);
        let leaves = points
            .iter()
            .zip(0..)
            .map(|((_, at), index)| GeomWithData::new(*at, index));
        let tree = RTree::bulk_load(leaves.collect());
        Self { points, tree }
    }

    /// How many points lie in any of some windows, which do not overlap.
    pub fn count(&self, windows: &[Window]) -> usize {
        let envelopes = windows.iter().map(envelope);
        envelopes
            .map(|envelope| self.tree.locate_in_envelope(&envelope).count())
            .sum()
    }

    /// The first `limit` numbers behind `after` of the points in some windows, `matched` as [`Places::count`] gives it.
    ///
    /// - **Shape**: ascending.
    pub fn first(&self, windows: &[Window], matched: usize, after: Option<i64>, limit: usize) -> Vec<i64> {
        let begin = after.map_or(0, |after| self.points.partition_point(|(number, _)| *number <= after));
        if matched > FEW {
            let lies_in = |[x, y]: &[f64; 2]| {
                windows
                    .iter()
                    .any(|[west, south, east, north]| x >= west && x <= east && y >= south && y <= north)
            };
            let behind = self.points[begin..].iter().filter(|(_, at)| lies_in(at));
            return behind.take(limit).map(|(number, _)| *number).collect();
        }
        let envelopes = windows.iter().map(envelope);
        let mut found: Vec<u32> = envelopes
            .flat_map(|envelope| {
                self.tree
                    .locate_in_envelope(&envelope)
                    .map(|leaf| leaf.data)
                    .collect::<Vec<_>>()
            })
            .filter(|index| *index as usize >= begin)
            .collect();
        found.sort_unstable();
        found.truncate(limit);
        found.into_iter().map(|index| self.points[index as usize].0).collect()
    }
}

fn envelope([west, south, east, north]: &Window) -> AABB<[f64; 2]> {
    AABB::from_corners([*west, *south], [*east, *north])
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
            prop_assert_eq!(places.count(&[window]), inside.len());
            let (mut walked, mut after) = (Vec::new(), None);
            loop {
                let page = places.first(&[window], inside.len(), after, limit);
                let Some(last) = page.last() else { break };
                after = Some(*last);
                walked.extend(page);
            }
            prop_assert_eq!(walked, inside);
        }
    }
}
