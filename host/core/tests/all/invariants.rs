//! What the crate promises never to do.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn core_depends_on_nothing_that_does_io_or_runs_things() {
    let manifest = fs::read_to_string(crate_root().join("Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let allowed = [
        "ipnet",
        "semver",
        "serde",
        "serde_json",
        "sha2",
        "strsim",
        "thiserror",
        "toml",
        "url",
    ];
    for name in manifest["dependencies"].as_table().unwrap().keys() {
        assert!(
            allowed.contains(&name.as_str()),
            "core may not depend on {name}"
        );
    }
}

#[test]
fn core_never_touches_files_network_environment_clock_or_threads() {
    let mut sources = Vec::new();
    collect(&crate_root().join("src"), &mut sources);
    assert!(sources.len() > 40);
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        for banned in [
            "std::fs",
            "std::env",
            "std::process",
            "std::thread",
            "std::io",
            "SystemTime",
            "Instant::now",
            "TcpStream",
            "UdpSocket",
            "async fn",
            "println!",
        ] {
            assert!(!text.contains(banned), "{} names {banned}", path.display());
        }
    }
}

fn collect(directory: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, into);
        } else {
            into.push(path);
        }
    }
}
