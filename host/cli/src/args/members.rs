//! `metier namespace member`, `rule`, `approve` and `cosign`: several people, one namespace.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use metier_core::{Digest, SkillName};
use metier_market::state::{Account, Namespace, Reason, Role};
use semver::Version;

use super::market_client::{KeyFile, Place, one_version};

pub(super) const MEMBER_EXAMPLES: &str = "\
Examples:
  metier namespace member list com.acme
  metier namespace member add com.acme bob bob.pem --role publisher
  metier namespace member role com.acme bob owner
  metier namespace member remove com.acme bob";

pub(super) const RULE_EXAMPLES: &str = "\
Examples:
  metier namespace rule com.acme --two-person on
  metier namespace rule com.acme --two-person off --for-second off.json";

pub(super) const APPROVE_EXAMPLES: &str = "\
Examples:
  metier namespace approve com.acme/salesforce@1.2.0
  metier namespace approve com.acme/salesforce@1.2.0 --refuse 'it asks for more than the ticket says'";

/// `metier namespace member`
#[derive(Debug, Args)]
pub struct Members {
    /// What to do.
    #[command(subcommand)]
    pub action: MemberAction,
}

/// What to do with members.
#[derive(Debug, Subcommand)]
pub enum MemberAction {
    /// List its members, with their roles and keys
    List {
        /// Such as com.acme
        namespace: Namespace,
        /// Which market.
        #[command(flatten)]
        place: Place,
    },
    /// Take somebody in, or give a member a further key: an owner signs it
    Add {
        /// Such as com.acme
        namespace: Namespace,
        /// Their account in the market
        account: Account,
        /// Their key, in PEM: the public part, which they gave you
        new_key: PathBuf,
        /// What they may do
        #[arg(long)]
        role: Role,
        /// Signs it.
        #[command(flatten)]
        signs: Signs,
    },
    /// Give a member another role: an owner signs it
    Role {
        /// Such as com.acme
        namespace: Namespace,
        /// Whose
        account: Account,
        /// owner, publisher or reviewer
        role: Role,
        /// Signs it.
        #[command(flatten)]
        signs: Signs,
    },
    /// Remove a member and end its keys, for ever: what they signed stays good
    Remove {
        /// Such as com.acme
        namespace: Namespace,
        /// Whom
        account: Account,
        /// Signs it.
        #[command(flatten)]
        signs: Signs,
    },
}

/// An owner's key, and where what it signs goes.
#[derive(Clone, Debug, Args)]
pub struct Signs {
    /// Write it to a file, signed, for another owner to `cosign`: by the 2-person rule two stand for it
    #[arg(long, value_name = "FILE")]
    pub for_second: Option<PathBuf>,
    /// The key.
    #[command(flatten)]
    pub key: KeyFile,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier namespace rule`
#[derive(Debug, Args)]
pub struct Rule {
    /// Such as com.acme
    pub namespace: Namespace,
    /// Whether another member approves each version before it is published
    #[arg(long, value_enum)]
    pub two_person: Switch,
    /// Signs it.
    #[command(flatten)]
    pub signs: Signs,
}

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// On
    On,
    /// Off: two owners sign it
    Off,
}

/// `metier namespace approve`
#[derive(Debug, Args)]
pub struct Approve {
    /// What waits: com.acme/salesforce@1.2.0
    #[arg(value_name = "NAME@VERSION", value_parser = one_version)]
    pub version: (SkillName, Version),
    /// Which file, where several wait as this version
    #[arg(long, value_name = "SHA256")]
    pub file: Option<Digest>,
    /// Refuse it instead, and say why
    #[arg(long, value_name = "WHY")]
    pub refuse: Option<Reason>,
    /// Signs that you approve.
    #[command(flatten)]
    pub key: KeyFile,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// `metier namespace cosign`
#[derive(Debug, Args)]
pub struct Cosign {
    /// What another owner wrote with --for-second
    pub change: PathBuf,
    /// Signs it too.
    #[command(flatten)]
    pub key: KeyFile,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}
