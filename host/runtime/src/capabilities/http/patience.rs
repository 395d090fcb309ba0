//! A guest's own limit on the time between two pieces of an answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::time::{Instant, Sleep};
use wasmtime_wasi_http::{Error, WasiBody};

/// `body`, failing when two pieces are further apart than `limit`. The host's own limit applies as well.
pub(super) fn patient<B>(body: B, limit: Option<Duration>) -> WasiBody
where
    B: Body<Data = Bytes, Error = Error> + Send + 'static,
{
    match limit {
        None => body.boxed_unsync(),
        Some(limit) => Patient {
            body: Box::pin(body),
            limit,
            timer: Box::pin(tokio::time::sleep(limit)),
        }
        .boxed_unsync(),
    }
}

struct Patient<B> {
    body: Pin<Box<B>>,
    limit: Duration,
    timer: Pin<Box<Sleep>>,
}

impl<B: Body<Data = Bytes, Error = Error>> Body for Patient<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.body.as_mut().poll_frame(context) {
            Poll::Ready(frame) => {
                let next = Instant::now() + self.limit;
                self.timer.as_mut().reset(next);
                Poll::Ready(frame)
            }
            Poll::Pending => {
                ready!(self.timer.as_mut().poll(context));
                Poll::Ready(Some(Err(Error::ConnectionReadTimeout)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
