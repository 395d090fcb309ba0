//! The files as types, for their schemas. Each comment is what an editor shows.
#![expect(dead_code, reason = "only their schemas are used")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

type Table = Map<String, Value>;

/// An agent: instructions, a model and tools. The model decides what happens next.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AgentFile {
    agent: AgentTable,
    /// What it remembers from one run to the next.
    memory: Option<Memory>,
    /// What a run is given; anything when left out.
    input: Option<Io>,
    /// What a run answers; text when left out.
    output: Option<Io>,
    /// The skills it uses, by alias: `salesforce` in `salesforce.query`.
    skills: Option<BTreeMap<String, Skill>>,
    budget: Option<Budget>,
    approvals: Option<Approvals>,
    taint: Option<Taint>,
    limits: Option<Limits>,
    /// Kept for a later version.
    triggers: Option<Table>,
}

/// A chain: steps in a fixed order.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChainFile {
    chain: ChainTable,
    /// What is done, one after the other.
    #[schemars(length(min = 1, max = 200))]
    step: Vec<Step>,
    /// What a run is given; anything when left out.
    input: Option<Io>,
    /// What a run answers; the last step's output when left out.
    output: Option<ChainOutput>,
    /// The skills it uses, by alias: `salesforce` in `salesforce.query`.
    skills: Option<BTreeMap<String, Skill>>,
    budget: Option<Budget>,
    approvals: Option<Approvals>,
    taint: Option<Taint>,
    limits: Option<Limits>,
    /// Kept for a later version.
    triggers: Option<Table>,
}

/// The agent itself.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AgentTable {
    /// What it is called.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_-]{0,63}$"))]
    name: String,
    /// Whose it is, where it is published, such as `com.acme`.
    namespace: Option<String>,
    /// Its version, as its author counts.
    version: Option<String>,
    /// One sentence for a list.
    #[schemars(length(max = 1024))]
    description: Option<String>,
    /// The route its model calls take.
    model: String,
    /// What it is told before anything else; `${…}` are CEL expressions over `input`.
    instructions: Text,
    /// What opens the conversation; the input when left out, as JSON unless it is text.
    prompt: Option<Text>,
    /// Most tokens of one answer; 4096 when left out.
    max_tokens: Option<u32>,
    /// From 0 to 2; the model's own when left out.
    #[schemars(range(min = 0, max = 2))]
    temperature: Option<f64>,
    /// Tokens of conversation from which on it is shortened by a summary.
    compact_from: Option<u32>,
}

/// The chain itself.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ChainTable {
    /// What it is called.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_-]{0,63}$"))]
    name: String,
    /// Whose it is, where it is published, such as `com.acme`.
    namespace: Option<String>,
    /// Its version, as its author counts.
    version: Option<String>,
    /// One sentence for a list.
    #[schemars(length(max = 1024))]
    description: Option<String>,
}

/// A text, or a file beside this one.
#[derive(JsonSchema, Deserialize)]
#[serde(untagged)]
enum Text {
    Here(String),
    There(TextFile),
}

/// A file beside this one.
#[derive(JsonSchema, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextFile {
    file: String,
}

/// Memory.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Memory {
    /// Whether runs of one session (`metier run --session`) continue one conversation.
    session: Option<bool>,
    /// Whether the model may save, search and forget notes.
    notes: Option<bool>,
}

/// JSON Schema 2020-12: written here, or in a file beside this one.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Io {
    schema: Option<Value>,
    file: Option<String>,
}

/// What a chain answers.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct ChainOutput {
    /// The answer; texts may have `${…}` over `input` and `steps`.
    value: Option<Value>,
    schema: Option<Value>,
    file: Option<String>,
}

/// One skill and what of it is used.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Skill {
    /// Path of its file, beside this one.
    file: String,
    /// Which of its tools; `["*"]` is all.
    tools: Vec<String>,
    /// The name it must have, such as `com.acme/salesforce`.
    name: Option<String>,
    /// The versions it may have, such as `^1.2`.
    version: Option<String>,
    /// The very bytes it must be.
    #[schemars(regex(pattern = "^sha256:[0-9a-f]{64}$"))]
    digest: Option<String>,
    /// Path of its grant, beside this file; without one it reaches nothing.
    grant: Option<String>,
}

/// What one run may use up.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Budget {
    /// Such as `0.50 USD`.
    #[schemars(regex(pattern = "^[0-9]+(\\.[0-9]{1,9})? *USD$"))]
    money: Option<String>,
    /// Tokens in and out.
    tokens: Option<u64>,
    /// Model calls of an agent, steps of a chain.
    steps: Option<u32>,
    /// From start to end, waiting included: `15m`.
    wall: Option<Span>,
    /// Calls of one tool, retries included: `"jira.add-comment" = 1`.
    calls: Option<BTreeMap<String, u32>>,
}

