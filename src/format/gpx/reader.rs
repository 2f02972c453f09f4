//! The pull reader: XML tokens in, fixes out.

use std::collections::VecDeque;
use std::io::{self, Read};

use quick_xml::Error as XmlError;
use quick_xml::errors::IllFormedError;
use quick_xml::events::Event as XmlEvent;

use super::xml::{Attributes, Reference, Space, Spaces, attribute_text, reference, split_name};
use super::{message, value};
use crate::domain::problem::{Place, Problem};
use crate::domain::text::Message;
use crate::domain::track::{Fix, FixKind, FixQuality, Warnings, Waypoint};
use crate::format::encoding::{PieceTooLong, TextReader};
use crate::format::track::clock::Clock;
use crate::format::track::{Options, TrackEvent, TrackReader};
use crate::unit::{Latitude, LonLat, Longitude};

/// No name of an element is longer.
const NAME_LIMIT: usize = 1000;
/// A phone states the radius of the circle that holds 68 % of the positions; of a circular normal distribution that
/// is this many standard deviations of one axis: the square root of -2 ln(1 - 0.68).
const SIGMAS_IN_RADIUS_68: f32 = 1.509_6;

/// What stands open, from the root to the element in hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Node {
    Gpx,
    Track,
    Segment,
    Route,
    Point(PointKind),
    /// Extensions of a point, at any depth.
    Extensions,
    /// An element whose text is wanted.
    Field(Field),
    /// An element that is passed over with all that is in it.
    Skipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PointKind {
    Track,
    Route,
    Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// The name of a track or a route.
    Title,
    Name,
    Comment,
    Description,
    Symbol,
    Url,
    Elevation,
    Time,
    FixKind,
    Satellites,
    Hdop,
    Vdop,
    Pdop,
    DgpsAge,
    DgpsStation,
    AccuracyRadius,
}

/// How far the document has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    BeforeRoot,
    Inside,
    AfterRoot,
    Finished,
}

/// The point that is being read.
#[derive(Debug, Default, Clone, Copy)]
struct Draft {
    position: Option<LonLat>,
    elevation_m: Option<f64>,
    time: Option<f64>,
    quality: FixQuality,
}

/// The words of the route point or waypoint that is being read.
#[derive(Debug, Default)]
struct Words {
    name: Option<String>,
    comment: Option<String>,
    description: Option<String>,
    symbol: Option<String>,
    link: Option<String>,
}

/// Reads GPX 1.0 and 1.1 from any byte stream, one event at a time, in constant memory.
///
/// - **Shape**: events nest as in the file: `TrackStart (SegmentStart Fix* SegmentEnd)* TrackEnd`, the same for routes,
///   and waypoints between them. What is odd is collected in [`GpxReader::warnings`]; a position that cannot be used is
///   left out, counted in [`GpxReader::rejected`] and has a warning.
/// - **Units**: degrees of WGS 84, metres, seconds since 1970 in UTC.
/// - **Errors**: a [`Problem`] with its place when the file is no GPX, is damaged other than at its end, holds what is
///   never read, or asks for too much. After it the reader is finished.
/// - **Source**: GPX 1.0 and 1.1 schemas, topografix.com; tests/it/gpx.rs compares with gpxpy, GDAL and gpsbabel.
#[derive(Debug)]
pub struct GpxReader<R> {
    xml: quick_xml::Reader<TextReader<R>>,
    buffer: Vec<u8>,
    options: Options,
    stage: Stage,
    /// The namespace of the root element.
    root: Space,
    version: Option<&'static str>,
    spaces: Spaces,
    nodes: Vec<Node>,
    ready: VecDeque<TrackEvent>,
    /// The text of the field in hand, and whether there was more than is kept.
    text: String,
    text_overflow: bool,
    /// The name of the track or route in hand, until its start was told.
    title: Option<String>,
    told: bool,
    point: Draft,
    words: Words,
    clock: Clock,
    positions: u64,
    trackpoints: u64,
    untimed: u64,
    rejected: u64,
    warnings: Warnings,
}

