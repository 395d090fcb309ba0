//! What a skill hands out besides its answer.

use metier_core::{Code, Digest, LogLevel};
use metier_e2e::Ended;
use serde_json::json;

use super::{Checked, Row, expect, row};
use crate::scene::{Scene, TIGHT_ARTIFACTS};

pub(super) const ROWS: &[Row] = &[
    row!(
        "log-levels",
        "a line of each level, with its context",
        levels
    ),
    row!(
        "log-filter",
        "lines below the granted level are dropped",
        filter
    ),
    row!("artifact-put", "a file in one go", put),
    row!("artifact-write", "a file in pieces", write),
    row!(
        "artifact-invalid",
        "a name that is a path is refused",
        invalid
    ),
    row!(
        "artifact-too-large",
        "a file beyond the limit is not kept",
        too_large
    ),
    row!("progress", "the caller hears how far it is", progress),
    row!(
        "stdout-stderr",
        "what is printed is in the call's report",
        printed
    ),
];

fn logged(ended: &Ended) -> Vec<(LogLevel, String, String)> {
    let line = |line: &metier_runtime::capabilities::log::LogLine| {
        (line.level, line.context.clone(), line.message.clone())
    };
    ended.outcome.log.iter().map(line).collect()
}

fn lines(ended: &Ended, levels: &[LogLevel]) -> Checked {
    let line = |level: &LogLevel| (*level, "conformance".to_owned(), "höre 😀".to_owned());
    let expected: Vec<_> = levels.iter().map(line).collect();
    expect::answers(ended, &json!(null))?;
    expect::same("the log", &logged(ended), &expected)
}

async fn levels(scene: &Scene) -> Checked {
    let ended = scene.call("log-all", json!({"message": "höre 😀"})).await;
    lines(&ended, &LogLevel::ALL)
}

async fn filter(scene: &Scene) -> Checked {
    let ended = scene.call_tight("log-all", json!({"message": "höre 😀"}));
    let kept = [LogLevel::Warn, LogLevel::Error, LogLevel::Critical];
    lines(&ended.await, &kept)
}

fn kept(ended: &Ended, name: &str, media_type: &str, body: &[u8]) -> Checked {
    let digest = Digest::of(body).to_string();
    expect::answers(ended, &json!(digest))?;
    let [artifact] = ended.outcome.artifacts.as_slice() else {
        return Err(format!("{} artifacts", ended.outcome.artifacts.len()));
    };
    let found = (
        artifact.digest.to_string(),
        artifact.size,
        artifact.name.to_string(),
        artifact.media_type.to_string(),
    );
    let expected = (
        digest,
        body.len() as u64,
        name.to_owned(),
        media_type.to_owned(),
    );
    expect::same("the artifact", &found, &expected)
}

async fn put(scene: &Scene) -> Checked {
    let file = json!({"name": "a.bin", "media-type": "application/octet-stream", "body": "AP+A"});
    let ended = scene.call("artifact-put", file).await;
    kept(&ended, "a.bin", "application/octet-stream", &[0, 255, 128])
}

async fn write(scene: &Scene) -> Checked {
    let pieces = ["YSxi", "", "CjEsMgo="];
    let file = json!({"name": "table.csv", "media-type": "text/csv", "pieces": pieces});
    let ended = scene.call("artifact-write", file).await;
    kept(&ended, "table.csv", "text/csv", b"a,b\n1,2\n")
}

async fn invalid(scene: &Scene) -> Checked {
    let file = json!({"name": "../a", "media-type": "text/plain", "body": ""});
    let ended = scene.call("artifact-put", file).await;
    expect::fails(&ended, Code::InvalidArguments, &[])?;
    expect::same("artifacts", &ended.outcome.artifacts.len(), &0)
}

async fn too_large(scene: &Scene) -> Checked {
    let body = "AAAA".repeat(TIGHT_ARTIFACTS as usize / 3 + 1);
    let file = json!({"name": "a.bin", "media-type": "application/octet-stream", "body": body});
    expect::answered(&scene.call("artifact-put", file.clone()).await)?;
    let ended = scene.call_tight("artifact-put", file).await;
    expect::fails(&ended, Code::SkillInternal, &["larger than"])?;
    expect::same("artifacts", &ended.outcome.artifacts.len(), &0)
}

async fn progress(scene: &Scene) -> Checked {
    let half = json!({"message": "half way", "fraction": 0.5});
    let (ended, seen) = scene.call_watched("progress-report", half).await;
    expect::answers(&ended, &json!(null))?;
    expect::same(
        "what was heard",
        &seen,
        &vec![("half way".to_owned(), Some(0.5))],
    )?;
    let unknown = json!({"message": "somewhere", "fraction": null});
    let (_, seen) = scene.call_watched("progress-report", unknown).await;
    expect::same(
        "what was heard",
        &seen,
        &vec![("somewhere".to_owned(), None)],
    )
}

async fn printed(scene: &Scene) -> Checked {
    let words = json!({"out": "to the öut", "err": "to the err"});
    let ended = scene.call("print-lines", words).await;
    expect::answers(&ended, &json!(null))?;
    let text = &ended.outcome.stdio;
    let both = text.contains("to the öut\n") && text.contains("to the err\n");
    expect::holds(both, || format!("the report has {text:?}"))
}
