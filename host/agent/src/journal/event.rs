//! The events of a run.

use std::collections::BTreeMap;

use metier_core::{Artifact, Digest, Effect, Fault, NanoDollars, PrincipalId, SkillName, ToolName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Millis, Seq};
use crate::definition::{Definition, Name};
use crate::models::{Answer, Message, ModelFailure};
use crate::routes::{PriceTable, Route};

/// Something that happened in a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Event {
    /// It began, and this is everything it depends on.
    Started(Box<Started>),
    /// An effect is about to be caused.
    Intended(Intent),
    /// An effect has ended.
    Settled(Settlement),
    /// A model's call was answered without any effect.
    Answered(Reply),
    /// The host tells the model something: its answer did not fit, or was empty.
    Told {
        /// The words.
        text: String,
    },
    /// Somebody has to decide.
    Asked(Question),
    /// Somebody decided, or the time was up.
    Decided {
        /// Which question.
        question: Seq,
        /// What was decided.
        verdict: Verdict,
        /// By whom; nobody when the time was up.
        by: Option<PrincipalId>,
    },
    /// A step of a chain begins, once for each of these.
    Opened {
        /// The step's place, from 0.
        step: u16,
        /// The items of its list; nothing for a step that has none.
        items: Option<Vec<Value>>,
    },
    /// A step of a chain is over without an effect.
    Passed(StepPassed),
    /// Nothing happens until then.
    Waiting {
        /// For which step.
        slot: Slot,
        /// Until when.
        until: Millis,
    },
    /// A host took the run over: what was under way is under way no more.
    Resumed {
        /// The lease's epoch.
        epoch: u64,
    },
    /// The events so far were copied from another run.
    Forked {
        /// Which run.
        from: String,
        /// Up to which of its events.
        at: Seq,
    },
    /// Something arrived that changes nothing: a decision about a question that is not open, or about something else.
    Ignored {
        /// What arrived.
        signal: String,
        /// Why it changes nothing.
        why: String,
    },
    /// Somebody wants it to end.
    CancelAsked {
        /// Who.
        by: PrincipalId,
        /// Why, in their words.
        why: String,
    },
    /// It is over.
    Ended(Ending),
}

impl Event {
    /// Whether the run is over with it.
    pub const fn ends(&self) -> bool {
        matches!(self, Event::Ended(_))
    }

    /// The event's name in the store and in a timeline.
    pub const fn kind(&self) -> &'static str {
        match self {
            Event::Started(_) => "started",
            Event::Intended(_) => "intended",
            Event::Settled(_) => "settled",
            Event::Answered(_) => "answered",
            Event::Told { .. } => "told",
            Event::Asked(_) => "asked",
            Event::Decided { .. } => "decided",
            Event::Opened { .. } => "opened",
            Event::Passed(_) => "passed",
            Event::Waiting { .. } => "waiting",
            Event::Resumed { .. } => "resumed",
            Event::Forked { .. } => "forked",
            Event::Ignored { .. } => "ignored",
            Event::CancelAsked { .. } => "cancel-asked",
            Event::Ended(_) => "ended",
        }
    }
}

/// Everything a run depends on, as it was when it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Started {
    /// The agent or chain.
    pub definition: Definition,
    /// What it was given.
    pub input: Value,
    /// Who started it.
    pub principal: PrincipalId,
    /// Its skills, by alias.
    pub skills: BTreeMap<Name, PinnedSkill>,
    /// Its tools, by the name a definition uses: `salesforce.query`.
    pub tools: BTreeMap<String, PinnedTool>,
    /// The routes its model calls take.
    pub routes: BTreeMap<String, Route>,
    /// What their tokens cost.
    pub prices: PriceTable,
    /// The folder its file lies in, for whoever resumes it on the same machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The conversation it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// Whether what was said in that conversation came from runs that had read text from outside.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tainted: bool,
    /// An agent's conversation before its first turn: instructions, what was said in earlier runs, the prompt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub opening: Vec<Message>,
}

/// A skill as it was when the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PinnedSkill {
    /// The bytes it consists of, which the store keeps.
    pub digest: Digest,
    /// What it calls itself; other skills name it so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<SkillName>,
    /// Its grant, as written; without one it reaches nothing.
    pub grant: Option<String>,
    /// The folder the grant's paths are relative to.
    pub folder: Option<String>,
}

/// A tool as it was when the run began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PinnedTool {
    /// The alias of its skill.
    pub skill: Name,
    /// Its name in the skill.
    pub tool: ToolName,
    /// What calling it does to the world.
    pub effect: Effect,
    /// What a model reads.
    pub description: String,
    /// JSON Schema of its arguments.
    pub input_schema: Value,
    /// JSON Schema of its answer, where there is one.
    pub output_schema: Option<Value>,
    /// Whether its answers come from outside, and are not to be obeyed.
    pub outside: bool,
}

/// Where the result of an effect goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "for")]
pub enum Slot {
    /// The agent's next turn.
    Turn,
    /// The summary that replaces the older part of the conversation.
    Summary,
    /// One call the model asked for in its last turn, by its place among them.
    Call {
        /// Its place, from 0.
        index: u16,
    },
    /// A step of a chain, and the item of its list where it has one.
    Step {
        /// The step's place, from 0.
        step: u16,
        /// The item's place, from 0.
        item: u32,
    },
    /// A call that is under way itself, whose skill asked for it.
    Within {
        /// The effect that asked.
        of: Seq,
        /// Its place among what that effect asked for, from 0.
        index: u16,
    },
}

