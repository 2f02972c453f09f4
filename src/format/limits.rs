//! How much a file may ask of its reader.

/// Limits that hold for every format. The defaults let every honest file through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Elements inside one another.
    pub depth: usize,
    /// Bytes of one piece of markup or text, and so the size of the reader's buffer.
    pub piece_bytes: u64,
    /// Characters kept of one name, comment, description or address.
    pub text_chars: usize,
    /// Bytes of a packed file after unpacking.
    pub unpacked_bytes: u64,
    /// Unpacked bytes for one packed byte, ...
    pub unpack_ratio: u64,
    /// ... looked at only after this many unpacked bytes, because short files pack well for honest reasons.
    pub unpack_ratio_after: u64,
}

impl Limits {
    /// Let every honest file through.
    pub const DEFAULT: Self = Self {
        depth: 64,
        piece_bytes: 1 << 20,
        text_chars: 2_000,
        unpacked_bytes: 2 << 30,
        unpack_ratio: 200,
        unpack_ratio_after: 10 << 20,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
