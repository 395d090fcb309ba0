//! `metier attach`, and calls of what it attached.

mod acme;
mod hostile;
mod server;
mod service;

use std::fs;

use serde_json::{Value, json};

use crate::sandbox::{Ran, Sandbox};
use acme::TOKEN;
use server::Server;

fn made(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

/// Attaches `path` of the server as `acme`.
fn attached(sandbox: &Sandbox, server: &Server, path: &str) -> Ran {
    let ran = sandbox.metier(&["attach", &server.url(path), "--name", "acme"]);
    made(&ran);
    ran
}

/// A grant for `acme` at `path`; `more` is put into the rule.
fn grant(server: &Server, path: &str, more: &str) -> String {
    format!(
        "skill = \"com.example/acme\"\ntools = [\"*\"]\n[artifacts]\n[[http]]\nscheme = \"http\"\nhost = \"127.0.0.1\"\nport = {}\n\
         methods = [\"POST\", \"DELETE\"]\npaths = [\"{path}\"]\naddresses = [\"127.0.0.1/32\"]\n{more}",
        server.port
    )
}

fn call(sandbox: &Sandbox, words: &[&str]) -> Ran {
    let mut all = vec!["call", "acme/dist/acme.wasm"];
    all.extend(words);
    all.extend(["--grant", "grant.toml"]);
    sandbox.metier(&all)
}

fn read(sandbox: &Sandbox, how: &str) -> Ran {
    call(sandbox, &["files_read", "--text", how, "--output", "json"])
}

#[test]
fn a_server_becomes_a_skill_of_exactly_its_address() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    let ran = attached(&sandbox, &server, "/mcp");
    assert_eq!(ran.stdout, "acme\n");
    for told in [
        "left out: `bad name!`",
        "`files.read` is called `files_read` here",
        "`add`: its description was cleaned",
        "metier inspect acme/dist/acme.wasm --grant-template",
        "metier admin skill install",
    ] {
        assert!(ran.stderr.contains(told), "{told} in {}", ran.stderr);
    }
    let manifest = fs::read_to_string(sandbox.path("acme/skill.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let effects: Vec<(&str, &str)> = ["add", "note", "wipe", "files_read", "draw"]
        .map(|name| (name, manifest["tools"][name]["effect"].as_str().unwrap()))
        .into();
    assert_eq!(
        effects,
        [
            ("add", "read"),
            ("note", "write"),
            ("wipe", "destructive"),
            ("files_read", "read"),
            ("draw", "read")
        ]
    );
    let rules = manifest["capabilities"]["http"].as_array().unwrap();
    assert_eq!(rules.len(), 1);
    let rule = rules[0].as_table().unwrap();
    assert_eq!(rule["methods"].to_string(), r#"["POST"]"#);
    assert_eq!(rule["paths"].to_string(), r#"["/mcp"]"#);
    assert_eq!(rule["port"].as_integer(), Some(server.port.into()));
    assert!(rule.get("credential").is_none());
    let inspected = sandbox.metier(&["inspect", "acme/dist/acme.wasm", "--schemas"]);
    made(&inspected);
    assert!(!inspected.stdout.contains('\u{202e}'));
    // What a market would refuse.
    let linted = sandbox.metier(&["lint", "acme"]);
    assert!(!linted.stdout.contains("hidden"), "{linted:?}");
}

#[test]
fn a_folder_that_was_made_builds_again_to_the_same_bytes_and_its_effects_can_be_mended() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    attached(&sandbox, &server, "/mcp");
    let first = fs::read(sandbox.path("acme/dist/acme.wasm")).unwrap();
    server.asked();
    made(&sandbox.metier(&["build", "acme"]));
    assert_eq!(
        first,
        fs::read(sandbox.path("acme/dist/acme.wasm")).unwrap()
    );
    let manifest = fs::read_to_string(sandbox.path("acme/skill.toml")).unwrap();
    sandbox.write(
        "acme/skill.toml",
        manifest.replace("effect = \"destructive\"", "effect = \"write\""),
    );
    made(&sandbox.metier(&["build", "acme"]));
    let inspected = sandbox.metier(&["inspect", "acme/dist/acme.wasm", "--output", "json"]);
    assert!(
        !inspected.stdout.contains("destructive"),
        "{}",
        inspected.stdout
    );
    assert!(server.asked().is_empty(), "a build asks nobody");
    let again = sandbox.metier(&["attach", &server.url("/mcp"), "--name", "acme"]);
    assert!(
        again.code != 0 && again.stderr.contains("is there already"),
        "{again:?}"
    );
    assert!(server.asked().is_empty());
}

#[test]
fn a_call_is_one_request_where_the_server_keeps_nothing() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    attached(&sandbox, &server, "/mcp");
    sandbox.write("grant.toml", grant(&server, "/mcp", ""));
    server.asked();
    let ran = call(
        &sandbox,
        &["add", "--a", "40", "--b", "2", "--output", "json"],
    );
    made(&ran);
    assert_eq!(
        serde_json::from_str::<Value>(&ran.stdout).unwrap(),
        json!({"sum": 42})
    );
    let asked = server.asked();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(asked[0].calls(), "tools/call");
    let ran = call(
        &sandbox,
        &["files_read", "--text", "hi", "--output", "json"],
    );
    assert_eq!(ran.stdout, "\"hi\"\n", "{ran:?}");
}

#[test]
fn a_call_has_a_session_of_its_own_where_there_are_sessions() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    attached(&sandbox, &server, "/old");
    let plan = fs::read_to_string(sandbox.path("acme/assets/server.json")).unwrap();
    assert!(
        plan.contains("\"2025-11-25\"") && plan.contains("\"session\": true"),
        "{plan}"
    );
    let manifest = fs::read_to_string(sandbox.path("acme/skill.toml")).unwrap();
    assert!(
        manifest.contains(r#"methods = ["DELETE", "POST"]"#),
        "{manifest}"
    );
    let asked = server.asked();
    assert_eq!(
        asked.last().unwrap().method,
        "DELETE",
        "the session of the attaching ends, too"
    );
    sandbox.write("grant.toml", grant(&server, "/old", ""));
    let ran = call(
        &sandbox,
        &["add", "--a", "1", "--b", "2", "--output", "json"],
    );
    made(&ran);
    assert_eq!(ran.stdout, "{\"sum\":3}\n");
    let asked = server.asked();
    let steps: Vec<(&str, &str)> = asked
        .iter()
        .map(|asked| (asked.method.as_str(), asked.calls()))
        .collect();
    assert_eq!(
        steps,
        [
            ("POST", "initialize"),
            ("POST", "notifications/initialized"),
            ("POST", "tools/call"),
            ("DELETE", "")
        ]
    );
}

#[test]
fn files_are_handed_back() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    attached(&sandbox, &server, "/mcp");
    sandbox.write("grant.toml", grant(&server, "/mcp", ""));
    let ran = call(&sandbox, &["draw", "--output", "json"]);
    made(&ran);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    let artifact = answer
        .pointer("/artifact")
        .or(answer.pointer("/value/artifact"));
    assert_eq!(artifact.unwrap()["name"], "draw.png", "{answer}");
    let large = read(&sandbox, "large");
    made(&large);
    assert!(large.stdout.contains("these are the first") && large.stdout.len() < 80_000);
}

#[test]
fn without_the_grant_nothing_leaves() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    attached(&sandbox, &server, "/mcp");
    server.asked();
    for rule in ["/elsewhere", "/mcp/**"] {
        // A grant of something else, and one that is wider than what the skill asks: neither is a way to another place.
        sandbox.write("grant.toml", grant(&server, rule, ""));
        let ran = call(&sandbox, &["add", "--a", "1", "--b", "2"]);
        assert_eq!(ran.code == 0, rule == "/mcp/**", "{ran:?}");
    }
    assert_eq!(server.asked().len(), 1);
    sandbox.write(
        "grant.toml",
        "skill = \"com.example/acme\"\ntools = [\"*\"]\n",
    );
    let ran = call(&sandbox, &["add", "--a", "1", "--b", "2"]);
    assert!(ran.stderr.contains("http-not-granted"), "{ran:?}");
    // Private addresses are refused unless they are granted.
    let blocked = grant(&server, "/mcp", "").replace("addresses = [\"127.0.0.1/32\"]\n", "");
    sandbox.write("grant.toml", blocked);
    let ran = call(&sandbox, &["add", "--a", "1", "--b", "2"]);
    assert!(ran.stderr.contains("http-address-blocked"), "{ran:?}");
    assert!(server.asked().is_empty());
}

