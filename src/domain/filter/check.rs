//! Holds a filter as it was written against a kind of record: names, types, geometries.

use super::near::near;
use super::syntax::{self, At, Node, Op, Shape, What};
use super::{Arithmetic, Flag, Given, ID, Instant, Number, Operand, Place, Scalar, Test, Text, Texts, When};
use crate::domain::schema::{Field, Label, Schema, Shape as Kept, Type};
use crate::domain::text::{Lang, Message};
use crate::geom::shape::{Flaw, Geometry};

/// One mistake in a filter, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub at: At,
    pub detail: Message,
}

/// Mistakes that are told at once.
const FAULTS: usize = 20;

/// Names by which a filter may call the geometry of a record.
pub const GEOMETRY: [&str; 2] = ["geometry", "geom"];

/// In which reference system the geometries of a filter are written.
pub struct Frame<'a> {
    /// Whether its numbers are degrees, so that a box may cross the antimeridian.
    pub geographic: bool,
    /// Longitude and latitude of a position as written; none where there is no way.
    pub lonlat: &'a dyn Fn([f64; 2]) -> Option<[f64; 2]>,
}

impl Frame<'static> {
    /// Longitude and latitude, the default of every filter.
    pub const CRS84: Self = Self {
        geographic: true,
        lonlat: &|position| Some(position),
    };
}

/// Steps in which a side of a box of a projected system is brought to longitude and latitude.
const BOX_STEPS: u32 = 16;

/// Holds `filter` against `schema`.
///
/// # Errors
/// All mistakes, in the order in which they were written, at most twenty.
pub fn check(schema: &Schema, frame: &Frame<'_>, filter: &Node) -> Result<Test, Vec<Fault>> {
    let mut checker = Checker {
        schema,
        frame,
        faults: Vec::new(),
    };
    let test = checker.test(filter);
    match test {
        Some(test) if checker.faults.is_empty() => Ok(test),
        _ => Err(checker.faults),
    }
}

/// What kind of thing an operand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Date,
    Time,
    Geometry,
    Texts,
    Document,
    List,
    Interval,
    Open,
    Test,
}

impl Kind {
    const fn label(self) -> Label {
        match self {
            Self::Text => Label::new("a text", "文本"),
            Self::Number => Label::new("a number", "数值"),
            Self::Flag => Label::new("true or false", "布尔值"),
            Self::Date => Label::new("a date", "日期"),
            Self::Time => Label::new("a time", "时间"),
            Self::Geometry => Label::new("a geometry", "几何"),
            Self::Texts => Label::new("a list of texts", "文本列表"),
            Self::Document => Label::new("a structured value", "结构化内容"),
            Self::List => Label::new("a list", "列表"),
            Self::Interval => Label::new("an interval", "时间区间"),
            Self::Open => Label::new("an open end", "开放端点"),
            Self::Test => Label::new("a test", "条件"),
        }
    }

    const fn is_instant(self) -> bool {
        matches!(self, Self::Date | Self::Time)
    }

    const fn of(field: &Field) -> Self {
        match field.kind {
            Type::Text | Type::Code(_) | Type::Reference(_) => Self::Text,
            Type::Integer | Type::Number => Self::Number,
            Type::Flag => Self::Flag,
            Type::Date => Self::Date,
            Type::Time => Self::Time,
            Type::Texts => Self::Texts,
            Type::Document => Self::Document,
        }
    }
}

/// What a name stands for.
enum Named {
    Field(&'static Field),
    Geometry,
}

/// What all values of one comparison are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Text,
    Number,
    Flag,
    Instant,
}

struct Checker<'a> {
    schema: &'a Schema,
    frame: &'a Frame<'a>,
    faults: Vec<Fault>,
}

