//! Whether the next effect fits into what the run may still use up.

use metier_core::{Code, Fault};

use crate::{
    definition::Budget,
    journal::Worst,
    models::ModelRequest,
    routes::{NanoDollars, PriceTable, Route},
    state::State,
};

use super::terms;

/// The shortest answer worth asking for when money or tokens run out.
const SHORTEST_ANSWER: u32 = 256;

/// What a question can cost at the worst: its dearest candidate, its longest answer, every repetition that may have to be paid.
fn worst_case(route: &Route, prices: &PriceTable, request: &ModelRequest) -> Worst {
    let payable = u64::from(route.retry.broken_answers).saturating_add(1);
    let candidates = route.candidates.iter();
    let most = candidates.map(|candidate| {
        candidate
            .most_input(request)
            .saturating_add(candidate.most_output(request))
    });
    let NanoDollars(nano_dollars) = route.worst_case(request, prices).unwrap_or_default();
    Worst {
        nano_dollars,
        tokens: most.max().unwrap_or_default().saturating_mul(payable),
    }
}

/// How long an answer may be so that the worst case fits the budget, and that worst case.
pub(super) fn afford(
    state: &State,
    route: &Route,
    mut request: ModelRequest,
    wanted: u32,
) -> Result<(u32, Worst), Fault> {
    let mut max_tokens = wanted;
    loop {
        request.max_tokens = Some(max_tokens);
        let worst = worst_case(route, &state.started.prices, &request);
        match lacking(state, worst) {
            None => return Ok((max_tokens, worst)),
            Some(_) if max_tokens / 2 >= SHORTEST_ANSWER => max_tokens /= 2,
            Some(fault) => return Err(fault),
        }
    }
}

/// What the run has too little of for an effect that costs this at the worst.
fn lacking(state: &State, worst: Worst) -> Option<Fault> {
    let Budget {
        nano_dollars,
        tokens,
        ..
    } = &terms(state).budget;
    let spent = &state.spent;
    let money = spent
        .committed_nano_dollars()
        .saturating_add(worst.nano_dollars);
    if let Some(cap) = nano_dollars
        && money > *cap
    {
        return Some(over(format!(
            "The next question to a model could cost {} and the run has {} of its {} left.",
            NanoDollars(worst.nano_dollars),
            NanoDollars(cap.saturating_sub(spent.committed_nano_dollars())),
            NanoDollars(*cap),
        )));
    }
    let used = spent.committed_tokens().saturating_add(worst.tokens);
    if let Some(cap) = tokens
        && used > *cap
    {
        return Some(over(format!(
            "The next question to a model could use {} tokens and the run has {} of its {cap} left.",
            worst.tokens,
            cap.saturating_sub(spent.committed_tokens()),
        )));
    }
    None
}

/// The run has made all the turns or pieces of work it may.
pub(super) fn out_of_steps(state: &State) -> Option<Fault> {
    let cap = terms(state).budget.steps?;
    (state.spent.steps >= cap).then(|| {
        over(format!(
            "The run has made the {cap} steps its budget allows."
        ))
    })
}

/// The run has called a tool as often as it may.
pub(super) fn out_of_calls(state: &State, tool: &str) -> Option<u32> {
    let cap = *terms(state).budget.calls.get(tool)?;
    let made = state.spent.calls.get(tool).copied().unwrap_or(0);
    (made >= cap).then_some(cap)
}

fn over(message: String) -> Fault {
    Fault::new(Code::RunBudgetExceeded, message)
}
