//! The half both files have: skills, budget, approvals, taint, limits.

use std::{collections::BTreeMap, time::Duration};

use metier_core::{
    Effect, SkillName,
    toml_text::{Item, Section, TextError},
};
use serde_json::Value;

use super::{
    Read,
    values::{file, json, money, span},
};
use crate::{
    definition::{
        Approvals, Budget, Consent, ConsentThen, Limits, Name, OnTimeout, SkillUse, Taint, Terms,
        ToolChoice,
    },
    expression::Expression,
};

/// Longest description, in characters: it is shown in a list.
const MAX_DESCRIPTION_CHARACTERS: usize = 1024;

/// How long a question stays open where nothing is written: until somebody was at work once.
const APPROVAL_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);

/// What `[agent]` or `[chain]` says of itself.
pub(super) struct Title {
    name: Name,
    namespace: Option<String>,
    version: String,
    description: String,
}

pub(super) fn title(section: &mut Section<'_>) -> Result<Title, TextError> {
    Ok(Title {
        name: section
            .require("name", "name = \"account-review\"")?
            .parsed()?,
        namespace: section
            .take("namespace")
            .map(|item| namespace(&item))
            .transpose()?,
        version: section
            .take("version")
            .map_or(Ok("0.0.0".to_owned()), |item| item.prose(64))?,
        description: section
            .take("description")
            .map_or(Ok(String::new()), |item| {
                item.prose(MAX_DESCRIPTION_CHARACTERS)
            })?,
    })
}

/// As the names of skills have it.
fn namespace(item: &Item<'_>) -> Result<String, TextError> {
    let text = item.string()?;
    let name = format!("{text}/agent").parse::<SkillName>();
    let name = name.map_err(|error| item.error(error.to_string()))?;
    Ok(name.namespace().to_owned())
}

pub(super) fn terms(
    root: &mut Section<'_>,
    title: Title,
    output_schema: Option<Value>,
    read: Read<'_>,
) -> Result<Terms, TextError> {
    let input_schema = root
        .take("input")
        .map(|item| item.table(|section| schema(section, read)))
        .transpose()?
        .and_then(|located| located.value);
    // Reserved: kept in the file for what will start a run.
    if let Some(triggers) = root.take("triggers") {
        triggers.verbatim_table()?;
    }
    Ok(Terms {
        name: title.name,
        namespace: title.namespace,
        version: title.version,
        description: title.description,
        input_schema,
        output_schema,
        skills: root.take("skills").map_or(Ok(BTreeMap::new()), skills)?,
        budget: table(root, "budget", budget)?.unwrap_or_default(),
        approvals: table(root, "approvals", approvals)?.unwrap_or_else(default_approvals),
        taint: table(root, "taint", taint)?.unwrap_or_else(default_taint),
        limits: table(root, "limits", limits)?.unwrap_or_default(),
    })
}

/// An optional table.
pub(super) fn table<'t, T>(
    section: &mut Section<'t>,
    key: &'static str,
    read: impl FnOnce(&mut Section<'t>) -> Result<T, TextError>,
) -> Result<Option<T>, TextError> {
    let table = section.take(key).map(|item| item.table(read)).transpose()?;
    Ok(table.map(|located| located.value))
}

/// `schema = { … }` or `file = "…"`.
pub(super) fn schema(
    section: &mut Section<'_>,
    read: Read<'_>,
) -> Result<Option<Value>, TextError> {
    let written = section.take("schema").map(|item| json(&item));
    let Some(item) = section.take("file") else {
        return Ok(written);
    };
    if written.is_some() {
        return Err(item.error("there is a `schema` already; write one of the two"));
    }
    let text = file(&item, read)?;
    let schema = serde_json::from_str(&text)
        .map_err(|error| item.error(format!("the file is not JSON: {error}")))?;
    Ok(Some(schema))
}

fn skills(item: Item<'_>) -> Result<BTreeMap<Name, SkillUse>, TextError> {
    let skills = item.table(|section| {
        let entries = section.take_all().into_iter();
        entries
            .map(|(alias, item)| Ok((item.key_as(&alias)?, item.table(skill)?.value)))
            .collect()
    })?;
    Ok(skills.value)
}

fn skill(section: &mut Section<'_>) -> Result<SkillUse, TextError> {
    let version = section.take("version").map(|item| {
        let text = item.string()?;
        text.parse::<semver::VersionReq>()
            .map_err(|error| item.error(format!("this is no range of versions: {error}")))
    });
    Ok(SkillUse {
        file: section
            .require("file", "file = \"salesforce.wasm\"")?
            .text(1024)?,
        name: section.take("name").map(|item| item.parsed()).transpose()?,
        version: version.transpose()?,
        digest: section
            .take("digest")
            .map(|item| item.parsed())
            .transpose()?,
        tools: tools(section.require("tools", "tools = [\"query\"]` or `tools = [\"*\"]")?)?,
        grant: section
            .take("grant")
            .map(|item| item.text(1024))
            .transpose()?,
    })
}

