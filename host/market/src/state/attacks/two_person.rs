//! Attacks on the 2-person rule.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::Digest;

use super::{
    NAME,
    members::{refused, team},
    publishers::trusting,
};
use crate::{
    state::{
        Change, KeyAdded, LeafSignature, MemberRefused, Publication, PublisherAdded, Refused, Role,
        Standing, State,
        tests::{
            acme, apply, approved, by_domain, claim, ending, joins, member, namespace, new_key,
            publication, publish, recovered, rule, run_of, skill, trusted, version,
        },
    },
    trust::{
        Publisher, SigningKey,
        tests::{day, publisher},
    },
};

type Key = SigningKey<Publisher>;

/// `com.acme` of the owners `acme` and `bob`, and `carol`, with the rule since the third day: three changes.
fn ruled(carols: Role) -> (State, Key, Key, Key) {
    let (mut state, key, bob, carol) = team(Role::Owner, carols);
    apply(&mut state, day(3), rule(true, 2, &[&key])).unwrap();
    (state, key, bob, carol)
}

/// With an approval that was made for something else.
fn with(publication: Publication, approval: LeafSignature) -> Change {
    Change::Publish(Box::new(Publication {
        approval: Some(approval),
        ..publication
    }))
}

#[test]
fn a_version_is_published_by_two() {
    let (mut state, key, bob, carol) = ruled(Role::Reviewer);
    let error = apply(&mut state, day(4), publish(NAME, "1.0.0", &key));
    assert_eq!(refused(error), MemberRefused::NeedsApproval);
    apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.0.0", &key), &carol),
    )
    .unwrap();
    apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.1.0", &bob), &key),
    )
    .unwrap();
    // Who only approves publishes nothing, approved or not.
    let error = apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.2.0", &carol), &bob),
    );
    assert!(matches!(refused(error), MemberRefused::NoPublisher(..)));
    // Off, by two owners, and one is enough again.
    apply(&mut state, day(5), rule(false, 3, &[&key, &bob])).unwrap();
    apply(&mut state, day(5), publish(NAME, "1.2.0", &key)).unwrap();
}

#[test]
fn attack_self_approval() {
    let (mut state, key, _, carol) = ruled(Role::Publisher);
    let error = apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.0.0", &key), &key),
    );
    let own = |account: &str| MemberRefused::SelfApproval(account.parse().unwrap());
    assert_eq!(refused(error), own("acme"));
    // With a second key of the same account, which it adds alone.
    let second = publisher();
    let added = new_key("com.acme", &second, day(4)).sign(&key).unwrap();
    apply(&mut state, day(4), Change::Key(added)).unwrap();
    let error = apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.0.0", &key), &second),
    );
    assert_eq!(refused(error), own("acme"));
    let error = apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.0.0", &carol), &carol),
    );
    assert_eq!(refused(error), own("carol"));
}

#[test]
fn attack_approval_by_nobody_who_may() {
    let (mut state, key, ..) = ruled(Role::Reviewer);
    let thief = publisher();
    let error = apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.0.0", &key), &thief),
    );
    assert!(matches!(error, Err(Refused::ForeignKey(..))), "{error:?}");
    // The market makes one up: with the hint of a member.
    let (state, key, bob, _) = ruled(Role::Reviewer);
    let publication = publication(NAME, "1.0.0", &key);
    let mut forged = publication.to_approve().signature(&thief).unwrap();
    forged.by = bob.verifying().hint();
    let error = apply(&mut state.clone(), day(4), with(publication, forged));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
}

/// Also where nobody asks for one, what is there counts.
#[test]
fn attack_false_approval_that_nobody_needs() {
    let (mut state, key, ..) = team(Role::Owner, Role::Reviewer);
    let error = apply(
        &mut state,
        day(4),
        approved(publication(NAME, "1.0.0", &key), &publisher()),
    );
    assert!(matches!(error, Err(Refused::ForeignKey(..))), "{error:?}");
}

#[test]
fn attack_approval_of_something_else() {
    let (mut state, key, bob, carol) = ruled(Role::Publisher);
    let good = publication(NAME, "1.0.0", &key);
    let approval = good.to_approve().signature(&bob).unwrap();
    let other = Digest::of(b"other bytes");
    let mut others = vec![good.clone(); 4];
    others[0].digest = other;
    others[1].manifest = other;
    others[2].security_fix = true;
    others[3].key = carol.verifying().hint();
    // Replayed for another version, and another skill.
    others.push(Publication {
        version: version("1.0.1"),
        ..good.clone()
    });
    others.push(Publication {
        name: skill("com.acme/jira"),
        ..good.clone()
    });
    for other in others {
        let error = apply(&mut state, day(4), with(other, approval.clone()));
        assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    }
    // And for a namespace of the same people and keys.
    let claim = claim("org.acme", "acme", &key);
    apply(&mut state, day(4), Change::Namespace(claim)).unwrap();
    let mut joining = joins("bob", Role::Owner, &bob);
    joining.namespace = namespace("org.acme");
    apply(&mut state, day(4), Change::Key(joining.sign(&key).unwrap())).unwrap();
    let elsewhere = Publication {
        name: skill("org.acme/salesforce"),
        ..good.clone()
    };
    let error = apply(&mut state, day(4), with(elsewhere, approval.clone()));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    apply(&mut state, day(4), with(good, approval)).unwrap();
}

