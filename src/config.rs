//! One `Config`: file < environment < flags; checked once, before anything starts. With none at all everything works.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::Message;

/// Where a setting's value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    Environment,
    Flag,
}

impl Source {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "merestone.toml",
            Self::Environment => "environment",
            Self::Flag => "flag",
        }
    }
}

/// A setting as it holds, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<T> {
    pub value: T,
    pub source: Source,
}

/// All settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Address to listen on. Beyond this machine only with a certificate, and once there is an administrator.
    pub bind: Setting<SocketAddr>,
    /// Originals, the private database, and everything else that is kept.
    pub data_dir: Setting<PathBuf>,
    /// A PostgreSQL of one's own; unset, a private one is kept under the data folder.
    pub database_url: Setting<Option<String>>,
    /// Whether nothing in that server need outlive a power cut.
    pub scratch: Setting<bool>,
    /// Connections to the database, at most.
    pub database_connections: Setting<u32>,
    /// Megabytes of one upload, at most.
    pub upload_limit_mb: Setting<u64>,
    /// Folders in which fonts are looked for.
    pub font_dirs: Setting<Vec<PathBuf>>,
    /// The file worker; unset, the one beside this program.
    pub file_worker: Setting<Option<PathBuf>>,
    /// How well the file worker must be fenced in.
    pub file_fence: Setting<Fence>,
    /// The address under which others reach the service, where it stands behind another server.
    pub public_url: Setting<Option<String>>,
    pub public_page: Setting<bool>,
    /// PEM files: the chain of certificates, and its key. With them every connection is encrypted.
    pub tls_chain: Setting<Option<PathBuf>>,
    pub tls_key: Setting<Option<PathBuf>>,
    /// Where backups and the write-ahead log go; unset, `backups` under the data folder.
    pub backup_dir: Setting<Option<PathBuf>>,
    /// Hours between two backups that the service makes by itself; 0 for none.
    pub backup_every_hours: Setting<u32>,
    /// Days of which each moment can be restored.
    pub backup_keep_days: Setting<u32>,
    /// Days between two restores for trial that the service makes by itself; 0 for none.
    pub drill_every_days: Setting<u32>,
    /// Whether a register with data may be migrated without a fresh backup.
    pub without_backup: Setting<bool>,
    /// Origins whose pages may use the service; [`ANY_ORIGIN`] lets pages of any origin read.
    pub cors_origins: Setting<Vec<String>>,
}

/// How well the file worker must be fenced in before it reads anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fence {
    /// No file but its own, no network, no other program.
    Full,
    /// As well as the kernel can.
    Partial,
}

impl Fence {
    const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Partial => "partial",
        }
    }
}

/// Stands in `cors_origins` for reading by pages of any origin.
pub const ANY_ORIGIN: &str = "*";

/// Every setting: its key in the file, its variable, and what it is for.
pub const SETTINGS: &[(&str, &str, &str)] = &[
    ("bind", "MERESTONE_BIND", "address to listen on"),
    (
        "data_dir",
        "MERESTONE_DATA_DIR",
        "folder for originals and the private database",
    ),
    (
        "database_url",
        "DATABASE_URL",
        "address of a PostgreSQL server to use instead of the private one",
    ),
    (
        "scratch",
        "MERESTONE_SCRATCH",
        "true: that server need not wait for its disk, since nothing in it is to be kept",
    ),
    (
        "database_connections",
        "MERESTONE_DATABASE_CONNECTIONS",
        "connections to the database, at most",
    ),
    (
        "upload_limit_mb",
        "MERESTONE_UPLOAD_LIMIT_MB",
        "megabytes of one upload, at most",
    ),
    (
        "font_dirs",
        "MERESTONE_FONT_DIRS",
        "folders in which fonts are looked for, separated by colons",
    ),
    (
        "public_url",
        "MERESTONE_PUBLIC_URL",
        "address under which others reach the service, where it stands behind another server",
    ),
    (
        "public_page",
        "MERESTONE_PUBLIC_PAGE",
        "true: who has not signed in is shown at /public what is public and in force, generalised",
    ),
    (
        "cors_origins",
        "MERESTONE_CORS_ORIGINS",
        "origins whose pages may read and write, separated by spaces; * lets any page read, none no other page",
    ),
    (
        "tls_chain",
        "MERESTONE_TLS_CHAIN",
        "PEM file of the certificate and those that vouch for it; with it every connection is encrypted",
    ),
    (
        "tls_key",
        "MERESTONE_TLS_KEY",
        "PEM file of the certificate's key, which others may not read",
    ),
    (
        "backup_dir",
        "MERESTONE_BACKUP_DIR",
        "folder for backups and the write-ahead log, best on another disk",
    ),
    (
        "backup_every_hours",
        "MERESTONE_BACKUP_EVERY_HOURS",
        "hours between two backups that the service makes by itself, 0 for none",
    ),
    (
        "backup_keep_days",
        "MERESTONE_BACKUP_KEEP_DAYS",
        "days of which each moment can be restored",
    ),
    (
        "drill_every_days",
        "MERESTONE_DRILL_EVERY_DAYS",
        "days between two restores for trial, 0 for none",
    ),
    (
        "without_backup",
        "MERESTONE_WITHOUT_BACKUP",
        "true: a register with data is migrated without a fresh backup",
    ),
    (
        "file_worker",
        "MERESTONE_FILE_WORKER",
        "the program that reads feature files, instead of the one beside merestone",
    ),
    (
        "file_fence",
        "MERESTONE_FILE_FENCE",
        "how well that program must be fenced in: full, or partial for kernels that cannot",
    ),
];

