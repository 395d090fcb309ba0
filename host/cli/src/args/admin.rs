//! `metier admin`: a running service, through its HTTP API.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Subcommand, ValueEnum};
use metier_agent::definition::Name;

use super::{
    call::duration,
    hooks::{Trigger, Webhook},
};

pub(super) const EXAMPLES: &str = "\
The service is the one at METIER_URL, asked with the key in METIER_KEY.

Examples:
  metier admin skill install --allow-unsigned salesforce.wasm --grant grant.toml
  metier admin secret set salesforce-key --from-file key.pem
  metier admin key create --name claude-desktop --role caller --expires 90d
  metier admin agent deploy examples/account-review/agent.toml
  metier admin trigger cron nightly '0 2 * * *' --agent account-review --zone Europe/Berlin
  metier admin policy set refunds.cedar --mode log-only
  metier admin tenant create acme";

/// `metier admin`
#[derive(Debug, Args)]
pub struct Admin {
    /// Act for this tenant, as an administrator
    #[arg(long, global = true, value_name = "TENANT")]
    pub tenant: Option<String>,
    /// What is administered.
    #[command(subcommand)]
    pub what: What,
}

/// What is administered.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Show who the key is
    Whoami,
    /// Tenants
    #[command(subcommand, arg_required_else_help = true)]
    Tenant(Tenant),
    /// Keys
    #[command(subcommand, arg_required_else_help = true)]
    Key(Key),
    /// Skills
    #[command(subcommand, arg_required_else_help = true)]
    Skill(Skill),
    /// What skills may reach
    #[command(subcommand, arg_required_else_help = true)]
    Grant(Grant),
    /// Policies on tools, in Cedar
    #[command(subcommand, arg_required_else_help = true)]
    Policy(Policy),
    /// What markets revoked, and what that hits here
    #[command(subcommand, arg_required_else_help = true)]
    Revocations(Revocations),
    /// Secrets
    #[command(subcommand, arg_required_else_help = true)]
    Secret(Secret),
    /// Agents and chains
    #[command(subcommand, arg_required_else_help = true)]
    Agent(Agent),
    /// What starts agents by itself: schedules, and what others send
    #[command(subcommand, arg_required_else_help = true)]
    Trigger(Trigger),
    /// Where events of runs are sent to
    #[command(subcommand, arg_required_else_help = true)]
    Webhook(Webhook),
}

/// What to do with tenants.
#[derive(Debug, Subcommand)]
pub enum Tenant {
    /// List tenants
    List,
    /// Make a tenant
    Create {
        /// What it is called in requests
        id: String,
        /// What it is called by people
        #[arg(long, default_value = "")]
        name: String,
    },
    /// Let none of its keys open
    Suspend {
        /// The tenant
        id: String,
    },
    /// Let its keys open again
    Restore {
        /// The tenant
        id: String,
    },
}

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// List keys
    List,
    /// Make a key; its text is shown this once
    Create {
        /// What it is for
        #[arg(long)]
        name: String,
        /// What it may do: admin, operator, caller, approver or viewer
        #[arg(long)]
        role: String,
        /// The only tools it may call: alias.tool or alias.*
        #[arg(long, value_delimiter = ',', value_name = "TOOLS")]
        tools: Vec<String>,
        /// When it stops working: 12h, 90d
        #[arg(long, value_name = "TIME", value_parser = duration)]
        expires: Option<Duration>,
    },
    /// Give a key a new secret
    Rotate {
        /// The key's id
        id: String,
        /// How long the old secret works still [default: 1d]
        #[arg(long, value_name = "TIME", value_parser = duration)]
        overlap: Option<Duration>,
    },
    /// End a key
    Revoke {
        /// The key's id
        id: String,
    },
}

/// What to do with skills.
#[derive(Debug, Subcommand)]
pub enum Skill {
    /// List skills
    List,
    /// Install a skill's file, or replace what has its alias
    Install {
        /// The skill's file
        #[arg(value_name = "SKILL.wasm")]
        file: PathBuf,
        /// What its tools are named with [default: the last part of its name]
        #[arg(long = "as", value_name = "ALIAS")]
        alias: Option<Name>,
        /// What it may reach; what it has already otherwise
        #[arg(long, value_name = "FILE")]
        grant: Option<PathBuf>,
        /// Install it although no market vouches for it; the audit trail says so
        #[arg(long)]
        allow_unsigned: bool,
    },
    /// Let its tools be there again
    Enable {
        /// The skill's alias
        alias: Name,
    },
    /// Let its tools not be there
    Disable {
        /// The skill's alias
        alias: Name,
    },
    /// Take a skill away
    Remove {
        /// The skill's alias
        alias: Name,
    },
}

/// What to do about what markets revoked.
#[derive(Debug, Subcommand)]
pub enum Revocations {
    /// Show the lists, and the skills, agents and runs they hit
    Show,
    /// Take a list from a file, where no market is reached
    Import {
        /// The list, as a market publishes it at /revocations
        file: PathBuf,
    },
}

/// What to do with grants.
#[derive(Debug, Subcommand)]
pub enum Grant {
    /// Show a skill's grant
    Show {
        /// The skill's alias
        alias: Name,
    },
    /// Say what a skill may reach
    Set {
        /// The skill's alias
        alias: Name,
        /// The grant
        #[arg(value_name = "GRANT.toml")]
        file: PathBuf,
    },
    /// Take everything away that a skill may reach
    Remove {
        /// The skill's alias
        alias: Name,
    },
}

/// What to do with policies.
#[derive(Debug, Subcommand)]
pub enum Policy {
    /// Show the tenant's policies
    Show,
    /// Give the tenant policies, instead of those it has
    Set {
        /// The policies
        #[arg(value_name = "POLICIES.cedar")]
        file: PathBuf,
        /// What their decisions are worth: log-only writes them down and denies nothing
        #[arg(long)]
        mode: Worth,
    },
    /// Take the tenant's policies away: roles and grants decide alone
    Remove,
}

/// What the decisions of policies are worth.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Worth {
    /// They are written down, and nothing is denied
    LogOnly,
    /// They hold
    Enforce,
}

impl Worth {
    /// As the API has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Worth::LogOnly => "log-only",
            Worth::Enforce => "enforce",
        }
    }
}

/// What to do with secrets.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// List the names; values are never shown
    List,
    /// Keep a secret: from a file, from standard input, or asked for without showing it
    Set {
        /// Its name, as a grant's `secret = { vault = "NAME" }` has it
        name: String,
        /// Read it from this file; one line break at the end is dropped
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
    },
    /// Forget a secret
    Rm {
        /// Its name
        name: String,
    },
}

/// What to do with agents.
#[derive(Debug, Subcommand)]
pub enum Agent {
    /// List agents and chains
    List,
    /// Deploy a version and make it current; its skills are the tenant's, by alias
    Deploy {
        /// The agent's or chain's file
        file: PathBuf,
    },
    /// Make another version current
    Rollback {
        /// The agent
        name: Name,
        /// The version
        version: String,
    },
}
