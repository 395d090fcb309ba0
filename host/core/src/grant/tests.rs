//! What a grant means once read.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::{
    http::MethodSet,
    ids::{Digest, SkillName},
};

macro_rules! file {
    ($name:literal) => {
        Grant::parse(include_str!(concat!(
            "../../../../tests/corpus/grant/valid/",
            $name,
            ".toml"
        )))
        .unwrap()
    };
}

fn only(grant: Grant) -> Credential {
    grant.credentials.into_values().next().unwrap().value
}

#[test]
fn everything_written_is_read() {
    let grant = file!("full");
    assert!(matches!(&grant.subject, Subject::Pinned(name, _) if name.short() == "salesforce"));
    assert_eq!(grant.tenant.as_str(), "acme");
    assert!(
        grant.tools.contains(&"query".parse().unwrap())
            && !grant.tools.contains(&"wipe".parse().unwrap())
    );
    assert_eq!(
        grant.http[0].credential.as_ref().unwrap().as_str(),
        "salesforce"
    );
    let local = &grant.http[1];
    assert_eq!(local.rule.methods, MethodSet::Any);
    assert_eq!(local.reach.addresses.len(), 2);
    assert_eq!(
        local.reach.connect.as_ref().unwrap().to_string(),
        "127.0.0.1:8443"
    );
    assert_eq!(local.reach.ca_file.as_deref(), Some("ca.pem"));
    assert_eq!(grant.files[0].source, "/srv/reports");
    assert_eq!(grant.artifacts.unwrap().max_bytes, Some(ByteSize::mib(16)));
    assert_eq!(
        grant.config["instance-url"],
        "https://acme.my.salesforce.com"
    );
    assert_eq!(grant.log.unwrap().level, LogLevel::Warn);
    assert_eq!(grant.limits.memory, Some(ByteSize::mib(128)));
}

#[test]
fn what_is_left_out_is_not_granted() {
    let grant = file!("smallest");
    let mut nothing = Grant::deny_all(TenantId::local());
    nothing.subject = grant.subject.clone();
    nothing.tools = grant.tools.clone();
    assert_eq!(grant, nothing);
}

#[test]
fn compute_only_is_all_tools_and_no_reach() {
    let mut grant = Grant::compute_only(TenantId::local());
    assert_eq!(grant.tools, ToolSet::All);
    grant.tools = ToolSet::Listed(Vec::new());
    assert_eq!(grant, Grant::deny_all(TenantId::local()));
}

#[test]
fn each_kind_of_credential_carries_what_it_needs() {
    assert_eq!(only(file!("bearer")).spec, CredentialSpec::Bearer);
    assert_eq!(
        only(file!("basic")).spec,
        CredentialSpec::Basic {
            username: "ada".into()
        }
    );
    assert_eq!(
        only(file!("basic")).secret,
        SecretSource::Vault("jira".into())
    );
    let header = "x-api-key".parse().unwrap();
    assert_eq!(
        only(file!("api-key-header")).spec,
        CredentialSpec::ApiKeyHeader { header }
    );
    assert!(
        matches!(only(file!("api-key-query")).spec, CredentialSpec::ApiKeyQuery { parameter } if parameter == "api_key")
    );
    let sigv4 = only(file!("sigv4")).spec;
    assert_eq!(sigv4.kind(), "sigv4");
    assert_eq!(sigv4.more_secrets().len(), 2);
    assert!(
        matches!(sigv4, CredentialSpec::SigV4 { region, service, .. } if region == "eu-central-1" && service == "bedrock")
    );
    for (credential, kind) in [
        (
            only(file!("client-credentials")),
            "oauth2-client-credentials",
        ),
        (only(file!("refresh-token")), "oauth2-refresh-token"),
        (only(file!("jwt-bearer")), "oauth2-jwt-bearer"),
    ] {
        assert_eq!(credential.spec.kind(), kind);
        assert_eq!(
            credential.spec.token_endpoint().unwrap().url.path(),
            "/token"
        );
    }
    let jwt = only(file!("jwt-bearer")).spec;
    assert_eq!(
        jwt.token_endpoint().unwrap().reach.ca_file.as_deref(),
        Some("ca.pem")
    );
}

#[test]
fn a_secret_written_in_the_grant_is_refused_and_not_repeated() {
    let text =
        include_str!("../../../../tests/corpus/grant/invalid/credential-literal-secret.toml");
    assert!(text.contains("hunter2"));
    let error = Grant::parse(text).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
}

#[test]
fn a_credential_goes_to_its_hosts_only() {
    let credential = only(file!("bearer"));
    assert!(credential.allows(&"a.example".parse().unwrap()));
    for host in ["b.example", "x.a.example", "127.0.0.1"] {
        assert!(!credential.allows(&host.parse().unwrap()), "{host}");
    }
}

#[test]
fn a_grant_is_for_one_skill() {
    let name: SkillName = "com.acme/x".parse().unwrap();
    let other: SkillName = "com.acme/y".parse().unwrap();
    let (these, those) = (Digest::of(b"these"), Digest::of(b"those"));
    let named = Subject::Named(name.clone());
    assert!(named.check(Some(&name), &these).is_ok() && named.check(Some(&name), &those).is_ok());
    assert!(named.check(Some(&other), &these).is_err() && named.check(None, &these).is_err());
    let pinned = Subject::Pinned(name.clone(), these);
    assert!(pinned.check(Some(&name), &these).is_ok());
    assert!(
        pinned.check(Some(&name), &those).is_err() && pinned.check(Some(&other), &these).is_err()
    );
    let bytes = Subject::Bytes(these);
    assert!(bytes.check(None, &these).is_ok() && bytes.check(Some(&name), &those).is_err());
    let sentence = named.check(None, &these).unwrap_err().to_string();
    assert_eq!(
        sentence,
        "the grant is for `com.acme/x`, and this skill is nameless"
    );
}
