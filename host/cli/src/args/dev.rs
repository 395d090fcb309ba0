//! The command line of `metier dev`.

use std::path::PathBuf;

use clap::Args;

use super::VaultPlace;

/// What stands below the options.
pub const EXAMPLES: &str = "\
Builds the skill, serves its tools on 127.0.0.1, and builds it again whenever a source changes.
A build that fails is shown, and the last good one is kept. Each call, each log line and each
request a tool makes is printed.

  GET /tools           what there is
  POST /tools/NAME     a call: the arguments as JSON, the answer as JSON

Examples:
  metier dev
  metier dev weather --grant grant.toml --port 8700
  curl --json '{\"name\": \"Ada\"}' http://127.0.0.1:8700/tools/greet";

/// `metier dev`
#[derive(Debug, Args)]
pub struct Dev {
    /// The skill's folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// What the skill may reach [default: what its manifest asks for, but no credentials, settings and files]
    #[arg(long, value_name = "grant.toml")]
    pub grant: Option<PathBuf>,
    /// The port on 127.0.0.1; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub port: u16,
    /// Where secrets are.
    #[command(flatten)]
    pub vault: VaultPlace,
}
