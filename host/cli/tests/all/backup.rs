//! `metier backup` beside a service at work, and `metier restore` in another home.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::{Value, json};

use crate::{
    sandbox::{Sandbox, files_below},
    service::Serving,
};

const CHAIN: &str = r#"[chain]
name = "wait"
version = "1.0.0"
description = "Asks somebody."

[[step]]
name = "ask"
approval = "Go on?"
"#;

/// One request to the API.
pub fn ask(serving: &Serving, key: &str, what: &str, body: &Value) -> Value {
    let (_, authority) = serving.url.split_once("://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let body = body.to_string();
    let request = format!(
        "{what} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut told = String::new();
    stream.read_to_string(&mut told).unwrap();
    let (_, body) = told.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{told}"))
}

/// Everything that `metier` keeps in a home.
fn kept(sandbox: &Sandbox) -> Vec<std::path::PathBuf> {
    files_below(&sandbox.path(".local"))
}

/// A service with something of everything, saved while it is at work; its administrator's key and a run's id.
fn saved(sandbox: &Sandbox) -> (String, String) {
    let serving = Serving::start(sandbox);
    let admin = serving.key.clone().unwrap();
    serving.teach(sandbox, &admin, "teaching");
    sandbox.write("token", "hunter2");
    let words = ["secret", "set", "crm", "--from-file", "token"];
    let kept = serving.admin(sandbox, &admin, &words);
    assert_eq!(kept.code, 0, "{kept:?}");
    ask(
        &serving,
        &admin,
        "POST /api/v1/agents",
        &json!({"text": CHAIN}),
    );
    let file = ask(&serving, &admin, "POST /api/v1/artifacts", &json!("a file"));
    assert!(file["digest"].is_string(), "{file}");
    let run = ask(
        &serving,
        &admin,
        "POST /api/v1/runs",
        &json!({"agent": "wait"}),
    );
    let backup = sandbox.metier(&["backup", "saved.tar"]);
    assert_eq!(
        (backup.code, backup.stdout.trim()),
        (0, "saved.tar"),
        "{backup:?}"
    );
    // It is at work still, and what comes now is in no archive.
    serving.teach(sandbox, &admin, "later");
    serving.terminate();
    let run = run["id"].as_str().unwrap_or_else(|| panic!("{run}"));
    (admin, run.to_owned())
}

#[test]
fn a_service_at_work_is_saved_and_goes_on_elsewhere() {
    let (one, other) = (Sandbox::new(), Sandbox::new());
    let (admin, run) = saved(&one);
    let bytes = fs::read(one.path("saved.tar")).unwrap();
    other.write("saved.tar", &bytes);
    let restored = other.metier(&["restore", "saved.tar"]);
    assert_eq!(restored.code, 0, "{restored:?}");
    let verified = other.metier(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let serving = Serving::start(&other);
    assert!(serving.key.is_none(), "the keys are those that were saved");
    let skills = serving.admin(&other, &admin, &["skill", "list", "--output", "json"]);
    assert!(
        skills.stdout.contains("teaching") && !skills.stdout.contains("later"),
        "{skills:?}"
    );
    let secrets = serving.admin(&other, &admin, &["secret", "list"]);
    assert!(secrets.stdout.contains("crm"), "{secrets:?}");
    let found = ask(
        &serving,
        &admin,
        &format!("GET /api/v1/runs/{run}"),
        &json!({}),
    );
    assert_eq!(
        (&found["id"], &found["agent"]),
        (&json!(run), &json!("wait")),
        "{found}"
    );
    serving.terminate();
    let verified = other.metier(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    // What is there is not overwritten, by either.
    let again = other.metier(&["restore", "saved.tar"]);
    assert!(
        again.code != 0 && again.stderr.contains("code: conflict"),
        "{again:?}"
    );
    let taken = one.metier(&["backup", "saved.tar"]);
    assert!(
        taken.code != 0 && taken.stderr.contains("code: conflict"),
        "{taken:?}"
    );
    assert_eq!(fs::read(one.path("saved.tar")).unwrap(), bytes);
    // The next to it has the vault's key left out, and a name by the time.
    fs::create_dir(one.path("archives")).unwrap();
    let keyless = one.metier(&["backup", "archives", "--without-key"]);
    assert_eq!(keyless.code, 0, "{keyless:?}");
    let names = names(&fs::read(one.path(keyless.stdout.trim())).unwrap());
    assert!(
        names.iter().any(|name| name == "vault/secrets.vault"),
        "{names:?}"
    );
    assert!(
        !names.iter().any(|name| name == "vault/secrets.key"),
        "{names:?}"
    );
    assert_eq!(files_below(&one.path("archives")).len(), 1);
}

fn names(archive: &[u8]) -> Vec<String> {
    let mut tar = tar::Archive::new(archive);
    let entries = tar.entries().unwrap();
    entries
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect()
}

#[test]
fn an_archive_that_is_not_whole_leaves_nothing() {
    let one = Sandbox::new();
    saved(&one);
    let whole = fs::read(one.path("saved.tar")).unwrap();
    let changed = |from: &str, to: &str| {
        let at = whole
            .windows(from.len())
            .position(|window| window == from.as_bytes());
        let at = at.unwrap_or_else(|| panic!("no {from}"));
        let mut bytes = whole.clone();
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        bytes
    };
    let last = names(&whole).len();
    assert!(last > 5);
    let cases = [
        ("a half", whole[..whole.len() / 2].to_vec()),
        ("all but its end", whole[..whole.len() - 4096].to_vec()),
        ("another record", changed("\"seq\":2", "\"seq\":9")),
        (
            "another name",
            changed("audit/1/head.json", "audit/1/hoad.json"),
        ),
        ("a file elsewhere", changed("data/audit", "data/../.b")),
        ("nothing", Vec::new()),
        ("no archive", b"hello".repeat(1000)),
    ];
    for (what, bytes) in cases {
        let other = Sandbox::new();
        other.write("saved.tar", bytes);
        let refused = other.metier(&["restore", "saved.tar"]);
        assert!(refused.code != 0, "{what}: {refused:?}");
        assert!(
            refused.stderr.contains("is not whole"),
            "{what}: {refused:?}"
        );
        assert_eq!(kept(&other), Vec::<std::path::PathBuf>::new(), "{what}");
    }
}

#[test]
fn a_store_elsewhere_is_named_or_left_out() {
    let sandbox = Sandbox::new();
    saved(&sandbox);
    let store = "postgres://metier@127.0.0.1:1/metier";
    let refused = sandbox.metier(&["backup", "rest.tar", "--store", store]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("pg_dump"), "{refused:?}");
    assert!(!sandbox.path("rest.tar").exists());
    let rest = sandbox.metier(&["backup", "rest.tar", "--store", store, "--without-store"]);
    assert_eq!(rest.code, 0, "{rest:?}");
    let all = names(&fs::read(sandbox.path("rest.tar")).unwrap());
    assert!(
        !all.iter().any(|name| name.starts_with("store/")),
        "{all:?}"
    );
    assert!(
        all.iter().any(|name| name == "data/audit/1/00000001.jsonl"),
        "{all:?}"
    );
    let none = sandbox.metier(&["backup", "x.tar", "--store", "sqlite:nowhere.db"]);
    assert!(none.stderr.contains("code: not-found"), "{none:?}");

    let other = Sandbox::new();
    other.write("saved.tar", fs::read(sandbox.path("saved.tar")).unwrap());
    let restored = other.metier(&["restore", "saved.tar", "--store", "sqlite:elsewhere.db"]);
    assert_eq!(restored.code, 0, "{restored:?}");
    assert!(other.path("elsewhere.db").is_file() && other.path("elsewhere.db.blobs").is_dir());
    let third = Sandbox::new();
    third.write("saved.tar", fs::read(sandbox.path("saved.tar")).unwrap());
    third.write("elsewhere.db", "something else");
    let taken = third.metier(&["restore", "saved.tar", "--store", "sqlite:elsewhere.db"]);
    assert!(taken.stderr.contains("code: conflict"), "{taken:?}");
    assert_eq!(kept(&third), Vec::<std::path::PathBuf>::new());
}
