//! `metier models`

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::VaultPlace;

pub(super) const EXAMPLES: &str = "\
Examples:
  metier models list
  metier models list --ask
  metier models try 'Write one sentence about Lisbon.' --route drafting
  metier models try @prompt.txt --route drafting --output json";

/// `metier models`
#[derive(Debug, Args)]
pub struct Models {
    /// What to do.
    #[command(subcommand)]
    pub action: ModelsAction,
    /// The routes to models [default: routes.toml in this folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub routes: Option<PathBuf>,
    /// What tokens cost [default: the public list prices]
    #[arg(long, global = true, value_name = "FILE")]
    pub prices: Option<PathBuf>,
    /// Where the vault is.
    #[command(flatten)]
    pub vault: VaultPlace,
}

/// What to do with models.
#[derive(Debug, Subcommand)]
pub enum ModelsAction {
    /// List the candidates of every route: prices, limits, features, and whether they can be asked
    List {
        /// Ask each for one word, to see whether it is well; costs a few tokens
        #[arg(long)]
        ask: bool,
    },
    /// Ask all candidates of a route the same, side by side: latency, tokens, cost, answer
    Try {
        /// What is asked: a text, @FILE, or - for standard input
        #[arg(value_name = "TEXT")]
        prompt: String,
        /// The route
        #[arg(long, value_name = "NAME")]
        route: String,
        /// Instructions before the question
        #[arg(long, value_name = "TEXT")]
        system: Option<String>,
        /// The longest answer, in tokens
        #[arg(long, value_name = "TOKENS", default_value_t = 1_000)]
        max_tokens: u32,
    },
}
