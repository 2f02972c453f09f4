//! The Merkle tree of RFC 9162 (and RFC 6962) with SHA-256: its root says what all leaves are and in which order.
//!
//! [`Edge`] is all that a growing tree has to remember; [`inclusion`] and [`consistency`] prove to others what
//! [`verify_inclusion`] and [`verify_consistency`] verify without the leaves. Every leaf here is the hash that [`leaf`]
//! makes of its bytes.

use sha2::{Digest, Sha256};

/// A SHA-256 digest.
pub type Hash = [u8; 32];

/// Leaves of a tree, at most: what a signed 64-bit column of a database holds.
pub const LARGEST: u64 = i64::MAX.unsigned_abs();

/// What stands before the bytes of a leaf and of a node, so that neither passes for the other.
const LEAF: [u8; 1] = [0x00];
const NODE: [u8; 1] = [0x01];

/// The root of a tree without leaves: the hash of nothing.
pub fn empty() -> Hash {
    Sha256::digest([]).into()
}

/// The hash of a leaf (RFC 9162, 2.1.1).
pub fn leaf(data: &[u8]) -> Hash {
    Sha256::new().chain_update(LEAF).chain_update(data).finalize().into()
}

/// The hash of a node over its two subtrees (RFC 9162, 2.1.1).
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let hash = Sha256::new().chain_update(NODE).chain_update(left);
    hash.chain_update(right).finalize().into()
}

/// The root of a tree over all `leaves`.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut edge = Edge::default();
    for leaf in leaves {
        edge.push(*leaf);
    }
    edge.root()
}

/// The right edge of a growing tree: the hashes of its complete subtrees, from left to right, the largest first.
///
/// There is one for every set bit of the size, so 63 hashes are enough for the largest tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    hashes: Vec<Hash>,
}

/// Stored parts that are no edge of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EdgeFault {
    #[error("a tree of {0} leaves is larger than any this program grows")]
    TooLarge(u64),
    #[error("a tree of {size} leaves has {needed} complete subtrees, not {given}")]
    Count { size: u64, needed: usize, given: usize },
}

impl Edge {
    /// Takes up a tree where it was left.
    ///
    /// # Errors
    /// When the number of hashes is not that of a tree of `size` leaves, or the tree is larger than [`LARGEST`].
    pub fn from_parts(size: u64, hashes: Vec<Hash>) -> Result<Self, EdgeFault> {
        if size > LARGEST {
            return Err(EdgeFault::TooLarge(size));
        }
        let (needed, given) = (size.count_ones() as usize, hashes.len());
        if needed != given {
            return Err(EdgeFault::Count { size, needed, given });
        }
        Ok(Self { size, hashes })
    }

    /// Grows the tree by one leaf, given as its hash.
    pub fn push(&mut self, leaf: Hash) {
        // Every set bit at the end of the size is a subtree as large as the one that just became complete.
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.hashes.pop() {
                hash = node(&left, &hash);
            }
        }
        self.hashes.push(hash);
        self.size += 1;
    }

    /// Number of leaves.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The complete subtrees from left to right.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    pub fn root(&self) -> Hash {
        let mut from_right = self.hashes.iter().rev();
        from_right
            .next()
            .map_or_else(empty, |last| from_right.fold(*last, |right, left| node(left, &right)))
    }
}

