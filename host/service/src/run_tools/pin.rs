//! What of a skill a definition means and uses.

use std::collections::BTreeSet;

use metier_agent::{
    definition::{Name, SkillUse, ToolChoice},
    journal::PinnedTool,
};
use metier_core::{Code, Fault, Grant, RouteName, nearest::nearest};
use metier_runtime::skill::Skill;

/// The skill is the one the definition means: its bytes, its name, its version.
pub(super) fn is_meant(alias: &Name, using: &SkillUse, skill: &Skill) -> Result<(), Fault> {
    let alias = alias.as_str();
    let wrong = |what: String| {
        let message = format!("The file of the skill {alias}, {}, {what}.", using.file);
        Fault::new(Code::InvalidArguments, message)
    };
    if let Some(digest) = &using.digest
        && digest != skill.digest()
    {
        return Err(wrong(format!("is {} and not {digest}", skill.digest())));
    }
    let info = skill.manifest().skill.as_ref();
    if let Some(name) = &using.name
        && info.is_none_or(|info| info.name != *name)
    {
        let found = info.map_or("nameless".to_owned(), |info| info.name.to_string());
        return Err(wrong(format!("is {found} and not {name}")));
    }
    if let Some(wanted) = &using.version
        && info.is_none_or(|info| !wanted.matches(&info.version))
    {
        let found = info.map_or("without a version".to_owned(), |info| {
            info.version.to_string()
        });
        return Err(wrong(format!("is {found} and not {wanted}")));
    }
    Ok(())
}

/// The tools a definition uses; each has to be there.
pub(super) fn chosen(
    alias: &Name,
    using: &SkillUse,
    skill: &Skill,
) -> Result<BTreeSet<String>, Fault> {
    let all: Vec<&str> = skill.tools().map(|tool| tool.info.name.as_str()).collect();
    let ToolChoice::These(names) = &using.tools else {
        return Ok(all.into_iter().map(str::to_owned).collect());
    };
    for name in names {
        if !all.contains(&name.as_str()) {
            let message = format!("The skill {} has no tool {name}.", alias.as_str());
            let fault = Fault::new(Code::UnknownTool, message);
            return Err(match nearest(name, all.iter().copied()) {
                Some(meant) => fault.with_hint(format!("Did you mean `{meant}`?")),
                None => fault.with_hint(format!("It has: {}.", all.join(", "))),
            });
        }
    }
    Ok(names.iter().cloned().collect())
}

pub(super) fn pinned(
    alias: &Name,
    skill: &Skill,
    name: &str,
    outside: bool,
) -> Result<(String, PinnedTool), Fault> {
    let tool = skill.tool(name).ok_or_else(|| {
        Fault::new(
            Code::UnknownTool,
            format!("The skill {} has no tool {name}.", alias.as_str()),
        )
    })?;
    let pinned = PinnedTool {
        skill: alias.clone(),
        tool: tool.info.name.clone(),
        effect: tool.info.effect,
        description: tool.info.description.clone(),
        input_schema: tool.info.input_schema.clone(),
        output_schema: tool.info.output_schema.clone(),
        outside,
    };
    Ok((format!("{}.{name}", alias.as_str()), pinned))
}

/// A grant from its text.
pub(super) fn parsed(grant: &str) -> Result<Grant, Fault> {
    Grant::parse(grant).map_err(|error| {
        Fault::new(
            Code::GrantInvalid,
            format!("The grant of a skill, {error}."),
        )
    })
}

/// Whether it may read what others write: by its manifest, or by the grant that stands in for one.
pub(super) fn reaches_out(skill: &Skill, grant: Option<&Grant>) -> bool {
    let stand_in = grant.and_then(|grant| skill.manifest().or_grant(grant));
    let manifest = stand_in.as_ref().unwrap_or(skill.manifest());
    !manifest.capabilities.http.is_empty()
}

/// The routes its skill may ask models by: what its manifest asks for and its grant allows.
pub(super) fn routes(skill: &Skill, grant: &Grant) -> Vec<RouteName> {
    let stand_in = skill.manifest().or_grant(grant);
    let manifest = stand_in.as_ref().unwrap_or(skill.manifest());
    let asked = manifest
        .capabilities
        .model
        .iter()
        .flat_map(|model| &model.routes);
    asked
        .filter(|route| grant.model.contains(route))
        .cloned()
        .collect()
}
