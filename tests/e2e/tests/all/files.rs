//! The operator's files, and those packed into the skill.

use std::fs;

use metier_core::package::{Resources, section};
use metier_core::{Blame, Code};
use metier_e2e::{Guest, TestHost};
use serde_json::json;

fn grant(access: &str) -> String {
    format!("[[files]]\npath = \"/data\"\nsource = \"shared\"\naccess = \"{access}\"\n")
}

fn host_with_a_file() -> TestHost {
    let host = TestHost::start();
    fs::create_dir(host.folder().join("shared")).unwrap();
    fs::write(host.folder().join("shared/a.txt"), "from the operator").unwrap();
    host
}

#[tokio::test]
async fn what_is_granted_for_reading_can_be_read_and_not_written() {
    let host = host_with_a_file();
    let skill = host
        .install(Guest::named("capabilities"), &grant("read"))
        .await;
    let ended = host
        .call(&skill, "files.read", json!({"path": "/data/a.txt"}))
        .await;
    assert_eq!(ended.text(), "from the operator");
    let ended = host
        .call(&skill, "files.listing", json!({"path": "/data"}))
        .await;
    assert_eq!(ended.json(), json!(["a.txt"]));
    let ended = host
        .call(
            &skill,
            "files.write",
            json!({"path": "/data/b.txt", "text": "x"}),
        )
        .await;
    assert!(ended.outcome.result.is_err());
    assert!(!host.folder().join("shared/b.txt").exists());
}

#[tokio::test]
async fn what_is_granted_for_writing_can_be_written() {
    let host = host_with_a_file();
    let skill = host
        .install(Guest::named("capabilities"), &grant("read-write"))
        .await;
    host.call(
        &skill,
        "files.write",
        json!({"path": "/data/b.txt", "text": "mine"}),
    )
    .await
    .json();
    assert_eq!(
        fs::read_to_string(host.folder().join("shared/b.txt")).unwrap(),
        "mine"
    );
}

#[tokio::test]
async fn without_a_grant_there_is_no_directory() {
    let host = host_with_a_file();
    let skill = host.install(Guest::named("capabilities"), "").await;
    let ended = host
        .call(&skill, "files.read", json!({"path": "/data/a.txt"}))
        .await;
    assert!(ended.outcome.result.is_err());
}

#[tokio::test]
async fn packed_files_can_be_read_in_parts() {
    let host = TestHost::start();
    let files = [("notes/b.txt", "second"), ("a.txt", "first")];
    let files = files.map(|(path, body)| (path.parse().unwrap(), body.as_bytes()));
    let packed = Resources::new(files).unwrap().encode().unwrap();
    let guest = Guest::named("capabilities").section(section::RESOURCES, &packed);
    let skill = host.install(guest, "").await;
    let listed = host.call(&skill, "files.packed", json!({})).await;
    assert_eq!(listed.json(), json!([["a.txt", 5], ["notes/b.txt", 6]]));
    let part = async |path: &str, offset: u64| {
        let arguments = json!({"path": path, "offset": offset, "length": 3});
        host.call(&skill, "files.packed-part", arguments)
            .await
            .json()
    };
    assert_eq!(part("notes/b.txt", 2).await, "con");
    assert_eq!(part("notes/b.txt", 5).await, "d");
    assert_eq!(part("notes/b.txt", u64::MAX).await, "");
    assert_eq!(part("missing.txt", 0).await, json!(null));
}

#[tokio::test]
async fn a_missing_file_is_an_error_of_the_skills_own() {
    let host = host_with_a_file();
    let skill = host
        .install(Guest::named("capabilities"), &grant("read"))
        .await;
    let ended = host
        .call(&skill, "files.read", json!({"path": "/data/none.txt"}))
        .await;
    ended.failed(Code::NotFound, Blame::Caller);
}
