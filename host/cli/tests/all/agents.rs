//! An agent from the market: installed whole or not at all, updated by what its parts may do.

use std::fs;

use serde_json::{Value, json};

use crate::{
    backup::ask,
    market::{Stall, published, shell, weather},
    sandbox::{Ran, Sandbox},
    service::Serving,
    vouched::fetched,
};

pub const GREETING: &str = r#"[chain]
name = "greeting"
namespace = "com.acme"
version = "1.0.0"
description = "Greets somebody."

[skills.weather]
name = "com.acme/weather"
file = "nowhere.wasm"
tools = ["greet"]

[[step]]
name = "sure"
approval = { file = "question.md" }
when = "input.name == ''"

[[step]]
name = "greet"
tool = "weather.greet"
args = { name = "${input.name}" }
"#;

/// A market with a skill and an agent that uses it.
fn market(sandbox: &Sandbox) -> Stall {
    let stall = Stall::any(sandbox);
    published(sandbox, &stall);
    sandbox.write("question.md", "Greet nobody?\n");
    publish(sandbox, &stall, GREETING);
    stall
}

fn publish(sandbox: &Sandbox, stall: &Stall, text: &str) -> Ran {
    sandbox.write("greeting.toml", text);
    let ran = shell(
        sandbox,
        &stall.url,
        "metier publish greeting.toml --security-fix",
    );
    assert_eq!(ran.code, 0, "{ran:?}");
    ran
}

fn run(sandbox: &Sandbox, stall: &Stall, line: &str) -> Ran {
    let ran = shell(sandbox, &stall.url, line);
    assert_eq!(ran.code, 0, "{line}\n{ran:?}");
    ran
}

#[test]
fn an_agent_is_installed_elsewhere_with_its_skills_and_runs_there() {
    let sandbox = Sandbox::new();
    let stall = market(&sandbox);
    let stranger = Sandbox::new();
    // What starts MCP servers is told of skills, and of no agent.
    for path in ["/v0.1/servers", "/v0.1/servers?search=greet"] {
        let servers = fetched(&stall, path);
        assert!(servers.contains("com.acme/weather"), "{servers}");
        assert!(!servers.contains("com.acme/greeting"), "{servers}");
    }
    let line = "metier info com.acme/greeting --yes --output json";
    let info: Value = serde_json::from_str(&run(&stranger, &stall, line).stdout).unwrap();
    assert_eq!(
        (&info["kind"], &info["skills"][0]["alias"]),
        (&"agent".into(), &"weather".into())
    );
    let line = "metier install com.acme/greeting --yes --to here";
    let asked = run(&stranger, &stall, line).stderr;
    assert!(
        asked.contains("Its skill `weather`: com.acme/weather 0.1.0"),
        "{asked}"
    );
    assert!(asked.contains("asks somebody in the step sure"), "{asked}");
    let ran = run(
        &stranger,
        &stall,
        "metier run here/greeting.toml --input '{\"name\": \"Ada\"}'",
    );
    assert!(ran.stdout.contains("Hello, Ada!"), "{ran:?}");
    run(&stranger, &stall, "metier verify here/greeting.agent.json");
    // Nobody is asked twice for the same.
    let again = run(
        &stranger,
        &stall,
        "metier install com.acme/greeting --to here",
    );
    assert!(!again.stderr.contains("Its skill"), "{again:?}");
    stranger.write("here/question.md", "Greet everybody?\n");
    let changed = shell(
        &stranger,
        &stall.url,
        "metier verify here/greeting.agent.json",
    );
    assert!(
        changed.stderr.contains("question.md") && changed.code != 0,
        "{changed:?}"
    );
    // A mirror of the agent has its skill.
    run(
        &stranger,
        &stall,
        "metier mirror com.acme/greeting --to mirror",
    );
    run(
        &stranger,
        &stall,
        "metier install com.acme/greeting --market mirror --yes --to offline",
    );
    assert!(stranger.path("offline/weather.wasm").exists());
    // And so has one in a registry.
    let elsewhere = Sandbox::new();
    let registry = Stall::any(&elsewhere);
    let (to, token) = (registry.url.replacen("http:", "oci:", 1), &registry.token);
    let login = format!("export METIER_REGISTRY_AUTH=me:{token}");
    run(
        &stranger,
        &stall,
        &format!("{login}; metier mirror com.acme/greeting --to {to}"),
    );
    run(
        &stranger,
        &stall,
        &format!("{login}; metier install com.acme/greeting --market {to} --yes --to carried"),
    );
    assert!(stranger.path("carried/weather.wasm").exists());
}

