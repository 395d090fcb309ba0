//! Money set aside: settled + reserved never exceeds a cap, and nothing stays set aside for a run that has ended.

use metier_core::ids::TenantId;
use metier_store::{StoreError, types::*};

use crate::fixture::{Fixture, event, key, name};

fn reserve(account: &str, what: &str, amount: i64) -> BudgetMove {
    BudgetMove::Reserve {
        account: name(account),
        key: key(what),
        amount: NanoDollars(amount),
    }
}

fn settle(account: &str, what: &str, actual: i64) -> BudgetMove {
    BudgetMove::Settle {
        account: name(account),
        key: key(what),
        actual: NanoDollars(actual),
    }
}

fn release(account: &str, what: &str) -> BudgetMove {
    BudgetMove::Release {
        account: name(account),
        key: key(what),
    }
}

fn moving(f: &Fixture, budget: Vec<BudgetMove>) -> Batch {
    Batch {
        budget,
        ..f.batch()
    }
}

pub async fn a_reservation_is_settled_or_released(f: &Fixture) {
    f.set_cap("agent", Some(100)).await;
    let claim = f.claimed().await;
    let batch = moving(
        f,
        vec![
            reserve("agent", "a", 60),
            reserve("agent", "b", 40),
            reserve("free", "a", 7),
        ],
    );
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    assert_eq!(f.budget("agent").await, (Some(100), 0, 100));
    assert_eq!(
        f.budget("free").await,
        (None, 0, 7),
        "an account without a cap counts, too"
    );
    f.store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    assert_eq!(
        f.budget("agent").await,
        (Some(100), 0, 100),
        "the same operation reserves once"
    );
    let batch = moving(
        f,
        vec![
            settle("agent", "a", 55),
            release("agent", "b"),
            settle("free", "a", 9),
        ],
    );
    let head = f.store.append(&claim.lease, &head, &batch).await.unwrap();
    assert_eq!(f.budget("agent").await, (Some(100), 55, 0));
    assert_eq!(f.budget("free").await, (None, 9, 0));
    let batch = moving(f, vec![reserve("agent", "a", 45)]);
    f.store.append(&claim.lease, &head, &batch).await.unwrap();
    assert_eq!(
        f.budget("agent").await,
        (Some(100), 55, 45),
        "to the last nano-dollar"
    );
    assert_eq!(f.budget("unused").await, (None, 0, 0));
}

pub async fn over_the_cap_nothing_of_the_batch_is_applied(f: &Fixture) {
    f.set_cap("agent", Some(100)).await;
    let claim = f.claimed().await;
    let line = LedgerLine {
        account: name("x"),
        amount: NanoDollars(1),
        memo: String::new(),
    };
    let batch = Batch {
        ledger: vec![line],
        audit: vec![b"{}".into()],
        next: Next::Park { due: Due::OnSignal },
        ..moving(
            f,
            vec![
                reserve("other", "a", 1),
                reserve("agent", "a", 70),
                reserve("agent", "b", 31),
            ],
        )
    };
    let error = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap_err();
    let StoreError::OverBudget { account, available } = error else {
        panic!("{error:?}")
    };
    assert_eq!((account, available), (name("agent"), NanoDollars(100)));
    assert_eq!(
        (f.budget("agent").await, f.budget("other").await),
        ((Some(100), 0, 0), (None, 0, 0))
    );
    assert_eq!(
        f.store.total(&TenantId::local()).await.unwrap(),
        NanoDollars(0)
    );
    assert_eq!(
        f.store.audit(&claim.lease.run, Seq(0), 9).await.unwrap(),
        []
    );
    let batch = moving(f, vec![reserve("agent", "a", 100)]);
    f.store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .expect("still held, at the same head");
}

pub async fn settling_more_than_reserved_has_to_fit(f: &Fixture) {
    f.set_cap("agent", Some(100)).await;
    let claim = f.claimed().await;
    let batch = moving(f, vec![reserve("agent", "a", 60)]);
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    let error = f
        .store
        .append(
            &claim.lease,
            &head,
            &moving(f, vec![settle("agent", "a", 101)]),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::OverBudget {
                available: NanoDollars(40),
                ..
            }
        ),
        "{error:?}"
    );
    f.store
        .append(
            &claim.lease,
            &head,
            &moving(f, vec![settle("agent", "a", 100)]),
        )
        .await
        .unwrap();
    assert_eq!(f.budget("agent").await, (Some(100), 100, 0));
}

pub async fn a_cap_below_what_is_used_only_stops_further_reservations(f: &Fixture) {
    let claim = f.claimed().await;
    let batch = moving(
        f,
        vec![reserve("agent", "a", 60), reserve("agent", "b", 30)],
    );
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    f.set_cap("agent", Some(50)).await;
    let budget = f
        .store
        .budget(&TenantId::local(), &name("agent"))
        .await
        .unwrap();
    assert_eq!(budget.available(), Some(NanoDollars(-40)));
    let error = f
        .store
        .append(
            &claim.lease,
            &head,
            &moving(f, vec![reserve("agent", "c", 1)]),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::OverBudget {
                available: NanoDollars(-40),
                ..
            }
        ),
        "{error:?}"
    );
    let batch = moving(f, vec![settle("agent", "a", 60), release("agent", "b")]);
    let head = f.store.append(&claim.lease, &head, &batch).await.unwrap();
    assert_eq!(
        f.budget("agent").await,
        (Some(50), 60, 0),
        "what was promised is kept"
    );
    f.set_cap("agent", None).await;
    f.store
        .append(
            &claim.lease,
            &head,
            &moving(f, vec![reserve("agent", "c", 1)]),
        )
        .await
        .unwrap();
}

