//! Stopping at a moment, telling of it, and writing it down.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{mpsc, oneshot};

use crate::asked::{Asked, Moment, Trace};

/// Requests told of and not yet taken note of; more wait.
const MAX_UNTOLD: usize = 1_024;

/// What a held request is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    #[default]
    Go,
    /// Be lost: what was not done is not done, and no answer goes out; the connection is reset.
    Lose,
}

/// A request that stands still at a moment until it is told to go on; dropping this tells it.
#[derive(Debug)]
pub struct Held {
    /// Which, and where.
    pub trace: Trace,
    verdict: oneshot::Sender<Verdict>,
}

impl Held {
    /// Tell it. It may be gone, with a server that was stopped.
    pub fn release(self, verdict: Verdict) {
        let _gone = self.verdict.send(verdict);
    }
}

/// What stops requests.
#[derive(Default)]
pub(crate) struct Holds(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    moments: u64,
    log: Option<File>,
    watcher: Option<mpsc::Sender<Held>>,
    /// The moment another process wants to be held.
    at: Option<u64>,
    held: Option<Held>,
}

impl Holds {
    pub(crate) fn log_to(&self, path: &Path) -> std::io::Result<()> {
        let mut options = File::options();
        let file = options.create(true).append(true).open(path)?;
        self.lock().log = Some(file);
        Ok(())
    }

    pub(crate) fn watch(&self) -> mpsc::Receiver<Held> {
        let (watcher, watched) = mpsc::channel(MAX_UNTOLD);
        self.lock().watcher = Some(watcher);
        watched
    }

    /// Hold the moment of this number.
    pub(crate) fn set(&self, at: u64) {
        self.lock().at = Some(at);
    }

    /// Moments so far.
    pub(crate) fn moments(&self) -> u64 {
        self.lock().moments
    }

    /// The moment that is held because of [`Holds::set`].
    pub(crate) fn held(&self) -> Option<Trace> {
        self.lock().held.as_ref().map(|held| held.trace.clone())
    }

    /// Let it go; says whether there was one.
    pub(crate) fn release(&self, verdict: Verdict) -> bool {
        let mut inner = self.lock();
        inner.at = None;
        let held = inner.held.take();
        drop(inner);
        let was_held = held.is_some();
        if let Some(held) = held {
            held.release(verdict);
        }
        was_held
    }

    /// One moment of one request.
    pub(crate) async fn pass(&self, at: Moment, asked: &Asked, status: Option<u16>) -> Verdict {
        let (watcher, held, waiting) = {
            let mut inner = self.lock();
            inner.moments += 1;
            let moment = inner.moments;
            let is_set = inner.at == Some(moment);
            let watcher = inner.watcher.clone();
            let trace = Trace {
                moment,
                at,
                asked: asked.clone(),
                status,
                held: is_set || watcher.is_some(),
            };
            inner.write(&trace);
            let (verdict, waiting) = oneshot::channel();
            let held = Held { trace, verdict };
            if watcher.is_none() && is_set {
                inner.held = Some(held);
                (None, None, waiting)
            } else {
                (watcher, Some(held), waiting)
            }
        };
        if let (Some(watcher), Some(held)) = (watcher, held)
            && let Err(unheard) = watcher.send(held).await
        {
            // Nobody watches any more.
            self.lock().watcher = None;
            drop(unheard);
        }
        waiting.await.unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// One line, in one piece, to the file and not to a buffer. A full disk is the test's to notice: its lines are missing.
    fn write(&mut self, trace: &Trace) {
        if let (Some(log), Ok(mut line)) = (&mut self.log, serde_json::to_vec(trace)) {
            line.push(b'\n');
            let _missing = log.write_all(&line);
        }
    }
}
