//! Why the private database did not start, said so that an operator can act on it.

use std::path::PathBuf;

use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;

/// Everything that can keep the private database from starting.
///
/// [`ClusterError::message`] says it in English and Chinese, with what to do; `Display` is the English sentence.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Another service holds the data folder. The process id is missing only when the lock file was just made.
    InUse { data_dir: PathBuf, pid: Option<u32> },
    /// No PostgreSQL server programs were found on this machine.
    NoServer,
    /// PostgreSQL is there, but only in versions too old to use.
    TooOld { found: u32, needed: u32 },
    /// PostgreSQL is there, PostGIS for it is not.
    NoPostgis { major: u32 },
    /// The stored data were written by a major version of PostgreSQL that is not installed.
    OtherVersion { data: String, found: Vec<u32> },
    /// There is something in the database folder that is not a database.
    NotADatabase { dir: PathBuf },
    /// A restore into this data folder was interrupted.
    HalfRestored { dir: PathBuf },
    /// A folder that a backup shall be restored into has something in it.
    NotEmpty { dir: PathBuf },
    /// The folder for the write-ahead log is somebody else's.
    ArchiveFolder { dir: PathBuf, owner: String },
    /// The database folder belongs to a different user of the machine.
    OtherOwner { dir: PathBuf, uid: u32 },
    /// The service is root and the user that PostgreSQL shall run as cannot enter a folder on the way to the data.
    Unreachable { dir: PathBuf, owner: String },
    /// The service is root and the user that PostgreSQL shall run as does not exist, or is root.
    NoOwner { name: String },
    /// The folder for the socket cannot be trusted: somebody else's, or open to others.
    SocketFolder { dir: PathBuf },
    /// `initdb` failed; `log` is what it said.
    Init { log: String },
    /// The server ended while starting; `log` is what it said.
    Start { log: String },
    /// The server lives but has not answered in time.
    Slow { seconds: u64 },
    /// An older server on the same data could not be ended.
    StillRunning { pid: i32 },
    /// A setting that durability rests on has the wrong value.
    NotDurable { setting: &'static str, value: String },
    /// A file or folder could not be read or written, or a program could not be run.
    Io { path: PathBuf, source: std::io::Error },
    /// The running server refused a statement.
    Sql(#[from] sqlx::Error),
}

impl ClusterError {
    /// What is wrong and what to do about it.
    pub fn message(&self) -> Message {
        match self {
            Self::InUse {
                data_dir,
                pid: Some(pid),
            } => Message::new(
                format!(
                    "Another Merestone (process {pid}) is using {}; stop it first, or choose another --data-dir.",
                    data_dir.display()
                ),
                format!(
                    "另一个 Merestone(进程 {pid})正在使用 {};请先停止它,或另选 --data-dir。",
                    data_dir.display()
                ),
            ),
            Self::InUse { data_dir, pid: None } => Message::new(
                format!(
                    "Another Merestone is using {}; stop it first, or choose another --data-dir.",
                    data_dir.display()
                ),
                format!(
                    "另一个 Merestone 正在使用 {};请先停止它,或另选 --data-dir。",
                    data_dir.display()
                ),
            ),
            Self::NoServer => Message::new(
                "PostgreSQL is not installed; install the Debian packages postgresql-15 and postgresql-15-postgis-3, \
                 or set DATABASE_URL.",
                "未安装 PostgreSQL;请安装 Debian 软件包 postgresql-15 和 postgresql-15-postgis-3,或设置 DATABASE_URL。",
            ),
            Self::TooOld { found, needed } => Message::new(
                format!(
                    "PostgreSQL {found} is too old, {needed} or newer is needed; install the Debian packages \
                     postgresql-15 and postgresql-15-postgis-3."
                ),
                format!(
                    "PostgreSQL {found} 版本过低,需要 {needed} 或更新版本;请安装 Debian 软件包 postgresql-15 和 \
                     postgresql-15-postgis-3。"
                ),
            ),
            Self::NoPostgis { major } => Message::new(
                format!(
                    "PostGIS for PostgreSQL {major} is not installed; install the Debian package \
                     postgresql-{major}-postgis-3."
                ),
                format!(
                    "未安装适用于 PostgreSQL {major} 的 PostGIS;请安装 Debian 软件包 postgresql-{major}-postgis-3。"
                ),
            ),
            Self::OtherVersion { data, found } => {
                let list = found.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
                Message::new(
                    format!(
                        "The stored data are of PostgreSQL {data}, but PostgreSQL {list} is installed; install \
                         postgresql-{data} and postgresql-{data}-postgis-3 beside it, then move the data with \
                         `merestone backup` and `merestone restore`."
                    ),
                    format!(
                        "已存数据属于 PostgreSQL {data},而已安装的是 PostgreSQL {list};请同时安装 postgresql-{data} 和 \
                         postgresql-{data}-postgis-3,再用 `merestone backup` 和 `merestone restore` 迁移数据。"
                    ),
                )
            }
            Self::NotADatabase { dir } => Message::new(
                format!(
                    "{} holds files but no database; move them away, or choose another --data-dir.",
                    dir.display()
                ),
                format!(
                    "{} 中有文件但不是数据库;请移走这些文件,或另选 --data-dir。",
                    dir.display()
                ),
            ),
            Self::HalfRestored { dir } => Message::new(
                format!(
                    "A restore into {} was interrupted; remove that folder and restore once more.",
                    dir.display()
                ),
                format!("恢复到 {} 的操作曾中断;请删除该文件夹后重新恢复。", dir.display()),
            ),
            Self::NotEmpty { dir } => Message::new(
                format!(
                    "{} is not empty; a backup is restored into a new or an empty folder only.",
                    dir.display()
                ),
                format!("{} 不是空文件夹;备份只能恢复到新文件夹或空文件夹。", dir.display()),
            ),
            Self::ArchiveFolder { dir, owner } => Message::new(
                format!(
                    "The folder {} for the write-ahead log does not belong to user {owner}, as whom PostgreSQL runs; \
                     give it to that user with `chown`, or choose another backup_dir.",
                    dir.display()
                ),
                format!(
                    "预写日志文件夹 {} 不属于运行 PostgreSQL 的用户 {owner};请用 `chown` 更改其所有者,或另选 backup_dir。",
                    dir.display()
                ),
            ),
            Self::OtherOwner { dir, uid } => Message::new(
                format!(
                    "{} belongs to the user with id {uid}; start Merestone as that user, or choose another --data-dir.",
                    dir.display()
                ),
                format!(
                    "{} 属于 ID 为 {uid} 的用户;请以该用户启动 Merestone,或另选 --data-dir。",
                    dir.display()
                ),
            ),
            Self::Unreachable { dir, owner } => Message::new(
                format!(
                    "PostgreSQL runs as user {owner}, who may not enter {0}; run `chmod o+x {0}`, choose a --data-dir \
                     elsewhere (for example /var/lib/merestone), or start Merestone as a user other than root.",
                    dir.display()
                ),
                format!(
                    "PostgreSQL 以用户 {owner} 运行,而该用户无权进入 {0};请执行 `chmod o+x {0}`,或将 --data-dir \
                     设在别处(例如 /var/lib/merestone),或以非 root 用户启动 Merestone。",
                    dir.display()
                ),
            ),
            Self::NoOwner { name } => Message::new(
                format!(
                    "PostgreSQL does not run as root and there is no other user named {name} to run it as; install \
                     the Debian package postgresql-15, or name a user in MERESTONE_PG_OWNER."
                ),
                format!(
                    "PostgreSQL 不能以 root 运行,且没有名为 {name} 的普通用户可用;请安装 Debian 软件包 postgresql-15,\
                     或在 MERESTONE_PG_OWNER 中指定用户。"
                ),
            ),
            Self::SocketFolder { dir } => Message::new(
                format!(
                    "The folder {} for the database socket belongs to someone else or is open to others; remove it.",
                    dir.display()
                ),
                format!("数据库套接字文件夹 {} 属于他人或对他人开放;请将其删除。", dir.display()),
            ),
            Self::Init { log } => Message::new(
                format!("The database could not be created: {log}"),
                format!("无法创建数据库:{log}"),
            ),
            Self::Start { log } => Message::new(
                format!("The database did not start: {log}"),
                format!("数据库未能启动:{log}"),
            ),
            Self::Slow { seconds } => Message::new(
                format!("The database did not answer within {seconds} s; look into its log."),
                format!("数据库在 {seconds} 秒内没有响应;请查看其日志。"),
            ),
            Self::StillRunning { pid } => Message::new(
                format!("An older database process ({pid}) on the same data does not end; end it, then start again."),
                format!("同一数据上的旧数据库进程({pid})未能结束;请先结束该进程再启动。"),
            ),
            Self::NotDurable { setting, value } => Message::new(
                format!(
                    "The database setting {setting} is {value}, so a power cut could lose acknowledged work; set it \
                     to on in the server's postgresql.conf (or where its role or database says otherwise). Where \
                     nothing is to be kept, the setting scratch allows it for a DATABASE_URL."
                ),
                format!(
                    "数据库设置 {setting} 为 {value},断电时可能丢失已确认的数据;请在服务器的 postgresql.conf \
                     (或相应角色、数据库的设置)中改为 on。若数据无需保留,可对 DATABASE_URL 使用设置项 scratch。"
                ),
            ),
            Self::Io { path, source } => Message::new(
                format!("{} cannot be used: {source}.", path.display()),
                format!("无法使用 {}:{source}。", path.display()),
            ),
            Self::Sql(source) => Message::new(
                format!("The database refused to be set up: {source}."),
                format!("数据库设置失败:{source}。"),
            ),
        }
    }
}

impl std::fmt::Display for ClusterError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message().en)
    }
}

impl From<ClusterError> for Problem {
    fn from(error: ClusterError) -> Self {
        Self::new(Code::Unavailable, error.message(), Message::default())
    }
}

/// Names the file in the error of an operation on it.
pub(super) trait At<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, ClusterError>;
}

impl<T> At<T> for std::io::Result<T> {
    fn at(self, path: impl Into<PathBuf>) -> Result<T, ClusterError> {
        self.map_err(|source| ClusterError::Io {
            path: path.into(),
            source,
        })
    }
}
