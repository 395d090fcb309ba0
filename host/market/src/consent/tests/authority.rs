//! Reach: what is wider by meaning asks, whatever it looks like; what is the same or less does not.

use super::super::{Class, Contents, ContentsError, Part, Record, compare};
use super::{MANIFEST, class, skill, update};

const RULE: &str = "host = \"*.acme.example\"\nmethods = [\"GET\", \"POST\"]\npaths = [\"/v1/forecast\", \"/v1/maps/**\"]";

#[test]
fn a_wider_rule_asks_in_each_of_its_parts() {
    for (from, to) in [
        ("host = \"*.acme.example\"", "host = \"**.acme.example\""),
        ("host = \"*.acme.example\"", "host = \"**\""),
        ("host = \"*.acme.example\"", "host = \"acme.example\""),
        ("host = \"open.example\"", "host = \"*.open.example\""),
        (
            "host = \"open.example\"",
            "host = \"open.example\"\nport = 8443",
        ),
        (
            "host = \"open.example\"",
            "scheme = \"http\"\nhost = \"open.example\"",
        ),
        ("methods = [\"GET\"]", "methods = [\"GET\", \"PUT\"]"),
        ("methods = [\"GET\"]", "methods = [\"POST\"]"),
        ("paths = [\"/data/*\"]", "paths = [\"/data/**\"]"),
        ("paths = [\"/data/*\"]", "paths = [\"/*/*\"]"),
        ("paths = [\"/data/*\"]", "paths = [\"/data/*\", \"/admin\"]"),
        ("\"/v1/forecast\"", "\"/v1/*\""),
        ("credential = \"acme\"", "credential = \"root\""),
        (
            "paths = [\"/data/*\"]",
            "paths = [\"/data/*\"]\ncredential = \"acme\"",
        ),
        ("\"cache\", \"homes\"", "\"cache\", \"homes\", \"others\""),
        ("path = \"/maps\"", "path = \"/\""),
        ("access = \"read\"", "access = \"read-write\""),
        ("keys = [\"units\"]", "keys = [\"units\", \"token\"]"),
        (
            "routes = [\"drafting\"]",
            "routes = [\"drafting\", \"dear\"]",
        ),
        ("com.acme/maps#find", "com.acme/maps#wipe"),
        ("com.acme/maps#find", "com.evil/maps#find"),
        ("[limits]", "[capabilities.log]\n[limits]"),
        ("[limits]", "[capabilities.artifacts]\n[limits]"),
        ("memory = \"32MiB\"", "memory = \"33MiB\""),
        ("requests = 10", "requests = 11"),
        ("requests = 10", ""),
    ] {
        assert_eq!(class(from, to), Class::Reconsent, "{from} → {to}");
    }
}

/// The skill would send the same requests without the operator's account: to whatever account its own key is for.
#[test]
fn a_credential_left_out_asks() {
    assert_eq!(class("credential = \"acme\"\n", ""), Class::Reconsent);
}

/// One rule becomes two with other lines, order and spelling, and one of the two has a method more.
#[test]
fn authority_widened_behind_a_rename_and_a_reorder_is_found() {
    let two = "host = \"*.acme.example\"\nmethods = [\"POST\", \"GET\"]\npaths = [\"/v1/maps/**\"]\ncredential = \"acme\"\n\n\
               [[capabilities.http]]\nhost = \"*.acme.example\"\nmethods = [\"GET\", \"POST\"]\npaths = [\"/v1/forecast\"]";
    assert_eq!(class(RULE, two), Class::Auto, "the same in two rules");
    assert_eq!(
        class(
            RULE,
            &two.replace("[\"GET\", \"POST\"]", "[\"GET\", \"DELETE\", \"POST\"]")
        ),
        Class::Reconsent
    );
    let change = update(|skill| {
        skill.with(
            RULE,
            &two.replace("[\"GET\", \"POST\"]", "[\"GET\", \"DELETE\", \"POST\"]"),
        )
    });
    let wider: Vec<_> = change
        .why
        .iter()
        .filter(|reason| reason.class == Class::Reconsent)
        .collect();
    assert_eq!(wider.len(), 1, "only what is new: {wider:?}");
    assert_eq!(
        wider[0].words,
        "it may newly send DELETE https://*.acme.example/v1/forecast, with the credential `acme`"
    );
    let renamed = |skill: super::Skill| {
        let mut skill = skill.with(
            "buckets = [\"cache\", \"homes\"]",
            "buckets = [\"cache\", \"houses\"]",
        );
        skill.manifest = skill
            .manifest
            .replace("[tools.forecast]", "[tools.predict]");
        skill.tools[0].name = "predict".parse().unwrap();
        skill
    };
    let change = update(renamed);
    assert_eq!(change.class, Class::Reconsent);
    let wider = change
        .why
        .iter()
        .filter(|reason| reason.class == Class::Reconsent);
    assert_eq!(
        wider.count(),
        2,
        "a bucket and a tool under new names are new: {change:?}"
    );
}

