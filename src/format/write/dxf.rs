//! DXF of release 12, which every drawing program reads: points, and lines and rings as polylines.
//!
//! All of a collection is on one layer, named after it; what points are called stands as text on a second. The values
//! of a record are extended data of each of its entities, under the name `MERESTONE`, as texts `name=value`; a longer
//! text goes on in texts that begin with `+`. The statement stands in comments (group 999) in front and, since drawing
//! programs drop comments, in the names of three empty layers. Letters outside ASCII are written as `\U+4E2D`.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use super::{Error, Header, Outgoing, Writer, as_text};
use crate::geom::shape::Geometry;

/// The name under which extended data are registered.
const APPLICATION: &str = "MERESTONE";

/// Bytes of one text of extended data, and of all that one entity may carry (16 kB, with some for the groups).
const TEXT: usize = 250;
const ALL: usize = 15_000;

pub struct Dxf<W> {
    header: Arc<Header>,
    out: W,
    layer: String,
    labels: String,
    /// Height of texts in units of the drawing: some 20 m.
    height: f64,
    /// The extended data of the record that is being written.
    data: String,
}

impl<W: Write> Dxf<W> {
    pub fn new(header: Arc<Header>, mut out: W) -> Result<Self, Error> {
        let layer = layer_name(header.name());
        let labels = layer_name(&format!("{}_LABEL", header.name()));
        for (name, text) in header.statement() {
            for (index, line) in text.lines().enumerate() {
                let name = if index == 0 { format!("{name}: ") } else { String::new() };
                group(&mut out, 999, &format!("{name}{}", ascii(line)))?;
            }
        }
        let mut layers = vec![
            layer.clone(),
            labels.clone(),
            layer_name(&format!("MERESTONE_VERSION_{}", header.version)),
            layer_name(&format!("MERESTONE_CRS_{}", header.crs.code())),
        ];
        if let Some(epoch) = header.epoch {
            layers.push(layer_name(&format!("MERESTONE_EPOCH_{}", epoch.get())));
        }
        // Points as a circle with a cross, of a size that follows the screen.
        for (code, text) in [
            (0, "SECTION"),
            (2, "HEADER"),
            (9, "$ACADVER"),
            (1, "AC1009"),
            (9, "$PDMODE"),
            (70, "34"),
            (9, "$PDSIZE"),
            (40, "-2.0"),
            (0, "ENDSEC"),
            (0, "SECTION"),
            (2, "TABLES"),
            (0, "TABLE"),
            (2, "LTYPE"),
            (70, "1"),
            (0, "LTYPE"),
            (2, "CONTINUOUS"),
            (70, "0"),
            (3, "Solid line"),
            (72, "65"),
            (73, "0"),
            (40, "0.0"),
            (0, "ENDTAB"),
            (0, "TABLE"),
            (2, "LAYER"),
        ] {
            group(&mut out, code, text)?;
        }
        group(&mut out, 70, &layers.len().to_string())?;
        for name in &layers {
            for (code, text) in [(0, "LAYER"), (2, name), (70, "0"), (62, "7"), (6, "CONTINUOUS")] {
                group(&mut out, code, text)?;
            }
        }
        for (code, text) in [
            (0, "ENDTAB"),
            (0, "TABLE"),
            (2, "APPID"),
            (70, "1"),
            (0, "APPID"),
            (2, APPLICATION),
            (70, "0"),
            (0, "ENDTAB"),
            (0, "ENDSEC"),
            (0, "SECTION"),
            (2, "ENTITIES"),
        ] {
            group(&mut out, code, text)?;
        }
        let height = if header.in_degrees() { 0.0002 } else { 20.0 };
        Ok(Self {
            header,
            out,
            layer,
            labels,
            height,
            data: String::new(),
        })
    }

    /// The values of a record as extended data.
    fn gather(&mut self, feature: &Outgoing<'_>) {
        self.data.clear();
        let _ = write!(
            self.data,
            "1001\n{APPLICATION}\n1000\nfeature_id={}\n",
            feature.feature_id
        );
        for (field, value) in self.header.fields.iter().zip(feature.values) {
            let Some(text) = as_text(value) else { continue };
            let mut line = format!("{}=", field.name);
            let start = self.data.len();
            for piece in pieces(&text) {
                if line.len() + piece.len() > TEXT {
                    let _ = write!(self.data, "1000\n{line}\n");
                    line = "+".to_owned();
                }
                line.push_str(&piece);
            }
            let _ = write!(self.data, "1000\n{line}\n");
            if self.data.len() > ALL {
                // Half a value would be a wrong one.
                self.data.truncate(start);
                let _ = write!(self.data, "1000\n{}=\n1000\n!{} is too long\n", field.name, field.name);
            }
        }
    }

