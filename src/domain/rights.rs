//! Who may do what: roles, what each is for, and the grants that give one to a person within bounds.
//!
//! Everything is denied unless [`RIGHTS`] allows it. A right is a verb, the realms of the register it reaches, and the
//! classes of records in them; nothing follows from being "higher". The same table makes the database's own judgement
//! ([`Rights::scope`]), so that the two cannot differ.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::lineage::Class;
use super::schema::Label;

macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident $word:literal $en:literal $zh:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word),* }
            }

            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            pub const fn title(self) -> Label {
                match self { $(Self::$variant => Label::new($en, $zh)),* }
            }
        }
    };
}

words! {
    /// What a person is to the register.
    Role {
        Surveyor "surveyor" "surveyor" "测量员";
        SurveyLead "survey_lead" "survey lead" "测量负责人";
        Inspector "inspector" "inspector" "检查员";
        ProjectOfficer "project_officer" "project officer" "项目主管";
        PortOfficer "port_officer" "port officer" "口岸主管";
        Reviewer "reviewer" "reviewer" "审核人";
        Approver "approver" "approver" "批准人";
        Auditor "auditor" "auditor" "审计员";
        Contractor "contractor" "contractor" "承包方";
        /// Of the other side.
        Delegate "delegate" "delegate of the other side" "对方代表";
        Admin "admin" "administrator" "系统管理员";
    }
}

words! {
    /// Parts of the register that rights are given for.
    Realm {
        /// Parties, instruments, regimes, rules, transformations.
        Law "law" "law" "法律依据";
        /// Boundaries, sections, segments, points, shared waters, islands, sheets.
        Line "line" "line" "界线";
        Marks "marks" "markers" "界桩";
        /// Inspections, routes, uploads, tracks, photographs, observations.
        Field "field" "field work" "外业";
        /// Check runs and findings.
        Verdicts "verdicts" "verdicts" "检查结论";
        Works "works" "works" "工程";
        /// Ports, affairs, incidents, meetings.
        Affairs "affairs" "affairs" "涉外事务";
    }
}

words! {
    /// What is done.
    Verb {
        Read "read" "read" "查看";
        /// Make a record, change it, retire it.
        Record "record" "record" "登记";
        /// Take away as a file or document.
        Export "export" "export" "导出";
        /// Hand in what was brought from the field.
        Upload "upload" "hand in" "提交";
        Check "check" "run checks" "运行检查";
        Approve "approve" "approve" "批准";
        /// Read and verify the log of who did what.
        Audit "audit" "read the log" "查阅日志";
        /// Accounts, grants, settings, backups.
        Administer "administer" "administer" "管理";
    }
}

use Class::{Bilateral, Internal, Public, Restricted};
use Realm::{Affairs, Field, Law, Line, Marks, Verdicts, Works};

const REGISTER: &[Realm] = Realm::ALL;
const EVERY_CLASS: &[Class] = &Class::ALL;
/// What the own office works with.
const OFFICE: &[Class] = &[Public, Bilateral, Internal];
const SHARED: &[Class] = &[Public, Bilateral];

type Right = (Role, Verb, &'static [Realm], &'static [Class]);

