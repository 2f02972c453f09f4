//! Transformation records as ways between reference systems.

use serde_json::Value as Json;

use crate::crs::{Agency, Crs, Parameters};
use crate::domain::text::Message;
use crate::domain::value::{Draft, Value};
use crate::unit::LonLat;

fn number(draft: &Draft, name: &str) -> Option<f64> {
    match draft.get(name)? {
        Value::Number(n) => Some(*n),
        Value::Integer(n) => Some(*n as f64),
        _ => None,
    }
}

/// The way that a record states, for positions around `near`.
///
/// - **Shape**: members of `parameters`: `dx_m`, `dy_m`, `dz_m`, with seven parameters also `rx_as`, `ry_as`, `rz_as` and
///   `scale_ppm`; of a plane similarity `dx_m`, `dy_m`, `rotation_as`, `scale_ppm`; of an affine one `a0`, `a1`, `a2`,
///   `b0`, `b1`, `b2`.
/// - **Units**: as their names say; arc-seconds, parts per million.
/// - **Errors**: why it leads nowhere: systems without a code, a member that is missing, no accuracy, another area.
/// - **Source**: EPSG Guidance Note 7-2, methods 9603, 9606, 9607, 9621 and 9624.
pub fn read(draft: &Draft, near: LonLat) -> Result<Agency, Message> {
    let system = |name: &str| {
        let text = draft.text(name).unwrap_or_default();
        Crs::lookup(text).map_err(|_| {
            Message::new(
                format!("{text:?} is no code of a reference system"),
                format!("“{text}”不是坐标系代码"),
            )
        })
    };
    let (from, to) = (system("from_crs")?, system("to_crs")?);
    let accuracy_m = number(draft, "accuracy_m").ok_or_else(|| Message::new("it states no accuracy", "未注明精度"))?;
    if !covers(draft, near) {
        return Err(Message::new(
            "its area does not hold the boundary",
            "其适用范围不含该国界",
        ));
    }
    let method = draft.text("method").unwrap_or_default();
    let stated = match draft.get("parameters") {
        Some(Value::Document(text)) => serde_json::from_str::<Json>(text).unwrap_or(Json::Null),
        _ => Json::Null,
    };
    let parameters = parameters(method, &stated)?;
    let key = draft.text("key").unwrap_or_default();
    let name = match draft.text("citation") {
        Some(citation) => format!("transformation record {key} ({citation})"),
        None => format!("transformation record {key}"),
    };
    Agency::new(name, from, to, parameters, accuracy_m).ok_or_else(|| {
        Message::new(
            "plane parameters need projected systems",
            "平面参数须用于投影坐标系之间",
        )
    })
}

/// Whether a place lies in the area of a record; an edge that is not stated is none.
fn covers(draft: &Draft, near: LonLat) -> bool {
    let (lon, lat) = (near.lon.get(), near.lat.get());
    let edge = |name| number(draft, name);
    let in_latitude =
        edge("south_deg").is_none_or(|south| lat >= south) && edge("north_deg").is_none_or(|north| lat <= north);
    let in_longitude = match (edge("west_deg"), edge("east_deg")) {
        (Some(west), Some(east)) if west > east => lon >= west || lon <= east,
        (west, east) => west.is_none_or(|west| lon >= west) && east.is_none_or(|east| lon <= east),
    };
    in_latitude && in_longitude
}

fn parameters(method: &str, stated: &Json) -> Result<Parameters, Message> {
    let member = |name: &str| {
        stated.get(name).and_then(Json::as_f64).ok_or_else(|| {
            Message::new(
                format!("its parameters have no number {name}"),
                format!("参数中缺少 {name}"),
            )
        })
    };
    let three = |names: [&str; 3]| -> Result<[f64; 3], Message> {
        Ok([member(names[0])?, member(names[1])?, member(names[2])?])
    };
    let shift = || three(["dx_m", "dy_m", "dz_m"]);
    match method {
        "translation_3" => Ok(Parameters::Geocentric {
            shift_m: shift()?,
            rotation_as: [0.0; 3],
            scale_ppm: 0.0,
        }),
        "position_vector_7" | "coordinate_frame_7" => {
            let sense = if method == "coordinate_frame_7" { -1.0 } else { 1.0 };
            Ok(Parameters::Geocentric {
                shift_m: shift()?,
                rotation_as: three(["rx_as", "ry_as", "rz_as"])?.map(|angle| sense * angle),
                scale_ppm: member("scale_ppm")?,
            })
        }
        "similarity_4" => {
            let scale = 1.0 + member("scale_ppm")? * 1e-6;
            let (sin, cos) = (member("rotation_as")? / 3_600.0).to_radians().sin_cos();
            Ok(Parameters::Plane {
                easting: [member("dx_m")?, scale * cos, scale * sin],
                northing: [member("dy_m")?, -scale * sin, scale * cos],
            })
        }
        "affine_6" => Ok(Parameters::Plane {
            easting: three(["a0", "a1", "a2"])?,
            northing: three(["b0", "b1", "b2"])?,
        }),
        other => Err(Message::new(
            format!("its method {other} is not computed here"),
            format!("此处不支持其方法 {other}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(method: &str, parameters: &str) -> Draft {
        let mut draft = Draft::default();
        for (name, text) in [
            ("key", "a"),
            ("method", method),
            ("from_crs", "EPSG:4214"),
            ("to_crs", "EPSG:4490"),
        ] {
            draft.set(name, Value::Text(text.to_owned()));
        }
        draft.set("parameters", Value::Document(parameters.to_owned()));
        draft.set("accuracy_m", Value::Number(0.5));
        draft
    }

    #[test]
    fn a_record_is_a_way_or_says_why_not() {
        let near = LonLat::new(130.0, 43.0).unwrap();
        let three = r#"{"dx_m":15.8,"dy_m":-154.4,"dz_m":-82.3}"#;
        let good = record("translation_3", three);
        let way = read(&good, near).unwrap();
        assert_eq!((way.name(), way.accuracy_m()), ("transformation record a", 0.5));
        let refused = |draft: &Draft, why: &str| {
            let said = read(draft, near).unwrap_err();
            assert!(said.en.contains(why) && !said.zh.is_empty(), "{said:?}");
        };
        refused(&record("translation_3", r#"{"dx_m":15.8,"dy_m":"7"}"#), "dy_m");
        refused(&record("position_vector_7", three), "rx_as");
        refused(&record("grid", "{}"), "grid");
        refused(
            &record("similarity_4", r#"{"dx_m":1,"dy_m":1,"rotation_as":1,"scale_ppm":1}"#),
            "projected",
        );
        for (name, value, why) in [
            ("accuracy_m", Value::Null, "accuracy"),
            ("from_crs", Value::Text("Kelmora 1962".to_owned()), "Kelmora 1962"),
            ("west_deg", Value::Number(131.0), "area"),
            ("north_deg", Value::Number(42.0), "area"),
        ] {
            let mut draft = good.clone();
            draft.set(name, value);
            refused(&draft, why);
        }
    }
}
