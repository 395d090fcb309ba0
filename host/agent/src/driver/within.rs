//! Where the skills of calls under way ask for more: models, and tools of other skills.
//!
//! A wish comes from the task of a call to the task that holds the run, which writes it down like any other effect, causes it,
//! and answers once its end is durable. A call that is made again gets what an earlier attempt was given, in the order in
//! which it asks for the same thing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use metier_core::{CallId, Code, Fault};
use tokio::sync::{mpsc, oneshot};

use crate::{
    decide::{self, Granted, Wish},
    journal::{Entry, Event, Intent, Outcome, Seq},
    state::State,
};

/// Wishes that wait to be heard. A skill that asks for more at once waits with the rest.
const QUEUE: usize = 64;

/// Who asks, beside which effect it is.
#[derive(Clone, Debug, Default)]
pub struct From {
    /// The call, as the audit trail names it.
    pub caller: Option<CallId>,
    /// What is left of its time.
    pub deadline: Option<Duration>,
}

/// What the skill of one call asks through.
#[derive(Clone, Debug)]
pub struct Asks {
    of: Seq,
    desk: mpsc::Sender<Asked>,
}

impl Asks {
    /// Asks for something and waits until its end is durable.
    ///
    /// # Errors
    /// A refusal: nothing happened. What was begun and failed is an [`Outcome`].
    pub async fn wish(&self, wish: Wish, from: From) -> Result<Outcome, Fault> {
        let (reply, answer) = oneshot::channel();
        let asked = Asked {
            of: self.of,
            wish,
            waiter: Waiter { reply, from },
        };
        let gone = || Fault::new(Code::Cancelled, "The run this call belongs to is over.");
        self.desk.send(asked).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }
}

/// A wish on its way.
#[derive(Debug)]
pub(super) struct Asked {
    of: Seq,
    wish: Wish,
    waiter: Waiter,
}

#[derive(Debug)]
struct Waiter {
    reply: oneshot::Sender<Result<Outcome, Fault>>,
    from: From,
}

/// Where wishes arrive and answers wait for.
pub(super) struct Desk {
    sender: mpsc::Sender<Asked>,
    receiver: mpsc::Receiver<Asked>,
    waiting: BTreeMap<Seq, Waiter>,
    /// What each call has been given since it was made here.
    handed: BTreeMap<Seq, BTreeSet<Seq>>,
}

impl Desk {
    pub(super) fn new() -> Desk {
        let (sender, receiver) = mpsc::channel(QUEUE);
        Desk {
            sender,
            receiver,
            waiting: BTreeMap::new(),
            handed: BTreeMap::new(),
        }
    }

    pub(super) fn asks(&self, of: Seq) -> Asks {
        let desk = self.sender.clone();
        Asks { of, desk }
    }

    /// The next wish.
    pub(super) async fn next(&mut self) -> Option<Asked> {
        self.receiver.recv().await
    }

    /// Whether an effect has to be begun here: what a skill asked for once is begun again only when it asks again.
    pub(super) fn is_wanted(&self, state: &State, effect: Seq) -> bool {
        state.asker(effect).is_none() || self.waiting.contains_key(&effect)
    }

    /// Who asked for the effect.
    pub(super) fn asker(&self, effect: Seq) -> From {
        let waiter = self.waiting.get(&effect);
        waiter.map(|waiter| waiter.from.clone()).unwrap_or_default()
    }

    /// Hears a wish: answered at once, refused, or an effect to be written down.
    pub(super) fn hear(&mut self, state: &State, asked: Asked) -> Option<Intent> {
        let Asked { of, wish, waiter } = asked;
        // A receiver that is gone has given its wish up, and a call that has ended asks for nothing.
        if waiter.reply.is_closed() || !state.pending.contains_key(&of) {
            return None;
        }
        let handed = self.handed.entry(of).or_default();
        match decide::grant(state, of, &wish, handed) {
            Err(fault) => {
                let _gone = waiter.reply.send(Err(fault));
                None
            }
            Ok(Granted::Known(effect, outcome)) => {
                handed.insert(effect);
                let _gone = waiter.reply.send(Ok(outcome));
                None
            }
            Ok(Granted::Again(effect)) => {
                handed.insert(effect);
                self.waiting.insert(effect, waiter);
                None
            }
            Ok(Granted::New(intent)) => {
                let effect = Seq(state.head.0 + 1);
                handed.insert(effect);
                self.waiting.insert(effect, waiter);
                Some(*intent)
            }
        }
    }

    /// An event is durable: whoever waits for it is answered.
    pub(super) fn durable(&mut self, entry: &Entry) {
        let Event::Settled(settlement) = &entry.event else {
            return;
        };
        self.handed.remove(&settlement.effect);
        if let Some(waiter) = self.waiting.remove(&settlement.effect) {
            let _gone = waiter.reply.send(Ok(settlement.outcome.clone()));
        }
    }
}
