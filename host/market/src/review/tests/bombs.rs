//! Files made to wear readers down, or to hide what they hold.

use std::io::{Cursor, Write};

use metier_core::package::{self, section};
use metier_runtime::skill::MAX_FILE;
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use super::super::Outcome;
use super::{Replayed, Sandbox, breaks, broken, good, reviewed, went};

fn rules_of(bytes: &[u8]) -> Vec<String> {
    let report = reviewed(bytes, &[], &Sandbox(Replayed::Went(went())));
    assert_eq!(report.outcome, Outcome::Refused);
    report
        .findings
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

/// A custom section without content, of the smallest kind.
fn empty_sections(count: usize) -> Vec<u8> {
    let mut bytes = wat::parse_str("(component)").unwrap();
    for _ in 0..count {
        bytes.extend_from_slice(&[0, 2, 1, b'x']);
    }
    bytes
}

#[test]
fn a_bomb_of_sections_is_refused_at_its_headers() {
    assert_eq!(rules_of(&empty_sections(60_000)), ["file/section-bomb"]);
    breaks("file/section-bomb", |case| {
        case.more.push(("padding", vec![0; 17 << 20]))
    });
    breaks("file/section-bomb", |case| {
        // Each small enough, and a thousand of them.
        case.more
            .extend((0..4_000).map(|_| ("padding", vec![0; 5_000])));
    });
    let (rules, _) = broken(|case| case.more.push(("producers", vec![0; 1_000])));
    assert!(rules.is_empty(), "{rules:?}");
}

#[test]
fn components_nested_without_end_are_refused() {
    let nested = |depth: usize| {
        let text = format!("{}{}", "(component ".repeat(depth), ")".repeat(depth));
        wat::parse_str(text).unwrap()
    };
    assert_eq!(rules_of(&nested(40)), ["file/nesting"]);
    let mut case = good();
    case.component = nested(4);
    assert_eq!(case.review().outcome, Outcome::Passed);
}

#[test]
fn sections_of_ours_are_known_once_and_small() {
    breaks("file/section", |case| {
        case.more.push((section::SKILL_MD, b"other words".to_vec()))
    });
    breaks("file/section", |case| {
        case.more.push(("metier:grants", b"all".to_vec()))
    });
    breaks("file/section", |case| {
        case.skill_md = " ".repeat(package::MAX_SKILL_MD_BYTES + 1)
    });
}

#[test]
fn what_is_no_whole_component_is_refused() {
    assert_eq!(rules_of(b""), ["file/damaged"]);
    assert_eq!(rules_of(b"#!/bin/sh\n"), ["file/damaged"]);
    assert_eq!(
        rules_of(&wat::parse_str("(module)").unwrap()),
        ["file/damaged"]
    );
    let whole = good().bytes();
    assert_eq!(rules_of(&whole[..whole.len() - 1]), ["file/damaged"]);
    let mut behind = whole;
    behind.extend_from_slice(b"PK\x03\x04");
    assert_eq!(
        rules_of(&behind),
        ["file/damaged"],
        "something is glued to its end"
    );
    let mut large = b"\0asm".to_vec();
    large.resize(MAX_FILE + 1, 0);
    assert_eq!(rules_of(&large), ["file/too-large"]);
    assert!(
        rules_of(&wat::parse_str("(component)").unwrap()).contains(&"file/unreadable".to_owned())
    );
}

/// A zip archive with these entries in its directory: name and size when unpacked.
fn zip(entries: &[(&str, u32)], packed: usize) -> Vec<u8> {
    let mut bytes = b"PK\x03\x04".to_vec();
    bytes.resize(packed.max(4), 0xff);
    for (name, size) in entries {
        let mut entry = vec![0; 46];
        entry[..4].copy_from_slice(b"PK\x01\x02");
        entry[24..28].copy_from_slice(&size.to_le_bytes());
        entry[28..30].copy_from_slice(&u16::try_from(name.len()).unwrap().to_le_bytes());
        bytes.extend_from_slice(&entry);
        bytes.extend_from_slice(name.as_bytes());
    }
    bytes
}

/// A zip archive that is one.
fn document() -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, size) in [("ppt/slide.xml", 20_000), ("[Content_Types].xml", 5_000)] {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        writer.start_file(name, stored).unwrap();
        writer.write_all(&vec![b' '; size]).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// What is said of a skill with such a file, beside that nobody can look into what is a directory alone.
fn with(path: &str, body: Vec<u8>) -> (Vec<String>, Outcome) {
    let (mut rules, outcome) = broken(|case| drop(case.files.insert(path.to_owned(), body)));
    rules.retain(|rule| rule != "resource/unread");
    (rules, outcome)
}

#[test]
fn packed_bombs_are_refused_and_closed_boxes_are_looked_at() {
    let refused = |body: Vec<u8>| with("assets/template.pptx", body);
    assert_eq!(
        refused(document()),
        (vec![], Outcome::Passed),
        "a document is a zip archive"
    );
    assert_eq!(
        refused(zip(&[("a.xml", u32::MAX)], 50_000)).0,
        ["packed/bomb"]
    );
    assert_eq!(
        refused(zip(&[("a.xml", 3_000_000)], 1_000)).0,
        ["packed/bomb"],
        "2,000 times"
    );
    let overlapping: Vec<(String, u32)> = (0..500).map(|n| (format!("{n}"), 100_000)).collect();
    let overlapping: Vec<(&str, u32)> = overlapping
        .iter()
        .map(|(name, size)| (name.as_str(), *size))
        .collect();
    assert_eq!(
        refused(zip(&overlapping, 100_000)).0,
        ["packed/bomb"],
        "one piece, listed five hundred times"
    );
    for (path, body) in [
        ("assets/a.zip", zip(&[("a.txt", 100)], 100)),
        ("assets/template.docx", zip(&[("inner.zip", 100)], 100)),
        (
            "assets/template.docx",
            b"PK\x03\x04\xff without a directory".to_vec(),
        ),
        ("assets/a.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff".to_vec()),
        ("assets/a.bin", b"\x28\xb5\x2f\xfd\x24\xff".to_vec()),
        ("references/a.xz", b"\xfd7zXZ\0\xff".to_vec()),
    ] {
        assert_eq!(
            with(path, body),
            (vec!["packed/archive".to_owned()], Outcome::NeedsAPerson),
            "{path}"
        );
    }
}

#[test]
fn packed_programs_are_looked_at() {
    for body in [
        &b"\x7fELF\xff"[..],
        b"MZ\x90\xff",
        b"\0asm\x01\0\0\0\xff",
        b"\xca\xfe\xba\xbe\xff",
        b"#!/bin/sh\necho\n",
    ] {
        assert_eq!(
            with("assets/helper", body.to_vec()),
            (vec!["packed/program".to_owned()], Outcome::NeedsAPerson)
        );
    }
    assert_eq!(
        with("scripts/helper.sh", b"#!/bin/sh\necho\n".to_vec()).1,
        Outcome::Passed
    );
}

#[test]
fn secrets_in_the_code_are_looked_at() {
    let key = format!(
        "(component (core module (memory 1) (data (i32.const 0) \"x=ghp_{}\")))",
        "0123456789abcdefghijABCDEFGHIJ012345"
    );
    breaks("component/secret", |case| {
        case.component = wat::parse_str(&key).unwrap()
    });
    let named = "(component (core module (memory 1) (data (i32.const 0) \"password: incorrect-horse-battery\")))";
    let (rules, _) = broken(|case| case.component = wat::parse_str(named).unwrap());
    assert!(rules.is_empty(), "code is full of names: {rules:?}");
}

/// Whatever is cut off or flipped, the gate answers.
#[test]
fn no_file_makes_the_gate_fail() {
    let whole = good().bytes();
    let answer = |bytes: &[u8]| reviewed(bytes, &[], &Sandbox(Replayed::Went(went())));
    for at in (0..whole.len()).step_by(11) {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x5a;
        answer(&flipped);
        assert_eq!(
            answer(&whole[..at]).outcome,
            Outcome::Refused,
            "cut at {at}"
        );
    }
}

/// What toolchains build is far from every limit.
#[test]
fn real_components_are_no_bombs() {
    for name in ["mcp", "openapi"] {
        let path = format!(
            "{}/../../skills/{name}/{name}.wasm",
            env!("CARGO_MANIFEST_DIR")
        );
        let mut findings = super::super::report::Findings::default();
        let bytes = std::fs::read(path).unwrap();
        super::super::file::check(&bytes, &mut findings);
        super::super::file::secrets(&bytes, &mut findings);
        assert_eq!(findings.report(&bytes, None).findings, []);
    }
}
