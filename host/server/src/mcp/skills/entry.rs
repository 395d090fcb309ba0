//! What is read of a skill once: its frontmatter, and the digest and size of each file.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use metier_core::Digest;
use metier_runtime::skill::Skill;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::model::{
    MetaObject, Skill as Described, SkillFrontmatter, SkillResource, SkillResources,
};
use serde_json::json;

use crate::mcp::{ORIGIN, errors::meta};

/// The file every skill has.
pub const SKILL_MD: &str = "SKILL.md";

/// Skills that are remembered; a tenant rarely has a hundred.
const REMEMBERED: usize = 4_096;

/// Longest frontmatter that is read, in bytes.
const MAX_FRONTMATTER: usize = 64 << 10;

/// Most nodes of its YAML.
const MAX_NODES: usize = 2_048;

/// What stays as it is in an address, beside letters and digits.
const IN_ADDRESS: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One file.
pub struct File {
    pub path: String,
    digest: String,
    pub size: u64,
}

/// A skill as the extension describes it, without where it is.
pub struct Entry {
    frontmatter: SkillFrontmatter,
    pub files: Vec<File>,
}

/// Entries by the digests of their skills, which never change.
#[derive(Default)]
pub struct Known(RwLock<HashMap<Digest, Option<Arc<Entry>>>>);

impl Known {
    /// A skill's entry; nothing when it says nothing of itself.
    pub fn entry(&self, skill: &Skill) -> Option<Arc<Entry>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(skill.digest()) {
            return entry.clone();
        }
        drop(known);
        let entry = Entry::of(skill).map(Arc::new);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(*skill.digest(), entry.clone());
        entry
    }
}

impl Entry {
    fn of(skill: &Skill) -> Option<Entry> {
        let text = skill.skill_md()?;
        let frontmatter = match frontmatter(text) {
            Ok(frontmatter) => frontmatter,
            Err(why) => {
                tracing::warn!(skill = %skill.digest(), why, "a SKILL.md cannot be read");
                return None;
            }
        };
        let packed = skill.resources().iter();
        let packed = packed.filter(|(path, _)| path.as_str() != SKILL_MD);
        let packed = packed.map(|(path, bytes)| File::of(path, bytes));
        let files = std::iter::once(File::of(SKILL_MD, text.as_bytes())).chain(packed);
        let entry = Entry {
            frontmatter,
            files: files.collect(),
        };
        // One entry a client must refuse would spoil the whole list.
        let url = |path: &str| format!("skill://a/{}/{}", entry.name(), encoded(path));
        match entry.described(url).validate() {
            Ok(()) => Some(entry),
            Err(why) => {
                tracing::warn!(skill = %skill.digest(), %why, "a SKILL.md is not as it must be");
                None
            }
        }
    }

    /// What the skill is called in its SKILL.md.
    pub fn name(&self) -> &str {
        &self.frontmatter.name
    }

    /// What a file is called, and what is said of it: SKILL.md stands for the whole skill.
    pub fn words<'a>(&'a self, path: &'a str) -> (&'a str, Option<&'a str>) {
        match path {
            SKILL_MD => (self.name(), Some(&self.frontmatter.description)),
            path => (path, None),
        }
    }

    /// With the addresses of its files.
    pub fn described(&self, uri: impl Fn(&str) -> String) -> Described {
        let files = self
            .files
            .iter()
            .map(|file| SkillResource::new(uri(&file.path), file.digest.clone(), file.size));
        let files = SkillResources::Files(files.collect());
        Described::new(uri(SKILL_MD), self.frontmatter.clone(), files)
    }
}

impl File {
    fn of(path: &str, bytes: &[u8]) -> File {
        File {
            path: path.to_owned(),
            digest: Digest::of(bytes).to_string(),
            size: bytes.len() as u64,
        }
    }
}

/// A path in an address.
pub fn encoded(path: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(path, IN_ADDRESS)
}

/// Whose words these are.
pub fn origin(alias: &str, skill: &Skill) -> MetaObject {
    let info = skill.manifest().skill.as_ref();
    let origin = json!({
        "alias": alias,
        "digest": skill.digest(),
        "skill": info.map(|info| info.name.to_string()),
        "version": info.map(|info| info.version.to_string()),
    });
    meta(ORIGIN, origin)
}

/// By the name's ending; the skill does not say.
pub fn media_type(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "md" => "text/markdown",
        "txt" => "text/plain",
        "csv" => "text/csv",
        "json" => "application/json",
        "toml" => "application/toml",
        "yaml" | "yml" => "application/yaml",
        _ => "application/octet-stream",
    }
}

/// What is between the first two lines of dashes.
fn frontmatter(text: &str) -> Result<SkillFrontmatter, String> {
    let text = text.trim_start_matches('\u{feff}');
    let rest = text
        .strip_prefix("---\n")
        .or_else(|| text.strip_prefix("---\r\n"));
    let found = rest.and_then(|rest| rest.split_once("\n---"));
    let (yaml, _) = found.ok_or("it has no frontmatter")?;
    if yaml.len() > MAX_FRONTMATTER {
        return Err(format!(
            "its frontmatter is longer than {MAX_FRONTMATTER} bytes"
        ));
    }
    serde_saphyr::from_str_with_options(yaml, options()).map_err(|error| {
        let words = error.without_snippet().to_string();
        words.lines().next().unwrap_or_default().to_owned()
    })
}

fn options() -> serde_saphyr::Options {
    let mut budget = serde_saphyr::Budget::default();
    budget.max_events = MAX_NODES;
    budget.max_nodes = MAX_NODES;
    budget.max_aliases = 0;
    budget.max_depth = 8;
    budget.max_documents = 1;
    let mut options = serde_saphyr::Options::default();
    options.budget = Some(budget);
    options.with_snippet = false;
    options
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::{encoded, frontmatter};

    #[test]
    fn frontmatter_is_kept_word_for_word() {
        let text = "---\nname: billing\ndescription: Issue invoices\nmetadata:\n  version: '1.10'\nallowed-tools: Read Write\n---\n# Body\n";
        let read = frontmatter(text).unwrap();
        assert_eq!(
            (read.name.as_str(), read.description.as_str()),
            ("billing", "Issue invoices")
        );
        assert_eq!(read.extra["metadata"]["version"], "1.10");
        assert_eq!(read.extra["allowed-tools"], "Read Write");
    }

    #[test]
    fn what_is_no_frontmatter_is_told() {
        let bomb = format!(
            "---\nname: a\ndescription: b\nx: {}{}\n---\n",
            "[".repeat(9_000),
            "]".repeat(9_000)
        );
        let alias = "---\nname: &a a\ndescription: *a\n---\n";
        for text in [
            "",
            "# Title",
            "---\nname: a\n",
            "---\n- a\n---\n",
            "---\nname: a\n---\n",
            &bomb,
            alias,
        ] {
            assert!(frontmatter(text).is_err(), "{text:.40}");
        }
    }

    #[test]
    fn paths_are_safe_in_addresses() {
        assert_eq!(
            encoded("references/a b?#%.md").to_string(),
            "references/a%20b%3F%23%25.md"
        );
    }
}
