//! The frontmatter's YAML, bounded and plain.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::{Budget, DuplicateKeyPolicy, MergeKeyPolicy, Options};

use super::SkillMdError;

/// Most nodes and events: six keys and a page of metadata.
const MAX_NODES: usize = 512;

/// The keys of the format, and no others.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Frontmatter {
    pub name: Option<String>,
    pub description: Option<String>,
    pub license: Option<String>,
    pub compatibility: Option<String>,
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    pub allowed_tools: Option<String>,
}

pub(super) fn read(text: &str) -> Result<Frontmatter, SkillMdError> {
    is_plain(text)?;
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        // The line with `---` comes before the first of `text`.
        let line = error
            .location()
            .map_or(1, |place| place.line() as usize + 1);
        let problem = error.without_snippet().to_string();
        let problem = problem.lines().next().unwrap_or_default().to_owned();
        SkillMdError::Yaml { line, problem }
    })
}

fn options() -> Options {
    let mut budget = Budget::default();
    budget.max_events = MAX_NODES;
    budget.max_nodes = MAX_NODES;
    budget.max_aliases = 0;
    budget.max_anchors = 0;
    budget.max_merge_keys = 0;
    budget.max_depth = 3;
    budget.max_documents = 1;
    let mut options = Options::default();
    options.budget = Some(budget);
    options.duplicate_keys = DuplicateKeyPolicy::Error;
    options.merge_keys = MergeKeyPolicy::Error;
    options.reject_unsupported_tags = true;
    options.with_snippet = false;
    options
}

/// What only some readers of YAML take. Looked for in the text, before any parser: what is begun by these characters
/// is no plain text anywhere.
fn is_plain(text: &str) -> Result<(), SkillMdError> {
    for (at, line) in text.lines().enumerate() {
        let value = line.split_once(": ").map_or("", |(_, value)| value.trim());
        let kind = match value.chars().next() {
            Some('{' | '[') => "a list or table in brackets",
            Some('&' | '*') => "an anchor or alias",
            Some('!') => "a tag",
            _ => continue,
        };
        // Inside a block of text (`|`, `>`) anything goes; its lines are indented deeper than metadata's two.
        if line.starts_with("   ") {
            continue;
        }
        return Err(SkillMdError::Yaml {
            line: at + 2,
            problem: format!("{kind} is not part of the format; put the text in quotes"),
        });
    }
    Ok(())
}
