//! rmcp's own client, over streams as on standard input and output.

use metier_server::mcp;
use metier_service::Caller;
use rmcp::{
    ClientHandler, ServiceExt,
    model::{CallToolRequestParams, ProgressNotificationParam, RequestMetaObject},
    service::{NotificationContext, RoleClient},
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    sync::mpsc,
};

use super::{OFFICE, packed};
use crate::scene::Scene;

/// Hears how far calls are.
struct Watching(mpsc::UnboundedSender<ProgressNotificationParam>);

impl ClientHandler for Watching {
    async fn on_progress(
        &self,
        told: ProgressNotificationParam,
        _: NotificationContext<RoleClient>,
    ) {
        drop(self.0.send(told));
    }
}

fn operator() -> Caller {
    Caller::operator_of("local".parse().unwrap())
}

#[tokio::test]
async fn the_clients_own_library_lists_and_calls() {
    let scene = Scene::with_math().await;
    scene.install("local", "office", packed(OFFICE, &[])).await;
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    let (reader, writer) = tokio::io::split(ours);
    let serving = tokio::spawn(mcp::over(scene.service.clone(), operator(), reader, writer));
    let (told, mut heard) = mpsc::unbounded_channel();
    let client = Watching(told).serve(theirs).await.unwrap();
    let tools = client.list_all_tools().await.unwrap();
    assert_eq!(tools.len(), 6);
    let arguments = json!({"a": 2, "b": 3}).as_object().cloned().unwrap();
    let call = CallToolRequestParams::new("math__add").with_arguments(arguments);
    let called = client.call_tool(call).await.unwrap();
    assert_eq!(called.content[0].as_text().unwrap().text, "5");
    let mut work = CallToolRequestParams::new("office__work");
    work.meta = Some(RequestMetaObject::new());
    client.call_tool(work).await.unwrap();
    assert_eq!(
        heard.recv().await.unwrap().message.as_deref(),
        Some("half way")
    );
    let unknown = client
        .call_tool(CallToolRequestParams::new("math__ad"))
        .await;
    assert!(unknown.unwrap_err().to_string().contains("math__add"));
    client.cancel().await.unwrap();
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_client_that_says_nothing_or_rubbish_does_no_harm() {
    let scene = Scene::with_math().await;
    for said in ["", "\n\n", "{\n", "[[[\u{0}\n", "{\"jsonrpc\": \"2.0\"}\n"] {
        let (ours, mut theirs) = tokio::io::duplex(64 << 10);
        let (reader, writer) = tokio::io::split(ours);
        let serving = tokio::spawn(mcp::over(scene.service.clone(), operator(), reader, writer));
        theirs.write_all(said.as_bytes()).await.unwrap();
        theirs.shutdown().await.unwrap();
        let mut answer = String::new();
        theirs.read_to_string(&mut answer).await.unwrap();
        serving.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn lines_are_answered_by_lines_and_one_without_end_is_dropped() {
    let scene = Scene::with_math().await;
    let (ours, theirs) = tokio::io::duplex(64 << 10);
    let (reader, writer) = tokio::io::split(ours);
    let serving = tokio::spawn(mcp::over(scene.service.clone(), operator(), reader, writer));
    let (reader, mut writer) = tokio::io::split(theirs);
    let mut lines = BufReader::new(reader).lines();
    let params = super::stamped(json!({"name": "math__add", "arguments": {"a": 2, "b": 3}}));
    let line = format!("{}\n", super::message("tools/call", params.clone()));
    writer.write_all(line.as_bytes()).await.unwrap();
    let answer = lines.next_line().await.unwrap().unwrap();
    assert!(answer.contains(r#""text":"5""#), "{answer}");
    let mut long = params.clone();
    long["arguments"]["c"] = json!("x".repeat(5 << 20));
    let mut message = super::message("tools/call", long);
    message["id"] = json!("long");
    writer
        .write_all(format!("{message}\n{line}").as_bytes())
        .await
        .unwrap();
    loop {
        let answer = lines.next_line().await.unwrap().unwrap();
        assert!(!answer.contains(r#""id":"long""#), "{answer:.200}");
        if answer.contains(r#""text":"5""#) {
            break;
        }
    }
    writer.shutdown().await.unwrap();
    serving.await.unwrap().unwrap();
}
