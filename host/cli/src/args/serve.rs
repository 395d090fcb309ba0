//! `metier serve`, `mcp` and `config`

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};
use metier_store::StoreUrl;

use super::VaultPlace;
use crate::telemetry::LogFormat;

pub(super) const SERVE_EXAMPLES: &str = "\
Examples:
  metier serve
  metier serve --config metier.toml
  metier serve --listen 127.0.0.1:8080 --store postgres://metier@db.acme.example/metier";

/// How the service is set up.
#[derive(Clone, Debug, Default, Args)]
pub struct ServiceOptions {
    /// The configuration; `metier config show` prints every key
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What must not be lost: sqlite:PATH or postgres://… [default: $XDG_DATA_HOME/metier/service.db]
    #[arg(long, value_name = "URL")]
    pub store: Option<StoreUrl>,
    /// The routes to models
    #[arg(long, value_name = "FILE")]
    pub routes: Option<PathBuf>,
    /// What tokens cost [default: the public list prices]
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Where the vault is.
    #[command(flatten)]
    pub vault: VaultPlace,
}

/// `metier serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Where to listen [default: 127.0.0.1:6384]
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<SocketAddr>,
    /// How log lines are written to standard error; METIER_LOG says which are
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// How it is set up.
    #[command(flatten)]
    pub service: ServiceOptions,
}

pub(super) const MCP_EXAMPLES: &str = "\
A desktop client starts it by itself; in Claude Desktop's configuration:
  {\"mcpServers\": {\"metier\": {\"command\": \"metier\", \"args\": [\"mcp\"]}}}

While `metier serve` has the store, point the client at its /mcp instead.";

/// `metier mcp`
#[derive(Debug, Args)]
pub struct Mcp {
    /// The tenant whose tools are served
    #[arg(long, default_value = "local")]
    pub tenant: metier_core::TenantId,
    /// How it is set up.
    #[command(flatten)]
    pub service: ServiceOptions,
}

/// `metier config`
#[derive(Debug, Args)]
pub struct Config {
    /// What to do.
    #[command(subcommand)]
    pub action: ConfigAction,
}

/// What to do with a configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigAction {
    /// Find mistakes in a configuration
    Check {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Print every key with what it means, or a file with what it leaves out filled in
    Show {
        /// The file
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
}
