//! What a skill hands out besides its answer: logs, progress, artifacts.

use std::sync::{Arc, Mutex};

use metier_core::{Blame, Code, Digest};
use metier_e2e::{Guest, Installed, TestHost};
use metier_runtime::audit::Observer;
use metier_runtime::capabilities::artifacts::MAX_READERS;
use metier_runtime::capabilities::log::LogLine;
use serde_json::json;

#[derive(Default)]
struct Watcher {
    progress: Mutex<Vec<(String, Option<f64>)>>,
    lines: Mutex<Vec<LogLine>>,
}

impl Observer for Watcher {
    fn progress(&self, message: &str, fraction: Option<f64>) {
        self.progress
            .lock()
            .unwrap()
            .push((message.to_owned(), fraction));
    }

    fn log(&self, line: &LogLine) {
        self.lines.lock().unwrap().push(line.clone());
    }
}

async fn skill(grant: &str) -> (TestHost, Installed) {
    let host = TestHost::start();
    let skill = host.install(Guest::named("capabilities"), grant).await;
    (host, skill)
}

#[tokio::test]
async fn lines_at_and_above_the_level_are_kept_and_seen_as_they_come() {
    let (host, skill) = skill("[log]\nlevel = \"warn\"\n").await;
    let watcher = Arc::new(Watcher::default());
    for level in ["debug", "info", "warn", "critical"] {
        let arguments = json!({"level": level, "context": "here", "message": level});
        let ended = host
            .call_watched(&skill, "output.log", arguments, watcher.clone())
            .await;
        let kept: Vec<_> = ended
            .outcome
            .log
            .iter()
            .map(|line| line.message.as_str())
            .collect();
        let expected: &[&str] = if matches!(level, "warn" | "critical") {
            &[level]
        } else {
            &[]
        };
        assert_eq!(kept, expected);
    }
    let lines = watcher.lines.lock().unwrap();
    assert_eq!(
        lines
            .iter()
            .map(|line| line.message.as_str())
            .collect::<Vec<_>>(),
        ["warn", "critical"]
    );
}

#[tokio::test]
async fn without_a_grant_nothing_is_logged_and_the_call_goes_on() {
    let (host, skill) = skill("").await;
    let arguments = json!({"level": "error", "context": "", "message": "secret plan"});
    let ended = host.call(&skill, "output.log", arguments).await;
    assert!(ended.outcome.result.is_ok() && ended.outcome.log.is_empty());
    assert_eq!(ended.denials(), [Code::LogNotGranted]);
}

#[tokio::test]
async fn standard_output_and_error_are_for_the_operator() {
    let (host, skill) = skill("").await;
    let ended = host
        .call(&skill, "output.print", json!({"out": "one ", "err": "two"}))
        .await;
    assert!(ended.outcome.stdio.contains("one") && ended.outcome.stdio.contains("two"));
    assert_eq!(ended.json(), json!(null), "and not for the caller");
}

#[tokio::test]
async fn progress_reaches_whoever_waits() {
    let (host, skill) = skill("").await;
    let watcher = Arc::new(Watcher::default());
    let arguments = json!({"message": "half way", "fraction": 0.5});
    host.call_watched(&skill, "output.progress", arguments, watcher.clone())
        .await
        .json();
    assert_eq!(
        *watcher.progress.lock().unwrap(),
        [("half way".to_owned(), Some(0.5))]
    );
}

