//! `cargo xtask demo`: a skill at work in the sandbox, and what it is refused.
//!
//! Every command line shown is run as shown, by the `metier` a user would install, in a
//! temporary home. The demo checks what it shows: a refusal that is not one fails it.

mod grants;
mod scenes;
mod stage;
mod story;

use std::ffi::OsStr;

use anyhow::Result;

use self::stage::Stage;
use self::story::Story;
use crate::emulator::Emulator;
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
    let (key, authority) = (stage.path(grants::KEY), stage.path(grants::AUTHORITY));
    let args: [&OsStr; 10] = [
        "--tls".as_ref(),
        grants::ORG.as_ref(),
        "--tls".as_ref(),
        grants::LOGIN.as_ref(),
        "--instance-url".as_ref(),
        grants::ORG_URL.as_ref(),
        "--key-out".as_ref(),
        key.as_os_str(),
        "--ca-out".as_ref(),
        authority.as_os_str(),
    ];
    Emulator::salesforce(repo, &args)
}
