//! Deciding that something is allowed allocates nothing: it happens on every call.
#![expect(
    unsafe_code,
    reason = "a global allocator is the only way to count allocations"
)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

use metier_core::{CanonicalUrl, Effect, Grant, Manifest, Method, Request, RunScope, authorize};

thread_local! {
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: hands everything to the system allocator unchanged; counting neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let _ = ALLOCATIONS.try_with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise about `layout` is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `System.alloc` with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
        let before = ALLOCATIONS.get();
        let allowed = authorize(&manifest, &grant, &run, &request).is_ok();
        assert_eq!(ALLOCATIONS.get() - before, 0, "{request:?}");
        assert!(allowed, "{request:?}");
    }
}
