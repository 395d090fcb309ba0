#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use metier_core::{Digest, PrincipalId};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{CodecError, Draft, Entry, Event, INLINE_BYTES, Millis, encode};
use crate::testing::{agent, entry, started, terms};

fn back(encoded: &super::Encoded) -> Entry {
    let draft = Draft::parse(&encoded.body).unwrap();
    let blobs: BTreeMap<Digest, Vec<u8>> = encoded.blobs.iter().cloned().collect();
    assert!(
        draft
            .wanted()
            .iter()
            .all(|digest| blobs.contains_key(digest))
    );
    draft.finish(&blobs).unwrap()
}

#[test]
fn a_long_text_stands_in_a_blob() {
    let mut started = started(agent(terms()));
    started.input = json!({"text": "x".repeat(INLINE_BYTES + 1), "short": "y"});
    let whole = entry(7, Event::Started(Box::new(started)));
    let encoded = encode(&whole).unwrap();
    assert_eq!(encoded.blobs.len(), 1);
    assert!(encoded.body.len() < INLINE_BYTES);
    assert_eq!(back(&encoded), whole);
    let missing = Draft::parse(&encoded.body)
        .unwrap()
        .finish(&BTreeMap::new());
    assert!(matches!(missing, Err(CodecError::Blob(_))));
}

#[test]
fn nobody_can_make_a_journal_point_at_a_blob() {
    let secret = Digest::of(b"another run's text");
    let mut started = started(agent(terms()));
    started.input = json!({"$blob": secret.to_string(), "nested": [{"$$blob": 1}]});
    let whole = entry(7, Event::Started(Box::new(started)));
    let encoded = encode(&whole).unwrap();
    assert!(Draft::parse(&encoded.body).unwrap().wanted().is_empty());
    assert_eq!(back(&encoded), whole);
}

#[test]
fn a_newer_journal_is_refused_by_name() {
    let body = br#"{"v":2,"at":1,"event":{"kind":"resumed","epoch":1}}"#;
    let error = Draft::parse(body).unwrap_err();
    assert_eq!(error, CodecError::Newer(2));
    assert!(error.to_string().contains("version 2"));
    assert!(matches!(Draft::parse(b"{}"), Err(CodecError::Malformed(_))));
    assert!(matches!(
        Draft::parse(b"\xff"),
        Err(CodecError::Malformed(_))
    ));
}

/// The format on disk: a change here is a change of [`super::VERSION`], or it only adds.
#[test]
fn the_format_is_what_it_was() {
    let event = Event::CancelAsked {
        by: PrincipalId::local(),
        why: "enough".into(),
    };
    let encoded = encode(&Entry {
        at: Millis(5),
        event,
    })
    .unwrap();
    assert_eq!(
        String::from_utf8(encoded.body).unwrap(),
        r#"{"v":1,"at":5,"event":{"kind":"cancel-asked","by":"local","why":"enough"}}"#
    );
    // As it was written before objects kept their order.
    let before = br#"{"at":5,"event":{"by":"local","kind":"cancel-asked","why":"enough"},"v":1}"#;
    let read = Draft::parse(before).unwrap().finish(&BTreeMap::new());
    assert_eq!(read.unwrap().event.kind(), "cancel-asked");
}

fn any_json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        "[$a-z]{0,4}",
        Just("$blob".to_owned()),
        Just("$$blob".to_owned())
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        text.clone().prop_map(Value::String),
        Just(Value::String("z".repeat(INLINE_BYTES + 1))),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_comes_back_as_it_was(input in any_json()) {
        let mut started = started(agent(terms()));
        started.input = input;
        let whole = entry(1, Event::Started(Box::new(started)));
        prop_assert_eq!(back(&encode(&whole).unwrap()), whole);
    }
}
