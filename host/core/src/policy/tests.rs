//! Every kind of request, refused by each layer alone and allowed by all three.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use crate::{code::Code, http::HttpRule, ids::TenantId, run::Switch};

const MANIFEST: &str = r#"
[skill]
name = "com.acme/x"
version = "0.1.0"
[tools.query]
effect = "read"
[tools.wipe]
effect = "destructive"
[[capabilities.http]]
host = "*.acme.example"
methods = ["GET", "POST"]
paths = ["/v1/**"]
credential = "acme"
[[capabilities.http]]
host = "open.example"
methods = ["GET"]
paths = ["/"]
[[capabilities.http]]
scheme = "http"
host = "plain.example"
methods = ["GET"]
paths = ["/**"]
[capabilities.kv]
buckets = ["cache", "extra"]
[[capabilities.files]]
path = "/data"
access = "read"
[[capabilities.files]]
path = "/out/reports"
access = "read-write"
[capabilities.artifacts]
[capabilities.config]
keys = ["url", "unset"]
[capabilities.log]
"#;

const GRANT: &str = r#"
skill = "com.acme/x"
tenant = "acme"
tools = ["query", "wipe"]
[[http]]
host = "eu.acme.example"
methods = ["GET"]
paths = ["/v1/items/**"]
credential = "acme"
addresses = ["10.0.0.0/8"]
connect = "10.0.0.1:8443"
ca-file = "ca.pem"
[[http]]
host = "open.example"
methods = ["*"]
paths = ["/**"]
credential = "acme"
[kv]
buckets = ["cache", "other"]
[[files]]
path = "/data"
source = "/srv/data"
access = "read-write"
[[files]]
path = "/out"
source = "/srv/out"
access = "read-write"
[artifacts]
max-bytes = "1KiB"
[config]
url = "https://x.example"
secret-ish = "no"
[log]
level = "warn"
[credentials.acme]
kind = "bearer"
secret = { env = "ACME" }
hosts = ["*.acme.example"]
"#;

struct Layers {
    manifest: Manifest,
    grant: Grant,
    run: RunScope,
}

fn layers() -> Layers {
    Layers {
        manifest: Manifest::parse(MANIFEST).unwrap(),
        grant: Grant::parse(GRANT).unwrap(),
        run: RunScope::unrestricted(),
    }
}

impl Layers {
    fn authority(&self) -> Authority<'_> {
        Authority::new(&self.manifest, &self.grant, &self.run)
    }

    fn http(&self, method: &str, url: &str) -> Result<HttpAllowed<'_>, Denial> {
        let url = CanonicalUrl::parse(url).unwrap();
        self.authority().http(&method.parse().unwrap(), &url)
    }

    fn tool(&self, name: &str) -> Result<(), Code> {
        self.authority()
            .tool(&name.parse().unwrap(), Effect::Read)
            .map_err(|denial| denial.code())
    }

    fn kv(&self, name: &str) -> Result<(), Code> {
        self.authority()
            .kv(&name.parse().unwrap())
            .map_err(|denial| denial.code())
    }

    fn config(&self, key: &str) -> Result<&str, Code> {
        self.authority()
            .config(&key.parse().unwrap())
            .map_err(|denial| denial.code())
    }

    fn files(&self, path: &str, access: Access) -> Result<String, Code> {
        let path: GuestPath = path.parse().unwrap();
        let mount = self
            .authority()
            .files(&path, access)
            .map_err(|denial| denial.code())?;
        Ok(format!(
            "{}={}:{}:{}",
            mount.path, mount.source, mount.below, mount.access
        ))
    }
}

fn code<T>(result: Result<T, Denial>) -> Code {
    match result {
        Ok(_) => panic!("allowed"),
        Err(denial) => denial.code(),
    }
}

