//! Which user of the machine PostgreSQL runs as. It refuses root, and rightly.

use std::ffi::OsStr;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use tokio::process::Command;

use super::error::{At, ClusterError};

/// Names the user to run PostgreSQL as when the service is root.
pub const VARIABLE: &str = "MERESTONE_PG_OWNER";

const DEFAULT: &str = "postgres";

/// The user that owns the database files and runs the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
    /// The service's own user name, which the server lets in.
    pub service: String,
    /// Whether the service is root and the server must run as someone else.
    pub lowered: bool,
}

impl Owner {
    /// The service's own user; for root the owner of `data` if it exists, else [`VARIABLE`], else `postgres`.
    pub async fn find(data: &Path) -> Result<Self, ClusterError> {
        let uid = rustix::process::geteuid().as_raw();
        let gid = rustix::process::getegid().as_raw();
        let service = id(["-un"]).await?.unwrap_or_else(|| uid.to_string());
        let stored = std::fs::metadata(data).ok();
        if uid != 0 {
            if let Some(other) = stored.map(|meta| meta.uid()).filter(|other| *other != uid) {
                return Err(ClusterError::OtherOwner {
                    dir: data.to_owned(),
                    uid: other,
                });
            }
            return Ok(Self {
                name: service.clone(),
                uid,
                gid,
                service,
                lowered: false,
            });
        }
        let wanted = match stored.map(|meta| meta.uid()).filter(|owner| *owner != 0) {
            Some(owner) => owner.to_string(),
            None => std::env::var(VARIABLE)
                .ok()
                .filter(|name| !name.is_empty())
                .unwrap_or_else(|| DEFAULT.to_owned()),
        };
        let missing = || ClusterError::NoOwner { name: wanted.clone() };
        // `id` resolves names the way the rest of the machine does, directory services included.
        let number = |text: Option<String>| text.and_then(|text| text.parse::<u32>().ok());
        let uid = number(id(["-u", &wanted]).await?).filter(|uid| *uid != 0);
        let gid = number(id(["-g", &wanted]).await?);
        let name = id(["-un", &wanted]).await?;
        Ok(Self {
            name: name.ok_or_else(missing)?,
            uid: uid.ok_or_else(missing)?,
            gid: gid.ok_or_else(missing)?,
            service,
            lowered: true,
        })
    }

    /// A program that runs as this user, in a folder everybody may enter, without the service's environment.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("LC_ALL", "C.UTF-8")
            .current_dir("/")
            .stdin(std::process::Stdio::null());
        if self.lowered {
            // With a user set, the standard library also gives up root's supplementary groups.
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Makes a folder that only this user may use, unless it is there.
    pub fn private_dir(&self, dir: &Path) -> Result<(), ClusterError> {
        match std::fs::DirBuilder::new().mode(0o700).create(dir) {
            Ok(()) if self.lowered => std::os::unix::fs::chown(dir, Some(self.uid), Some(self.gid)).at(dir),
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error).at(dir),
            _ => Ok(()),
        }
    }

    /// Makes a folder of the service that this user may pass through, unless it is there.
    pub fn passable_dir(&self, dir: &Path) -> Result<(), ClusterError> {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(if self.lowered { 0o711 } else { 0o700 })
            .create(dir)
            .at(dir)
    }

    /// Refuses when a folder on the way to `dir`, or `dir` itself, cannot be entered by this user.
    pub fn must_reach(&self, dir: &Path) -> Result<(), ClusterError> {
        if !self.lowered {
            return Ok(());
        }
        let mut ways: Vec<&Path> = dir.ancestors().collect();
        ways.reverse();
        for way in ways {
            let meta = std::fs::metadata(way).at(way)?;
            let bit = if meta.uid() == self.uid {
                0o100
            } else if meta.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if meta.mode() & bit == 0 {
                return Err(ClusterError::Unreachable {
                    dir: way.to_owned(),
                    owner: self.name.clone(),
                });
            }
        }
        Ok(())
    }
}

async fn id<const N: usize>(arguments: [&str; N]) -> Result<Option<String>, ClusterError> {
    let output = Command::new("id")
        .args(arguments.map(OsStr::new))
        .output()
        .await
        .at(PathBuf::from("id"))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok((output.status.success() && !said.is_empty()).then_some(said))
}
