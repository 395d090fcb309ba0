//! A skill's tools over HTTP, for programs on this machine.
//!
//! ```text
//! GET  /tools         {"skill", "digest", "tools": [{"name", "description", "inputSchema", "outputSchema", "effect"}]}
//! POST /tools/{tool}  the arguments, a JSON object → the answer
//! ```
//! Whatever fails is `{"error": {"code", "blame", "message", "hint"}, "request_id"}` with the status of [`status`](crate::status); the id is
//! the call's own in logs and audits, and stands in `x-request-id` of every answer.
//!
//! [`serve`] refuses a listener that others than this machine can reach, and [`guard`](crate::guard) whatever a web page could send. There is
//! no login: who may connect may call. Requests run through [`metier_runtime::host::Host::call`] as all calls do.

mod answer;
mod limited;
mod routes;
mod tools;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;

pub use tools::{Tools, Watcher};

/// Connections at once. More than the calls a host runs, so that a client is told `busy` rather than left waiting.
pub const MAX_CONNECTIONS: usize = 256;

/// How long running calls have once the server is told to end: enough for an ordinary one. The rest is cancelled.
pub const GRACE: Duration = Duration::from_secs(2);

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener is open to other machines.
    #[error("{0} is no loopback address, and there is no login")]
    NotLoopback(SocketAddr),
    /// The system's own.
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
}

/// Serves `tools` on `listener` until `shutdown` is ready; calls that run then have [`GRACE`] to end.
///
/// # Errors
/// [`ServeError::NotLoopback`] before anything is accepted.
pub async fn serve(
    listener: TcpListener,
    tools: Arc<Tools>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ServeError::NotLoopback(address));
    }
    let (told, hear) = tokio::sync::oneshot::channel::<()>();
    let shutdown = async move {
        shutdown.await;
        drop(told);
    };
    let limited = limited::Limited::new(listener, MAX_CONNECTIONS);
    let serving = axum::serve(limited, routes::router(tools)).with_graceful_shutdown(shutdown);
    let too_late = async {
        let _ = hear.await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = serving.into_future() => Ok(ended?),
        () = too_late => Ok(()),
    }
}
