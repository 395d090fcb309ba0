//! A policy set that was read and checked.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use cedar_policy::{Authorizer, Decision, Policy, PolicyId, PolicySet};

use super::{asked::Asked, check};

/// Longest text of a tenant's policies, in bytes: a thousand short ones.
pub const MAX_TEXT: usize = 64 << 10;

/// Most policies of a tenant: each is looked at in every call.
pub const MAX_POLICIES: usize = 256;

/// Deepest brackets and `if` in one policy: the parser takes much stack for each.
pub const MAX_DEPTH: usize = 24;

/// Most operators, points and brackets in one policy: a chain of them is nested too.
pub const MAX_MARKS: usize = 400;

/// Decisions that are remembered; with another, all are made anew.
const MAX_REMEMBERED: usize = 4_096;

/// Longest id of a policy, in bytes.
const MAX_ID: usize = 64;

/// What is wrong with a policy set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct Mistake {
    /// Where, from 1.
    pub line: usize,
    /// What.
    pub what: String,
}

/// What the policies say of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may be made.
    pub allowed: bool,
    /// The policies that decided, in order; none where nothing permits it.
    pub policies: Vec<String>,
    /// What could not be evaluated, which denies.
    pub errors: Vec<String>,
}

/// A policy set, ready to decide.
pub struct Compiled {
    set: PolicySet,
    reads_arguments: bool,
    authorizer: Authorizer,
    remembered: RwLock<HashMap<String, Arc<Verdict>>>,
}

impl Compiled {
    /// Reads and checks a text.
    ///
    /// # Errors
    /// Every mistake there is, by line; at least one.
    pub fn read(text: &str) -> Result<Self, Vec<Mistake>> {
        if text.len() > MAX_TEXT {
            let what = format!("policies have at most {MAX_TEXT} bytes together");
            return Err(vec![Mistake { line: 1, what }]);
        }
        check::bounded(text).map_err(|mistake| vec![mistake])?;
        let parsed: PolicySet = text.parse().map_err(|error| check::unread(text, &error))?;
        let set = named(text, &parsed)?;
        let reads_arguments = check::whole(text, &set)?;
        Ok(Compiled {
            set,
            reads_arguments,
            authorizer: Authorizer::new(),
            remembered: RwLock::default(),
        })
    }

    /// Decides. What is asked again is answered again: a decision depends on nothing but the policies and what is asked, and where no
    /// policy looks at arguments there is not much to ask.
    pub fn decide(&self, asked: &Asked<'_>) -> Arc<Verdict> {
        if self.reads_arguments {
            return Arc::new(self.evaluate(asked));
        }
        let key = asked.without_arguments();
        let known = self
            .remembered
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(verdict) = known.get(&key) {
            return verdict.clone();
        }
        drop(known);
        let verdict = Arc::new(self.evaluate(asked));
        let mut known = self
            .remembered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_REMEMBERED {
            known.clear();
        }
        known.insert(key, verdict.clone());
        verdict
    }

    fn evaluate(&self, asked: &Asked<'_>) -> Verdict {
        let (request, entities) = match asked.request(self.reads_arguments) {
            Ok(request) => request,
            Err(error) => return Verdict::unable(error),
        };
        let decided = self
            .authorizer
            .is_authorized(&request, &self.set, &entities);
        let reasons = decided.diagnostics().reason();
        let policies: BTreeSet<String> = reasons.map(ToString::to_string).collect();
        let errors = decided.diagnostics().errors();
        let errors: Vec<String> = errors.map(ToString::to_string).collect();
        Verdict {
            allowed: decided.decision() == Decision::Allow && errors.is_empty(),
            policies: policies.into_iter().collect(),
            errors,
        }
    }
}

impl Verdict {
    fn unable(error: String) -> Verdict {
        Verdict {
            allowed: false,
            policies: Vec::new(),
            errors: vec![error],
        }
    }
}

/// The same policies under the ids they give themselves, and otherwise `policy0`, `policy1`, as they stand.
fn named(text: &str, parsed: &PolicySet) -> Result<PolicySet, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    if parsed.num_of_templates() > 0 {
        let what = "a policy with a slot, ?principal or ?resource, is none by itself".to_owned();
        mistakes.push(Mistake { line: 1, what });
    }
    if parsed.num_of_policies() > MAX_POLICIES {
        let what = format!("there are at most {MAX_POLICIES} policies");
        mistakes.push(Mistake { line: 1, what });
    }
    let mut set = PolicySet::new();
    for policy in parsed.policies() {
        let added = id(policy).and_then(|id| {
            let added = set.add(policy.new_id(PolicyId::new(&id)));
            added.map_err(|_| format!("there are two policies `{id}`"))
        });
        if let Err(what) = added {
            let line = check::line_of(text, policy);
            mistakes.push(Mistake { line, what });
        }
    }
    match mistakes.is_empty() {
        true => Ok(set),
        false => Err(mistakes),
    }
}

fn id(policy: &Policy) -> Result<String, String> {
    let Some(id) = policy.annotation("id") else {
        return Ok(policy.id().to_string());
    };
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    match (1..=MAX_ID).contains(&id.len()) && id.bytes().all(is_word) {
        true => Ok(id.to_owned()),
        false => Err(format!("an id has 1 to {MAX_ID} of A-Z a-z 0-9 . _ -")),
    }
}