#[test]
fn an_agent_is_there_whole_or_not_at_all() {
    let sandbox = Sandbox::new();
    let stall = market(&sandbox);
    let install = "metier install com.acme/greeting --yes --to here";
    fs::create_dir(sandbox.path("here")).unwrap();
    for (file, body) in [
        ("weather.wasm", "\0asm"),
        ("question.md", "mine"),
        ("greeting.toml", "mine"),
    ] {
        sandbox.write(&format!("here/{file}"), body);
        let refused = shell(&sandbox, &stall.url, install);
        assert!(
            refused.code != 0 && refused.stderr.contains(file),
            "{refused:?}"
        );
        let left: Vec<_> = fs::read_dir(sandbox.path("here")).unwrap().collect();
        assert_eq!(left.len(), 1, "{left:?}");
        assert!(!sandbox.path("metier.lock").exists());
        fs::remove_file(sandbox.path("here").join(file)).unwrap();
    }
    run(
        &sandbox,
        &stall,
        "metier revoke 'com.acme/weather@<1' --why 'it leaks' --yes",
    );
    let revoked = shell(
        &sandbox,
        &stall.url,
        "metier install com.acme/greeting --yes --to there",
    );
    assert!(
        revoked.stderr.contains("code: skill-revoked"),
        "{revoked:?}"
    );
    assert!(revoked.stderr.contains("`weather`"), "{revoked:?}");
    assert!(!sandbox.path("there").exists() && !sandbox.path("metier.lock").exists());
    // Nor does the market take a further version that pins it.
    sandbox.write("greeting.toml", GREETING.replace("1.0.0", "1.0.1"));
    let pinned = shell(&sandbox, &stall.url, "metier publish greeting.toml");
    assert_ne!(pinned.code, 0, "{pinned:?}");
}

#[test]
fn an_update_of_words_waits_for_a_reader_and_one_of_approvals_for_a_yes() {
    let sandbox = Sandbox::new();
    let stall = market(&sandbox);
    run(
        &sandbox,
        &stall,
        "metier install com.acme/greeting --yes --to here",
    );
    let update = "metier update com.acme/greeting --to here";
    let there = || fs::read_to_string(sandbox.path("here/greeting.toml")).unwrap();
    sandbox.write("question.md", "Greet nobody at all?\n");
    publish(&sandbox, &stall, &GREETING.replace("1.0.0", "1.0.1"));
    let held = run(&sandbox, &stall, update);
    assert!(
        held.stderr.contains("REVIEW-TEXT") && !held.stderr.contains("RECONSENT"),
        "{held:?}"
    );
    assert!(held.stderr.contains("+ Greet nobody at all?"), "{held:?}");
    assert!(there().contains("1.0.0"));
    run(&sandbox, &stall, &format!("{update} --yes"));
    assert!(there().contains("1.0.1"));
    assert!(
        fs::read_to_string(sandbox.path("here/question.md"))
            .unwrap()
            .contains("at all")
    );
    let unasked = GREETING
        .replace("1.0.0", "1.0.2")
        .replace("approval = { file = \"question.md\" }", "value = true");
    publish(&sandbox, &stall, &unasked);
    let held = run(&sandbox, &stall, update);
    assert!(held.stderr.contains("RECONSENT"), "{held:?}");
    assert!(
        held.stderr.contains("the step `sure` asked a person"),
        "{held:?}"
    );
    assert!(there().contains("1.0.1"));
    // What it pins is moved by its own updates alone.
    let newer = weather(&[("version = \"0.1.0\"", "version = \"0.1.1\"")]);
    sandbox.write("weather.wasm", newer);
    run(
        &sandbox,
        &stall,
        "metier publish weather.wasm --security-fix",
    );
    let before = fs::read(sandbox.path("here/weather.wasm")).unwrap();
    let taken = shell(
        &sandbox,
        &stall.url,
        "metier install com.acme/weather@=0.1.1 --yes --to here",
    );
    assert!(
        taken.code != 0
            && taken
                .stderr
                .contains("pins `weather` to com.acme/weather 0.1.0"),
        "{taken:?}"
    );
    assert_eq!(fs::read(sandbox.path("here/weather.wasm")).unwrap(), before);
}