impl Checker<'_> {
    fn fault<T>(&mut self, at: At, en: impl Into<String>, zh: impl Into<String>) -> Option<T> {
        // One name in many tests is one mistake at each; twenty are enough to see what is wrong.
        if self.faults.len() < FAULTS {
            self.faults.push(Fault {
                at,
                detail: Message::new(en, zh),
            });
        }
        None
    }

    fn named(&self, name: &str) -> Option<Named> {
        if let Some(field) = self.schema.field(name) {
            return Some(Named::Field(field));
        }
        if GEOMETRY.contains(&name) && self.schema.shape != Kept::None {
            return Some(Named::Geometry);
        }
        (name == ID.name).then_some(Named::Field(&ID))
    }

    fn name(&mut self, at: At, name: &str) -> Option<Named> {
        if let Some(named) = self.named(name) {
            return Some(named);
        }
        let (collection, shown) = (self.schema.collection, shown(name));
        if GEOMETRY.contains(&name) {
            return self.fault(
                at,
                format!("the records of {collection} have no geometry"),
                format!("{collection} 的记录没有几何"),
            );
        }
        let names = self.schema.fields().map(|field| field.name);
        let likely = near(name, names.chain([ID.name, GEOMETRY[0]]));
        if likely.is_empty() {
            return self.fault(
                at,
                format!("{collection} has no property {shown}"),
                format!("{collection} 没有属性 {shown}"),
            );
        }
        self.fault(
            at,
            format!(
                "{collection} has no property {shown}; did you mean {}?",
                likely.join(" or ")
            ),
            format!("{collection} 没有属性 {shown}；是否应为 {}？", likely.join(" 或 ")),
        )
    }

    /// What an operand is. Names that do not exist are told here.
    fn kind(&mut self, node: &Node) -> Option<Kind> {
        Some(match &node.what {
            What::Text(_) => Kind::Text,
            What::Integer(_) | What::Number(_) => Kind::Number,
            What::Flag(_) => Kind::Flag,
            What::Date(_) => Kind::Date,
            What::Time(_) => Kind::Time,
            What::Open => Kind::Open,
            What::Shape(_) => Kind::Geometry,
            What::List(_) => Kind::List,
            What::Property(name) => match self.name(node.at, name)? {
                Named::Field(field) => Kind::of(field),
                Named::Geometry => Kind::Geometry,
            },
            What::Call(Op::Casei | Op::Accenti, _) => Kind::Text,
            What::Call(Op::Arithmetic(_), _) => Kind::Number,
            What::Call(Op::Interval, _) => Kind::Interval,
            What::Call(..) => Kind::Test,
        })
    }

    /// Says that an operand is not of the kind that is needed.
    fn unfit<T>(&mut self, node: &Node, wanted: Kind) -> Option<T> {
        let found = self.kind(node)?;
        let (is, hint) = (describe(node, found), hint(found));
        let wanted = wanted.label();
        self.fault(
            node.at,
            format!("{} where {} is needed{}", is.en, wanted.en, hint.en),
            format!("此处需要{}，却是{}{}", wanted.zh, is.zh, hint.zh),
        )
    }

    /// Says that two operands cannot be compared.
    fn apart<T>(&mut self, left: (&Node, Kind), right: (&Node, Kind)) -> Option<T> {
        let (a, b) = (describe(left.0, left.1), describe(right.0, right.1));
        let odd = if is_scalar(left.1) { right.1 } else { left.1 };
        let hint = hint(odd);
        self.fault(
            right.0.at,
            format!("{} cannot be compared with {}{}", a.en, b.en, hint.en),
            format!("{}不能与{}比较{}", a.zh, b.zh, hint.zh),
        )
    }

    fn test(&mut self, node: &Node) -> Option<Test> {
        match &node.what {
            What::Flag(given) => Some(Test::Flag(Flag::Given(*given))),
            What::Property(_) => match self.kind(node)? {
                Kind::Flag => self.flag(node).map(Test::Flag),
                found => {
                    let is = describe(node, found);
                    self.fault(
                        node.at,
                        format!("{} alone is no test; compare it with something", is.en),
                        format!("{}本身不是条件；请与某个值比较", is.zh),
                    )
                }
            },
            What::Call(op, args) => self.call(node, *op, args),
            _ => self.unfit(node, Kind::Test),
        }
    }

    fn call(&mut self, node: &Node, op: Op, args: &[Node]) -> Option<Test> {
        match (op, args) {
            (Op::And | Op::Or, [_, ..]) => {
                // All are looked at before the first that failed ends it, so that every mistake is told.
                let tests: Vec<Option<Test>> = args.iter().map(|arg| self.test(arg)).collect();
                let tests = tests.into_iter().collect::<Option<Vec<Test>>>()?;
                Some(if op == Op::And {
                    Test::All(tests)
                } else {
                    Test::Any(tests)
                })
            }
            (Op::Not, [arg]) => Some(Test::Not(Box::new(self.test(arg)?))),
            (Op::Compare(comparison), [left, right]) => {
                let [left, right] = self.alike([left, right])?;
                Some(Test::Compare(left, comparison, right))
            }
            (Op::Between, [value, low, high]) => {
                let [value, low, high] = self.alike([value, low, high])?;
                Some(Test::Between(value, low, high))
            }
            (Op::In, [value, list]) => self.is_in(value, list),
            (Op::Like, [value, pattern]) => {
                let value = self.text(value);
                let pattern = self.pattern(pattern);
                Some(Test::Like(value?, pattern?))
            }
            (Op::IsNull, [arg]) => self.operand(arg).map(Test::IsNull),
            (Op::Spatial(relation), [left, right]) => {
                let (left, right) = (self.place(left), self.place(right));
                let (left, right) = (left?, right?);
                self.mixed(node.at, relation, &left, &right)?;
                Some(Test::Spatial(relation, left, right))
            }
            (Op::Temporal(relation), [left, right]) => {
                let (left, right) = (self.when(left), self.when(right));
                Some(Test::Temporal(relation, left?, right?))
            }
            (Op::Array(relation), [left, right]) => {
                let (left, right) = (self.texts(left), self.texts(right));
                Some(Test::Array(relation, left?, right?))
            }
            (Op::Casei | Op::Accenti | Op::Arithmetic(_) | Op::Interval, _) => self.unfit(node, Kind::Test),
            _ => self.fault(
                node.at,
                format!("{} does not take {} arguments", op.word(), args.len()),
                format!("{} 不能有 {} 个参数", op.word(), args.len()),
            ),
        }
    }

    /// Brings the operands of one comparison to one type.
    fn alike<const N: usize>(&mut self, nodes: [&Node; N]) -> Option<[Scalar; N]> {
        let kinds: Vec<Option<Kind>> = nodes.iter().map(|node| self.kind(node)).collect();
        let kinds = kinds.into_iter().collect::<Option<Vec<Kind>>>()?;
        let class = self.class(&nodes, &kinds)?;
        let scalars: Vec<Option<Scalar>> = nodes.iter().map(|node| self.scalar(node, class)).collect();
        let scalars = scalars.into_iter().collect::<Option<Vec<Scalar>>>()?;
        scalars.try_into().ok()
    }

    /// The type in which operands can be compared. A text that stands against a date is read as one.
    fn class(&mut self, nodes: &[&Node], kinds: &[Kind]) -> Option<Class> {
        let (first, first_kind) = (*nodes.first()?, *kinds.first()?);
        let any_instant = kinds.iter().any(|kind| kind.is_instant());
        let class = |node: &Node, kind: Kind| match kind {
            Kind::Text if any_instant && matches!(node.what, What::Text(_)) => Some(Class::Instant),
            Kind::Text => Some(Class::Text),
            Kind::Number => Some(Class::Number),
            Kind::Flag => Some(Class::Flag),
            Kind::Date | Kind::Time => Some(Class::Instant),
            _ => None,
        };
        let wanted = class(first, first_kind);
        for (node, kind) in nodes.iter().zip(kinds).skip(1) {
            if wanted.is_none() || class(node, *kind) != wanted {
                return self.apart((first, first_kind), (node, *kind));
            }
        }
        wanted
    }

    fn scalar(&mut self, node: &Node, class: Class) -> Option<Scalar> {
        match class {
            Class::Text => self.text(node).map(Scalar::Text),
            Class::Number => self.number(node).map(Scalar::Number),
            Class::Flag => self.flag(node).map(Scalar::Flag),
            Class::Instant => self.instant(node).map(Scalar::Instant),
        }
    }

    fn is_in(&mut self, value: &Node, list: &Node) -> Option<Test> {
        let What::List(members) = &list.what else {
            return self.unfit(list, Kind::List);
        };
        if members.is_empty() {
            return self.fault(list.at, "IN needs at least one value", "IN 至少需要一个值");
        }
        let nodes: Vec<&Node> = std::iter::once(value).chain(members).collect();
        let kinds: Vec<Option<Kind>> = nodes.iter().map(|node| self.kind(node)).collect();
        let kinds = kinds.into_iter().collect::<Option<Vec<Kind>>>()?;
        let class = self.class(&nodes, &kinds)?;
        let value = self.scalar(value, class);
        let members: Vec<Option<Scalar>> = members.iter().map(|member| self.scalar(member, class)).collect();
        Some(Test::In(value?, members.into_iter().collect::<Option<_>>()?))
    }

    fn text(&mut self, node: &Node) -> Option<Text> {
        match &node.what {
            What::Text(text) => Some(Text::Given(self.storable(node.at, text)?)),
            What::Property(name) => match self.name(node.at, name)? {
                Named::Field(field) if Kind::of(field) == Kind::Text => Some(Text::Field(field)),
                _ => self.unfit(node, Kind::Text),
            },
            What::Call(op @ (Op::Casei | Op::Accenti), args) => {
                let [arg] = args.as_slice() else {
                    return self.one_argument(node.at, *op);
                };
                let inner = Box::new(self.text(arg)?);
                Some(if *op == Op::Casei {
                    Text::Casei(inner)
                } else {
                    Text::Accenti(inner)
                })
            }
            _ => self.unfit(node, Kind::Text),
        }
    }

    fn one_argument<T>(&mut self, at: At, op: Op) -> Option<T> {
        self.fault(
            at,
            format!("{} takes one argument", op.word()),
            format!("{} 只有一个参数", op.word()),
        )
    }

    fn storable(&mut self, at: At, text: &str) -> Option<String> {
        if text.contains('\0') {
            return self.fault(at, "a text holds the character U+0000", "文本含有字符 U+0000");
        }
        Some(text.to_owned())
    }

    /// A text with wildcards; nothing of the record may make one.
    fn pattern(&mut self, node: &Node) -> Option<Text> {
        let mut inner = node;
        while let What::Call(Op::Casei | Op::Accenti, args) = &inner.what {
            let [arg] = args.as_slice() else { break };
            inner = arg;
        }
        match &inner.what {
            What::Text(pattern) => {
                let escapes = pattern.chars().rev().take_while(|c| *c == '\\').count();
                if escapes % 2 == 1 {
                    return self.fault(
                        inner.at,
                        "the pattern ends in a single \\; write \\\\ for the character itself",
                        "匹配式以单个 \\ 结尾；若指该字符本身，请写 \\\\",
                    );
                }
            }
            What::Property(_) => {
                let found = self.kind(inner)?;
                let is = describe(inner, found);
                return self.fault(
                    inner.at,
                    format!("the pattern of LIKE is written out between quotes, not {}", is.en),
                    format!("LIKE 的匹配式须写在引号内，不能是{}", is.zh),
                );
            }
            _ => {}
        }
        self.text(node)
    }

    fn number(&mut self, node: &Node) -> Option<Number> {
        match &node.what {
            What::Integer(number) => Some(Number::Integer(*number)),
            What::Number(number) => Some(Number::Real(*number)),
            What::Property(name) => match self.name(node.at, name)? {
                Named::Field(field) if Kind::of(field) == Kind::Number => Some(Number::Field(field)),
                _ => self.unfit(node, Kind::Number),
            },
            What::Call(Op::Arithmetic(op), args) => match args.as_slice() {
                [left, right] => self.arithmetic(left, *op, right),
                _ => self.fault(
                    node.at,
                    format!("{} takes two arguments", op.word()),
                    format!("{} 有两个参数", op.word()),
                ),
            },
            _ => self.unfit(node, Kind::Number),
        }
    }

    fn arithmetic(&mut self, left: &Node, op: Arithmetic, right: &Node) -> Option<Number> {
        let (left, right) = (self.number(left), self.number(right));
        Some(Number::Of(Box::new(left?), op, Box::new(right?)))
    }

    fn flag(&mut self, node: &Node) -> Option<Flag> {
        match &node.what {
            What::Flag(given) => Some(Flag::Given(*given)),
            What::Property(name) => match self.name(node.at, name)? {
                Named::Field(field) if Kind::of(field) == Kind::Flag => Some(Flag::Field(field)),
                _ => self.unfit(node, Kind::Flag),
            },
            _ => self.unfit(node, Kind::Flag),
        }
    }

    fn instant(&mut self, node: &Node) -> Option<Instant> {
        match &node.what {
            What::Date(date) => Some(Instant::Date(*date)),
            What::Time(time) => Some(Instant::Time(*time)),
            What::Text(text) => {
                let date = syntax::date(text).map(Instant::Date);
                let Some(instant) = date.or_else(|| syntax::time(text).map(Instant::Time)) else {
                    let text = shown(text);
                    return self.fault(
                        node.at,
                        format!("'{text}' is no date (2026-05-02) and no time (2026-05-02T08:30:00Z)"),
                        format!("“{text}”既不是日期（2026-05-02）也不是时间（2026-05-02T08:30:00Z）"),
                    );
                };
                Some(instant)
            }
            What::Property(name) => match self.name(node.at, name)? {
                Named::Field(field) if Kind::of(field).is_instant() => Some(Instant::Field(field)),
                _ => self.unfit(node, Kind::Time),
            },
            _ => self.unfit(node, Kind::Time),
        }
    }

    fn operand(&mut self, node: &Node) -> Option<Operand> {
        let field = match &node.what {
            What::Property(name) => match self.name(node.at, name)? {
                Named::Geometry => return Some(Operand::Geometry),
                Named::Field(field) => Some(field),
            },
            _ => None,
        };
        let class = match self.kind(node)? {
            Kind::Text => Class::Text,
            Kind::Number => Class::Number,
            Kind::Flag => Class::Flag,
            Kind::Date | Kind::Time => Class::Instant,
            found => {
                if let Some(field) = field {
                    return Some(Operand::Field(field));
                }
                let is = describe(node, found);
                return self.fault(
                    node.at,
                    format!("IS NULL asks of a property, not of {}", is.en),
                    format!("IS NULL 用于属性，不能用于{}", is.zh),
                );
            }
        };
        self.scalar(node, class).map(Operand::Scalar)
    }

    fn when(&mut self, node: &Node) -> Option<When> {
        let What::Call(Op::Interval, args) = &node.what else {
            return self.instant(node).map(When::Instant);
        };
        let [from, to] = args.as_slice() else {
            return self.fault(node.at, "an interval has two ends", "时间区间有两个端点");
        };
        let (from, to) = (self.end(from), self.end(to));
        let (from, to) = (from?, to?);
        let backwards = match (&from, &to) {
            (Some(Instant::Date(from)), Some(Instant::Date(to))) => from > to,
            (Some(Instant::Time(from)), Some(Instant::Time(to))) => from > to,
            _ => false,
        };
        if backwards {
            return self.fault(node.at, "the interval ends before it begins", "时间区间的终点早于起点");
        }
        Some(When::Interval(from, to))
    }

    fn end(&mut self, node: &Node) -> Option<Option<Instant>> {
        match &node.what {
            What::Open => Some(None),
            What::Text(text) if text == ".." => Some(None),
            _ => self.instant(node).map(Some),
        }
    }

    fn texts(&mut self, node: &Node) -> Option<Texts> {
        match &node.what {
            What::List(members) => {
                let texts: Vec<Option<Text>> = members.iter().map(|member| self.text(member)).collect();
                texts.into_iter().collect::<Option<_>>().map(Texts::Given)
            }
            What::Property(name) => match self.name(node.at, name)? {
                Named::Field(field) if Kind::of(field) == Kind::Texts => Some(Texts::Field(field)),
                _ => self.unfit(node, Kind::Texts),
            },
            _ => self.unfit(node, Kind::Texts),
        }
    }

    fn place(&mut self, node: &Node) -> Option<Place> {
        match &node.what {
            What::Property(name) => match self.name(node.at, name)? {
                Named::Geometry => Some(Place::Own),
                _ => self.unfit(node, Kind::Geometry),
            },
            What::Shape(shape) => self.shape(node.at, shape).map(Place::Given),
            _ => self.unfit(node, Kind::Geometry),
        }
    }

    fn shape(&mut self, at: At, shape: &Shape) -> Option<Given> {
        match shape {
            Shape::Box(corners) => self.bounds(at, *corners),
            Shape::Geometry(geometry) => Some(Given {
                plain: matches!(geometry, Geometry::Point(_)),
                parts: vec![self.geometry(at, geometry)?],
            }),
            Shape::Collection(members) => {
                if members.is_empty() {
                    return self.fault(at, "the geometry is empty", "几何为空");
                }
                let parts: Vec<Option<Geometry>> = members.iter().map(|member| self.geometry(at, member)).collect();
                Some(Given {
                    parts: joined(parts.into_iter().collect::<Option<_>>()?),
                    plain: false,
                })
            }
        }
    }

    fn geometry(&mut self, at: At, geometry: &Geometry) -> Option<Geometry> {
        if let Some((flaw, path)) = geometry.flaw() {
            let part: String = path.iter().map(|index| format!("[{index}]")).collect();
            let (en, zh) = match flaw {
                Flaw::NotFinite => ("has a position that is no number", "含有非数值的位置"),
                Flaw::TooFewPositions => ("has a line of fewer than two positions", "线的位置少于两个"),
                Flaw::RingNotClosed => (
                    "has a ring that does not end where it begins",
                    "环未闭合，终点与起点不同",
                ),
                Flaw::RingTooShort => ("has a ring of fewer than four positions", "环的位置少于四个"),
                Flaw::Empty => ("is empty", "为空"),
            };
            let name = geometry.name();
            return self.fault(at, format!("{name}{part} {en}"), format!("{name}{part} {zh}"));
        }
        self.lonlat(at, geometry)
    }

    fn lonlat(&mut self, at: At, geometry: &Geometry) -> Option<Geometry> {
        let bring = self.frame.lonlat;
        let brought = geometry.try_map(|position| bring(position).ok_or(position));
        match brought {
            Ok(brought) if brought.flaw().is_none() => Some(brought),
            Ok(_) => self.unreachable(at, None),
            Err(position) => self.unreachable(at, Some(position)),
        }
    }

    fn unreachable<T>(&mut self, at: At, position: Option<[f64; 2]>) -> Option<T> {
        let place = position.map_or_else(String::new, |[x, y]| format!(" {x} {y}"));
        self.fault(
            at,
            format!("the position{place} has no longitude and latitude in its reference system"),
            format!("位置{place}在其坐标参考系中没有对应的经纬度"),
        )
    }

    fn bounds(&mut self, at: At, [x1, y1, x2, y2]: [f64; 4]) -> Option<Given> {
        if ![x1, y1, x2, y2].into_iter().all(f64::is_finite) {
            return self.fault(at, "the box has a corner that is no number", "范围框含有非数值的角点");
        }
        let misordered = |checker: &mut Self| {
            checker.fault(
                at,
                "the corners of the box are in the wrong order: the lesser numbers come first",
                "范围框角点顺序有误：应先写较小的坐标",
            )
        };
        if !self.frame.geographic {
            if x1 > x2 || y1 > y2 {
                return misordered(self);
            }
            let ring = dense_ring([x1, y1, x2, y2]);
            return Some(Given {
                parts: vec![self.lonlat(at, &Geometry::Polygon(vec![ring]))?],
                plain: false,
            });
        }
        let bring = self.frame.lonlat;
        let (Some([west, south]), Some([east, north])) = (bring([x1, y1]), bring([x2, y2])) else {
            return self.unreachable(at, None);
        };
        if south > north {
            return misordered(self);
        }
        let parts = if west <= east {
            vec![plain_box(west, south, east, north)]
        } else {
            // Over the antimeridian, in two halves.
            joined(vec![
                plain_box(west, south, 180.0, north),
                plain_box(-180.0, south, east, north),
            ])
        };
        Some(Given { parts, plain: true })
    }

    /// Collections of several kinds have no interior that relations could speak of.
    fn mixed(&mut self, at: At, relation: super::SpatialRelation, left: &Place, right: &Place) -> Option<()> {
        use super::SpatialRelation::{Disjoint, Intersects};
        let mixed = |place: &Place| matches!(place, Place::Given(given) if given.parts.len() > 1);
        if (mixed(left) || mixed(right)) && !matches!(relation, Intersects | Disjoint) {
            let word = relation.word();
            return self.fault(
                at,
                format!("{word} does not take a collection of several kinds; S_INTERSECTS and S_DISJOINT do"),
                format!("{word} 不支持多种类型的几何集合；S_INTERSECTS 和 S_DISJOINT 支持"),
            );
        }
        Some(())
    }
}

