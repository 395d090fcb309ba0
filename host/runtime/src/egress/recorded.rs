//! What may stand in for the network after authority said yes, and what may listen to it.
//!
//! [`Upstream::Recorded`] answers instead of a service: no name is resolved, no credential attached, nothing leaves. Steps 1,
//! 2, 5, 8 and 10 of the pipeline are the same, so a skill that is refused live is refused here, and is told the same.
//!
//! [`Upstream::Tapped`] is the network with somebody listening: a [`Tap`] gets each request as the skill wrote it, stripped of
//! what is not the skill's to say and before its credential is attached, with the answer after it was scrubbed. So what is
//! recorded never held the credential.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt;

use super::{Body, EgressError};

/// Where requests are answered.
#[derive(Clone, Default)]
pub enum Upstream {
    /// By the services they are for.
    #[default]
    Network,
    /// The same, and somebody listens.
    Tapped(Arc<dyn Tap>),
    /// By a recording; nothing leaves.
    Recorded(Arc<dyn Exchanges>),
}

/// A request as the skill wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Canonical.
    pub method: String,
    /// Canonical, with its query.
    pub url: String,
    /// Without what is not the skill's to say.
    pub headers: HeaderMap,
    /// Whole.
    pub body: Bytes,
}

/// An answer as the skill saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: StatusCode,
    /// Scrubbed.
    pub headers: HeaderMap,
    /// Scrubbed; as far as the skill read it.
    pub body: Bytes,
}

/// Answers instead of services.
pub trait Exchanges: Send + Sync {
    /// The answer to this request; none when there is none for it, which the skill sees as a service that cannot be reached.
    fn answer(&self, asked: Asked) -> Option<Answered>;
}

/// Listens to requests and their answers.
pub trait Tap: Send + Sync {
    /// A request is about to leave: its number.
    fn begin(&self) -> u64;
    /// It was answered. Not called for a request that failed.
    fn exchanged(&self, number: u64, asked: Asked, answered: Answered);
}

/// One exchange that is listened to. Cheap to clone: the two bodies fill the same one.
#[derive(Clone)]
pub(super) struct Listening {
    tap: Arc<dyn Tap>,
    number: u64,
    heard: Arc<Mutex<Heard>>,
}

struct Heard {
    method: String,
    url: String,
    headers: HeaderMap,
    body: BytesMut,
}

impl Listening {
    /// From here on, if anybody wants to.
    pub(super) fn begin(
        upstream: &Upstream,
        method: &str,
        url: &str,
        headers: &HeaderMap,
    ) -> Option<Listening> {
        let Upstream::Tapped(tap) = upstream else {
            return None;
        };
        let heard = Heard {
            method: method.to_owned(),
            url: url.to_owned(),
            headers: headers.clone(),
            body: BytesMut::new(),
        };
        Some(Listening {
            number: tap.begin(),
            tap: tap.clone(),
            heard: Arc::new(Mutex::new(heard)),
        })
    }

    /// The request's body, overheard on its way out.
    pub(super) fn request(&self, body: Body) -> Body {
        let heard = self.heard.clone();
        Overheard {
            body,
            hear: move |piece: &Bytes| lock(&heard).body.extend_from_slice(piece),
        }
        .boxed_unsync()
    }

    /// The answer's body, overheard on its way to the skill, and told when it has ended or the skill has had enough.
    pub(super) fn answer(&self, status: StatusCode, headers: HeaderMap, body: Body) -> Body {
        let mut telling = Telling {
            listening: self.clone(),
            answered: Some(Answered {
                status,
                headers,
                body: Bytes::new(),
            }),
            body: BytesMut::new(),
        };
        if body.is_end_stream() {
            telling.tell();
        }
        Told { body, telling }.boxed_unsync()
    }
}

fn lock(heard: &Mutex<Heard>) -> std::sync::MutexGuard<'_, Heard> {
    heard.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Overheard<F> {
    body: Body,
    hear: F,
}

impl<F: FnMut(&Bytes) + Unpin> HttpBody for Overheard<F> {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(piece) = frame.data_ref()
        {
            (self.hear)(piece);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

struct Told {
    body: Body,
    telling: Telling,
}

struct Telling {
    listening: Listening,
    /// None once it was told, or came to nothing.
    answered: Option<Answered>,
    body: BytesMut,
}

impl Telling {
    fn tell(&mut self) {
        let Some(mut answered) = self.answered.take() else {
            return;
        };
        answered.body = std::mem::take(&mut self.body).freeze();
        let mut heard = lock(&self.listening.heard);
        let asked = Asked {
            method: std::mem::take(&mut heard.method),
            url: std::mem::take(&mut heard.url),
            headers: std::mem::take(&mut heard.headers),
            body: std::mem::take(&mut heard.body).freeze(),
        };
        drop(heard);
        let Listening { tap, number, .. } = &self.listening;
        tap.exchanged(*number, asked, answered);
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        self.tell();
    }
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = EgressError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, EgressError>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(piece) = frame.data_ref() {
                    self.telling.body.extend_from_slice(piece);
                }
                if self.body.is_end_stream() {
                    self.telling.tell();
                }
            }
            Poll::Ready(None) => self.telling.tell(),
            // Half an answer is not what the service says.
            Poll::Ready(Some(Err(_))) => self.telling.answered = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
