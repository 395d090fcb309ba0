//! The guide to the market: every command of it, as it stands there, against a market on loopback.

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::{Child, Command, Stdio},
    sync::LazyLock,
};

use serde_json::Value;

use crate::{
    authoring::with_cargo,
    sandbox::{Ran, Sandbox},
};

/// The address in the guide.
const USUAL: &str = "http://127.0.0.1:6385";

/// A market at work, until it is dropped.
pub struct Stall {
    process: Child,
    pub url: String,
    /// Of who keeps the market.
    pub token: String,
}

impl Stall {
    /// As the words say, on a port of its own.
    pub fn open(sandbox: &Sandbox, words: &[&str]) -> Stall {
        Stall::at(sandbox, words, "127.0.0.1:0")
    }

    fn at(sandbox: &Sandbox, words: &[&str], listen: &str) -> Stall {
        let more = ["--listen", listen, "--output", "json"];
        let mut process = sandbox.command(&[words, &more].concat()).spawn().unwrap();
        let mut line = String::new();
        let stdout = process.stdout.as_mut().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let url = said["url"].as_str().unwrap().to_owned();
        let token = said["token"].as_str().unwrap_or_default().to_owned();
        Stall {
            process,
            url,
            token,
        }
    }

    pub fn any(sandbox: &Sandbox) -> Stall {
        Stall::open(sandbox, &["market", "serve", "--allow-any-namespace"])
    }

    /// The same market, where it was.
    pub fn again(sandbox: &Sandbox, url: &str) -> Stall {
        let words = ["market", "serve", "--allow-any-namespace"];
        Stall::at(sandbox, &words, url.strip_prefix("http://").unwrap())
    }

    /// Without a chance to say goodbye.
    pub fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Stall {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A line of the guide, by a shell that knows `metier`.
pub fn shell(sandbox: &Sandbox, market: &str, line: &str) -> Ran {
    let bin = sandbox.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let metier = bin.join("metier");
    if !metier.exists() {
        symlink(env!("CARGO_BIN_EXE_metier"), &metier).unwrap();
    }
    let mut command = Command::new("sh");
    command
        .args(["-euc", line])
        .env_clear()
        .current_dir(sandbox.path(""))
        .stdin(Stdio::null());
    with_cargo(&mut command);
    let path = env::var("PATH").unwrap_or_default();
    command
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", sandbox.path(""))
        .env("METIER_MARKET", market);
    Ran::of(&command.output().unwrap())
}

#[test]
fn the_guide_goes_from_nothing_to_a_revoked_skill() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/market.md");
    let guide = fs::read_to_string(guide).unwrap();
    let sandbox = Sandbox::new();
    // A file that is shown in the guide begins with its own name.
    for block in guide.split("```toml\n# ").skip(1) {
        let (name, rest) = block.split_once('\n').unwrap();
        sandbox.write(name, rest.split("```").next().unwrap());
    }
    let mut stall = None;
    let mut market = String::new();
    let mut said: Vec<(String, Ran)> = Vec::new();
    for block in guide.split("```sh\n").skip(1) {
        for line in block.split("```").next().unwrap().lines() {
            if let Some(words) = line.strip_prefix("metier market serve") {
                let words = ["market", "serve"]
                    .into_iter()
                    .chain(words.split_whitespace());
                let words: Vec<&str> = words.collect();
                stall = Some(Stall::open(&sandbox, &words));
                continue;
            }
            if let Some(address) = line.strip_prefix("export METIER_MARKET=") {
                assert_eq!(address, USUAL);
                market.clone_from(&stall.as_ref().unwrap().url);
                continue;
            }
            let ran = shell(&sandbox, &market, line);
            assert_eq!(ran.code, 0, "{line}\n{}\n{}", ran.stdout, ran.stderr);
            said.push((line.to_owned(), ran));
        }
    }
    let of = |begins: &str| {
        let found = said.iter().filter(|(line, _)| line.starts_with(begins));
        let all: Vec<&Ran> = found.map(|(_, ran)| ran).collect();
        assert!(!all.is_empty(), "the guide has no `{begins}`");
        all
    };
    assert!(of("metier namespace list")[0].stdout.contains("com.acme"));
    assert!(
        of("metier publish")[0]
            .stdout
            .contains("/skills/com.acme/weather/0.1.0")
    );
    let trusted = of("metier namespace publisher list")[0];
    assert!(trusted.stdout.contains("release.yml@*"), "{trusted:?}");
    assert!(of("metier search")[0].stdout.contains("com.acme/weather"));
    assert!(of("metier info")[0].stdout.contains("Published by"));
    assert!(of("metier install")[0].stderr.contains("It may"));
    assert_eq!(of("metier call")[0].stdout, "Hello, Ada!\n");
    let updates = of("metier update");
    assert!(updates[0].stderr.contains("AUTO") && updates[0].stderr.contains("dry run"));
    assert!(updates[1].stderr.contains("0.1.1 is installed"));
    assert!(
        updates[2].stderr.contains("REVIEW-TEXT"),
        "{}",
        updates[2].stderr
    );
    assert!(
        updates[2].stderr.contains("+ Ask in the morning."),
        "{}",
        updates[2].stderr
    );
    assert!(updates[2].stderr.contains("stays at 0.1.1"));
    assert!(updates[3].stderr.contains("0.1.2 is installed"));
    let keys = &of("metier namespace key list")[0].stdout;
    assert!(keys.contains("ends") && keys.contains("good"), "{keys}");
    let agent = of("metier install com.acme/greeting")[0];
    assert!(
        agent
            .stderr
            .contains("Its skill `weather`: com.acme/weather 0.1.2"),
        "{}",
        agent.stderr
    );
    assert!(
        agent.stderr.contains("The agent itself"),
        "{}",
        agent.stderr
    );
    assert!(of("metier run")[0].stdout.contains("Hello, Ada!"));
    assert!(
        of("metier search --kind agent")[0]
            .stdout
            .contains("com.acme/greeting")
    );
    let lock = fs::read_to_string(sandbox.path("metier.lock")).unwrap();
    assert!(
        lock.contains("0.1.2") && lock.contains("com.acme/greeting"),
        "{lock}"
    );
    // The publisher's key is for its owner alone, and nobody printed it.
    let key = sandbox.path(".local/share/metier/keys/publisher.pem");
    assert_eq!(
        fs::metadata(&key).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let secret = fs::read_to_string(&key).unwrap();
    let secret = secret.lines().nth(1).unwrap();
    let all = said
        .iter()
        .map(|(_, ran)| format!("{}{}", ran.stdout, ran.stderr));
    assert!(!all.collect::<String>().contains(secret));
    // What was revoked is refused from now on, whoever asks.
    let refused = shell(
        &sandbox,
        &market,
        "metier install com.acme/weather@=0.1.1 --yes --to old",
    );
    assert!(
        refused.stderr.contains("it greets the wrong people"),
        "{}",
        refused.stderr
    );
    assert!(!sandbox.path("old").exists());
    // A file that is not the one of its receipt.
    let mut bytes = fs::read(sandbox.path("skills/weather.wasm")).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    sandbox.write("skills/weather.wasm", bytes);
    let changed = shell(&sandbox, &market, "metier verify skills/weather.wasm");
    assert!(changed.stderr.contains("skill-unverified"), "{changed:?}");
}

/// A skill that can be published, built once.
pub static WEATHER: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let sandbox = Sandbox::new();
    let line = "metier new weather --lang rust --namespace com.acme && metier build weather";
    let built = shell(&sandbox, "", line);
    assert_eq!(built.code, 0, "{}", built.stderr);
    fs::read(sandbox.path("weather/dist/weather.wasm")).unwrap()
});

