//! The sixty boundary markers, their elements, what is registered of them, and the three built-in faults.

use super::earth::{At, Earth};
use super::line::{Course, Line, LineType};
use super::noise::Rng;
use super::terrain::Terrain;
use super::words::SIDES;

pub const LAND_NORTH: usize = 26;
pub const RIVER_MARKERS: usize = 19;
pub const LAND_EAST: usize = 12;

/// Sequence numbers (from 1) of the markers that were put between others in 2012.
const INSERTED: [usize; 5] = [9, 19, 26, 27, 52];
/// Sequence numbers of the three markers with a fault.
pub const OFF_BY_FAR: usize = 4;
pub const OFF_BY_LITTLE: usize = 55;
pub const WRONG_SIDE: usize = 40;

pub struct Element {
    pub at: At,
    /// 0 for a single marker, else 1 to 3.
    pub element: usize,
    /// `None` on the line, else 0 for the left state and 1 for the right one.
    pub side: Option<usize>,
    /// Registered azimuth and distance to the line point.
    pub tie: Option<(f64, f64)>,
    pub chainage_m: f64,
    pub keeper: usize,
    pub erected_by: usize,
    pub condition: &'static str,
    pub material: &'static str,
    pub height_m: f64,
    pub sigma_m: f64,
    pub erected: String,
}

pub struct Marker {
    pub sequence: usize,
    pub number: String,
    pub section: usize,
    pub kind: &'static str,
    pub instrument: &'static str,
    pub elements: Vec<Element>,
}

impl Marker {
    pub const fn constellation(&self) -> &'static str {
        match self.elements.len() {
            1 => "single",
            2 => "double",
            _ => "triple",
        }
    }

    pub fn label(&self, element: &Element) -> String {
        if element.element == 0 {
            self.number.clone()
        } else {
            format!("{}({})", self.number, element.element)
        }
    }
}

/// Where on land a single marker stands: its chainage, and whether that is a vertex.
type Spot = (f64, bool);

pub fn erect(earth: &Earth, terrain: &Terrain, course: &Course) -> Vec<Marker> {
    let line = &course.line;
    let mut rng = Rng::new(0x4D41_524B);
    let mut plans: Vec<(usize, Plan)> = Vec::new();
    plans.extend(on_land(line, 0, LAND_NORTH).into_iter().map(|s| (0, Plan::Single(s))));
    let mut rest = &course.landings[..];
    while let Some(first) = rest.first() {
        let triple = rest.len() > 2 && rest[2].km - first.km < 0.2;
        let taken = if triple { 3 } else { 1 };
        // The first brook comes in from the left, the second from the right.
        let tongues = usize::from(
            triple
                && plans
                    .iter()
                    .any(|(_, p)| matches!(p, Plan::River(l, _) if l.len() == 3)),
        );
        plans.push((1, Plan::River(rest[..taken].to_vec(), tongues)));
        rest = &rest[taken..];
    }
    let lake = line.section_start_m(2);
    let shared = line
        .segments
        .iter()
        .find(|s| s.line_type == LineType::SharedWater)
        .expect("the lake is shared");
    for v in &shared.vertices[1..shared.vertices.len() - 1] {
        plans.push((2, Plan::Buoy(line.foot(earth, *v).chainage_m.max(lake))));
    }
    plans.extend(on_land(line, 3, LAND_EAST).into_iter().map(|s| (3, Plan::Single(s))));
    assert_eq!(plans.len(), 60, "sixty markers");

    let (mut main, mut sub) = (0, 0);
    let mut markers = Vec::new();
    for (i, (section, plan)) in plans.into_iter().enumerate() {
        let sequence = i + 1;
        let inserted = INSERTED.contains(&sequence);
        (main, sub) = if inserted { (main, sub + 1) } else { (main + 1, 0) };
        let number = if inserted {
            format!("{main}/{sub}")
        } else {
            main.to_string()
        };
        let kind = match &plan {
            Plan::Buoy(_) => "buoy",
            Plan::Single(_) if section == 3 && markers.last().is_some_and(|m: &Marker| m.section == 2) => "range_mark",
            _ if inserted => "auxiliary",
            _ => "main",
        };
        let mut elements = elements(earth, line, &plan, sequence, &mut rng);
        let count = elements.len();
        for e in &mut elements {
            dress(
                e,
                &mut rng,
                Dress {
                    sequence,
                    main,
                    inserted,
                    kind,
                    count,
                },
            );
            let ground = if kind == "buoy" {
                62.0
            } else {
                terrain.height(earth.plane(e.at))
            };
            e.height_m = (ground * 1000.0).round() / 1000.0;
        }
        let instrument = if inserted { "protocol-2012" } else { "protocol-1998" };
        markers.push(Marker {
            sequence,
            number,
            section,
            kind,
            instrument,
            elements,
        });
    }
    markers
}

enum Plan {
    Single(Spot),
    /// Its landings (one, or three at a confluence), and the side on which the brook parts two land tongues.
    River(Vec<super::line::Landing>, usize),
    Buoy(f64),
}

