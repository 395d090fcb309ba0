//! `metier market`

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};
use metier_core::ByteSize;

use crate::telemetry::LogFormat;

pub(super) const EXAMPLES: &str = "\
Examples:
  metier market serve
  metier market serve --listen 0.0.0.0:6385 --url https://market.acme.example --data /var/lib/metier/market
  oras login 127.0.0.1:6385 --username me --password-stdin < token";

/// `metier market`
#[derive(Debug, Args)]
pub struct Market {
    /// What to do.
    #[command(subcommand)]
    pub action: MarketAction,
}

/// What to do with a market.
#[derive(Debug, Subcommand)]
pub enum MarketAction {
    /// Serve a market: a registry of skills, search, and what agents and tools read of it
    Serve(MarketServe),
}

/// `metier market serve`
#[derive(Debug, Args)]
pub struct MarketServe {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:6385")]
    pub listen: SocketAddr,
    /// Where everything is kept [default: $XDG_DATA_HOME/metier/market]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Where it is called from elsewhere, when something in front speaks TLS: https://market.acme.example
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Largest component, such as 128MiB
    #[arg(long, value_name = "SIZE", default_value = "128MiB")]
    pub max_component: ByteSize,
    /// Most that all files may take [default: as much as the disk has]
    #[arg(long, value_name = "SIZE")]
    pub max_total: Option<ByteSize>,
    /// Take every namespace as it is claimed, without a proof in DNS or under HTTPS: for a market on this machine alone
    #[arg(long)]
    pub allow_any_namespace: bool,
    /// A CI service whose ID tokens are taken for trusted publishing, beside GitHub's and GitLab's: what `iss` is in them
    #[arg(long = "id-tokens-of", value_name = "URL")]
    pub issuers: Vec<String>,
    /// How log lines are written to standard error; METIER_LOG says which are
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}