/// A signature of another kind, by the right key, is no approval.
#[test]
fn attack_approval_that_was_a_change_of_keys() {
    let (mut state, key, bob, _) = ruled(Role::Publisher);
    let change = new_key("com.acme", &publisher(), day(4));
    let signature = change.signature(&bob).unwrap();
    let error = apply(
        &mut state,
        day(4),
        with(publication(NAME, "1.0.0", &key), signature),
    );
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
}

#[test]
fn attack_the_rule_is_turned_off_by_one() {
    let (mut state, key, bob, carol) = ruled(Role::Publisher);
    let off = |keys: &[&Key]| rule(false, 3, keys);
    assert_eq!(
        refused(apply(&mut state, day(4), off(&[&key]))),
        MemberRefused::NeedsSecond
    );
    let second = publisher();
    let added = new_key("com.acme", &second, day(4)).sign(&key).unwrap();
    apply(&mut state, day(4), Change::Key(added)).unwrap();
    let off = |keys: &[&Key]| rule(false, 4, keys);
    for twice in [[&key, &key], [&key, &second]] {
        let error = apply(&mut state, day(4), off(&twice));
        let same = MemberRefused::SameSecond("acme".parse().unwrap());
        assert_eq!(refused(error), same);
    }
    let error = apply(&mut state, day(4), off(&[&key, &carol]));
    assert!(matches!(refused(error), MemberRefused::NoOwner(..)));
    // The market turns it off, with a second signature that was for something else, or none's.
    let Change::Rule(good) = off(&[&key, &bob]) else {
        unreachable!()
    };
    let mut forged = good.clone();
    forged.second = forged.second.map(|second| LeafSignature {
        signature: good.signature.signature.clone(),
        ..second
    });
    let error = apply(&mut state, day(4), Change::Rule(forged));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    let mut on = good;
    on.two_person = true;
    let error = apply(&mut state, day(4), Change::Rule(on));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    let error = apply(&mut state, day(4), rule(true, 4, &[&key]));
    assert_eq!(refused(error), MemberRefused::RuleThere(true));
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    assert!(owned.two_person);
}

/// What two owners signed to turn it off counts once.
#[test]
fn attack_the_rule_is_turned_off_again() {
    let (mut state, key, bob, _) = ruled(Role::Publisher);
    let off = rule(false, 3, &[&key, &bob]);
    apply(&mut state, day(4), off.clone()).unwrap();
    apply(&mut state, day(5), rule(true, 4, &[&bob])).unwrap();
    let error = apply(&mut state, day(6), off);
    assert!(matches!(refused(error), MemberRefused::OtherPlace { .. }));
}

/// Whoever has one owner's key takes nobody in who could be the second.
#[test]
fn attack_a_second_person_is_made() {
    let (state, key, bob, _) = ruled(Role::Publisher);
    let accomplice = publisher();
    let joining = |account, role| joins(account, role, &accomplice);
    let needs = |change: Change| {
        let error = apply(&mut state.clone(), day(4), change);
        assert_eq!(refused(error), MemberRefused::NeedsSecond);
    };
    needs(Change::Key(
        joining("mallory", Role::Reviewer).sign(&key).unwrap(),
    ));
    // A further key of another member is as good.
    needs(Change::Key(
        joining("carol", Role::Publisher).sign(&key).unwrap(),
    ));
    needs(Change::Key(
        new_key("com.acme", &accomplice, day(4)).sign(&bob).unwrap(),
    ));
    // A run of their own, and a member who is theirs already.
    let trusts = trusted(day(4)).of(namespace("com.acme"));
    needs(Change::Publisher(trusts.clone().sign(&key).unwrap()));
    needs(member("carol", Some(Role::Owner), 3, &[&key]));
    // With another owner all of it goes.
    let change = joining("mallory", Role::Reviewer);
    let added = KeyAdded {
        second: Some(change.signature(&bob).unwrap()),
        ..change.sign(&key).unwrap()
    };
    let trusts = PublisherAdded {
        second: Some(trusts.signature(&bob).unwrap()),
        ..trusts.sign(&key).unwrap()
    };
    for change in [
        Change::Key(added),
        Change::Publisher(trusts),
        member("carol", Some(Role::Owner), 3, &[&bob, &key]),
    ] {
        apply(&mut state.clone(), day(4), change).unwrap();
    }
    // And nobody needs anybody to put somebody out.
    apply(
        &mut state.clone(),
        day(4),
        member("carol", None, 3, &[&key]),
    )
    .unwrap();
}

