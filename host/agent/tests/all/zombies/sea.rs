//! The store behind a network, with somebody who watches what it lets happen.
//!
//! What a host sends travels on by itself: it arrives late, or after the host has died, and its answer may get lost. What the store does
//! is done in one go, on a clock that only the simulation moves.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::Duration,
};

use futures::future::BoxFuture;
use metier_store::{
    Clock, HeldClock, Store, StoreError,
    sqlite::{Options, SqliteStore},
    types::{Batch, Claim, Head, Lease, Next, OpId, RunId, Time},
};
use tokio::{sync::oneshot, time::Instant};

use super::chance::Chance;

/// What all hosts share.
pub struct Sea {
    pub store: Arc<dyn Store>,
    pub chance: Chance,
    clock: Arc<HeldClock>,
    began: Instant,
    calm: Instant,
    truth: Mutex<Truth>,
}

/// What the watcher knows of each run, and what he has seen.
#[derive(Default)]
struct Truth {
    runs: BTreeMap<RunId, Held>,
    applied: BTreeSet<(RunId, OpId)>,
    takeovers: u64,
    refused: u64,
    wrongs: Vec<String>,
    told: String,
}

#[derive(Default)]
struct Held {
    epoch: u64,
    until: Option<Time>,
}

/// What has to be clear about a whole simulation.
pub struct Seen {
    /// What must never be.
    pub wrongs: Vec<String>,
    /// Runs claimed although their last holder had not let go of them.
    pub takeovers: u64,
    /// Writes of holders that had lost their lease.
    pub refused: u64,
    /// Everything, in order.
    pub told: String,
}

impl Sea {
    /// A new store; after `calm` the network is reliable.
    pub fn new(seed: u64, calm: Duration) -> Arc<Sea> {
        let clock = Arc::new(HeldClock::at(Time(1_000_000_000)));
        let options = Options {
            clock: clock.clone(),
            max_pages: None,
        };
        let began = Instant::now();
        Arc::new(Sea {
            store: Arc::new(SqliteStore::in_memory(options).unwrap()),
            chance: Chance::of(seed),
            clock,
            began,
            calm: began + calm,
            truth: Mutex::default(),
        })
    }

    pub fn elapsed(&self) -> Duration {
        Instant::now() - self.began
    }

    pub fn is_calm(&self) -> bool {
        Instant::now() >= self.calm
    }

    /// How long something is on its way: mostly no time at all, at times longer than a lease.
    pub fn delay(&self) -> Duration {
        match self.chance.below(40) {
            _ if self.is_calm() => Duration::ZERO,
            0 => self.chance.millis(25_000),
            1..10 => self.chance.millis(40),
            _ => Duration::ZERO,
        }
    }

    /// How long half of a piece of work takes out in the world.
    pub fn work(&self) -> Duration {
        match self.chance.below(12) {
            0 => self.chance.millis(30_000),
            1..8 => self.chance.millis(3_000),
            _ => Duration::ZERO,
        }
    }

    pub fn tell(&self, what: std::fmt::Arguments<'_>) {
        let at = self.elapsed().as_millis();
        writeln!(self.truth.lock().unwrap().told, "{at:>7} {what}").unwrap();
    }

    pub fn wrong(&self, what: String) {
        self.tell(format_args!("WRONG: {what}"));
        self.truth.lock().unwrap().wrongs.push(what);
    }

    pub fn seen(&self) -> Seen {
        let truth = std::mem::take(&mut *self.truth.lock().unwrap());
        Seen {
            wrongs: truth.wrongs,
            takeovers: truth.takeovers,
            refused: truth.refused,
            told: truth.told,
        }
    }

    /// The store does something, now and at once.
    pub fn at_once<T>(&self, work: impl Future<Output = T>) -> T {
        let behind = self.elapsed() - Duration::from_micros(self.clock_micros());
        self.clock.advance(behind);
        wait_for(tokio::task::unconstrained(work))
    }

    fn clock_micros(&self) -> u64 {
        u64::try_from(self.clock.now().0 - 1_000_000_000).unwrap()
    }

