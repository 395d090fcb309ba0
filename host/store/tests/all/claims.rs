//! Who works on what: the oldest first, each by one host, by the store's clock.

use std::{collections::BTreeSet, time::Duration};

use metier_store::types::*;

use crate::fixture::{Fixture, TTL, host, kind, pool, tenant};

async fn take(
    f: &Fixture,
    name: &str,
    serve: &[(&str, Duration)],
    max: usize,
    ttl: Duration,
) -> Vec<RunId> {
    let serve: Vec<_> = serve.iter().map(|(name, age)| (pool(name), *age)).collect();
    let claims = f.store.claim(&host(name), &serve, max, ttl).await.unwrap();
    claims.iter().map(|claim| claim.lease.run).collect()
}

pub async fn the_oldest_due_runs_are_claimed(f: &Fixture) {
    let mut runs = Vec::new();
    for _ in 0..3 {
        let labels = Labels::from([(kind("agent"), "review \"Q3\"".to_owned())]);
        let run = NewRun {
            tenant: tenant("acme"),
            labels,
            ..f.new_run()
        };
        f.store.create(&run).await.unwrap();
        f.pass(Duration::from_millis(2)).await;
        runs.push(run);
    }
    let claims = f
        .store
        .claim(&host("ada"), &[(pool("default"), Duration::ZERO)], 2, TTL)
        .await
        .unwrap();
    let mut taken: Vec<_> = claims.iter().map(|claim| claim.lease.run).collect();
    taken.sort();
    assert_eq!(taken, [runs[0].run, runs[1].run]);
    let claim = &claims[0];
    assert_eq!((claim.lease.epoch, claim.head.seq), (Epoch(1), Seq(1)));
    assert_eq!(
        (&claim.tenant, &claim.pool, &claim.labels),
        (&runs[0].tenant, &runs[0].pool, &runs[0].labels)
    );
    assert!(claim.due < claim.now);
    assert_eq!(
        take(f, "bob", &[("default", Duration::ZERO)], 9, TTL).await,
        [runs[2].run]
    );
    assert_eq!(
        take(
            f,
            "bob",
            &[("default", Duration::ZERO), ("other", Duration::ZERO)],
            9,
            TTL
        )
        .await,
        []
    );
    assert_eq!(take(f, "bob", &[], 9, TTL).await, []);
}

pub async fn pools_are_claimed_by_age(f: &Fixture) {
    let run = NewRun {
        pool: pool("frankfurt"),
        ..f.new_run()
    };
    f.store.create(&run).await.unwrap();
    assert_eq!(
        take(f, "here", &[("default", Duration::ZERO)], 9, TTL).await,
        [],
        "not its pool"
    );
    let later = [("frankfurt", f.short())];
    assert_eq!(
        take(f, "dublin", &later, 9, TTL).await,
        [],
        "left to the first site"
    );
    f.pass(2 * f.short()).await;
    assert_eq!(
        take(f, "dublin", &later, 9, TTL).await,
        [run.run],
        "the first site did not come"
    );
}

pub async fn a_lease_that_ran_out_is_claimed_by_another(f: &Fixture) {
    let run = f.new_run();
    f.store.create(&run).await.unwrap();
    let serve = [("default", Duration::ZERO)];
    assert_eq!(take(f, "ada", &serve, 9, f.short()).await, [run.run]);
    assert_eq!(take(f, "bob", &serve, 9, TTL).await, []);
    f.pass(2 * f.short()).await;
    assert_eq!(take(f, "bob", &serve, 9, TTL).await, [run.run]);
    let row = f.store.run(&run.run).await.unwrap().unwrap();
    assert_eq!(row.epoch, Epoch(2));
    assert!(matches!(row.state, RunState::Held { host: by, .. } if by == host("bob")));
}