/// Values given as flags.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub bind: Option<String>,
    pub data_dir: Option<PathBuf>,
    /// Given, it is true.
    pub without_backup: bool,
}

struct Reader<'a> {
    file: toml::Table,
    environment: &'a dyn Fn(&str) -> Option<String>,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn text(&self, key: &str, flag: Option<String>) -> Option<(String, Source)> {
        if let Some(value) = flag {
            return Some((value, Source::Flag));
        }
        let variable = SETTINGS
            .iter()
            .find(|(name, ..)| *name == key)
            .map_or("", |(_, variable, _)| *variable);
        if let Some(value) = (self.environment)(variable).filter(|value| !value.is_empty()) {
            return Some((value, Source::Environment));
        }
        let value = self.file.get(key)?;
        let text = match value {
            toml::Value::String(text) => text.clone(),
            toml::Value::Array(list) => list
                .iter()
                .filter_map(toml::Value::as_str)
                .collect::<Vec<_>>()
                .join(if key == "font_dirs" { ":" } else { " " }),
            other => other.to_string(),
        };
        Some((text, Source::File))
    }

    fn read<T>(
        &mut self,
        key: &str,
        flag: Option<String>,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Setting<T> {
        let Some((text, source)) = self.text(key, flag) else {
            return Setting {
                value: default,
                source: Source::Default,
            };
        };
        if let Some(value) = parse(&text) {
            return Setting { value, source };
        }
        self.mistakes.push(Mistake {
            at: key.to_owned(),
            detail: Message::new(
                format!("{text:?} is not valid ({})", source.word()),
                format!("{text:?} 无效（{}）", source.word()),
            ),
        });
        Setting {
            value: default,
            source: Source::Default,
        }
    }
}

