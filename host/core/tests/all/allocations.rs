//! Deciding that something is allowed allocates nothing: it happens on every call.
#![expect(clippy::unwrap_used, reason = "tests")]

use metier_core::{CanonicalUrl, Effect, Grant, Manifest, Method, Request, RunScope, authorize};

#[test]
fn allowing_allocates_nothing() {
    let manifest = include_str!("../../../../tests/corpus/manifest/valid/full.toml");
    let grant = include_str!("../../../../tests/corpus/grant/valid/full.toml");
    let (manifest, grant) = (
        Manifest::parse(manifest).unwrap(),
        Grant::parse(grant).unwrap(),
    );
    let run = RunScope::of_tools(["describe".parse().unwrap(), "query".parse().unwrap()])
        .up_to(Effect::Write);
    let name = "query".parse().unwrap();
    let url =
        CanonicalUrl::parse("https://acme.my.salesforce.com/services/data/v62.0/query?q=SELECT")
            .unwrap();
    let (bucket, key, path) = (
        "cache".parse().unwrap(),
        "instance-url".parse().unwrap(),
        "/data/a".parse().unwrap(),
    );
    let access = metier_core::Access::Read;
    for request in [
        Request::Tool {
            name: &name,
            effect: Effect::Read,
        },
        Request::Http {
            method: &Method::GET,
            url: &url,
        },
        Request::Kv { bucket: &bucket },
        Request::Files {
            path: &path,
            access,
        },
        Request::Artifacts { bytes: 1 },
        Request::Config { key: &key },
        Request::Log {
            level: metier_core::LogLevel::Error,
        },
    ] {
        let mut allowed = false;
        let counted = allocation_counter::measure(|| {
            allowed = authorize(&manifest, &grant, &run, &request).is_ok()
        });
        assert_eq!(counted.count_total, 0, "{request:?}");
        assert!(allowed, "{request:?}");
    }
}

#[test]
fn the_counter_counts() {
    let counted = allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8; 64])));
    assert_eq!(counted.count_total, 1);
}
