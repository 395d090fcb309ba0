//! A receipt beside a file: what is loaded by it, and what `verify` says without a market, or with one that fails.

use std::{
    fs,
    io::{Read, Write},
    net::TcpListener,
    thread,
};

use crate::{
    market::{Stall, published, shell},
    sandbox::{Ran, Sandbox},
};

const CHAIN: &str = "[chain]\nname = \"hello\"\n\n[skills.weather]\nfile = \"skills/weather.wasm\"\ntools = [\"greet\"]\ngrant = \"skills/weather.grant.toml\"\n\n[[step]]\nname = \"say\"\ntool = \"weather.greet\"\nargs.name = \"Ada\"\n";

const CALL: &str =
    "metier call skills/weather.wasm greet --name Ada --grant skills/weather.grant.toml";

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
        let install = scene.metier("metier install com.acme/weather --yes --to skills");
        assert_eq!(install.code, 0, "{install:?}");
        scene
    }

    fn metier(&self, line: &str) -> Ran {
        shell(&self.sandbox, &self.stall.url, line)
    }

    /// Ends the market, and has another program answer in its place.
    fn replaced(self, answer: &'static str) -> Sandbox {
        let Scene { sandbox, stall } = self;
        let address = stall.url.strip_prefix("http://").unwrap().to_owned();
        drop(stall);
        let listener = TcpListener::bind(address).unwrap();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        sandbox
    }
}

#[test]
fn a_file_with_a_receipt_is_that_version_or_is_not_loaded() {
    let scene = Scene::new();
    assert_eq!(scene.metier(CALL).stdout, "Hello, Ada!\n");
    scene.sandbox.write("chain.toml", CHAIN);
    let checked = scene.metier("metier check chain.toml");
    assert_eq!(checked.code, 0, "{checked:?}");
    let file = scene.sandbox.path("skills/weather.wasm");
    let bytes = fs::read(&file).unwrap();
    // A change that the component itself would not notice.
    let changed = String::from_utf8_lossy(&bytes).contains("says hello to one");
    assert!(changed);
    let place = bytes
        .windows(10)
        .position(|window| window == b"says hello")
        .unwrap();
    let mut other = bytes.clone();
    other[place + 6] = b'u';
    fs::write(&file, &other).unwrap();
    for line in [CALL, "metier check chain.toml", "metier run chain.toml"] {
        let refused = scene.metier(line);
        assert_eq!(refused.code, 11, "{line}: {refused:?}");
        assert!(
            refused.stderr.contains("code: skill-unverified"),
            "{line}: {refused:?}"
        );
        assert!(refused.stderr.contains("remove `"), "{line}: {refused:?}");
    }
    let shown = scene.metier("metier inspect skills/weather.wasm");
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(shown.stderr.contains("was not loaded"), "{shown:?}");
    // Without one it is whatever its author built.
    fs::remove_file(scene.sandbox.path("skills/weather.receipt.json")).unwrap();
    fs::write(scene.sandbox.path("skills/weather.receipt.json"), "{}").unwrap();
    assert_eq!(scene.metier(CALL).code, 11);
    fs::remove_file(scene.sandbox.path("skills/weather.receipt.json")).unwrap();
    assert_eq!(scene.metier(CALL).stdout, "Hello, Ada!\n");
}

#[test]
fn what_was_revoked_when_the_market_was_asked_last_is_not_loaded() {
    let scene = Scene::new();
    let revoke = "metier revoke 'com.acme/weather@<1' --why 'it leaks' --yes";
    assert_eq!(scene.metier(revoke).code, 0);
    // Nobody here heard of it yet.
    assert_eq!(scene.metier(CALL).code, 0);
    let heard = scene.metier("metier verify skills/weather.wasm");
    assert!(heard.stderr.contains("code: skill-revoked"), "{heard:?}");
    let refused = scene.metier(CALL);
    assert!(
        refused.stderr.contains("code: skill-revoked"),
        "{refused:?}"
    );
    assert!(refused.stderr.contains("it leaks"), "{refused:?}");
    // Also without the market.
    let Scene { sandbox, stall } = scene;
    let url = stall.url.clone();
    drop(stall);
    let refused = shell(&sandbox, &url, CALL);
    assert!(
        refused.stderr.contains("code: skill-revoked"),
        "{refused:?}"
    );
    let verify = shell(&sandbox, &url, "metier verify skills/weather.wasm");
    assert!(verify.stderr.contains("code: skill-revoked"), "{verify:?}");
}

