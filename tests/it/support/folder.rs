//! Folders that go away with the test.

use std::os::unix::fs::PermissionsExt;

/// A fresh folder that PostgreSQL's user may pass through, too: under root it is another user than the test's.
pub fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    dir
}
