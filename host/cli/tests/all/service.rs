//! `metier serve`, `admin`, `mcp`, `config` and `audit`, each a process of its own in an empty home.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
};

use serde_json::{Value, json};

use crate::sandbox::{Ran, Sandbox};

/// A service at work.
pub struct Serving {
    process: Child,
    pub url: String,
    pub key: Option<String>,
    /// Where its numbers are, if they have an address of their own.
    pub numbers: Option<String>,
}

impl Serving {
    pub fn start(sandbox: &Sandbox) -> Serving {
        Serving::start_with(sandbox, &[])
    }

    /// The same with more words.
    pub fn start_with(sandbox: &Sandbox, more: &[&str]) -> Serving {
        let words = ["serve", "--listen", "127.0.0.1:0", "--output", "json"];
        let words = [&words, more].concat();
        Serving::spawned(sandbox.command(&words))
    }

    /// A service that this command starts.
    pub fn spawned(mut command: Command) -> Serving {
        let mut process = command.spawn().unwrap();
        let mut line = String::new();
        let stdout = process.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut told = String::new();
            process
                .stderr
                .as_mut()
                .unwrap()
                .read_to_string(&mut told)
                .unwrap();
            panic!("it did not say that it serves but {line:?}: {told}")
        });
        Serving {
            process,
            url: said["address"].as_str().unwrap().to_owned(),
            key: said["admin_key"].as_str().map(str::to_owned),
            numbers: said["metrics"].as_str().map(str::to_owned),
        }
    }

    pub fn admin(&self, sandbox: &Sandbox, key: &str, words: &[&str]) -> Ran {
        let mut all = vec!["admin"];
        all.extend(words);
        let mut command: Command = sandbox.command(&all);
        command.env("METIER_URL", &self.url).env("METIER_KEY", key);
        Ran::of(&command.output().unwrap())
    }

    /// Installs the teaching skill, for which nobody vouches.
    pub fn teach(&self, sandbox: &Sandbox, key: &str, alias: &str) {
        let words = [
            "skill",
            "install",
            "--allow-unsigned",
            "teaching.wasm",
            "--as",
        ];
        let installed = self.admin(sandbox, key, &[&words[..], &[alias]].concat());
        assert_eq!(installed.code, 0, "{installed:?}");
    }

    /// The end nobody prepares for.
    fn kill(self) {
        self.signal("KILL");
        self.waited();
    }

    /// What it says of its doings, line by line.
    pub fn said(&mut self) -> impl Iterator<Item = String> + use<> {
        let said = BufReader::new(self.process.stderr.take().unwrap());
        said.lines().map_while(Result::ok)
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end.
    pub fn waited(mut self) -> ExitStatus {
        self.process.wait().unwrap()
    }

    /// The end a service manager asks for.
    pub fn terminate(self) {
        self.signal("TERM");
        assert!(self.waited().success());
    }
}

#[test]
fn from_nothing_to_a_skill_a_key_and_a_tenant() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox);
    let admin = serving.key.clone().unwrap();
    serving.teach(&sandbox, &admin, "teaching");
    let listed = serving.admin(&sandbox, &admin, &["skill", "list", "--output", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!(listed[0]["alias"], "teaching");
    let made = serving.admin(
        &sandbox,
        &admin,
        &[
            "key",
            "create",
            "--name",
            "ci",
            "--role",
            "caller",
            "--expires",
            "90d",
        ],
    );
    let key = made.stdout.trim();
    assert!(key.starts_with("mtr_"), "{made:?}");
    let who = serving.admin(&sandbox, key, &["whoami", "--output", "json"]);
    let who: Value = serde_json::from_str(&who.stdout).unwrap();
    assert_eq!(
        (&who["role"], &who["tenant"]),
        (&json!("caller"), &json!("local"))
    );
    let refused = serving.admin(&sandbox, key, &["tenant", "create", "acme"]);
    assert_eq!(refused.code, 10, "{refused:?}");
    assert!(refused.stderr.contains("code: forbidden"), "{refused:?}");
    let tenant = serving.admin(&sandbox, &admin, &["tenant", "create", "acme"]);
    assert_eq!(tenant.code, 0, "{tenant:?}");
    let theirs = serving.admin(&sandbox, &admin, &["skill", "list", "--tenant", "acme"]);
    assert!(theirs.stderr.contains("There are no skills."), "{theirs:?}");
    let wrong = serving.admin(&sandbox, "mtr_0_0", &["whoami"]);
    assert!(wrong.stderr.contains("code: unauthenticated"), "{wrong:?}");
    serving.terminate();
    let again = Serving::start(&sandbox);
    assert!(again.key.is_none(), "the key is shown once");
    let kept = again.admin(&sandbox, &admin, &["skill", "list", "--output", "json"]);
    assert!(kept.stdout.contains("teaching"), "{kept:?}");
    again.terminate();
}

#[test]
fn policies_are_put_shown_and_taken_away() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox);
    let admin = serving.key.clone().unwrap();
    let policy = |words: &[&str]| {
        let mut all = vec!["policy"];
        all.extend(words);
        serving.admin(&sandbox, &admin, &all)
    };
    assert!(policy(&["show"]).stderr.contains("has no policies"));
    sandbox.write("some.cedar", "permit (principal, action, resource);\n");
    let set = policy(&["set", "some.cedar", "--mode", "enforce"]);
    assert_eq!(set.code, 0, "{set:?}");
    let shown = policy(&["show"]);
    assert_eq!(shown.stdout, "permit (principal, action, resource);\n");
    assert!(shown.stderr.contains("enforce"), "{shown:?}");
    sandbox.write(
        "wrong.cedar",
        "permit (principal, action, resource) when { principal.rol == 1 };",
    );
    let wrong = policy(&["set", "wrong.cedar", "--mode", "enforce"]);
    assert!(wrong.stderr.contains("line 1"), "{wrong:?}");
    assert_eq!(policy(&["remove"]).code, 0);
    serving.terminate();
    let noted = sandbox.metier(&["audit", "search", "--kind", "policy-set"]);
    assert_eq!(noted.stdout.lines().count(), 2, "{noted:?}");
}

