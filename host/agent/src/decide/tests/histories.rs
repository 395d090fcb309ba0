//! Any history: answers, failures, deaths and decisions in any order.

use super::*;

use crate::journal::Packed;

/// What can happen to a run from outside, in a simulation.
#[derive(Clone, Debug)]
enum Happening {
    /// The n-th effect under way ends well.
    Answer(usize, u8),
    /// The n-th effect under way fails.
    Fail(usize),
    /// The host dies and another one goes on.
    Crash,
    /// The oldest question is decided.
    Decide(bool),
    /// Time passes.
    Wait(u32),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0usize..4, any::<u8>()).prop_map(|(n, what)| Happening::Answer(n, what)),
        1 => (0usize..4).prop_map(Happening::Fail),
        2 => Just(Happening::Crash),
        2 => any::<bool>().prop_map(Happening::Decide),
        1 => (1u32..200_000).prop_map(Happening::Wait),
    ]
}

/// A model that calls something different each time it is asked, or ends.
fn some_answer(turn: u64, what: u8) -> Answer {
    let arguments = json!({"turn": turn, "what": what});
    let name = ["s__read", "s__idempotent", "s__write", "s__destructive"][usize::from(what % 4)];
    match what % 11 {
        10 => says("done"),
        n if n > 6 => calls(&[("a", name, arguments.clone()), ("b", "s__write", arguments)]),
        _ => calls(&[("a", name, arguments)]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Whatever happens: the journal alone gives the same state, and so does a snapshot with what came after; the cap holds; and a call that may not be repeated is
    /// begun again only after somebody said so.
    #[test]
    fn any_history_holds_the_invariants(
        happenings in proptest::collection::vec(happening(), 1..80),
        cut in any::<proptest::sample::Index>(),
    ) {
        let cap = 20_000_000;
        let mut limited = terms();
        limited.budget = Budget { nano_dollars: Some(cap), ..Budget::default() };
        let mut run = Run::of(agent(limited));
        let mut begun: BTreeMap<Seq, u32> = BTreeMap::new();
        let mut allowed: BTreeMap<Seq, u32> = BTreeMap::new();
        let mut flying: Vec<Seq> = Vec::new();
        for happening in happenings {
            let perform = run.settle_down();
            for seq in perform.into_iter().filter(|seq| !flying.contains(seq)).collect::<Vec<_>>() {
                *begun.entry(seq).or_default() += 1;
                flying.push(seq);
                let Act::Tool { tool, .. } = &run.state.pending[&seq].intent.act else { continue };
                let may_repeat = run.state.started.tools[tool].effect.may_repeat();
                let times = 1 + allowed.get(&seq).copied().unwrap_or(0);
                prop_assert!(may_repeat || begun[&seq] <= times, "{tool} was begun {} times", begun[&seq]);
            }
            prop_assert!(run.state.spent.committed_nano_dollars() <= cap);
            if run.state.ended.is_some() { break; }
            match happening {
                Happening::Answer(n, what) if !flying.is_empty() => {
                    let seq = flying.remove(n % flying.len());
                    match &run.state.pending[&seq].intent.act {
                        Act::Model { .. } => run.end(seq, Outcome::Answer(Box::new(some_answer(seq.0, what)))),
                        _ => run.tool(seq, json!(what)),
                    }
                }
                Happening::Fail(n) if !flying.is_empty() => {
                    let seq = flying.remove(n % flying.len());
                    let outcome = match &run.state.pending[&seq].intent.act {
                        Act::Model { .. } => Outcome::NoAnswer(Box::new(ModelFailure::new(FailureKind::Overloaded, "no"))),
                        _ => Outcome::Fault { fault: Box::new(Fault::new(Code::UpstreamTimeout, "no")) },
                    };
                    run.end(seq, outcome);
                }
                Happening::Crash => {
                    flying.clear();
                    if !run.state.pending.is_empty() {
                        run.write(Event::Resumed { epoch: 2 });
                    }
                }
                Happening::Decide(yes) if !run.state.questions.is_empty() => {
                    let uncertain = run.state.questions.values().next().unwrap().what.clone();
                    if let (QuestionKind::Uncertain { effect, .. }, true) = (uncertain, yes) {
                        *allowed.entry(effect).or_default() += 1;
                    }
                    run.decide_question(match yes {
                        true => Verdict::Approved,
                        false => Verdict::Denied { why: "no".into() },
                    });
                }
                Happening::Wait(ms) => run.now += u64::from(ms),
                _ => {}
            }
        }
        let mut again = State::begin(run.journal[0].clone()).unwrap();
        for entry in &run.journal[1..] {
            again.apply(entry.clone()).unwrap();
        }
        prop_assert_eq!(&again, &run.state);
        // From a snapshot anywhere on the way, and the events behind it.
        let cut = cut.index(run.journal.len()) + 1;
        let mut part = State::begin(run.journal[0].clone()).unwrap();
        for entry in &run.journal[1..cut] {
            part.apply(entry.clone()).unwrap();
        }
        let (body, texts) = Packed::write(&part).unwrap();
        let mut part: State = Packed::read(&body).unwrap().unpack(&texts.into_iter().collect()).unwrap();
        for entry in &run.journal[cut..] {
            part.apply(entry.clone()).unwrap();
        }
        prop_assert_eq!(&part, &run.state);
    }
}
