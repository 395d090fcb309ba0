//! Versions: whole, as they say, once and for ever.

use metier_core::Digest;
use metier_market::keeper::registry::RegistryLimits;
use metier_store::search::SearchQuery;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{INDEX, MANIFEST, Stall, component, component_with, config, manifest_of};

const SKILL: &str = "com.acme/salesforce";

#[tokio::test]
async fn a_version_is_pushed_and_pulled() {
    let stall = Stall::open().await;
    let digest = stall.publish(SKILL, "1.2.0").await;
    let pulled = stall.get(&format!("/v2/{SKILL}/manifests/1.2.0")).await;
    assert_eq!(pulled.status, 200);
    assert_eq!(Digest::of(&pulled.body), digest);
    assert_eq!(
        pulled.header("docker-content-digest"),
        Some(digest.to_string().as_str())
    );
    assert_eq!(pulled.header("content-type"), Some(MANIFEST));
    let layer = &pulled.json()["layers"][0];
    let path = format!("/v2/{SKILL}/blobs/{}", layer["digest"].as_str().unwrap());
    let blob = stall.get(&path).await;
    assert_eq!(blob.body, component(SKILL, "1.2.0"));
    let again = stall.get(&format!("/v2/{SKILL}/manifests/{digest}")).await;
    assert_eq!(again.body, pulled.body);
}

#[tokio::test]
async fn a_version_stays_what_it_is() {
    let stall = Stall::open().await;
    let first = stall.blobs_of(SKILL, "1.0.0").await;
    assert_eq!(stall.put(SKILL, "1.0.0", &first).await.status, 201);
    assert_eq!(
        stall.put(SKILL, "1.0.0", &first).await.status,
        201,
        "the same again"
    );
    let mut other = first.clone();
    other["annotations"] = json!({"org.opencontainers.image.title": "other"});
    let refused = stall.put(SKILL, "1.0.0", &other).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (409, "MANIFEST_INVALID")
    );
    assert!(
        refused.text().contains("publish another version"),
        "{refused:?}"
    );
    let there = stall.own(&format!("/v2/{SKILL}/manifests/1.0.0")).await;
    assert_eq!(there.json(), first);
    for line in [
        format!("DELETE /v2/{SKILL}/manifests/1.0.0"),
        format!(
            "DELETE /v2/{SKILL}/blobs/{}",
            first["layers"][0]["digest"].as_str().unwrap()
        ),
    ] {
        let refused = stall.write(&line, &[], b"").await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (405, "UNSUPPORTED"),
            "{line}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_pushes_of_one_version_at_once_exactly_one_is_there() {
    let stall = Stall::open().await;
    for round in 0..8 {
        let version = format!("1.0.{round}");
        let one = stall.blobs_of(SKILL, &version).await;
        let mut other = one.clone();
        other["annotations"] = json!({"other": "yes"});
        let both = [&one, &other].map(|manifest| stall.put(SKILL, &version, manifest));
        let [first, second] = both;
        let (first, second) = tokio::join!(first, second);
        let mut both = [first.status, second.status];
        both.sort_unstable();
        assert_eq!(both, [201, 409], "{first:?} {second:?}");
        let there = stall
            .own(&format!("/v2/{SKILL}/manifests/{version}"))
            .await
            .json();
        assert_eq!(there == one, first.status == 201);
    }
}

