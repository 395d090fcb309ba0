//! Attacks on trusted publishing: whom a namespace trusts, and which runs that covers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, time::Duration};

use metier_core::Digest;

use super::NAME;
use crate::{
    fixtures::Moment,
    state::{
        Change, MAX_PUBLISHERS, PublisherAdded, PublisherEnding, PublisherRefused, Refused, Run,
        Standing, State, TrustedPublisher, Word,
        tests::{
            acme, apply, by_domain, claim, end, freeze, leaf, namespace, new_key, no_more,
            publication, run_of, skill, stolen, trusted, version,
        },
    },
    trust::{
        Publisher, SigningKey, Unusable,
        tests::{day, publisher},
    },
};

fn word(text: &str) -> Word {
    text.parse().unwrap()
}

fn add(
    state: &mut State,
    at: Moment,
    trusted: TrustedPublisher,
    key: &SigningKey<Publisher>,
) -> Digest {
    let id = trusted.id(&namespace("com.acme"));
    let added = trusted.of(namespace("com.acme")).sign(key).unwrap();
    apply(state, at, Change::Publisher(added)).unwrap();
    id
}

/// `com.acme`, which trusts a workflow since the second day.
fn trusting() -> (State, SigningKey<Publisher>, Digest) {
    let (mut state, key) = acme();
    let id = add(&mut state, day(2), trusted(day(2)), &key);
    (state, key, id)
}

fn by_run(state: &mut State, at: Moment, number: &str, run: Run) -> Result<(), Refused> {
    let mut publication = publication(NAME, number, &publisher());
    publication.key = run.key.hint();
    publication.run = Some(run);
    apply(state, at, Change::Publish(Box::new(publication)))
}