/// Single markers on a land section: at every turning point, near both ends, and then in the widest gaps.
fn on_land(line: &Line, section: usize, n: usize) -> Vec<Spot> {
    let start = line.section_start_m(section);
    let end = start + line.section_length_m(section);
    let (mut spots, mut vertices): (Vec<Spot>, Vec<f64>) =
        (vec![(start + 38.0, false), (end - 75.0, false)], Vec::new());
    let earth = Earth::new();
    for segment in line.segments.iter().filter(|s| s.section == section) {
        for (v, treaty) in segment.vertices.iter().zip(&segment.treaty) {
            let s = line.foot(&earth, *v).chainage_m;
            if segment.line_type == LineType::Watershed {
                vertices.push(s);
            }
            if *treaty && s > start + 1.0 && s < end - 1.0 && spots.iter().all(|(other, _)| (other - s).abs() > 1.0) {
                spots.push((s, true));
            }
        }
    }
    let on_ridge = |s: f64| vertices.first().is_some_and(|a| s > *a) && vertices.last().is_some_and(|b| s < *b);
    while spots.len() < n {
        spots.sort_by(|a, b| a.0.total_cmp(&b.0));
        let widest = spots
            .windows(2)
            .max_by(|a, b| (a[1].0 - a[0].0).total_cmp(&(b[1].0 - b[0].0)))
            .expect("two spots");
        let middle = (widest[0].0 + widest[1].0) / 2.0;
        let spot = if on_ridge(middle) {
            let nearest = vertices
                .iter()
                .min_by(|a, b| (*a - middle).abs().total_cmp(&(*b - middle).abs()));
            (*nearest.expect("the ridge has vertices"), true)
        } else {
            (middle, false)
        };
        spots.push(spot);
    }
    spots.sort_by(|a, b| a.0.total_cmp(&b.0));
    spots
}

fn bare(at: At, element: usize, side: Option<usize>, chainage_m: f64) -> Element {
    Element {
        at,
        element,
        side,
        tie: None,
        chainage_m,
        keeper: 0,
        erected_by: 0,
        condition: "intact",
        material: "granite",
        height_m: 0.0,
        sigma_m: 0.02,
        erected: String::new(),
    }
}

fn elements(earth: &Earth, line: &Line, plan: &Plan, sequence: usize, rng: &mut Rng) -> Vec<Element> {
    match plan {
        Plan::Buoy(s) => vec![bare(line.at(earth, *s).0.rounded(), 0, None, *s)],
        Plan::Single((s, vertex)) => {
            let (on_line, heading) = line.at(earth, *s);
            // Set out to some millimetres; a turning point is where its marker is.
            let across = match sequence {
                OFF_BY_FAR => 0.31,
                OFF_BY_LITTLE => -0.11,
                _ if *vertex => 0.0,
                _ => 0.004 * rng.normal().clamp(-2.0, 2.0),
            };
            let at = earth.direct(on_line, heading - 90.0, across).rounded();
            vec![bare(at, 0, None, *s)]
        }
        Plan::River(landings, tongues) => {
            let mut all = Vec::new();
            let sides = match landings.len() {
                1 => vec![(0, 0), (0, 1)],
                _ => vec![(1, 1 - tongues), (0, *tongues), (2, *tongues)],
            };
            for (i, (landing, side)) in sides.iter().enumerate() {
                let l = landings[*landing];
                let heading = line.foot(earth, l.at).heading;
                let (mut away, mut stands) = (l.to_bank_m[*side] + rng.range(6.0, 13.0), *side);
                if sequence == WRONG_SIDE && *side == 1 {
                    (away, stands) = (3.4, 0);
                }
                let azimuth = if stands == 0 { heading - 90.0 } else { heading + 90.0 };
                let at = earth.direct(l.at, azimuth, away).rounded();
                let foot = line.foot(earth, at);
                let slip = earth.metres(foot.at, l.at);
                assert!(
                    slip < 0.002,
                    "marker {sequence} sees another part of the line: {slip} m"
                );
                let (metres, azimuth) = earth.inverse(at, foot.at);
                let mut e = bare(at, i + 1, Some(*side), foot.chainage_m);
                e.tie = Some(((azimuth * 1e5).round() / 1e5, (metres * 1e3).round() / 1e3));
                all.push(e);
            }
            all
        }
    }
}

struct Dress {
    sequence: usize,
    main: usize,
    inserted: bool,
    kind: &'static str,
    count: usize,
}

fn dress(e: &mut Element, rng: &mut Rng, d: Dress) {
    // Odd single numbers are kept by the left state, even ones by the right one; on the banks each keeps its own.
    e.keeper = e.side.unwrap_or((d.main + 1) % 2);
    e.erected_by = e.keeper;
    e.material = match (d.kind, d.count, SIDES[e.keeper]) {
        ("buoy", ..) => "steel",
        ("range_mark", ..) => "steel",
        (_, 1, _) if d.main.is_multiple_of(10) => "granite",
        (_, _, "AST") => "granite",
        _ => "reinforced_concrete",
    };
    let day = 1 + rng.word() % 28;
    e.erected = if d.inserted {
        format!("2012-{:02}-{day:02}", 6 + rng.word() % 3)
    } else {
        let year = 1996 + (d.sequence as u64 + rng.word() % 6) / 33;
        format!("{year}-{:02}-{day:02}", 6 + rng.word() % 4)
    };
    e.condition = match rng.word() % 24 {
        0..=3 => "weathered",
        4 => "tilted",
        5 => "damaged",
        _ => "intact",
    };
    // The instruments of the first demarcation year were worse, and those points were not measured again.
    e.sigma_m = match d.sequence {
        OFF_BY_LITTLE => 0.05,
        OFF_BY_FAR | WRONG_SIDE => 0.02,
        s if s % 11 == 3 && d.count == 1 => 0.04,
        _ => 0.02,
    };
    if d.kind == "buoy" {
        (e.condition, e.sigma_m) = ("intact", 0.03);
    }
}
