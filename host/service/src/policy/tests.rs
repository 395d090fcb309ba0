#![expect(clippy::unwrap_used, reason = "tests")]
use metier_core::{Effect, PrincipalId, TenantId};
use serde_json::json;

use super::{
    Asked, Compiled, MAX_MARKS, MAX_POLICIES, MAX_TEXT, Mode, Policy, Surface, Verdict,
    run_examples,
};

fn decided(policies: &str, arguments: &str) -> Verdict {
    let compiled = Compiled::read(policies).unwrap();
    let asked = Asked {
        tenant: &TenantId::local(),
        principal: &"key/0123456789abcdef".parse::<PrincipalId>().unwrap(),
        role: "caller",
        request: None,
        alias: "shop",
        tool: "refund",
        effect: Effect::Write,
        skill: &"com.acme/shop",
        version: &"1.2.0",
        digest: &"sha256:00",
        arguments,
        tainted: false,
        surface: Surface::Http,
    };
    let verdict = Verdict::clone(&compiled.decide(&asked));
    // What is remembered is what was decided.
    assert_eq!(verdict, *compiled.decide(&asked));
    verdict
}

fn allows(condition: &str, arguments: &str) -> bool {
    let policy = format!("permit (principal, action, resource) when {{ {condition} }};");
    decided(&policy, arguments).allowed
}

