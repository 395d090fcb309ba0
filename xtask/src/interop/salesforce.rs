//! Unmodified `simple-salesforce` against our emulator of Salesforce.

use anyhow::Result;

use super::Tools;
use crate::cmd::Cmd;
use crate::emulator::Salesforce;
use crate::repo::Repo;

/// Over http and over https.
pub fn run(repo: &Repo, tools: &Tools<'_>) -> Result<()> {
    let script = Cmd::new(tools.python()?)
        .dir(repo.root())
        .arg("tests/interop/simple_salesforce.py");
    over_http(repo, script.clone())?;
    over_https(repo, script)
}

fn over_http(repo: &Repo, script: Cmd) -> Result<()> {
    let emulator = Salesforce::default().start(repo)?;
    script
        .arg(&emulator.ready.address)
        .step("simple-salesforce against the emulator, over http")
}

fn over_https(repo: &Repo, script: Cmd) -> Result<()> {
    let authority = repo.target("interop").join("authority.pem");
    let https = Salesforce {
        authority: Some(&authority),
        ..Salesforce::default()
    };
    let emulator = https.start(repo)?;
    script
        .arg(&emulator.ready.address)
        .arg("--ca")
        .arg(&authority)
        .step("simple-salesforce against the emulator, over https")
}