/// An effect that is about to be caused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Intent {
    /// Where its result goes.
    pub slot: Slot,
    /// What is done.
    pub act: Act,
    /// Which attempt this is, from 1.
    pub attempt: u16,
    /// What it costs at the worst; set aside until it is settled.
    pub worst: Worst,
}

/// What is done to the world.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum Act {
    /// Ask a model.
    Model {
        /// The route.
        route: String,
        /// Most tokens of its answer.
        max_tokens: u32,
        /// What a step of a chain asks; what an agent asks is its conversation so far.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<Words>,
    },
    /// Call a tool of a skill.
    Tool {
        /// `alias.tool`.
        tool: String,
        /// JSON, an object.
        arguments: Value,
    },
    /// Use what the host itself offers a model: notes, and the search for tools.
    Builtin {
        /// Which, for instance `memory.save`.
        tool: String,
        /// JSON, an object.
        arguments: Value,
    },
}

/// What a step of a chain asks a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Words {
    /// What it is told before.
    pub system: Option<String>,
    /// What it is asked.
    pub prompt: String,
    /// Whether the answer is JSON.
    pub structured: bool,
    /// JSON Schema of the answer to a skill's question; that of a step is in the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

/// The worst an effect can cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Worst {
    /// In 10⁻⁹ US dollars.
    pub nano_dollars: u64,
    /// Tokens in and out.
    pub tokens: u64,
}

/// The end of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Settlement {
    /// Which effect.
    pub effect: Seq,
    /// What came of it.
    pub outcome: Outcome,
    /// What it cost in truth.
    pub cost: Cost,
    /// What the publisher of a skill asks for the call, before trial and cap. It is booked beside the run's own money and not taken
    /// from its budget: who pays for models and who is billed for skills need not be the same.
    #[serde(default, skip_serializing_if = "NanoDollars::is_zero")]
    pub price: NanoDollars,
    /// From its beginning to its end.
    pub took_ms: u64,
}

/// What came of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Outcome {
    /// A model answered.
    Answer(Box<Answer>),
    /// No model answered.
    NoAnswer(Box<ModelFailure>),
    /// A tool answered.
    Output {
        /// JSON text.
        value: String,
        /// Files it handed back.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        artifacts: Vec<Artifact>,
    },
    /// A tool failed.
    Fault {
        /// Why.
        fault: Box<Fault>,
    },
}

/// What an effect cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Cost {
    /// In 10⁻⁹ US dollars.
    pub nano_dollars: u64,
    /// Tokens in and out.
    pub tokens: u64,
    /// Whether the provider did not say, and this is an estimate.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
}

/// A model's call that has no effect, and what the model is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Reply {
    /// The call's place in the turn.
    pub index: u16,
    /// The words, for the model and for the timeline.
    pub text: String,
    /// Whether it is a refusal.
    pub is_error: bool,
    /// The tools a search found, which the model may be shown from then on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub found: Vec<String>,
}

/// A question to a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Question {
    /// For which call or step.
    pub slot: Slot,
    /// What is to be decided.
    #[serde(flatten)]
    pub what: QuestionKind,
    /// What a decision has to name, so that nothing else can be decided: SHA-256 over tool, skill and exact arguments.
    pub hash: Digest,
    /// When it decides itself.
    pub expires: Millis,
}

/// What is to be decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "question")]
pub enum QuestionKind {
    /// May this tool be called with exactly these arguments?
    Call {
        /// `alias.tool`.
        tool: String,
        /// The bytes of the skill.
        skill: Digest,
        /// JSON, an object.
        arguments: Value,
        /// What the tool does to the world.
        effect: Effect,
        /// Why somebody is asked.
        why: String,
    },
    /// The host died while this call was under way: was it done, may it be done again?
    Uncertain {
        /// The effect.
        effect: Seq,
        /// `alias.tool`.
        tool: String,
        /// JSON, an object.
        arguments: Value,
    },
    /// A step of a chain asks.
    Step {
        /// The question.
        text: String,
        /// What is shown with it.
        show: Option<Value>,
    },
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "verdict")]
pub enum Verdict {
    /// Yes; for an uncertain call: do it again, with the same idempotency key.
    Approved,
    /// No; for an uncertain call: it counts as not done.
    Denied {
        /// Why, for the model.
        why: String,
    },
    /// An uncertain call was done, and this is what it answered.
    Done {
        /// JSON text.
        value: String,
    },
    /// Nobody decided in time.
    TimedOut,
}

/// A step of a chain, or one item of it, that is over without an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct StepPassed {
    /// The step's place, from 0.
    pub step: u16,
    /// The item's place; nothing when the whole step was skipped.
    pub item: Option<u32>,
    /// What it put out; null when it was skipped.
    pub output: Value,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "ending")]
pub enum Ending {
    /// As it should.
    Completed {
        /// What it answers.
        output: Value,
    },
    /// Not as it should.
    Failed {
        /// Why.
        fault: Box<Fault>,
    },
    /// Somebody ended it.
    Cancelled {
        /// Who.
        by: PrincipalId,
        /// Why, in their words.
        why: String,
    },
}

impl Ending {
    /// The word in a listing.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Ending::Completed { .. } => "completed",
            Ending::Failed { .. } => "failed",
            Ending::Cancelled { .. } => "cancelled",
        }
    }
}
