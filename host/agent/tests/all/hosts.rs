//! Hosts die: four of them, each a process of its own, share one PostgreSQL; they and it are killed at work, and hosts stand still for
//! longer than their leases. Every journal stays whole, the money is exact, nothing is done twice, and what a dead host held goes on
//! elsewhere in time. `cargo xtask interop store` runs it.
//!
//! A host is this test program again ([`host_process`]), with the driver as it is. What its tools and models do, and which events it was
//! told are durable, it writes into a file: the world outside, which no database undoes.

mod process;
mod verify;

use std::{path::Path, sync::Arc, time::Duration};

use metier_agent::driver::{Decision, NewRun, NoWatch, Parts, Runs};
use metier_agent::journal::Verdict;
use metier_core::{PrincipalId, TenantId};
use metier_store::{
    Store,
    types::{Page, RunFilter, RunId, RunState, StateFilter},
};
use serde_json::json;
use tokio::time::{Instant, sleep};

use self::process::{Hosts, Outside};
use crate::{cluster::Cluster, world::started};

/// Runs, where `METIER_HOSTS_RUNS` says nothing else.
const RUNS: u128 = 400;

/// Steps of each.
const STEPS: usize = 16 + 12 + 12;

/// Questions to a model in each run.
const MODEL_STEPS: i64 = 12;

/// How long a lease lasts.
const LEASE: Duration = Duration::from_secs(4);

/// When what a dead host held has to be in other hands.
const GOES_ON: Duration = Duration::from_secs(6);

/// The rounds in which the database is killed as well.
const DATABASE_DIES: [u32; 2] = [2, 5];

/// Longest the whole may take.
const PATIENCE: Duration = Duration::from_secs(600);

/// Forty steps: what may be repeated, what may not, and what costs money.
const WORK: &str = r#"
[chain]
name = "work"
[budget]
steps = 1000
[[step]]
name = "posts"
tool = "s.write"
args = { run = "${input.run}", item = "${item}" }
each = { over = "input.words", parallel = 1 }
[[step]]
name = "sums"
tool = "s.idempotent"
args = { run = "${input.run}", item = "${item}" }
each = { over = "input.sums", parallel = 1 }
[[step]]
name = "words"
model = "main"
prompt = "${item}"
max-tokens = 300
each = { over = "input.words", parallel = 1 }
"#;

/// What this process reaches: it starts runs, looks at them and answers questions, and does no work.
fn observer(store: Arc<dyn Store>, outside: Arc<Outside>) -> Runs {
    Runs::new(Parts {
        store,
        tools: outside.clone(),
        models: outside,
        watch: Arc::new(NoWatch),
        clock: Arc::new(process::now),
        ids: Arc::new(process::number),
    })
}

fn how_many() -> u128 {
    std::env::var("METIER_HOSTS_RUNS").map_or(RUNS, |text| text.parse().unwrap())
}

async fn begin(runs: &Runs, count: u128) {
    let start = |number: u128| async move {
        let mut begun = started(WORK);
        let [sums, words] = [16, 12].map(|count| (0..count).collect::<Vec<u32>>());
        let run = number.to_string();
        begun.input = json!({ "run": run, "sums": sums, "words": words });
        let new = NewRun {
            id: Some(RunId::new(number)),
            tenant: TenantId::local(),
            pool: "pool".parse().unwrap(),
            started: begun,
        };
        runs.start(new).await.unwrap();
    };
    futures::future::join_all((1..=count).map(start)).await;
}

/// Says yes wherever a call may or may not have been made.
async fn person(store: Arc<dyn Store>, runs: Runs) {
    loop {
        sleep(Duration::from_secs(1)).await;
        for run in listed(&*store, StateFilter::Parked).await {
            // What goes wrong while the database is down goes well a second later.
            let Ok(state) = runs.state(&run.0).await else {
                continue;
            };
            for (number, question) in &state.questions {
                let decision = Decision {
                    question: *number,
                    hash: question.hash,
                    verdict: Verdict::Approved,
                    by: PrincipalId::local(),
                };
                let _ = runs.decide(&run.0, decision).await;
            }
        }
    }
}

