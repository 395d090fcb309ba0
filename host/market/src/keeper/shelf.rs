//! Every version there is, in order: what the log has published.

use std::collections::BTreeSet;

use metier_core::SkillName;
use semver::Version;

use super::{
    Market, MarketError, Result,
    registry::{Reader, Record, Reference, RegistryError, Stored, tag},
};
use crate::{
    fixtures::Moment,
    state::{Published, Standing},
};

/// A version with what the log says of it.
#[derive(Clone, Debug)]
pub struct Shown {
    /// What its file says.
    pub record: Record,
    /// Its leaf.
    pub published: Published,
    /// How things stand with it.
    pub standing: Standing,
}

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
    pub async fn shown(&self, skill: &SkillName) -> Result<Vec<Shown>> {
        let published: Vec<_> = self.ledger.look(|view| {
            let state = &view.state;
            let versions = state.versions(skill);
            versions
                .map(|one| (one.clone(), state.standing(one)))
                .collect()
        });
        let mut shown = Vec::with_capacity(published.len());
        for (published, standing) in published.into_iter().rev() {
            let manifest = published.publication.manifest;
            let record = self.registry.record_of(skill, &manifest).await?;
            let record = Record {
                at: micros(published.at),
                ..Record::clone(&record)
            };
            shown.push(Shown {
                record,
                published,
                standing,
            });
        }
        Ok(shown)
    }

    /// The same without what the log says.
    ///
    /// # Errors
    /// The registry's.
    pub async fn versions(&self, skill: &SkillName) -> Result<Vec<Record>> {
        let shown = self.shown(skill).await?;
        Ok(shown.into_iter().map(|shown| shown.record).collect())
    }

    /// One version.
    ///
    /// # Errors
    /// [`RegistryError::ManifestUnknown`], and the disk's.
    pub async fn record(&self, skill: &SkillName, version: &Version) -> Result<Record> {
        let found = self
            .ledger
            .look(|view| view.state.version(skill, version).cloned());
        let found = found.ok_or(MarketError::Registry(RegistryError::ManifestUnknown))?;
        let manifest = found.publication.manifest;
        let record = self.registry.record_of(skill, &manifest).await?;
        Ok(Record {
            at: micros(found.at),
            ..Record::clone(&record)
        })
    }

    /// The newest good version of a skill that is no pre-release, the newest where all are, and when the first was published.
    ///
    /// # Errors
    /// The registry's.
    pub async fn newest(&self, skill: &SkillName) -> Result<Option<(i64, Record)>> {
        let found = self.ledger.look(|view| {
            let versions: Vec<_> = view.state.versions(skill).collect();
            let first = versions.iter().map(|one| one.at).min()?;
            let is_good = |one: &&&Published| view.state.standing(one) == Standing::Good;
            let newest_first = || versions.iter().rev().filter(is_good);
            let is_stable = |one: &&&Published| one.publication.version.pre.is_empty();
            let newest = newest_first().find(is_stable);
            let newest = newest.or_else(|| newest_first().next())?;
            Some((first, newest.publication.version.clone()))
        });
        let Some((first, version)) = found else {
            return Ok(None);
        };
        let newest = self.record(skill, &version).await?;
        Ok(Some((micros(first), newest)))
    }

    /// Names of skills that have a version, in their order, after `after`, at most `max`.
    pub fn skills(&self, after: Option<&SkillName>, max: usize) -> Vec<SkillName> {
        self.ledger.look(|view| {
            let rest = view.state.skills();
            let rest = rest.filter(|name| after.is_none_or(|after| *name > after));
            rest.take(max).cloned().collect()
        })
    }

    /// Tags of a skill in their order, after `after`, at most `max`: those of its versions, and of what the reader may see beside.
    ///
    /// # Errors
    /// [`RegistryError::NameUnknown`] where there are none, and the disk's.
    pub async fn tags(
        &self,
        skill: &SkillName,
        reader: &Reader,
        after: Option<&str>,
        max: usize,
    ) -> Result<Vec<String>> {
        let mut tags: BTreeSet<String> = self.ledger.look(|view| {
            let versions = view.state.versions(skill);
            versions.map(|one| tag(&one.publication.version)).collect()
        });
        if *reader != Reader::Anybody {
            tags.extend(self.registry.pushed_tags(skill, reader).await?);
        }
        if tags.is_empty() {
            return Err(RegistryError::NameUnknown.into());
        }
        let rest = tags.into_iter();
        let rest = rest.filter(|tag| after.is_none_or(|after| tag.as_str() > after));
        Ok(rest.take(max).collect())
    }

    /// A manifest. What was published under a version comes before what was only pushed under it.
    ///
    /// # Errors
    /// The registry's.
    pub async fn manifest(
        &self,
        skill: &SkillName,
        reference: &Reference,
        reader: &Reader,
    ) -> Result<Stored> {
        let published = match reference {
            Reference::Version(version) => self.ledger.look(|view| {
                let found = view.state.version(skill, version);
                found.map(|found| Reference::Digest(found.publication.manifest))
            }),
            _ => None,
        };
        let reference = published.as_ref().unwrap_or(reference);
        Ok(self.registry.manifest(skill, reference, reader).await?)
    }

    /// The next skills in the order of their names with their versions, until there are so many versions.
    ///
    /// # Errors
    /// The registry's.
    pub async fn shelf(&self, after: Option<&Cursor>, max: usize) -> Result<Vec<Vec<Record>>> {
        let names: Vec<SkillName> = self.ledger.look(|view| {
            let skills = view.state.skills();
            let rest = skills.filter(|name| after.is_none_or(|cursor| **name >= cursor.skill));
            // Each has a version, but for the first, which may be told already.
            rest.take(max.saturating_add(1)).cloned().collect()
        });
        let mut found = Vec::new();
        let mut count = 0;
        for skill in names {
            let versions = behind(self.versions(&skill).await?, after, &skill);
            count += versions.len();
            if !versions.is_empty() {
                found.push(versions);
            }
            if count >= max {
                break;
            }
        }
        Ok(found)
    }
}

/// Microseconds since 1970.
pub(super) fn micros(at: Moment) -> i64 {
    i64::try_from(super::acts::seconds(at))
        .unwrap_or_default()
        .saturating_mul(1_000_000)
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
