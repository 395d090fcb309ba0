//! `cargo xtask test`: every test of the repository.
//!
//! Guests first, because the end-to-end tests run them, and what was recorded for the shipped skills; then the workspace; then
//! the store on a PostgreSQL of its own, where that is installed; then the guests' own unit tests, natively. The last lines printed are those of `cargo test`.

use anyhow::Result;

use crate::guests::{self, Workspace};
use crate::postgres;
use crate::repo::Repo;
use crate::report;

/// Arguments of `cargo xtask test`.
#[derive(clap::Args)]
pub struct Args {
    /// Passed to `cargo test --workspace`, for instance a filter or `-- --nocapture`.
    /// With any, the store on PostgreSQL and the guests' own unit tests are left out
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    args: Vec<String>,
}

/// Builds what the tests need and runs them.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    build(repo)?;
    guests::replay(repo)?;
    let workspace = repo
        .cargo()
        .args(["test", "--workspace", "--no-fail-fast"])
        .args(&args.args);
    if !args.args.is_empty() {
        report::note(
            "arguments given: the store on PostgreSQL and the guests' own unit tests are left out",
        );
        return workspace.last_step("test the workspace");
    }
    let guests: Vec<Workspace> = guests::workspaces(repo)?
        .into_iter()
        .filter(Workspace::has_unit_tests)
        .collect();
    workspace.last_step("test the workspace")?;
    postgres::test(repo)?;
    for guest in guests {
        guest
            .cargo_together(repo)
            .arg("test")
            .last_step(&format!("test {} natively", guest.name()))?;
    }
    Ok(())
}

/// Guests and tests side by side: each has a crate that keeps one core busy for minutes. Packing comes after both, for it
/// runs the command.
fn build(repo: &Repo) -> Result<()> {
    std::thread::scope(|scope| {
        let tests = scope.spawn(|| repo.build_tests());
        let guests = guests::build(repo);
        let tests = match tests.join() {
            Ok(built) => built.map(drop),
            Err(_) => Err(anyhow::anyhow!("building the tests broke off")),
        };
        guests.and(tests)
    })?;
    guests::run(repo, &guests::Args::default()).map(drop)
}
