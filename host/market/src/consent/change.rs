//! What an update changes, and what that asks of people.

use std::collections::BTreeMap;

use metier_core::{Effect, SkillName, ToolName, manifest::words as reach, package::Tool};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::{Contents, Record, authority, diff::visible, price, words};

/// What an update needs before it is installed, the least first. A [`Change`] has the highest of its reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING-KEBAB-CASE")]
pub enum Class {
    /// Nothing.
    Auto,
    /// That somebody reads the new words.
    ReviewText,
    /// Consent to what it costs.
    ReconsentPrice,
    /// Consent to what it may do.
    Reconsent,
}

/// Which part of a skill it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Who it says it is.
    Name,
    /// The component.
    Code,
    /// Packed files that nobody reads.
    Files,
    /// What a model reads.
    Words,
    /// Schemas.
    Schemas,
    /// Which tools there are, and what they say they do.
    Effects,
    /// The reach it asks for.
    Authority,
    /// The resources it asks for.
    Limits,
    /// What it costs.
    Price,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reason {
    /// What it asks for.
    pub class: Class,
    /// What it is about.
    pub part: Part,
    /// The rule that came or went, as `skill.toml` has it: its table, and its line in the file that has the rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<(String, usize)>,
    /// The alias of the skill it is about, where an agent was updated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skill: Option<String>,
    /// As a sentence, without capital and stop.
    pub words: String,
    /// What went (`- `) and what came (`+ `), line by line; nothing in it is invisible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff: Vec<String>,
}

/// What an update changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The highest class of the reasons.
    pub class: Class,
    /// Everything that changed, what asks for most first.
    pub why: Vec<Reason>,
}

impl Reason {
    pub(crate) fn wider(class: Class, part: Part, words: String) -> Self {
        let words = visible(&words);
        Reason {
            class,
            part,
            rule: None,
            skill: None,
            words,
            diff: Vec::new(),
        }
    }

    pub(crate) fn narrower(part: Part, words: String) -> Self {
        Reason::wider(Class::Auto, part, words)
    }

    /// That what was there before is nowhere to be compared with.
    pub(crate) fn unshown(name: &SkillName, before: &Version, why: &str) -> Self {
        let words = format!(
            "what {name} {before} was cannot be shown any more ({why}), so all it may do counts as new"
        );
        Reason::wider(Class::Reconsent, Part::Authority, words)
    }

    pub(super) fn at(mut self, table: &str, line: usize) -> Self {
        self.rule = Some((table.to_owned(), line));
        self
    }

    /// The same of a skill of an agent.
    pub(crate) fn of(mut self, alias: &str) -> Self {
        self.skill = Some(alias.to_owned());
        self
    }

    pub(crate) fn with(mut self, diff: Vec<String>) -> Self {
        self.diff = diff;
        self
    }
}

impl Change {
    /// What changes when nobody can show any more what was consented to, and why not: everything it may do is as new.
    pub fn unshown(before: &Version, why: &str, new: &Contents) -> Change {
        Change {
            class: Class::Reconsent,
            why: vec![Reason::unshown(new.name(), before, why).with(may(new))],
        }
    }
}

/// Everything a skill may do and costs, as lines that came.
pub(crate) fn may(skill: &Contents) -> Vec<String> {
    let asks = reach::sentences(&skill.manifest().capabilities);
    let mut may: Vec<String> = asks
        .iter()
        .map(|(kind, words)| format!("+ {kind}: {words}"))
        .collect();
    let price = &skill.manifest().pricing;
    may.push(format!("+ price: {}", price.words()));
    may
}

/// What changes when `new` takes the place of `old`.
pub fn compare(old: &Contents, new: &Contents) -> Change {
    let mut why: Vec<Reason> = identity(old, new).into_iter().collect();
    why.extend(authority::compare(&old.manifest, &new.manifest));
    why.extend(tools(old, new));
    why.extend(price::compare(&old.manifest.pricing, &new.manifest.pricing));
    why.extend(words::compare(old, new));
    why.extend(unread(old, new));
    why.sort_by_key(|reason| std::cmp::Reverse(reason.class));
    let class = why.iter().map(|reason| reason.class).max();
    Change {
        class: class.unwrap_or(Class::Auto),
        why,
    }
}

/// Another skill's file is no update, whatever it asks for.
fn identity(old: &Contents, new: &Contents) -> Option<Reason> {
    let words = format!("it was {}, and calls itself {}", old.name, new.name);
    (old.name != new.name).then(|| Reason::wider(Class::Reconsent, Part::Name, words))
}

/// What runs, and what nobody reads: it is bound by authority, and the market's review looks at it.
fn unread(old: &Contents, new: &Contents) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if old.code != new.code {
        reasons.push(Reason::narrower(Part::Code, "its code changed".to_owned()));
    }
    if Record::of(old).files != Record::of(new).files {
        reasons.push(Reason::narrower(
            Part::Files,
            "packed files changed".to_owned(),
        ));
    }
    reasons
}

fn tools(old: &Contents, new: &Contents) -> Vec<Reason> {
    let [before, after] = [old, new].map(by_name);
    let mut reasons = Vec::new();
    for (name, tool) in &after {
        let reason = match before.get(name) {
            None => came(tool),
            Some(known) if known.effect != tool.effect => {
                relabelled(name, known.effect, tool.effect)
            }
            Some(_) => continue,
        };
        let line = new.manifest.tools.get(*name).map_or(0, |ask| ask.line);
        reasons.push(reason.at(&format!("tools.{name}"), line));
    }
    for (name, tool) in before
        .iter()
        .filter(|(name, _)| !after.contains_key(**name))
    {
        let words = format!("the tool `{name}` ({}) is gone", tool.effect);
        let line = old.manifest.tools.get(*name).map_or(0, |ask| ask.line);
        reasons.push(Reason::narrower(Part::Effects, words).at(&format!("tools.{name}"), line));
    }
    reasons
}

fn by_name(contents: &Contents) -> BTreeMap<&ToolName, &Tool> {
    contents
        .tools
        .iter()
        .map(|tool| (&tool.name, tool))
        .collect()
}

fn came(tool: &Tool) -> Reason {
    let words = format!(
        "there is a new tool `{}`, which says it is: {}",
        tool.name, tool.effect
    );
    let described = tool
        .description
        .lines()
        .map(|line| format!("+ {}", visible(line)));
    Reason::wider(Class::Reconsent, Part::Effects, words).with(described.collect())
}

fn relabelled(name: &ToolName, before: Effect, after: Effect) -> Reason {
    let meaning = match after > before {
        true => "it does more to the world than was agreed to",
        false => "approvals and ceilings that stopped it would now let it pass",
    };
    let words = format!("the tool `{name}` was {before}, and says it is {after}: {meaning}");
    Reason::wider(Class::Reconsent, Part::Effects, words)
}
