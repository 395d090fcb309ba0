//! `docs/cli.md` says what `--help` says.

use std::{env, fs, path::Path};

use crate::{help::COMMANDS, sandbox::Sandbox};

const BEGIN: &str =
    "<!-- generated: refresh with `METIER_UPDATE_DOCS=1 cargo test -p metier-cli docs` -->\n";

#[test]
fn the_reference_is_what_help_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cli.md");
    let text = fs::read_to_string(&path).unwrap();
    let (written, _) = text.split_once(BEGIN).unwrap();
    let current = format!("{written}{BEGIN}{}", generated());
    if env::var_os("METIER_UPDATE_DOCS").is_some() {
        fs::write(&path, current).unwrap();
    } else {
        assert!(
            text == current,
            "docs/cli.md is stale: METIER_UPDATE_DOCS=1 cargo test -p metier-cli docs"
        );
    }
}

fn generated() -> String {
    let sandbox = Sandbox::new();
    let mut pages = String::new();
    for &command in COMMANDS {
        let ran = sandbox.metier(&[command, &["--help"]].concat());
        assert_eq!(ran.code, 0, "{command:?}: {}", ran.stderr);
        let title = [&["metier"], command].concat().join(" ");
        pages.push_str(&format!(
            "\n## `{title}`\n\n```text\n{}\n```\n",
            ran.stdout.trim_end()
        ));
    }
    pages
}
