//! `metier secret`: values go in and never come out.

use std::fs;

use crate::sandbox::{Sandbox, files_below};

const CANARY: &str = "c4n4ry-s3cr3t";

#[test]
fn names_come_and_go_and_values_are_never_shown() {
    let sandbox = Sandbox::new();
    let mut said = Vec::new();
    let mut run = |words: &[&str], input: &str| {
        let ran = sandbox.metier_with(words, input.as_bytes());
        said.push(ran.stdout.clone() + &ran.stderr);
        ran
    };
    assert_eq!(
        run(&["secret", "set", "salesforce"], &format!("{CANARY}\n")).code,
        0
    );
    sandbox.write("key.pem", CANARY);
    assert_eq!(
        run(&["secret", "set", "pem", "--from-file", "key.pem"], "").code,
        0
    );
    assert_eq!(run(&["secret", "list"], "").stdout, "pem\nsalesforce\n");
    assert_eq!(
        run(&["secret", "list", "--output", "json"], "").stdout,
        "[\"pem\",\"salesforce\"]\n"
    );
    assert_eq!(run(&["secret", "rm", "pem"], "").code, 0);
    let gone = run(&["secret", "rm", "salesfroce"], "");
    assert_eq!(gone.code, 10);
    assert!(gone.stderr.contains("`salesforce`"));
    assert!(said.iter().all(|text| !text.contains(CANARY)));
    for file in files_below(&sandbox.path(".local")) {
        assert!(
            !String::from_utf8_lossy(&fs::read(&file).unwrap()).contains(CANARY),
            "{}",
            file.display()
        );
    }
}

#[test]
fn a_passphrase_opens_what_it_closed_and_nothing_else_does() {
    let sandbox = Sandbox::new();
    let run = |words: &[&str], passphrase: &str| {
        let mut command = sandbox.command(words);
        let output = command
            .env("METIER_VAULT_PASSPHRASE", passphrase)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    sandbox.write("value", CANARY);
    assert_eq!(
        run(
            &["secret", "set", "a", "--from-file", "value", "--vault", "v"],
            "right"
        )
        .0,
        Some(0)
    );
    assert_eq!(run(&["secret", "list", "--vault", "v"], "right").0, Some(0));
    let (code, said) = run(&["secret", "list", "--vault", "v"], "wrong");
    assert_eq!(code, Some(12), "{said}");
    let ran = sandbox.metier(&["secret", "list", "--vault", "v"]);
    assert!(
        ran.code == 12 && ran.stderr.contains("METIER_VAULT_PASSPHRASE"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_done_is_said_and_changes_nothing() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&["secret", "set", "empty"]);
    assert_eq!(ran.code, 10, "{}", ran.stderr);
    assert!(
        !sandbox
            .path(".local/share/metier/vault/secrets.vault")
            .exists()
    );
    let output = sandbox
        .command(&["secret", "list"])
        .env_remove("HOME")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(13));
    let ran = sandbox.metier(&["secret", "list", "--passphrase"]);
    assert!(
        ran.code == 12 && ran.stderr.contains("nobody to ask"),
        "{}",
        ran.stderr
    );
}
