//! Who follows a run hears here that something happened in it: what this process does at once, what other hosts do by looking now
//! and then.
//!
//! What is told is a hint and may be lost by whoever is too slow: the truth is the journal, which a follower reads behind the
//! last event it has. Ten thousand may follow without costing anybody who works: each hears of its own run only.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use metier_agent::{
    driver::Watch,
    journal::{Entry, Seq},
    models::Delta,
};
use metier_store::types::RunId;
use tokio::sync::broadcast;

/// News of one run that a slow follower may have outstanding.
const NEWS: usize = 64;

/// Something that happened in a run.
#[derive(Clone, Debug)]
pub enum News {
    /// An event is durable.
    Event(Seq),
    /// A model, asked by this effect, said something; nothing of it is durable yet.
    Delta(Seq, Delta),
}

/// Where news come from.
#[derive(Debug, Default)]
pub struct Hub(Mutex<HashMap<RunId, broadcast::Sender<News>>>);

impl Hub {
    /// The news of a run from now on.
    pub fn follow(&self, run: RunId) -> broadcast::Receiver<News> {
        let mut followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = followed
            .entry(run)
            .or_insert_with(|| broadcast::Sender::new(NEWS));
        sender.subscribe()
    }

    fn tell(&self, run: RunId, news: News) {
        let mut followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_heard = followed.get(&run).map(|sender| sender.send(news).is_ok());
        if is_heard == Some(false) {
            followed.remove(&run);
        }
    }

    /// How many follow runs.
    pub fn followers(&self) -> usize {
        let followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        followed
            .values()
            .map(broadcast::Sender::receiver_count)
            .sum()
    }

    /// Forgets runs that nobody follows any more. A run that says nothing is not forgotten otherwise.
    pub fn tidy(&self) {
        let mut followed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        followed.retain(|_, sender| sender.receiver_count() > 0);
    }
}

impl Watch for Hub {
    fn event(&self, run: RunId, seq: Seq, _: &Entry) {
        self.tell(run, News::Event(seq));
    }

    fn delta(&self, run: RunId, effect: Seq, delta: Delta) {
        self.tell(run, News::Delta(effect, delta));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_agent::{driver::Watch, journal::Seq, models::Delta};
    use metier_store::types::RunId;

    use super::{Hub, News};

    #[test]
    fn who_follows_a_run_hears_of_that_run_only() {
        let (hub, one, other) = (Hub::default(), RunId::new(1), RunId::new(2));
        let mut heard = hub.follow(one);
        let text = |text: &str| Delta::Text { text: text.into() };
        hub.delta(other, Seq(1), text("no"));
        hub.delta(one, Seq(1), text("yes"));
        assert!(matches!(heard.try_recv().unwrap(), News::Delta(Seq(1), _)));
        assert!(heard.try_recv().is_err());
        drop(heard);
        hub.delta(one, Seq(1), text("nobody"));
        assert!(hub.0.lock().unwrap().is_empty());
        drop(hub.follow(other));
        hub.tidy();
        assert!(hub.0.lock().unwrap().is_empty());
    }
}
