#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::{Digest, SkillName};
use proptest::prelude::*;
use semver::Version;
use serde_json::json;

mod said;

pub(super) use self::said::{
    approved, freeze, joins, member, no_more, revoke, rule, run_of, thaw, trusted, unrevoke,
    unyank, yank,
};
use super::{
    Change, Claim, KeyAdded, KeyChange, KeyEnded, KeyEnding, Leaf, Namespace, Proof, ProofMethod,
    Publication, Refused, Role, Standing, State, TYPES, Vouched,
};
use crate::kind::Kind;
use crate::{
    fixtures::Moment,
    revoked::{Capability, Target},
    trust::{Publisher, SigningKey},
};

use crate::trust::tests::{day, publisher};

pub(super) fn namespace(text: &str) -> Namespace {
    text.parse().unwrap()
}

pub(super) fn skill(text: &str) -> SkillName {
    text.parse().unwrap()
}

pub(super) fn version(text: &str) -> Version {
    text.parse().unwrap()
}

pub(super) fn leaf(at: Moment, change: Change) -> Leaf {
    Leaf {
        at,
        by: "acme".parse().unwrap(),
        change,
    }
}

pub(super) fn claim(text: &str, owner: &str, key: &SigningKey<Publisher>) -> Claim {
    Claim {
        namespace: namespace(text),
        owner: owner.parse().unwrap(),
        proof: Proof {
            method: ProofMethod::Dns,
            place: "_metier.acme.com".parse().unwrap(),
            at: day(1),
        },
        key: key.verifying().public().clone(),
        until: None,
    }
}

pub(super) fn publication(name: &str, number: &str, key: &SigningKey<Publisher>) -> Publication {
    let digest = |what: &str| Digest::of(format!("{what} {name} {number}").as_bytes());
    Publication {
        name: skill(name),
        kind: Kind::Skill,
        version: version(number),
        digest: digest("component"),
        manifest: digest("manifest"),
        bundle: digest("bundle"),
        review: digest("review"),
        key: key.verifying().hint(),
        run: None,
        approval: None,
        size: 1_234,
        authority: digest("authority"),
        words: digest("words"),
        price: None,
        security_fix: false,
    }
}

pub(super) fn publish(name: &str, number: &str, key: &SigningKey<Publisher>) -> Change {
    Change::Publish(Box::new(publication(name, number, key)))
}

pub(super) fn new_key(text: &str, key: &SigningKey<Publisher>, from: Moment) -> KeyChange {
    KeyChange {
        namespace: namespace(text),
        key: key.verifying().public().clone(),
        from: Some(from),
        until: None,
        member: None,
    }
}

/// The same for a key that none of before vouches for.
pub(super) fn recovered(text: &str, key: &SigningKey<Publisher>) -> KeyAdded {
    let change = KeyChange {
        from: None,
        ..new_key(text, key, day(1))
    };
    change.vouched(by_domain(day(1)))
}

/// The word of the domain, found at this time.
pub(super) fn by_domain(at: Moment) -> Vouched {
    Vouched::Domain(Proof {
        method: ProofMethod::Dns,
        place: "_metier.acme.com".parse().unwrap(),
        at,
    })
}

pub(super) fn ending(text: &str, key: &SigningKey<Publisher>) -> KeyEnding {
    KeyEnding {
        namespace: namespace(text),
        key: key.verifying().hint(),
        from: None,
        since: None,
    }
}

/// As the key itself says.
pub(super) fn end(text: &str, key: &SigningKey<Publisher>, from: Moment) -> KeyEnded {
    let ending = KeyEnding {
        from: Some(from),
        ..ending(text, key)
    };
    ending.sign(key).unwrap()
}

/// As the key itself says, which somebody else has too.
pub(super) fn stolen(text: &str, key: &SigningKey<Publisher>, since: Moment) -> KeyEnded {
    let ending = KeyEnding {
        since: Some(since),
        ..ending(text, key)
    };
    ending.sign(key).unwrap()
}

