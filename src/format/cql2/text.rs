//! Reads CQL2 text (OGC 21-065r2, annex B).
//!
//! Beyond the grammar, as clients write it: ILIKE, the older brackets of arrays, a text where a date is needed, a
//! property of true or false as a test.

use super::lexer::{Kind, Token, tokens};
use super::{Builder, Places, Slip, Written, grammar, problem, wkt};
use crate::domain::filter::check::shown;
use crate::domain::filter::near::near;
use crate::domain::filter::syntax::{
    self, Arithmetic, ArrayRelation, Comparison, DEPTH, Node, Op, Shape, SpatialRelation, TemporalRelation, What,
};
use crate::domain::problem::Problem;

/// Functions of CQL2 text beside those of [`Op::function`].
const FUNCTIONS: [&str; 6] = ["CASEI", "ACCENTI", "DATE", "TIMESTAMP", "INTERVAL", "BBOX"];

/// Words that cannot stand for a property unless they are quoted.
pub(super) const RESERVED: [&str; 11] = [
    "AND", "OR", "NOT", "LIKE", "ILIKE", "BETWEEN", "IN", "IS", "NULL", "TRUE", "FALSE",
];

/// Reads a filter; [`super::parse`] has looked at its length.
pub(super) fn parse(text: &str) -> Result<Written<'_>, Problem> {
    let places = Places::Text(text);
    match node(text) {
        Ok(node) => Ok(Written { node, places }),
        Err(slip) => Err(problem(&places, vec![(slip.at, slip.detail)], grammar())),
    }
}

fn node(text: &str) -> Result<Node, Slip> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
        builder: Builder::default(),
    };
    let node = parser.either()?;
    match parser.kind() {
        Kind::End => Ok(node),
        _ => Err(parser.expected("AND, OR or the end", "AND、OR 或结尾")),
    }
}

pub(super) struct Parser {
    tokens: Vec<Token>,
    next: usize,
    depth: usize,
    builder: Builder,
}

/// A place to which the parser can go back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    pub at: usize,
    next: usize,
}

impl Parser {
    pub(super) fn kind(&self) -> &Kind {
        self.tokens.get(self.next).map_or(&Kind::End, |token| &token.kind)
    }

    fn after(&self, steps: usize) -> &Kind {
        self.tokens
            .get(self.next + steps)
            .map_or(&Kind::End, |token| &token.kind)
    }

    pub(super) fn at(&self) -> usize {
        let last = self.tokens.last();
        self.tokens.get(self.next).or(last).map_or(0, |token| token.at)
    }

    pub(super) fn step(&mut self) {
        self.next += 1;
    }

    pub(super) fn position(&self) -> Position {
        Position {
            at: self.at(),
            next: self.next,
        }
    }

    pub(super) fn go_back(&mut self, position: Position) {
        self.next = position.next;
    }

    /// What stands in parentheses, one or more, with commas between.
    pub(super) fn list<T>(&mut self, read: impl Fn(&mut Self) -> Result<T, Slip>) -> Result<Vec<T>, Slip> {
        self.mark("(")?;
        let mut list = vec![read(self)?];
        while self.takes_mark(",") {
            list.push(read(self)?);
        }
        if self.takes_mark(")") {
            return Ok(list);
        }
        Err(self.expected("a comma or )", "逗号或 )"))
    }

    /// Says what should stand here.
    pub(super) fn expected(&self, en: &str, zh: &str) -> Slip {
        match self.kind() {
            Kind::End => Slip::new(
                self.at(),
                format!("{en} is expected, but the filter ends"),
                format!("此处应为{zh}，但过滤条件已结束"),
            ),
            found => Slip::new(
                self.at(),
                format!("{en} is expected, not {found}"),
                format!("此处应为{zh}，而不是 {found}"),
            ),
        }
    }

    pub(super) fn takes_mark(&mut self, mark: &str) -> bool {
        let is = matches!(self.kind(), Kind::Mark(here) if *here == mark);
        self.next += usize::from(is);
        is
    }

