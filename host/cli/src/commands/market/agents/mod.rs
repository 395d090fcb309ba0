//! Agents in a market: the same commands, for a file that pins its skills.

mod approve;
mod files;
mod find;
mod install;
mod page;
mod publish;
mod service;
mod update;
mod verify;
mod whole;

use std::path::Path;

pub use self::{
    approve::{against, asks},
    files::is_free,
    find::{FoundAgent, find},
    install::install,
    page::show,
    publish::publish,
    service::is_free as is_free_in,
    update::update,
    verify::{verified, verify},
};

/// The end of a package's name, where an install keeps it.
const PACKAGE: &str = ".agent.json";

/// Whether it is the file of an agent or a chain.
pub fn is_definition(path: &Path) -> bool {
    path.is_file() && path.extension().is_some_and(|end| end == "toml")
}

/// Whether it is the package of an agent.
pub fn is_package(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.ends_with(PACKAGE))
}
