//! `merestone token`: by which programs and devices come in.

use super::{FINE, Failure, Outcome, settings};
use crate::domain::rights::TokenScope;
use crate::service::account::token::{self, NewToken};
use crate::service::startup;

#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a token for an account; prints it, this once
    Issue {
        /// The account it acts for
        account: String,
        /// The program or device it is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it may do, of what its account may: read, write, upload
        #[arg(long, default_value = "read", value_parser = scope)]
        scope: TokenScope,
        /// For uploads: the one inspection they go to
        #[arg(long, value_name = "ID")]
        inspection: Option<uuid::Uuid>,
        /// Days that it is good for
        #[arg(long, default_value_t = token::DAYS)]
        days: i64,
        #[command(flatten)]
        place: super::Place,
    },
    /// The tokens of an account that are not revoked
    List {
        /// The account
        account: String,
        #[command(flatten)]
        place: super::Place,
    },
    /// End a token at once
    Revoke {
        /// The account
        account: String,
        /// The token, as `list` shows it
        token: uuid::Uuid,
        #[command(flatten)]
        place: super::Place,
    },
}

fn scope(word: &str) -> Result<TokenScope, String> {
    TokenScope::from_word(word).ok_or_else(|| "read, write or upload".to_owned())
}

pub async fn run(args: TokenArgs) -> Outcome {
    let (Command::Issue { place, .. } | Command::List { place, .. } | Command::Revoke { place, .. }) = &args.command;
    let config = settings(place.flags())?;
    let running = startup::join(&config).await?;
    let cx = &running.cx;
    let done = async {
        match &args.command {
            Command::Issue {
                account,
                name,
                scope,
                inspection,
                days,
                ..
            } => {
                let new = NewToken {
                    name,
                    scope: *scope,
                    inspection: *inspection,
                    days: *days,
                };
                let (secret, _) = token::issue_by_name(cx, account, &new).await?;
                println!("{secret}");
            }
            Command::List { account, .. } => {
                for token in token::of(cx, account).await? {
                    let seen = token.seen_at.map_or_else(|| "-".to_owned(), |at| at.to_string());
                    println!(
                        "{}\t{}\t{}\t{}\t{seen}",
                        token.id,
                        token.scope.word(),
                        token.expires_at,
                        token.name
                    );
                }
            }
            Command::Revoke { account, token, .. } => token::revoke_of(cx, account, *token).await?,
        }
        Ok::<_, Failure>(FINE)
    }
    .await;
    running.stop().await;
    done
}
