//! Standard output and error of a guest, kept up to the log limit.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::lock;
use crate::context::CallContext;

/// How much a guest may write at once, in bytes; only bounds a single copy.
const WRITE_BUDGET: usize = 64 << 10;

/// A sink that always accepts: a panic message is the best clue there is, so writing never fails.
#[derive(Clone)]
pub struct Stdio {
    call: Arc<CallContext>,
    text: Arc<Mutex<Vec<u8>>>,
}

impl Stdio {
    pub(super) fn new(call: Arc<CallContext>) -> Stdio {
        Stdio {
            call,
            text: Arc::default(),
        }
    }

    pub(super) fn take(&self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut *lock(&self.text))).into_owned()
    }

    fn keep(&self, bytes: &[u8]) {
        let meter = self.call.meter();
        let room = meter
            .limits()
            .log_bytes
            .saturating_sub(meter.usage().log_bytes);
        let kept = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        // What does not fit is counted as well: the caller learns that there was more.
        let _exceeded = meter.take_log_bytes(bytes.len() as u64);
        lock(&self.text).extend_from_slice(&bytes[..kept]);
    }
}

impl IsTerminal for Stdio {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Stdio {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        self.keep(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BUDGET)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Stdio {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Stdio {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.keep(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
