//! The command line of `metier test`.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

use super::VaultPlace;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Without names, every fixture is run. Nothing is sent anywhere: the recorded answers are all there is, the clock stands still
and random numbers are the same each time. A skill is a folder with fixtures/*.json, or a file that carries them.

Examples:
  metier test
  metier test weather zen greet
  metier test dist/weather.wasm --output json
  metier test --record zen --grant grant.toml
  metier test --record forecast-rome --grant grant.toml -- forecast --city Rome";

/// `metier test`
#[derive(Debug, Args)]
pub struct Test {
    /// The skill's folder or file [default: this folder], and the names of fixtures
    #[arg(value_name = "DIR|FILE] [NAME")]
    pub words: Vec<String>,
    /// Take the fixtures from this folder instead of the skill's own
    #[arg(long, value_name = "DIR")]
    pub fixtures: Option<PathBuf>,
    /// Take dist/ as it is, whatever has changed since
    #[arg(long)]
    pub no_build: bool,
    /// Make the named calls for real, and write down what happens
    #[arg(long, requires = "grant")]
    pub record: bool,
    /// With --record: what the skill may reach, as for `metier call`
    #[arg(long, value_name = "grant.toml", requires = "record")]
    pub grant: Option<PathBuf>,
    /// Where secrets are.
    #[command(flatten)]
    pub vault: VaultPlace,
    /// With --record and one new name: the tool and its flags
    #[arg(last = true, value_name = "TOOL and its flags")]
    pub call: Vec<OsString>,
}
