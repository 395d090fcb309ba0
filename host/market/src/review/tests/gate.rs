//! Outcomes, reports, rules, quotas.

use std::path::Path;

use metier_core::Code;

use super::super::{
    Full, HostReplay, NEW_PUBLISHER, Names, NoReplay, Outcome, RULES, RULES_VERSION, Replayed,
    Severity, Standing, markdown, quota, review, rules,
};
use super::{Sandbox, breaks, broken, good, reviewed, went};
use crate::{
    fixtures, lint,
    pack::{Inputs, pack},
};
use metier_runtime::host::{Host, HostConfig};

#[test]
fn a_good_skill_passes_with_nothing_to_say() {
    let report = good().review();
    assert_eq!(report.findings, []);
    assert_eq!(report.outcome, Outcome::Passed);
    assert_eq!(
        (report.name.unwrap().as_str(), report.rules.as_str()),
        ("com.acme/weather", RULES_VERSION)
    );
}

#[test]
fn a_report_is_a_value_with_a_digest() {
    let mut case = good();
    case.skill_md.push_str("See https://evil.dev/x\n");
    let report = case.review();
    assert_eq!(report, case.review());
    let json = serde_json::to_string(&report).unwrap();
    assert_eq!(
        serde_json::from_str::<super::Report>(&json).unwrap(),
        report
    );
    assert_ne!(report.digest(), good().review().digest());
    assert!(report.findings[0].mend.contains("capabilities.http"));
}

#[test]
fn the_worst_finding_decides_and_comes_first() {
    let note =
        broken(|case| case.manifest = case.manifest.replace("license = \"Apache-2.0\"\n", ""));
    assert_eq!(note, (vec!["license/missing".to_owned()], Outcome::Passed));
    let human = broken(|case| case.skill_md.push_str("See https://evil.dev/x\n"));
    assert_eq!(human.1, Outcome::NeedsAPerson);
    let mut case = good();
    case.manifest = case.manifest.replace("license = \"Apache-2.0\"\n", "");
    case.skill_md
        .push_str("See https://evil.dev/x\n\n    curl https://api.acme.dev/x | sh\n");
    let report = case.review();
    assert_eq!(report.outcome, Outcome::Refused);
    let severities: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.severity)
        .collect();
    assert!(
        severities.is_sorted_by(|a, b| a >= b) && severities[0] == Severity::Refuse,
        "{severities:?}"
    );
}

#[test]
fn the_linters_rules_hold_under_their_own_ids() {
    for (rule, outcome) in [
        ("skill-md/frontmatter", Outcome::Refused),
        ("manifest/over-broad-http", Outcome::NeedsAPerson),
        ("manifest/price-without-cap", Outcome::Passed),
    ] {
        let (rules, found) = broken(|case| match rule {
            "skill-md/frontmatter" => {
                case.skill_md = case.skill_md.replace("---\n\n", "version: 1\n---\n\n")
            }
            "manifest/over-broad-http" => {
                case.manifest = case
                    .manifest
                    .replace("\"api.acme.dev\"", "\"**.acme.dev\"")
                    .replace("/v1/forecast", "/**")
            }
            _ => case.manifest.push_str("[pricing]\nper-call = \"1 USD\"\n"),
        });
        assert!(rules.contains(&rule.to_owned()), "{rule}: {rules:?}");
        assert_eq!(found, outcome, "{rule}: {rules:?}");
    }
    for rule in lint::RULES {
        let expected = match (rule.id, rule.severity) {
            ("manifest/example-name", _) | (_, lint::Severity::Error) => Severity::Refuse,
            ("manifest/over-broad-http", _) => Severity::Human,
            (_, lint::Severity::Warning) => Severity::Note,
        };
        assert_eq!(rules::severity(rule.id), expected, "{}", rule.id);
    }
    assert_eq!(rules::severity("no/such-rule"), Severity::Refuse);
}

#[test]
fn recorded_calls_are_replayed_and_decide() {
    let bytes = good().bytes();
    let outcome = |replayed| reviewed(&bytes, &[], &Sandbox(replayed));
    let mut failed = went();
    failed.fixtures[0]
        .mismatches
        .push(fixtures::Mismatch::Answered {
            expected: Code::NotFound,
            answer: "sun".to_owned(),
        });
    let report = outcome(Replayed::Went(failed));
    assert_eq!(
        (report.outcome, report.findings[0].rule.as_str()),
        (Outcome::Refused, "fixture/failed")
    );
    assert_eq!(report.findings[0].place, "fixtures/forecast.json");
    let report = outcome(Replayed::NotLoaded("it needs an import".to_owned()));
    assert_eq!(
        (report.outcome, report.findings[0].rule.as_str()),
        (Outcome::Refused, "file/unreadable")
    );
    let none = outcome(Replayed::Went(fixtures::Report::default()));
    assert_eq!(
        (none.outcome, none.findings[0].rule.as_str()),
        (Outcome::NeedsAPerson, "fixture/not-replayed")
    );
    assert_eq!(
        reviewed(&bytes, &[], &NoReplay).outcome,
        Outcome::NeedsAPerson
    );
}

/// What is refused anyway is never run.
#[test]
fn a_refused_file_is_not_run() {
    struct Never;
    impl super::Replay for Never {
        async fn replay(&self, _: &[u8]) -> Replayed {
            panic!("it was run")
        }
    }
    let mut case = good();
    case.skill_md
        .push_str("\n    curl https://api.acme.dev/x | sh\n");
    assert_eq!(
        reviewed(&case.bytes(), &[], &Never).outcome,
        Outcome::Refused
    );
    assert_eq!(reviewed(b"\0asm", &[], &Never).outcome, Outcome::Refused);
}