#[tokio::test]
async fn a_version_is_a_skill_in_the_one_layout_and_as_it_says() {
    let stall = Stall::open().await;
    let sound = stall.blobs_of(SKILL, "1.0.0").await;
    let component = component(SKILL, "1.0.0");
    let layer = Digest::of(&component);
    let other = stall.blob(SKILL, b"other").await;
    let lying = config(&other);
    let lying_config = stall.blob(SKILL, lying.as_bytes()).await;
    let for_another =
        json!({"architecture": "amd64", "os": "linux", "layerDigests": [layer]}).to_string();
    let for_another_config = stall.blob(SKILL, for_another.as_bytes()).await;
    let plain_config = config(&other);
    let plain_config_digest = Digest::of(plain_config.as_bytes());
    let missing = Digest::of(b"never pushed");
    let with = |change: &dyn Fn(&mut Value)| {
        let mut changed = sound.clone();
        change(&mut changed);
        changed
    };
    let layers = sound["layers"].as_array().unwrap().clone();
    for (what, manifest) in [
        (
            "two layers",
            with(&|m| m["layers"] = json!([layers[0], layers[0]])),
        ),
        ("no layer", with(&|m| m["layers"] = json!([]))),
        (
            "a layer of another kind",
            with(&|m| m["layers"][0]["mediaType"] = json!("application/octet-stream")),
        ),
        (
            "a config of another kind",
            with(&|m| m["config"]["mediaType"] = json!("application/vnd.oci.image.config.v1+json")),
        ),
        (
            "a layer that is said to be smaller",
            with(&|m| m["layers"][0]["size"] = json!(component.len() - 1)),
        ),
        (
            "a config that is said to be larger",
            with(&|m| m["config"]["size"] = json!(99_999)),
        ),
        (
            "a negative size",
            with(&|m| m["layers"][0]["size"] = json!(-1)),
        ),
        (
            "a size that is no number",
            with(&|m| m["layers"][0]["size"] = json!("1")),
        ),
        (
            "a size without end",
            with(&|m| m["layers"][0]["size"] = json!(1e30)),
        ),
        (
            "a digest that is none",
            with(&|m| m["layers"][0]["digest"] = json!("sha256:abc")),
        ),
        (
            "another kind of digest",
            with(&|m| m["layers"][0]["digest"] = json!(format!("sha512:{}", "a".repeat(128)))),
        ),
        (
            "a path for a digest",
            with(&|m| m["layers"][0]["digest"] = json!("sha256:../../../../etc/passwd")),
        ),
        (
            "an artifact type",
            with(&|m| m["artifactType"] = json!("application/x")),
        ),
        (
            "a schema of long ago",
            with(&|m| m["schemaVersion"] = json!(1)),
        ),
        (
            "a media type of another",
            with(&|m| m["mediaType"] = json!(INDEX)),
        ),
        ("a subject", with(&|m| m["subject"] = layers[0].clone())),
        (
            "a config that names another layer",
            manifest_of((&lying_config, lying.len()), (&layer, component.len())),
        ),
        (
            "a config for a machine",
            manifest_of(
                (&for_another_config, for_another.len()),
                (&layer, component.len()),
            ),
        ),
        (
            "a layer that is no component",
            manifest_of((&plain_config_digest, plain_config.len()), (&other, 5)),
        ),
        (
            "an index",
            json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": []}),
        ),
        ("nothing", json!({})),
    ] {
        let refused = stall.put(SKILL, "1.0.0", &manifest).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "MANIFEST_INVALID"),
            "{what}: {refused:?}"
        );
    }
    let refused = stall
        .put(
            SKILL,
            "1.0.0",
            &with(&|m| m["layers"][0]["digest"] = json!(missing)),
        )
        .await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (404, "MANIFEST_BLOB_UNKNOWN")
    );
    let none = stall.own(&format!("/v2/{SKILL}/tags/list")).await;
    assert_eq!(
        (none.status, none.code().as_str()),
        (404, "NAME_UNKNOWN"),
        "nothing of it is there"
    );
    assert_eq!(stall.put(SKILL, "1.0.0", &sound).await.status, 201);
}

#[tokio::test]
async fn the_media_type_of_the_request_is_the_manifests() {
    let stall = Stall::open().await;
    let manifest = stall.blobs_of(SKILL, "1.0.0").await.to_string();
    let line = format!("PUT /v2/{SKILL}/manifests/1.0.0");
    for wrong in [
        INDEX,
        "application/json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ] {
        let refused = stall
            .write(&line, &[("content-type", wrong)], manifest.as_bytes())
            .await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "MANIFEST_INVALID"),
            "{wrong}"
        );
    }
    let with_parameter = format!("{MANIFEST}; charset=utf-8");
    let taken = stall
        .write(
            &line,
            &[("content-type", &with_parameter)],
            manifest.as_bytes(),
        )
        .await;
    assert_eq!(taken.status, 201, "{taken:?}");
}

/// The file itself says who it is: nobody publishes it under another name, or as another version.
#[tokio::test]
async fn a_skill_is_pushed_under_its_own_name_and_version_only() {
    let stall = Stall::open().await;
    let manifest = stall.blobs_of(SKILL, "1.0.0").await;
    let refused = stall.put(SKILL, "1.0.1", &manifest).await;
    assert!(
        refused.status == 400 && refused.text().contains("version 1.0.0"),
        "{refused:?}"
    );
    let refused = stall.put("com.acme/other", "1.0.0", &manifest).await;
    assert!(
        refused.status == 400 && refused.text().contains(SKILL),
        "{refused:?}"
    );
    let bare = component_with("[tools.query]\neffect = \"read\"\n");
    let layer = stall.blob(SKILL, &bare).await;
    let config = config(&layer);
    let config_digest = stall.blob(SKILL, config.as_bytes()).await;
    let nameless = manifest_of((&config_digest, config.len()), (&layer, bare.len()));
    let refused = stall.put(SKILL, "1.0.0", &nameless).await;
    assert_eq!(refused.code(), "MANIFEST_INVALID", "{refused:?}");
}

