//! A boundary between two parties, and the frame in which its positions are law.

use super::text::Names;
use crate::crs::Frame;
use crate::geom::line::Side;

/// A state, or whoever else holds one side of the line.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    pub code: String,
    pub names: Names,
}

/// A boundary: the root of a register.
#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    /// The key used in addresses and file names: lower-case letters, digits and hyphens.
    pub key: String,
    pub names: Names,
    /// An invented border says so on every page.
    pub invented: bool,
    /// The sentence shown with everything: what is invented, or the source and licence.
    pub notice: Names,
    pub frame: Frame,
    pub parties: Vec<Party>,
    /// Code of the party whose land is left of the line, seen in its direction.
    pub left: Option<String>,
    pub right: Option<String>,
}

impl Boundary {
    /// The side of the line on which a party's land lies.
    pub fn side_of(&self, party: &str) -> Option<Side> {
        if self.left.as_deref() == Some(party) {
            Some(Side::Left)
        } else if self.right.as_deref() == Some(party) {
            Some(Side::Right)
        } else {
            None
        }
    }

    /// The party on a side of the line.
    pub fn party_on(&self, side: Side) -> Option<&str> {
        match side {
            Side::Left => self.left.as_deref(),
            Side::Right => self.right.as_deref(),
            Side::On => None,
        }
    }
}
