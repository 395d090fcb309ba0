//! An answer on its way: piece by piece, as far as it gets.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::stream;
use metier_emulator_kit::ResetHandle;
use tokio::sync::watch;

use crate::script::Script;

/// How an answer goes out.
#[derive(Default)]
pub(super) struct Way {
    /// Before each piece.
    pub pause: Duration,
    /// What happens after so many pieces.
    pub after: Option<(usize, Then)>,
    /// The first words come after so many pieces, and who is told when they do.
    pub words: Option<(usize, Arc<Script>)>,
}

/// What happens in the middle.
pub(super) enum Then {
    /// It stands still until this changes.
    Hold(watch::Receiver<u64>),
    /// The connection is reset.
    Reset(ResetHandle),
    /// It ends.
    End,
    /// This goes out, and it ends.
    Say(Bytes),
}

struct Going {
    rest: VecDeque<Bytes>,
    sent: usize,
    way: Way,
}

/// 200, and the pieces behind it.
pub(super) fn response(content_type: &'static str, pieces: Vec<Bytes>, way: Way) -> Response {
    let is_whole = way.after.is_none() && way.pause.is_zero() && pieces.len() == 1;
    let mut rest = VecDeque::from(pieces);
    if let Some(piece) = rest.pop_front_if(|_| is_whole) {
        return with_type(content_type, Body::from(piece));
    }
    let going = Going { rest, sent: 0, way };
    let pieces = stream::unfold(going, |mut going| async move {
        let piece = going.next().await?;
        Some((Ok::<_, Infallible>(piece), going))
    });
    with_type(content_type, Body::from_stream(pieces))
}

fn with_type(content_type: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    let kind = HeaderValue::from_static(content_type);
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

impl Going {
    async fn next(&mut self) -> Option<Bytes> {
        let is_time = self
            .way
            .after
            .as_ref()
            .is_some_and(|(after, _)| self.sent >= *after);
        if let Some((_, then)) = self.way.after.take_if(|_| is_time) {
            match then {
                // An emulator that is stopped lets go as well.
                Then::Hold(mut released) => drop(released.changed().await),
                Then::Reset(handle) => {
                    handle.reset();
                    // The connection goes away under this future.
                    std::future::pending::<()>().await;
                }
                Then::End => self.rest.clear(),
                Then::Say(piece) => self.rest = VecDeque::from([piece]),
            }
        }
        let piece = self.rest.pop_front()?;
        if !self.way.pause.is_zero() {
            tokio::time::sleep(self.way.pause).await;
        }
        if let Some((_, script)) = self.way.words.take_if(|(before, _)| self.sent == *before) {
            script.speaks();
        }
        self.sent += 1;
        Some(piece)
    }
}
