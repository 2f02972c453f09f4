//! The demonstration: two sample borders in an empty register, and a team's track on the invented one.

use std::io;
use std::path::Path;

use bytes::Bytes;
use futures_util::stream;

use super::account::{self, NewAccount, NewGrant, proof};
use super::import;
use super::upload::{self, acquire};
use super::{Context, Error, Result};
use crate::domain::rights::Role;
use crate::store;

/// The sample borders, as they are in the program.
#[derive(rust_embed::RustEmbed)]
#[folder = "data/sample"]
struct Samples;

/// Borders in the order they are loaded.
const BORDERS: [&str; 2] = ["astrand-veyra", "ibc-j"];

/// A file of a sample border, for the sample base layer of the map.
pub fn base_layer(boundary: &str, layer: &str) -> Option<Vec<u8>> {
    let plain = |name: &str| {
        name.bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    if !plain(boundary) || !plain(layer) {
        return None;
    }
    Samples::get(&format!("{boundary}/base/{layer}.geojson")).map(|file| file.data.into_owned())
}

/// The sample base layers that a border has, from the bottom up.
pub fn base_layers(boundary: &str) -> Vec<&'static str> {
    ["land", "water", "river", "ridge", "towns"]
        .into_iter()
        .filter(|layer| Samples::get(&format!("{boundary}/base/{layer}.geojson")).is_some())
        .collect()
}

/// Loads every sample border that is not yet in the register, and its tracks as uploads. Gives the keys of what is new.
///
/// # Errors
/// When a sample cannot be written to the scratch folder, or the database breaks.
pub async fn load(cx: &Context, scratch: &Path) -> Result<Vec<&'static str>> {
    let mut new = Vec::new();
    for key in BORDERS {
        let mut conn = acquire(cx).await?;
        let is_there = store::boundary::by_key(&mut conn, cx.clock.now(), key).await?.is_some();
        drop(conn);
        if is_there {
            continue;
        }
        let folder = unpack(scratch, key).map_err(|fault| Error::Fault(fault.into()))?;
        import::border(cx, &folder.join("border.toml"), false).await?;
        new.push(key);
    }
    Ok(new)
}

/// People of the demonstration: name, full name, roles, and where.
const PEOPLE: [(&str, &str, &[Role], Option<&str>); 8] = [
    (
        "officer",
        "Ana Officer (invented)",
        &[
            Role::SurveyLead,
            Role::Inspector,
            Role::ProjectOfficer,
            Role::PortOfficer,
            Role::Auditor,
        ],
        None,
    ),
    ("lead", "Lev Surveylead (invented)", &[Role::SurveyLead], None),
    (
        "surveyor",
        "Sia Surveyor (invented)",
        &[Role::Surveyor],
        Some("astrand-veyra/S1"),
    ),
    ("inspector", "Ivo Inspector (invented)", &[Role::Inspector], None),
    ("projects", "Pia Projects (invented)", &[Role::ProjectOfficer], None),
    ("ports", "Per Ports (invented)", &[Role::PortOfficer], None),
    ("reviewer", "Rea Reviewer (invented)", &[Role::Reviewer], None),
    ("auditor", "Aud Auditor (invented)", &[Role::Auditor], None),
];

/// Makes the accounts of the demonstration where they are missing, and gives all of them one new password, which is
/// nowhere kept but hashed. Gives the names and the password.
///
/// # Errors
/// When the database breaks.
pub async fn people(cx: &Context) -> Result<(Vec<&'static str>, String)> {
    let (secret, _) = proof::new_secret("")?;
    let password = secret
        .as_bytes()
        .chunks(5)
        .take(3)
        .map(String::from_utf8_lossy)
        .collect::<Vec<_>>()
        .join("-");
    let hash = proof::hash(password.clone()).await?;
    for (name, full_name, roles, place) in PEOPLE {
        let mut conn = acquire(cx).await?;
        let known = store::account::by_name(&mut conn, name).await?;
        drop(conn);
        if known.is_none() {
            let grant = |role: &Role| NewGrant {
                role: *role,
                place,
                until: None,
            };
            let new = NewAccount {
                name,
                full_name,
                grants: roles.iter().map(grant).collect(),
                reason: "demonstration",
            };
            account::add(cx, &new).await?;
        }
        let mut tx = cx.db.begin().await?;
        if let Some(person) = store::account::by_name(&mut tx, name).await? {
            store::account::set_proofs(&mut tx, person.id, &hash, None).await?;
        }
        cx.commit(tx).await?;
    }
    Ok((PEOPLE.iter().map(|(name, ..)| *name).collect(), password))
}

/// Hands in the sample tracks of a border as a team would: the receipts of those that are new are being checked then.
///
/// # Errors
/// When the database breaks.
pub async fn hand_in_tracks(cx: &Context, boundary: &str) -> Result<Vec<upload::receipt::Receipt>> {
    let folder = format!("{boundary}/tracks/");
    let mut receipts = Vec::new();
    let mut names: Vec<_> = Samples::iter()
        .filter(|name| name.starts_with(&folder) && name.ends_with(".gpx"))
        .collect();
    names.sort();
    for name in names {
        let Some(file) = Samples::get(&name) else { continue };
        let file_name = name.rsplit('/').next().unwrap_or(&name).to_owned();
        let body = stream::iter([Ok::<_, io::Error>(Bytes::from(file.data.into_owned()))]);
        receipts.push(upload::receive(cx, &file_name, None, body).await?.receipt);
    }
    Ok(receipts)
}

/// Writes a border's files where the importer can read them.
fn unpack(scratch: &Path, key: &str) -> io::Result<std::path::PathBuf> {
    let folder = scratch.join(key);
    std::fs::create_dir_all(&folder)?;
    for name in Samples::iter() {
        let Some(inner) = name.strip_prefix(key).and_then(|rest| rest.strip_prefix('/')) else {
            continue;
        };
        if inner.contains('/') {
            continue;
        }
        if let Some(file) = Samples::get(&name) {
            std::fs::write(folder.join(inner), file.data)?;
        }
    }
    Ok(folder)
}
