//! GeoJSON and TOML as text: one feature a line, keys in the order given.

use std::fmt::Write as _;

use super::earth::At;
use super::words::{NOTICE, Names};

/// Text in the quotes and escapes that JSON and TOML share.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The properties of one feature.
#[derive(Default)]
pub struct Props(Vec<(String, String)>);

impl Props {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, quoted(value))
    }

    pub fn int(self, key: &str, value: usize) -> Self {
        self.raw(key, value.to_string())
    }

    pub fn num(self, key: &str, value: f64, decimals: usize) -> Self {
        self.raw(key, format!("{value:.decimals$}"))
    }

    pub fn names(self, n: Names) -> Self {
        self.text("name_zh", n.0)
            .text("name_en", n.1)
            .text("name_ru", n.2)
            .text("name_ko", n.3)
    }

    /// The same words in Chinese and English.
    pub fn two(self, key: &str, zh: &str, en: &str) -> Self {
        self.text(&format!("{key}_zh"), zh).text(&format!("{key}_en"), en)
    }

    pub fn flag(self, key: &str, value: bool) -> Self {
        self.raw(key, value.to_string())
    }

    /// A structured value; `value` is JSON text.
    pub fn json(self, key: &str, value: &str) -> Self {
        self.raw(key, value.to_owned())
    }

    fn raw(mut self, key: &str, value: String) -> Self {
        self.0.push((key.to_owned(), value));
        self
    }
}

/// A collection being written.
pub struct Features {
    features: Vec<String>,
    decimals: usize,
}

impl Features {
    pub fn new(decimals: usize) -> Self {
        Self {
            features: Vec::new(),
            decimals,
        }
    }

    fn pair(&self, at: At) -> String {
        let d = self.decimals;
        format!("[{:.d$},{:.d$}]", at.lon, at.lat)
    }

    fn list(&self, line: &[At]) -> String {
        let pairs: Vec<String> = line.iter().map(|at| self.pair(*at)).collect();
        format!("[{}]", pairs.join(","))
    }

    fn ring(&self, ring: &[At], anticlockwise: bool) -> String {
        let mut closed = ring.to_vec();
        let twice_area: f64 = (0..ring.len())
            .map(|i| {
                let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
                a.lon * b.lat - b.lon * a.lat
            })
            .sum();
        if (twice_area > 0.0) != anticlockwise {
            closed.reverse();
        }
        closed.push(closed[0]);
        self.list(&closed)
    }

    pub fn point(&mut self, at: At, props: Props) {
        let pair = self.pair(at);
        self.push("Point", &pair, props);
    }

    pub fn line(&mut self, line: &[At], props: Props) {
        let list = self.list(line);
        self.push("LineString", &list, props);
    }

    pub fn polygon(&mut self, outer: &[At], holes: &[Vec<At>], props: Props) {
        let mut rings = vec![self.ring(outer, true)];
        rings.extend(holes.iter().map(|h| self.ring(h, false)));
        self.push("Polygon", &format!("[{}]", rings.join(",")), props);
    }

    /// A record without a place.
    pub fn nowhere(&mut self, props: Props) {
        self.feature("null", &props);
    }

    fn push(&mut self, kind: &str, coordinates: &str, props: Props) {
        let geometry = format!("{{\"type\":\"{kind}\",\"coordinates\":{coordinates}}}");
        self.feature(&geometry, &props);
    }

    fn feature(&mut self, geometry: &str, props: &Props) {
        let props: Vec<String> = props.0.iter().map(|(k, v)| format!("{}:{v}", quoted(k))).collect();
        self.features.push(format!(
            "{{\"type\":\"Feature\",\"properties\":{{{}}},\"geometry\":{geometry}}}",
            props.join(",")
        ));
    }

    pub fn finish(self) -> String {
        format!(
            "{{\"type\":\"FeatureCollection\",\n\"notice\":{{\"en\":{},\"zh\":{}}},\n\"features\":[\n{}\n]}}\n",
            quoted(NOTICE.1),
            quoted(NOTICE.0),
            self.features.join(",\n")
        )
    }
}

/// A TOML table of names.
pub fn names_toml(table: &str, n: Names) -> String {
    let mut out = format!("[{table}]\n");
    for (lang, name) in [("zh", n.0), ("en", n.1), ("ru", n.2), ("ko", n.3)] {
        let _ = writeln!(out, "{lang} = {}", quoted(name));
    }
    out
}

/// The same as one inline table.
pub fn names_inline(n: Names) -> String {
    format!(
        "{{ zh = {}, en = {}, ru = {}, ko = {} }}",
        quoted(n.0),
        quoted(n.1),
        quoted(n.2),
        quoted(n.3)
    )
}
