//! Whether a trusted publisher is somebody: of every issuer there are more who get ID tokens than the namespace means.

use crate::state::TrustedPublisher;

/// Claims of which one has to be named, whole, of each list.
type Needed = &'static [&'static [&'static str]];

/// Issuers that everybody gets tokens of, and the claims by which one of them is not everybody's. A name alone is not enough: it comes to
/// somebody else when an account is given up. A number does not.
const SHARED: [(&str, Needed); 2] = [
    (
        "https://token.actions.githubusercontent.com",
        &[
            &["repository", "repository_id"],
            &["repository_owner_id", "repository_id"],
            &["workflow_ref"],
        ],
    ),
    (
        "https://gitlab.com",
        &[
            &["project_path", "project_id"],
            &["namespace_id", "project_id"],
        ],
    ),
];

/// The same of other issuers, by the names that they give to whom names are given: they speak as GitHub does, or as GitLab does.
const NAMED: [(&[&str], Needed); 2] = [
    (
        &[
            "repository",
            "repository_owner",
            "workflow_ref",
            "job_workflow_ref",
        ],
        &[&["repository_owner_id", "repository_id"]],
    ),
    (
        &["project_path", "namespace_path"],
        &[&["namespace_id", "project_id"]],
    ),
];

/// Claims that say how a run is, and not whose.
const OF_ANYBODY: [&str; 22] = [
    "iss",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "ref",
    "ref_type",
    "ref_path",
    "ref_protected",
    "sha",
    "event_name",
    "pipeline_source",
    "environment",
    "environment_protected",
    "runner_environment",
    "repository_visibility",
    "project_visibility",
    "run_id",
    "run_number",
    "run_attempt",
    "base_ref",
];

/// The claim that names a file in some state, which may be any: `…/release.yml@*`.
const OF_ANY_STATE: &str = "workflow_ref";

/// Whether a publisher is somebody, among all who get tokens of its issuer.
pub(super) fn narrow(publisher: &TrustedPublisher) -> Result<(), String> {
    let issuer = publisher.issuer.as_str();
    let of_issuer = SHARED.iter().find(|(shared, _)| *shared == issuer);
    let names = |name: &str| {
        let mut claims = publisher.claims.iter();
        claims.any(|(claim, wanted)| claim.as_str() == name && is_whole(name, wanted.as_str()))
    };
    let says = |name: &&str| publisher.claims.keys().any(|claim| claim.as_str() == *name);
    let needed: Vec<Needed> = match of_issuer {
        Some((_, needed)) => vec![*needed],
        None => {
            let named = NAMED.iter().filter(|(claims, _)| claims.iter().any(says));
            named.map(|(_, needed)| *needed).collect()
        }
    };
    for any in needed.into_iter().flatten() {
        if !any.iter().any(|name| names(name)) {
            return Err(format!(
                "more than you get tokens of {issuer}, and names come to somebody else: name `{}`, whole",
                any.join("` or `")
            ));
        }
    }
    let is_somebody = publisher.claims.keys().any(|claim| {
        let claim = claim.as_str();
        !OF_ANYBODY.contains(&claim) && names(claim)
    });
    match is_somebody {
        true => Ok(()),
        false => Err(format!(
            "more than you get tokens of {issuer}: name a claim, whole, that is yours alone, such as `sub`"
        )),
    }
}

fn is_whole(name: &str, wanted: &str) -> bool {
    match name == OF_ANY_STATE {
        true => !wanted.contains('*') || wanted.ends_with("@*"),
        false => !wanted.contains('*'),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::narrow;
    use crate::state::{TrustedPublisher, Word};

    #[test]
    fn a_publisher_of_any_issuer_is_somebody() {
        let word = |text: &str| -> Word { text.parse().unwrap() };
        for (claims, fits) in [
            (&[("sub", "project:42")][..], true),
            (&[("sub", "project:*")], false),
            (&[("ref", "refs/heads/main")], false),
            (&[("event_name", "push"), ("ref_protected", "true")], false),
            (&[("sub", "project:*"), ("environment", "release")], false),
            (&[("sub", "project:*"), ("organization_id", "7")], true),
            // As GitHub's own servers speak, and GitLab's.
            (&[("repository", "acme/x")], false),
            (
                &[("workflow_ref", "acme/x/.github/workflows/r.yml@*")],
                false,
            ),
            (&[("repository", "acme/x"), ("repository_id", "9:*")], false),
            (&[("repository", "acme/x"), ("repository_id", "9")], true),
            (&[("project_path", "acme/x"), ("sub", "x")], false),
            (&[("project_path", "acme/x"), ("namespace_id", "9")], true),
        ] {
            let publisher = TrustedPublisher {
                issuer: word("https://ci.acme.example"),
                claims: claims.iter().map(|(a, b)| (word(a), word(b))).collect(),
                skills: Default::default(),
                from: Default::default(),
            };
            assert_eq!(narrow(&publisher).is_ok(), fits, "{claims:?}");
        }
    }
}