fn refused(error: Result<(), Refused>) -> PublisherRefused {
    match error {
        Err(Refused::Publisher(why)) => why,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_run_that_a_key_of_the_namespace_trusts_publishes() {
    let (mut state, key, id) = trusting();
    by_run(&mut state, day(3), "1.0.0", run_of(id, day(3))).unwrap();
    let published = state.version(&skill(NAME), &version("1.0.0")).unwrap();
    assert_eq!(state.standing(published), Standing::Good);
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    assert_eq!(
        owned.key_behind(&published.publication),
        key.verifying().hint()
    );
    assert_eq!(
        published.publication.run.as_ref().unwrap().words(),
        "the workflow acme/salesforce release.yml at refs/tags/v1, run 7"
    );
}

#[test]
fn attack_publisher_signed_by_nobody_who_may() {
    let (state, key) = acme();
    let thief = publisher();
    let added = trusted(day(2))
        .of(namespace("com.acme"))
        .sign(&thief)
        .unwrap();
    let foreign = Refused::ForeignKey(thief.verifying().hint(), namespace("com.acme"));
    assert_eq!(
        apply(&mut state.clone(), day(2), Change::Publisher(added.clone())),
        Err(foreign)
    );
    let mut hinted = added;
    let by = key.verifying().hint();
    hinted.signature.by = by;
    let bad = Err(Refused::BadSignature(by, namespace("com.acme")));
    assert_eq!(
        apply(&mut state.clone(), day(2), Change::Publisher(hinted)),
        bad
    );
    let mut ended = state.clone();
    apply(
        &mut ended,
        day(2),
        Change::KeyEnd(end("com.acme", &key, day(2))),
    )
    .unwrap();
    let late = trusted(day(3))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let error = apply(&mut ended, day(3), Change::Publisher(late));
    assert!(matches!(error, Err(Refused::KeyNotGood(..))), "{error:?}");
}

#[test]
fn attack_publisher_of_other_words_than_were_signed() {
    let (mut state, key) = acme();
    let good = trusted(day(2))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let mut others: Vec<PublisherAdded> = vec![good.clone(); 4];
    others[0].publisher.issuer = word("https://evil.example");
    others[1]
        .publisher
        .claims
        .insert(word("repository"), word("evil/salesforce"));
    others[2].publisher.skills.clear();
    others[3].publisher.from = day(1);
    for other in others {
        let error = apply(&mut state, day(2), Change::Publisher(other));
        assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    }
    // For another namespace of the same owner and key it counts as little.
    apply(
        &mut state,
        day(2),
        Change::Namespace(claim("org.acme", "acme", &key)),
    )
    .unwrap();
    let everything = TrustedPublisher {
        skills: Default::default(),
        ..trusted(day(2))
    };
    let mut elsewhere = everything.of(namespace("com.acme")).sign(&key).unwrap();
    elsewhere.namespace = namespace("org.acme");
    let error = apply(&mut state, day(2), Change::Publisher(elsewhere));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    apply(&mut state, day(2), Change::Publisher(good)).unwrap();
}

/// Whoever has the account, and no key, has its old signatures all the same.
#[test]
fn attack_publisher_that_was_removed_is_said_again() {
    let (mut state, key, id) = trusting();
    let signed = trusted(day(2))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let ended = no_more(id, None, &key);
    apply(&mut state, day(3), Change::PublisherEnd(ended.clone())).unwrap();
    let error = apply(&mut state, day(4), Change::Publisher(signed));
    assert_eq!(refused(error), PublisherRefused::There(id));
    let error = apply(&mut state, day(4), Change::PublisherEnd(ended));
    assert_eq!(refused(error), PublisherRefused::EndedBefore(id));
    let error = by_run(&mut state, day(4), "1.0.0", run_of(id, day(4)));
    assert!(matches!(refused(error), PublisherRefused::Ended(..)));
    let anew = add(&mut state, day(5), trusted(day(5)), &key);
    by_run(&mut state, day(5), "1.0.0", run_of(anew, day(5))).unwrap();
}

#[test]
fn attack_publisher_removed_by_nobody_who_may() {
    let (mut state, key, id) = trusting();
    let thief = publisher();
    let ended = no_more(id, None, &thief);
    let error = apply(&mut state, day(3), Change::PublisherEnd(ended));
    assert!(matches!(error, Err(Refused::ForeignKey(..))), "{error:?}");
    let mut earlier = no_more(id, None, &key);
    earlier.since = Some(day(1));
    let error = apply(&mut state, day(3), Change::PublisherEnd(earlier));
    assert!(matches!(error, Err(Refused::BadSignature(..))), "{error:?}");
    let missing = Digest::of(b"no publisher");
    let ended = no_more(missing, None, &key);
    let error = apply(&mut state, day(3), Change::PublisherEnd(ended));
    assert_eq!(refused(error), PublisherRefused::Missing(missing));
}

/// Every receipt of a namespace carries these endings too, so there is an end to them.
#[test]
fn attack_publisher_that_is_stolen_earlier_and_earlier() {
    let (mut state, key, id) = trusting();
    let mut stolen = |seconds: u64| {
        let since = day(2).plus(Duration::from_secs(10_000 - seconds));
        let ended = Change::PublisherEnd(no_more(id, Some(since), &key));
        state.apply(&leaf(day(3), ended))
    };
    let taken = (0..4_000).take_while(|seconds| stolen(*seconds).is_ok());
    assert_eq!(taken.count(), 2_999);
    let error = stolen(5_000);
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
    let added = trusted(day(3)).of(namespace("com.acme")).sign(&key);
    let error = state.apply(&leaf(day(3), Change::Publisher(added.unwrap())));
    assert_eq!(error, Err(Refused::TooManyChanges(namespace("com.acme"))));
}

#[test]
fn attack_publisher_that_anybody_is() {
    let (state, key) = acme();
    let with = |change: fn(&mut TrustedPublisher)| {
        let mut changed = trusted(day(2));
        change(&mut changed);
        let added = changed.of(namespace("com.acme")).sign(&key).unwrap();
        refused(apply(&mut state.clone(), day(2), Change::Publisher(added)))
    };
    for refused in [
        with(|all| all.claims.clear()),
        with(|all| all.claims = [(word("aud"), word("https://market.example"))].into()),
        with(|all| all.issuer = word("token.actions.githubusercontent.com")),
        with(|all| drop(all.claims.insert(word("repository"), word("*")))),
        with(|all| drop(all.claims.insert(word("repository"), word("acme*")))),
        with(|all| drop(all.claims.insert(word("repository"), word("acme/*force")))),
        with(|all| drop(all.claims.insert(word("repository"), word("acme/**")))),
        with(|all| all.skills.extend([skill("org.other/tool")])),
        with(|all| {
            all.claims = (0..17)
                .map(|n| (word(&format!("c{n}")), word("x")))
                .collect()
        }),
        with(|all| all.skills = (0..65).map(|n| skill(&format!("com.acme/x{n}"))).collect()),
    ] {
        assert!(matches!(refused, PublisherRefused::Shape(_)), "{refused:?}");
    }
}

/// What was signed and never came into the log, a market cannot bring up when nobody thinks of it any more; nor what is of the future.
#[test]
fn attack_publisher_that_was_signed_at_another_time() {
    let (state, key) = acme();
    for from in [day(1), day(4)] {
        let added = trusted(from).of(namespace("com.acme")).sign(&key).unwrap();
        let error = apply(&mut state.clone(), day(3), Change::Publisher(added));
        assert_eq!(refused(error), PublisherRefused::SignedThen(from));
    }
}

#[test]
fn attack_publisher_for_a_namespace_that_is_frozen_or_full() {
    let (mut state, key) = acme();
    for number in 0..MAX_PUBLISHERS {
        let mut one = trusted(day(2));
        one.claims
            .insert(word("environment"), word(&format!("e{number}")));
        add(&mut state, day(2), one, &key);
    }
    let added = trusted(day(3))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Publisher(added.clone()));
    assert_eq!(refused(error), PublisherRefused::TooMany);
    let (mut state, key) = acme();
    apply(&mut state, day(2), freeze("com.acme")).unwrap();
    let added = trusted(day(3))
        .of(namespace("com.acme"))
        .sign(&key)
        .unwrap();
    let error = apply(&mut state, day(3), Change::Publisher(added));
    assert_eq!(error, Err(Refused::Frozen(namespace("com.acme"))));
}

#[test]
fn attack_run_of_another_publisher_repository_workflow_or_skill() {
    let (mut state, _, id) = trusting();
    let never = Digest::of(b"never");
    let error = by_run(&mut state, day(3), "1.0.0", run_of(never, day(3)));
    assert_eq!(refused(error), PublisherRefused::Missing(never));
    let with = |name: &str, said: Option<&str>| {
        let mut run = run_of(id, day(3));
        match said {
            Some(said) => drop(run.claims.insert(word(name), word(said))),
            None => drop(run.claims.remove(&word(name))),
        }
        let error = by_run(&mut state.clone(), day(3), "1.0.0", run);
        assert_eq!(
            refused(error),
            PublisherRefused::OtherRun(id, word(name)),
            "{said:?}"
        );
    };
    with("repository", Some("acme/salesforce-evil"));
    with("repository", Some("evil/salesforce"));
    with("repository", None);
    with(
        "workflow_ref",
        Some("acme/salesforce/.github/workflows/test.yml@refs/tags/v1"),
    );
    with(
        "workflow_ref",
        Some("acme/salesforce/.github/workflows/release.yml"),
    );
    let mut other = publication("com.acme/jira", "1.0.0", &publisher());
    let run = run_of(id, day(3));
    (other.key, other.run) = (run.key.hint(), Some(run));
    let error = apply(&mut state, day(3), Change::Publish(Box::new(other)));
    assert_eq!(
        refused(error),
        PublisherRefused::OtherSkill(id, skill("com.acme/jira"))
    );
}

#[test]
fn attack_run_with_a_key_that_is_none_of_its_own() {
    let (mut state, key, id) = trusting();
    // The leaf names another key than its run.
    let mut other = publication(NAME, "1.0.0", &publisher());
    other.run = Some(run_of(id, day(3)));
    let error = apply(&mut state, day(3), Change::Publish(Box::new(other)));
    assert!(matches!(error, Err(Refused::ForeignKey(..))), "{error:?}");
    // A key of the namespace that was ended comes back as one of a run.
    let second = publisher();
    let added = new_key("com.acme", &second, day(3)).sign(&key).unwrap();
    apply(&mut state, day(3), Change::Key(added)).unwrap();
    apply(
        &mut state,
        day(3),
        Change::KeyEnd(end("com.acme", &second, day(3))),
    )
    .unwrap();
    let run = Run {
        key: second.verifying().public().clone(),
        ..run_of(id, day(4))
    };
    let error = by_run(&mut state, day(4), "1.0.0", run);
    assert_eq!(
        refused(error),
        PublisherRefused::NamespacesKey(second.verifying().hint())
    );
}

/// The keys of runs are there for everybody to read: whoever adds one takes nothing of what it published away.
#[test]
fn attack_key_of_a_run_that_is_added_to_the_namespace_afterwards() {
    let (mut state, key, id) = trusting();
    let of_run = publisher();
    let run = Run {
        key: of_run.verifying().public().clone(),
        ..run_of(id, day(3))
    };
    by_run(&mut state, day(3), "1.0.0", run).unwrap();
    let added = new_key("com.acme", &of_run, day(4)).sign(&key).unwrap();
    apply(&mut state, day(4), Change::Key(added)).unwrap();
    let there = state.version(&skill(NAME), &version("1.0.0")).unwrap();
    assert_eq!(state.standing(there), Standing::Good);
    let owned = state.namespace(&namespace("com.acme")).unwrap();
    owned.keys_for(&there.publication, there.at).unwrap();
}

#[test]
fn attack_publishers_that_fill_every_receipt() {
    let (mut state, key) = acme();
    let mut long = trusted(day(2));
    for number in 0..14 {
        let wanted = "x".repeat(290);
        long.claims
            .insert(word(&format!("c{number}")), word(&wanted));
    }
    let added = long.of(namespace("com.acme")).sign(&key).unwrap();
    let error = apply(&mut state, day(2), Change::Publisher(added));
    let why = refused(error).to_string();
    assert!(why.contains("4 KiB"), "{why}");
}

/// A thief fills the namespace; its owner has room all the same.
#[test]
fn attack_publishers_of_a_stolen_key_without_end() {
    let (mut state, key) = acme();
    let second = publisher();
    let added = new_key("com.acme", &second, day(2)).sign(&key).unwrap();
    apply(&mut state, day(2), Change::Key(added)).unwrap();
    for number in 0..MAX_PUBLISHERS {
        let mut one = trusted(day(3));
        one.claims
            .insert(word("environment"), word(&format!("e{number}")));
        add(&mut state, day(3), one, &second);
    }
    let theft = Change::KeyEnd(stolen("com.acme", &second, day(2)));
    apply(&mut state, day(4), theft).unwrap();
    add(&mut state, day(5), trusted(day(5)), &key);
}

#[test]
fn attack_run_before_it_was_trusted_or_after_its_version() {
    let (mut state, _, id) = trusting();
    for at in [day(1), day(4)] {
        let error = by_run(&mut state, day(3), "1.0.0", run_of(id, at));
        assert_eq!(refused(error), PublisherRefused::RunTime(at));
    }
}

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

/// Where no key is left, the domain ends it; a key that has ended does not.
#[test]
fn attack_publisher_that_nobody_is_left_to_end() {
    let (mut state, key, id) = trusting();
    by_run(&mut state, day(3), "1.0.0", run_of(id, day(3))).unwrap();
    apply(
        &mut state,
        day(4),
        Change::KeyEnd(end("com.acme", &key, day(4))),
    )
    .unwrap();
    let late = Change::PublisherEnd(no_more(id, None, &key));
    let error = apply(&mut state, day(5), late);
    assert!(matches!(error, Err(Refused::KeyNotGood(..))), "{error:?}");
    let ending = PublisherEnding {
        namespace: namespace("com.acme"),
        publisher: id,
        since: Some(day(2)),
    };
    let tomorrow = Change::PublisherEnd(ending.clone().vouched(by_domain(day(6))));
    let error = apply(&mut state, day(5), tomorrow);
    assert_eq!(error, Err(Refused::ProofTime));
    let now = Change::PublisherEnd(ending.vouched(by_domain(day(5))));
    apply(&mut state, day(5), now).unwrap();
    assert_eq!(state.listed().len(), 1);
}

#[test]
fn runs_are_told_in_words() {
    let mut run = run_of(Digest::of(b"x"), day(3));
    run.claims.insert(word("environment"), word("production"));
    assert_eq!(
        run.words(),
        "the workflow acme/salesforce release.yml at refs/tags/v1 in production, run 7"
    );
    run.claims = BTreeMap::from([(word("project_path"), word("acme/crm"))]);
    assert_eq!(run.words(), "a run with project_path=acme/crm");
}