/// The same with other words of the same length in place of these.
pub fn weather(changes: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = WEATHER.clone();
    for (old, new) in changes {
        assert_eq!(old.len(), new.len());
        let mut at = 0;
        let mut found = false;
        while let Some(place) = bytes[at..]
            .windows(old.len())
            .position(|window| window == old.as_bytes())
        {
            at += place;
            bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
            found = true;
        }
        assert!(found, "{old}");
    }
    bytes
}

pub fn published(sandbox: &Sandbox, stall: &Stall) {
    sandbox.write("weather.wasm", &*WEATHER);
    for line in [
        "metier keygen",
        "metier login --account acme --yes",
        "metier namespace claim com.acme",
        "metier publish weather.wasm",
    ] {
        let ran = shell(sandbox, &stall.url, line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
    }
}

#[test]
fn nobody_says_yes_for_a_person() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let stranger = Sandbox::new();
    let asked = shell(&stranger, &stall.url, "metier search weather");
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.stderr.contains("--fingerprint"), "{asked:?}");
    let wrong = format!(
        "metier search weather --fingerprint sha256:{}",
        "0".repeat(64)
    );
    let wrong = shell(&stranger, &stall.url, &wrong);
    assert!(wrong.stderr.contains("code: skill-unverified"), "{wrong:?}");
    let found = shell(&stranger, &stall.url, "metier search weather --yes");
    assert_eq!(found.code, 0, "{found:?}");
    let install = "metier install com.acme/weather --to here";
    let refused = shell(&stranger, &stall.url, install);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(!stranger.path("here").exists() && !stranger.path("metier.lock").exists());
    let service = shell(
        &stranger,
        &stall.url,
        "metier install com.acme/weather --yes",
    );
    assert!(
        service.stderr.contains("no key for the service"),
        "{service:?}"
    );
}

#[test]
fn a_lock_of_another_market_is_refused() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let install = "metier install com.acme/weather --yes --to here";
    let ran = shell(&sandbox, &stall.url, install);
    assert_eq!(ran.code, 0, "{ran:?}");
    let lock = fs::read_to_string(sandbox.path("metier.lock")).unwrap();
    let other = lock.replace(&stall.url, "https://other.example");
    assert_ne!(lock, other);
    sandbox.write("metier.lock", &other);
    let refused = shell(&sandbox, &stall.url, install);
    assert!(
        refused.stderr.contains("https://other.example"),
        "{refused:?}"
    );
    assert_eq!(
        fs::read_to_string(sandbox.path("metier.lock")).unwrap(),
        other
    );
    let update = shell(&sandbox, &stall.url, "metier update --to here");
    assert_ne!(update.code, 0, "{update:?}");
}

