//! The skills extension, `io.modelcontextprotocol/skills`: what installed skills say of themselves, and the files they pack.
//!
//! A skill's address is `skill://ALIAS/NAME/SKILL.md`, its files are beside it. Every entry says the digest and size of each file,
//! and in `_meta` under [`ORIGIN`](super::ORIGIN) which installed bytes it comes from: text of a skill is its publisher's, not this
//! service's. A skill whose SKILL.md no client could read is left out, and the host's log says why.

mod entry;

use std::sync::Arc;

use metier_agent::definition::Name;
use metier_core::Fault;
use metier_runtime::registry::Installed;
use rmcp::{
    ErrorData,
    model::{
        GetSkillResult, ListSkillsResult, PaginatedRequestParams, Resource, ResourceContents, Skill,
    },
};
use serde_json::json;

use super::{errors::protocol, handler::Asked, page::page, resources::contents};
pub use entry::Known;
use entry::{Entry, SKILL_MD};

/// What the address of a skill's file begins with.
const SCHEME: &str = "skill://";

pub async fn list(
    asked: &Asked,
    request: Option<PaginatedRequestParams>,
) -> Result<ListSkillsResult, ErrorData> {
    let all = seen(asked).await?;
    let all = all.iter().map(Seen::described).collect();
    let (skills, next) = page(all, request, |skill: &Skill| &skill.uri)?;
    let mut result = ListSkillsResult::with_all_items(skills);
    result.next_cursor = next;
    Ok(result)
}

pub async fn get(asked: &Asked, uri: &str) -> Result<GetSkillResult, ErrorData> {
    let found = of(asked, uri).await.map_err(protocol)?;
    let found = found.filter(|seen| seen.uri(SKILL_MD) == uri);
    let seen = found.ok_or_else(|| {
        let message = "There is no skill of this address; `skills/list` says which there are.";
        ErrorData::invalid_params(message, Some(json!({"uri": uri})))
    })?;
    Ok(GetSkillResult::new(seen.described()))
}

/// The files of all skills.
pub async fn resources(asked: &Asked) -> Result<Vec<Resource>, ErrorData> {
    let all = seen(asked).await?;
    Ok(all.iter().flat_map(Seen::resources).collect())
}

/// One file, when it is there.
pub async fn read(asked: &Asked, uri: &str) -> Result<Option<ResourceContents>, Fault> {
    let seen = of(asked, uri).await?;
    Ok(seen.and_then(|seen| seen.read(uri)))
}

/// A skill the caller sees.
struct Seen {
    alias: String,
    installed: Arc<Installed>,
    entry: Arc<Entry>,
}

/// All of them, by alias.
async fn seen(asked: &Asked) -> Result<Vec<Seen>, ErrorData> {
    let skills = asked.service.skills(&asked.caller).map_err(protocol)?;
    let mut all = Vec::new();
    for (alias, _) in skills {
        match one(asked, alias).await {
            Ok(found) => all.extend(found),
            Err(fault) => tracing::warn!(%fault, "a skill is left out"),
        }
    }
    Ok(all)
}

/// The one whose file this is, by the alias in its address.
async fn of(asked: &Asked, uri: &str) -> Result<Option<Seen>, Fault> {
    let rest = uri.strip_prefix(SCHEME);
    let Some((alias, _)) = rest.and_then(|rest| rest.split_once('/')) else {
        return Ok(None);
    };
    one(asked, alias.to_owned()).await
}

/// The one of this alias, when it is there, switched on and for this caller.
async fn one(asked: &Asked, alias: String) -> Result<Option<Seen>, Fault> {
    let Ok(name) = alias.parse::<Name>() else {
        return Ok(None);
    };
    let is_on = |install: Arc<metier_service::installs::Install>| install.enabled;
    if !asked.service.skill(&asked.caller, &name).is_ok_and(is_on) {
        return Ok(None);
    }
    let installed = asked.service.bound(&asked.caller, &name).await?;
    if !is_for(asked, &alias, &installed) {
        return Ok(None);
    }
    let entry = asked.shared.skills.entry(installed.skill());
    Ok(entry.map(|entry| Seen {
        alias,
        installed,
        entry,
    }))
}

/// A key that is for some tools sees the skills of these.
fn is_for(asked: &Asked, alias: &str, installed: &Installed) -> bool {
    if asked.caller.tools.is_empty() {
        return true;
    }
    let granted = &installed.grant().tools;
    let mut tools = installed.skill().tools();
    tools.any(|tool| {
        let name = &tool.info.name;
        granted.contains(name) && asked.caller.is_for(&format!("{alias}.{name}"))
    })
}

impl Seen {
    fn uri(&self, path: &str) -> String {
        let Seen { alias, entry, .. } = self;
        format!("{SCHEME}{alias}/{}/{}", entry.name(), entry::encoded(path))
    }

    fn described(&self) -> Skill {
        self.entry
            .described(|path| self.uri(path))
            .with_meta(entry::origin(&self.alias, self.installed.skill()))
    }

    fn resources(&self) -> Vec<Resource> {
        let origin = entry::origin(&self.alias, self.installed.skill());
        let files = self.entry.files.iter().map(|file| {
            let (name, description) = self.entry.words(&file.path);
            let mut resource = Resource::new(self.uri(&file.path), name);
            resource.description = description.map(ToOwned::to_owned);
            resource
                .with_size(file.size)
                .with_mime_type(entry::media_type(&file.path))
                .with_meta(origin.clone())
        });
        files.collect()
    }

    fn read(&self, uri: &str) -> Option<ResourceContents> {
        let mut files = self.entry.files.iter();
        let file = files.find(|file| self.uri(&file.path) == uri)?;
        let skill = self.installed.skill();
        let bytes = match file.path.as_str() {
            SKILL_MD => skill.skill_md()?.as_bytes(),
            path => skill.resources().get(path)?,
        };
        let media_type = Some(entry::media_type(&file.path).to_owned());
        let origin = Some(entry::origin(&self.alias, skill));
        Some(contents(uri, bytes, media_type, origin))
    }
}
