//! `merestone user`: people, their roles and links.

use jiff::Timestamp;

use super::{FINE, Failure, Outcome, language, settings};
use crate::domain::rights::Role;
use crate::domain::text::Message;
use crate::service::account::{self, NewAccount, NewGrant};
use crate::service::startup;

#[derive(Debug, clap::Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an account; prints the link by which its owner sets a password
    Add {
        /// Name to sign in with: a-z 0-9 . _ -
        name: String,
        /// The person's name
        #[arg(long, value_name = "NAME")]
        full_name: String,
        #[command(flatten)]
        grant: Given,
    },
    /// All accounts and their roles
    List(Only),
    /// Give a role
    Grant {
        /// The account
        name: String,
        #[command(flatten)]
        grant: Given,
    },
    /// Take a role away; `list` shows the grants
    Revoke {
        /// The account
        name: String,
        /// The grant, as `list` shows it
        grant: uuid::Uuid,
        #[command(flatten)]
        why: Why,
    },
    /// Print a new link, for a password forgotten or a device lost
    Reset {
        /// The account
        name: String,
        #[command(flatten)]
        place: super::Place,
    },
    /// Lock an account at once, with its sessions and tokens
    Lock {
        /// The account
        name: String,
        #[command(flatten)]
        why: Why,
    },
    /// Unlock it
    Unlock {
        /// The account
        name: String,
        #[command(flatten)]
        why: Why,
    },
}

#[derive(Debug, clap::Args)]
struct Only {
    /// Answer in JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: super::Place,
}

#[derive(Debug, clap::Args)]
struct Why {
    /// Why, for the log
    #[arg(long, default_value = "by the operator")]
    reason: String,
    #[command(flatten)]
    place: super::Place,
}

#[derive(Debug, clap::Args)]
struct Given {
    /// Roles: surveyor, survey_lead, inspector, project_officer, port_officer, reviewer, approver, auditor, contractor, delegate, admin
    #[arg(long = "role", value_name = "ROLE", value_parser = role, required = true)]
    roles: Vec<Role>,
    /// Where: BOUNDARY, BOUNDARY/SECTION or BOUNDARY/projects/NUMBER; else everywhere
    #[arg(long = "at", value_name = "PLACE")]
    at: Option<String>,
    /// Until when, as 2027-01-31 or 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    #[command(flatten)]
    why: Why,
}

impl Given {
    fn each(&self) -> Vec<NewGrant<'_>> {
        let new = |role: &Role| NewGrant {
            role: *role,
            place: self.at.as_deref(),
            until: self.until,
        };
        self.roles.iter().map(new).collect()
    }
}

fn role(word: &str) -> Result<Role, String> {
    let words = || Role::ALL.iter().map(|role| role.word()).collect::<Vec<_>>().join(", ");
    Role::from_word(word).ok_or_else(|| format!("the roles are {}", words()))
}

fn time(text: &str) -> Result<Timestamp, String> {
    let whole = if text.contains('T') {
        text.to_owned()
    } else {
        format!("{text}T23:59:59Z")
    };
    whole.parse().map_err(|fault: jiff::Error| fault.to_string())
}

impl Command {
    const fn place(&self) -> &super::Place {
        match self {
            Self::Add { grant, .. } | Self::Grant { grant, .. } => &grant.why.place,
            Self::List(only) => &only.place,
            Self::Revoke { why, .. } | Self::Lock { why, .. } | Self::Unlock { why, .. } => &why.place,
            Self::Reset { place, .. } => place,
        }
    }
}

pub async fn run(args: UserArgs) -> Outcome {
    let config = settings(args.command.place().flags())?;
    let running = startup::join(&config).await?;
    let cx = &running.cx;
    let base = config.public_url.value.clone();
    let base = base.unwrap_or_else(|| format!("http://{}", config.bind.value));
    let done = async {
        match &args.command {
            Command::Add { name, full_name, grant } => {
                let new = NewAccount {
                    name,
                    full_name,
                    grants: grant.each(),
                    reason: &grant.why.reason,
                };
                let code = account::add(cx, &new).await?;
                println!("{}", link(&base, &code));
            }
            Command::List(only) => list(cx, only.json).await?,
            Command::Grant { name, grant } => {
                for new in grant.each() {
                    println!("{}", account::grant(cx, name, &new, &grant.why.reason).await?);
                }
            }
            Command::Revoke { name, grant, why } => account::revoke(cx, name, *grant, &why.reason).await?,
            Command::Reset { name, .. } => println!("{}", link(&base, &account::reset(cx, name).await?)),
            Command::Lock { name, why } => account::lock(cx, name, true, &why.reason).await?,
            Command::Unlock { name, why } => account::lock(cx, name, false, &why.reason).await?,
        }
        Ok::<_, Failure>(FINE)
    }
    .await;
    running.stop().await;
    done
}

/// The address of a one-time link.
pub(super) fn link(base: &str, code: &str) -> String {
    format!("{}/enrol/{code}", base.trim_end_matches('/'))
}

async fn list(cx: &crate::service::Context, as_json: bool) -> Result<(), Failure> {
    let now = cx.clock.now();
    let all = account::list(cx).await?;
    if as_json {
        let accounts: Vec<serde_json::Value> = all.iter().map(crate::service::account::described).collect();
        println!("{}", serde_json::Value::from(accounts));
        return Ok(());
    }
    let (locked, without) = (
        Message::new("locked", "已锁定"),
        Message::new("link not used yet", "链接尚未使用"),
    );
    for seen in &all {
        let state = match (&seen.account.locked_at, &seen.account.password_hash) {
            (Some(_), _) => locked.get(language()),
            (None, None) => without.get(language()),
            _ => "",
        };
        println!("{}\t{}\t{state}", seen.account.name, seen.account.full_name);
        for kept in seen.at(now) {
            let until = kept.until.map_or_else(String::new, |until| format!(" … {until}"));
            println!(
                "\t{}\t{:?}{until}\t{}",
                kept.grant.role.word(),
                kept.grant.place,
                kept.id
            );
        }
    }
    Ok(())
}
