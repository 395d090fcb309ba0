//! `cargo xtask demo`: a skill at work in the sandbox, and what it is refused.
//!
//! Every command line shown is run as shown, by the `metier` a user would install, in a
//! temporary home. The demo checks what it shows: a refusal that is not one fails it.

mod grants;
mod scenes;
mod stage;
mod story;

use anyhow::Result;

use self::stage::Stage;
use self::story::Story;
use crate::emulator::{Emulator, Salesforce};
use crate::guests;
use crate::repo::Repo;

/// Arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {
    /// Keep the temporary folder, with the skills, the grants and the key, to look at
    #[arg(long)]
    keep: bool,
}

/// Builds everything, then tells the story.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    guests::run(repo, &guests::Args::default())?;
    let stage = Stage::set(repo)?;
    let salesforce = raise_salesforce(repo, &stage)?;
    grants::write(&stage, &salesforce.ready)?;
    let told = scenes::play(&mut Story::new(&stage));
    if args.keep {
        stage.keep();
    }
    told
}

/// An org on loopback with a throwaway key and a throwaway certificate authority.
fn raise_salesforce(repo: &Repo, stage: &Stage) -> Result<Emulator> {
    let salesforce = Salesforce {
        authority: Some(&stage.path(grants::AUTHORITY)),
        key: Some(&stage.path(grants::KEY)),
        instance_url: Some(grants::ORG_URL),
    };
    salesforce.start(repo)
}
