//! Clocks and randomness: alive in every instance, never a snapshot of the build.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{Checked, Row, expect, row};
use crate::scene::Scene;

pub(super) const ROWS: &[Row] = &[
    row!("random-everyday", "differs from call to call", everyday),
    row!(
        "random-secure",
        "16 bytes that differ from call to call",
        secure
    ),
    row!("time", "is the host's, and goes on", time),
    row!("pause", "sleeping takes time and no CPU", pause),
];

/// How far the guest's clock may be from the host's, on a busy machine.
const APART: u64 = 5_000;

/// Calls compared with each other: two equal draws of one bit-poor generator are no proof, four are.
const DRAWS: usize = 4;

async fn draws(scene: &Scene, tool: &str) -> Result<Vec<String>, String> {
    let mut drawn = Vec::new();
    for _ in 0..DRAWS {
        let ended = scene.call(tool, json!({})).await;
        let answer = expect::answered(&ended)?;
        drawn.push(answer.as_str().unwrap_or_default().to_owned());
    }
    Ok(drawn)
}

fn different(drawn: &[String]) -> Checked {
    let mut sorted = drawn.to_vec();
    sorted.sort();
    sorted.dedup();
    expect::holds(sorted.len() == drawn.len(), || {
        format!("they repeat: {drawn:?}")
    })
}

async fn everyday(scene: &Scene) -> Checked {
    different(&draws(scene, "random-everyday").await?)
}

async fn secure(scene: &Scene) -> Checked {
    let drawn = draws(scene, "random-secure").await?;
    let base64_of_16 = |text: &String| text.len() == 24 && text.ends_with("==");
    expect::holds(drawn.iter().all(base64_of_16), || {
        format!("not 16 bytes: {drawn:?}")
    })?;
    different(&drawn)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

async fn told(scene: &Scene) -> Result<u64, String> {
    let ended = scene.call("time-now", json!({})).await;
    expect::answered(&ended)?
        .as_u64()
        .ok_or_else(|| expect::described(&ended))
}

async fn time(scene: &Scene) -> Checked {
    let first = told(scene).await?;
    let apart = first.abs_diff(now());
    expect::holds(apart <= APART, || format!("{apart} ms from the host's"))?;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = told(scene).await?;
    expect::holds(second > first, || format!("{first}, and later {second}"))
}

async fn pause(scene: &Scene) -> Checked {
    let ended = scene.call("pause", json!({"milliseconds": 200})).await;
    let elapsed = expect::answered(&ended)?.as_u64().unwrap_or_default();
    expect::holds((195..APART).contains(&elapsed), || {
        format!("{elapsed} ms by its own clock")
    })?;
    let usage = &ended.outcome.usage;
    expect::holds(usage.wall >= Duration::from_millis(195), || {
        format!("{:?} by the host's clock", usage.wall)
    })?;
    expect::holds(usage.cpu < Duration::from_millis(100), || {
        format!("{:?} of CPU time", usage.cpu)
    })
}
