//! Positions in every system people read them in, and where they are along the line.

use serde::Serialize;
use serde_json::Value;

use crate::crs::{Crs, Frame, Kind, Projection, null_for_display, utm_zone};
use crate::domain::problem::Problem;
use crate::domain::text::{Lang, Message};
use crate::geom::line::{Foot, Side};
use crate::service::Result;
use crate::service::register::Register;
use crate::unit::{Chainage, LonLat, dms};

/// A position in one system, ready to be read and copied.
#[derive(Debug, Clone, Serialize)]
pub struct PositionView {
    /// `received`, `legal`, `projected` or `display`.
    pub kind: &'static str,
    pub crs: String,
    pub name: String,
    pub x: f64,
    pub y: f64,
    /// Latitude then longitude in degrees, minutes, seconds; or northing then easting in metres.
    pub text: [String; 2],
}

fn geographic(kind: &'static str, crs: &Crs, p: LonLat) -> PositionView {
    PositionView {
        kind,
        crs: crs.code().to_owned(),
        name: crs.name().to_owned(),
        x: p.lon.get(),
        y: p.lat.get(),
        text: [dms::latitude(p.lat, 5), dms::longitude(p.lon, 5)],
    }
}

/// A legal position in every system people read it in.
pub(super) fn positions(frame: &Frame, legal: LonLat) -> Result<Vec<PositionView>> {
    let mut views = vec![geographic("legal", &frame.crs, legal)];
    let zone = utm_zone(&frame.crs, legal).map_err(Problem::from)?;
    // Metres of the frame's own datum are a projection; of another they are the display numbers, and say so.
    let of_frame = zone.base_code() == frame.crs.base_code();
    let [x, y] = Projection::new(&zone)
        .and_then(|p| p.forward(legal))
        .map_err(Problem::from)?;
    views.push(PositionView {
        kind: if of_frame { "projected" } else { "display" },
        crs: zone.code().to_owned(),
        name: zone.name().to_owned(),
        x,
        y,
        text: [format!("N {y:.3} m"), format!("E {x:.3} m")],
    });
    let display = null_for_display(&frame.crs, [legal.lon.get(), legal.lat.get()]).map_err(Problem::from)?;
    views.push(geographic(
        "display",
        &Crs::lookup("EPSG:4326").map_err(Problem::from)?,
        display,
    ));
    Ok(views)
}

/// A position as it was received: numbers or printed text, in the system it came in.
pub(super) fn received(received: &Value) -> Option<PositionView> {
    let (x, y) = (received.get("x")?.as_f64()?, received.get("y")?.as_f64()?);
    let crs = Crs::lookup(received.get("crs")?.as_str()?).ok()?;
    let printed = |key: &str| received.get(key).and_then(Value::as_str).map(str::to_owned);
    let text = match (printed("printed_lat"), printed("printed_lon"), crs.kind()) {
        (Some(lat), Some(lon), _) => [lat, lon],
        (_, _, Kind::Projected) => [format!("N {y} m"), format!("E {x} m")],
        _ => [format!("{y}°"), format!("{x}°")],
    };
    Some(PositionView {
        kind: "received",
        crs: crs.code().to_owned(),
        name: crs.name().to_owned(),
        x,
        y,
        text,
    })
}

/// Where something is along the line.
#[derive(Debug, Clone, Serialize)]
pub struct ReferenceView {
    pub en: String,
    pub zh: String,
    pub chainage_m: f64,
    pub chainage: String,
    pub offset_m: f64,
    pub side: &'static str,
    pub section: Option<String>,
}

fn side_word(side: Side) -> &'static str {
    match side {
        Side::Left => "left",
        Side::Right => "right",
        Side::On => "on",
    }
}

pub(super) fn reference(register: &Register, foot: &Foot) -> ReferenceView {
    let boundary = &register.boundary.record;
    let name = |side, lang| -> Option<String> {
        let code = boundary.party_on(side)?;
        let party = boundary.parties.iter().find(|p| p.code == code)?;
        Some(party.names.get(lang).unwrap_or(code).to_owned())
    };
    let say = |lang| -> Message {
        let (left, right) = (name(Side::Left, lang), name(Side::Right, lang));
        register
            .case
            .milestones
            .reference(foot, [left.as_deref(), right.as_deref()])
    };
    let chainage = Chainage::new(foot.chainage.max(0.0)).unwrap_or_default();
    ReferenceView {
        en: say(Lang::En).en,
        zh: say(Lang::Zh).zh,
        chainage_m: foot.chainage,
        chainage: chainage.to_string(),
        offset_m: foot.offset(),
        side: side_word(foot.side),
        section: register
            .case
            .line
            .part_at(foot.chainage)
            .map(|part| part.section.clone()),
    }
}
