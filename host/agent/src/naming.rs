//! Names of tools as models see them, and of the account their calls are booked on.
//!
//! Providers take `A-Z a-z 0-9 _ -`, at most 64 characters; a definition writes `alias.tool`. The dot becomes `__`, which no alias
//! contains; a longer name ends in eight digits of its digest instead.

use metier_core::{Digest, SkillName};

use crate::journal::Started;

/// What every provider takes.
const LONGEST: usize = 64;

/// What the host itself offers a model. None has `__`, so none is a skill's.
pub mod builtin {
    /// Find tools by words, where there are too many to list.
    pub const SEARCH_TOOLS: &str = "search_tools";
    /// Keep a note.
    pub const SAVE_NOTE: &str = "save_note";
    /// Find notes by words.
    pub const SEARCH_NOTES: &str = "search_notes";
    /// Forget a note.
    pub const FORGET_NOTE: &str = "forget_note";
    /// The mark of a note that was kept after text from outside was read: its tag, and a field of what a search finds.
    pub const OUTSIDE: &str = "outside";
    /// All that are about notes.
    pub const NOTES: [&str; 3] = [SAVE_NOTE, SEARCH_NOTES, FORGET_NOTE];
}

/// The account on which calls of a skill are booked that its publisher asks money for: `skill/com.acme/weather`.
pub fn sales_account(skill: Option<&SkillName>) -> String {
    skill.map_or_else(|| "skill".to_owned(), |name| format!("skill/{name}"))
}

/// `salesforce.query` as `salesforce__query`.
pub fn wire_name(tool: &str) -> String {
    let name: String = tool
        .replacen('.', "__", 1)
        .chars()
        .map(|c| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '-' => c,
            _ => '_',
        })
        .collect();
    let is_whole = name.len() <= LONGEST && !tool.replacen('.', "", 1).contains('.');
    if is_whole {
        return name;
    }
    let digits = Digest::of(tool.as_bytes()).to_hex();
    let kept = name.len().min(LONGEST - 9);
    format!("{}_{}", &name[..kept], &digits[..8])
}

/// The tool a model means.
pub fn tool_of<'s>(started: &'s Started, wire: &str) -> Option<&'s str> {
    let mut tools = started.tools.keys().map(String::as_str);
    tools.find(|tool| wire_name(tool) == wire)
}

#[cfg(test)]
mod tests {
    use super::wire_name;

    #[test]
    fn names_are_what_every_provider_takes() {
        assert_eq!(wire_name("salesforce.query"), "salesforce__query");
        let long = wire_name(&format!("jira.{}", "a".repeat(100)));
        assert_eq!(long.len(), 64);
        assert_ne!(long, wire_name(&format!("jira.{}b", "a".repeat(99))));
        for tool in ["a.b.c", "a.b_c"] {
            assert!(
                wire_name(tool)
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'_')
            );
        }
        assert_ne!(wire_name("a.b.c"), wire_name("a.b_c"));
    }
}
