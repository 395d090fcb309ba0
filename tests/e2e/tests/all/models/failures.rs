//! What providers do wrong ends as the right failure, in every format.

use std::time::{Duration, Instant};

use metier_agent::models::{Arguments, Delta, FailureKind, ModelRequest, ToolDefinition};
use metier_agent::routes::NanoDollars;
use metier_core::Blame;
use metier_emulator_models::{Emulator, Fault, KEY, Options, Rule};
use serde_json::json;
use tokio::time::timeout;

use super::scene::{Ear, FORMATS, Scene, candidate, hello};

/// Longer than a hasty candidate is waited for, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(12);

fn with_tool() -> ModelRequest {
    let tool = ToolDefinition {
        name: "s__read".to_owned(),
        description: String::new(),
        input_schema: json!({ "type": "object" }),
    };
    ModelRequest {
        tools: vec![tool],
        ..hello()
    }
}

/// Every format with this fault, streamed.
async fn fails(fault: Fault, kind: FailureKind) {
    let scene = Scene::plain();
    for (format, ..) in FORMATS {
        scene
            .emulator
            .faults()
            .replace(vec![Rule::once(fault.clone())]);
        let failure = scene.ask(format, with_tool()).await.expect_err(format);
        assert_eq!(failure.kind, kind, "{format}, {fault:?}: {failure}");
        assert_eq!(
            (failure.candidate.as_deref(), failure.attempts),
            (Some(format), 1)
        );
        assert!(!failure.message.contains(KEY), "{failure}");
        assert_eq!(scene.emulator.faults().list(), [], "{format}");
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    for (fault, kind) in [
        (
            Fault::RateLimited {
                retry_after_s: None,
            },
            FailureKind::RateLimited,
        ),
        (
            Fault::Overloaded {
                retry_after_s: None,
            },
            FailureKind::Overloaded,
        ),
        (Fault::ErrorInside, FailureKind::Overloaded),
        (Fault::SecretEcho, FailureKind::Auth),
    ] {
        fails(fault, kind).await;
    }
}

#[tokio::test]
async fn answers_that_are_none_are_told_apart() {
    for (fault, kind) in [
        (Fault::NotJson, FailureKind::Malformed),
        (Fault::NotUtf8, FailureKind::Malformed),
        (Fault::BreakOff { after: 0 }, FailureKind::BrokenOff),
        (Fault::Reset { after: None }, FailureKind::BrokenOff),
        (Fault::Reset { after: Some(1) }, FailureKind::BrokenOff),
    ] {
        fails(fault, kind).await;
    }
}

#[tokio::test]
async fn endless_answers_are_bounded() {
    for fault in [
        Fault::LongText { bytes: 10_000_000 },
        Fault::ManyCalls { count: 1_000 },
    ] {
        fails(fault, FailureKind::TooLarge).await;
    }
}

#[tokio::test]
async fn whole_answers_go_wrong_in_the_same_ways() {
    for (fault, kind) in [
        (
            Fault::RateLimited {
                retry_after_s: None,
            },
            FailureKind::RateLimited,
        ),
        (Fault::ErrorInside, FailureKind::Overloaded),
        (Fault::NotJson, FailureKind::Malformed),
        (Fault::NotUtf8, FailureKind::Malformed),
        (Fault::BreakOff { after: 0 }, FailureKind::BrokenOff),
        (Fault::LongText { bytes: 10_000_000 }, FailureKind::TooLarge),
    ] {
        let scene = Scene::whole();
        for (format, ..) in FORMATS {
            scene
                .emulator
                .faults()
                .replace(vec![Rule::once(fault.clone())]);
            let failure = scene.ask(format, hello()).await.expect_err(format);
            // Bedrock has no form for an error in place of an answer.
            let kind = match (format, &fault) {
                ("bedrock", Fault::ErrorInside) => FailureKind::Malformed,
                _ => kind,
            };
            assert_eq!(failure.kind, kind, "{format}, {fault:?}: {failure}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_hangs_is_given_up_in_its_time() {
    let scene = Scene::hasty();
    for (fault, seconds, words) in [
        (
            Fault::Hold { after: None },
            1,
            "did not begin to answer within 1 s",
        ),
        (
            Fault::Hold { after: Some(1) },
            2,
            "did not finish its answer within 2 s",
        ),
    ] {
        for (format, ..) in [FORMATS[0], FORMATS[5]] {
            scene
                .emulator
                .faults()
                .replace(vec![Rule::once(fault.clone())]);
            let began = Instant::now();
            let asked = timeout(PATIENCE, scene.ask(format, hello()))
                .await
                .expect(format);
            let failure = asked.expect_err(format);
            assert_eq!(failure.kind, FailureKind::Timeout, "{failure}");
            assert!(failure.message.contains(words), "{failure}");
            assert_eq!(failure.blame(), Blame::Upstream);
            assert!(began.elapsed() >= Duration::from_secs(seconds));
            // It may have to be paid.
            assert!(failure.spent > NanoDollars(0), "{failure:?}");
        }
    }
}

#[tokio::test]
async fn arguments_that_are_none_stay_what_they_are() {
    for scene in [Scene::plain(), Scene::whole()] {
        for (format, ..) in FORMATS {
            scene
                .emulator
                .faults()
                .replace(vec![Rule::once(Fault::BadArguments)]);
            let answer = scene.ask(format, with_tool()).await.unwrap();
            let call = answer.message.tool_calls().next().unwrap();
            assert_eq!(
                call.arguments,
                Arguments::Raw(r#"{"soql": "SELECT"#.to_owned()),
                "{format}"
            );
            assert!(call.runnable().is_err());
        }
    }
}

#[tokio::test]
async fn nothing_is_an_answer_without_parts() {
    for scene in [Scene::plain(), Scene::whole()] {
        for (format, ..) in FORMATS {
            scene
                .emulator
                .faults()
                .replace(vec![Rule::once(Fault::Empty)]);
            let answer = scene
                .ask(format, hello())
                .await
                .unwrap_or_else(|failure| panic!("{format}: {failure}"));
            assert_eq!(answer.message.words(), "", "{format}");
        }
    }
}

/// Two candidates at two emulators, three attempts each.
fn two() -> (Scene, Emulator) {
    let second = Emulator::start(Options::default()).unwrap();
    let scene = Scene::with(false, |base| {
        let retry = "retry = { attempts = 3, broken-answers = 1, base-ms = 1, max-ms = 1_500 }";
        format!(
            "[routes.two]\ncandidates = [\"first\", \"second\"]\n{retry}\n{}{}",
            candidate("first", "anthropic", base, "anthropic"),
            candidate(
                "second",
                "openai-chat",
                &format!("http://{}/v1", second.addr()),
                "bearer"
            ),
        )
    });
    (scene, second)
}

fn retries(ear: &Ear) -> Vec<(String, u64)> {
    let heard = ear.heard().into_iter().filter_map(|delta| match delta {
        Delta::Retrying {
            candidate, wait_ms, ..
        } => Some((candidate, wait_ms)),
        _ => None,
    });
    heard.collect()
}

#[tokio::test]
async fn an_overload_is_waited_out_and_the_wait_that_was_told_is_kept() {
    let (scene, second) = two();
    let overloaded = Fault::Overloaded {
        retry_after_s: None,
    };
    scene.emulator.faults().push(Rule::once(overloaded));
    scene.emulator.faults().push(Rule::once(Fault::RateLimited {
        retry_after_s: Some(1),
    }));
    let (ear, began) = (Ear::default(), Instant::now());
    let answer = scene.ask_heard("two", hello(), &ear).await.unwrap();
    assert_eq!((answer.candidate.as_str(), answer.attempts), ("first", 3));
    let waits = retries(&ear);
    assert_eq!(waits.len(), 2);
    assert!(waits[0].1 <= 1 && waits[1].1 >= 1_000, "{waits:?}");
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "Retry-After was not kept"
    );
    assert_eq!(second.book().counts().requests, 0);
    assert_eq!(answer.cost, NanoDollars(6_000), "refusals cost nothing");
}

#[tokio::test]
async fn who_stays_overloaded_or_asks_for_a_long_wait_is_left_for_the_next() {
    for (fault, requests) in [
        (
            Fault::Overloaded {
                retry_after_s: None,
            },
            3,
        ),
        (
            Fault::RateLimited {
                retry_after_s: Some(2),
            },
            1,
        ),
    ] {
        let (scene, second) = two();
        scene.emulator.faults().push(Rule::always(fault));
        let answer = scene.ask("two", hello()).await.unwrap();
        assert_eq!(
            (answer.candidate.as_str(), answer.attempts),
            ("second", requests + 1)
        );
        assert_eq!(scene.emulator.book().counts().requests, u64::from(requests));
        assert_eq!(second.book().counts().requests, 1);
    }
}

#[tokio::test]
async fn answers_that_break_off_are_bounded_over_all_candidates() {
    let (scene, second) = two();
    for emulator in [&scene.emulator, &second] {
        emulator
            .faults()
            .push(Rule::always(Fault::BreakOff { after: 3 }));
    }
    let failure = scene.ask("two", hello()).await.unwrap_err();
    assert_eq!(
        (failure.kind, failure.attempts),
        (FailureKind::BrokenOff, 2),
        "one, and one more"
    );
    let asked = scene.emulator.book().counts().requests + second.book().counts().requests;
    assert_eq!(asked, 2);
}

/// A request that is given up ends at the provider: nobody pays for words that nobody hears.
#[tokio::test]
async fn a_question_that_is_dropped_ends_the_connection() {
    let scene = Scene::plain();
    scene.emulator.faults().push(Rule::once(Fault::Slow {
        head_ms: 0,
        piece_ms: 50,
    }));
    let question = scene.question("anthropic", hello());
    let ear = Ear::default();
    {
        let asking = metier_agent::models::Model::ask(&scene.routed, &question, &ear);
        assert!(timeout(Duration::from_millis(150), asking).await.is_err());
    }
    let heard = ear.heard().len();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(ear.heard().len(), heard);
    assert!(
        scene.ask("anthropic", hello()).await.is_ok(),
        "the next question has a connection of its own"
    );
}
