//! What a stolen key signed is told by the list, however much that is.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::{Digest, canonical};
use serde_json::json;

use super::NAME;
use crate::{
    revoked::{Entry, Installed, List, MAX_FILE, Target},
    state::{
        Change, MAX_REVOKED, MAX_VOID, State,
        tests::{
            acme, apply, namespace, new_key, publication, publish, revoke, skill, stolen, version,
        },
    },
    trust::{
        Publisher, SigningKey,
        tests::{day, publisher},
    },
};

fn list(state: &State) -> List {
    List::new(1, day(20), day(21), state.listed()).unwrap()
}

fn is_hit(state: &State, number: &str, key: &SigningKey<Publisher>) -> bool {
    let installed = Installed {
        name: skill(NAME),
        version: version(number),
        digest: publication(NAME, number, key).digest,
        capabilities: Vec::new(),
    };
    !list(state).hits(&installed).is_empty()
}

#[test]
fn what_a_stolen_key_signed_since_is_on_the_list_and_nothing_else() {
    let (mut state, key) = acme();
    let owners = publisher();
    let added = new_key("com.acme", &owners, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    for (at, number, by) in [
        (2, "1.0.0", &key),
        (4, "1.1.0", &key),
        (4, "1.1.1", &owners),
        (5, "1.2.0-rc.1", &key),
        (5, "1.2.0", &key),
        (6, "1.3.0", &owners),
    ] {
        apply(&mut state, day(at), publish(NAME, number, by)).unwrap();
    }
    assert_eq!(state.listed(), []);
    let before = state.list_changed();
    let theft = Change::KeyEnd(stolen("com.acme", &key, day(3)));
    apply(&mut state, day(7), theft).unwrap();
    assert!(state.list_changed() > before);
    let void = ["1.1.0", "1.2.0-rc.1", "1.2.0"];
    for number in ["1.0.0", "1.1.0", "1.1.1", "1.2.0-rc.1", "1.2.0", "1.3.0"] {
        let by = if void.contains(&number) {
            &key
        } else {
            &owners
        };
        assert_eq!(
            is_hit(&state, number, by),
            void.contains(&number),
            "{number}"
        );
    }
    let targets: Vec<String> = state
        .listed()
        .iter()
        .map(|e| e.target.to_string())
        .collect();
    let one = publication(NAME, "1.1.0", &key).digest;
    assert_eq!(
        targets,
        [
            format!("the file {one}"),
            format!("{NAME} >=1.2.0-rc.1, <=1.2.0")
        ]
    );
    assert!(state.listed().iter().all(|entry| entry.at == day(7)));
    // What is published between them later is hit by none of them.
    apply(&mut state, day(8), publish(NAME, "1.2.0-rc.2", &owners)).unwrap();
    assert!(!is_hit(&state, "1.2.0-rc.2", &owners));
    assert!(is_hit(&state, "1.2.0-rc.1", &key) && is_hit(&state, "1.2.0", &key));
}

/// A name of a pre-release as long as can be makes no range: then each file is named.
#[test]
fn attack_versions_too_long_for_a_range() {
    let (mut state, key) = acme();
    let long = |n: u8| format!("1.0.0-{n}{}", "x".repeat(200));
    for number in [long(1), long(2)] {
        apply(&mut state, day(4), publish(NAME, &number, &key)).unwrap();
    }
    let theft = Change::KeyEnd(stolen("com.acme", &key, day(3)));
    apply(&mut state, day(7), theft).unwrap();
    let listed = state.listed();
    assert_eq!(listed.len(), 2);
    assert!(is_hit(&state, &long(1), &key) && is_hit(&state, &long(2), &key));
}

/// Good and void in turns, so that no two are one range: the namespace is named, and the list is made.
#[test]
fn attack_more_void_versions_than_a_list_can_have() {
    let (mut state, key) = acme();
    let owners = publisher();
    let added = new_key("com.acme", &owners, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    for number in 0..1_001 {
        for (patch, by) in [(0, &key), (1, &owners)] {
            let number = format!("1.{number}.{patch}");
            let change = publish(NAME, &number, by);
            let leaf = crate::state::tests::leaf(day(4), change);
            state.apply(&leaf).unwrap();
        }
    }
    let theft = Change::KeyEnd(stolen("com.acme", &key, day(3)));
    apply(&mut state, day(7), theft).unwrap();
    let all = Target::Publisher {
        namespace: namespace("com.acme"),
    };
    let targets: Vec<Target> = state
        .listed()
        .into_iter()
        .map(|entry| entry.target)
        .collect();
    assert_eq!(targets, [all]);
}

#[test]
fn what_is_revoked_comes_before_what_is_void() {
    let (mut state, key) = acme();
    apply(&mut state, day(4), publish(NAME, "1.0.0", &key)).unwrap();
    let digest = publication(NAME, "1.0.0", &key).digest;
    let target = Target::Digest { digest };
    apply(&mut state, day(5), revoke(target.clone())).unwrap();
    let theft = Change::KeyEnd(stolen("com.acme", &key, day(3)));
    apply(&mut state, day(7), theft).unwrap();
    // Both say the same; whoever is hit is told the first.
    let list = list(&state);
    let found = list.naming_file(&digest).unwrap();
    assert_eq!((&found.target, found.at), (&target, day(5)));
}

/// With the longest of everything, it is a file that clients take.
#[test]
fn the_longest_list_is_one_that_is_taken() {
    let label = "a".repeat(63);
    let name = skill(&format!("{label}.{label}.{}/{label}", "a".repeat(50)));
    let range = format!(">=1.0.0-{}, <2", "x".repeat(230));
    let entry = |why: &str| Entry {
        target: Target::Versions {
            name: name.clone(),
            versions: range.parse().unwrap(),
        },
        why: why.parse().unwrap(),
        at: day(2),
    };
    let length = |entry: &Entry| canonical::text(&json!(entry)).len() + 1;
    let revoked = length(&entry(&"\u{1f512}".repeat(300)));
    let void = length(&entry("its key was in other hands when it was signed"));
    let bundle = 64 << 10;
    assert!(MAX_REVOKED * revoked + MAX_VOID * void + bundle < MAX_FILE);
    assert!(Digest::of(b"").to_string().len() < range.len());
}

/// The first leaf of all is a change of the list as every other is.
#[test]
fn a_revocation_that_is_the_first_leaf_is_told() {
    let mut state = State::default();
    assert_eq!(state.list_changed(), 0);
    let target = Target::Publisher {
        namespace: namespace("com.acme"),
    };
    apply(&mut state, day(1), revoke(target)).unwrap();
    assert_eq!(state.listed().len(), 1);
    assert!(state.list_changed() > 0);
}
