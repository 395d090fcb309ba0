//! Every format carries questions, answers, tools and shapes, whole and in pieces, plain and over TLS.

use futures::future::join;
use metier_agent::models::{
    Arguments, Delta, Message, ModelRequest, Part, ResponseSchema, ResultPart, Role, StopReason,
    ToolDefinition, ToolResult,
};
use metier_agent::routes::NanoDollars;
use metier_core::EgressOutcome;
use metier_emulator_models::{Answer, Fault, Rule};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::scene::{Ear, FORMATS, Scene, hello, says};

/// Longer than any question takes.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

const PROMPT: &str = "Review the quarter 2026-Q3. Issue: ABC-1. Meeting: 2026-10-06T10:00:00+02:00 to 2026-10-06T10:30:00+02:00, with [\"grace@acme.example\"].";

/// The tools of the review, and what each answers.
const TOOLS: [&str; 5] = [
    "salesforce__query",
    "powerpoint__create",
    "jira__add-attachment",
    "jira__add-comment",
    "google-calendar__book-meeting",
];

fn review() -> ModelRequest {
    let tool = |name: &str| ToolDefinition {
        name: name.to_owned(),
        description: String::new(),
        input_schema: json!({ "type": "object" }),
    };
    ModelRequest {
        messages: vec![
            Message::text(Role::System, "You review."),
            Message::text(Role::User, PROMPT),
        ],
        tools: TOOLS.map(tool).to_vec(),
        ..ModelRequest::default()
    }
}

fn answered(tool: &str) -> Vec<ResultPart> {
    let value = |value: Value| ResultPart::Json { value };
    match tool {
        "salesforce__query" => vec![
            ResultPart::Text {
                text: "From outside.".to_owned(),
            },
            value(
                json!({ "columns": ["Name", "Amount", "StageName"], "rows": [["A", "1000.0", "Closed Won"]] }),
            ),
        ],
        "powerpoint__create" => vec![value(
            json!({ "files": [{ "digest": format!("sha256:{}", "ab".repeat(32)) }] }),
        )],
        _ => vec![value(json!({ "id": "1" }))],
    }
}

/// Calls what the model wants called until it wants nothing more; its last words and the tools in order.
async fn play(scene: &Scene, route: &str) -> (String, Vec<String>) {
    let mut request = review();
    let mut called = Vec::new();
    for _ in 0..10 {
        let answer = scene
            .ask(route, request.clone())
            .await
            .unwrap_or_else(|failure| panic!("{route}: {failure}"));
        let calls: Vec<_> = answer.message.tool_calls().cloned().collect();
        let words = answer.message.words();
        request.messages.push(answer.message);
        if calls.is_empty() {
            assert_eq!(answer.stop, StopReason::End, "{route}");
            return (words, called);
        }
        assert_eq!(answer.stop, StopReason::ToolUse, "{route}");
        let results = calls.into_iter().map(|call| {
            assert!(matches!(call.arguments, Arguments::Parsed(_)), "{route}");
            called.push(call.name.clone());
            let content = answered(&call.name);
            Part::ToolResult(ToolResult {
                id: call.id,
                name: call.name,
                content,
                is_error: false,
            })
        });
        let parts = results.collect();
        request.messages.push(Message {
            role: Role::Tool,
            parts,
        });
    }
    panic!("{route} does not end: {called:?}");
}

#[tokio::test]
async fn a_conversation_with_tools_is_the_same_in_every_format() {
    for scene in [Scene::plain(), Scene::whole(), Scene::secure()] {
        for (format, ..) in FORMATS {
            let (words, called) = play(&scene, format).await;
            assert_eq!(called, TOOLS, "{format}");
            assert!(
                words.starts_with(
                    "2026-Q3: 1 opportunities close in the quarter. 1 of them are won, worth $1,000"
                ),
                "{format}: {words}"
            );
            assert!(words.ends_with("The review is booked from 2026-10-06T10:00:00+02:00 to 2026-10-06T10:30:00+02:00."), "{format}: {words}");
        }
        let records = scene.audit.records();
        assert_eq!(records.len(), 6 * FORMATS.len(), "every question left once");
        assert!(
            records
                .iter()
                .all(|record| matches!(record.outcome, EgressOutcome::Answered { status: 200 }))
        );
    }
}

