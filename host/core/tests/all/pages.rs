//! Each error code has its page, and each page its code.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use metier_core::{Code, Grant, Manifest};

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/errors")
}

#[test]
fn every_code_has_a_page_that_says_what_who_and_what_to_do() {
    for &code in Code::ALL {
        let path = directory().join(format!("{code}.md"));
        let page =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(
            page.starts_with(&format!("# `{code}`\n")),
            "{code}: the title is the code"
        );
        assert!(
            page.contains(&format!("Blame: **{}**", code.blame())),
            "{code}: the blame is {}",
            code.blame()
        );
        for heading in ["## What happened", "## What to do"] {
            assert!(page.contains(heading), "{code} lacks {heading}");
        }
        let lines = page.lines().filter(|line| !line.is_empty()).count();
        assert!(
            (6..=24).contains(&lines),
            "{code} has {lines} lines of text"
        );
    }
}

#[test]
fn the_index_lists_every_page() {
    let index = fs::read_to_string(directory().join("README.md")).unwrap();
    for code in Code::ALL {
        assert!(
            index.contains(&format!("[{code}]({code}.md)")),
            "docs/errors/README.md lacks {code}"
        );
    }
}

/// The TOML on a page is a whole section of a grant or a manifest, or it would mislead.
#[test]
fn every_example_on_a_page_is_accepted() {
    for &code in Code::ALL {
        let page = fs::read_to_string(directory().join(format!("{code}.md"))).unwrap();
        let Some((_, rest)) = page.split_once("```toml\n") else {
            continue;
        };
        let example = rest.split_once("```").unwrap().0;
        let as_grant = if example.starts_with("tools") {
            format!("skill = \"com.acme/x\"\n{example}")
        } else {
            format!("skill = \"com.acme/x\"\ntools = []\n{example}")
        };
        let as_manifest = format!("[skill]\nname = \"com.acme/x\"\nversion = \"0.1.0\"\n{example}");
        let accepted = if example.contains("[capabilities") || example.contains("[[capabilities") {
            Manifest::parse(&as_manifest).err()
        } else {
            Grant::parse(&as_grant).err()
        };
        assert_eq!(accepted, None, "{code}");
    }
}

#[test]
fn every_page_belongs_to_a_code() {
    let codes: BTreeSet<_> = Code::ALL.iter().map(|code| format!("{code}.md")).collect();
    for entry in fs::read_dir(directory()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || codes.contains(&name),
            "docs/errors/{name} belongs to no code"
        );
    }
}
