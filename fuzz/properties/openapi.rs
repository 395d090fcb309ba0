//! Any bytes are a description or a mistake told in a line; every operation becomes a tool or says why not, and a skill of them is one
//! a host accepts.

use metier_openapi::skill::{self, About, SkillError};
use metier_openapi::{Document, Listing, Selection};
use metier_openapi_plan::Plan;

/// Longest sentence of a problem, in characters: the operation, the pointer and the reason, each shortened.
const MAX_SENTENCE: usize = 4000;

/// Holds for any bytes. Says whether they were a description with an operation in it.
pub fn check(bytes: &[u8]) -> bool {
    let document = match Document::parse(bytes) {
        Ok(document) => document,
        Err(error) => {
            one_line(&error.to_string());
            return false;
        }
    };
    let listing = Listing::of(&document);
    let selection = Selection {
        server: Some("https://api.example.com".to_owned()),
        ..Selection::default()
    };
    let conversion = match selection.convert(&document, &listing) {
        Ok(conversion) => conversion,
        Err(error) => panic!("everything can be chosen: {error}"),
    };
    let made = conversion.operations.len();
    assert_eq!(made + conversion.left_out.len(), listing.operations.len());
    let problems = listing
        .problems
        .iter()
        .chain(&conversion.left_out)
        .chain(&conversion.notes);
    problems.for_each(|problem| one_line(&problem.to_string()));
    for one in &conversion.operations {
        assert_eq!(
            one.operation.input_schema["type"], "object",
            "{}",
            one.route
        );
    }
    if let (Ok(name), Ok(version)) = ("com.example/fuzz".parse(), "0.1.0".parse()) {
        sound(skill::write(
            &document,
            &About { name, version },
            &conversion,
        ));
    }
    made > 0
}

fn sound(files: Result<skill::Files, SkillError>) {
    match files {
        Ok(files) => {
            assert!(Plan::from_json(&files.plan).is_ok());
            for text in [&files.manifest, &files.skill_md, &files.grant] {
                assert_eq!(metier_core::hidden::find(text), None);
            }
        }
        Err(error @ (SkillError::Plan(_) | SkillError::Manifest(_))) => panic!("{error}"),
        Err(error) => one_line(&error.to_string()),
    }
}

fn one_line(sentence: &str) {
    assert_eq!(metier_core::hidden::find(sentence), None, "{sentence:?}");
    assert!(!sentence.contains('\n'), "{sentence:?}");
    assert!(sentence.chars().count() <= MAX_SENTENCE, "{sentence:?}");
}
