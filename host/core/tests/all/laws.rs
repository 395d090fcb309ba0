//! The laws of authority: nobody widens anybody, and what is matched is what is sent.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::{
    CanonicalUrl, Grant, Manifest, Method, RunScope, TenantId,
    grant::{Credential, CredentialSpec, HttpGrant, Reach, SecretSource},
    http::{HostPattern, HttpRule, MethodSet, PathPattern, Scheme},
    manifest::{HttpAsk, Located},
    policy::Authority,
};
use proptest::{prelude::*, sample::select};

fn hosts() -> impl Strategy<Value = HostPattern> {
    let texts = [
        "a.example",
        "b.a.example",
        "*.a.example",
        "**.a.example",
        "**.example",
        "*.example",
        "127.0.0.1",
    ];
    select(texts.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn paths() -> impl Strategy<Value = PathPattern> {
    let texts = [
        "/", "/a", "/a/", "/a/b", "/*", "/*/b", "/a/*", "/a/**", "/*/**", "/**", "/a/*/**",
    ];
    select(texts.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn methods() -> impl Strategy<Value = MethodSet> {
    let sets = [
        MethodSet::Any,
        MethodSet::Listed(vec![Method::GET]),
        MethodSet::Listed(vec![Method::POST]),
        MethodSet::Listed(vec![Method::GET, Method::POST]),
    ];
    select(sets.to_vec())
}

fn rules() -> impl Strategy<Value = HttpRule> {
    let scheme = select(vec![
        Scheme::Https,
        Scheme::Https,
        Scheme::Https,
        Scheme::Http,
    ]);
    let port = select(vec![None, None, None, Some(8443_u16)]);
    (
        scheme,
        hosts(),
        port,
        methods(),
        prop::collection::vec(paths(), 1..3),
    )
        .prop_map(|(scheme, host, port, methods, paths)| {
            let port = port.unwrap_or(scheme.default_port());
            HttpRule {
                scheme,
                host,
                port,
                methods,
                paths,
            }
        })
}

fn credential_names() -> impl Strategy<Value = Option<&'static str>> {
    select(vec![None, None, Some("one"), Some("two")])
}

fn urls() -> impl Strategy<Value = CanonicalUrl> {
    let schemes = select(vec!["https", "https", "https", "http"]);
    let hosts = select(vec![
        "a.example",
        "b.a.example",
        "c.b.a.example",
        "example",
        "xa.example",
        "127.0.0.1",
        "0x7f.1",
    ]);
    let ports = select(vec!["", "", "", ":8443"]);
    let paths = select(vec![
        "/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/%61", "/a//b",
    ]);
    (schemes, hosts, ports, paths).prop_map(|(scheme, host, port, path)| {
        CanonicalUrl::parse(&format!("{scheme}://{host}{port}{path}")).unwrap()
    })
}

fn requests() -> impl Strategy<Value = (Method, CanonicalUrl)> {
    (select(vec![Method::GET, Method::POST]), urls())
}

prop_compose! {
    fn manifests()(asks in prop::collection::vec((rules(), credential_names()), 0..4)) -> Manifest {
        let mut manifest = Manifest::empty();
        let asks = asks.into_iter().map(|(rule, name)| {
            Located::new(HttpAsk { rule, credential: name.map(|name| name.parse().unwrap()) }, 1)
        });
        manifest.capabilities.http = asks.collect();
        manifest
    }
}

prop_compose! {
    fn grants()(
        rules in prop::collection::vec((rules(), credential_names()), 0..4),
        credentials in prop::collection::btree_map(select(vec!["one", "two"]), hosts(), 0..3),
    ) -> Grant {
        let mut grant = Grant::deny_all(TenantId::local());
        let rules = rules.into_iter().map(|(rule, name)| {
            let credential = name.map(|name| name.parse().unwrap());
            Located::new(HttpGrant { rule, credential, reach: Reach::default() }, 1)
        });
        grant.http = rules.collect();
        for (name, host) in credentials {
            let secret = SecretSource::Env("X".to_owned());
            let credential = Credential { spec: CredentialSpec::Bearer, secret, hosts: vec![host] };
            grant.credentials.insert(name.parse().unwrap(), Located::new(credential, 1));
        }
        grant
    }
}

prop_compose! {
    fn runs()(rules in prop::option::of(prop::collection::vec(rules(), 0..3))) -> RunScope {
        RunScope { http: rules, ..RunScope::unrestricted() }
    }
}

fn allows(
    manifest: &Manifest,
    grant: &Grant,
    run: &RunScope,
    request: &(Method, CanonicalUrl),
) -> bool {
    Authority::new(manifest, grant, run)
        .http(&request.0, &request.1)
        .is_ok()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// The intersection: whatever is allowed, each layer allows by itself.
    #[test]
    fn allowed_means_each_layer_allows(m in manifests(), g in grants(), r in runs(), request in requests()) {
        let (method, url) = &request;
        if let Ok(allowed) = Authority::new(&m, &g, &r).http(method, url) {
            let asks: Vec<_> = m.capabilities.http.iter().filter(|ask| ask.rule.matches(method, url)).collect();
            let granted: Vec<_> = g.http.iter().filter(|rule| rule.rule.matches(method, url)).collect();
            prop_assert!(!asks.is_empty() && !granted.is_empty());
            prop_assert!(r.http.iter().all(|rules| rules.iter().any(|rule| rule.matches(method, url))));
            prop_assert_eq!(allowed.plain, url.scheme() == Scheme::Http);
            match allowed.credential {
                None => prop_assert!(asks.iter().any(|ask| ask.credential.is_none())),
                Some(name) => {
                    prop_assert!(asks.iter().any(|ask| ask.credential.as_ref() == Some(name)));
                    prop_assert!(granted.iter().any(|rule| rule.credential.as_ref() == Some(name)));
                    prop_assert!(g.credentials[name].allows(url.host()));
                }
            }
        }
    }

    /// A skill that asks for more gets no more than the others allow.
    #[test]
    fn asking_for_more_never_widens_grant_or_run(
        m in manifests(), extra in rules(), g in grants(), r in runs(), request in requests()
    ) {
        let mut asking = m.clone();
        asking.capabilities.http.push(Located::new(HttpAsk { rule: extra, credential: None }, 2));
        if allows(&asking, &g, &r, &request) {
            let everything = Manifest {
                capabilities: metier_core::manifest::Capabilities {
                    http: vec![Located::new(HttpAsk { rule: exactly(&request), credential: None }, 1)],
                    ..Default::default()
                },
                ..Manifest::empty()
            };
            prop_assert!(allows(&everything, &g, &RunScope::unrestricted(), &request), "the grant alone refuses");
            prop_assert!(allows(&everything, &g, &r, &request), "the run alone refuses");
        }
        if allows(&m, &g, &r, &request) {
            prop_assert!(allows(&asking, &g, &r, &request), "asking for more takes nothing away");
        }
    }

    /// An operator who grants more gives a skill nothing it did not ask for.
    #[test]
    fn granting_more_never_widens_the_manifest(
        m in manifests(), g in grants(), extra in rules(), r in runs(), request in requests()
    ) {
        let mut generous = g.clone();
        generous.http.push(Located::new(HttpGrant { rule: extra, credential: None, reach: Reach::default() }, 2));
        if allows(&m, &generous, &r, &request) {
            prop_assert!(m.capabilities.http.iter().any(|ask| ask.rule.matches(&request.0, &request.1)));
        }
        if allows(&m, &g, &r, &request) {
            prop_assert!(allows(&m, &generous, &r, &request));
        }
    }

    /// Taking a rule, a credential or a run's leave away never allows more.
    #[test]
    fn taking_away_never_allows_more(
        m in manifests(), g in grants(), r in runs(), at in any::<prop::sample::Index>(), request in requests()
    ) {
        let before = allows(&m, &g, &r, &request);
        let mut poorer = Vec::new();
        if !g.http.is_empty() {
            let mut fewer = g.clone();
            fewer.http.remove(at.index(g.http.len()));
            poorer.push((m.clone(), fewer, r.clone()));
        }
        let mut penniless = g.clone();
        penniless.credentials.clear();
        poorer.push((m.clone(), penniless, r.clone()));
        if !m.capabilities.http.is_empty() {
            let mut modest = m.clone();
            modest.capabilities.http.remove(at.index(m.capabilities.http.len()));
            poorer.push((modest, g.clone(), r.clone()));
        }
        let narrower = RunScope { http: Some(Vec::new()), ..r.clone() };
        poorer.push((m, g, narrower));
        for (m, g, r) in poorer {
            prop_assert!(before || !allows(&m, &g, &r, &request));
        }
    }

    /// "Covers" is never claimed wrongly.
    #[test]
    fn covering_is_sound(wide in rules(), narrow in rules(), request in requests()) {
        if wide.covers(&narrow) && narrow.matches(&request.0, &request.1) {
            prop_assert!(wide.matches(&request.0, &request.1), "{wide} does not cover {narrow}");
        }
        prop_assert!(wide.covers(&wide));
    }
}

/// The rule that means this request and no other.
fn exactly((method, url): &(Method, CanonicalUrl)) -> HttpRule {
    HttpRule {
        scheme: url.scheme(),
        host: HostPattern::Exactly(url.host().clone()),
        port: url.port(),
        methods: MethodSet::Listed(vec![method.clone()]),
        paths: vec!["/**".parse().unwrap()],
    }
}
