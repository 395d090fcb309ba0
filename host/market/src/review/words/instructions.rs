//! Sentences that tell a model to set other instructions aside, to keep things from people, or to come first.

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

pub(super) fn check(place: &str, text: &str, findings: &mut Findings) {
    let words = words(text);
    for (at, _) in words.iter().enumerate() {
        for sentence in SENTENCES
            .iter()
            .filter(|sentence| begins(sentence, &words[at..]))
        {
            let shown: Vec<&str> = words[at..]
                .iter()
                .take(SHOWN)
                .map(|word| word.written)
                .collect();
            findings.add(
                "words/instructions",
                place,
                &format!("{}: “{}”", sentence.what, shown.join(" ")),
            );
        }
    }
}

struct Word<'t> {
    written: &'t str,
    read: String,
}

fn words(text: &str) -> Vec<Word<'_>> {
    let inside = |character: char| {
        character.is_alphanumeric() || matches!(character, '\'' | '’' | '$' | '@' | '|')
    };
    let all = text
        .split(|character| !inside(character))
        .filter(|word| !word.is_empty());
    all.map(|written| Word {
        written,
        read: reads(&written.replace(['\'', '’'], "")),
    })
    .collect()
}

fn begins(sentence: &Sentence, words: &[Word<'_>]) -> bool {
    let mut from = 0;
    for (index, (gap, any)) in sentence.parts.iter().enumerate() {
        let reach = if index == 0 { 1 } else { gap + 1 };
        let window = words.get(from..).unwrap_or_default().iter().take(reach);
        let found = window
            .enumerate()
            .find(|(_, word)| any.iter().any(|wanted| reads(wanted) == word.read));
        match found {
            Some((at, _)) => from += at + 1,
            None => return false,
        }
    }
    true
}
