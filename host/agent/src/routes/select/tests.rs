#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use super::*;
use crate::models::{Media, MediaSource, Message, Role, ToolDefinition};
use crate::routes::{MaxPrice, Retry};

fn candidate(name: &str, more: Value) -> Candidate {
    let mut json = json!({
        "name": name, "format": "anthropic", "model": name, "base-url": "https://a.example",
        "context": 100_000, "max-output": 500, "price": { "input": 10, "output": 20 },
    });
    json.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    serde_json::from_value(json).unwrap()
}

fn request(change: impl FnOnce(&mut ModelRequest)) -> ModelRequest {
    let mut request = ModelRequest {
        messages: vec![Message::text(Role::User, "Well?")],
        ..ModelRequest::default()
    };
    change(&mut request);
    request
}

fn left_out_by(candidate: Candidate, request: &ModelRequest, needs: &Needs) -> Option<LeftOut> {
    let route = Route {
        name: "r".to_owned(),
        candidates: vec![candidate],
        needs: needs.clone(),
        retry: Retry::default(),
    };
    let by_route = reason(&route, request, &Needs::default());
    let open = Route {
        needs: Needs::default(),
        ..route
    };
    let by_run = reason(&open, request, needs);
    assert_eq!(by_route, by_run, "a rule holds whoever makes it");
    by_run
}

fn reason(route: &Route, request: &ModelRequest, needs: &Needs) -> Option<LeftOut> {
    let given = Circumstances {
        request,
        needs,
        prices: &PriceTable::default(),
        condition: &|_| Condition::Well,
        latency_ms: &|_| Some(900),
    };
    let selection = select(route, &given);
    assert_eq!(selection.usable.len() + selection.left_out.len(), 1);
    selection.left_out.into_iter().next().map(|(_, why)| why)
}

#[test]
fn rules_leave_candidates_out() {
    let list = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    for (more, needs, why) in [
        (json!({}), Needs::default(), None),
        (
            json!({"price": null}),
            Needs::default(),
            Some(LeftOut::NoPrice),
        ),
        (
            json!({"tags": ["code"]}),
            Needs {
                task: Some("drafting".into()),
                ..Needs::default()
            },
            Some(LeftOut::Task("drafting".into())),
        ),
        (
            json!({"tags": ["drafting"]}),
            Needs {
                task: Some("drafting".into()),
                ..Needs::default()
            },
            None,
        ),
        (
            json!({"region": "us-east-1"}),
            Needs {
                regions: list(&["eu-west-1"]),
                ..Needs::default()
            },
            Some(LeftOut::Region),
        ),
        (
            json!({"region": "eu-west-1"}),
            Needs {
                regions: list(&["eu-central-1", "eu-west-1"]),
                ..Needs::default()
            },
            None,
        ),
        (
            json!({}),
            Needs {
                residency: list(&["eu"]),
                ..Needs::default()
            },
            Some(LeftOut::Residency),
        ),
        (
            json!({"residency": "us"}),
            Needs {
                residency: list(&["eu"]),
                ..Needs::default()
            },
            Some(LeftOut::Residency),
        ),
        (
            json!({"residency": "eu"}),
            Needs {
                residency: list(&["eu"]),
                ..Needs::default()
            },
            None,
        ),
        (
            json!({}),
            Needs {
                min_context: Some(100_001),
                ..Needs::default()
            },
            Some(LeftOut::Context {
                has: 100_000,
                needs: 100_001,
            }),
        ),
        (
            json!({}),
            Needs {
                max_price: Some(MaxPrice {
                    input: 10,
                    output: 20,
                }),
                ..Needs::default()
            },
            None,
        ),
        (
            json!({}),
            Needs {
                max_price: Some(MaxPrice {
                    input: 9,
                    output: 99,
                }),
                ..Needs::default()
            },
            Some(LeftOut::Price),
        ),
        (
            json!({}),
            Needs {
                max_price: Some(MaxPrice {
                    input: 99,
                    output: 19,
                }),
                ..Needs::default()
            },
            Some(LeftOut::Price),
        ),
        (
            json!({}),
            Needs {
                max_latency_ms: Some(899),
                ..Needs::default()
            },
            Some(LeftOut::Slow(900)),
        ),
        (
            json!({}),
            Needs {
                max_latency_ms: Some(900),
                ..Needs::default()
            },
            None,
        ),
    ] {
        assert_eq!(
            left_out_by(candidate("a", more.clone()), &request(|_| {}), &needs),
            why,
            "{more} {needs:?}"
        );
    }
}

#[test]
fn a_question_needs_what_it_holds() {
    let picture = || Media {
        media_type: "image/png".into(),
        name: None,
        source: MediaSource::Base64("AAAA".into()),
    };
    let tool = ToolDefinition {
        name: "t".into(),
        description: String::new(),
        input_schema: json!({}),
    };
    let cases: [(&str, Feature, ModelRequest); 4] = [
        (
            "tools",
            Feature::Tools,
            request(|request| request.tools.push(tool)),
        ),
        (
            "vision",
            Feature::Vision,
            request(|request| request.messages[0].parts.push(Part::Image(picture()))),
        ),
        (
            "documents",
            Feature::Documents,
            request(|request| request.messages[0].parts.push(Part::Document(picture()))),
        ),
        (
            "schema",
            Feature::Schema,
            request(|request| {
                request.response = Some(crate::models::ResponseSchema {
                    name: "s".into(),
                    schema: json!({}),
                });
            }),
        ),
    ];
    for (word, feature, request) in cases {
        let without = left_out_by(candidate("a", json!({})), &request, &Needs::default());
        assert_eq!(without, Some(LeftOut::Features(vec![feature])), "{word}");
        let with = left_out_by(
            candidate("a", json!({"features": [word]})),
            &request,
            &Needs::default(),
        );
        assert_eq!(with, None, "{word}");
    }
}

#[test]
fn a_conversation_longer_than_the_context_goes_elsewhere() {
    let long = request(|request| {
        request
            .messages
            .push(Message::text(Role::User, "x".repeat(4_000)));
        request.max_tokens = Some(100);
    });
    let why = left_out_by(
        candidate("a", json!({"context": 1_100})),
        &long,
        &Needs::default(),
    );
    assert_eq!(
        why,
        Some(LeftOut::Context {
            has: 1_100,
            needs: 1_101
        })
    );
    assert_eq!(
        left_out_by(
            candidate("a", json!({"context": 1_101})),
            &long,
            &Needs::default()
        ),
        None
    );
}

#[test]
fn who_rests_is_left_out_last_of_all() {
    let route = Route {
        name: "r".to_owned(),
        candidates: vec![
            candidate("a", json!({})),
            candidate("b", json!({"price": null})),
            candidate("c", json!({})),
        ],
        needs: Needs::default(),
        retry: Retry::default(),
    };
    let given = Circumstances {
        request: &request(|_| {}),
        needs: &Needs::default(),
        prices: &PriceTable::default(),
        condition: &|name| {
            if name == "c" {
                Condition::Well
            } else {
                Condition::Resting { for_ms: 7 }
            }
        },
        latency_ms: &|_| None,
    };
    let selection = select(&route, &given);
    assert_eq!(
        selection
            .usable
            .iter()
            .map(|candidate| candidate.name.as_str())
            .collect::<Vec<_>>(),
        ["c"]
    );
    assert_eq!(
        selection.left_out,
        [("a", LeftOut::Rests(7)), ("b", LeftOut::NoPrice)]
    );
}
