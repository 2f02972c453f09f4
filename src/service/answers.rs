//! Requests that may be sent again: what was done under a key of its sender is answered again and not done again.
//!
//! The key is noted in the transaction of the change ([`Context::commit_as`]), with an outcome from which the answer
//! can be made once more; the answer itself is kept right after it was made ([`keep`]). Until its transaction ends, a
//! key is held by a lock of the database, so that nothing is left behind by whoever is killed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::SignedDuration;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Context, Error, Result};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::store;
pub use crate::store::answer::Answer;
use crate::store::answer::{self, Done, Key};

/// How long what was done under a key is known.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

/// Signs of a key, at most.
pub const LONGEST: usize = 255;

/// A request that its sender may send again.
#[derive(Debug)]
pub struct Keyed {
    key: Key,
    request: [u8; 32],
    /// Whether the transaction that made the change has noted the key.
    noted: Arc<AtomicBool>,
    /// Whether it was found that the change has been made before.
    again: Arc<AtomicBool>,
}

impl Keyed {
    /// `asked` is all that makes the request what it is.
    pub fn new<'a>(account: Uuid, key: &str, asked: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self {
            key: Key {
                account,
                sha256: Sha256::digest(key).into(),
            },
            request: digest(asked),
            noted: Arc::default(),
            again: Arc::default(),
        }
    }

    /// Whether a change was made under it, now or before.
    pub fn is_done(&self) -> bool {
        self.noted.load(Ordering::Acquire) || self.is_again()
    }

    /// Whether it was made before.
    pub fn is_again(&self) -> bool {
        self.again.load(Ordering::Acquire)
    }

    fn fits(&self, done: &Done) -> Result<()> {
        if self.request == done.request {
            return Ok(());
        }
        Err(Problem::new(
            Code::KeyReused,
            Message::new(
                "This Idempotency-Key was used for another request already.",
                "此 Idempotency-Key 已用于另一请求。",
            ),
            Message::new(
                "Make a new key for each request; send the same key only with the very same request.",
                "请为每个请求生成新的键；只有完全相同的请求才能重用同一键。",
            ),
        )
        .into())
    }
}

/// The digest of several pieces, each with its length, so that none runs into the next.
fn digest<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> [u8; 32] {
    let mut digest = Sha256::new();
    for piece in pieces {
        digest.update((piece.len() as u64).to_le_bytes());
        digest.update(piece);
    }
    digest.finalize().into()
}

/// A transaction for a change, or that the change was made before.
pub enum Begun {
    Now(store::Tx),
    /// With the outcome that was noted then.
    Before(Value),
}

/// The answer that was given to the very same request.
///
/// # Errors
/// [`Code::KeyReused`] when the key was used for another one.
pub async fn given(cx: &Context, keyed: &Keyed) -> Result<Option<Answer>> {
    let mut conn = cx.db.acquire().await?;
    let Some(done) = answer::find(&mut conn, &keyed.key).await? else {
        return Ok(None);
    };
    keyed.fits(&done)?;
    Ok(done.answer)
}

/// Keeps the answer to a change that was made.
///
/// # Errors
/// When the database breaks.
pub async fn keep(cx: &Context, keyed: &Keyed, given: &Answer) -> Result<()> {
    let mut conn = cx.db.acquire().await?;
    Ok(answer::keep(&mut conn, &keyed.key, given).await?)
}

/// Forgets what was done too long ago.
///
/// # Errors
/// When the database breaks.
pub async fn sweep(cx: &Context) -> Result<u64> {
    let before = cx.clock.now().checked_sub(KEPT).unwrap_or(jiff::Timestamp::MIN);
    let mut conn = cx.db.acquire().await?;
    Ok(answer::sweep(&mut conn, before).await?)
}

