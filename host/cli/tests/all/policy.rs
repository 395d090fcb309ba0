//! `metier policy`, and `metier admin policy` in `service.rs`.

use crate::sandbox::Sandbox;

const POLICIES: &str = r#"@id("reading")
permit (principal, action, resource) when { resource.effect == "read" };

@id("small-refunds")
permit (principal, action, resource == Metier::Tool::"shop.refund")
when { principal.role == "operator" && context.arguments has cents && context.arguments.cents <= 5000 };
"#;

const EXAMPLES: &str = r#"
[[example]]
name = "anybody reads"
tool = "shop.orders"
effect = "read"
expect = "allow"
policies = ["reading"]

[[example]]
name = "an operator gives a little back"
principal = { role = "operator" }
tool = "shop.refund"
effect = "write"
arguments = { cents = 5000 }
expect = "allow"

[[example]]
name = "a caller gives nothing back"
tool = "shop.refund"
effect = "write"
arguments = { cents = 100 }
expect = "deny"
policies = []
"#;

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("refunds.cedar", POLICIES);
    sandbox.write("examples.toml", EXAMPLES);
    sandbox
}

#[test]
fn examples_that_are_met_and_one_that_is_not() {
    let sandbox = sandbox();
    let words = ["policy", "test", "refunds.cedar", "examples.toml"];
    let met = sandbox.metier(&words);
    assert_eq!(met.code, 0, "{met:?}");
    assert!(met.stdout.contains("3 of 3 examples are met."), "{met:?}");
    sandbox.write("refunds.cedar", POLICIES.replace("5000", "4999"));
    let missed = sandbox.metier(&words);
    assert_ne!(missed.code, 0, "{missed:?}");
    assert!(
        missed.stdout.contains(
            "NOT MET an operator gives a little back\n        It is denied by no policy."
        ),
        "{missed:?}"
    );
    let json = sandbox.metier(&[
        "policy",
        "test",
        "refunds.cedar",
        "examples.toml",
        "--output",
        "json",
    ]);
    assert_eq!(json.stdout.lines().count(), 3, "{json:?}");
}

#[test]
fn mistakes_are_told_by_line_and_nothing_to_try_is_no_success() {
    let sandbox = sandbox();
    assert_eq!(
        sandbox.metier(&["policy", "check", "refunds.cedar"]).code,
        0
    );
    sandbox.write(
        "wrong.cedar",
        POLICIES.replace("principal.role", "principal.rol"),
    );
    for words in [
        &["policy", "check", "wrong.cedar"][..],
        &["policy", "test", "wrong.cedar", "examples.toml"],
    ] {
        let wrong = sandbox.metier(words);
        assert_ne!(wrong.code, 0, "{wrong:?}");
        assert!(
            wrong.stderr.contains("line 4") && wrong.stderr.contains("rol"),
            "{wrong:?}"
        );
    }
    sandbox.write("none.toml", "");
    let none = sandbox.metier(&["policy", "test", "refunds.cedar", "none.toml"]);
    assert_ne!(none.code, 0, "{none:?}");
    assert!(none.stderr.contains("has no examples"), "{none:?}");
    sandbox.write(
        "odd.toml",
        "[[example]]\nname = \"x\"\ntool = \"a.b\"\nexpect = \"maybe\"\n",
    );
    let odd = sandbox.metier(&["policy", "test", "refunds.cedar", "odd.toml"]);
    assert!(odd.stderr.contains("maybe"), "{odd:?}");
    let missing = sandbox.metier(&["policy", "check", "nowhere.cedar"]);
    assert!(missing.stderr.contains("nowhere.cedar"), "{missing:?}");
}
