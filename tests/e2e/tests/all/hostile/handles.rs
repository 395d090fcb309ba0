//! Handles: every kind runs out long before the host does.

use metier_core::{Blame, Code};
use metier_e2e::{Ended, TestHost};

use super::scene::Scene;

/// Either the guest is told that there are no more, or it is stopped; it never gets them all.
fn ran_out(ended: &Ended) {
    match &ended.outcome.result {
        Ok(_) => drop(ended.kept_out()),
        Err(_) => drop(ended.failed(Code::SkillTrap, Blame::Skill)),
    }
}

#[tokio::test]
pub async fn too_many_files() {
    let host = TestHost::start();
    std::fs::create_dir(host.folder().join("shared")).unwrap();
    std::fs::write(host.folder().join("shared/file"), "x").unwrap();
    let before = open_files();
    let scene = Scene::on(
        host,
        "[[files]]\npath = \"/data\"\nsource = \"shared\"\naccess = \"read\"\n",
    )
    .await;
    ran_out(&scene.run("open-files", "/data/file").await);
    assert!(
        open_files() < before + 200,
        "the host kept them open: {before} → {}",
        open_files()
    );
}

#[tokio::test]
pub async fn too_many_buckets() {
    let scene = Scene::new("[kv]\nbuckets = [\"cache\"]\n").await;
    ran_out(&scene.run("open-buckets", "cache").await);
}

#[tokio::test]
pub async fn too_many_writers() {
    let scene = Scene::new("[artifacts]\n").await;
    ran_out(&scene.run("open-writers", "").await);
}

#[tokio::test]
pub async fn too_many_pollables() {
    let scene = Scene::new("").await;
    ran_out(&scene.run("open-pollables", "").await);
}

#[tokio::test]
pub async fn too_many_headers() {
    let scene = Scene::new("").await;
    ran_out(&scene.run("open-fields", "").await);
}

/// Files this process has open; other tests run beside this one, so the number moves a little.
fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}
