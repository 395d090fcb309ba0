//! Who is asked: rest, thoughts of others, side by side.

use super::*;

#[test]
fn who_fails_often_rests_and_is_tried_again() {
    let refusals = (0..5).map(|_| Act::Refuse(503, None));
    let bench = bench(refusals);
    let mut question = question(&["a"]);
    Arc::make_mut(&mut question.route).retry.attempts = 5;
    bench.ask(&question).unwrap_err();
    let failure = bench.ask(&question).unwrap_err();
    assert_eq!(failure.kind, FailureKind::NoCandidate);
    assert!(
        failure.retry_after_ms.is_some_and(|ms| ms <= FIRST_REST_MS),
        "{failure:?}"
    );
    assert_eq!(bench.asked().len(), 5, "nobody was asked while it rests");
    bench.pace.now.fetch_add(FIRST_REST_MS, SeqCst);
    bench.ask(&question).unwrap();
}

#[test]
fn a_turn_begun_with_thoughts_stays_with_who_thought() {
    let mut question = question(&["a", "b"]);
    let thought = |origin: Origin| {
        Part::Reasoning(Reasoning {
            origin,
            data: json!({"x": 1}),
            summary: None,
        })
    };
    let call = ToolCall {
        id: "c".to_owned(),
        name: "t".to_owned(),
        arguments: crate::models::Arguments::from_text("{}"),
        cut_off: false,
    };
    let result = crate::models::ToolResult {
        id: "c".to_owned(),
        name: "t".to_owned(),
        content: vec![],
        is_error: false,
    };
    question.request.messages.extend([
        Message {
            role: Role::Assistant,
            parts: vec![thought(candidate("b").origin()), Part::ToolCall(call)],
        },
        Message {
            role: Role::Tool,
            parts: vec![Part::ToolResult(result)],
        },
    ]);
    let one = bench([Act::Answer("hi")]);
    one.ask(&question).unwrap();
    assert_eq!(one.asked(), ["b"]);
    let failing = bench((0..9).map(|_| Act::Refuse(503, None)));
    failing.ask(&question).unwrap_err();
    assert_eq!(
        failing.asked(),
        ["b", "b", "b"],
        "nobody else is asked in its place"
    );
    // A new word of the user ends the turn.
    question
        .request
        .messages
        .push(Message::text(Role::User, "And now?"));
    let after = bench([Act::Answer("hi")]);
    after.ask(&question).unwrap();
    assert_eq!(after.asked(), ["a"]);
}

#[test]
fn candidates_are_compared_side_by_side() {
    let bench = bench([
        Act::Answer("one"),
        Act::Refuse(429, None),
        Act::Answer("three"),
    ]);
    let asked = question(&["a", "b", "c"]);
    let answers = bench
        .routed
        .try_side_by_side(&asked, &Deaf)
        .now_or_never()
        .unwrap();
    let short: Vec<_> = answers
        .iter()
        .map(|(name, answer)| {
            (
                name.as_str(),
                answer.as_ref().ok().map(|answer| answer.message.words()),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("a", Some("one".to_owned())),
            ("b", None),
            ("c", Some("three".to_owned()))
        ]
    );
}
