//! Every answer of the corpus: what it means, and that it means the same however it is cut.

use super::fixture::{self, FORMATS};
use crate::models::{ModelEvent, Part};

#[test]
fn every_answer_is_decoded_as_written_down() {
    for format in FORMATS {
        for answer in fixture::all(format) {
            let decoded = fixture::decode(format, &answer, [answer.body.as_slice()]);
            insta::with_settings!({
                snapshot_path => fixture::folder(format),
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_json_snapshot!(answer.name.as_str(), decoded);
            });
        }
    }
}

#[test]
fn there_are_enough_answers_of_every_provider() {
    for format in FORMATS {
        let count = fixture::all(format).len();
        assert!(count >= 20, "{} has {count}", format.as_str());
    }
}

/// Byte by byte, and cut in two: short streams at every byte, long ones at many. An answer that is not a stream is put
/// together before it is looked at, so there a few cuts are enough.
#[test]
fn an_answer_means_the_same_wherever_it_is_cut() {
    for format in FORMATS {
        for answer in fixture::all(format) {
            let whole = fixture::decode(format, &answer, [answer.body.as_slice()]);
            let step = match (answer.is_stream(), answer.body.len()) {
                (true, ..1500) => 1,
                (true, _) => 11,
                (false, _) => 97,
            };
            for at in (0..=answer.body.len()).step_by(step) {
                let (one, two) = answer.body.split_at(at);
                let cut = fixture::decode(format, &answer, [one, two]);
                assert_eq!(cut, whole, "{} cut at {at}", answer.name);
            }
            let bytes = fixture::decode(format, &answer, answer.body.chunks(1));
            assert_eq!(bytes, whole, "{} byte by byte", answer.name);
        }
    }
}

/// What a listener heard is what the answer says.
#[test]
fn the_pieces_told_add_up_to_the_answer() {
    for format in FORMATS {
        for answer in fixture::all(format) {
            let decoded = fixture::decode(format, &answer, [answer.body.as_slice()]);
            let Some((ModelEvent::Done(done), told)) = decoded.events.split_last() else {
                assert!(
                    decoded.failure.is_some(),
                    "{} comes to nothing",
                    answer.name
                );
                continue;
            };
            let text = |event: &ModelEvent| match event {
                ModelEvent::Text { text } => Some(text.clone()),
                _ => None,
            };
            let told_text: String = told.iter().filter_map(text).collect();
            let said = done.message.parts.iter().filter_map(|part| match part {
                Part::Text { text } | Part::Refusal { text } => Some(text.as_str()),
                _ => None,
            });
            assert_eq!(told_text, said.collect::<String>(), "{}", answer.name);
            let begun = told
                .iter()
                .filter(|event| matches!(event, ModelEvent::ToolCallBegun { .. }));
            assert_eq!(
                begun.count(),
                done.message.tool_calls().count(),
                "{}",
                answer.name
            );
        }
    }
}
