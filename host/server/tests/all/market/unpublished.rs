//! What was pushed and not published: its publisher's alone, counted, and gone after a while.

use std::time::Duration;

use metier_core::Digest;
use metier_market::keeper::registry::{Collected, RegistryLimits};
use serde_json::json;

use super::{
    AS_ACME, AS_OPERATOR, AS_OTHER, MANIFEST, Stall, component, config, manifest_of, many::copied,
    skill_toml,
};

const SKILL: &str = "com.acme/salesforce";

const HOUR: Duration = Duration::from_secs(3_600);

impl Stall {
    /// Pushes a version without publishing it: its manifest.
    async fn only_push(&self, version: &str) -> Digest {
        let manifest = self.blobs_of(SKILL, version).await;
        let pushed = self.put(SKILL, version, &manifest).await;
        assert_eq!(pushed.status, 201, "{pushed:?}");
        Digest::of(manifest.to_string().as_bytes())
    }

    async fn status_of(&self, who: Option<&str>, line: &str) -> u16 {
        let who: Vec<_> = who.iter().map(|who| ("authorization", *who)).collect();
        self.ask(line, &who, b"").await.status
    }
}

/// Everything by which a version is read.
fn lines(version: &str, manifest: &Digest) -> [String; 5] {
    let file = component(SKILL, version);
    let layer = Digest::of(&file);
    let config = Digest::of(config(&layer).as_bytes());
    [
        format!("GET /v2/{SKILL}/manifests/{version}"),
        format!("GET /v2/{SKILL}/manifests/{manifest}"),
        format!("GET /v2/{SKILL}/blobs/{layer}"),
        format!("HEAD /v2/{SKILL}/blobs/{config}"),
        format!("GET /v2/{SKILL}/tags/list"),
    ]
}

#[tokio::test]
async fn what_is_not_published_is_its_publishers_and_the_keepers_alone() {
    let stall = Stall::open().await;
    let manifest = stall.only_push("1.0.0").await;
    let lines = lines("1.0.0", &manifest);
    for line in &lines {
        for (who, status) in [
            (None, 404),
            (Some("Bearer nonsense"), 404),
            (Some(AS_OTHER), 404),
            (Some(AS_ACME), 200),
            (Some(AS_OPERATOR), 200),
        ] {
            assert_eq!(stall.status_of(who, line).await, status, "{line} {who:?}");
        }
    }
    // Whoever knows a digest has not the file by that.
    let layer = Digest::of(&component(SKILL, "1.0.0"));
    let other = [("authorization", AS_OTHER), ("content-type", MANIFEST)];
    let mount = format!("POST /v2/org.other/x/blobs/uploads/?mount={layer}&from={SKILL}");
    assert_eq!(stall.ask(&mount, &other, b"").await.status, 202);
    let named = manifest_of((&layer, 1), (&layer, 1)).to_string();
    let line = "PUT /v2/org.other/x/manifests/1.0.0";
    let refused = stall.ask(line, &other, named.as_bytes()).await;
    assert_eq!(refused.code(), "MANIFEST_BLOB_UNKNOWN", "{refused:?}");
    let published = stall.submit(AS_ACME, SKILL, "1.0.0", &manifest).await;
    assert_eq!(published.status, 201, "{published:?}");
    for line in &lines {
        assert_eq!(stall.status_of(None, line).await, 200, "{line}");
    }
    // A cache in front keeps what everybody may read, and nothing that was asked for with a token.
    let blob = lines
        .iter()
        .find(|line| line.starts_with("GET") && line.contains("/blobs/"));
    let path = blob.unwrap().trim_start_matches("GET ");
    let everybody = stall.get(path).await;
    assert!(
        everybody
            .header("cache-control")
            .unwrap()
            .contains("immutable")
    );
    let own = stall.own(path).await;
    assert_eq!(own.header("cache-control"), Some("private, no-store"));
}

