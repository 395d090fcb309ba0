//! `metier policy`

use std::path::PathBuf;

use clap::{Args, Subcommand};

pub(super) const EXAMPLES: &str = "\
Nothing is sent anywhere: both files are read here. `metier admin policy set` gives policies to a service.

Examples:
  metier policy check refunds.cedar
  metier policy test refunds.cedar refunds.examples.toml

An example:
  [[example]]
  name = \"a caller cannot refund\"
  principal = { role = \"caller\" }
  tool = \"shop.refund\"
  effect = \"write\"
  arguments = { cents = 100 }
  expect = \"deny\"";

/// `metier policy`
#[derive(Debug, Args)]
pub struct Policy {
    /// What to do.
    #[command(subcommand)]
    pub action: PolicyAction,
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum PolicyAction {
    /// Find what is wrong with policies
    Check {
        /// The policies, in Cedar
        #[arg(value_name = "POLICIES.cedar")]
        policies: PathBuf,
    },
    /// Try policies on examples of calls
    Test {
        /// The policies, in Cedar
        #[arg(value_name = "POLICIES.cedar")]
        policies: PathBuf,
        /// What is called, and what the policies are to say
        #[arg(value_name = "EXAMPLES.toml")]
        examples: PathBuf,
    },
}
