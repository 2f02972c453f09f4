//! The folders and files of the private database, and what stands in them.
//!
//! ```text
//! <data dir>/merestone.lock                      one service a data folder
//! <data dir>/postgres/postgresql.merestone.conf  ours, written at every start; reads data/postgresql.conf first
//! <data dir>/postgres/local.conf                 the operator's own settings, if any; read after ours
//! <data dir>/postgres/pg_hba.conf pg_ident.conf  who may connect: the service's own user, nobody else
//! <data dir>/postgres/data/                      the database itself, as `initdb` made it
//! <data dir>/postgres/archive.sh                 keeps a finished piece of the write-ahead log
//! <data dir>/postgres/log/                       one log a weekday, overwritten a week later
//! <data dir>/postgres/reserve                    room given up when the disk is full
//! <data dir>/postgres/run/                       the socket, where its path is short enough
//! ```
//!
//! `postgres/` belongs to the service and only its subfolders to the user PostgreSQL runs as: a root service must not
//! write files where another user could have put a symbolic link.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::process::Signal;
use sha2::{Digest, Sha256};

use super::error::{At, ClusterError};
use super::installation::Installation;
use super::owner::Owner;
use super::{APPLICATION, Durability, SUPERUSER, archive, process};

/// The number in the socket's file name. Nothing listens on a network port.
pub const PORT: u16 = 5432;

/// A socket's path has 108 bytes in the kernel, the last of them zero.
const LONGEST_SOCKET_PATH: usize = 107;

/// The one short folder that every machine has and every user may write to.
const SHORT_FOLDER: &str = "/tmp";

/// Where everything of one private database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    pub root: PathBuf,
    pub data: PathBuf,
    pub log: PathBuf,
    pub socket: PathBuf,
}

impl Layout {
    /// `data_dir` is absolute and without symbolic links.
    pub fn new(data_dir: &Path, owner: &Owner) -> Self {
        let root = data_dir.join("postgres");
        Self {
            data: root.join("data"),
            log: root.join("log"),
            socket: socket_folder(&root, owner),
            root,
        }
    }