    pub(super) fn mark(&mut self, mark: &str) -> Result<(), Slip> {
        if self.takes_mark(mark) {
            return Ok(());
        }
        Err(self.expected(mark, mark))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.kind(), Kind::Word(here) if here.eq_ignore_ascii_case(word))
    }

    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let is = self.is_word(word);
        self.next += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> Result<(), Slip> {
        if self.takes_word(word) {
            return Ok(());
        }
        Err(self.expected(word, word))
    }

    /// Reads something one level further down.
    fn below<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Slip>) -> Result<T, Slip> {
        if self.depth >= DEPTH {
            return Err(Slip::too_deep(self.at()));
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn either(&mut self) -> Result<Node, Slip> {
        self.joined(Op::Or, "OR", Self::both)
    }

    fn both(&mut self) -> Result<Node, Slip> {
        self.joined(Op::And, "AND", Self::not)
    }

    fn joined(&mut self, op: Op, word: &str, part: fn(&mut Self) -> Result<Node, Slip>) -> Result<Node, Slip> {
        let at = self.at();
        let first = part(self)?;
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.takes_word(word) {
            parts.push(part(self)?);
        }
        self.builder.call(at, op, parts)
    }

    fn not(&mut self) -> Result<Node, Slip> {
        let at = self.at();
        if !self.takes_word("NOT") {
            return self.predicate();
        }
        let inner = self.below(Self::not)?;
        self.builder.call(at, Op::Not, vec![inner])
    }

    fn predicate(&mut self) -> Result<Node, Slip> {
        let left = self.sum()?;
        let at = left.at;
        if let Kind::Mark(mark) = self.kind()
            && let Some(comparison) = Comparison::from_word(mark)
        {
            self.step();
            let right = self.sum()?;
            return self.builder.call(at, Op::Compare(comparison), vec![left, right]);
        }
        if self.takes_word("IS") {
            let negated = self.takes_word("NOT");
            self.word("NULL")?;
            let test = self.builder.call(at, Op::IsNull, vec![left])?;
            return self.negated(negated, test);
        }
        let negated = self.is_word("NOT");
        let operator = if negated { self.after(1) } else { self.kind() };
        let Kind::Word(operator) = operator else {
            return Ok(left);
        };
        let operator = operator.to_ascii_uppercase();
        if !matches!(operator.as_str(), "LIKE" | "ILIKE" | "BETWEEN" | "IN") {
            return Ok(left);
        }
        self.next += 1 + usize::from(negated);
        let test = match operator.as_str() {
            "LIKE" => {
                let pattern = self.sum()?;
                self.builder.call(at, Op::Like, vec![left, pattern])?
            }
            "ILIKE" => {
                let pattern = self.sum()?;
                let pattern = self.builder.call(pattern.at, Op::Casei, vec![pattern])?;
                let left = self.builder.call(at, Op::Casei, vec![left])?;
                self.builder.call(at, Op::Like, vec![left, pattern])?
            }
            "BETWEEN" => {
                let low = self.sum()?;
                self.word("AND")?;
                let high = self.sum()?;
                self.builder.call(at, Op::Between, vec![left, low, high])?
            }
            _ => {
                let open = self.at();
                self.mark("(")?;
                let members = self.members(")")?;
                let list = self.builder.node(open, What::List(members))?;
                self.builder.call(at, Op::In, vec![left, list])?
            }
        };
        self.negated(negated, test)
    }

    fn negated(&mut self, negated: bool, test: Node) -> Result<Node, Slip> {
        if negated {
            self.builder.call(test.at, Op::Not, vec![test])
        } else {
            Ok(test)
        }
    }

    /// Values up to a closing mark, which is taken, too.
    fn members(&mut self, close: &'static str) -> Result<Vec<Node>, Slip> {
        let mut members = Vec::new();
        if self.takes_mark(close) {
            return Ok(members);
        }
        loop {
            self.builder.count(self.at(), 1)?;
            members.push(self.below(Self::sum)?);
            if self.takes_mark(close) {
                return Ok(members);
            }
            if !self.takes_mark(",") {
                return Err(self.expected(&format!("a comma or {close}"), &format!("逗号或 {close}")));
            }
        }
    }

    fn sum(&mut self) -> Result<Node, Slip> {
        self.chain(Self::product, |kind| match kind {
            Kind::Mark("+") => Some(Arithmetic::Plus),
            Kind::Mark("-") => Some(Arithmetic::Minus),
            _ => None,
        })
    }

    fn product(&mut self) -> Result<Node, Slip> {
        self.chain(Self::power, |kind| match kind {
            Kind::Mark("*") => Some(Arithmetic::Times),
            Kind::Mark("/") => Some(Arithmetic::Over),
            Kind::Mark("%") => Some(Arithmetic::Modulo),
            Kind::Word(word) if word.eq_ignore_ascii_case("div") => Some(Arithmetic::Div),
            _ => None,
        })
    }

    /// Operators of one rank, the left first.
    fn chain(
        &mut self,
        part: fn(&mut Self) -> Result<Node, Slip>,
        operator: fn(&Kind) -> Option<Arithmetic>,
    ) -> Result<Node, Slip> {
        let mut left = part(self)?;
        while let Some(op) = operator(self.kind()) {
            self.step();
            let right = part(self)?;
            left = self.builder.call(left.at, Op::Arithmetic(op), vec![left, right])?;
        }
        Ok(left)
    }

    fn power(&mut self) -> Result<Node, Slip> {
        let base = self.signed()?;
        if !self.takes_mark("^") {
            return Ok(base);
        }
        let exponent = self.below(Self::power)?;
        let op = Op::Arithmetic(Arithmetic::Power);
        self.builder.call(base.at, op, vec![base, exponent])
    }

    fn signed(&mut self) -> Result<Node, Slip> {
        let at = self.at();
        if self.takes_mark("+") {
            return self.below(Self::signed);
        }
        if !self.takes_mark("-") {
            return self.primary();
        }
        let inner = self.below(Self::signed)?;
        match inner.what {
            What::Integer(number) => self.builder.node(at, What::Integer(number.saturating_neg())),
            What::Number(number) => self.builder.node(at, What::Number(-number)),
            // CQL2 JSON has no sign either.
            _ => {
                let minus = self.builder.node(at, What::Integer(-1))?;
                let op = Op::Arithmetic(Arithmetic::Times);
                self.builder.call(at, op, vec![minus, inner])
            }
        }
    }

    fn primary(&mut self) -> Result<Node, Slip> {
        let at = self.at();
        let what = match self.kind() {
            Kind::Mark("(") => return self.in_parentheses(),
            Kind::Text(text) => What::Text(text.clone()),
            Kind::Integer(number) => What::Integer(*number),
            Kind::Number(number) => What::Number(*number),
            Kind::Name(name) => What::Property(name.clone()),
            Kind::Word(word) => {
                let word = word.clone();
                return self.at_word(at, &word);
            }
            _ => return Err(self.expected("a property or a value", "属性或值")),
        };
        self.step();
        self.builder.node(at, what)
    }

    fn in_parentheses(&mut self) -> Result<Node, Slip> {
        self.step();
        let inner = self.below(Self::either)?;
        if matches!(self.kind(), Kind::Mark(",")) {
            return Err(Slip::new(
                self.at(),
                "a list stands only after IN and in array functions such as A_CONTAINS",
                "列表只能用于 IN 之后和 A_CONTAINS 等数组函数中",
            ));
        }
        self.mark(")")?;
        Ok(inner)
    }

    fn at_word(&mut self, at: usize, word: &str) -> Result<Node, Slip> {
        if let Some(shape) = wkt::geometry(self, word)? {
            return self.builder.node(at, What::Shape(shape));
        }
        if matches!(self.after(1), Kind::Mark("(")) && !RESERVED.iter().any(|one| one.eq_ignore_ascii_case(word)) {
            return self.function(at, word);
        }
        let upper = word.to_ascii_uppercase();
        let what = match upper.as_str() {
            "TRUE" => What::Flag(true),
            "FALSE" => What::Flag(false),
            "NULL" => {
                return Err(Slip::new(
                    at,
                    "NULL is no value; ask with IS NULL or IS NOT NULL",
                    "NULL 不是值；请用 IS NULL 或 IS NOT NULL",
                ));
            }
            word if RESERVED.contains(&word) => return Err(self.expected("a property or a value", "属性或值")),
            _ => What::Property(word.to_owned()),
        };
        self.step();
        self.builder.node(at, what)
    }

    fn function(&mut self, at: usize, word: &str) -> Result<Node, Slip> {
        let upper = word.to_ascii_uppercase();
        let op = Op::function(word);
        if op.is_none() && !FUNCTIONS.contains(&upper.as_str()) {
            return Err(unknown_function(at, word));
        }
        // The name and its parenthesis.
        self.next += 2;
        let node = match (op, upper.as_str()) {
            (Some(op), _) => {
                let part = if matches!(op, Op::Array(_)) {
                    Self::array
                } else {
                    Self::sum
                };
                let left = self.below(part)?;
                self.mark(",")?;
                let right = self.below(part)?;
                self.builder.call(at, op, vec![left, right])?
            }
            (None, "CASEI" | "ACCENTI") => {
                let op = if upper == "CASEI" { Op::Casei } else { Op::Accenti };
                let inner = self.below(Self::sum)?;
                self.builder.call(at, op, vec![inner])?
            }
            (None, "DATE" | "TIMESTAMP") => {
                let what = self.instant(&upper)?;
                self.builder.node(at, what)?
            }
            (None, "INTERVAL") => {
                let from = self.end()?;
                self.mark(",")?;
                let to = self.end()?;
                self.builder.call(at, Op::Interval, vec![from, to])?
            }
            _ => {
                let shape = self.bounds(at)?;
                self.builder.node(at, What::Shape(shape))?
            }
        };
        self.mark(")")?;
        Ok(node)
    }

    fn array(&mut self) -> Result<Node, Slip> {
        let at = self.at();
        let close = match self.kind() {
            Kind::Mark("(") => ")",
            Kind::Mark("[") => "]",
            _ => return self.sum(),
        };
        self.step();
        let members = self.members(close)?;
        self.builder.node(at, What::List(members))
    }

    /// The text of DATE or TIMESTAMP.
    fn instant(&mut self, function: &str) -> Result<What, Slip> {
        let (read, en, zh): (fn(&str) -> Option<What>, _, _) = if function == "DATE" {
            (
                |text| syntax::date(text).map(What::Date),
                "a date such as '2026-05-02'",
                "'2026-05-02' 形式的日期",
            )
        } else {
            (
                |text| syntax::time(text).map(What::Time),
                "a time such as '2026-05-02T08:30:00Z'",
                "'2026-05-02T08:30:00Z' 形式的时间",
            )
        };
        let what = match self.kind() {
            Kind::Text(text) => read(text),
            _ => None,
        };
        let what = what.ok_or_else(|| self.expected(en, zh))?;
        self.step();
        Ok(what)
    }

    /// One end of an interval: a date or a time, `..`, or a property.
    fn end(&mut self) -> Result<Node, Slip> {
        let at = self.at();
        let Kind::Text(text) = self.kind() else {
            return self.below(Self::sum);
        };
        let instant = if text == ".." {
            Some(What::Open)
        } else {
            syntax::date(text)
                .map(What::Date)
                .or_else(|| syntax::time(text).map(What::Time))
        };
        let what =
            instant.ok_or_else(|| self.expected("a date, a time, '..' or a property", "日期、时间、'..' 或属性"))?;
        self.step();
        self.builder.node(at, what)
    }

    /// The four or six numbers of a box; heights are left out.
    fn bounds(&mut self, at: usize) -> Result<Shape, Slip> {
        let mut numbers = vec![self.coordinate()?];
        while self.takes_mark(",") {
            numbers.push(self.coordinate()?);
        }
        wkt::corners(&numbers).ok_or_else(|| {
            Slip::new(
                at,
                format!("BBOX takes four numbers, or six with heights, not {}", numbers.len()),
                format!("BBOX 需要四个数值（含高程时六个），而不是 {} 个", numbers.len()),
            )
        })
    }

    /// A number with or without a sign.
    pub(super) fn coordinate(&mut self) -> Result<f64, Slip> {
        let negative = self.takes_mark("-");
        if !negative {
            self.takes_mark("+");
        }
        let number = match self.kind() {
            Kind::Integer(number) => *number as f64,
            Kind::Number(number) => *number,
            _ => return Err(self.expected("a number", "数值")),
        };
        self.step();
        Ok(if negative { -number } else { number })
    }
}

fn unknown_function(at: usize, word: &str) -> Slip {
    let relations = SpatialRelation::ALL.iter().map(|one| one.word());
    let relations = relations.chain(TemporalRelation::ALL.iter().map(|one| one.word()));
    let relations = relations.chain(ArrayRelation::ALL.iter().map(|one| one.word()));
    let names: Vec<String> = relations.chain(FUNCTIONS).map(str::to_lowercase).collect();
    let likely = near(word, names.iter().map(String::as_str));
    let likely: Vec<String> = likely.iter().map(|name| name.to_uppercase()).collect();
    let word = shown(word);
    if likely.is_empty() {
        return Slip::new(at, format!("there is no function {word}"), format!("没有函数 {word}"));
    }
    Slip::new(
        at,
        format!("there is no function {word}; did you mean {}?", likely.join(" or ")),
        format!("没有函数 {word}；是否应为 {}？", likely.join(" 或 ")),
    )
}
