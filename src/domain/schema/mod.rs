//! What each kind of record is: its fields with their types, units and words, one file a kind.
//!
//! A [`Schema`] is the one description from which everything that treats records alike is made: the published schemas
//! and queryables, what a filter may name, how a body or a row of a file is read, what an export writes, what a page
//! shows. A rule of one kind alone is code elsewhere; here are facts only.

pub mod accept;
pub mod acceptance;
pub mod agreed_value;
pub mod audit;
pub mod authorisation;
pub mod boundary;
pub mod boundary_point;
pub mod check_run;
pub mod consultation;
pub mod contract;
pub mod feature_link;
pub mod finding;
pub mod handover_act;
pub mod incident;
pub mod inspection;
pub mod instrument;
pub mod island;
pub mod lineage;
pub mod map_sheet;
pub mod marker;
pub mod marker_element;
pub mod marker_event;
pub mod meeting;
pub mod notice;
pub mod observation;
pub mod party;
pub mod photo;
pub mod port;
pub mod port_affair;
pub mod project;
pub mod regime_profile;
pub mod representative;
pub mod route;
pub mod rule;
pub mod section;
pub mod segment;
pub mod shared_water;
pub mod site_visit;
pub mod track;
pub mod transformation;
pub mod work_programme;
pub mod zone;

use super::text::Lang;

/// Words in the two languages that are always complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    pub en: &'static str,
    pub zh: &'static str,
}

impl Label {
    pub const fn new(en: &'static str, zh: &'static str) -> Self {
        Self { en, zh }
    }

    pub const fn get(self, lang: Lang) -> &'static str {
        if matches!(lang, Lang::Zh) { self.zh } else { self.en }
    }
}

/// A closed list of words with its labels, from `data/reference/codes.toml`.
#[derive(Debug, PartialEq, Eq)]
pub struct CodeList {
    pub key: &'static str,
    pub title: Label,
    /// Where the list comes from.
    pub source: &'static str,
    pub codes: &'static [(&'static str, Label)],
}

impl CodeList {
    pub fn has(&self, word: &str) -> bool {
        self.codes.iter().any(|(code, _)| *code == word)
    }

    pub fn words(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.codes.iter().map(|(code, _)| *code)
    }

    pub fn label(&self, word: &str) -> Option<Label> {
        self.codes
            .iter()
            .find(|(code, _)| *code == word)
            .map(|(_, label)| *label)
    }
}

/// The lists, each a constant named after its key.
pub mod codes {
    use super::{CodeList, Label};

    include!(concat!(env!("OUT_DIR"), "/codes.rs"));

    pub fn list(key: &str) -> Option<&'static CodeList> {
        LISTS.iter().copied().find(|list| list.key == key)
    }
}

/// What geometry the records of a collection have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// None: a paper, a party, a rule.
    None,
    Point,
    Line,
    Lines,
    Polygon,
    /// A line or a surface, or a point: the footprint of works, the true geometry of a finding.
    Any,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Type {
    Text,
    Integer,
    Number,
    Flag,
    Date,
    Time,
    /// One word of a closed list.
    Code(&'static CodeList),
    /// The natural key of a record of another collection; of the same boundary where that has one. For [`ANY`] the
    /// collection stands before it: `projects/B-2025-01`.
    Reference(&'static str),
    /// Several texts.
    Texts,
    /// A structured value that is read and written as it is: an opening calendar, a list of delegates.
    Document,
}

/// Stands for whatever collection there is, in a reference that may lead to any record.
pub const ANY: &str = "*";

/// Where the store keeps a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// In a column of its own.
    Column(&'static str),
    /// As a member of a JSON column: a name in one language, the printed text of a position.
    Member(&'static str, &'static str),
    /// Nowhere: it follows from other columns, by an expression that the store has for it.
    Derived,
}

/// Who gives a field its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    Optional,
    /// Given by the register; what a sender writes there is ignored.
    ReadOnly,
}

/// One field of a record, one property of a feature.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub title: Label,
    pub kind: Type,
    pub presence: Presence,
    pub stored: Stored,
    /// Unit by UCUM: `m`, `deg`, `a` for a decimal year.
    pub unit: Option<&'static str>,
    /// Least and greatest number.
    pub range: Option<(f64, f64)>,
    /// The value of a new record that does not give one.
    pub default: Option<&'static str>,
}

impl Field {
    const fn new(name: &'static str, kind: Type, en: &'static str, zh: &'static str) -> Self {
        Self {
            name,
            title: Label::new(en, zh),
            kind,
            presence: Presence::Optional,
            stored: Stored::Column(name),
            unit: None,
            range: None,
            default: None,
        }
    }

