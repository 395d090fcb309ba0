#![expect(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use metier_core::{Code, Grant, RunScope, TenantId};

use crate::audit::NoObserver;
use crate::credentials::SecretSources;
use crate::host::{Host, HostConfig};

const DOUBLE: &str = r#"(component
    (core module $m (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))
    (core instance $i (instantiate $m))
    (func (export "double") (param "number" u32) (result u32) (canon lift (core func $i "double"))))"#;

fn host() -> Host {
    Host::new(HostConfig {
        calls: 2,
        ..HostConfig::default()
    })
    .unwrap()
}

async fn fault_of(component: &str) -> metier_core::Fault {
    host()
        .load(wat::parse_str(component).unwrap())
        .await
        .err()
        .unwrap()
}

#[tokio::test]
async fn a_component_without_a_manifest_computes() {
    let host = host();
    let skill = host.load(wat::parse_str(DOUBLE).unwrap()).await.unwrap();
    let grant = Grant::compute_only(TenantId::local());
    let credentials = host.credentials(&grant, SecretSources::files_only("."));
    host.install(skill.clone(), grant, credentials).unwrap();
    let call = |arguments: &str| {
        let (tenant, principal) = (TenantId::local(), metier_core::PrincipalId::local());
        let call = host
            .call_to(
                tenant,
                principal,
                *skill.digest(),
                "double".parse().unwrap(),
                arguments.into(),
            )
            .unwrap();
        host.call(
            call,
            Arc::new(RunScope::unrestricted()),
            Arc::new(NoObserver),
        )
    };
    assert_eq!(call(r#"{"number":21}"#).await.result.unwrap(), "42");
    let fault = call(r#"{"number":"x"}"#).await.result.unwrap_err();
    assert_eq!(fault.code, Code::InvalidArguments);
    assert!(fault.message.contains("$.number"), "{fault}");
}

#[tokio::test]
async fn a_core_module_and_rubbish_are_told_apart() {
    assert_eq!(fault_of("(module)").await.code, Code::SkillNotAComponent);
    let fault = host().load(b"PK\x03\x04".to_vec()).await.err().unwrap();
    assert!(fault.message.contains("does not start with"), "{fault}");
}

#[tokio::test]
async fn a_component_without_tools_says_so() {
    assert_eq!(fault_of("(component)").await.code, Code::SkillNoTools);
}

#[tokio::test]
async fn an_import_nobody_offers_is_named() {
    let fault = fault_of(
        r#"(component (import "acme:moon/base@1.0.0" (instance (export "land" (func)))))"#,
    )
    .await;
    assert_eq!(fault.code, Code::SkillImportsUnsatisfied);
    assert!(fault.message.contains("acme:moon/base"), "{fault}");
}