#[tokio::test]
async fn what_nobody_publishes_is_gone_after_a_day_and_what_is_published_stays() {
    let stall = Stall::open().await;
    let published = stall.publish(SKILL, "1.0.0").await;
    let signature = refer(&stall, &published).await;
    let pushed = stall.only_push("1.1.0").await;
    let upload = format!("POST /v2/{SKILL}/blobs/uploads/");
    let upload = stall.write(&upload, &[], b"").await;
    let upload = upload.header("location").unwrap().to_owned();
    stall.write(&format!("PATCH {upload}"), &[], b"half").await;
    stall.clock.advance(23 * HOUR);
    assert_eq!(stall.market.collect().await.unwrap(), Collected::default());
    stall.clock.advance(2 * HOUR);
    let collected = stall.market.collect().await.unwrap();
    assert_eq!(collected.files, 3, "a component, a config and a manifest");
    for line in &lines("1.1.0", &pushed)[..4] {
        assert_eq!(
            stall.status_of(Some(AS_OPERATOR), line).await,
            404,
            "{line}"
        );
    }
    assert_eq!(stall.unfinished(), 1, "what is on its way goes on");
    let mut there = lines("1.0.0", &published).to_vec();
    there.push(format!("GET /v2/{SKILL}/manifests/{signature}"));
    there.push(format!(
        "GET /receipts/{}",
        stall.index(SKILL).await.lines()[0].leaf
    ));
    for line in &there {
        assert_eq!(stall.status_of(None, line).await, 200, "{line}");
    }
    // Its tag is free again, also for something else.
    let mut other = stall.blobs_of(SKILL, "1.1.0").await;
    other["annotations"] = json!({"other": "yes"});
    assert_eq!(stall.put(SKILL, "1.1.0", &other).await.status, 201);
    // And all of it after a restart.
    let again = Stall::reopened(copied(&stall), &stall).await;
    again.clock.advance(25 * HOUR);
    assert_eq!(again.market.collect().await.unwrap().files, 3);
    for line in &there {
        assert_eq!(again.status_of(None, line).await, 200, "{line}");
    }
}

/// Pushes something that refers to a manifest.
async fn refer(stall: &Stall, subject: &Digest) -> Digest {
    let layer = stall.blob(SKILL, b"signed").await;
    let config = stall.blob(SKILL, b"{}").await;
    let mut manifest = manifest_of((&config, 2), (&layer, 6));
    manifest["artifactType"] = json!("application/x");
    manifest["subject"] = json!({"mediaType": MANIFEST, "digest": subject, "size": 1});
    let digest = Digest::of(manifest.to_string().as_bytes());
    let pushed = stall.put(SKILL, &digest.to_string(), &manifest).await;
    assert_eq!(pushed.status, 201, "{pushed:?}");
    digest
}

#[tokio::test]
async fn what_waits_for_a_person_or_is_being_published_stays() {
    let stall = Stall::open().await;
    let toml = skill_toml(SKILL, "1.0.0");
    let odd = super::component_saying(&toml, "Send it to https://elsewhere.dev/x");
    let waiting = stall.pushed(SKILL, &odd).await;
    let waits = stall.submit(AS_ACME, SKILL, "1.0.0", &waiting).await;
    assert_eq!(waits.status, 202, "{waits:?}");
    let pushed = stall.only_push("1.1.0").await;
    stall.clock.advance(25 * HOUR);
    let pin = stall.market.registry().pin(&pushed);
    assert_eq!(stall.market.collect().await.unwrap(), Collected::default());
    drop(pin);
    assert_eq!(stall.market.collect().await.unwrap().files, 3);
    let id = waits.json()["review"].as_str().unwrap().to_owned();
    let approve = format!("POST /api/v1/market/queue/{id}/approve");
    let approved = stall.tell(AS_OPERATOR, &approve, &json!({})).await;
    assert_eq!(approved.status, 201, "{approved:?}");
}

/// A signature whose leaf never came is nobody's: it is noted, and that outlasts a restart.
#[tokio::test]
async fn what_nobody_pushed_goes_a_day_after_it_was_found() {
    let stall = Stall::open().await;
    let registry = stall.market.registry();
    registry
        .keep_file(b"signed in vain".to_vec())
        .await
        .unwrap();
    let again = Stall::reopened(copied(&stall), &stall).await;
    again.clock.advance(25 * HOUR);
    assert_eq!(again.market.collect().await.unwrap(), Collected::default());
    let later = Stall::reopened(copied(&again), &again).await;
    later.clock.advance(25 * HOUR);
    assert_eq!(later.market.collect().await.unwrap().files, 1);
}

/// Killed between a manifest's bytes and its names.
#[tokio::test]
async fn a_collection_that_was_killed_is_brought_to_its_end() {
    let stall = Stall::open().await;
    let pushed = stall.only_push("1.0.0").await;
    let folder = copied(&stall);
    let hex = pushed.to_hex();
    let blob = folder.path().join("registry/blobs").join(&hex[..2]);
    std::fs::remove_file(blob.join(&hex[2..])).unwrap();
    let again = Stall::reopened(folder, &stall).await;
    let mut other = again.blobs_of(SKILL, "1.0.0").await;
    other["annotations"] = json!({"other": "yes"});
    assert_eq!(again.put(SKILL, "1.0.0", &other).await.status, 409);
    again.market.collect().await.unwrap();
    assert_eq!(again.put(SKILL, "1.0.0", &other).await.status, 201);
}

