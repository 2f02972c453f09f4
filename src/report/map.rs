//! The overview map of a document, as vector drawing and a list of labels.
//!
//! Pure: the same model gives the same drawing. Lines and symbols are SVG in millimetres on paper; labels are handed
//! over as text with their places, because the page sets them in the fonts and languages of the document. Start with
//! [`draw`]. The projection is Lambert's azimuthal equal-area on the ellipsoid, centred on what is shown: it has no
//! zones and no seam at 180 degrees, and on a sheet of 60 km its scale is constant to a few millionths.

mod labels;
mod paper;
pub(super) mod projection;

use std::fmt::Write as _;

use super::model::{Act, Marker, Visit};
use crate::domain::finding::Verdict;
use crate::domain::marker::Number;
use crate::domain::section::Character;
use crate::domain::text::Lang;
use crate::unit::LonLat;
use labels::Labels;
use paper::{Paper, simplify};
use projection::Projection;

/// A finished map. All lengths are millimetres on paper, from the top left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    pub svg: String,
    pub width: f64,
    pub height: f64,
    /// The sheet lies on its side.
    pub landscape: bool,
    pub labels: Vec<Label>,
    /// The denominator of the representative fraction.
    pub scale: f64,
    pub bar: ScaleBar,
    pub centre: LonLat,
    pub legend: Vec<LegendItem>,
    /// Some marker numbers did not fit.
    pub thinned: bool,
}

/// What a label is, and so how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Marker,
    Gap,
    Grid,
    /// A grid label that reads upwards.
    GridTurned,
    North,
    Place,
    Party,
}

impl Style {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Marker => "marker",
            Self::Gap => "gap",
            Self::Grid => "grid",
            Self::GridTurned => "grid_turned",
            Self::North => "north",
            Self::Place => "place",
            Self::Party => "party",
        }
    }
}

/// Text whose middle stands at `x`, `y`, one line for each language that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub x: f64,
    pub y: f64,
    pub style: Style,
    pub lines: Vec<(Lang, String)>,
}

/// A scale bar of `parts` equal parts.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaleBar {
    pub parts: u32,
    pub part_mm: f64,
    /// What one part is on the ground, in `unit`.
    pub part_value: f64,
    pub unit: &'static str,
}

/// One entry of the legend: a swatch and the terms that name it.
#[derive(Debug, Clone, PartialEq)]
pub struct LegendItem {
    pub svg: String,
    pub term: &'static str,
    /// A second term that is filled into the first.
    pub detail: Option<String>,
}

/// The size of a legend swatch in millimetres.
pub const SWATCH: (f64, f64) = (11.0, 4.0);

const INK: &str = "#1d1d1f";
const RIVER: &str = "#1b4f8a";
const RIBBON: &str = "#ecdde6";
const WALKED: &str = "#8cc4d6";
const GAP: &str = "#e8871e";
const PASS: &str = "#1b6e3c";
const UNCLEAR: &str = "#9a5b00";
const FAIL: &str = "#b3261e";
const GRID: &str = "#c9ced6";

/// Thinner than a printer's dot at 300 dpi.
const PAPER_TOLERANCE_MM: f64 = 0.08;

