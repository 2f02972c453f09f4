//! What is proposed, as it is kept until somebody decides: all that is needed to do it then.

use serde_json::{Map, Value as Json, json};

use crate::crs::Crs;
use crate::domain::schema::{Label, Schema};
use crate::domain::value::Draft;
use crate::format::row::Mapping;
use crate::service::edit::{Act, Edit, Mode};
use crate::service::features::Coordinates;
use crate::service::import::Asked;
use crate::service::wire::{self, Sent};
use crate::service::{Error, Result};
use crate::unit::Epoch;

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and not for long")]
pub enum Deed {
    /// To one record. A change or an end names the version that it was proposed for.
    Act(Act),
    /// A file is to be taken over.
    File(Box<FileDeed>),
}

/// A file, what is asked of it, and what it did when it was tried.
#[derive(Debug, Clone, PartialEq)]
pub struct FileDeed {
    pub asked: Asked,
    /// What its sender calls it.
    pub name: String,
    /// The digest under which its bytes are kept.
    pub sha256: String,
    /// Digest of what becomes of each row: what is approved is what was shown.
    pub plan: String,
    /// Records made and changed, and the first of them by name, for people.
    pub created: u64,
    pub changed: u64,
    pub first: Vec<String>,
}

impl Deed {
    /// In one word: `create`, `change`, `retire`, `import`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Act(Act::Create(_)) => "create",
            Self::Act(Act::Change { .. }) => "change",
            Self::Act(Act::Retire { .. }) => "retire",
            Self::File(_) => "import",
        }
    }

    /// The same for people.
    pub const fn title(&self) -> Label {
        match self {
            Self::Act(Act::Create(_)) => Label::new("a new record", "新增记录"),
            Self::Act(Act::Change { .. }) => Label::new("a change", "变更记录"),
            Self::Act(Act::Retire { .. }) => Label::new("an end", "停用记录"),
            Self::File(_) => Label::new("a file taken over", "导入文件"),
        }
    }

    /// As it is kept. Positions are easting or longitude first, in the system that is named; none: display.
    pub fn json(&self) -> Json {
        match self {
            Self::Act(Act::Create(edit)) => json!({ "do": self.word(), "edit": edit_json(edit) }),
            Self::Act(Act::Change {
                feature_id,
                expected,
                edit,
                mode,
            }) => json!({
                "do": self.word(), "id": feature_id, "version": expected, "edit": edit_json(edit),
                "mode": match mode { Mode::Replace => "replace", Mode::Patch => "patch" },
            }),
            Self::Act(Act::Retire {
                feature_id,
                expected,
                draft,
            }) => json!({
                "do": self.word(), "id": feature_id, "version": expected, "edit": { "feature": feature(draft) },
            }),
            Self::File(file) => json!({
                "do": self.word(), "asked": asked_json(&file.asked), "name": file.name, "sha256": file.sha256,
                "plan": file.plan, "created": file.created, "changed": file.changed, "first": file.first,
            }),
        }
    }

    /// Reads what was kept.
    ///
    /// # Errors
    /// When the register has something there that this release does not write.
    pub fn read(schema: &'static Schema, kept: &Json) -> Result<Self> {
        let version = || number(&kept["version"]).and_then(|n| i32::try_from(n).map_err(|_| broken("version")));
        Ok(match kept["do"].as_str() {
            Some("create") => Self::Act(Act::Create(edit(schema, &kept["edit"])?)),
            Some("change") => Self::Act(Act::Change {
                feature_id: number(&kept["id"])?,
                expected: Some(version()?),
                edit: edit(schema, &kept["edit"])?,
                mode: match kept["mode"].as_str() {
                    Some("replace") => Mode::Replace,
                    Some("patch") => Mode::Patch,
                    _ => return Err(broken("mode")),
                },
            }),
            Some("retire") => Self::Act(Act::Retire {
                feature_id: number(&kept["id"])?,
                expected: Some(version()?),
                draft: draft(schema, &kept["edit"])?,
            }),
            Some("import") => Self::File(Box::new(FileDeed {
                asked: asked(&kept["asked"])?,
                name: text(&kept["name"])?,
                sha256: text(&kept["sha256"])?,
                plan: text(&kept["plan"])?,
                created: number(&kept["created"])?.unsigned_abs(),
                changed: number(&kept["changed"])?.unsigned_abs(),
                first: texts(&kept["first"]),
            })),
            _ => return Err(broken("do")),
        })
    }
}

