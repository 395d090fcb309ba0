//! `metier artifact`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use metier_core::{Digest, TenantId};

pub(super) const EXAMPLES: &str = "\
Examples:
  metier artifact add sales.csv
  metier call data.wasm describe --artifact $(metier artifact add sales.csv) --grant grant.toml
  metier artifact get sha256:… --out chart.svg";

/// `metier artifact`
#[derive(Debug, Args)]
pub struct Artifact {
    /// Whose artifact it is
    #[arg(long, global = true, value_name = "NAME", default_value_t = TenantId::local())]
    pub tenant: TenantId,
    /// What to do.
    #[command(subcommand)]
    pub action: ArtifactAction,
}

/// What to do with artifacts.
#[derive(Debug, Subcommand)]
pub enum ArtifactAction {
    /// Keep a file, and print the digest by which a skill is handed it
    Add {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Write an artifact to a file
    Get {
        /// Its digest: sha256: and 64 hexadecimal digits
        digest: Digest,
        /// Where to write it
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
}
