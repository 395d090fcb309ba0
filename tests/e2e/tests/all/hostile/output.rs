//! Saying too much.

use std::time::Duration;

use metier_core::{Blame, Code};

use super::scene::{Scene, bytes, limit};

fn logging() -> String {
    format!("[log]\n{}", limit("log-bytes", "16KiB"))
}

fn artifacts() -> String {
    format!("[artifacts]\n{}", limit("artifact-bytes", "1MiB"))
}

#[tokio::test]
pub async fn a_huge_log() {
    let scene = Scene::new(&logging()).await;
    let ended = scene.run("log", "10000").await;
    assert_eq!(ended.text(), "logged 10000", "the call goes on");
    let kept: usize = ended
        .outcome
        .log
        .iter()
        .map(|line| line.message.len())
        .sum();
    assert!(kept > 0 && kept as u64 <= bytes("16KiB"), "{kept}");
}

#[tokio::test]
pub async fn empty_log_lines() {
    let scene = Scene::new(&logging()).await;
    let ended = scene.run("log-empty", "100000").await;
    assert!(
        ended.outcome.log.len() <= 1024,
        "{}",
        ended.outcome.log.len()
    );
}

#[tokio::test]
pub async fn a_forged_log_line() {
    let scene = Scene::new(&logging()).await;
    let ended = scene
        .run(
            "log-line",
            "fine\n[error] forged\u{1b}[2J\u{202e}txt.exe\u{0}",
        )
        .await;
    let line = &ended.outcome.log[0];
    for text in [&line.message, &line.context] {
        assert!(text.starts_with("fine"), "{text:?}");
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
    }
}

#[tokio::test]
pub async fn a_huge_standard_error() {
    let scene = Scene::new(&limit("log-bytes", "16KiB")).await;
    let ended = scene.run("stderr", "10000000").await;
    assert!(
        ended.text().starts_with("wrote"),
        "the call goes on: {}",
        ended.text()
    );
    let kept = ended.outcome.stdio.len() as u64;
    assert!(kept <= bytes("16KiB"), "{kept}");
}

#[tokio::test]
pub async fn an_endless_standard_output() {
    let scene = Scene::new("[limits]\nlog-bytes = \"16KiB\"\ncpu = \"100ms\"\n").await;
    let ended = scene.run("stdout-for-ever", "").await;
    ended.failed(Code::SkillCpuExceeded, Blame::Skill);
    assert!(ended.outcome.stdio.len() as u64 <= bytes("16KiB"));
}

#[tokio::test]
pub async fn a_huge_result() {
    let scene = Scene::new(&limit("result-bytes", "64KiB")).await;
    assert_eq!(scene.run("result", "60000").await.text().len(), 60_000);
    scene
        .run("result", "70000")
        .await
        .failed(Code::SkillResultTooLarge, Blame::Skill);
    scene
        .run("result", "20000000")
        .await
        .failed(Code::SkillResultTooLarge, Blame::Skill);
}

#[tokio::test]
pub async fn a_huge_artifact() {
    let scene = Scene::new(&artifacts()).await;
    let ended = scene.run("artifact", "2000000").await;
    assert!(ended.kept_out().contains("TooLarge"));
    assert!(ended.outcome.artifacts.is_empty());
}

#[tokio::test]
pub async fn a_huge_artifact_in_pieces() {
    let scene = Scene::new(&artifacts()).await;
    let ended = scene.run("artifact-pieces", "200000000").await;
    assert!(ended.kept_out().contains("TooLarge"));
    assert!(ended.outcome.artifacts.is_empty());
    nothing_is_left(&scene).await;
}

#[tokio::test]
pub async fn many_artifacts() {
    let scene = Scene::new(&artifacts()).await;
    let ended = scene.run("artifacts", "100000").await;
    ended.kept_out();
    assert!(
        ended.outcome.artifacts.len() < 10_000,
        "{}",
        ended.outcome.artifacts.len()
    );
}

#[tokio::test]
pub async fn artifact_names_that_are_paths() {
    let scene = Scene::new(&artifacts()).await;
    let long = "x".repeat(300);
    for name in [
        "../../etc/cron",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "..",
        ".",
        "",
        "a\0b",
        "a\nb",
        "\u{202e}txt.exe",
        &long,
    ] {
        let ended = scene.run("artifact-name", name).await;
        assert!(ended.kept_out().contains("Invalid"), "{name:?}");
    }
    let plain = scene.run("artifact-name", "plain name.txt").await;
    assert!(plain.text().starts_with("got in"), "{}", plain.text());
}

#[tokio::test]
pub async fn an_unfinished_artifact() {
    let scene = Scene::new(&artifacts()).await;
    let ended = scene.run("artifact-unfinished", "").await;
    assert!(ended.outcome.artifacts.is_empty());
    nothing_is_left(&scene).await;
}

/// What was finished is kept, whatever becomes of the call.
#[tokio::test]
pub async fn an_artifact_before_a_panic() {
    let scene = Scene::new(&artifacts()).await;
    let ended = scene.run("artifact-then-panic", "").await;
    ended.failed(Code::SkillTrap, Blame::Skill);
    assert_eq!(ended.outcome.artifacts.len(), 1);
}

/// Wait until no file is left in the artifact folder, at any depth: half a file is removed off the call's path.
async fn nothing_is_left(scene: &Scene) {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let count = |entry: std::fs::DirEntry| {
            if entry.path().is_dir() {
                count(&entry.path())
            } else {
                1
            }
        };
        entries.map(count).sum()
    }
    let folder = scene.host.folder().join("artifacts");
    let empty = async {
        while count(&folder) > 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let emptied = tokio::time::timeout(Duration::from_secs(30), empty).await;
    emptied.expect("half an artifact was left on the disk");
}
