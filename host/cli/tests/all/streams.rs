//! Terminals and interruptions.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use crate::sandbox::Sandbox;

/// Ctrl-C ends the call, not the telling.
#[test]
fn an_interrupted_call_is_cancelled_told_and_written_down() {
    let sandbox = Sandbox::new();
    let endless = include_str!("guests/skill.toml").replace("200ms", "60s");
    let bare = std::fs::read(sandbox.path("bare.wasm")).unwrap();
    sandbox.write(
        "endless.wasm",
        crate::sandbox::with_section(&bare, "metier:manifest", &endless),
    );
    sandbox.write(
        "grant.toml",
        "skill = \"com.acme/teaching\"\ntools = [\"*\"]\n[limits]\ncpu = \"60s\"\n",
    );
    let words = [
        "call",
        "endless.wasm",
        "spin",
        "--grant",
        "grant.toml",
        "--audit",
        "audit.jsonl",
    ];
    // Unbuffered by a shell: what is signalled is `metier` itself.
    let mut child = sandbox.command(&words).spawn().unwrap();
    // The audit file is opened just before the call.
    while !sandbox.path("audit.jsonl").exists() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was interrupted"
        );
        std::thread::yield_now();
    }
    interrupt_until_gone(&mut child);
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
    assert!(said.contains("cancelled") && said.contains("✗ "), "{said}");
    let audit = std::fs::read_to_string(sandbox.path("audit.jsonl")).unwrap();
    assert!(audit.contains("\"cancelled\""), "{audit}");
}

/// One signal; a handler may not be there for the first moment, when the default ends the process without a word.
fn interrupt_until_gone(child: &mut std::process::Child) {
    let pid = child.id().to_string();
    // The handler is installed when the call begins; wait until the kernel says so.
    let caught = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:\t"))
            .unwrap_or("0");
        u64::from_str_radix(mask, 16).unwrap_or(0) & 0b10 != 0
    };
    while !caught() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "it ended before it was interrupted"
        );
        std::thread::yield_now();
    }
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Runs `words` on a pseudo-terminal of util-linux's `script`; returns everything that was drawn.
fn on_a_terminal(sandbox: &Sandbox, words: &str) -> String {
    let line = format!("{} {words}", env!("CARGO_BIN_EXE_metier"));
    let output = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("HOME", sandbox.path(""))
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .current_dir(sandbox.path(""))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_terminal_gets_colour_and_a_spinner_and_a_pipe_gets_neither() {
    let sandbox = Sandbox::new();
    let manifest = include_str!("guests/skill.toml").replace("200ms", "900ms");
    let bare = std::fs::read(sandbox.path("bare.wasm")).unwrap();
    sandbox.write(
        "slow.wasm",
        crate::sandbox::with_section(&bare, "metier:manifest", &manifest),
    );
    let drawn = on_a_terminal(&sandbox, "call slow.wasm spin");
    assert!(drawn.contains("calling spin"), "{drawn:?}");
    assert!(drawn.contains("\u{1b}[1m\u{1b}[31merror:"), "{drawn:?}");
    let table = on_a_terminal(&sandbox, "call teaching.wasm people");
    assert!(
        table.contains("\u{1b}[1m") && !table.contains("\u{1b}[2J"),
        "{table:?}"
    );
    let plain = on_a_terminal(&sandbox, "--color never call teaching.wasm people");
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    let piped = sandbox.metier(&["call", "slow.wasm", "spin"]);
    assert!(
        !piped.stderr.contains(['\u{1b}', '\r']) && !piped.stderr.contains("calling"),
        "{}",
        piped.stderr
    );
}
