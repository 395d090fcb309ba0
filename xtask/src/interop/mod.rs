//! `cargo xtask interop`: other languages and other people's programs on the other side.
//!
//! An emulator we wrote and a skill we wrote could agree on the same mistake. A client, server or compiler that
//! others wrote, installed from PyPI, npm or Debian at pinned versions ([`Tools`]), cannot. Each step is one file.

mod apis;
mod catalogue;
mod conformance;
mod console;
mod data;
pub mod flagship;
mod identity;
mod market;
mod models;
mod openapi_corpus;
pub mod powerpoint;
mod prism;
mod readers;
mod salesforce;
mod service;
mod skills_ref;
mod storage;
mod store;
mod strangers;
mod tools;

use anyhow::{Result, bail};

pub use self::tools::Tools;
use crate::repo::Repo;
use crate::report;

/// Arguments of `cargo xtask interop`.
#[derive(clap::Args, Default)]
pub struct Args {
    /// Run these steps only
    #[arg(value_name = "STEP")]
    pub only: Vec<String>,
    /// Name the steps and run none
    #[arg(long)]
    pub list: bool,
    /// Run those too that are run by name only: before a release
    #[arg(long, conflicts_with = "only")]
    pub all: bool,
}

/// One step: what it is called, and what it does.
type Step = (&'static str, fn(&Repo, &Tools<'_>) -> Result<()>);

/// Every step, in the order they run.
const STEPS: &[Step] = &[
    ("salesforce", salesforce::run),
    ("readers", readers::run),
    ("skills-ref", skills_ref::run),
    ("powerpoint", powerpoint::run),
    ("strangers", strangers::run),
    ("conformance", conformance::run),
    ("data", data::run),
    ("apis", apis::run),
    ("store", store::run),
    ("models", models::run),
    ("service", service::run),
    ("identity", identity::run),
    ("market", market::run),
    ("storage", storage::run),
    ("console", console::run),
    ("catalogue", catalogue::run),
    ("flagship", flagship::run),
];

/// Steps that run only when they are named: what takes long and finds little more.
const BY_NAME: &[Step] = &[
    ("openapi-corpus", openapi_corpus::run),
    ("prism", prism::run),
    ("every-point", flagship::every_point),
    ("every-simulation", store::every_simulation),
];

/// Runs every step, or those asked for.
pub fn run(repo: &Repo, args: &Args) -> Result<()> {
    if args.list {
        for (name, _) in STEPS {
            report::note(name);
        }
        for (name, _) in BY_NAME {
            report::note(&format!("{name} (only when it is named)"));
        }
        return Ok(());
    }
    let all = || STEPS.iter().chain(BY_NAME);
    let known = |name: &String| all().any(|(step, _)| step == name);
    if let Some(name) = args.only.iter().find(|name| !known(name)) {
        bail!("there is no step `{name}`; `cargo xtask interop --list` names them");
    }
    let tools = Tools::new(repo);
    if args.all {
        return all().try_for_each(|(_, step)| step(repo, &tools));
    }
    if args.only.is_empty() {
        return STEPS.iter().try_for_each(|(_, step)| step(repo, &tools));
    }
    let is_named = |name: &str| args.only.iter().any(|only| only == name);
    all()
        .filter(|(name, _)| is_named(name))
        .try_for_each(|(_, step)| step(repo, &tools))
}
