//! Ten thousand who watch a thousand runs, and more calls than a host takes on.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use axum::http::{HeaderMap, StatusCode, header};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::at_most;
use super::load::{Connection, Template};
use super::stage::{Stage, provider};
use crate::payload::Arguments;
use crate::report::Row;
use crate::{Effort, stats};

/// Runs that wait for a slow model.
const RUNS: u64 = 1_000;

/// Streams of events that are open.
const WATCHERS: u64 = 10_000;

/// Clients that call at once where few are let in.
const CLIENTS: usize = 256;

const AGENT: &str = r#"
[agent]
name = "waiting"
version = "1.0.0"
description = "Waits for a slow model."
model = "slow"
instructions = "Wait."
prompt = "Now."
max-tokens = 1000
"#;

/// Both.
pub async fn measure(effort: Effort) -> Result<Vec<Row>> {
    let mut rows = vec![watched(effort).await?];
    rows.extend(refused(effort).await?);
    Ok(rows)
}

async fn watched(effort: Effort) -> Result<Row> {
    let (_provider, provider) = provider()?;
    let stage = Stage::set("runs = 2000\nconnections = 16384", provider).await?;
    stage.write("agent.toml", AGENT)?;
    stage.admin(&["agent", "deploy", "agent.toml"])?;
    let start = Template {
        address: stage.address,
        path: "/api/v1/runs".into(),
        headers: stage.headers()?,
        body: r#"{"agent":"waiting","input":{}}"#.into(),
        marker: "\"id\"",
    };
    let mut connection = Connection::open(stage.address).await?;
    let (runs, watchers) = (RUNS / effort.divide, WATCHERS / effort.divide);
    let mut ids = Vec::new();
    for _ in 0..runs {
        let answer = connection.succeed(&start).await?;
        let run: serde_json::Value = serde_json::from_slice(&answer.body)?;
        ids.push(run["id"].as_str().context("no id")?.to_owned());
    }
    let key = start.headers.get(header::AUTHORIZATION).context("a key")?;
    let mut open = Vec::new();
    for (number, id) in (0..watchers).zip(ids.iter().cycle()) {
        let head = format!(
            "GET /api/v1/runs/{id}/events HTTP/1.1\r\nhost: {}\r\nauthorization: {}\r\n\r\n",
            stage.address,
            key.to_str()?
        );
        let watcher = watch(stage.address, &head).await;
        open.push(watcher.with_context(|| format!("watcher {number}"))?);
    }
    let resident = stage.process.resident()?;
    let mut bytes = [0; 1];
    // Whoever was sent away would be at its end.
    let gone = open
        .iter()
        .filter(|it| matches!(it.try_read(&mut bytes), Ok(0)));
    ensure!(gone.count() == 0, "some watchers were sent away");
    Ok(at_most(
        format!("{watchers} watchers of {runs} runs under way: resident"),
        "–".into(),
        format!("{resident:.0} MB"),
        resident,
        "MB",
        1_000.0,
    ))
}

/// Opens a stream of events and reads its first bytes.
async fn watch(address: SocketAddr, head: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(head.as_bytes()).await?;
    let mut begun = [0; 12];
    stream.read_exact(&mut begun).await?;
    ensure!(
        &begun == b"HTTP/1.1 200",
        "{}",
        String::from_utf8_lossy(&begun)
    );
    Ok(stream)
}

/// A tenant that may have four calls at once, called by many: how soon the others know, and how many are served meanwhile.
async fn refused(effort: Effort) -> Result<Vec<Row>> {
    let (_provider, provider) = provider()?;
    let stage = Stage::set("tenant-calls = 4", provider).await?;
    let call = Template {
        address: stage.address,
        path: "/api/v1/tools/bench.summarize".into(),
        headers: stage.headers()?,
        body: Arguments::of_size(100_000).json().into(),
        marker: "",
    };
    let ends = Instant::now() + Duration::from_secs(5) / u32::try_from(effort.divide)?;
    let mut clients = Vec::new();
    for _ in 0..CLIENTS {
        let call = call.clone();
        clients.push(tokio::spawn(async move {
            let mut connection = Connection::open(call.address).await?;
            let (mut served, mut refused) = (0_u64, Vec::new());
            while Instant::now() < ends {
                let asked = Instant::now();
                let answer = connection.ask(&call).await?;
                match answer.status {
                    StatusCode::OK => served += 1,
                    StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                        ensure!(
                            says_when(&answer.headers),
                            "it does not say when to come again"
                        );
                        refused.push(asked.elapsed().as_secs_f64() * 1e3);
                        tokio::time::sleep(Duration::from_millis(200)).await;
                    }
                    other => anyhow::bail!("it answered {other}"),
                }
            }
            anyhow::Ok((served, refused))
        }));
    }
    let (mut served, mut refused) = (0, Vec::new());
    for client in clients {
        let (some, all) = client.await??;
        served += some;
        refused.extend(all);
    }
    ensure!(
        served > 0 && !refused.is_empty(),
        "{served} served, {} refused",
        refused.len()
    );
    let (count, p99) = (refused.len(), stats::percentile(refused, 0.99));
    Ok(vec![at_most(
        format!("{CLIENTS} clients where 4 calls are let in: told so, p99"),
        format!("{count} refused"),
        format!("{served} served"),
        p99,
        "ms",
        100.0,
    )])
}

fn says_when(headers: &HeaderMap) -> bool {
    headers.contains_key(header::RETRY_AFTER)
}