#[test]
fn attack_nobody_is_left_to_be_the_second() {
    let (state, key) = alone();
    let error = apply(&mut state.clone(), day(3), rule(true, 1, &[&key]));
    assert_eq!(refused(error), MemberRefused::TwoOwners);
    let (mut state, key, bob, _) = ruled(Role::Publisher);
    for change in [
        member("bob", None, 3, &[&key]),
        member("bob", Some(Role::Publisher), 3, &[&key]),
        member("acme", None, 3, &[&key]),
        Change::KeyEnd(ending("com.acme", &bob).sign(&key).unwrap()),
    ] {
        let error = apply(&mut state, day(4), change);
        assert_eq!(refused(error), MemberRefused::TwoOwners);
    }
}

/// One owner, and one who is none.
fn alone() -> (State, Key) {
    let (mut state, key) = acme();
    let added = joins("bob", Role::Publisher, &publisher())
        .sign(&key)
        .unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    (state, key)
}

/// A run is one person: a member approves of what it did.
#[test]
fn attack_a_run_publishes_alone() {
    let (mut state, key, id) = trusting();
    let bob = publisher();
    let added = joins("bob", Role::Owner, &bob).sign(&key).unwrap();
    apply(&mut state, day(3), Change::Key(added)).unwrap();
    apply(&mut state, day(3), rule(true, 2, &[&key])).unwrap();
    let run = run_of(id, day(4));
    let mut by_run = publication(NAME, "1.0.0", &key);
    (by_run.key, by_run.run) = (run.key.hint(), Some(run));
    let alone = Change::Publish(Box::new(by_run.clone()));
    let error = apply(&mut state, day(4), alone);
    assert_eq!(refused(error), MemberRefused::NeedsApproval);
    // An approval of one run is none of another.
    let approval = by_run.to_approve().signature(&bob).unwrap();
    let other = run_of(id, day(4));
    let mut by_other = by_run.clone();
    (by_other.key, by_other.run) = (other.key.hint(), Some(other));
    let error = apply(&mut state, day(4), with(by_other, approval.clone()));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    apply(&mut state, day(4), with(by_run, approval)).unwrap();
}

/// The approval of a stolen key is none: versions it stood for are void, whoever else signed them.
#[test]
fn attack_approval_by_a_stolen_key() {
    let (mut state, key, bob, carol) = ruled(Role::Reviewer);
    for (at, number, by) in [
        (4, "1.0.0", &carol),
        (6, "1.1.0", &carol),
        (6, "1.2.0", &bob),
    ] {
        let version = approved(publication(NAME, number, &key), by);
        apply(&mut state, day(at), version).unwrap();
    }
    let mut theft = ending("com.acme", &carol);
    theft.since = Some(day(5));
    let theft = Change::KeyEnd(theft.sign(&key).unwrap());
    apply(&mut state, day(7), theft).unwrap();
    let standing = |number| {
        let found = state.version(&skill(NAME), &version(number)).unwrap();
        state.standing(found)
    };
    assert_eq!(standing("1.0.0"), Standing::Good);
    assert!(matches!(standing("1.1.0"), Standing::Void(_)));
    assert_eq!(standing("1.2.0"), Standing::Good);
    let listed = state.listed();
    assert_eq!(listed.len(), 1, "{listed:?}");
    assert_eq!(listed[0].at, day(7));
}

/// Where the domain has to speak there may be nobody left to turn the rule off, so it is off; and that the keys begin anew, everybody is told.
#[test]
fn the_domain_begins_anew_without_the_rule() {
    let (mut state, key, bob, _) = ruled(Role::Reviewer);
    for ended in [&key, &bob] {
        let ending = ending("com.acme", ended).vouched(by_domain(day(4)));
        apply(&mut state, day(4), Change::KeyEnd(ending)).unwrap();
    }
    let anew = publisher();
    let early = Change::Key(recovered("com.acme", &anew));
    assert!(apply(&mut state, day(6), early).is_err());
    apply(
        &mut state,
        day(8),
        Change::Key(recovered("com.acme", &anew)),
    )
    .unwrap();
    apply(&mut state, day(8), publish(NAME, "1.0.0", &anew)).unwrap();
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    assert!(!owned.two_person && owned.keys.last().unwrap().recovered);
}
