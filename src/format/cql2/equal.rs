//! Filters as plain parameters: `condition=tilted` (OGC 17-069r4, 7.15.5), which GDAL sends for each queryable.

use crate::domain::filter::check::shown;
use crate::domain::filter::syntax;
use crate::domain::filter::{ArrayRelation, Comparison, Flag, ID, Instant, Number, Scalar, Test, Text, Texts};
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Field, Schema, Type};
use crate::domain::text::Message;

/// The field that a parameter of this name filters by, if one does.
pub fn field(schema: &Schema, name: &str) -> Option<&'static Field> {
    let field = schema.field(name).or((name == ID.name).then_some(&ID));
    field.filter(|field| !matches!(field.kind, Type::Document))
}

/// The test that a record has this value.
///
/// - **Shape**: a value by the type of its field: a number, `true` or `false`, a date, a time, else a text. A field of
///   several texts must have this one among them.
/// - **Errors**: [`Code::ParameterInvalid`] when the value is not of that type.
/// - **Source**: OGC 17-069r4, 7.15.5.
pub fn read(field: &'static Field, value: &str) -> Result<Test, Problem> {
    let equal = |left, right| Test::Compare(left, Comparison::Equal, right);
    let text = || (!value.contains('\0')).then(|| Text::Given(value.to_owned()));
    let test = match field.kind {
        Type::Text | Type::Code(_) | Type::Reference(_) => {
            text().map(|text| equal(Scalar::Text(Text::Field(field)), Scalar::Text(text)))
        }
        Type::Texts => {
            text().map(|text| Test::Array(ArrayRelation::Contains, Texts::Field(field), Texts::Given(vec![text])))
        }
        Type::Integer | Type::Number => {
            number(value).map(|number| equal(Scalar::Number(Number::Field(field)), Scalar::Number(number)))
        }
        Type::Flag => flag(value).map(|flag| equal(Scalar::Flag(Flag::Field(field)), Scalar::Flag(Flag::Given(flag)))),
        Type::Date | Type::Time => {
            instant(value).map(|instant| equal(Scalar::Instant(Instant::Field(field)), Scalar::Instant(instant)))
        }
        Type::Document => None,
    };
    test.ok_or_else(|| refused(field, value))
}

fn number(value: &str) -> Option<Number> {
    if let Ok(integer) = value.parse() {
        return Some(Number::Integer(integer));
    }
    let real: f64 = value.parse().ok()?;
    real.is_finite().then_some(Number::Real(real))
}

fn flag(value: &str) -> Option<bool> {
    match value {
        "true" | "TRUE" | "True" | "1" => Some(true),
        "false" | "FALSE" | "False" | "0" => Some(false),
        _ => None,
    }
}

fn instant(value: &str) -> Option<Instant> {
    let date = syntax::date(value).map(Instant::Date);
    date.or_else(|| syntax::time(value).map(Instant::Time))
}

fn refused(field: &Field, value: &str) -> Problem {
    let (en, zh) = match field.kind {
        Type::Integer | Type::Number => ("a number", "数值"),
        Type::Flag => ("true or false", "true 或 false"),
        Type::Date | Type::Time => (
            "a date (2026-05-02) or a time (2026-05-02T08:30:00Z)",
            "日期（2026-05-02）或时间（2026-05-02T08:30:00Z）",
        ),
        Type::Document => ("compared", "可比较的内容"),
        _ => ("a text without U+0000", "不含 U+0000 的文本"),
    };
    let (name, value) = (field.name, shown(value));
    let detail = Message::new(
        format!("{name}: {value} is not {en}"),
        format!("{name}：{value} 不是{zh}"),
    );
    Problem::new(
        Code::ParameterInvalid,
        Message::new(format!("{}.", detail.en), format!("{}。", detail.zh)),
        Message::new("Correct the parameter.", "请更正该参数。"),
    )
    .with_mistakes(vec![Mistake {
        at: name.to_owned(),
        detail,
    }])
}
