//! Budgets hold to the last nano-dollar, however many effects run at once and wherever a host dies.

use std::time::Duration;

use metier_agent::{
    driver::{LEASE, Rest},
    journal::Ending,
};
use metier_core::{Code, TenantId};

use crate::{
    cluster::Cluster,
    world::{NEVER, World, started},
};

fn many(money: &str) -> String {
    format!(
        "[chain]\nname = \"many\"\n[limits]\nparallel = 500\n[budget]\nmoney = \"{money}\"\n[[step]]\nname = \"ask\"\n\
         model = \"main\"\nprompt = \"${{item}}\"\nmax-tokens = 300\neach = {{ over = \"input.items\", parallel = 500 }}\n"
    )
}

async fn run_to_end(world: &World, mut point: u64, money: &str) -> (Ending, u64) {
    let mut begun = started(&many(money));
    let items: Vec<u32> = (0..500).collect();
    begun.input = serde_json::json!({ "items": items });
    let run = world.start(begun).await;
    for _ in 0..40 {
        let (rest, _) = world.work(point).await;
        if let Some(Some(Rest::Ended(ending))) = rest {
            let state = world.runs(NEVER).0.timeline(&run).await.unwrap().state;
            let account = format!("run/{run}").parse().unwrap();
            let held = world
                .store
                .budget(&TenantId::local(), &account)
                .await
                .unwrap();
            assert_eq!(held.reserved.0, 0, "nothing stays set aside");
            assert!(held.cap.is_none_or(|cap| held.settled <= cap));
            assert_eq!(held.settled.0.cast_unsigned(), state.spent.nano_dollars);
            return (*ending, state.spent.nano_dollars);
        }
        world.advance(LEASE + Duration::from_secs(1)).await;
        point = NEVER;
    }
    panic!("the run does not end");
}

async fn never_more_than_the_cap(world: &World, point: u64) {
    let (cap, price) = (20_000_000, 120_000);
    let (ending, spent) = run_to_end(world, point, "0.02 USD").await;
    assert!(matches!(ending, Ending::Failed { fault } if fault.code == Code::RunBudgetExceeded));
    assert!(spent <= cap && spent.is_multiple_of(price), "{spent}");
    assert!(spent > 0);
}

#[tokio::test]
async fn five_hundred_questions_at_once_never_exceed_the_cap() {
    for point in [NEVER, 7, 60, 151] {
        never_more_than_the_cap(&World::new(), point).await;
    }
}

#[tokio::test]
async fn with_enough_money_all_of_them_are_asked() {
    let world = World::new();
    let (ending, spent) = run_to_end(&world, 33, "50 USD").await;
    assert!(matches!(ending, Ending::Completed { .. }), "{ending:?}");
    assert_eq!(spent, 500 * 120_000);
}

/// The same on PostgreSQL, where reservations of different transactions meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL's programs: `cargo xtask interop store` runs it"]
async fn budgets_hold_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.plain_url().parse().unwrap();
    let store = metier_store::open(&url).await.unwrap();
    for point in [NEVER, 7, 151] {
        never_more_than_the_cap(&World::on(store.clone()), point).await;
    }
    let (ending, _) = run_to_end(&World::on(store.clone()), 33, "50 USD").await;
    assert!(matches!(ending, Ending::Completed { .. }), "{ending:?}");
    let shared = store
        .budget(&TenantId::local(), &"tenant".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(shared.reserved.0, 0);
    assert_eq!(
        store.total(&TenantId::local()).await.unwrap(),
        shared.settled
    );
}
