use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;

/// The leaves that the reference implementation of Certificate Transparency is tested with.
const DATA: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

/// The roots of their trees, from no leaf to eight, as published there.
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn hash(hex: &str) -> Hash {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hex| hash(hex)).collect()
}

fn reference_leaves() -> Vec<Hash> {
    let data = DATA.iter().map(|hex| HEXLOWER.decode(hex.as_bytes()).unwrap());
    data.map(|data| leaf(&data)).collect()
}

/// Leaves of which no two are the same.
fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf(&number.to_be_bytes())).collect()
}

/// The definition of RFC 9162, 2.1.1, word for word.
fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest(b"").into(),
        [only] => *only,
        more => {
            let mut k = 1;
            while k * 2 < more.len() {
                k *= 2;
            }
            node(&defined_root(&more[..k]), &defined_root(&more[k..]))
        }
    }
}

fn flipped(mut hash: Hash, bit: usize) -> Hash {
    hash[bit / 8] ^= 1 << (bit % 8);
    hash
}

fn at(number: usize) -> u64 {
    number.try_into().unwrap()
}

#[test]
fn roots_are_the_published_ones() {
    let leaves = reference_leaves();
    let mut edge = Edge::default();
    assert_eq!(edge.root(), hash(ROOTS[0]));
    for (count, expect) in ROOTS.iter().enumerate().skip(1) {
        edge.push(leaves[count - 1]);
        assert_eq!(edge.root(), hash(expect), "{count} leaves");
        assert_eq!(edge.size(), at(count));
        assert_eq!(root(&leaves[..count]), hash(expect));
    }
}

#[test]
fn leaves_and_nodes_are_the_published_ones() {
    let expect = "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56";
    assert_eq!(leaf(b"L123456"), hash(expect));
    assert_eq!(node(&leaf(b""), &leaf(&[0])), hash(ROOTS[2]));
}

#[test]
fn proofs_of_inclusion_are_the_published_ones() {
    let leaves = reference_leaves();
    let check = |index: u64, size: usize, expect: &[&str]| {
        let proof = inclusion(&leaves[..size], index).unwrap();
        assert_eq!(proof, hashes(expect), "{index} of {size}");
        let leaf = leaves[usize::try_from(index).unwrap()];
        assert!(verify_inclusion(&leaf, index, at(size), &proof, &hash(ROOTS[size])));
    };
    check(0, 1, &[]);
    let [ab, cd, efgh] = [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        ROOTS[4],
    ];
    check(5, 8, &[ab, cd, efgh]);
    check(2, 3, &[ROOTS[2]]);
}

#[test]
fn proofs_of_consistency_are_the_published_ones() {
    let leaves = reference_leaves();
    let check = |old: usize, new: usize, expect: &[&str]| {
        let proof = consistency(&leaves[..new], at(old)).unwrap();
        assert_eq!(proof, hashes(expect), "{old} in {new}");
        let (old_root, new_root) = (hash(ROOTS[old]), hash(ROOTS[new]));
        assert!(verify_consistency(at(old), &old_root, at(new), &new_root, &proof));
    };
    check(1, 1, &[]);
    check(
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            ROOTS[4],
        ],
    );
    check(
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    );
}

#[test]
fn an_edge_with_a_wrong_number_of_hashes_is_refused() {
    let count = |size, needed, given| Err(EdgeFault::Count { size, needed, given });
    assert_eq!(Edge::from_parts(0, vec![]), Ok(Edge::default()));
    assert_eq!(Edge::from_parts(5, vec![[0; 32]]), count(5, 2, 1));
    assert_eq!(Edge::from_parts(4, vec![[0; 32]; 2]), count(4, 1, 2));
    assert_eq!(Edge::from_parts(0, vec![[0; 32]]), count(0, 0, 1));
    let too_large = LARGEST + 1;
    assert_eq!(
        Edge::from_parts(too_large, vec![[0; 32]]),
        Err(EdgeFault::TooLarge(too_large))
    );
    // The largest is taken, has a root, and no arithmetic on the way overflows.
    let mut edge = Edge::from_parts(LARGEST, vec![[7; 32]; 63]).unwrap();
    edge.push([8; 32]);
    assert_eq!((edge.size(), edge.hashes().len()), (too_large, 1));
}

