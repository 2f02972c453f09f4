//! What PostgreSQL calls to put a finished piece of its log into the archive, and to fetch one back.
//!
//! Both are short shell scripts below the service's own folder, written at every start. PostgreSQL runs them as its own
//! user, who may not be able to reach this program; `sh`, `gzip`, `cmp` and `sync` are on every machine.
//!
//! ```text
//! <backup folder>/wal/<identifier of the database>/000000010000000000000003.gz
//! ```
//!
//! The innermost folder belongs to PostgreSQL's user. It is named after the database, so that two registers with one
//! folder of backups never write over one another's pieces.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::error::{At, ClusterError};
use super::layout::{Layout, write};
use super::owner::Owner;

/// A commit is in the archive at most so many seconds later.
const SECONDS: u32 = 60;

/// The folder of the archive inside the folder of backups.
pub const WAL: &str = "wal";

/// Makes the archive's folder and script; the settings that use them.
pub(super) fn settings(layout: &Layout, owner: &Owner, backups: &Path) -> Result<String, ClusterError> {
    owner.passable_dir(backups)?;
    let backups = backups.canonicalize().at(backups)?;
    owner.must_reach(&backups)?;
    let wal = backups.join(WAL);
    owner.passable_dir(&wal)?;
    let folder = wal.join(layout.system_identifier()?);
    owner.private_dir(&folder)?;
    let meta = std::fs::symlink_metadata(&folder).at(&folder)?;
    if !meta.is_dir() || meta.uid() != owner.uid {
        return Err(ClusterError::ArchiveFolder {
            dir: folder,
            owner: owner.name.clone(),
        });
    }
    let script = layout.root.join("archive.sh");
    write(&script, &keeping(&folder))?;
    Ok(format!(
        "archive_mode = on\narchive_command = {}\narchive_timeout = {SECONDS}\n",
        setting(&command(&script, "%p", "%f"))
    ))
}

/// The command that fetches a piece from a folder in which the pieces lie as the archive has them.
pub(super) fn fetching(layout: &Layout, folder: &Path) -> Result<String, ClusterError> {
    let script = layout.root.join("fetch.sh");
    let text = format!(
        "#!/bin/sh\n# $1: the name that PostgreSQL asks for; $2: where it wants the file.\nset -eu\nfrom={}\n\
         [ -e \"$from/$1.gz\" ] || exit 1\ngzip -dc -- \"$from/$1.gz\" > \"$2\"\n",
        word(folder)
    );
    write(&script, &text)?;
    Ok(command(&script, "%f", "%p"))
}

fn keeping(folder: &Path) -> String {
    format!(
        r#"#!/bin/sh
# Written by Merestone at every start; changes made here are lost.
# $1: a finished piece of PostgreSQL's log; $2: its name. 0 says that the piece is safe and may be forgotten.
set -eu
umask 077
to={}
place="$to/$2.gz"
if [ -e "$place" ]; then
    # Said before, and the answer was lost: fine. Another piece of this name is never written over.
    gzip -dc -- "$place" | cmp -s - "$1" && exit 0
    echo "$place is there already and is not this piece" >&2
    exit 1
fi
beside="$to/.$2.new"
trap 'rm -f -- "$beside"' EXIT
gzip -1 -n -c -- "$1" > "$beside"
sync "$beside"
# A link fails where something is; some file systems have none.
ln -- "$beside" "$place" 2>/dev/null || {{ [ ! -e "$place" ] && mv -- "$beside" "$place"; }}
sync "$to"
"#,
        word(folder)
    )
}

/// A path as one word of the shell.
fn word(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

/// Runs a script with two of PostgreSQL's placeholders.
fn command(script: &Path, one: &str, two: &str) -> String {
    format!("/bin/sh {} \"{one}\" \"{two}\"", word(script).replace('%', "%%"))
}

/// A text as a value of the settings file.
fn setting(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', "''"))
}

/// The archive of one database in a folder of backups.
pub fn folder(backups: &Path, system: &str) -> PathBuf {
    backups.join(WAL).join(system)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_piece_is_kept_once_and_never_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("it's here");
        std::fs::create_dir(&to).unwrap();
        let script = dir.path().join("archive.sh");
        std::fs::write(&script, keeping(&to)).unwrap();
        let piece = dir.path().join("piece");
        let keep = || {
            Command::new("sh")
                .arg(&script)
                .arg(&piece)
                .arg("0001")
                .output()
                .unwrap()
        };
        std::fs::write(&piece, "one").unwrap();
        assert!(keep().status.success());
        assert!(keep().status.success(), "the same again is fine");
        std::fs::write(&piece, "two").unwrap();
        let refused = keep();
        assert!(!refused.status.success());
        assert!(String::from_utf8_lossy(&refused.stderr).contains("is there already"));
        let back = Command::new("gzip")
            .arg("-dc")
            .arg(to.join("0001.gz"))
            .output()
            .unwrap();
        assert_eq!(back.stdout, b"one");
        // What an interruption left beside it is no obstacle, and nothing is left.
        std::fs::write(to.join(".0002.new"), "half").unwrap();
        let two = Command::new("sh")
            .arg(&script)
            .arg(&piece)
            .arg("0002")
            .output()
            .unwrap();
        assert!(two.status.success(), "{two:?}");
        let names: Vec<_> = std::fs::read_dir(&to)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(names.len(), 2, "{names:?}");
        // A piece that is not there is a failure, not an empty piece.
        std::fs::remove_file(&piece).unwrap();
        let missing = Command::new("sh")
            .arg(&script)
            .arg(&piece)
            .arg("0003")
            .output()
            .unwrap();
        assert!(!missing.status.success() && !to.join("0003.gz").exists());
    }

    #[test]
    fn odd_paths_stay_one_word() {
        assert_eq!(
            command(Path::new("/a b/it's 5%"), "%p", "%f"),
            r#"/bin/sh '/a b/it'\''s 5%%' "%p" "%f""#
        );
        assert_eq!(setting(r"a'b\c"), r"'a''b\\c'");
    }
}
