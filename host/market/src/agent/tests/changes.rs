//! How an update is classed, and whose each reason is.

use super::{
    super::{Record, compare, compare_unshown, sentences},
    *,
};
use crate::consent::{Change, Class};

/// What comes of a change of the definition's text alone.
fn changed(from: &str, to: &str) -> Change {
    assert!(REVIEW.contains(from), "{from}");
    let skills = [("crm", crm("1.0.0", READS)), ("mail", mail())];
    let (new, _) = made(&REVIEW.replace(from, to), WORDS, &skills);
    compare(&usual().0, &new)
}

#[test]
fn a_change_of_the_prompt_alone_is_for_reading() {
    let skills = [("crm", crm("1.0.0", READS)), ("mail", mail())];
    let (new, _) = made(REVIEW, "Look at the account, and send it to me.\n", &skills);
    let change = compare(&usual().0, &new);
    assert_eq!(change.class, Class::ReviewText);
    assert_eq!(change.why.len(), 1, "{change:?}");
    let reason = &change.why[0];
    assert!(
        reason
            .diff
            .contains(&"+ Look at the account, and send it to me.".to_owned())
    );
    let [old, new] = [&usual().0, &new].map(Record::of);
    assert_eq!((old.terms, &old.skills), (new.terms, &new.skills));
    assert_ne!((old.words, old.definition), (new.words, new.definition));
}

#[test]
fn a_pin_of_a_wider_skill_is_found_though_the_agent_says_nothing() {
    let skills = [
        ("crm", crm("1.0.1", &format!("{READS}{SENDS}"))),
        ("mail", mail()),
    ];
    let (new, _) = made(
        &REVIEW.replace("\"1.0.0\"\ndesc", "\"1.0.1\"\ndesc"),
        WORDS,
        &skills,
    );
    let change = compare(&usual().0, &new);
    assert_eq!(change.class, Class::Reconsent);
    let wider: Vec<_> = change
        .why
        .iter()
        .filter(|why| why.class == Class::Reconsent)
        .collect();
    // That another skill may send there already makes it no less.
    assert!(!wider.is_empty());
    assert!(
        wider.iter().all(|why| why.skill.as_deref() == Some("crm")),
        "{change:?}"
    );
    assert!(wider.iter().any(|why| why.rule.is_some()), "{change:?}");
    let narrower = [("crm", crm("1.0.1", "")), ("mail", mail())];
    assert_eq!(
        compare(&usual().0, &made(REVIEW, WORDS, &narrower).0).class,
        Class::Auto
    );
}

#[test]
fn a_dearer_skill_asks_about_its_price() {
    let paid = format!("{READS}[pricing]\nper-call = \"1 USD\"\n");
    let (new, _) = made(
        REVIEW,
        WORDS,
        &[("crm", crm("1.1.0", &paid)), ("mail", mail())],
    );
    assert_eq!(compare(&usual().0, &new).class, Class::ReconsentPrice);
}

#[test]
fn a_further_skill_and_another_under_the_same_alias_are_asked_about() {
    let more = format!("{REVIEW}\n[skills.extra]\nfile = \"x\"\ntools = [\"*\"]\n");
    let all = [
        ("crm", crm("1.0.0", READS)),
        ("mail", mail()),
        ("extra", crm("1.0.0", READS)),
    ];
    let further = compare(&usual().0, &made(&more, WORDS, &all).0);
    assert_eq!(further.class, Class::Reconsent);
    assert!(
        further.why[0].words.contains("further skill"),
        "{further:?}"
    );
    assert_eq!(further.why[0].skill.as_deref(), Some("extra"));
    let other = Contents::of_file(&skill(
        "com.evil/salesforce",
        "1.0.0",
        &["query", "edit"],
        READS,
    ));
    let swapped = [("crm", other.unwrap()), ("mail", mail())];
    let swapped = compare(&usual().0, &made(REVIEW, WORDS, &swapped).0);
    assert_eq!(swapped.class, Class::Reconsent);
    let (back, _) = made(&more, WORDS, &all);
    assert_eq!(compare(&back, &usual().0).class, Class::Auto);
}