/// `com.acme` with a key, since the first day.
pub(super) fn acme() -> (State, SigningKey<Publisher>) {
    let key = publisher();
    let mut state = State::default();
    let claim = Change::Namespace(claim("com.acme", "acme", &key));
    state.apply(&leaf(day(1), claim)).unwrap();
    (state, key)
}

pub(super) fn apply(state: &mut State, at: Moment, change: Change) -> Result<(), Refused> {
    let before = state.clone();
    let applied = state.apply(&leaf(at, change));
    assert_eq!(applied.is_err(), *state == before, "refused: as it was");
    applied
}

/// A market's first days, with a leaf of every type.
pub(super) fn history() -> Vec<Leaf> {
    let (key, second, other, bob) = (publisher(), publisher(), publisher(), publisher());
    let name = "com.acme/salesforce";
    let versions = Target::Versions {
        name: skill("org.other/tool"),
        versions: "<2".parse().unwrap(),
    };
    let added = new_key("com.acme", &second, day(4)).sign(&key).unwrap();
    let acme = || namespace("com.acme");
    let id = trusted(day(5)).id(&acme());
    let run = run_of(id, day(5));
    let mut by_run = publication(name, "1.2.0", &key);
    (by_run.key, by_run.run) = (run.key.hint(), Some(run));
    let trusts = trusted(day(5)).of(acme()).sign(&second).unwrap();
    let no_more = no_more(id, None, &second);
    let changes = [
        (1, Change::Namespace(claim("com.acme", "acme", &key))),
        (1, publish(name, "1.0.0", &key)),
        (2, Change::Namespace(claim("org.other", "other", &other))),
        (3, publish("org.other/tool", "1.0.0", &other)),
        (4, Change::Key(added)),
        (5, publish(name, "1.1.0", &second)),
        (5, Change::Publisher(trusts)),
        (5, Change::Publish(Box::new(by_run))),
        (5, Change::PublisherEnd(no_more)),
        (5, yank(name, "1.0.0")),
        (6, unyank(name, "1.0.0")),
        (7, Change::KeyEnd(end("com.acme", &key, day(7)))),
        (8, freeze("org.other")),
        (9, thaw("org.other")),
        (9, revoke(versions.clone())),
        (
            10,
            revoke(Target::Capability {
                capability: Capability::Http,
            }),
        ),
        (11, unrevoke(versions)),
        (12, publish("org.other/tool", "2.0.0-rc.1", &other)),
        (
            13,
            Change::Key(joins("bob", Role::Publisher, &bob).sign(&second).unwrap()),
        ),
        (14, member("bob", Some(Role::Owner), 5, &[&second])),
        (15, rule(true, 6, &[&second])),
        (16, approved(publication(name, "1.3.0", &second), &bob)),
    ];
    let leaves = changes.into_iter();
    leaves.map(|(at, change)| leaf(day(at), change)).collect()
}

fn folded(leaves: &[Leaf]) -> State {
    let mut state = State::default();
    leaves.iter().for_each(|leaf| state.apply(leaf).unwrap());
    state
}

#[test]
fn the_state_is_what_the_leaves_say() {
    let leaves = history();
    let state = folded(&leaves);
    assert_eq!((state.size(), state.last()), (22, Some(day(16))));
    let names: Vec<_> = state.skills().map(SkillName::as_str).collect();
    assert_eq!(names, ["com.acme/salesforce", "org.other/tool"]);
    let name = skill("com.acme/salesforce");
    let versions = state.versions(&name);
    let versions: Vec<_> = versions
        .map(|v| (v.publication.version.to_string(), v.leaf, v.at))
        .collect();
    assert_eq!(
        versions,
        [
            ("1.0.0".into(), 1, day(1)),
            ("1.1.0".into(), 5, day(5)),
            ("1.2.0".into(), 7, day(5)),
            ("1.3.0".into(), 21, day(16))
        ]
    );
    let first = state.version(&name, &version("1.0.0")).unwrap();
    assert_eq!(state.version_of(&first.publication.digest), Some(first));
    assert_eq!(state.standing(first), Standing::Good);
    let keys = |at| state.keys_at(&namespace("com.acme"), day(at)).count();
    assert_eq!([keys(1), keys(4), keys(6), keys(8)], [1, 2, 2, 1]);
    assert_eq!(state.revoked().len(), 1);
    assert_eq!(state.namespaces().count(), 2);
    assert_eq!(state.keys_at(&namespace("org.nobody"), day(1)).count(), 0);
}