/// The overview map of an act in two languages, or nothing when the act has no geometry.
pub fn draw(act: &Act, languages: [Lang; 2]) -> Option<Drawing> {
    let shown = shown(act);
    let first = Projection::new(projection::middle(&shown)?);
    let centre = first.inverse(paper::centre(shown.iter().map(|p| first.forward(*p)))?);
    let projection = Projection::new(centre);
    let paper = Paper::fit(shown.iter().map(|p| projection.forward(*p)))?;
    let mut sheet = Sheet {
        projection,
        paper,
        svg: String::new(),
        labels: Labels::new(paper.frame),
    };
    let chains = chains(act);
    let lines: Vec<(Character, Vec<[f64; 2]>)> = chains.iter().map(|(c, l)| (*c, sheet.place(l))).collect();
    for (_, line) in &lines {
        sheet.labels.block_line(line);
    }
    sheet.head();
    sheet.graticule();
    for (_, line) in &lines {
        let _ = write!(
            sheet.svg,
            r#"<path d="{}" stroke="{RIBBON}" stroke-width="2.4"/>"#,
            path(line)
        );
    }
    sheet.tracks(&act.map.tracks);
    sheet.gaps(act);
    for (character, line) in &lines {
        let _ = write!(sheet.svg, r#"<path d="{}" {}/>"#, path(line), line_look(*character));
    }
    sheet.places(act, languages);
    let thinned = sheet.markers(&act.markers);
    sheet.svg.push_str("</g>");
    sheet.parties(act, languages, &lines);
    sheet.frame();
    sheet.svg.push_str("</svg>");
    Some(Drawing {
        svg: sheet.svg,
        width: paper.width,
        height: paper.height,
        landscape: paper.landscape,
        labels: sheet.labels.done(),
        scale: paper.scale,
        bar: paper.bar(),
        centre,
        legend: legend(act),
        thinned,
    })
}

/// Every point the frame must hold.
fn shown(act: &Act) -> Vec<LonLat> {
    let lines = act.map.lines.iter().flat_map(|l| l.line.iter().copied());
    let gaps = act.gaps.iter().flat_map(|g| g.line.iter().copied());
    let markers = act.markers.iter().map(|m| m.position);
    let ports = act.map.ports.iter().map(|p| p.position);
    lines.chain(gaps).chain(markers).chain(ports).collect()
}

/// The boundary line with stretches of one character joined, so that a dash pattern runs through.
fn chains(act: &Act) -> Vec<(Character, Vec<LonLat>)> {
    let mut out: Vec<(Character, Vec<LonLat>)> = Vec::new();
    for piece in &act.map.lines {
        match out.last_mut() {
            Some((character, line)) if *character == piece.character && line.last() == piece.line.first() => {
                line.extend(piece.line.iter().skip(1));
            }
            _ => out.push((piece.character, piece.line.clone())),
        }
    }
    out.retain(|(_, line)| line.len() > 1);
    out
}

struct Sheet {
    projection: Projection,
    paper: Paper,
    svg: String,
    labels: Labels,
}

impl Sheet {
    fn at(&self, point: LonLat) -> [f64; 2] {
        self.paper.place(self.projection.forward(point))
    }

    /// A line on paper, without the vertices nobody could see.
    fn place(&self, line: &[LonLat]) -> Vec<[f64; 2]> {
        let points: Vec<[f64; 2]> = line.iter().map(|p| self.at(*p)).collect();
        simplify(&points, PAPER_TOLERANCE_MM)
    }

    fn head(&mut self) {
        let (w, h, f) = (self.paper.width, self.paper.height, self.paper.frame);
        let _ = write!(
            self.svg,
            concat!(
                r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm" viewBox="0 0 {w} {h}">"#,
                r#"<clipPath id="f"><rect x="{x}" y="{y}" width="{fw}" height="{fh}"/></clipPath>"#,
                r#"<g clip-path="url(#f)" fill="none" stroke-linejoin="round">"#
            ),
            w = mm(w),
            h = mm(h),
            x = mm(f.left),
            y = mm(f.top),
            fw = mm(f.right - f.left),
            fh = mm(f.bottom - f.top)
        );
    }

    /// Meridians and parallels at a round interval, with their values at the edge of the frame.
    fn graticule(&mut self) {
        let frame = self.paper.frame;
        let edge = frame.edge(24).map(|at| self.projection.inverse(self.paper.back(at)));
        let centre = self.projection.centre();
        let mut lon = [f64::INFINITY, f64::NEG_INFINITY];
        let mut lat = [f64::INFINITY, f64::NEG_INFINITY];
        for point in edge {
            let dlon = projection::turn(point.lon.get() - centre.lon.get());
            lon = [lon[0].min(dlon), lon[1].max(dlon)];
            lat = [lat[0].min(point.lat.get()), lat[1].max(point.lat.get())];
        }
        // A little more than the frame shows, so that every line reaches its edge.
        let wider = |[a, b]: [f64; 2]| [a - (b - a) * 0.02, b + (b - a) * 0.02];
        let (lon, lat) = (
            wider(lon).map(|l| l + centre.lon.get()),
            wider(lat).map(|l| l.clamp(-89.0, 89.0)),
        );
        let degree_mm = 111_200.0 * 1000.0 / self.paper.scale;
        let lat_step = paper::grid_step(degree_mm);
        let lon_step = paper::grid_step(degree_mm * centre.lat.get().to_radians().cos().max(0.02));
        let mut d = String::new();
        for x in paper::multiples(lon, lon_step) {
            let line = self.curve(|t| (x, lat[0] + (lat[1] - lat[0]) * t));
            d.push_str(&path(&line));
            for (edge_y, outside) in [(frame.top, -2.2), (frame.bottom, 2.2)] {
                if let Some(at) = paper::crossing(&line, 1, edge_y).filter(|at| frame.spans_x(*at)) {
                    let text = paper::degrees(projection::turn(x), lon_step, ["E", "W"]);
                    self.labels.fixed(at, edge_y + outside, Style::Grid, text);
                }
            }
        }
        for y in paper::multiples(lat, lat_step) {
            let line = self.curve(|t| (lon[0] + (lon[1] - lon[0]) * t, y));
            d.push_str(&path(&line));
            for (edge_x, outside) in [(frame.left, -2.2), (frame.right, 2.2)] {
                if let Some(at) = paper::crossing(&line, 0, edge_x).filter(|at| frame.spans_y(*at)) {
                    self.labels.fixed(
                        edge_x + outside,
                        at,
                        Style::GridTurned,
                        paper::degrees(y, lat_step, ["N", "S"]),
                    );
                }
            }
        }
        let _ = write!(self.svg, r#"<path d="{d}" stroke="{GRID}" stroke-width="0.12"/>"#);
    }

    fn curve(&self, of: impl Fn(f64) -> (f64, f64)) -> Vec<[f64; 2]> {
        (0..=32)
            .filter_map(|i| {
                let (lon, lat) = of(f64::from(i) / 32.0);
                LonLat::new(projection::turn(lon), lat).ok()
            })
            .map(|p| self.at(p))
            .collect()
    }

    fn tracks(&mut self, tracks: &[Vec<LonLat>]) {
        let mut d = String::new();
        for track in tracks {
            for piece in self.paper.frame.inside(&self.place(track)) {
                d.push_str(&path(piece));
            }
        }
        if !d.is_empty() {
            let _ = write!(self.svg, r#"<path d="{d}" stroke="{WALKED}" stroke-width="1.1"/>"#);
        }
    }

    fn gaps(&mut self, act: &Act) {
        for (at, gap) in act.gaps.iter().enumerate() {
            let line = self.place(&gap.line);
            if line.len() < 2 {
                continue;
            }
            let _ = write!(self.svg, r#"<path d="{}" {}/>"#, path(&line), GAP_LOOK);
            let mut ends = String::new();
            for (end, next) in [(line[0], line[1]), (line[line.len() - 1], line[line.len() - 2])] {
                let (dx, dy) = (next[0] - end[0], next[1] - end[1]);
                let length = dx.hypot(dy).max(1e-9);
                let (nx, ny) = (-dy / length * 2.1, dx / length * 2.1);
                ends.push_str(&path(&[[end[0] - nx, end[1] - ny], [end[0] + nx, end[1] + ny]]));
            }
            let _ = write!(self.svg, r#"<path d="{ends}" stroke="{GAP}" stroke-width="0.3"/>"#);
            let middle = paper::along(&line, 0.5);
            self.labels
                .near(middle, 3.0, Style::Gap, vec![(Lang::En, gap_label(at))], true);
        }
    }

    fn places(&mut self, act: &Act, languages: [Lang; 2]) {
        for port in &act.map.ports {
            let at = self.at(port.position);
            self.labels.block_point(at, 2.4);
            let _ = write!(self.svg, "{}", port_symbol(at));
        }
        for town in &act.map.towns {
            let at = self.at(town.position);
            if self.paper.frame.holds(at, 2.0) {
                self.labels.block_point(at, 1.6);
                let _ = write!(self.svg, "{}", town_symbol(at));
            }
        }
        for place in act.map.ports.iter().chain(&act.map.towns) {
            let at = self.at(place.position);
            if self.paper.frame.holds(at, 2.0) {
                self.labels
                    .near(at, 1.6, Style::Place, two(&place.names, languages), false);
            }
        }
    }

    /// Draws all markers and the numbers that fit; says whether some did not.
    fn markers(&mut self, markers: &[Marker]) -> bool {
        let places: Vec<[f64; 2]> = markers.iter().map(|m| self.at(m.position)).collect();
        let spacing = spacing(&places);
        // Large where there is room, small where markers crowd.
        let size = (spacing * 0.8).clamp(0.9, 1.8);
        let mut order: Vec<usize> = (0..markers.len()).collect();
        order.sort_by_key(|at| markers[*at].verdict.map_or(0, |v| v as u8 + 1));
        for at in &order {
            self.labels.block_point(places[*at], size);
            let missed = markers[*at].visit == Some(Visit::Missed);
            self.svg
                .push_str(&marker_symbol(markers[*at].verdict, missed, places[*at], size));
        }
        // One number for all elements of a marker, the telling ones first.
        let mut firsts: Vec<usize> = (0..markers.len())
            .filter(|at| *at == 0 || markers[*at].number != markers[at - 1].number)
            .collect();
        let last = firsts.len().saturating_sub(1);
        let mut rank: Vec<(u8, usize)> = firsts
            .drain(..)
            .enumerate()
            .map(|(nth, at)| {
                let marker = &markers[at];
                let number = Number::parse(&marker.number);
                let round = |by| !number.is_inserted() && number.main().is_some_and(|n| n % by == 0);
                let rank = match () {
                    () if nth == 0 || nth == last => 0,
                    () if marker.verdict == Some(Verdict::Fail) => 1,
                    () if round(10) => 2,
                    () if marker.visit == Some(Visit::Missed) => 3,
                    () if round(5) => 4,
                    () => 5,
                };
                (rank, at)
            })
            .collect();
        rank.sort_unstable();
        // Where they crowd, round numbers alone read better than as many as can be squeezed in.
        let least = match spacing {
            s if s < 0.8 => 3,
            s if s < 2.2 => 4,
            _ => 5,
        };
        let mut thinned = false;
        for (rank, at) in rank {
            if rank > least {
                thinned = true;
                continue;
            }
            let text = vec![(Lang::En, short(&markers[at].number).to_owned())];
            thinned |= !self
                .labels
                .near(places[at], size * 0.5 + 0.3, Style::Marker, text, true);
        }
        thinned
    }

    /// The names of the two sides, each well within its own.
    fn parties(&mut self, act: &Act, languages: [Lang; 2], lines: &[(Character, Vec<[f64; 2]>)]) {
        let frame = self.paper.frame;
        for (side, party) in [(-1.0, &act.boundary.parties[0]), (1.0, &act.boundary.parties[1])] {
            let text = two(&party.names, languages);
            let (half_width, half_height) = labels::half_size(Style::Party, &text);
            let mut best: Option<(f64, [f64; 2])> = None;
            for row in 1..24 {
                for column in 1..32 {
                    let at = frame.share(f64::from(column) / 32.0, f64::from(row) / 24.0);
                    if !self.labels.free(at, half_width + 3.0, half_height + 2.0) {
                        continue;
                    }
                    let Some((distance, on_side)) = paper::side(lines.iter().map(|(_, l)| l.as_slice()), at) else {
                        continue;
                    };
                    // Screen coordinates run downwards, so the right of the line has a positive cross product.
                    if on_side * side <= 0.0 {
                        continue;
                    }
                    let off_centre = (at[0] - frame.share(0.5, 0.5)[0]).abs();
                    let score = (distance - half_width * 0.5).min(22.0) - off_centre * 0.08;
                    if best.is_none_or(|(b, _)| score > b) {
                        best = Some((score, at));
                    }
                }
            }
            if let Some((_, at)) = best {
                self.labels.put(at, Style::Party, text);
            }
        }
    }

    fn frame(&mut self) {
        let f = self.paper.frame;
        for (grow, width) in [(0.0, 0.2), (0.7, 0.45)] {
            let _ = write!(
                self.svg,
                r#"<rect x="{}" y="{}" width="{}" height="{}" fill="none" stroke="{INK}" stroke-width="{width}"/>"#,
                mm(f.left - grow),
                mm(f.top - grow),
                mm(f.right - f.left + 2.0 * grow),
                mm(f.bottom - f.top + 2.0 * grow)
            );
        }
        let Some(corner) = self.labels.free_corner(9.0, 15.0) else {
            return;
        };
        let ([x, y], up) = (corner, self.north(corner));
        let turned = up[0].atan2(-up[1]).to_degrees();
        let _ = write!(
            self.svg,
            concat!(
                r#"<g transform="translate({x} {y}) rotate({a})"><path d="M0 -5L1.9 4L0 2.6Z" fill="{ink}"/>"#,
                r#"<path d="M0 -5L-1.9 4L0 2.6Z" fill="white" stroke="{ink}" stroke-width="0.2"/></g>"#
            ),
            x = mm(x),
            y = mm(y + 1.2),
            a = mm(turned),
            ink = INK
        );
        self.labels.fixed(x, y - 5.6, Style::North, "N".into());
    }

    /// The direction of north at a place on paper, a unit vector.
    fn north(&self, at: [f64; 2]) -> [f64; 2] {
        let here = self.projection.inverse(self.paper.back(at));
        let north = LonLat::new(here.lon.get(), (here.lat.get() + 0.001).min(90.0)).unwrap_or(here);
        let (a, b) = (self.at(here), self.at(north));
        let length = (b[0] - a[0]).hypot(b[1] - a[1]);
        if length > 0.0 {
            [(b[0] - a[0]) / length, (b[1] - a[1]) / length]
        } else {
            [0.0, -1.0]
        }
    }
}

/// How a gap is named in the list and on the map.
pub fn gap_label(at: usize) -> String {
    format!("G{}", at + 1)
}

/// The name in both languages, once when they are the same.
fn two(names: &crate::domain::text::Names, languages: [Lang; 2]) -> Vec<(Lang, String)> {
    let mut out: Vec<(Lang, String)> = Vec::with_capacity(2);
    for lang in languages {
        if let Some(name) = names.best(lang)
            && out.iter().all(|(_, other)| other != name)
        {
            out.push((lang, name.to_owned()));
        }
    }
    out
}

/// A number without the words before it, which would fill the map: `518A` of `MONUMENT 518A`.
fn short(number: &str) -> &str {
    match number.rsplit_once(char::is_whitespace) {
        Some((_, last)) if last.starts_with(|c: char| c.is_ascii_digit()) => last,
        _ => number,
    }
}

/// The median distance on paper from one marker to the next.
fn spacing(places: &[[f64; 2]]) -> f64 {
    let mut steps: Vec<f64> = places
        .windows(2)
        .map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1]))
        .collect();
    steps.sort_unstable_by(f64::total_cmp);
    steps.get(steps.len() / 2).copied().unwrap_or(10.0)
}

/// Millimetres to the hundredth, without trailing zeros.
fn mm(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn path(line: &[[f64; 2]]) -> String {
    let mut out = String::with_capacity(line.len() * 12);
    for (at, [x, y]) in line.iter().enumerate() {
        out.push(if at == 0 { 'M' } else { 'L' });
        out.push_str(&mm(*x));
        out.push(' ');
        out.push_str(&mm(*y));
    }
    out
}

const GAP_LOOK: &str = r##"stroke="#f6bd7a" stroke-width="2.4""##;

fn line_look(character: Character) -> String {
    let (colour, dashes) = match character {
        Character::Land => (INK, "3.2 0.7 0.5 0.7"),
        Character::River => (RIVER, "none"),
        Character::SharedWater => (RIVER, "1.6 0.8"),
    };
    format!(r#"stroke="{colour}" stroke-width="0.5" stroke-dasharray="{dashes}""#)
}

fn port_symbol([x, y]: [f64; 2]) -> String {
    format!(
        concat!(
            r#"<rect x="{}" y="{}" width="2" height="2" fill="white" stroke="{ink}" stroke-width="0.3"/>"#,
            r#"<path d="M{} {}h1.2M{} {}v1.2" stroke="{ink}" stroke-width="0.3"/>"#
        ),
        mm(x - 1.0),
        mm(y - 1.0),
        mm(x - 0.6),
        mm(y),
        mm(x),
        mm(y - 0.6),
        ink = INK
    )
}

fn town_symbol([x, y]: [f64; 2]) -> String {
    format!(
        concat!(
            r#"<circle cx="{x}" cy="{y}" r="0.75" fill="white" stroke="{ink}" stroke-width="0.2"/>"#,
            r#"<circle cx="{x}" cy="{y}" r="0.25" fill="{ink}"/>"#
        ),
        x = mm(x),
        y = mm(y),
        ink = INK
    )
}

/// A ring, a triangle, a cross or a dot: told apart without colour.
fn marker_symbol(verdict: Option<Verdict>, missed: bool, [x, y]: [f64; 2], size: f64) -> String {
    let r = size / 2.0;
    let pen = mm((size * 0.2).max(0.18));
    let mut out = String::new();
    if missed {
        let _ = write!(
            out,
            r#"<circle cx="{}" cy="{}" r="{}" stroke="{GAP}" stroke-width="{pen}" fill="none"/>"#,
            mm(x),
            mm(y),
            mm(r + 0.55)
        );
    }
    let _ = match verdict {
        None => write!(
            out,
            r#"<circle cx="{}" cy="{}" r="{}" fill="{INK}"/>"#,
            mm(x),
            mm(y),
            mm(r * 0.7)
        ),
        Some(Verdict::Pass) => write!(
            out,
            r#"<circle cx="{}" cy="{}" r="{}" fill="white" stroke="{PASS}" stroke-width="{pen}"/>"#,
            mm(x),
            mm(y),
            mm(r * 0.9)
        ),
        Some(Verdict::Inconclusive) => write!(
            out,
            r#"<path d="M{} {}L{} {}L{} {}Z" fill="white" stroke="{UNCLEAR}" stroke-width="{pen}"/>"#,
            mm(x),
            mm(y - r * 1.2),
            mm(x + r * 1.1),
            mm(y + r * 0.8),
            mm(x - r * 1.1),
            mm(y + r * 0.8)
        ),
        Some(Verdict::Fail) => {
            let cross = format!(
                "M{} {}L{} {}M{} {}L{} {}",
                mm(x - r),
                mm(y - r),
                mm(x + r),
                mm(y + r),
                mm(x - r),
                mm(y + r),
                mm(x + r),
                mm(y - r)
            );
            write!(
                out,
                concat!(
                    r#"<path d="{d}" stroke="white" stroke-width="{wide}" fill="none"/>"#,
                    r#"<path d="{d}" stroke="{fail}" stroke-width="{pen}" fill="none"/>"#
                ),
                d = cross,
                wide = mm(size * 0.2 + 0.7),
                fail = FAIL,
                pen = mm((size * 0.28).max(0.22))
            )
        }
    };
    out
}

/// Only what the map really shows.
fn legend(act: &Act) -> Vec<LegendItem> {
    let (w, h) = SWATCH;
    let (left, middle, right, y) = (0.5, w / 2.0, w - 0.5, h / 2.0);
    let bar = path(&[[left, y], [right, y]]);
    let mut out = Vec::new();
    let mut add = |body: String, term: &'static str, detail: Option<String>| {
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm" viewBox="0 0 {w} {h}"><g fill="none">{body}</g></svg>"#
        );
        out.push(LegendItem { svg, term, detail });
    };
    let ribbon = format!(r#"<path d="{bar}" stroke="{RIBBON}" stroke-width="2.4"/>"#);
    for &character in Character::ALL {
        if act.map.lines.iter().any(|l| l.character == character) {
            let body = format!(r#"{ribbon}<path d="{bar}" {}/>"#, line_look(character));
            add(body, "m_line", Some(format!("character_{}", character.word())));
        }
    }
    if !act.map.tracks.is_empty() {
        add(
            format!(r#"<path d="{bar}" stroke="{WALKED}" stroke-width="1.1"/>"#),
            "m_track",
            None,
        );
    }
    if !act.gaps.is_empty() {
        let ends = format!(
            "{}{}",
            path(&[[left, 0.1], [left, 3.9]]),
            path(&[[right, 0.1], [right, 3.9]])
        );
        let body = format!(r#"<path d="{bar}" {GAP_LOOK}/><path d="{ends}" stroke="{GAP}" stroke-width="0.3"/>"#);
        add(body, "m_gap", None);
    }
    let verdicts = Verdict::ALL.map(Some).into_iter().chain([None]);
    for verdict in verdicts {
        if act.markers.iter().any(|m| m.verdict == verdict) {
            let code = verdict.map_or("m_no_verdict".to_owned(), |v| format!("verdict_{}", v.word()));
            add(marker_symbol(verdict, false, [middle, y], 1.8), "m_marker", Some(code));
        }
    }
    if act.markers.iter().any(|m| m.visit == Some(Visit::Missed)) {
        add(
            marker_symbol(Some(Verdict::Pass), true, [middle, y], 1.6),
            "m_missed",
            None,
        );
    }
    if !act.map.ports.is_empty() {
        add(port_symbol([middle, y]), "m_port", None);
    }
    if !act.map.towns.is_empty() {
        add(town_symbol([middle, y]), "m_town", None);
    }
    out
}
