//! Filters of records by CQL2 (OGC 21-065r2): what is asked, in the types of one kind of record.
//!
//! A filter is first read as it is written ([`syntax`]) and then held against a schema ([`check`]). What comes out is
//! a [`Test`], in which every property exists and every operand has the type its operator needs, so that making a
//! query from it cannot fail. Unknown is as in SQL: a comparison with a value that is not there is neither true nor
//! false, and a record is found only where the whole is true.

pub mod check;
pub mod near;
pub mod syntax;

use jiff::Timestamp;
use jiff::civil::Date;

use super::schema::{Field, Stored, Type};
use crate::geom::shape::Geometry;
pub use syntax::{Arithmetic, ArrayRelation, Comparison, SpatialRelation, TemporalRelation};

/// The integer by which maps and services name a record: a field of every kind for filters and sorting.
pub static ID: Field = Field::integer("id", "Number of the feature", "要素编号")
    .at(Stored::Column("feature_id"))
    .read_only();

/// What a record must fulfil.
#[derive(Debug, Clone)]
pub enum Test {
    All(Vec<Test>),
    Any(Vec<Test>),
    Not(Box<Test>),
    Flag(Flag),
    Compare(Scalar, Comparison, Scalar),
    /// The pattern has `%` for any characters, `_` for one, and `\` before a character that means itself.
    Like(Text, Text),
    /// Value, least and greatest, both included.
    Between(Scalar, Scalar, Scalar),
    In(Scalar, Vec<Scalar>),
    IsNull(Operand),
    Spatial(SpatialRelation, Place, Place),
    Temporal(TemporalRelation, When, When),
    Array(ArrayRelation, Texts, Texts),
}

/// One value. The operands of one comparison are always of one kind.
#[derive(Debug, Clone)]
pub enum Scalar {
    Text(Text),
    Number(Number),
    Flag(Flag),
    Instant(Instant),
}

#[derive(Debug, Clone)]
pub enum Text {
    Given(String),
    /// A field of texts, of words of a list, or of natural keys.
    Field(&'static Field),
    /// Without regard to case.
    Casei(Box<Text>),
    /// Without regard to accents.
    Accenti(Box<Text>),
}

#[derive(Debug, Clone)]
pub enum Number {
    Integer(i64),
    Real(f64),
    Field(&'static Field),
    Of(Box<Number>, Arithmetic, Box<Number>),
}

#[derive(Debug, Clone)]
pub enum Flag {
    Given(bool),
    Field(&'static Field),
}

#[derive(Debug, Clone)]
pub enum Instant {
    Date(Date),
    Time(Timestamp),
    Field(&'static Field),
}

impl Instant {
    /// Whether it is a whole day. A time that meets a day is compared by its day in UTC.
    pub const fn is_day(&self) -> bool {
        match self {
            Self::Date(_) => true,
            Self::Time(_) => false,
            Self::Field(field) => matches!(field.kind, Type::Date),
        }
    }
}

/// What can be asked whether it is there.
#[derive(Debug, Clone)]
pub enum Operand {
    Scalar(Scalar),
    /// A field that holds several texts or a structured value.
    Field(&'static Field),
    Geometry,
}

#[derive(Debug, Clone)]
pub enum Place {
    /// The geometry of the record.
    Own,
    Given(Given),
}

/// A geometry in longitude and latitude.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// One, or the members of a collection of several kinds.
    pub parts: Vec<Geometry>,
    /// A point, or a box along parallels and meridians, which cannot cross itself.
    pub plain: bool,
}

#[derive(Debug, Clone)]
pub enum When {
    Instant(Instant),
    /// From and to; `None` is open.
    Interval(Option<Instant>, Option<Instant>),
}

impl When {
    /// Whether it is made of whole days alone.
    pub fn is_of_days(&self) -> bool {
        match self {
            Self::Instant(instant) => instant.is_day(),
            Self::Interval(from, to) => from.iter().chain(to).all(Instant::is_day),
        }
    }
}

#[derive(Debug, Clone)]
pub enum Texts {
    Given(Vec<Text>),
    Field(&'static Field),
}
