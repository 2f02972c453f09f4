//! One function per use of the system: rights, transaction, write, audit event.

pub mod inspect;
