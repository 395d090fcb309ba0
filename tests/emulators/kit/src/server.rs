//! Listening: plain or TLS, HTTP/1.1 or HTTP/2, and connections that can be reset.

use std::net::TcpListener as StdListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::{io, thread};

use axum::Router;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

/// How many connections are open at once; more wait in the accept queue.
const MAX_CONNECTIONS: usize = 20_000;

/// Resets the connection a request came in on.
#[derive(Clone, Debug, Default)]
pub struct ResetHandle(Arc<(AtomicBool, Notify)>);

impl ResetHandle {
    /// Drop the connection with a TCP RST.
    pub fn reset(&self) {
        self.0.0.store(true, Ordering::SeqCst);
        self.0.1.notify_one();
    }

    fn is_set(&self) -> bool {
        self.0.0.load(Ordering::SeqCst)
    }

    async fn asked(&self) {
        self.0.1.notified().await;
    }
}

/// A running server; stops, and closes every connection, when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic in the server has been printed already.
            let _ = thread.join();
        }
    }
}

/// Serve on a thread and runtime of its own, so that a test's paused clock or blocked executor
/// leaves the emulator alone.
pub(crate) fn start(
    listener: StdListener,
    tls: Option<Arc<ServerConfig>>,
    name: &str,
    router: Router,
) -> anyhow::Result<Running> {
    listener.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let listener = {
        let _inside = runtime.enter();
        TcpListener::from_std(listener)?
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = thread::Builder::new()
        .name(name.to_owned())
        .spawn(move || {
            runtime.block_on(accept(
                listener,
                tls.map(TlsAcceptor::from),
                router,
                stopped,
            ));
        })?;
    Ok(Running {
        stop: Some(stop),
        thread: Some(thread),
    })
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    mut stopped: oneshot::Receiver<()>,
) {
    let permits = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    // Dropping the set at the end aborts what is still open.
    let mut connections = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else {
            return;
        };
        tokio::select! {
            _ = &mut stopped => return,
            accepted = listener.accept() => {
                // A connection that failed before it began is the client's affair.
                if let Ok((stream, _)) = accepted {
                    let (tls, router) = (tls.clone(), router.clone());
                    connections.spawn(async move {
                        serve(stream, tls, router).await;
                        drop(permit);
                    });
                }
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// One connection, until it ends or is reset. How it ends is the client's affair.
async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, router: Router) {
    let _ = stream.set_nodelay(true);
    let handle = ResetHandle::default();
    let stream = Resettable {
        stream,
        handle: handle.clone(),
    };
    let connection = async {
        match tls {
            None => talk(stream, router, &handle).await,
            Some(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    talk(stream, router, &handle).await;
                }
            }
        }
    };
    tokio::select! {
        () = connection => {}
        () = handle.asked() => {}
    }
}

async fn talk<S>(stream: S, router: Router, handle: &ResetHandle)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(handle.clone());
        router.clone().call(request)
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let _ = builder
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// A TCP stream that goes with a RST when its handle says so.
struct Resettable {
    stream: TcpStream,
    handle: ResetHandle,
}

impl Drop for Resettable {
    fn drop(&mut self) {
        if self.handle.is_set() {
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Resettable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Resettable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
