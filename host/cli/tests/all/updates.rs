//! `metier update` and `metier install` of what a lock says.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, process::Command};

use crate::{
    market::{Stall, published, shell, weather},
    sandbox::{Ran, Sandbox},
};

const SUNRISE: (&str, &str) = ("weather", "sunrise");
const TITLE: (&str, &str) = ("Weather", "Sunrise");

/// A market with two skills, installed as `crm` in `tools` and as `sunrise` in `skills`.
struct Scene {
    sandbox: Sandbox,
    stall: Stall,
}

impl Scene {
    fn new() -> Scene {
        let sandbox = Sandbox::new();
        let stall = Stall::any(&sandbox);
        published(&sandbox, &stall);
        let scene = Scene { sandbox, stall };
        scene.publish("sunrise.wasm", &[SUNRISE, TITLE]);
        scene.done("metier install com.acme/weather --yes --as crm --to tools");
        scene.done("metier install com.acme/sunrise --yes --to skills");
        scene
    }

    fn metier(&self, line: &str) -> Ran {
        shell(&self.sandbox, &self.stall.url, line)
    }

    fn done(&self, line: &str) -> Ran {
        let ran = self.metier(line);
        assert_eq!(ran.code, 0, "{line}\n{}\n{}", ran.stdout, ran.stderr);
        ran
    }

    fn publish(&self, file: &str, changes: &[(&str, &str)]) {
        self.sandbox.write(file, weather(changes));
        self.done(&format!("metier publish {file} --security-fix"));
    }

    /// A version of both.
    fn publish_both(&self, version: &str) {
        let version = format!("version = \"{version}\"");
        let version = ("version = \"0.1.0\"", version.as_str());
        self.publish("weather.wasm", &[version]);
        self.publish("sunrise.wasm", &[version, SUNRISE, TITLE]);
    }

    fn lock(&self) -> String {
        fs::read_to_string(self.sandbox.path("metier.lock")).unwrap()
    }

    fn has(&self, file: &str, changes: &[(&str, &str)]) -> bool {
        fs::read(self.sandbox.path(file)).is_ok_and(|bytes| bytes == weather(changes))
    }
}

const NEXT: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.1.1\"");

#[test]
fn each_is_updated_where_it_is_and_one_that_fails_stops_no_other() {
    let scene = Scene::new();
    scene.publish_both("0.1.1");
    let updated = scene.done("metier update");
    assert!(scene.has("tools/crm.wasm", &[NEXT]), "{updated:?}");
    assert!(
        scene.has("skills/sunrise.wasm", &[NEXT, SUNRISE, TITLE]),
        "{updated:?}"
    );
    assert!(!scene.sandbox.path("tools/weather.wasm").exists());
    let lock = scene.lock();
    for line in [
        "as = \"crm\"",
        "to = \"tools\"",
        "as = \"sunrise\"",
        "to = \"skills\"",
    ] {
        assert!(lock.contains(line), "{line}: {lock}");
    }
    // The first of them cannot be updated any more.
    scene.publish_both("0.1.2");
    let digest = lock
        .lines()
        .find(|line| line.starts_with("component"))
        .unwrap();
    let other = format!("component = \"sha256:{}\"", "0".repeat(64));
    let broken = lock.replacen(digest, &other, 1);
    scene.sandbox.write("metier.lock", broken);
    let updated = scene.metier("metier update");
    assert_eq!(updated.code, 11, "{updated:?}");
    assert!(
        updated.stderr.contains("a version never changes"),
        "{updated:?}"
    );
    assert!(
        updated
            .stderr
            .contains("1 of 2 skills could not be updated: com.acme/sunrise."),
        "{updated:?}"
    );
    assert!(scene.has(
        "tools/crm.wasm",
        &[("version = \"0.1.0\"", "version = \"0.1.2\"")]
    ));
    let json = scene.metier("metier update --output json");
    let said: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(said[0]["status"], "failed", "{said}");
    assert_eq!(said[0]["error"]["code"], "skill-unverified", "{said}");
    assert_eq!(said[1]["status"], "current", "{said}");
}

