//! Leaves, and parts of them, as tests say them.

use metier_core::Digest;

use super::{namespace, new_key, skill, version};
use crate::{
    fixtures::Moment,
    revoked::Target,
    state::{
        Change, Freeze, KeyChange, Member, MemberChange, Publication, PublisherEnded,
        PublisherEnding, Revoke, Role, RuleChange, Run, Thaw, TrustedPublisher, Unrevoke, Unyank,
        Yank,
    },
    trust::{Publisher, SigningKey, tests::day, tests::publisher},
};

pub(in crate::state) fn yank(name: &str, number: &str) -> Change {
    Change::Yank(Yank {
        name: skill(name),
        version: version(number),
        why: "broken".parse().unwrap(),
    })
}

pub(in crate::state) fn unyank(name: &str, number: &str) -> Change {
    Change::Unyank(Unyank {
        name: skill(name),
        version: version(number),
        why: "mended".parse().unwrap(),
    })
}

pub(in crate::state) fn revoke(target: Target) -> Change {
    Change::Revoke(Revoke {
        target,
        why: "steals".parse().unwrap(),
    })
}

pub(in crate::state) fn unrevoke(target: Target) -> Change {
    Change::Unrevoke(Unrevoke {
        target,
        why: "does not".parse().unwrap(),
    })
}

pub(in crate::state) fn freeze(text: &str) -> Change {
    Change::Freeze(Freeze {
        namespace: namespace(text),
        why: "no record".parse().unwrap(),
    })
}

pub(in crate::state) fn thaw(text: &str) -> Change {
    Change::Thaw(Thaw {
        namespace: namespace(text),
        why: "proven again".parse().unwrap(),
    })
}

/// A workflow of `acme/salesforce` that may publish `com.acme/salesforce`.
pub(in crate::state) fn trusted(from: Moment) -> TrustedPublisher {
    let claims = [
        ("repository", "acme/salesforce"),
        (
            "workflow_ref",
            "acme/salesforce/.github/workflows/release.yml@*",
        ),
    ];
    let claims = claims.map(|(name, wanted)| (name.parse().unwrap(), wanted.parse().unwrap()));
    TrustedPublisher {
        issuer: "https://token.actions.githubusercontent.com"
            .parse()
            .unwrap(),
        claims: claims.into(),
        skills: [skill("com.acme/salesforce")].into(),
        from,
    }
}

/// A run of it.
pub(in crate::state) fn run_of(id: Digest, at: Moment) -> Run {
    let claims = [
        ("repository", "acme/salesforce"),
        (
            "workflow_ref",
            "acme/salesforce/.github/workflows/release.yml@refs/tags/v1",
        ),
        ("run_id", "7"),
    ];
    let claims = claims.map(|(name, said)| (name.parse().unwrap(), said.parse().unwrap()));
    Run {
        publisher: id,
        key: publisher().verifying().public().clone(),
        at,
        claims: claims.into(),
    }
}

/// `com.acme` trusts it no more, as a key says.
pub(in crate::state) fn no_more(
    id: Digest,
    since: Option<Moment>,
    key: &SigningKey<Publisher>,
) -> PublisherEnded {
    let ending = PublisherEnding {
        namespace: namespace("com.acme"),
        publisher: id,
        since,
    };
    ending.sign(key).unwrap()
}

/// Somebody's key in `com.acme`, to be signed.
pub(in crate::state) fn joins(account: &str, role: Role, key: &SigningKey<Publisher>) -> KeyChange {
    let account = account.parse().unwrap();
    KeyChange {
        member: Some(Member { account, role }),
        ..new_key("com.acme", key, day(1))
    }
}

/// Another role for somebody in `com.acme`, or none, as these keys say.
pub(in crate::state) fn member(
    account: &str,
    role: Option<Role>,
    after: u64,
    keys: &[&SigningKey<Publisher>],
) -> Change {
    let change = MemberChange {
        namespace: namespace("com.acme"),
        account: account.parse().unwrap(),
        role,
        after,
    };
    let mut signatures = keys.iter().map(|key| change.signature(key).unwrap());
    let (first, second) = (signatures.next().unwrap(), signatures.next());
    Change::Member(change.with(first, second))
}

/// The 2-person rule of `com.acme`, as these keys say.
pub(in crate::state) fn rule(
    two_person: bool,
    after: u64,
    keys: &[&SigningKey<Publisher>],
) -> Change {
    let change = RuleChange {
        namespace: namespace("com.acme"),
        two_person,
        after,
    };
    let mut signatures = keys.iter().map(|key| change.signature(key).unwrap());
    let (first, second) = (signatures.next().unwrap(), signatures.next());
    Change::Rule(change.with(first, second))
}

/// A version that somebody approved of.
pub(in crate::state) fn approved(publication: Publication, key: &SigningKey<Publisher>) -> Change {
    let approval = publication.to_approve().signature(key).unwrap();
    Change::Publish(Box::new(Publication {
        approval: Some(approval),
        ..publication
    }))
}
