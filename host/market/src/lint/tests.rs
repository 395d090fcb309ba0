#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use metier_core::Manifest;
use metier_core::package::decode_tools;

use super::{Findings, RULES, Report, Subject, check, file, folder, markdown};

const MANIFEST: &str = r#"[skill]
name = "com.acme/weather"
version = "0.1.0"
description = "Tells the weather."
license = "Apache-2.0"

[tools.forecast]
effect = "read"

[[capabilities.http]]
host = "api.acme.com"
methods = ["GET"]
paths = ["/v1/forecast"]
"#;
const SKILL_MD: &str = "---\nname: weather\ndescription: Tells the weather.\n---\n\n# Weather\n";
const FIXTURE: &str = r#"{"tool": "forecast", "arguments": {}, "exchanges": [], "answer": "sun"}"#;
const TOOLS: &str = r##"[{"name": "forecast", "description": "Tell it.", "inputSchema": {"type": "object", "properties": {
    "place": {"type": "string", "description": "Where."}, "more": {"$ref": "#/$defs/more"}},
    "$defs": {"more": {"description": "More.", "type": "object", "properties": {"days": {"type": "integer", "description": "How many."}}}}}}]"##;

/// What a good folder gives, changed.
struct Case {
    manifest: String,
    skill_md: Option<String>,
    files: Vec<(&'static str, Vec<u8>)>,
    tools: String,
    imports: Vec<&'static str>,
}

fn good() -> Case {
    Case {
        manifest: MANIFEST.to_owned(),
        skill_md: Some(SKILL_MD.to_owned()),
        files: vec![("fixtures/forecast.json", FIXTURE.into())],
        tools: TOOLS.to_owned(),
        imports: vec!["metier:skill/fetch@0.1.0", "wasi:io/streams@0.2.12"],
    }
}

fn lint(case: Case) -> Report {
    let files = case.files.into_iter();
    let subject = Subject {
        folder_name: Some("weather".to_owned()),
        manifest: Manifest::parse(&case.manifest).ok(),
        manifest_text: Some(case.manifest),
        skill_md: case.skill_md,
        files: files
            .map(|(path, bytes)| (path.to_owned(), bytes))
            .collect(),
        tools: Some(decode_tools(case.tools.as_bytes()).unwrap()),
        imports: case.imports.into_iter().map(str::to_owned).collect(),
        license_file: false,
    };
    check(&subject, Findings::default())
}

type Change = fn(&mut Case);

/// One way to break each rule that is about contents.
const CASES: [(&str, Change); 27] = [
    ("component/unused-import", |case| {
        case.imports.push("wasi:sockets/tcp@0.2.12")
    }),
    ("fixture/invalid", |case| {
        case.files.push(("fixtures/x.json", b"{".to_vec()))
    }),
    ("fixture/invalid", |case| {
        let fixture = FIXTURE.replace("answer", "anwser");
        case.files.push(("fixtures/x.json", fixture.into()))
    }),
    ("fixture/invalid", |case| {
        case.files.push(("fixtures/notes.txt", FIXTURE.into()))
    }),
    ("fixture/invalid", |case| {
        case.files.push(("fixtures/x.json", b"\xff".to_vec()))
    }),
    ("fixture/none-for-tool", |case| case.files.clear()),
    ("fixture/secret", |case| {
        let fixture = FIXTURE.replace("{}", r#"{"cookie": "sid=81723"}"#);
        case.files.push(("fixtures/x.json", fixture.into()));
    }),
    ("fixture/secret", |case| {
        let file = b"key\nsk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n".to_vec();
        case.files.push(("fixtures/files/keys.csv", file));
        let fixture = FIXTURE.replace("{}", r#"{"artifact": "file:keys.csv"}"#);
        let fixture = fixture.replacen('{', r#"{"files": ["keys.csv"], "#, 1);
        case.files.push(("fixtures/x.json", fixture.into()));
    }),
    ("fixture/unread", |case| {
        case.files
            .push(("fixtures/files/a.xlsx", b"PK\x03\x04".to_vec()));
        let fixture = FIXTURE.replace("{}", r#"{"artifact": "file:a.xlsx"}"#);
        let fixture = fixture.replacen('{', r#"{"files": ["a.xlsx"], "#, 1);
        case.files.push(("fixtures/x.json", fixture.into()));
    }),
    ("fixture/unused-file", |case| {
        case.files.push(("fixtures/files/old.csv", b"a\n".to_vec()))
    }),
    ("license/missing", |case| {
        case.manifest = case.manifest.replace("license = \"Apache-2.0\"\n", "")
    }),
    ("manifest/example-name", |case| {
        case.manifest = case.manifest.replace("com.acme/", "com.example/")
    }),
    ("manifest/hidden-characters", |case| {
        case.manifest.push_str("# \u{202e}\n")
    }),
    ("manifest/no-description", |case| {
        case.manifest = case
            .manifest
            .replace("description = \"Tells the weather.\"\n", "");
    }),
    ("manifest/over-broad-http", |case| {
        case.manifest = case
            .manifest
            .replace("\"api.acme.com\"", "\"*.acme.com\"")
            .replace("/v1/forecast", "/**");
    }),
    ("manifest/over-broad-http", |case| {
        case.manifest = case
            .manifest
            .replace("\"GET\"", "\"GET\", \"DELETE\"")
            .replace("/v1/forecast", "/**");
    }),
    ("manifest/price-without-cap", |case| {
        case.manifest.push_str("[pricing]\nper-call = \"1 USD\"\n")
    }),
    ("resource/secret", |case| {
        case.files
            .push(("assets/k.pem", b"-----BEGIN PRIVATE KEY-----".to_vec()))
    }),
    ("resource/unread", |case| {
        case.files.push(("assets/t.pptx", b"PK\x03\x04".to_vec()))
    }),
    ("skill-md/frontmatter", |case| {
        case.skill_md = Some(SKILL_MD.replace("---\n\n", "version: 1\n---\n\n"))
    }),
    ("skill-md/hidden-characters", |case| {
        case.skill_md.as_mut().unwrap().push('\u{200b}')
    }),
    ("skill-md/missing", |case| case.skill_md = None),
    ("skill-md/name", |case| {
        case.skill_md = Some(SKILL_MD.replace("name: weather", "name: climate"))
    }),
    ("skill-md/too-long", |case| {
        case.skill_md
            .as_mut()
            .unwrap()
            .push_str(&"line\n".repeat(501))
    }),
    ("tool/field-no-description", |case| {
        case.tools = case.tools.replace(", \"description\": \"How many.\"", "")
    }),
    ("tool/hidden-characters", |case| {
        case.tools = case.tools.replace("How many.", "How\u{e0041} many.")
    }),
    ("tool/no-description", |case| {
        case.tools = case.tools.replace("Tell it.", " ")
    }),
];

#[test]
fn a_good_skill_has_nothing_to_mend() {
    assert_eq!(lint(good()).findings, []);
}

#[test]
fn each_rule_is_broken_by_its_example_and_by_nothing_else() {
    for (rule, change) in CASES {
        let mut case = good();
        change(&mut case);
        let found: BTreeSet<_> = lint(case)
            .findings
            .iter()
            .map(|finding| finding.rule)
            .collect();
        let expected = BTreeSet::from([rule]);
        assert_eq!(found, expected, "{rule}");
    }
    let mut long = good();
    long.tools = long.tools.replace("Tell it.", &"word ".repeat(500));
    assert_eq!(lint(long).findings[0].rule, "tool/long-description");
    let mut unlisted = good();
    unlisted.tools = unlisted.tools.replace("\"forecast\"", "\"other\"");
    assert_eq!(lint(unlisted).findings[0].rule, "tool/no-effect");
}

#[test]
fn a_folder_is_linted_as_it_is() {
    let home = tempfile::tempdir().unwrap();
    let place = home.path().join("weather");
    fs::create_dir_all(place.join("fixtures")).unwrap();
    let rules = |place: &Path| -> Vec<&str> {
        folder(place)
            .findings
            .iter()
            .map(|finding| finding.rule)
            .collect()
    };
    assert_eq!(rules(&place), ["skill-md/missing", "manifest/invalid"]);
    fs::write(place.join("skill.toml"), "nonsense").unwrap();
    assert!(rules(&place).contains(&"manifest/invalid"));
    fs::write(place.join("skill.toml"), MANIFEST).unwrap();
    fs::write(place.join("SKILL.md"), SKILL_MD).unwrap();
    fs::write(place.join("fixtures/forecast.json"), FIXTURE).unwrap();
    assert_eq!(rules(&place), [""; 0]);
    assert!(!folder(&place).saw_tools);
    std::os::unix::fs::symlink("/etc/passwd", place.join("fixtures/x")).unwrap();
    assert!(rules(&place).contains(&"folder/unpackable"));
}

/// An argument that contains itself is one argument, told once.
#[test]
fn a_recursive_argument_is_looked_at_once() {
    let tools = r##"[{"name": "forecast", "description": "Tell it.", "inputSchema": {"type": "object", "properties": {"root": {"$ref": "#/$defs/node"}},
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"},
            "other": {"type": "object", "properties": {"again": {"$ref": "#/$defs/node"}}}}}}}}]"##;
    let report = lint(Case {
        tools: tools.to_owned(),
        ..good()
    });
    let told = report.findings.iter();
    let told: Vec<_> = told
        .filter(|finding| finding.rule == "tool/field-no-description")
        .map(|finding| finding.message.as_str())
        .collect();
    assert_eq!(
        told,
        [
            "The argument `root.next` of `forecast` has no description.",
            "The argument `root.other.again` of `forecast` has no description.",
            "The argument `root.other` of `forecast` has no description.",
            "The argument `root` of `forecast` has no description.",
        ]
    );
}

#[test]
fn a_damaged_file_is_said_to_be() {
    let report = file(b"\0asm\x0d\0\x01\0\0\x7f");
    assert!(
        report
            .findings
            .iter()
            .any(|finding| finding.rule == "component/damaged")
    );
}

#[test]
fn every_rule_has_an_example_and_its_place_in_the_page() {
    let elsewhere = [
        "component/damaged",
        "folder/unpackable",
        "manifest/invalid",
        "tool/long-description",
        "tool/no-effect",
    ];
    let shown: BTreeSet<_> = CASES
        .iter()
        .map(|(rule, _)| *rule)
        .chain(elsewhere)
        .collect();
    let all: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    assert!(all.is_sorted());
    assert_eq!(shown, all.iter().copied().collect());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/lint.md");
    if std::env::var_os("METIER_UPDATE_DOCS").is_some() {
        fs::write(&path, markdown()).unwrap();
    }
    let page = fs::read_to_string(&path).unwrap();
    assert_eq!(
        page,
        markdown(),
        "docs/lint.md is stale: METIER_UPDATE_DOCS=1 cargo test --workspace --lib lint"
    );
}
