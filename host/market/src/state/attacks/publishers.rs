//! Attacks on trusted publishing: whom a namespace trusts, and which runs that covers.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use metier_core::Digest;

use super::NAME;
use crate::{
    fixtures::Moment,
    state::{
        Change, PublisherAdded, PublisherEnding, PublisherRefused, Refused, Run, Standing, State,
        TrustedPublisher, Word,
        tests::{
            acme, apply, by_domain, claim, end, namespace, new_key, no_more, publication, run_of,
            skill, trusted, version,
        },
    },
    trust::{
        Publisher, SigningKey,
        tests::{day, publisher},
    },
};

pub(super) fn word(text: &str) -> Word {
    text.parse().unwrap()
}

pub(super) fn add(
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
pub(super) fn trusting() -> (State, SigningKey<Publisher>, Digest) {
    let (mut state, key) = acme();
    let id = add(&mut state, day(2), trusted(day(2)), &key);
    (state, key, id)
}

pub(super) fn by_run(state: &mut State, at: Moment, number: &str, run: Run) -> Result<(), Refused> {
    let mut publication = publication(NAME, number, &publisher());
    publication.key = run.key.hint();
    publication.run = Some(run);
    apply(state, at, Change::Publish(Box::new(publication)))
}

pub(super) fn refused(error: Result<(), Refused>) -> PublisherRefused {
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
fn attack_run_before_it_was_trusted_or_after_its_version() {
    let (mut state, _, id) = trusting();
    for at in [day(1), day(4)] {
        let error = by_run(&mut state, day(3), "1.0.0", run_of(id, at));
        assert_eq!(refused(error), PublisherRefused::RunTime(at));
    }
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
