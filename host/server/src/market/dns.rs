//! Proofs of namespaces, looked up in DNS.
//!
//! - The whole name is asked for: never one below a search domain of this machine, and nothing of its own list of hosts.
//! - Nothing is kept from the last time: whoever has published a line since is not told that it is missing.
//! - There being no such record is an answer of the zone's. A resolver that fails, refuses, is silent, or says so of itself, says nothing,
//!   and what was proven stays proven.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use hickory_resolver::{
    TokioResolver,
    config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::rr::{Name, RData, RecordType},
};
use metier_market::keeper::proof::MAX_PROOF;

/// For one question to one resolver.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often it is asked: a datagram can be lost.
const ATTEMPTS: usize = 2;

/// The way to records of domains.
#[derive(Clone)]
pub struct DnsLookup {
    resolver: TokioResolver,
}

impl fmt::Debug for DnsLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DnsLookup")
    }
}

impl DnsLookup {
    /// Asks whom this system asks.
    ///
    /// # Errors
    /// Where it does not say, in words.
    pub fn of_system() -> Result<Self, String> {
        let builder = TokioResolver::builder_tokio().map_err(|error| error.to_string())?;
        let resolver = builder.with_options(options()).build();
        let resolver = resolver.map_err(|error| error.to_string())?;
        Ok(DnsLookup { resolver })
    }

    /// Asks this resolver and no other.
    ///
    /// # Errors
    /// When it cannot be asked at all, in words.
    pub fn at(address: SocketAddr) -> Result<Self, String> {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()];
        let connections = connections.map(|mut connection| {
            connection.port = address.port();
            connection
        });
        let ip: IpAddr = address.ip();
        let server = NameServerConfig::new(ip, true, connections.to_vec());
        let config = ResolverConfig::from_name_servers(vec![server]);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let resolver = builder.with_options(options()).build();
        let resolver = resolver.map_err(|error| error.to_string())?;
        Ok(DnsLookup { resolver })
    }

    /// The TXT records of a name, the strings of each joined.
    ///
    /// # Errors
    /// Why nobody knows, in words.
    pub async fn lines(&self, name: &str) -> Result<Vec<String>, String> {
        let mut name = Name::from_ascii(name).map_err(|error| error.to_string())?;
        name.set_fqdn(true);
        let found = match self.resolver.lookup(name, RecordType::TXT).await {
            Ok(found) => found,
            Err(error) if is_nothing(&error) => return Ok(Vec::new()),
            Err(error) => return Err(error.to_string()),
        };
        let texts = found
            .answers()
            .iter()
            .filter_map(|record| match &record.data {
                RData::TXT(text) => Some(text.txt_data.concat()),
                _ => None,
            });
        let lines: Vec<String> = texts
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .collect();
        match lines.iter().map(String::len).sum::<usize>() > MAX_PROOF {
            true => Err(format!("its records have more than {MAX_PROOF} bytes")),
            false => Ok(lines),
        }
    }
}

/// Whether somebody who knows says that there is none: with the zone's own record beside it (RFC 2308). Without it, a resolver that reaches
/// nobody, or answers for all names alike, would take every namespace away.
fn is_nothing(error: &NetError) -> bool {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(found)) => found.soa.is_some(),
        _ => false,
    }
}

fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.timeout = PATIENCE;
    options.attempts = ATTEMPTS;
    options.cache_size = 0;
    // Whoever wants to answer in another's place has to guess it.
    options.case_randomization = true;
    options.use_hosts_file = ResolveHosts::Never;
    options
}