#[tokio::test]
async fn an_artifact_is_named_by_its_bytes_however_it_was_written() {
    let (host, skill) = skill("[artifacts]\n").await;
    let put = json!({"name": "a.csv", "media-type": "text/csv", "body": "a,b\n1,2\n"});
    let written =
        json!({"name": "a.csv", "media-type": "text/csv", "pieces": ["a,b\n", "1,", "2\n"]});
    let digest = Digest::of(b"a,b\n1,2\n");
    for (tool, arguments) in [
        ("output.put-artifact", put),
        ("output.write-artifact", written),
    ] {
        let ended = host.call(&skill, tool, arguments).await;
        assert_eq!(ended.text(), digest.to_string(), "{tool}");
        let [artifact] = ended.outcome.artifacts.as_slice() else {
            panic!("{:?}", ended.outcome.artifacts)
        };
        assert_eq!(
            (artifact.digest, artifact.size, artifact.name.as_str()),
            (digest, 8, "a.csv")
        );
        assert_eq!(ended.outcome.usage.artifact_bytes, 8);
    }
}

#[tokio::test]
async fn an_unfinished_artifact_is_thrown_away() {
    let (host, skill) = skill("[artifacts]\n").await;
    let ended = host
        .call(&skill, "output.drop-artifact", json!({"name": "half.txt"}))
        .await;
    assert!(ended.outcome.result.is_ok() && ended.outcome.artifacts.is_empty());
}

#[tokio::test]
async fn without_a_grant_no_artifact_is_kept() {
    let (host, skill) = skill("").await;
    let arguments = json!({"name": "a.txt", "media-type": "text/plain", "body": "x"});
    let ended = host.call(&skill, "output.put-artifact", arguments).await;
    ended.failed(Code::ArtifactsNotGranted, Blame::Operator);
    assert_eq!(ended.denials(), [Code::ArtifactsNotGranted]);
    assert!(ended.outcome.artifacts.is_empty());
}

#[tokio::test]
async fn a_skill_reads_what_its_caller_hands_it() {
    let (host, skill) = skill("[artifacts]\n").await;
    let digest = kept(&host, &skill).await;
    let arguments = json!({ "digest": [digest] });
    let ended = host.call(&skill, "output.read-artifact", arguments).await;
    assert_eq!(ended.text(), "a,b\n1,2\n");
}

#[tokio::test]
async fn a_skill_reads_nothing_its_caller_does_not_name() {
    let (host, skill) = skill("[artifacts]\n").await;
    let digest = kept(&host, &skill).await;
    let (head, tail) = digest.split_at(20);
    let arguments = json!({ "digest": [head, tail] });
    let ended = host.call(&skill, "output.read-artifact", arguments).await;
    ended.failed(Code::UpstreamDenied, Blame::Operator);
}

#[tokio::test]
async fn a_digest_is_worth_nothing_to_another_tenant() {
    let (host, skill) = skill("[artifacts]\n").await;
    let digest = kept(&host, &skill).await;
    let guest = Guest::named("capabilities");
    let other = host.install_for("other", guest, "[artifacts]\n").await;
    let arguments = json!({ "digest": [digest] });
    let ended = host.call(&other, "output.read-artifact", arguments).await;
    ended.failed(Code::InvalidArguments, Blame::Caller);
}

#[tokio::test]
async fn without_a_grant_no_artifact_is_read() {
    let (host, writer) = skill("[artifacts]\n").await;
    let digest = kept(&host, &writer).await;
    let reader = host.install(Guest::named("capabilities"), "").await;
    let arguments = json!({ "digest": [digest] });
    let ended = host.call(&reader, "output.read-artifact", arguments).await;
    assert_eq!(ended.denials(), [Code::ArtifactsNotGranted]);
}

#[tokio::test]
async fn a_call_opens_only_so_many_artifacts() {
    let (host, skill) = skill("[artifacts]\n").await;
    let digest = kept(&host, &skill).await;
    let arguments = json!({ "digest": digest });
    let ended = host.call(&skill, "output.open-artifact", arguments).await;
    assert_eq!(ended.json(), json!(MAX_READERS));
}

/// An artifact of the tenant; its digest.
async fn kept(host: &TestHost, skill: &Installed) -> String {
    let arguments = json!({"name": "a.csv", "media-type": "text/csv", "body": "a,b\n1,2\n"});
    let ended = host.call(skill, "output.put-artifact", arguments).await;
    ended.text().to_owned()
}