#[test]
fn a_held_update_is_told_and_is_an_exit_code_for_who_asks_for_one() {
    let scene = Scene::new();
    let words = ("says hello to one", "says hullo to one");
    scene.publish("weather.wasm", &[NEXT, words]);
    let held = scene.done("metier update");
    assert!(
        held.stderr
            .contains("1 update waits for your yes: com.acme/weather."),
        "{held:?}"
    );
    assert!(scene.has("tools/crm.wasm", &[]));
    for line in [
        "metier update --exit-code",
        "metier update --dry-run --exit-code",
    ] {
        let held = scene.metier(line);
        assert_eq!(held.code, 20, "{line}: {held:?}");
    }
    scene.done("metier update --yes --exit-code");
    assert!(scene.has("tools/crm.wasm", &[NEXT, words]));
    scene.done("metier update --dry-run --exit-code");
}

#[test]
fn a_dry_run_changes_nothing_on_the_disk() {
    let scene = Scene::new();
    scene.publish_both("0.1.1");
    let before = tree(&scene.sandbox.path(""));
    let hint = format!("{}=", "A".repeat(43));
    let dry = scene.metier(&format!("metier update --dry-run --accept-key {hint}"));
    assert_eq!(dry.code, 0, "{dry:?}");
    assert!(dry.stderr.contains("this was a dry run"), "{dry:?}");
    same(&before, &tree(&scene.sandbox.path("")));
    // Nor is a market trusted by one.
    let lock = scene.lock();
    let stranger = Sandbox::new();
    stranger.write("metier.lock", lock);
    shell(&stranger, &scene.stall.url, "true");
    let before = tree(&stranger.path(""));
    let dry = shell(&stranger, &scene.stall.url, "metier update --dry-run --yes");
    assert_eq!(dry.code, 0, "{dry:?}");
    same(&before, &tree(&stranger.path("")));
}

fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.insert(path.display().to_string(), Vec::new());
        if path.is_dir() && !path.is_symlink() {
            all.extend(tree(&path));
        } else if path.is_file() {
            all.insert(path.display().to_string(), fs::read(&path).unwrap());
        }
    }
    all
}

fn same(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) {
    // The market itself lives in the same home, and goes on.
    let of = |all: &BTreeMap<String, Vec<u8>>| -> BTreeMap<String, Vec<u8>> {
        let all = all.clone().into_iter();
        all.filter(|(path, _)| !path.contains("/metier/market/"))
            .collect()
    };
    let (before, after) = (of(before), of(after));
    let names: Vec<&String> = after
        .iter()
        .filter(|(path, bytes)| before.get(*path) != Some(bytes))
        .map(|(path, _)| path)
        .collect();
    assert!(names.is_empty(), "changed: {names:?}");
    assert_eq!(before.len(), after.len());
}

#[test]
fn a_lock_from_elsewhere_does_not_say_what_is_written_over_outside() {
    let scene = Scene::new();
    scene.publish_both("0.1.1");
    let lock = scene.lock();
    fs::create_dir(scene.sandbox.path("outside")).unwrap();
    fs::create_dir(scene.sandbox.path("here")).unwrap();
    symlink(
        scene.sandbox.path("outside"),
        scene.sandbox.path("here/link"),
    )
    .unwrap();
    let absolute = scene.sandbox.path("outside").display().to_string();
    for to in [
        "../outside",
        "x/../../outside",
        "link",
        "link/deeper",
        &absolute,
    ] {
        let named = lock.replace("to = \"tools\"", &format!("to = \"{to}\""));
        assert_ne!(named, lock);
        scene.sandbox.write("here/metier.lock", named);
        let update = scene.metier("cd here; metier update com.acme/weather --yes");
        assert_eq!(update.code, 10, "{to}: {update:?}");
        assert!(
            update.stderr.contains("not in this directory"),
            "{to}: {update:?}"
        );
        let mut left = fs::read_dir(scene.sandbox.path("outside")).unwrap();
        assert!(left.next().is_none(), "{to}");
    }
    // Whoever says so themselves may.
    scene.done("cd here; metier update com.acme/weather --yes --to ../outside");
    assert!(scene.has("outside/crm.wasm", &[NEXT]));
}

