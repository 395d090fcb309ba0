//! What a service sends to a collector and writes to standard error.

mod collector;

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use metier_emulator_models::{Answer, Emulator, KEY, Options};
use serde_json::{Value, json};

use crate::{sandbox::Sandbox, service::Serving};
use collector::{Collector, Span};

/// What must not be in any span: what is asked, called with and answered.
const WORDS: [&str; 5] = [
    "instruction-words",
    "input-words",
    "argument-words",
    "thinking-words",
    "answer-words",
];

/// The trace of a client of ours.
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

const AGENT: &str = r#"
[agent]
name = "echoer"
version = "1.2.0"
description = "Says it again."
model = "drafting"
instructions = "instruction-words"

[skills.teaching]
file = "teaching.wasm"
tools = ["echo"]
"#;

/// A sandbox with providers, and a command that serves there.
struct Stage {
    sandbox: Sandbox,
    emulator: Emulator,
}

impl Stage {
    /// With this in `metier.toml`.
    fn with(configuration: &str) -> Stage {
        let sandbox = Sandbox::new();
        let emulator = Emulator::start(Options::default()).unwrap();
        let routes = format!(
            "[routes.drafting]\ncandidates = [\"one\"]\n\n[candidates.one]\nformat = \"openai-chat\"\nmodel = \"m.x\"\n\
             base-url = \"http://{}/v1\"\ncredential = \"key\"\ncontext = 100_000\nmax-output = 1_000\nfeatures = [\"tools\"]\n\
             price = {{ input = 1_000_000_000, output = 1_000_000_000 }}\n\n\
             [credentials.key]\nkind = \"bearer\"\nsecret = {{ env = \"KEY\" }}\n",
            emulator.addr()
        );
        sandbox.write("routes.toml", routes);
        sandbox.write("metier.toml", configuration);
        Stage { sandbox, emulator }
    }

    fn serve(&self, more: &[&str], environment: &[(&str, &str)]) -> Serving {
        let words = [
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--output",
            "json",
            "--routes",
            "routes.toml",
            "--config",
            "metier.toml",
        ];
        let mut command = self.sandbox.command(&[&words, more].concat());
        command.env("KEY", KEY).envs(environment.iter().copied());
        Serving::spawned(command)
    }

