//! Rows of one file that tell one record at several times: consecutive versions, by the time from which each was in force.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::problem::Mistake;
use crate::domain::text::Message;

/// What a row says of itself and of its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// What the record is called; none is no record's further version.
    pub label: Option<String>,
    pub place: String,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// The time of a row among those of its record.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Span {
    pub from: Option<Timestamp>,
    /// Its end: as it says, else where the next begins; none for the last.
    pub to: Option<Timestamp>,
    /// Whether the file tells its record at several times.
    pub is_history: bool,
    pub mistakes: Vec<Mistake>,
}

fn wrong(en: String, zh: String) -> Mistake {
    Mistake {
        at: "#/properties/valid_from".to_owned(),
        detail: Message::new(en, zh),
    }
}

/// The span of each row, and the order in which they are taken: by record as the file has them, by time within each.
pub fn spans(rows: &[Told]) -> (Vec<Span>, Vec<usize>) {
    let mut spans: Vec<Span> = rows
        .iter()
        .map(|row| Span {
            from: row.from,
            to: row.to,
            ..Span::default()
        })
        .collect();
    let mut records: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        if let Some(label) = row.label.as_deref().filter(|label| !label.is_empty()) {
            records.entry(label).or_default().push(index);
        }
    }
    for (label, indices) in &mut records {
        one(label, rows, indices, &mut spans);
    }
    let mut order = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        match row.label.as_deref().and_then(|label| records.get(label)) {
            // All of a record where its first row stands.
            Some(indices) if indices.iter().min() == Some(&index) => order.extend(indices),
            Some(_) => {}
            None => order.push(index),
        }
    }
    (spans, order)
}

/// The spans of one record's rows; `indices` are put in the order of their times.
fn one(label: &str, rows: &[Told], indices: &mut [usize], spans: &mut [Span]) {
    if indices.len() > 1 && indices.iter().any(|index| rows[*index].from.is_none()) {
        // Without times they are one record twice.
        for index in indices.iter().skip(1) {
            spans[*index].mistakes.push(Mistake {
                at: "#".to_owned(),
                detail: Message::new(
                    format!("{label} appears more than once in the file, and not every row says valid_from"),
                    format!("{label} 在文件中出现多次，且并非每行都注明 valid_from"),
                ),
            });
        }
        return;
    }
    indices.sort_by_key(|index| rows[*index].from);
    for index in indices.iter() {
        spans[*index].is_history = indices.len() > 1;
        if let (Some(from), Some(to)) = (rows[*index].from, rows[*index].to)
            && to <= from
        {
            spans[*index].mistakes.push(wrong(
                format!("it ends ({to}) before it begins ({from})"),
                format!("结束时间（{to}）早于开始时间（{from}）"),
            ));
        }
        if rows[*index].to.is_some() && rows[*index].from.is_none() {
            spans[*index].mistakes.push(wrong(
                "is missing: what has ended says when it began".to_owned(),
                "缺失：已失效的版本必须注明生效时间".to_owned(),
            ));
        }
    }
    for pair in indices.windows(2) {
        let (earlier, later) = (pair[0], pair[1]);
        let Some(begins) = rows[later].from else { continue };
        let ends = rows[earlier].to.unwrap_or(begins);
        if ends > begins || rows[earlier].from == Some(begins) {
            let (a, b) = (&rows[earlier].place, &rows[later].place);
            for index in [earlier, later] {
                spans[index].mistakes.push(wrong(
                    format!("{a} and {b} tell {label} at the same time, {begins}"),
                    format!("{a} 与 {b} 对 {label} 的时间重叠：{begins}"),
                ));
            }
        }
        spans[earlier].to = Some(ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    fn told(label: &str, place: &str, from: Option<&str>, to: Option<&str>) -> Told {
        Told {
            label: Some(label.to_owned()).filter(|label| !label.is_empty()),
            place: place.to_owned(),
            from: from.map(at),
            to: to.map(at),
        }
    }

    #[test]
    fn versions_follow_one_another_by_time() {
        let rows = [
            told("17", "row 1", Some("2012-03-15"), None),
            told("18", "row 2", None, None),
            told("17", "row 3", Some("1999-05-01"), Some("2005-01-01")),
            told("17", "row 4", Some("2005-01-01"), None),
            told("", "row 5", None, None),
        ];
        let (spans, order) = spans(&rows);
        assert_eq!(order, [2, 3, 0, 1, 4]);
        assert_eq!(spans[2].to, Some(at("2005-01-01")));
        assert_eq!(spans[3].to, Some(at("2012-03-15")));
        assert_eq!(spans[0].to, None);
        assert!(spans.iter().all(|span| span.mistakes.is_empty()));
        assert_eq!(
            spans.iter().map(|span| span.is_history).collect::<Vec<_>>(),
            [true, false, true, true, false]
        );
    }

    #[test]
    fn overlaps_name_both_rows() {
        let rows = [
            told("17", "row 1", Some("1999-05-01"), Some("2010-01-01")),
            told("17", "row 2", Some("2005-01-01"), None),
            told("18", "row 3", Some("2005-01-01"), None),
            told("18", "row 4", Some("2005-01-01"), None),
            told("19", "row 5", Some("2005-01-01"), None),
            told("19", "row 6", None, None),
            told("20", "row 7", Some("2005-01-01"), Some("2004-01-01")),
            told("21", "row 8", None, Some("2004-01-01")),
        ];
        let (spans, _) = spans(&rows);
        let said = |index: usize| {
            spans[index]
                .mistakes
                .iter()
                .map(|m| m.detail.en.clone())
                .collect::<String>()
        };
        for index in [0, 1] {
            assert!(said(index).contains("row 1 and row 2"), "{}", said(index));
        }
        for index in [2, 3] {
            assert!(said(index).contains("row 3 and row 4"), "{}", said(index));
        }
        assert!(said(4).is_empty() && said(5).contains("more than once"), "{}", said(5));
        assert!(said(6).contains("before it begins") && said(7).contains("missing"));
    }
}