fn tools(item: Item<'_>) -> Result<ToolChoice, TextError> {
    let mut named: Vec<String> = Vec::new();
    let mut all = false;
    for tool in item.array()? {
        match tool.text(128)? {
            name if name == "*" => all = true,
            name if named.contains(&name) => {
                return Err(tool.error(format!("`{name}` is listed twice")));
            }
            name => named.push(name),
        }
    }
    Ok(if all {
        ToolChoice::All
    } else {
        ToolChoice::These(named)
    })
}

fn budget(section: &mut Section<'_>) -> Result<Budget, TextError> {
    let calls = section.take("calls").map_or(Ok(BTreeMap::new()), |item| {
        let calls = item.table(|section| {
            let entries = section.take_all().into_iter();
            entries
                .map(|(tool, item)| Ok((tool.value, item.number("a number of calls")?)))
                .collect()
        })?;
        Ok(calls.value)
    })?;
    Ok(Budget {
        nano_dollars: section.take("money").map(|item| money(&item)).transpose()?,
        tokens: section
            .take("tokens")
            .map(|item| item.number("a number of tokens"))
            .transpose()?,
        steps: section
            .take("steps")
            .map(|item| item.number("a number of steps"))
            .transpose()?,
        wall: section.take("wall").map(|item| span(&item)).transpose()?,
        calls,
    })
}

/// An effect, or `none` where nothing shall be meant.
fn from_effect(section: &mut Section<'_>) -> Result<Option<Effect>, TextError> {
    let [read, idempotent, write, destructive] =
        Effect::ALL.map(|effect| (effect.as_str(), Some(effect)));
    let choices = [read, idempotent, write, destructive, ("none", None)];
    section
        .take("from-effect")
        .map_or(Ok(Some(Effect::Destructive)), |item| item.choice(&choices))
}

fn default_approvals() -> Approvals {
    Approvals {
        from_effect: Some(Effect::Destructive),
        rules: Vec::new(),
        from_nano_dollars: None,
        timeout: APPROVAL_TIMEOUT,
        on_timeout: OnTimeout::Deny,
    }
}

fn approvals(section: &mut Section<'_>) -> Result<Approvals, TextError> {
    let rules = section
        .take("rule")
        .map_or(Ok(Vec::new()), |item| item.tables(consent))?;
    Ok(Approvals {
        from_effect: from_effect(section)?,
        rules: rules.into_iter().map(|located| located.value).collect(),
        from_nano_dollars: section
            .take("from-money")
            .map(|item| money(&item))
            .transpose()?,
        timeout: section
            .take("timeout")
            .map_or(Ok(APPROVAL_TIMEOUT), |item| span(&item))?,
        on_timeout: section
            .take("on-timeout")
            .map_or(Ok(OnTimeout::Deny), |item| {
                item.choice(&[("deny", OnTimeout::Deny), ("fail", OnTimeout::Fail)])
            })?,
    })
}

fn consent(section: &mut Section<'_>) -> Result<Consent, TextError> {
    Ok(Consent {
        tool: section.require("tool", "tool = \"jira.*\"")?.text(200)?,
        when: section
            .take("when")
            .map(|item| expression(&item))
            .transpose()?,
        then: section.require("then", "then = \"ask\"")?.choice(&[
            ("ask", ConsentThen::Ask),
            ("allow", ConsentThen::Allow),
            ("deny", ConsentThen::Deny),
        ])?,
    })
}

/// The text of an expression that parses.
pub(super) fn expression(item: &Item<'_>) -> Result<String, TextError> {
    let parsed = Expression::parse(item.string()?).map_err(|error| item.error(error))?;
    Ok(parsed.text().to_owned())
}

fn default_taint() -> Taint {
    Taint {
        from_effect: Some(Effect::Destructive),
        trusted: Vec::new(),
    }
}

fn taint(section: &mut Section<'_>) -> Result<Taint, TextError> {
    Ok(Taint {
        from_effect: from_effect(section)?,
        trusted: section
            .take("trusted")
            .map_or(Ok(Vec::new()), |item| item.list())?,
    })
}

fn limits(section: &mut Section<'_>) -> Result<Limits, TextError> {
    let default = Limits::default();
    let mut short = |key, default| {
        section
            .take(key)
            .map_or(Ok(default), |item| positive(&item))
    };
    Ok(Limits {
        parallel: short("parallel", default.parallel)?,
        calls_per_turn: short("calls-per-turn", default.calls_per_turn)?,
        same_call: short("same-call", default.same_call)?,
        listed_tools: short("listed-tools", default.listed_tools)?,
        call_depth: short("call-depth", default.call_depth)?,
        calls_per_call: short("calls-per-call", default.calls_per_call)?,
        answer_bytes: section
            .take("answer-bytes")
            .map_or(Ok(default.answer_bytes), |item| {
                item.number("a number of bytes")
            })?,
    })
}

/// At least one: none at all would be a run that never moves.
pub(super) fn positive(item: &Item<'_>) -> Result<u16, TextError> {
    match item.number("a number from 1 to 65535")? {
        0 => Err(item.error("0 is not a number from 1 to 65535")),
        number => Ok(number),
    }
}