#[tokio::test]
async fn words_come_in_their_order_before_the_answer_is_whole() {
    let long: String = (0..200).map(|number| format!("{number} ")).collect();
    let scene = Scene::plain();
    for (format, ..) in FORMATS {
        scene.emulator.script().push(Answer::text(&long));
        let ear = Ear::default();
        let answer = scene.ask_heard(format, hello(), &ear).await.unwrap();
        let heard = ear.heard();
        assert_eq!(
            heard[0],
            Delta::Begun {
                candidate: format.to_owned()
            }
        );
        assert!(heard.len() > 20, "{format}: {} pieces", heard.len());
        assert_eq!(
            (ear.text(), answer.message.words()),
            (long.clone(), long.clone()),
            "{format}"
        );
        assert!(answer.first_token_ms <= answer.latency_ms);
    }
}

/// The provider has said a few words and holds the rest: whoever listens has heard them.
#[tokio::test]
async fn the_first_words_are_heard_before_there_are_more() {
    let scene = Scene::plain();
    for (format, ..) in FORMATS {
        let words = "The first words come first, and the rest comes much later.";
        scene.emulator.script().push(Answer::text(words));
        // Gemini's events have words from the first on; the others begin with one to four without.
        let after = match format {
            "gemini" => 1,
            "openai-responses" => 5,
            "anthropic" => 3,
            _ => 2,
        };
        let rule = Rule::once(Fault::Hold { after: Some(after) });
        scene.emulator.faults().replace(vec![rule]);
        let ear = Ear::default();
        let asking = scene.ask_heard(format, hello(), &ear);
        let listening = async {
            ear.first_words().await;
            let heard = ear.text();
            assert!(
                !heard.is_empty() && heard.len() < words.len(),
                "{format}: {heard}"
            );
            scene.emulator.faults().release();
        };
        let (answer, ()) = timeout(PATIENCE, join(asking, listening))
            .await
            .expect(format);
        assert_eq!(answer.unwrap().message.words(), words, "{format}");
    }
}

#[tokio::test]
async fn what_was_used_is_the_same_in_every_format_and_costs_its_price() {
    for scene in [Scene::plain(), Scene::whole()] {
        for (format, ..) in FORMATS {
            let answer = scene.ask(format, hello()).await.unwrap();
            // "Hello" and "You said: Hello", four bytes to a token.
            let used = (
                answer.usage.input,
                answer.usage.output,
                answer.usage.estimated,
            );
            assert_eq!(used, (2, 4, false), "{format}");
            assert_eq!(answer.cost, NanoDollars(6_000), "{format}");
            assert_eq!(
                answer.model.as_deref(),
                (format != "bedrock").then_some("m.x"),
                "{format}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_of_a_shape_is_asked_for_in_every_format() {
    let schema = json!({ "type": "object", "required": ["n"], "properties": { "n": { "type": "integer" } }, "additionalProperties": false });
    for scene in [Scene::plain(), Scene::whole()] {
        for (format, ..) in FORMATS {
            let shape = ResponseSchema {
                name: "output".to_owned(),
                schema: schema.clone(),
            };
            let request = ModelRequest {
                response: Some(shape),
                ..says("A number")
            };
            let answer = scene.ask(format, request).await.unwrap();
            assert_eq!(answer.message.words(), r#"{"n":0}"#, "{format}");
        }
        assert!(
            scene
                .emulator
                .script()
                .asked()
                .iter()
                .all(|question| question.schema.as_ref() == Some(&schema))
        );
    }
}

#[tokio::test]
async fn an_answer_that_is_cut_off_says_so_in_every_format() {
    for scene in [Scene::plain(), Scene::whole()] {
        for (format, ..) in FORMATS {
            let answer = scene
                .ask(
                    format,
                    ModelRequest {
                        max_tokens: Some(2),
                        ..hello()
                    },
                )
                .await
                .unwrap();
            assert_eq!(
                (answer.stop, answer.message.words().as_str()),
                (StopReason::MaxTokens, "You said"),
                "{format}"
            );
        }
    }
}
