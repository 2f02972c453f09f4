//! Lists of markers with a row for each element, as surveys deliver them: one marker, and its elements after it.

use crate::domain::boundary::Boundary;
use crate::domain::id::Held;
use crate::domain::marker::{Element, Marker, Relation, SigmaSource};
use crate::domain::problem::Problem;
use crate::domain::schema::{self, Schema};
use crate::domain::text::Lang;
use crate::domain::value::{Draft, Value};
use crate::format::draft::ReadRow;
use crate::format::register::{self, ToFrame};
use crate::format::row::{Mapping, Row};
use crate::geom::line::Side;
use crate::geom::shape::Geometry;

/// Whether the rows are elements and not whole markers.
pub fn has_elements(rows: &[Row], mapping: &Mapping) -> bool {
    let element = mapping.column("element");
    mapping.constants.contains_key("element") || rows.iter().any(|row| row.cells.contains_key(element))
}

fn set(schema: &'static Schema, draft: &mut Draft, name: &str, value: Option<Value>) {
    if let (Some(field), Some(value)) = (schema.field(name), value) {
        draft.set(field.name, value);
    }
}

fn text(text: impl Into<String>) -> Option<Value> {
    Some(Value::Text(text.into()))
}

/// # Errors
/// All mistakes of the file at once.
pub fn read(
    rows: &[Row],
    mapping: &Mapping,
    way: &ToFrame,
    held: &Held<Boundary>,
) -> Result<Vec<(&'static Schema, Vec<ReadRow>)>, Problem> {
    let (Some(markers), Some(elements)) = (schema::of("markers"), schema::of("marker_elements")) else {
        return Ok(Vec::new());
    };
    let read = register::markers(rows, mapping, way, Some(&held.record))?;
    let mut of_markers = Vec::with_capacity(read.len());
    let mut of_elements = Vec::new();
    for read in read {
        let (marker, raw) = read.record;
        let place = format!("marker {}", marker.number.text());
        // The numbers stay those of the file: who writes them brings them into the frame and notes how they came.
        for (element, raw) in marker.elements.iter().zip(raw) {
            let mut draft = element_draft(elements, &marker, element, raw);
            set(
                elements,
                &mut draft,
                "instrument",
                read.instrument.clone().map(Value::Text),
            );
            of_elements.push(ReadRow {
                place: place.clone(),
                draft,
                valid_to: None,
                mistakes: Vec::new(),
            });
        }
        let mut draft = marker_draft(markers, &marker);
        set(markers, &mut draft, "instrument", read.instrument.map(Value::Text));
        of_markers.push(ReadRow {
            place,
            draft,
            valid_to: None,
            mistakes: Vec::new(),
        });
    }
    Ok(vec![(markers, of_markers), (elements, of_elements)])
}

fn marker_draft(schema: &'static Schema, marker: &Marker) -> Draft {
    let mut draft = Draft::default();
    let mut put = |name: &str, value| set(schema, &mut draft, name, value);
    put("number", text(marker.number.text()));
    put("section", marker.section.clone().map(Value::Text));
    put("sequence", marker.sequence.map(Value::Integer));
    put("constellation", text(marker.constellation.word()));
    put("kind", text(marker.kind.word()));
    put("condition", text(marker.condition.word()));
    put("keeper", marker.keeper.clone().map(Value::Text));
    put("erected_by", marker.erected_by.clone().map(Value::Text));
    for lang in Lang::ALL {
        put(
            &format!("name_{}", lang.code()),
            marker.names.get(lang).map(|name| Value::Text(name.to_owned())),
        );
    }
    draft
}

fn element_draft(schema: &'static Schema, marker: &Marker, element: &Element, raw: [f64; 2]) -> Draft {
    let mut draft = Draft {
        geometry: Some(Some(Geometry::Point(raw))),
        ..Draft::default()
    };
    let mut put = |name: &str, value| set(schema, &mut draft, name, value);
    put("number", text(marker.label(element)));
    put("marker", text(marker.number.text()));
    put("element", Some(Value::Integer(element.index.into())));
    put("party", element.party.clone().map(Value::Text));
    let side = |side: Side| match side {
        Side::Left => text("left"),
        Side::Right => text("right"),
        Side::On => None,
    };
    match &element.relation {
        Relation::OnLine => put("relation", text("on_line")),
        Relation::NotStated => put("relation", text("not_stated")),
        Relation::Beside(at) => {
            put("relation", text("beside"));
            put("side", side(*at));
        }
        Relation::Tied {
            azimuth,
            distance,
            side: at,
        } => {
            put("relation", text("tied"));
            put("azimuth_deg", Some(Value::Number(azimuth.get())));
            put("distance_m", Some(Value::Number(distance.get())));
            put("side", at.and_then(side));
        }
    }
    put("material", element.material.clone().map(Value::Text));
    put("height_m", element.height_m.map(Value::Number));
    put("sigma_m", Some(Value::Number(element.sigma.get())));
    put(
        "sigma_source",
        text(match element.sigma_source {
            SigmaSource::Stated => "stated",
            SigmaSource::PrintedDigits => "printed_digits",
        }),
    );
    if let Some((lat, lon)) = &element.printed {
        put("printed_lat", text(lat.clone()));
        put("printed_lon", text(lon.clone()));
    }
    draft
}
