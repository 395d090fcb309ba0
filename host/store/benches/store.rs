//! The store's bars, each a ratio or a rate from one run: `cargo xtask bench` runs it, `cargo bench -p metier-store` alone does, too.
//!
//! Steps and group commit are on a file in the temporary folder; PostgreSQL is a server of our own on loopback, and its rows are
//! left out, and said to be, where its programs are missing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark"
)]

#[path = "../tests/all/cluster.rs"]
#[expect(dead_code, reason = "the tests kill and restart it, too")]
mod cluster;

use std::{
    collections::HashSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use metier_core::ids::TenantId;
use metier_store::{Store, types::*};

use crate::cluster::Cluster;

/// Appends of each run in a measurement of throughput.
const APPENDS: usize = 40;

/// Runs at the same time.
const RUNS: usize = 64;

/// How long claims last: longer than any measurement.
const TTL: Duration = Duration::from_secs(3_600);

#[tokio::main]
async fn main() {
    let dir = tempfile::tempdir().unwrap();
    let mut bars = Bars::default();
    step(dir.path(), &mut bars).await;
    let store = open(&format!("sqlite:{}", dir.path().join("group.db").display())).await;
    throughput(
        "SQLite, 64 runs against one, appends/s",
        &store,
        10.0,
        &mut bars,
    )
    .await;
    parked(dir.path(), &mut bars).await;
    if cluster::programs().is_some() {
        let cluster = Cluster::start();
        let store = open(&cluster.plain_url()).await;
        throughput(
            "PostgreSQL, 64 runs against one, appends/s",
            &store,
            8.0,
            &mut bars,
        )
        .await;
        claims(&cluster, &mut bars).await;
    } else {
        println!("PostgreSQL: NOT MEASURED, its programs are not installed");
    }
    assert!(bars.missed.is_empty(), "missed: {:?}", bars.missed);
}

async fn open(url: &str) -> Arc<dyn Store> {
    metier_store::open(&url.parse().unwrap()).await.unwrap()
}

#[derive(Default)]
struct Bars {
    missed: Vec<String>,
}

impl Bars {
    fn at_least(&mut self, name: &str, details: &str, figure: f64, bar: f64) {
        self.note(name, details, figure, &format!(">= {bar}"), figure >= bar);
    }

    fn at_most(&mut self, name: &str, details: &str, figure: f64, bar: f64) {
        self.note(name, details, figure, &format!("<= {bar}"), figure <= bar);
    }

    fn note(&mut self, name: &str, details: &str, figure: f64, bar: &str, is_met: bool) {
        println!(
            "{name:<48} {details:<44} {figure:>9.2}  {bar:>9} {}",
            if is_met { "met" } else { "MISSED" }
        );
        if !is_met {
            self.missed.push(name.to_owned());
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn event(kind: &str) -> Vec<NewEvent> {
    vec![NewEvent {
        kind: kind.parse().unwrap(),
        body: vec![b'x'; 300],
    }]
}

fn op() -> OpId {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    OpId::new(NEXT.fetch_add(1, Ordering::Relaxed).into())
}

fn pool() -> PoolId {
    "default".parse().unwrap()
}

fn new_run(number: usize, due: Due) -> NewRun {
    let (tenant, labels) = (TenantId::local(), Labels::new());
    NewRun {
        run: RunId::new(number as u128),
        tenant,
        pool: pool(),
        labels,
        events: event("started"),
        caps: vec![],
        due,
    }
}

/// Makes runs, many at a time.
async fn create(store: &Arc<dyn Store>, numbers: std::ops::Range<usize>, due: Due) {
    let numbers: Vec<usize> = numbers.collect();
    for chunk in numbers.chunks(1_000) {
        let runs: Vec<NewRun> = chunk.iter().map(|number| new_run(*number, due)).collect();
        let made = futures::future::join_all(runs.iter().map(|run| store.create(run))).await;
        assert!(made.iter().all(Result::is_ok));
    }
}

async fn claim(store: &Arc<dyn Store>, max: usize) -> Vec<Claim> {
    let claims = store
        .claim(
            &"bench".parse().unwrap(),
            &[(pool(), Duration::ZERO)],
            max,
            TTL,
        )
        .await;
    claims.unwrap()
}

/// Intent and settlement, as an agent writes them, against two bare inserts with a flush each; in turns, so that a busy disk
/// disturbs both alike.
async fn step(dir: &Path, bars: &mut Bars) {
    let store = open(&format!("sqlite:{}", dir.join("step.db").display())).await;
    create(&store, 1..2, Due::Now).await;
    let claim = claim(&store, 1).await.remove(0);
    let bare = rusqlite::Connection::open(dir.join("bare.db")).unwrap();
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (run TEXT, seq INTEGER, body BLOB, PRIMARY KEY (run, seq))",
    )
    .unwrap();
    let (mut head, mut ours, mut theirs) = (claim.head, Vec::new(), Vec::new());
    for round in 0..150 {
        let start = Instant::now();
        for half in 0..2 {
            bare.execute(
                "INSERT INTO t VALUES ('r', ?1, ?2)",
                (2 * round + half, vec![b'x'; 300]),
            )
            .unwrap();
        }
        theirs.push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        head = store
            .append(&claim.lease, &head, &intent(&head))
            .await
            .unwrap();
        head = store
            .append(&claim.lease, &head, &settlement(&head))
            .await
            .unwrap();
        ours.push(start.elapsed().as_secs_f64() * 1e3);
    }
    let (ours, theirs) = (median(ours), median(theirs));
    bars.at_most(
        "SQLite, a step against two bare inserts",
        &format!("{ours:.2} ms against {theirs:.2} ms"),
        ours / theirs,
        1.3,
    );
}

fn intent(head: &Head) -> Batch {
    let (account, key) = (
        "run/1".parse().unwrap(),
        head.seq.to_string().parse().unwrap(),
    );
    let reserve = BudgetMove::Reserve {
        account,
        key,
        amount: NanoDollars(9),
    };
    Batch {
        budget: vec![reserve],
        ..Batch::of(op(), event("intended"))
    }
}

fn settlement(head: &Head) -> Batch {
    let account: AccountName = "run/1".parse().unwrap();
    let key = (head.seq.0 - 1).to_string().parse().unwrap();
    let actual = NanoDollars(7);
    let line = LedgerLine {
        account: account.clone(),
        amount: actual,
        memo: "tokens".into(),
    };
    let settle = BudgetMove::Settle {
        account,
        key,
        actual,
    };
    Batch {
        budget: vec![settle],
        ledger: vec![line],
        ..Batch::of(op(), event("settled"))
    }
}

/// Appends per second of one run, and of many.
async fn throughput(name: &str, store: &Arc<dyn Store>, bar: f64, bars: &mut Bars) {
    create(store, 1..RUNS + 1, Due::Now).await;
    let claims = claim(store, RUNS).await;
    let mut heads: Vec<Head> = claims.iter().map(|claim| claim.head).collect();
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        let start = Instant::now();
        heads[0] = append(store.clone(), claims[0].lease, heads[0]).await;
        alone.push(APPENDS as f64 / start.elapsed().as_secs_f64());
        let start = Instant::now();
        let tasks: Vec<_> = claims
            .iter()
            .zip(&heads)
            .map(|(claim, head)| tokio::spawn(append(store.clone(), claim.lease, *head)))
            .collect();
        heads = futures::future::join_all(tasks)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        together.push((RUNS * APPENDS) as f64 / start.elapsed().as_secs_f64());
    }
    let (alone, together) = (median(alone), median(together));
    bars.at_least(
        name,
        &format!("{together:.0} against {alone:.0}"),
        together / alone,
        bar,
    );
}

async fn append(store: Arc<dyn Store>, lease: Lease, mut head: Head) -> Head {
    for _ in 0..APPENDS {
        head = store
            .append(&lease, &head, &Batch::of(op(), event("step")))
            .await
            .unwrap();
    }
    head
}

/// Four hosts, each with connections of its own, empty one pool.
async fn claims(cluster: &Cluster, bars: &mut Bars) {
    const CLAIMED: usize = 12_000;
    let first = open(&cluster.plain_url()).await;
    create(&first, 1_000_000..1_000_000 + CLAIMED, Due::Now).await;
    let mut hosts = vec![first];
    for _ in 0..3 {
        hosts.push(open(&cluster.plain_url()).await);
    }
    let start = Instant::now();
    let tasks = hosts.into_iter().map(|store| {
        tokio::spawn(async move {
            let mut taken = Vec::new();
            loop {
                let claims = claim(&store, 32).await;
                if claims.is_empty() {
                    return taken;
                }
                taken.extend(claims.iter().map(|claim| claim.lease.run));
            }
        })
    });
    let taken: Vec<RunId> = futures::future::join_all(tasks)
        .await
        .into_iter()
        .flat_map(Result::unwrap)
        .collect();
    let rate = taken.len() as f64 / start.elapsed().as_secs_f64();
    let distinct: HashSet<RunId> = taken.iter().copied().collect();
    assert_eq!(
        (taken.len(), distinct.len()),
        (CLAIMED, CLAIMED),
        "a run was claimed twice, or never"
    );
    bars.at_least(
        "PostgreSQL, claims/s of four hosts",
        &format!("{CLAIMED} runs, none twice"),
        rate,
        3_000.0,
    );
}

/// Many runs wait for a signal: what they cost in memory, and how long one takes to be claimed after its signal.
async fn parked(dir: &Path, bars: &mut Bars) {
    const PARKED: usize = 100_000;
    let store = open(&format!("sqlite:{}", dir.join("parked.db").display())).await;
    create(&store, 1..PARKED + 1, Due::OnSignal).await;
    bars.at_most(
        "SQLite, process with 100,000 parked runs",
        "resident MB",
        resident(),
        1_000.0,
    );
    let mut hints = store.hints();
    let mut waits = Vec::new();
    for number in 0..500 {
        let run = RunId::new((1 + number * (PARKED / 500)) as u128);
        let start = Instant::now();
        let (store, key) = (store.clone(), "approval".parse().unwrap());
        let woken = store.clone();
        tokio::spawn(async move { woken.signal(&run, &key, b"yes").await.unwrap() });
        hints.next().await.expect("the store is open");
        let claims = claim(&store, 1).await;
        waits.push(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(claims[0].lease.run, run);
    }
    waits.sort_by(f64::total_cmp);
    let details = format!("median {:.1} ms", waits[waits.len() / 2]);
    bars.at_most(
        "SQLite, signal to claim, p99 in ms",
        &details,
        waits[waits.len() * 99 / 100],
        50.0,
    );
}

fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .nth(1)
        .and_then(|kib| kib.parse::<f64>().ok())
        .unwrap_or(f64::NAN)
        / 1024.0
}