/// How many of two or more leaves stand in the left subtree: the largest power of two that leaves some for the right.
const fn left_size(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

/// Proof that a leaf stands at `index` (from 0) of the tree over `leaves` (RFC 9162, 2.1.3.1).
///
/// - **Shape**: hashes from the leaf up to the root; a tree of one leaf needs none.
/// - **Errors**: `None` when there is no such leaf.
pub fn inclusion(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
    let mut subtree = leaves;
    let mut proof = Vec::new();
    while subtree.len() > 1 {
        let (left, right) = subtree.split_at(left_size(subtree.len()));
        if index < left.len() {
            proof.push(root(right));
            subtree = left;
        } else {
            proof.push(root(left));
            index -= left.len();
            subtree = right;
        }
    }
    proof.reverse();
    Some(proof)
}

/// Proof that the tree over the first `old_size` of `leaves` grew into the tree over all of them (RFC 9162, 2.1.4.1).
///
/// - **Shape**: hashes as [`verify_consistency`] takes them; none where the old tree is empty or has all leaves.
/// - **Errors**: `None` when the old tree is larger.
pub fn consistency(leaves: &[Hash], old_size: u64) -> Option<Vec<Hash>> {
    let mut old = usize::try_from(old_size).ok().filter(|old| *old <= leaves.len())?;
    if old == 0 {
        return Some(Vec::new());
    }
    let mut subtree = leaves;
    let mut is_old_tree = true;
    let mut proof = Vec::new();
    while old < subtree.len() {
        let (left, right) = subtree.split_at(left_size(subtree.len()));
        if old <= left.len() {
            proof.push(root(right));
            subtree = left;
        } else {
            proof.push(root(left));
            old -= left.len();
            subtree = right;
            is_old_tree = false;
        }
    }
    // Who verifies has the root of the whole old tree, but of none of its subtrees.
    if !is_old_tree {
        proof.push(root(subtree));
    }
    proof.reverse();
    Some(proof)
}

/// On which side of the node below a hash of a proof stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// A node on its way up to the root: its place in its row of the tree, and the last place of that row.
#[derive(Debug)]
struct Climb {
    place: u64,
    last: u64,
}

impl Climb {
    /// Goes up by one hash of a proof; `None` at the root, where none is left to take.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let side = if self.place & 1 == 1 || self.place == self.last {
            // A last node without a neighbour moves up as it is, until it has one. It is not at place 0, since the last
            // place is not, so fewer than 64 bits are shifted.
            let rows = self.place.trailing_zeros();
            self.place >>= rows;
            self.last >>= rows;
            Side::Left
        } else {
            Side::Right
        };
        self.place >>= 1;
        self.last >>= 1;
        Some(side)
    }

    const fn is_at_root(&self) -> bool {
        self.last == 0
    }
}

/// Whether `proof` leads from `leaf` at `index` (from 0) to the `root` of a tree of `size` leaves (RFC 9162, 2.1.3.2).
///
/// A root does not hold the size of its tree: `size` and `root` have to come from one checkpoint.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> bool {
    let Some(last) = size.checked_sub(1).filter(|last| index <= *last) else {
        return false;
    };
    let mut climb = Climb { place: index, last };
    let mut hash = *leaf;
    for beside in proof {
        hash = match climb.step() {
            Some(Side::Left) => node(beside, &hash),
            Some(Side::Right) => node(&hash, beside),
            None => return false,
        };
    }
    climb.is_at_root() && hash == *root
}

/// Whether `proof` shows that the old tree grew into the new one, nothing in it changed (RFC 9162, 2.1.4.2).
///
/// Each size and its root have to come from one checkpoint, as for [`verify_inclusion`]. Every tree grew out of the
/// empty one.
pub fn verify_consistency(old_size: u64, old_root: &Hash, new_size: u64, new_root: &Hash, proof: &[Hash]) -> bool {
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root && (old_size > 0 || *old_root == empty());
    }
    if old_size == 0 {
        return proof.is_empty() && *old_root == empty();
    }
    if old_size > new_size || proof.is_empty() {
        return false;
    }
    // A complete old tree is itself a node of the new one, so the proof leaves it out.
    let (start, rest) = match proof.split_first() {
        Some((first, rest)) if !old_size.is_power_of_two() => (first, rest),
        _ => (old_root, proof),
    };
    // The start is the largest complete subtree that ends where the old tree ends. The old tree is the smaller one, so
    // its last place has a zero bit, and fewer than 64 bits are shifted.
    let rows = (old_size - 1).trailing_ones();
    let mut climb = Climb {
        place: (old_size - 1) >> rows,
        last: (new_size - 1) >> rows,
    };
    let (mut old_hash, mut new_hash) = (*start, *start);
    for beside in rest {
        match climb.step() {
            Some(Side::Left) => {
                old_hash = node(beside, &old_hash);
                new_hash = node(beside, &new_hash);
            }
            Some(Side::Right) => new_hash = node(&new_hash, beside),
            None => return false,
        }
    }
    climb.is_at_root() && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
#[path = "merkle_tests.rs"]
mod tests;
