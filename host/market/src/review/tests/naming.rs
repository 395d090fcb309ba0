//! Names that are taken for others.

use metier_core::SkillName;

use super::super::{Names, Outcome};
use super::{broken, good};

const KNOWN: [&str; 6] = [
    "com.acme/weather",
    "com.salesforce/salesforce",
    "com.atlassian/jira",
    "com.google/calendar",
    "io.modern/presentations",
    "com.acme-tools/x-ray",
];

fn rule(name: &str) -> Option<String> {
    let (rules, _) = broken(|case| {
        let short = name.split('/').nth(1).unwrap();
        case.manifest = case.manifest.replace("com.acme/weather", name);
        case.skill_md = case
            .skill_md
            .replace("name: weather", &format!("name: {short}"));
        case.names = KNOWN.to_vec();
    });
    assert!(rules.len() <= 1, "{name}: {rules:?}");
    rules.into_iter().next()
}

#[test]
fn names_that_look_the_same_are_refused() {
    for name in [
        // Digits for letters, and rn for m, in the namespace or the name.
        "com.sa1esforce/salesforce",
        "com.googie/calendar",
        "com.g00gle/calendar",
        "com.g00gle/anything",
        "com.evil/sa1esforce",
        "com.evil/ca1endar",
        "com.acrne/weather",
        "lo.modern/presentations",
        "io.rnodern/presentations",
        // The namespace backwards.
        "acme.com/weather",
        "salesforce.com/tools",
        // Dots, hyphens and the slash moved about.
        "com.acme.tools/x-ray",
        "com.acme/tools-x-ray",
        "com.acme-tools.x/ray",
    ] {
        assert_eq!(rule(name).as_deref(), Some("name/confusable"), "{name}");
    }
}

#[test]
fn names_a_slip_away_are_looked_at() {
    for name in [
        "com.evil/salesforec",
        "com.evil/salesfroce",
        "com.evil/salesforces",
        "com.evil/sales-force",
        "com.evil/wether",
        "com.evil/presentatoins",
        "com.salesforse/salesforce",
        "net.salesforce/salesforce",
        "org.google/calendar",
    ] {
        assert_eq!(rule(name).as_deref(), Some("name/similar"), "{name}");
    }
}

#[test]
fn other_names_and_those_of_the_same_owner_pass() {
    for name in [
        "com.evil/maps",
        "com.megacorp/jira",
        "org.example-corp/weather",
        "com.acme/wether",
        "com.acme/weather-pro",
        "com.atlassian/jiro",
        "com.other/java",
    ] {
        assert_eq!(rule(name), None, "{name}");
    }
}

/// Letters of other scripts and hidden characters are in no name at all.
#[test]
fn a_name_is_plain_ascii_from_the_start() {
    for name in [
        "com.\u{430}cme/weather",
        "com.acme/we\u{430}ther",
        "com.acme/weather\u{200b}",
        "com.acme/wea\u{2010}ther",
        "com.acme/wea--ther",
        "com.acme/WEATHER",
        "com.xn--cme-8cd/weather",
        "com.acme/wea_ther",
        "com.acme./weather",
    ] {
        assert!(name.parse::<SkillName>().is_err(), "{name}");
    }
    let mut case = good();
    case.manifest = case
        .manifest
        .replace("com.acme/weather", "com.acme/we\u{430}ther");
    assert_eq!(case.review().outcome, Outcome::Refused);
}

/// One that compares each with each does not end here.
#[test]
fn a_market_of_many_names_is_asked_quickly() {
    let name = |n: u32| {
        format!("com.publisher{}/skill-number-{n}", n % 997)
            .parse::<SkillName>()
            .unwrap()
    };
    let names: Names = (0..100_000).map(name).collect();
    let near = names.near(&"com.evil/skill-nunber-77777".parse().unwrap());
    assert!(!near.is_empty());
}