#[test]
fn what_a_market_refuses_is_told_and_two_installs_at_once_are_both_locked() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let again = shell(&sandbox, &stall.url, "metier publish weather.wasm");
    assert!(again.stderr.contains("code: conflict"), "{again:?}");
    let nobody = shell(&sandbox, &stall.url, "metier info com.acme/nothing");
    assert!(nobody.stderr.contains("code: not-found"), "{nobody:?}");
    let both = "metier install com.acme/weather --yes --to a & one=$!; metier install com.acme/weather --yes --to b & other=$!; wait $one && wait $other";
    let both = shell(&sandbox, &stall.url, both);
    assert_eq!(both.code, 0, "{both:?}");
    for folder in ["a", "b"] {
        assert!(
            sandbox.path(folder).join("weather.wasm").exists(),
            "{both:?}"
        );
    }
    let lock = fs::read_to_string(sandbox.path("metier.lock")).unwrap();
    assert_eq!(lock.matches("com.acme/weather").count(), 1, "{lock}");
    let page = shell(
        &sandbox,
        &stall.url,
        "metier info com.acme/weather --output json",
    );
    let page: Value = serde_json::from_str(&page.stdout).unwrap();
    assert_eq!(page["version"], "0.1.0");
    let revoke = "metier revoke 'com.acme/weather@<1' --why 'it leaks' --yes";
    assert_eq!(shell(&sandbox, &stall.url, revoke).code, 0);
    let revoked = shell(&sandbox, &stall.url, "metier verify a/weather.wasm");
    assert!(
        revoked.stderr.contains("code: skill-revoked"),
        "{revoked:?}"
    );
}

#[test]
fn a_stolen_key_takes_what_it_signed_with_it_and_the_domain_speaks_where_none_is_left() {
    let sandbox = Sandbox::new();
    let stall = Stall::any(&sandbox);
    published(&sandbox, &stall);
    let run = |line: &str| shell(&sandbox, &stall.url, line);
    let done = |line: &str| {
        let ran = run(line);
        assert_eq!(ran.code, 0, "{line}: {}", ran.stderr);
        ran
    };
    done("metier install com.acme/weather --yes --to skills");
    done("metier keygen --key next.pem");
    // While there is a key, none is recovered, and no key of nobody adds one.
    let early = run("metier namespace key recover com.acme next.pem");
    assert!(early.stderr.contains("code: conflict"), "{early:?}");
    assert!(early.stderr.contains("end --lost"), "{early:?}");
    done("metier keygen --key nobodys.pem");
    let foreign = run("metier namespace key add com.acme next.pem --key nobodys.pem");
    assert!(foreign.stderr.contains("is none of"), "{foreign:?}");
    done("metier namespace key add com.acme next.pem");
    let mine = "~/.local/share/metier/keys/publisher.pem";
    let asked = run(&format!("metier namespace key end com.acme {mine}"));
    assert_eq!(asked.code, 2, "{asked:?}");
    assert!(asked.stderr.contains("for ever"), "{asked:?}");
    let alone = run(&format!(
        "metier namespace key end com.acme {mine} --compromised"
    ));
    assert!(alone.stderr.contains("--since"), "{alone:?}");
    let nothing = run("metier namespace key end com.acme nothing.pem --yes");
    assert!(nothing.stderr.contains("is no key"), "{nothing:?}");
    let missing = run(&format!(
        "metier namespace key end com.acme {mine} --yes --key nothing.pem"
    ));
    assert!(missing.stderr.contains("--lost"), "{missing:?}");
    done(&format!(
        "metier namespace key end com.acme {mine} --compromised --since 2026-01-01T00:00:00Z --key next.pem --yes"
    ));
    // Neither the one that is locked, nor any where none is.
    for line in [
        "metier install com.acme/weather --yes --to other",
        "mkdir new; cd new; metier install com.acme/weather --yes --to other",
    ] {
        let refused = run(line);
        assert!(refused.stderr.contains("void"), "{refused:?}");
        assert!(
            refused.stderr.contains("code: skill-revoked"),
            "{refused:?}"
        );
    }
    let info = done("metier info com.acme/weather");
    assert!(info.stdout.contains("0.1.0  void: the key may"), "{info:?}");
    let verify = run("metier verify skills/weather.wasm");
    assert!(verify.stderr.contains("code: skill-revoked"), "{verify:?}");
    assert!(verify.stderr.contains("other hands"), "{verify:?}");
    // The key it signed for since has gone with it.
    let keys = done("metier namespace key list com.acme");
    assert_eq!(
        keys.stdout.matches("compromised since").count(),
        2,
        "{keys:?}"
    );
    done("metier keygen --key third.pem");
    let early = run("metier namespace key recover com.acme third.pem");
    assert!(early.stderr.contains("72 hours"), "{early:?}");
}