impl Config {
    /// Puts the settings together.
    ///
    /// # Errors
    /// All settings that are not valid, at once.
    pub fn new(
        file: Option<&str>,
        environment: &dyn Fn(&str) -> Option<String>,
        flags: Flags,
    ) -> Result<Self, Problem> {
        let file = match file.map(str::parse::<toml::Table>) {
            None => toml::Table::new(),
            Some(Ok(table)) => table,
            Some(Err(fault)) => {
                return Err(Problem::new(
                    Code::ParameterInvalid,
                    Message::new(
                        format!("The settings cannot be read: {}.", fault.message()),
                        format!("无法读取设置：{}。", fault.message()),
                    ),
                    Message::new("Correct merestone.toml.", "请更正 merestone.toml。"),
                )
                .in_file("merestone.toml"));
            }
        };
        let mut reader = Reader {
            file,
            environment,
            mistakes: Vec::new(),
        };
        for key in reader
            .file
            .keys()
            .filter(|key| !SETTINGS.iter().any(|(name, ..)| name == key))
        {
            reader.mistakes.push(Mistake {
                at: key.clone(),
                detail: Message::new("is no setting", "不是设置项"),
            });
        }
        let loopback = SocketAddr::from(([127, 0, 0, 1], 8080));
        let config = Self {
            bind: reader.read("bind", flags.bind, loopback, |text| text.parse().ok()),
            data_dir: reader.read(
                "data_dir",
                flags.data_dir.map(|dir| dir.to_string_lossy().into_owned()),
                PathBuf::from("var/merestone"),
                |text| Some(PathBuf::from(text)),
            ),
            database_url: reader.read("database_url", None, None, |text| Some(Some(text.to_owned()))),
            scratch: reader.read("scratch", None, false, |text| text.parse().ok()),
            database_connections: reader.read("database_connections", None, 16, |text| {
                text.parse().ok().filter(|n| (2..=1000).contains(n))
            }),
            upload_limit_mb: reader.read("upload_limit_mb", None, 512, |text| {
                text.parse().ok().filter(|n| *n > 0)
            }),
            font_dirs: reader.read(
                "font_dirs",
                None,
                vec![
                    PathBuf::from("/usr/share/fonts"),
                    PathBuf::from("/usr/local/share/fonts"),
                ],
                |text| Some(text.split(':').map(PathBuf::from).collect()),
            ),
            public_url: reader.read("public_url", None, None, |text| {
                let address = text.trim_end_matches('/');
                is_address(address, true).then(|| Some(address.to_owned()))
            }),
            public_page: reader.read("public_page", None, false, |text| text.parse().ok()),
            cors_origins: reader.read("cors_origins", None, vec![ANY_ORIGIN.to_owned()], origins),
            tls_chain: reader.read("tls_chain", None, None, |text| Some(Some(PathBuf::from(text)))),
            tls_key: reader.read("tls_key", None, None, |text| Some(Some(PathBuf::from(text)))),
            backup_dir: reader.read("backup_dir", None, None, |text| Some(Some(PathBuf::from(text)))),
            backup_every_hours: reader.read("backup_every_hours", None, 24, |text| text.parse().ok()),
            backup_keep_days: reader.read("backup_keep_days", None, 35, |text| text.parse().ok()),
            drill_every_days: reader.read("drill_every_days", None, 7, |text| text.parse().ok()),
            without_backup: reader.read(
                "without_backup",
                flags.without_backup.then(|| true.to_string()),
                false,
                |text| text.parse().ok(),
            ),
            file_worker: reader.read("file_worker", None, None, |text| Some(Some(PathBuf::from(text)))),
            file_fence: reader.read("file_fence", None, Fence::Full, |text| {
                [Fence::Full, Fence::Partial].into_iter().find(|f| f.word() == text)
            }),
        };
        if reader.mistakes.is_empty() {
            return Ok(config);
        }
        Err(Problem::new(
            Code::ParameterInvalid,
            Message::new("Some settings are not valid.", "部分设置无效。"),
            Message::new("Correct them.", "请更正。"),
        )
        .with_mistakes(reader.mistakes))
    }

    /// The folder of backups.
    pub fn backups(&self) -> PathBuf {
        let unset = || self.data_dir.value.join("backups");
        self.backup_dir.value.clone().unwrap_or_else(unset)
    }

    /// Each setting with its value and source, without secrets.
    pub fn lines(&self) -> Vec<(&'static str, String, Source)> {
        let url = self
            .database_url
            .value
            .as_ref()
            .map_or_else(|| "(private)".to_owned(), |url| without_password(url));
        let worker = self.file_worker.value.as_ref().map_or_else(
            || "(beside merestone)".to_owned(),
            |program| program.display().to_string(),
        );
        let path = |setting: &Setting<Option<PathBuf>>| {
            let told = setting.value.as_ref().map(|path| path.display().to_string());
            told.unwrap_or_else(|| "(none)".to_owned())
        };
        let fonts: Vec<String> = self.font_dirs.value.iter().map(|d| d.display().to_string()).collect();
        vec![
            ("bind", self.bind.value.to_string(), self.bind.source),
            (
                "data_dir",
                self.data_dir.value.display().to_string(),
                self.data_dir.source,
            ),
            ("database_url", url, self.database_url.source),
            ("scratch", self.scratch.value.to_string(), self.scratch.source),
            (
                "database_connections",
                self.database_connections.value.to_string(),
                self.database_connections.source,
            ),
            (
                "upload_limit_mb",
                self.upload_limit_mb.value.to_string(),
                self.upload_limit_mb.source,
            ),
            ("font_dirs", fonts.join(":"), self.font_dirs.source),
            (
                "public_url",
                self.public_url.value.clone().unwrap_or_else(|| "(as asked)".to_owned()),
                self.public_url.source,
            ),
            (
                "public_page",
                self.public_page.value.to_string(),
                self.public_page.source,
            ),
            (
                "cors_origins",
                if self.cors_origins.value.is_empty() {
                    NO_ORIGIN.to_owned()
                } else {
                    self.cors_origins.value.join(" ")
                },
                self.cors_origins.source,
            ),
            ("tls_chain", path(&self.tls_chain), self.tls_chain.source),
            ("tls_key", path(&self.tls_key), self.tls_key.source),
            (
                "backup_dir",
                self.backups().display().to_string(),
                self.backup_dir.source,
            ),
            (
                "backup_every_hours",
                self.backup_every_hours.value.to_string(),
                self.backup_every_hours.source,
            ),
            (
                "backup_keep_days",
                self.backup_keep_days.value.to_string(),
                self.backup_keep_days.source,
            ),
            (
                "drill_every_days",
                self.drill_every_days.value.to_string(),
                self.drill_every_days.source,
            ),
            (
                "without_backup",
                self.without_backup.value.to_string(),
                self.without_backup.source,
            ),
            ("file_worker", worker, self.file_worker.source),
            (
                "file_fence",
                self.file_fence.value.word().to_owned(),
                self.file_fence.source,
            ),
        ]
    }
}

