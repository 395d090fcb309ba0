//! `metier mirror`

use serde_json::json;

use super::{
    account::tell,
    place::registry,
    session::{Session, now},
};
use crate::{
    args::market_client::{Mirror, MirrorPlace},
    commands::{self, App},
    errors::Failure,
    exit::Exit,
    render::{bytes, count},
    text,
};

/// Mirrors skills of one market.
///
/// # Errors
/// [`Failure`].
pub fn run(app: &App, args: &Mirror) -> Result<Exit, Failure> {
    let session = Session::new(app, &args.place)?;
    commands::runtime()?.block_on(async {
        let first = args.skills.first();
        let client = match first {
            Some(first) => session.market_of(first).await?,
            None => session.market().await?,
        };
        for name in &args.skills {
            if session.market_of(name).await?.market() != client.market() {
                return Err(Failure::usage(
                    format!("{name} comes from another market."),
                    "A mirror is of one market: mirror the others into directories of their own.",
                ));
            }
        }
        let (mirrored, place) = match &args.to {
            MirrorPlace::Directory(to) => {
                let mirrored = client.mirror(&args.skills, to, now()).await?;
                (mirrored, to.display().to_string())
            }
            MirrorPlace::Registry(address) => {
                let to = registry(app, address)?;
                let mirrored = client.mirror_to(&args.skills, &to, now()).await?;
                (mirrored, address.to_string())
            }
        };
        let line = json!({"versions": mirrored.versions, "bytes": mirrored.bytes});
        let shown = text::one_line(&place);
        let words = format!(
            "`{shown}` has {} in {}. Install from it with --market {shown}",
            count(mirrored.versions, "version"),
            bytes(mirrored.bytes)
        );
        tell(app, &line, &words)
    })
}
