//! Sentences that tell a model to set other instructions aside, to keep things from people, or to come first.

use std::{collections::HashMap, sync::LazyLock};

use super::super::{fold::reads, report::Findings};

/// A sentence: some word of each list, in this order, each at most so many words behind the one before.
struct Sentence {
    what: &'static str,
    parts: &'static [(usize, &'static [&'static str])],
}

const SENTENCES: &[Sentence] = &[
    Sentence {
        what: "it sets other instructions aside",
        parts: &[
            (
                0,
                &[
                    "ignore",
                    "disregard",
                    "forget",
                    "override",
                    "overrule",
                    "bypass",
                    "discard",
                    "supersede",
                    "supersedes",
                    "overrides",
                ],
            ),
            (
                4,
                &[
                    "previous",
                    "prior",
                    "above",
                    "earlier",
                    "preceding",
                    "other",
                    "all",
                    "any",
                    "existing",
                    "your",
                    "system",
                    "these",
                    "those",
                    "everything",
                    "safety",
                    "user",
                    "developer",
                ],
            ),
            (
                3,
                &[
                    "instruction",
                    "instructions",
                    "prompt",
                    "prompts",
                    "rule",
                    "rules",
                    "guideline",
                    "guidelines",
                    "guardrail",
                    "guardrails",
                    "policy",
                    "policies",
                    "restriction",
                    "restrictions",
                    "directions",
                    "directive",
                    "directives",
                    "message",
                    "messages",
                    "tools",
                    "skills",
                    "said",
                    "told",
                    "constraints",
                    "safeguards",
                ],
            ),
        ],
    },
    Sentence {
        what: "it keeps something from people",
        parts: &[
            (0, &["not", "never", "dont", "without", "avoid"]),
            (
                2,
                &[
                    "tell",
                    "inform",
                    "mention",
                    "reveal",
                    "show",
                    "notify",
                    "alert",
                    "ask",
                    "asking",
                    "telling",
                    "informing",
                    "notifying",
                    "mentioning",
                    "revealing",
                    "showing",
                    "alerting",
                    "disclose",
                    "disclosing",
                ],
            ),
            (
                5,
                &[
                    "user",
                    "users",
                    "human",
                    "humans",
                    "operator",
                    "operators",
                    "anyone",
                    "anybody",
                    "person",
                    "people",
                    "administrator",
                ],
            ),
        ],
    },
    Sentence {
        what: "it wants to come before other tools",
        parts: &[
            (0, &["before", "instead", "rather"]),
            (3, &["any", "other", "every", "all"]),
            (
                2,
                &[
                    "tool",
                    "tools",
                    "skill",
                    "skills",
                    "assistant",
                    "assistants",
                ],
            ),
        ],
    },
    Sentence {
        what: "it speaks of the model's own instructions",
        parts: &[
            (0, &["system", "hidden", "initial", "developer"]),
            (1, &["prompt", "prompts", "instructions", "message"]),
        ],
    },
    Sentence {
        what: "it gives the model another role",
        parts: &[
            (0, &["you"]),
            (1, &["are"]),
            (1, &["now", "no"]),
            (2, &["a", "an", "the", "in", "longer", "dan"]),
        ],
    },
];

/// Words of a sentence that are shown.
const SHOWN: usize = 14;

/// Longest word that is looked at, in bytes: longer ones are none of those above.
const MAX_WORD: usize = 64;

/// Each part of each sentence, one bit.
type Parts = u32;

/// The words of all sentences as they are read, and the parts that each can be.
static KNOWN: LazyLock<HashMap<String, Parts>> = LazyLock::new(|| {
    let mut known = HashMap::new();
    let all = SENTENCES.iter().flat_map(|sentence| sentence.parts);
    for (number, (_, words)) in all.enumerate() {
        for word in *words {
            *known.entry(reads(word)).or_default() |= 1 << number;
        }
    }
    known
});

pub(super) fn check(place: &str, text: &str, findings: &mut Findings) {
    let words = words(text);
    for (at, _) in words
        .iter()
        .enumerate()
        .filter(|(_, (_, parts))| *parts != 0)
    {
        let mut first = 0;
        for sentence in SENTENCES {
            if goes_on(sentence.parts, first, &words[at..]) {
                let shown: Vec<&str> = words[at..]
                    .iter()
                    .take(SHOWN)
                    .map(|(word, _)| *word)
                    .collect();
                let evidence = format!("{}: “{}”", sentence.what, shown.join(" "));
                findings.add("words/instructions", place, &evidence);
            }
            first += sentence.parts.len();
        }
    }
}

fn words(text: &str) -> Vec<(&str, Parts)> {
    let inside = |character: char| {
        character.is_alphanumeric() || matches!(character, '\'' | '’' | '$' | '@' | '|')
    };
    let all = text.split(|character| !inside(character));
    let parts = |word: &str| match word.len() <= MAX_WORD {
        true => KNOWN
            .get(&reads(&word.replace(['\'', '’'], "")))
            .copied()
            .unwrap_or_default(),
        false => 0,
    };
    all.filter(|word| !word.is_empty())
        .map(|word| (word, parts(word)))
        .collect()
}

/// Whether the words begin with these parts, the first of which has this number.
fn goes_on(parts: &[(usize, &[&str])], number: usize, words: &[(&str, Parts)]) -> bool {
    let Some(((gap, _), rest)) = parts.split_first() else {
        return true;
    };
    let fits = |(at, (_, word)): (usize, &(&str, Parts))| {
        word & (1 << number) != 0 && goes_on(rest, number + 1, &words[at + 1..])
    };
    words.iter().take(gap + 1).enumerate().any(fits)
}
