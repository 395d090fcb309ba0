//! Opens a connection to the one address that was checked, and to no other.
//!
//! [`Pinned`] is what the pool gives hyper as a connector. It ignores the URI hyper hands it: the address was decided
//! before, and nothing here asks a resolver.

use std::{
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection},
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Why there is no connection. Never carries an address: the skill may have no right to know it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectError {
    /// The host has as many connections as it may have, and none became free in time.
    #[error("no connection became free in time")]
    Full,
    /// TCP or TLS took too long.
    #[error("connecting took too long")]
    Timeout,
    /// The peer is not there or hung up.
    #[error("{0}")]
    Refused(io::ErrorKind),
    /// The peer's certificate or its TLS is not acceptable; rustls's own words.
    #[error("{0}")]
    Tls(String),
}

/// Connects to one pinned address.
#[derive(Clone)]
pub struct Pinned {
    /// The address that was checked.
    pub address: SocketAddr,
    /// The configuration and the name on the certificate; none for plain HTTP.
    pub tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// One permit per open connection of the whole host.
    pub permits: Arc<Semaphore>,
    /// For everything up to a usable connection.
    pub timeout: Duration,
}

impl Pinned {
    async fn open(self) -> Result<Wire, ConnectError> {
        let permit = timeout(self.timeout, self.permits.clone().acquire_owned());
        let permit = permit
            .await
            .ok()
            .and_then(Result::ok)
            .ok_or(ConnectError::Full)?;
        let limit = self.timeout;
        let stream = timeout(limit, self.handshake())
            .await
            .map_err(|_| ConnectError::Timeout)??;
        Ok(Wire {
            stream,
            _permit: permit,
        })
    }

    async fn handshake(self) -> Result<Stream, ConnectError> {
        let tcp = TcpStream::connect(self.address)
            .await
            .map_err(|error| refused(&error))?;
        // Requests are small and wait for their answer: Nagle's delay would only hurt.
        tcp.set_nodelay(true).map_err(|error| refused(&error))?;
        let Some((config, name)) = self.tls else {
            return Ok(Stream::Plain(TokioIo::new(tcp)));
        };
        let tls = TlsConnector::from(config)
            .connect(name, tcp)
            .await
            .map_err(|error| tls_failed(&error))?;
        Ok(Stream::Tls(Box::new(TokioIo::new(tls))))
    }
}

fn refused(error: &io::Error) -> ConnectError {
    ConnectError::Refused(error.kind())
}

/// A broken handshake is about TLS only when rustls says so.
fn tls_failed(error: &io::Error) -> ConnectError {
    let words = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>());
    words.map_or_else(
        || refused(error),
        |words| ConnectError::Tls(words.to_string()),
    )
}

impl tower_service::Service<Uri> for Pinned {
    type Response = Wire;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Wire, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().open())
    }
}

enum Stream {
    Plain(TokioIo<TcpStream>),
    Tls(Box<TokioIo<TlsStream<TcpStream>>>),
}

/// An open connection and its place among the host's connections.
pub struct Wire {
    stream: Stream,
    _permit: OwnedSemaphorePermit,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        match &self.stream {
            Stream::Tls(tls) if tls.inner().get_ref().1.alpn_protocol() == Some(b"h2") => {
                Connected::new().negotiated_h2()
            }
            _ => Connected::new(),
        }
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        }
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Stream::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Stream::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Stream::Plain(tcp) => tcp.is_write_vectored(),
            Stream::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Stream::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Stream::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        }
    }
}