impl Context {
    /// The same request, of which `more` was found to be a part: what was too large to be read beforehand.
    #[must_use]
    pub fn asked_also(&self, more: &[&[u8]]) -> Self {
        let keyed = self.keyed.as_ref().map(|keyed| {
            let whole = std::iter::once(keyed.request.as_slice()).chain(more.iter().copied());
            Arc::new(Keyed {
                key: keyed.key,
                request: digest(whole),
                noted: keyed.noted.clone(),
                again: keyed.again.clone(),
            })
        });
        Self { keyed, ..self.clone() }
    }

    /// Begins the transaction of a change whose answer cannot be made once more.
    ///
    /// # Errors
    /// As [`Context::claim`], and [`Code::AnswerNotKept`] when it was made before.
    pub async fn begin(&self) -> Result<store::Tx> {
        match self.claim(self.db.begin().await?).await? {
            Begun::Now(tx) => Ok(tx),
            Begun::Before(_) => Err(not_kept()),
        }
    }

    /// Begins the transaction of a change.
    ///
    /// # Errors
    /// As [`Context::claim`].
    pub async fn begin_once(&self) -> Result<Begun> {
        self.claim(self.db.begin().await?).await
    }

    /// Takes the key of the request, where it has one, for a transaction, before anything is done in it.
    ///
    /// # Errors
    /// [`Code::KeyInFlight`] while another transaction has it, [`Code::KeyReused`] when it is that of another request.
    pub async fn claim(&self, mut tx: store::Tx) -> Result<Begun> {
        let Some(keyed) = self.keyed.as_ref().filter(|keyed| !keyed.is_done()) else {
            return Ok(Begun::Now(tx));
        };
        if !answer::claim(&mut tx, &keyed.key).await? {
            return Err(in_flight().into());
        }
        // Looked up by a statement of its own, which sees what the holder before has committed.
        let Some(done) = answer::find(&mut tx, &keyed.key).await? else {
            return Ok(Begun::Now(tx));
        };
        keyed.fits(&done)?;
        keyed.again.store(true, Ordering::Release);
        let outcome = serde_json::from_str(&done.outcome).map_err(|fault| Error::Fault(fault.into()))?;
        Ok(Begun::Before(outcome))
    }

    /// Commits a change that cannot be answered once more.
    ///
    /// # Errors
    /// When the database refuses the transaction as a whole.
    pub async fn commit(&self, tx: store::Tx) -> Result<()> {
        self.commit_as(tx, &Value::Null).await
    }

    /// Commits a change with the outcome from which it can be answered once more, and knows of it before anybody is
    /// answered.
    ///
    /// # Errors
    /// When the database refuses the transaction as a whole.
    pub async fn commit_as(&self, mut tx: store::Tx, outcome: &Value) -> Result<()> {
        let keyed = self.keyed.as_ref().filter(|keyed| !keyed.is_done());
        if let Some(keyed) = keyed {
            let now = self.clock.now();
            answer::note(&mut tx, &keyed.key, &keyed.request, &outcome.to_string(), now).await?;
        }
        store::commit(tx).await?;
        if let Some(keyed) = keyed {
            keyed.noted.store(true, Ordering::Release);
        }
        self.learn_of_own().await;
        Ok(())
    }
}

/// The refusal of a request that is being worked on.
pub(super) fn in_flight() -> Problem {
    Problem::new(
        Code::KeyInFlight,
        Message::new(
            "A request with this Idempotency-Key is being worked on.",
            "使用此 Idempotency-Key 的请求正在处理中。",
        ),
        Message::new(
            "Send it again in a second; it is done once only.",
            "请一秒后重试；该请求只会执行一次。",
        ),
    )
}

pub(super) fn not_kept() -> Error {
    Problem::new(
        Code::AnswerNotKept,
        Message::new(
            "This was done already; its answer was not kept.",
            "此操作已完成，但其应答未保留。",
        ),
        Message::new(
            "Look at the record as it is now. A secret is shown once only: take it back and make another, with a new key.",
            "请查看当前记录。密钥只显示一次：请吊销后用新的键重新生成。",
        ),
    )
    .into()
}
