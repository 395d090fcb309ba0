//! A skill on its way from a publisher, by a market, to a service that trusts the market, and its end there.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::json;

use crate::{
    backup::ask,
    market::{Stall, published, shell},
    sandbox::{Ran, Sandbox},
    service::Serving,
};

/// What is at a path of a market.
pub fn fetched(stall: &Stall, path: &str) -> String {
    let authority = stall.url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(authority).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    body.to_owned()
}

#[test]
fn a_skill_goes_from_its_publisher_to_a_service_and_is_revoked_there() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    // A platform team trusts the market by the file it publishes.
    let theirs = Sandbox::new();
    let root = fetched(&stall, "/.well-known/metier-market.toml");
    theirs.write("market.toml", root);
    theirs.write(
        "metier.toml",
        "[market]\nunsigned = \"refuse\"\n[[market.trust]]\nroot = \"market.toml\"\n",
    );
    let serving = Serving::start_with(&theirs, &["--config", "metier.toml"]);
    let key = serving.key.clone().unwrap();
    let metier = |line: &str| -> Ran {
        let line = format!("export METIER_URL={} METIER_KEY={key}; {line}", serving.url);
        shell(&theirs, &stall.url, &line)
    };
    let done = |line: &str| {
        let ran = metier(line);
        assert_eq!(ran.code, 0, "{line}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    };
    // Only what the market vouches for is installed there.
    theirs.write(
        "weather.wasm",
        fs::read(sandbox.path("weather.wasm")).unwrap(),
    );
    let refused = metier("metier admin skill install --allow-unsigned weather.wasm");
    assert!(refused.stderr.contains("unsigned-skill"), "{refused:?}");
    let installed = done("metier install com.acme/weather --yes");
    assert!(installed.stderr.contains("com.acme"), "{installed:?}");
    let listed = ask(&serving, &key, "GET /api/v1/skills", &json!({}));
    let skill = &listed["items"][0];
    assert_eq!(skill["name"], "com.acme/weather", "{listed}");
    assert!(skill["vouched_by"].is_string(), "{listed}");
    let greet = || {
        ask(
            &serving,
            &key,
            "POST /api/v1/tools/weather.greet",
            &json!({"name": "Ada"}),
        )
    };
    assert_eq!(greet()["result"], "Hello, Ada!");
    let verified = done("metier audit search --kind skill --output json");
    assert!(verified.stdout.contains("vouched-by"), "{verified:?}");
    // What the operator took away stays away when it is installed again, and nobody else's skill takes its place.
    done("metier admin grant show weather > grant.toml");
    let grant = fs::read_to_string(theirs.path("grant.toml")).unwrap();
    let narrowed = format!("# narrowed\n{grant}");
    theirs.write("grant.toml", &narrowed);
    done("metier admin grant set weather grant.toml");
    done("metier install com.acme/weather --yes");
    let kept = done("metier admin grant show weather");
    assert!(kept.stdout.starts_with("# narrowed"), "{kept:?}");
    // Its end.
    let revoke = "metier revoke 'com.acme/weather@<1.0.0' --why 'it greets the wrong people' --yes";
    let revoked = shell(&sandbox, &stall.url, revoke);
    assert_eq!(revoked.code, 0, "{revoked:?}");
    theirs.write("list.json", fetched(&stall, "/revocations"));
    done("metier admin revocations import list.json");
    let stopped = greet();
    assert_eq!(stopped["code"], "skill-revoked", "{stopped}");
    let told = done("metier admin revocations show");
    for word in ["weather", "it greets the wrong people", "fresh"] {
        assert!(told.stdout.contains(word), "{word}: {told:?}");
    }
    serving.terminate();
}

#[test]
fn an_install_takes_no_other_skills_place() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let serving = Serving::start(&sandbox);
    let key = serving.key.clone().unwrap();
    serving.teach(&sandbox, &key, "weather");
    let before = ask(&serving, &key, "GET /api/v1/skills/weather", &json!({}));
    let line = format!(
        "METIER_URL={} METIER_KEY={key} metier install com.acme/weather --yes",
        serving.url
    );
    let refused = shell(&sandbox, &stall.url, &line);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.stderr.contains("--as ALIAS"), "{refused:?}");
    assert_eq!(
        ask(&serving, &key, "GET /api/v1/skills/weather", &json!({})),
        before
    );
    assert!(!sandbox.path("metier.lock").exists());
    serving.terminate();
}
