//! Budgets hold to the last nano-dollar, however many effects run at once and wherever a host dies.

use std::time::Duration;

use metier_agent::{
    driver::{Decision, LEASE, Rest},
    journal::{Ending, Entry, Event, Verdict},
};
use metier_core::{Code, PrincipalId, TenantId};
use metier_store::types::NanoDollars;

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

/// Asks somebody, then a model.
const CONSENT: &str = r#"
[chain]
name = "consent"
[[step]]
name = "may"
approval = "May it?"
[[step]]
name = "ask"
model = "main"
prompt = "What now?"
"#;

/// What others of the tenant have used up ends the run, with the decision that came in the same batch in its journal.
#[tokio::test]
async fn a_run_that_is_cut_short_when_somebody_decides_ends() {
    let world = World::new();
    let tenant = TenantId::local();
    let shared = "tenant".parse().unwrap();
    world
        .store
        .set_cap(&tenant, &shared, Some(NanoDollars(1)))
        .await
        .unwrap();
    let run = world.start(started(CONSENT)).await;
    let (rest, _) = world.work(NEVER).await;
    let Some(Some(Rest::Asks(questions))) = rest else {
        panic!("{rest:?}");
    };
    let runs = world.runs(NEVER).0;
    let state = runs.timeline(&run).await.unwrap().state;
    let decision = Decision {
        question: questions[0],
        hash: state.questions[&questions[0]].hash,
        verdict: Verdict::Approved,
        by: PrincipalId::local(),
    };
    runs.decide(&run, decision).await.unwrap();
    let (rest, _) = world.work(NEVER).await;
    let Some(Some(Rest::Ended(ending))) = rest else {
        panic!("{rest:?}");
    };
    assert!(
        matches!(&*ending, Ending::Failed { fault } if fault.code == Code::RunBudgetExceeded),
        "{ending:?}"
    );
    let told = runs.timeline(&run).await.unwrap();
    let decided = |entry: &Entry| matches!(entry.event, Event::Decided { .. });
    assert_eq!(
        told.entries.iter().filter(|entry| decided(entry)).count(),
        1
    );
    assert!(world.store.inbox(&run).await.unwrap().is_empty());
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
