#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use metier_core::{Code, Grant, RunScope, TenantId, package};

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

/// Two exports, of which the manifest and the frozen tools know one.
#[tokio::test]
async fn an_export_nobody_listed_needs_no_schema_and_is_no_tool() {
    let left_over = "(func (export \"left-over\") (param \"number\" u32) (result u32) (canon lift (core func $i \"double\")))";
    let two = format!("{} {left_over})", DOUBLE.strip_suffix(')').unwrap());
    let host = host();
    let bare = wat::parse_str(&two).unwrap();
    let unpacked = host.load(bare).await.unwrap();
    assert_eq!(unpacked.tools().len(), 2);
    let frozen = unpacked.tool("double").unwrap().info.clone();
    let manifest = "[skill]\nname = \"test.metier/two\"\nversion = \"0.1.0\"\n[tools.double]\neffect = \"read\"\n";
    let with = |frozen: &[package::Tool]| {
        let frozen = package::encode_tools(frozen).unwrap();
        let sections = section(package::section::MANIFEST, manifest.as_bytes())
            + &section(package::section::TOOLS, &frozen);
        wat::parse_str(format!("{}{sections})", two.strip_suffix(')').unwrap())).unwrap()
    };
    let skill = host
        .load(with(std::slice::from_ref(&frozen)))
        .await
        .unwrap();
    assert_eq!(skill.tools().len(), 1);
    assert_eq!(skill.refused()[0].name, "left-over");
    // A tool the manifest lists still needs its schema.
    let fault = host.load(with(&[])).await.err().unwrap();
    assert_eq!(fault.code, Code::SkillSchemaMismatch);
}

fn section(name: &str, data: &[u8]) -> String {
    let data: String = data.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!("(@custom \"{name}\" \"{data}\")")
}

/// Words with texts and words without are one type: a packed skill with a documented enum is accepted.
#[tokio::test]
async fn an_enum_may_say_what_each_of_its_words_means() {
    const PICK: &str = r#"(component
        (core module $m (func (export "pick") (param i32) (result i32) (local.get 0)))
        (core instance $i (instantiate $m))
        (type $enum (enum "red" "green"))
        (export $colour "colour" (type $enum))
        (func (export "pick") (param "colour" $colour) (result $colour) (canon lift (core func $i "pick"))))"#;
    let host = host();
    let component = wat::parse_str(PICK).unwrap();
    let docs: BTreeMap<String, String> =
        [("pick.colour.red".to_owned(), "Stop.".to_owned())].into();
    let survey = host
        .survey(component, Arc::new(docs), Default::default())
        .await
        .unwrap();
    let told = survey.tools[0].input_schema.to_string();
    assert!(told.contains("Stop."), "{told}");
    let load = async |tools: &[package::Tool]| {
        let section = section(
            package::section::TOOLS,
            &package::encode_tools(tools).unwrap(),
        );
        let packed = format!("{}{section})", PICK.strip_suffix(')').unwrap());
        host.load(wat::parse_str(packed).unwrap()).await
    };
    assert!(load(&survey.tools).await.is_ok());
    let other = told.replace("green", "blue");
    let mut tools = survey.tools;
    tools[0].input_schema = serde_json::from_str(&other).unwrap();
    let fault = load(&tools).await.err().unwrap();
    assert_eq!(fault.code, Code::SkillSchemaMismatch);
}

/// `component` with a manifest in front of everything else, or behind it.
fn packed(component: &str, version: u32, in_front: bool) -> Vec<u8> {
    let manifest = format!(
        "[skill]\nname = \"com.acme/double\"\nversion = \"{version}.0.0\"\n[tools.double]\neffect = \"read\"\n"
    );
    let mut section = wasm_encoder::Component::new();
    section.section(&wasm_encoder::CustomSection {
        name: package::section::MANIFEST.into(),
        data: manifest.as_bytes().into(),
    });
    let (bare, section) = (wat::parse_str(component).unwrap(), section.finish());
    let (header, body) = bare.split_at(8);
    match in_front {
        true => [header, &section[8..], body].concat(),
        false => [header, body, &section[8..]].concat(),
    }
}

/// The bare component, and every skill around it, are one code and compiled once; their digests stay their own.
#[tokio::test]
async fn one_component_is_compiled_once_whatever_is_packed_around_it() {
    let folder = tempfile::tempdir().unwrap();
    let host = Host::new(HostConfig {
        calls: 2,
        code_cache: Some(folder.path().join("code")),
        ..HostConfig::default()
    })
    .unwrap();
    let bare = wat::parse_str(DOUBLE).unwrap();
    host.survey(bare.clone(), Arc::new(()), BTreeMap::new())
        .await
        .unwrap();
    let mut digests = vec![*host.load(bare).await.unwrap().digest()];
    for (version, in_front) in [(1, false), (2, false), (1, true)] {
        let file = packed(DOUBLE, version, in_front);
        let skill = host.load(file.clone()).await.unwrap();
        assert_eq!(*skill.digest(), metier_core::Digest::of(&file));
        assert!(!digests.contains(skill.digest()));
        digests.push(*skill.digest());
    }
    assert_eq!(host.compiled(), 1);
    let treble = DOUBLE.replace("i32.const 2", "i32.const 3");
    host.load(packed(&treble, 1, false)).await.unwrap();
    assert_eq!(host.compiled(), 2, "other code has an entry of its own");
}
