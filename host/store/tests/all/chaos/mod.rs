//! Hosts and databases killed at work, on both engines: nothing acknowledged is lost, nothing is done twice, the money is exact.
//!
//! A host is this test program again, as a process of its own ([`host_process`]): it claims runs and takes them step by step,
//! intent and settlement, and notes every acknowledged append in a file. `cargo xtask interop store` runs these.

use std::{
    collections::HashMap,
    fs,
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use metier_core::ids::TenantId;
use metier_store::{Store, StoreError, types::*};

use crate::{
    cluster::Cluster,
    fixture::{Fixture, event, host, key, name, pool},
};

mod killed;

/// What a step costs, in nano-dollars.
const PRICE: i64 = 7;

/// How long a lease lasts: a killed host's runs go on elsewhere after that.
const LEASE: Duration = Duration::from_secs(1);

/// Runs a host works on at the same time.
const RUNS_AT_ONCE: usize = 24;

/// Room under the cap beside what all runs cost together: less than all hosts want to reserve at once.
const ROOM: i64 = 8 * PRICE;

/// Longest a whole test may take.
const PATIENCE: Duration = Duration::from_secs(480);

const STORE: &str = "METIER_CHAOS_STORE";
const NOTES: &str = "METIER_CHAOS_NOTES";
const STEPS: &str = "METIER_CHAOS_STEPS";

/// Not a test of its own: the host that the others start.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a host of the chaos tests"]
async fn host_process() {
    let (Ok(url), Ok(notes), Ok(steps)) = (
        std::env::var(STORE),
        std::env::var(NOTES),
        std::env::var(STEPS),
    ) else {
        return;
    };
    let store = loop {
        match metier_store::open(&url.parse().unwrap()).await {
            Ok(store) => break store,
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    };
    let notes = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(notes)
        .unwrap();
    let (held, shared) = (Arc::default(), url.starts_with("sqlite:"));
    let worker = Arc::new(Host {
        store,
        notes: Mutex::new(notes),
        held,
        steps: steps.parse().unwrap(),
        shared,
    });
    worker.work().await;
}

struct Host {
    store: Arc<dyn Store>,
    notes: Mutex<fs::File>,
    held: Arc<Mutex<HashMap<RunId, Lease>>>,
    steps: u64,
    /// Whether every step is reserved on the one account of all runs. Where a database's transactions wait for each other at its row,
    /// a run reserves there once, and its steps on an account of its own.
    shared: bool,
}

impl Host {
    async fn work(self: Arc<Self>) {
        let me = host(&format!("host-{}", std::process::id()));
        let renewing = tokio::spawn(self.clone().renew(me.clone()));
        let serve = [(pool("default"), Duration::ZERO)];
        loop {
            let room = RUNS_AT_ONCE.saturating_sub(self.held.lock().unwrap().len());
            // What goes wrong now is tried again: hosts do not give up.
            let claims = self
                .store
                .claim(&me, &serve, room, LEASE)
                .await
                .unwrap_or_default();
            let is_idle = claims.is_empty();
            for claim in claims {
                self.held
                    .lock()
                    .unwrap()
                    .insert(claim.lease.run, claim.lease);
                tokio::spawn(self.clone().drive(claim));
            }
            if is_idle {
                if self.is_over().await {
                    return renewing.abort();
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn is_over(&self) -> bool {
        let live = RunFilter {
            state: Some(StateFilter::Live),
            ..RunFilter::default()
        };
        let page = Page {
            after: None,
            max: 1,
        };
        self.store
            .runs(&live, page)
            .await
            .is_ok_and(|runs| runs.is_empty())
    }

    async fn renew(self: Arc<Self>, me: HostId) {
        loop {
            tokio::time::sleep(LEASE / 4).await;
            let leases: Vec<Lease> = self.held.lock().unwrap().values().copied().collect();
            let _ = self.store.renew(&me, &leases, LEASE).await;
        }
    }

    /// Takes a run on from wherever its journal stands.
    async fn drive(self: Arc<Self>, claim: Claim) {
        let (lease, mut head) = (claim.lease, claim.head);
        while head.seq.0 <= 2 * self.steps {
            match self
                .append(&lease, &head, self.step(lease.run, &head))
                .await
            {
                Some(next) => head = next,
                None => break,
            }
        }
        let mut held = self.held.lock().unwrap();
        if held.get(&lease.run) == Some(&lease) {
            held.remove(&lease.run);
        }
    }

    /// Even events intend, the odd ones after them settle; the last one ends the run.
    fn step(&self, run: RunId, head: &Head) -> Batch {
        let seq = head.seq.0 + 1;
        let op = OpId::new(u128::from(rand()) << 64 | u128::from(rand()));
        let account = if self.shared {
            name("agent")
        } else {
            name(&format!("run/{run}"))
        };
        if seq.is_multiple_of(2) {
            let amount = NanoDollars(PRICE + 1);
            let mut budget = vec![BudgetMove::Reserve {
                account,
                key: key(&seq.to_string()),
                amount,
            }];
            if !self.shared && seq == 2 {
                let amount = NanoDollars(PRICE * self.steps as i64);
                budget.push(BudgetMove::Reserve {
                    account: name("agent"),
                    key: key("run"),
                    amount,
                });
            }
            return Batch {
                budget,
                ..Batch::of(op, vec![event("intended", "{}")])
            };
        }
        let (intent, actual) = (key(&(seq - 1).to_string()), NanoDollars(PRICE));
        let line = LedgerLine {
            account: account.clone(),
            amount: actual,
            memo: String::new(),
        };
        let mut budget = vec![BudgetMove::Settle {
            account,
            key: intent,
            actual,
        }];
        let is_last = seq == 2 * self.steps + 1;
        if !self.shared && is_last {
            let actual = NanoDollars(PRICE * self.steps as i64);
            budget.push(BudgetMove::Settle {
                account: name("agent"),
                key: key("run"),
                actual,
            });
        }
        let next = if is_last {
            Next::Done {
                outcome: "succeeded".parse().unwrap(),
            }
        } else {
            Next::Hold
        };
        Batch {
            budget,
            ledger: vec![line],
            next,
            ..Batch::of(op, vec![event("settled", "{}")])
        }
    }

    /// The same operation until there is an answer; nothing when the run is another's now.
    async fn append(&self, lease: &Lease, head: &Head, batch: Batch) -> Option<Head> {
        loop {
            match self.store.append(lease, head, &batch).await {
                Ok(next) => {
                    let hash = next.hash.map(|byte| format!("{byte:02x}")).concat();
                    let note = format!("{} {} {hash}\n", lease.run, next.seq);
                    self.notes
                        .lock()
                        .unwrap()
                        .write_all(note.as_bytes())
                        .unwrap();
                    return Some(next);
                }
                Err(StoreError::Fenced { .. }) => return None,
                Err(
                    StoreError::OverBudget { .. }
                    | StoreError::Unknown(_)
                    | StoreError::Unavailable(_),
                ) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(other) => {
                    self.notes
                        .lock()
                        .unwrap()
                        .write_all(format!("BUG {other:?}\n").as_bytes())
                        .unwrap();
                    return None;
                }
            }
        }
    }
}

/// Numbers that differ between processes and calls.
fn rand() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    RandomState::new().hash_one(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The hosts of one test.
struct Hosts<'t> {
    url: String,
    steps: u64,
    notes: &'t Path,
    running: Vec<Child>,
    started: usize,
}

impl Hosts<'_> {
    fn start(&mut self) {
        self.started += 1;
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["chaos::host_process", "--exact", "--ignored", "--nocapture"]);
        command
            .env(STORE, &self.url)
            .env(STEPS, self.steps.to_string());
        command.env(NOTES, self.notes.join(self.started.to_string()));
        self.running
            .push(command.stdout(Stdio::null()).spawn().unwrap());
    }

    /// `kill -9`, and another one in its place.
    fn replace_one(&mut self) {
        let mut oldest = self.running.remove(0);
        oldest.kill().unwrap();
        oldest.wait().unwrap();
        self.start();
    }

    /// Stops one for longer than its leases last: it wakes up believing that it still holds them.
    async fn stall_one(&self) {
        let pid = self.running[0].id().to_string();
        let signal = |name: &str| {
            assert!(
                Command::new("kill")
                    .args([name, &pid])
                    .status()
                    .unwrap()
                    .success()
            )
        };
        signal("-STOP");
        tokio::time::sleep(2 * LEASE).await;
        signal("-CONT");
    }

    async fn wait(&mut self) {
        let start = Instant::now();
        for host in &mut self.running {
            while host.try_wait().unwrap().is_none() {
                assert!(
                    start.elapsed() < PATIENCE,
                    "the hosts do not come to an end"
                );
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

impl Drop for Hosts<'_> {
    fn drop(&mut self) {
        for host in &mut self.running {
            let _ = host.kill();
            let _ = host.wait();
        }
    }
}

fn total(runs: u64, steps: u64) -> i64 {
    runs as i64 * steps as i64 * PRICE
}

async fn prepare(store: Arc<dyn Store>, runs: u64, steps: u64) {
    let f = Fixture::over(store);
    f.set_cap("agent", Some(total(runs, steps) + ROOM)).await;
    let new: Vec<NewRun> = (0..runs).map(|_| f.new_run()).collect();
    let all = futures::future::join_all(new.iter().map(|run| f.store.create(run))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
}

/// Every journal whole, every acknowledged append in it, the ledger and the budget exact.
async fn verify(store: Arc<dyn Store>, notes: &Path, runs: u64, steps: u64) {
    let mut hashes = HashMap::new();
    for number in 1..=runs {
        let run = RunId::new(number.into());
        let mut events = Vec::new();
        loop {
            let part = store
                .read(&run, Seq(events.len() as u64 + 1), 1_000)
                .await
                .unwrap();
            let is_end = part.is_empty();
            events.extend(part);
            if is_end {
                break;
            }
        }
        assert_eq!(events.len() as u64, 2 * steps + 1, "run {run}");
        for event in events {
            let kind = ["settled", "intended"][usize::from(event.seq.0.is_multiple_of(2))];
            assert_eq!(
                event.kind.as_str(),
                if event.seq == Seq(1) { "started" } else { kind }
            );
            hashes.insert(
                format!("{run} {}", event.seq),
                event.hash.map(|byte| format!("{byte:02x}")).concat(),
            );
        }
    }
    let mut acknowledged = 0;
    for file in fs::read_dir(notes).unwrap() {
        for line in fs::read_to_string(file.unwrap().path()).unwrap().lines() {
            assert!(!line.starts_with("BUG"), "{line}");
            // A host may have been killed while it wrote its last line.
            if let Some((place, hash)) = line.rsplit_once(' ').filter(|(_, hash)| hash.len() == 64)
            {
                assert_eq!(
                    hashes.get(place).map(String::as_str),
                    Some(hash),
                    "acknowledged, and not there: {place}"
                );
                acknowledged += 1;
            }
        }
    }
    assert!(
        acknowledged >= runs * steps,
        "only {acknowledged} acknowledged appends were noted"
    );
    assert_eq!(
        store.total(&TenantId::local()).await.unwrap(),
        NanoDollars(total(runs, steps))
    );
    let budget = store
        .budget(&TenantId::local(), &name("agent"))
        .await
        .unwrap();
    assert_eq!(
        (budget.settled, budget.reserved),
        (NanoDollars(total(runs, steps)), NanoDollars(0))
    );
}
