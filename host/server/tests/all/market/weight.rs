//! What many views at once cost: measured, not judged. `cargo test -p metier-server --test all weighed -- --ignored --nocapture`
#![expect(clippy::print_stdout, reason = "a measurement is printed")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use metier_core::Digest;

use super::{AS_ACME, Stall, component_saying, config, manifest_of, section, skill_toml};

const SKILL: &str = "com.acme/salesforce";
const VERSIONS: usize = 1_000;
const VIEWS: usize = 200;

/// Bytes that the heavy version carries beside what it says.
const HEAVY: usize = 32 << 20;

#[ignore = "a measurement: it takes a minute"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_weighed() {
    let stall = Arc::new(Stall::open().await);
    let begun = Instant::now();
    for number in 0..VERSIONS {
        if number % 20 == 0 {
            stall.clock.advance(Duration::from_secs(90_000));
        }
        stall.publish(SKILL, &format!("1.{number}.0")).await;
    }
    println!("{VERSIONS} publications: {:?}", begun.elapsed());
    stall.clock.advance(Duration::from_secs(90_000));
    heavy(&stall).await;
    for path in [
        format!("/index/{SKILL}"),
        format!("/api/v1/market/skills/{SKILL}"),
        format!("/skills/{SKILL}"),
        format!("/api/v1/market/skills/{SKILL}/2.0.0"),
        "/v0.1/servers?limit=100".to_owned(),
        "/.well-known/agent-skills/index.json".to_owned(),
    ] {
        weigh(&stall, &path).await;
    }
}

/// Publishes a version with a large file.
async fn heavy(stall: &Stall) {
    let mut component = component_saying(&skill_toml(SKILL, "2.0.0"), "Heavy.");
    let mut noise = vec![0_u8; HEAVY];
    let mut state = 1_u32;
    for byte in &mut noise {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *byte = (state >> 24) as u8;
    }
    section(&mut component, "noise", &noise);
    let layer = stall.blob(SKILL, &component).await;
    let config = config(&layer);
    let config_digest = stall.blob(SKILL, config.as_bytes()).await;
    let manifest = manifest_of((&config_digest, config.len()), (&layer, component.len()));
    let pushed = stall.put(SKILL, "2.0.0", &manifest).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    let digest = Digest::of(manifest.to_string().as_bytes());
    let answer = stall.submit(AS_ACME, SKILL, "2.0.0", &digest).await;
    assert_eq!(answer.status, 201, "{answer:?}");
}

async fn weigh(stall: &Arc<Stall>, path: &str) {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (before, begun) = (memory("VmRSS"), Instant::now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..VIEWS {
        let (stall, path) = (stall.clone(), path.to_owned());
        tasks.spawn(async move { stall.get(&path).await.status });
    }
    while let Some(status) = tasks.join_next().await {
        assert_eq!(status.unwrap(), 200, "{path}");
    }
    println!(
        "{VIEWS} x {path}: {:?}, {} MiB before, {} MiB at most",
        begun.elapsed(),
        before >> 10,
        memory("VmHWM") >> 10,
    );
}

/// KiB of this process.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    let number: String = line.chars().filter(char::is_ascii_digit).collect();
    number.parse().unwrap()
}
