//! The law: whatever the new manifest is allowed and the old one was not, asks; and what was only narrowed does not.
//!
//! Held against [`authorize`] itself, by asking it the same many questions with both manifests, under grants and runs of every kind.

use std::collections::BTreeMap;

use metier_core::{
    Access, CanonicalUrl, Effect, Grant, GuestPath, Limits, LimitsAsk, Manifest, Method, RunScope,
    TenantId, authorize,
    files::InvalidGuestPath,
    http::{HostPattern, HttpRule, MethodSet, PathPattern, Scheme},
    ids::Digest,
    log::LogLevel,
    manifest::{
        CallsAsk, Capabilities, ConfigAsk, FilesAsk, HttpAsk, KvAsk, Located, ModelAsk, SkillInfo,
        ToolAsk,
    },
    package::Tool,
    policy::Request,
    units::ByteSize,
};
use proptest::{prelude::*, sample::select, sample::subsequence};
use serde_json::json;

use super::super::{Class, Contents, Record, compare};
use crate::fixtures::exact_grant;
use made::*;
use narrowed::*;

mod made;
mod narrowed;

fn contents(manifest: &Manifest) -> Contents {
    let tools = manifest.tools.iter().map(|(name, ask)| Tool {
        name: name.clone(),
        title: None,
        description: String::new(),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        effect: ask.effect,
    });
    Contents::of_parts(
        manifest.clone(),
        String::new(),
        tools.collect(),
        BTreeMap::new(),
    )
    .unwrap()
}

fn class(old: &Manifest, new: &Manifest) -> Class {
    compare(&contents(old), &contents(new)).class
}

/// A grant of all that a manifest asks for, every tool, and settings for every key; with its folders.
fn granting(manifest: &Manifest) -> Grant {
    let config = NAMES
        .iter()
        .map(|key| (key.parse().unwrap(), "value".to_owned()))
        .collect();
    let mut grant = exact_grant(manifest, &Digest::of(b"x"), TenantId::local(), config);
    grant.files = manifest
        .capabilities
        .files
        .iter()
        .map(|ask| {
            located(metier_core::grant::FilesGrant {
                path: ask.path.clone(),
                source: "s".to_owned(),
                access: ask.access,
            })
        })
        .collect();
    grant
}

/// What may be asked, small enough to be asked whole.
struct Universe {
    http: Vec<(Method, CanonicalUrl)>,
    files: Vec<(GuestPath, Access)>,
}

fn universe() -> Universe {
    let mut http = Vec::new();
    for place in [
        "https://a.example",
        "https://b.a.example",
        "https://c.b.a.example",
        "https://xa.example",
        "https://other.test",
        "http://a.example",
        "https://b.a.example:8443",
        "http://b.a.example:8443",
        "https://127.0.0.1",
    ] {
        for path in ["/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/c/b"] {
            for method in METHODS {
                let url = CanonicalUrl::parse(&format!("{place}{path}")).unwrap();
                http.push((method.parse().unwrap(), url));
            }
        }
    }
    let paths: Result<Vec<GuestPath>, InvalidGuestPath> =
        ["/", "/a", "/a/b", "/a/b/c", "/ab", "/c/d"]
            .iter()
            .map(|path| path.parse())
            .collect();
    let files = paths
        .unwrap()
        .into_iter()
        .flat_map(|path| [(path.clone(), Access::Read), (path, Access::ReadWrite)]);
    Universe {
        http,
        files: files.collect(),
    }
}

/// Whether there is anything that `new` is allowed under this grant and run, and `old` is not.
fn allows_more(
    old: &Manifest,
    new: &Manifest,
    grant: &Grant,
    run: &RunScope,
    all: &Universe,
) -> Option<String> {
    let gained = |request: &Request<'_>| {
        authorize(new, grant, run, request).is_ok() && authorize(old, grant, run, request).is_err()
    };
    let told = |request: &Request<'_>| gained(request).then(|| format!("{request:?}"));
    let http = all
        .http
        .iter()
        .find_map(|(method, url)| told(&Request::Http { method, url }));
    let files = || {
        all.files.iter().find_map(|(path, access)| {
            told(&Request::Files {
                path,
                access: *access,
            })
        })
    };
    let names = || {
        NAMES.iter().find_map(|name| {
            let (bucket, key, route, tool) = (
                name.parse().unwrap(),
                name.parse().unwrap(),
                name.parse().unwrap(),
                name.parse().unwrap(),
            );
            told(&Request::Kv { bucket: &bucket })
                .or_else(|| told(&Request::Config { key: &key }))
                .or_else(|| told(&Request::Model { route: &route }))
                .or_else(|| {
                    told(&Request::Tool {
                        name: &tool,
                        effect: Effect::Read,
                    })
                })
        })
    };
    let calls = || {
        CALLS.iter().find_map(|tool| {
            told(&Request::Call {
                tool: &tool.parse().unwrap(),
            })
        })
    };
    let switches = || {
        told(&Request::Artifacts { bytes: 1 }).or_else(|| {
            told(&Request::Log {
                level: LogLevel::Error,
            })
        })
    };
    let limits = || {
        let of = |manifest: &Manifest| {
            Limits::effective(&Limits::HOST_CEILING, &manifest.limits, &grant.limits)
        };
        let (old, new) = (of(old), of(new));
        (new.memory_bytes > old.memory_bytes || new.requests > old.requests)
            .then(|| "limits".to_owned())
    };
    http.or_else(files)
        .or_else(names)
        .or_else(calls)
        .or_else(switches)
        .or_else(limits)
}

