//! Key-value storage, configuration and packed files.

use metier_core::Code;
use serde_json::json;

use super::{Checked, Row, expect, row};
use crate::scene::Scene;

pub(super) const ROWS: &[Row] = &[
    row!(
        "kv-set-get",
        "what was set is read back, by another call",
        set_get
    ),
    row!("kv-missing", "a key that is not there is nothing", missing),
    row!("kv-delete", "a deleted key is gone", delete),
    row!("kv-increment", "counting up is one step", increment),
    row!(
        "kv-denied",
        "a bucket that was not granted stays closed",
        denied
    ),
    row!("config", "a value that is set, and one that is not", config),
    row!(
        "config-denied",
        "a key that was not declared is refused",
        config_denied
    ),
    row!(
        "resource-list",
        "the packed files, sorted, with sizes",
        list
    ),
    row!("resource-read", "packed bytes, any part of them", read),
    row!(
        "resource-missing",
        "a file that is not there is nothing",
        no_file
    ),
];

async fn set_get(scene: &Scene) -> Checked {
    for value in ["", "first", "größer 😀"] {
        let entry = json!({"bucket": "notes", "key": "set-get", "value": value});
        expect::answers(&scene.call("kv-set", entry).await, &json!(null))?;
        let key = json!({"bucket": "notes", "key": "set-get"});
        expect::answers(&scene.call("kv-get", key).await, &json!(value))?;
    }
    Ok(())
}

async fn missing(scene: &Scene) -> Checked {
    let key = json!({"bucket": "notes", "key": "never-set"});
    expect::answers(&scene.call("kv-get", key.clone()).await, &json!(null))?;
    expect::answers(&scene.call("kv-exists", key).await, &json!(false))
}

async fn delete(scene: &Scene) -> Checked {
    let key = json!({"bucket": "notes", "key": "delete"});
    let entry = json!({"bucket": "notes", "key": "delete", "value": "x"});
    expect::answers(&scene.call("kv-set", entry).await, &json!(null))?;
    expect::answers(&scene.call("kv-exists", key.clone()).await, &json!(true))?;
    expect::answers(&scene.call("kv-delete", key.clone()).await, &json!(null))?;
    expect::answers(&scene.call("kv-exists", key).await, &json!(false))
}

async fn increment(scene: &Scene) -> Checked {
    let by = |delta: u64| json!({"bucket": "notes", "key": "count", "delta": delta});
    expect::answers(&scene.call("kv-increment", by(5)).await, &json!(5))?;
    expect::answers(&scene.call("kv-increment", by(2)).await, &json!(7))
}

async fn denied(scene: &Scene) -> Checked {
    let key = json!({"bucket": "others", "key": "x"});
    let ended = scene.call("kv-get", key).await;
    expect::fails(&ended, Code::UpstreamDenied, &["access denied"])?;
    expect::same("the denials", &ended.denials(), &vec![Code::KvNotDeclared])
}

async fn config(scene: &Scene) -> Checked {
    let ended = scene.call("config-get", json!({"key": "region"})).await;
    expect::answers(&ended, &json!("north"))
}

async fn config_denied(scene: &Scene) -> Checked {
    let ended = scene.call("config-get", json!({"key": "password"})).await;
    expect::fails(&ended, Code::ConfigNotDeclared, &["password"])
}

async fn list(scene: &Scene) -> Checked {
    let ended = scene.call("resource-list", json!({})).await;
    let expected: Vec<_> = scene
        .skill
        .resources()
        .iter()
        .map(|(path, bytes)| json!([path, bytes.len()]))
        .collect();
    expect::answers(&ended, &json!(expected))?;
    expect::holds(
        scene.skill.resources().contains_key("assets/greeting.txt"),
        || "`assets/greeting.txt` is not packed".into(),
    )
}

async fn read(scene: &Scene) -> Checked {
    let part = |path: &str, offset: u64, length: u32| json!({"path": path, "offset": offset, "length": length});
    // The file is the bytes 0 to 255 in order.
    let reads = [
        (part("assets/bytes.bin", 254, 2), json!("/v8=")),
        (part("assets/bytes.bin", 250, 1000), json!("+vv8/f7/")),
        (part("assets/bytes.bin", 256, 10), json!("")),
        (part("assets/greeting.txt", 0, 7), json!("Qm9uam91cg==")),
    ];
    for (arguments, expected) in reads {
        let ended = scene.call("resource-read", arguments).await;
        expect::answers(&ended, &expected)?;
    }
    Ok(())
}

async fn no_file(scene: &Scene) -> Checked {
    for path in ["assets/none.txt", "../secret", "/etc/passwd"] {
        let part = json!({"path": path, "offset": 0, "length": 10});
        let ended = scene.call("resource-read", part).await;
        expect::answers(&ended, &json!(null))?;
    }
    Ok(())
}