#[test]
fn what_is_not_in_the_tree_has_no_proof() {
    let leaves = leaves(5);
    assert_eq!(inclusion(&leaves, 5), None);
    assert_eq!(inclusion(&leaves, u64::MAX), None);
    assert_eq!(inclusion(&[], 0), None);
    assert_eq!(consistency(&leaves, 6), None);
    assert_eq!(consistency(&leaves, u64::MAX), None);
    let root = root(&leaves);
    assert!(!verify_inclusion(&leaves[0], 5, 5, &[], &root));
    assert!(!verify_inclusion(&leaves[0], 0, 0, &[], &root));
    assert!(!verify_inclusion(&leaves[0], 0, 0, &[], &empty()));
}

#[test]
fn every_tree_grew_out_of_the_empty_one_and_of_itself() {
    let leaves = leaves(5);
    let root = root(&leaves);
    assert_eq!(consistency(&leaves, 0), Some(vec![]));
    assert!(verify_consistency(0, &empty(), 5, &root, &[]));
    assert!(verify_consistency(0, &empty(), 0, &empty(), &[]));
    assert!(!verify_consistency(0, &root, 0, &root, &[]));
    assert!(!verify_consistency(0, &root, 5, &root, &[]));
    assert!(!verify_consistency(0, &empty(), 5, &root, &[root]));
    assert_eq!(consistency(&leaves, 5), Some(vec![]));
    assert!(verify_consistency(5, &root, 5, &root, &[]));
    assert!(!verify_consistency(5, &root, 5, &root, &[root]));
    assert!(!verify_consistency(5, &root, 5, &empty(), &[]));
    assert!(!verify_consistency(5, &root, 4, &root, &[]));
    assert!(!verify_consistency(4, &root, 5, &root, &[]));
}

#[test]
fn hostile_sizes_do_no_harm() {
    let proof = vec![[1; 32]; 70];
    for size in [1, 2, 1 << 63, (1 << 63) + 1, u64::MAX - 1, u64::MAX] {
        for other in [0, 1, (1 << 63) - 1, 1 << 63, u64::MAX - 2, u64::MAX - 1, u64::MAX] {
            for length in 0..=proof.len() {
                assert!(!verify_inclusion(&[2; 32], other, size, &proof[..length], &[3; 32]));
                assert!(!verify_consistency(other, &[2; 32], size, &[3; 32], &proof[..length]));
            }
        }
    }
}

#[test]
fn every_small_tree_is_proved_to_every_other() {
    for new in 0..=40_usize {
        let leaves = leaves(new);
        let new_root = root(&leaves);
        for old in 0..=new {
            let old_root = root(&leaves[..old]);
            let proof = consistency(&leaves, at(old)).unwrap();
            for claimed in 1..=new + 1 {
                let holds = verify_consistency(at(claimed), &old_root, at(new), &new_root, &proof);
                assert_eq!(holds, claimed == old, "{claimed} for {old} in {new}");
            }
        }
        for (index, leaf) in leaves.iter().enumerate() {
            let proof = inclusion(&leaves, at(index)).unwrap();
            for claimed in 0..=new {
                let holds = verify_inclusion(leaf, at(claimed), at(new), &proof, &new_root);
                assert_eq!(holds, claimed == index, "{claimed} for {index} of {new}");
            }
        }
    }
}

