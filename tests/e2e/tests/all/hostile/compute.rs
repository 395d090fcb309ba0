//! Time and stack.

use metier_core::{Blame, Code};
use serde_json::json;

use super::scene::{Scene, limit};

/// Little, so that the tests are quick; real calls have seconds.
fn little_cpu() -> String {
    limit("cpu", "50ms")
}

#[tokio::test]
pub async fn an_endless_loop() {
    let scene = Scene::new(&little_cpu()).await;
    let ended = scene.run("loop", "").await;
    ended.failed(Code::SkillCpuExceeded, Blame::Skill);
    assert!(
        ended.outcome.usage.cpu.as_millis() >= 50,
        "{:?}",
        ended.outcome.usage
    );
}

#[tokio::test]
pub async fn a_loop_of_host_calls() {
    let scene = Scene::new(&little_cpu()).await;
    scene
        .run("loop-in-host-calls", "")
        .await
        .failed(Code::SkillCpuExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn a_loop_of_progress_reports() {
    let scene = Scene::new(&little_cpu()).await;
    scene
        .run("loop-in-progress", "")
        .await
        .failed(Code::SkillCpuExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn catastrophic_backtracking() {
    let scene = Scene::new(&little_cpu()).await;
    assert_eq!(scene.run("backtrack", "aaab").await.text(), "true");
    let ended = scene.run("backtrack", &"a".repeat(100)).await;
    ended.failed(Code::SkillCpuExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn deep_recursion() {
    let scene = Scene::new("").await;
    scene
        .run("recurse", "")
        .await
        .failed(Code::SkillStackExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn an_endless_sleep() {
    let scene = Scene::new(&limit("wall", "100ms")).await;
    scene
        .run("sleep", "")
        .await
        .failed(Code::SkillWallExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn a_panic_with_a_message() {
    let scene = Scene::new("").await;
    let ended = scene.run("panic", "the frobnicator is loose").await;
    let fault = ended.failed(Code::SkillTrap, Blame::Skill);
    let said = format!("{} {:?}", fault.message, fault.details);
    assert!(said.contains("the frobnicator is loose"), "{said}");
}

#[tokio::test]
pub async fn an_exit() {
    let scene = Scene::new("").await;
    scene
        .run("exit", "3")
        .await
        .failed(Code::SkillTrap, Blame::Skill);
    scene
        .run("exit", "0")
        .await
        .failed(Code::SkillTrap, Blame::Skill);
}

#[tokio::test]
pub async fn a_loop_in_a_realloc() {
    let scene = Scene::wat("realloc-loop", &little_cpu()).await;
    scene
        .call(json!({"text": "x"}))
        .await
        .failed(Code::SkillCpuExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn a_loop_at_start() {
    let scene = Scene::wat("start-loop", &little_cpu()).await;
    scene
        .call(json!({}))
        .await
        .failed(Code::SkillCpuExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn a_trap_at_start() {
    let scene = Scene::wat("start-trap", "").await;
    scene
        .call(json!({}))
        .await
        .failed(Code::SkillStartFailed, Blame::Skill);
}

#[tokio::test]
pub async fn a_trap_while_cleaning_up() {
    let scene = Scene::wat("post-return-trap", "").await;
    scene
        .call(json!({}))
        .await
        .failed(Code::SkillTrap, Blame::Skill);
}
