//! `cargo xtask demo`: a skill at work in the sandbox, what it is refused, and a review from the question to the meeting.
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
use crate::emulator::{Emulator, Review, Salesforce};
use crate::interop::flagship::flagship;
use crate::repo::Repo;
use crate::skills;

/// Arguments of `cargo xtask demo`.
#[derive(clap::Args)]
pub struct Args {
    /// Keep the temporary folder, with the skills, the grants and the key, to look at
    #[arg(long)]
    keep: bool,
}

/// Builds everything, then tells the story.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    skills::run(repo)?;
    let mut stage = Stage::set(repo)?;
    let salesforce = raise_salesforce(repo, &stage)?;
    grants::write(&stage, &salesforce.ready)?;
    let review = raise_review(repo, &stage)?;
    stage.give(&review.ready.environment);
    let told = scenes::play(&mut Story::new(&stage));
    if args.keep {
        stage.keep();
    }
    told
}

/// Salesforce, Jira, Google Calendar and a model on loopback, and the example with grants and routes that lead there.
fn raise_review(repo: &Repo, stage: &Stage) -> Result<Emulator<Review>> {
    let cmd = flagship(repo)?.arg("stage").arg(stage.path(""));
    Emulator::start(&cmd)
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