    pub const fn text(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Text, en, zh)
    }

    pub const fn texts(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Texts, en, zh)
    }

    pub const fn integer(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Integer, en, zh)
    }

    /// A number in `unit` (UCUM; `1` for none).
    pub const fn number(name: &'static str, unit: &'static str, en: &'static str, zh: &'static str) -> Self {
        let mut field = Self::new(name, Type::Number, en, zh);
        field.unit = Some(unit);
        field
    }

    pub const fn flag(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Flag, en, zh)
    }

    pub const fn date(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Date, en, zh)
    }

    pub const fn time(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Time, en, zh)
    }

    pub const fn code(name: &'static str, list: &'static CodeList, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Code(list), en, zh)
    }

    /// The natural key of a record of `collection`, stored as its identity in `column`.
    pub const fn reference(
        name: &'static str,
        collection: &'static str,
        column: &'static str,
        en: &'static str,
        zh: &'static str,
    ) -> Self {
        Self::new(name, Type::Reference(collection), en, zh).at(Stored::Column(column))
    }

    pub const fn document(name: &'static str, en: &'static str, zh: &'static str) -> Self {
        Self::new(name, Type::Document, en, zh)
    }

    #[must_use]
    pub const fn required(mut self) -> Self {
        self.presence = Presence::Required;
        self
    }

    #[must_use]
    pub const fn read_only(mut self) -> Self {
        self.presence = Presence::ReadOnly;
        self
    }

    #[must_use]
    pub const fn at(mut self, stored: Stored) -> Self {
        self.stored = stored;
        self
    }

    /// The unit stands in another field of the same record: that of a finding, the currency of a contract.
    #[must_use]
    pub const fn unit_beside(mut self) -> Self {
        self.unit = None;
        self
    }

    #[must_use]
    pub const fn derived(self) -> Self {
        self.at(Stored::Derived).read_only()
    }

    #[must_use]
    pub const fn between(mut self, least: f64, greatest: f64) -> Self {
        self.range = Some((least, greatest));
        self
    }

    #[must_use]
    pub const fn or(mut self, default: &'static str) -> Self {
        self.default = Some(default);
        self
    }

    /// Whether its words are among those a record is found by: free text that the record itself holds.
    pub fn is_searched(&self) -> bool {
        const NOT: [&str; 4] = ["author", "reason", "printed_lat", "printed_lon"];
        matches!(self.kind, Type::Text | Type::Texts)
            && !matches!(self.stored, Stored::Derived)
            && !NOT.contains(&self.name)
    }

    pub const fn is_writable(&self) -> bool {
        !matches!(self.presence, Presence::ReadOnly)
    }
}

/// Names in the four languages, `name_zh` and so on, members of the column `names`.
pub const NAMES: [Field; 4] = [
    Field::text("name_zh", "Name (Chinese)", "名称（中文）").at(Stored::Member("names", "zh")),
    Field::text("name_en", "Name (English)", "名称（英文）").at(Stored::Member("names", "en")),
    Field::text("name_ru", "Name (Russian)", "名称（俄文）").at(Stored::Member("names", "ru")),
    Field::text("name_ko", "Name (Korean)", "名称（朝鲜文）").at(Stored::Member("names", "ko")),
];

/// A description in words, members of the column `description`.
pub const DESCRIPTION: [Field; 2] = [
    Field::text("description_zh", "Description (Chinese)", "说明（中文）").at(Stored::Member("description", "zh")),
    Field::text("description_en", "Description (English)", "说明（英文）").at(Stored::Member("description", "en")),
];

/// Remarks, members of the column `remarks`.
pub const REMARKS: [Field; 2] = [
    Field::text("remarks_zh", "Remarks (Chinese)", "备注（中文）").at(Stored::Member("remarks", "zh")),
    Field::text("remarks_en", "Remarks (English)", "备注（英文）").at(Stored::Member("remarks", "en")),
];

/// How a measured position was received: its printed text.
pub const PRINTED: [Field; 2] = [
    Field::text("printed_lat", "Latitude as printed", "纬度（原文）").at(Stored::Member("received", "printed_lat")),
    Field::text("printed_lon", "Longitude as printed", "经度（原文）").at(Stored::Member("received", "printed_lon")),
];

/// Plane coordinates and height as printed, digit by digit: a zone prefix and an "about" are part of the text.
pub const PRINTED_PLANE: [Field; 4] = [
    Field::text("printed_north", "Northing as printed", "纵坐标（原文）")
        .at(Stored::Member("received", "printed_north")),
    Field::text("printed_east", "Easting as printed", "横坐标（原文）").at(Stored::Member("received", "printed_east")),
    Field::text("printed_height", "Height as printed", "高程（原文）").at(Stored::Member("received", "printed_height")),
    Field::text("printed_crs", "System as printed", "坐标系（原文）").at(Stored::Member("received", "printed_crs")),
];

/// Which part of the register a kind belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Law,
    Line,
    Marks,
    Field,
    Verdicts,
    Works,
    Affairs,
    Links,
}

