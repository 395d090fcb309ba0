//! Values that are none: what a component built by hand can hand over.

use metier_core::{Blame, Code};
use metier_e2e::Ended;
use serde_json::json;

use super::scene::{Scene, limit};

async fn answer(guest: &str) -> Ended {
    Scene::wat(guest, "").await.call(json!({})).await
}

/// The host stopped it, and said what was wrong with the answer.
async fn is_stopped(guest: &str) {
    answer(guest).await.failed(Code::SkillTrap, Blame::Skill);
}

#[tokio::test]
pub async fn a_string_outside_of_memory() {
    is_stopped("bad-string-pointer").await;
}

#[tokio::test]
pub async fn a_string_that_is_not_text() {
    is_stopped("bad-utf8").await;
}

#[tokio::test]
pub async fn a_char_that_is_none() {
    is_stopped("bad-char").await;
}

#[tokio::test]
pub async fn a_case_that_does_not_exist() {
    is_stopped("bad-enum").await;
}

#[tokio::test]
pub async fn an_option_that_is_neither() {
    is_stopped("bad-option").await;
}

/// The canonical ABI reads any number but zero as true.
#[tokio::test]
pub async fn a_bool_of_two() {
    assert_eq!(answer("odd-bool").await.json(), true);
}

#[tokio::test]
pub async fn a_list_longer_than_memory() {
    is_stopped("list-beyond-memory").await;
}

#[tokio::test]
pub async fn a_list_at_an_odd_address() {
    is_stopped("list-misaligned").await;
}

/// Lifting the answer must be bounded too, not only its JSON.
#[tokio::test]
pub async fn lists_that_share_their_bytes() {
    let before = resident();
    let scene = Scene::wat("list-overlapping", &limit("result-bytes", "64KiB")).await;
    let ended = scene.call(json!({})).await;
    let fault = ended.fault();
    assert!(
        [Code::SkillTrap, Code::SkillResultTooLarge].contains(&fault.code),
        "{fault}"
    );
    assert_eq!(fault.blame(), Blame::Skill);
    assert!(
        resident() < before + (1 << 30),
        "the host took gigabytes: {} → {}",
        before,
        resident()
    );
}

#[tokio::test]
pub async fn room_that_does_not_exist() {
    let scene = Scene::wat("realloc-outside", "").await;
    scene
        .call(json!({"text": "x"}))
        .await
        .failed(Code::SkillTrap, Blame::Skill);
}

/// Most memory this process ever had resident, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak
        .and_then(|line| line.trim().strip_suffix("kB"))
        .and_then(|number| number.trim().parse::<u64>().ok());
    kilobytes.unwrap_or(0) * 1024
}
