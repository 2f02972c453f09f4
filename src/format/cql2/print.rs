//! Writes a filter as CQL2 text and as CQL2 JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::domain::filter::syntax::{Arithmetic, Node, Op, Shape, What};
use crate::geom::shape::Geometry;

use super::lexer::is_plain_name;

/// A filter as CQL2 text, which reads back to the same filter.
///
/// - **Shape**: parentheses only where they are needed; keywords in capitals; every property that is no plain word in
///   double quotes.
/// - **Errors**: none.
pub fn to_text(node: &Node) -> String {
    let mut text = String::new();
    write(&mut text, node, Rank::Or);
    text
}

/// How tightly the parts of a filter hold together, the loosest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Or,
    And,
    Not,
    Predicate,
    Sum,
    Product,
    Power,
    Primary,
}

const fn rank(node: &Node) -> Rank {
    let What::Call(op, _) = &node.what else {
        return Rank::Primary;
    };
    match op {
        Op::Or => Rank::Or,
        Op::And => Rank::And,
        Op::Not => Rank::Not,
        Op::Compare(_) | Op::Like | Op::Between | Op::In | Op::IsNull => Rank::Predicate,
        Op::Arithmetic(Arithmetic::Plus | Arithmetic::Minus) => Rank::Sum,
        Op::Arithmetic(Arithmetic::Power) => Rank::Power,
        Op::Arithmetic(_) => Rank::Product,
        Op::Spatial(_) | Op::Temporal(_) | Op::Array(_) | Op::Casei | Op::Accenti | Op::Interval => Rank::Primary,
    }
}

/// Writes a node where nothing looser than `least` may stand.
fn write(text: &mut String, node: &Node, least: Rank) {
    if rank(node) < least {
        text.push('(');
        bare(text, node);
        text.push(')');
    } else {
        bare(text, node);
    }
}

fn bare(text: &mut String, node: &Node) {
    match &node.what {
        What::Text(given) => quote(text, given, '\''),
        What::Integer(number) => push(text, format_args!("{number}")),
        // With a point or an exponent, so that it is read as the same.
        What::Number(number) => push(text, format_args!("{number:?}")),
        What::Flag(flag) => text.push_str(if *flag { "TRUE" } else { "FALSE" }),
        What::Date(date) => push(text, format_args!("DATE('{date}')")),
        What::Time(time) => push(text, format_args!("TIMESTAMP('{time}')")),
        What::Open => text.push_str("'..'"),
        What::Shape(shape) => write_shape(text, shape),
        What::Property(name) if is_plain_name(name) => text.push_str(name),
        What::Property(name) => quote(text, name, '"'),
        What::List(members) => {
            text.push('(');
            joined(text, members, ", ", Rank::Sum);
            text.push(')');
        }
        What::Call(op, args) => call(text, *op, args),
    }
}

fn call(text: &mut String, op: Op, args: &[Node]) {
    match (op, args) {
        (Op::And, _) => joined(text, args, " AND ", Rank::Not),
        (Op::Or, _) => joined(text, args, " OR ", Rank::And),
        (Op::Not, [arg]) => {
            text.push_str("NOT ");
            write(text, arg, Rank::Not);
        }
        (Op::Compare(comparison), [left, right]) => infix(text, left, comparison.word(), right, Rank::Sum, Rank::Sum),
        (Op::Like, [left, right]) => infix(text, left, "LIKE", right, Rank::Sum, Rank::Sum),
        (Op::In, [left, list]) => infix(text, left, "IN", list, Rank::Sum, Rank::Sum),
        (Op::Between, [value, low, high]) => {
            infix(text, value, "BETWEEN", low, Rank::Sum, Rank::Sum);
            text.push_str(" AND ");
            write(text, high, Rank::Sum);
        }
        (Op::IsNull, [arg]) => {
            write(text, arg, Rank::Sum);
            text.push_str(" IS NULL");
        }
        (Op::Arithmetic(arithmetic), [left, right]) => {
            let (least_left, least_right) = match arithmetic {
                Arithmetic::Plus | Arithmetic::Minus => (Rank::Sum, Rank::Product),
                Arithmetic::Power => (Rank::Primary, Rank::Power),
                _ => (Rank::Product, Rank::Power),
            };
            infix(text, left, arithmetic.word(), right, least_left, least_right);
        }
        (op, args) => {
            text.push_str(&op.word().to_uppercase());
            text.push('(');
            for (index, arg) in args.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                match (&arg.what, op) {
                    // The ends of an interval are texts.
                    (What::Date(date), Op::Interval) => push(text, format_args!("'{date}'")),
                    (What::Time(time), Op::Interval) => push(text, format_args!("'{time}'")),
                    _ => write(text, arg, Rank::Sum),
                }
            }
            text.push(')');
        }
    }
}

