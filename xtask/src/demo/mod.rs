//! `cargo xtask demo`: a skill at work in the sandbox, and what it is refused.
//!
//! Every command line shown is run as shown, by the `metier` a user would install, in a
//! temporary home. The demo checks what it shows: a refusal that is not one fails it.

mod scenes;
mod stage;
mod story;

use anyhow::Result;

use self::stage::Stage;
use self::story::Story;
use crate::emulator::Emulator;
use crate::guests;
use crate::repo::Repo;

/// Arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {
    /// Keep the temporary folder, with the skill, the grants and the key, to play with
    #[arg(long)]
    keep: bool,
}

/// Builds everything, then tells the story.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    guests::run(repo, &guests::Args::default())?;
    let metier = repo.build_bin("metier-cli", "metier")?;
    let salesforce = Emulator::salesforce(repo, &[])?;
    let stage = Stage::set(repo, metier, &salesforce)?;
    let told = scenes::play(&mut Story::new(&stage));
    if args.keep {
        stage.keep();
    }
    told
}
