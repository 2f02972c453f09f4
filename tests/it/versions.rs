//! Versions: what is written is read again, at any date, and nothing is overwritten.

use jiff::Timestamp;
use merestone::domain::moment::InForce;
use merestone::domain::problem::{Code, Problem};
use merestone::domain::schema::{self, Schema};
use merestone::domain::value::{Draft, Value};
use merestone::geom::shape::Geometry;
use merestone::service::edit::{self, Edit, Mode, Written};
use merestone::service::features::{self, Coordinates, Found, Record, Selection, When};
use merestone::service::{Context, Error};

use crate::support::app::{App, app_with_borders};

fn schema(collection: &str) -> &'static Schema {
    schema::of(collection).unwrap()
}

fn draft(schema: &'static Schema, values: &[(&str, Value)]) -> Draft {
    let mut draft = Draft::default();
    for (name, value) in values {
        draft.set(schema.field(name).unwrap().name, value.clone());
    }
    draft
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> Problem {
    match result.unwrap_err() {
        Error::Refused(problem) => *problem,
        Error::Fault(fault) => panic!("{fault}"),
    }
}

fn value<'a>(schema: &Schema, record: &'a Record, name: &str) -> &'a Value {
    let at = schema.fields().position(|field| field.name == name).unwrap();
    &record.values[at]
}

async fn read(cx: &Context, schema: &'static Schema, id: i64, when: When) -> Record {
    let wanted = Selection {
        when,
        ..Selection::of(schema)
    };
    match features::item(cx, &wanted, id).await.unwrap() {
        Found::Record(record) => *record,
        Found::Gone => panic!("{id} is gone"),
    }
}

fn at(instant: &str) -> When {
    When {
        in_force: Some(InForce::At(instant.parse().unwrap())),
        known: None,
    }
}

/// A point of the invented border in the sea of its frame.
fn point(app: &App, number: &str) -> Edit {
    let _ = app;
    let schema = schema("boundary_points");
    let mut draft = draft(
        schema,
        &[
            ("number", text(number)),
            ("boundary", text("astrand-veyra")),
            ("sigma_m", Value::Number(0.02)),
        ],
    );
    draft.geometry = Some(Some(Geometry::Point([-168.123_456_789_01, 42.5])));
    Edit::new(draft)
}

#[tokio::test]
async fn every_kind_of_record_can_be_read_in_every_way() {
    let app = app_with_borders().await;
    for schema in schema::ALL {
        let now = features::page(&app.cx, &Selection::of(schema))
            .await
            .unwrap_or_else(|e| panic!("{}: {e}", schema.kind));
        assert!(now.records.len() <= 10, "{}", schema.kind);
        let within = When {
            in_force: Some(InForce::Within {
                from: None,
                to: Some(Timestamp::now()),
            }),
            known: Some(Timestamp::now()),
        };
        for wanted in [
            Selection {
                when: within,
                ..Selection::of(schema)
            },
            Selection {
                coordinates: Coordinates::System(merestone::crs::Crs::lookup("EPSG:4490").unwrap()),
                ..Selection::of(schema)
            },
            Selection {
                area: Some(features::Area::Box([170.0, -80.0, -60.0, 80.0])),
                ..Selection::of(schema)
            },
            Selection {
                boundary: Some("astrand-veyra".to_owned()),
                ..Selection::of(schema)
            },
        ] {
            features::page(&app.cx, &wanted)
                .await
                .unwrap_or_else(|e| panic!("{}: {e}", schema.kind));
        }
        // Sorting by each field in turn, two a page, gives each record once.
        for field in schema.fields() {
            let mut wanted = Selection {
                sort: vec![(field, true)],
                limit: 3,
                ..Selection::of(schema)
            };
            let mut seen = Vec::new();
            for _ in 0..4 {
                let page = features::page(&app.cx, &wanted)
                    .await
                    .unwrap_or_else(|e| panic!("{}.{}: {e}", schema.kind, field.name));
                seen.extend(page.records.iter().map(|record| record.feature_id));
                wanted.after = page.next;
                if wanted.after.is_none() {
                    break;
                }
            }
            let n = seen.len();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), n, "{}.{}", schema.kind, field.name);
        }
    }
}

