//! `merestone demo`: the sample borders, then `serve`.

use super::serve::{ServeArgs, listen, scratch, serve};
use super::{Failure, Outcome};
use crate::service::{demo, startup};

/// The border whose sample tracks are handed in.
const INVENTED: &str = "astrand-veyra";

pub async fn run(args: ServeArgs) -> Outcome {
    let config = args.settings()?;
    let (listener, door) = listen(&config).await?;
    let running = startup::open(&config).await?;
    let folder = scratch(&config);
    serve(listener, door, running, async |running| {
        let new = demo::load(&running.cx, &folder).await.map_err(Failure::Service)?;
        for key in &new {
            println!("Loaded the sample border {key}");
        }
        for receipt in demo::hand_in_tracks(&running.cx, INVENTED)
            .await
            .map_err(Failure::Service)?
        {
            println!("Receipt {} for {}", receipt.number, receipt.filename);
        }
        let (names, password) = demo::people(&running.cx).await.map_err(Failure::Service)?;
        println!("Demo accounts: {}", names.join(", "));
        println!("Their password, until the next start: {password}");
        Ok(())
    })
    .await
}
