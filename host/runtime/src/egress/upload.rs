//! The request's body on its way out: counted, and kept when it is small enough to be sent again.
//!
//! hyper takes a request's body for good, yet two things may have to be done again: connecting (nothing has been sent yet,
//! so another allowed address may be tried) and a request answered with 401 (its credential had expired). So hyper gets
//! [`UploadBody`], a view, and [`Upload`] keeps the body itself. A body is kept for the second case while it is at most
//! [`MAX_REPLAY_BYTES`]; its pieces are shared, not copied.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};

use super::{Body, EgressError};
use crate::meter::Meter;

/// Largest body that is sent again after a 401, in bytes. Longer ones are streamed and forgotten, and their 401 goes to
/// the skill. 64 KiB holds nearly every API call and keeps ten thousand waiting requests affordable.
const MAX_REPLAY_BYTES: usize = 64 << 10;

/// The body of one request, over all attempts to send it.
pub struct Upload {
    state: Arc<Mutex<State>>,
    hint: SizeHint,
    empty: bool,
}

struct State {
    source: Body,
    meter: Arc<Meter>,
    /// The pieces so far, while they are few enough.
    kept: Option<Vec<Bytes>>,
    bytes: u64,
    /// How many there will be, where that is known.
    length: Option<u64>,
    /// Pieces taken from the source; grows while the upload advances.
    taken: u64,
    ended: bool,
    waiting_for_skill: bool,
}

impl Upload {
    /// Takes the body over; `said` is its length where the head says so. `may_repeat` says whether a 401 could lead to a
    /// second attempt at all.
    pub fn new(source: Body, meter: Arc<Meter>, said: Option<u64>, may_repeat: bool) -> Self {
        let (hint, empty) = (source.size_hint(), source.is_end_stream());
        let small = hint.lower() <= MAX_REPLAY_BYTES as u64;
        let state = State {
            source,
            meter,
            kept: (may_repeat && small && !empty).then(Vec::new),
            bytes: 0,
            length: hint.exact().or(said),
            taken: 0,
            ended: empty,
            waiting_for_skill: false,
        };
        Upload {
            state: Arc::new(Mutex::new(state)),
            hint,
            empty,
        }
    }

    /// The body from its beginning, for one more attempt.
    pub fn attempt(&self) -> UploadBody {
        let state = (!self.empty).then(|| self.state.clone());
        UploadBody {
            state,
            next: 0,
            hint: self.hint,
            ended: self.empty,
        }
    }

    /// Nothing has been read from the skill: any attempt would be the first.
    pub fn is_untouched(&self) -> bool {
        self.lock().taken == 0
    }

    /// Everything was read and is still there: the same body can be sent again.
    pub fn is_repeatable(&self) -> bool {
        let state = self.lock();
        self.empty || (state.ended && state.kept.is_some())
    }

    /// Grows while the upload advances.
    pub fn progress(&self) -> u64 {
        self.lock().taken
    }

    /// The skill has not said what comes next, nor that nothing does.
    pub fn waits_for_skill(&self) -> bool {
        let state = self.lock();
        !state.ended && state.waiting_for_skill
    }

    /// Bytes taken from the skill so far.
    pub fn bytes(&self) -> u64 {
        self.lock().bytes
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, EgressError>>> {
        loop {
            let polled = Pin::new(&mut self.source).poll_frame(cx);
            self.waiting_for_skill = polled.is_pending();
            let Some(frame) = std::task::ready!(polled) else {
                self.ended = true;
                return Poll::Ready(None);
            };
            // Trailers are not sent: nothing in the rules speaks about them.
            if let Ok(piece) = frame?.into_data() {
                return Poll::Ready(Some(self.take(piece)));
            }
        }
    }

    fn take(&mut self, piece: Bytes) -> Result<Bytes, EgressError> {
        self.meter.take_request_bytes(piece.len() as u64)?;
        self.taken += 1;
        self.bytes += piece.len() as u64;
        if self.bytes > MAX_REPLAY_BYTES as u64 {
            self.kept = None;
        }
        if let Some(kept) = &mut self.kept {
            kept.push(piece.clone());
        }
        // Who knows the length does not ask for the end.
        self.ended =
            self.source.is_end_stream() || self.length.is_some_and(|length| self.bytes >= length);
        Ok(piece)
    }
}

/// The body as one attempt sends it.
pub struct UploadBody {
    /// None for a body that is empty from the start.
    state: Option<Arc<Mutex<State>>>,
    next: usize,
    hint: SizeHint,
    ended: bool,
}

impl HttpBody for UploadBody {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let this = &mut *self;
        let Some(state) = this.state.as_ref().filter(|_| !this.ended) else {
            return Poll::Ready(None);
        };
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let again = state
            .kept
            .as_ref()
            .and_then(|kept| kept.get(this.next))
            .cloned();
        let polled = match again {
            Some(piece) => Some(Ok(piece)),
            None if state.ended => None,
            None => std::task::ready!(state.poll_source(cx)),
        };
        this.next += 1;
        this.ended = !matches!(polled, Some(Ok(_)));
        Poll::Ready(polled.map(|piece| piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.ended
    }

    /// Of the whole body: hyper asks before it takes anything.
    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