fn infix(text: &mut String, left: &Node, word: &str, right: &Node, least_left: Rank, least_right: Rank) {
    write(text, left, least_left);
    push(text, format_args!(" {word} "));
    write(text, right, least_right);
}

fn joined(text: &mut String, nodes: &[Node], between: &str, least: Rank) {
    for (index, node) in nodes.iter().enumerate() {
        text.push_str(if index > 0 { between } else { "" });
        write(text, node, least);
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    // Writing to a string cannot fail.
    let _ = text.write_fmt(what);
}

fn quote(text: &mut String, content: &str, quote: char) {
    text.push(quote);
    for c in content.chars() {
        text.push(c);
        if c == quote {
            text.push(c);
        }
    }
    text.push(quote);
}

fn write_shape(text: &mut String, shape: &Shape) {
    match shape {
        Shape::Box([x1, y1, x2, y2]) => push(text, format_args!("BBOX({x1:?}, {y1:?}, {x2:?}, {y2:?})")),
        Shape::Geometry(geometry) => write_geometry(text, geometry),
        Shape::Collection(members) => {
            text.push_str("GEOMETRYCOLLECTION");
            list(text, members, write_geometry);
        }
    }
}

fn write_geometry(text: &mut String, geometry: &Geometry) {
    text.push_str(&geometry.name().to_uppercase());
    match geometry {
        Geometry::Point(position) => {
            text.push('(');
            write_position(text, position);
            text.push(')');
        }
        Geometry::Points(positions) => list(text, positions, |text, position| {
            text.push('(');
            write_position(text, position);
            text.push(')');
        }),
        Geometry::Line(line) => write_line(text, line),
        Geometry::Lines(lines) | Geometry::Polygon(lines) => list(text, lines, |text, line| write_line(text, line)),
        Geometry::Polygons(polygons) => list(text, polygons, |text, rings| {
            list(text, rings, |text, ring| write_line(text, ring));
        }),
    }
}

fn write_line(text: &mut String, line: &[[f64; 2]]) {
    list(text, line, write_position);
}

fn write_position(text: &mut String, [x, y]: &[f64; 2]) {
    push(text, format_args!("{x:?} {y:?}"));
}

fn list<T>(text: &mut String, members: &[T], write: impl Fn(&mut String, &T)) {
    text.push('(');
    for (index, member) in members.iter().enumerate() {
        text.push_str(if index > 0 { ", " } else { "" });
        write(text, member);
    }
    text.push(')');
}

/// A filter as CQL2 JSON, which reads back to the same filter.
///
/// - **Errors**: none.
pub fn to_json(node: &Node) -> Value {
    match &node.what {
        What::Text(text) => json!(text),
        What::Integer(number) => json!(number),
        What::Number(number) => json!(number),
        What::Flag(flag) => json!(flag),
        What::Date(date) => json!({ "date": date.to_string() }),
        What::Time(time) => json!({ "timestamp": time.to_string() }),
        What::Open => json!(".."),
        What::Shape(Shape::Box(corners)) => json!({ "bbox": corners }),
        What::Shape(Shape::Geometry(geometry)) => geojson(geometry),
        What::Shape(Shape::Collection(members)) => json!({
            "type": "GeometryCollection",
            "geometries": members.iter().map(geojson).collect::<Vec<_>>(),
        }),
        What::Property(name) => json!({ "property": name }),
        What::List(members) => Value::Array(members.iter().map(to_json).collect()),
        What::Call(Op::Interval, ends) => {
            let end = |end: &Node| match &end.what {
                What::Date(date) => json!(date.to_string()),
                What::Time(time) => json!(time.to_string()),
                _ => to_json(end),
            };
            json!({ "interval": ends.iter().map(end).collect::<Vec<_>>() })
        }
        What::Call(op, args) => json!({ "op": op.word(), "args": args.iter().map(to_json).collect::<Vec<_>>() }),
    }
}

fn geojson(geometry: &Geometry) -> Value {
    let coordinates = match geometry {
        Geometry::Point(position) => json!(position),
        Geometry::Points(line) | Geometry::Line(line) => json!(line),
        Geometry::Lines(lines) | Geometry::Polygon(lines) => json!(lines),
        Geometry::Polygons(polygons) => json!(polygons),
    };
    json!({ "type": geometry.name(), "coordinates": coordinates })
}
