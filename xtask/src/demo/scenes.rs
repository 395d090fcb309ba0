//! The scenes of the demo, in order.

use anyhow::Result;

use super::stage::SKILL;
use super::story::{Expect, Story};

/// Plays them all.
pub fn play(story: &mut Story<'_>) -> Result<()> {
    inspect(story)?;
    mistake(story)
}

fn inspect(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "A skill is one file",
        "Code, tools, what it asks for and the words a model reads, under one digest.",
    );
    story.metier(&["inspect", SKILL], &Expect::Success)
}

fn mistake(story: &mut Story<'_>) -> Result<()> {
    story.chapter(
        "A mistake gets an answer",
        "Every failure has a stable code, somebody to blame and a way out.",
    );
    story.metier(&["call", SKILL, "qurey"], &Expect::Refusal("unknown-tool"))
}
