//! From the text of a `skill.toml` to a [`Manifest`].

use std::collections::BTreeMap;

use super::{Located, Manifest, SkillInfo, ToolAsk, capabilities, price};
use crate::{
    effect::Effect,
    ids::ToolName,
    limits::read_limits,
    toml_text::{self, Item, Section, TextError},
};

/// Longest description, in characters; the Agent Skills limit.
const MAX_DESCRIPTION_CHARACTERS: usize = 1024;

/// Longest title, licence or homepage, in characters: they are shown on one line.
const MAX_LINE_CHARACTERS: usize = 200;

pub(super) fn manifest(text: &str) -> Result<Manifest, TextError> {
    toml_text::parse(text, |root| {
        let skill = root.require("skill", "[skill]")?.table(skill)?.value;
        let tools = root.take("tools").map_or(Ok(BTreeMap::new()), tools)?;
        let capabilities = root
            .take("capabilities")
            .map(|item| item.table(capabilities::read))
            .transpose()?;
        let limits = root
            .take("limits")
            .map(|item| item.table(read_limits))
            .transpose()?;
        let pricing = root
            .take("pricing")
            .map(|item| item.table(price::read))
            .transpose()?;
        Ok(Manifest {
            skill: Some(skill),
            tools,
            capabilities: capabilities
                .map(|located| located.value)
                .unwrap_or_default(),
            limits: limits.map(|located| located.value).unwrap_or_default(),
            pricing: pricing.unwrap_or_default(),
            stands_in: false,
        })
    })
}

fn skill(section: &mut Section<'_>) -> Result<SkillInfo, TextError> {
    Ok(SkillInfo {
        name: section
            .require("name", "name = \"com.acme/salesforce\"")?
            .parsed()?,
        version: version(&section.require("version", "version = \"0.1.0\"")?)?,
        description: text(section, "description", MAX_DESCRIPTION_CHARACTERS)?,
        license: text(section, "license", MAX_LINE_CHARACTERS)?,
        homepage: text(section, "homepage", MAX_LINE_CHARACTERS)?,
    })
}

fn version(item: &Item<'_>) -> Result<semver::Version, TextError> {
    let text = item.string()?;
    text.parse().map_err(|error| {
        let message = format!(
            "`{}` is no semantic version: {error}",
            crate::ids::shown(text)
        );
        item.error(message)
            .with_hint(Some("write three numbers, such as `0.1.0`".to_owned()))
    })
}

/// A free text for people; characters that hide or reorder text are refused, since people decide by it.
fn text(
    section: &mut Section<'_>,
    key: &'static str,
    max: usize,
) -> Result<Option<String>, TextError> {
    section.take(key).map(|item| item.prose(max)).transpose()
}

fn tools(item: Item<'_>) -> Result<BTreeMap<ToolName, Located<ToolAsk>>, TextError> {
    let tools = item.table(|section| {
        let entries = section.take_all().into_iter();
        entries
            .map(|(name, item)| Ok((item.key_as(&name)?, item.table(tool)?)))
            .collect()
    })?;
    Ok(tools.value)
}

fn tool(section: &mut Section<'_>) -> Result<ToolAsk, TextError> {
    let choices = Effect::ALL.map(|effect| (effect.as_str(), effect));
    Ok(ToolAsk {
        effect: section
            .require("effect", "effect = \"read\"")?
            .choice(&choices)?,
        title: text(section, "title", MAX_LINE_CHARACTERS)?,
    })
}
