//! A call that a policy is asked about, as Cedar's request.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::OnceLock,
};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use metier_core::{CallId, Effect, PrincipalId, TenantId};

use super::arguments;

/// The role of whoever started a run, in its calls: the key may have had any, and may be gone.
pub const RUN_ROLE: &str = "run";

/// By which way a call came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Surface {
    /// The HTTP API.
    Http,
    /// The Model Context Protocol.
    Mcp,
    /// A run of an agent or a chain.
    Run,
}

impl Surface {
    /// As policies see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Surface::Http => "http",
            Surface::Mcp => "mcp",
            Surface::Run => "run",
        }
    }
}

/// A call that somebody wants to make.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// For whom.
    pub tenant: &'a TenantId,
    /// In whose name.
    pub principal: &'a PrincipalId,
    /// Their role, or [`RUN_ROLE`].
    pub role: &'a str,
    /// In which request, for the audit.
    pub request: Option<&'a CallId>,
    /// What the tenant calls the skill.
    pub alias: &'a str,
    /// What the skill calls the tool.
    pub tool: &'a str,
    /// What calling it does.
    pub effect: Effect,
    /// The skill's own name.
    pub skill: &'a dyn fmt::Display,
    /// The skill's own version.
    pub version: &'a dyn fmt::Display,
    /// The skill's bytes.
    pub digest: &'a dyn fmt::Display,
    /// JSON text, an object.
    pub arguments: &'a str,
    /// Whether the run has read what others write.
    pub tainted: bool,
    /// Which way it came.
    pub surface: Surface,
}

/// Names that every request has.
struct Names {
    principal: EntityTypeName,
    skill: EntityTypeName,
    tool: EntityTypeName,
    call: EntityUid,
}

fn names() -> Result<&'static Names, String> {
    static NAMES: OnceLock<Result<Names, String>> = OnceLock::new();
    let read = NAMES.get_or_init(|| {
        let kind = |text: &str| text.parse().map_err(|error| format!("{error}"));
        Ok(Names {
            principal: kind("Metier::Principal")?,
            skill: kind("Metier::Skill")?,
            tool: kind("Metier::Tool")?,
            call: EntityUid::from_type_name_and_id(kind("Metier::Action")?, EntityId::new("call")),
        })
    });
    read.as_ref().map_err(Clone::clone)
}

impl Asked<'_> {
    /// `alias.tool`.
    pub fn name(&self) -> String {
        format!("{}.{}", self.alias, self.tool)
    }

    /// Everything but the arguments, one a line: no name has a line break.
    pub(super) fn without_arguments(&self) -> String {
        format!(
            "{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}",
            self.tenant,
            self.principal,
            self.role,
            self.alias,
            self.tool,
            self.effect.as_str(),
            self.skill,
            self.version,
            self.digest,
            self.tainted,
            self.surface.as_str(),
        )
    }

    /// As Cedar takes it. Arguments are read only where a policy looks at them.
    ///
    /// # Errors
    /// What cannot be told to a policy, in words.
    pub(super) fn request(&self, reads_arguments: bool) -> Result<(Request, Entities), String> {
        let names = names()?;
        let id = |kind: &EntityTypeName, id: &str| {
            EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
        };
        let principal = id(&names.principal, self.principal.as_str());
        let skill = id(&names.skill, self.alias);
        let tool = id(&names.tool, &self.name());
        let entities = [
            Entity::new(principal.clone(), self.of_principal(), HashSet::new()),
            Entity::new(tool.clone(), self.of_tool(), HashSet::from([skill])),
        ];
        let entities: Result<Vec<Entity>, _> = entities.into_iter().collect();
        let entities = entities.map_err(|error| error.to_string())?;
        let entities = Entities::from_entities(entities, None);
        let entities = entities.map_err(|error| error.to_string())?;
        let context = self.context(reads_arguments)?;
        let request = Request::new(principal, names.call.clone(), tool, context, None);
        Ok((request.map_err(|error| error.to_string())?, entities))
    }

    fn of_principal(&self) -> HashMap<String, RestrictedExpression> {
        HashMap::from([
            ("role".to_owned(), text(self.role)),
            ("tenant".to_owned(), text(self.tenant.as_str())),
        ])
    }

    fn of_tool(&self) -> HashMap<String, RestrictedExpression> {
        HashMap::from([
            ("tool".to_owned(), text(self.tool)),
            ("effect".to_owned(), text(self.effect.as_str())),
            ("skill".to_owned(), text(self.skill)),
            ("version".to_owned(), text(self.version)),
            ("digest".to_owned(), text(self.digest)),
        ])
    }

    fn context(&self, reads_arguments: bool) -> Result<Context, String> {
        let arguments = match reads_arguments {
            true => arguments::read(self.arguments)
                .map_err(|error| format!("the arguments cannot be told to the policy: {error}"))?,
            false => RestrictedExpression::new_record([]).map_err(|error| error.to_string())?,
        };
        let flag = RestrictedExpression::new_bool;
        let pairs = [
            ("arguments", arguments),
            ("effect", text(self.effect.as_str())),
            ("tainted", flag(self.tainted)),
            ("cost_nano_dollars", RestrictedExpression::new_long(0)),
            ("surface", text(self.surface.as_str())),
            ("within_run", flag(self.surface == Surface::Run)),
        ];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value));
        Context::from_pairs(pairs).map_err(|error| error.to_string())
    }
}

fn text(value: impl fmt::Display) -> RestrictedExpression {
    RestrictedExpression::new_string(value.to_string())
}