#[test]
fn what_an_agent_may_itself_is_compared_by_what_it_means() {
    for (from, to) in [
        ("money = \"0.50 USD\"", "money = \"5 USD\""),
        ("money = \"0.50 USD\"\n", ""),
        ("\"crm.query\" = 5", "\"crm.query\" = 6"),
        ("calls = { \"crm.query\" = 5 }\n", ""),
        ("from-effect = \"write\"", "from-effect = \"destructive\""),
        ("from-effect = \"write\"", "from-effect = \"none\""),
        ("then = \"ask\"", "then = \"allow\""),
        (
            "[[approvals.rule]]\ntool = \"mail.*\"\nthen = \"ask\"\n",
            "",
        ),
        ("model = \"main\"", "model = \"large\""),
        ("model = \"main\"", "model = \"main\"\nmax-tokens = 9000"),
        ("tools = [\"query\"]", "tools = [\"query\", \"edit\"]"),
        ("tools = [\"query\"]", "tools = [\"*\"]"),
        ("[budget]", "[memory]\nnotes = true\n[budget]"),
        ("[budget]", "[limits]\nparallel = 9\n[budget]"),
        ("[budget]", "[taint]\nfrom-effect = \"none\"\n[budget]"),
        ("[budget]", "[taint]\ntrusted = [\"crm\"]\n[budget]"),
        ("[budget]", "[triggers.daily]\nat = \"09:00\"\n[budget]"),
    ] {
        let change = changed(from, to);
        assert_eq!(change.class, Class::Reconsent, "{to}: {change:?}");
    }
    for (from, to) in [
        ("money = \"0.50 USD\"", "money = \"0.05 USD\""),
        ("money = \"0.50 USD\"", "money = \"0.50 USD\"\nsteps = 9"),
        ("\"crm.query\" = 5", "\"crm.query\" = 4"),
        ("from-effect = \"write\"", "from-effect = \"read\""),
        (
            "then = \"ask\"",
            "then = \"deny\"\n[[approvals.rule]]\ntool = \"mail.*\"\nthen = \"ask\"",
        ),
        ("tools = [\"*\"]", "tools = []"),
        ("[budget]", "[limits]\nparallel = 2\n[budget]"),
        ("# What a person reads.\n", ""),
    ] {
        let change = changed(from, to);
        assert_eq!(change.class, Class::Auto, "{to}: {change:?}");
        assert!(!change.why.is_empty(), "{to}");
    }
}

#[test]
fn a_step_that_asks_a_person_no_more_is_asked_about() {
    let chain = "[chain]\nname = \"a\"\nversion = \"1.0.0\"\n[[step]]\nname = \"sure\"\napproval = \"Sure?\"\n\
                 [[step]]\nname = \"x\"\nvalue = 1\n";
    let old = made(chain, WORDS, &[]).0;
    let class = |from: &str, to: &str| {
        assert!(chain.contains(from));
        compare(&old, &made(&chain.replace(from, to), WORDS, &[]).0).class
    };
    assert_eq!(
        class("approval = \"Sure?\"", "value = true"),
        Class::Reconsent
    );
    assert_eq!(
        class(
            "approval = \"Sure?\"",
            "approval = \"Sure?\"\nwhen = \"false\""
        ),
        Class::Reconsent
    );
    assert_eq!(class("Sure?", "Really?"), Class::ReviewText);
    assert_eq!(class("value = 1", "value = 2"), Class::ReviewText);
}

#[test]
fn no_sentence_of_the_agent_is_about_what_its_skills_reach() {
    let said: String = sentences(&usual().0.package)
        .into_iter()
        .map(|(about, words)| format!("{about}: {words}\n"))
        .collect();
    assert!(
        said.contains("$0.50") && said.contains("5 calls of crm.query"),
        "{said}"
    );
    assert!(said.contains("asks somebody: mail.*"), "{said}");
    assert!(!said.contains("example"), "{said}");
    let record = Record::of(&usual().0);
    let apart: Vec<_> = record.skills.keys().map(String::as_str).collect();
    assert_eq!(apart, ["crm", "mail"]);
    assert_ne!(record.skills["crm"], record.skills["mail"]);
}

/// The market shows nothing of a void version: what is not kept here is nothing that could be narrower.
#[test]
fn what_nobody_can_show_any_more_is_consented_to_anew() {
    let (old, _) = usual();
    let lost: Name = "crm".parse().unwrap();
    let mut kept = old.skills().clone();
    kept.remove(&lost);
    let package = old.package.clone();
    Bundle::new(package.clone(), kept.clone()).unwrap_err();
    let unshown = [(lost, "void: its key was stolen".to_owned())].into();
    let old = Bundle::remembered(package, kept, unshown).unwrap();
    let skills = [("crm", crm("1.0.1", READS)), ("mail", mail())];
    let (new, _) = made(
        &REVIEW.replace("\"1.0.0\"\ndesc", "\"1.0.1\"\ndesc"),
        WORDS,
        &skills,
    );
    let change = compare(&old, &new);
    assert_eq!(change.class, Class::Reconsent, "{change:?}");
    let why = &change.why[0];
    assert_eq!(why.skill.as_deref(), Some("crm"));
    assert!(why.words.contains("its key was stolen"), "{why:?}");
    assert!(
        why.diff.iter().any(|line| line.starts_with("+ http")),
        "{why:?}"
    );
    // The same, known, asks nobody.
    assert_eq!(compare(&usual().0, &new).class, Class::Auto);
    let all = compare_unshown(&"1.0.0".parse().unwrap(), "void", &new);
    assert_eq!(all.class, Class::Reconsent);
    assert_eq!(all.why.len(), 3, "{all:?}");
}