fn wrong(policies: &str) -> Vec<String> {
    let mistakes = Compiled::read(policies).err().unwrap();
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn what_nothing_permits_is_denied_and_a_forbid_is_stronger() {
    let none = decided("", "{}");
    assert!(!none.allowed && none.policies.is_empty() && none.errors.is_empty());
    let permit = "@id(\"all\")\npermit (principal, action, resource);\n";
    let all = decided(permit, "{}");
    assert!(all.allowed);
    assert_eq!(all.policies, ["all"]);
    let forbid =
        format!("{permit}forbid (principal, action, resource in Metier::Skill::\"shop\");");
    let denied = decided(&forbid, "{}");
    assert!(!denied.allowed);
    assert_eq!(denied.policies, ["policy1"]);
}

#[test]
fn everything_that_is_said_of_a_call_can_be_asked_for() {
    for condition in [
        r#"principal == Metier::Principal::"key/0123456789abcdef""#,
        r#"principal.role == "caller" && principal.tenant == "local""#,
        r#"action == Metier::Action::"call""#,
        r#"resource == Metier::Tool::"shop.refund" && resource in Metier::Skill::"shop""#,
        r#"resource.tool == "refund" && resource.effect == "write" && context.effect == "write""#,
        r#"resource.skill like "com.acme/*" && resource.version == "1.2.0""#,
        r#"resource.digest == "sha256:00""#,
        r#"!context.tainted && context.cost_nano_dollars == 0 && !context.within_run"#,
        r#"context.surface == "http""#,
    ] {
        assert!(allows(condition, "{}"), "{condition}");
        // What can never apply is a mistake by itself.
        let not = format!("permit (principal, action, resource) when {{ !({condition}) }};");
        let is_no = Compiled::read(&not).is_err() || !decided(&not, "{}").allowed;
        assert!(is_no, "{condition}");
    }
}

#[test]
fn arguments_are_compared_as_what_they_are() {
    let arguments = json!({
        "text": "Zürich", "whole": 5000, "round": 7.0, "some": 12.5, "fine": 0.123456, "huge": 1e300,
        "big": u64::MAX, "yes": true, "none": null, "list": ["a", 1, {"b": [null]}], "inner": {"side": -3},
    })
    .to_string();
    for condition in [
        r#"context.arguments.text == "Zürich""#,
        "context.arguments.whole <= 5000 && !(context.arguments.whole < 5000)",
        "context.arguments.round == 7",
        r#"context.arguments.some.lessThan(decimal("12.6"))"#,
        r#"context.arguments.fine == "0.123456""#,
        r#"context.arguments.big == "18446744073709551615""#,
        "context.arguments.yes",
        "!(context.arguments has none) && context.arguments has huge",
        r#"context.arguments.list.contains("a") && context.arguments.list.contains(1)"#,
        "context.arguments.inner.side == -3",
        r#"context.arguments has inner.side && context["arguments"]["inner"]["side"] < 0"#,
    ] {
        assert!(allows(condition, &arguments), "{condition}");
    }
}

#[test]
fn what_cannot_be_evaluated_denies() {
    let permit = "permit (principal, action, resource);\n";
    let limit =
        format!("{permit}forbid (principal, action, resource) when {{ context.arguments.n > 9 }};");
    assert!(decided(&limit, r#"{"n": 9}"#).allowed);
    for arguments in [
        r#"{"n": 10}"#,
        "{}",
        r#"{"n": "9"}"#,
        r#"{"n": null}"#,
        r#"{"n": 1e300}"#,
        r#"{"n": 0.00001}"#,
        r#"{"n": 10, "n": 9}"#,
        r#"{"n": null, "n": 9}"#,
        r#"{"n": 9, "in": {"a": 1, "a": 2}}"#,
        r#"{"n": 9"#,
        "[9]",
        "9",
    ] {
        assert!(!decided(&limit, arguments).allowed, "{arguments}");
    }
    assert!(!decided(&limit, "{}").errors.is_empty());
}

#[test]
fn mistakes_are_told_by_line() {
    let ok = "permit (principal, action, resource);\n";
    for (policy, line, what) in [
        (
            "\npermit (principal, action, resource) when {\n  principal.rol == \"x\" };",
            3,
            "rol",
        ),
        (
            "permit (principal == User::\"ada\", action, resource);",
            1,
            "User",
        ),
        (
            "permit (principal, action, resource)\nwhen { resource.price > 3 };",
            2,
            "price",
        ),
        (
            "permit (principal, action, resource) when { context.cost > 3 };",
            1,
            "cost",
        ),
        (
            "permit (principal, action == Metier::Action::\"read\", resource);",
            1,
            "read",
        ),
        (
            "permit (principal, action, resource) when { principal.role == 3 };",
            1,
            "",
        ),
        (
            "permit (principal, action, resource) when { principal has rol };",
            1,
            "",
        ),
        ("permit (principal, action, resource", 1, ""),
        (
            "permit (principal == ?principal, action, resource);",
            0,
            "slot",
        ),
        (
            "@id(\"a b\") permit (principal, action, resource);",
            1,
            "an id has",
        ),
        (
            "@id(\"a\") permit (principal, action, resource);\n@id(\"a\") forbid (principal, action, resource);",
            2,
            "two policies",
        ),
        // In what is hidden from Cedar's own check, beside arguments.
        (
            "permit (principal, action, resource) when { context.arguments.a == principal.rol };",
            1,
            "rol",
        ),
        (
            "permit (principal, action, resource) when { context.arguments has a && principal.rol == \"x\" };",
            1,
            "rol",
        ),
        (
            "permit (principal, action, resource) when { [context.arguments.a, User::\"a\"].contains(principal) };",
            1,
            "User",
        ),
        (
            "permit (principal, action, resource) when { context.arguments.a == context.argument };",
            1,
            "argument",
        ),
    ] {
        let text = format!("{ok}{policy}");
        let told = wrong(&text);
        let start = format!("line {}: ", line + 1);
        let is = |told: &String| told.starts_with(&start) && told.contains(what);
        assert!(told.iter().any(is), "{policy}: {told:?}");
    }
}

#[test]
fn what_is_read_is_bounded() {
    let permit = "permit (principal, action, resource);\n";
    assert!(Compiled::read(&permit.repeat(MAX_POLICIES)).is_ok());
    assert!(wrong(&permit.repeat(MAX_POLICIES + 1))[0].contains("at most"));
    assert!(wrong(&" ".repeat(MAX_TEXT + 1))[0].contains("bytes"));
    let deep = |open: &str, times: usize, close: &str| {
        let (open, close) = (open.repeat(times), close.repeat(times));
        format!("permit (principal, action, resource) when {{ {open}true{close} }};")
    };
    assert!(Compiled::read(&deep("true && ", 150, "")).is_ok());
    assert!(wrong(&deep("true && ", MAX_MARKS, ""))[0].contains("operators"));
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("if true then ", " else true"),
        ("!", ""),
    ] {
        let times = (MAX_TEXT - 100) / (open.len() + close.len());
        assert!(Compiled::read(&deep(open, times, close)).is_err(), "{open}");
    }
    let long = format!("context{}", ".a".repeat((MAX_TEXT - 100) / 2));
    assert!(
        Compiled::read(&format!(
            "permit (principal, action, resource) when {{ {long} }};"
        ))
        .is_err()
    );
}

#[test]
fn a_set_that_cannot_be_read_permits_nothing() {
    let newer = json!({"text": "permit (principal, action, resource);", "mode": "advise", "by": "x", "changed": 1});
    let read: Policy = serde_json::from_value(newer).unwrap();
    assert_eq!((read.mode, read.text.as_str()), (Mode::Enforce, ""));
    let good = Policy {
        mode: Mode::LogOnly,
        text: "x".into(),
        ..read
    };
    let again: Policy = serde_json::from_value(serde_json::to_value(&good).unwrap()).unwrap();
    assert_eq!(again, good);
}

const POLICIES: &str = r#"
@id("reading")
permit (principal, action, resource) when { resource.effect == "read" };
@id("refunds")
permit (principal, action, resource == Metier::Tool::"shop.refund")
when { principal.role == "operator" && context.arguments has cents && context.arguments.cents <= 5000 };
@id("no-strangers")
forbid (principal, action, resource) when { context.tainted && resource.effect != "read" };
"#;

#[test]
fn examples_say_what_differs() {
    let report = run_examples(
        POLICIES,
        r#"
[[example]]
name = "reading"
tool = "shop.list"
effect = "read"
expect = "allow"
policies = ["reading"]

[[example]]
name = "a small refund"
principal = { role = "operator" }
tool = "shop.refund"
effect = "write"
arguments = { cents = 100 }
expect = "allow"

[[example]]
name = "after reading what others write"
principal = { role = "operator" }
tool = "shop.refund"
effect = "write"
arguments = { cents = 100 }
context = { tainted = true, surface = "run" }
expect = "deny"
policies = ["no-strangers"]

[[example]]
name = "wrong decision"
tool = "shop.refund"
expect = "allow"

[[example]]
name = "wrong reason"
tool = "shop.list"
effect = "read"
expect = "allow"
policies = ["refunds"]

[[example]]
name = "no tool"
tool = "shop"
expect = "deny"
"#,
    );
    assert_eq!(report.mistakes, Vec::<String>::new());
    let wrong: Vec<Option<&str>> = report
        .checked
        .iter()
        .map(|one| one.wrong.as_deref())
        .collect();
    assert_eq!(
        wrong,
        [
            None,
            None,
            None,
            Some("It is denied by no policy."),
            Some("It is decided by [reading] and not by [refunds]."),
            Some("`shop` is no tool: write `skill.tool`"),
        ]
    );
    assert!(!report.passes());
}

#[test]
fn examples_that_cannot_be_tried_do_not_pass() {
    let nothing = run_examples(POLICIES, "");
    assert!(nothing.mistakes.is_empty() && !nothing.passes());
    let typo = run_examples("permit", "[[example]]\nname = \"x\"\ntoool = \"a.b\"");
    assert_eq!(typo.mistakes.len(), 2, "{typo:?}");
    assert!(typo.mistakes[1].contains("toool"), "{typo:?}");
}

#[test]
fn what_was_decided_for_one_is_not_remembered_for_another() {
    let policies = r#"permit (principal, action, resource) when { principal.role == "operator" && !context.tainted };"#;
    let compiled = Compiled::read(policies).unwrap();
    let (local, acme) = (TenantId::local(), "acme".parse().unwrap());
    let (one, two) = (
        "key/1".parse().unwrap(),
        "key/2".parse::<PrincipalId>().unwrap(),
    );
    let asked = Asked {
        tenant: &local,
        principal: &one,
        role: "operator",
        request: None,
        alias: "shop",
        tool: "refund",
        effect: Effect::Write,
        skill: &"com.acme/shop",
        version: &"1.2.0",
        digest: &"sha256:00",
        arguments: "{}",
        tainted: false,
        surface: Surface::Http,
    };
    assert!(compiled.decide(&asked).allowed);
    let different = [
        Asked {
            tenant: &acme,
            ..asked
        },
        Asked {
            principal: &two,
            ..asked
        },
        Asked {
            role: "caller",
            ..asked
        },
        Asked {
            alias: "other",
            ..asked
        },
        Asked {
            tool: "other",
            ..asked
        },
        Asked {
            effect: Effect::Read,
            ..asked
        },
        Asked {
            skill: &"other",
            ..asked
        },
        Asked {
            version: &"1.3.0",
            ..asked
        },
        Asked {
            digest: &"sha256:01",
            ..asked
        },
        Asked {
            tainted: true,
            ..asked
        },
        Asked {
            surface: Surface::Run,
            ..asked
        },
    ];
    let known: std::collections::HashSet<String> =
        different.iter().map(Asked::without_arguments).collect();
    assert_eq!(known.len(), different.len());
    assert!(!known.contains(&asked.without_arguments()));
    assert!(!compiled.decide(&different[2]).allowed && !compiled.decide(&different[9]).allowed);
}
