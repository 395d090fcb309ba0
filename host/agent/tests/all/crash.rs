//! A host dies at every point there is: after each durable event, before each effect, and after each effect was applied but
//! before its end was written.

use std::time::Duration;

use metier_agent::{
    driver::{Decision, LEASE, Rest},
    journal::{Ending, Seq, Verdict},
};
use metier_core::PrincipalId;
use serde_json::json;

use crate::world::{NEVER, World, started};

/// Reads, asks a model, writes, does a list of things, waits, writes again.
const REVIEW: &str = r#"
[chain]
name = "review"
[[step]]
name = "deals"
tool = "s.read"
[[step]]
name = "story"
model = "main"
prompt = "What is in ${steps.deals.output.done}?"
[[step]]
name = "each"
tool = "s.idempotent"
args = { item = "${item}" }
each = { over = "input.items", parallel = 2 }
[[step]]
name = "write"
tool = "s.write"
args = { story = "${steps.story.output}" }
[[step]]
name = "pause"
wait = "30s"
[[step]]
name = "again"
tool = "s.write"
args = { after = "${size(steps.each.output)}" }
[output]
value = { story = "${steps.story.output}", wrote = "${steps.again.output.done}" }
"#;

/// Works until the run has ended, whoever dies on the way; every call that may have been made is made again under its own key.
pub async fn to_the_end(world: &World, chain: &str, first: u64) -> (Ending, u32, u64) {
    let run = world.start(started(chain)).await;
    let (mut rest, mut passed) = world.work(first).await;
    let mut decisions = 0;
    for _ in 0..50 {
        match rest {
            Some(Some(Rest::Ended(ending))) => return (*ending, decisions, passed),
            Some(Some(Rest::Asks(_))) => {
                let runs = world.runs(NEVER).0;
                let state = runs.timeline(&run).await.unwrap().state;
                for (number, question) in &state.questions {
                    decisions += 1;
                    let decision = Decision {
                        question: *number,
                        hash: question.hash,
                        verdict: Verdict::Approved,
                        by: PrincipalId::local(),
                    };
                    runs.decide(&run, decision).await.unwrap();
                }
            }
            Some(None) if ended(world, &run).await.is_some() => {
                return (ended(world, &run).await.unwrap(), decisions, passed);
            }
            Some(Some(Rest::Waits(_)) | None) => world.advance(Duration::from_secs(31)).await,
            Some(Some(Rest::Stuck)) => panic!("nothing can wake the run"),
            // Dead: the lease has to run out before another host may take the run up.
            None => world.advance(LEASE + Duration::from_secs(1)).await,
        }
        let more;
        (rest, more) = world.work(NEVER).await;
        passed += more;
    }
    panic!("the run does not end");
}

/// How the run ended, where its last host died after it wrote that down.
async fn ended(world: &World, run: &metier_store::types::RunId) -> Option<Ending> {
    let told = world.runs(NEVER).0.timeline(run).await.unwrap();
    told.state.ended
}

#[tokio::test]
async fn a_host_may_die_anywhere_and_everything_is_done_once() {
    let quiet = World::new();
    let (expected, decisions, points) = to_the_end(&quiet, REVIEW, NEVER).await;
    let done = quiet.outside.done();
    assert_eq!((done.len(), decisions), (5, 0));
    assert!(
        matches!(&expected, Ending::Completed { output } if output["story"] == json!("answer to story"))
    );
    assert!(points >= 30, "{points} points are too few");

    let mut asked = 0;
    for point in 1..=points {
        let world = World::new();
        let (ending, decisions, _) = to_the_end(&world, REVIEW, point).await;
        assert_eq!(ending, expected, "died at point {point}");
        assert_eq!(world.outside.done(), done, "died at point {point}");
        asked += decisions;
    }
    assert!(
        asked >= 4,
        "two writes, each with two points at which nobody knows whether it was done: {asked}"
    );
}

#[tokio::test]
async fn a_decision_about_something_else_changes_nothing() {
    let world = World::new();
    let asks = "[chain]\nname = \"c\"\n[[step]]\nname = \"a\"\ntool = \"s.destructive\"\n";
    let run = world.start(started(asks)).await;
    let (rest, _) = world.work(NEVER).await;
    let Some(Some(Rest::Asks(questions))) = rest else {
        panic!("{rest:?}")
    };
    let runs = world.runs(NEVER).0;
    let other = Decision {
        question: questions[0],
        hash: metier_core::Digest::of(b"something else"),
        verdict: Verdict::Approved,
        by: PrincipalId::local(),
    };
    assert!(runs.decide(&run, other.clone()).await.is_err());
    let unknown = Decision {
        question: Seq(999),
        ..other
    };
    assert!(runs.decide(&run, unknown).await.is_err());
    assert!(world.outside.done().is_empty());
}

#[tokio::test]
async fn a_run_is_cancelled_and_a_fork_goes_its_own_way() {
    let world = World::new();
    let run = world.start(started(REVIEW)).await;
    world.work(NEVER).await;
    let runs = world.runs(NEVER).0;
    runs.cancel(&run, PrincipalId::local(), "enough")
        .await
        .unwrap();
    let (rest, _) = world.work(NEVER).await;
    assert!(
        matches!(rest, Some(Some(Rest::Ended(ending))) if matches!(*ending, Ending::Cancelled { .. }))
    );

    let told = runs.timeline(&run).await.unwrap();
    let before = Seq(told.entries.len() as u64 - 2);
    let fork = metier_store::types::RunId::new(77);
    runs.fork(&run, fork, before, "pool".parse().unwrap())
        .await
        .unwrap();
    let mut rest = world.work(NEVER).await.0;
    for _ in 0..5 {
        world.advance(Duration::from_secs(31)).await;
        if let Some(Some(Rest::Ended(ending))) = rest {
            assert!(matches!(*ending, Ending::Completed { .. }), "{ending:?}");
            return;
        }
        rest = world.work(NEVER).await.0;
    }
    panic!("the fork does not end: {rest:?}");
}
