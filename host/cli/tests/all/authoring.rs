//! `metier new`, `build`, `unpack` and `lint`.

use std::{env, fs, path::Path, process::Command};

use crate::sandbox::{Ran, Sandbox, files_below};

const SKILL_MD: &str = "---\nname: teaching\ndescription: Teaches.\n---\n\n# Teaching\n";

/// A folder `teaching` with a component and no source: nothing is compiled.
fn folder(sandbox: &Sandbox) {
    for place in ["teaching/assets", "teaching/resources"] {
        fs::create_dir_all(sandbox.path(place)).unwrap();
    }
    let manifest = include_str!("guests/skill.toml");
    sandbox.write("teaching/skill.toml", manifest);
    sandbox.write("teaching/SKILL.md", SKILL_MD);
    sandbox.write("teaching/assets/one.csv", "a,b\n");
    sandbox.write("teaching/resources/two.csv", "c,d\n");
    let bare = wat::parse_str(include_str!("guests/teaching.wat")).unwrap();
    sandbox.write("teaching/component.wasm", bare);
}

fn left(sandbox: &Sandbox) -> usize {
    let cache = sandbox.path(".cache");
    let files = files_below(&sandbox.path(""));
    files
        .iter()
        .filter(|file| !file.starts_with(&cache))
        .count()
}

#[test]
fn a_folder_becomes_a_file_and_the_file_the_folder() {
    let sandbox = Sandbox::new();
    folder(&sandbox);
    let built = sandbox.metier(&["build", "teaching"]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    let inside = sandbox
        .command(&["build"])
        .current_dir(sandbox.path("teaching"))
        .output();
    assert_eq!(Ran::of(&inside.unwrap()).stdout, built.stdout);
    let skill = fs::read(sandbox.path("teaching/dist/teaching.wasm")).unwrap();
    fs::create_dir(sandbox.path("other")).unwrap();
    let unpacked = sandbox.metier(&[
        "unpack",
        "teaching/dist/teaching.wasm",
        "-o",
        "other/teaching",
    ]);
    assert_eq!(
        (unpacked.code, unpacked.stdout.as_str()),
        (0, "other/teaching\n"),
        "{}",
        unpacked.stderr
    );
    let again = sandbox.metier(&["build", "other/teaching", "-o", "again.wasm"]);
    assert_eq!(again.stdout, built.stdout, "{}", again.stderr);
    assert_eq!(fs::read(sandbox.path("again.wasm")).unwrap(), skill);
}

#[test]
fn a_component_that_was_built_elsewhere_gives_the_same_file() {
    let sandbox = Sandbox::new();
    folder(&sandbox);
    let built = sandbox.metier(&["build", "teaching", "-o", "built.wasm"]);
    assert_eq!(built.code, 0, "{}", built.stderr);
    fs::rename(
        sandbox.path("teaching/component.wasm"),
        sandbox.path("elsewhere.wasm"),
    )
    .unwrap();
    assert_eq!(sandbox.metier(&["build", "teaching"]).code, 11, "no source");
    let given = ["build", "teaching", "--component", "elsewhere.wasm"];
    let given = sandbox.metier(&[&given[..], &["-o", "given.wasm"]].concat());
    assert_eq!(given.stdout, built.stdout, "{}", given.stderr);
    let bytes = |file: &str| fs::read(sandbox.path(file)).unwrap();
    assert_eq!(bytes("given.wasm"), bytes("built.wasm"));
    let gone = ["build", "teaching", "--component", "gone.wasm"];
    assert_eq!(sandbox.metier(&gone).code, 10);
}

#[test]
fn what_is_there_is_never_written_over_by_new_or_unpack() {
    let sandbox = Sandbox::new();
    folder(&sandbox);
    assert_eq!(
        sandbox.metier(&["build", "teaching", "-o", "t.wasm"]).code,
        0
    );
    fs::create_dir(sandbox.path("weather")).unwrap();
    sandbox.write("weather/precious", "");
    let before = left(&sandbox);
    let unpack = sandbox.metier(&["unpack", "t.wasm"]);
    insta::assert_snapshot!("unpack-occupied", unpack.shown(&sandbox));
    let new = sandbox.metier(&["new", "weather", "--lang", "rust"]);
    insta::assert_snapshot!("new-occupied", new.shown(&sandbox));
    let named = sandbox.metier(&["unpack", "t.wasm", "-o", "wether"]);
    insta::assert_snapshot!("unpack-misnamed", named.shown(&sandbox));
    for (name, more) in [
        ("3d", &[][..]),
        ("World", &[]),
        ("world", &[]),
        ("a--b", &[]),
        ("../x", &[]),
        ("ok", &["--namespace", "acme"]),
    ] {
        let ran = sandbox.metier(&[&["new", name, "--lang", "rust"], more].concat());
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (2, ""),
            "{name}: {}",
            ran.stderr
        );
    }
    assert_eq!(left(&sandbox), before);
}

