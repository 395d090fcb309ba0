//! Step 4, resolving: host names to addresses, through something a test can replace.

use std::{
    future::Future,
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    pin::Pin,
    sync::{Arc, LazyLock},
    time::Duration,
};

use tokio::{sync::Semaphore, time::timeout};

/// No answer to a name after this long is "unreachable": the stub resolver's own default is two tries of five seconds.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(5);

/// Names that are looked up at once, in the whole process: each holds one of tokio's blocking threads.
const MAX_LOOKUPS: usize = 32;

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
            let lookup = timeout(RESOLVE_TIMEOUT, look_up(host.to_owned()));
            lookup.await.map_err(|_| Unresolved)?
        })
    }
}

/// The permit goes with the thread and not with the waiter: a name whose server never answers holds one thread until the
/// system gives up, and the threads that files and secrets need stay free.
async fn look_up(host: String) -> Result<Vec<IpAddr>, Unresolved> {
    static LOOKUPS: LazyLock<Arc<Semaphore>> =
        LazyLock::new(|| Arc::new(Semaphore::new(MAX_LOOKUPS)));
    let permit = LOOKUPS
        .clone()
        .acquire_owned()
        .await
        .map_err(|_| Unresolved)?;
    let looked_up = tokio::task::spawn_blocking(move || {
        let found = (host.as_str(), 0).to_socket_addrs().map(unique);
        drop(permit);
        found
    });
    looked_up
        .await
        .map_err(|_| Unresolved)?
        .map_err(|_| Unresolved)
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
