//! The gate for agents: nothing of them runs, so it is the definition, the pins and the words that are looked at.

use std::collections::BTreeMap;

use metier_agent::{
    check::check as check_definition,
    definition::{ConsentThen, Definition, Name, ToolChoice},
    journal::{PinnedTool, Started},
};
use metier_core::{Effect, Manifest, PrincipalId, nearest::nearest, package::Tool};

use super::{Names, Report, names, report::Findings, words};
use crate::agent::Package;

/// What a skill says that an agent pins.
#[derive(Clone, Debug)]
pub struct PinnedSkill {
    /// What it asks for.
    pub manifest: Manifest,
    /// Its tools.
    pub tools: Vec<Tool>,
}

/// Looks at an agent that somebody wants to publish. `names` are those that other publishers have; `pinned` is each skill it pins, or why
/// the market has it not.
pub fn review_agent(
    bytes: &[u8],
    package: &Package,
    names: &Names,
    pinned: &BTreeMap<Name, Result<PinnedSkill, String>>,
) -> Report {
    let mut findings = Findings::default();
    names::check(package.name(), names, &mut findings);
    let mut skills = BTreeMap::new();
    for alias in package.pins().keys() {
        let place = format!("skills.{}", alias.as_str());
        match pinned.get(alias) {
            Some(Ok(skill)) => {
                skills.insert(alias, skill);
            }
            Some(Err(why)) => findings.add("agent/pin", &place, why),
            None => findings.add("agent/pin", &place, "nobody looked for it"),
        }
    }
    // What names tools is looked at where all of them are known.
    if !findings.refused() {
        definition(package, &skills, &mut findings);
    }
    let manifests = skills.values().map(|skill| &skill.manifest);
    words::check_agent(package, manifests, &mut findings);
    findings.report(bytes, Some((package.name(), package.version())))
}

/// What `metier check` finds, without the routes: those are of whoever runs it.
fn definition(package: &Package, skills: &BTreeMap<&Name, &PinnedSkill>, findings: &mut Findings) {
    let mut started = Started {
        definition: package.definition().clone(),
        input: serde_json::Value::Null,
        principal: PrincipalId::local(),
        skills: BTreeMap::new(),
        tools: BTreeMap::new(),
        routes: BTreeMap::new(),
        prices: Default::default(),
        folder: None,
        session: None,
        tainted: false,
        opening: Vec::new(),
    };
    for (alias, skill) in skills {
        for tool in chosen(package, alias, skill, findings) {
            let name = format!("{}.{}", alias.as_str(), tool.name);
            started.tools.insert(name, pinned_tool(alias, skill, tool));
        }
    }
    for found in check_definition(&started) {
        findings.add("agent/check", &found.place, &found.what);
    }
    unasked(&started, findings);
}

/// The tools it uses; each has to be there.
fn chosen<'s>(
    package: &Package,
    alias: &Name,
    skill: &'s PinnedSkill,
    findings: &mut Findings,
) -> Vec<&'s Tool> {
    let Some(ToolChoice::These(names)) = package.tools(alias) else {
        return skill.tools.iter().collect();
    };
    let mut chosen = Vec::new();
    for name in names {
        match skill.tools.iter().find(|tool| tool.name.as_str() == name) {
            Some(tool) => chosen.push(tool),
            None => {
                let all = skill.tools.iter().map(|tool| tool.name.as_str());
                let meant = nearest(name, all).map(|meant| format!("; did you mean {meant}?"));
                let meant = meant.unwrap_or_default();
                let evidence = format!("the skill has no tool {name}{meant}");
                findings.add(
                    "agent/check",
                    &format!("skills.{}", alias.as_str()),
                    &evidence,
                );
            }
        }
    }
    chosen
}

fn pinned_tool(alias: &Name, skill: &PinnedSkill, tool: &Tool) -> PinnedTool {
    PinnedTool {
        skill: alias.clone(),
        tool: tool.name.clone(),
        effect: tool.effect,
        description: tool.description.clone(),
        input_schema: tool.input_schema.clone(),
        output_schema: tool.output_schema.clone(),
        outside: !skill.manifest.capabilities.http.is_empty(),
    }
}

/// A model that may destroy without anybody being asked. A chain does what is written, so who reads it knows.
fn unasked(started: &Started, findings: &mut Findings) {
    let Definition::Agent(agent) = &started.definition else {
        return;
    };
    let approvals = &agent.terms.approvals;
    // A rule decides before the effect does.
    let is_let_pass = |name: &str| {
        let mut rules = approvals.rules.iter();
        rules.any(|rule| rule.then == ConsentThen::Allow && rule.names(name))
    };
    let destructive = started
        .tools
        .iter()
        .filter(|(_, tool)| tool.effect == Effect::Destructive)
        .filter(|(name, _)| approvals.from_effect.is_none() || is_let_pass(name));
    for (name, _) in destructive {
        let evidence = format!("nobody is asked before {name}, which is destructive");
        findings.add("agent/unasked", "approvals", &evidence);
    }
}