impl<R: Read> TrackReader for GpxReader<R> {
    fn next_event(&mut self) -> Result<Option<TrackEvent>, Problem> {
        Self::next_event(self)
    }

    fn format(&self) -> &'static str {
        Self::format(self)
    }

    fn rejected(&self) -> u64 {
        Self::rejected(self)
    }

    fn into_warnings(self: Box<Self>) -> Warnings {
        Self::into_warnings(*self)
    }
}

impl<R: Read> GpxReader<R> {
    /// A reader of plain (unpacked) GPX. See [`crate::format::track::open`] for files of any kind.
    pub fn new(input: R, options: Options) -> Self {
        let mut xml = quick_xml::Reader::from_reader(TextReader::new(input, options.limits.piece_bytes));
        xml.config_mut().trim_text_start = true;
        Self {
            xml,
            buffer: Vec::new(),
            options,
            stage: Stage::BeforeRoot,
            root: Space::Other,
            version: None,
            spaces: Spaces::new(),
            nodes: Vec::with_capacity(16),
            ready: VecDeque::with_capacity(4),
            text: String::new(),
            text_overflow: false,
            title: None,
            told: false,
            point: Draft::default(),
            words: Words::default(),
            clock: Clock::new(options.now),
            positions: 0,
            trackpoints: 0,
            untimed: 0,
            rejected: 0,
            warnings: Warnings::default(),
        }
    }

    /// The next event; `None` at the end of the file, and ever after.
    pub fn next_event(&mut self) -> Result<Option<TrackEvent>, Problem> {
        let mut buffer = std::mem::take(&mut self.buffer);
        let event = self.advance(&mut buffer);
        self.buffer = buffer;
        if event.is_err() {
            self.stage = Stage::Finished;
            self.ready.clear();
        }
        event
    }

    /// What was odd so far; complete after the last event.
    pub const fn warnings(&self) -> &Warnings {
        &self.warnings
    }

    /// How many positions could not be used so far.
    pub const fn rejected(&self) -> u64 {
        self.rejected
    }

