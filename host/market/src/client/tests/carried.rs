//! A market in a registry.

use std::sync::Arc;

use metier_core::Digest;
use serde_json::Value;

use super::{
    super::{Carried, meet},
    Client, ClientError, Kept, Scene,
    shop::{Shop, weather},
};
use crate::{
    distribution::{
        RemoteError,
        tests::shelf::{Asked, Shelf, Told},
    },
    log::LogFault,
    receipt::Receipt,
    trust::tests::day,
};

const PREFIX: &str = "acme";
const REPOSITORY: &str = "acme/com.acme/weather";

async fn mirror(scene: &Scene, shelf: &Shelf) -> Result<(), ClientError> {
    let remote = shelf.remote(PREFIX);
    let skills = [weather()];
    let mirrored = scene.client.mirror_to(&skills, &remote, day(21)).await;
    mirrored.map(drop)
}

async fn carried(shelf: &Shelf) -> Result<Arc<Carried>, ClientError> {
    let remote = Arc::new(shelf.remote(PREFIX));
    Carried::open(remote).await.map(Arc::new)
}

async fn client(shelf: &Shelf, home: &tempfile::TempDir) -> Client {
    let http = carried(shelf).await.unwrap();
    let root = http.root().unwrap();
    let kept = Kept::of(home.path(), &root.address.as_str().parse().unwrap());
    Client::new(http, root, kept).unwrap()
}

#[tokio::test]
async fn a_registry_has_all_that_an_install_needs_whatever_it_knows_of_referrers() {
    for (knows, deletes) in [(true, true), (false, true), (true, false)] {
        let shelf = Shelf::open().await;
        if !knows {
            shelf.know_no_referrers();
        }
        if !deletes {
            shelf.delete_nothing();
        }
        let scene = Scene::of(Shop::with(&["1.0.0", "1.1.0+build.5"]));
        mirror(&scene, &shelf).await.unwrap();
        let home = tempfile::tempdir().unwrap();
        let http = carried(&shelf).await.unwrap();
        let address = "https://market.example".parse().unwrap();
        let stranger = meet(&*http, &address).await.unwrap();
        assert_eq!(stranger.root, scene.script.shop().root());
        let client = client(&shelf, &home).await;
        super::install(&client).await.unwrap();
        client.revocations(day(21)).await.unwrap();
        // A newer mirror shows that the log only grew, and is the one that is read.
        scene.script.shop().publish("1.2.0", |_| {});
        mirror(&scene, &shelf).await.unwrap();
        let client = self::client(&shelf, &home).await;
        assert_eq!(client.advance().await.unwrap().size(), 4);
        let mut tags = shelf.tags(REPOSITORY);
        tags.retain(|tag| !tag.starts_with("sha256-"));
        assert_eq!(tags, ["1.0.0", "1.1.0_build.5", "1.2.0"]);
    }
}

