//! Where the labels of a map go: none over another, over a symbol or over the line.

use super::paper::{Frame, to_segment};
use super::{Label, Style};
use crate::domain::text::Lang;

/// A taken rectangle: its middle and half its size.
#[derive(Debug, Clone, Copy)]
struct Taken {
    x: f64,
    y: f64,
    half_width: f64,
    half_height: f64,
}

impl Taken {
    fn meets(&self, other: &Self) -> bool {
        (self.x - other.x).abs() < self.half_width + other.half_width
            && (self.y - other.y).abs() < self.half_height + other.half_height
    }
}

#[derive(Debug)]
pub struct Labels {
    frame: Frame,
    taken: Vec<Taken>,
    lines: Vec<[[f64; 2]; 2]>,
    out: Vec<Label>,
}

/// Half the size of a label on paper, from the advance of the fonts: 0.6 em a letter, 1 em an ideograph.
pub fn half_size(style: Style, lines: &[(Lang, String)]) -> (f64, f64) {
    let (points, spread) = match style {
        Style::Marker | Style::Gap => (5.8, 0.0),
        Style::Grid | Style::GridTurned | Style::North => (6.0, 0.0),
        Style::Place => (6.5, 0.0),
        Style::Party => (10.0, 0.12),
    };
    let em = points * 25.4 / 72.0;
    let width = |text: &str| -> f64 {
        text.chars()
            .map(|c| if (c as u32) < 0x1100 { 0.58 } else { 1.0 } + spread)
            .sum::<f64>()
            * em
    };
    let widest = lines.iter().map(|(_, text)| width(text)).fold(0.0, f64::max);
    let rows = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    (widest / 2.0, f64::from(rows) * em * 1.2 / 2.0)
}

impl Labels {
    pub fn new(frame: Frame) -> Self {
        Self {
            frame,
            taken: Vec::new(),
            lines: Vec::new(),
            out: Vec::new(),
        }
    }

    /// Keeps labels off a line.
    pub fn block_line(&mut self, line: &[[f64; 2]]) {
        self.lines.extend(line.windows(2).map(|p| [p[0], p[1]]));
    }

    /// Keeps labels off a symbol.
    pub fn block_point(&mut self, [x, y]: [f64; 2], size: f64) {
        self.taken.push(Taken {
            x,
            y,
            half_width: size / 2.0,
            half_height: size / 2.0,
        });
    }

    /// A label that stands where it must.
    pub fn fixed(&mut self, x: f64, y: f64, style: Style, text: String) {
        self.out.push(Label {
            x,
            y,
            style,
            lines: vec![(Lang::En, text)],
        });
    }

    pub fn put(&mut self, at: [f64; 2], style: Style, lines: Vec<(Lang, String)>) {
        let (half_width, half_height) = half_size(style, &lines);
        let [x, y] = at;
        self.taken.push(Taken {
            x,
            y,
            half_width,
            half_height,
        });
        self.out.push(Label { x, y, style, lines });
    }

    /// Whether a rectangle lies within the frame and on nothing.
    pub fn free(&self, [x, y]: [f64; 2], half_width: f64, half_height: f64) -> bool {
        let wanted = Taken {
            x,
            y,
            half_width,
            half_height,
        };
        x - half_width > self.frame.left
            && x + half_width < self.frame.right
            && y - half_height > self.frame.top
            && y + half_height < self.frame.bottom
            && !self.taken.iter().any(|t| t.meets(&wanted))
            && !self.lines.iter().any(|line| crosses(line, &wanted))
    }

    /// Puts a label beside a point, where there is room; says whether there was. `clear` is the distance kept, and
    /// a `strict` label would rather be left out than stand further away.
    pub fn near(&mut self, at: [f64; 2], clear: f64, style: Style, lines: Vec<(Lang, String)>, strict: bool) -> bool {
        if lines.is_empty() {
            return true;
        }
        let (half_width, half_height) = half_size(style, &lines);
        let away: &[f64] = if strict { &[0.0, 0.8] } else { &[0.0, 0.8, 2.0, 4.0] };
        for away in away {
            for (dx, dy) in [
                (0.0, -1.0),
                (0.0, 1.0),
                (1.0, -0.75),
                (-1.0, 0.75),
                (-1.0, -0.75),
                (1.0, 0.75),
                (1.0, 0.0),
                (-1.0, 0.0),
            ] {
                let place = [
                    at[0] + dx * (half_width + clear + away),
                    at[1] + dy * (half_height + clear + away),
                ];
                if self.free(place, half_width + 0.15, half_height) {
                    self.put(place, style, lines);
                    return true;
                }
            }
        }
        false
    }

    /// The middle of a free place of this size at a corner of the frame, if there is one: top right first.
    pub fn free_corner(&self, width: f64, height: f64) -> Option<[f64; 2]> {
        let (dx, dy) = (width / 2.0 + 2.0, height / 2.0 + 2.0);
        let f = self.frame;
        [
            [f.right - dx, f.top + dy],
            [f.left + dx, f.top + dy],
            [f.right - dx, f.bottom - dy],
            [f.left + dx, f.bottom - dy],
        ]
        .into_iter()
        .find(|at| self.free(*at, width / 2.0, height / 2.0))
    }

    pub fn done(self) -> Vec<Label> {
        self.out
    }
}

/// Whether a line comes into a rectangle, counting the half of its ink.
fn crosses([a, b]: &[[f64; 2]; 2], rect: &Taken) -> bool {
    let (w, h) = (rect.half_width + 0.35, rect.half_height + 0.1);
    if a[0].max(b[0]) < rect.x - w || a[0].min(b[0]) > rect.x + w {
        return false;
    }
    if a[1].max(b[1]) < rect.y - h || a[1].min(b[1]) > rect.y + h {
        return false;
    }
    // The separating axis across the segment.
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length = dx.hypot(dy);
    if length < 1e-9 {
        return to_segment([rect.x, rect.y], *a, *b) < w.max(h);
    }
    let distance = (dx * (rect.y - a[1]) - dy * (rect.x - a[0])).abs() / length;
    distance < (w * dy.abs() + h * dx.abs()) / length
}
