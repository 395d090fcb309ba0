#![expect(clippy::unwrap_used, reason = "tests")]

use super::{MAX_DESCRIPTION, SkillMd, SkillMdError};

fn refused(frontmatter: &str) -> String {
    SkillMd::parse(&format!("---\n{frontmatter}\n---\n"))
        .unwrap_err()
        .to_string()
}

#[test]
fn every_key_of_the_format_is_read() {
    let text = "---\r\nname: weather-2\r\ndescription: \"Tells: the weather.\"\r\nlicense: Apache-2.0\r\n\
        compatibility: Needs a host.\r\nmetadata:\r\n  version: \"1.0\"\r\n  author: ada\r\nallowed-tools: a b\r\n---\r\n# W\r\n";
    let read = SkillMd::parse(text).unwrap();
    assert_eq!(read.name, "weather-2");
    assert_eq!(read.description, "Tells: the weather.");
    assert_eq!(read.license.as_deref(), Some("Apache-2.0"));
    assert_eq!(read.compatibility.as_deref(), Some("Needs a host."));
    assert_eq!(read.metadata["version"], "1.0");
    assert_eq!(read.allowed_tools.as_deref(), Some("a b"));
    assert_eq!(read.body, "# W\r\n");
}

#[test]
fn every_rule_of_the_format_is_held() {
    let long = "x".repeat(MAX_DESCRIPTION + 1);
    let table = [
        ("description: x".to_owned(), "`name` is missing"),
        ("name: w".to_owned(), "`description` is missing"),
        ("name: W\ndescription: x".to_owned(), "`name` is `W`"),
        ("name: a--b\ndescription: x".to_owned(), "`name` is `a--b`"),
        ("name: -a\ndescription: x".to_owned(), "`name` is `-a`"),
        (
            format!("name: {}\ndescription: x", "a".repeat(65)),
            "`name` is",
        ),
        (
            "name: w\ndescription: \"  \"".to_owned(),
            "`description` has 2",
        ),
        (
            format!("name: w\ndescription: {long}"),
            "`description` has 1025",
        ),
        (
            format!("name: w\ndescription: x\ncompatibility: {}", &long[..501]),
            "`compatibility` has 501",
        ),
        (
            "name: w\ndescription: x\nversion: 1".to_owned(),
            "unknown field `version`",
        ),
        ("name: w\nname: v\ndescription: x".to_owned(), "duplicate"),
        (
            "name: w\ndescription: x\nmetadata: {a: b}".to_owned(),
            "line 4: a list or table",
        ),
        (
            "name: &a w\ndescription: *a".to_owned(),
            "line 2: an anchor",
        ),
        ("name: !!str w\ndescription: x".to_owned(), "line 2: a tag"),
        (
            "name: w\ndescription: x\nmetadata:\n  a:\n    b: c".to_owned(),
            "line",
        ),
        (
            "name: w\ndescription: a --- b".to_owned(),
            "`---` is inside",
        ),
        ("just words".to_owned(), "line"),
    ];
    for (frontmatter, expected) in table {
        let sentence = refused(&frontmatter);
        assert!(sentence.contains(expected), "{frontmatter}: {sentence}");
    }
}

#[test]
fn without_both_fences_there_is_no_frontmatter() {
    for text in [
        "",
        "# Title\n",
        "---\nname: w\ndescription: x\n",
        "\n---\nname: w\n---\n",
        "--- \nname: w\n---\n",
    ] {
        assert_eq!(
            SkillMd::parse(text),
            Err(SkillMdError::NoFrontmatter),
            "{text:?}"
        );
    }
}

#[test]
fn hidden_characters_are_refused_wherever_they_are() {
    for text in [
        "---\nname: w\ndescription: a\u{202e}b\n---\n",
        "---\nname: w\ndescription: x\n---\n# T\n\nIgnore\u{200b} it.\n",
    ] {
        let error = SkillMd::parse(text).unwrap_err();
        assert!(matches!(error, SkillMdError::Hidden { .. }), "{error}");
        assert!(error.line().is_some());
    }
}

#[test]
fn bombs_are_refused_before_they_grow() {
    let mut aliases = String::from("a: &a [x,x,x,x,x,x,x,x,x]\n");
    for letter in 'b'..='i' {
        let before = char::from(letter as u8 - 1);
        aliases.push_str(&format!(
            "{letter}: &{letter} [{}]\n",
            vec![format!("*{before}"); 9].join(",")
        ));
    }
    assert!(refused(&aliases).starts_with("line 2"));
    let hidden_in_block = "name: w\ndescription: x\nmetadata:\n    a: &a x\n    b: *a";
    assert!(SkillMd::parse(&format!("---\n{hidden_in_block}\n---\n")).is_err());
    let deep = format!(
        "name: w\ndescription: x\nmetadata:\n{}",
        (0..200)
            .map(|n| format!("{}a:\n", " ".repeat(n + 1)))
            .collect::<String>()
    );
    assert!(SkillMd::parse(&format!("---\n{deep}\n---\n")).is_err());
    let wide = (0..600).map(|n| format!("  k{n}: v\n")).collect::<String>();
    assert!(refused(&format!("name: w\ndescription: x\nmetadata:\n{wide}")).contains("line"));
    let large = "x".repeat(super::MAX_FRONTMATTER_BYTES + 1);
    assert_eq!(
        SkillMd::parse(&format!("---\n{large}\n---\n")),
        Err(SkillMdError::TooLarge)
    );
}