#[test]
fn tools_need_grant_and_run() {
    let mut layers = layers();
    assert_eq!(layers.tool("query"), Ok(()));
    assert_eq!(layers.tool("other"), Err(Code::ToolNotGranted));
    layers.run = RunScope::of_tools(["query".parse().unwrap()]);
    assert_eq!(layers.tool("query"), Ok(()));
    assert_eq!(layers.tool("wipe"), Err(Code::RunNarrowed));
    layers.run = RunScope::of_tools([]);
    assert_eq!(layers.tool("query"), Err(Code::RunNarrowed));
    layers.grant = Grant::deny_all(TenantId::local());
    assert_eq!(layers.tool("query"), Err(Code::ToolNotGranted));
}

#[test]
fn an_effect_ceiling_counts_the_worse_word_and_unknown_as_the_worst() {
    let mut layers = layers();
    layers.grant = Grant::compute_only(TenantId::local());
    layers.run = RunScope::unrestricted()
        .up_to(Effect::Write)
        .up_to(Effect::Destructive);
    assert_eq!(
        layers.run.effects,
        Some(Effect::Write),
        "a run never widens itself"
    );
    assert_eq!(layers.tool("query"), Ok(()));
    assert_eq!(
        layers.tool("wipe"),
        Err(Code::RunNarrowed),
        "the manifest says destructive, whatever the caller says"
    );
    assert_eq!(layers.tool("undeclared"), Err(Code::RunNarrowed));
    let query = "query".parse().unwrap();
    assert!(
        layers
            .authority()
            .tool(&query, Effect::Destructive)
            .is_err(),
        "the caller knows worse"
    );
}

#[test]
fn a_request_needs_all_layers_and_carries_how() {
    let layers = layers();
    let allowed = layers
        .http("GET", "https://eu.acme.example/v1/items/7")
        .unwrap();
    assert_eq!(allowed.credential.unwrap().as_str(), "acme");
    assert_eq!(allowed.connect.unwrap().to_string(), "10.0.0.1:8443");
    assert_eq!(
        (allowed.addresses.len(), allowed.ca_file, allowed.plain),
        (1, Some("ca.pem"), false)
    );
    assert!(
        allowed
            .address_policy()
            .check("10.9.9.9".parse().unwrap())
            .is_ok()
    );
    for (method, url, refused) in [
        (
            "GET",
            "https://evil.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "DELETE",
            "https://eu.acme.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "https://eu.acme.example/v2/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "https://eu.acme.example:8443/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "http://eu.acme.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "GET",
            "https://a.eu.acme.example/v1/items",
            Code::HttpNotDeclared,
        ),
        (
            "POST",
            "https://eu.acme.example/v1/items",
            Code::HttpNotGranted,
        ),
        (
            "GET",
            "https://us.acme.example/v1/items",
            Code::HttpNotGranted,
        ),
        (
            "GET",
            "https://eu.acme.example/v1/users",
            Code::HttpNotGranted,
        ),
        ("GET", "http://plain.example/", Code::HttpNotGranted),
    ] {
        assert_eq!(code(layers.http(method, url)), refused, "{method} {url}");
    }
}

#[test]
fn a_credential_only_the_grant_names_is_not_attached() {
    let layers = layers();
    assert_eq!(
        layers
            .http("GET", "https://open.example/")
            .unwrap()
            .credential,
        None
    );
}

#[test]
fn a_credential_the_manifest_needs_must_be_named_defined_and_meant_for_the_host() {
    let request = ("GET", "https://eu.acme.example/v1/items");
    let mut unnamed = layers();
    unnamed.grant.http[0].value.credential = None;
    let mut other = layers();
    other.grant.http[0].value.credential = Some("other".parse().unwrap());
    let mut undefined = layers();
    undefined.grant.credentials.clear();
    let mut elsewhere = layers();
    let credential = elsewhere.grant.credentials.values_mut().next().unwrap();
    credential.value.hosts = vec!["login.acme.example".parse().unwrap()];
    for layers in [unnamed, other, undefined, elsewhere] {
        assert_eq!(
            code(layers.http(request.0, request.1)),
            Code::CredentialNotGranted
        );
    }
}

