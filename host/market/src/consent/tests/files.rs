//! Records of whole files.

use metier_core::package::{self, section};

use super::super::{Class, Contents, ContentsError, Record, compare};
use super::{MANIFEST, SKILL_MD, skill};
use crate::pack::sections::append;

fn tools() -> Vec<u8> {
    package::encode_tools(&skill().tools).unwrap()
}

fn file(component: &str, all: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let sections: Vec<_> = all
        .iter()
        .map(|(name, data)| (*name, Some(data.clone())))
        .collect();
    append(wat::parse_str(component).unwrap(), &sections)
}

fn parts() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (section::MANIFEST, MANIFEST.into()),
        (section::TOOLS, tools()),
        (section::SKILL_MD, SKILL_MD.into()),
    ]
}

#[test]
fn the_record_hashes_each_part_apart() {
    let whole = file("(component)", &parts());
    let read = Contents::of_file(&whole).unwrap();
    let record = Record::of(&read);
    assert_eq!(record.component, metier_core::Digest::of(&whole));
    assert_eq!(
        (record.name.as_str(), record.version.to_string()),
        ("com.acme/weather", "1.0.0".to_owned())
    );
    let json = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&json).unwrap(), record);

    let other_code = file("(component (component))", &parts());
    let other = Record::of(&Contents::of_file(&other_code).unwrap());
    assert_ne!(
        (other.component, other.code),
        (record.component, record.code)
    );
    assert_eq!(
        (other.words, other.authority, other.published_words()),
        (record.words, record.authority, record.published_words())
    );

    let mut words = parts();
    words[2].1.extend_from_slice(b"More.\n");
    let words = Record::of(&Contents::of_file(&file("(component)", &words)).unwrap());
    assert_eq!(
        (words.code, words.authority),
        (record.code, record.authority)
    );
    assert_ne!(words.words, record.words);
}

#[test]
fn an_update_of_whole_files_is_classed() {
    let old = Contents::of_file(&file("(component)", &parts())).unwrap();
    let mut wider = parts();
    wider[0].1 = MANIFEST
        .replace("\"GET\", \"POST\"", "\"GET\", \"POST\", \"DELETE\"")
        .into();
    let new = Contents::of_file(&file("(component (component))", &wider)).unwrap();
    assert_eq!(compare(&old, &new).class, Class::Reconsent);
    let code = Contents::of_file(&file("(component (component))", &parts())).unwrap();
    assert_eq!(compare(&old, &code).class, Class::Auto);
}

#[test]
fn files_that_could_say_two_things_are_refused() {
    let refused =
        |all: &[(&str, Vec<u8>)]| Contents::of_file(&file("(component)", all)).unwrap_err();
    let mut twice = parts();
    twice.push((section::SKILL_MD, b"Other words.".to_vec()));
    assert!(matches!(
        refused(&twice),
        ContentsError::Section {
            problem: "appears twice",
            ..
        }
    ));
    let mut unknown = parts();
    unknown.push(("metier:grants", b"all".to_vec()));
    assert!(matches!(refused(&unknown), ContentsError::Section { .. }));
    let mut endless = parts();
    endless[2].1 = vec![b' '; package::MAX_SKILL_MD_BYTES + 1];
    assert!(matches!(
        refused(&endless),
        ContentsError::Section {
            problem: "is larger than allowed",
            ..
        }
    ));
    let mut no_text = parts();
    no_text[2].1 = vec![0xff];
    assert!(matches!(refused(&no_text), ContentsError::Section { .. }));
    for missing in 0..3 {
        let mut some = parts();
        some.remove(missing);
        assert!(
            matches!(refused(&some), ContentsError::Lacks(_)),
            "{missing}"
        );
    }
}

#[test]
fn no_file_makes_it_fail_otherwise() {
    let whole = file("(component)", &parts());
    for cut in (0..whole.len()).step_by(7) {
        // A cut between sections leaves a component that lacks something.
        assert!(Contents::of_file(&whole[..cut]).is_err(), "{cut}");
    }
    assert!(matches!(
        Contents::of_file(b"#!/bin/sh"),
        Err(ContentsError::Damaged)
    ));
    assert!(matches!(
        Contents::of_file(b""),
        Err(ContentsError::Damaged)
    ));
}
