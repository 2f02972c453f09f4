//! A filter as it was written: operators and operands, not yet held against a kind of record.

use jiff::Timestamp;
use jiff::civil::Date;

use crate::geom::shape::Geometry;

/// Levels of a filter: beyond it the filter is refused, so that nothing that walks the tree runs out of stack.
///
/// The same for both encodings; as JSON, sixty levels are just inside what its reader allows.
pub const DEPTH: usize = 60;

/// Tests, steps of arithmetic and members of lists that a filter may have.
pub const TERMS: usize = 2_000;

/// Where a node was written: a byte of the text, or the number of a JSON pointer.
pub type At = usize;

/// One node of a filter. Two nodes are equal when they say the same, wherever they were written.
#[derive(Debug, Clone)]
pub struct Node {
    pub at: At,
    pub what: What,
    height: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub enum What {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
    Date(Date),
    Time(Timestamp),
    /// The open end of an interval, `..`.
    Open,
    Shape(Shape),
    Property(String),
    /// Members of a list: after IN, or an array.
    List(Vec<Node>),
    Call(Op, Vec<Node>),
}

/// A geometry as written, in the reference system that the request names.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    /// Two corners: least easting and northing, greatest easting and northing, in the order of the axes.
    Box([f64; 4]),
    Geometry(Geometry),
    Collection(Vec<Geometry>),
}

impl Node {
    pub fn new(at: At, what: What) -> Self {
        let below = match &what {
            What::List(nodes) | What::Call(_, nodes) => nodes.iter().map(|node| node.height).max().unwrap_or(0),
            _ => 0,
        };
        Self {
            at,
            what,
            height: below + 1,
        }
    }

    /// Levels of the tree below and with this node.
    pub const fn height(&self) -> usize {
        self.height
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.what == other.what
    }
}

/// Every operator of CQL2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    And,
    Or,
    Not,
    Compare(Comparison),
    Like,
    Between,
    In,
    IsNull,
    Spatial(SpatialRelation),
    Temporal(TemporalRelation),
    Array(ArrayRelation),
    Casei,
    Accenti,
    Arithmetic(Arithmetic),
    Interval,
}

/// An enum with one word for each variant.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident $word:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// As CQL2 JSON writes it; CQL2 text takes it in any case.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            /// By its word, in any case.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.word().eq_ignore_ascii_case(word))
            }
        }
    };
}

words! {
    Comparison { Equal "=", NotEqual "<>", Less "<", Greater ">", AtMost "<=", AtLeast ">=" }
}

words! {
    Arithmetic { Plus "+", Minus "-", Times "*", Over "/", Modulo "%", Div "div", Power "^" }
}

words! {
    SpatialRelation {
        Intersects "s_intersects", Equals "s_equals", Disjoint "s_disjoint", Touches "s_touches",
        Within "s_within", Overlaps "s_overlaps", Crosses "s_crosses", Contains "s_contains",
    }
}

words! {
    TemporalRelation {
        After "t_after", Before "t_before", Contains "t_contains", Disjoint "t_disjoint", During "t_during",
        Equals "t_equals", FinishedBy "t_finishedBy", Finishes "t_finishes", Intersects "t_intersects",
        Meets "t_meets", MetBy "t_metBy", OverlappedBy "t_overlappedBy", Overlaps "t_overlaps",
        StartedBy "t_startedBy", Starts "t_starts",
    }
}

words! {
    ArrayRelation { Equals "a_equals", Contains "a_contains", ContainedBy "a_containedBy", Overlaps "a_overlaps" }
}

impl Op {
    /// As CQL2 JSON writes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::And => "and",
            Self::Or => "or",
            Self::Not => "not",
            Self::Compare(comparison) => comparison.word(),
            Self::Like => "like",
            Self::Between => "between",
            Self::In => "in",
            Self::IsNull => "isNull",
            Self::Spatial(relation) => relation.word(),
            Self::Temporal(relation) => relation.word(),
            Self::Array(relation) => relation.word(),
            Self::Casei => "casei",
            Self::Accenti => "accenti",
            Self::Arithmetic(arithmetic) => arithmetic.word(),
            Self::Interval => "interval",
        }
    }

    /// By its word, in any case. An interval is no operator where CQL2 JSON names operators.
    pub fn from_word(word: &str) -> Option<Self> {
        const PLAIN: [Op; 9] = [
            Op::And,
            Op::Or,
            Op::Not,
            Op::Like,
            Op::Between,
            Op::In,
            Op::IsNull,
            Op::Casei,
            Op::Accenti,
        ];
        PLAIN
            .into_iter()
            .find(|op| op.word().eq_ignore_ascii_case(word))
            .or_else(|| Self::function(word))
            .or_else(|| Comparison::from_word(word).map(Self::Compare))
            .or_else(|| Arithmetic::from_word(word).map(Self::Arithmetic))
    }

    /// The operators that CQL2 text writes as functions of two arguments.
    pub fn function(word: &str) -> Option<Self> {
        SpatialRelation::from_word(word)
            .map(Self::Spatial)
            .or_else(|| TemporalRelation::from_word(word).map(Self::Temporal))
            .or_else(|| ArrayRelation::from_word(word).map(Self::Array))
    }

    /// Whether it counts as a term. What only joins tests does not.
    pub const fn is_term(self) -> bool {
        !matches!(self, Self::And | Self::Or | Self::Not | Self::Interval)
    }
}

/// A date by RFC 3339, `2026-05-02`.
pub fn date(text: &str) -> Option<Date> {
    let digits = |range: std::ops::Range<usize>| text.get(range).is_some_and(|s| s.bytes().all(|b| b.is_ascii_digit()));
    let formed = text.len() == 10
        && digits(0..4)
        && digits(5..7)
        && digits(8..10)
        && text.get(4..5) == Some("-")
        && text.get(7..8) == Some("-");
    formed.then(|| text.parse().ok()).flatten()
}

/// A time by RFC 3339, `2026-05-02T08:30:00Z`; other offsets than Z are taken, too.
pub fn time(text: &str) -> Option<Timestamp> {
    let formed = text.get(..10).is_some_and(|day| date(day).is_some())
        && matches!(text.as_bytes().get(10), Some(b'T' | b't'))
        && text.len() <= 40
        && text.is_ascii();
    formed.then(|| text.parse().ok()).flatten()
}
