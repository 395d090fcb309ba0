//! `metier pack`.

use std::fs;

use crate::sandbox::{Sandbox, files_below};

const PACK: [&str; 6] = [
    "pack",
    "bare.wasm",
    "--manifest",
    "skill.toml",
    "-o",
    "packed.wasm",
];

const SKILL_MD: &str =
    "---\nname: teaching\ndescription: Teaches.\n---\n\n# Teaching\n\nUse it to learn.\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("skill.toml", include_str!("guests/skill.toml"));
    sandbox.write("SKILL.md", SKILL_MD);
    fs::create_dir_all(sandbox.path("data/tables")).unwrap();
    sandbox.write("data/tables/one.csv", "a,b\n");
    sandbox
}

#[test]
fn what_is_packed_can_be_inspected_and_called_and_is_always_the_same() {
    let sandbox = sandbox();
    let more = ["--skill-md", "SKILL.md", "--resources", "data"];
    let first = sandbox.metier(&[&PACK[..], &more].concat());
    assert_eq!(first.code, 0, "{}", first.stderr);
    assert_eq!(
        sandbox.metier(&[&PACK[..], &more].concat()).stdout,
        first.stdout
    );
    let inspected = sandbox.metier(&["inspect", "packed.wasm"]);
    assert!(
        inspected.stdout.contains(first.stdout.trim_end()),
        "{}",
        inspected.stdout
    );
    assert!(
        inspected.stdout.contains("tables/one.csv"),
        "{}",
        inspected.stdout
    );
    let called = sandbox.metier(&["call", "packed.wasm", "add", "--a", "40", "--b", "2"]);
    assert_eq!(called.stdout, "42\n", "{}", called.stderr);
    let json = sandbox.metier(&[&PACK[..], &more, &["--output", "json"]].concat());
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&told["tools"], told["digest"].as_str()),
        (&7.into(), Some(first.stdout.trim_end()))
    );
}

#[test]
fn what_cannot_be_packed_leaves_what_was_there() {
    let sandbox = sandbox();
    sandbox.write("packed.wasm", "precious");
    let before = files_below(&sandbox.path("")).len();
    let manifest = include_str!("guests/skill.toml");
    for (text, exit) in [
        (manifest.replace("tools.add", "tools.addd"), 11),
        (manifest.replace("name =", "nam ="), 11),
    ] {
        sandbox.write("skill.toml", text);
        let ran = sandbox.metier(&PACK);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (exit, ""),
            "{}",
            ran.stderr
        );
        assert_eq!(
            fs::read_to_string(sandbox.path("packed.wasm")).unwrap(),
            "precious"
        );
    }
    sandbox.write("skill.toml", manifest);
    let nowhere = [
        "pack",
        "bare.wasm",
        "--manifest",
        "skill.toml",
        "-o",
        "no/such/folder.wasm",
    ];
    assert_eq!(sandbox.metier(&nowhere).code, 13);
    assert_eq!(
        sandbox
            .metier(&[
                "pack",
                "bare.wasm",
                "--manifest",
                "none.toml",
                "-o",
                "packed.wasm"
            ])
            .code,
        10
    );
    let twice = [
        "pack",
        "teaching.wasm",
        "--manifest",
        "skill.toml",
        "-o",
        "packed.wasm",
    ];
    assert_eq!(sandbox.metier(&twice).code, 11);
    let left: Vec<_> = files_below(&sandbox.path(""))
        .into_iter()
        .filter(|path| !path.starts_with(sandbox.path(".cache")))
        .collect();
    assert_eq!(left.len(), before, "{left:?}");
}

#[test]
fn the_words_are_held_to_the_rules_of_build() {
    let sandbox = sandbox();
    let manifest = include_str!("guests/skill.toml");
    let wrong = [
        ("SKILL.md", "# Teaching\n".to_owned(), "frontmatter"),
        ("SKILL.md", format!("{SKILL_MD}\u{202e}"), "U+202E"),
        (
            "skill.toml",
            format!("{manifest}# \u{200b}\n"),
            "manifest/hidden-characters",
        ),
    ];
    for (file, text, said) in wrong {
        sandbox.write("skill.toml", manifest);
        sandbox.write("SKILL.md", SKILL_MD);
        sandbox.write(file, text);
        let ran = sandbox.metier(&[&PACK[..], &["--skill-md", "SKILL.md"]].concat());
        assert_eq!((ran.code, ran.stdout.as_str()), (11, ""), "{file}");
        assert!(ran.stderr.contains(said), "{}", ran.stderr);
        assert!(!sandbox.path("packed.wasm").exists());
    }
}