/// The credential that goes with a request, for whichever rule asks for it.
fn credentials_asked<'m>(
    manifest: &'m Manifest,
    request: &'m (Method, CanonicalUrl),
) -> impl Iterator<Item = &'m str> {
    let asks = manifest
        .capabilities
        .http
        .iter()
        .filter(|ask| ask.rule.matches(&request.0, &request.1));
    asks.map(|ask| ask.credential.as_ref().map_or("-", |name| name.as_str()))
}

fn runs() -> impl Strategy<Value = RunScope> {
    let ceiling = prop::option::of(select(Effect::ALL.to_vec()));
    (
        ceiling,
        prop::option::of(prop::collection::vec(rules(), 0..3)),
    )
        .prop_map(|(effects, http)| RunScope {
            effects,
            http,
            ..RunScope::unrestricted()
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Between any two manifests.
    #[test]
    fn whatever_is_newly_allowed_asks(old in manifests(), new in manifests(), other in manifests(), run in runs()) {
        let all = universe();
        for grant in [granting(&new), granting(&other), granting(&old)] {
            for run in [&RunScope::unrestricted(), &run] {
                if let Some(request) = allows_more(&old, &new, &grant, run, &all) {
                    prop_assert_eq!(class(&old, &new), Class::Reconsent, "{} is newly allowed", request);
                }
            }
        }
    }

    /// Between a manifest and one that has a single thing more: where a hole would be seen.
    #[test]
    fn a_single_rule_more_asks_when_it_allows_more(
        old in manifests(), asks in http(), folders in files(), limits in limits(), narrowing in narrowings(),
    ) {
        let all = universe();
        let mut wider = old.clone();
        wider.capabilities.http.splice(0..0, asks.into_iter().take(1));
        let mut deeper = old.clone();
        deeper.capabilities.files.extend(folders.into_iter().take(1));
        let loosened = Manifest { limits, ..old.clone() };
        // And back from a narrower one, which is a widening by the least step.
        let narrow = narrower(old.clone(), narrowing);
        for (old, new) in [(&old, &wider), (&old, &deeper), (&old, &loosened), (&narrow, &old)] {
            if let Some(request) = allows_more(old, new, &granting(new), &RunScope::unrestricted(), &all) {
                prop_assert_eq!(class(old, new), Class::Reconsent, "{} is newly allowed", request);
            }
        }
    }

    /// A request never goes out with a credential that no old rule for it asked for.
    #[test]
    fn no_new_credential_goes_with_a_request_unasked(old in manifests(), new in manifests(), narrowing in narrowings()) {
        let narrow = narrower(old.clone(), narrowing);
        for (old, new) in [(&old, &new), (&narrow, &old)] {
            let gained = universe().http.iter().any(|request| {
                let known: Vec<&str> = credentials_asked(old, request).collect();
                credentials_asked(new, request).any(|name| !known.contains(&name))
            });
            if gained {
                prop_assert_eq!(class(old, new), Class::Reconsent);
            }
        }
    }

    #[test]
    fn what_is_only_narrowed_does_not_ask(manifest in manifests(), how in prop::collection::vec(narrowings(), 1..5)) {
        let narrowed = how.iter().fold(manifest.clone(), |manifest, how| narrower(manifest, *how));
        let change = compare(&contents(&manifest), &contents(&narrowed));
        prop_assert_eq!(change.class, Class::Auto, "{:?}", change.why);
    }

    /// Equal digests of what is published need no new consent.
    #[test]
    fn an_equal_digest_means_nothing_more_is_allowed(old in manifests(), new in manifests(), narrowing in narrowings()) {
        for new in [new, narrower(old.clone(), narrowing), narrower(old.clone(), Narrowing::Reverse)] {
            let published = |manifest: &Manifest| Record::of(&contents(manifest)).published_authority();
            if published(&old) == published(&new) {
                prop_assert_eq!(class(&old, &new), Class::Auto);
            }
        }
    }
}

/// The laws above would hold of nothing if nothing were ever newly allowed.
#[test]
fn the_questions_find_what_is_newly_allowed() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let (mut runner, all) = (TestRunner::deterministic(), universe());
    let (mut gained, mut asked_for_nothing) = (0, 0);
    for _ in 0..400 {
        let (old, new) = (manifests(), manifests())
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let more =
            allows_more(&old, &new, &granting(&new), &RunScope::unrestricted(), &all).is_some();
        gained += u32::from(more);
        asked_for_nothing += u32::from(!more && class(&old, &new) == Class::Reconsent);
    }
    assert!(gained > 200, "{gained}");
    assert!(
        asked_for_nothing < 60,
        "asks too often: {asked_for_nothing}"
    );
}
