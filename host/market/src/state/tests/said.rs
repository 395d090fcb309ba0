//! Leaves, and parts of them, as tests say them.

use metier_core::Digest;

use super::{namespace, skill, version};
use crate::{
    fixtures::Moment,
    revoked::Target,
    state::{
        Change, Freeze, PublisherEnded, PublisherEnding, Revoke, Run, Thaw, TrustedPublisher,
        Unrevoke, Unyank, Yank,
    },
    trust::{Publisher, SigningKey, tests::publisher},
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
