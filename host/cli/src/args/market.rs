//! `metier market`

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use clap::{Args, Subcommand};
use metier_core::ByteSize;
use metier_market::{
    distribution::RegistryAddress,
    keeper::elsewhere::BucketAddress,
    state::{Namespace, Reason},
};

use super::market_client::Place;
use crate::telemetry::LogFormat;

pub(super) const EXAMPLES: &str = "\
Examples:
  metier market serve
  metier market serve --listen 0.0.0.0:6385 --url https://market.acme.example --data /var/lib/metier/market
  metier market serve --blobs s3://acme-skills/market
  metier market queue list --token-file keeper.token
  oras login 127.0.0.1:6385 --username me --password-stdin < token";

const QUEUE_EXAMPLES: &str = "\
Examples:
  metier market queue list
  metier market queue show 0a1b2c3d4e5f60718293a4b5c6d7e8f9
  metier market queue approve 0a1b2c3d4e5f60718293a4b5c6d7e8f9
  metier market queue refuse 0a1b2c3d4e5f60718293a4b5c6d7e8f9 --why 'the name is that of another company'";

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
    /// Decide what a review left to a person, with the token of who keeps the market
    #[command(
        subcommand_required = true,
        arg_required_else_help = true,
        disable_help_subcommand = true,
        after_help = QUEUE_EXAMPLES
    )]
    Queue(Queue),
}

/// `metier market queue`
#[derive(Debug, Args)]
pub struct Queue {
    /// What to do.
    #[command(subcommand)]
    pub action: QueueAction,
}

/// What to do with what waits.
#[derive(Debug, Subcommand)]
pub enum QueueAction {
    /// List what waits; with a publisher's token, their own
    List {
        /// Who asks.
        #[command(flatten)]
        keeper: Keeper,
    },
    /// Show one, each finding with what it rests on
    Show {
        /// Its id
        id: QueueId,
        /// Who asks.
        #[command(flatten)]
        keeper: Keeper,
    },
    /// Publish one as it is, after showing it
    Approve {
        /// Its id
        id: QueueId,
        /// Who asks.
        #[command(flatten)]
        keeper: Keeper,
    },
    /// Refuse one
    Refuse {
        /// Its id
        id: QueueId,
        /// Why, in a sentence that its publisher sees
        #[arg(long)]
        why: Reason,
        /// Who asks.
        #[command(flatten)]
        keeper: Keeper,
    },
}

impl QueueAction {
    /// Who asks, and where.
    pub fn keeper(&self) -> &Keeper {
        match self {
            QueueAction::List { keeper }
            | QueueAction::Show { keeper, .. }
            | QueueAction::Approve { keeper, .. }
            | QueueAction::Refuse { keeper, .. } => keeper,
        }
    }
}

/// Who keeps the market.
#[derive(Clone, Debug, Default, Args)]
pub struct Keeper {
    /// The file with the token that `metier market serve` showed at its first start [default: METIER_MARKET_TOKEN, or who is logged in]
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Which market.
    #[command(flatten)]
    pub place: Place,
}

/// The id of something that waits: hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueId(String);