const fn is_scalar(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Number | Kind::Flag | Kind::Date | Kind::Time)
}

/// What to use instead.
fn hint(kind: Kind) -> Message {
    match kind {
        Kind::Geometry => Message::new(
            "; use a spatial function such as S_INTERSECTS",
            "；请使用 S_INTERSECTS 等空间函数",
        ),
        Kind::Texts | Kind::List => Message::new(
            "; use an array function such as A_CONTAINS",
            "；请使用 A_CONTAINS 等数组函数",
        ),
        Kind::Interval => Message::new(
            "; use a temporal function such as T_DURING",
            "；请使用 T_DURING 等时间函数",
        ),
        Kind::Document => Message::new("; it can only be asked for with IS NULL", "；只能用 IS NULL 判断"),
        _ => Message::default(),
    }
}

/// An operand as it was written and what it is: "height_m (a number)".
fn describe(node: &Node, kind: Kind) -> Message {
    let written = match &node.what {
        What::Text(text) => Some(format!("'{}'", shown(text))),
        What::Integer(number) => Some(number.to_string()),
        What::Number(number) => Some(number.to_string()),
        What::Flag(flag) => Some(flag.to_string()),
        What::Date(date) => Some(date.to_string()),
        What::Time(time) => Some(time.to_string()),
        What::Property(name) => Some(shown(name)),
        _ => None,
    };
    let label = kind.label();
    match written {
        Some(written) => Message::new(
            format!("{written} ({})", label.get(Lang::En)),
            format!("{written}（{}）", label.get(Lang::Zh)),
        ),
        None => Message::new(label.en, label.zh),
    }
}

