//! Demarcation checks: one file per rule, each a pure function from a case to findings.
