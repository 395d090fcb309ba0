//! Guest components: those `cargo xtask guests` built, those written as text, and what is done to their bytes.

use std::path::{Path, PathBuf};

use metier_core::package::section;
use wasm_encoder::{ComponentSection, CustomSection};

/// Where `cargo xtask guests` leaves what it builds of `tests/guests`, below the target folder.
const BUILT: &str = "guests/guests/wasm32-wasip2/release";

/// The bytes of one component, with or without a manifest.
#[derive(Clone)]
pub struct Guest {
    bytes: Vec<u8>,
}

impl Guest {
    /// The package `guest-NAME` of `tests/guests` with the `skill.toml` beside it.
    pub fn named(name: &str) -> Guest {
        Guest::built(name).manifest(&Guest::manifest_of(name))
    }

    /// The text of the `skill.toml` of the package `guest-NAME`.
    pub fn manifest_of(name: &str) -> String {
        read_text(&sources().join(name).join("skill.toml"))
    }

    /// The package `guest-NAME` of `tests/guests` without a manifest.
    pub fn built(name: &str) -> Guest {
        let path = target().join(BUILT).join(format!("guest_{name}.wasm"));
        match std::fs::read(&path) {
            Ok(bytes) => Guest { bytes },
            Err(error) => panic!("{}: {error}; run `cargo xtask guests`", path.display()),
        }
    }

    /// The component written in `tests/guests/wat/NAME.wat`.
    pub fn wat(name: &str) -> Guest {
        Guest::text(&read_text(
            &sources().join("wat").join(format!("{name}.wat")),
        ))
    }

    /// A component, or module, written as text.
    pub fn text(text: &str) -> Guest {
        Guest {
            bytes: wat::parse_str(text).expect("the text is WebAssembly"),
        }
    }

    /// Any bytes at all.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Guest {
        Guest {
            bytes: bytes.into(),
        }
    }

    /// With this manifest.
    pub fn manifest(self, text: &str) -> Guest {
        self.section(section::MANIFEST, text.as_bytes())
    }

    /// With one more custom section.
    pub fn section(mut self, name: &str, data: &[u8]) -> Guest {
        CustomSection {
            name: name.into(),
            data: data.into(),
        }
        .append_to_component(&mut self.bytes);
        self
    }

    /// What a file of this skill would hold.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

/// The folder of the guests' sources.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../guests")
}

/// Cargo's target folder: the one this program was built into.
pub fn target() -> PathBuf {
    let program = std::env::current_exe().expect("a running program has a path");
    // A test is target/PROFILE/deps/TEST, a program target/PROFILE/PROGRAM.
    let deps = program
        .parent()
        .is_some_and(|folder| folder.ends_with("deps"));
    program
        .ancestors()
        .nth(if deps { 3 } else { 2 })
        .expect("cargo's folders")
        .to_owned()
}

fn read_text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
