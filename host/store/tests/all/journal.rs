//! Histories: in order, once, by one writer, unchanged.

use std::time::Duration;

use metier_store::{StoreError, extend, genesis, types::*};

use crate::fixture::{Fixture, TTL, event, host, pool, tenant};

pub async fn a_run_is_made_once(f: &Fixture) {
    let run = f.new_run();
    let head = f.store.create(&run).await.unwrap();
    assert_eq!(head, extend(&genesis(run.run, &run.tenant), &run.events)[0]);
    assert_eq!(
        f.store.create(&run).await.unwrap(),
        head,
        "the same again is a success"
    );
    let claim = f.claim("ada").await.remove(0);
    assert_eq!((claim.lease.run, claim.head), (run.run, head));
    f.store
        .append(&claim.lease, &head, &f.batch())
        .await
        .unwrap();
    assert_eq!(
        f.store.create(&run).await.unwrap(),
        head,
        "also when it has gone on"
    );

    let more = NewRun {
        events: vec![event("started", "{}"), event("more", "")],
        ..run.clone()
    };
    let other = NewRun {
        events: vec![event("started", "{\"x\":1}")],
        ..run.clone()
    };
    let others = NewRun {
        tenant: tenant("acme"),
        ..run.clone()
    };
    for run in [more, other, others] {
        let error = f.store.create(&run).await.unwrap_err();
        assert!(matches!(error, StoreError::Exists), "{error:?}");
    }
}

pub async fn events_are_read_as_written(f: &Fixture) {
    let claim = f.claimed().await;
    let mut head = claim.head;
    let mut written = vec![event("started", "{}")];
    for size in [1, 2, 30] {
        let body = |i: usize| event("step", &format!("{{\"n\":{i},\"größe\":\"\\u0000\"}}"));
        let batch = Batch::of(f.op(), (0..size).map(body).collect());
        let before = f.store.now().await.unwrap();
        head = f.store.append(&claim.lease, &head, &batch).await.unwrap();
        let events = f.store.read(&claim.lease.run, head.seq, 1).await.unwrap();
        assert!(events[0].at >= before, "the time is the store's");
        written.extend(batch.events);
    }
    assert_eq!(head.seq, Seq(34));
    let all = f.store.read(&claim.lease.run, Seq(1), 1_000).await.unwrap();
    let read: Vec<_> = all
        .iter()
        .map(|e| NewEvent {
            kind: e.kind.clone(),
            body: e.body.clone(),
        })
        .collect();
    assert_eq!(read, written);
    assert!(all.iter().map(|e| e.seq.0).eq(1..=34));
    assert_eq!(all.last().unwrap().hash, head.hash);

    let run = claim.lease.run;
    let part = f.store.read(&run, Seq(3), 5).await.unwrap();
    assert_eq!(part, all[2..7]);
    assert_eq!(f.store.read(&run, Seq(35), 5).await.unwrap(), []);
    assert_eq!(f.store.read(&run, Seq(99), 5).await.unwrap(), []);
}

pub async fn the_same_operation_again_is_a_success(f: &Fixture) {
    let claim = f.claimed().await;
    let first = Batch::of(f.op(), vec![event("a", ""), event("b", "")]);
    let head = f
        .store
        .append(&claim.lease, &claim.head, &first)
        .await
        .unwrap();
    assert_eq!(
        f.store
            .append(&claim.lease, &claim.head, &first)
            .await
            .unwrap(),
        head
    );
    let second = f.parking(Due::Now);
    let end = f.store.append(&claim.lease, &head, &second).await.unwrap();
    assert_eq!(
        f.store
            .append(&claim.lease, &claim.head, &first)
            .await
            .unwrap(),
        head,
        "also late"
    );
    assert_eq!(
        f.store.append(&claim.lease, &head, &second).await.unwrap(),
        end,
        "also when parked"
    );
    let other = f.claim("bob").await.remove(0);
    assert_eq!(
        f.store.append(&claim.lease, &head, &second).await.unwrap(),
        end,
        "also when fenced"
    );
    let last = f.ending();
    let done = f.store.append(&other.lease, &end, &last).await.unwrap();
    assert_eq!(
        f.store.append(&other.lease, &end, &last).await.unwrap(),
        done,
        "also when ended"
    );
    let events = f.store.read(&claim.lease.run, Seq(1), 100).await.unwrap();
    assert_eq!(events.len() as u64, done.seq.0, "nothing was written twice");
}

pub async fn the_same_operation_with_other_events_is_a_mismatch(f: &Fixture) {
    let claim = f.claimed().await;
    let batch = f.batch();
    f.store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    let longer = vec![batch.events[0].clone(), event("step", "")];
    for events in [vec![event("step", "{}")], longer] {
        let other = Batch {
            events,
            ..batch.clone()
        };
        let error = f
            .store
            .append(&claim.lease, &claim.head, &other)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Mismatch { .. }), "{error:?}");
    }
}

pub async fn another_operation_at_that_place_is_a_conflict(f: &Fixture) {
    let claim = f.claimed().await;
    f.store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap();
    let error = f
        .store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Conflict { head: 2 }),
        "{error:?}"
    );
}

/// The zombie: it holds the right head and lost the run a moment ago.
pub async fn a_stale_epoch_cannot_write(f: &Fixture) {
    let zombie = f.claimed().await;
    f.store.release(&zombie.lease).await.unwrap();
    let heir = f.claim("ada").await.remove(0);
    assert_eq!(
        heir.lease.epoch,
        Epoch(2),
        "the same host, restarted, is somebody else"
    );
    for batch in [f.batch(), f.parking(Due::Now), f.ending()] {
        let error = f
            .store
            .append(&zombie.lease, &zombie.head, &batch)
            .await
            .unwrap_err();
        assert!(
            matches!(error, StoreError::Fenced { epoch: Epoch(2) }),
            "{error:?}"
        );
    }
    f.store
        .append(&heir.lease, &heir.head, &f.batch())
        .await
        .unwrap();
    let error = f
        .store
        .append(&zombie.lease, &zombie.head, &f.batch())
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Fenced { .. }),
        "fenced comes before conflict: {error:?}"
    );
    assert_eq!(
        f.store
            .read(&heir.lease.run, Seq(1), 100)
            .await
            .unwrap()
            .len(),
        2
    );
}