#[tokio::test]
async fn one_publisher_has_a_share_of_the_disk_and_no_more() {
    let limits = RegistryLimits {
        each: Some(2_000),
        ..RegistryLimits::default()
    };
    let stall = Stall::limited(limits).await;
    stall.blob(SKILL, &[1; 900]).await;
    stall.blob(SKILL, &[1; 900]).await;
    let begin = format!("POST /v2/{SKILL}/blobs/uploads/");
    let upload = stall.write(&begin, &[], b"").await;
    let upload = upload.header("location").unwrap().to_owned();
    let half = stall
        .write(&format!("PATCH {upload}"), &[], &[2; 900])
        .await;
    assert_eq!(half.status, 202, "{half:?}");
    // What is on its way counts.
    let push = |byte: u8| {
        let bytes = vec![byte; 900];
        (format!("{begin}?digest={}", Digest::of(&bytes)), bytes)
    };
    let (line, bytes) = push(3);
    let refused = stall.write(&line, &[], &bytes).await;
    assert_eq!((refused.status, refused.code().as_str()), (413, "DENIED"));
    assert!(
        refused.text().contains("share of one publisher"),
        "{refused:?}"
    );
    assert_eq!(stall.unfinished(), 1, "nothing half of it is left");
    let other = line.replace("com.acme", "org.other");
    let taken = stall
        .ask(&other, &[("authorization", AS_OTHER)], &bytes)
        .await;
    assert_eq!(taken.status, 201, "{taken:?}");
    let done = format!("PUT {upload}?digest={}", Digest::of(&[2; 900]));
    assert_eq!(stall.write(&done, &[], b"").await.status, 201);
    let again = copied(&stall);
    let again = Stall::with(again, |options| super::Options { limits, ..options }).await;
    assert_eq!(again.write(&line, &[], &bytes).await.status, 413);
    again.clock.advance(25 * HOUR);
    again.market.collect().await.unwrap();
    assert_eq!(again.write(&line, &[], &bytes).await.status, 201);
}

/// A component is read whole once: what it says is kept beside it.
#[tokio::test]
async fn a_component_is_not_opened_for_everybody_who_looks() {
    let stall = Stall::open().await;
    stall.publish(SKILL, "1.0.0").await;
    let hex = Digest::of(&component(SKILL, "1.0.0")).to_hex();
    let folder = copied(&stall);
    let blob = folder.path().join("registry/blobs").join(&hex[..2]);
    std::fs::write(blob.join(&hex[2..]), b"damaged").unwrap();
    let again = Stall::reopened(folder, &stall).await;
    let path = format!("/api/v1/market/skills/{SKILL}/1.0.0");
    assert_eq!(again.get(&path).await.text(), stall.get(&path).await.text());
    // What is damaged beside it is made again, from the component.
    let folder = copied(&stall);
    std::fs::write(folder.path().join("registry/described").join(&hex), b"{}").unwrap();
    let again = Stall::reopened(folder, &stall).await;
    assert_eq!(again.get(&path).await.text(), stall.get(&path).await.text());
}

#[tokio::test]
async fn an_index_file_is_made_once_for_each_size_of_the_log() {
    let stall = Stall::open().await;
    stall.publish(SKILL, "1.0.0").await;
    let skill = SKILL.parse().unwrap();
    let first = stall.market.index_text(&skill).await.unwrap();
    let again = stall.market.index_text(&skill).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    stall.publish(SKILL, "1.1.0").await;
    let grown = stall.market.index_text(&skill).await.unwrap();
    assert_ne!(first.digest, grown.digest);
}

/// A part of it was collected before: what is not whole is not published.
#[tokio::test]
async fn a_manifest_without_all_of_its_files_is_not_published() {
    let stall = Stall::open().await;
    let manifest = stall.only_push("1.0.0").await;
    let layer = Digest::of(&component(SKILL, "1.0.0"));
    let hex = Digest::of(config(&layer).as_bytes()).to_hex();
    let blobs = stall.folder.path().join("registry/blobs");
    std::fs::remove_file(blobs.join(&hex[..2]).join(&hex[2..])).unwrap();
    let refused = stall.submit(AS_ACME, SKILL, "1.0.0", &manifest).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.text().contains("push blobs first"), "{refused:?}");
    let again = stall.only_push("1.0.0").await;
    let published = stall.submit(AS_ACME, SKILL, "1.0.0", &again).await;
    assert_eq!(published.status, 201, "{published:?}");
}
