//! What a person or a console asks for.

use metier_core::ids::TenantId;
use metier_store::types::*;

use crate::fixture::{Fixture, kind, tenant};

pub async fn runs_are_listed_by_tenant_state_and_label(f: &Fixture) {
    let labelled = |agent: &str| {
        Labels::from([
            (kind("agent"), agent.to_owned()),
            (kind("kind"), "agent".to_owned()),
        ])
    };
    let mut runs = Vec::new();
    for (owner, agent) in [
        ("local", "review"),
        ("local", "triage"),
        ("acme", "review"),
        ("local", "review"),
    ] {
        let run = NewRun {
            tenant: tenant(owner),
            labels: labelled(agent),
            ..f.new_run()
        };
        f.store.create(&run).await.unwrap();
        runs.push(run.run);
    }
    let claims = f.claim("ada").await;
    let of = |run: RunId| claims.iter().find(|claim| claim.lease.run == run).unwrap();
    let (parked, ended) = (of(runs[1]), of(runs[3]));
    f.store
        .append(&parked.lease, &parked.head, &f.parking(Due::OnSignal))
        .await
        .unwrap();
    f.store
        .append(&ended.lease, &ended.head, &f.ending())
        .await
        .unwrap();

    let all = Page {
        after: None,
        max: 10,
    };
    let list = async |filter: RunFilter, page: Page| -> Vec<usize> {
        let rows = f.store.runs(&filter, page).await.unwrap();
        rows.iter()
            .map(|row| runs.iter().position(|run| *run == row.run).unwrap())
            .collect()
    };
    let none = RunFilter::default();
    assert_eq!(list(none.clone(), all).await, [3, 2, 1, 0]);
    let local = RunFilter {
        tenant: Some(TenantId::local()),
        ..none.clone()
    };
    assert_eq!(list(local.clone(), all).await, [3, 1, 0]);
    assert_eq!(
        list(
            local.clone(),
            Page {
                after: Some(runs[3]),
                max: 1
            }
        )
        .await,
        [1]
    );
    assert_eq!(
        list(
            local.clone(),
            Page {
                after: Some(runs[1]),
                max: 5
            }
        )
        .await,
        [0]
    );
    for (state, expected) in [
        (StateFilter::Live, &[2, 1, 0][..]),
        (StateFilter::Held, &[2, 0]),
        (StateFilter::Parked, &[1]),
        (StateFilter::Done, &[3]),
    ] {
        assert_eq!(
            list(
                RunFilter {
                    state: Some(state),
                    ..none.clone()
                },
                all
            )
            .await,
            expected,
            "{state:?}"
        );
    }
    let review = RunFilter {
        labels: labelled("review"),
        ..none.clone()
    };
    assert_eq!(list(review.clone(), all).await, [3, 2, 0]);
    let held = RunFilter {
        state: Some(StateFilter::Held),
        tenant: Some(tenant("acme")),
        ..review
    };
    assert_eq!(list(held, all).await, [2]);
    let nobodys = RunFilter {
        labels: labelled("nobody"),
        ..none
    };
    assert_eq!(list(nobodys, all).await, [0; 0]);

    let row = f.store.run(&runs[3]).await.unwrap().unwrap();
    assert_eq!(
        row.state,
        RunState::Done {
            outcome: kind("succeeded")
        }
    );
    assert_eq!(
        (row.head, row.labels, row.epoch),
        (Seq(2), labelled("review"), Epoch(1))
    );
    assert!(row.updated >= row.created);
    assert_eq!(f.store.run(&RunId::new(99)).await.unwrap(), None);
}

pub async fn the_audit_trail_is_in_order(f: &Fixture) {
    let claim = f.claimed().await;
    let mut head = claim.head;
    for i in 0..3u8 {
        let batch = Batch {
            audit: vec![vec![i, 0], vec![i, 1]],
            ..f.batch()
        };
        head = f.store.append(&claim.lease, &head, &batch).await.unwrap();
    }
    let entries = f.store.audit(&claim.lease.run, Seq(0), 100).await.unwrap();
    assert_eq!(entries.len(), 6);
    for (i, entry) in entries.iter().enumerate() {
        let (step, index) = (i as u64 / 2, i as u32 % 2);
        assert_eq!((entry.seq, entry.index), (Seq(step + 2), index));
        assert_eq!(entry.body, [step as u8, index as u8]);
    }
    assert_eq!(
        f.store.audit(&claim.lease.run, Seq(2), 3).await.unwrap(),
        entries[2..5]
    );
}
