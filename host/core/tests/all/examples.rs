//! The commented examples say nothing that is not so.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use metier_core::{
    Authority, Grant, Manifest, RunScope,
    http::{CanonicalUrl, Method},
};

fn example(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn the_examples_are_read_and_fit_each_other() {
    let manifest = Manifest::parse(&example("skill.toml")).unwrap();
    let grant = Grant::parse(&example("grant.toml")).unwrap();
    let run = RunScope::unrestricted();
    let authority = Authority::new(&manifest, &grant, &run);
    let get: Method = "GET".parse().unwrap();
    let allowed = |url: &str| {
        authority
            .http(&get, &CanonicalUrl::parse(url).unwrap())
            .is_ok()
    };
    assert!(allowed("https://api.weather.example/v1/forecast/bern"));
    assert!(
        !allowed("https://api.weather.example/v1/maps/bern"),
        "asked for, not granted"
    );
    assert!(authority.kv(&"homes".parse().unwrap()).is_ok());
    assert_eq!(authority.mounts().count(), 1);
    assert!(authority.model(&"drafting".parse().unwrap()).is_ok());
    assert!(
        authority
            .call(&"com.acme/maps#find".parse().unwrap())
            .is_ok()
    );
    assert!(authority.config(&"units".parse().unwrap()).is_ok());
}