/// A text as it may be repeated in a message.
pub fn shown(text: &str) -> String {
    const CHARS: usize = 40;
    let mut shown: String = text.chars().take(CHARS).filter(|c| !c.is_control()).collect();
    if text.chars().nth(CHARS).is_some() {
        shown.push('…');
    }
    shown
}

/// Members of one kind as one geometry; others stay apart.
fn joined(members: Vec<Geometry>) -> Vec<Geometry> {
    let (mut points, mut lines, mut polygons) = (Vec::new(), Vec::new(), Vec::new());
    for member in members {
        match member {
            Geometry::Point(position) => points.push(position),
            Geometry::Points(positions) => points.extend(positions),
            Geometry::Line(line) => lines.push(line),
            Geometry::Lines(parts) => lines.extend(parts),
            Geometry::Polygon(rings) => polygons.push(rings),
            Geometry::Polygons(parts) => polygons.extend(parts),
        }
    }
    let mut parts = Vec::new();
    if !points.is_empty() {
        parts.push(Geometry::Points(points));
    }
    if !lines.is_empty() {
        parts.push(Geometry::Lines(lines));
    }
    if !polygons.is_empty() {
        parts.push(Geometry::Polygons(polygons));
    }
    parts
}

/// A box as a polygon; without width or height as the line or point that it is.
fn plain_box(west: f64, south: f64, east: f64, north: f64) -> Geometry {
    let corners = [[west, south], [east, south], [east, north], [west, north]];
    if west < east && south < north {
        Geometry::Polygon(vec![corners.into_iter().chain([[west, south]]).collect()])
    } else if west < east || south < north {
        Geometry::Line(vec![[west, south], [east, north]])
    } else {
        Geometry::Point([west, south])
    }
}

fn dense_ring([x1, y1, x2, y2]: [f64; 4]) -> Vec<[f64; 2]> {
    let corners = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]];
    let mut ring = Vec::new();
    for (corner, next) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        for step in 0..BOX_STEPS {
            let part = f64::from(step) / f64::from(BOX_STEPS);
            ring.push([
                corner[0] + (next[0] - corner[0]) * part,
                corner[1] + (next[1] - corner[1]) * part,
            ]);
        }
    }
    ring.push([x1, y1]);
    ring
}
