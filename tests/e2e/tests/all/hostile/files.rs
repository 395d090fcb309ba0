//! Files outside of what was granted.

use std::fs;
use std::os::unix::fs::symlink;

use metier_core::package::{Resources, section};
use metier_e2e::{Guest, TestHost};

use super::scene::Scene;

/// `shared` is granted; `outside` lies beside it and holds a secret.
async fn scene(access: &str) -> Scene {
    let (host, grant) = stage(access);
    Scene::on(host, &grant).await
}

fn stage(access: &str) -> (TestHost, String) {
    let host = TestHost::start();
    for folder in ["shared", "outside"] {
        fs::create_dir(host.folder().join(folder)).unwrap();
    }
    fs::write(host.folder().join("shared/file"), "as it was").unwrap();
    fs::write(host.folder().join("outside/secret"), "hunter2").unwrap();
    let grant =
        format!("[[files]]\npath = \"/data\"\nsource = \"shared\"\naccess = \"{access}\"\n");
    (host, grant)
}

#[tokio::test]
pub async fn paths_outside() {
    let scene = scene("read-write").await;
    let secret = scene.host.folder().join("outside/secret");
    let paths = format!(
        "/etc/passwd\n/data/../etc/passwd\n//etc/passwd\n/proc/self/environ\n{}",
        secret.display()
    );
    for behaviour in ["read", "read-raw"] {
        let ended = scene.run(behaviour, &paths).await;
        ended.kept_out();
    }
    assert!(
        scene
            .run("read", "/data/file")
            .await
            .text()
            .contains("as it was")
    );
}

#[tokio::test]
pub async fn climbing_paths() {
    let scene = scene("read-write").await;
    let paths = "../outside/secret\n./../outside/secret\nx/../../outside/secret\n../shared/../outside/secret\n\
                 /../outside/secret\n..\\outside\\secret\n%2e%2e/outside/secret\nfile/../../outside/secret";
    scene.run("read-raw", paths).await.kept_out();
    let paths = "/data/../outside/secret\n/data/x/../../outside/secret\n/data/./../outside/secret";
    scene.run("read", paths).await.kept_out();
}

#[tokio::test]
pub async fn a_link_out_of_the_directory() {
    let scene = scene("read-write").await;
    let folder = scene.host.folder();
    symlink("/etc", folder.join("shared/etc")).unwrap();
    symlink("../outside/secret", folder.join("shared/beside")).unwrap();
    symlink(folder.join("outside"), folder.join("shared/absolute")).unwrap();
    scene
        .run(
            "read",
            "/data/etc/passwd\n/data/beside\n/data/absolute/secret",
        )
        .await
        .kept_out();
}

#[tokio::test]
pub async fn a_link_of_its_own_making() {
    let scene = scene("read-write").await;
    let secret = scene.host.folder().join("outside/secret");
    scene
        .run("link-out", &format!("/data {}", secret.display()))
        .await
        .kept_out();
}

/// What a first call may leave in a directory it can write, a second call's manifest names as a directory of its own.
#[tokio::test]
pub async fn a_link_named_as_a_directory_of_its_own() {
    let (host, grant) = stage("read-write");
    symlink("../outside", host.folder().join("shared/inner")).unwrap();
    let asks = "\n[[capabilities.files]]\npath = \"/data/inner\"\naccess = \"read-write\"\n";
    let guest = Guest::built("hostile").manifest(&(Guest::manifest_of("hostile") + asks));
    let scene = Scene::of(host, guest, &grant).await;
    let paths = "/data/inner/secret\n/data/inner";
    scene.run("read", paths).await.kept_out();
}

#[tokio::test]
pub async fn every_change_to_a_read_only_directory() {
    let scene = scene("read").await;
    scene.run("change", "/data").await.kept_out();
    let shared = scene.host.folder().join("shared");
    let left: Vec<_> = fs::read_dir(&shared)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["file"]);
    assert_eq!(
        fs::read_to_string(shared.join("file")).unwrap(),
        "as it was"
    );
}

#[tokio::test]
pub async fn a_rename_out_of_the_directory() {
    let scene = scene("read-write").await;
    scene
        .run("rename-out", "/data ../outside/stolen")
        .await
        .kept_out();
    scene
        .run("rename-out", "/data ../outside/secret")
        .await
        .kept_out();
    let outside = scene.host.folder().join("outside");
    assert!(!outside.join("stolen").exists());
    assert_eq!(
        fs::read_to_string(outside.join("secret")).unwrap(),
        "hunter2"
    );
}

#[tokio::test]
pub async fn packed_files_that_are_paths() {
    let packed = Resources::new([("a.txt".parse().unwrap(), &b"mine"[..])])
        .unwrap()
        .encode()
        .unwrap();
    let guest = Guest::named("hostile").section(section::RESOURCES, &packed);
    let scene = Scene::of(TestHost::start(), guest, "").await;
    for path in [
        "/etc/passwd",
        "../../../../etc/passwd",
        "./a.txt",
        "a.txt/",
        "a.txt\0",
        "",
    ] {
        scene.run("packed", path).await.kept_out();
    }
    assert_eq!(scene.run("packed", "a.txt").await.text(), "got in: 4");
}

#[tokio::test]
pub async fn a_directory_that_was_not_granted() {
    let granted = scene("read").await;
    assert_eq!(granted.run("preopens", "").await.text(), "/data");
    let bare = Scene::new("").await;
    assert_eq!(bare.run("preopens", "").await.text(), "");
    bare.run("read", "/data/file\n/etc/passwd\n.\n/")
        .await
        .kept_out();
}
