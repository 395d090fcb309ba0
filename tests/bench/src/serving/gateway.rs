//! What the gateway adds to a model's answer: the same question at the provider and through `/v1`, five hundred a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::http::HeaderMap;
use tokio::sync::{Mutex, mpsc};
use tokio::time::MissedTickBehavior;

use super::at_most;
use super::load::{Connection, Template};
use super::stage::{Stage, provider};
use crate::report::Row;
use crate::{Effort, stats};

/// Between two questions: five hundred a second.
const PACE: Duration = Duration::from_millis(2);

/// Questions of a measurement.
const QUESTIONS: u64 = 5_000;

/// Connections that are kept.
const CONNECTIONS: usize = 64;

/// Milliseconds to the first bytes of each answer and to its end, whatever those before it do.
async fn paced(template: &Template, questions: u64) -> Result<(Vec<f64>, Vec<f64>)> {
    let (give, take) = mpsc::channel(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(template.address).await?;
        connection.succeed(template).await?;
        give.send(connection).await?;
    }
    let take = Arc::new(Mutex::new(take));
    let mut ticks = tokio::time::interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut asked = Vec::new();
    for _ in 0..questions {
        ticks.tick().await;
        let due = Instant::now();
        let (template, give, take) = (template.clone(), give.clone(), take.clone());
        asked.push(tokio::spawn(async move {
            let connection = take.lock().await.recv().await;
            let mut connection = connection.context("no connection")?;
            let answer = connection.succeed(&template).await?;
            let took = (answer.first.duration_since(due), due.elapsed());
            let _ = give.send(connection).await;
            anyhow::Ok(took)
        }));
    }
    let (mut firsts, mut ends) = (Vec::new(), Vec::new());
    for one in asked {
        let (first, end) = one.await??;
        firsts.push(first.as_secs_f64() * 1e3);
        ends.push(end.as_secs_f64() * 1e3);
    }
    Ok((firsts, ends))
}

/// The difference of the 99th percentiles, for a whole answer and for the first words of a streamed one.
pub async fn measure(effort: Effort) -> Result<Vec<Row>> {
    let (_provider, provider) = provider()?;
    let stage = Stage::set("calls = 64", provider).await?;
    let mut rows = Vec::new();
    for stream in [false, true] {
        let question = |model: &str| {
            format!(
                r#"{{"model":"{model}","stream":{stream},"messages":[{{"role":"user","content":"What is the total?"}}]}}"#
            )
        };
        let bare = Template {
            address: provider,
            path: "/v1/chat/completions".into(),
            headers: HeaderMap::new(),
            body: question("m").into(),
            marker: "total",
        };
        let ours = Template {
            address: stage.address,
            headers: stage.headers()?,
            body: question("quick").into(),
            ..bare.clone()
        };
        let mut pairs = Vec::new();
        for _ in 0..effort.repeat {
            let questions = QUESTIONS / effort.divide;
            let p99 = |(firsts, ends): (Vec<f64>, Vec<f64>)| {
                stats::percentile(if stream { firsts } else { ends }, 0.99)
            };
            let direct = p99(paced(&bare, questions).await?);
            pairs.push((direct, p99(paced(&ours, questions).await?)));
        }
        let median = |of: fn(&(f64, f64)) -> f64| stats::median(pairs.iter().map(of).collect());
        let what = if stream {
            "first words of a stream"
        } else {
            "a whole answer"
        };
        rows.push(at_most(
            format!("the model gateway at 500/s, {what}: p99 added"),
            format!("{:.2} ms", median(|pair| pair.0)),
            format!("{:.2} ms", median(|pair| pair.1)),
            median(|pair| pair.1 - pair.0),
            "ms",
            1.0,
        ));
    }
    Ok(rows)
}