    /// The text of `PG_VERSION`, or `None` before the first start.
    pub fn stored_version(&self) -> Result<Option<String>, ClusterError> {
        let file = self.data.join("PG_VERSION");
        match std::fs::read_to_string(&file) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).at(&file),
            Err(_) => match std::fs::read_dir(&self.data) {
                Ok(mut entries) => match entries.next() {
                    Some(_) => Err(ClusterError::NotADatabase { dir: self.data.clone() }),
                    None => Ok(None),
                },
                Err(_) => Ok(None),
            },
        }
    }

    /// Identifies the database and every copy of it.
    pub fn system_identifier(&self) -> Result<String, ClusterError> {
        system_identifier(&self.data)
    }

    /// Makes the folders that every start needs.
    pub fn make_folders(&self, owner: &Owner) -> Result<(), ClusterError> {
        owner.passable_dir(&self.root)?;
        owner.private_dir(&self.log)?;
        owner.private_dir(&self.socket)?;
        // Somebody else may have made the folder of this name under /tmp before us.
        let meta = std::fs::symlink_metadata(&self.socket).at(&self.socket)?;
        if !meta.is_dir() || meta.uid() != owner.uid || meta.mode() & 0o077 != 0 {
            return Err(ClusterError::SocketFolder {
                dir: self.socket.clone(),
            });
        }
        Ok(())
    }

    /// Removes the socket's folder after a stop, where it is not inside the data folder.
    pub fn remove_short_socket_folder(&self) {
        if !self.socket.starts_with(&self.root)
            && let Err(error) = std::fs::remove_dir(&self.socket)
        {
            tracing::debug!(%error, "the socket folder stays");
        }
    }

    /// Removes a socket that a killed server has left, and the note beside it with a number that may be in use again.
    pub fn remove_sockets(&self) {
        for entry in std::fs::read_dir(&self.socket).into_iter().flatten().flatten() {
            if entry.file_name().as_bytes().starts_with(b".s.PGSQL.")
                && let Err(error) = std::fs::remove_file(entry.path())
            {
                tracing::warn!(%error, "an old socket stays");
            }
        }
    }

    /// Creates the database files: beside their place first, so that an interrupted creation is never taken for a
    /// database, then renamed into it.
    pub async fn create(
        &self,
        installation: &Installation,
        owner: &Owner,
        durability: Durability,
    ) -> Result<(), ClusterError> {
        let new = self.root.join("data.new");
        for pid in process::creating(&new) {
            process::signal(pid, Signal::KILL);
        }
        process::clear(&new).await?;
        match std::fs::remove_dir_all(&new) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).at(&new),
            _ => {}
        }
        owner.private_dir(&new)?;
        let mut command = owner.command(&installation.bin.join("initdb"));
        command.arg("-D").arg(&new).args([
            "-U",
            SUPERUSER,
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "-A",
            "peer",
            "--no-instructions",
        ]);
        if durability == Durability::Fast {
            command.arg("--no-sync");
        }
        let program = installation.bin.join("initdb");
        let output = command.kill_on_drop(true).output().await.at(&program)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(ClusterError::Init { log: last_lines(&said) });
        }
        // An empty `data` may be there; renaming over an empty folder is allowed.
        std::fs::rename(&new, &self.data).at(&self.data)?;
        sync_folder(&self.root)
    }

    /// Writes our settings and who may connect.
    pub fn write_settings(
        &self,
        owner: &Owner,
        durability: Durability,
        backups: Option<&Path>,
    ) -> Result<PathBuf, ClusterError> {
        let identity = self.root.join("pg_ident.conf");
        let mut users = vec![&owner.service, &owner.name];
        users.dedup();
        let lines: String = users
            .iter()
            .flat_map(|user| [SUPERUSER, APPLICATION].map(|role| format!("merestone \"{user}\" {role}\n")))
            .collect();
        write(&identity, &format!("{HEAD}{lines}"))?;
        let access = self.root.join("pg_hba.conf");
        write(
            &access,
            &format!("{HEAD}local all,replication all peer map=merestone\n"),
        )?;
        let archive = match backups {
            Some(backups) => archive::settings(self, owner, backups)?,
            None => "archive_mode = off\n".to_owned(),
        };
        let settings = self.root.join("postgresql.merestone.conf");
        write(&settings, &self.settings(&access, &identity, durability, &archive))?;
        Ok(settings)
    }

    fn settings(&self, access: &Path, identity: &Path, durability: Durability, archive: &str) -> String {
        let durable = match durability {
            Durability::Durable => "on",
            Durability::Fast => "off",
        };
        format!(
            "{HEAD}\
             # Put settings of your own into local.conf beside this file; it is read last.\n\
             include {stored}\n\
             hba_file = {access}\n\
             ident_file = {identity}\n\
             listen_addresses = ''\n\
             port = {PORT}\n\
             unix_socket_directories = {socket}\n\
             unix_socket_permissions = 0700\n\
             max_connections = 50\n\
             shared_buffers = 128MB\n\
             jit = off\n\
             # What is acknowledged is on the disk. The service does not start when one of these is off.\n\
             fsync = {durable}\n\
             synchronous_commit = on\n\
             full_page_writes = {durable}\n\
             {after_crash}\
             wal_level = replica\n\
             {archive}\
             restart_after_crash = on\n\
             timezone = 'UTC'\n\
             log_timezone = 'UTC'\n\
             lc_messages = 'C'\n\
             logging_collector = on\n\
             log_directory = {log}\n\
             log_filename = 'postgresql-%a.log'\n\
             log_rotation_age = 1d\n\
             log_rotation_size = 0\n\
             log_truncate_on_rotation = on\n\
             log_line_prefix = '%m [%p] %q%u@%d '\n\
             # Rasters are not used; a raster driver would read files and addresses named in a query.\n\
             postgis.gdal_enabled_drivers = 'DISABLE_ALL'\n\
             postgis.enable_outdb_rasters = off\n\
             include_if_exists {local}\n",
            after_crash = after_crash(),
            stored = quoted(&self.data.join("postgresql.conf")),
            access = quoted(access),
            identity = quoted(identity),
            socket = quoted(&quoted_in_list(&self.socket)),
            log = quoted(&self.log),
            local = quoted(&self.root.join("local.conf")),
        )
    }

    /// Where the server writes until its own log is open.
    pub fn start_log(&self) -> PathBuf {
        self.root.join("start.log")
    }

    /// What the server said last, for the person who has to mend it.
    pub fn last_words(&self) -> String {
        let read = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        let early = read(&self.start_log());
        if early.contains("FATAL") || early.contains("PANIC") {
            return last_lines(&early);
        }
        let newest = std::fs::read_dir(&self.log)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .max_by_key(|path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok());
        last_lines(&newest.map(|log| read(&log)).unwrap_or(early))
    }
}

