//! The libraries of the model providers read what our adapters send, and the answers they are tested with.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// The files of `tests/corpus/models`, held to the types of `openai`, `anthropic`, `google-genai` and botocore.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    Cmd::new(tools.python()?)
        .dir(repo.root())
        .arg("tests/interop/models.py")
        .step("the providers' own libraries read our questions and their answers")
}
