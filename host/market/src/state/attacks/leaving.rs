//! Attacks on whoever leaves a namespace, and on whoever is left.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::{
    NAME,
    members::{Key, refused, role, team},
};
use crate::{
    fixtures::Moment,
    state::{
        Change, MemberRefused, Refused, Role, Standing, State,
        tests::{
            apply, approved, end, ending, joins, member, namespace, new_key, publication, publish,
            recovered, skill, stolen, version,
        },
    },
    trust::tests::{day, publisher},
};

fn standing(state: &State, number: &str) -> Standing {
    let published = state.version(&skill(NAME), &version(number));
    state.standing(published.unwrap())
}

#[test]
fn attack_publishing_after_removal() {
    let (mut state, key, bob, carol) = team(Role::Publisher, Role::Owner);
    apply(&mut state, day(3), publish(NAME, "1.0.0", &bob)).unwrap();
    apply(&mut state, day(4), member("bob", None, 2, &[&key])).unwrap();
    // In the same second, and later.
    let error = apply(&mut state, day(4), publish(NAME, "1.1.0", &bob));
    assert!(matches!(refused(error), MemberRefused::NoPublisher(..)));
    let late = approved(publication(NAME, "1.1.0", &carol), &bob);
    let error = apply(&mut state, day(4), late);
    assert!(matches!(refused(error), MemberRefused::NoMember(..)));
    let error = apply(&mut state, day(5), publish(NAME, "1.1.0", &bob));
    assert!(matches!(error, Err(Refused::KeyNotGood(..))), "{error:?}");
    let error = apply(
        &mut state,
        day(5),
        approved(publication(NAME, "1.1.0", &carol), &bob),
    );
    assert!(matches!(error, Err(Refused::KeyNotGood(..))), "{error:?}");
    // The key does not come back, the person may, with another.
    let again = joins("bob", Role::Publisher, &bob).sign(&key).unwrap();
    let error = apply(&mut state, day(5), Change::Key(again));
    assert!(matches!(error, Err(Refused::KeyThere(..))), "{error:?}");
    let anew = publisher();
    let again = joins("bob", Role::Publisher, &anew).sign(&carol).unwrap();
    apply(&mut state, day(5), Change::Key(again)).unwrap();
    apply(&mut state, day(6), publish(NAME, "1.1.0", &anew)).unwrap();
}

#[test]
fn what_a_removed_member_signed_stays_good_until_their_key_is_said_to_be_stolen() {
    let (mut state, key, bob, _) = team(Role::Publisher, Role::Owner);
    apply(&mut state, day(3), publish(NAME, "1.0.0", &bob)).unwrap();
    apply(&mut state, day(5), publish(NAME, "1.1.0", &bob)).unwrap();
    apply(&mut state, day(6), member("bob", None, 2, &[&key])).unwrap();
    assert_eq!(standing(&state, "1.0.0"), Standing::Good);
    assert_eq!(standing(&state, "1.1.0"), Standing::Good);
    let mut stolen = ending("com.acme", &bob);
    stolen.since = Some(day(4));
    let stolen = Change::KeyEnd(stolen.sign(&key).unwrap());
    apply(&mut state, day(7), stolen).unwrap();
    assert_eq!(standing(&state, "1.0.0"), Standing::Good);
    assert!(matches!(standing(&state, "1.1.0"), Standing::Void(_)));
}

