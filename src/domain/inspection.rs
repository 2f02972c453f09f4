//! Inspections of a boundary, joint or by one side.

use jiff::civil::Date;

use super::section::words;
use super::text::Names;

words! {
    InspectionKind { Control "control", Joint "joint", }
}
words! {
    /// The way of a joint inspection from plan to force, and of a control inspection.
    InspectionState {
        Planned "planned", Notified "notified", AgreedProgramme "agreed_programme", Fielded "fielded",
        ObservedByA "observed_by_a", ObservedByB "observed_by_b", Reconciled "reconciled",
        DraftDocuments "draft_documents", Initialled "initialled", Signed "signed",
        ApprovedByGovernments "approved_by_governments", InForce "in_force",
        Observed "observed", Reported "reported", Closed "closed",
    }
}

impl InspectionState {
    /// Whether teams are in the field, so that tracks belong to it.
    pub const fn takes_tracks(self) -> bool {
        matches!(
            self,
            Self::AgreedProgramme | Self::Fielded | Self::ObservedByA | Self::ObservedByB
        )
    }
}

/// One side's team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub party: String,
    pub name: String,
    /// The leader's name as written in each language.
    pub leader: Names,
    pub members: Option<i32>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    pub number: String,
    pub names: Names,
    pub kind: InspectionKind,
    pub state: InspectionState,
    pub starts: Option<Date>,
    pub ends: Option<Date>,
    pub teams: Vec<Team>,
}
