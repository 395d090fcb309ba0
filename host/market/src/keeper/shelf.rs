//! Every version there is, in order.

use metier_core::SkillName;
use semver::Version;

use super::{
    Market, Result,
    registry::{Record, Reference, RegistryError},
};

/// Versions of one skill that are told.
const MAX_VERSIONS: usize = 10_000;

/// Where a list was left: behind this version, or behind all of the skill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The skill.
    pub skill: SkillName,
    /// The version; all where there is none.
    pub version: Option<Version>,
}

impl Market {
    /// Versions of a skill, the newest first. None where there is no such skill.
    ///
    /// # Errors
    /// The registry's.
    pub async fn versions(&self, skill: &SkillName) -> Result<Vec<Record>> {
        let tags = match self.registry().tags(skill, None, MAX_VERSIONS).await {
            Err(RegistryError::NameUnknown) => return Ok(Vec::new()),
            other => other?,
        };
        let mut versions = Vec::new();
        for tag in tags {
            if let Ok(Reference::Version(version)) = tag.parse() {
                versions.push(self.registry().record(skill, &version).await?);
            }
        }
        versions.sort_by(|one, other| other.facts.version.cmp(&one.facts.version));
        Ok(versions)
    }

    /// The next skills in the order of their names with their versions, until there are so many versions.
    ///
    /// # Errors
    /// The registry's.
    pub async fn shelf(&self, after: Option<&Cursor>, max: usize) -> Result<Vec<Vec<Record>>> {
        let mut found = Vec::new();
        let mut count = 0;
        // The namespace where it was left is gone through again.
        let mut namespaces = match after {
            Some(cursor) => vec![cursor.skill.namespace().to_owned()],
            None => self.registry().namespaces(None, 100).await?,
        };
        while let Some(last) = namespaces.last().cloned() {
            for namespace in namespaces {
                for skill in self.registry().skills_of(&namespace).await? {
                    let versions = behind(self.versions(&skill).await?, after, &skill);
                    count += versions.len();
                    if !versions.is_empty() {
                        found.push(versions);
                    }
                    if count >= max {
                        return Ok(found);
                    }
                }
            }
            namespaces = self.registry().namespaces(Some(&last), 100).await?;
        }
        Ok(found)
    }
}

/// What of a skill is behind a cursor.
fn behind(mut versions: Vec<Record>, after: Option<&Cursor>, skill: &SkillName) -> Vec<Record> {
    let Some(cursor) = after.filter(|cursor| *skill <= cursor.skill) else {
        return versions;
    };
    match &cursor.version {
        Some(version) if *skill == cursor.skill => {
            versions.retain(|record| record.facts.version < *version);
            versions
        }
        _ => Vec::new(),
    }
}
