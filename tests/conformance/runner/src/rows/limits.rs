//! What ends a skill that does not end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metier_core::{Code, RunScope};
use metier_runtime::audit::NoObserver;
use serde_json::json;

use super::{Checked, Row, expect, row};
use crate::languages::Regex;
use crate::scene::Scene;

pub(super) const ROWS: &[Row] = &[
    row!("endless-loop", "ends at the CPU limit", spin),
    row!(
        "cancel-loop",
        "a caller that goes away ends it at once",
        cancel_spin
    ),
    row!("cancel-wait", "also while it waits", cancel_pause),
    row!("deadline", "a caller's deadline ends it", deadline),
    row!(
        "regex",
        "the language's own regular expressions work",
        regex
    ),
    row!(
        "regex-catastrophic",
        "a pattern that backtracks for ever is interrupted",
        catastrophic
    ),
    row!("memory", "some is there, too much is refused", memory),
];

/// A caller gives up after this long.
const SOON: Duration = Duration::from_millis(300);

/// And is free at the latest after this long, on a busy machine.
const AT_ONCE: Duration = Duration::from_secs(10);

async fn spin(scene: &Scene) -> Checked {
    let ended = scene.call_tight("spin", json!({})).await;
    expect::fails(&ended, Code::SkillCpuExceeded, &[])
}

async fn cancelled(scene: &Scene, tool: &str, arguments: serde_json::Value) -> Checked {
    let call = scene.host.prepare(&scene.usual, tool, &arguments);
    let id = call.id.clone();
    let host = scene.host.host().clone();
    let run = Arc::new(RunScope::unrestricted());
    let calling = host.call(call, run, Arc::new(NoObserver));
    let began = Instant::now();
    let ended = tokio::time::timeout(SOON, calling).await;
    expect::holds(ended.is_err(), || format!("it ended by itself: {ended:?}"))?;
    let record = scene.host.records().written(&id).await;
    expect::same(
        "the audit's code",
        &record.fault.map(|fault| fault.code),
        &Some(Code::Cancelled),
    )?;
    let took = began.elapsed();
    expect::holds(took < AT_ONCE, || format!("it took {took:?}"))
}

async fn cancel_spin(scene: &Scene) -> Checked {
    cancelled(scene, "spin", json!({})).await
}

async fn cancel_pause(scene: &Scene) -> Checked {
    cancelled(scene, "pause", json!({"milliseconds": 60_000})).await
}

async fn deadline(scene: &Scene) -> Checked {
    let arguments = json!({"milliseconds": 60_000});
    let mut call = scene.host.prepare(&scene.usual, "pause", &arguments);
    call.deadline = Some(SOON);
    let run = Arc::new(RunScope::unrestricted());
    let outcome = scene
        .host
        .host()
        .call(call, run, Arc::new(NoObserver))
        .await;
    expect::same(
        "the code",
        &outcome.result.err().map(|fault| fault.code),
        &Some(Code::DeadlineExceeded),
    )
}

async fn regex(scene: &Scene) -> Checked {
    let find = |pattern: &str, text: &str| json!({"pattern": pattern, "text": text});
    let ended = scene.call("regex-find", find("^a+b$", "aaab")).await;
    if scene.language.regex == Regex::None {
        return expect::fails(&ended, Code::SkillInternal, &["no regex"]);
    }
    expect::answers(&ended, &json!(true))?;
    let ended = scene.call("regex-find", find("^a+b$", "ab!")).await;
    expect::answers(&ended, &json!(false))?;
    let ended = scene.call("regex-find", find("(", "")).await;
    expect::fails(&ended, Code::InvalidArguments, &[])
}

async fn catastrophic(scene: &Scene) -> Checked {
    let text = format!("{}!", "a".repeat(64));
    let arguments = json!({"pattern": "^(a+)+$", "text": text});
    let ended = scene.call_tight("regex-find", arguments).await;
    match scene.language.regex {
        Regex::Backtracks => expect::fails(&ended, Code::SkillCpuExceeded, &[]),
        Regex::Linear => expect::answers(&ended, &json!(false)),
        Regex::None => expect::fails(&ended, Code::SkillInternal, &["no regex"]),
    }
}

async fn memory(scene: &Scene) -> Checked {
    let ended = scene.call("fill-memory", json!({"mebibytes": 16})).await;
    expect::answers(&ended, &json!(16))?;
    let peak = ended.outcome.usage.memory_peak_bytes;
    expect::holds(peak >= 16 << 20, || format!("the peak was {peak} bytes"))?;
    let ended = scene
        .call_tight("fill-memory", json!({"mebibytes": 512}))
        .await;
    expect::fails(&ended, Code::SkillMemoryExceeded, &[])
}
