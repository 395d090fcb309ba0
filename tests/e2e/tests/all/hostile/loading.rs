//! Files that should not load, and files that should not be believed.

use std::fmt::Write;

use metier_core::package::section;
use metier_core::{Blame, Code, Fault};
use metier_e2e::{Guest, TestHost};

use super::scene::{Scene, refused};

const TRUSTED: &str =
    "[skill]\nname = \"com.acme/trusted\"\nversion = \"1.0.0\"\n[tools.run]\neffect = \"read\"\n";

fn is(fault: &Fault, code: Code) {
    assert_eq!((fault.code, fault.blame()), (code, Blame::Skill), "{fault}");
}

/// Whatever the code, it is the skill that has to change.
async fn is_refused(guest: Guest) {
    let fault = refused(guest).await;
    assert_eq!(fault.blame(), Blame::Skill, "{fault}");
}

#[tokio::test]
pub async fn an_import_nobody_offers() {
    let fault = refused(Guest::wat("unsatisfied")).await;
    is(&fault, Code::SkillImportsUnsatisfied);
    assert!(fault.message.contains("acme:missing/thing"), "{fault}");
}

#[tokio::test]
pub async fn an_import_of_another_type() {
    is(
        &refused(Guest::wat("wrong-type")).await,
        Code::SkillImportsUnsatisfied,
    );
}

#[tokio::test]
pub async fn a_core_module() {
    let fault = refused(Guest::text("(module (func (export \"run\")))")).await;
    is(&fault, Code::SkillNotAComponent);
    assert!(fault.message.contains("core module"), "{fault}");
}

#[tokio::test]
pub async fn a_truncated_file() {
    let whole = Guest::built("echo").into_bytes();
    for length in [0, 3, 4, 7, 9, 100, whole.len() / 2, whole.len() - 1] {
        is(
            &refused(Guest::bytes(&whole[..length])).await,
            Code::SkillNotAComponent,
        );
    }
}

#[tokio::test]
pub async fn a_huge_file() {
    let padding = vec![0; 100 << 20];
    is(
        &refused(Guest::wat("good").section("padding", &padding)).await,
        Code::SkillTooLarge,
    );
}

#[tokio::test]
pub async fn no_webassembly_at_all() {
    for bytes in [
        &b"#!/bin/sh\nrm -rf /\n"[..],
        b"\x7fELF\x02\x01\x01",
        b"PK\x03\x04",
        &[0xff; 1000],
        b"\0asm",
    ] {
        is(
            &refused(Guest::bytes(bytes)).await,
            Code::SkillNotAComponent,
        );
    }
}

/// Each tuple holds the one before twice.
#[tokio::test]
pub async fn types_that_explode() {
    let mut text = String::from(
        "(component (core module $m (func (export \"run\"))) (core instance $i (instantiate $m))\n",
    );
    text.push_str("(type $t0 (tuple u8 u8))\n");
    for depth in 1..100 {
        writeln!(text, "(type $t{depth} (tuple $t{0} $t{0}))", depth - 1).unwrap();
    }
    text.push_str("(func (export \"run\") (param \"value\" (list $t99)) (canon lift (core func $i \"run\"))))");
    is_refused(Guest::text(&text)).await;
}

#[tokio::test]
pub async fn too_many_instances() {
    let mut text = String::from("(component (core module $m (func (export \"run\")))\n");
    for number in 0..1000 {
        writeln!(text, "(core instance $i{number} (instantiate $m))").unwrap();
    }
    text.push_str("(func (export \"run\") (canon lift (core func $i999 \"run\"))))");
    is(&refused(Guest::text(&text)).await, Code::SkillTooLarge);
}

#[tokio::test]
pub async fn too_many_memories() {
    let mut text = String::from("(component (core module $m (memory 1) (func (export \"run\")))\n");
    for number in 0..40 {
        writeln!(text, "(core instance $i{number} (instantiate $m))").unwrap();
    }
    text.push_str("(func (export \"run\") (canon lift (core func $i39 \"run\"))))");
    is(&refused(Guest::text(&text)).await, Code::SkillTooLarge);
}

#[tokio::test]
pub async fn more_memory_than_there_is() {
    is_refused(Guest::wat("memory-whole")).await;
}

/// Only the file's own sections speak for it.
#[tokio::test]
pub async fn a_manifest_in_a_nested_component() {
    let host = TestHost::start();
    let skill = host
        .host()
        .load(Guest::wat("nested-manifest").into_bytes())
        .await
        .unwrap();
    assert_eq!(skill.manifest().name(), None);
    assert_eq!(skill.manifest().display_name(), "the skill");
    Scene::wat("nested-manifest", "").await.alive().await;
}

#[tokio::test]
pub async fn two_manifests() {
    let guest = Guest::wat("good").manifest(TRUSTED).manifest(TRUSTED);
    is(&refused(guest).await, Code::SkillSectionInvalid);
}

#[tokio::test]
pub async fn an_unknown_section() {
    is(
        &refused(Guest::wat("good").section("metier:licence-to-all", b"yes")).await,
        Code::SkillSectionInvalid,
    );
    let huge = vec![b'#'; 8 << 20];
    is_refused(Guest::wat("good").section(section::MANIFEST, &huge)).await;
}

#[tokio::test]
pub async fn a_manifest_that_is_silent_about_an_import() {
    let fault = refused(Guest::built("hostile").manifest(TRUSTED)).await;
    is(&fault, Code::SkillManifestMismatch);
}