#[test]
fn the_same_in_other_words_is_the_same() {
    for (from, to) in [
        ("\"GET\", \"POST\"", "\"POST\", \"GET\", \"GET\""),
        (
            "\"/v1/forecast\", \"/v1/maps/**\"",
            "\"/v1/maps/**\", \"/v1/forecast\"",
        ),
        ("\"cache\", \"homes\"", "\"homes\", \"cache\""),
        ("memory = \"32MiB\"", "memory = \"32768KiB\""),
        (
            "host = \"open.example\"",
            "scheme = \"https\"\nport = 443\nhost = \"open.example\"",
        ),
        ("[limits]", "# a remark\n\n[limits]"),
    ] {
        let old = skill().contents();
        let new = skill().with(from, to).contents();
        assert_eq!(compare(&old, &new).why, [], "{from} → {to}");
        assert_eq!(
            Record::of(&old).authority,
            Record::of(&new).authority,
            "{from} → {to}"
        );
    }
}

#[test]
fn less_is_applied_without_asking_and_told() {
    for (from, to) in [
        ("host = \"*.acme.example\"", "host = \"eu.acme.example\""),
        ("\"GET\", \"POST\"", "\"GET\""),
        ("\"/v1/forecast\", \"/v1/maps/**\"", "\"/v1/maps/bern/*\""),
        ("path = \"/maps\"", "path = \"/maps/bern\""),
        ("\"cache\", \"homes\"", "\"cache\""),
        ("[capabilities.model]\nroutes = [\"drafting\"]\n", ""),
        ("memory = \"32MiB\"", "memory = \"16MiB\""),
        ("requests = 10", "requests = 10\ncpu = \"1s\""),
    ] {
        let change = update(|skill| skill.with(from, to));
        assert_eq!(change.class, Class::Auto, "{from} → {to}: {change:?}");
        assert_eq!(change.why.len(), 1, "{from} → {to}: {change:?}");
    }
    let change = update(|skill| skill.with("\"GET\", \"POST\"", "\"GET\""));
    assert_eq!(
        change.why[0].words,
        "it may no longer send 2 kinds of requests"
    );
    assert_eq!(
        change.why[0].diff[0],
        "- POST https://*.acme.example/v1/forecast, with the credential `acme`"
    );
}

#[test]
fn a_wider_rule_is_told_with_its_table_its_line_and_in_the_words_of_inspect() {
    let change = update(|skill| skill.with("access = \"read\"", "access = \"read-write\""));
    let reason = &change.why[0];
    assert_eq!(reason.words, "it may newly read and write /maps");
    let line = MANIFEST
        .lines()
        .position(|line| line == "[[capabilities.files]]")
        .unwrap()
        + 1;
    assert_eq!(reason.rule, Some(("capabilities.files".to_owned(), line)));
    assert_eq!(
        (reason.part, reason.diff.as_slice()),
        (
            Part::Authority,
            ["+ read and write /maps".to_owned()].as_slice()
        )
    );
    let change = update(|skill| skill.with("requests = 10", "requests = 99"));
    assert_eq!(
        change.why[0].words,
        "its limit of requests was 10, and is 99"
    );
}

/// Two old rules that cover a new one only together: here it asks, which is more than it must.
#[test]
fn in_doubt_it_asks() {
    let old = skill()
        .with("host = \"open.example\"", "host = \"*.open.example\"")
        .contents();
    let mut new = skill().with("host = \"open.example\"", "host = \"**.open.example\"");
    assert_eq!(
        compare(&old, &new.clone().contents()).class,
        Class::Reconsent
    );
    new = new.with("host = \"**.open.example\"", "host = \"eu.open.example\"");
    assert_eq!(compare(&old, &new.contents()).class, Class::Auto);
}