/// Every right there is.
pub const RIGHTS: &[Right] = &[
    (Role::Surveyor, Verb::Read, REGISTER, OFFICE),
    (
        Role::Surveyor,
        Verb::Read,
        &[Line, Marks, Field, Verdicts],
        &[Restricted],
    ),
    (Role::Surveyor, Verb::Upload, &[Field], EVERY_CLASS),
    (Role::Surveyor, Verb::Record, &[Field], EVERY_CLASS),
    (Role::Surveyor, Verb::Export, &[Line, Marks, Field, Verdicts], OFFICE),
    (Role::SurveyLead, Verb::Read, REGISTER, EVERY_CLASS),
    (Role::SurveyLead, Verb::Upload, &[Field], EVERY_CLASS),
    (Role::SurveyLead, Verb::Check, REGISTER, EVERY_CLASS),
    (
        Role::SurveyLead,
        Verb::Record,
        &[Law, Line, Marks, Field, Verdicts],
        EVERY_CLASS,
    ),
    (
        Role::SurveyLead,
        Verb::Export,
        &[Law, Line, Marks, Field, Verdicts],
        EVERY_CLASS,
    ),
    (Role::Inspector, Verb::Read, REGISTER, OFFICE),
    (
        Role::Inspector,
        Verb::Read,
        &[Line, Marks, Field, Verdicts],
        &[Restricted],
    ),
    (Role::Inspector, Verb::Upload, &[Field], EVERY_CLASS),
    (Role::Inspector, Verb::Record, &[Field, Verdicts], EVERY_CLASS),
    (Role::Inspector, Verb::Record, &[Affairs], OFFICE),
    (
        Role::Inspector,
        Verb::Check,
        &[Line, Marks, Field, Verdicts],
        EVERY_CLASS,
    ),
    (Role::Inspector, Verb::Export, REGISTER, OFFICE),
    (Role::ProjectOfficer, Verb::Read, REGISTER, OFFICE),
    (Role::ProjectOfficer, Verb::Read, &[Works], &[Restricted]),
    (Role::ProjectOfficer, Verb::Record, &[Works], EVERY_CLASS),
    (Role::ProjectOfficer, Verb::Export, &[Line, Marks, Works], OFFICE),
    (Role::PortOfficer, Verb::Read, REGISTER, SHARED),
    (Role::PortOfficer, Verb::Read, &[Affairs, Works], &[Internal]),
    (Role::PortOfficer, Verb::Read, &[Affairs], &[Restricted]),
    (Role::PortOfficer, Verb::Record, &[Affairs], EVERY_CLASS),
    (Role::PortOfficer, Verb::Export, &[Affairs], OFFICE),
    (Role::Reviewer, Verb::Read, REGISTER, EVERY_CLASS),
    (Role::Reviewer, Verb::Check, REGISTER, EVERY_CLASS),
    (Role::Reviewer, Verb::Export, REGISTER, OFFICE),
    (Role::Approver, Verb::Read, REGISTER, EVERY_CLASS),
    (Role::Approver, Verb::Approve, REGISTER, EVERY_CLASS),
    (Role::Approver, Verb::Export, REGISTER, OFFICE),
    (Role::Auditor, Verb::Read, REGISTER, EVERY_CLASS),
    (Role::Auditor, Verb::Audit, REGISTER, EVERY_CLASS),
    (Role::Auditor, Verb::Export, REGISTER, EVERY_CLASS),
    (Role::Contractor, Verb::Read, &[Works], OFFICE),
    (Role::Contractor, Verb::Read, &[Line, Marks], &[Public]),
    (Role::Delegate, Verb::Read, REGISTER, SHARED),
    (Role::Delegate, Verb::Export, REGISTER, SHARED),
    (Role::Delegate, Verb::Upload, &[Field], &[Bilateral]),
    (Role::Delegate, Verb::Approve, REGISTER, &[Bilateral]),
    (Role::Admin, Verb::Read, REGISTER, OFFICE),
    (Role::Admin, Verb::Administer, REGISTER, EVERY_CLASS),
];

impl Role {
    /// Whether a second proof is wanted of whoever holds it.
    pub const fn is_privileged(self) -> bool {
        matches!(self, Self::Approver | Self::Admin | Self::Delegate)
    }

    /// Two roles that one person may not hold: who signs does not run the machine, and does not write what is signed.
    pub const fn excludes(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Admin, Self::Approver | Self::Auditor) | (Self::Approver | Self::Auditor, Self::Admin)
        )
    }

    /// Whether it makes sense only within a place.
    pub const fn needs_place(self) -> bool {
        matches!(self, Self::Contractor | Self::Delegate)
    }
}

impl Realm {
    /// The realm of a kind of record.
    pub fn of(kind: &str) -> Self {
        match kind {
            "party" | "instrument" | "regime_profile" | "rule" | "transformation" => Self::Law,
            "boundary" | "section" | "segment" | "boundary_point" | "shared_water" | "island" | "map_sheet" => {
                Self::Line
            }
            "marker" | "marker_element" | "marker_event" | "agreed_value" => Self::Marks,
            "check_run" | "finding" => Self::Verdicts,
            "project" | "consultation" | "authorisation" | "contract" | "work_programme" | "notice" | "site_visit"
            | "acceptance" | "audit" | "zone" => Self::Works,
            "port" | "port_affair" | "incident" | "meeting" | "handover_act" | "representative" => Self::Affairs,
            // Whatever comes later is seen by those who see field work until somebody decides.
            _ => Self::Field,
        }
    }
}

