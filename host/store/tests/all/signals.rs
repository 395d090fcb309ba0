//! What arrives for a run: once, in order, and never without waking it.

use std::time::Duration;

use metier_store::{StoreError, types::*};

use crate::fixture::{Fixture, signal};

pub async fn a_signal_wakes_a_parked_run(f: &Fixture) {
    let claim = f.claimed().await;
    let head = f
        .store
        .append(&claim.lease, &claim.head, &f.parking(Due::OnSignal))
        .await
        .unwrap();
    assert_eq!(
        f.store.run(&claim.lease.run).await.unwrap().unwrap().state,
        RunState::Waiting
    );
    assert_eq!(f.claim("ada").await, []);
    assert!(
        f.store
            .signal(&claim.lease.run, &signal("approval/1"), b"yes")
            .await
            .unwrap()
    );
    let woken = f.claim("bob").await.remove(0);
    assert_eq!(woken.head, head);
    let inbox = f.store.inbox(&claim.lease.run).await.unwrap();
    assert_eq!(
        (inbox.len(), &inbox[0].key, &*inbox[0].body),
        (1, &signal("approval/1"), &b"yes"[..])
    );

    let far = f.parking(Due::After(Duration::from_secs(3_600)));
    let read = Batch {
        consume: vec![signal("approval/1")],
        ..far
    };
    f.store.append(&woken.lease, &head, &read).await.unwrap();
    assert_eq!(f.store.inbox(&claim.lease.run).await.unwrap(), []);
    assert_eq!(f.claim("bob").await, [], "what was read wakes nobody");
    f.store
        .signal(&claim.lease.run, &signal("cancel"), b"")
        .await
        .unwrap();
    assert_eq!(
        f.claim("bob").await.len(),
        1,
        "a signal is earlier than a timer"
    );
}

pub async fn parking_with_an_unread_inbox_is_due_at_once(f: &Fixture) {
    let claim = f.claimed().await;
    for key in ["a", "b"] {
        f.store
            .signal(&claim.lease.run, &signal(key), b"")
            .await
            .unwrap();
    }
    assert_eq!(f.claim("bob").await, [], "a held run stays with its host");
    assert_eq!(
        f.store.run(&claim.lease.run).await.unwrap().unwrap().unread,
        2
    );
    let batch = Batch {
        consume: vec![signal("a")],
        ..f.parking(Due::OnSignal)
    };
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    let claim = f.claim("bob").await.remove(0);
    let batch = Batch {
        consume: vec![signal("b")],
        ..f.parking(Due::OnSignal)
    };
    f.store.append(&claim.lease, &head, &batch).await.unwrap();
    assert_eq!(f.claim("bob").await, []);
}

pub async fn a_signal_counts_once_for_ever(f: &Fixture) {
    let claim = f.claimed().await;
    let run = claim.lease.run;
    assert!(f.store.signal(&run, &signal("a"), b"1").await.unwrap());
    assert!(!f.store.signal(&run, &signal("a"), b"1").await.unwrap());
    let error = f.store.signal(&run, &signal("a"), b"2").await.unwrap_err();
    assert!(matches!(error, StoreError::Mismatch { .. }), "{error:?}");
    let batch = Batch {
        consume: vec![signal("a")],
        ..f.parking(Due::OnSignal)
    };
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    assert!(
        !f.store.signal(&run, &signal("a"), b"1").await.unwrap(),
        "also after it was read"
    );
    assert_eq!(f.store.inbox(&run).await.unwrap(), []);
    assert_eq!(f.claim("ada").await, [], "and wakes nobody");
    f.store.signal(&run, &signal("b"), b"").await.unwrap();
    let claim = f.claim("ada").await.remove(0);
    let again = Batch {
        consume: vec![signal("a")],
        ..f.batch()
    };
    let error = f
        .store
        .append(&claim.lease, &head, &again)
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Invalid(_)),
        "it cannot be read twice: {error:?}"
    );
}

pub async fn the_inbox_is_in_order_of_arrival(f: &Fixture) {
    let claim = f.claimed().await;
    let keys = ["z", "m", "a", "q"];
    for key in keys {
        f.store
            .signal(&claim.lease.run, &signal(key), key.as_bytes())
            .await
            .unwrap();
        f.pass(Duration::from_millis(2)).await;
    }
    let inbox = f.store.inbox(&claim.lease.run).await.unwrap();
    assert!(inbox.iter().map(|entry| entry.key.as_str()).eq(keys));
    assert!(inbox.is_sorted_by_key(|entry| entry.at));
}

/// Signal and parking at the same moment, in every order they may come: the run is due or has read it.
pub async fn no_wake_up_is_lost(f: &Fixture) {
    let mut claim = f.claimed().await;
    let run = claim.lease.run;
    for round in 0..60 {
        let key = signal(&format!("s/{round}"));
        let batch = f.parking(Due::OnSignal);
        let park = f.store.append(&claim.lease, &claim.head, &batch);
        let (parked, arrived) = tokio::join!(park, f.store.signal(&run, &key, b""));
        let head = parked.unwrap();
        assert!(arrived.unwrap());
        let woken = f.claim("ada").await;
        assert_eq!(woken.len(), 1, "round {round}: the wake-up was lost");
        let read = Batch {
            consume: vec![key],
            ..f.batch()
        };
        let head = f.store.append(&woken[0].lease, &head, &read).await.unwrap();
        claim = Claim {
            head,
            ..woken[0].clone()
        };
    }
}

pub async fn a_run_that_ended_keeps_what_arrives(f: &Fixture) {
    let claim = f.claimed().await;
    f.store
        .append(&claim.lease, &claim.head, &f.ending())
        .await
        .unwrap();
    assert!(
        f.store
            .signal(&claim.lease.run, &signal("late"), b"")
            .await
            .unwrap()
    );
    assert_eq!(f.claim("ada").await, []);
    assert_eq!(f.store.inbox(&claim.lease.run).await.unwrap().len(), 1);
}
