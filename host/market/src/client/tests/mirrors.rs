//! A market on a disk.

use std::{fs, sync::Arc};

use super::{
    super::{Directory, meet},
    Ask, Client, ClientError, FirstKey, Kept, Scene,
    shop::{Shop, weather},
};
use crate::{
    log::LogFault,
    revoked::{Entry, Target},
    trust::tests::day,
};

fn offline(scene: &Scene, home: &tempfile::TempDir) -> Client {
    let http = Arc::new(Directory::new(&scene.home.path().join("mirror")));
    let root = http.root().unwrap();
    let kept = Kept::of(home.path(), &root.address.as_str().parse().unwrap());
    Client::new(http, root, kept).unwrap()
}

async fn mirrored(scene: &Scene) {
    let to = scene.home.path().join("mirror");
    let skills = [weather()];
    let mirror = scene.client.mirror(&skills, &to, day(21));
    mirror.await.unwrap();
}

#[tokio::test]
async fn a_mirror_is_all_that_an_install_needs() {
    let scene = Scene::of(Shop::with(&["1.0.0", "1.1.0"]));
    mirrored(&scene).await;
    let home = tempfile::tempdir().unwrap();
    let client = offline(&scene, &home);
    let address = "https://market.example".parse().unwrap();
    let directory = Directory::new(&scene.home.path().join("mirror"));
    let stranger = meet(&directory, &address).await.unwrap();
    assert_eq!(stranger.root, scene.script.shop().root());
    super::install(&client).await.unwrap();
    client.revocations(day(21)).await.unwrap();
    // A newer mirror shows that the log only grew, by its tiles.
    scene.script.shop().publish("1.2.0", |_| {});
    mirrored(&scene).await;
    assert_eq!(client.advance().await.unwrap().size(), 4);
    let index = client.index(&weather(), Ask::Always).await.unwrap();
    assert_eq!(index.lines().len(), 3);
}

#[tokio::test]
async fn a_poisoned_mirror_is_refused() {
    let scene = Scene::new();
    mirrored(&scene).await;
    let mirror = scene.home.path().join("mirror");
    let blob = fs::read_dir(mirror.join("blobs")).unwrap().next().unwrap();
    let blob = blob.unwrap().path();
    let whole = fs::read(&blob).unwrap();
    let mut other = whole.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&blob, other).unwrap();
    let home = tempfile::tempdir().unwrap();
    let error = super::install(&offline(&scene, &home)).await.unwrap_err();
    assert!(matches!(error, ClientError::OtherBytes { .. }), "{error}");
    fs::write(&blob, whole).unwrap();
    super::install(&offline(&scene, &home)).await.unwrap();
}

#[tokio::test]
async fn an_older_mirror_is_refused() {
    let scene = Scene::new();
    mirrored(&scene).await;
    scene.script.shop().publish("1.1.0", |_| {});
    let home = tempfile::tempdir().unwrap();
    super::client(&scene.script, &home).advance().await.unwrap();
    let error = offline(&scene, &home).advance().await.unwrap_err();
    assert!(matches!(error, ClientError::Log(LogFault::Shorter { .. })));
}

#[tokio::test]
async fn what_is_revoked_is_not_mirrored() {
    let scene = Scene::of(Shop::with(&["1.0.0", "1.1.0"]));
    let target = Target::Versions {
        name: weather(),
        versions: "=1.0.0".parse().unwrap(),
    };
    scene.script.shop().revoked.push(Entry {
        target,
        why: "it leaks".parse().unwrap(),
        at: day(19),
    });
    mirrored(&scene).await;
    let blobs = fs::read_dir(scene.home.path().join("mirror/blobs")).unwrap();
    assert_eq!(blobs.count(), 1);
}

/// One version of a thief's does not keep the good ones from being carried away.
#[tokio::test]
async fn what_is_void_is_not_mirrored_and_does_not_end_the_mirror() {
    let scene = Scene::of(Shop::with(&["1.0.0"]));
    {
        let mut shop = scene.script.shop();
        shop.now = day(5);
        shop.publish("1.1.0", |_| {});
        shop.now = day(6);
        shop.steal(day(4), &["1.1.0"]);
    }
    mirrored(&scene).await;
    let blobs = fs::read_dir(scene.home.path().join("mirror/blobs")).unwrap();
    assert_eq!(blobs.count(), 1);
    // An index that hides it helps nobody: the receipt of now shows it.
    scene.script.shop().versions[1].line.void = None;
    let index = scene.client.index(&weather(), Ask::Always).await.unwrap();
    let witness = scene.client.advance().await.unwrap();
    let line = index.lines().last().unwrap();
    let fetched = scene.client.fetch(line, &witness, FirstKey::Remembered);
    let error = fetched.await.unwrap_err();
    assert!(error.to_string().contains("other hands"), "{error}");
}

#[tokio::test]
async fn a_mirror_answers_nothing_outside_of_it() {
    let scene = Scene::new();
    mirrored(&scene).await;
    fs::write(scene.home.path().join("secret"), "s").unwrap();
    let directory = Directory::new(&scene.home.path().join("mirror"));
    for path in [
        "../secret",
        "/etc/passwd",
        "v2/x/blobs/../../secret",
        "index/./x",
    ] {
        let request = super::super::Request::get(path);
        let answer = super::super::Http::ask(&directory, request).await.unwrap();
        assert_eq!(answer.status, http::StatusCode::NOT_FOUND, "{path}");
    }
}