impl Group {
    pub const ALL: [Self; 8] = [
        Self::Law,
        Self::Line,
        Self::Marks,
        Self::Field,
        Self::Verdicts,
        Self::Works,
        Self::Affairs,
        Self::Links,
    ];

    pub const fn title(self) -> Label {
        match self {
            Self::Law => Label::new("Law", "法律依据"),
            Self::Line => Label::new("Line", "界线"),
            Self::Marks => Label::new("Markers", "界标"),
            Self::Field => Label::new("Field work", "外业"),
            Self::Verdicts => Label::new("Checks", "检核"),
            Self::Works => Label::new("Projects", "涉界项目"),
            Self::Affairs => Label::new("Affairs", "涉外事务"),
            Self::Links => Label::new("Links", "关联"),
        }
    }
}

/// How the records of a kind may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writes {
    /// By new versions: created, replaced, retired.
    Versions,
    /// Not through the general interface: facts that the service itself records.
    None,
}

/// One kind of record.
#[derive(Debug)]
pub struct Schema {
    /// Name of the collection: plural, snake case.
    pub collection: &'static str,
    /// Name of the kind, which is also that of its table.
    pub kind: &'static str,
    pub group: Group,
    pub title: Label,
    pub description: Label,
    pub shape: Shape,
    /// Whether a record must have its geometry; read only where that follows from other records.
    pub geometry: Presence,
    /// Whether each record belongs to one boundary (field `boundary`).
    pub of_boundary: bool,
    /// The field people call a record by; unique in its boundary where the kind has one.
    pub natural: &'static str,
    pub writes: Writes,
    /// Its own fields, in the order they are shown. Those of [`lineage`] follow.
    pub fields: &'static [&'static [Field]],
}

/// The boundary that a record belongs to.
pub const BOUNDARY: Field = Field::reference("boundary", "boundaries", "boundary_id", "Boundary", "国界").required();

impl Schema {
    /// All fields, those of every record last.
    pub fn fields(&self) -> impl Iterator<Item = &'static Field> + '_ {
        let boundary = self.of_boundary.then_some(&BOUNDARY);
        let lineage: &'static [Field] = match self.writes {
            Writes::Versions => &lineage::FIELDS,
            Writes::None => &[],
        };
        let own = self.fields.iter().flat_map(|group| group.iter());
        // An instrument is itself what others cite; what it rests on is its field `supersedes`.
        let cites = self.kind != instrument::SCHEMA.kind;
        let lineage = lineage.iter().filter(move |field| cites || field.name != "instrument");
        own.chain(boundary).chain(lineage)
    }

    /// Whether one may ask for its records by a boundary: they belong to one, or were found at one.
    pub fn is_at_boundary(&self) -> bool {
        self.of_boundary || matches!(self.kind, "boundary" | "feature_link" | "finding" | "track")
    }

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields().find(|field| field.name == name)
    }
}

/// Every kind of record, in the order of the register.
pub static ALL: &[&Schema] = &[
    &party::SCHEMA,
    &instrument::SCHEMA,
    &regime_profile::SCHEMA,
    &rule::SCHEMA,
    &transformation::SCHEMA,
    &boundary::SCHEMA,
    &section::SCHEMA,
    &segment::SCHEMA,
    &boundary_point::SCHEMA,
    &shared_water::SCHEMA,
    &island::SCHEMA,
    &map_sheet::SCHEMA,
    &zone::SCHEMA,
    &marker::SCHEMA,
    &marker_element::SCHEMA,
    &marker_event::SCHEMA,
    &observation::SCHEMA,
    &agreed_value::SCHEMA,
    &inspection::SCHEMA,
    &route::SCHEMA,
    &track::SCHEMA,
    &photo::SCHEMA,
    &check_run::SCHEMA,
    &finding::SCHEMA,
    &project::SCHEMA,
    &consultation::SCHEMA,
    &authorisation::SCHEMA,
    &contract::SCHEMA,
    &work_programme::SCHEMA,
    &notice::SCHEMA,
    &site_visit::SCHEMA,
    &acceptance::SCHEMA,
    &audit::SCHEMA,
    &port::SCHEMA,
    &port_affair::SCHEMA,
    &incident::SCHEMA,
    &meeting::SCHEMA,
    &handover_act::SCHEMA,
    &representative::SCHEMA,
    &feature_link::SCHEMA,
];

/// The kind behind a collection's name.
pub fn of(collection: &str) -> Option<&'static Schema> {
    ALL.iter().copied().find(|schema| schema.collection == collection)
}

/// The kind by its own name.
pub fn of_kind(kind: &str) -> Option<&'static Schema> {
    ALL.iter().copied().find(|schema| schema.kind == kind)
}

#[cfg(test)]
mod tests;
