//! Questions as every provider gets them. The bodies are in `tests/corpus/models/questions`, where other people's
//! libraries read them as well.

use serde_json::{Value, json};

use super::fixture::{FORMATS, candidate, folder};
use crate::{
    models::{
        Arguments, Media, MediaSource, Message, ModelRequest, Origin, Part, Reasoning,
        ResponseSchema, ResultPart, Role, ToolCall, ToolChoice, ToolDefinition, ToolResult,
        wire::{Unfit, encode},
    },
    routes::Format,
};

fn text(text: &str) -> Part {
    Part::Text {
        text: text.to_owned(),
    }
}

fn call(id: &str, arguments: Arguments) -> Part {
    Part::ToolCall(ToolCall {
        id: id.to_owned(),
        name: "jira_get".to_owned(),
        arguments,
        cut_off: false,
    })
}

fn result(id: &str, content: Vec<ResultPart>, is_error: bool) -> Part {
    Part::ToolResult(ToolResult {
        id: id.to_owned(),
        name: "jira_get".to_owned(),
        content,
        is_error,
    })
}

fn words(text: &str) -> ResultPart {
    ResultPart::Text {
        text: text.to_owned(),
    }
}

fn media(kind: &str, data: &str) -> Media {
    Media {
        media_type: kind.to_owned(),
        name: Some("report.pdf".to_owned()),
        source: MediaSource::Base64(data.to_owned()),
    }
}

fn thought(origin: Origin, data: Value) -> Part {
    Part::Reasoning(Reasoning {
        origin,
        data,
        summary: Some("Hm.".to_owned()),
    })
}

fn object(value: Value) -> Arguments {
    Arguments::from_text(&value.to_string())
}

