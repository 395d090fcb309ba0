//! What moves under an agent that is installed: nothing by itself, and anew what nobody can show any more.

use std::{fs, thread, time::Duration};

use serde_json::{Value, json};

use crate::{
    agents::GREETING,
    backup::ask,
    market::{Stall, published, shell, weather},
    sandbox::{Ran, Sandbox},
    service::Serving,
    vouched::fetched,
};

const NEXT: (&str, &str) = ("version = \"0.1.0\"", "version = \"0.1.1\"");

/// A publisher and their market.
struct Scene {
    owner: Sandbox,
    stall: Stall,
}

impl Scene {
    fn run(&self, sandbox: &Sandbox, line: &str) -> Ran {
        let ran = shell(sandbox, &self.stall.url, line);
        assert_eq!(ran.code, 0, "{line}\n{ran:?}");
        ran
    }

    /// A version of the skill and one of the agent that pins it.
    fn publish(&self, skill: &[(&str, &str)], agent: &str, key: &str) {
        self.owner.write("weather.wasm", weather(skill));
        self.owner.write("question.md", "Greet nobody?\n");
        self.owner
            .write("greeting.toml", GREETING.replace("1.0.0", agent));
        for what in ["weather.wasm", "greeting.toml"] {
            let line = format!("metier publish {what} --security-fix {key}");
            self.run(&self.owner, &line);
        }
    }

    /// Both versions there are were signed by a key that was in other hands, and newer ones by another.
    fn stolen() -> (Scene, impl FnOnce(&Scene)) {
        let owner = Sandbox::new();
        let stall = Stall::any(&owner);
        let scene = Scene { owner, stall };
        for line in [
            "metier keygen",
            "metier login --account acme --yes",
            "metier namespace claim com.acme",
            "metier keygen --key next.pem",
            "metier namespace key add com.acme next.pem",
        ] {
            scene.run(&scene.owner, line);
        }
        // What the stolen key signed before stays.
        thread::sleep(Duration::from_millis(1_100));
        let since = scene
            .run(&scene.owner, "date -u +%Y-%m-%dT%H:%M:%SZ")
            .stdout;
        scene.publish(&[], "1.0.0", "");
        let ends = move |scene: &Scene| {
            let keys = "metier namespace key list com.acme --output json";
            let keys = scene.run(&scene.owner, keys).stdout;
            let keys: Value = serde_json::from_str(&keys).unwrap();
            let end = format!(
                "metier namespace key end com.acme {} --compromised --since {} --key next.pem --yes",
                keys[0]["key"].as_str().unwrap(),
                since.trim()
            );
            scene.run(&scene.owner, &end);
            scene.publish(&[NEXT], "1.0.1", "--key next.pem");
        };
        (scene, ends)
    }

    /// A service that trusts the market, with the agent.
    fn serving(&self, theirs: &Sandbox) -> (Serving, String) {
        let root = fetched(&self.stall, "/.well-known/metier-market.toml");
        theirs.write("market.toml", root);
        theirs.write("metier.toml", "[[market.trust]]\nroot = \"market.toml\"\n");
        let serving = Serving::start_with(theirs, &["--config", "metier.toml"]);
        let key = serving.key.clone().unwrap();
        let given = format!("METIER_URL={} METIER_KEY={key}", serving.url);
        let line = format!("{given} metier install com.acme/greeting --yes");
        self.run(theirs, &line);
        (serving, given)
    }
}

/// Nothing that was fetched is kept any more.
const FORGET: &str = "find . -type d -name components -prune -exec rm -r {} +";

fn digest(serving: &Serving) -> Value {
    let key = serving.key.clone().unwrap();
    ask(serving, &key, "GET /api/v1/skills/weather", &json!({}))["digest"].clone()
}

#[test]
fn what_is_void_and_not_kept_is_consented_to_anew() {
    let (scene, ends) = Scene::stolen();
    let user = Sandbox::new();
    scene.run(&user, "metier install com.acme/greeting --yes --to here");
    scene.run(&user, "metier install com.acme/weather --yes --to skills");
    ends(&scene);
    scene.run(&user, FORGET);
    for (name, version) in [("greeting", "1.0.0"), ("weather", "0.1.0")] {
        let dry = format!("metier update com.acme/{name} --dry-run");
        let dry = scene.run(&user, &dry);
        assert!(dry.stderr.contains("RECONSENT"), "{dry:?}");
        let says = format!("what com.acme/{name} {version} was cannot be shown any more (void");
        assert!(dry.stderr.contains(&says), "{dry:?}");
    }
    // What the agent was is still where it was installed; what its skill was is nowhere.
    let update = "metier update com.acme/greeting";
    let held = scene.run(&user, update);
    let says = "what com.acme/weather 0.1.0 was cannot be shown any more (void";
    assert!(held.stderr.contains(says), "{held:?}");
    assert!(
        !held.stderr.contains("com.acme/greeting 1.0.0 was"),
        "{held:?}"
    );
    assert!(held.stderr.contains("waits for your yes"), "{held:?}");
    let there = || fs::read(user.path("here/weather.wasm")).unwrap();
    assert!(there() == weather(&[]));
    scene.run(&user, &format!("{update} --yes"));
    assert!(there() == weather(&[NEXT]));
    scene.run(&user, "metier update com.acme/weather --yes");
    assert!(fs::read(user.path("skills/weather.wasm")).unwrap() == weather(&[NEXT]));
}

#[test]
fn what_is_void_in_a_service_and_not_kept_is_consented_to_anew() {
    let (scene, ends) = Scene::stolen();
    let theirs = Sandbox::new();
    let (serving, given) = scene.serving(&theirs);
    let before = digest(&serving);
    ends(&scene);
    scene.run(&theirs, FORGET);
    let update = format!("{given} metier update com.acme/greeting");
    let held = scene.run(&theirs, &update);
    assert!(held.stderr.contains("RECONSENT"), "{held:?}");
    assert_eq!(digest(&serving), before);
    scene.run(&theirs, &format!("{update} --yes"));
    assert_ne!(digest(&serving), before);
    serving.terminate();
}

/// A directory refuses it too (`agents.rs`).
#[test]
fn a_skill_that_an_agent_of_a_service_pins_is_moved_by_the_agent_alone() {
    let owner = Sandbox::new();
    let stall = Stall::any(&owner);
    published(&owner, &stall);
    let scene = Scene { owner, stall };
    scene.owner.write("question.md", "Greet nobody?\n");
    scene.owner.write("greeting.toml", GREETING);
    scene.run(&scene.owner, "metier publish greeting.toml");
    let theirs = Sandbox::new();
    let (serving, given) = scene.serving(&theirs);
    // The skill by itself, as the agent pins it: nothing moves.
    let install = format!("{given} metier install com.acme/weather --yes");
    scene.run(&theirs, &install);
    let before = digest(&serving);
    scene.publish(&[NEXT], "1.0.1", "");
    for line in [
        format!("{given} metier update com.acme/weather --yes"),
        format!("{given} metier install com.acme/weather@=0.1.1 --yes"),
    ] {
        let taken = shell(&theirs, &scene.stall.url, &line);
        assert_ne!(taken.code, 0, "{taken:?}");
        let says = "The agent `greeting` of the tenant pins `weather`";
        assert!(taken.stderr.contains(says), "{taken:?}");
        assert_eq!(digest(&serving), before);
    }
    scene.run(&theirs, &format!("{install} --as other"));
    scene.run(
        &theirs,
        &format!("{given} metier update com.acme/greeting --yes"),
    );
    assert_ne!(digest(&serving), before);
    serving.terminate();
}
