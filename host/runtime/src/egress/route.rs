//! Steps 3 and 4: where the request will go, as addresses that were checked and will not be asked for again.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use metier_core::{
    denial::Denial,
    http::{AddressPolicy, CanonicalUrl, ConnectTo, Host, Scheme},
};
use rustls::{ClientConfig, pki_types::ServerName};

use super::{
    EgressError,
    pool::{Destination, PinnedClient, Pool},
    resolve::Resolve,
    tls::{Roots, Trust},
};

/// Addresses tried when connecting fails: the second is often the other IP version, the third is luck.
const MAX_CONNECT_TRIES: usize = 3;

/// How a rule or a token endpoint says its host is reached.
pub struct Reach<'a> {
    /// Connect here instead.
    pub connect: Option<&'a ConnectTo>,
    /// Which addresses may be connected to.
    pub addresses: AddressPolicy<'a>,
    /// Trust these certificates only.
    pub ca_file: Option<PathBuf>,
}

/// Where a request goes: pinned addresses, and what TLS must find there.
pub struct Route {
    host: String,
    port: u16,
    addresses: Vec<SocketAddr>,
    tls: Option<Tls>,
}

struct Tls {
    trust: Trust,
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Route {
    /// Resolves, checks and pins.
    pub async fn find(
        resolver: &dyn Resolve,
        roots: &Roots,
        url: &CanonicalUrl,
        reach: &Reach<'_>,
    ) -> Result<Route, EgressError> {
        let addresses = resolve(resolver, url, reach.connect).await?;
        let port = reach.connect.map_or(url.port(), |connect| connect.port);
        let allowed = check(url.host(), &addresses, &reach.addresses)?;
        let tls = match url.scheme() {
            Scheme::Http => None,
            Scheme::Https => Some(Tls::find(roots, url.host(), reach).await?),
        };
        Ok(Route {
            host: url.host().to_string(),
            port: url.port(),
            addresses: allowed
                .into_iter()
                .map(|address| SocketAddr::new(address, port))
                .collect(),
            tls,
        })
    }

    /// The addresses in the order in which they are tried: one that is connected to already comes first.
    pub fn clients(&self, pool: &Pool) -> impl Iterator<Item = (IpAddr, Arc<PinnedClient>)> {
        let known = self
            .addresses
            .iter()
            .position(|&address| pool.knows(&self.host, &self.to(address)));
        let first = known.unwrap_or(0);
        let order =
            (0..self.addresses.len()).map(move |step| (first + step) % self.addresses.len());
        order.take(MAX_CONNECT_TRIES).map(move |at| {
            let address = self.addresses[at];
            let tls = || {
                self.tls
                    .as_ref()
                    .map(|tls| (tls.config.clone(), tls.name.clone()))
            };
            (address.ip(), pool.client(&self.host, self.to(address), tls))
        })
    }

    fn to(&self, address: SocketAddr) -> Destination {
        Destination {
            trust: self.tls.as_ref().map(|tls| tls.trust),
            address,
            port: self.port,
        }
    }
}

impl Tls {
    /// The name on the certificate is the one in the URL, wherever the connection leads.
    async fn find(roots: &Roots, host: &Host, reach: &Reach<'_>) -> Result<Self, EgressError> {
        let (trust, config) = roots.for_rule(reach.ca_file.as_deref()).await?;
        let name = match host {
            Host::Ip(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.to_string()).map_err(|_| {
                EgressError::InvalidRequest("no certificate can name this host".to_owned())
            })?,
        };
        Ok(Tls {
            trust,
            config,
            name,
        })
    }
}

async fn resolve(
    resolver: &dyn Resolve,
    url: &CanonicalUrl,
    connect: Option<&ConnectTo>,
) -> Result<Vec<IpAddr>, EgressError> {
    match connect.map_or(url.host(), |connect| &connect.host) {
        Host::Ip(address) => Ok(vec![*address]),
        Host::Name(name) => resolver
            .resolve(name)
            .await
            .map_err(|unresolved| EgressError::Unreachable(unresolved.to_string())),
    }
}

/// Only addresses the rule allows are left; when none is, the refusal says so.
fn check(
    host: &Host,
    addresses: &[IpAddr],
    policy: &AddressPolicy<'_>,
) -> Result<Vec<IpAddr>, EgressError> {
    let mut allowed = Vec::with_capacity(addresses.len());
    let mut refused = None;
    for address in addresses {
        match policy.check(*address) {
            Ok(()) => allowed.push(address.to_canonical()),
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    match refused {
        _ if !allowed.is_empty() => Ok(allowed),
        Some(refusal) => Err(Denial::address_blocked(host, refusal).into()),
        None => Err(EgressError::Unreachable(
            "its name has no address".to_owned(),
        )),
    }
}
