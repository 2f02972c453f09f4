//! The register's transformation records as ways into a frame.

use super::{Context, Result};
use crate::crs::{Agency, Crs, Frame, NotComparable, Operation, Reason};
use crate::domain::lineage::Standing;
use crate::domain::moment::Moment;
use crate::domain::problem::{Mistake, Problem};
use crate::domain::schema::transformation;
use crate::domain::text::Message;
use crate::domain::value::Draft;
use crate::format::transformation::read;
use crate::store;
use crate::store::record::select::{self, Position, Selection};
use crate::unit::LonLat;

/// The records that lead from a system into a frame around a place, and those that might but for a reason.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ways {
    /// The most accurate first.
    pub agencies: Vec<Agency>,
    pub unusable: Vec<Mistake>,
}

/// Looks the records up, where no published operation leads into the frame.
///
/// # Errors
/// When the database breaks.
pub async fn ways(cx: &Context, conn: &mut store::Conn, from: &Crs, frame: &Frame, near: LonLat) -> Result<Ways> {
    let mut ways = Ways::default();
    if from.base_code() == frame.crs.base_code() || Operation::between(from, &frame.crs, near).is_ok() {
        return Ok(ways);
    }
    let wanted = Selection {
        position: Position::None,
        ..Selection::all(&transformation::SCHEMA, Moment::at(cx.clock.now()))
    };
    for row in select::rows(conn, &cx.memory.labels, &wanted).await? {
        let mut draft = Draft::default();
        for (field, value) in wanted.fields.iter().zip(row.values) {
            draft.set(field.name, value);
        }
        if !concerns(&draft, from, &frame.crs) {
            continue;
        }
        let usable = if draft.text("standing") == Some(Standing::InForce.word()) {
            read(&draft, near).and_then(|agency| {
                agency
                    .between(from, &frame.crs)
                    .ok_or_else(|| Message::new("it leads the other way only", "只能用于相反方向"))
            })
        } else {
            Err(Message::new("it is not in force", "尚未生效"))
        };
        match usable {
            Ok(agency) => ways.agencies.push(agency),
            Err(detail) => ways.unusable.push(Mistake {
                at: format!("transformations/{}", draft.text("key").unwrap_or_default()),
                detail,
            }),
        }
    }
    ways.agencies.sort_by(|a, b| a.accuracy_m().total_cmp(&b.accuracy_m()));
    Ok(ways)
}

/// Whether a record speaks of these two systems, in either order.
fn concerns(draft: &Draft, from: &Crs, to: &Crs) -> bool {
    let base = |name: &str| {
        let crs = Crs::lookup(draft.text(name).unwrap_or_default()).ok()?;
        Some(crs.base_code().to_owned())
    };
    match (base("from_crs"), base("to_crs")) {
        (Some(a), Some(b)) => {
            let pair = [a.as_str(), b.as_str()];
            pair == [from.base_code(), to.base_code()] || pair == [to.base_code(), from.base_code()]
        }
        _ => false,
    }
}

/// The refusal where nothing leads into a frame, with the record that would.
pub fn refusal(refused: NotComparable, frame: &Frame, ways: Ways) -> Problem {
    let settles = refused.reason == Reason::NoOperation;
    let (from, to) = (refused.from.clone(), frame.crs.code().to_owned());
    let mut problem = Problem::from(refused);
    if settles {
        problem.remedy = Message::new(
            format!(
                "Give the positions in {to}, or enter a transformation record from {from} to {to} that covers the boundary, \
                 with its parameters and accuracy, and put it in force (/collections/transformations)."
            ),
            format!(
                "请提供 {to} 坐标，或录入从 {from} 到 {to}、覆盖该国界、注明参数和精度的转换记录并使其生效（/collections/transformations）。"
            ),
        );
    }
    problem.with_mistakes(ways.unusable)
}
