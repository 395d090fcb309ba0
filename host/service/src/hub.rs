//! Who follows runs hears here that something happened: in this process at once, of other hosts by looking now and then.
//!
//! What is told is a hint and may be lost by whoever is too slow: the truth is the journal, which a follower reads behind the
//! last event it has.

use metier_agent::{
    driver::Watch,
    journal::{Entry, Seq},
    models::Delta,
};
use metier_store::types::RunId;
use tokio::sync::broadcast;

/// News that a slow follower may have outstanding.
const NEWS: usize = 4_096;

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub enum News {
    /// An event is durable.
    Event(RunId, Seq),
    /// A model said something; nothing of it is durable yet.
    Delta(RunId, Seq, Delta),
}

impl News {
    /// In which run.
    pub fn run(&self) -> RunId {
        match self {
            News::Event(run, _) | News::Delta(run, ..) => *run,
        }
    }
}

/// Where news come from.
#[derive(Debug)]
pub struct Hub(broadcast::Sender<News>);

impl Default for Hub {
    fn default() -> Self {
        Hub(broadcast::Sender::new(NEWS))
    }
}

impl Hub {
    /// The news from now on.
    pub fn follow(&self) -> broadcast::Receiver<News> {
        self.0.subscribe()
    }
}

impl Watch for Hub {
    fn event(&self, run: RunId, seq: Seq, _: &Entry) {
        // Nobody may be listening.
        drop(self.0.send(News::Event(run, seq)));
    }

    fn delta(&self, run: RunId, effect: Seq, delta: Delta) {
        drop(self.0.send(News::Delta(run, effect, delta)));
    }
}