#[test]
fn the_host_attaches_the_credential_and_the_skill_has_none() {
    let (sandbox, server) = (Sandbox::new(), acme::start());
    let url = server.url("/closed");
    let refused = sandbox.metier(&["attach", &url, "--name", "acme"]);
    assert!(
        refused.stderr.contains("upstream-unauthorized") && refused.stderr.contains("--token-env"),
        "{refused:?}"
    );
    assert!(!sandbox.path("acme").exists());
    sandbox.write("token.txt", format!("{TOKEN}\n"));
    let ran = sandbox.metier(&[
        "attach",
        &url,
        "--name",
        "acme",
        "--token-file",
        "token.txt",
    ]);
    made(&ran);
    assert!(
        ran.stderr.contains("[credentials.\"acme\"]"),
        "{}",
        ran.stderr
    );
    for file in [
        "acme/skill.toml",
        "acme/SKILL.md",
        "acme/assets/server.json",
        "acme/dist/acme.wasm",
    ] {
        let bytes = fs::read(sandbox.path(file)).unwrap();
        assert!(
            !bytes.windows(TOKEN.len()).any(|it| it == TOKEN.as_bytes()),
            "{file} has the token"
        );
    }
    let credential = "credential = \"acme\"\n[credentials.acme]\nkind = \"bearer\"\nsecret = { env = \"ACME\" }\nhosts = [\"127.0.0.1\"]\n";
    sandbox.write("grant.toml", grant(&server, "/closed", credential));
    let words = [
        "call",
        "acme/dist/acme.wasm",
        "add",
        "--a",
        "1",
        "--b",
        "2",
        "--grant",
        "grant.toml",
        "--output",
        "json",
    ];
    let with = |token: &str| Ran::of(&sandbox.command(&words).env("ACME", token).output().unwrap());
    let ran = with(TOKEN);
    made(&ran);
    assert_eq!(ran.stdout, "{\"sum\":3}\n");
    let wrong = with("another-token-0123456789");
    assert!(wrong.stderr.contains("upstream-unauthorized"), "{wrong:?}");
    let words = ["attach", &url, "--list", "--token-env", "ACME"];
    let listed = Ran::of(&sandbox.command(&words).env("ACME", TOKEN).output().unwrap());
    assert!(
        listed.stdout.contains("wipe") && listed.stdout.contains("destructive"),
        "{listed:?}"
    );
    assert!(sandbox.metier(&words).stderr.contains("`ACME` is not set"));
}
