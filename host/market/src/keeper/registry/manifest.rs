//! OCI image manifests, as far as a registry of skills takes them: pure.
//!
//! Two kinds: a skill's, which has exactly the layout Wasm tools agree on ([`Manifest::as_version`]; an agent's is the same with media types of its own), and one that refers to another
//! manifest, such as a signature.

use std::collections::BTreeMap;

use metier_core::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::kind::Kind;

/// The media type of an image manifest.
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// The media type of an index.
pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The media type of a component.
pub const WASM: &str = "application/wasm";

/// The media type of what is said about a component.
pub const WASM_CONFIG: &str = "application/vnd.wasm.config.v0+json";

/// The media type of an agent's package.
pub const AGENT: &str = "application/vnd.metier.agent.v1+json";

/// The media type of what is said about an agent's package.
pub const AGENT_CONFIG: &str = "application/vnd.metier.agent.config.v1+json";

/// Systems a component can be for.
const SYSTEMS: [&str; 2] = ["wasip2", "wasip3"];

/// Layers of what refers to another manifest.
const MAX_LAYERS: usize = 16;

/// Bytes of all annotations that are told of what refers to another manifest.
const MAX_ANNOTATIONS: usize = 16 << 10;

/// What a manifest says of a blob or of another manifest.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// What it is.
    pub media_type: String,
    /// Its bytes' digest.
    pub digest: Digest,
    /// How many there are.
    pub size: u64,
}

/// An image manifest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: u32,
    #[serde(default)]
    media_type: Option<String>,
    #[serde(default)]
    artifact_type: Option<String>,
    /// What is said about its layers.
    pub config: Descriptor,
    /// Its layers.
    pub layers: Vec<Descriptor>,
    /// The manifest it refers to.
    #[serde(default)]
    pub subject: Option<Descriptor>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// The config of a component, or of an agent, which is for no system.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    #[serde(default)]
    architecture: Option<String>,
    #[serde(default)]
    os: Option<String>,
    layer_digests: Vec<Digest>,
}

impl Manifest {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(media_type: Option<&str>, bytes: &[u8]) -> Result<Manifest, String> {
        if media_type.is_some_and(|told| told != MANIFEST) {
            return Err(format!("a manifest is `{MANIFEST}` here"));
        }
        let read = serde_json::from_slice(bytes);
        let manifest: Manifest = read.map_err(|error| format!("the manifest is none: {error}"))?;
        if manifest.schema_version != 2 {
            return Err("the manifest's `schemaVersion` is not 2".to_owned());
        }
        if manifest
            .media_type
            .as_ref()
            .is_some_and(|told| told != MANIFEST)
        {
            return Err(format!("the manifest's `mediaType` is not `{MANIFEST}`"));
        }
        Ok(manifest)
    }

    /// What it is of: an agent's where its config says so, and else a skill's.
    pub fn kind(&self) -> Kind {
        match self.config.media_type == AGENT_CONFIG {
            true => Kind::Agent,
            false => Kind::Skill,
        }
    }

    /// Checks that it is a version's: of a skill, or of an agent.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn as_version(&self) -> Result<&Descriptor, String> {
        let (kind, layer_type, config_type) = match self.kind() {
            Kind::Skill => ("a skill", WASM, WASM_CONFIG),
            Kind::Agent => ("an agent", AGENT, AGENT_CONFIG),
        };
        let [layer] = self.layers.as_slice() else {
            let had = self.layers.len();
            return Err(format!("{kind} is exactly one layer, and this has {had}"));
        };
        if layer.media_type != layer_type {
            return Err(format!("{kind}'s layer is `{layer_type}`"));
        }
        if self.config.media_type != config_type {
            return Err(format!("{kind}'s config is `{config_type}`"));
        }
        if self.artifact_type.is_some() {
            return Err(format!("{kind}'s manifest has no `artifactType`"));
        }
        if self.subject.is_some() {
            return Err("a version refers to no other manifest".to_owned());
        }
        Ok(layer)
    }

    /// Checks that it can refer to another manifest.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn as_referrer(&self) -> Result<&Descriptor, String> {
        let without = "a manifest without a `subject` is a skill's version";
        let subject = self.subject.as_ref().ok_or(without)?;
        if self.layers.len() > MAX_LAYERS {
            return Err(format!("at most {MAX_LAYERS} layers are possible"));
        }
        let annotations = self.annotations.iter();
        let bytes: usize = annotations
            .map(|(name, text)| name.len() + text.len())
            .sum();
        if bytes > MAX_ANNOTATIONS {
            return Err(format!("annotations have at most {MAX_ANNOTATIONS} bytes"));
        }
        Ok(subject)
    }

    /// Checks what the config of a version says of its layer.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check_config(&self, config: &[u8]) -> Result<(), String> {
        let read = serde_json::from_slice(config);
        let config: Config = read.map_err(|error| format!("the config is none: {error}"))?;
        let is_wasm = config.architecture.as_deref() == Some("wasm")
            && config.os.as_deref().is_some_and(|os| SYSTEMS.contains(&os));
        if self.kind().is_skill() && !is_wasm {
            return Err("the config is not one of `wasm` for `wasip2` or `wasip3`".to_owned());
        }
        let layers: Vec<Digest> = self.layers.iter().map(|layer| layer.digest).collect();
        if config.layer_digests != layers {
            return Err("the config's `layerDigests` are not the layers'".to_owned());
        }
        Ok(())
    }

    /// What is told of it among those that refer to its subject.
    pub fn described(&self, digest: &Digest, size: usize) -> Value {
        let kind = self.artifact_type.as_ref();
        let mut told = json!({
            "mediaType": MANIFEST,
            "digest": digest,
            "size": size,
            "artifactType": kind.unwrap_or(&self.config.media_type),
        });
        if !self.annotations.is_empty() {
            told["annotations"] = json!(self.annotations);
        }
        told
    }
}

/// An index of these descriptors.
pub fn index(manifests: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
}

/// The digests an index names.
///
/// # Errors
/// What is wrong, in words.
pub fn read_index(media_type: Option<&str>, bytes: &[u8]) -> Result<Vec<Digest>, String> {
    #[derive(Deserialize)]
    struct Index {
        manifests: Vec<Descriptor>,
    }
    if media_type != Some(INDEX) {
        return Err(format!("what a fallback tag names is `{INDEX}`"));
    }
    let read = serde_json::from_slice(bytes);
    let index: Index = read.map_err(|error| format!("the index is none: {error}"))?;
    Ok(index.manifests.iter().map(|told| told.digest).collect())
}
