//! A chain: steps in a fixed order.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::terms::{Name, Terms};

/// A chain, as its file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Chain {
    /// With what, for how much, with whose consent.
    pub terms: Terms,
    /// What is done, one after the other.
    pub steps: Vec<Step>,
    /// What the run answers: JSON whose texts may have `${…}` over `input` and `steps`; the last step's output when absent.
    pub output: Option<Value>,
}

/// One step.
///
/// Later expressions see it as `steps.NAME`: `steps.NAME.output` is what it answered (null where it was skipped), and
/// `steps.NAME.artifacts` the files it handed back, a list of `{ digest, name, media-type, size }` in their order, so that
/// `steps.deck.artifacts[0].digest` names the first. Where it is done for `each` item, `output` is the list of the outputs
/// and `artifacts` all their files, both in the order of the items. CEL names have no `-`: write `steps['my-step']`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Step {
    /// What it is called.
    pub name: Name,
    /// CEL; the step is skipped, and its output is null, where this is false.
    pub when: Option<String>,
    /// Once for each item of a list, instead of once.
    pub each: Option<Map>,
    /// What is done.
    pub work: Work,
    /// What a failure does.
    pub retry: Retry,
}

/// A step done for each item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Map {
    /// CEL: the list. Its items are `item`, and `index` counts from 0.
    pub over: String,
    /// How many at once; no more than the definition's own limit.
    pub parallel: u16,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Work {
    /// Call a tool.
    Tool {
        /// `alias.tool`.
        tool: String,
        /// Its arguments; texts may have `${…}`.
        args: BTreeMap<String, Value>,
    },
    /// Ask a model. The output is its text, or JSON where there is a schema.
    Model(Ask),
    /// Ask a person.
    Approval {
        /// What is asked; may have `${…}`.
        question: String,
        /// What is shown with it; texts may have `${…}`.
        show: Option<Value>,
    },
    /// Wait.
    Wait {
        /// How long: `10s`, `2h`.
        span: Duration,
    },
    /// Compute: JSON whose texts may have `${…}`.
    Value {
        /// The output.
        value: Value,
    },
}

/// One question to a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Ask {
    /// The route.
    pub model: String,
    /// What it is told before; may have `${…}`.
    pub system: Option<String>,
    /// What is asked; may have `${…}`.
    pub prompt: String,
    /// JSON Schema of the answer.
    pub schema: Option<Value>,
    /// Most tokens of the answer.
    pub max_tokens: u32,
    /// Sampling temperature; the model's own when absent.
    pub temperature: Option<f64>,
}

/// How a failed step is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Retry {
    /// Attempts in all.
    pub attempts: u16,
    /// Wait before the second; doubled for each further one.
    pub pause: Duration,
}

impl Default for Retry {
    /// Once: a step that failed has failed.
    fn default() -> Self {
        Retry {
            attempts: 1,
            pause: Duration::from_secs(1),
        }
    }
}