#[test]
fn a_folder_that_is_wrong_is_not_built() {
    let sandbox = Sandbox::new();
    let wrong: [(&str, &str, &str, i32); 4] = [
        ("skill-md", "SKILL.md", "# Teaching\n", 11),
        (
            "hidden",
            "SKILL.md",
            "---\nname: teaching\ndescription: a\u{202e}b\n---\n",
            11,
        ),
        ("two", "Cargo.toml", "", 11),
        ("manifest", "skill.toml", "nonsense", 11),
    ];
    for (name, file, text, exit) in wrong {
        folder(&sandbox);
        sandbox.write(&format!("teaching/{file}"), text);
        let ran = sandbox.metier(&["build", "teaching"]);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (exit, ""),
            "{}",
            ran.stderr
        );
        insta::assert_snapshot!(format!("build-{name}"), ran.shown(&sandbox));
        fs::remove_dir_all(sandbox.path("teaching")).unwrap();
    }
    folder(&sandbox);
    let hidden = include_str!("guests/skill.toml").to_owned() + "# \u{200b}\n";
    sandbox.write("teaching/skill.toml", hidden);
    let ran = sandbox.metier(&["build", "teaching"]);
    assert_eq!(ran.code, 11);
    assert!(
        ran.stderr.contains("manifest/hidden-characters"),
        "{}",
        ran.stderr
    );
    assert!(!sandbox.path("teaching/dist").exists());
}

#[test]
fn a_tool_that_is_not_there_is_named_with_what_installs_it() {
    let sandbox = Sandbox::new();
    sandbox.metier(&["new", "weather", "--lang", "rust"]);
    let ran = sandbox.metier(&["build", "weather"]);
    assert_eq!(ran.code, 10);
    insta::assert_snapshot!("build-no-cargo", ran.shown(&sandbox));
}

#[test]
fn lint_lists_rules_for_people_and_programs() {
    let sandbox = Sandbox::new();
    folder(&sandbox);
    let clean = sandbox.metier(&["lint", "teaching"]);
    assert_eq!(clean.code, 0, "{}", clean.stdout);
    sandbox.metier(&["build", "teaching", "-o", "t.wasm"]);
    sandbox.write("teaching/assets/key", "-----BEGIN PRIVATE KEY-----");
    let ran = sandbox.metier(&["lint", "teaching"]);
    assert_eq!(ran.code, 11);
    insta::assert_snapshot!("lint", ran.shown(&sandbox));
    let json = sandbox.metier(&["lint", "t.wasm", "--output", "json"]);
    let told: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&told["errors"], &told["tools-checked"]),
        (&0.into(), &true.into()),
        "{told}"
    );
    assert_eq!(sandbox.metier(&["lint", "."]).code, 11);
}

/// The machine's own cargo, and nothing else of its environment. What skills are made of is compiled once for all tests.
pub fn with_cargo(command: &mut Command) -> &mut Command {
    let home = env::var_os("HOME").unwrap_or_default();
    for (name, below) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let place = env::var_os(name).unwrap_or_else(|| Path::new(&home).join(below).into());
        command.env(name, place);
    }
    command.env(
        "CARGO_TARGET_DIR",
        concat!(env!("CARGO_TARGET_TMPDIR"), "/skills"),
    );
    command.env("PATH", env::var_os("PATH").unwrap_or_default())
}

/// Compiles a guest a second time from nothing, in folders of its own: the slowest test of this crate, and the only one that shows that a skill is the
/// same wherever it is built.
#[test]
fn a_new_rust_skill_builds_runs_and_is_the_same_in_another_place() {
    let sandbox = Sandbox::new();
    fs::create_dir_all(sandbox.path("elsewhere/deeper")).unwrap();
    let new = sandbox.metier(&["new", "weather", "--lang", "rust"]);
    insta::assert_snapshot!("new", new.shown(&sandbox));
    let build = |place: &Path, target: Option<&str>| {
        let mut command = sandbox.command(&["build", "weather"]);
        with_cargo(command.current_dir(place));
        if let Some(target) = target {
            command.env("CARGO_TARGET_DIR", place.join(target));
        }
        Ran::of(&command.output().unwrap())
    };
    let first = build(&sandbox.path(""), None);
    assert_eq!(first.code, 0, "{}", first.stderr);
    let called = sandbox.metier(&[
        "call",
        "weather/dist/weather.wasm",
        "greet",
        "--name",
        "Ada",
    ]);
    assert_eq!(called.stdout, "Hello, Ada!\n", "{}", called.stderr);
    let inspected = sandbox
        .metier(&["inspect", "weather/dist/weather.wasm"])
        .stdout;
    assert!(inspected.contains("Greet somebody."), "{inspected}");
    let lint = sandbox.metier(&["lint", "weather"]);
    assert_eq!(lint.code, 0, "{}", lint.stdout);
    let place = sandbox.path("elsewhere/deeper");
    let again = sandbox
        .command(&["new", "weather", "--lang", "rust"])
        .current_dir(&place)
        .output();
    assert!(again.unwrap().status.success());
    fs::copy(
        sandbox.path("weather/Cargo.lock"),
        place.join("weather/Cargo.lock"),
    )
    .unwrap();
    let second = build(&place, Some("compiled"));
    assert_eq!(second.stdout, first.stdout, "{}", second.stderr);
    assert!(second.stdout.starts_with("sha256:"));
}
