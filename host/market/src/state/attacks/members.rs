//! Attacks on who belongs to a namespace, and what each may do.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::json;

use super::NAME;
use crate::{
    state::{
        Change, KeyAdded, Leaf, Member, MemberRefused, Refused, Role, State,
        tests::{
            acme, apply, claim, end, ending, freeze, joins, leaf, member, namespace, new_key,
            no_more, publish, rule, skill, trusted, version,
        },
    },
    trust::{
        Publisher, SigningKey,
        tests::{day, publisher},
    },
};

pub(super) type Key = SigningKey<Publisher>;

/// `com.acme` of `acme`, who took in `bob` and `carol` on the second day: three keys and two changes.
pub(super) fn team(bobs: Role, carols: Role) -> (State, Key, Key, Key) {
    let (mut state, key) = acme();
    let (bob, carol) = (publisher(), publisher());
    for (account, role, joining) in [("bob", bobs, &bob), ("carol", carols, &carol)] {
        let added = joins(account, role, joining).sign(&key).unwrap();
        apply(&mut state, day(2), Change::Key(added)).unwrap();
    }
    (state, key, bob, carol)
}

pub(super) fn refused(error: Result<(), Refused>) -> MemberRefused {
    match error {
        Err(Refused::Member(why)) => why,
        other => unreachable!("{other:?}"),
    }
}

pub(super) fn role(state: &State, account: &str) -> Option<Role> {
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    owned.members.get(&account.parse().unwrap()).copied()
}

#[test]
fn members_do_what_their_roles_say() {
    let (mut state, _, bob, carol) = team(Role::Publisher, Role::Reviewer);
    apply(&mut state, day(3), publish(NAME, "1.0.0", &bob)).unwrap();
    let error = apply(&mut state, day(3), publish(NAME, "1.1.0", &carol));
    assert!(matches!(refused(error), MemberRefused::NoPublisher(..)));
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    let published = state.version(&skill(NAME), &version("1.0.0")).unwrap();
    let author = owned.author(&published.publication).unwrap();
    assert_eq!(author.as_str(), "bob");
    let roles = ["acme", "bob", "carol", "mallory"].map(|account| role(&state, account));
    let all = [Role::Owner, Role::Publisher, Role::Reviewer].map(Some);
    assert_eq!(roles[..3], all);
    assert_eq!(roles[3], None);
}

/// A key of before named nobody: it is an owner's, and its leaf has the bytes it had.
#[test]
fn a_leaf_of_before_reads_and_folds_as_before() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&key).unwrap();
    let bytes = leaf(day(2), Change::Key(added)).encode().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    let names: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["at", "by", "from", "key", "namespace", "type", "vouched"]
    );
    state.apply(&Leaf::decode(&bytes).unwrap()).unwrap();
    let bytes = leaf(day(2), publish(NAME, "1.0.0", &second))
        .encode()
        .unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("approval"));
    state.apply(&Leaf::decode(&bytes).unwrap()).unwrap();
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    let accounts: Vec<&str> = owned.keys.iter().map(|key| key.account.as_str()).collect();
    assert_eq!(accounts, ["acme", "acme"]);
    assert_eq!(
        owned.members,
        [("acme".parse().unwrap(), Role::Owner)].into()
    );
    assert!(!owned.two_person);
    // Alone, an owner ends their last key as ever: the domain gives another.
    for key in [&key, &second] {
        let ended = end("com.acme", key, day(3));
        apply(&mut state, day(3), Change::KeyEnd(ended)).unwrap();
    }
}

#[test]
fn attack_member_added_by_one_who_is_no_owner() {
    for role in [Role::Publisher, Role::Reviewer] {
        let (state, key, bob, _) = team(role, Role::Owner);
        let thief = publisher();
        for added in [
            joins("mallory", Role::Reviewer, &thief).sign(&bob).unwrap(),
            joins("bob", role, &thief).sign(&bob).unwrap(),
            new_key("com.acme", &thief, day(3)).sign(&bob).unwrap(),
        ] {
            let error = apply(&mut state.clone(), day(3), Change::Key(added));
            let why = MemberRefused::NoOwner(bob.verifying().hint(), "bob".parse().unwrap());
            assert_eq!(refused(error), why);
        }
        for change in [
            Change::Publisher(
                trusted(day(3))
                    .of(namespace("com.acme"))
                    .sign(&bob)
                    .unwrap(),
            ),
            member("carol", None, 2, &[&bob]),
            rule(true, 2, &[&bob]),
            Change::KeyEnd(ending("com.acme", &key).sign(&bob).unwrap()),
        ] {
            let error = apply(&mut state.clone(), day(3), change);
            assert!(matches!(refused(error), MemberRefused::NoOwner(..)));
        }
    }
}

#[test]
fn attack_publisher_ends_whom_a_namespace_trusts() {
    let (mut state, key, bob, _) = team(Role::Publisher, Role::Owner);
    let change = trusted(day(3)).of(namespace("com.acme"));
    let id = change.id();
    apply(
        &mut state,
        day(3),
        Change::Publisher(change.sign(&key).unwrap()),
    )
    .unwrap();
    let error = apply(
        &mut state,
        day(3),
        Change::PublisherEnd(no_more(id, None, &bob)),
    );
    assert!(matches!(refused(error), MemberRefused::NoOwner(..)));
}