pub async fn renewing_tells_what_is_still_held(f: &Fixture) {
    let [kept, lost, parked] = [f.claimed().await, f.claimed().await, f.claimed().await];
    f.store.release(&lost.lease).await.unwrap();
    assert_eq!(f.claim("bob").await.len(), 1);
    f.store
        .append(&parked.lease, &parked.head, &f.parking(Due::OnSignal))
        .await
        .unwrap();
    let leases = [kept.lease, lost.lease, parked.lease];
    assert_eq!(
        f.store.renew(&host("ada"), &leases, TTL).await.unwrap(),
        [kept.lease.run]
    );
    assert_eq!(
        f.store.renew(&host("bob"), &leases, TTL).await.unwrap(),
        [],
        "another host's lease"
    );
    assert_eq!(
        f.store
            .renew(&host("ada"), &[kept.lease], f.short())
            .await
            .unwrap(),
        [kept.lease.run]
    );
    f.pass(2 * f.short()).await;
    assert_eq!(
        f.store
            .renew(&host("ada"), &[kept.lease], TTL)
            .await
            .unwrap(),
        [kept.lease.run],
        "nobody took it"
    );
    assert_eq!(f.claim("bob").await, [], "and it lasts again");
}

pub async fn a_released_run_is_due_at_once(f: &Fixture) {
    let claim = f.claimed().await;
    f.store.release(&claim.lease).await.unwrap();
    let heir = f.claim("bob").await.remove(0);
    assert_eq!(
        heir.lease,
        Lease {
            run: claim.lease.run,
            epoch: Epoch(2)
        }
    );
    f.store.release(&claim.lease).await.unwrap();
    assert_eq!(f.claim("eve").await, [], "a lost lease gives nothing away");
}

pub async fn a_timer_is_due_when_it_says(f: &Fixture) {
    let claim = f.claimed().await;
    let now = f.store.now().await.unwrap();
    let head = f
        .store
        .append(
            &claim.lease,
            &claim.head,
            &f.parking(Due::At(now.after(2 * f.short()))),
        )
        .await
        .unwrap();
    assert_eq!(f.claim("ada").await, []);
    f.pass(3 * f.short()).await;
    let claim = f.claim("ada").await.remove(0);
    assert_eq!(claim.due, now.after(2 * f.short()));
    f.store
        .append(&claim.lease, &head, &f.parking(Due::After(f.short())))
        .await
        .unwrap();
    assert_eq!(f.claim("ada").await, []);
    f.pass(2 * f.short()).await;
    assert_eq!(f.claim("ada").await.len(), 1);
    let later = NewRun {
        due: Due::After(f.short()),
        ..f.new_run()
    };
    f.store.create(&later).await.unwrap();
    assert_eq!(f.claim("ada").await, []);
    f.pass(2 * f.short()).await;
    assert_eq!(f.claim("ada").await.len(), 1, "a new run may wait, too");
}

pub async fn no_run_is_claimed_twice(f: &Fixture) {
    const RUNS: usize = 120;
    for _ in 0..RUNS {
        f.store.create(&f.new_run()).await.unwrap();
    }
    let mut tasks = Vec::new();
    for host_number in 0..8 {
        let store = f.store.clone();
        tasks.push(tokio::spawn(async move {
            let (host, serve) = (
                host(&format!("host-{host_number}")),
                [(pool("default"), Duration::ZERO)],
            );
            let mut taken = Vec::new();
            loop {
                let claims = store.claim(&host, &serve, 4, TTL).await.unwrap();
                if claims.is_empty() {
                    return taken;
                }
                taken.extend(claims.into_iter().map(|claim| claim.lease));
            }
        }));
    }
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.unwrap());
    }
    // SKIP LOCKED may leave what another looked at in that moment.
    all.extend(f.claim("last").await.into_iter().map(|claim| claim.lease));
    let distinct: BTreeSet<_> = all.iter().map(|lease| lease.run).collect();
    assert_eq!((all.len(), distinct.len()), (RUNS, RUNS));
    assert!(all.iter().all(|lease| lease.epoch == Epoch(1)));
}

pub async fn hints_name_the_pool(f: &Fixture) {
    let mut hints = f.store.hints();
    // A listener on another machine needs a moment to be there; hints may be lost until then.
    for _ in 0..100 {
        f.store
            .create(&NewRun {
                pool: pool("eu"),
                ..f.new_run()
            })
            .await
            .unwrap();
        if let Ok(hint) = tokio::time::timeout(Duration::from_millis(50), hints.next()).await {
            assert_eq!(hint, Some(pool("eu")));
            return;
        }
    }
    panic!("no hint came");
}
