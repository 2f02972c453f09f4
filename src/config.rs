//! One `Config`: file < environment < flags; checked once, before anything starts.