/// The first number of the control file of a database.
pub fn system_identifier(data: &Path) -> Result<String, ClusterError> {
    use std::io::Read;
    let path = data.join("global/pg_control");
    let mut number = [0; 8];
    std::fs::File::open(&path)
        .and_then(|mut file| file.read_exact(&mut number))
        .at(&path)?;
    Ok(u64::from_ne_bytes(number).to_string())
}

const HEAD: &str = "# Written by Merestone at every start; changes made here are lost.\n";

/// The service's own folder if the path fits, else a short one that only the owner may enter.
fn socket_folder(root: &Path, owner: &Owner) -> PathBuf {
    let inside = root.join("run");
    let file = format!("/.s.PGSQL.{PORT}");
    let fits = |dir: &Path| dir.as_os_str().len() + file.len() <= LONGEST_SOCKET_PATH;
    if fits(&inside) {
        return inside;
    }
    let digest = Sha256::digest(root.as_os_str().as_bytes());
    let hash: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
    if let Some(runtime) = runtime.filter(|dir| dir.is_absolute() && !owner.lowered) {
        let short = runtime.join(format!("merestone-{hash}"));
        if fits(&short) && std::fs::metadata(&runtime).is_ok_and(|meta| meta.is_dir() && meta.uid() == owner.uid) {
            return short;
        }
    }
    Path::new(SHORT_FOLDER).join(format!("merestone-{}-{hash}", owner.uid))
}

/// How the files are brought to the disk once more after a kill, before the log is replayed: all of the file system at
/// once, where the kernel then tells of what could not be written (since 5.8). File by file it took 5.2 s until the
/// service was ready again; so it takes 0.4 s.
fn after_crash() -> &'static str {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|n| n.parse::<u32>().unwrap_or(0));
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if version >= (5, 8) {
        "recovery_init_sync_method = syncfs\n"
    } else {
        ""
    }
}

/// A value of the settings file.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "''"))
}

/// A folder in a list of folders, where a comma would end it.
fn quoted_in_list(path: &Path) -> PathBuf {
    PathBuf::from(format!("\"{}\"", path.display().to_string().replace('"', "\"\"")))
}

/// Replaces a file as a whole: a crash leaves the old one or the new one.
pub(super) fn write(path: &Path, text: &str) -> Result<(), ClusterError> {
    use std::os::unix::fs::PermissionsExt;
    let new = path.with_extension("new");
    let mut file = std::fs::File::create(&new).at(&new)?;
    file.write_all(text.as_bytes()).at(&new)?;
    // PostgreSQL's user reads these; the folder decides who else can get here.
    file.set_permissions(std::fs::Permissions::from_mode(0o644)).at(&new)?;
    file.sync_all().at(&new)?;
    std::fs::rename(&new, path).at(path)
}

fn sync_folder(dir: &Path) -> Result<(), ClusterError> {
    std::fs::File::open(dir).and_then(|file| file.sync_all()).at(dir)
}

/// The last complaint of a log with the line before it, which often has the reason, and the advice after it.
fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let complaint = |line: &&str| ["FATAL:", "PANIC:", "error:"].iter().any(|word| line.contains(word));
    let Some(last) = lines.iter().rposition(complaint).or(lines.len().checked_sub(1)) else {
        return "it said nothing".to_owned();
    };
    let advice = lines
        .iter()
        .skip(last + 1)
        .take_while(|line| line.contains("HINT:") || line.contains("DETAIL:"));
    let said = lines[last.saturating_sub(1)..=last].iter().chain(advice);
    said.map(|line| without_stamp(line)).collect::<Vec<_>>().join(" / ")
}

/// "FATAL:  x" from "2026-11-23 09:04:29.986 UTC [2816] FATAL:  x".
fn without_stamp(line: &str) -> &str {
    match line.split_once("] ") {
        Some((stamp, rest)) if stamp.starts_with(|c: char| c.is_ascii_digit()) => rest.trim_start(),
        _ => line,
    }
}