#[test]
fn several_are_installed_at_once_and_a_lock_installs_what_it_says() {
    let scene = Scene::new();
    let both = "metier install com.acme/weather com.acme/sunrise --yes --to skills";
    scene.done(both);
    scene.publish_both("0.1.1");
    let lock = scene.lock();
    fs::remove_dir_all(scene.sandbox.path("skills")).unwrap();
    let again = scene.done("metier install");
    assert!(!again.stderr.contains("[y/N]"), "{again:?}");
    assert!(
        scene.has("skills/weather.wasm", &[]),
        "not the newest: what is locked"
    );
    assert!(scene.has("skills/sunrise.wasm", &[SUNRISE, TITLE]));
    assert_eq!(scene.lock(), lock);
    // On another machine it is the same, and what is not as it was locked is not installed, nor are the others.
    let elsewhere = Sandbox::new();
    elsewhere.write("metier.lock", &lock);
    let there = |line: &str| shell(&elsewhere, &scene.stall.url, line);
    let installed = there("metier install --yes");
    assert_eq!(installed.code, 0, "{installed:?}");
    let file = fs::read(elsewhere.path("skills/weather.wasm")).unwrap();
    assert!(file == weather(&[]));
    fs::remove_dir_all(elsewhere.path("skills")).unwrap();
    let digest = lock
        .lines()
        .find(|line| line.starts_with("component"))
        .unwrap();
    let other = format!("component = \"sha256:{}\"", "0".repeat(64));
    elsewhere.write("metier.lock", lock.replacen(digest, &other, 1));
    let refused = there("metier install --yes");
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(
        refused.stderr.contains("a version never changes"),
        "{refused:?}"
    );
    assert!(!elsewhere.path("skills").exists());
    for (line, words) in [
        (
            "metier install com.acme/weather com.acme/weather --to x",
            "named twice",
        ),
        (
            "metier install com.acme/weather com.acme/sunrise --as x --to x",
            "for one skill",
        ),
        (
            "mkdir empty; cd empty; metier install --to x",
            "metier.lock has none",
        ),
    ] {
        let refused = scene.metier(line);
        assert_eq!(refused.code, 2, "{line}: {refused:?}");
        assert!(refused.stderr.contains(words), "{line}: {refused:?}");
    }
}

#[test]
fn versions_that_cannot_be_installed_are_listed_with_why() {
    let scene = Scene::new();
    scene.publish_both("0.1.1");
    scene.done("metier yank com.acme/weather@0.1.0 --why 'too old'");
    scene.done("metier revoke 'com.acme/weather@=0.1.1' --why 'it leaks' --yes");
    let info = scene.done("metier info com.acme/weather");
    for words in ["0.1.1  revoked: it leaks", "0.1.0  yanked: too old"] {
        assert!(info.stdout.contains(words), "{words}: {info:?}");
    }
    let json = scene.done("metier info com.acme/weather --output json");
    let said: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(said["version"].is_null(), "{said}");
    assert_eq!(
        said["versions"][0]["revoked"], "revoked: it leaks",
        "{said}"
    );
    let none = scene.metier("metier info com.acme/weather@=9.9.9");
    assert_eq!(none.code, 10, "{none:?}");
    assert!(none.stdout.contains("0.1.1  revoked"), "{none:?}");
    let install =
        scene.metier("mkdir new; cd new; metier install com.acme/weather@^0.1 --yes --to x");
    assert!(
        install.stderr.contains("metier info com.acme/weather"),
        "{install:?}"
    );
}

#[test]
fn a_namespace_of_somebody_else_is_not_helped_by_a_proof() {
    let scene = Scene::new();
    let other = Sandbox::new();
    let there = |line: &str| shell(&other, &scene.stall.url, line);
    assert_eq!(
        there("metier keygen && metier login --account other --yes").code,
        0
    );
    let taken = there("metier namespace claim com.acme");
    assert_ne!(taken.code, 0, "{taken:?}");
    assert!(!taken.stderr.contains("Publish this"), "{taken:?}");
    let missing = there("metier login --account other --key no/key.pem");
    assert!(
        missing.stderr.contains("metier keygen --key no/key.pem"),
        "{missing:?}"
    );
}

#[test]
fn a_market_is_not_served_by_a_name_that_is_none() {
    let sandbox = Sandbox::new();
    for (words, hint) in [
        (vec!["--url", "market"], "https://"),
        (vec!["--url", "https://x:99999"], "https://"),
        (vec!["--url", "http://market.example"], "https://"),
        (vec!["--listen", "0.0.0.0:0"], "--url"),
    ] {
        let all = [
            vec!["market", "serve", "--listen", "127.0.0.1:0"],
            words.clone(),
        ]
        .concat();
        let all: Vec<&str> = match words[0] {
            "--listen" => [vec!["market", "serve"], words].concat(),
            _ => all,
        };
        let mut command: Command = sandbox.command(&all);
        let ran = Ran::of(&command.output().unwrap());
        assert_eq!(ran.code, 2, "{all:?}: {ran:?}");
        assert!(ran.stderr.contains(hint), "{ran:?}");
        assert!(!sandbox.path(".local/share/metier/market").exists());
    }
}