/// Where a grant holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    Everywhere,
    Boundary(Uuid),
    /// A section, and what of its boundary belongs to no section and no project.
    Section {
        section: Uuid,
        boundary: Uuid,
    },
    /// A project, and what of its boundary belongs to no section and no project.
    Project {
        project: Uuid,
        boundary: Uuid,
    },
}

impl Place {
    /// The places of records that it reaches; none where it reaches all.
    fn reaches(self) -> Option<Vec<Uuid>> {
        match self {
            Self::Everywhere => None,
            Self::Boundary(boundary) => Some(vec![boundary, NOWHERE]),
            Self::Section { section, boundary } => Some(vec![section, whole(boundary), NOWHERE]),
            Self::Project { project, boundary } => Some(vec![project, whole(boundary), NOWHERE]),
        }
    }
}

/// Stands among the places of a record that belongs to no boundary: a party, an instrument.
pub const NOWHERE: Uuid = Uuid::nil();

/// Stands among the places of a record that belongs to a boundary but to none of its sections and projects: the
/// boundary's number with all its bits turned.
pub const fn whole(boundary: Uuid) -> Uuid {
    Uuid::from_u128(!boundary.as_u128())
}

/// A role within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Grant {
    pub role: Role,
    pub place: Place,
}

/// What one caller may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rights {
    grants: Vec<Grant>,
    /// The service itself.
    all: bool,
    /// Verbs beyond which a token does not reach; empty where there is no token.
    only: Option<&'static [Verb]>,
}

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenScope {
    Read,
    /// Whatever its owner may, but administer and approve: those want a person at the keyboard.
    Write,
    Upload,
}

impl TokenScope {
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Upload];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Upload => "upload",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }

    const fn verbs(self) -> &'static [Verb] {
        match self {
            Self::Read => &[Verb::Read, Verb::Export, Verb::Audit],
            Self::Write => &[
                Verb::Read,
                Verb::Export,
                Verb::Audit,
                Verb::Record,
                Verb::Upload,
                Verb::Check,
            ],
            Self::Upload => &[Verb::Upload],
        }
    }
}

impl Rights {
    pub const fn of(grants: Vec<Grant>) -> Self {
        Self {
            grants,
            all: false,
            only: None,
        }
    }

    /// Those of the service itself, for work that nobody waits for.
    pub const fn all() -> Self {
        Self {
            grants: Vec::new(),
            all: true,
            only: None,
        }
    }

    /// The same, but no more than a token may.
    #[must_use]
    pub fn within(mut self, scope: TokenScope) -> Self {
        self.only = Some(scope.verbs());
        self
    }

    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    fn allows(&self, verb: Verb) -> bool {
        self.only.is_none_or(|only| only.contains(&verb))
    }

