//! Published data that stand beside the package, in `shared/data`, and are not copied because of their licences or size.

use std::path::{Path, PathBuf};

/// A file or folder of the shared data; where it is absent, that is said and the test passes without it.
///
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