    /// Installs the skill, deploys the agent, and has both do something.
    fn work(&self, serving: &Serving) {
        let key = serving.key.clone().unwrap();
        let install = [
            "skill",
            "install",
            "--allow-unsigned",
            "teaching.wasm",
            "--as",
            "teaching",
        ];
        let installed = serving.admin(&self.sandbox, &key, &install);
        assert_eq!(installed.code, 0, "{installed:?}");
        let call = ask(
            serving,
            "POST",
            "/tools/teaching.echo",
            r#"{"text": "argument-words"}"#,
        );
        assert_eq!(call["result"], "argument-words", "{call}");
        self.emulator.script().replace(vec![
            Answer::call(
                "thinking-words",
                "teaching__echo",
                &json!({"text": "argument-words"}),
            ),
            Answer::text("answer-words"),
        ]);
        ask(
            serving,
            "POST",
            "/agents",
            &json!({"text": AGENT}).to_string(),
        );
        let started = ask(
            serving,
            "POST",
            "/runs",
            r#"{"agent": "echoer", "input": "input-words"}"#,
        );
        let id = started["id"].as_str().unwrap();
        let begun = Instant::now();
        loop {
            let run = ask(serving, "GET", &format!("/runs/{id}"), "");
            if run["status"] == "completed" {
                assert_eq!(run["output"], "answer-words", "{run}");
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{run}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// One request of the HTTP API's, as part of [`TRACE`].
fn ask(serving: &Serving, method: &str, path: &str, body: &str) -> Value {
    let answer = exchange(serving, &format!("{method} /api/v1{path}"), body);
    serde_json::from_str(&answer).unwrap()
}

/// The body of the answer.
fn exchange(serving: &Serving, what: &str, body: &str) -> String {
    let address = serving.url.strip_prefix("http://").unwrap();
    let key = serving.key.as_deref().unwrap();
    let request = format!(
        "{what} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         traceparent: 00-{TRACE}-b7ad6b7169203331-01\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 20"), "{answer}");
    body.to_owned()
}

/// The only one that is called so, below this one.
fn child<'s>(spans: &'s [Span], name: &str, parent: &Span) -> &'s Span {
    let named: Vec<&Span> = spans
        .iter()
        .filter(|span| span.name == name && span.parent == parent.id)
        .collect();
    assert_eq!(named.len(), 1, "{name} below {}: {spans:#?}", parent.name);
    named[0]
}

#[test]
fn a_call_and_a_run_are_one_trace_from_the_request_to_what_leaves() {
    let collector = Collector::start();
    let stage = Stage::with("");
    let serving = stage.serve(
        &[],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()),
            ("OTEL_EXPORTER_OTLP_HEADERS", "x-token=collector-token"),
            ("OTEL_SERVICE_NAME", "front"),
        ],
    );
    stage.work(&serving);
    // A question that is asked while its answer is read.
    let question = json!({"model": "drafting", "stream": true, "messages": [{"role": "user", "content": "input-words"}]});
    let streamed = exchange(&serving, "POST /v1/chat/completions", &question.to_string());
    assert!(streamed.contains("data: [DONE]"), "{streamed}");
    // What was not sent yet is sent at the end.
    serving.terminate();
    let told = collector.told();
    assert!(
        told.heads
            .iter()
            .all(|head| head.to_lowercase().contains("x-token: collector-token"))
    );
    assert!(told.services.contains("front"), "{:?}", told.services);
    let ours: Vec<&Span> = told
        .spans
        .iter()
        .filter(|span| span.trace == TRACE)
        .collect();
    let root = |name: &str| {
        let found = ours.iter().find(|span| span.name == name);
        *found.unwrap_or_else(|| panic!("{name}: {:#?}", told.spans))
    };
    let call = root("POST /api/v1/tools/{tool}");
    assert_eq!(call.parent, "b7ad6b7169203331");
    assert_eq!(call.kind, "server");
    assert_eq!(call.get("http.response.status_code"), json!(200));
    assert_eq!(call.get("http.route"), "/api/v1/tools/{tool}");
    assert!(call.get("metier.request.id").is_string(), "{call:#?}");
    let tool = child(&told.spans, "execute_tool teaching.echo", call);
    assert_eq!(tool.get("gen_ai.operation.name"), "execute_tool");
    assert_eq!(tool.get("gen_ai.tool.name"), "teaching.echo");
    let run = child(
        &told.spans,
        "invoke_agent echoer",
        root("POST /api/v1/runs"),
    );
    assert_eq!(run.get("gen_ai.agent.name"), "echoer");
    assert_eq!(run.get("gen_ai.agent.version"), "1.2.0");
    assert_eq!(run.get("metier.run.state"), "completed");
    child(&told.spans, "execute_tool teaching.echo", run);
    let chats: Vec<&&Span> = ours.iter().filter(|span| span.name == "chat m.x").collect();
    let streamed = child(&told.spans, "chat m.x", root("POST /v1/chat/completions"));
    assert_eq!(chats.len(), 3, "{ours:#?}");
    for chat in chats {
        assert!(chat.parent == run.id || chat.id == streamed.id, "{chat:#?}");
        assert_eq!(chat.kind, "client");
        assert_eq!(chat.get("gen_ai.provider.name"), "openai");
        assert_eq!(chat.get("gen_ai.request.model"), "m.x");
        assert!(chat.get("gen_ai.usage.input_tokens").as_i64().unwrap() > 0);
        assert!(chat.get("gen_ai.usage.output_tokens").as_i64().unwrap() > 0);
        let sent = child(&told.spans, "POST", chat);
        assert_eq!(sent.get("http.response.status_code"), json!(200));
        assert_eq!(sent.get("server.address"), "127.0.0.1");
    }
    let everything = format!("{:?}", told.spans);
    for word in WORDS {
        assert!(!everything.contains(word), "{word}: {:#?}", told.spans);
    }
}

