//! One thread that advances the epoch, so that no skill can hold a core.
//!
//! A thread and not a task: a task would need the very core the runaway skill occupies. The thread
//! sleeps while no call is running, so an idle host uses no CPU.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{self, Thread};
use std::time::Duration;

use wasmtime::Engine;

/// Time between two epochs: the longest a skill runs before others on its core get their turn, and
/// the precision of the CPU limit.
pub const TICK: Duration = Duration::from_millis(1);

/// Ticks without a new call after which the thread goes to sleep.
const IDLE_TICKS: u32 = 1_000;

struct Shared {
    calls: AtomicU64,
    running: AtomicU64,
    asleep: AtomicBool,
    stop: AtomicBool,
}

/// Handle to the ticker; dropping it ends the thread.
pub struct Ticker {
    shared: Arc<Shared>,
    thread: Thread,
}

/// Proof that the epoch advances; hold it while a guest runs.
pub struct Ticking<'a>(&'a Ticker);

impl Ticker {
    /// Start the thread for `engines`.
    ///
    /// # Errors
    /// When the operating system refuses another thread.
    pub fn start(engines: Arc<dyn Fn() -> Vec<Engine> + Send + Sync>) -> std::io::Result<Ticker> {
        let shared = Arc::new(Shared {
            calls: AtomicU64::new(0),
            running: AtomicU64::new(0),
            asleep: AtomicBool::new(false),
            stop: AtomicBool::new(false),
        });
        let weak = Arc::downgrade(&shared);
        let handle = thread::Builder::new()
            .name("metier-epoch".into())
            .spawn(move || tick(&weak, &*engines))?;
        Ok(Ticker {
            shared,
            thread: handle.thread().clone(),
        })
    }

    /// A guest is about to run: make sure the epoch advances until the guard is dropped.
    pub fn ticking(&self) -> Ticking<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        self.shared.calls.fetch_add(1, Ordering::Relaxed);
        if self.shared.asleep.load(Ordering::SeqCst) {
            self.thread.unpark();
        }
        Ticking(self)
    }
}

impl Drop for Ticking<'_> {
    fn drop(&mut self) {
        self.0.shared.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}

fn tick(shared: &Weak<Shared>, engines: &dyn Fn() -> Vec<Engine>) {
    let mut idle = 0;
    let mut seen = 0;
    while let Some(shared) = shared.upgrade() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let calls = shared.calls.load(Ordering::Relaxed);
        idle = if calls == seen && shared.running.load(Ordering::SeqCst) == 0 {
            idle + 1
        } else {
            0
        };
        seen = calls;
        if idle > IDLE_TICKS {
            sleep_until_called(&shared);
            idle = 0;
            continue;
        }
        drop(shared);
        thread::sleep(TICK);
        engines().iter().for_each(Engine::increment_epoch);
    }
}

/// Announce the sleep first and look once more: a call that starts in between either sees the
/// announcement and wakes the thread, or is seen here.
fn sleep_until_called(shared: &Shared) {
    shared.asleep.store(true, Ordering::SeqCst);
    while shared.running.load(Ordering::SeqCst) == 0 && !shared.stop.load(Ordering::SeqCst) {
        thread::park();
    }
    shared.asleep.store(false, Ordering::SeqCst);
}
