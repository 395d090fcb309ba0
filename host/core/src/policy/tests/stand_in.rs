//! A file without a manifest: the grant for its very bytes decides alone, any other grant gives it nothing.

use super::super::Authority;
use crate::{
    code::Code, files::Access, grant::Grant, http::CanonicalUrl, ids::Digest, log::LogLevel,
    manifest::Manifest, run::RunScope,
};

const REACH: &str = r#"
tools = ["*"]
[[http]]
host = "api.example"
methods = ["GET"]
paths = ["/v1/**"]
[kv]
buckets = ["notes"]
[[files]]
path = "/data"
source = "data"
access = "read"
[artifacts]
[config]
region = "north"
[log]
"#;

fn pinned() -> Grant {
    let digest = Digest::of(b"a file");
    Grant::parse(&format!("digest = \"{digest}\"\n{REACH}")).unwrap()
}

fn named() -> Grant {
    Grant::parse(&format!("skill = \"com.acme/x\"\n{REACH}")).unwrap()
}

/// What each capability answers, by code; nothing where it is allowed.
fn answers(manifest: &Manifest, grant: &Grant, host: &str) -> Vec<Option<Code>> {
    let run = RunScope::unrestricted();
    let authority = Authority::new(manifest, grant, &run);
    let url = CanonicalUrl::parse(&format!("https://{host}/v1/a")).unwrap();
    let code = |denial: crate::denial::Denial| denial.code();
    vec![
        authority
            .http(&"GET".parse().unwrap(), &url)
            .err()
            .map(code),
        authority
            .files(&"/data/a".parse().unwrap(), Access::Read)
            .err()
            .map(code),
        authority.artifacts(1).err().map(code),
        authority.config(&"region".parse().unwrap()).err().map(code),
        authority.log(LogLevel::Info).err().map(code),
    ]
}

#[test]
fn a_grant_for_its_bytes_decides_alone() {
    let grant = pinned();
    let manifest = Manifest::empty().or_grant(&grant).unwrap();
    assert_eq!(answers(&manifest, &grant, "api.example"), [None; 5]);
}

/// What the grant leaves out is the operator's to add: there is no author who could.
#[test]
fn what_it_leaves_out_is_not_granted() {
    let digest = Digest::of(b"a file");
    let grant = Grant::parse(&format!("digest = \"{digest}\"\ntools = [\"*\"]\n")).unwrap();
    let manifest = Manifest::empty().or_grant(&grant).unwrap();
    let refused = [
        Code::HttpNotGranted,
        Code::FilesNotGranted,
        Code::ArtifactsNotGranted,
        Code::ConfigNotGranted,
        Code::LogNotGranted,
    ];
    assert_eq!(answers(&manifest, &grant, "api.example"), refused.map(Some));
    let grant = pinned();
    let manifest = Manifest::empty().or_grant(&grant).unwrap();
    assert_eq!(
        answers(&manifest, &grant, "other.example")[0],
        Some(Code::HttpNotGranted)
    );
}

/// Data is kept under a skill's name, and it has none.
#[test]
fn buckets_stay_closed() {
    let grant = pinned();
    let manifest = Manifest::empty().or_grant(&grant).unwrap();
    let run = RunScope::unrestricted();
    let denied = Authority::new(&manifest, &grant, &run).kv(&"notes".parse().unwrap());
    assert_eq!(denied.unwrap_err().code(), Code::KvNotDeclared);
}

#[test]
fn no_other_grant_stands_in() {
    let local = crate::ids::TenantId::local();
    for grant in [named(), Grant::compute_only(local)] {
        assert_eq!(Manifest::empty().or_grant(&grant), None);
    }
    let undeclared = answers(&Manifest::empty(), &pinned(), "api.example");
    assert!(undeclared.iter().all(Option::is_some), "{undeclared:?}");
}

#[test]
fn a_file_with_a_manifest_is_held_to_it() {
    let text =
        "[skill]\nname = \"com.acme/x\"\nversion = \"1.0.0\"\n[tools.a]\neffect = \"read\"\n";
    assert_eq!(Manifest::parse(text).unwrap().or_grant(&pinned()), None);
}
