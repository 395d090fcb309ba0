//! The file: one spelling, no path out, nothing unpinned.

use std::collections::BTreeMap;

use metier_core::{Digest, canonical};
use serde_json::{Value, json};

use super::{
    super::{Bundle, Package, PackageError, pinned},
    *,
};

/// The package with something else in it, written as packages are.
fn with(change: impl FnOnce(&mut Value)) -> Result<Package, PackageError> {
    let mut value: Value = serde_json::from_slice(&usual().1).unwrap();
    change(&mut value);
    Package::of_file(canonical::text(&value).as_bytes())
}

fn with_text(change: impl FnOnce(&str) -> String) -> Result<Package, PackageError> {
    with(|value| {
        let text = change(value["text"].as_str().unwrap());
        value["text"] = text.into();
    })
}

#[test]
fn the_same_agent_has_the_same_bytes_and_its_author_text_stays() {
    let (bundle, bytes) = usual();
    let package = &bundle.package;
    assert_eq!(usual().1, bytes);
    assert_eq!(*package.digest(), Digest::of(&bytes));
    assert_eq!(package.name().as_str(), "com.acme/account-review");
    assert!(package.text().starts_with("# What a person reads."));
    assert_eq!(package.pins()[&name("crm")], pin(&crm("1.0.0", READS)));
    assert!(!package.text().contains("../skills"));
    let spaced = [b" ", bytes.as_slice()].concat();
    assert_eq!(Package::of_file(&spaced), Err(PackageError::Spelling));
    let twice = String::from_utf8(bytes)
        .unwrap()
        .replace("\"v\":1", "\"v\":1,\"v\":1");
    assert!(Package::of_file(twice.as_bytes()).is_err());
}

#[test]
fn no_file_is_smuggled_out_of_its_folder() {
    for path in [
        "../review.md",
        "/root/review.md",
        "a/../../review.md",
        "..\\review.md",
        "recorded/account-review/0.json",
        "routes.toml",
        "crm.grant.toml",
        ".ssh/known.md",
    ] {
        // Both as a file that is read, and as one that only lies there.
        let read = with(|value| {
            value["files"] = json!({path: WORDS});
            let text = value["text"].as_str().unwrap();
            let path = path.replace('\\', "\\\\");
            value["text"] = text.replace("\"review.md\"", &format!("\"{path}\"")).into();
        });
        assert!(
            matches!(read, Err(PackageError::Path { .. })),
            "{path}: {read:?}"
        );
        let beside = with(|value| value["files"][path] = "x".into());
        assert!(matches!(beside, Err(PackageError::Path { .. })), "{path}");
    }
    let unread = with(|value| value["files"]["more.md"] = "x".into());
    assert_eq!(unread, Err(PackageError::Unread("more.md".into())));
    let missing = with(|value| value["files"] = json!({}));
    assert!(matches!(missing, Err(PackageError::Definition(_))));
}

#[test]
fn skills_and_grants_lie_where_an_install_puts_them() {
    for (from, to) in [
        ("file = \"crm.wasm\"", "file = \"../../crm.wasm\""),
        ("file = \"crm.wasm\"", "file = \"mail.wasm\""),
        ("grant = \"crm.grant.toml\"", "grant = \"/etc/wide.toml\""),
        ("grant = \"crm.grant.toml\"", "grant = \"mail.grant.toml\""),
        ("grant = \"crm.grant.toml\"\n", ""),
    ] {
        let changed = with_text(|text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        assert!(
            matches!(changed, Err(PackageError::Elsewhere { .. })),
            "{to}: {changed:?}"
        );
    }
}

#[test]
fn a_skill_that_is_not_pinned_whole_is_refused() {
    let digest = format!("digest = \"{}\"\n", crm("1.0.0", READS).component());
    for (from, to) in [
        (digest.as_str(), ""),
        ("version = \"=1.0.0\"", "version = \"^1.0.0\""),
        ("version = \"=1.0.0\"", "version = \"=1.0\""),
        ("version = \"=1.0.0\"", "version = \"=1.0.0, <2\""),
        ("name = \"com.acme/salesforce\"\n", ""),
    ] {
        let changed = with_text(|text| {
            assert!(text.contains(from), "{text}");
            text.replace(from, to)
        });
        assert!(
            matches!(changed, Err(PackageError::Unpinned { .. })),
            "{to}: {changed:?}"
        );
    }
    let nobodys = with_text(|text| text.replace("namespace = \"com.acme\"\n", ""));
    assert_eq!(nobodys, Err(PackageError::Nobodys));
    let version =
        with_text(|text| text.replace("version = \"1.0.0\"\ndesc", "version = \"new\"\ndesc"));
    assert!(
        matches!(version, Err(PackageError::Version { .. })),
        "{version:?}"
    );
    let none = pinned(REVIEW, "com.acme", &[(name("jira"), pin(&mail()))].into());
    assert_eq!(none, Err(PackageError::NoSkill("jira".into())));
}

#[test]
fn a_skill_in_place_of_the_pinned_one_is_refused() {
    let (bundle, _) = usual();
    let other = crm("1.0.0", SENDS);
    let skills: BTreeMap<_, _> = [(name("crm"), other), (name("mail"), mail())].into();
    let wrong = Bundle::new(bundle.package.clone(), skills).unwrap_err();
    assert_eq!(wrong.alias, "crm");
    assert!(Bundle::new(bundle.package, BTreeMap::new()).is_err());
}
