//! Where files of a package may lie: beside the definition, and nowhere a host looks by itself.

use metier_core::package::ResourcePath;

/// What prompts and schemas are written in. Nothing a host takes for a setting, a program or a component.
const KINDS: [&str; 3] = [".md", ".txt", ".json"];

/// Ends of files that an install puts beside the definition itself.
const OURS: [&str; 2] = [".agent.json", ".receipt.json"];

/// Where `metier run` looks for answers to give in place of a model's.
const RECORDED: &str = "recorded";

/// Why a path is none that a package may have, as the end of a sentence.
pub(super) fn wrong(path: &str) -> Option<&'static str> {
    let lower = path.to_ascii_lowercase();
    let mut parts = lower.split('/');
    match () {
        () if path.parse::<ResourcePath>().is_err() => {
            Some("does not lie beside the definition: write a relative path below its folder")
        }
        () if lower.split('/').any(|part| part.starts_with('.')) => Some("is hidden"),
        () if parts.next() == Some(RECORDED) => {
            Some("lies where a host looks for recorded answers of models")
        }
        () if OURS.iter().any(|end| lower.ends_with(end)) => {
            Some("has the name of a file that an install writes")
        }
        () if !KINDS.iter().any(|end| lower.ends_with(end)) => {
            Some("is none of .md, .txt and .json")
        }
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::wrong;

    #[test]
    fn no_path_leads_out_or_to_what_a_host_looks_for() {
        for path in ["review.md", "prompts/system.txt", "input.schema.json"] {
            assert_eq!(wrong(path), None, "{path}");
        }
        for path in [
            "../review.md",
            "/etc/review.md",
            "a/../../review.md",
            "a\\..\\review.md",
            "C:review.md",
            "./review.md",
            "a//review.md",
            ".git/hooks/x.md",
            "recorded/review/1.json",
            "Recorded/review/1.json",
            "routes.toml",
            "crm.wasm",
            "crm.grant.toml",
            "crm.receipt.json",
            "review.agent.json",
            "metier.lock",
            "run.sh",
            "",
        ] {
            assert!(wrong(path).is_some(), "{path}");
        }
    }
}
