//! The folders `metier new` writes, embedded: `sdk/LANG/template` and the contract in `wit`.
//!
//! The list is made by the build script, as for the error pages, rather than by a crate: a template that is not there is an
//! empty list instead of a build that fails, what tools leave in a template (`target`, `node_modules`) is left out, and there
//! is one dependency less.
//!
//! In contents, `{{name}}`, `{{name_snake}}`, `{{NamePascal}}` and `{{namespace}}` stand for the skill's names. A file
//! called `gitignore` becomes `.gitignore`: under its own name it would speak in this repository. In `Cargo.lock` the skill
//! takes its place in the order of names, which is what cargo expects with `--locked`.

use std::collections::BTreeMap;

use metier_core::ids::SkillName;

/// One embedded file: the folder below `sdk`, its path in the template, its bytes.
type Embedded = (&'static str, &'static str, &'static [u8]);

// `TEMPLATES: &[Embedded]` and `CONTRACT: &[(path, bytes)]`.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// What stands in a template for the names of the skill.
const NAME: &str = "{{name}}";
const SNAKE: &str = "{{name_snake}}";
const PASCAL: &str = "{{NamePascal}}";
const NAMESPACE: &str = "{{namespace}}";

/// Cargo's lock file, and what its packages begin with.
const LOCK: &str = "Cargo.lock";
const LOCKED: &str = "\n[[package]]\n";

/// Every file of a new skill by its path; nothing when this version has no template for the language.
pub fn files(language: &str, name: &SkillName) -> Option<BTreeMap<String, Vec<u8>>> {
    let of_language = TEMPLATES.iter().filter(|(folder, ..)| *folder == language);
    let mut files: BTreeMap<String, Vec<u8>> = of_language
        .map(|(_, path, bytes)| (real_path(path), filled(bytes, name)))
        .collect();
    if files.is_empty() {
        return None;
    }
    if let Some(lock) = files.remove(LOCK) {
        files.extend(locked(&lock, name.short()).map(|lock| (LOCK.to_owned(), lock)));
    }
    let contract = CONTRACT.iter();
    files.extend(contract.map(|(path, bytes)| (format!("wit/deps/{path}"), bytes.to_vec())));
    Some(files)
}

fn real_path(path: &str) -> String {
    match path.strip_suffix("gitignore") {
        Some(folder) if folder.is_empty() || folder.ends_with('/') => format!("{folder}.gitignore"),
        _ => path.to_owned(),
    }
}

/// Text with its placeholders filled; other bytes as they are.
fn filled(bytes: &[u8], name: &SkillName) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return bytes.to_vec();
    };
    text.replace(NAME, name.short())
        .replace(SNAKE, &name.short().replace('-', "_"))
        .replace(PASCAL, &pascal(name.short()))
        .replace(NAMESPACE, name.namespace())
        .into_bytes()
}

/// The lock file in cargo's order. Nothing for a skill that is called as one of its dependencies is: cargo writes that file in
/// another way, and does so by itself.
fn locked(lock: &[u8], own: &str) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(lock).ok()?;
    let mut parts = text.trim_end().split(LOCKED).map(str::trim_end);
    let head = parts.next()?;
    let mut packages: Vec<&str> = parts.collect();
    // Each begins with its name, and a quotation mark stands before whatever a name has.
    packages.sort_unstable();
    let own = format!("name = \"{own}\"\n");
    let alike = packages.iter().filter(|package| package.starts_with(&own));
    let unlike = alike.count() == 1;
    let whole: String = packages
        .iter()
        .map(|package| format!("\n{LOCKED}{package}"))
        .collect();
    unlike.then(|| format!("{head}{whole}\n").into_bytes())
}

/// `find-a-slot` → `FindASlot`
fn pascal(kebab: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    kebab.split('-').map(word).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{TEMPLATES, files, filled, pascal, real_path};

    #[test]
    fn names_are_filled_in_and_other_bytes_kept() {
        let name = "com.acme/find-a-slot".parse().unwrap();
        let text = b"{{name}} {{name_snake}} {{NamePascal}} {{namespace}} {{other}}";
        let text = String::from_utf8(filled(text, &name)).unwrap();
        assert_eq!(text, "find-a-slot find_a_slot FindASlot com.acme {{other}}");
        assert_eq!(filled(b"\xff{{name}}", &name), b"\xff{{name}}");
        assert_eq!(pascal("x"), "X");
        assert_eq!(real_path("gitignore"), ".gitignore");
        assert_eq!(real_path("src/gitignore"), "src/.gitignore");
        assert_eq!(real_path("src/notgitignore"), "src/notgitignore");
    }

    /// As cargo reads it: `metier build` gives `--locked`, and a test in `tests/all` does so.
    #[test]
    fn a_skill_has_its_place_in_the_lock_file() {
        let lock = |name: &str| {
            let files = files("rust", &name.parse().unwrap()).unwrap();
            let lock = files.get("Cargo.lock")?.clone();
            Some(String::from_utf8(lock).unwrap())
        };
        let plain = include_str!("../../../sdk/rust/template/Cargo.lock");
        for name in ["a", "weather", "hash", "hashbrown-x", "zzz"] {
            let made = lock(&format!("com.example/{name}")).unwrap();
            let names: Vec<&str> = made
                .lines()
                .filter_map(|line| line.strip_prefix("name = "))
                .collect();
            let own = format!("\"{name}\"");
            assert!(
                names.contains(&own.as_str())
                    && names.is_sorted_by_key(|name| name.trim_matches('"')),
                "{names:?}"
            );
            let sorted = |text: &str| {
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            };
            assert_eq!(sorted(&made), sorted(&plain.replace("{{name}}", name)));
        }
        assert_eq!(lock("com.example/hashbrown"), None);
    }

    #[test]
    fn a_template_comes_with_the_contract_and_nothing_tools_left() {
        let made = files("rust", &"com.example/weather".parse().unwrap()).unwrap();
        for path in [
            "skill.toml",
            "SKILL.md",
            "wit/world.wit",
            "wit/deps/skill.wit",
            "wit/deps/http.wit",
            ".gitignore",
        ] {
            assert!(made.contains_key(path), "{path}: {:?}", made.keys());
        }
        assert_eq!(
            files("cobol", &"com.example/weather".parse().unwrap()),
            None
        );
        let left = ["target/", "node_modules/", "dist/", "wit/deps/"];
        for (folder, path, _) in TEMPLATES {
            assert!(
                !left.iter().any(|left| path.starts_with(left)),
                "{folder}: {path}"
            );
        }
    }
}
