//! What the package of an agent says of itself.

use metier_core::{Manifest, Price};

use super::{Described, Facts, MAX_DESCRIPTION, cut};
use crate::{
    agent::{Package, PackageError},
    kind::Kind,
};

/// Reads a package. It has no reach and no price of its own: those are its skills', and told of each of them.
pub(super) fn described(bytes: &[u8]) -> Result<Described, PackageError> {
    let package = Package::of_file(bytes)?;
    let description = &package.definition().terms().description;
    let description = Some(cut(description, MAX_DESCRIPTION).to_owned());
    let facts = Facts {
        name: package.name().clone(),
        kind: Kind::Agent,
        version: package.version().clone(),
        description: description.filter(|text| !text.is_empty()),
        license: None,
        homepage: None,
        language: None,
        paid: false,
        price: Price::Free,
        capabilities: Vec::new(),
        services: Vec::new(),
        tools: Vec::new(),
        skills: package.pins().values().cloned().collect(),
        skill_md: None,
    };
    Ok(Described {
        facts,
        manifest: Manifest::default(),
        manifest_text: package.text().to_owned(),
        skill_md: None,
        tools: Vec::new(),
        agent: Some(Box::new(package)),
    })
}
