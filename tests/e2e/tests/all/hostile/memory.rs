//! Memory and tables.

use metier_core::{Blame, Code};
use metier_e2e::TestHost;
use serde_json::json;

use super::scene::{Scene, bytes, limit};

/// Pages of linear memory that are soiled and looked at: more than the pool keeps resident, so that both ways of
/// clearing a slot are tried.
const PAGES: u32 = 64;

/// How often a slot is reused.
const ROUNDS: u32 = 8;

#[tokio::test]
pub async fn growth_without_end() {
    let scene = Scene::new(&limit("memory", "8MiB")).await;
    let ended = scene.run("grow", "").await;
    ended.failed(Code::SkillMemoryExceeded, Blame::Skill);
    let peak = ended.outcome.usage.memory_peak_bytes;
    assert!(peak > bytes("4MiB") && peak <= bytes("8MiB"), "{peak}");
}

#[tokio::test]
pub async fn growth_and_one_allocation_more() {
    let scene = Scene::new(&limit("memory", "8MiB")).await;
    let ended = scene.run("grow-then-allocate", "").await;
    ended.failed(Code::SkillMemoryExceeded, Blame::Skill);
    assert_eq!(ended.outcome.usage.memory_peak_bytes, bytes("8MiB"));
}

#[tokio::test]
pub async fn a_large_memory_at_start() {
    let scene = Scene::wat("memory-at-start", "").await;
    scene
        .call(json!({}))
        .await
        .failed(Code::SkillMemoryExceeded, Blame::Skill);
}

#[tokio::test]
pub async fn growth_of_a_table() {
    let scene = Scene::wat("table-growth", "[limits]\ntable-elements = 20000\n").await;
    scene
        .call(json!({}))
        .await
        .failed(Code::SkillTableExceeded, Blame::Skill);
}

/// One slot, so that every instance gets the memory of the one before.
#[tokio::test]
pub async fn nothing_is_left_behind() {
    let scene = Scene::on(TestHost::builder().calls(1).start(), "").await;
    for round in 0..ROUNDS {
        let pages = (PAGES >> (round % 3)).to_string();
        let soiled = scene.run("soil", &pages).await.text();
        assert!(soiled.starts_with("soiled "), "{soiled}");
        assert_eq!(
            scene.run("look", &PAGES.to_string()).await.text(),
            "dirty 0, marks 0"
        );
    }
}
