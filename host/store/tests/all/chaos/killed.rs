//! The tests: hosts and databases are killed while runs go on.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: `cargo xtask interop store` runs it"]
async fn a_host_on_sqlite_is_killed_again_and_again() {
    const RUNS: u64 = 40;
    const STEPS: u64 = 40;
    let dir = tempfile::tempdir().unwrap();
    let notes = dir.path().join("notes");
    fs::create_dir(&notes).unwrap();
    let url = format!("sqlite:{}", dir.path().join("runs.db").display());
    prepare(
        metier_store::open(&url.parse().unwrap()).await.unwrap(),
        RUNS,
        STEPS,
    )
    .await;
    let mut hosts = Hosts {
        url: url.clone(),
        steps: STEPS,
        notes: &notes,
        running: vec![],
        started: 0,
    };
    hosts.start();
    for _ in 0..12 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        hosts.replace_one();
    }
    hosts.stall_one().await;
    hosts.wait().await;
    let store = metier_store::open(&url.parse().unwrap()).await.unwrap();
    store.check(true).await.unwrap();
    verify(store, &notes, RUNS, STEPS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute: `cargo xtask interop store` runs it"]
async fn four_hosts_and_their_server_are_killed_again_and_again() {
    const RUNS: u64 = 400;
    const STEPS: u64 = 40;
    let cluster = Cluster::start();
    let dir = tempfile::tempdir().unwrap();
    let notes = dir.path();
    let url = cluster.plain_url();
    let store = metier_store::open(&url.parse().unwrap()).await.unwrap();
    prepare(store.clone(), RUNS, STEPS).await;
    let watching = tokio::spawn(watch(store.clone()));
    let mut hosts = Hosts {
        url,
        steps: STEPS,
        notes,
        running: vec![],
        started: 0,
    };
    (0..4).for_each(|_| hosts.start());
    for round in 0..16 {
        tokio::time::sleep(Duration::from_millis(700)).await;
        hosts.replace_one();
        if round == 4 || round == 10 {
            cluster.kill();
            tokio::time::sleep(Duration::from_millis(500)).await;
            cluster.restart();
        }
        if round % 5 == 2 {
            hosts.stall_one().await;
        }
    }
    hosts.wait().await;
    watching.abort();
    assert!(
        watching.await.unwrap_err().is_cancelled(),
        "the cap was exceeded on the way"
    );
    verify(store, notes, RUNS, STEPS).await;
}

/// The cap holds at every moment.
async fn watch(store: Arc<dyn Store>) {
    loop {
        if let Ok(budget) = store.budget(&TenantId::local(), &name("agent")).await {
            assert!(budget.available() >= Some(NanoDollars(0)), "{budget:?}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