    /// What is allowed by each grant: the place, the realms, the classes.
    fn by_grant(&self, verb: Verb) -> impl Iterator<Item = (Place, &'static [Realm], &'static [Class])> + '_ {
        let grants = if self.allows(verb) { self.grants.as_slice() } else { &[] };
        grants.iter().flat_map(move |grant| {
            RIGHTS
                .iter()
                .filter(move |(role, allowed, ..)| *role == grant.role && *allowed == verb)
                .map(move |(_, _, realms, classes)| (grant.place, *realms, *classes))
        })
    }

    /// Whether something of the kind may be done somewhere.
    pub fn may(&self, verb: Verb, realm: Realm) -> bool {
        self.all || self.by_grant(verb).any(|(_, realms, _)| realms.contains(&realm))
    }

    /// Whether something of the kind may be done anywhere, with anything.
    pub fn may_at_all(&self, verb: Verb) -> bool {
        self.all || self.by_grant(verb).next().is_some()
    }

    /// Whether it may be done with every record of a realm, whatever its class and wherever it is.
    pub fn may_with_all(&self, verb: Verb, realm: Realm) -> bool {
        let reached = |class: &Class| {
            self.by_grant(verb).any(|(place, realms, classes)| {
                place == Place::Everywhere && realms.contains(&realm) && classes.contains(class)
            })
        };
        self.all || Class::ALL.iter().all(reached)
    }

    /// Whether it may be done with a record of this class at these places ([`NOWHERE`], [`whole`] a boundary, a section, ...).
    pub fn may_with(&self, verb: Verb, realm: Realm, class: Class, places: &[Uuid]) -> bool {
        self.all
            || self.by_grant(verb).any(|(place, realms, classes)| {
                realms.contains(&realm)
                    && classes.contains(&class)
                    && place
                        .reaches()
                        .is_none_or(|reached| reached.iter().any(|at| places.contains(at)))
            })
    }

    /// The same as the database judges by: what is read, where, and what is written.
    ///
    /// - **Shape**: words with semicolons around them; nothing in them needs quoting. `;line=public,bilateral;` is read
    ///   everywhere, `;line@=bilateral@01…;` at one place, `;+marks=internal;` is written, `;!marks=internal;` is approved, `;log;` and `;accounts;` are
    ///   what they say, and `;all;` is the service itself.
    pub fn scope(&self) -> String {
        let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if self.all {
            words.insert("all".to_owned(), BTreeSet::new());
            for realm in Realm::ALL {
                let classes: BTreeSet<String> = Class::ALL.iter().map(|class| class.word().to_owned()).collect();
                for sign in ["", "+", "!"] {
                    words.insert(format!("{sign}{}", realm.word()), classes.clone());
                }
                words.insert(format!("+{HANDED_IN}"), classes);
            }
        }
        for verb in [Verb::Read, Verb::Record, Verb::Upload, Verb::Check, Verb::Approve] {
            let sign = match verb {
                Verb::Read => "",
                Verb::Approve => "!",
                _ => "+",
            };
            for (place, realms, classes) in self.by_grant(verb) {
                for realm in realms.iter().filter(|realm| writes_to(verb, **realm)) {
                    // To hand in is not to record: what is brought is not yet in the register.
                    let realm = if verb == Verb::Upload { HANDED_IN } else { realm.word() };
                    let realm = format!("{sign}{realm}");
                    for class in classes.iter().map(|class| class.word()) {
                        match place.reaches() {
                            None => drop(words.entry(realm.clone()).or_default().insert(class.to_owned())),
                            Some(places) => words
                                .entry(format!("{realm}@{class}"))
                                .or_default()
                                .extend(places.iter().map(Uuid::to_string)),
                        }
                    }
                }
            }
        }
        if self.all || self.may_at_all(Verb::Audit) {
            words.insert("log".to_owned(), BTreeSet::new());
        }
        if self.all || self.may_at_all(Verb::Administer) {
            words.insert("accounts".to_owned(), BTreeSet::new());
        }
        let mut scope = String::from(";");
        for (word, values) in words {
            scope.push_str(&word);
            if !values.is_empty() {
                scope.push('=');
                scope.push_str(&values.into_iter().collect::<Vec<_>>().join(","));
            }
            scope.push(';');
        }
        scope
    }
}

/// Stands in a scope for the files that are handed in from the field, apart from its records.
const HANDED_IN: &str = "upload";

/// Whether what is done by a verb stands in this realm: files of the field are handed in, checks give verdicts.
fn writes_to(verb: Verb, realm: Realm) -> bool {
    match verb {
        Verb::Upload => realm == Field,
        Verb::Check => realm == Verdicts,
        _ => true,
    }
}

