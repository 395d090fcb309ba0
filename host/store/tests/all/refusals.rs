//! What cannot be, cannot be asked for.

use metier_core::ids::TenantId;
use metier_store::{StoreError, limits::*, types::*};

use crate::fixture::{Fixture, event, key, kind, name, signal};

fn invalid<T: std::fmt::Debug>(result: Result<T, StoreError>) {
    assert!(matches!(result, Err(StoreError::Invalid(_))), "{result:?}");
}

pub async fn what_is_too_large_is_refused(f: &Fixture) {
    let claim = f.claimed().await;
    let body = |bytes: usize| NewEvent {
        kind: kind("big"),
        body: vec![b'x'; bytes],
    };
    let line = |memo: usize| LedgerLine {
        account: name("a"),
        amount: NanoDollars(1),
        memo: "x".repeat(memo),
    };
    let fits = Batch {
        events: vec![body(MAX_EVENT_BYTES); MAX_BATCH_BYTES / MAX_EVENT_BYTES],
        ledger: vec![line(MAX_MEMO_BYTES); MAX_BATCH_LINES],
        ..f.batch()
    };
    let head = f
        .store
        .append(&claim.lease, &claim.head, &fits)
        .await
        .unwrap();
    let too_large = [
        Batch {
            events: vec![],
            ..f.batch()
        },
        Batch {
            events: vec![body(MAX_EVENT_BYTES + 1)],
            ..f.batch()
        },
        Batch {
            events: vec![event("x", ""); MAX_BATCH_EVENTS + 1],
            ..f.batch()
        },
        Batch {
            events: vec![body(MAX_EVENT_BYTES); MAX_BATCH_BYTES / MAX_EVENT_BYTES + 1],
            ..f.batch()
        },
        Batch {
            audit: vec![vec![0; MAX_BATCH_BYTES]],
            ..f.batch()
        },
        Batch {
            audit: vec![vec![]; MAX_BATCH_LINES + 1],
            ..f.batch()
        },
        Batch {
            ledger: vec![line(0); MAX_BATCH_LINES + 1],
            ..f.batch()
        },
        Batch {
            ledger: vec![line(MAX_MEMO_BYTES + 1)],
            ..f.batch()
        },
        Batch {
            consume: vec![signal("a"), signal("a")],
            ..f.batch()
        },
    ];
    for batch in too_large {
        invalid(f.store.append(&claim.lease, &head, &batch).await);
    }
    let labels = |count: usize| {
        (0..count)
            .map(|i| (kind(&format!("l{i}")), String::new()))
            .collect()
    };
    f.store
        .create(&NewRun {
            labels: labels(MAX_LABELS),
            ..f.new_run()
        })
        .await
        .unwrap();
    invalid(
        f.store
            .create(&NewRun {
                labels: labels(MAX_LABELS + 1),
                ..f.new_run()
            })
            .await,
    );
    let long = Labels::from([(kind("l"), "x".repeat(MAX_LABEL_BYTES + 1))]);
    invalid(
        f.store
            .create(&NewRun {
                labels: long,
                ..f.new_run()
            })
            .await,
    );
    invalid(
        f.store
            .create(&NewRun {
                events: vec![],
                ..f.new_run()
            })
            .await,
    );
    invalid(
        f.store
            .create(&NewRun {
                caps: vec![(name("a"), NanoDollars(-1))],
                ..f.new_run()
            })
            .await,
    );
    invalid(
        f.store
            .signal(
                &claim.lease.run,
                &signal("s"),
                &vec![0; MAX_SIGNAL_BYTES + 1],
            )
            .await,
    );
    let value = vec![0; MAX_ENTRY_BYTES + 1];
    invalid(
        f.store
            .put(&kind("k"), &key("k"), Expect::Any, Some(&value), None)
            .await,
    );
    let memo = Memo {
        id: key("m"),
        text: "x".repeat(MAX_MEMORY_BYTES + 1),
        tags: vec![],
        at: Time(0),
    };
    invalid(f.store.save(&TenantId::local(), &key("s"), &memo).await);
    let nul = Memo {
        text: "a\0b".into(),
        ..memo
    };
    invalid(f.store.save(&TenantId::local(), &key("s"), &nul).await);
}

pub async fn nothing_of_a_refused_batch_stays(f: &Fixture) {
    let claim = f.claimed().await;
    f.store
        .signal(&claim.lease.run, &signal("there"), b"")
        .await
        .unwrap();
    let line = LedgerLine {
        account: name("a"),
        amount: NanoDollars(1),
        memo: String::new(),
    };
    let reserve = BudgetMove::Reserve {
        account: name("a"),
        key: key("r"),
        amount: NanoDollars(1),
    };
    let batch = Batch {
        ledger: vec![line],
        audit: vec![b"{}".into()],
        budget: vec![reserve],
        consume: vec![signal("there"), signal("never")],
        ..f.ending()
    };
    invalid(f.store.append(&claim.lease, &claim.head, &batch).await);
    assert_eq!(
        f.store
            .read(&claim.lease.run, Seq(1), 9)
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        f.store.total(&TenantId::local()).await.unwrap(),
        NanoDollars(0)
    );
    assert_eq!(f.budget("a").await, (None, 0, 0));
    assert_eq!(
        f.store.audit(&claim.lease.run, Seq(0), 9).await.unwrap(),
        []
    );
    assert_eq!(f.store.inbox(&claim.lease.run).await.unwrap().len(), 1);
    let row = f.store.run(&claim.lease.run).await.unwrap().unwrap();
    assert!(matches!(row.state, RunState::Held { .. }), "{row:?}");
    assert_eq!(row.unread, 1);
}

pub async fn what_is_not_there_is_said_so(f: &Fixture) {
    let claim = f.claimed().await;
    let nobody = RunId::new(u128::MAX);
    let lease = Lease {
        run: nobody,
        ..claim.lease
    };
    let append = f
        .store
        .append(&lease, &claim.head, &f.batch())
        .await
        .map(drop);
    let read = f.store.read(&nobody, Seq(1), 1).await.map(drop);
    let signalled = f.store.signal(&nobody, &signal("s"), b"").await.map(drop);
    for result in [append, read, signalled] {
        assert!(
            matches!(result, Err(StoreError::NotFound { .. })),
            "{result:?}"
        );
    }
    assert_eq!(f.store.inbox(&nobody).await.unwrap(), []);
    f.store.release(&lease).await.unwrap();
}