/// Whoever has the digest has the version, with what shows it to be one.
#[tokio::test]
async fn a_version_is_there_by_its_digest_with_its_signatures_and_its_receipt() {
    let (scene, shelf) = (Scene::new(), Shelf::open().await);
    mirror(&scene, &shelf).await.unwrap();
    let line = scene.script.shop().versions[0].line.clone();
    let remote = shelf.remote(PREFIX);
    let manifest = remote
        .manifest(REPOSITORY, &line.manifest.to_string())
        .await;
    let manifest: Value = serde_json::from_slice(&manifest.unwrap().unwrap()).unwrap();
    assert_eq!(manifest["layers"][0]["digest"], line.component.to_string());
    for blob in [&manifest["layers"][0], &manifest["config"]] {
        let digest: Digest = blob["digest"].as_str().unwrap().parse().unwrap();
        let size = remote.blob_size(REPOSITORY, &digest).await.unwrap();
        assert_eq!(size, blob["size"].as_u64());
    }
    let told = remote.referrers(REPOSITORY, &line.manifest).await.unwrap();
    let mut kinds: Vec<_> = told
        .iter()
        .filter_map(|one| one.artifact_type.as_deref())
        .collect();
    kinds.sort_unstable();
    let bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
    let receipt = "application/vnd.metier.receipt.v1+json";
    assert_eq!(kinds, [bundle, bundle, receipt]);
    let attached = told
        .iter()
        .find(|one| one.artifact_type.as_deref() == Some(receipt));
    let attached = remote
        .manifest(REPOSITORY, &attached.unwrap().digest.to_string())
        .await;
    let attached: Value = serde_json::from_slice(&attached.unwrap().unwrap()).unwrap();
    assert_eq!(attached["subject"]["digest"], line.manifest.to_string());
    let digest = attached["layers"][0]["digest"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let blob = remote
        .blob(REPOSITORY, &digest, None)
        .await
        .unwrap()
        .unwrap();
    let bytes = remote.whole(blob.answer, 1 << 20).await.unwrap();
    let root = scene.script.shop().root();
    Receipt::read(&bytes)
        .unwrap()
        .verify(&root, &line.component)
        .unwrap();
}

/// Again and again: nothing is sent twice, and nothing is told twice.
#[tokio::test]
async fn what_is_there_is_not_sent_again() {
    for knows in [true, false] {
        let (scene, shelf) = (Scene::new(), Shelf::open().await);
        if !knows {
            shelf.know_no_referrers();
        }
        mirror(&scene, &shelf).await.unwrap();
        shelf.asked();
        scene.script.shop().publish("1.1.0", |_| {});
        mirror(&scene, &shelf).await.unwrap();
        let asked = shelf.asked();
        let first = scene.script.shop().versions[0].line.clone();
        let ends_with = |one: &Asked| one.path.ends_with(&first.component.to_string());
        assert!(
            !asked
                .iter()
                .any(|one| one.method == "PUT" && ends_with(one))
        );
        let remote = shelf.remote(PREFIX);
        let told = remote.referrers(REPOSITORY, &first.manifest).await.unwrap();
        assert_eq!(told.len(), 3);
        let mirrors = remote
            .referrers("acme/dev.metier/mirror", &Digest::of(b"{}"))
            .await;
        assert_eq!(mirrors.unwrap().len(), 1, "the newest alone");
    }
}

/// It breaks off at the first request, at the second, and so on: the mirror stays what it was.
#[tokio::test]
async fn a_mirror_that_was_cut_off_is_as_it_was_before() {
    for knows in [true, false] {
        let (scene, shelf) = (Scene::new(), Shelf::open().await);
        if !knows {
            shelf.know_no_referrers();
        }
        mirror(&scene, &shelf).await.unwrap();
        let before = shelf.copied();
        scene.script.shop().publish("1.1.0", |_| {});
        let mut failed = 0;
        loop {
            shelf.be(&before);
            shelf.fail_at(failed);
            let mirrored = mirror(&scene, &shelf).await;
            shelf.be_well();
            let home = tempfile::tempdir().unwrap();
            let size = client(&shelf, &home).await.advance().await.unwrap().size();
            match mirrored {
                Ok(()) => break assert_eq!(size, 3),
                // The new one is whole where only the old one could not be removed.
                Err(_) => assert!(size == 2 || size == 3, "{failed}: {size}"),
            }
            failed += 1;
        }
        assert!(failed > 10, "{failed}");
    }
}

#[tokio::test]
async fn a_poisoned_registry_is_refused() {
    let (scene, shelf) = (Scene::new(), Shelf::open().await);
    mirror(&scene, &shelf).await.unwrap();
    let component = scene.script.shop().versions[0].line.component.to_string();
    let home = tempfile::tempdir().unwrap();
    let client = client(&shelf, &home).await;
    let is_component = move |asked: &Asked| asked.path.ends_with(&component);
    let other = is_component.clone();
    shelf.lie(move |asked, mut told| {
        other(asked).then(|| {
            *told.body.last_mut().unwrap() ^= 1;
            told
        })
    });
    let error = super::install(&client).await.unwrap_err();
    assert!(matches!(error, ClientError::OtherBytes { .. }), "{error}");
    let longer = is_component.clone();
    shelf.lie(move |asked, mut told| {
        longer(asked).then(|| {
            told.body.push(0);
            told
        })
    });
    let error = super::install(&client).await.unwrap_err();
    assert!(matches!(error, ClientError::OtherSize { .. }), "{error}");
    shelf.lie(move |asked, _| is_component(asked).then(|| Told::of(200, "<html>")));
    assert!(super::install(&client).await.is_err());
    shelf.be_honest();
    super::install(&client).await.unwrap();
}

#[tokio::test]
async fn a_registry_whose_mirror_is_none_is_refused() {
    let (scene, shelf) = (Scene::new(), Shelf::open().await);
    let error = carried(&shelf).await.unwrap_err();
    assert!(matches!(error, ClientError::NoMirror(_)), "{error}");
    assert!(
        error
            .fault()
            .hint
            .unwrap()
            .contains("metier mirror NAME --to oci://")
    );
    mirror(&scene, &shelf).await.unwrap();
    for lie in ["<html>", "{}", "{\"layers\": []}"] {
        shelf.lie(move |asked, _| {
            let is_manifest = asked.path.contains("dev.metier/mirror/manifests/sha256:");
            is_manifest.then(|| Told::of(200, lie))
        });
        let error = carried(&shelf).await.unwrap_err();
        let is_told = matches!(&error, ClientError::Registry(why) if matches!(**why, RemoteError::OtherBytes { .. }));
        assert!(is_told, "{error}");
    }
    shelf.lie(|asked, mut told| {
        let is_files = asked.path.contains("dev.metier/mirror/blobs/");
        is_files.then(|| {
            told.body[9] ^= 1;
            told
        })
    });
    let error = carried(&shelf).await.unwrap_err();
    assert!(matches!(error, ClientError::Registry(_)), "{error}");
}

/// Whoever may write there writes what is read here as files: nowhere but where they belong.
#[test]
fn paths_in_a_mirror_stay_in_it() {
    use super::super::registry::is_below;
    for path in [
        "market.toml",
        "log/tile/0/x001/067.p/5",
        "index/com.acme/weather",
    ] {
        assert!(is_below(path), "{path}");
    }
    for path in [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a/./b",
        ".x",
        "a/.ssh/b",
        "a\\b",
        "a b",
    ] {
        assert!(!is_below(path), "{path}");
    }
}

#[tokio::test]
async fn an_older_mirror_is_refused() {
    let (scene, shelf) = (Scene::new(), Shelf::open().await);
    mirror(&scene, &shelf).await.unwrap();
    scene.script.shop().publish("1.1.0", |_| {});
    let home = tempfile::tempdir().unwrap();
    super::client(&scene.script, &home).advance().await.unwrap();
    let error = client(&shelf, &home).await.advance().await.unwrap_err();
    assert!(matches!(error, ClientError::Log(LogFault::Shorter { .. })));
}
