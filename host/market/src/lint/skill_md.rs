//! Rules about SKILL.md.

use super::{Findings, Subject, subject::sentence};
use crate::folder::SKILL_MD_FILE;
use crate::skill_md::{SkillMd, SkillMdError};

/// Most lines of the body: what the format recommends.
const MAX_LINES: usize = 500;

pub(super) fn check(subject: &Subject, findings: &mut Findings) {
    let Some(text) = &subject.skill_md else {
        return findings.add(
            "skill-md/missing",
            SKILL_MD_FILE,
            "There is no SKILL.md that is text.",
        );
    };
    let read = match SkillMd::parse(text) {
        Ok(read) => read,
        Err(error) => {
            let rule = match error {
                SkillMdError::Hidden { .. } => "skill-md/hidden-characters",
                _ => "skill-md/frontmatter",
            };
            let line = error
                .line()
                .map_or(String::new(), |line| format!(":{line}"));
            return findings.add(rule, format!("{SKILL_MD_FILE}{line}"), sentence(&error));
        }
    };
    names(subject, &read.name, findings);
    let lines = read.body.lines().count();
    if lines > MAX_LINES {
        let message =
            format!("The body has {lines} lines; move what is not always needed to references/.");
        findings.add("skill-md/too-long", SKILL_MD_FILE, message);
    }
    if read.license.is_none()
        && subject.manifest.as_ref().is_some_and(|manifest| {
            manifest
                .skill
                .as_ref()
                .is_none_or(|skill| skill.license.is_none())
        })
        && !subject.license_file
    {
        findings.add(
            "license/missing",
            SKILL_MD_FILE,
            "Neither SKILL.md nor skill.toml says under which license it may be used.",
        );
    }
}

fn names(subject: &Subject, name: &str, findings: &mut Findings) {
    let own = subject
        .manifest
        .as_ref()
        .and_then(|manifest| manifest.name());
    let own = own.map(|name| name.short().to_owned());
    for (other, what) in [
        (own, "skill.toml names it"),
        (subject.folder_name.clone(), "the folder is called"),
    ] {
        if let Some(other) = other.filter(|other| other != name) {
            let message = format!("SKILL.md names the skill `{name}`, and {what} `{other}`.");
            findings.add("skill-md/name", SKILL_MD_FILE, message);
        }
    }
}