#[tokio::test]
async fn tags_that_are_no_versions_are_refused() {
    let stall = Stall::open().await;
    let manifest = stall.blobs_of(SKILL, "1.0.0").await;
    for tag in [
        "latest",
        "v1.0.0",
        "1.0",
        "%2e%2e",
        "..%2f..%2fetc",
        "1.0.0%00",
        "sha256-abc",
        "01.0.0",
    ] {
        let refused = stall.put(SKILL, tag, &manifest).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (400, "TAG_INVALID"),
            "{tag}: {refused:?}"
        );
        let missing = stall.own(&format!("/v2/{SKILL}/manifests/{tag}")).await;
        assert_eq!(
            (missing.status, missing.code().as_str()),
            (404, "MANIFEST_UNKNOWN"),
            "{tag}"
        );
    }
}

#[tokio::test]
async fn a_manifest_that_is_huge_or_deep_or_under_another_digest_is_refused() {
    let stall = Stall::open().await;
    let line = format!("PUT /v2/{SKILL}/manifests/1.0.0");
    let headers = [("content-type", MANIFEST)];
    let huge = vec![b' '; (1 << 20) + 1];
    let refused = stall.write(&line, &headers, &huge).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (413, "SIZE_INVALID")
    );
    let deep = "[".repeat(100_000);
    let refused = stall.write(&line, &headers, deep.as_bytes()).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "MANIFEST_INVALID")
    );
    let sound = stall.blobs_of(SKILL, "1.0.0").await;
    let other = Digest::of(b"other").to_string();
    let refused = stall.put(SKILL, &other, &sound).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "DIGEST_INVALID")
    );
}

/// A client that only talks of digests, and names the version last.
#[tokio::test]
async fn a_manifest_may_come_by_digest_first() {
    let stall = Stall::open().await;
    let manifest = stall.blobs_of(SKILL, "1.0.0").await;
    let digest = Digest::of(manifest.to_string().as_bytes()).to_string();
    assert_eq!(stall.put(SKILL, &digest, &manifest).await.status, 201);
    let none = stall.own(&format!("/v2/{SKILL}/tags/list")).await;
    assert_eq!(none.status, 404, "no version is there by that");
    assert_eq!(
        stall
            .own(&format!("/v2/{SKILL}/manifests/{digest}"))
            .await
            .status,
        200
    );
    let elsewhere = stall
        .own(&format!("/v2/com.acme/other/manifests/{digest}"))
        .await;
    assert_eq!(elsewhere.status, 404);
}

/// Killed at any point, a push left all of a version or none; the next start sweeps the rest and finds what is there.
#[tokio::test]
async fn what_was_pushed_outlasts_the_process_and_what_was_not_does_not() {
    let stall = Stall::open().await;
    let digest = stall.publish(SKILL, "1.0.0").await;
    let begun = stall
        .write(&format!("POST /v2/{SKILL}/blobs/uploads/"), &[], b"")
        .await;
    let upload = begun.header("location").unwrap().to_owned();
    stall.write(&format!("PATCH {upload}"), &[], b"half").await;
    assert_eq!(stall.unfinished(), 1);
    let Stall { folder, .. } = stall;
    // The index was not told either.
    std::fs::remove_file(folder.path().join("search.db")).unwrap();
    let kept = folder.keep();
    let copied = TempDir::new().unwrap();
    copy(&kept, copied.path());
    let again = Stall::in_folder(copied, RegistryLimits::default()).await;
    assert_eq!(again.unfinished(), 0);
    assert_eq!(
        again
            .write(&format!("PATCH {upload}"), &[], b"more")
            .await
            .status,
        404
    );
    let there = again.get(&format!("/v2/{SKILL}/manifests/1.0.0")).await;
    assert_eq!(Digest::of(&there.body), digest);
    let none = again.market.find(&everything()).await.unwrap();
    assert_eq!(none.total, 0);
    again.market.index_all().await.unwrap();
    assert_eq!(again.market.find(&everything()).await.unwrap().total, 1);
    std::fs::remove_dir_all(kept).unwrap();
}

fn everything() -> SearchQuery {
    SearchQuery {
        max: 10,
        ..SearchQuery::default()
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}