fn tool() -> ToolDefinition {
    ToolDefinition {
        name: "jira_get".to_owned(),
        description: "Reads an issue.".to_owned(),
        input_schema: json!({"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}),
    }
}

fn asking(messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        messages,
        ..ModelRequest::default()
    }
}

fn user(text: &str) -> Message {
    Message::text(Role::User, text)
}

fn said(parts: Vec<Part>) -> Message {
    Message {
        role: Role::Assistant,
        parts,
    }
}

fn told(parts: Vec<Part>) -> Message {
    Message {
        role: Role::Tool,
        parts,
    }
}

/// What the provider of a format would have thought.
fn own_thought(format: Format) -> Value {
    match format {
        Format::Anthropic => json!({"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}),
        Format::OpenaiResponses => {
            json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"})
        }
        Format::Bedrock => json!({"reasoningText": {"text": "Hm.", "signature": "c2ln"}}),
        Format::Gemini => json!({"next": {"thoughtSignature": "c2ln"}}),
        Format::OpenaiChat | Format::AzureOpenai => json!({"reasoning_content": "Hm."}),
    }
}

fn questions(format: Format) -> Vec<(&'static str, ModelRequest)> {
    let own = || thought(candidate(format).origin(), own_thought(format));
    let foreign = || {
        thought(
            Origin {
                provider: "other@a.example".to_owned(),
                model: "m".to_owned(),
            },
            json!({"secret": "of another"}),
        )
    };
    let key = |key: &str| object(json!({"key": key}));
    let with_tools = |request: ModelRequest| ModelRequest {
        tools: vec![tool()],
        ..request
    };
    let turn = |thoughts: Vec<Part>| {
        let mut parts = thoughts;
        parts.extend([
            text("I look."),
            call("c1", key("A-1")),
            call("c2", key("A-2")),
        ]);
        let results = told(vec![
            result(
                "c1",
                vec![ResultPart::Json {
                    value: json!({"summary": "Broken"}),
                }],
                false,
            ),
            result("c2", vec![words("There is no A-2.")], true),
        ]);
        with_tools(asking(vec![
            Message::text(Role::System, "Be brief."),
            user("A-1 and A-2?"),
            said(parts),
            results,
        ]))
    };
    vec![
        ("plain", asking(vec![user("Well?")])),
        (
            "system",
            asking(vec![
                Message::text(Role::System, "Be brief."),
                Message::text(Role::System, "Be kind."),
                user("Well?"),
            ]),
        ),
        (
            "settings",
            ModelRequest {
                max_tokens: Some(100),
                temperature: Some(0.5),
                seed: Some(7),
                stop: vec!["END".to_owned()],
                ..asking(vec![user("Well?")])
            },
        ),
        ("tools", with_tools(asking(vec![user("A-1?")]))),
        (
            "tools-none",
            ModelRequest {
                tool_choice: ToolChoice::None,
                ..with_tools(asking(vec![user("A-1?")]))
            },
        ),
        (
            "tools-any-one-at-a-time",
            ModelRequest {
                tool_choice: ToolChoice::Any,
                one_call_at_a_time: true,
                ..with_tools(asking(vec![user("A-1?")]))
            },
        ),
        (
            "tools-this-one",
            ModelRequest {
                tool_choice: ToolChoice::Tool("jira_get".to_owned()),
                ..with_tools(asking(vec![user("A-1?")]))
            },
        ),
        ("tool-turn", turn(vec![])),
        ("tool-turn-with-own-thoughts", turn(vec![own()])),
        ("tool-turn-with-foreign-thoughts", turn(vec![foreign()])),
        (
            "tool-turn-without-tools-now",
            ModelRequest {
                tools: vec![],
                ..turn(vec![])
            },
        ),
        (
            "arguments-not-json",
            with_tools(asking(vec![
                user("A-1?"),
                said(vec![call("c1", Arguments::Raw("{\"key\": A".to_owned()))]),
                told(vec![result("c1", vec![words("Not called.")], true)]),
            ])),
        ),
        (
            "strange-ids-and-names",
            with_tools(asking(vec![
                user("A-1?"),
                said(vec![Part::ToolCall(ToolCall {
                    id: "id with spaces and ü".to_owned(),
                    name: "rm -rf /".to_owned(),
                    arguments: key("A-1"),
                    cut_off: false,
                })]),
                told(vec![Part::ToolResult(ToolResult {
                    id: "id with spaces and ü".to_owned(),
                    name: "rm -rf /".to_owned(),
                    content: vec![words("There is no such tool.")],
                    is_error: true,
                })]),
            ])),
        ),
        (
            "picture-and-document",
            asking(vec![Message {
                role: Role::User,
                parts: vec![
                    text("What is this?"),
                    Part::Image(media("image/png", "iVBORw0KGgo=")),
                    Part::Document(media("application/pdf", "JVBERi0=")),
                ],
            }]),
        ),
        (
            "picture-from-a-tool",
            with_tools(asking(vec![
                user("A-1?"),
                said(vec![call("c1", key("A-1"))]),
                told(vec![result(
                    "c1",
                    vec![
                        words("Here:"),
                        ResultPart::Image(media("image/png", "iVBORw0KGgo=")),
                    ],
                    false,
                )]),
            ])),
        ),
        (
            "text-document",
            asking(vec![Message {
                role: Role::User,
                parts: vec![Part::Document(media("text/plain", "SGVsbG8="))],
            }]),
        ),
        (
            "shape",
            ModelRequest {
                response: Some(ResponseSchema {
                    name: "verdict".to_owned(),
                    schema: json!({"type": "object", "properties": {"good": {"type": "boolean"}}, "required": ["good"], "additionalProperties": false}),
                }),
                ..asking(vec![user("Good?")])
            },
        ),
        (
            "empty-messages-vanish",
            asking(vec![user("Well?"), said(vec![]), user("Well?")]),
        ),
        (
            "refusal-in-history",
            asking(vec![
                user("Bad?"),
                said(vec![Part::Refusal {
                    text: "No.".to_owned(),
                }]),
                user("Good?"),
            ]),
        ),
        ("new-turn-after-thoughts", {
            let mut request = turn(vec![own()]);
            request
                .messages
                .extend([said(vec![text("Done.")]), user("And A-3?")]);
            request
        }),
    ]
}

#[test]
fn every_question_is_encoded_as_written_down() {
    for format in FORMATS {
        let questions = questions(format);
        assert!(questions.len() >= 20);
        for (name, request) in questions {
            let wire = encode(&request, &candidate(format)).unwrap();
            let body: Value = serde_json::from_slice(&wire.body).unwrap();
            let headers: std::collections::BTreeMap<_, _> = wire
                .headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
                .collect();
            let shown = json!({"url": wire.url, "headers": headers, "body": body});
            insta::with_settings!({
                snapshot_path => folder(format).join("questions"),
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_json_snapshot!(name, shown);
            });
        }
    }
}

/// The trap that costs a conversation: an opaque block shown to whom it is not for.
#[test]
fn thoughts_of_another_provider_are_never_sent() {
    for format in FORMATS {
        for (name, request) in questions(format) {
            let wire = encode(&request, &candidate(format)).unwrap();
            let body = String::from_utf8(wire.body.to_vec()).unwrap();
            assert!(!body.contains("of another"), "{} {name}", format.as_str());
            let is_own = name == "tool-turn-with-own-thoughts";
            let sent = ["c2ln", "gAAA", "Hm."]
                .iter()
                .any(|thought| body.contains(thought));
            assert!(
                !is_own || sent,
                "{} {name}: its own thoughts are missing",
                format.as_str()
            );
        }
    }
}

#[test]
fn what_cannot_be_sent_is_refused() {
    let with = |source: MediaSource| {
        asking(vec![Message {
            role: Role::User,
            parts: vec![Part::Image(Media {
                media_type: "image/png".to_owned(),
                name: None,
                source,
            })],
        }])
    };
    for format in FORMATS {
        let refused = |request: &ModelRequest| encode(request, &candidate(format)).unwrap_err();
        assert_eq!(
            refused(&with(MediaSource::Blob("sha256:…".to_owned()))),
            Unfit::Blob
        );
        for bad in ["a b=", "abc", "====", "ab\"}"] {
            assert_eq!(
                refused(&with(MediaSource::Base64(bad.to_owned()))),
                Unfit::NotBase64,
                "{bad}"
            );
        }
    }
    for model in [
        "",
        "arn:aws:bedrock:eu-central-1:1:inference-profile/x",
        "../x",
        "a?b",
        "a b",
    ] {
        for format in [Format::Bedrock, Format::Gemini] {
            let mut candidate = candidate(format);
            model.clone_into(&mut candidate.model);
            assert_eq!(
                encode(&asking(vec![user("Well?")]), &candidate).unwrap_err(),
                Unfit::Url,
                "{model}"
            );
        }
    }
}

#[test]
fn options_of_the_candidate_win_and_are_merged() {
    let mut candidate = candidate(Format::Gemini);
    candidate.options = serde_json::from_value(json!({"generationConfig": {"thinkingConfig": {"includeThoughts": true}, "maxOutputTokens": 7}, "labels": {"team": "x"}})).unwrap();
    let wire = encode(&asking(vec![user("Well?")]), &candidate).unwrap();
    let body: Value = serde_json::from_slice(&wire.body).unwrap();
    assert_eq!(
        body["generationConfig"],
        json!({"thinkingConfig": {"includeThoughts": true}, "maxOutputTokens": 7})
    );
    assert_eq!(body["labels"]["team"], "x");
    assert!(body["contents"].is_array());
}
