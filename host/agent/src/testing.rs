//! Definitions and answers for the tests of this crate.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, time::Duration};

use metier_core::{Digest, Effect, PrincipalId};
use serde_json::{Value, json};

use crate::{
    definition::{
        Agent, Approvals, Budget, Chain, Definition, Limits, MemoryUse, Name, OnTimeout, Step,
        Taint, Terms,
    },
    journal::{Entry, Event, Millis, PinnedSkill, PinnedTool, Started},
    models::{Answer, Arguments, Message, Part, Role, StopReason, ToolCall, Usage},
    routes::{Candidate, Format, NanoDollars, Price, PriceTable, Route},
};

pub(crate) fn terms() -> Terms {
    Terms {
        name: Name("tester".into()),
        namespace: None,
        version: "1.0.0".into(),
        description: String::new(),
        input_schema: None,
        output_schema: None,
        skills: BTreeMap::new(),
        budget: Budget::default(),
        approvals: Approvals {
            from_effect: Some(Effect::Destructive),
            rules: Vec::new(),
            from_nano_dollars: None,
            timeout: Duration::from_secs(3_600),
            on_timeout: OnTimeout::Deny,
        },
        taint: Taint {
            from_effect: Some(Effect::Destructive),
            trusted: Vec::new(),
        },
        limits: Limits::default(),
    }
}

pub(crate) fn agent(terms: Terms) -> Definition {
    Definition::Agent(Agent {
        terms,
        instructions: "Do it.".into(),
        prompt: None,
        model: "main".into(),
        max_tokens: 1_000,
        temperature: None,
        memory: MemoryUse::default(),
        compact_from: None,
    })
}

pub(crate) fn chain(terms: Terms, steps: Vec<Step>) -> Definition {
    Definition::Chain(Chain {
        terms,
        steps,
        output: None,
    })
}

pub(crate) fn tool(effect: Effect, outside: bool) -> PinnedTool {
    PinnedTool {
        skill: Name("s".into()),
        tool: effect.as_str().parse().unwrap(),
        effect,
        description: format!("A tool that is {effect}."),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        outside,
    }
}

/// One candidate, a dollar a million tokens either way.
pub(crate) fn route() -> Route {
    Route {
        name: "main".into(),
        candidates: vec![Candidate {
            name: "one".into(),
            format: Format::OpenaiChat,
            model: "m".into(),
            base_url: "http://127.0.0.1:1/v1".into(),
            credential: None,
            addresses: Vec::new(),
            ca_file: None,
            region: None,
            residency: None,
            context: 100_000,
            max_output: 4_000,
            features: Vec::new(),
            tags: Vec::new(),
            price: Some(Price {
                input: 1_000_000_000,
                output: 1_000_000_000,
                cached_read: None,
                cache_write: None,
                long: None,
            }),
            first_byte_seconds: 60,
            answer_seconds: 600,
            stream: true,
            options: serde_json::Map::new(),
        }],
        needs: Default::default(),
        retry: Default::default(),
    }
}

pub(crate) fn started(definition: Definition) -> Started {
    let tools =
        Effect::ALL.map(|effect| (format!("s.{effect}"), tool(effect, effect == Effect::Read)));
    let skill = PinnedSkill {
        digest: Digest::of(b"skill"),
        name: Some("com.acme/s".parse().unwrap()),
        grant: None,
        folder: None,
    };
    Started {
        definition,
        input: json!({"quarter": "2026-Q3"}),
        principal: PrincipalId::local(),
        skills: BTreeMap::from([(Name("s".into()), skill)]),
        tools: BTreeMap::from(tools),
        routes: BTreeMap::from([("main".to_owned(), route())]),
        prices: PriceTable::default(),
        folder: None,
        session: None,
        tainted: false,
        opening: vec![
            Message::text(Role::System, "Do it."),
            Message::text(Role::User, "Now."),
        ],
    }
}

pub(crate) fn entry(at: u64, event: Event) -> Entry {
    Entry {
        at: Millis(at),
        event,
    }
}

pub(crate) fn calls(of: &[(&str, &str, Value)]) -> Answer {
    let parts = of.iter().map(|(id, name, arguments)| {
        let arguments = match arguments {
            Value::Object(map) => Arguments::Parsed(map.clone()),
            other => Arguments::Raw(other.to_string()),
        };
        Part::ToolCall(ToolCall {
            id: (*id).to_owned(),
            name: (*name).to_owned(),
            arguments,
            cut_off: false,
        })
    });
    answer(parts.collect(), StopReason::ToolUse)
}

pub(crate) fn says(words: &str) -> Answer {
    answer(
        vec![Part::Text {
            text: words.to_owned(),
        }],
        StopReason::End,
    )
}

pub(crate) fn answer(parts: Vec<Part>, stop: StopReason) -> Answer {
    Answer {
        message: Message {
            role: Role::Assistant,
            parts,
        },
        stop,
        usage: Usage {
            input: 50,
            output: 10,
            ..Usage::default()
        },
        candidate: "one".into(),
        model: None,
        cost: NanoDollars(60_000),
        latency_ms: 5,
        first_token_ms: 2,
        attempts: 1,
    }
}