/// `10s`, `15m`, `2h`.
#[derive(JsonSchema, Deserialize)]
struct Span(#[schemars(regex(pattern = "^[0-9]+ *(ns|us|ms|s|m|h)$"))] String);

/// What a tool does to the world; `none` where nothing shall be meant.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FromEffect {
    Read,
    Idempotent,
    Write,
    Destructive,
    None,
}

/// Which tool calls wait for somebody's consent.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Approvals {
    /// Tools with this effect or a graver one; `destructive` when left out.
    from_effect: Option<FromEffect>,
    /// Every further effect, once this much is spent.
    from_money: Option<String>,
    /// How long a question stays open; 24 h when left out.
    timeout: Option<Span>,
    /// What happens then; `deny` when left out.
    on_timeout: Option<OnTimeout>,
    /// The first rule that matches decides.
    rule: Option<Vec<Rule>>,
}

#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum OnTimeout {
    Deny,
    Fail,
}

/// One rule about consent.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Rule {
    /// `jira.addComment`, `jira.*` or `*`.
    tool: String,
    /// CEL over `args`, `tool`, `effect`, `tainted`, `spent` and `input`; always when left out.
    when: Option<String>,
    then: Then,
}

#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Then {
    Ask,
    Allow,
    Deny,
}

/// What happens to tools once text from outside was read.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Taint {
    /// Tools with this effect or a graver one need consent from then on; `destructive` when left out.
    from_effect: Option<FromEffect>,
    /// Skills whose answers are trusted.
    trusted: Option<Vec<String>>,
}

/// How much at once, and how large.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Limits {
    /// Effects under way at once; 4 when left out.
    #[schemars(range(min = 1))]
    parallel: Option<u16>,
    /// Tool calls a model may ask for in one turn; 32 when left out.
    #[schemars(range(min = 1))]
    calls_per_turn: Option<u16>,
    /// How often the same call may be repeated in a row; 3 when left out.
    #[schemars(range(min = 1))]
    same_call: Option<u16>,
    /// More tools than this are searched for rather than listed; 24 when left out.
    #[schemars(range(min = 1))]
    listed_tools: Option<u16>,
    /// Bytes of an answer that go into the conversation; 32768 when left out.
    answer_bytes: Option<u32>,
    /// How deep skills may call each other; 4 when left out.
    #[schemars(range(min = 1))]
    call_depth: Option<u16>,
    /// What one call of a skill may ask of models and other skills; 32 when left out.
    #[schemars(range(min = 1))]
    calls_per_call: Option<u16>,
}

/// One step. It does exactly one thing: `tool`, `model`, `approval`, `wait` or `value`.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Step {
    /// What it is called; later expressions see it as `steps.NAME`.
    #[schemars(regex(pattern = "^[a-z][a-z0-9_-]{0,63}$"))]
    name: String,
    /// CEL; the step is skipped where this is false.
    when: Option<String>,
    /// Once for each item of a list.
    each: Option<Each>,
    /// How it is tried again when it failed.
    retry: Option<Retry>,
    /// Call this tool: `salesforce.query`.
    tool: Option<String>,
    /// The tool's arguments; texts may have `${…}`.
    args: Option<Table>,
    /// Ask a model by this route.
    model: Option<String>,
    /// What the model is told before.
    system: Option<Text>,
    /// What the model is asked.
    prompt: Option<Text>,
    /// JSON Schema of the model's answer.
    schema: Option<Value>,
    /// Most tokens of the model's answer.
    max_tokens: Option<u32>,
    /// From 0 to 2.
    #[schemars(range(min = 0, max = 2))]
    temperature: Option<f64>,
    /// Ask a person this.
    approval: Option<Text>,
    /// What the person is shown with it.
    show: Option<Value>,
    /// Wait this long.
    wait: Option<Span>,
    /// Compute this; texts may have `${…}`.
    value: Option<Value>,
}

/// CEL: the list; or a table with how many are done at once.
#[derive(JsonSchema, Deserialize)]
#[serde(untagged)]
enum Each {
    Plain(String),
    Table(EachTable),
}

/// A list, and how many of its items are done at once.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct EachTable {
    /// CEL: the list. Its items are `item`, and `index` counts from 0.
    over: String,
    /// How many at once; 1 when left out.
    #[schemars(range(min = 1))]
    parallel: Option<u16>,
}

/// How a failed step is tried again.
#[derive(JsonSchema, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Retry {
    /// Attempts in all; 1 when left out.
    #[schemars(range(min = 1))]
    attempts: Option<u16>,
    /// Wait before the second, doubled for each further one; 1 s when left out.
    pause: Option<Span>,
}
