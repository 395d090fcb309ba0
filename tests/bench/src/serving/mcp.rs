//! `tools/call` over HTTP, against the official SDKs offering the same tool.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

use super::at_most;
use super::load::{self, Connection, Template};
use super::process::{Process, address};
use super::stage::{Stage, provider};
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Calls of a measurement of ours; the others' are as many as fit into the same time.
const CALLS: u64 = 20_000;

/// At once.
const AT_ONCE: usize = 32;

/// The protocol's revision that all three speak.
const REVISION: &str = "2025-11-25";

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// A server others wrote.
pub struct Peer {
    /// What it is called in the table.
    pub name: &'static str,
    /// Runs it.
    pub program: PathBuf,
    /// The script.
    pub script: PathBuf,
    /// Ours may take this part of its processor time over HTTP.
    pub bar: f64,
    /// Its calls are so many fewer.
    pub fewer: u64,
}

/// Python's and Node's, as `cargo xtask bench` installs them.
pub fn peers() -> Result<Vec<Peer>> {
    let told = |name: &str| {
        let path = std::env::var_os(name).map(PathBuf::from);
        path.with_context(|| format!("{name} is not set: run `cargo xtask bench`"))
    };
    Ok(vec![
        Peer {
            name: "Python's SDK",
            program: told("BENCH_PYTHON")?,
            script: told("BENCH_PEERS")?.join("mcp_server.py"),
            bar: 1.0 / 20.0,
            fewer: 10,
        },
        Peer {
            name: "Node's SDK",
            program: told("BENCH_NODE")?,
            script: told("BENCH_MCP")?.join("mcp_server.mjs"),
            bar: 1.0 / 8.0,
            fewer: 5,
        },
    ])
}

impl Peer {
    /// The command that serves over this transport.
    pub fn command(&self, transport: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(&self.script).arg(transport);
        command
    }
}

/// A session, where the server has one, and the call in it.
async fn opened(address: SocketAddr, path: &str, mut headers: HeaderMap) -> Result<Template> {
    headers.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    let template = |headers: &HeaderMap, body: String, marker| Template {
        address,
        path: path.to_owned(),
        headers: headers.clone(),
        body: body.into(),
        marker,
    };
    let mut connection = Connection::open(address).await?;
    let begin = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{{"protocolVersion":"{REVISION}","capabilities":{{}},"clientInfo":{{"name":"bench","version":"1"}}}}}}"#
    );
    let begun = connection
        .succeed(&template(&headers, begin, "serverInfo"))
        .await?;
    headers.extend(begun.headers.get(&SESSION).cloned().map(|id| (SESSION, id)));
    headers.insert("mcp-protocol-version", HeaderValue::from_static(REVISION));
    let done = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    connection
        .succeed(&template(&headers, done.to_owned(), ""))
        .await?;
    let tool = match path {
        "/mcp" if headers.contains_key(header::AUTHORIZATION) => "bench__summarize",
        _ => "summarize",
    };
    Ok(template(&headers, call(2, tool), "total"))
}

/// A request for the tool.
pub fn call(id: u64, tool: &str) -> String {
    let arguments = Arguments::of_size(100).json();
    format!(
        r#"{{"jsonrpc":"2.0","id":{id},"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}

async fn once(process: &Process, template: &Template, calls: u64) -> Result<f64> {
    let before = process.cpu()?;
    load::run(template, AT_ONCE, calls).await?;
    let cpu = process.cpu()?.saturating_sub(before);
    Ok(cpu.as_secs_f64() * 1e6 / calls as f64)
}

/// Processor time against each peer, and resident memory after the load.
pub async fn measure(effort: Effort) -> Result<Vec<Row>> {
    let (_provider, provider) = provider()?;
    let stage = Stage::set("calls = 64", provider).await?;
    let ours = opened(stage.address, "/mcp", stage.headers()?).await?;
    let mut rows = Vec::new();
    for peer in peers()? {
        let (process, line) = Process::start(peer.command("http"))?;
        let theirs = opened(address(&line)?, "/mcp", HeaderMap::new()).await?;
        let mut pairs = Vec::new();
        for _ in 0..effort.repeat {
            let calls = CALLS / effort.divide;
            let bare = once(&process, &theirs, calls / peer.fewer).await?;
            pairs.push((bare, once(&stage.process, &ours, calls).await?));
        }
        let median = |of: fn(&(f64, f64)) -> f64| stats::median(pairs.iter().map(of).collect());
        rows.push(at_most(
            format!(
                "a call over MCP and HTTP, {AT_ONCE} at once, against {}",
                peer.name
            ),
            format!("{:.0} µs", median(|pair| pair.0)),
            format!("{:.1} µs", median(|pair| pair.1)),
            median(|pair| pair.1 / pair.0),
            "×",
            peer.bar,
        ));
        rows.push(at_most(
            format!("resident after that, against {}", peer.name),
            format!("{:.0} MB", process.resident()?),
            format!("{:.1} MB", stage.process.resident()?),
            stage.process.resident()?,
            "MB",
            25.0,
        ));
    }
    Ok(rows)
}
