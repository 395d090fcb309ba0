//! Examples of what policies are to say, for trying them before they hold.
//!
//! ```toml
//! [[example]]
//! name = "a caller cannot refund"
//! principal = { role = "caller" }
//! tool = "shop.refund"
//! effect = "write"
//! arguments = { cents = 100 }
//! expect = "deny"
//! policies = []
//! ```

use metier_core::{Effect, PrincipalId, TenantId};
use serde::Deserialize;

use super::{
    asked::{Asked, Surface},
    compiled::{Compiled, Mistake, Verdict},
};

/// What came of all examples.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// What is wrong with the policies or the file of examples; nothing was tried then.
    pub mistakes: Vec<String>,
    /// The examples, as they stand.
    pub checked: Vec<Checked>,
}

impl Report {
    /// Whether everything is as expected, and there was something.
    pub fn passes(&self) -> bool {
        let mut checked = self.checked.iter();
        self.mistakes.is_empty()
            && !self.checked.is_empty()
            && checked.all(|one| one.wrong.is_none())
    }
}

/// What came of one example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it is called.
    pub name: String,
    /// What the policies say.
    pub verdict: Verdict,
    /// How that differs from what is expected, in one sentence.
    pub wrong: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    example: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    name: String,
    #[serde(default)]
    principal: Who,
    tool: String,
    #[serde(default)]
    effect: Effect,
    #[serde(default)]
    skill: SkillInfo,
    #[serde(default)]
    arguments: toml::Table,
    #[serde(default)]
    context: Around,
    expect: Expected,
    policies: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Who {
    id: String,
    role: String,
    tenant: String,
}

impl Default for Who {
    fn default() -> Self {
        Who {
            id: "key/example".to_owned(),
            role: "caller".to_owned(),
            tenant: "local".to_owned(),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct SkillInfo {
    name: String,
    version: String,
    digest: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Around {
    tainted: bool,
    surface: Way,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Way {
    #[default]
    Http,
    Mcp,
    Run,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Expected {
    Allow,
    Deny,
}

/// Tries policies on examples. Nothing is read or written: both are texts.
pub fn run_examples(policies: &str, examples: &str) -> Report {
    let compiled = Compiled::read(policies).map_err(|mistakes| {
        let told = mistakes.iter().map(Mistake::to_string);
        told.map(|told| format!("policies, {told}")).collect()
    });
    let file = toml::from_str::<File>(examples);
    let file = file.map_err(|error| vec![format!("examples: {}", error.to_string().trim())]);
    match (compiled, file) {
        (Ok(compiled), Ok(file)) => Report {
            mistakes: Vec::new(),
            checked: file
                .example
                .into_iter()
                .map(|example| checked(&compiled, example))
                .collect(),
        },
        (compiled, file) => {
            let wrong: [Option<Vec<String>>; 2] = [compiled.err(), file.err()];
            Report {
                mistakes: wrong.into_iter().flatten().flatten().collect(),
                checked: Vec::new(),
            }
        }
    }
}

fn checked(compiled: &Compiled, example: Example) -> Checked {
    let unable = |error: String| Verdict {
        allowed: false,
        policies: Vec::new(),
        errors: vec![error],
    };
    let (verdict, wrong) = match verdict(compiled, &example) {
        Ok(verdict) => {
            let wrong = differs(&example, &verdict);
            (verdict, wrong)
        }
        Err(error) => (unable(error.clone()), Some(error)),
    };
    Checked {
        name: example.name,
        verdict,
        wrong,
    }
}

fn verdict(compiled: &Compiled, example: &Example) -> Result<Verdict, String> {
    let (alias, tool) = example
        .tool
        .split_once('.')
        .ok_or_else(|| format!("`{}` is no tool: write `skill.tool`", example.tool))?;
    let tenant: TenantId = parsed(&example.principal.tenant)?;
    let principal: PrincipalId = parsed(&example.principal.id)?;
    let arguments = serde_json::to_string(&example.arguments).map_err(|error| error.to_string())?;
    let verdict = compiled.decide(&Asked {
        tenant: &tenant,
        principal: &principal,
        role: &example.principal.role,
        request: None,
        alias,
        tool,
        effect: example.effect,
        skill: &example.skill.name,
        version: &example.skill.version,
        digest: &example.skill.digest,
        arguments: &arguments,
        tainted: example.context.tainted,
        surface: match example.context.surface {
            Way::Http => Surface::Http,
            Way::Mcp => Surface::Mcp,
            Way::Run => Surface::Run,
        },
    });
    Ok(Verdict::clone(&verdict))
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|error: T::Err| format!("`{text}`: {error}"))
}

fn differs(example: &Example, verdict: &Verdict) -> Option<String> {
    let is_allowed = example.expect == Expected::Allow;
    if verdict.allowed != is_allowed {
        let is = if verdict.allowed { "allowed" } else { "denied" };
        let why = match (&verdict.errors[..], &verdict.policies[..]) {
            ([], []) => "by no policy".to_owned(),
            ([], policies) => format!("by {}", policies.join(", ")),
            (errors, _) => format!("because {}", errors.join("; ")),
        };
        return Some(format!("It is {is} {why}."));
    }
    let mut wanted = example.policies.clone()?;
    wanted.sort();
    (wanted != verdict.policies).then(|| {
        let found = verdict.policies.join(", ");
        format!(
            "It is decided by [{found}] and not by [{}].",
            wanted.join(", ")
        )
    })
}
