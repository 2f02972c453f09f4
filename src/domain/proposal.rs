//! What two persons answer for: one proposes it, another approves it.

use super::rights::Realm;
use super::schema::{Label, Schema};

/// What has become of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    /// Done, in the transaction of the approval.
    Approved,
    Rejected,
    /// By its author.
    Withdrawn,
}

impl State {
    pub const ALL: [Self; 4] = [Self::Open, Self::Approved, Self::Rejected, Self::Withdrawn];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    pub const fn title(self) -> Label {
        match self {
            Self::Open => Label::new("to be decided", "待批准"),
            Self::Approved => Label::new("approved", "已批准"),
            Self::Rejected => Label::new("rejected", "已退回"),
            Self::Withdrawn => Label::new("withdrawn", "已撤回"),
        }
    }
}

/// Whether versions of a kind that are in force bind two states, so that they want two persons: the line and what it is
/// made of, markers and their coordinates, and the instruments themselves. `wants_two_persons` of the database says the
/// same.
pub fn wants_two_persons(schema: &Schema) -> bool {
    matches!(Realm::of(schema.kind), Realm::Line | Realm::Marks) || schema.kind == "instrument"
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn states_are_read_as_they_are_written() {
        for state in State::ALL {
            assert_eq!(State::from_word(state.word()), Some(state));
        }
        assert_eq!(State::from_word("accepted"), None);
    }
}