#[test]
fn every_type_reads_back_as_it_was_written() {
    let leaves = history();
    for leaf in &leaves {
        let bytes = leaf.encode().unwrap();
        assert_eq!(Leaf::decode(&bytes).as_ref(), Ok(leaf));
    }
    for kind in TYPES {
        assert!(
            leaves.iter().any(|leaf| leaf.change.kind() == kind),
            "{kind}"
        );
    }
}

#[test]
fn a_leaf_has_the_documented_form() {
    let bytes = leaf(day(2), yank("com.acme/salesforce", "1.2.0"))
        .encode()
        .unwrap();
    assert_eq!(
        String::from_utf8(bytes).unwrap(),
        r#"{"at":"2026-11-02T00:00:00Z","by":"acme","name":"com.acme/salesforce","type":"yank","version":"1.2.0","why":"broken"}"#
    );
    let target = Target::Versions {
        name: skill("com.acme/salesforce"),
        versions: ">=1.0.0, <1.4.1".parse().unwrap(),
    };
    let bytes = leaf(day(2), revoke(target)).encode().unwrap();
    let value: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(
        value["target"],
        json!({"what": "versions", "name": "com.acme/salesforce", "versions": ">=1.0.0, <1.4.1"})
    );
}

#[test]
fn how_a_version_stands() {
    let (mut state, key) = acme();
    let name = "com.acme/salesforce";
    apply(&mut state, day(3), publish(name, "1.0.0", &key)).unwrap();
    apply(&mut state, day(5), publish(name, "1.1.0", &key)).unwrap();
    let standing = |state: &State, number| {
        let found = state.version(&skill(name), &version(number));
        state.standing(found.unwrap())
    };
    assert_eq!(standing(&state, "1.0.0"), Standing::Good);
    apply(&mut state, day(6), yank(name, "1.0.0")).unwrap();
    assert_eq!(standing(&state, "1.0.0"), Standing::Yanked);
    let stolen = Change::KeyEnd(stolen("com.acme", &key, day(4)));
    apply(&mut state, day(6), stolen).unwrap();
    assert_eq!(
        standing(&state, "1.0.0"),
        Standing::Yanked,
        "signed before the theft"
    );
    assert!(matches!(standing(&state, "1.1.0"), Standing::Void(_)));
    let all = Target::Publisher {
        namespace: namespace("com.acme"),
    };
    apply(&mut state, day(7), revoke(all.clone())).unwrap();
    assert!(matches!(standing(&state, "1.0.0"), Standing::Revoked(_)));
    apply(&mut state, day(8), unrevoke(all)).unwrap();
    assert_eq!(standing(&state, "1.0.0"), Standing::Yanked);
}

#[test]
fn a_key_that_is_ended_takes_nothing_with_it() {
    let (mut state, key) = acme();
    let name = "com.acme/salesforce";
    apply(&mut state, day(3), publish(name, "1.0.0", &key)).unwrap();
    apply(
        &mut state,
        day(3),
        Change::KeyEnd(end("com.acme", &key, day(1))),
    )
    .unwrap();
    let published = state.version(&skill(name), &version("1.0.0")).unwrap();
    assert_eq!(state.standing(published), Standing::Good);
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    let record = &owned.records()[0];
    assert!(
        record.usable_at(published.at).is_ok(),
        "as clients verify it"
    );
}

