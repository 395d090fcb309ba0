//! The same over standard input and output.

use std::sync::Arc;

use metier_service::{Caller, Service};
use rmcp::{
    service::{ServerInitializeError, serve_server},
    transport::{async_rw::AsyncRwTransport, io::stdio_pipes},
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::handler::{Asked, Handler, Shared};

/// Longest line of a client, in bytes: as long as a body over HTTP.
const MAX_LINE: usize = 4 << 20;

/// Why the client could not be served.
#[derive(Debug, thiserror::Error)]
pub enum StdioError {
    /// It did not begin as the protocol says.
    #[error("the client did not begin with a request of the Model Context Protocol: {0}")]
    Start(String),
    /// The host's own failure.
    #[error("serving the client failed: {0}")]
    Failed(#[from] tokio::task::JoinError),
}

/// Serves one client on standard input and output, until it goes. Nothing else may be written to standard output.
///
/// # Errors
/// See [`StdioError`].
pub async fn stdio(service: Arc<Service>, caller: Caller) -> Result<(), StdioError> {
    let (reader, writer) = stdio_pipes();
    Box::pin(over(service, caller, reader, writer)).await
}

/// Serves one client on any pair of streams: a line is a message.
///
/// # Errors
/// See [`StdioError`].
pub async fn over(
    service: Arc<Service>,
    caller: Caller,
    reader: impl AsyncRead + Send + Unpin + 'static,
    writer: impl AsyncWrite + Send + Unpin + 'static,
) -> Result<(), StdioError> {
    let handler = Handler::new(Asked {
        service,
        caller,
        id: None,
        span: tracing::Span::none(),
        shared: Arc::<Shared>::default(),
    });
    let transport = AsyncRwTransport::new_server(reader, writer).with_max_line_length(MAX_LINE);
    let running = match serve_server(handler, transport).await {
        Ok(running) => running,
        // A client that never said anything.
        Err(ServerInitializeError::ConnectionClosed(_)) => return Ok(()),
        Err(error) => return Err(StdioError::Start(error.to_string())),
    };
    running.waiting().await?;
    Ok(())
}
