//! A market whose files are kept elsewhere: what is wrong with the place is said before anything is served.

use crate::sandbox::{Ran, Sandbox};

/// Nobody listens on the first port.
const AWAY: &str = "http://127.0.0.1:1";

fn serve(sandbox: &Sandbox, words: &[&str]) -> Ran {
    let words = [&["market", "serve", "--listen", "127.0.0.1:0"], words].concat();
    let mut command = sandbox.command(&words);
    command
        .env("AWS_ACCESS_KEY_ID", "id")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret")
        .env("AWS_ENDPOINT_URL", AWAY)
        .env("METIER_REGISTRY_AUTH", "me:a-secret");
    Ran::of(&command.output().unwrap())
}

#[test]
fn a_place_that_is_none_or_away_ends_the_market_with_words() {
    let sandbox = Sandbox::new();
    for (words, code, said) in [
        (["--blobs", "/var/blobs"], 2, "write `s3://bucket/prefix`"),
        (
            ["--blobs", "s3://id:key@b"],
            2,
            "credentials come from the environment",
        ),
        (
            ["--registry", "http://r.example/x"],
            2,
            "plain http is for one on this machine",
        ),
        (["--registry", AWAY], 13, "name the repository too"),
        (
            ["--registry", "http://127.0.0.1:1/x"],
            13,
            "does not answer",
        ),
        (
            ["--blobs", "s3://blobs/x"],
            13,
            "kept in `s3://blobs/x`, which does not do as asked",
        ),
    ] {
        let ran = serve(&sandbox, &words);
        assert_eq!(ran.code, code, "{words:?}: {ran:?}");
        assert!(ran.stderr.contains(said), "{words:?}: {ran:?}");
        assert!(!ran.stderr.contains("a-secret"), "{words:?}: {ran:?}");
    }
    let both = ["--blobs", "s3://b", "--registry", "http://127.0.0.1:1/x"];
    assert_eq!(serve(&sandbox, &both).code, 2);
    // Nothing of it made this market one that is kept elsewhere.
    let mut command = sandbox.command(&["market", "serve", "--listen", "127.0.0.1:0"]);
    let mut serving = command
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = serving.stdout.as_mut().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
    let _ = serving.kill();
    serving.wait().unwrap();
    assert!(line.starts_with("serving a market"), "{line}");
}

#[test]
fn a_mirrors_registry_that_is_none_is_told() {
    let sandbox = Sandbox::new();
    let mirror = [
        "mirror",
        "com.acme/weather",
        "--to",
        "oci://r.example/UPPER",
    ];
    let ran = sandbox.metier(&mirror);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("is no registry"), "{ran:?}");
    let install = [
        "install",
        "com.acme/weather",
        "--market",
        "oci://127.0.0.1:1/x",
        "--to",
        "skills",
    ];
    let ran = sandbox.metier(&install);
    assert!(
        ran.stderr.contains("oci://127.0.0.1:1/x does not answer"),
        "{ran:?}"
    );
}
