//! Filters as conditions of a statement.
//!
//! Text comes from here and from [`column`] alone; every literal is bound. What could make the database refuse a
//! statement has no value instead: a division by zero, a result beyond what a number holds. A literal that crosses
//! itself is made valid first, because relations of such a polygon are not defined.

use jiff_sqlx::ToSqlx;
use sqlx::{Encode, Postgres, Type};

use super::column;
use super::sql::Sql;
use crate::domain::filter::{
    Arithmetic, ArrayRelation, Comparison, Flag, Given, Instant, Number, Operand, Place, Scalar, SpatialRelation,
    TemporalRelation, Test, Text, Texts, When,
};
use crate::domain::moment::Moment;
use crate::domain::schema::{Field, Schema};
use crate::geom::shape::Geometry;
use crate::store::codec::Ewkb;

/// The condition that a row of `schema` passes a test, in parentheses where it needs them.
pub(super) fn condition(sql: &mut Sql, schema: &Schema, moment: &Moment, test: &Test) -> String {
    Writer { sql, schema, moment }.test(test)
}

struct Writer<'a> {
    sql: &'a mut Sql,
    schema: &'a Schema,
    moment: &'a Moment,
}

impl Writer<'_> {
    /// Binds a literal and names it with its type: the text of a statement is the key by which it is kept prepared.
    fn bind<'v, T>(&mut self, value: T, kind: &str) -> String
    where
        T: Encode<'v, Postgres> + Type<Postgres> + 'v,
    {
        format!("{}::{kind}", self.sql.bind(value))
    }

    fn field(&self, field: &Field) -> String {
        column::expression(self.schema, field, self.moment)
    }

    fn own(&self) -> String {
        column::display(self.schema, self.moment)
    }

    fn test(&mut self, test: &Test) -> String {
        match test {
            Test::All(tests) => self.joined(tests, " and "),
            Test::Any(tests) => self.joined(tests, " or "),
            Test::Not(test) => format!("(not {})", self.test(test)),
            Test::Flag(flag) => self.flag(flag),
            Test::Compare(left, comparison, right) => self.compare(left, *comparison, right),
            Test::Like(value, pattern) => {
                let (value, pattern) = (self.text(value), self.pattern(pattern));
                format!("({value} like {pattern} escape '\\')")
            }
            Test::Between(value, low, high) => {
                let low = self.compare(value, Comparison::AtLeast, low);
                let high = self.compare(value, Comparison::AtMost, high);
                format!("({low} and {high})")
            }
            Test::In(value, members) => self.is_in(value, members),
            Test::IsNull(operand) => {
                let operand = match operand {
                    Operand::Scalar(scalar) => self.scalar(scalar),
                    Operand::Field(field) => self.field(field),
                    Operand::Geometry => self.own(),
                };
                format!("({operand} is null)")
            }
            Test::Spatial(relation, left, right) => self.spatial(*relation, left, right),
            Test::Temporal(relation, left, right) => self.temporal(*relation, left, right),
            Test::Array(relation, left, right) => self.array(*relation, left, right),
        }
    }

    fn joined(&mut self, tests: &[Test], between: &str) -> String {
        let tests: Vec<String> = tests.iter().map(|test| self.test(test)).collect();
        format!("({})", tests.join(between))
    }

    fn scalar(&mut self, scalar: &Scalar) -> String {
        match scalar {
            Scalar::Text(text) => self.text(text),
            Scalar::Number(number) => self.number(number),
            Scalar::Flag(flag) => self.flag(flag),
            Scalar::Instant(instant) => self.instant(instant),
        }
    }

    fn compare(&mut self, left: &Scalar, comparison: Comparison, right: &Scalar) -> String {
        let operator = comparison.word();
        let (left, right) = match (left, right) {
            (Scalar::Instant(a), Scalar::Instant(b)) if a.is_day() != b.is_day() => (self.day(a), self.day(b)),
            (Scalar::Text(a), Scalar::Text(b)) if is_of_record(a) && is_of_record(b) => {
                // Two columns may sort by different rules, which the database would not choose between.
                (self.text(a), format!("{} collate \"C\"", self.text(b)))
            }
            (a, b) => (self.scalar(a), self.scalar(b)),
        };
        format!("({left} {operator} {right})")
    }

    fn is_in(&mut self, value: &Scalar, members: &[Scalar]) -> String {
        if let Scalar::Number(_) = value {
            let value = self.scalar(value);
            let members: Vec<String> = members.iter().map(|member| self.scalar(member)).collect();
            return format!("({value} in ({}))", members.join(", "));
        }
        let given: Option<Vec<String>> = members
            .iter()
            .map(|member| match member {
                Scalar::Text(Text::Given(text)) => Some(text.clone()),
                _ => None,
            })
            .collect();
        if let Some(given) = given {
            let (value, given) = (self.scalar(value), self.bind(given, "text[]"));
            return format!("({value} = any({given}))");
        }
        let equals: Vec<String> = members
            .iter()
            .map(|member| self.compare(value, Comparison::Equal, member))
            .collect();
        format!("({})", equals.join(" or "))
    }

    fn text(&mut self, text: &Text) -> String {
        match text {
            Text::Given(text) => self.bind(text.clone(), "text"),
            Text::Field(field) => self.field(field),
            Text::Casei(text) => format!("lower({})", self.text(text)),
            Text::Accenti(text) => format!("unaccent({})", self.text(text)),
        }
    }

    fn pattern(&mut self, pattern: &Text) -> String {
        if !loses_accents(pattern) {
            return self.text(pattern);
        }
        // Some characters become a wildcard when they lose their accents (U+FF05 becomes %). So the wildcards travel
        // as two characters that nothing changes, and whatever else looks like one afterwards is escaped.
        let given = given_text(pattern);
        let mut free = ('\u{e000}'..='\u{f8ff}').filter(|c| !given.contains(*c));
        let (many, one) = (free.next().unwrap_or('\u{e000}'), free.next().unwrap_or('\u{e001}'));
        let marked = self.text(&with_text(pattern, &marked(given, many, one)));
        let (many, one) = (self.bind(many.to_string(), "text"), self.bind(one.to_string(), "text"));
        format!(
            "(select replace(replace(replace(replace(replace({marked}, '\\', '\\\\'), '%', '\\%'), '_', '\\_'), \
             {many}, '%'), {one}, '_'))"
        )
    }

    fn number(&mut self, number: &Number) -> String {
        match number {
            Number::Integer(number) => self.bind(*number, "bigint"),
            Number::Real(number) => self.bind(*number, "float8"),
            Number::Field(field) => self.field(field),
            Number::Of(left, operator, right) => {
                let (left, right) = (self.number(left), self.number(right));
                // Behind "offset 0" each operand is worked out once, however deep it is.
                format!(
                    "(select case when a is null or b is null then null {} end from (select {left}::float8 as a, {right}::float8 as b offset 0) v)",
                    cases(*operator)
                )
            }
        }
    }

    fn flag(&mut self, flag: &Flag) -> String {
        match flag {
            Flag::Given(true) => "true".to_owned(),
            Flag::Given(false) => "false".to_owned(),
            Flag::Field(field) => self.field(field),
        }
    }

    fn instant(&mut self, instant: &Instant) -> String {
        match instant {
            Instant::Date(date) => self.bind(date.to_sqlx(), "date"),
            Instant::Time(time) => self.bind(time.to_sqlx(), "timestamptz"),
            Instant::Field(field) => self.field(field),
        }
    }

    /// The day of an instant, in UTC.
    fn day(&mut self, instant: &Instant) -> String {
        let written = self.instant(instant);
        if instant.is_day() {
            written
        } else {
            format!("({written} at time zone 'UTC')::date")
        }
    }

    fn spatial(&mut self, relation: SpatialRelation, left: &Place, right: &Place) -> String {
        let function = match relation {
            SpatialRelation::Intersects => "st_intersects",
            SpatialRelation::Equals => "st_equals",
            SpatialRelation::Disjoint => "st_disjoint",
            SpatialRelation::Touches => "st_touches",
            SpatialRelation::Within => "st_within",
            SpatialRelation::Overlaps => "st_overlaps",
            SpatialRelation::Crosses => "st_crosses",
            SpatialRelation::Contains => "st_contains",
        };
        let own = self.own();
        // A geometry that follows from other records is put together once a row.
        let expression = own.starts_with('(');
        let name = if expression { "v.g".to_owned() } else { own.clone() };
        let [left_sql, right_sql] = [left, right].map(|place| match place {
            Place::Own => name.clone(),
            Place::Given(given) => self.given(given),
        });
        let exact = format!("{function}({left_sql}, {right_sql})");
        let ours = matches!(left, Place::Own) || matches!(right, Place::Own);
        if expression && ours {
            return format!("(select {exact} from (select {own} as g offset 0) v)");
        }
        let both = matches!(left, Place::Own) && matches!(right, Place::Own);
        if relation == SpatialRelation::Disjoint || both || !ours {
            return exact;
        }
        // First by the index: what has any of the other relations meets the box around it.
        format!("({left_sql} && {right_sql} and {exact})")
    }

    fn given(&mut self, given: &Given) -> String {
        let parts: Vec<String> = given
            .parts
            .iter()
            .map(|part| {
                let bound = self.bind(Ewkb::geometry(4326, part), "geometry");
                match part {
                    Geometry::Polygon(_) | Geometry::Polygons(_) if !given.plain => {
                        format!("st_collectionextract(st_makevalid({bound}), 3)")
                    }
                    _ => bound,
                }
            })
            .collect();
        match parts.as_slice() {
            [part] if part.starts_with('$') => part.clone(),
            // Worked out once a statement.
            [part] => format!("(select {part})"),
            parts => format!("(select st_collect(array[{}]))", parts.join(", ")),
        }
    }

    fn temporal(&mut self, relation: TemporalRelation, left: &When, right: &When) -> String {
        let days = left.is_of_days() && right.is_of_days();
        let (a, b) = (self.period(left, days), self.period(right, days));
        let (a_from, a_to, b_from, b_to) = (&a.from, &a.to, &b.from, &b.to);
        let test = match relation {
            TemporalRelation::After => format!("{a_from} > {b_to}"),
            TemporalRelation::Before => format!("{a_to} < {b_from}"),
            TemporalRelation::Disjoint => format!("{a_to} < {b_from} or {a_from} > {b_to}"),
            TemporalRelation::Intersects => format!("{a_from} <= {b_to} and {a_to} >= {b_from}"),
            TemporalRelation::Equals => format!("{a_from} = {b_from} and {a_to} = {b_to}"),
            TemporalRelation::Contains => format!("{a_from} < {b_from} and {a_to} > {b_to}"),
            TemporalRelation::During => format!("{a_from} > {b_from} and {a_to} < {b_to}"),
            TemporalRelation::FinishedBy => format!("{a_from} < {b_from} and {a_to} = {b_to}"),
            TemporalRelation::Finishes => format!("{a_from} > {b_from} and {a_to} = {b_to}"),
            TemporalRelation::Meets => format!("{a_to} = {b_from}"),
            TemporalRelation::MetBy => format!("{a_from} = {b_to}"),
            TemporalRelation::Overlaps => format!("{a_from} < {b_from} and {a_to} > {b_from} and {a_to} < {b_to}"),
            TemporalRelation::OverlappedBy => format!("{a_from} > {b_from} and {a_from} < {b_to} and {a_to} > {b_to}"),
            TemporalRelation::StartedBy => format!("{a_from} = {b_from} and {a_to} > {b_to}"),
            TemporalRelation::Starts => format!("{a_from} = {b_from} and {a_to} < {b_to}"),
        };
        format!("({test})")
    }

    /// Both ends of what a temporal relation speaks of: as days where both sides are of days, else as times.
    fn period(&mut self, when: &When, days: bool) -> Period {
        let kind = if days { "date" } else { "timestamptz" };
        match when {
            When::Instant(instant) => Period {
                from: self.end(instant, days, false),
                to: self.end(instant, days, true),
            },
            When::Interval(from, to) => {
                let written_from = from.as_ref().map(|from| self.end(from, days, false));
                let written_to = to.as_ref().map(|to| self.end(to, days, true));
                let to = match (written_to, to, &written_from) {
                    (None, ..) => format!("'infinity'::{kind}"),
                    // What has begun and has no end goes on; of what has not begun nothing is known.
                    (Some(end), Some(Instant::Field(_)), Some(begin)) => {
                        format!("(case when {begin} is not null then coalesce({end}, 'infinity'::{kind}) end)")
                    }
                    (Some(end), Some(Instant::Field(_)), None) => format!("coalesce({end}, 'infinity'::{kind})"),
                    (Some(end), ..) => end,
                };
                Period {
                    from: written_from.unwrap_or_else(|| format!("'-infinity'::{kind}")),
                    to,
                }
            }
        }
    }

    fn end(&mut self, instant: &Instant, days: bool, last: bool) -> String {
        let written = self.instant(instant);
        match (days || !instant.is_day(), last) {
            (true, _) => written,
            (false, false) => format!("({written}::timestamp at time zone 'UTC')"),
            // The last moment of the day that the database can tell from the next.
            (false, true) => {
                format!("((({written})::date + 1)::timestamp at time zone 'UTC' - interval '1 microsecond')")
            }
        }
    }

    fn array(&mut self, relation: ArrayRelation, left: &Texts, right: &Texts) -> String {
        let (a, b) = (self.texts(left), self.texts(right));
        match relation {
            // As sets: neither order nor repetition matters.
            ArrayRelation::Equals => format!("({a} @> {b} and {a} <@ {b})"),
            ArrayRelation::Contains => format!("({a} @> {b})"),
            ArrayRelation::ContainedBy => format!("({a} <@ {b})"),
            ArrayRelation::Overlaps => format!("({a} && {b})"),
        }
    }

    fn texts(&mut self, texts: &Texts) -> String {
        match texts {
            Texts::Field(field) => self.field(field),
            Texts::Given(texts) => {
                let members: Vec<String> = texts.iter().map(|text| self.text(text)).collect();
                format!("array[{}]::text[]", members.join(", "))
            }
        }
    }
}