    /// Sends something to the store on behalf of somebody who may die meanwhile.
    pub async fn send<T: Send + 'static>(
        self: &Arc<Sea>,
        work: impl FnOnce(Arc<Sea>) -> BoxFuture<'static, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (there, back) = (self.delay(), self.delay());
        let is_stormy = !self.is_calm();
        if is_stormy && self.chance.one_in(60) {
            return Err(StoreError::Unavailable(lost("it was never sent")));
        }
        let is_lost = is_stormy && self.chance.one_in(40);
        let (answer, answered) = oneshot::channel();
        let sea = self.clone();
        tokio::spawn(async move {
            pause(there).await;
            let result = sea.at_once(work(sea.clone()));
            pause(back).await;
            if !is_lost {
                drop(answer.send(result));
            }
        });
        let gone = |_| StoreError::Unknown(lost("no answer came"));
        answered.await.map_err(gone)?
    }

    /// The watcher looks at a claim.
    pub fn claimed(&self, host: &str, claims: &[Claim], ttl: Duration) {
        for claim in claims {
            let (run, epoch) = (claim.lease.run, claim.lease.epoch.0);
            self.tell(format_args!("{host} claims {} as {epoch}", run.number()));
            let mut truth = self.truth.lock().unwrap();
            let held = truth.runs.entry(run).or_default();
            let (before, until) = (held.epoch, held.until);
            held.epoch = epoch;
            held.until = Some(claim.now.after(ttl));
            truth.takeovers += u64::from(until.is_some());
            drop(truth);
            if epoch != before + 1 {
                self.wrong(format!("run {run} went from epoch {before} to {epoch}"));
            }
            if until.is_some_and(|until| until > claim.now) {
                self.wrong(format!(
                    "run {run} was claimed while another lease on it lasted"
                ));
            }
        }
    }

    /// The watcher looks at a renewal.
    pub fn renewed(&self, leases: &[Lease], held: &[RunId], until: Time) {
        let mut truth = self.truth.lock().unwrap();
        for lease in leases.iter().filter(|lease| held.contains(&lease.run)) {
            let known = truth.runs.entry(lease.run).or_default();
            if known.epoch == lease.epoch.0 {
                known.until = Some(until);
            }
        }
    }

    /// The watcher looks at the end of a lease.
    pub fn released(&self, lease: &Lease) {
        let mut truth = self.truth.lock().unwrap();
        let held = truth.runs.entry(lease.run).or_default();
        if held.epoch == lease.epoch.0 {
            held.until = None;
        }
    }

    /// The watcher looks at an append.
    pub fn appended(
        &self,
        host: &str,
        lease: &Lease,
        batch: &Batch,
        done: &Result<Head, StoreError>,
    ) {
        let (run, epoch) = (lease.run, lease.epoch.0);
        let kinds: Vec<&str> = batch
            .events
            .iter()
            .map(|event| event.kind.as_str())
            .collect();
        let said = match done {
            Ok(head) => format!("up to {}", head.seq),
            Err(error) => format!("no: {error}"),
        };
        self.tell(format_args!(
            "{host} writes {kinds:?} to {} as {epoch}, {said}",
            run.number()
        ));
        let mut truth = self.truth.lock().unwrap();
        if done.is_err() {
            truth.refused += u64::from(matches!(done, Err(StoreError::Fenced { .. })));
            return;
        }
        let is_new = truth.applied.insert((run, batch.op));
        let held = truth.runs.entry(run).or_default();
        let now = held.epoch;
        if is_new && batch.next != Next::Hold && now == epoch {
            held.until = None;
        }
        drop(truth);
        if is_new && now != epoch {
            self.wrong(format!(
                "{host} wrote to run {run} as {epoch}, and {now} has it"
            ));
        }
    }
}

pub fn lost(what: &str) -> Arc<std::io::Error> {
    Arc::new(std::io::Error::other(what.to_owned()))
}

pub async fn pause(wait: Duration) {
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
}

/// Waits for the store's own thread, and lets nothing else happen meanwhile.
fn wait_for<T>(work: impl Future<Output = T>) -> T {
    struct Wakes(Thread);
    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Wakes(std::thread::current())));
    let mut work = pin!(work);
    loop {
        match work.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(done) => return done,
            Poll::Pending => std::thread::park(),
        }
    }
}
