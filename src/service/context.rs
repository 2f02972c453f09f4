//! What every use needs from the world: the database, the file store, the time, new identities, and who is asking.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use uuid::Uuid;

use super::account::who::People;
use super::answers::Keyed;
use super::audit::Log;
use super::audit::shown::Shown;
use super::caller::Caller;
use super::changes::Changes;
use super::export::AT_ONCE;
use super::memory::{Memories, Memory};
use super::systems::Systems;
use super::worker::Worker;
use crate::report::typst::Fonts;
use crate::store::Db;
use crate::store::original::Originals;

/// The time of day. A test may stop it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// A clock that stands still.
    pub fn fixed(at: Timestamp) -> Self {
        Self(Arc::new(move || at))
    }

    pub fn now(&self) -> Timestamp {
        (self.0)()
    }

    /// Seconds since 1970.
    pub fn unix(&self) -> f64 {
        self.now().as_microsecond() as f64 / 1e6
    }
}

/// New identities.
#[derive(Clone, Default)]
pub struct Ids;

impl Ids {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes identities")]
    pub fn next(&self) -> Uuid {
        Uuid::now_v7()
    }

    pub fn many(&self, n: usize) -> Vec<Uuid> {
        (0..n).map(|_| self.next()).collect()
    }
}

/// How the service is known outside, as far as its operator has said.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// The address under which others reach it, without a slash at its end; else each request says it.
    pub public_url: Option<String>,
    /// Whether who has not signed in is shown what is public.
    pub public_page: bool,
    /// Whether pages of any origin may read.
    pub any_may_read: bool,
    /// Origins whose pages may read and write.
    pub origins: Vec<String>,
}

/// The service as a use sees it. Cheap to clone.
#[derive(Clone)]
pub struct Context {
    pub db: Db,
    pub originals: Originals,
    pub clock: Clock,
    pub ids: Ids,
    pub log: Log,
    /// On whose behalf.
    pub caller: Arc<Caller>,
    /// By which the request may be sent again, where its sender has said.
    pub keyed: Option<Arc<Keyed>>,
    /// Requests that write: ended before the service ends.
    pub writing: tokio_util::task::TaskTracker,
    /// Those who came in before.
    pub people: People,
    /// Restricted reading that stands in the log already.
    pub shown: Shown,
    /// Where fonts are looked for.
    pub font_dirs: Vec<PathBuf>,
    pub fonts: Arc<tokio::sync::OnceCell<Fonts>>,
    /// Woken when a job was queued.
    pub wake: Arc<tokio::sync::Notify>,
    /// What was read before by those who may see what the caller may.
    pub memory: Arc<Memory>,
    /// The memories of all.
    pub memories: Memories,
    /// Versions of collections, heard of from the database.
    pub changes: Changes,
    /// Reads feature files of the kinds that this program does not.
    pub worker: Worker,
    /// Bytes of one upload, at most.
    pub upload_limit: u64,
    pub outside: Arc<Outside>,
    pub systems: Systems,
    /// Turns of those who are given files.
    pub exports: Arc<tokio::sync::Semaphore>,
}

/// Bytes of one upload where nothing else is set.
const UPLOAD_LIMIT: u64 = 1 << 30;

impl Context {
    /// With the machine's clock and nothing remembered yet.
    pub fn new(db: Db, originals: Originals, worker: Worker, log: Log) -> Self {
        let caller = Arc::new(Caller::machine());
        let memories = Memories::default();
        Self {
            db,
            originals,
            clock: Clock::system(),
            ids: Ids,
            log,
            memory: memories.of(&caller.scope),
            memories,
            caller,
            keyed: None,
            writing: tokio_util::task::TaskTracker::new(),
            people: People::default(),
            shown: Shown::default(),
            font_dirs: Vec::new(),
            fonts: Arc::default(),
            wake: Arc::default(),
            changes: Changes::default(),
            worker,
            upload_limit: UPLOAD_LIMIT,
            outside: Arc::default(),
            systems: Systems::default(),
            exports: Arc::new(tokio::sync::Semaphore::new(AT_ONCE)),
        }
    }
}
