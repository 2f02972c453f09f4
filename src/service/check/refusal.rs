//! Refusals of geometry and reference systems, in words that say what would settle them.

use crate::crs::{NotComparable, Reason, UnknownCrs};
use crate::domain::line::LineError;
use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;

impl From<NotComparable> for Problem {
    fn from(refusal: NotComparable) -> Self {
        let (from, to) = (&refusal.from, &refusal.to);
        let (zh, remedy) = match refusal.reason {
            Reason::NoOperation => (
                "没有已公布的、精度已知的转换",
                Message::new(
                    "Give the positions in the boundary's frame, or enter the agency's transformation parameters.",
                    "请提供国界框架下的坐标，或录入主管部门的转换参数。",
                ),
            ),
            Reason::PlateMissing => (
                "未说明国界所在的构造板块",
                Message::new(
                    "Name the plate, for example --plate EURA, so that positions can be brought to the frame's epoch.",
                    "请说明板块（如 --plate EURA），以便把观测归算到框架历元。",
                ),
            ),
            Reason::EpochMissing => (
                "观测或框架的历元未知",
                Message::new(
                    "Name the frame's epoch, for example --epoch 2000.0.",
                    "请说明框架历元，如 --epoch 2000.0。",
                ),
            ),
            Reason::OutsideDomain => (
                "位置超出转换的适用范围",
                Message::new(
                    "Look at the position: it is far outside the system's area.",
                    "请核对该位置：它远在坐标系适用范围之外。",
                ),
            ),
        };
        Self::new(
            Code::NotComparable,
            Message::new(
                format!("{from} and {to} are not comparable: {}.", refusal.reason),
                format!("{from} 与 {to} 之间无法比较：{zh}。"),
            ),
            remedy,
        )
    }
}

impl From<UnknownCrs> for Problem {
    fn from(fault: UnknownCrs) -> Self {
        Self::new(
            Code::CrsUnknown,
            Message::new(format!("{fault}."), format!("“{}”不是已知的坐标参考系。", fault.code)),
            Message::new(
                "Use an EPSG code of a geographic or projected system, such as EPSG:4490.",
                "请使用大地或投影坐标系的 EPSG 代码，如 EPSG:4490。",
            ),
        )
    }
}

impl From<LineError> for Problem {
    fn from(error: LineError) -> Self {
        match error {
            LineError::NotComparable(refusal) => refusal.into(),
            LineError::TooShort => Self::new(
                Code::LineInvalid,
                Message::new("The line has fewer than two vertices.", "界线少于两个顶点。"),
                Message::new("Give a line of at least two vertices.", "请提供至少有两个顶点的界线。"),
            ),
            LineError::GridCrsMissing { section, ordinal } => Self::new(
                Code::LineInvalid,
                Message::new(
                    format!("Segment {section}/{ordinal} is a grid line but names no projected system."),
                    format!("界线段{section}/{ordinal}为格网直线，但未说明投影坐标系。"),
                ),
                Message::new(
                    "Set grid_crs to the EPSG code of its grid.",
                    "请在 grid_crs 中写明格网的 EPSG 代码。",
                ),
            ),
        }
    }
}
