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

const HOSTS: [&str; 8] = [
    "a.example",
    "b.a.example",
    "*.a.example",
    "**.a.example",
    "**.example",
    "*.example",
    "**",
    "127.0.0.1",
];
const PATHS: [&str; 9] = [
    "/", "/a", "/a/", "/a/b", "/*", "/*/b", "/a/*", "/a/**", "/**",
];
const METHODS: [&str; 4] = ["GET", "POST", "DELETE", "PATCH"];
const CREDENTIALS: [Option<&str>; 4] = [None, None, Some("one"), Some("two")];
const FOLDERS: [&str; 5] = ["/", "/a", "/a/b", "/ab", "/c"];
const NAMES: [&str; 3] = ["x", "y", "z"];
const CALLS: [&str; 3] = ["com.acme/y#find", "com.acme/y#wipe", "com.acme/z#find"];

fn located<T>(value: T) -> Located<T> {
    Located::new(value, 1)
}

fn some_of<T: Clone + std::fmt::Debug + 'static>(
    all: &[T],
) -> impl Strategy<Value = Vec<T>> + use<T> {
    subsequence(all.to_vec(), 0..=all.len()).prop_shuffle()
}

fn rules() -> impl Strategy<Value = HttpRule> {
    let scheme = select(vec![
        Scheme::Https,
        Scheme::Https,
        Scheme::Https,
        Scheme::Http,
    ]);
    let port = select(vec![None, None, None, Some(8443_u16)]);
    let methods = subsequence(METHODS.to_vec(), 1..=3);
    let paths = prop::collection::vec(select(PATHS.to_vec()), 1..4);
    (scheme, select(HOSTS.to_vec()), port, methods, paths).prop_map(
        |(scheme, host, port, methods, paths)| HttpRule {
            scheme,
            host: host.parse().unwrap(),
            port: port.unwrap_or(scheme.default_port()),
            methods: MethodSet::Listed(
                methods
                    .iter()
                    .map(|method| method.parse().unwrap())
                    .collect(),
            ),
            paths: paths.iter().map(|path| path.parse().unwrap()).collect(),
        },
    )
}

fn http() -> impl Strategy<Value = Vec<Located<HttpAsk>>> {
    let one = (rules(), select(CREDENTIALS.to_vec())).prop_map(|(rule, credential)| {
        located(HttpAsk {
            rule,
            credential: credential.map(|name| name.parse().unwrap()),
        })
    });
    prop::collection::vec(one, 0..5)
}

fn files() -> impl Strategy<Value = Vec<Located<FilesAsk>>> {
    let one = (
        select(FOLDERS.to_vec()),
        select(vec![Access::Read, Access::ReadWrite]),
    )
        .prop_map(|(path, access)| {
            located(FilesAsk {
                path: path.parse().unwrap(),
                access,
            })
        });
    prop::collection::vec(one, 0..3)
}

/// A list of names, or not the capability at all.
fn named<N: std::str::FromStr<Err: std::fmt::Debug>, A: std::fmt::Debug>(
    all: &'static [&'static str],
    ask: fn(Vec<N>) -> A,
) -> impl Strategy<Value = Option<Located<A>>> {
    some_of(all).prop_map(move |names| {
        let names: Vec<N> = names.iter().map(|name| name.parse().unwrap()).collect();
        (!names.is_empty()).then(|| located(ask(names)))
    })
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    let lists = (
        named(&NAMES, |buckets| KvAsk { buckets }),
        named(&NAMES, |keys| ConfigAsk { keys }),
        named(&NAMES, |routes| ModelAsk { routes }),
        named(&CALLS, |tools| CallsAsk { tools }),
    );
    (http(), files(), lists, any::<bool>(), any::<bool>()).prop_map(
        |(http, files, (kv, config, model, calls), artifacts, log)| Capabilities {
            http,
            kv,
            files,
            artifacts: artifacts.then(|| located(())),
            config,
            log: log.then(|| located(())),
            model,
            calls,
        },
    )
}

fn limits() -> impl Strategy<Value = LimitsAsk> {
    let size = || select(vec![None, Some(1_u32), Some(2), Some(3)]);
    (size(), size()).prop_map(|(memory, requests)| LimitsAsk {
        memory: memory.map(|mib| ByteSize(u64::from(mib) << 20)),
        requests,
        ..LimitsAsk::default()
    })
}

fn effects() -> impl Strategy<Value = BTreeMap<&'static str, Effect>> {
    prop::collection::btree_map(select(NAMES.to_vec()), select(Effect::ALL.to_vec()), 0..3)
}

fn manifests() -> impl Strategy<Value = Manifest> {
    (capabilities(), limits(), effects())
        .prop_map(|(capabilities, limits, effects)| manifest(capabilities, limits, &effects))
}

fn manifest(
    capabilities: Capabilities,
    limits: LimitsAsk,
    effects: &BTreeMap<&'static str, Effect>,
) -> Manifest {
    let skill = SkillInfo {
        name: "com.acme/x".parse().unwrap(),
        version: semver::Version::new(1, 0, 0),
        description: None,
        license: None,
        homepage: None,
    };
    let tools = effects.iter().map(|(name, effect)| {
        (
            name.parse().unwrap(),
            located(ToolAsk {
                effect: *effect,
                title: None,
            }),
        )
    });
    Manifest {
        skill: Some(skill),
        tools: tools.collect(),
        capabilities,
        limits,
        ..Manifest::empty()
    }
}

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

