//! "Write a skill" in the README: every command of it, as it stands there.

use std::{env, fs, path::Path};

use crate::authoring::with_cargo;
use crate::sandbox::{Ran, Sandbox};

/// Lines the section may have.
const MOST_LINES: usize = 25;

#[test]
fn the_readme_writes_a_skill() {
    let section = section("## Write a skill");
    assert!(section.lines().count() <= MOST_LINES);
    let sandbox = Sandbox::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let petstore = fs::read(root.join("tests/corpus/openapi/petstore-v3.yaml")).unwrap();
    let mut ran = Vec::new();
    for block in section.split("```sh\n").skip(1) {
        let mut place = sandbox.path("");
        fs::write(place.join("petstore.yaml"), &petstore).unwrap();
        for line in block.split("```").next().unwrap().lines() {
            let words: Vec<&str> = line
                .split(" #")
                .next()
                .unwrap()
                .split_whitespace()
                .collect();
            match words.as_slice() {
                ["cd", folder] => place = place.join(folder),
                ["metier", words @ ..] => {
                    let mut command = sandbox.command(words);
                    let ended = Ran::of(&with_cargo(command.current_dir(&place)).output().unwrap());
                    assert_eq!(ended.code, 0, "{line}: {}", ended.stderr);
                    ran.push((words[0].to_owned(), ended.stdout));
                }
                words => assert!(words.is_empty(), "`{line}` is no command this test can run"),
            }
        }
    }
    let said = |command: &str| &ran.iter().find(|(name, _)| name == command).unwrap().1;
    assert_eq!(said("call"), "Hello, Ada!\n");
    let passed = said("test").lines().filter(|line| line.starts_with("ok"));
    assert_eq!(passed.count(), 2, "{}", said("test"));
    assert!(said("inspect").contains("findPets"), "{}", said("inspect"));
    assert_eq!(ran.len(), 7, "{ran:?}");
}

/// What stands below a heading of the README.
fn section(heading: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = fs::read_to_string(readme).unwrap();
    let (_, below) = text.split_once(heading).unwrap();
    below.split("\n## ").next().unwrap().to_owned()
}