#[test]
fn effects_ask_both_ways() {
    let relabel = |index: usize, from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        update(|skill| {
            let mut skill = skill.with(&from, &to);
            skill.tools[index].effect = to.split('"').nth(1).unwrap().parse().unwrap();
            skill
        })
    };
    let more = relabel(0, "effect = \"read\"", "effect = \"write\"");
    assert_eq!(more.class, Class::Reconsent);
    assert_eq!(
        more.why[0].words,
        "the tool `forecast` was read, and says it is write: it does more to the world than was agreed to"
    );
    let less = relabel(1, "effect = \"write\"", "effect = \"read\"");
    assert_eq!(
        less.class,
        Class::Reconsent,
        "approvals for writes would not be asked any more"
    );
    assert!(
        less.why[0].words.contains("would now let it pass"),
        "{less:?}"
    );
}

#[test]
fn tools_that_come_ask_and_tools_that_go_do_not() {
    let gone = update(|skill| {
        let mut skill = skill.with("[tools.order]\neffect = \"write\"\n", "");
        skill.tools.remove(1);
        skill
    });
    assert_eq!(gone.class, Class::Auto, "{gone:?}");
    assert_eq!(gone.why[0].words, "the tool `order` (write) is gone");
    let came = update(|skill| {
        let mut skill = skill.with(
            "[tools.order]",
            "[tools.wipe]\neffect = \"destructive\"\n[tools.order]",
        );
        let mut tool = skill.tools[0].clone();
        (tool.name, tool.effect) = ("wipe".parse().unwrap(), metier_core::Effect::Destructive);
        skill.tools.push(tool);
        skill
    });
    assert_eq!(came.class, Class::Reconsent);
}

#[test]
fn another_skill_is_no_update() {
    let change = update(|skill| skill.with("com.acme/weather", "com.acrne/weather"));
    assert_eq!(
        (change.class, change.why[0].part),
        (Class::Reconsent, Part::Name)
    );
}

/// Manifest and list of tools are read by different readers: neither may say what the other does not.
#[test]
fn a_file_that_says_two_things_about_a_tool_is_refused() {
    let refused = |change: fn(&mut super::Skill)| {
        let mut skill = skill();
        change(&mut skill);
        let manifest = metier_core::Manifest::parse(&skill.manifest).unwrap();
        Contents::of_parts(manifest, skill.skill_md, skill.tools, skill.files).unwrap_err()
    };
    let effect = refused(|skill| skill.tools[1].effect = metier_core::Effect::Read);
    assert!(matches!(effect, ContentsError::Disagree(_)), "{effect}");
    let unlisted = refused(|skill| drop(skill.tools.remove(0)));
    assert!(matches!(unlisted, ContentsError::Disagree(_)), "{unlisted}");
    let unasked = refused(|skill| {
        skill.manifest = skill
            .manifest
            .replace("[tools.order]\neffect = \"write\"\n", "")
    });
    assert!(matches!(unasked, ContentsError::Disagree(_)), "{unasked}");
}

/// A manifest that nobody can read, and that would be slow to compare.
#[test]
fn a_bomb_of_rules_is_refused() {
    let refused = |from: &str, to: &str| {
        let skill = skill().with(from, to);
        let manifest = metier_core::Manifest::parse(&skill.manifest).unwrap();
        Contents::of_parts(manifest, skill.skill_md, skill.tools, skill.files).map(drop)
    };
    let list = |count: usize, prefix: &str| {
        (0..count)
            .map(|n| format!("\"{prefix}{n}\""))
            .collect::<Vec<_>>()
            .join(", ")
    };
    assert!(matches!(
        refused("\"/data/*\"", &list(2_050, "/")),
        Err(ContentsError::TooMuch(_))
    ));
    assert!(matches!(
        refused(
            "methods = [\"GET\"]",
            &format!("methods = [{}]", list(2_050, "M"))
        ),
        Err(ContentsError::TooMuch(_))
    ));
    assert!(matches!(
        refused("\"cache\", \"homes\"", &list(2_050, "b")),
        Err(ContentsError::TooMuch(_))
    ));
    let rules: String = (0..600)
        .map(|n| format!("[[capabilities.files]]\npath = \"/f{n}\"\naccess = \"read\"\n"))
        .collect();
    assert!(matches!(
        refused("[limits]", &format!("{rules}[limits]")),
        Err(ContentsError::TooMuch(_))
    ));
    let most = list(2_000, "/");
    assert!(refused("\"/data/*\"", &most).is_ok());
    let large = || {
        skill()
            .with("\"/data/*\"", &most)
            .with(
                "methods = [\"GET\"]",
                &format!("methods = [{}]", list(2_000, "M")),
            )
            .contents()
    };
    assert_eq!(compare(&large(), &large()).class, Class::Auto);
}