#[test]
fn content_is_in_spans_only_where_that_is_said() {
    let collector = Collector::start();
    let configuration = format!(
        "[telemetry]\nendpoint = \"{}\"\nrecord-content = true\n",
        collector.url()
    );
    let stage = Stage::with(&configuration);
    let serving = stage.serve(&[], &[]);
    stage.work(&serving);
    serving.terminate();
    let everything = format!("{:?}", collector.told().spans);
    for word in WORDS {
        assert!(everything.contains(word), "{word}: {everything}");
    }
}

#[test]
fn a_collector_that_is_gone_or_silent_holds_up_nothing() {
    // One that refuses, and one that takes and never answers.
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for address in [gone, silent.local_addr().unwrap()] {
        let stage = Stage::with("[limits]\ngrace = \"1s\"\n");
        let endpoint = format!("http://{address}");
        let serving = stage.serve(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)]);
        stage.work(&serving);
        serving.terminate();
    }
}

#[test]
fn nothing_is_sent_where_that_is_said() {
    let collector = Collector::start();
    let stage = Stage::with("");
    let serving = stage.serve(
        &[],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()),
            ("OTEL_SDK_DISABLED", "true"),
        ],
    );
    stage.work(&serving);
    serving.terminate();
    assert!(collector.told().heads.is_empty());
}

#[test]
fn lines_are_json_with_the_ids_by_which_they_are_found() {
    let collector = Collector::start();
    let stage = Stage::with("");
    let mut serving = stage.serve(
        &["--log-format", "json"],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()),
            ("METIER_LOG", "info"),
        ],
    );
    let said = serving.said();
    let said = thread::spawn(move || said.collect::<Vec<String>>());
    stage.work(&serving);
    serving.terminate();
    let said = said.join().unwrap();
    let lines: Vec<Value> = said
        .iter()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let access = lines
        .iter()
        .find(|line| line["fields"]["route"] == "/api/v1/tools/{tool}");
    let access = access.unwrap_or_else(|| panic!("{said:#?}"));
    for (name, value) in [
        ("level", "INFO"),
        ("target", "metier::access"),
        ("message", "answered"),
    ] {
        assert_eq!(access[name], value, "{access}");
    }
    assert_eq!(access["fields"]["status"], 200);
    assert_eq!(access["trace_id"], TRACE);
    assert!(
        access["span_id"].is_string() && access["timestamp"].is_string(),
        "{access}"
    );
    let told = collector.told();
    let span = told
        .spans
        .iter()
        .find(|span| span.name == "POST /api/v1/tools/{tool}");
    assert_eq!(access["request_id"], span.unwrap().get("metier.request.id"));
    // rmcp and its like say at `info` that there was a request.
    let targets = lines.iter().filter_map(|line| line["target"].as_str());
    assert!(
        targets
            .into_iter()
            .all(|target| target.starts_with("metier")),
        "{said:#?}"
    );
}

#[test]
fn a_filter_that_is_none_is_refused() {
    let stage = Stage::with("");
    let mut command = stage.sandbox.command(&["serve", "--listen", "127.0.0.1:0"]);
    let ended = command.env("METIER_LOG", "metier=[").output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(2), "{said}");
    assert!(said.contains("METIER_LOG"), "{said}");
}

#[test]
fn numbers_have_an_address_of_their_own_where_one_is_named() {
    let stage = Stage::with("[metrics]\nlisten = \"127.0.0.1:0\"\n");
    let serving = stage.serve(&[], &[]);
    stage.work(&serving);
    let url = serving.numbers.clone().unwrap();
    let address = url
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/metrics")
        .unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    for line in [
        "metier_runs_ended_total{state=\"completed\"} 1",
        "gen_ai_client_token_usage_count{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"openai\",gen_ai_request_model=\"m.x\",gen_ai_token_type=\"input\"} 2",
        "process_resident_memory_bytes",
        "metier_build_info{version=\"",
        "metier_connections ",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    serving.terminate();
}
