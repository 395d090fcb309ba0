//! Connections that are used again, but only for requests that may go to the same address under the same trust.
//!
//! The pool keeps one hyper client per (host, scheme, port, **pinned address**, trust); each client's connector can reach
//! that one address only. So a connection opened for a tenant that may reach `127.0.0.1` can never carry a request whose
//! rule does not allow it: that request is pinned elsewhere and has another key. hyper does the rest (idle connections,
//! HTTP/2 streams over one connection).

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::sync::Semaphore;

use super::{connect::Pinned, tls::Trust, upload::UploadBody};

/// Destinations remembered at once; the least recently used one is forgotten first. Its connections end when their
/// requests do.
const MAX_DESTINATIONS: usize = 1_024;

/// Idle connections kept per destination: enough for bursts, few enough not to annoy an upstream.
const MAX_IDLE_PER_DESTINATION: usize = 64;

/// How long an idle connection is kept: below the 60 s after which common load balancers hang up.
const IDLE_CONNECTION: Duration = Duration::from_secs(45);

/// Per HTTP/1 connection, in bytes; also the longest head of an answer. hyper begins with 8 KiB and grows to this.
const HTTP1_BUFFER_BYTES: usize = 64 << 10;

/// Header lines in one answer.
pub const MAX_RESPONSE_HEADERS: usize = 128;

/// Flow-control windows, in bytes: what one slow reader can make the host hold per stream and per connection.
const HTTP2_STREAM_WINDOW: u32 = 128 << 10;
const HTTP2_CONNECTION_WINDOW: u32 = 1 << 20;
const HTTP2_SEND_BUFFER: usize = 64 << 10;

/// A hyper client that reaches one address.
pub type PinnedClient = Client<Pinned, UploadBody>;

/// What makes two requests able to share a connection, besides the host name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The trust under which TLS is spoken; none for plain HTTP.
    pub trust: Option<Trust>,
    /// The pinned address with its port.
    pub address: SocketAddr,
    /// The port in the URL, which differs from the address's when the grant says where to connect.
    pub port: u16,
}

struct Entry {
    to: Destination,
    client: Arc<PinnedClient>,
    used: AtomicU64,
}

/// Every client in use.
pub struct Pool {
    clients: RwLock<HashMap<Box<str>, Vec<Entry>>>,
    clock: AtomicU64,
    permits: Arc<Semaphore>,
    connect_timeout: Duration,
    max_destinations: usize,
}

impl Pool {
    /// At most `max_connections` open connections, each opened within `connect_timeout`.
    pub fn new(max_connections: usize, connect_timeout: Duration) -> Self {
        Pool {
            clients: RwLock::default(),
            clock: AtomicU64::new(0),
            permits: Arc::new(Semaphore::new(max_connections.min(Semaphore::MAX_PERMITS))),
            connect_timeout,
            max_destinations: MAX_DESTINATIONS,
        }
    }

    /// Whether there is a client for this destination already: among several allowed addresses it is the one to take.
    pub fn knows(&self, host: &str, to: &Destination) -> bool {
        self.find(host, to).is_some()
    }

    /// The client for a destination, made when there is none.
    pub fn client(
        &self,
        host: &str,
        to: Destination,
        tls: impl FnOnce() -> Option<(Arc<ClientConfig>, ServerName<'static>)>,
    ) -> Arc<PinnedClient> {
        if let Some(client) = self.find(host, &to) {
            return client;
        }
        let connector = Pinned {
            address: to.address,
            tls: tls(),
            permits: self.permits.clone(),
            timeout: self.connect_timeout,
        };
        let client = Arc::new(build(connector));
        self.insert(
            host,
            Entry {
                to,
                client: client.clone(),
                used: AtomicU64::new(self.tick()),
            },
        );
        client
    }

    fn find(&self, host: &str, to: &Destination) -> Option<Arc<PinnedClient>> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        let entry = clients.get(host)?.iter().find(|entry| entry.to == *to)?;
        entry.used.store(self.tick(), Ordering::Relaxed);
        Some(entry.client.clone())
    }

    fn insert(&self, host: &str, entry: Entry) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        if clients.values().map(Vec::len).sum::<usize>() >= self.max_destinations {
            forget_oldest(&mut clients);
        }
        clients.entry(host.into()).or_default().push(entry);
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, Ordering::Relaxed)
    }
}

fn forget_oldest(clients: &mut HashMap<Box<str>, Vec<Entry>>) {
    let oldest = clients
        .values()
        .flatten()
        .map(|entry| entry.used.load(Ordering::Relaxed))
        .min();
    for entries in clients.values_mut() {
        entries.retain(|entry| Some(entry.used.load(Ordering::Relaxed)) != oldest);
    }
    clients.retain(|_, entries| !entries.is_empty());
}

fn build(connector: Pinned) -> PinnedClient {
    Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE_CONNECTION)
        .pool_max_idle_per_host(MAX_IDLE_PER_DESTINATION)
        .http1_max_buf_size(HTTP1_BUFFER_BYTES)
        .http1_max_headers(MAX_RESPONSE_HEADERS)
        .http2_initial_stream_window_size(HTTP2_STREAM_WINDOW)
        .http2_initial_connection_window_size(HTTP2_CONNECTION_WINDOW)
        .http2_max_send_buf_size(HTTP2_SEND_BUFFER)
        .http2_max_header_list_size(HTTP1_BUFFER_BYTES as u32)
        .build(connector)
}