    /// `gpx 1.1`, `gpx 1.0`, or `gpx` where the file does not say; known from the first event on.
    pub const fn format(&self) -> &'static str {
        match self.version {
            Some(version) => version,
            None => "gpx",
        }
    }

    /// The warnings, when the reading is done.
    pub fn into_warnings(self) -> Warnings {
        self.warnings
    }

    fn advance(&mut self, buffer: &mut Vec<u8>) -> Result<Option<TrackEvent>, Problem> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.stage == Stage::Finished {
                return Ok(None);
            }
            buffer.clear();
            self.xml.get_mut().mark();
            match self.xml.read_event_into(buffer) {
                Ok(XmlEvent::Start(tag)) => self.open(tag.name().as_ref(), tag.attributes_raw())?,
                Ok(XmlEvent::End(_)) => self.close(),
                Ok(XmlEvent::Text(text)) => self.add_text(&text)?,
                Ok(XmlEvent::Empty(tag)) => {
                    self.open(tag.name().as_ref(), tag.attributes_raw())?;
                    self.close();
                }
                Ok(XmlEvent::CData(text)) => self.add_text(&text)?,
                Ok(XmlEvent::GeneralRef(name)) => self.add_reference(&name)?,
                Ok(XmlEvent::Comment(_) | XmlEvent::PI(_) | XmlEvent::Decl(_)) => {}
                Ok(XmlEvent::DocType(_)) => return Err(self.problem(message::doctype())),
                Ok(XmlEvent::Eof) => self.end_of_file()?,
                Err(fault) => self.fault(fault)?,
            }
        }
    }

    fn problem(&self, problem: Problem) -> Problem {
        problem.at(self.xml.get_ref().mark_place())
    }

    /// A warning about the markup or text in hand.
    fn warn(&mut self, kind: &'static str, message: impl FnOnce() -> Message) {
        let text = self.xml.get_ref();
        self.warnings.add(kind, || (Some(text.mark_place()), message()));
    }

    fn open(&mut self, name: &str, attributes: &str) -> Result<(), Problem> {
        let depth = self.nodes.len();
        if depth >= self.options.limits.depth {
            return Err(self.problem(message::too_deep(self.options.limits.depth)));
        }
        if name.is_empty() || name.len() > NAME_LIMIT {
            return Err(self.problem(message::bad_markup(name)));
        }
        // The letter alone settles it for nearly every tag.
        if attributes.as_bytes().contains(&b'x') && attributes.contains("xmlns") {
            self.declare(name, attributes, depth)?;
        }
        let (prefix, local) = split_name(name);
        let node = match self.nodes.last() {
            None => self.open_root(name, prefix, local, attributes)?,
            Some(Node::Skipped | Node::Field(_)) => Node::Skipped,
            Some(Node::Extensions) => self.open_extension(prefix, local),
            Some(parent) => {
                let parent = *parent;
                let space = self.spaces.of(prefix);
                if space == Space::Gpx11 || space == Space::Gpx10 || space == self.root {
                    self.open_in(parent, local, attributes)?
                } else if matches!(parent, Node::Point(_)) {
                    self.open_extension(prefix, local)
                } else {
                    Node::Skipped
                }
            }
        };
        if let Node::Field(_) = node {
            self.text.clear();
            self.text_overflow = false;
            // Space between elements is skipped by itself, but inside a text it counts.
            self.xml.config_mut().trim_text_start = false;
        }
        self.nodes.push(node);
        Ok(())
    }

    fn declare(&mut self, name: &str, attributes: &str, depth: usize) -> Result<(), Problem> {
        for attribute in Attributes::new(attributes) {
            let (key, uri) = attribute.map_err(|_| self.problem(message::bad_attribute(name)))?;
            if key.starts_with("xmlns") {
                let uri = self.resolve(uri)?;
                self.spaces
                    .declare(key, &uri, depth)
                    .map_err(|_| self.problem(message::too_many_namespaces()))?;
            }
        }
        Ok(())
    }

    fn resolve<'a>(&self, raw: &'a str) -> Result<std::borrow::Cow<'a, str>, Problem> {
        attribute_text(raw).map_err(|entity| {
            self.problem(if entity.is_empty() {
                message::lone_ampersand()
            } else {
                message::entity(entity)
            })
        })
    }

    fn open_root(&mut self, name: &str, prefix: &str, local: &str, attributes: &str) -> Result<Node, Problem> {
        if self.stage == Stage::AfterRoot {
            return Err(self.problem(message::second_root(name)));
        }
        if local != "gpx" {
            return Err(self.problem(message::not_gpx(name)));
        }
        self.root = self.spaces.of(prefix);
        if self.root == Space::Unnamed {
            self.warn("namespace-missing", message::namespace_missing);
        }
        if matches!(self.root, Space::Other | Space::OpenTracks) {
            let uri = self.spaces.uri(prefix).to_owned();
            self.root = self
                .spaces
                .forgive(prefix)
                .ok_or_else(|| self.problem(message::unknown_namespace(&uri)))?;
            self.warn("namespace-odd", || message::namespace_odd(&uri));
        }
        let mut version = "";
        for attribute in Attributes::new(attributes) {
            let (key, value) = attribute.map_err(|_| self.problem(message::bad_attribute(name)))?;
            if key == "version" {
                version = value.trim();
            }
        }
        self.version = match (self.root, version) {
            (Space::Gpx11, _) | (_, "1.1") => Some("gpx 1.1"),
            (Space::Gpx10, _) | (_, "1.0") => Some("gpx 1.0"),
            _ => None,
        };
        self.stage = Stage::Inside;
        Ok(Node::Gpx)
    }

    /// An element of GPX inside another.
    fn open_in(&mut self, parent: Node, local: &str, attributes: &str) -> Result<Node, Problem> {
        Ok(match (parent, local) {
            (Node::Segment, "trkpt") => self.open_point(PointKind::Track, local, attributes)?,
            (Node::Point(kind), _) => self.open_field(kind, local, attributes)?,
            (Node::Route, "rtept") => self.open_point(PointKind::Route, local, attributes)?,
            (Node::Gpx, "wpt") => self.open_point(PointKind::Way, local, attributes)?,
            (Node::Track, "trkseg") => {
                self.tell();
                self.ready.push_back(TrackEvent::SegmentStart);
                self.clock.restart();
                Node::Segment
            }
            (Node::Gpx, "trk") => self.begin(Node::Track),
            (Node::Gpx, "rte") => self.begin(Node::Route),
            (Node::Track | Node::Route, "name") => Node::Field(Field::Title),
            (_, "trkpt" | "rtept" | "wpt") => {
                self.rejected += 1;
                self.warn("fix-rejected", || message::misplaced(local));
                Node::Skipped
            }
            _ => Node::Skipped,
        })
    }

    fn begin(&mut self, node: Node) -> Node {
        self.title = None;
        self.told = false;
        node
    }

    /// Tells of the track or route in hand once its name had its chance.
    fn tell(&mut self) {
        if self.told {
            return;
        }
        self.told = true;
        let name = self.title.take();
        self.ready.push_back(if self.nodes.contains(&Node::Route) {
            TrackEvent::RouteStart { name }
        } else {
            TrackEvent::TrackStart { name }
        });
    }

    fn open_point(&mut self, kind: PointKind, element: &str, attributes: &str) -> Result<Node, Problem> {
        if kind == PointKind::Route {
            self.tell();
        }
        let (mut lat, mut lon) = (None, None);
        for attribute in Attributes::new(attributes) {
            let (key, raw) = attribute.map_err(|_| self.problem(message::bad_attribute(element)))?;
            let slot = match key {
                "lat" => &mut lat,
                "lon" => &mut lon,
                _ => continue,
            };
            if slot.replace(raw).is_some() {
                return Err(self.problem(message::twice(key, element)));
            }
        }
        self.point = Draft::default();
        if kind != PointKind::Track {
            self.words = Words::default();
        }
        let (Some(lat), Some(lon)) = (lat, lon) else {
            let missing = if lat.is_none() { "lat" } else { "lon" };
            self.rejected += 1;
            self.warn("fix-rejected", || message::missing_coordinate(element, missing));
            return Ok(Node::Point(kind));
        };
        let (lat, lon) = (self.resolve(lat)?, self.resolve(lon)?);
        let latitude = value::number(&lat).and_then(|value| Latitude::new(value).ok());
        let longitude = value::number(&lon).and_then(|value| Longitude::new(value).ok());
        match (latitude, longitude) {
            (Some(lat), Some(lon)) => {
                if lat.get() == 0.0 && lon.get() == 0.0 {
                    self.warn("fix-null", message::null_island);
                }
                self.point.position = Some(LonLat { lon, lat });
            }
            (None, _) => {
                self.rejected += 1;
                self.warn("fix-rejected", || {
                    message::bad_coordinate("lat", &lat, value::number(&lon))
                });
            }
            (_, None) => {
                self.rejected += 1;
                self.warn("fix-rejected", || {
                    message::bad_coordinate("lon", &lon, value::number(&lat))
                });
            }
        }
        Ok(Node::Point(kind))
    }

    /// An element of GPX inside a point.
    fn open_field(&mut self, kind: PointKind, local: &str, attributes: &str) -> Result<Node, Problem> {
        let field = match local {
            "ele" => Field::Elevation,
            "time" => Field::Time,
            "sat" => Field::Satellites,
            "hdop" => Field::Hdop,
            "vdop" => Field::Vdop,
            "pdop" => Field::Pdop,
            "fix" => Field::FixKind,
            "ageofdgpsdata" => Field::DgpsAge,
            "dgpsid" => Field::DgpsStation,
            "extensions" => return Ok(Node::Extensions),
            "trkpt" | "rtept" | "wpt" => {
                self.rejected += 1;
                self.warn("fix-rejected", || message::misplaced(local));
                return Ok(Node::Skipped);
            }
            // The words of a track point are nowhere shown.
            _ if kind == PointKind::Track => return Ok(Node::Skipped),
            "name" => Field::Name,
            "cmt" => Field::Comment,
            "desc" => Field::Description,
            "sym" => Field::Symbol,
            "url" => Field::Url,
            "link" => {
                for attribute in Attributes::new(attributes) {
                    let (key, raw) = attribute.map_err(|_| self.problem(message::bad_attribute(local)))?;
                    if key == "href" {
                        let address = self.resolve(raw)?;
                        self.keep_link(&address);
                    }
                }
                return Ok(Node::Skipped);
            }
            _ => return Ok(Node::Skipped),
        };
        Ok(Node::Field(field))
    }

    /// An element of another vocabulary inside a point.
    fn open_extension(&self, prefix: &str, local: &str) -> Node {
        if local == "accuracy_horizontal" && self.spaces.of(prefix) == Space::OpenTracks {
            Node::Field(Field::AccuracyRadius)
        } else {
            Node::Extensions
        }
    }

    fn close(&mut self) {
        let node = self.nodes.pop();
        self.spaces.close(self.nodes.len());
        match node {
            Some(Node::Field(field)) => self.close_field(field),
            Some(Node::Point(kind)) => self.close_point(kind),
            Some(Node::Segment) => self.ready.push_back(TrackEvent::SegmentEnd),
            Some(node @ (Node::Track | Node::Route)) => self.close_line(node),
            Some(Node::Gpx) => self.stage = Stage::AfterRoot,
            Some(Node::Extensions | Node::Skipped) | None => {}
        }
    }

    fn close_line(&mut self, node: Node) {
        // `tell` looks for an open route.
        self.nodes.push(node);
        self.tell();
        self.nodes.pop();
        self.ready.push_back(if node == Node::Route {
            TrackEvent::RouteEnd
        } else {
            TrackEvent::TrackEnd
        });
    }

    fn close_point(&mut self, kind: PointKind) {
        let point = self.point;
        let Some(position) = point.position else {
            return;
        };
        self.positions += 1;
        let fix = Fix {
            position,
            elevation_m: point.elevation_m,
            time: point.time,
            quality: point.quality,
        };
        if kind == PointKind::Track {
            self.trackpoints += 1;
            self.untimed += u64::from(fix.time.is_none());
            self.ready.push_back(TrackEvent::Fix(fix));
            return;
        }
        let words = std::mem::take(&mut self.words);
        let waypoint = Waypoint {
            fix,
            name: words.name,
            comment: words.comment,
            description: words.description,
            symbol: words.symbol,
            link: words.link,
        };
        self.ready.push_back(if kind == PointKind::Route {
            TrackEvent::RoutePoint(waypoint)
        } else {
            TrackEvent::Waypoint(waypoint)
        });
    }

    /// The text of a field is complete.
    fn close_field(&mut self, field: Field) {
        self.xml.config_mut().trim_text_start = true;
        let text = std::mem::take(&mut self.text);
        let trimmed = text.trim_ascii();
        // Software that has no value often writes the element all the same.
        if !trimmed.is_empty() {
            self.set(field, trimmed);
        }
        self.text = text;
    }

    fn set(&mut self, field: Field, text: &str) {
        match field {
            Field::Time => self.point.time = self.moment(text),
            Field::Elevation => {
                self.point.elevation_m = self.checked("ele", "elevation-malformed", text, value::number)
            }
            Field::Satellites => self.point.quality.satellites = self.quality("sat", text, value::count),
            Field::Hdop => self.point.quality.hdop = self.quality("hdop", text, value::quantity),
            Field::Vdop => self.point.quality.vdop = self.quality("vdop", text, value::quantity),
            Field::Pdop => self.point.quality.pdop = self.quality("pdop", text, value::quantity),
            Field::DgpsAge => self.point.quality.dgps_age_s = self.quality("ageofdgpsdata", text, value::quantity),
            Field::DgpsStation => self.point.quality.dgps_station = self.quality("dgpsid", text, value::count),
            Field::AccuracyRadius => {
                let radius = self.quality("accuracy_horizontal", text, value::quantity);
                self.point.quality.accuracy_m = radius.filter(|r| *r > 0.0).map(|r| r / SIGMAS_IN_RADIUS_68);
            }
            Field::FixKind => {
                let kind = value::fix_kind(text);
                if kind.is_none() {
                    self.warn("fix-kind-unknown", || message::unknown_fix_kind(text));
                }
                self.point.quality.kind = kind.unwrap_or(FixKind::Unknown);
            }
            Field::Title => {
                let title = self.kept(text);
                self.title = self.title.take().or(title);
            }
            Field::Name => self.words.name = self.kept(text),
            Field::Comment => self.words.comment = self.kept(text),
            Field::Description => self.words.description = self.kept(text),
            Field::Symbol => self.words.symbol = self.kept(text),
            Field::Url => self.keep_link(text),
        }
    }

    fn checked<T>(
        &mut self,
        element: &str,
        kind: &'static str,
        text: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let value = read(text);
        if value.is_none() {
            self.warn(kind, || message::bad_number(element, text));
        }
        value
    }

    fn quality<T>(&mut self, element: &str, text: &str, read: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.checked(element, "quality-malformed", text, read)
    }

    fn moment(&mut self, text: &str) -> Option<f64> {
        let Some(moment) = value::moment(text) else {
            self.warn("time-malformed", || message::bad_time(text));
            return None;
        };
        let seconds = moment.seconds;
        if !moment.zoned {
            self.warn("time-without-zone", || message::time_without_zone(text));
        }
        let of_track = self.nodes.last() == Some(&Node::Point(PointKind::Track)) && self.point.position.is_some();
        if let Some(odd) = self.clock.judge(seconds, of_track) {
            self.warn(odd.kind(), || odd.message(text));
        }
        Some(seconds)
    }

    fn kept(&mut self, text: &str) -> Option<String> {
        let limit = self.options.limits.text_chars;
        let (kept, cleaned, cut) = value::clean(text, limit);
        if cleaned {
            self.warn("text-cleaned", message::text_cleaned);
        }
        if cut || self.text_overflow {
            self.warn("text-cut", || message::text_cut(limit));
        }
        (!kept.is_empty()).then(|| kept.into_owned())
    }

    fn keep_link(&mut self, address: &str) {
        if address.trim().is_empty() {
            return;
        }
        if value::is_web_address(address) {
            self.words.link = self.kept(address);
        } else {
            self.warn("link-dropped", || message::link_dropped(address));
        }
    }

    fn add_text(&mut self, text: &str) -> Result<(), Problem> {
        match self.nodes.last() {
            Some(Node::Field(_)) => self.keep_text(text),
            Some(_) => {}
            None => {
                let rest = text.trim();
                if self.stage == Stage::AfterRoot && !rest.is_empty() && rest.bytes().all(|byte| byte == 0) {
                    self.warn("file-padded", message::padding);
                } else if !rest.is_empty() {
                    return Err(self.problem(message::text_outside()));
                }
            }
        }
        Ok(())
    }

    fn keep_text(&mut self, text: &str) {
        // Four bytes are the longest character; longer text is cut to so many characters in the end.
        let room =
            (self.options.limits.text_chars.saturating_mul(4).saturating_add(64)).saturating_sub(self.text.len());
        if text.len() <= room {
            self.text.push_str(text);
        } else {
            self.text.push_str(&text[..text.floor_char_boundary(room)]);
            self.text_overflow = true;
        }
    }

    fn add_reference(&mut self, name: &str) -> Result<(), Problem> {
        if self.nodes.is_empty() {
            return Err(self.problem(message::text_outside()));
        }
        let wanted = matches!(self.nodes.last(), Some(Node::Field(_)));
        match reference(name) {
            Reference::Foreign => return Err(self.problem(message::entity(name))),
            Reference::Character(character) if wanted => self.keep_text(character.encode_utf8(&mut [0; 4])),
            Reference::Nothing if wanted => self.warn("text-cleaned", message::text_cleaned),
            Reference::Character(_) | Reference::Nothing => {}
        }
        Ok(())
    }

    fn end_of_file(&mut self) -> Result<(), Problem> {
        match self.stage {
            Stage::BeforeRoot => return Err(message::no_element().at(self.xml.get_ref().place())),
            Stage::Inside => return self.cut(),
            Stage::AfterRoot | Stage::Finished => {}
        }
        self.finish();
        Ok(())
    }

    /// The file ends while elements are open.
    fn cut(&mut self) -> Result<(), Problem> {
        let place = self.xml.get_ref().place();
        if self.positions == 0 {
            return Err(message::cut_too_early(place).at(place));
        }
        self.warnings
            .add("file-cut", || (Some(place), message::file_cut(place)));
        // The point in hand is incomplete; what is open around it ends here.
        while let Some(node) = self.nodes.pop() {
            match node {
                Node::Segment => self.ready.push_back(TrackEvent::SegmentEnd),
                Node::Track | Node::Route => self.close_line(node),
                _ => {}
            }
        }
        self.finish();
        Ok(())
    }

    fn finish(&mut self) {
        self.stage = Stage::Finished;
        let text = self.xml.get_ref();
        if let (count @ 1.., place) = text.undecodable() {
            let encoding = text.encoding_name();
            self.warnings
                .add("text-undecodable", || (place, message::undecodable(count, encoding)));
        }
        if self.untimed > 0 {
            let (without, of) = (self.untimed, self.trackpoints);
            self.warnings
                .add("time-missing", || (None, message::time_missing(without, of)));
        }
        if self.positions == 0 {
            self.warnings.add("no-positions", || (None, message::no_positions()));
        }
    }

    /// What the XML library could not read.
    fn fault(&mut self, fault: XmlError) -> Result<(), Problem> {
        let begun = self.stage != Stage::BeforeRoot;
        let at_end = self.xml.get_ref().at_end();
        let problem = match fault {
            XmlError::Io(fault) => return self.io_fault(&fault),
            XmlError::Syntax(_) | XmlError::IllFormed(IllFormedError::UnclosedReference) if begun && at_end => {
                return self.cut();
            }
            XmlError::IllFormed(IllFormedError::UnclosedReference) => message::lone_ampersand(),
            XmlError::IllFormed(IllFormedError::MismatchedEndTag { expected, found }) => {
                message::mismatched_end(&expected, &found)
            }
            XmlError::IllFormed(IllFormedError::UnmatchedEndTag(found)) => message::unmatched_end(&found),
            other => message::bad_markup(&other.to_string()),
        };
        Err(self.problem(problem))
    }

    fn io_fault(&mut self, fault: &io::Error) -> Result<(), Problem> {
        let inner = fault.get_ref();
        if let Some(problem) = inner.and_then(|inner| inner.downcast_ref::<Problem>()) {
            let place: Place = self.xml.get_ref().place();
            return Err(if problem.place.is_some() {
                problem.clone()
            } else {
                problem.clone().at(place)
            });
        }
        if inner.is_some_and(|inner| inner.is::<PieceTooLong>()) {
            return Err(self.problem(message::piece_too_long(self.options.limits.piece_bytes)));
        }
        match fault.kind() {
            // Packed content that ends too early.
            io::ErrorKind::UnexpectedEof => self.cut(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Err(message::packed_damaged().at(self.xml.get_ref().place()))
            }
            _ => Err(message::unreadable(&fault.to_string()).at(self.xml.get_ref().place())),
        }
    }
}
