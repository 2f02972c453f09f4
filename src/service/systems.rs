//! The reference systems in which the register gives positions.

use std::sync::{Arc, Mutex};

use super::{Context, Result, view};
use crate::crs::{Crs, utm_zone};
use crate::unit::LonLat;

/// Offered wherever the register is: WGS 84, CGCS2000, web maps, two zones of UTM.
const ALWAYS: [&str; 5] = ["EPSG:4326", "EPSG:4490", "EPSG:3857", "EPSG:32651", "EPSG:32652"];

/// The systems found last, until a boundary changes.
#[derive(Debug, Clone, Default)]
pub struct Systems(Arc<Mutex<Option<Offered>>>);

/// The systems, and the version of the boundaries that they are of.
type Offered = (i64, Arc<Vec<Crs>>);

/// The systems beside CRS84: those always offered, the frame of each boundary, and the zones in use along it.
///
/// # Errors
/// When the database cannot be read.
pub async fn systems(cx: &Context) -> Result<Arc<Vec<Crs>>> {
    let version = cx.version_of(&["boundaries", "segments"]).await?;
    if let Ok(known) = cx.systems.0.lock()
        && let Some((at, systems)) = &*known
        && *at == version
    {
        return Ok(Arc::clone(systems));
    }
    let boundaries = view::boundaries(cx).await?;
    let along: Vec<(String, Option<[f64; 4]>)> = boundaries.into_iter().map(|b| (b.frame.crs, b.bbox)).collect();
    // PROJ reads its data base for each system.
    let found = tokio::task::spawn_blocking(move || found(&along)).await?;
    let found = Arc::new(found);
    if let Ok(mut known) = cx.systems.0.lock() {
        *known = Some((version, Arc::clone(&found)));
    }
    Ok(found)
}

fn found(along: &[(String, Option<[f64; 4]>)]) -> Vec<Crs> {
    let mut all: Vec<Crs> = ALWAYS.iter().filter_map(|code| Crs::lookup(code).ok()).collect();
    let mut add = |crs: Crs| {
        if !all.iter().any(|known| known.code() == crs.code()) {
            all.push(crs);
        }
    };
    for (frame, bbox) in along {
        let Ok(frame) = Crs::lookup(frame) else { continue };
        add(frame.clone());
        if let Ok(base) = Crs::lookup(frame.base_code()) {
            add(base);
        }
        let Some([west, south, east, north]) = bbox else {
            continue;
        };
        for lon in [*west, (west + east) / 2.0, *east] {
            let zone = LonLat::new(lon, (south + north) / 2.0)
                .ok()
                .map(|near| utm_zone(&frame, near));
            if let Some(Ok(zone)) = zone {
                add(zone);
            }
        }
    }
    all
}
