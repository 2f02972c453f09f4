//! As of when the register is read: in force then, as known then.

pub mod text;

use jiff::Timestamp;

/// Which versions are asked for by the time they are in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InForce {
    /// The version in force at this instant.
    At(Timestamp),
    /// Each record once, in its latest version in force within the span; an absent end is open.
    Within {
        from: Option<Timestamp>,
        to: Option<Timestamp>,
    },
}

/// A view of the register in both kinds of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub in_force: InForce,
    /// As the register knew it then; its newest knowledge when absent.
    pub known: Option<Timestamp>,
}

impl Moment {
    /// What is in force at an instant, by the newest knowledge.
    pub const fn at(instant: Timestamp) -> Self {
        Self {
            in_force: InForce::At(instant),
            known: None,
        }
    }

    /// The instant by which other records are shown beside the ones asked for.
    pub fn instant(&self, now: Timestamp) -> Timestamp {
        match self.in_force {
            InForce::At(at) => at,
            InForce::Within { to, .. } => to.unwrap_or(now),
        }
    }
}
