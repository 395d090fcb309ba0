//! Documents name files and commands that exist.

use std::process::Command;

use crate::tree;

/// The targets of `[text](target)` in a Markdown file.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
}

#[test]
fn every_relative_link_leads_to_a_file() {
    for file in tree::files("md") {
        let folder = tree::root().join(&file).parent().unwrap().to_owned();
        let text = tree::read(&file);
        for link in links(&text) {
            let path = link.split('#').next().unwrap();
            if path.is_empty() || link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            assert!(
                folder.join(path).exists(),
                "{file} links to {link}, which is not there"
            );
        }
    }
}

#[test]
fn every_xtask_command_the_documents_name_exists() {
    let help = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("--help")
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let exists = |command: &str| {
        help.lines()
            .any(|line| line.trim_start().split(' ').next() == Some(command))
    };
    assert!(exists("check"), "{help}");
    let ci = tree::read(".ci/run");
    let documents = tree::files("md").into_iter().map(|file| tree::read(&file));
    for text in documents.chain([ci]) {
        for rest in text.split("cargo xtask ").skip(1) {
            let command = rest
                .split(|c: char| !(c.is_ascii_lowercase() || c == '-'))
                .next()
                .unwrap();
            assert!(
                command.is_empty() || exists(command),
                "there is no `cargo xtask {command}`"
            );
        }
    }
}

/// What a newcomer, an automatic build and a release need first.
#[test]
fn the_frame_of_the_repository_is_there() {
    assert!(tree::read("CHANGELOG.md").contains("## [Unreleased]"));
    assert!(tree::read("LICENSE").contains("Apache License"));
    let ci = tree::read(".ci/run");
    let order = [
        "cargo xtask check",
        "cargo xtask test",
        "cargo xtask interop",
    ];
    let positions = order.map(|command| ci.find(command).unwrap());
    assert!(positions.is_sorted(), "{ci}");
}

/// The README shows only what the demo runs, and the demo fails when it does not go as told.
#[test]
fn every_command_line_the_readme_shows_is_a_scene_of_the_demo() {
    let demo: String = tree::files("rs")
        .into_iter()
        .filter(|file| file.starts_with("xtask/src/demo/"))
        .map(|file| tree::read(&file))
        .collect();
    let readme = tree::read("README.md");
    let shown: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("$ metier "))
        .collect();
    assert!(shown.len() >= 4, "the README shows {shown:?}");
    for line in shown {
        for word in line.split([' ', '\'']).filter(|word| !word.is_empty()) {
            assert!(
                demo.contains(word),
                "README.md: `{word}` of `metier {line}` is in no scene of the demo"
            );
        }
    }
}