#[test]
fn a_receipt_of_a_market_nobody_trusts_here_shows_nothing() {
    let scene = Scene::new();
    let stranger = Sandbox::new();
    fs::create_dir(stranger.path("skills")).unwrap();
    for name in ["weather.wasm", "weather.receipt.json", "weather.grant.toml"] {
        let bytes = fs::read(scene.sandbox.path("skills").join(name)).unwrap();
        fs::write(stranger.path("skills").join(name), bytes).unwrap();
    }
    let refused = shell(&stranger, "", CALL);
    assert_eq!(refused.code, 11, "{refused:?}");
    assert!(
        refused.stderr.contains("not trusted on this machine"),
        "{refused:?}"
    );
    let trust = "metier verify skills/weather.wasm --yes";
    assert_eq!(shell(&stranger, &scene.stall.url, trust).code, 0);
    assert_eq!(shell(&stranger, "", CALL).stdout, "Hello, Ada!\n");
    // Where markets.toml gives the namespace another market, no other vouches for it.
    fs::create_dir_all(stranger.path(".config/metier")).unwrap();
    let pinned = "[namespaces]\n\"com.acme\" = \"https://market.acme.example\"\n";
    stranger.write(".config/metier/markets.toml", pinned);
    assert_eq!(shell(&stranger, "", CALL).code, 11);
}

#[test]
fn verify_says_what_it_could_not_find_out_and_forgives_only_a_market_out_of_reach() {
    let scene = Scene::new();
    let line = "metier verify skills/weather.wasm";
    let good = scene.metier(line);
    assert_eq!(good.code, 0, "{good:?}");
    assert!(
        good.stderr.contains("checked: the namespace's first key"),
        "{good:?}"
    );
    assert!(!good.stderr.contains("not checked"), "{good:?}");
    let url = scene.stall.url.clone();
    let json = format!("{line} --output json");
    for answer in [
        "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n<!doctype",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    ] {
        let scene = Scene::new();
        let url = scene.stall.url.clone();
        let sandbox = scene.replaced(answer);
        let told = shell(&sandbox, &url, line);
        assert_ne!(told.code, 0, "{answer}: {told:?}");
        for words in [
            "checked: the publisher's signature",
            "not checked: what was revoked since",
        ] {
            assert!(told.stderr.contains(words), "{answer}: {told:?}");
        }
    }
    let Scene { sandbox, stall } = scene;
    drop(stall);
    let offline = shell(&sandbox, &url, line);
    assert_eq!(offline.code, 0, "{offline:?}");
    assert!(
        offline
            .stderr
            .contains("not checked: what was revoked since"),
        "{offline:?}"
    );
    assert!(
        offline.stderr.contains("checked: the revocation list of"),
        "{offline:?}"
    );
    let said: serde_json::Value =
        serde_json::from_str(&shell(&sandbox, &url, &json).stdout).unwrap();
    assert_eq!(said["not-checked"].as_array().unwrap().len(), 1, "{said}");
}

#[test]
fn verify_compares_the_first_key_of_the_namespace_with_the_one_that_is_known() {
    let scene = Scene::new();
    let kept = scene.sandbox.path(".local/share/metier/markets");
    let mut market = fs::read_dir(kept)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let market = market.find(|path| path.is_dir()).unwrap();
    let known = market.join("first-keys.json");
    let line = "metier verify skills/weather.wasm";
    let text = fs::read_to_string(&known).unwrap();
    let hint = text.rsplit('"').nth(1).unwrap().to_owned();
    let flipped = match hint.starts_with('A') {
        true => "B",
        false => "A",
    };
    let other = format!("{flipped}{}", &hint[1..]);
    fs::write(&known, text.replace(&hint, &other)).unwrap();
    for line in [line, CALL] {
        let refused = scene.metier(line);
        assert_eq!(refused.code, 11, "{line}: {refused:?}");
        assert!(
            refused.stderr.contains("vouches for none of them"),
            "{refused:?}"
        );
    }
    fs::remove_file(&known).unwrap();
    let unknown = scene.metier(line);
    assert_eq!(unknown.code, 0, "{unknown:?}");
    assert!(
        unknown.stderr.contains("not checked: whether"),
        "{unknown:?}"
    );
}