async fn listed(store: &dyn Store, state: StateFilter) -> Vec<(RunId, u64, String)> {
    let filter = RunFilter {
        state: Some(state),
        ..RunFilter::default()
    };
    let page = Page {
        after: None,
        max: 1_000,
    };
    let rows = store.runs(&filter, page).await.unwrap_or_default();
    let row = |row: metier_store::types::RunRow| {
        let host = match row.state {
            RunState::Held { host, .. } => host.to_string(),
            _ => String::new(),
        };
        (row.run, row.epoch.0, host)
    };
    rows.into_iter().map(row).collect()
}

/// How long it took until everything a dead host held was another's, or over; and how many runs that were.
async fn takeover(store: Arc<dyn Store>, held: Vec<(RunId, u64)>) -> (Duration, usize) {
    let died = Instant::now();
    let count = held.len();
    let mut left = held;
    while !left.is_empty() {
        sleep(Duration::from_millis(200)).await;
        let now = listed(&*store, StateFilter::Live).await;
        if now.is_empty() && store.now().await.is_err() {
            continue;
        }
        let as_before =
            |(run, epoch): &(RunId, u64)| now.iter().any(|row| (row.0, row.1) == (*run, *epoch));
        left.retain(as_before);
    }
    (died.elapsed(), count)
}

/// What `host` holds.
async fn held_by(store: &dyn Store, host: &str) -> Vec<(RunId, u64)> {
    let rows = listed(store, StateFilter::Held).await.into_iter();
    rows.filter(|row| row.2 == host)
        .map(|row| (row.0, row.1))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes and needs PostgreSQL's programs: `cargo xtask interop store` runs it"]
async fn four_hosts_and_their_database_are_killed_again_and_again() {
    let cluster = Cluster::start();
    let dir = tempfile::tempdir().unwrap();
    let url = cluster.plain_url();
    let store = metier_store::open(&url.parse().unwrap()).await.unwrap();
    let outside = Outside::in_file(&dir.path().join("observer"));
    let runs = observer(store.clone(), outside);
    let count = how_many();
    begin(&runs, count).await;
    let person = tokio::spawn(person(store.clone(), runs.clone()));
    let began = Instant::now();
    let mut hosts = Hosts::new(&url, dir.path());
    (0..4).for_each(|_| hosts.start());

    let (mut kills, mut measured) = (0, Vec::new());
    let mut stalls = Vec::new();
    for round in 0..16u32 {
        sleep(Duration::from_millis(1_500)).await;
        if round % 5 == 3 {
            stalls.push(tokio::spawn(process::stall(
                hosts.youngest(),
                LEASE + LEASE / 2,
            )));
        }
        let (name, mut oldest) = hosts.oldest();
        oldest.kill().unwrap();
        oldest.wait().unwrap();
        kills += 1;
        let held = held_by(&*store, &name).await;
        hosts.start();
        if DATABASE_DIES.contains(&round) {
            tokio::task::block_in_place(|| {
                cluster.kill();
                cluster.restart();
            });
        } else if round > DATABASE_DIES[1] + 1 {
            // Without a database nobody can take anything over.
            measured.push(tokio::spawn(takeover(store.clone(), held)));
        }
    }
    let live = listed(&*store, StateFilter::Live).await.len();
    println!("{live} runs are alive after {:.0?}", began.elapsed());
    assert!(
        live > 0,
        "all was over before the last kill: nothing was tried"
    );
    for stall in stalls {
        stall.await.unwrap();
    }
    let mut worst = Duration::ZERO;
    let mut moved = 0;
    for takeover in measured {
        let (took, count) = takeover.await.unwrap();
        worst = worst.max(took);
        moved += count;
    }
    while !listed(&*store, StateFilter::Live).await.is_empty() || store.now().await.is_err() {
        assert!(began.elapsed() < PATIENCE, "runs are left lying");
        sleep(Duration::from_millis(200)).await;
    }
    person.abort();
    let took = began.elapsed();
    drop(hosts);
    let seen = verify::everything(&runs, &*store, dir.path(), count).await;
    println!(
        "{count} runs of {STEPS} steps in {took:.0?}, {kills} hosts and 2 databases killed, {live} runs alive at the last kill; \
         {moved} runs of dead hosts went on elsewhere within {worst:.1?}; {seen}"
    );
    assert!(
        moved > count as usize / 2,
        "hosts were killed that held nothing"
    );
    assert!(worst <= GOES_ON, "a dead host's runs waited {worst:?}");
}

fn path_of(dir: &Path, host: &str) -> std::path::PathBuf {
    dir.join(format!("{host}.world"))
}