#[test]
fn the_first_grant_rule_that_allows_decides() {
    let mut layers = layers();
    let mut without = layers.grant.http[0].clone();
    without.value.credential = None;
    without.value.reach.connect = None;
    layers.grant.http.insert(0, without);
    let allowed = layers
        .http("GET", "https://eu.acme.example/v1/items")
        .unwrap();
    assert!(
        allowed.credential.is_some() && allowed.connect.is_some(),
        "the second rule, which has the credential"
    );
}

#[test]
fn plain_http_has_its_own_refusal_and_its_own_grant() {
    let mut layers = layers();
    let mut rule = layers.grant.http[1].clone();
    rule.value.rule.host = "plain.example".parse().unwrap();
    layers.grant.http.push(rule.clone());
    assert_eq!(
        code(layers.http("GET", "http://plain.example/")),
        Code::HttpPlainNotGranted
    );
    rule.value.rule.scheme = crate::http::Scheme::Http;
    rule.value.rule.port = 80;
    layers.grant.http.push(rule);
    assert!(layers.http("GET", "http://plain.example/").unwrap().plain);
}

#[test]
fn a_run_narrows_requests_and_never_widens_them() {
    let mut layers = layers();
    let everything_open: HttpRule = layers.grant.http[1].rule.clone();
    layers.run.http = Some(vec![everything_open]);
    assert_eq!(
        code(layers.http("GET", "https://eu.acme.example/v1/items")),
        Code::RunNarrowed
    );
    assert!(layers.http("GET", "https://open.example/").is_ok());
    assert_eq!(
        code(layers.http("POST", "https://open.example/")),
        Code::HttpNotDeclared
    );
}

#[test]
fn buckets_need_all_layers() {
    let mut layers = layers();
    assert_eq!(layers.kv("cache"), Ok(()));
    assert_eq!(layers.kv("extra"), Err(Code::KvNotGranted));
    assert_eq!(layers.kv("other"), Err(Code::KvNotDeclared));
    layers.run.kv = Some(Vec::new());
    assert_eq!(layers.kv("cache"), Err(Code::RunNarrowed));
}

#[test]
fn configuration_needs_all_layers_and_lists_only_what_is_readable() {
    let mut layers = layers();
    assert_eq!(layers.config("url"), Ok("https://x.example"));
    assert_eq!(layers.config("unset"), Err(Code::ConfigNotGranted));
    assert_eq!(layers.config("secret-ish"), Err(Code::ConfigNotDeclared));
    let keys: Vec<_> = layers
        .authority()
        .config_entries()
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(keys, ["url"]);
    layers.run.config = Some(Vec::new());
    assert_eq!(layers.config("url"), Err(Code::RunNarrowed));
    assert_eq!(layers.authority().config_entries().count(), 0);
}

#[test]
fn files_are_the_innermost_path_with_the_least_access() {
    use Access::{Read, ReadWrite};
    let mut layers = layers();
    assert_eq!(
        layers.files("/data/a", Read).unwrap(),
        "/data=/srv/data::read"
    );
    assert_eq!(
        layers.files("/data/a", ReadWrite),
        Err(Code::FilesNotDeclared)
    );
    assert_eq!(layers.files("/etc", Read), Err(Code::FilesNotDeclared));
    assert_eq!(layers.files("/database", Read), Err(Code::FilesNotDeclared));
    assert_eq!(layers.files("/out", Read), Err(Code::FilesNotDeclared));
    assert_eq!(
        layers.files("/out/reports/x", ReadWrite).unwrap(),
        "/out/reports=/srv/out:reports:read-write"
    );
    layers.grant.files[1].value.access = Read;
    assert_eq!(
        layers.files("/out/reports/x", ReadWrite),
        Err(Code::FilesNotGranted)
    );
    assert_eq!(
        layers.files("/out/reports/x", Read).unwrap(),
        "/out/reports=/srv/out:reports:read"
    );
    layers.run.files = Some(vec![("/data/a".parse().unwrap(), ReadWrite)]);
    assert_eq!(
        layers.files("/data/a/b", Read).unwrap(),
        "/data/a=/srv/data:a:read"
    );
    assert_eq!(layers.files("/data/b", Read), Err(Code::RunNarrowed));
    assert_eq!(layers.authority().mounts().count(), 1);
    layers.run.files = Some(Vec::new());
    assert_eq!(layers.authority().mounts().count(), 0);
}

