//! The command line of `metier learn`.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

use super::VaultPlace;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Without a call, the skill's fixtures are run. With one, it is answered by what the fixtures have recorded; with a grant it is
made for real, within that grant. Nothing is changed: what is printed is to be read, cut down and pasted.

Examples:
  metier learn
  metier learn weather zen greet
  metier learn dist/weather.wasm --fixtures fixtures
  metier learn weather --grant wide.toml -- forecast --city Rome";

/// `metier learn`
#[derive(Debug, Args)]
pub struct Learn {
    /// The skill's folder or file [default: this folder], and the names of fixtures
    #[arg(value_name = "DIR|FILE] [NAME")]
    pub words: Vec<String>,
    /// Take the fixtures from this folder instead of the skill's own
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
    /// Take dist/ as it is, whatever has changed since
    #[arg(long)]
    pub no_build: bool,
    /// Make the call for real, and let it reach what this grant allows
    #[arg(long, value_name = "grant.toml", requires = "call")]
    pub grant: Option<PathBuf>,
    /// Where secrets are.
    #[command(flatten)]
    pub vault: VaultPlace,
    /// The tool and its flags
    #[arg(last = true, value_name = "TOOL and its flags")]
    pub call: Vec<OsString>,
}
