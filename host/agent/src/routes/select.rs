//! Who may be asked: rules, in order, as a pure function.

use std::fmt;

use super::{Candidate, Condition, Feature, Needs, PriceTable, Route};
use crate::models::{ModelRequest, Origin, Part, ResultPart};

/// What a rule looks at, besides the candidate.
pub struct Circumstances<'a> {
    /// The question.
    pub request: &'a ModelRequest,
    /// How the run narrows the route.
    pub needs: &'a Needs,
    /// The prices the run pinned.
    pub prices: &'a PriceTable,
    /// The candidate's health.
    pub condition: &'a dyn Fn(&str) -> Condition,
    /// The candidate's usual latency, where known, in milliseconds.
    pub latency_ms: &'a dyn Fn(&str) -> Option<u64>,
}

/// Who may be asked, best first, and why the others may not.
#[derive(Debug, PartialEq)]
pub struct Selection<'r> {
    /// In the route's order.
    pub usable: Vec<&'r Candidate>,
    /// The others.
    pub left_out: Vec<(&'r str, LeftOut)>,
}

/// Why a candidate may not be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeftOut {
    /// The conversation is in the middle of somebody else's thoughts.
    #[error("the turn was begun by {0}, whose thoughts nobody else can continue")]
    Thoughts(Origin),
    /// It cannot do what the question needs.
    #[error("it lacks {}", Words(.0))]
    Features(Vec<Feature>),
    /// Its context is too short.
    #[error("its context of {has} tokens is shorter than the {needs} needed")]
    Context {
        /// What it has.
        has: u64,
        /// What is needed.
        needs: u64,
    },
    /// It is not meant for the task.
    #[error("it is not tagged `{0}`")]
    Task(String),
    /// It is in another region.
    #[error("it is not in an allowed region")]
    Region,
    /// Its answers are computed elsewhere.
    #[error("it is not in an allowed jurisdiction")]
    Residency,
    /// Nobody knows what it costs.
    #[error("it has no price")]
    NoPrice,
    /// It costs too much.
    #[error("its price is above the limit")]
    Price,
    /// It is too slow.
    #[error("its answers usually take {0} ms")]
    Slow(u64),
    /// It failed too often.
    #[error("it rests after failures, for {0} ms more")]
    Rests(u64),
}

struct Words<'f>(&'f [Feature]);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.0.iter().map(|feature| feature.as_str()).collect();
        f.write_str(&words.join(", "))
    }
}

/// Applies the route's rules and the run's.
pub fn select<'r>(route: &'r Route, given: &Circumstances<'_>) -> Selection<'r> {
    let mut selection = Selection {
        usable: Vec::new(),
        left_out: Vec::new(),
    };
    for candidate in &route.candidates {
        match left_out(route, candidate, given) {
            None => selection.usable.push(candidate),
            Some(why) => selection.left_out.push((&candidate.name, why)),
        }
    }
    selection
}

/// What must hold comes before what may change by itself.
fn left_out(route: &Route, candidate: &Candidate, given: &Circumstances<'_>) -> Option<LeftOut> {
    fits(candidate, given.request)
        .or_else(|| obeys(candidate, &route.needs, given))
        .or_else(|| obeys(candidate, given.needs, given))
        .or_else(|| match (given.condition)(&candidate.name) {
            Condition::Well => None,
            Condition::Resting { for_ms } => Some(LeftOut::Rests(for_ms)),
        })
}

/// Whether it can take the question at all.
fn fits(candidate: &Candidate, request: &ModelRequest) -> Option<LeftOut> {
    if let Some(origin) = request.bound_to()
        && *origin != candidate.origin()
    {
        return Some(LeftOut::Thoughts(origin.clone()));
    }
    let mut lacking = needed(request);
    lacking.retain(|feature| !candidate.features.contains(feature));
    if !lacking.is_empty() {
        return Some(LeftOut::Features(lacking));
    }
    let answer = request.max_tokens.unwrap_or(0).into();
    let needs = request.likely_tokens().saturating_add(answer);
    (needs > candidate.context).then_some(LeftOut::Context {
        has: candidate.context,
        needs,
    })
}

fn obeys(candidate: &Candidate, needs: &Needs, given: &Circumstances<'_>) -> Option<LeftOut> {
    let is_in = |allowed: &[String], place: &Option<String>| {
        allowed.is_empty() || place.as_ref().is_some_and(|place| allowed.contains(place))
    };
    if let Some(task) = needs
        .task
        .as_ref()
        .filter(|task| !candidate.tags.contains(task))
    {
        return Some(LeftOut::Task(task.clone()));
    }
    if !is_in(&needs.regions, &candidate.region) {
        return Some(LeftOut::Region);
    }
    if !is_in(&needs.residency, &candidate.residency) {
        return Some(LeftOut::Residency);
    }
    if let Some(least) = needs.min_context.filter(|least| *least > candidate.context) {
        return Some(LeftOut::Context {
            has: candidate.context,
            needs: least,
        });
    }
    let Some(price) = given.prices.of(candidate) else {
        return Some(LeftOut::NoPrice);
    };
    if needs
        .max_price
        .is_some_and(|max| price.input > max.input || price.output > max.output)
    {
        return Some(LeftOut::Price);
    }
    let usual = (given.latency_ms)(&candidate.name);
    let slow = usual.filter(|usual| needs.max_latency_ms.is_some_and(|max| *usual > max));
    slow.map(LeftOut::Slow)
}

/// What the question needs of a model.
fn needed(request: &ModelRequest) -> Vec<Feature> {
    let parts = || request.messages.iter().flat_map(|message| &message.parts);
    let results = || {
        parts().filter_map(|part| match part {
            Part::ToolResult(result) => Some(&result.content),
            _ => None,
        })
    };
    let in_results = |is: fn(&ResultPart) -> bool| results().flatten().any(is);
    let tools = !request.tools.is_empty()
        || parts().any(|part| matches!(part, Part::ToolCall(_) | Part::ToolResult(_)));
    let vision = parts().any(|part| matches!(part, Part::Image(_)))
        || in_results(|part| matches!(part, ResultPart::Image(_)));
    let documents = parts().any(|part| matches!(part, Part::Document(_)))
        || in_results(|part| matches!(part, ResultPart::Document(_)));
    let all = [
        (tools, Feature::Tools),
        (vision, Feature::Vision),
        (documents, Feature::Documents),
        (request.response.is_some(), Feature::Schema),
    ];
    all.into_iter()
        .filter(|(needed, _)| *needed)
        .map(|(_, feature)| feature)
        .collect()
}

#[cfg(test)]
mod tests;