/// The word for no origin but the service's own.
const NO_ORIGIN: &str = "none";

fn origins(text: &str) -> Option<Vec<String>> {
    if text.trim() == NO_ORIGIN {
        return Some(Vec::new());
    }
    text.split([' ', ','])
        .filter(|origin| !origin.is_empty())
        .map(|origin| (origin == ANY_ORIGIN || is_address(origin, false)).then(|| origin.to_owned()))
        .collect()
}

/// `https://host:port`, with a path behind it where one may be.
fn is_address(text: &str, path: bool) -> bool {
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return false;
    };
    let (authority, behind) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let plain = |text: &str, more: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || more.contains(&b));
    !authority.is_empty() && plain(authority, b".-:[]") && plain(behind, b"/._~-") && (path || behind.is_empty())
}

fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "(set)".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((user, host)) => format!("{scheme}://{}@{host}", user.split(':').next().unwrap_or("")),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn with_nothing_everything_works() {
        let config = Config::new(None, &none, Flags::default()).unwrap();
        assert_eq!(config.bind.value.to_string(), "127.0.0.1:8080");
        assert!(config.lines().iter().all(|(.., source)| *source == Source::Default));
        assert_eq!(config.lines().len(), SETTINGS.len());
    }

    #[test]
    fn flags_win_over_environment_and_file() {
        let environment = |name: &str| (name == "MERESTONE_BIND").then(|| "127.0.0.1:1".to_owned());
        let file = Some("bind = \"127.0.0.1:2\"\nupload_limit_mb = 7");
        let flags = Flags {
            bind: Some("127.0.0.1:3".to_owned()),
            ..Flags::default()
        };
        let config = Config::new(file, &environment, flags).unwrap();
        assert_eq!((config.bind.value.port(), config.bind.source), (3, Source::Flag));
        assert_eq!(
            (config.upload_limit_mb.value, config.upload_limit_mb.source),
            (7, Source::File)
        );
        let config = Config::new(file, &environment, Flags::default()).unwrap();
        assert_eq!((config.bind.value.port(), config.bind.source), (1, Source::Environment));
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let file = Some("bind = \"port 80\"\nupload_limit_mb = 0\nnonsense = 1");
        let problem = Config::new(file, &none, Flags::default()).unwrap_err();
        assert_eq!(problem.mistakes.len(), 3, "{problem}");
    }

    #[test]
    fn addresses_are_read_strictly() {
        let check = |text: &str, path: bool, expect: bool| assert_eq!(is_address(text, path), expect, "{text}");
        check("https://maps.example.org", false, true);
        check("http://[::1]:8080", false, true);
        check("https://maps.example.org/border", true, true);
        check("https://maps.example.org/border", false, false);
        check("https://maps.example.org?x", true, false);
        check("maps.example.org", true, false);
        check("javascript://x", true, false);
        assert_eq!(origins("none"), Some(Vec::new()));
        assert_eq!(
            origins("https://a.example, *"),
            Some(vec!["https://a.example".to_owned(), "*".to_owned()])
        );
        assert_eq!(origins("a.example"), None);
    }

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://me:secret@db/x"), "postgres://me@db/x");
    }
}
