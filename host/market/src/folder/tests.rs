#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use metier_core::package::{MAX_RESOURCE_BYTES, MAX_RESOURCES};
use tempfile::TempDir;

use super::Folder;

const MANIFEST: &str = "[skill]\nname = \"com.example/weather\"\nversion = \"0.1.0\"\n";
const SKILL_MD: &str = "---\nname: weather\ndescription: Tells the weather.\n---\n";

fn folder() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("weather");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("skill.toml"), MANIFEST).unwrap();
    fs::write(folder.join("SKILL.md"), SKILL_MD).unwrap();
    (home, folder)
}

fn put(folder: &std::path::Path, path: &str, bytes: &[u8]) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn refused(folder: &std::path::Path) -> String {
    Folder::read(folder).unwrap_err().to_string()
}

#[test]
fn files_are_packed_under_the_paths_they_are_read_by() {
    let (_home, folder) = folder();
    for path in [
        "assets/fields.json",
        "references/a/b.md",
        "scripts/run.sh",
        "fixtures/zen.json",
        "resources/x.json",
        "resources/deep/y.json",
        "src/lib.rs",
        "target/big",
        "assets/.DS_Store",
    ] {
        put(&folder, path, path.as_bytes());
    }
    let read = Folder::read(&folder).unwrap();
    let paths: Vec<_> = read.resources.keys().map(String::as_str).collect();
    assert_eq!(
        paths,
        [
            "assets/fields.json",
            "deep/y.json",
            "fixtures/zen.json",
            "references/a/b.md",
            "scripts/run.sh",
            "x.json"
        ]
    );
    assert_eq!(read.resources["x.json"], b"resources/x.json");
    assert_eq!((read.wit, read.tools), (None, None));
}

#[test]
fn two_files_under_one_path_are_refused() {
    let (_home, folder) = folder();
    put(&folder, "assets/x.json", b"1");
    put(&folder, "resources/assets/x.json", b"2");
    assert!(refused(&folder).contains("`assets/x.json` and `resources/assets/x.json`"));
}

#[test]
fn links_are_refused_with_a_sentence() {
    for place in ["assets/link.json", "references", "SKILL.md", "skill.toml"] {
        let (home, folder) = folder();
        fs::write(home.path().join("secret"), SKILL_MD).unwrap();
        fs::create_dir(folder.join("assets")).unwrap();
        let _ = fs::remove_file(folder.join(place));
        symlink(home.path().join("secret"), folder.join(place)).unwrap();
        let sentence = refused(&folder);
        assert!(
            sentence.contains("is a symbolic link"),
            "{place}: {sentence}"
        );
    }
}

#[test]
fn the_three_names_are_one() {
    let (home, folder) = folder();
    put(
        &folder,
        "SKILL.md",
        SKILL_MD.replace("weather\n", "climate\n").as_bytes(),
    );
    assert!(refused(&folder).contains("the name in SKILL.md is `climate`"));
    put(&folder, "SKILL.md", SKILL_MD.as_bytes());
    let moved = home.path().join("wether");
    fs::rename(&folder, &moved).unwrap();
    assert!(refused(&moved).contains("the folder's name is `wether`"));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    let (_home, folder) = folder();
    put(&folder, "SKILL.md", b"# no frontmatter\n");
    assert!(refused(&folder).starts_with("SKILL.md is wrong: there is no frontmatter"));
    put(&folder, "SKILL.md", b"\xff");
    assert!(refused(&folder).contains("not UTF-8"));
    fs::remove_file(folder.join("SKILL.md")).unwrap();
    assert!(refused(&folder).ends_with("has no SKILL.md"));
    put(&folder, "skill.toml", b"nonsense");
    assert!(refused(&folder).starts_with("the manifest skill.toml is wrong"));
    put(&folder, "skill.toml", b"");
    assert!(refused(&folder).starts_with("the manifest skill.toml is wrong"));
}

#[test]
fn more_than_a_host_accepts_is_refused_here() {
    let (_home, folder) = folder();
    put(&folder, "assets/a\u{202e}b", b"");
    assert!(refused(&folder).contains("cannot be packed"));
    fs::remove_dir_all(folder.join("assets")).unwrap();
    for number in 0..=MAX_RESOURCES {
        put(&folder, &format!("assets/{number}"), b"");
    }
    assert!(refused(&folder).contains("512 files"));
    fs::remove_dir_all(folder.join("assets")).unwrap();
    put(&folder, "assets/a", &vec![0; MAX_RESOURCE_BYTES / 2]);
    put(&folder, "resources/b", &vec![0; MAX_RESOURCE_BYTES / 2 + 1]);
    assert!(refused(&folder).contains("16777216 bytes"));
    put(&folder, "assets/a", &vec![0; MAX_RESOURCE_BYTES + 1]);
    assert!(refused(&folder).contains("larger than"));
}
