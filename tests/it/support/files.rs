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

/// A file that stands beside the package because of its licence; where it is absent the test says so and passes.
/// `MERESTONE_SHARED` names another place.
pub fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("MERESTONE_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    );
    let path = root.join("data").join(path);
    if path.exists() {
        Some(path)
    } else {
        eprintln!("SKIPPED: {} is not at hand", path.display());
        None
    }
}
