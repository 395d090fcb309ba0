//! What an agent and a chain have in common: skills, money, consent.

use std::{collections::BTreeMap, str::FromStr, time::Duration};

use metier_core::{Digest, Effect, SkillName};
use serde::{Deserialize, Serialize};

/// The name of an agent, chain, step or skill alias: 1 to 64 characters of `a-z 0-9 - _`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name(pub(crate) String);

/// A text that is no [`Name`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name: 1 to 64 of the characters `a-z 0-9 - _`, beginning with a letter")]
pub struct InvalidName(String);

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_inner = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
        let fits = (1..=64).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(is_inner);
        if fits {
            Ok(Name(text.to_owned()))
        } else {
            Err(InvalidName(text.chars().take(80).collect()))
        }
    }
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The half of a definition that says with what, for how much and with whose consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Terms {
    /// What it is called.
    pub name: Name,
    /// Whose it is, where it is published: `com.acme`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its version, as its author counts.
    pub version: String,
    /// One sentence for a list.
    pub description: String,
    /// JSON Schema of the input; anything when absent.
    pub input_schema: Option<serde_json::Value>,
    /// JSON Schema of the output; anything when absent.
    pub output_schema: Option<serde_json::Value>,
    /// Which skills, by the alias tools are named with: `salesforce` in `salesforce.query`.
    pub skills: BTreeMap<Name, SkillUse>,
    /// What a run may use up.
    pub budget: Budget,
    /// Which tool calls wait for somebody's consent.
    pub approvals: Approvals,
    /// What reading from outside changes.
    pub taint: Taint,
    /// How much at once.
    pub limits: Limits,
}

/// One skill and what of it is used.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SkillUse {
    /// Path of its file, beside the definition.
    pub file: String,
    /// The name it must have.
    pub name: Option<SkillName>,
    /// The versions it may have; any when absent.
    pub version: Option<semver::VersionReq>,
    /// The very bytes it must be.
    pub digest: Option<Digest>,
    /// Which of its tools; never all of them by omission.
    pub tools: ToolChoice,
    /// Path of its grant, beside the definition; without one it reaches nothing.
    pub grant: Option<String>,
}

/// Which tools of a skill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ToolChoice {
    /// All of them: written `["*"]`.
    All,
    /// These.
    These(Vec<String>),
}

/// What one run may use up. What is absent is not limited by the definition, but always by [`Limits`] and the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Budget {
    /// Nano-dollars (10⁻⁹ US dollars) for models and priced skills.
    pub nano_dollars: Option<u64>,
    /// Tokens in and out, cached and reasoning ones included.
    pub tokens: Option<u64>,
    /// Model calls of an agent, steps of a chain.
    pub steps: Option<u32>,
    /// From start to end, waiting included.
    pub wall: Option<Duration>,
    /// Calls of one tool (`jira.addComment`), retries included.
    pub calls: BTreeMap<String, u32>,
}

/// Which tool calls wait for somebody's consent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Approvals {
    /// Tools with this effect or a graver one; nothing means none by effect.
    pub from_effect: Option<Effect>,
    /// Calls one of these rules speaks of; the first that matches decides, before `from_effect`.
    pub rules: Vec<Consent>,
    /// Every further effect, once this many nano-dollars are spent.
    pub from_nano_dollars: Option<u64>,
    /// How long a question stays open.
    pub timeout: Duration,
    /// What happens then.
    pub on_timeout: OnTimeout,
}

/// One rule about consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Consent {
    /// Which tools: `jira.addComment`, `jira.*` or `*`.
    pub tool: String,
    /// CEL over `args`, `tool`, `effect`, `tainted`, `spent` (nano-dollars) and `input`; always when absent.
    pub when: Option<String>,
    /// Ask, or let it pass without asking, or refuse without asking.
    pub then: ConsentThen,
}

impl Consent {
    /// Whether it speaks of a tool.
    pub fn names(&self, tool: &str) -> bool {
        match self.tool.strip_suffix('*') {
            Some(prefix) => tool.starts_with(prefix),
            None => self.tool == tool,
        }
    }
}

/// What a rule about consent decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConsentThen {
    /// Somebody has to consent.
    Ask,
    /// No question is asked.
    Allow,
    /// It is refused.
    Deny,
}

/// What an unanswered question turns into.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OnTimeout {
    /// As if denied.
    #[default]
    Deny,
    /// The run fails.
    Fail,
}

/// What happens to tools once text from outside was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Taint {
    /// Tools with this effect or a graver one need consent from then on; `destructive` unless written otherwise, and
    /// nothing only where it is written.
    pub from_effect: Option<Effect>,
    /// Skills (aliases) whose answers are trusted as if the operator had written them.
    pub trusted: Vec<Name>,
}

/// How much at once, and how large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Limits {
    /// Effects under way at once.
    pub parallel: u16,
    /// Tool calls a model may ask for in one turn; the rest is answered with a refusal.
    pub calls_per_turn: u16,
    /// How often the same call may be repeated in a row before it is refused as a loop.
    pub same_call: u16,
    /// Bytes of a tool's answer that go into the conversation; the rest becomes an artifact with a preview.
    pub answer_bytes: u32,
    /// More tools than this are searched for rather than listed.
    pub listed_tools: u16,
    /// How deep skills may call each other.
    pub call_depth: u16,
    /// What one call of a skill may ask of models and other skills.
    pub calls_per_call: u16,
}

impl Default for Limits {
    /// 4 at once, 32 calls a turn, 3 the same, 32 KiB (about 8,000 tokens), 24 tools (about 5,000 tokens of schemas);
    /// 4 skills below each other, and 32 questions and calls of each.
    fn default() -> Self {
        Limits {
            parallel: 4,
            calls_per_turn: 32,
            same_call: 3,
            answer_bytes: 32 * 1024,
            listed_tools: 24,
            call_depth: 4,
            calls_per_call: 32,
        }
    }
}

/// What is remembered from one run to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct MemoryUse {
    /// Whether runs of one session continue one conversation.
    pub session: bool,
    /// Whether the model may save, search and forget notes.
    pub notes: bool,
}
