//! `metier backup` and `metier restore`

use std::path::PathBuf;

use clap::Args;
use metier_store::StoreUrl;

use super::VaultPlace;

pub(super) const BACKUP_EXAMPLES: &str = "\
The service may be at work meanwhile. The archive holds what opens the vault: keep it as you keep that.

Examples:
  metier backup /var/backups/metier
  metier backup monday.tar --config /etc/metier/metier.toml
  pg_dump --format=custom --file=metier.dump \"$DATABASE_URL\" && metier backup rest.tar --without-store --config metier.toml";

pub(super) const RESTORE_EXAMPLES: &str = "\
Nothing that is there is overwritten, and nothing is put in its place before all of the archive was checked.

Examples:
  metier restore monday.tar
  XDG_DATA_HOME=/srv/metier metier restore monday.tar && metier audit verify --trail /srv/metier/metier/audit";

/// Which service is meant.
#[derive(Clone, Debug, Args)]
pub struct WhichService {
    /// Its configuration: where its store and its vault are
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Its store [default: $XDG_DATA_HOME/metier/service.db]
    #[arg(long, value_name = "URL")]
    pub store: Option<StoreUrl>,
    /// Where its vault is.
    #[command(flatten)]
    pub vault: VaultPlace,
}

/// `metier backup`
#[derive(Debug, Args)]
pub struct Backup {
    /// The archive to write, or a folder to write one in
    #[arg(value_name = "FILE|DIR")]
    pub to: PathBuf,
    /// Leave the store out: a PostgreSQL is saved with its own tools
    #[arg(long)]
    pub without_store: bool,
    /// Leave out the key file that opens the vault
    #[arg(long)]
    pub without_key: bool,
    /// Which service.
    #[command(flatten)]
    pub service: WhichService,
}

/// `metier restore`
#[derive(Debug, Args)]
pub struct Restore {
    /// What `metier backup` wrote
    #[arg(value_name = "FILE")]
    pub from: PathBuf,
    /// Which service.
    #[command(flatten)]
    pub service: WhichService,
}
