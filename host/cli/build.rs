//! Embeds what `metier` carries with it: the pages of `docs/errors`, the templates of `sdk` and the contract in `wit`.

use std::{
    env,
    error::Error,
    fs,
    path::{Path, PathBuf},
};

/// What tools leave in a template somebody built, and what comes from `wit` instead.
const LEFT_OUT: [&str; 7] = [
    "target",
    "node_modules",
    "dist",
    "build",
    "__pycache__",
    ".venv",
    "wit/deps",
];

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    let repository = Path::new(&env::var("CARGO_MANIFEST_DIR")?)
        .join("../..")
        .canonicalize()?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("pages.rs"), pages(&repository)?)?;
    fs::write(out.join("templates.rs"), templates(&repository)?)?;
    Ok(())
}

/// `PAGES: &[(code, text)]`
fn pages(repository: &Path) -> Result<String> {
    let mut entries = String::new();
    for (path, file) in below(&repository.join("docs/errors"))? {
        if let Some(code) = path.strip_suffix(".md").filter(|code| *code != "README") {
            entries.push_str(&format!("    ({code:?}, include_str!({file:?})),\n"));
        }
    }
    Ok(format!("static PAGES: &[(&str, &str)] = &[\n{entries}];\n"))
}

/// `TEMPLATES: &[(language, path, bytes)]` and `CONTRACT: &[(path, bytes)]`
fn templates(repository: &Path) -> Result<String> {
    let mut entries = String::new();
    let sdk = repository.join("sdk");
    println!("cargo::rerun-if-changed={}", sdk.display());
    let mut languages: Vec<_> = fs::read_dir(&sdk)?.collect::<std::result::Result<_, _>>()?;
    languages.sort_by_key(fs::DirEntry::file_name);
    for language in languages {
        let folder = language.path().join("template");
        if !folder.is_dir() {
            continue;
        }
        let name = language.file_name();
        for (path, file) in below(&folder)? {
            entries.push_str(&format!(
                "    ({:?}, {path:?}, include_bytes!({file:?})),\n",
                name.to_string_lossy()
            ));
        }
    }
    let wit = repository.join("wit");
    let skill = ("skill.wit".to_owned(), wit.join("skill.wit"));
    println!("cargo::rerun-if-changed={}", skill.1.display());
    let mut contract = String::new();
    for (path, file) in below(&wit.join("deps"))?.into_iter().chain([skill]) {
        contract.push_str(&format!("    ({path:?}, include_bytes!({file:?})),\n"));
    }
    Ok(format!(
        "static TEMPLATES: &[Embedded] = &[\n{entries}];\nstatic CONTRACT: &[(&str, &[u8])] = &[\n{contract}];\n"
    ))
}

/// The files below `folder` by relative path, sorted; cargo looks again when one changes.
fn below(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    let mut folders = vec![String::new()];
    while let Some(prefix) = folders.pop() {
        for entry in fs::read_dir(folder.join(&prefix))? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if LEFT_OUT.contains(&path.as_str()) {
                continue;
            }
            // Followed when it is a link: TypeScript shares the runtime files of JavaScript.
            if entry.path().is_dir() {
                folders.push(format!("{path}/"));
            } else {
                files.push((path, entry.path()));
            }
        }
    }
    files.sort();
    Ok(files)
}
