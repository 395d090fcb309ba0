//! The libraries of the model providers read what our adapters send and the answers they are tested with, and drive the
//! emulated providers.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// The files of `tests/corpus/models`, held to the types of `openai`, `anthropic`, `google-genai` and botocore; then the same
/// libraries, unmodified, ask the emulator that the tests of our adapters ask.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let python = Cmd::new(tools.python()?).dir(repo.root());
    python
        .clone()
        .arg("tests/interop/models.py")
        .step("the providers' own libraries read our questions and their answers")?;
    let emulator = repo.program("metier-emulator-models")?;
    python
        .arg("tests/interop/models_sdk.py")
        .arg(emulator)
        .step("the providers' own libraries ask the emulated providers")
}