#[test]
fn owners_have_what_is_below_their_namespaces() {
    let (mut state, key) = acme();
    let nested = Change::Namespace(claim("com.acme.tools", "acme", &key));
    apply(&mut state, day(2), nested).unwrap();
    let key = publisher();
    let first = Change::Namespace(claim("io.github.ada", "ada", &key));
    apply(&mut state, day(2), first).unwrap();
    let above = Change::Namespace(claim("io.github", "github", &key));
    apply(&mut state, day(3), above).unwrap();
    let ada = state.namespace(&namespace("io.github.ada")).unwrap();
    assert_eq!(ada.owner.as_str(), "ada", "who was there first keeps it");
    let similar = Change::Namespace(claim("com.acmetools", "other", &key));
    apply(&mut state, day(3), similar).unwrap();
}

#[test]
fn a_key_is_recovered_after_the_wait_and_says_so() {
    let (mut state, key) = acme();
    let (second, third) = (publisher(), publisher());
    apply(
        &mut state,
        day(5),
        Change::KeyEnd(end("com.acme", &key, day(5))),
    )
    .unwrap();
    let at = "2026-11-08T00:00:01Z".parse().unwrap();
    let recovered = recovered("com.acme", &second);
    apply(&mut state, at, Change::Key(recovered)).unwrap();
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    let flags: Vec<_> = owned.keys.iter().map(|key| key.recovered).collect();
    assert_eq!(flags, [false, true]);
    let added = new_key("com.acme", &third, day(10)).sign(&second).unwrap();
    apply(&mut state, day(10), Change::Key(added)).unwrap();
}

#[test]
fn namespaces_know_their_domains() {
    let nested = namespace("com.acme.tools.x");
    let above: Vec<_> = nested.above().map(String::from).collect();
    assert_eq!(above, ["com.acme.tools", "com.acme"]);
    assert_eq!(nested.domain(), "x.tools.acme.com");
    assert_eq!(
        Namespace::of(&skill("com.acme/salesforce")),
        namespace("com.acme")
    );
    for wrong in [
        "",
        "com",
        "com.",
        "com.Acme",
        "com.acme/x",
        "com.acme ",
        "com..acme",
        "cöm.acme",
    ] {
        assert!(wrong.parse::<Namespace>().is_err(), "{wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Folding a log in batches, from bytes, with stops between, is folding it at once.
    #[test]
    fn the_fold_does_not_depend_on_batches(cuts in prop::collection::vec(0..22_usize, 0..6)) {
        let leaves = history();
        let whole = folded(&leaves);
        let mut state = State::default();
        let mut cuts = cuts;
        cuts.extend([0, leaves.len()]);
        cuts.sort_unstable();
        for batch in cuts.windows(2) {
            let batch: Vec<_> = leaves[batch[0]..batch[1]].iter().map(|leaf| leaf.encode().unwrap()).collect();
            let mut next = state.clone();
            for bytes in batch {
                next.apply(&Leaf::decode(&bytes).unwrap()).unwrap();
            }
            state = next;
        }
        prop_assert_eq!(state, whole);
    }

    /// A leaf left out or told twice is noticed, or changes what is known: the fold forgets nothing.
    #[test]
    fn no_leaf_can_be_left_out_or_repeated(at in 0..22_usize) {
        let leaves = history();
        let fold = |leaves: Vec<Leaf>| {
            let mut state = State::default();
            leaves.iter().try_for_each(|leaf| state.apply(leaf)).map(|()| state)
        };
        let whole = fold(leaves.clone()).unwrap();
        let mut less = leaves.clone();
        less.remove(at);
        prop_assert_ne!(fold(less).ok(), Some(whole.clone()));
        let mut twice = leaves.clone();
        twice.insert(at, leaves[at].clone());
        prop_assert!(fold(twice).is_err());
    }
}
