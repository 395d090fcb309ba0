//! YAML, with a budget for everything a small text can blow up.

use serde_json::Value;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};

use super::{DocumentError, words};

/// Deepest nesting, in collections: that of the JSON reader.
const MAX_DEPTH: usize = 127;

/// Most events of the parser: a 64 MiB description has about 8 million.
const MAX_EVENTS: usize = 16 << 20;

/// Most aliases; descriptions written by hand share a few hundred parts.
const MAX_ALIASES: usize = 10_000;

/// Most events that come out of aliases: each is a copy in memory.
const MAX_REPLAYED: usize = 500_000;

/// Deepest alias within an alias.
const MAX_REPLAY_DEPTH: usize = 16;

/// Most text, in bytes, aliases included.
const MAX_SCALAR_BYTES: usize = 2 * super::MAX_BYTES;

/// Longest key, in characters: paths of some services are longer than YAML's own 1,024.
const MAX_KEY_CHARACTERS: usize = 8192;

/// What is said of a text that spends its budget.
const BOMB: &str = "its nesting, keys or aliases make far more of it than any description needs; write the shared parts as `$ref`";

/// Reads one YAML 1.2 document: `yes` and `on` are texts, the last of equal keys wins as it does in JSON.
pub(super) fn parse(text: &str) -> Result<Value, DocumentError> {
    let budget = serde_saphyr::budget! {
        max_reader_input_bytes: Some(super::MAX_BYTES),
        simple_key_max_lookahead: MAX_KEY_CHARACTERS,
        flow_nesting_limit: MAX_DEPTH,
        max_depth: MAX_DEPTH,
        max_events: MAX_EVENTS,
        max_nodes: MAX_EVENTS,
        max_aliases: MAX_ALIASES,
        max_anchors: MAX_ALIASES,
        max_recorded_anchor_events: MAX_REPLAYED,
        max_total_scalar_bytes: MAX_SCALAR_BYTES,
        max_documents: 1,
        max_merge_keys: MAX_ALIASES,
    };
    let options = serde_saphyr::options! {
        budget: budget,
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_REPLAYED,
            max_replay_stack_depth: MAX_REPLAY_DEPTH,
        },
        strict_booleans: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        with_snippet: false,
    };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let words = words(&error);
        // The reader names its own counters, which are nobody's business.
        match words.contains("budget breached") {
            true => DocumentError::Yaml(BOMB.to_owned()),
            false => DocumentError::Yaml(words),
        }
    })
}