#[tokio::test]
async fn a_change_is_a_new_version_and_the_old_one_can_be_read() {
    let app = app_with_borders().await;
    let (cx, points) = (&app.cx, schema("boundary_points"));
    let Written { feature_id, version } = edit::create(cx, points, &point(&app, "X1")).await.unwrap();
    assert_eq!(version, 1);
    let first = read(cx, points, feature_id, When::default()).await;
    assert_eq!(first.geometry, Some(Geometry::Point([-168.123_456_789_01, 42.5])));
    assert_eq!(value(points, &first, "standing"), &text("imported"));
    let known_before = Timestamp::now();

    let mut change = Edit::new(draft(points, &[("sigma_m", Value::Number(0.5))]));
    let second = edit::change(cx, points, feature_id, Some(1), &change, Mode::Patch)
        .await
        .unwrap();
    assert_eq!(second.version, 2);
    let now = read(cx, points, feature_id, When::default()).await;
    assert_eq!(value(points, &now, "sigma_m"), &Value::Number(0.5));
    assert_eq!(value(points, &now, "number"), &text("X1"));
    assert_eq!(now.geometry, first.geometry);
    let then = When {
        in_force: None,
        known: Some(known_before),
    };
    assert_eq!(
        value(points, &read(cx, points, feature_id, then).await, "sigma_m"),
        &Value::Number(0.02)
    );

    // The version that was read is not the one that is there any more.
    assert_eq!(
        refusal(edit::change(cx, points, feature_id, Some(1), &change, Mode::Patch).await).code,
        Code::Stale
    );

    // Published, it takes an instrument and a reason; all that is missing is said at once.
    change.draft = draft(points, &[("standing", text("in_force"))]);
    let problem = refusal(edit::change(cx, points, feature_id, Some(2), &change, Mode::Patch).await);
    let missing: Vec<&str> = problem.mistakes.iter().map(|m| m.at.as_str()).collect();
    assert_eq!(missing, ["#/properties/instrument", "#/properties/reason"]);
    change.draft = draft(
        points,
        &[
            ("standing", text("in_force")),
            ("instrument", text("protocol-1998")),
            ("reason", text("measured anew")),
            ("valid_from", Value::Time("2026-01-01T00:00:00Z".parse().unwrap())),
        ],
    );
    let published = edit::change(cx, points, feature_id, Some(2), &change, Mode::Patch)
        .await
        .unwrap();
    let now = read(cx, points, feature_id, When::default()).await;
    assert_eq!(now.version, published.version);
    assert_eq!(value(points, &now, "instrument"), &text("protocol-1998"));
    // In force, it is changed only by who names the version.
    change.draft = draft(points, &[("sigma_m", Value::Number(0.1))]);
    assert_eq!(
        refusal(edit::change(cx, points, feature_id, None, &change, Mode::Patch).await).code,
        Code::VersionRequired
    );
    change.draft = draft(
        points,
        &[
            ("sigma_m", Value::Number(0.1)),
            ("instrument", text("protocol-1998")),
            ("reason", text("a finer survey")),
            ("valid_from", Value::Time("2026-06-01T00:00:00Z".parse().unwrap())),
        ],
    );
    edit::change(cx, points, feature_id, Some(now.version), &change, Mode::Patch)
        .await
        .unwrap();
    let spring = read(cx, points, feature_id, at("2026-03-01T00:00:00Z")).await;
    assert_eq!(value(points, &spring, "sigma_m"), &Value::Number(0.5));
    assert_eq!(value(points, &spring, "standing"), &text("historical"));
    let summer = read(cx, points, feature_id, at("2026-07-01T00:00:00Z")).await;
    assert_eq!(value(points, &summer, "sigma_m"), &Value::Number(0.1));
    assert_eq!(value(points, &summer, "standing"), &text("in_force"));

    // Retired: gone now, there at its time.
    let bye = draft(
        points,
        &[
            ("instrument", text("protocol-1998")),
            ("reason", text("no longer needed")),
        ],
    );
    edit::retire(cx, points, feature_id, Some(summer.version), &bye)
        .await
        .unwrap();
    let found = features::item(cx, &Selection::of(points), feature_id).await.unwrap();
    assert_eq!(found, Found::Gone);
    assert_eq!(read(cx, points, feature_id, at("2026-07-01T00:00:00Z")).await.values, {
        let mut values = summer.values.clone();
        let last = read(cx, points, feature_id, at("2026-07-01T00:00:00Z")).await.values;
        for (slot, value) in values.iter_mut().zip(last) {
            *slot = value;
        }
        values
    });
}

#[tokio::test]
async fn the_position_of_a_marker_is_that_of_its_first_element() {
    let app = app_with_borders().await;
    let (cx, markers) = (&app.cx, schema("markers"));
    let mut new = draft(
        markers,
        &[
            ("number", text("900")),
            ("boundary", text("astrand-veyra")),
            ("sigma_m", Value::Number(0.02)),
            ("keeper", text("AST")),
        ],
    );
    new.geometry = Some(Some(Geometry::Point([-168.1, 42.5])));
    let id = edit::create(cx, markers, &Edit::new(new.clone()))
        .await
        .unwrap()
        .feature_id;
    let record = read(cx, markers, id, When::default()).await;
    assert_eq!(record.geometry, Some(Geometry::Point([-168.1, 42.5])));
    assert_eq!(value(markers, &record, "keeper"), &text("AST"));
    assert_eq!(value(markers, &record, "sigma_m"), &Value::Number(0.02));
    // The number is in use now.
    assert_eq!(
        refusal(edit::create(cx, markers, &Edit::new(new)).await).code,
        Code::NumberTaken
    );
    let mut moved = Draft {
        geometry: Some(Some(Geometry::Point([-168.2, 42.6]))),
        ..Draft::default()
    };
    moved.set("sigma_m", Value::Number(0.05));
    edit::change(cx, markers, id, None, &Edit::new(moved), Mode::Patch)
        .await
        .unwrap();
    let record = read(cx, markers, id, When::default()).await;
    assert_eq!(record.geometry, Some(Geometry::Point([-168.2, 42.6])));
    assert_eq!(value(markers, &record, "sigma_m"), &Value::Number(0.05));
    assert_eq!(record.version, 2);
}