    fn point(&mut self, position: [f64; 2], label: Option<&str>) -> Result<(), Error> {
        group(&mut self.out, 0, "POINT")?;
        group(&mut self.out, 8, &self.layer)?;
        place(&mut self.out, position)?;
        self.out.write_all(self.data.as_bytes())?;
        if let Some(label) = label {
            group(&mut self.out, 0, "TEXT")?;
            group(&mut self.out, 8, &self.labels)?;
            place(&mut self.out, position)?;
            group(&mut self.out, 40, &real(self.height))?;
            group(&mut self.out, 1, &ascii(label))?;
        }
        Ok(())
    }

    fn line(&mut self, positions: &[[f64; 2]], is_ring: bool) -> Result<(), Error> {
        group(&mut self.out, 0, "POLYLINE")?;
        group(&mut self.out, 8, &self.layer)?;
        group(&mut self.out, 66, "1")?;
        place(&mut self.out, [0.0, 0.0])?;
        group(&mut self.out, 70, if is_ring { "1" } else { "0" })?;
        self.out.write_all(self.data.as_bytes())?;
        // A closed polyline goes back to its first vertex by itself.
        let open = positions.len().saturating_sub(usize::from(is_ring));
        for position in positions.iter().take(open) {
            group(&mut self.out, 0, "VERTEX")?;
            group(&mut self.out, 8, &self.layer)?;
            place(&mut self.out, *position)?;
        }
        group(&mut self.out, 0, "SEQEND")?;
        group(&mut self.out, 8, &self.layer)
    }
}

impl<W: Write> Writer for Dxf<W> {
    fn feature(&mut self, feature: &Outgoing<'_>) -> Result<(), Error> {
        self.gather(feature);
        let label = self.header.natural(feature);
        match feature.geometry {
            None => {
                // A comment is the only thing in a drawing that has no place.
                let said: Vec<&str> = self.data.lines().skip(3).step_by(2).collect();
                let said = format!("without a position: {}", said.join("; "));
                group(&mut self.out, 999, &said)
            }
            Some(Geometry::Point(position)) => self.point(*position, label),
            Some(Geometry::Points(positions)) => positions.iter().try_for_each(|at| self.point(*at, label)),
            Some(Geometry::Line(line)) => self.line(line, false),
            Some(Geometry::Lines(lines)) => lines.iter().try_for_each(|line| self.line(line, false)),
            Some(Geometry::Polygon(rings)) => rings.iter().try_for_each(|ring| self.line(ring, true)),
            Some(Geometry::Polygons(polygons)) => polygons.iter().flatten().try_for_each(|ring| self.line(ring, true)),
        }
    }

    fn finish(mut self: Box<Self>) -> Result<(), Error> {
        group(&mut self.out, 0, "ENDSEC")?;
        group(&mut self.out, 0, "EOF")?;
        self.out.flush()?;
        Ok(())
    }
}

fn group(out: &mut impl Write, code: u16, text: &str) -> Result<(), Error> {
    Ok(write!(out, "{code:>3}\n{text}\n")?)
}

fn place(out: &mut impl Write, [x, y]: [f64; 2]) -> Result<(), Error> {
    group(out, 10, &real(x))?;
    group(out, 20, &real(y))?;
    group(out, 30, "0.0")
}

/// The shortest text that reads back to the same number, with a point and no exponent.
fn real(number: f64) -> String {
    let text = super::number::decimal(number);
    if text.contains('.') { text } else { text + ".0" }
}

/// Layers of release 12 have capitals, digits, and `-`, `_`, `$`, thirty-one at most.
fn layer_name(name: &str) -> String {
    let clean = name.chars().map(|c| match c.to_ascii_uppercase() {
        c @ ('A'..='Z' | '0'..='9' | '-' | '_' | '$') => c,
        _ => '_',
    });
    clean.take(31).collect()
}

/// A text in ASCII on one line.
fn ascii(text: &str) -> String {
    pieces(text).collect()
}

/// The characters of a text as release 12 and its successors read them.
fn pieces(text: &str) -> impl Iterator<Item = String> + '_ {
    text.chars().map(|c| match c {
        '\n' => "^J".to_owned(),
        '\r' => "^M".to_owned(),
        '\t' => "^I".to_owned(),
        '^' => "^ ".to_owned(),
        ' '..='~' => c.to_string(),
        // By UTF-16, since four digits is all there is.
        c => c.encode_utf16(&mut [0; 2]).iter().fold(String::new(), |mut out, unit| {
            let _ = write!(out, "\\U+{unit:04X}");
            out
        }),
    })
}
