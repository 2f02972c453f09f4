//! What belongs to a section: records that name it, and records that name one of those.

use std::collections::{BTreeMap, HashSet};

use crate::domain::filter::syntax::ArrayRelation;
use crate::domain::filter::{Comparison, Scalar, Test, Text, Texts};
use crate::domain::problem::{Code, Problem};
use crate::domain::schema::{ALL, Field, Schema, Type, section};
use crate::domain::text::Message;
use crate::domain::value::Value;
use crate::service::features::{self, Coordinates, Record, Selection};
use crate::service::{Context, Result, not_found};

/// A section, and which records name it.
pub struct Within {
    key: String,
    /// What records of each collection are called that name the section themselves.
    named: BTreeMap<&'static str, HashSet<String>>,
}

/// That a record of this kind names the section itself; none where the kind cannot.
fn test(schema: &Schema, key: &str) -> Option<Test> {
    let given = || Text::Given(key.to_owned());
    let equal = |field: &'static Field| {
        Test::Compare(
            Scalar::Text(Text::Field(field)),
            Comparison::Equal,
            Scalar::Text(given()),
        )
    };
    if schema.kind == section::SCHEMA.kind {
        return section::SCHEMA.field(section::SCHEMA.natural).map(equal);
    }
    let field = |name: &str| static_field(schema, name);
    if let Some(field) = field("section").filter(|field| field.kind == Type::Reference(section::SCHEMA.collection)) {
        return Some(equal(field));
    }
    let several = field("sections").filter(|field| field.kind == Type::Texts)?;
    Some(Test::Array(
        ArrayRelation::Contains,
        Texts::Field(several),
        Texts::Given(vec![given()]),
    ))
}

/// A field of a kind that the program has from its beginning.
fn static_field(schema: &Schema, name: &str) -> Option<&'static Field> {
    let schema = ALL.iter().copied().find(|known| known.kind == schema.kind)?;
    schema.field(name)
}

/// The fields by which a record of this kind names records that may name a section.
fn references(schema: &'static Schema) -> Vec<&'static Field> {
    schema
        .fields()
        .filter(|field| match field.kind {
            Type::Reference(collection) => {
                collection != schema.collection
                    && crate::domain::schema::of(collection).is_some_and(|other| test(other, "").is_some())
            }
            _ => false,
        })
        .collect()
}

/// The refusal for a collection of which nothing belongs to a section.
pub fn without(schema: &Schema) -> crate::service::Error {
    Problem::new(
        Code::ParameterInvalid,
        Message::new(
            format!("No record of {} names a section.", schema.collection),
            format!("{}与国界段没有关联。", schema.title.zh),
        ),
        Message::new(
            "Leave the section out, or use a filter.",
            "请不要指定国界段，或使用过滤条件。",
        ),
    )
    .into()
}

impl Within {
    /// Looks a section up.
    ///
    /// # Errors
    /// When there is none of this key, or the database breaks.
    pub async fn find(cx: &Context, wanted: &Selection, key: &str) -> Result<Self> {
        let mut within = Self {
            key: key.to_owned(),
            named: BTreeMap::new(),
        };
        let sections = within.names(cx, wanted, &section::SCHEMA).await?;
        if sections.is_empty() {
            return Err(not_found(&Message::new("section", "国界段"), key));
        }
        within.named.insert(section::SCHEMA.collection, sections);
        for schema in ALL.iter().copied().filter(|schema| test(schema, key).is_some()) {
            if schema.kind != section::SCHEMA.kind {
                let names = within.names(cx, wanted, schema).await?;
                within.named.insert(schema.collection, names);
            }
        }
        Ok(within)
    }

    /// What the records of a kind that name the section are called.
    async fn names(&self, cx: &Context, wanted: &Selection, schema: &'static Schema) -> Result<HashSet<String>> {
        let mut names = HashSet::new();
        let selection = Selection {
            boundary: wanted.boundary.clone().filter(|_| schema.is_at_boundary()),
            when: wanted.when,
            filter: test(schema, &self.key),
            properties: Some(schema.field(schema.natural).into_iter().collect()),
            coordinates: Coordinates::Display,
            ..Selection::of(schema)
        };
        let mut batches = features::batches(cx, selection);
        while let Some(batch) = batches.recv().await {
            let values = batch?.into_iter().flat_map(|record| record.values);
            names.extend(values.filter_map(|value| match value {
                Value::Text(name) => Some(name),
                _ => None,
            }));
        }
        Ok(names)
    }

    /// The records of a selection that belong to the section; none where its kind has nothing to do with sections.
    ///
    /// # Errors
    /// When the database breaks.
    pub async fn narrow(&self, cx: &Context, selection: Selection) -> Result<Option<Selection>> {
        let schema = selection.schema;
        if let Some(test) = test(schema, &self.key) {
            let filter = Some(match selection.filter {
                Some(own) => Test::All(vec![own, test]),
                None => test,
            });
            return Ok(Some(Selection { filter, ..selection }));
        }
        let fields = references(schema);
        if fields.is_empty() {
            return Ok(None);
        }
        let mut ids = Vec::new();
        let looked = Selection {
            properties: Some(fields.clone()),
            coordinates: Coordinates::Display,
            ..selection.clone()
        };
        let belongs = |record: &Record| {
            fields
                .iter()
                .zip(&record.values)
                .any(|(field, value)| match (field.kind, value) {
                    (Type::Reference(collection), Value::Text(name)) => {
                        self.named.get(collection).is_some_and(|names| names.contains(name))
                    }
                    _ => false,
                })
        };
        let mut batches = features::batches(cx, looked);
        while let Some(batch) = batches.recv().await {
            ids.extend(
                batch?
                    .iter()
                    .filter(|record| belongs(record))
                    .map(|record| record.feature_id),
            );
        }
        Ok(Some(Selection {
            ids: Some(ids),
            ..selection
        }))
    }
}
