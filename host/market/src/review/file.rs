//! The file itself: its size, its sections, how deep it goes, and secrets in its code.
//!
//! This looks at headers alone, before anything is read into memory or parsed twice: a file made to wear readers down stops here.

use std::collections::BTreeSet;

use metier_core::{
    package::{self, MAX_SKILL_MD_BYTES, section},
    toml_text::MAX_TEXT_BYTES,
};
use metier_runtime::skill::MAX_FILE;
use wasmparser::{Encoding, Parser, Payload};

use super::report::Findings;
use crate::secrets;

/// Most sections of all components and modules together: ten times what the largest interpreter has.
const MAX_SECTIONS: usize = 20_000;

/// How deep components may be nested; what toolchains build is three deep.
const MAX_DEPTH: usize = 16;

/// Most bytes of custom sections that are not ours, and not `name`: producers, package docs, an adapter's metadata.
const MAX_OTHER_BYTES: usize = 16 << 20;

/// Room for the paths of packed files beside their bytes.
const MAX_RESOURCE_NAMES: usize = 1 << 20;

/// Prefix of every section that is ours.
const PREFIX: &str = "metier:";

/// Shortest run of printable characters in the code that is looked at.
const MIN_RUN: usize = 16;

/// Where the component is, for a finding.
const PLACE: &str = "component";

pub(super) fn check(bytes: &[u8], findings: &mut Findings) {
    if bytes.len() > MAX_FILE {
        let evidence = format!("it has {} bytes; hosts load up to {MAX_FILE}", bytes.len());
        return findings.add("file/too-large", PLACE, &evidence);
    }
    if !bytes.starts_with(b"\0asm") {
        return findings.add(
            "file/damaged",
            PLACE,
            "it does not begin as WebAssembly does",
        );
    }
    walk(bytes, findings);
}

fn walk(bytes: &[u8], findings: &mut Findings) {
    let (mut depth, mut sections, mut other, mut seen) =
        (0_usize, 0_usize, 0_usize, BTreeSet::new());
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = match payload {
            Ok(payload) => payload,
            Err(error) => return findings.add("file/damaged", PLACE, error.message()),
        };
        // Functions are told one by one, and are no sections.
        sections += usize::from(!matches!(payload, Payload::CodeSectionEntry(_)));
        if sections > MAX_SECTIONS {
            return findings.add(
                "file/section-bomb",
                PLACE,
                &format!("it has more than {MAX_SECTIONS} sections"),
            );
        }
        match payload {
            Payload::Version {
                encoding: Encoding::Module,
                ..
            } if depth == 0 => {
                return findings.add(
                    "file/damaged",
                    PLACE,
                    "it is a core module, not a component",
                );
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(custom) if depth == 0 && custom.name().starts_with(PREFIX) => {
                ours(
                    custom.name(),
                    custom.data().len(),
                    !seen.insert(custom.name().to_owned()),
                    findings,
                );
            }
            Payload::CustomSection(custom) if custom.name() != "name" => {
                other += custom.data().len()
            }
            _ => {}
        }
        if depth > MAX_DEPTH {
            return findings.add(
                "file/nesting",
                PLACE,
                &format!("components are nested more than {MAX_DEPTH} deep"),
            );
        }
        if other > MAX_OTHER_BYTES {
            let evidence = format!(
                "sections that are neither code nor ours have more than {MAX_OTHER_BYTES} bytes"
            );
            return findings.add("file/section-bomb", PLACE, &evidence);
        }
    }
}

fn ours(name: &str, length: usize, again: bool, findings: &mut Findings) {
    let most = match name {
        section::MANIFEST => MAX_TEXT_BYTES,
        section::TOOLS => package::MAX_TOOLS_BYTES,
        section::SKILL_MD => MAX_SKILL_MD_BYTES,
        section::RESOURCES => package::MAX_RESOURCE_BYTES + MAX_RESOURCE_NAMES,
        _ => return findings.add("file/section", name, "no metier of this version knows it"),
    };
    if again {
        findings.add("file/section", name, "it is there twice");
    }
    if length > most {
        findings.add(
            "file/section",
            name,
            &format!("it has {length} bytes; up to {most} are allowed"),
        );
    }
}

/// Tokens among the constants of the code. What is only named like a secret is not told: code is full of names.
pub(super) fn secrets(bytes: &[u8], findings: &mut Findings) {
    const BY_NAME: [&str; 2] = ["a value named as a secret", "an authorization"];
    let Ok(split) = crate::pack::sections::split(bytes) else {
        return;
    };
    let printable = |byte: &u8| (0x20..0x7f).contains(byte);
    for run in split
        .component
        .split(|byte| !printable(byte))
        .filter(|run| run.len() >= MIN_RUN)
    {
        let Ok(text) = std::str::from_utf8(run) else {
            continue;
        };
        let found = secrets::find(text)
            .into_iter()
            .filter(|found| !BY_NAME.contains(&found.kind));
        for found in found {
            findings.add(
                "component/secret",
                PLACE,
                &format!("there is what looks like {}", found.kind),
            );
        }
    }
}
