//! The whole way: a client's question through a route to an emulated provider, in every format.

use std::{sync::Arc, time::SystemTime};

use metier_agent::{
    models::Routed,
    routes::{Health, PriceTable, Routes},
};
use metier_core::{EgressRecord, TenantId};
use metier_emulator_models::{ACCESS_KEY_ID, Emulator, KEY, Options};
use metier_runtime::{
    credentials::SecretSources,
    egress::{Clock, EgressAudit},
};
use metier_service::{
    agents::Models,
    models::{LivePace, ModelTransport, egress_for_models},
};
use serde_json::{Value, json};

use super::{events, hello, kinds};
use crate::scene::Scene;

/// Every format: its word, what follows the emulator's address, and how it wants the key.
const FORMATS: [(&str, &str, &str); 6] = [
    (
        "anthropic",
        "",
        "kind = \"api-key-header\"\nheader = \"x-api-key\"",
    ),
    ("openai-chat", "/v1", "kind = \"bearer\""),
    ("openai-responses", "/v1", "kind = \"bearer\""),
    (
        "azure-openai",
        "/openai/v1",
        "kind = \"api-key-header\"\nheader = \"api-key\"",
    ),
    (
        "gemini",
        "/v1beta",
        "kind = \"api-key-header\"\nheader = \"x-goog-api-key\"",
    ),
    (
        "bedrock",
        "",
        "kind = \"sigv4\"\naccess-key-id = { env = \"ID\" }\nservice = \"bedrock\"\nregion = \"eu-central-1\"",
    ),
];

struct Unheard;

impl EgressAudit for Unheard {
    fn record(&self, _: EgressRecord) {}
}

fn routes(emulator: &Emulator) -> Routes {
    let address = emulator.addr();
    let text = FORMATS.iter().map(|(format, path, credential)| {
        format!(
            "[routes.{format}]\ncandidates = [\"{format}\"]\nretry = {{ attempts = 1, broken-answers = 0 }}\n\
             [candidates.{format}]\nformat = \"{format}\"\nmodel = \"m.x\"\nbase-url = \"http://{address}{path}\"\ncredential = \"{format}\"\n\
             region = \"eu-central-1\"\ncontext = 1_000_000\nmax-output = 4_000\nfeatures = [\"tools\", \"schema\"]\n\
             price = {{ input = 1_000_000_000, output = 1_000_000_000 }}\n\
             [credentials.{format}]\n{credential}\nsecret = {{ env = \"KEY\" }}\n"
        )
    });
    Routes::parse(&text.collect::<String>()).unwrap()
}

async fn scene(emulator: &Emulator) -> Scene {
    let routes = routes(emulator);
    let clock: Clock = Arc::new(SystemTime::now);
    let sources = SecretSources {
        env: Arc::new(|name: &str| match name {
            "KEY" => Some(KEY.to_owned()),
            "ID" => Some(ACCESS_KEY_ID.to_owned()),
            _ => None,
        }),
        directory: ".".into(),
        vault: None,
        accounts: None,
    };
    let transport = ModelTransport::new(
        &routes,
        egress_for_models(clock.clone()),
        &sources,
        &clock,
        Arc::new(Unheard),
        TenantId::local(),
    );
    let routed = Routed::new(
        Arc::new(transport.unwrap()),
        Arc::new(LivePace::default()),
        Arc::new(Health::default()),
    );
    let prices = PriceTable::default();
    Scene::with(Models { routes, prices }, Arc::new(routed)).await
}

#[tokio::test]
async fn every_format_answers_in_openais_words() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let scene = scene(&emulator).await;
    for (format, _, _) in FORMATS {
        let whole = scene.chat(hello(format)).await;
        let choice = &whole.json["choices"][0];
        assert_eq!(
            choice["message"]["content"], "You said: Hello",
            "{format}: {}",
            whole.body
        );
        let mut body = hello(format);
        body["stream"] = json!(true);
        let chunks = events(&scene.chat(body).await);
        let words = chunks
            .iter()
            .filter_map(|event| event["choices"][0]["delta"]["content"].as_str());
        assert_eq!(words.collect::<String>(), "You said: Hello", "{format}");
        let body = json!({ "model": format, "input": "Hello", "stream": true });
        let stream = scene.respond(body).await;
        assert_eq!(
            kinds(&stream).last(),
            Some(&"response.completed"),
            "{format}"
        );
    }
    assert_eq!(scene.booked().await.len(), FORMATS.len());
}

#[tokio::test]
async fn every_format_calls_the_clients_tools_and_keeps_to_its_shape() {
    let emulator = Emulator::start(Options::default()).unwrap();
    let scene = scene(&emulator).await;
    let schema = json!({ "type": "object", "properties": { "soql": { "type": "string" } }, "required": ["soql"], "additionalProperties": false });
    let shape = json!({ "type": "object", "properties": { "n": { "type": "integer" } }, "required": ["n"], "additionalProperties": false });
    let rows = json!({ "columns": ["Name", "Amount", "StageName"], "rows": [["A", "1000.0", "Closed Won"]] });
    for (format, _, _) in FORMATS {
        let mut body = hello(format);
        body["messages"][0]["content"] = json!("Review the quarter 2026-Q3. Issue: ABC-1.");
        body["tools"] = json!([{ "type": "function", "function": { "name": "salesforce__query", "parameters": schema } }]);
        let called = scene.chat(body.clone()).await;
        let message = &called.json["choices"][0]["message"];
        let call = &message["tool_calls"][0];
        assert_eq!(
            call["function"]["name"], "salesforce__query",
            "{format}: {}",
            called.body
        );
        let result =
            json!({ "role": "tool", "tool_call_id": call["id"], "content": rows.to_string() });
        let messages = body["messages"].as_array_mut().unwrap();
        messages.extend([message.clone(), result]);
        let story = scene.chat(body).await;
        let words = story.json["choices"][0]["message"]["content"].as_str();
        assert!(
            words.is_some_and(|words| words.starts_with("2026-Q3: 1 opportunities")),
            "{format}: {}",
            story.body
        );
        let mut body = hello(format);
        body["response_format"] = json!({ "type": "json_schema", "json_schema": { "name": "n", "strict": true, "schema": shape } });
        let shaped = scene.chat(body).await;
        let words = shaped.json["choices"][0]["message"]["content"]
            .as_str()
            .unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(words).unwrap(),
            json!({ "n": 0 }),
            "{format}"
        );
    }
}
