//! A standby takes the server's place while runs go on.

use std::{sync::Arc, time::Duration};

use metier_store::{Store, StoreError, types::*};

use crate::{
    cluster::Cluster,
    fixture::{Fixture, on},
};

/// Runs that write at the same time.
const RUNS: usize = 8;

/// A server and the standby that follows it.
async fn pair() -> (Cluster, Cluster, Fixture) {
    let server = Cluster::start();
    let standby = server.standby();
    let url = server.url_of_either(&standby);
    let store = metier_store::open(&url.parse().unwrap()).await.unwrap();
    (server, standby, Fixture::over(store))
}

async fn claims(f: &Fixture) -> Vec<Claim> {
    for _ in 0..RUNS {
        f.store.create(&f.new_run()).await.unwrap();
    }
    f.claim("ada").await
}

/// Appends without end, the same operation until there is an answer; gives back what was acknowledged, once there were `more` appends
/// after the first that failed.
async fn write(store: Arc<dyn Store>, claim: Claim, more: usize) -> Vec<Head> {
    let (mut heads, mut since) = (vec![claim.head], None);
    for number in 1u128.. {
        let head = *heads.last().unwrap();
        let batch = Batch::of(OpId::new(number), vec![crate::fixture::event("step", "{}")]);
        loop {
            match store.append(&claim.lease, &head, &batch).await {
                Ok(next) => break heads.push(next),
                Err(error) => assert!(error.is_worth_retrying(), "{error:?}"),
            }
            since.get_or_insert(heads.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        if since.is_some_and(|since| heads.len() >= since + more) {
            break;
        }
    }
    heads
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
async fn postgres_promoted_to_its_synchronous_standby_loses_nothing() {
    let (server, standby, f) = pair().await;
    on(
        &server,
        "ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()",
    )
    .await;
    let claims = claims(&f).await;
    let writers: Vec<_> = claims
        .iter()
        .map(|claim| tokio::spawn(write(f.store.clone(), claim.clone(), 5)))
        .collect();
    tokio::time::sleep(Duration::from_secs(1)).await;
    tokio::task::block_in_place(|| {
        server.kill();
        standby.promote();
    });
    for (writer, claim) in writers.into_iter().zip(&claims) {
        let heads = writer.await.unwrap();
        let events = f.store.read(&claim.lease.run, Seq(1), 1_000).await.unwrap();
        let hashes: Vec<ChainHash> = events.iter().map(|event| event.hash).collect();
        let acknowledged: Vec<ChainHash> = heads.iter().map(|head| head.hash).collect();
        assert_eq!(hashes, acknowledged);
        assert!(hashes.len() > 10, "{} events are no load", hashes.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
async fn postgres_promoted_to_a_standby_that_was_behind_is_noticed() {
    let (server, standby, f) = pair().await;
    let claim = f.claimed().await;
    let early = f
        .store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap();
    // It has to have arrived there before the standby hears no more.
    tokio::time::sleep(Duration::from_secs(2)).await;
    on(
        &standby,
        "ALTER SYSTEM SET primary_conninfo = ''; SELECT pg_reload_conf()",
    )
    .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let late = f
        .store
        .append(&claim.lease, &early, &f.batch())
        .await
        .unwrap();
    tokio::task::block_in_place(|| {
        server.kill();
        standby.promote();
    });
    let batch = f.batch();
    let lost = loop {
        match f.store.append(&claim.lease, &late, &batch).await {
            Err(error) if error.is_worth_retrying() => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => break other.unwrap_err(),
        }
    };
    assert!(
        matches!(lost, StoreError::Rewound { head } if head == early.seq),
        "{lost:?}"
    );
}
