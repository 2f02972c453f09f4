//! Documents: a pure model, then one renderer per output.
