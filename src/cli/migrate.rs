//! `merestone migrate`.

use super::{FINE, Outcome, Place, settings};
use crate::service::startup;

pub async fn run(place: Place) -> Outcome {
    let config = settings(place.flags())?;
    // Opening a service brings its schema up to date.
    let running = startup::open(&config).await?;
    running.stop().await;
    println!("The schema is that of merestone {}", env!("CARGO_PKG_VERSION"));
    Ok(FINE)
}
