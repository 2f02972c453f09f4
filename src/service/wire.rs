//! Records and questions as text, for whoever stands outside: bodies, features, filters, orders.

pub use crate::format::cql2;
pub use crate::format::feature::{ABOUT_POSITION, Axes, Feature, Sent, draft, geometry, read, text, value, write};
