//! A model that says what it is told to.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use futures::future::BoxFuture;
use metier_agent::{
    models::{
        Answer, Arguments, Delta, FailureKind, Message, Model, ModelFailure, ModelRequest, Origin,
        Part, Question, Reasoning, Role, Sink, StopReason, ToolCall, Usage,
    },
    routes::{NanoDollars, PriceTable, Routes},
};
use metier_service::agents::Models;
use serde_json::{Value, json};

/// Two routes, of which `quick` costs a dollar for a million tokens.
pub fn routes() -> Models {
    let text = r#"
        [routes.quick]
        candidates = ["one"]
        [routes.thorough]
        candidates = ["one"]
        [candidates.one]
        format = "openai-chat"
        model = "m.x"
        base-url = "https://provider.example/v1"
        context = 100_000
        max-output = 4_000
        features = ["tools", "schema", "vision"]
        price = { input = 1_000_000_000, output = 1_000_000_000 }
    "#;
    Models {
        routes: Routes::parse(text).unwrap(),
        prices: PriceTable::default(),
    }
}

/// What is said in answer to one question.
pub struct Turn {
    deltas: Vec<Delta>,
    end: Result<Answer, ModelFailure>,
    never: bool,
}

impl Turn {
    /// Words, piece by piece.
    pub fn says(pieces: &[&str]) -> Turn {
        let parts = vec![Part::Text {
            text: pieces.concat(),
        }];
        let deltas = pieces.iter().map(|text| word(text)).collect();
        Turn {
            deltas,
            ..Turn::of(parts, StopReason::End)
        }
    }

    /// These parts at once, with nothing said before.
    pub fn of(parts: Vec<Part>, stop: StopReason) -> Turn {
        Turn {
            deltas: Vec::new(),
            end: Ok(answer(parts, stop)),
            never: false,
        }
    }

    /// Calls a tool, which is told first.
    pub fn calls(id: &str, tool: &str, arguments: Value) -> Turn {
        let begun = Delta::ToolCallBegun {
            index: 0,
            id: id.into(),
            name: tool.into(),
        };
        Turn {
            deltas: vec![begun],
            ..Turn::of(vec![call(id, tool, arguments)], StopReason::ToolUse)
        }
    }

    /// Says words before.
    pub fn saying(self, text: &str) -> Turn {
        let mut turn = self.first(word(text));
        if let Ok(answer) = &mut turn.end {
            answer
                .message
                .parts
                .insert(0, Part::Text { text: text.into() });
        }
        turn
    }

    /// Fails after these words.
    pub fn fails(kind: FailureKind, pieces: &[&str]) -> Turn {
        let mut failure = ModelFailure::new(kind, "The provider says no.");
        failure.candidate = Some("one".into());
        Turn {
            deltas: pieces.iter().map(|text| word(text)).collect(),
            end: Err(failure),
            never: false,
        }
    }

    /// Goes on with another delta.
    pub fn and(mut self, delta: Delta) -> Turn {
        self.deltas.push(delta);
        self
    }

    /// Begins with another delta.
    pub fn first(mut self, delta: Delta) -> Turn {
        self.deltas.insert(0, delta);
        self
    }

    /// Never ends.
    pub fn for_ever(mut self) -> Turn {
        self.never = true;
        self
    }

    /// Changes how it fails.
    pub fn failing(mut self, change: impl FnOnce(&mut ModelFailure)) -> Turn {
        change(self.end.as_mut().unwrap_err());
        self
    }
}

pub fn word(text: &str) -> Delta {
    Delta::Text { text: text.into() }
}

pub fn call(id: &str, tool: &str, arguments: Value) -> Part {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: tool.into(),
        arguments: Arguments::from_text(&arguments.to_string()),
        cut_off: false,
    })
}

/// A thought that only its provider can read.
pub fn thought(data: &str) -> Part {
    Part::Reasoning(Reasoning {
        origin: Origin {
            provider: "p".into(),
            model: "m".into(),
        },
        data: json!({ "signature": data }),
        summary: Some("Thinking.".into()),
    })
}

fn answer(parts: Vec<Part>, stop: StopReason) -> Answer {
    Answer {
        message: Message {
            role: Role::Assistant,
            parts,
        },
        stop,
        usage: Usage {
            input: 7,
            output: 5,
            cached_read: 2,
            reasoning: 1,
            ..Usage::default()
        },
        candidate: "one".into(),
        model: None,
        cost: NanoDollars(12_000),
        latency_ms: 1,
        first_token_ms: 1,
        attempts: 1,
    }
}

/// The turns, and what was asked.
#[derive(Default)]
pub struct Script {
    turns: Mutex<VecDeque<Turn>>,
    asked: Mutex<Vec<ModelRequest>>,
    given_up: Arc<AtomicUsize>,
}

impl Script {
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Arc<Script> {
        Arc::new(Script {
            turns: Mutex::new(turns.into_iter().collect()),
            ..Script::default()
        })
    }

    /// The last question.
    pub fn asked(&self) -> ModelRequest {
        self.asked.lock().unwrap().last().unwrap().clone()
    }

    /// Questions that were asked.
    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Waits until a question was dropped before its answer.
    pub async fn is_given_up(&self) {
        let waited = tokio::time::timeout(crate::wire::PATIENCE, async {
            while self.given_up.load(SeqCst) == 0 {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        });
        waited.await.unwrap();
    }
}

struct Asked(Arc<AtomicUsize>, bool);

impl Drop for Asked {
    fn drop(&mut self) {
        self.0.fetch_add(usize::from(!self.1), SeqCst);
    }
}

impl Model for Script {
    fn ask<'a>(
        &'a self,
        question: &'a Question,
        sink: &'a dyn Sink,
    ) -> BoxFuture<'a, Result<Answer, ModelFailure>> {
        Box::pin(async move {
            let mut asked = Asked(self.given_up.clone(), false);
            self.asked.lock().unwrap().push(question.request.clone());
            let turn = self.turns.lock().unwrap().pop_front();
            let turn = turn.unwrap_or_else(|| Turn::says(&["Hello", " there"]));
            sink.delta(Delta::Begun {
                candidate: "one".into(),
            });
            for delta in turn.deltas {
                sink.delta(delta);
                tokio::task::yield_now().await;
            }
            if turn.never {
                std::future::pending::<()>().await;
            }
            asked.1 = true;
            turn.end
        })
    }
}
