//! Help of every command, and of a tool.

use crate::sandbox::Sandbox;

/// Every command that has a help page.
pub const COMMANDS: &[&[&str]] = &[
    &[],
    &["new"],
    &["build"],
    &["unpack"],
    &["lint"],
    &["openapi"],
    &["attach"],
    &["inspect"],
    &["call"],
    &["secret"],
    &["secret", "set"],
    &["secret", "list"],
    &["secret", "rm"],
    &["dev"],
    &["pack"],
    &["test"],
    &["learn"],
    &["run"],
    &["check"],
    &["runs"],
    &["runs", "list"],
    &["runs", "show"],
    &["runs", "watch"],
    &["runs", "resume"],
    &["runs", "cancel"],
    &["runs", "fork"],
    &["approvals"],
    &["approvals", "list"],
    &["approvals", "show"],
    &["approvals", "approve"],
    &["approvals", "deny"],
    &["approvals", "done"],
    &["models"],
    &["models", "list"],
    &["models", "try"],
    &["serve"],
    &["market"],
    &["market", "serve"],
    &["market", "queue"],
    &["market", "queue", "list"],
    &["market", "queue", "show"],
    &["market", "queue", "approve"],
    &["market", "queue", "refuse"],
    &["keygen"],
    &["login"],
    &["namespace"],
    &["namespace", "claim"],
    &["namespace", "list"],
    &["namespace", "key"],
    &["namespace", "key", "list"],
    &["namespace", "key", "add"],
    &["namespace", "key", "end"],
    &["namespace", "key", "recover"],
    &["namespace", "publisher"],
    &["namespace", "publisher", "add"],
    &["namespace", "publisher", "list"],
    &["namespace", "publisher", "end"],
    &["namespace", "member"],
    &["namespace", "member", "list"],
    &["namespace", "member", "add"],
    &["namespace", "member", "role"],
    &["namespace", "member", "remove"],
    &["namespace", "rule"],
    &["namespace", "approve"],
    &["namespace", "cosign"],
    &["publish"],
    &["search"],
    &["info"],
    &["verify"],
    &["install"],
    &["update"],
    &["yank"],
    &["unyank"],
    &["revoke"],
    &["mirror"],
    &["mcp"],
    &["policy"],
    &["policy", "check"],
    &["policy", "test"],
    &["config"],
    &["config", "check"],
    &["config", "show"],
    &["admin"],
    &["admin", "whoami"],
    &["admin", "tenant"],
    &["admin", "tenant", "list"],
    &["admin", "tenant", "create"],
    &["admin", "tenant", "suspend"],
    &["admin", "tenant", "restore"],
    &["admin", "key"],
    &["admin", "key", "list"],
    &["admin", "key", "create"],
    &["admin", "key", "rotate"],
    &["admin", "key", "revoke"],
    &["admin", "skill"],
    &["admin", "skill", "list"],
    &["admin", "skill", "install"],
    &["admin", "skill", "enable"],
    &["admin", "skill", "disable"],
    &["admin", "skill", "remove"],
    &["admin", "grant"],
    &["admin", "grant", "show"],
    &["admin", "grant", "set"],
    &["admin", "grant", "remove"],
    &["admin", "policy"],
    &["admin", "policy", "show"],
    &["admin", "policy", "set"],
    &["admin", "policy", "remove"],
    &["admin", "revocations"],
    &["admin", "revocations", "show"],
    &["admin", "revocations", "import"],
    &["admin", "secret"],
    &["admin", "secret", "list"],
    &["admin", "secret", "set"],
    &["admin", "secret", "rm"],
    &["admin", "agent"],
    &["admin", "agent", "list"],
    &["admin", "agent", "deploy"],
    &["admin", "agent", "rollback"],
    &["admin", "trigger"],
    &["admin", "trigger", "list"],
    &["admin", "trigger", "show"],
    &["admin", "trigger", "cron"],
    &["admin", "trigger", "webhook"],
    &["admin", "trigger", "enable"],
    &["admin", "trigger", "disable"],
    &["admin", "trigger", "rotate"],
    &["admin", "trigger", "remove"],
    &["admin", "webhook"],
    &["admin", "webhook", "list"],
    &["admin", "webhook", "show"],
    &["admin", "webhook", "create"],
    &["admin", "webhook", "enable"],
    &["admin", "webhook", "disable"],
    &["admin", "webhook", "rotate"],
    &["admin", "webhook", "test"],
    &["admin", "webhook", "deliveries"],
    &["admin", "webhook", "redeliver"],
    &["admin", "webhook", "remove"],
    &["audit"],
    &["audit", "verify"],
    &["audit", "head"],
    &["audit", "export"],
    &["audit", "search"],
    &["backup"],
    &["restore"],
    &["errors"],
];

#[test]
fn a_tools_help_comes_from_its_schema() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&["call", "teaching.wasm", "measure", "--help"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    insta::assert_snapshot!(ran.stdout);
}

/// The outer parser knows nothing of what may follow: its own page would be useless.
#[test]
fn help_of_call_is_about_calling() {
    let sandbox = Sandbox::new();
    for words in [
        &["call", "--help"][..],
        &["--output", "human", "call", "-h"],
    ] {
        let ran = sandbox.metier(words);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert!(
            ran.stdout.contains("--grant") && ran.stdout.contains("SKILL.wasm"),
            "{}",
            ran.stdout
        );
    }
}

#[test]
fn help_without_a_tool_lists_the_tools() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&["call", "teaching.wasm", "--help"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.stdout
            .contains("Tools of this skill:\n  add\n  crash\n"),
        "{}",
        ran.stdout
    );
}

#[test]
fn nothing_but_the_name_is_a_usage_error_with_help() {
    let sandbox = Sandbox::new();
    let ran = sandbox.metier(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("Usage: metier"), "{}", ran.stderr);
    let version = sandbox.metier(&["--version"]);
    assert_eq!(
        version.stdout,
        format!("metier {}\n", env!("CARGO_PKG_VERSION"))
    );
}