#[test]
fn attack_member_made_up_by_the_market() {
    let (state, key, ..) = team(Role::Publisher, Role::Reviewer);
    let thief = publisher();
    // By its own key, and by the hint of a good one.
    let added = joins("mallory", Role::Owner, &thief).sign(&thief).unwrap();
    let error = apply(&mut state.clone(), day(3), Change::Key(added));
    assert!(matches!(error, Err(Refused::ForeignKey(..))), "{error:?}");
    let Change::Member(mut changed) = member("bob", Some(Role::Owner), 2, &[&thief]) else {
        unreachable!()
    };
    changed.signature.by = key.verifying().hint();
    let error = apply(&mut state.clone(), day(3), Change::Member(changed));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    // Other words than an owner signed.
    let good = joins("mallory", Role::Reviewer, &thief).sign(&key).unwrap();
    for member in [
        None,
        Some(Member {
            account: "mallory".parse().unwrap(),
            role: Role::Owner,
        }),
        Some(Member {
            account: "eve".parse().unwrap(),
            role: Role::Reviewer,
        }),
    ] {
        let other = KeyAdded {
            member,
            ..good.clone()
        };
        let error = apply(&mut state.clone(), day(3), Change::Key(other));
        assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    }
    for (account, role) in [("carol", None), ("bob", Some(Role::Owner))] {
        let Change::Member(mut other) = member("bob", None, 2, &[&key]) else {
            unreachable!()
        };
        (other.account, other.role) = (account.parse().unwrap(), role);
        let error = apply(&mut state.clone(), day(3), Change::Member(other));
        assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    }
}

#[test]
fn attack_role_raised_by_oneself() {
    let (mut state, key, bob, _) = team(Role::Publisher, Role::Reviewer);
    let error = apply(
        &mut state,
        day(3),
        member("bob", Some(Role::Owner), 2, &[&bob]),
    );
    assert!(matches!(refused(error), MemberRefused::NoOwner(..)));
    // Nor by a further key, which an owner was brought to sign for.
    let added = joins("bob", Role::Owner, &publisher()).sign(&key).unwrap();
    let error = apply(&mut state, day(3), Change::Key(added));
    let there = MemberRefused::RoleThere("bob".parse().unwrap(), Role::Publisher);
    assert_eq!(refused(error), there);
    let error = apply(
        &mut state,
        day(3),
        member("eve", Some(Role::Owner), 2, &[&key]),
    );
    assert_eq!(
        refused(error),
        MemberRefused::Missing("eve".parse().unwrap())
    );
}

/// What an owner said once is said for one place in the history, and for one namespace.
#[test]
fn attack_role_said_again() {
    let (mut state, key, ..) = team(Role::Publisher, Role::Reviewer);
    let raised = member("bob", Some(Role::Owner), 2, &[&key]);
    apply(&mut state, day(3), raised.clone()).unwrap();
    apply(
        &mut state,
        day(4),
        member("bob", Some(Role::Publisher), 3, &[&key]),
    )
    .unwrap();
    let error = apply(&mut state, day(5), raised.clone());
    let (signed, there) = (2, 4);
    assert_eq!(refused(error), MemberRefused::OtherPlace { signed, there });
    let Change::Member(mut later) = raised.clone() else {
        unreachable!()
    };
    later.after = 4;
    let error = apply(&mut state, day(5), Change::Member(later));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    // Another namespace with the same owner, key and member, as far along.
    let elsewhere = Change::Namespace(claim("org.acme", "acme", &key));
    apply(&mut state, day(5), elsewhere).unwrap();
    for account in ["bob", "carol"] {
        let mut added = joins(account, Role::Publisher, &publisher());
        added.namespace = namespace("org.acme");
        apply(&mut state, day(5), Change::Key(added.sign(&key).unwrap())).unwrap();
    }
    let Change::Member(mut other) = raised else {
        unreachable!()
    };
    other.namespace = namespace("org.acme");
    let error = apply(&mut state, day(5), Change::Member(other));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    assert_eq!(role(&state, "bob"), Some(Role::Publisher));
}

/// While the proof is gone nobody new comes in, and whoever is in can be put out.
#[test]
fn attack_members_of_a_frozen_namespace() {
    let (mut state, key, ..) = team(Role::Publisher, Role::Owner);
    apply(&mut state, day(3), freeze("com.acme")).unwrap();
    let added = joins("eve", Role::Reviewer, &publisher())
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Key(added));
    assert!(matches!(error, Err(Refused::Frozen(_))), "{error:?}");
    let error = apply(
        &mut state,
        day(3),
        member("bob", Some(Role::Owner), 2, &[&key]),
    );
    assert!(matches!(error, Err(Refused::Frozen(_))), "{error:?}");
    apply(&mut state, day(3), member("bob", None, 2, &[&key])).unwrap();
}

#[test]
fn attack_members_without_end() {
    let (mut state, key, ..) = team(Role::Publisher, Role::Owner);
    let mut role = Role::Publisher;
    let mut error = Ok(());
    for after in 2..4_000 {
        role = match role {
            Role::Publisher => Role::Reviewer,
            _ => Role::Publisher,
        };
        error = state.apply(&leaf(day(3), member("bob", Some(role), after, &[&key])));
        if error.is_err() {
            assert_eq!(after, 3_000);
            break;
        }
    }
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
    assert!(apply(&mut state, day(3), rule(true, 3_000, &[&key])).is_err());
}

#[test]
fn attack_roles_nobody_knows() {
    let bytes = leaf(day(3), member("bob", Some(Role::Owner), 2, &[&publisher()]))
        .encode()
        .unwrap();
    let mut fields: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert!("admin".parse::<Role>().is_err());
    for role in [json!("admin"), json!(""), json!(7), json!(["owner"])] {
        fields["role"] = role;
        let text = metier_core::canonical::text(&fields);
        assert!(Leaf::decode(text.as_bytes()).is_err());
    }
}