#[test]
fn a_name_is_of_one_kind_and_a_wrong_pin_is_not_published() {
    let sandbox = Sandbox::new();
    let stall = market(&sandbox);
    sandbox.write(
        "weather.toml",
        GREETING
            .replace("\"greeting\"", "\"weather\"")
            .replace("1.0.0", "9.0.0"),
    );
    let taken = shell(&sandbox, &stall.url, "metier publish weather.toml");
    assert!(
        taken.code != 0 && taken.stderr.contains("is the name of a skill"),
        "{taken:?}"
    );
    let digest = format!(
        "tools = [\"greet\"]\ndigest = \"sha256:{}\"",
        "0".repeat(64)
    );
    sandbox.write(
        "greeting.toml",
        GREETING
            .replace("tools = [\"greet\"]", &digest)
            .replace("1.0.0", "1.0.1"),
    );
    let wrong = shell(&sandbox, &stall.url, "metier publish greeting.toml");
    assert!(
        wrong.code != 0 && wrong.stderr.contains("digest"),
        "{wrong:?}"
    );
    fs::create_dir(sandbox.path("sub")).unwrap();
    let outside = GREETING
        .replace("question.md", "../question.md")
        .replace("1.0.0", "1.0.1");
    sandbox.write("sub/greeting.toml", outside);
    let outside = shell(&sandbox, &stall.url, "metier publish sub/greeting.toml");
    assert!(
        outside.stderr.contains("does not lie beside"),
        "{outside:?}"
    );
    sandbox.write(
        "greeting.toml",
        GREETING
            .replace("weather.greet", "weather.great")
            .replace("1.0.0", "1.0.1"),
    );
    let tool = shell(&sandbox, &stall.url, "metier publish greeting.toml");
    assert!(tool.stderr.contains("agent/check"), "{tool:?}");
}

#[test]
fn a_service_gets_an_agent_with_its_skills_or_neither() {
    let sandbox = Sandbox::new();
    let stall = market(&sandbox);
    // One that the service cannot run: it has no such route.
    let modelled =
        format!("{GREETING}\n[[step]]\nname = \"ask\"\nmodel = \"nowhere\"\nprompt = \"Hello\"\n");
    let modelled = modelled.replace("\"greeting\"", "\"modelled\"");
    publish(&sandbox, &stall, &modelled);
    let theirs = Sandbox::new();
    theirs.write(
        "market.toml",
        fetched(&stall, "/.well-known/metier-market.toml"),
    );
    theirs.write("metier.toml", "[[market.trust]]\nroot = \"market.toml\"\n");
    let serving = Serving::start_with(&theirs, &["--config", "metier.toml"]);
    let key = serving.key.clone().unwrap();
    let install = |name: &str| {
        let line = format!(
            "METIER_URL={} METIER_KEY={key} metier install com.acme/{name} --yes",
            serving.url
        );
        shell(&theirs, &stall.url, &line)
    };
    let list = |what: &str| {
        ask(&serving, &key, &format!("GET /api/v1/{what}"), &json!({}))["items"].clone()
    };
    let refused = install("modelled");
    assert!(
        refused.stderr.contains("code: model-no-candidate"),
        "{refused:?}"
    );
    assert_eq!((list("skills"), list("agents")), (json!([]), json!([])));
    assert!(!theirs.path("metier.lock").exists());
    let installed = install("greeting");
    assert_eq!(installed.code, 0, "{installed:?}");
    assert_eq!(list("skills")[0]["name"], "com.acme/weather");
    assert_eq!(list("agents")[0]["name"], "greeting");
    // Another skill under the alias is somebody's, and stays.
    let line = format!(
        "METIER_URL={} METIER_KEY={key} metier admin skill remove weather",
        serving.url
    );
    run(&theirs, &stall, &line);
    serving.teach(&theirs, &key, "weather");
    let before = list("skills");
    let taken = install("greeting");
    assert!(
        taken.code != 0 && taken.stderr.contains("alias `weather`"),
        "{taken:?}"
    );
    assert_eq!(list("skills"), before);
    // So does an agent of its name.
    let by_hand = "[chain]\nname = \"greeting\"\nversion = \"9.0.0\"\n\n[[step]]\nname = \"sure\"\napproval = { file = \"question.md\" }\n";
    let by_hand = json!({"text": by_hand, "files": {"question.md": "Greet nobody?\n"}});
    ask(&serving, &key, "POST /api/v1/agents", &by_hand);
    let taken = install("greeting");
    assert!(
        taken.code != 0 && taken.stderr.contains("has an agent `greeting`"),
        "{taken:?}"
    );
    assert_eq!(list("agents")[0]["current"], "9.0.0");
    serving.terminate();
}