pub async fn a_lease_that_ran_out_still_writes(f: &Fixture) {
    let run = f.new_run();
    f.store.create(&run).await.unwrap();
    let serve = [(pool("default"), Duration::ZERO)];
    let short = f.short();
    let claim = f
        .store
        .claim(&host("ada"), &serve, 1, short)
        .await
        .unwrap()
        .remove(0);
    f.pass(2 * short).await;
    f.store
        .append(&claim.lease, &claim.head, &f.batch())
        .await
        .unwrap();
    let heir = f.claim("bob").await.remove(0);
    assert_eq!(heir.head.seq, Seq(2));
}

pub async fn a_lease_that_was_given_up_cannot_write(f: &Fixture) {
    let parked = f.claimed().await;
    let head = f
        .store
        .append(&parked.lease, &parked.head, &f.parking(Due::OnSignal))
        .await
        .unwrap();
    let released = f.claimed().await;
    f.store.release(&released.lease).await.unwrap();
    for (lease, head) in [(parked.lease, head), (released.lease, released.head)] {
        let error = f.store.append(&lease, &head, &f.batch()).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Fenced { epoch: Epoch(1) }),
            "{error:?}"
        );
    }
}

pub async fn a_run_that_ended_cannot_be_written(f: &Fixture) {
    let claim = f.claimed().await;
    let head = f
        .store
        .append(&claim.lease, &claim.head, &f.ending())
        .await
        .unwrap();
    let error = f
        .store
        .append(&claim.lease, &head, &f.batch())
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Fenced { .. }), "{error:?}");
    f.pass(Duration::from_millis(100)).await;
    assert_eq!(f.claim("bob").await, [], "nobody is given it again");
    assert_eq!(
        f.store
            .renew(&host("ada"), &[claim.lease], TTL)
            .await
            .unwrap(),
        []
    );
}

pub async fn lost_history_is_noticed(f: &Fixture) {
    let claim = f.claimed().await;
    let ahead = extend(&claim.head, &[event("acknowledged", "once")])[0];
    let elsewhere = Head {
        hash: [7; 32],
        ..claim.head
    };
    for head in [ahead, elsewhere] {
        let error = f
            .store
            .append(&claim.lease, &head, &f.batch())
            .await
            .unwrap_err();
        assert!(
            matches!(error, StoreError::Rewound { head: Seq(1) }),
            "{error:?}"
        );
    }
    let lease = Lease {
        epoch: Epoch(9),
        ..claim.lease
    };
    let error = f
        .store
        .append(&lease, &claim.head, &f.batch())
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Rewound { .. }),
        "a claim was lost: {error:?}"
    );
}

pub async fn damaged_events_are_noticed(f: &Fixture) {
    let changes = [
        ("UPDATE events SET body = hash WHERE seq = 3", 3),
        ("UPDATE events SET kind = 'x' WHERE seq = 3", 3),
        (
            "UPDATE events SET hash = (SELECT head_hash FROM runs WHERE runs.run = events.run) WHERE seq = 3",
            3,
        ),
        ("DELETE FROM events WHERE seq = 3", 3),
        ("DELETE FROM events WHERE seq = 4", 4),
        ("DELETE FROM events", 1),
    ];
    for (sql, at) in changes {
        let claim = f.claimed().await;
        let batch = Batch::of(
            f.op(),
            vec![event("a", "1"), event("b", "2"), event("c", "3")],
        );
        f.store
            .append(&claim.lease, &claim.head, &batch)
            .await
            .unwrap();
        let run = claim.lease.run;
        assert_eq!(f.store.read(&run, Seq(1), 100).await.unwrap().len(), 4);
        let only = if sql.contains("WHERE") {
            "AND"
        } else {
            "WHERE"
        };
        if !f.damage(&format!("{sql} {only} run = '{run}'")).await {
            return;
        }
        let error = f.store.read(&run, Seq(1), 100).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupt { seq, .. } if seq == Seq(at)),
            "{sql}: {error:?}"
        );
        let error = f.store.read(&run, Seq(at), 100).await.unwrap_err();
        assert!(
            matches!(error, StoreError::Corrupt { .. }),
            "also from there on: {sql}: {error:?}"
        );
    }
}

pub async fn of_many_writers_one_wins_each_place(f: &Fixture) {
    let claim = f.claimed().await;
    let mut head = claim.head;
    for _ in 0..10 {
        let batches: Vec<_> = (0..4)
            .map(|i| Batch::of(f.op(), vec![event("try", &i.to_string())]))
            .collect();
        let tries = batches
            .iter()
            .map(|batch| f.store.append(&claim.lease, &head, batch));
        let results = futures::future::join_all(tries).await;
        let won: Vec<_> = results
            .iter()
            .filter_map(|result| result.as_ref().ok())
            .collect();
        assert_eq!(won.len(), 1, "{results:?}");
        let lost = results
            .iter()
            .filter(|r| matches!(r, Err(StoreError::Conflict { .. })))
            .count();
        assert_eq!(lost, 3, "{results:?}");
        head = *won[0];
    }
    assert_eq!(
        f.store
            .read(&claim.lease.run, Seq(1), 100)
            .await
            .unwrap()
            .len(),
        11
    );
}
