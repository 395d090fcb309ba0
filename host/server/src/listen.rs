//! From a listener to a router: connections are counted, slow ones end, and those at work are waited for at the end.
//!
//! With a [`Certificate`] every connection begins with TLS. Its handshake has as long as the head of a request, and the connection counts
//! from the moment it is accepted.

use std::{
    future::Future,
    io,
    net::IpAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Extension, Router};
use hyper::{
    Request,
    body::Incoming,
    server::conn::http1::Builder,
    service::{Service, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};

use crate::tls::{Certificate, OverTls};

/// What a connection may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at once; whoever comes later waits in the system's queue.
    pub connections: usize,
    /// How long the head of a request may take, and a connection be idle between two; and how long a TLS handshake.
    pub header_timeout: Duration,
    /// Longest head of a request, in bytes.
    pub header_bytes: usize,
    /// How long requests under way have at the end.
    pub grace: Duration,
    /// How many connections are open, for whoever wants to know.
    pub open: Arc<AtomicUsize>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            connections: 16_384,
            header_timeout: Duration::from_secs(15),
            header_bytes: 64 << 10,
            grace: Duration::from_secs(10),
            open: Arc::default(),
        }
    }
}

/// The address a connection comes from, in the extensions of each of its requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// Serves `router` until `shutdown` is ready; then requests under way have [`Limits::grace`] to end.
///
/// # Errors
/// The system's, when nothing can be accepted any more.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_over(listener, router, limits, None, shutdown).await
}

/// The same over TLS, where there is a certificate.
///
/// # Errors
/// As [`serve`].
pub async fn serve_over(
    listener: TcpListener,
    router: Router,
    limits: &Limits,
    certificate: Option<Arc<Certificate>>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let router = match &certificate {
        Some(_) => router.layer(Extension(OverTls)),
        None => router,
    };
    let permits = Arc::new(Semaphore::new(limits.connections));
    let builder = Arc::new(builder(limits));
    let graceful = GracefulShutdown::new();
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let permit = permits.clone().acquire_owned().await.ok();
            (listener.accept().await, permit)
        };
        let (accepted, permit) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut shutdown => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, address)) => (stream, Peer(address.ip())),
            Err(error) if is_of_the_connection(&error) => continue,
            Err(error) => {
                // Mostly too many open files: they come free again.
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(Duration::from_millis(200)).await;
                continue;
            }
        };
        // Small answers are not held back to be sent with the next.
        let _ = stream.set_nodelay(true);
        let routes = TowerToHyperService::new(router.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(peer);
            routes.call(request)
        });
        let builder = builder.clone();
        let watcher = graceful.watcher();
        let (acceptor, patience) = (
            certificate.as_deref().map(Certificate::acceptor),
            limits.header_timeout,
        );
        let opened = Opened::begin(&limits.open);
        tokio::spawn(async move {
            let _held = (permit, opened);
            // A client that breaks off is its own affair.
            let Some(acceptor) = acceptor else {
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                let _ = watcher.watch(connection).await;
                return;
            };
            let shaken = tokio::time::timeout(patience, acceptor.accept(stream)).await;
            if let Ok(Ok(stream)) = shaken {
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                let _ = watcher.watch(connection).await;
            }
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(limits.grace, graceful.shutdown()).await;
    Ok(())
}

/// A connection, counted as long as it is open.
struct Opened(Arc<AtomicUsize>);

impl Opened {
    fn begin(open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Relaxed);
        Opened(open.clone())
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

/// HTTP/1.1 only: a proxy in front speaks what it likes to its clients, and to find out which version a silent client will speak would
/// mean to wait for it.
fn builder(limits: &Limits) -> Builder {
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes.max(8 << 10));
    builder
}

fn is_of_the_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}
