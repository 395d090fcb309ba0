//! Steps 8 and 9 for the answer's body: bounded in time and bytes, scrubbed, counted.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::Full;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::{EgressError, Waiting, record::Record, scrub::Scrubber};
use crate::meter::Meter;

/// The answer's body on its way to the skill. Trailers are dropped: nothing scrubs or limits them.
pub struct Download {
    source: Source,
    scrubber: Option<Scrubber>,
    meter: Arc<Meter>,
    patience: Patience,
    /// Written when this is dropped, or at the end.
    record: Option<Record>,
}

/// Where an answer's body comes from.
pub enum Source {
    /// From a connection.
    Network(Incoming),
    /// From a recording.
    Recorded(Full<Bytes>),
}

impl Source {
    fn poll_frame(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        match self {
            Source::Network(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|error| EgressError::from_hyper(&error)),
            Source::Recorded(body) => Pin::new(body)
                .poll_frame(cx)
                .map_err(|never| match never {}),
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        match self {
            Source::Network(body) => body.is_end_stream(),
            Source::Recorded(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Source::Network(body) => body.size_hint(),
            Source::Recorded(body) => body.size_hint(),
        }
    }
}

/// How long the next bytes may take.
pub struct Patience {
    idle: Duration,
    deadline: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
    armed: bool,
}

impl Patience {
    /// At most `idle` between bytes, and nothing after the deadline.
    pub fn new(idle: Duration, deadline: Option<Instant>) -> Self {
        Patience {
            idle,
            deadline,
            timer: None,
            armed: false,
        }
    }

    /// Bytes came.
    fn rest(&mut self) {
        self.armed = false;
    }

    /// Ready with the error when it is too late.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<EgressError> {
        let until = Instant::now() + self.idle;
        let until = self.deadline.map_or(until, |deadline| until.min(deadline));
        let timer = self
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if !self.armed {
            timer.as_mut().reset(until);
            self.armed = true;
        }
        ready!(timer.as_mut().poll(cx));
        let over = self
            .deadline
            .is_some_and(|deadline| deadline <= Instant::now());
        Poll::Ready(if over {
            EgressError::Deadline
        } else {
            EgressError::Timeout(Waiting::NextByte)
        })
    }
}

impl Download {
    /// The body of an answer whose head has been seen to.
    pub fn new(
        source: Source,
        scrubber: Option<Scrubber>,
        meter: Arc<Meter>,
        patience: Patience,
        record: Record,
    ) -> Self {
        Download {
            source,
            scrubber,
            meter,
            patience,
            record: Some(record),
        }
    }

    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, EgressError>>> {
        loop {
            let Poll::Ready(frame) = self.source.poll_frame(cx) else {
                return self.patience.poll_over(cx).map(|error| Some(Err(error)));
            };
            self.patience.rest();
            let Some(frame) = frame.transpose()? else {
                let rest = self.scrubber.take().map(|mut scrubber| scrubber.finish());
                return Poll::Ready(rest.filter(|rest| !rest.is_empty()).map(Ok));
            };
            let Ok(piece) = frame.into_data() else {
                continue;
            };
            self.meter.take_response_bytes(piece.len() as u64)?;
            self.count(piece.len());
            let piece = match &mut self.scrubber {
                Some(scrubber) => scrubber.push(piece),
                None => piece,
            };
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(piece)));
            }
        }
    }

    fn count(&mut self, bytes: usize) {
        if let Some(record) = &mut self.record {
            record.response_bytes += bytes as u64;
        }
    }

    /// The record is written now, not when the skill gets round to dropping the body.
    fn end(&mut self, error: Option<&EgressError>) {
        let record = self.record.take();
        if let (Some(mut record), Some(error)) = (record, error) {
            record.failed(error);
        }
    }
}

impl HttpBody for Download {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        if self.record.is_none() {
            return Poll::Ready(None);
        }
        let piece = ready!(self.poll_piece(cx));
        match &piece {
            None => self.end(None),
            Some(Err(error)) => self.end(Some(error)),
            Some(Ok(_)) => {}
        }
        Poll::Ready(piece.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.record.is_none() || (self.scrubber.is_none() && self.source.is_end_stream())
    }

    /// Unknown while bytes may be held back.
    fn size_hint(&self) -> SizeHint {
        if self.scrubber.is_some() {
            SizeHint::default()
        } else {
            self.source.size_hint()
        }
    }
}