fn broken(member: &str) -> Error {
    Error::Fault(format!("a proposal has no {member} that can be read").into())
}

fn text(kept: &Json) -> Result<String> {
    kept.as_str().map(str::to_owned).ok_or_else(|| broken("text"))
}

fn number(kept: &Json) -> Result<i64> {
    kept.as_i64().ok_or_else(|| broken("number"))
}

fn texts(kept: &Json) -> Vec<String> {
    let all = kept.as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn feature(draft: &Draft) -> Json {
    let mut written = Vec::new();
    wire::draft(&mut written, draft);
    serde_json::from_slice(&written).unwrap_or(Json::Null)
}

fn edit_json(edit: &Edit) -> Json {
    json!({
        "feature": feature(&edit.draft),
        "crs": match &edit.coordinates {
            Coordinates::Display => None,
            Coordinates::System(crs) => Some(crs.code()),
        },
        "source": edit.source,
        "epoch": edit.epoch.map(Epoch::get),
    })
}

fn draft(schema: &'static Schema, kept: &Json) -> Result<Draft> {
    let said = kept["feature"].to_string();
    // What a patch does not mention is not mentioned, and a whole feature says no less.
    Ok(wire::read(said.as_bytes(), schema, Sent::Patch)?)
}

fn epoch(kept: &Json) -> Result<Option<Epoch>> {
    let year = kept.as_f64();
    year.map(Epoch::new).transpose().map_err(|_| broken("epoch"))
}

fn edit(schema: &'static Schema, kept: &Json) -> Result<Edit> {
    let coordinates = match kept["crs"].as_str() {
        None => Coordinates::Display,
        Some(code) => Coordinates::System(Crs::lookup(code).map_err(|_| broken("crs"))?),
    };
    Ok(Edit {
        draft: draft(schema, kept)?,
        coordinates,
        source: text(&kept["source"])?,
        epoch: epoch(&kept["epoch"])?,
    })
}

fn asked_json(asked: &Asked) -> Json {
    json!({
        "collection": asked.collection, "boundary": asked.boundary, "crs": asked.crs, "layer": asked.layer,
        "encoding": asked.encoding, "columns": asked.mapping.columns, "constants": asked.mapping.constants,
        "codes": asked.mapping.codes, "reason": asked.reason, "instrument": asked.instrument,
        "partial": asked.partial, "epoch": asked.epoch.map(Epoch::get),
    })
}

fn asked(kept: &Json) -> Result<Asked> {
    let said = |name: &str| kept[name].as_str().map(str::to_owned);
    let pairs = |kept: &Json| {
        let pairs = kept.as_object().into_iter().flatten();
        pairs
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect()
    };
    let none = Map::new();
    let codes = kept["codes"].as_object().unwrap_or(&none);
    Ok(Asked {
        collection: text(&kept["collection"])?,
        boundary: said("boundary"),
        crs: said("crs"),
        layer: said("layer"),
        encoding: said("encoding"),
        mapping: Mapping {
            columns: pairs(&kept["columns"]),
            constants: pairs(&kept["constants"]),
            codes: codes
                .iter()
                .map(|(field, codes)| (field.clone(), pairs(codes)))
                .collect(),
        },
        reason: said("reason"),
        instrument: said("instrument"),
        dry_run: false,
        partial: kept["partial"].as_bool().unwrap_or(false),
        epoch: epoch(&kept["epoch"])?,
    })
}
