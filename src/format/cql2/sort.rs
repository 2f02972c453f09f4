//! The order that a request asks for: `sortby=-height_m,number` (OGC 20-004r1, 7.9; OGC API Features Part 5).

use crate::domain::filter::ID;
use crate::domain::filter::check::shown;
use crate::domain::filter::near::near;
use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::schema::{Field, Schema, Type};
use crate::domain::text::Message;

/// Properties that one request may sort by.
pub const KEYS: usize = 8;

/// A field to sort by, and whether the greatest comes first.
pub type Order = (&'static Field, bool);

/// Reads the parameter `sortby` for records of `schema`.
///
/// - **Shape**: names with commas between; `-` before a name begins with the greatest, `+`, which a form turns into a
///   space, or nothing with the least. At most [`KEYS`], each name once.
/// - **Errors**: [`Code::ParameterInvalid`] with all mistakes.
/// - **Source**: OGC API Features Part 5, requirements class Sorting.
pub fn read(sortby: &str, schema: &Schema) -> Result<Vec<Order>, Problem> {
    let mut orders: Vec<Order> = Vec::new();
    let mut mistakes = Vec::new();
    let parts: Vec<&str> = sortby.split(',').take(KEYS + 1).collect();
    if parts.len() > KEYS {
        mistakes.push(Message::new(
            format!("More than {KEYS} properties are named"),
            format!("属性多于 {KEYS} 个"),
        ));
    }
    for part in parts.into_iter().take(KEYS) {
        match order(part, schema) {
            Ok(order) if orders.iter().any(|other| other.0.name == order.0.name) => {
                let name = order.0.name;
                mistakes.push(Message::new(
                    format!("The property {name} is named twice"),
                    format!("属性 {name} 重复"),
                ));
            }
            Ok(order) => orders.push(order),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    let Some(first) = mistakes.first() else {
        return Ok(orders);
    };
    let (detail, collection) = (
        Message::new(format!("sortby: {}.", first.en), format!("sortby：{}。", first.zh)),
        schema.collection,
    );
    let remedy = Message::new(
        format!(
            "Name properties of /collections/{collection}/queryables, with - before those that begin with the greatest."
        ),
        format!("请使用 /collections/{collection}/queryables 中的属性；降序者前加 -。"),
    );
    let mistakes = mistakes
        .into_iter()
        .map(|detail| Mistake {
            at: "sortby".to_owned(),
            detail,
        })
        .collect();
    Err(Problem::new(Code::ParameterInvalid, detail, remedy).with_mistakes(mistakes))
}

fn order(part: &str, schema: &Schema) -> Result<Order, Message> {
    let part = part.trim();
    let (descending, name) = match (part.strip_prefix('-'), part.strip_prefix('+')) {
        (Some(name), _) => (true, name),
        (None, Some(name)) => (false, name),
        (None, None) => (false, part),
    };
    if name.is_empty() {
        return Err(Message::new("A name is missing", "缺少属性名"));
    }
    let Some(field) = schema.field(name) else {
        if name == ID.name {
            return Ok((&ID, descending));
        }
        let collection = schema.collection;
        let likely = near(name, schema.fields().map(|field| field.name).chain([ID.name]));
        let name = shown(name);
        return Err(if likely.is_empty() {
            Message::new(
                format!("{collection} has no property {name}"),
                format!("{collection} 没有属性 {name}"),
            )
        } else {
            Message::new(
                format!(
                    "{collection} has no property {name}; did you mean {}?",
                    likely.join(" or ")
                ),
                format!("{collection} 没有属性 {name}；是否应为 {}？", likely.join(" 或 ")),
            )
        });
    };
    if matches!(field.kind, Type::Texts | Type::Document) {
        return Err(Message::new(
            format!("{name} holds several values and gives no order"),
            format!("{name} 含有多个值，不能用于排序"),
        ));
    }
    Ok((field, descending))
}
