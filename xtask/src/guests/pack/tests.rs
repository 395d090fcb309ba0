#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::up_to_date;

/// Writes a file that looks `age` seconds old.
fn write(path: &Path, age: u64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let then = SystemTime::now() - Duration::from_secs(age);
    let file = File::create(path).unwrap();
    file.set_times(FileTimes::new().set_modified(then)).unwrap();
}

#[test]
fn a_skill_is_packed_again_when_anything_it_is_made_of_is_younger() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let inputs = [at("skill.toml"), at("wit")];
    write(&at("skill.toml"), 50);
    write(&at("wit/deps/a.wit"), 50);
    let wit_folders_age = 50;
    for folder in ["wit/deps", "wit"] {
        let then = SystemTime::now() - Duration::from_secs(wit_folders_age);
        let folder = File::open(at(folder)).unwrap();
        folder
            .set_times(FileTimes::new().set_modified(then))
            .unwrap();
    }

    assert!(
        !up_to_date(&at("out.wasm"), &inputs).unwrap(),
        "no output yet"
    );
    write(&at("out.wasm"), 20);
    assert!(up_to_date(&at("out.wasm"), &inputs).unwrap());
    write(&at("wit/deps/a.wit"), 10);
    assert!(
        !up_to_date(&at("out.wasm"), &inputs).unwrap(),
        "a file deep in a folder"
    );
}

#[test]
fn a_missing_input_is_an_error_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.wasm");
    write(&out, 0);
    let error = up_to_date(&out, &[dir.path().join("gone.wasm")]).unwrap_err();
    assert!(error.to_string().contains("gone.wasm"), "{error}");
}
