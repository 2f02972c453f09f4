//! Files that the tests read.

use std::path::{Path, PathBuf};

/// The place of a sample file, from the folder of samples on.
pub fn sample_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/sample").join(name)
}

/// The bytes of a sample file.
pub fn sample(name: &str) -> Vec<u8> {
    std::fs::read(sample_path(name)).unwrap()
}