impl QueueId {
    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for QueueId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        match (1..=64).contains(&text.len()) && text.bytes().all(is_hex) {
            true => Ok(QueueId(text.to_owned())),
            false => Err("an id has hexadecimal digits: `metier market queue list` shows it"),
        }
    }
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
    /// A bucket to keep the files of skills in, instead of the data directory: s3://bucket/prefix, az://container/prefix, gs://bucket/prefix. Credentials come from the environment: AWS_…, AZURE_…, GOOGLE_…
    #[arg(long, value_name = "BUCKET")]
    pub blobs: Option<BucketAddress>,
    /// Another registry to keep the files of skills in, with the repository: https://registry.acme.example/metier/files. METIER_REGISTRY_AUTH says who asks
    #[arg(long, value_name = "URL", conflicts_with = "blobs")]
    pub registry: Option<RegistryAddress>,
    /// Where it is called from elsewhere, when something in front speaks TLS: https://market.acme.example
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// Largest component, such as 128MiB
    #[arg(long, value_name = "SIZE", default_value = "128MiB")]
    pub max_component: ByteSize,
    /// Most that all files may take [default: as much as the disk has]
    #[arg(long, value_name = "SIZE")]
    pub max_total: Option<ByteSize>,
    /// Most that the files of one publisher may take, published or not
    #[arg(long, value_name = "SIZE", default_value = "4GiB")]
    pub max_publisher: ByteSize,
    /// How long a file is kept that was pushed and is not published, at least 1h
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = at_least_an_hour)]
    pub keep_unpublished: Duration,
    /// A proxy in front, whose `X-Forwarded-For` says where logins come from: their number has an end for each address. May be repeated
    #[arg(long = "proxy", value_name = "IP")]
    pub proxies: Vec<IpAddr>,
    /// Take every namespace as it is claimed, without a proof in DNS or under HTTPS: for a market on this machine alone
    #[arg(long)]
    pub allow_any_namespace: bool,
    /// Who is asked for proofs in DNS [default: as this system says, in /etc/resolv.conf]
    #[arg(long, value_name = "IP[:PORT]", value_parser = resolver)]
    pub resolver: Option<SocketAddr>,
    /// A CI service whose ID tokens are taken for trusted publishing, beside GitHub's and GitLab's: what `iss` is in them. Every user of it can
    /// get some, so its publishers have to name claims that are theirs alone. Behind `=`, the only namespaces that may
    /// trust its runs: https://ci.acme.example=com.acme
    #[arg(long = "id-tokens-of", value_name = "URL")]
    pub issuers: Vec<TrustedIssuer>,
    /// How log lines are written to standard error; METIER_LOG says which are
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    pub log_format: LogFormat,
}

/// A CI service, and the only namespaces that may trust its runs; all where none is named.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// What `iss` is in its tokens.
    pub url: String,
    /// These, and those below them.
    pub namespaces: Vec<Namespace>,
}

impl FromStr for TrustedIssuer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (url, namespaces) = text.split_once('=').unwrap_or((text, ""));
        let namespaces = namespaces.split(',').filter(|name| !name.is_empty());
        let namespaces = namespaces.map(|name| {
            name.parse()
                .map_err(|_| format!("`{name}` is no namespace: write com.acme"))
        });
        let namespaces: Vec<Namespace> = namespaces.collect::<Result<_, _>>()?;
        match namespaces.is_empty() && text.contains('=') {
            true => Err("no namespace stands behind `=`".to_owned()),
            false => Ok(TrustedIssuer {
                url: url.to_owned(),
                namespaces,
            }),
        }
    }
}

/// Where DNS is, when no port is said.
const DNS_PORT: u16 = 53;

fn resolver(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<IpAddr>();
    let address = address.map(|ip| SocketAddr::new(ip, DNS_PORT));
    let address = address.or_else(|_| text.parse::<SocketAddr>());
    address.map_err(|_| "write an address such as `192.0.2.53` or `[2001:db8::53]:5353`".to_owned())
}

/// A publication under way needs what was pushed for it.
fn at_least_an_hour(text: &str) -> Result<Duration, String> {
    let time = super::call::duration(text)?;
    match time >= Duration::from_secs(3_600) {
        true => Ok(time),
        false => Err("a publication may take up to an hour: write `1h` or more".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{at_least_an_hour, resolver};

    #[test]
    fn a_resolver_is_an_address_with_a_port_or_without() {
        let read = |text| resolver(text).map(|address| address.to_string());
        assert_eq!(read("192.0.2.53").as_deref(), Ok("192.0.2.53:53"));
        assert_eq!(read("127.0.0.1:5353").as_deref(), Ok("127.0.0.1:5353"));
        assert_eq!(read("::1").as_deref(), Ok("[::1]:53"));
        for wrong in ["dns.example", "", "1.2.3.4:x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_was_pushed_is_kept_for_as_long_as_a_publication_may_take() {
        for short in ["0s", "59m", "3599s", "x"] {
            assert!(at_least_an_hour(short).is_err(), "{short}");
        }
        for long in ["1h", "24h"] {
            assert!(at_least_an_hour(long).is_ok(), "{long}");
        }
    }
}
