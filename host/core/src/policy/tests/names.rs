//! Tools, buckets, configuration, files, artifacts and logs.

use super::*;
use crate::{ids::TenantId, run::Switch};

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
fn buckets_need_all_layers() {
    let mut layers = layers();
    assert_eq!(layers.kv("cache"), Ok(()));
    assert_eq!(layers.kv("extra"), Err(Code::KvNotGranted));
    assert_eq!(layers.kv("other"), Err(Code::KvNotDeclared));
    layers.run.kv = Some(Vec::new());
    assert_eq!(layers.kv("cache"), Err(Code::RunNarrowed));
}

#[test]
fn models_and_tools_of_others_need_all_layers() {
    let mut layers = layers();
    let model = |layers: &Layers, route: &str| {
        let asked = layers.authority().model(&route.parse().unwrap());
        asked.map_err(|denial| denial.code())
    };
    assert_eq!(model(&layers, "drafting"), Ok(()));
    assert_eq!(model(&layers, "dear"), Err(Code::ModelNotGranted));
    assert_eq!(model(&layers, "other"), Err(Code::ModelNotDeclared));
    layers.run.model = Some(Vec::new());
    assert_eq!(model(&layers, "drafting"), Err(Code::RunNarrowed));

    let call = |layers: &Layers, tool: &str| {
        let asked = layers.authority().call(&tool.parse().unwrap());
        asked.map_err(|denial| denial.code())
    };
    assert_eq!(call(&layers, "com.acme/y#find"), Ok(()));
    assert_eq!(call(&layers, "com.acme/y#wipe"), Err(Code::CallsNotGranted));
    assert_eq!(
        call(&layers, "com.acme/z#find"),
        Err(Code::CallsNotDeclared),
        "the same tool of another skill"
    );
    layers.run.calls = Some(Vec::new());
    assert_eq!(call(&layers, "com.acme/y#find"), Err(Code::RunNarrowed));
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
    let route = "drafting".parse().unwrap();
    assert_eq!(decide(Request::Model { route: &route }), Allowed::Model);
    let tool = "com.acme/y#find".parse().unwrap();
    assert_eq!(decide(Request::Call { tool: &tool }), Allowed::Call);
}
