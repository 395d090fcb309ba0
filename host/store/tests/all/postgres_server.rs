//! What only a server can show: settings that would lose writes, restarts, TLS, hosts that start at the same time.

use std::time::Duration;

use metier_store::{Refusal, StoreError, StoreUrl, types::*};

use crate::{
    cluster::Cluster,
    fixture::{Fixture, on, signal, sql},
};

fn refusal<T: std::fmt::Debug>(result: Result<T, StoreError>) -> Refusal {
    match result {
        Err(StoreError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

async fn open(cluster: &Cluster) -> Result<Fixture, StoreError> {
    let url: StoreUrl = cluster.plain_url().parse().unwrap();
    metier_store::open(&url).await.map(Fixture::over)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
async fn a_server_that_loses_writes_is_refused_with_the_line_to_change() {
    for setting in ["fsync", "full_page_writes", "synchronous_commit"] {
        let cluster = Cluster::with(&[&format!("{setting}=off")]);
        let text = refusal(open(&cluster).await.map(drop)).to_string();
        assert!(
            text.contains(&format!("`{setting}` is `off`; set `{setting} = on`")),
            "{text}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
async fn settings_changed_under_load_are_noticed() {
    let cluster = Cluster::start();
    let f = open(&cluster).await.unwrap();
    let claim = f.claimed().await;
    let head = f
        .store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap();
    for setting in ["synchronous_commit", "fsync", "full_page_writes"] {
        on(
            &cluster,
            &format!("ALTER SYSTEM SET {setting} = off; SELECT pg_reload_conf()"),
        )
        .await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        let refused = [
            refusal(
                f.store
                    .append(&claim.lease, &head, &f.batch())
                    .await
                    .map(drop),
            ),
            refusal(f.store.create(&f.new_run()).await.map(drop)),
            refusal(
                f.store
                    .signal(&claim.lease.run, &signal(setting), b"")
                    .await
                    .map(drop),
            ),
            refusal(
                f.store
                    .put(
                        &"k".parse().unwrap(),
                        &"k".parse().unwrap(),
                        Expect::Any,
                        None,
                        None,
                    )
                    .await
                    .map(drop),
            ),
            refusal(f.store.check(false).await),
        ];
        for refusal in refused {
            assert!(
                matches!(&refusal, Refusal::NotDurable { setting: named, .. } if named == setting),
                "{refusal:?}"
            );
        }
        on(
            &cluster,
            &format!("ALTER SYSTEM RESET {setting}; SELECT pg_reload_conf()"),
        )
        .await;
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    f.store
        .append(&claim.lease, &head, &f.batch())
        .await
        .expect("nothing was written meanwhile, and it goes on");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
async fn work_goes_on_after_a_restart() {
    let cluster = Cluster::start();
    let f = open(&cluster).await.unwrap();
    let claim = f.claimed().await;
    let head = f
        .store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap();
    cluster.kill();
    let batch = f.batch();
    let error = f
        .store
        .append(&claim.lease, &head, &batch)
        .await
        .unwrap_err();
    assert!(error.is_worth_retrying(), "{error:?}");
    let again = f
        .store
        .append(&claim.lease, &head, &batch)
        .await
        .unwrap_err();
    assert!(
        matches!(again, StoreError::Unavailable(_)),
        "nobody is there, so nothing was applied: {again:?}"
    );
    cluster.restart();
    let mut head = f
        .store
        .append(&claim.lease, &head, &batch)
        .await
        .expect("every old connection is thrown away");
    for _ in 0..20 {
        head = f
            .store
            .append(&claim.lease, &head, &f.batch())
            .await
            .unwrap();
    }
    assert_eq!(
        f.store
            .read(&claim.lease.run, Seq(1), 100)
            .await
            .unwrap()
            .len() as u64,
        head.seq.0
    );
    crate::claims::hints_name_the_pool(&f).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
async fn hosts_that_start_together_make_the_tables_once() {
    sql("CREATE SCHEMA together").await;
    let url: StoreUrl = crate::cluster::SHARED.url("together").parse().unwrap();
    let stores = futures::future::join_all((0..6).map(|_| metier_store::open(&url))).await;
    let stores: Vec<_> = stores
        .into_iter()
        .map(|store| Fixture::over(store.unwrap()))
        .collect();
    let claim = stores[0].claimed().await;
    assert_eq!(
        stores[5]
            .store
            .run(&claim.lease.run)
            .await
            .unwrap()
            .unwrap()
            .head,
        Seq(1)
    );
    sql("INSERT INTO together.metier_schema VALUES (99, now())").await;
    let newer = refusal(metier_store::open(&url).await.map(drop));
    assert_eq!(
        newer,
        Refusal::Newer {
            found: 99,
            known: 1
        }
    );
}

#[tokio::test]
async fn an_address_where_nobody_is_is_unavailable() {
    let url: StoreUrl = "postgres://nobody:secret@127.0.0.1:1/none".parse().unwrap();
    let error = metier_store::open(&url).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(
        !format!("{error:?} {error}").contains("secret"),
        "{error:?}"
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_without_its_password() {
    for text in [
        "postgres://u:secret@h:x/d",
        "postgres://u:secret@h/d?nonsense=1",
        "postgres://u:secret@h/d?sslmode=perhaps",
    ] {
        let refusal = refusal(metier_store::open(&text.parse().unwrap()).await.map(drop));
        assert!(!format!("{refusal:?}").contains("secret"), "{refusal:?}");
        assert!(refusal.to_string().contains("percent-encoded"), "{refusal}");
    }
    let missing = "postgres://u@h/d?sslmode=require&sslrootcert=%2Fnot%2Fthere.pem";
    let error = metier_store::open(&missing.parse().unwrap())
        .await
        .unwrap_err();
    assert!(error.to_string().contains("/not/there.pem"), "{error}");
}
