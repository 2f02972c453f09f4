//! Finding PostgreSQL and PostGIS on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::ClusterError;

/// The oldest major version the register's SQL runs on.
pub const OLDEST: u32 = 15;

/// The programs of one PostgreSQL version, with PostGIS beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    /// Holds `postgres` and `initdb`.
    pub bin: PathBuf,
    pub major: u32,
}

impl Installation {
    /// The version that wrote the stored data (`wanted`, the text of `PG_VERSION`), else the newest with PostGIS.
    pub fn find(wanted: Option<&str>) -> Result<Self, ClusterError> {
        Self::find_in(&places(), wanted)
    }

    /// As [`Installation::find`], among the given folders of programs.
    pub fn find_in(places: &[PathBuf], wanted: Option<&str>) -> Result<Self, ClusterError> {
        let mut found: Vec<Self> = Vec::new();
        for bin in places {
            if let Some(major) = major_of(bin)
                && bin.join("initdb").exists()
                && !found.iter().any(|other| other.major == major)
            {
                found.push(Self {
                    bin: bin.clone(),
                    major,
                });
            }
        }
        found.sort_by_key(|installation| std::cmp::Reverse(installation.major));
        let Some(newest) = found.first().map(|installation| installation.major) else {
            return Err(ClusterError::NoServer);
        };
        if let Some(wanted) = wanted {
            let matching = found.iter().find(|one| one.major.to_string() == wanted);
            return match matching {
                Some(one) if one.has_postgis() => Ok(one.clone()),
                Some(one) => Err(ClusterError::NoPostgis { major: one.major }),
                None => Err(ClusterError::OtherVersion {
                    data: wanted.to_owned(),
                    found: found.iter().map(|one| one.major).collect(),
                }),
            };
        }
        found.retain(|one| one.major >= OLDEST);
        let Some(newest_usable) = found.first().map(|one| one.major) else {
            return Err(ClusterError::TooOld {
                found: newest,
                needed: OLDEST,
            });
        };
        found
            .into_iter()
            .find(Self::has_postgis)
            .ok_or(ClusterError::NoPostgis { major: newest_usable })
    }

    fn has_postgis(&self) -> bool {
        let said = answer(&self.bin.join("pg_config"), "--sharedir");
        let share = said.map_or_else(
            || PathBuf::from(format!("/usr/share/postgresql/{}", self.major)),
            PathBuf::from,
        );
        share.join("extension/postgis.control").exists()
    }
}

/// Debian's folders first, then what `pg_config` says, then the search path.
fn places() -> Vec<PathBuf> {
    let mut places: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin"))
        .collect();
    places.extend(answer(Path::new("pg_config"), "--bindir").map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path));
    }
    places
}

/// 15 from "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)".
fn major_of(bin: &Path) -> Option<u32> {
    let program = bin.join("postgres");
    if !program.exists() {
        return None;
    }
    let said = answer(&program, "--version")?;
    let version = said.split_whitespace().nth(2)?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

fn answer(program: &Path, question: &str) -> Option<String> {
    let output = Command::new(program).arg(question).current_dir("/").output().ok()?;
    let said = String::from_utf8(output.stdout).ok()?;
    (output.status.success() && !said.trim().is_empty()).then(|| said.trim().to_owned())
}
