//! Step 4, resolving: host names to addresses, through something a test can replace.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    time::Duration,
};

use tokio::time::timeout;

/// No answer to a name after this long is "unreachable": the stub resolver's own default is two tries of five seconds.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Addresses of one name that are looked at, in the resolver's order; more would only cost time.
pub const MAX_ADDRESSES: usize = 16;

/// Why a name has no address. Carries nothing: the caller knows the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name could not be resolved")]
pub struct Unresolved;

/// What [`Resolve::resolve`] gives back.
pub type Resolving<'a> = Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, Unresolved>> + Send + 'a>>;

/// Turns a host name into addresses.
///
/// It is asked once per request; the answer is checked and pinned, so what it says a moment later does not matter.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`, a lower-case DNS name, best first.
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a>;
}

/// The operating system's resolver: `getaddrinfo` on tokio's blocking threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve<'a>(&'a self, host: &'a str) -> Resolving<'a> {
        Box::pin(async move {
            let lookup = timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((host, 0)));
            let found = lookup
                .await
                .map_err(|_| Unresolved)?
                .map_err(|_| Unresolved)?;
            Ok(unique(found))
        })
    }
}

fn unique(found: impl Iterator<Item = SocketAddr>) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    for address in found.map(|address| address.ip()) {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}
