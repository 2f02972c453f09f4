//! What was read before, kept apart for each scope: who may see less is never answered from what others were shown.

use std::sync::{Arc, Mutex};

use sha2::{Digest, Sha256};

use super::audit::shown::Restricted;
use super::extents::Extents;
use super::features::Counts;
use super::register::Registers;
use super::tile::Tiles;
use super::window::Windows;
use crate::store::record::Labels;

/// The answers for one scope; each kind of them knows by itself when it is out of date.
#[derive(Default)]
pub struct Memory {
    /// Stands for the scope in the tags of answers.
    pub mark: u64,
    pub registers: Registers,
    /// What records are called.
    pub labels: Labels,
    pub counts: Counts,
    pub tiles: Tiles,
    pub windows: Windows,
    pub extents: Extents,
    /// Which collections hold restricted records.
    pub restricted: Restricted,
}

/// Scopes whose answers are kept, at most. Colleagues of one role share a scope, so an office has few.
const MOST: usize = 16;

/// The memories of all scopes, the one asked for last at the end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Memories(Arc<Mutex<Vec<Of>>>);

/// A scope, and what is kept in mind for it.
type Of = (Arc<str>, Arc<Memory>);

impl Memories {
    /// The memory of a scope; a new one where there is none.
    pub fn of(&self, scope: &Arc<str>) -> Arc<Memory> {
        let Ok(mut kept) = self.0.lock() else {
            return Arc::default();
        };
        let found = kept.iter().rposition(|(known, _)| known == scope);
        let entry = match found {
            Some(at) => kept.remove(at),
            None => {
                let memory = Memory {
                    mark: mark(scope),
                    ..Memory::default()
                };
                (Arc::clone(scope), Arc::new(memory))
            }
        };
        if kept.len() >= MOST {
            kept.remove(0);
        }
        let memory = Arc::clone(&entry.1);
        kept.push(entry);
        memory
    }

    /// Forgets in all of them what records are called, after one was renamed.
    pub fn forget_labels(&self) {
        if let Ok(kept) = self.0.lock() {
            for (_, memory) in kept.iter() {
                memory.labels.forget();
            }
        }
    }
}

/// The beginning of the digest of a scope, the same in every service.
fn mark(scope: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(scope).into();
    digest.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_has_a_memory_of_its_own() {
        let memories = Memories::default();
        let [one, other]: [Arc<str>; 2] = [";line=public;".into(), ";all;".into()];
        assert!(Arc::ptr_eq(&memories.of(&one), &memories.of(&one)));
        assert!(!Arc::ptr_eq(&memories.of(&one), &memories.of(&other)));
        let kept = memories.of(&one);
        for scope in 0..MOST {
            memories.of(&scope.to_string().into());
        }
        assert!(
            !Arc::ptr_eq(&kept, &memories.of(&one)),
            "the one not asked for longest is given up"
        );
    }
}
