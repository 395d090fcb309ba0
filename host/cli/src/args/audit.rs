//! `metier audit`

use std::path::PathBuf;

use clap::{Args, Subcommand};
use metier_core::TenantId;
use metier_service::audit::Head;

pub(super) const EXAMPLES: &str = "\
A host service writes every call, denial, login and change into a chain of records below its data directory.

Examples:
  metier audit verify
  metier audit head                      # keep this elsewhere, and give it to verify
  metier audit verify --head 4711:9f86d0…
  metier audit export --tenant acme > acme.ocsf.jsonl
  metier audit search --kind denied --limit 20";

/// `metier audit`
#[derive(Debug, Args)]
pub struct Audit {
    /// The folder of the trails [default: audit in the data directory]
    #[arg(long, global = true, value_name = "DIR")]
    pub trail: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub action: AuditAction,
}

/// What to do with the audit trail.
#[derive(Debug, Subcommand)]
pub enum AuditAction {
    /// Find out offline whether anything was deleted, changed or put in another order
    Verify {
        /// A head that was kept elsewhere: it must be in the trail
        #[arg(long, value_name = "SEQ:HASH")]
        head: Option<Head>,
        /// The last record of what was moved elsewhere, where the trail does not begin at its beginning
        #[arg(long, value_name = "SEQ:HASH")]
        after: Option<Head>,
        /// The key of heads [default: audit.key beside the trails]
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
    },
    /// Print how far each trail goes
    Head,
    /// Write records as OCSF 1.9, one JSON object a line
    Export(Which),
    /// Print records, the newest first
    Search {
        /// Which records.
        #[command(flatten)]
        which: Which,
        /// At most so many
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
}

/// Which records are meant.
#[derive(Debug, Args)]
pub struct Which {
    /// Of this tenant
    #[arg(long)]
    pub tenant: Option<TenantId>,
    /// Of this kind: call, egress, denied, login, key, tenant, skill, grant, agent, secret, account, approval, run, policy-set, policy, host
    #[arg(long)]
    pub kind: Option<String>,
    /// By this principal
    #[arg(long)]
    pub principal: Option<String>,
    /// With this text anywhere
    #[arg(long)]
    pub text: Option<String>,
}
