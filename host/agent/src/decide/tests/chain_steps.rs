//! A chain: steps, lists, retries, approvals.

use super::*;

fn step(name: &str, work: Work) -> Step {
    Step {
        name: Name(name.into()),
        when: None,
        each: None,
        work,
        retry: Retry::default(),
    }
}

fn call_of(tool: &str) -> Work {
    Work::Tool {
        tool: tool.into(),
        args: BTreeMap::from([("n".to_owned(), json!(1))]),
    }
}

#[test]
fn a_chain_goes_step_by_step() {
    let steps = vec![
        step("first", call_of("s.read")),
        step(
            "pause",
            Work::Wait {
                span: Duration::from_secs(60),
            },
        ),
        step("second", call_of("s.write")),
    ];
    let mut run = Run::of(chain(terms(), steps));
    let effects = run.settle_down();
    run.tool(effects[0], json!({"rows": [1, 2]}));
    assert!(run.settle_down().is_empty());
    run.now = 60_000;
    let effects = run.settle_down();
    run.tool(effects[0], json!("written"));
    run.settle_down();
    assert_eq!(
        run.ending(),
        &Ending::Completed {
            output: json!("written")
        }
    );
}

#[test]
fn a_chains_approval_stops_it_until_somebody_says_yes() {
    let ask = || {
        vec![
            step(
                "ok",
                Work::Approval {
                    question: "Go?".into(),
                    show: None,
                },
            ),
            step("then", call_of("s.read")),
        ]
    };
    let mut run = Run::of(chain(terms(), ask()));
    assert!(run.settle_down().is_empty());
    run.decide_question(Verdict::Approved);
    assert_eq!(run.settle_down().len(), 1);

    let mut run = Run::of(chain(terms(), ask()));
    run.settle_down();
    run.decide_question(Verdict::Denied { why: "no".into() });
    run.settle_down();
    assert_eq!(run.code(), Code::ApprovalDenied);
}

#[test]
fn a_step_is_retried_as_often_as_it_says_and_only_where_that_can_help() {
    let failing = |code: Code| {
        let mut retried = step("flaky", call_of("s.read"));
        retried.retry = Retry {
            attempts: 3,
            pause: Duration::from_secs(1),
        };
        let mut run = Run::of(chain(terms(), vec![retried]));
        let mut tries = 0;
        while run.state.ended.is_none() {
            match run.settle_down()[..] {
                [effect] => {
                    tries += 1;
                    run.end(
                        effect,
                        Outcome::Fault {
                            fault: Box::new(Fault::new(code, "no")),
                        },
                    );
                }
                _ if run.state.ended.is_some() => {}
                _ => run.now += 500,
            }
        }
        (tries, run.now)
    };
    assert_eq!(failing(Code::UpstreamUnavailable), (3, 3_000));
    assert_eq!(failing(Code::InvalidArguments).0, 1);
}

#[test]
fn a_structured_answer_is_data_for_the_next_step() {
    let ask = Work::Model(Ask {
        model: "main".into(),
        system: None,
        prompt: "Say JSON.".into(),
        schema: Some(json!({"type": "object"})),
        max_tokens: 500,
        temperature: None,
    });
    let mut run = Run::of(chain(terms(), vec![step("story", ask)]));
    run.model(says("{\"title\": \"Up\"}"));
    assert_eq!(
        run.ending(),
        &Ending::Completed {
            output: json!({"title": "Up"})
        }
    );
}

#[test]
fn a_list_is_worked_through_a_few_at_a_time_and_keeps_its_order() {
    let mut each = step("each", call_of("s.read"));
    each.each = Some(Map {
        over: "input.list".into(),
        parallel: 3,
    });
    let mut begun = started(chain(terms(), vec![each]));
    begun.input = json!({"list": [10, 20, 30, 40, 50]});
    let first = entry(0, Event::Started(Box::new(begun)));
    let mut run = Run {
        state: State::begin(first.clone()).unwrap(),
        journal: vec![first],
        now: 0,
    };
    let mut done = Vec::new();
    loop {
        let effects = run.settle_down();
        let Some(last) = effects.last() else { break };
        assert!(effects.len() <= 3);
        let Slot::Step { item, .. } = run.state.pending[last].intent.slot else {
            panic!()
        };
        done.push(item);
        run.tool(*last, json!(item));
    }
    assert_eq!(done.len(), 5);
    assert_eq!(
        run.ending(),
        &Ending::Completed {
            output: json!([0, 1, 2, 3, 4])
        }
    );
}