proptest! {
    #[test]
    fn an_edge_has_the_root_of_the_definition(
        leaves in prop::collection::vec(any::<Hash>(), 0..200), cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(leaves.len() + 1);
        let mut edge = Edge::default();
        leaves[..cut].iter().for_each(|leaf| edge.push(*leaf));
        prop_assert_eq!(edge.root(), defined_root(&leaves[..cut]));
        // Stored and taken up again.
        let mut edge = Edge::from_parts(edge.size(), edge.hashes().to_vec()).unwrap();
        leaves[cut..].iter().for_each(|leaf| edge.push(*leaf));
        prop_assert_eq!(edge.root(), defined_root(&leaves));
        prop_assert_eq!(edge.size(), at(leaves.len()));
    }

    #[test]
    fn a_proof_of_inclusion_holds_for_nothing_else(
        size in 1..150_usize, index in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
        bit in 0..256_usize, extra in any::<Hash>(),
    ) {
        let leaves = leaves(size);
        let (root, index) = (defined_root(&leaves), index.index(size));
        let (leaf, place, count) = (leaves[index], at(index), at(size));
        let proof = inclusion(&leaves, place).unwrap();
        prop_assert!(verify_inclusion(&leaf, place, count, &proof, &root));
        prop_assert!(!verify_inclusion(&flipped(leaf, bit), place, count, &proof, &root));
        prop_assert!(!verify_inclusion(&leaf, place, count, &proof, &flipped(root, bit)));
        for number in 0..proof.len() {
            let mut wrong = proof.clone();
            wrong[number] = flipped(wrong[number], bit);
            prop_assert!(!verify_inclusion(&leaf, place, count, &wrong, &root));
            wrong.remove(number);
            prop_assert!(!verify_inclusion(&leaf, place, count, &wrong, &root));
            wrong.insert(number, proof[number]);
            wrong.insert(number, extra);
            prop_assert!(!verify_inclusion(&leaf, place, count, &wrong, &root));
        }
        let longer = [&proof[..], &[extra]].concat();
        prop_assert!(!verify_inclusion(&leaf, place, count, &longer, &root));
        // Another size comes with the root of that size.
        let other = other.index(size);
        if other > 0 {
            let other_root = defined_root(&leaves[..other]);
            prop_assert!(!verify_inclusion(&leaf, place, at(other), &proof, &other_root));
        }
    }

    #[test]
    fn a_proof_of_consistency_holds_for_nothing_else(
        new in 2..150_usize, old in any::<prop::sample::Index>(), changed in any::<prop::sample::Index>(),
        bit in 0..256_usize, extra in any::<Hash>(),
    ) {
        let leaves = leaves(new);
        let old = 1 + old.index(new - 1);
        let (old_root, new_root) = (defined_root(&leaves[..old]), defined_root(&leaves));
        let proof = consistency(&leaves, at(old)).unwrap();
        let holds = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
            verify_consistency(at(old), old_root, at(new), new_root, proof)
        };
        prop_assert!(holds(&old_root, &new_root, &proof));
        prop_assert!(!holds(&flipped(old_root, bit), &new_root, &proof));
        prop_assert!(!holds(&old_root, &flipped(new_root, bit), &proof));
        for number in 0..proof.len() {
            let mut wrong = proof.clone();
            wrong[number] = flipped(wrong[number], bit);
            prop_assert!(!holds(&old_root, &new_root, &wrong));
            wrong.remove(number);
            prop_assert!(!holds(&old_root, &new_root, &wrong));
        }
        prop_assert!(!holds(&old_root, &new_root, &[&proof[..], &[extra]].concat()));
        // An old leaf that was changed afterwards shows, whatever of the two trees the proof is made from.
        let mut rewritten = leaves.clone();
        let place = changed.index(old);
        rewritten[place] = flipped(rewritten[place], bit);
        let rewritten_root = defined_root(&rewritten);
        prop_assert!(!holds(&old_root, &rewritten_root, &proof));
        prop_assert!(!holds(&old_root, &rewritten_root, &consistency(&rewritten, at(old)).unwrap()));
    }
}