/// Where a record is, by what it belongs to; a nobody's record is nowhere.
pub fn places(boundary: Option<Uuid>, section: Option<Uuid>, project: Option<Uuid>) -> Vec<Uuid> {
    let all: Vec<Uuid> = [boundary, section, project].into_iter().flatten().collect();
    match (boundary, all.len()) {
        (_, 0) => vec![NOWHERE],
        (Some(boundary), 1) => vec![boundary, whole(boundary)],
        _ => all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::schema;

    fn one(role: Role, place: Place) -> Rights {
        Rights::of(vec![Grant { role, place }])
    }

    #[test]
    fn nothing_is_allowed_that_is_not_said() {
        let nobody = Rights::default();
        for verb in Verb::ALL {
            assert!(!nobody.may_at_all(*verb));
        }
        assert_eq!(nobody.scope(), ";");
        let admin = one(Role::Admin, Place::Everywhere);
        assert!(!admin.may_at_all(Verb::Approve) && !admin.may_at_all(Verb::Record));
        assert!(!admin.may_with(Verb::Read, Realm::Field, Class::Restricted, &[NOWHERE]));
        let auditor = one(Role::Auditor, Place::Everywhere);
        assert!(!auditor.may_at_all(Verb::Record) && !auditor.may_at_all(Verb::Upload));
        let approver = one(Role::Approver, Place::Everywhere);
        assert!(!approver.may_at_all(Verb::Record));
    }

    #[test]
    fn a_place_bounds_a_role() {
        let [section, other, boundary, foreign] = [1, 2, 3, 4].map(Uuid::from_u128);
        let delegate = one(Role::Delegate, Place::Section { section, boundary });
        let check = |class, places: &[Uuid], expect| {
            assert_eq!(
                delegate.may_with(Verb::Read, Realm::Line, class, places),
                expect,
                "{class:?} {places:?}"
            );
        };
        check(Class::Bilateral, &[boundary, section], true);
        check(Class::Bilateral, &[boundary, other], false);
        check(Class::Bilateral, &[boundary, whole(boundary)], true);
        check(Class::Bilateral, &[foreign, whole(foreign)], false);
        check(Class::Bilateral, &[NOWHERE], true);
        check(Class::Internal, &[boundary, section], false);
        assert!(!delegate.may_at_all(Verb::Record));
    }

    #[test]
    fn a_token_never_does_more_than_its_owner() {
        let lead = one(Role::SurveyLead, Place::Everywhere);
        let device = lead.clone().within(TokenScope::Upload);
        assert!(device.may_at_all(Verb::Upload) && !device.may_at_all(Verb::Read));
        assert!(!lead.within(TokenScope::Read).may_at_all(Verb::Record));
        assert!(
            !one(Role::Auditor, Place::Everywhere)
                .within(TokenScope::Write)
                .may_at_all(Verb::Record)
        );
        assert!(
            !one(Role::Admin, Place::Everywhere)
                .within(TokenScope::Write)
                .may_at_all(Verb::Administer)
        );
    }

    #[test]
    fn whoever_writes_may_read_what_they_wrote() {
        for role in Role::ALL {
            let rights = one(*role, Place::Everywhere);
            for verb in [Verb::Record, Verb::Upload] {
                for realm in Realm::ALL {
                    for class in Class::ALL {
                        assert!(
                            !rights.may_with(verb, *realm, class, &[NOWHERE])
                                || rights.may_with(Verb::Read, *realm, class, &[NOWHERE]),
                            "{role:?} {verb:?} {realm:?} {class:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn every_role_is_for_something_and_every_kind_has_a_realm() {
        for role in Role::ALL {
            assert!(RIGHTS.iter().any(|(of, ..)| of == role), "{role:?}");
            assert_eq!(Role::from_word(role.word()), Some(*role));
        }
        let mut field: Vec<&str> = schema::ALL
            .iter()
            .map(|schema| schema.kind)
            .filter(|kind| Realm::of(kind) == Realm::Field)
            .collect();
        field.sort_unstable();
        assert_eq!(
            field,
            ["feature_link", "inspection", "observation", "photo", "route", "track"]
        );
    }

    #[test]
    fn the_scope_says_what_may_be_read_and_where() {
        let [section, boundary] = [7, 8].map(Uuid::from_u128);
        let both = Rights::of(vec![
            Grant {
                role: Role::Contractor,
                place: Place::Section { section, boundary },
            },
            Grant {
                role: Role::PortOfficer,
                place: Place::Everywhere,
            },
        ]);
        let scope = both.scope();
        let has = |word: &str| scope.contains(word);
        assert!(
            has(";works=bilateral,internal,public;") && has(&format!(";works@internal={NOWHERE},{section},")),
            "{scope}"
        );
        assert!(
            has(";+affairs=bilateral,internal,public,restricted;") && has(";marks=bilateral,public;"),
            "{scope}"
        );
        assert!(
            !has(";+marks") && !has("log") && !has("accounts") && !has("all"),
            "{scope}"
        );
        assert!(
            scope
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+:;,@=-_".contains(&b)),
            "{scope}"
        );
        assert!(Rights::all().scope().starts_with(";!affairs=") && Rights::all().scope().contains(";all;"));
    }
}