#[test]
fn artifacts_and_logs_need_all_layers() {
    let mut layers = layers();
    assert_eq!(layers.authority().artifacts(1024), Ok(()));
    assert_eq!(
        code(layers.authority().artifacts(1025)),
        Code::SkillArtifactBytesExceeded
    );
    assert_eq!(layers.authority().log(LogLevel::Error), Ok(true));
    assert_eq!(layers.authority().log(LogLevel::Info), Ok(false));
    (layers.run.artifacts, layers.run.log) = (Switch::Off, Switch::Off);
    assert_eq!(code(layers.authority().artifacts(1)), Code::RunNarrowed);
    assert_eq!(
        code(layers.authority().log(LogLevel::Error)),
        Code::RunNarrowed
    );
    (layers.grant.artifacts, layers.grant.log) = (None, None);
    assert_eq!(
        code(layers.authority().artifacts(1)),
        Code::ArtifactsNotGranted
    );
    assert_eq!(
        code(layers.authority().log(LogLevel::Error)),
        Code::LogNotGranted
    );
    layers.manifest = Manifest::empty();
    assert_eq!(
        code(layers.authority().artifacts(1)),
        Code::ArtifactsNotDeclared
    );
    assert_eq!(
        code(layers.authority().log(LogLevel::Error)),
        Code::LogNotDeclared
    );
}

#[test]
fn an_empty_manifest_computes_and_reaches_nothing_whatever_is_granted() {
    let mut layers = layers();
    layers.manifest = Manifest::empty();
    assert_eq!(layers.tool("query"), Ok(()));
    assert_eq!(
        code(layers.http("GET", "https://open.example/")),
        Code::HttpNotDeclared
    );
    assert_eq!(layers.kv("cache"), Err(Code::KvNotDeclared));
    assert_eq!(layers.config("url"), Err(Code::ConfigNotDeclared));
    assert_eq!(
        layers.files("/data", Access::Read),
        Err(Code::FilesNotDeclared)
    );
    assert_eq!(layers.authority().mounts().count(), 0);
}

#[test]
fn authorize_is_the_same_decision() {
    let layers = layers();
    let (name, bucket, key) = (
        "query".parse().unwrap(),
        "cache".parse().unwrap(),
        "url".parse().unwrap(),
    );
    let url = CanonicalUrl::parse("https://open.example/").unwrap();
    let path = "/data".parse().unwrap();
    let decide =
        |request| authorize(&layers.manifest, &layers.grant, &layers.run, &request).unwrap();
    assert_eq!(
        decide(Request::Tool {
            name: &name,
            effect: Effect::Read
        }),
        Allowed::Tool
    );
    assert!(matches!(
        decide(Request::Http {
            method: &Method::GET,
            url: &url
        }),
        Allowed::Http(_)
    ));
    assert_eq!(decide(Request::Kv { bucket: &bucket }), Allowed::Kv);
    assert!(matches!(
        decide(Request::Files {
            path: &path,
            access: Access::Read
        }),
        Allowed::Files(_)
    ));
    assert_eq!(decide(Request::Artifacts { bytes: 1 }), Allowed::Artifacts);
    assert_eq!(
        decide(Request::Config { key: &key }),
        Allowed::Config("https://x.example")
    );
    assert_eq!(
        decide(Request::Log {
            level: LogLevel::Info
        }),
        Allowed::Log { keep: false }
    );
}