#[test]
fn attack_the_last_owner_goes() {
    let (mut state, key, bob, _) = team(Role::Publisher, Role::Reviewer);
    let mut last = |at: Moment, change: Change| {
        let error = apply(&mut state, at, change);
        assert_eq!(refused(error), MemberRefused::LastOwner);
    };
    last(day(3), member("acme", None, 2, &[&key]));
    last(day(3), member("acme", Some(Role::Publisher), 2, &[&key]));
    last(day(3), Change::KeyEnd(end("com.acme", &key, day(3))));
    last(day(3), Change::KeyEnd(end("com.acme", &key, day(9))));
    // Another key of the same owner, or another owner, and it may go.
    let second = publisher();
    let added = new_key("com.acme", &second, day(3)).sign(&key).unwrap();
    apply(&mut state, day(3), Change::Key(added)).unwrap();
    apply(
        &mut state,
        day(3),
        Change::KeyEnd(end("com.acme", &key, day(3))),
    )
    .unwrap();
    apply(
        &mut state,
        day(4),
        member("bob", Some(Role::Owner), 4, &[&second]),
    )
    .unwrap();
    apply(&mut state, day(4), member("acme", None, 5, &[&bob])).unwrap();
    assert_eq!(role(&state, "acme"), None);
    // A stolen key ends, whoever is left: the domain speaks then.
    apply(
        &mut state,
        day(5),
        Change::KeyEnd(stolen("com.acme", &bob, day(5))),
    )
    .unwrap();
    let anew = recovered("com.acme", &publisher());
    apply(&mut state, day(9), Change::Key(anew)).unwrap();
    assert_eq!(role(&state, "acme"), Some(Role::Owner));
}

/// Two owners remove each other in the same second: whoever is second finds nobody to stay.
#[test]
fn attack_two_removals_that_leave_nobody() {
    let (state, key, bob, _) = team(Role::Owner, Role::Reviewer);
    let mut removed = state.clone();
    apply(&mut removed, day(3), member("acme", None, 2, &[&bob])).unwrap();
    for after in [2, 3] {
        let error = apply(&mut removed, day(3), member("bob", None, after, &[&key]));
        assert!(error.is_err(), "{after}");
    }
    // Each goes by themselves, at once.
    let mut left = state.clone();
    apply(&mut left, day(3), member("acme", None, 2, &[&key])).unwrap();
    let error = apply(&mut left, day(3), member("bob", None, 3, &[&bob]));
    assert_eq!(refused(error), MemberRefused::LastOwner);
    // Key by key, each by the other, while both are good to the end of the second.
    let mut ended = state;
    let by = |ended: &Key, by: &Key| {
        let ending = ending("com.acme", ended);
        Change::KeyEnd(ending.sign(by).unwrap())
    };
    apply(&mut ended, day(3), by(&bob, &key)).unwrap();
    let error = apply(&mut ended, day(3), by(&key, &bob));
    assert_eq!(refused(error), MemberRefused::LastOwner);
}

#[test]
fn everybody_ends_their_own_key_and_nobody_elses() {
    let (mut state, key, bob, carol) = team(Role::Publisher, Role::Reviewer);
    for other in [&key, &bob] {
        let ended = ending("com.acme", other).sign(&carol).unwrap();
        let error = apply(&mut state, day(3), Change::KeyEnd(ended));
        assert!(matches!(refused(error), MemberRefused::NoOwner(..)));
    }
    let own = stolen("com.acme", &carol, day(2));
    apply(&mut state, day(3), Change::KeyEnd(own)).unwrap();
}

/// What a thief of an owner's key did with it is void: whom they took in signs nothing.
#[test]
fn attack_member_taken_in_by_a_thief() {
    let (mut state, key, _, carol) = team(Role::Publisher, Role::Owner);
    let mallory = publisher();
    let added = joins("mallory", Role::Owner, &mallory).sign(&key).unwrap();
    apply(&mut state, day(5), Change::Key(added)).unwrap();
    apply(&mut state, day(5), publish(NAME, "1.0.0", &mallory)).unwrap();
    let mut theft = ending("com.acme", &key);
    theft.since = Some(day(4));
    let theft = Change::KeyEnd(theft.sign(&carol).unwrap());
    apply(&mut state, day(6), theft).unwrap();
    assert!(matches!(standing(&state, "1.0.0"), Standing::Void(_)));
    let error = apply(&mut state, day(6), member("bob", None, 4, &[&mallory]));
    assert!(error.is_err());
    let error = apply(&mut state, day(7), publish(NAME, "1.1.0", &mallory));
    assert!(matches!(error, Err(Refused::KeyNotGood(..))), "{error:?}");
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    assert_eq!(owned.role_at(&"mallory".parse().unwrap(), day(7)), None);
}
