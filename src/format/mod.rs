//! File formats: one file each, reading and writing side by side. Knows no database and no HTTP.
