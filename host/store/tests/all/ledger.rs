//! Money used: integers, booked once, added up by whatever one asks for.

use metier_core::ids::TenantId;
use metier_store::{StoreError, types::*};

use crate::fixture::{Fixture, key, name, tenant};

fn line(account: &str, amount: i64, memo: &str) -> LedgerLine {
    LedgerLine {
        account: name(account),
        amount: NanoDollars(amount),
        memo: memo.into(),
    }
}

pub async fn lines_are_exact_and_booked_once(f: &Fixture) {
    let claim = f.claimed().await;
    let batch = Batch {
        ledger: vec![
            line("model", 1_000_000_007, "«m» 3 tokens"),
            line("tool", -7, ""),
        ],
        ..f.batch()
    };
    let head = f
        .store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    f.store
        .append(&claim.lease, &claim.head, &batch)
        .await
        .unwrap();
    assert_eq!(
        f.store.total(&TenantId::local()).await.unwrap(),
        NanoDollars(1_000_000_000)
    );
    let next = Batch {
        ledger: vec![line("model", 1, "")],
        ..f.batch()
    };
    f.store.append(&claim.lease, &head, &next).await.unwrap();
    assert_eq!(
        f.store.total(&TenantId::local()).await.unwrap(),
        NanoDollars(1_000_000_001)
    );
    assert_eq!(
        f.store.total(&tenant("acme")).await.unwrap(),
        NanoDollars(0)
    );
}

pub async fn a_line_outside_a_run_is_booked_once(f: &Fixture) {
    let (acme, local) = (tenant("acme"), TenantId::local());
    assert!(
        f.store
            .post(&acme, &key("invoice/1"), &line("fee", 5, "November"))
            .await
            .unwrap()
    );
    assert!(
        !f.store
            .post(&acme, &key("invoice/1"), &line("fee", 5, "November"))
            .await
            .unwrap()
    );
    assert!(
        f.store
            .post(&local, &key("invoice/1"), &line("fee", 6, ""))
            .await
            .unwrap(),
        "keys are each tenant's own"
    );
    for other in [
        line("fee", 6, "November"),
        line("fees", 5, "November"),
        line("fee", 5, ""),
    ] {
        let error = f
            .store
            .post(&acme, &key("invoice/1"), &other)
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Mismatch { .. }), "{error:?}");
    }
    assert_eq!(f.store.total(&acme).await.unwrap(), NanoDollars(5));
}

pub async fn usage_is_by_tenant_account_run_and_time(f: &Fixture) {
    let first = f.claimed().await;
    let batch = Batch {
        ledger: vec![
            line("model", 10, ""),
            line("model", 5, ""),
            line("tool", 1, ""),
        ],
        ..f.batch()
    };
    f.store
        .append(&first.lease, &first.head, &batch)
        .await
        .unwrap();
    f.pass(std::time::Duration::from_millis(5)).await;
    let middle = f.store.now().await.unwrap();
    let second = f
        .claimed_of(&NewRun {
            tenant: tenant("acme"),
            ..f.new_run()
        })
        .await;
    let batch = Batch {
        ledger: vec![line("model", 100, "")],
        ..f.batch()
    };
    f.store
        .append(&second.lease, &second.head, &batch)
        .await
        .unwrap();
    f.store
        .post(&tenant("acme"), &key("k"), &line("model", 1_000, ""))
        .await
        .unwrap();

    let usage = async |filter: UsageFilter| {
        let rows = f.store.usage(&filter).await.unwrap();
        let row = |usage: &Usage| {
            format!(
                "{}/{}={} of {}",
                usage.tenant, usage.account, usage.amount.0, usage.lines
            )
        };
        rows.iter().map(row).collect::<Vec<_>>().join(" ")
    };
    let all = UsageFilter::default();
    assert_eq!(
        usage(all.clone()).await,
        "acme/model=1100 of 2 local/model=15 of 2 local/tool=1 of 1"
    );
    let of_tenant = UsageFilter {
        tenant: Some(TenantId::local()),
        ..all.clone()
    };
    assert_eq!(
        usage(of_tenant.clone()).await,
        "local/model=15 of 2 local/tool=1 of 1"
    );
    let of_run = UsageFilter {
        run: Some(second.lease.run),
        ..all.clone()
    };
    assert_eq!(usage(of_run).await, "acme/model=100 of 1");
    assert_eq!(
        usage(UsageFilter {
            from: Some(middle),
            ..all.clone()
        })
        .await,
        "acme/model=1100 of 2"
    );
    assert_eq!(
        usage(UsageFilter {
            to: Some(middle),
            ..all.clone()
        })
        .await,
        "local/model=15 of 2 local/tool=1 of 1"
    );
    assert_eq!(
        usage(UsageFilter {
            from: Some(middle),
            ..of_tenant
        })
        .await,
        ""
    );
}

pub async fn spending_is_by_time_and_agent_too(f: &Fixture) {
    let named = |agent: &str| NewRun {
        labels: [("name".parse().unwrap(), agent.to_owned())]
            .into_iter()
            .collect(),
        ..f.new_run()
    };
    for (agent, amounts) in [("review", [10, 5]), ("it's \"odd\"", [1, 0])] {
        let claim = f.claimed_of(&named(agent)).await;
        let batch = Batch {
            ledger: amounts.map(|amount| line("model/m", amount, "")).to_vec(),
            ..f.batch()
        };
        f.store
            .append(&claim.lease, &claim.head, &batch)
            .await
            .unwrap();
    }
    let acme = tenant("acme");
    f.store
        .post(&acme, &key("k/1"), &line("model/m", 1_000, ""))
        .await
        .unwrap();
    let spending = async |filter: UsageFilter, every: std::time::Duration| {
        let rows = f.store.spending(&filter, every).await.unwrap();
        let micros = i64::try_from(every.as_micros()).unwrap();
        let now = f.store.now().await.unwrap().0;
        let begins = |row: &Spending| row.from.0 == now - now % micros;
        assert!(rows.iter().all(begins), "{rows:?}");
        let row = |row: &Spending| {
            format!(
                "{}/{} {:?}={} of {}",
                row.tenant, row.account, row.agent, row.amount.0, row.lines
            )
        };
        rows.iter().map(row).collect::<Vec<_>>().join("; ")
    };
    // So long that nobody runs this at the end of one.
    let long = std::time::Duration::from_secs(1_000 * 86_400);
    assert_eq!(
        spending(UsageFilter::default(), long).await,
        r#"acme/model/m None=1000 of 1; local/model/m Some("it's \"odd\"")=1 of 2; local/model/m Some("review")=15 of 2"#
    );
    let of_acme = UsageFilter {
        tenant: Some(acme),
        ..UsageFilter::default()
    };
    assert_eq!(
        spending(of_acme.clone(), long).await,
        "acme/model/m None=1000 of 1"
    );
    f.pass(std::time::Duration::from_millis(5)).await;
    let later = UsageFilter {
        from: Some(f.store.now().await.unwrap()),
        ..of_acme
    };
    assert_eq!(spending(later, long).await, "");
}
