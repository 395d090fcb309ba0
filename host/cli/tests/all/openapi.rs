//! `metier openapi`.

use std::fs;

use serde_json::Value;

use crate::sandbox::{Ran, Sandbox};

/// The pet store of OpenAPI 3.0.
const PETS: &str = include_str!("../../../../tests/corpus/openapi/petstore-v3.yaml");

/// Jira's, without a server anybody could call: `your-domain`.
const JIRA: &str = include_str!("../../../../tests/corpus/openapi/jira.json");

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("pets.yaml", PETS);
    sandbox.write("jira.json", JIRA);
    sandbox
}

fn made(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn the_operations_are_listed() {
    let ran = sandbox().metier(&["openapi", "pets.yaml", "--list"]);
    made(&ran);
    insta::assert_snapshot!("openapi-list", ran.stdout);
}

#[test]
fn a_description_becomes_a_skill_that_is_inspected_and_called() {
    let sandbox = sandbox();
    made(&sandbox.metier(&[
        "openapi",
        "pets.yaml",
        "--name",
        "pets",
        "--tools",
        "findPets,find pet by id",
    ]));
    let inspected = sandbox.metier(&["inspect", "pets/dist/pets.wasm"]);
    made(&inspected);
    for word in [
        "com.example/pets",
        "findPets",
        "find_pet_by_id",
        "petstore.swagger.io",
    ] {
        assert!(
            inspected.stdout.contains(word),
            "{word} in {}",
            inspected.stdout
        );
    }
    // Without a grant the request is refused, by the rule that is missing.
    sandbox.write(
        "grant.toml",
        "skill = \"com.example/pets\"\ntools = [\"*\"]\n",
    );
    let called = sandbox.metier(&[
        "call",
        "pets/dist/pets.wasm",
        "find_pet_by_id",
        "--id",
        "7",
        "--grant",
        "grant.toml",
    ]);
    assert!(
        called.stderr.contains("petstore.swagger.io"),
        "{}",
        called.stderr
    );
    assert_ne!(called.code, 0);
}

#[test]
fn a_folder_that_was_made_builds_again_to_the_same_bytes() {
    let sandbox = sandbox();
    made(&sandbox.metier(&["openapi", "pets.yaml", "--name", "pets"]));
    let first = fs::read(sandbox.path("pets/dist/pets.wasm")).unwrap();
    made(&sandbox.metier(&["build", "pets"]));
    assert_eq!(
        first,
        fs::read(sandbox.path("pets/dist/pets.wasm")).unwrap()
    );
    fs::create_dir(sandbox.path("elsewhere")).unwrap();
    made(&sandbox.metier(&[
        "openapi",
        "pets.yaml",
        "--name",
        "pets",
        "-o",
        "elsewhere/pets",
    ]));
    assert_eq!(
        first,
        fs::read(sandbox.path("elsewhere/pets/dist/pets.wasm")).unwrap()
    );
}

#[test]
fn a_selection_file_is_followed_and_its_mistakes_are_told_by_line() {
    let sandbox = sandbox();
    sandbox.write(
        "pick.toml",
        "name = \"com.acme/pets\"\n[tools.find-pets]\noperation = \"findPets\"\nfixed = { limit = 5 }\nkeep = [\"[].name\"]\n",
    );
    let ran = sandbox.metier(&[
        "openapi",
        "pets.yaml",
        "--select",
        "pick.toml",
        "--output",
        "json",
    ]);
    made(&ran);
    let told: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (&told["name"], &told["tools"]),
        (&"com.acme/pets".into(), &serde_json::json!(["find-pets"]))
    );
    sandbox.write(
        "pick.toml",
        "name = \"pets\"\n\n[tools.x]\noperation = \"findPet\"\n",
    );
    let ran = sandbox.metier(&[
        "openapi",
        "pets.yaml",
        "--select",
        "pick.toml",
        "-o",
        "other/pets",
    ]);
    assert!(
        ran.stderr.contains("ine 3") && ran.stderr.contains("`findPets`"),
        "{}",
        ran.stderr
    );
    assert!(!sandbox.path("other").exists());
}

#[test]
fn where_something_is_nothing_is_written() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.path("pets")).unwrap();
    sandbox.write("pets/mine.txt", "mine");
    let ran = sandbox.metier(&["openapi", "pets.yaml", "--name", "pets"]);
    assert!(
        ran.code != 0 && ran.stderr.contains("is there already"),
        "{}",
        ran.stderr
    );
    assert_eq!(fs::read_dir(sandbox.path("pets")).unwrap().count(), 1);
    let ran = sandbox.metier(&["openapi", "pets.yaml", "--name", "pets", "-o", "elsewhere"]);
    assert!(
        ran.code == 2 && ran.stderr.contains("ends in `pets`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_read_or_chosen_says_what_to_do() {
    let sandbox = sandbox();
    sandbox.write("bad.json", b"{\"openapi\": \"\xff\"}");
    sandbox.write(
        "relative.yaml",
        "openapi: 3.0.0\nservers: [{url: /v1}]\npaths: {/a: {get: {}}}\n",
    );
    for (words, told) in [
        (&["bad.json", "--list"][..], "not UTF-8"),
        (&["missing.json", "--list"], "does not exist"),
        (&["pets.yaml"], "--name"),
        (
            &["pets.yaml", "--name", "pets", "--tools", "findPest"],
            "did you mean `findPets`?",
        ),
        (&["pets.yaml", "--name", "Pets!"], "short name"),
        (&["relative.yaml", "--name", "x"], "--server"),
    ] {
        let mut all = vec!["openapi"];
        all.extend(words);
        let ran = sandbox.metier(&all);
        assert!(
            ran.code != 0 && ran.stderr.contains(told),
            "{words:?}: {}",
            ran.stderr
        );
    }
}

#[test]
fn an_address_that_is_the_operators_to_say_is_configuration() {
    let sandbox = sandbox();
    let ran = sandbox.metier(&[
        "openapi",
        "jira.json",
        "--name",
        "jira",
        "--tools",
        "getIssue,addComment",
    ]);
    made(&ran);
    assert!(
        ran.stderr.contains("[credentials.\"jira\"]"),
        "{}",
        ran.stderr
    );
    let manifest = fs::read_to_string(sandbox.path("jira/skill.toml")).unwrap();
    for line in [
        "host = \"*.atlassian.net\"",
        "keys = [\"base-url\"]",
        "credential = \"jira\"",
    ] {
        assert!(manifest.contains(line), "{line} in {manifest}");
    }
}