pub async fn the_end_of_a_run_gives_back_what_is_open(f: &Fixture) {
    f.set_cap("agent", Some(100)).await;
    let (ends, stays) = (f.claimed().await, f.claimed().await);
    let batch = moving(
        f,
        vec![
            reserve("agent", "a", 30),
            reserve("agent", "b", 20),
            reserve("free", "a", 5),
        ],
    );
    let head = f
        .store
        .append(&ends.lease, &ends.head, &batch)
        .await
        .unwrap();
    let batch = moving(f, vec![reserve("agent", "a", 50)]);
    f.store
        .append(&stays.lease, &stays.head, &batch)
        .await
        .expect("keys are each run's own");
    let last = Batch {
        budget: vec![settle("agent", "a", 29)],
        ..f.ending()
    };
    f.store.append(&ends.lease, &head, &last).await.unwrap();
    assert_eq!(f.budget("agent").await, (Some(100), 29, 50));
    assert_eq!(f.budget("free").await, (None, 0, 0));
}

pub async fn a_cap_of_a_new_run_holds_from_its_start(f: &Fixture) {
    let run = NewRun {
        caps: vec![(name("run/1"), NanoDollars(10))],
        ..f.new_run()
    };
    let claim = f.claimed_of(&run).await;
    assert_eq!(f.budget("run/1").await, (Some(10), 0, 0));
    let error = f
        .store
        .append(
            &claim.lease,
            &claim.head,
            &moving(f, vec![reserve("run/1", "a", 11)]),
        )
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::OverBudget { .. }), "{error:?}");
}

pub async fn impossible_moves_are_refused(f: &Fixture) {
    let claim = f.claimed().await;
    let batch = moving(f, vec![reserve("agent", "open", 5)]);
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    let huge = i64::MAX - 5;
    let impossible = [
        moving(f, vec![settle("agent", "never", 1)]),
        moving(f, vec![release("agent", "never")]),
        moving(f, vec![release("other", "open")]),
        moving(f, vec![reserve("agent", "open", 1)]),
        moving(f, vec![reserve("agent", "x", -1)]),
        moving(f, vec![settle("agent", "open", -1)]),
        moving(f, vec![reserve("agent", "x", 1), settle("agent", "x", 1)]),
        moving(
            f,
            vec![reserve("agent", "x", huge), reserve("agent", "y", huge)],
        ),
        moving(f, vec![reserve("agent", "x", huge + 1)]),
        Batch {
            budget: vec![reserve("agent", "x", 1)],
            ..f.ending()
        },
    ];
    for batch in impossible {
        let error = f
            .store
            .append(&claim.lease, &head, &batch)
            .await
            .unwrap_err();
        assert!(
            matches!(error, StoreError::Invalid(_)),
            "{:?}: {error:?}",
            batch.budget
        );
    }
    assert_eq!(f.budget("agent").await, (None, 0, 5));
    let negative = f
        .store
        .set_cap(&TenantId::local(), &name("agent"), Some(NanoDollars(-1)))
        .await
        .unwrap_err();
    assert!(matches!(negative, StoreError::Invalid(_)), "{negative:?}");
}

/// More runs than the cap has room for, all at once: exactly as many get something as fit.
pub async fn many_reservations_at_once_never_exceed_the_cap(f: &Fixture) {
    const RUNS: usize = 60;
    const ROOM: usize = 17;
    f.set_cap("agent", Some(10 * ROOM as i64 + 9)).await;
    for _ in 0..RUNS {
        f.store.create(&f.new_run()).await.unwrap();
    }
    let claims = f.claim("ada").await;
    let mut tasks = Vec::new();
    for claim in claims {
        let (store, first, second) = (f.store.clone(), f.op(), f.op());
        tasks.push(tokio::spawn(async move {
            let events = vec![event("intended", "")];
            let batch = Batch {
                budget: vec![reserve("agent", "a", 10)],
                ..Batch::of(first, events.clone())
            };
            match store.append(&claim.lease, &claim.head, &batch).await {
                Ok(head) => {
                    let batch = Batch {
                        budget: vec![settle("agent", "a", 10)],
                        ..Batch::of(second, events)
                    };
                    store.append(&claim.lease, &head, &batch).await.unwrap();
                    true
                }
                Err(StoreError::OverBudget { .. }) => false,
                Err(other) => panic!("{other:?}"),
            }
        }));
    }
    let results = futures::future::join_all(tasks).await;
    let granted = results
        .into_iter()
        .filter(|granted| *granted.as_ref().unwrap())
        .count();
    assert_eq!(granted, ROOM);
    assert_eq!(f.budget("agent").await, (Some(179), 170, 0));
}
