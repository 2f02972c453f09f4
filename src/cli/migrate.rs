//! `merestone migrate`.

use super::{FINE, Outcome, Place, settings};
use crate::config::Flags;
use crate::service::startup;

#[derive(Debug, Clone, clap::Args)]
pub struct MigrateArgs {
    /// Migrate a register with data although there is no fresh backup [env: MERESTONE_WITHOUT_BACKUP]
    #[arg(long)]
    without_backup: bool,
    #[command(flatten)]
    place: Place,
}

pub async fn run(args: MigrateArgs) -> Outcome {
    let config = settings(Flags {
        without_backup: args.without_backup,
        ..args.place.flags()
    })?;
    // Opening a service brings its schema up to date.
    let running = startup::open(&config).await?;
    running.stop().await;
    println!("The schema is that of merestone {}", env!("CARGO_PKG_VERSION"));
    Ok(FINE)
}