#[test]
fn where_nobody_serves_it_is_said() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["admin", "whoami"]);
    command
        .env("METIER_URL", "http://127.0.0.1:1")
        .env("METIER_KEY", "mtr_a_b");
    let ran = Ran::of(&command.output().unwrap());
    assert!(ran.stderr.contains("code: upstream-unreachable"), "{ran:?}");
    assert!(ran.stderr.contains("metier serve"), "{ran:?}");
    let keyless = sandbox.metier(&["admin", "whoami"]);
    assert_eq!(keyless.code, 2, "{keyless:?}");
}

#[test]
fn an_audit_trail_survives_a_kill_and_tells_when_it_was_changed() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox);
    let admin = serving.key.clone().unwrap();
    for alias in ["one", "two"] {
        serving.teach(&sandbox, &admin, alias);
    }
    serving.kill();
    let verified = sandbox.metier(&["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
    let found = sandbox.metier(&["audit", "search", "--kind", "skill"]);
    assert_eq!(found.stdout.lines().count(), 2, "{found:?}");
    let exported = sandbox.metier(&["audit", "export", "--kind", "skill"]);
    let first: Value = serde_json::from_str(exported.stdout.lines().next().unwrap()).unwrap();
    assert_eq!(first["class_uid"], 3004, "{exported:?}");
    let segment = sandbox.path(".local/share/metier/audit/1/00000001.jsonl");
    let text = fs::read_to_string(&segment).unwrap();
    fs::write(&segment, text.replacen("\"two\"", "\"twο\"", 1)).unwrap();
    let changed = sandbox.metier(&["audit", "verify"]);
    assert_eq!(changed.code, 13, "{changed:?}");
    assert!(changed.stdout.contains("was changed"), "{changed:?}");
}

#[test]
fn a_desktop_client_gets_the_same_tools() {
    let sandbox = Sandbox::new();
    let serving = Serving::start(&sandbox);
    let admin = serving.key.clone().unwrap();
    serving.teach(&sandbox, &admin, "teaching");
    let taken = sandbox.metier(&["mcp"]);
    assert!(taken.stderr.contains("is in use by process"), "{taken:?}");
    serving.terminate();
    let mut client = sandbox
        .command(&["mcp"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = client.stdin.take().unwrap();
    let mut lines = BufReader::new(client.stdout.take().unwrap()).lines();
    let mut ask = |message: Value| writeln!(input, "{message}").unwrap();
    ask(
        json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}}),
    );
    let answer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(
        answer["result"]["protocolVersion"], "2025-11-25",
        "{answer}"
    );
    ask(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
    ask(json!({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}));
    let answer: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    let name = answer["result"]["tools"][0]["name"]
        .as_str()
        .unwrap_or_default();
    assert!(name.starts_with("teaching__"), "{answer}");
    drop(input);
    assert!(client.wait().unwrap().success());
}

#[test]
fn a_configuration_is_checked_and_shown() {
    let sandbox = Sandbox::new();
    let shown = sandbox.metier(&["config", "show"]);
    assert_eq!(shown.code, 0);
    sandbox.write("metier.toml", &shown.stdout);
    assert_eq!(sandbox.metier(&["config", "check", "metier.toml"]).code, 0);
    sandbox.write("wrong.toml", "[limits]\ncalls = 8\ncals = 9\n");
    let wrong = sandbox.metier(&["config", "check", "wrong.toml"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(
        wrong.stderr.contains("line 3") && wrong.stderr.contains("cals"),
        "{wrong:?}"
    );
    let serve = sandbox.metier(&["serve", "--config", "wrong.toml"]);
    assert_eq!(serve.code, 2, "{serve:?}");
}