/// Ways to make a manifest narrower, or another text of the same.
#[derive(Clone, Copy, Debug)]
enum Narrowing {
    DropRule(usize),
    DropMethod(usize),
    DropPath(usize),
    Host(usize),
    Path(usize),
    Split(usize),
    Repeat(usize),
    Reverse,
    Folder(usize),
    ReadOnly(usize),
    DropFolder(usize),
    DropName(usize),
    Switches,
    Lower,
    DropTool,
}

fn narrowings() -> impl Strategy<Value = Narrowing> {
    use Narrowing::*;
    (0_usize..8).prop_flat_map(|at| {
        select(vec![
            DropRule(at),
            DropMethod(at),
            DropPath(at),
            Host(at),
            Path(at),
            Split(at),
            Repeat(at),
            Reverse,
            Folder(at),
            ReadOnly(at),
            DropFolder(at),
            DropName(at),
            Switches,
            Lower,
            DropTool,
        ])
    })
}

fn at<T>(items: &mut [T], index: usize) -> Option<&mut T> {
    let length = items.len().max(1);
    items.get_mut(index % length)
}

fn drop_one<T>(items: &mut Vec<T>, index: usize, least: usize) {
    if items.len() > least {
        items.remove(index % items.len());
    }
}

fn narrower(mut manifest: Manifest, how: Narrowing) -> Manifest {
    let asks = &mut manifest.capabilities;
    match how {
        Narrowing::DropRule(index) => drop_one(&mut asks.http, index, 0),
        Narrowing::DropMethod(index) => {
            if let Some(MethodSet::Listed(methods)) =
                at(&mut asks.http, index).map(|ask| &mut ask.value.rule.methods)
            {
                drop_one(methods, index, 1);
            }
        }
        Narrowing::DropPath(index) => {
            if let Some(ask) = at(&mut asks.http, index) {
                drop_one(&mut ask.value.rule.paths, index, 1);
            }
        }
        Narrowing::Host(index) => {
            if let Some(ask) = at(&mut asks.http, index) {
                ask.value.rule.host = narrower_host(&ask.rule.host);
            }
        }
        Narrowing::Path(index) => {
            if let Some(ask) = at(&mut asks.http, index) {
                let paths = ask.rule.paths.iter().map(narrower_path).collect();
                ask.value.rule.paths = paths;
            }
        }
        Narrowing::Split(index) => {
            if let Some(ask) = at(&mut asks.http, index).map(|ask| ask.clone()) {
                for path in &ask.rule.paths {
                    let mut part = ask.clone();
                    part.value.rule.paths = vec![path.clone()];
                    asks.http.insert(0, part);
                }
                let whole = asks.http.iter().position(|other| *other == ask).unwrap();
                asks.http.remove(whole);
            }
        }
        Narrowing::Repeat(index) => {
            if let Some(ask) = at(&mut asks.http, index).map(|ask| ask.clone()) {
                asks.http.push(ask);
            }
        }
        Narrowing::Reverse => {
            asks.http.reverse();
            asks.files.reverse();
        }
        Narrowing::Folder(index) => {
            if let Some(ask) = at(&mut asks.files, index) {
                let deeper = format!("{}/b", ask.path.as_str().trim_end_matches('/'));
                ask.value.path = deeper.parse().unwrap();
            }
        }
        Narrowing::ReadOnly(index) => {
            if let Some(ask) = at(&mut asks.files, index) {
                ask.value.access = Access::Read;
            }
        }
        Narrowing::DropFolder(index) => drop_one(&mut asks.files, index, 0),
        Narrowing::DropName(index) => match index % 4 {
            0 => drop_name(&mut asks.kv, |kv| &mut kv.buckets, index),
            1 => drop_name(&mut asks.config, |config| &mut config.keys, index),
            2 => drop_name(&mut asks.model, |model| &mut model.routes, index),
            _ => drop_name(&mut asks.calls, |calls| &mut calls.tools, index),
        },
        Narrowing::Switches => (asks.artifacts, asks.log) = (None, None),
        Narrowing::Lower => {
            manifest.limits.memory = Some(ByteSize(1 << 19));
            manifest.limits.cpu = manifest.limits.cpu.or(Some("1s".parse().unwrap()));
        }
        Narrowing::DropTool => {
            manifest.tools.pop_first();
        }
    }
    manifest
}

fn drop_name<A, N>(ask: &mut Option<Located<A>>, names: fn(&mut A) -> &mut Vec<N>, index: usize) {
    let Some(inner) = ask else { return };
    drop_one(names(&mut inner.value), index, 0);
    if names(&mut inner.value).is_empty() {
        *ask = None;
    }
}

fn narrower_host(host: &HostPattern) -> HostPattern {
    let text = match host.to_string().as_str() {
        "**" => "**.example".to_owned(),
        text => match (text.strip_prefix("**."), text.strip_prefix("*.")) {
            (Some(parent), _) => format!("*.{parent}"),
            (_, Some(parent)) => format!("b.{parent}"),
            _ => text.to_owned(),
        },
    };
    text.parse().unwrap()
}

fn narrower_path(path: &PathPattern) -> PathPattern {
    let text = match path.to_string().as_str() {
        "/**" => "/a/**".to_owned(),
        text => match text.strip_suffix("/**") {
            Some(before) => format!("{before}/*"),
            None => text.replace('*', "b"),
        },
    };
    text.parse().unwrap()
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