struct Period {
    from: String,
    to: String,
}

/// Whether a text comes from a record, and so brings the rule by which its column sorts.
fn is_of_record(text: &Text) -> bool {
    match text {
        Text::Given(_) => false,
        Text::Field(_) => true,
        Text::Casei(inner) | Text::Accenti(inner) => is_of_record(inner),
    }
}

/// What an operation on `a` and `b` gives, where it gives anything: nothing for a division by zero, for a root of a
/// negative number, and for operands or results beyond some hundred digits, where the database would end the statement.
const fn cases(operator: Arithmetic) -> &'static str {
    match operator {
        Arithmetic::Plus => "when abs(a) < 1e300 and abs(b) < 1e300 then a + b",
        Arithmetic::Minus => "when abs(a) < 1e300 and abs(b) < 1e300 then a - b",
        Arithmetic::Times => {
            "when a = 0 or b = 0 then 0
             when abs(a) between 1e-100 and 1e100 and abs(b) between 1e-100 and 1e100 then a * b"
        }
        Arithmetic::Over => {
            "when b = 0 then null when a = 0 then 0
             when abs(a) between 1e-100 and 1e100 and abs(b) between 1e-100 and 1e100 then a / b"
        }
        Arithmetic::Div => {
            "when b = 0 then null when a = 0 then 0
             when abs(a) between 1e-100 and 1e100 and abs(b) between 1e-100 and 1e100 then trunc(a / b)"
        }
        // By decimal digits, so that 0.3 % 0.1 is nothing.
        Arithmetic::Modulo => {
            "when b = 0 then null
             when abs(a) <= 1e15 and abs(b) between 1e-15 and 1e15 then mod(a::numeric, b::numeric)::float8"
        }
        Arithmetic::Power => {
            "when a = 0 and b < 0 then null when a = 0 and b = 0 then 1 when a = 0 then 0
             when a < 0 and b <> trunc(b) then null
             when not (abs(a) between 1e-100 and 1e100 and abs(b) <= 1e6) then null
             when abs(b * ln(abs(a))) < 230 then power(a, b)"
        }
    }
}

fn loses_accents(pattern: &Text) -> bool {
    match pattern {
        Text::Accenti(_) => true,
        Text::Casei(inner) => loses_accents(inner),
        Text::Given(_) | Text::Field(_) => false,
    }
}

/// The literal of a pattern, which is never a field.
fn given_text(pattern: &Text) -> &str {
    match pattern {
        Text::Given(text) => text,
        Text::Casei(inner) | Text::Accenti(inner) => given_text(inner),
        Text::Field(_) => "",
    }
}

fn with_text(pattern: &Text, text: &str) -> Text {
    match pattern {
        Text::Given(_) | Text::Field(_) => Text::Given(text.to_owned()),
        Text::Casei(inner) => Text::Casei(Box::new(with_text(inner, text))),
        Text::Accenti(inner) => Text::Accenti(Box::new(with_text(inner, text))),
    }
}

/// A pattern with `many` for `%` and `one` for `_`, in which every other character means itself.
fn marked(pattern: &str, many: char, one: char) -> String {
    let mut marked = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        marked.push(match c {
            '%' => many,
            '_' => one,
            '\\' => chars.next().unwrap_or(c),
            c => c,
        });
    }
    marked
}
