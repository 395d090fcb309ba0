//! Workflows in other hands: what they published is void.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::NAME;
use super::publishers::{add, by_run, refused, trusting};
use crate::{
    state::{
        Change, PublisherRefused, Standing,
        tests::{apply, no_more, publication, run_of, skill, stolen, trusted, version},
    },
    trust::{Unusable, tests::day},
};

/// A thief's act with the namespace's key may be to trust a workflow of their own: it goes with the key.
#[test]
fn attack_publisher_of_a_key_that_was_stolen() {
    let (mut state, key, early) = trusting();
    let late = add(&mut state, day(5), trusted(day(5)), &key);
    by_run(&mut state, day(6), "1.0.0", run_of(early, day(6))).unwrap();
    by_run(&mut state, day(6), "1.1.0", run_of(late, day(6))).unwrap();
    let theft = Change::KeyEnd(stolen("com.acme", &key, day(4)));
    apply(&mut state, day(7), theft).unwrap();
    let standing = |number| state.standing(state.version(&skill(NAME), &version(number)).unwrap());
    assert_eq!(standing("1.0.0"), Standing::Good);
    assert_eq!(
        standing("1.1.0"),
        Standing::Void(Unusable::Compromised(day(5)))
    );
    let error = by_run(&mut state.clone(), day(8), "1.2.0", run_of(late, day(8)));
    assert_eq!(refused(error), PublisherRefused::Compromised(late, day(5)));
}

#[test]
fn what_a_workflow_in_other_hands_published_is_void() {
    let (mut state, key, id) = trusting();
    by_run(&mut state, day(3), "1.0.0", run_of(id, day(3))).unwrap();
    by_run(&mut state, day(5), "1.1.0", run_of(id, day(5))).unwrap();
    let since = Some(day(4));
    let ended = no_more(id, since, &key);
    apply(&mut state, day(6), Change::PublisherEnd(ended)).unwrap();
    let standing = |number| state.standing(state.version(&skill(NAME), &version(number)).unwrap());
    assert_eq!(standing("1.0.0"), Standing::Good);
    assert_eq!(
        standing("1.1.0"),
        Standing::Void(Unusable::Compromised(day(4)))
    );
}

/// The list tells what is void to whoever has a receipt of before, and says so by being another one.
#[test]
fn what_a_workflow_in_other_hands_published_is_on_the_list() {
    let (mut state, key, id) = trusting();
    by_run(&mut state, day(3), "1.0.0", run_of(id, day(3))).unwrap();
    for (at, number) in [(5, "1.1.0"), (5, "1.2.0"), (6, "1.4.0")] {
        by_run(&mut state, day(at), number, run_of(id, day(at))).unwrap();
    }
    let own = publication(NAME, "1.3.0", &key);
    apply(&mut state, day(6), Change::Publish(Box::new(own))).unwrap();
    assert_eq!(state.listed(), []);
    let before = state.list_changed();
    let ended = no_more(id, Some(day(4)), &key);
    apply(&mut state, day(7), Change::PublisherEnd(ended)).unwrap();
    assert!(state.list_changed() > before);
    let listed = state.listed();
    let targets: Vec<String> = listed
        .iter()
        .map(|entry| entry.target.to_string())
        .collect();
    let last = publication(NAME, "1.4.0", &key).digest;
    assert_eq!(
        targets,
        [
            format!("{NAME} >=1.1.0, <=1.2.0"),
            format!("the file {last}")
        ]
    );
    assert!(listed.iter().all(|entry| entry.at == day(7)));
    // Since earlier still: nothing makes it better again, and the list says more.
    let earlier = no_more(id, Some(day(2)), &key);
    apply(&mut state, day(8), Change::PublisherEnd(earlier)).unwrap();
    let later = no_more(id, Some(day(5)), &key);
    let error = apply(&mut state, day(8), Change::PublisherEnd(later));
    assert_eq!(refused(error), PublisherRefused::EndedBefore(id));
    let standing = state.standing(state.version(&skill(NAME), &version("1.0.0")).unwrap());
    assert_eq!(standing, Standing::Void(Unusable::Compromised(day(2))));
}

/// The key that trusted a workflow turns out to be a thief's: what the workflow published is on the list.
#[test]
fn what_a_workflow_of_a_stolen_key_published_is_on_the_list() {
    let (mut state, key, id) = trusting();
    by_run(&mut state, day(5), "1.0.0", run_of(id, day(5))).unwrap();
    // What it published is void from its first day on, whenever that is said to have begun.
    let theft = Change::KeyEnd(stolen("com.acme", &key, day(1)));
    apply(&mut state, day(7), theft).unwrap();
    let digest = publication(NAME, "1.0.0", &key).digest;
    let listed = state.listed();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].target.to_string(), format!("the file {digest}"));
    assert_eq!(listed[0].at, day(7));
}
