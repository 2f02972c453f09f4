//! Where records are, as a drawing in the page itself: no script, no tiles, and it prints.

use maud::{Markup, html};

use crate::geom::shape::Geometry;

/// One thing to draw.
pub struct Drawn<'a> {
    pub geometry: &'a Geometry,
    pub href: Option<String>,
    pub title: String,
    pub look: Look,
}

/// How a thing is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    Now,
    /// As it was before.
    Was,
    /// How far two things are apart.
    Apart,
}

impl Look {
    const fn class(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Was => "was",
            Self::Apart => "apart",
        }
    }
}

const WIDTH: f64 = 1000.0;
const LEAST_HEIGHT: f64 = 260.0;
const GREATEST_HEIGHT: f64 = 520.0;
/// Share of the drawing that is left free around what is drawn.
const MARGIN: f64 = 0.08;
/// Degrees that a drawing shows at least, so that one point has surroundings.
const LEAST_SPAN: f64 = 0.01;

/// How degrees become units of the drawing.
struct Scale {
    west: f64,
    north: f64,
    /// Units for a degree of longitude and of latitude.
    per_lon: f64,
    per_lat: f64,
    height: f64,
    /// Whether what is drawn lies across the antimeridian.
    wraps: bool,
}

impl Scale {
    fn of(shapes: &[Drawn<'_>]) -> Option<Self> {
        let positions = || shapes.iter().flat_map(|drawn| drawn.geometry.positions());
        Self::around(positions, LEAST_SPAN, MARGIN)
    }

    /// - **Shape**: `least` in degrees; `margin` as a share of what is drawn, on each side.
    fn around<'a, I: Iterator<Item = &'a [f64; 2]>>(
        positions: impl Fn() -> I,
        least: f64,
        margin: f64,
    ) -> Option<Self> {
        let bounds = |wraps: bool| {
            positions().fold(None, |bounds: Option<[f64; 4]>, [lon, lat]| {
                let lon = turned(*lon, wraps);
                let [w, s, e, n] = bounds.unwrap_or([lon, *lat, lon, *lat]);
                Some([w.min(lon), s.min(*lat), e.max(lon), n.max(*lat)])
            })
        };
        let plain = bounds(false)?;
        let around = bounds(true)?;
        let wraps = around[2] - around[0] < plain[2] - plain[0];
        let [w, s, e, n] = if wraps { around } else { plain };
        let shrink = ((s + n) / 2.0).to_radians().cos().max(0.05);
        let (middle_lon, middle_lat) = ((w + e) / 2.0, (s + n) / 2.0);
        let span_lat = (n - s).max(least) * (1.0 + 2.0 * margin);
        let span_lon = (e - w).max(least) * (1.0 + 2.0 * margin);
        let height = (WIDTH * span_lat / (span_lon * shrink)).clamp(LEAST_HEIGHT, GREATEST_HEIGHT);
        // The tighter of the two directions decides, and both have the same length on the ground.
        let per_lat = (WIDTH / (span_lon * shrink)).min(height / span_lat);
        let per_lon = per_lat * shrink;
        Some(Self {
            west: middle_lon - WIDTH / per_lon / 2.0,
            north: middle_lat + height / per_lat / 2.0,
            per_lon,
            per_lat,
            height,
            wraps,
        })
    }

    fn x(&self, lon: f64) -> f64 {
        (turned(lon, self.wraps) - self.west) * self.per_lon
    }

    fn y(&self, lat: f64) -> f64 {
        (self.north - lat) * self.per_lat
    }

    fn path(&self, line: &[[f64; 2]], out: &mut String) {
        let mut last = String::new();
        for (index, [lon, lat]) in line.iter().enumerate() {
            let at = format!("{:.1} {:.1}", self.x(*lon), self.y(*lat));
            // What falls on one spot of the drawing is drawn once.
            if at != last {
                out.push(if index == 0 { 'M' } else { 'L' });
                out.push_str(&at);
            }
            last = at;
        }
    }
}

fn turned(lon: f64, wraps: bool) -> f64 {
    if wraps && lon < 0.0 { lon + 360.0 } else { lon }
}

/// A step of the net that gives some six lines across.
fn step(span: f64) -> f64 {
    let raw = span / 6.0;
    let power = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        .find(|s| *s >= raw)
        .unwrap_or(10.0 * power)
}

/// The drawing; nothing where there is nothing to draw.
pub fn drawing(shapes: &[Drawn<'_>], what: &str) -> Markup {
    Scale::of(shapes).map_or_else(|| html! {}, |scale| figure(&scale, shapes, what, None))
}

/// Things from so near that `around` fills a good part of the drawing; nothing where the drawing of the whole shows it
/// already.
pub fn detail(shapes: &[Drawn<'_>], around: &Geometry, whole: &[Drawn<'_>], what: &str) -> Markup {
    /// A tenth of a millimetre: nearer than this nothing was surveyed.
    const LEAST_DETAIL: f64 = 1e-9;
    /// How many times smaller than all it must be to be worth a drawing of its own.
    const WORTH: f64 = 4.0;
    let near = Scale::around(|| around.positions(), LEAST_DETAIL, 1.0);
    match (Scale::of(whole), near) {
        (Some(whole), Some(near)) if near.per_lat > WORTH * whole.per_lat => figure(&near, shapes, what, Some(what)),
        _ => html! {},
    }
}

fn figure(scale: &Scale, shapes: &[Drawn<'_>], what: &str, caption: Option<&str>) -> Markup {
    html! {
        figure.drawing {
            svg viewBox=(format!("0 0 {WIDTH:.0} {:.0}", scale.height)) role="img" aria-label=(what) {
                (net(scale))
                @for drawn in shapes {
                    @match &drawn.href {
                        Some(href) => a href=(href) {
                            title { (drawn.title) }
                            (shape(scale, drawn.geometry))
                        },
                        None => g class=(drawn.look.class()) {
                            title { (drawn.title) }
                            (shape(scale, drawn.geometry))
                        },
                    }
                }
            }
            @if let Some(caption) = caption { figcaption { (caption) } }
        }
    }
}

fn shape(scale: &Scale, geometry: &Geometry) -> Markup {
    let mut path = String::new();
    let points: &[[f64; 2]] = match geometry {
        Geometry::Point(at) => std::slice::from_ref(at),
        Geometry::Points(points) => points,
        Geometry::Line(line) => {
            scale.path(line, &mut path);
            &[]
        }
        Geometry::Lines(lines) => {
            lines.iter().for_each(|line| scale.path(line, &mut path));
            &[]
        }
        Geometry::Polygon(rings) => {
            rings.iter().for_each(|ring| scale.path(ring, &mut path));
            &[]
        }
        Geometry::Polygons(polygons) => {
            polygons.iter().flatten().for_each(|ring| scale.path(ring, &mut path));
            &[]
        }
    };
    let class = match geometry {
        Geometry::Polygon(_) | Geometry::Polygons(_) => "surface",
        _ => "line",
    };
    html! {
        @if !path.is_empty() {
            path class=(class) d=(path) fill-rule="evenodd" {}
        }
        @for [lon, lat] in points {
            circle.point cx=(format!("{:.1}", scale.x(*lon))) cy=(format!("{:.1}", scale.y(*lat))) r="5" {}
        }
    }
}

/// Meridians and parallels with their degrees.
fn net(scale: &Scale) -> Markup {
    let (lons, lats) = (WIDTH / scale.per_lon, scale.height / scale.per_lat);
    let (across, down) = (step(lons), step(lats));
    let south = scale.north - lats;
    let lines = |from: f64, span: f64, step: f64| -> Vec<f64> {
        let first = (from / step).ceil() as i64;
        let last = ((from + span) / step).floor() as i64;
        (first..=last.min(first + 20)).map(|n| n as f64 * step).collect()
    };
    let digits = |step: f64| (-step.log10().floor()).max(0.0) as usize;
    html! {
        g.net {
            @for lon in lines(scale.west, lons, across) {
                @let x = format!("{:.1}", (lon - scale.west) * scale.per_lon);
                line x1=(x) x2=(x) y1="0" y2=(format!("{:.0}", scale.height)) {}
            }
            @for lat in lines(south, lats, down) {
                @let y = format!("{:.1}", scale.y(lat));
                line y1=(y) y2=(y) x1="0" x2=(format!("{WIDTH:.0}")) {}
            }
        }
        g.net-words {
            @for lon in lines(scale.west, lons, across) {
                @let shown = if lon > 180.0 { lon - 360.0 } else { lon };
                text x=(format!("{:.1}", (lon - scale.west) * scale.per_lon + 4.0)) y=(format!("{:.1}", scale.height - 5.0)) {
                    (format!("{shown:.*}°", digits(across)))
                }
            }
            @for lat in lines(south, lats, down) {
                text x="4" y=(format!("{:.1}", scale.y(lat) - 4.0)) { (format!("{lat:.*}°", digits(down))) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(geometry: &Geometry) -> String {
        let shapes = [Drawn {
            geometry,
            href: Some("/x".to_owned()),
            title: "<b>".to_owned(),
            look: Look::Now,
        }];
        drawing(&shapes, "what").into_string()
    }

    #[test]
    fn everything_lies_inside_the_drawing() {
        let line = Geometry::Line(vec![[10.0, 40.0], [12.0, 41.0], [11.0, 44.0]]);
        let shapes = [Drawn {
            geometry: &line,
            href: None,
            title: String::new(),
            look: Look::Now,
        }];
        let scale = Scale::of(&shapes).unwrap();
        for [lon, lat] in line.positions() {
            assert!((0.0..=WIDTH).contains(&scale.x(*lon)), "{lon}");
            assert!((0.0..=scale.height).contains(&scale.y(*lat)), "{lat}");
        }
        // A degree of longitude is shorter than one of latitude by the cosine.
        assert!((scale.per_lon / scale.per_lat - 42f64.to_radians().cos()).abs() < 1e-9);
    }

    #[test]
    fn what_crosses_the_antimeridian_is_drawn_in_one_piece() {
        let line = Geometry::Line(vec![[179.5, 10.0], [-179.5, 10.5]]);
        let shapes = [Drawn {
            geometry: &line,
            href: None,
            title: String::new(),
            look: Look::Now,
        }];
        let scale = Scale::of(&shapes).unwrap();
        assert!(scale.wraps && scale.x(-179.5) > scale.x(179.5));
    }

    #[test]
    fn one_point_has_surroundings_and_words_are_escaped() {
        let said = drawn(&Geometry::Point([-168.0, 42.5]));
        assert!(said.contains("<circle class=\"point\" cx=\"500.0\""), "{said}");
        assert!(said.contains("&lt;b&gt;") && said.contains("°"), "{said}");
        assert_eq!(drawn(&Geometry::Points(Vec::new())), "");
    }
}