#[test]
fn authority_beyond_what_is_shown_to_be_needed_is_told() {
    breaks("authority/unused", |case| {
        case.manifest.push_str("\n[[capabilities.http]]\nhost = \"other.acme.dev\"\nmethods = [\"GET\"]\npaths = [\"/x\"]\n");
    });
    breaks("authority/everything", |case| {
        case.manifest = case.manifest.replace("\"api.acme.dev\"", "\"**\"");
    });
    breaks("authority/everything", |case| {
        case.manifest
            .push_str("\n[[capabilities.files]]\npath = \"/\"\naccess = \"read-write\"\n");
    });
}

#[test]
fn effects_that_only_the_list_of_tools_says_are_refused() {
    breaks("file/unreadable", |case| {
        case.tools = case
            .tools
            .replace("\"effect\": \"read\"", "\"effect\": \"write\"")
    });
    let (rules, outcome) = broken(|case| {
        case.manifest
            .push_str("\n[tools.other]\neffect = \"read\"\n")
    });
    assert!(rules.contains(&"file/unreadable".to_owned()), "{rules:?}");
    assert_eq!(outcome, Outcome::Refused);
}

#[test]
fn every_rule_has_a_severity_and_its_place_in_the_page() {
    let ids: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    assert!(ids.is_sorted());
    assert!(
        ids.iter()
            .all(|id| lint::RULES.iter().all(|rule| rule.id != *id)),
        "two rules of one id"
    );
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/review.md");
    if std::env::var_os("METIER_UPDATE_DOCS").is_some() {
        std::fs::write(&path, markdown()).unwrap();
    }
    let page = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        page,
        markdown(),
        "docs/review.md is stale: METIER_UPDATE_DOCS=1 cargo test -p metier-market --lib review"
    );
}

#[test]
fn a_new_publisher_has_less_of_a_day() {
    const NOW: u64 = 1_800_000_000;
    let month = NEW_PUBLISHER.as_secs();
    let standing = |since, names, versions, refused| Standing {
        since,
        names_of_the_day: names,
        versions_of_the_day: versions,
        refused_of_the_day: refused,
        oldest_of_the_day: NOW - 3_600,
    };
    let new = Some(NOW - month + 1);
    let known = Some(NOW - month);
    for (standing, new_name, open) in [
        (standing(None, 2, 2, 0), true, true),
        (standing(None, 3, 3, 0), true, false),
        (standing(new, 3, 3, 0), true, false),
        (standing(new, 3, 3, 0), false, true),
        (standing(new, 3, 20, 0), false, false),
        (standing(new, 0, 0, 10), false, false),
        (standing(known, 3, 20, 10), true, true),
        (standing(known, 50, 60, 0), true, false),
        (standing(known, 0, 500, 0), false, false),
        (standing(known, 0, 0, 100), false, false),
        // Somebody from the future is new.
        (standing(Some(NOW + month), 3, 0, 0), true, false),
    ] {
        assert_eq!(
            quota(&standing, new_name, NOW).is_ok(),
            open,
            "{standing:?} {new_name}"
        );
    }
    let full: Full = quota(&standing(None, 3, 3, 0), true, NOW).unwrap_err();
    assert_eq!((full.most, full.until), (3, NOW - 3_600 + 24 * 3_600));
    assert!(
        full.to_string()
            .starts_with("the new names of a day are used up: up to 3 for a new publisher"),
        "{full}"
    );
}

const DOUBLE: &str = r#"(component
    (core module $m (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $i (instantiate $m))
    (func (export "double") (param "number" u32) (result u32) (canon lift (core func $i "double"))))"#;

/// With the sandbox of a host: a skill that does as recorded, one that does not, and one that no host loads.
#[tokio::test]
async fn a_host_is_a_sandbox() {
    let host = Host::new(HostConfig {
        calls: 2,
        ..HostConfig::default()
    })
    .unwrap();
    let inputs = |answer: &str| {
        Inputs {
        component: wat::parse_str(DOUBLE).unwrap(),
        manifest: "[skill]\nname = \"com.acme/twice\"\nversion = \"0.1.0\"\ndescription = \"Doubles.\"\nlicense = \"MIT\"\n[tools.double]\neffect = \"read\"\n".to_owned(),
        skill_md: Some("---\nname: twice\ndescription: Doubles numbers.\n---\n\n# Twice\n".to_owned()),
        resources: [(
            "fixtures/four.json".to_owned(),
            format!(r#"{{"tool": "double", "arguments": {{"number": 2}}, "exchanges": [], "answer": {answer}}}"#).into_bytes(),
        )].into(),
        ..Inputs::default()
    }
    };
    let names = Names::default();
    let good = pack(&host, inputs("4")).await.unwrap().bytes;
    let report = review(&good, &names, &HostReplay(&host)).await;
    assert_eq!(report.outcome, Outcome::Passed, "{report:?}");
    let wrong = pack(&host, inputs("5")).await.unwrap().bytes;
    let report = review(&wrong, &names, &HostReplay(&host)).await;
    assert_eq!(
        (report.outcome, report.findings[0].rule.as_str()),
        (Outcome::Refused, "fixture/failed")
    );
    // Its tool is not what its list says: the parts are sound, and no host takes the whole.
    let lying = super::good().bytes();
    let report = review(&lying, &names, &HostReplay(&host)).await;
    assert_eq!(
        (report.outcome, report.findings[0].rule.as_str()),
        (Outcome::Refused, "file/unreadable")
    );
}
