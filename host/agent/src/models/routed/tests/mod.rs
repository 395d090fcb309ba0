#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt, StreamExt, future, stream};
use http::{HeaderMap, HeaderValue, header};
use serde_json::json;

use super::*;
use crate::{
    models::{
        Deaf, Message, ModelRequest, Origin, Part, Reasoning, Role, StopReason, ToolCall,
        TransportFailure, WireRequest, WireResponse,
    },
    routes::{FIRST_REST_MS, Needs, PriceTable, Retry},
};

mod choosing;

/// What a provider does with one request.
enum Act {
    Answer(&'static str),
    /// An answer without its usage.
    Uncounted,
    Refuse(u16, Option<&'static str>),
    BreakOff,
    Unreachable,
    Hang,
}

#[derive(Default)]
struct Script {
    acts: Mutex<VecDeque<Act>>,
    asked: Mutex<Vec<String>>,
}

impl Transport for Script {
    fn send(&self, request: WireRequest) -> BoxFuture<'_, Result<WireResponse, TransportFailure>> {
        self.asked.lock().unwrap().push(request.candidate);
        let act = self
            .acts
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Act::Answer("again"));
        Box::pin(async move {
            let usage = |text: &str| {
                format!(
                    r#"data: {{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":"stop"}}],"usage":{{"prompt_tokens":1000,"completion_tokens":100}}}}{}"#,
                    "\n\ndata: [DONE]\n\n"
                )
            };
            match act {
                Act::Answer(text) => Ok(respond(200, None, &usage(text))),
                Act::Uncounted => Ok(respond(
                    200,
                    None,
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"ok\"},\"finish_reason\":\"stop\"}]}\n\n",
                )),
                Act::Refuse(status, wait) => {
                    Ok(respond(status, wait, r#"{"error":{"message":"no"}}"#))
                }
                Act::BreakOff => Ok(respond(
                    200,
                    None,
                    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hal\"}}]}\n\n",
                )),
                Act::Unreachable => Err(TransportFailure {
                    kind: FailureKind::Unreachable,
                    message: "Nobody there.".to_owned(),
                }),
                Act::Hang => future::pending().await,
            }
        })
    }
}

fn respond(status: u16, wait: Option<&'static str>, body: &str) -> WireResponse {
    let kind = if status == 200 {
        "text/event-stream"
    } else {
        "application/json"
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.extend(wait.map(|wait| (header::RETRY_AFTER, HeaderValue::from_static(wait))));
    let body = Bytes::from(body.to_owned());
    WireResponse {
        status,
        headers,
        body: stream::iter([Ok(body)]).boxed(),
    }
}

/// Waits pass at once; limits of time never do, unless it is late.
#[derive(Default)]
struct Held {
    now: AtomicU64,
    waits: Mutex<Vec<u64>>,
    late: bool,
}

impl Pace for Held {
    fn now_ms(&self) -> u64 {
        self.now.load(SeqCst)
    }

    fn sleep(&self, wait: Duration) -> BoxFuture<'static, ()> {
        if wait >= Duration::from_secs(60) && !self.late {
            return Box::pin(future::pending());
        }
        if wait < Duration::from_secs(60) {
            self.waits.lock().unwrap().push(wait.as_millis() as u64);
            self.now.fetch_add(wait.as_millis() as u64, SeqCst);
        }
        Box::pin(future::ready(()))
    }

    fn jitter(&self) -> f64 {
        0.0
    }
}

/// Hears and keeps.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Sink for Heard {
    fn delta(&self, delta: Delta) {
        let word = match delta {
            Delta::Begun { candidate } => format!("begun {candidate}"),
            Delta::Text { text } => text,
            Delta::Retrying {
                candidate, wait_ms, ..
            } => format!("retrying {candidate} {wait_ms}"),
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(word);
    }
}

struct Bench {
    script: Arc<Script>,
    pace: Arc<Held>,
    routed: Routed,
}

fn bench(acts: impl IntoIterator<Item = Act>) -> Bench {
    bench_that_is(false, acts)
}

fn bench_that_is(late: bool, acts: impl IntoIterator<Item = Act>) -> Bench {
    let script = Arc::new(Script {
        acts: Mutex::new(acts.into_iter().collect()),
        ..Script::default()
    });
    let pace = Arc::new(Held {
        late,
        ..Held::default()
    });
    let routed = Routed::new(script.clone(), pace.clone(), Arc::default());
    Bench {
        script,
        pace,
        routed,
    }
}

fn candidate(name: &str) -> Candidate {
    serde_json::from_value(json!({
        "name": name, "format": "openai-chat", "model": name, "base-url": format!("https://{name}.example/v1"),
        "context": 10_000, "max-output": 500, "features": ["tools"],
        "price": { "input": 1_000_000_000, "output": 10_000_000_000_u64 },
    }))
    .unwrap()
}

fn question(candidates: &[&str]) -> Question {
    Question {
        step: "1".to_owned(),
        route: Arc::new(Route {
            name: "r".to_owned(),
            candidates: candidates.iter().map(|name| candidate(name)).collect(),
            needs: Needs::default(),
            retry: Retry::default(),
        }),
        prices: Arc::new(PriceTable::default()),
        needs: Needs::default(),
        request: ModelRequest {
            messages: vec![Message::text(Role::User, "Well?")],
            ..ModelRequest::default()
        },
    }
}

impl Bench {
    fn ask(&self, question: &Question) -> Result<Answer, ModelFailure> {
        self.ask_heard(question, &Deaf)
    }

    fn ask_heard(&self, question: &Question, sink: &dyn Sink) -> Result<Answer, ModelFailure> {
        let answer = self.routed.ask(question, sink).now_or_never().unwrap();
        let (cost, most) = match &answer {
            Ok(answer) => (
                answer.cost,
                question
                    .route
                    .worst_case(&question.request, &question.prices),
            ),
            Err(failure) => (
                failure.spent,
                question
                    .route
                    .worst_case(&question.request, &question.prices),
            ),
        };
        assert!(
            cost <= most.unwrap(),
            "{cost} is more than was reserved, {most:?}"
        );
        answer
    }

    fn asked(&self) -> Vec<String> {
        self.script.asked.lock().unwrap().clone()
    }

    fn waits(&self) -> Vec<u64> {
        self.pace.waits.lock().unwrap().clone()
    }
}

#[test]
fn the_first_candidate_answers() {
    let bench = bench([Act::Answer("hello")]);
    let heard = Heard::default();
    let answer = bench.ask_heard(&question(&["a", "b"]), &heard).unwrap();
    assert_eq!(answer.message.words(), "hello");
    assert_eq!(
        (answer.candidate.as_str(), answer.attempts, answer.stop),
        ("a", 1, StopReason::End)
    );
    // 1,000 tokens at $1 and 100 at $10 per million.
    assert_eq!(answer.cost, NanoDollars(2_000_000));
    assert_eq!(*heard.0.lock().unwrap(), ["begun a", "hello"]);
}

#[test]
fn an_overload_is_waited_out_and_then_the_next_is_asked() {
    let bench = bench([
        Act::Refuse(503, None),
        Act::Refuse(529, None),
        Act::Unreachable,
        Act::Answer("hi"),
    ]);
    let heard = Heard::default();
    let answer = bench.ask_heard(&question(&["a", "b"]), &heard).unwrap();
    assert_eq!(bench.asked(), ["a", "a", "a", "b"]);
    assert_eq!(bench.waits(), [250, 500]);
    assert_eq!((answer.attempts, answer.cost), (4, NanoDollars(2_000_000)));
    let heard = heard.0.into_inner().unwrap();
    assert_eq!(
        heard,
        [
            "begun a",
            "retrying a 250",
            "begun a",
            "retrying a 500",
            "begun a",
            "retrying a 0",
            "begun b",
            "hi"
        ]
    );
}

#[test]
fn a_wait_that_is_told_is_kept_and_one_too_long_is_not_waited_for() {
    let bench_short = bench([Act::Refuse(429, Some("7")), Act::Answer("hi")]);
    bench_short.ask(&question(&["a", "b"])).unwrap();
    assert_eq!(
        (bench_short.asked(), bench_short.waits()),
        (vec!["a".to_owned(), "a".to_owned()], vec![7_000])
    );
    let bench_long = bench([Act::Refuse(429, Some("120")), Act::Answer("hi")]);
    bench_long.ask(&question(&["a", "b"])).unwrap();
    assert_eq!(
        (bench_long.asked(), bench_long.waits()),
        (vec!["a".to_owned(), "b".to_owned()], vec![])
    );
}

#[test]
fn what_stays_wrong_goes_to_the_next_at_once() {
    for status in [400, 401, 404, 413] {
        let bench = bench([Act::Refuse(status, None), Act::Answer("hi")]);
        bench.ask(&question(&["a", "b"])).unwrap();
        assert_eq!(bench.asked(), ["a", "b"], "{status}");
    }
    let bench = bench([Act::Refuse(400, None)]);
    let failure = bench.ask(&question(&["a"])).unwrap_err();
    assert_eq!(
        (failure.kind, failure.candidate.as_deref()),
        (FailureKind::InvalidRequest, Some("a"))
    );
    assert_eq!(failure.spent, NanoDollars(0));
}

#[test]
fn an_answer_that_breaks_off_is_paid_and_asked_for_once_more() {
    let bench = bench([Act::BreakOff, Act::Answer("hello")]);
    let question = question(&["a", "b"]);
    let answer = bench.ask(&question).unwrap();
    assert_eq!(answer.message.words(), "hello");
    let once = candidate("a")
        .worst_case(&question.request, &question.prices)
        .unwrap();
    assert_eq!(answer.cost, NanoDollars(2_000_000) + once);
}

#[test]
fn answers_that_break_off_are_not_paid_for_ever() {
    let bench = bench([Act::BreakOff, Act::BreakOff, Act::Answer("too late")]);
    let failure = bench.ask(&question(&["a", "b"])).unwrap_err();
    assert_eq!(
        (failure.kind, failure.attempts),
        (FailureKind::BrokenOff, 2)
    );
    assert!(failure.spent > NanoDollars(0));
}

#[test]
fn who_does_not_answer_in_time_is_left() {
    let bench = bench_that_is(true, [Act::Hang, Act::Hang]);
    let mut question = question(&["a"]);
    Arc::make_mut(&mut question.route).retry.attempts = 1;
    let failure = bench.ask(&question).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.message.contains("60 s"), "{}", failure.message);
}

#[test]
fn an_answer_nobody_counted_is_priced_at_its_most() {
    let bench = bench([Act::Uncounted]);
    let question = question(&["a"]);
    let answer = bench.ask(&question).unwrap();
    assert!(answer.usage.estimated);
    let counted = candidate("a").price.unwrap().cost(&answer.usage);
    assert!(answer.cost > counted);
}
