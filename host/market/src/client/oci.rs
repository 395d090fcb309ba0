//! A skill or an agent as an OCI image: one layer, one config, one manifest.

use metier_core::{Digest, canonical};
use serde_json::{Value, json};
use wasmparser::{Parser, Payload};

use super::ClientError;
use crate::{
    fixtures::Moment,
    keeper::registry::manifest::{AGENT, AGENT_CONFIG, MANIFEST, WASM, WASM_CONFIG},
};

/// Most imports and exports that the config names: a component with more is refused by every host.
const MAX_NAMES: usize = 4_096;

/// What is pushed beside the component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// What is said about the component.
    pub config: Vec<u8>,
    /// What is signed.
    pub manifest: Vec<u8>,
}

impl Image {
    /// Of this component, made at this time.
    ///
    /// # Errors
    /// When it is no WebAssembly component.
    pub fn of(component: &[u8], author: &str, created: Moment) -> Result<Self, ClientError> {
        let (imports, exports) = names(component).map_err(|why| ClientError::Shape {
            path: "the component".to_owned(),
            why,
        })?;
        let layer = Digest::of(component);
        let third = |name: &String| name.starts_with("wasi:") && name.contains("@0.3");
        let os = if imports.iter().any(third) {
            "wasip3"
        } else {
            "wasip2"
        };
        let config = canonical::text(&json!({
            "created": created,
            "author": author,
            "architecture": "wasm",
            "os": os,
            "layerDigests": [layer],
            "component": {"exports": exports, "imports": imports, "target": Value::Null},
        }));
        let manifest = canonical::text(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(WASM_CONFIG, config.as_bytes()),
            "layers": [descriptor(WASM, component)],
        }));
        Ok(Image {
            config: config.into_bytes(),
            manifest: manifest.into_bytes(),
        })
    }

    /// Of this package of an agent, made at this time.
    pub fn of_agent(package: &[u8], author: &str, created: Moment) -> Self {
        let config = canonical::text(&json!({
            "created": created,
            "author": author,
            "layerDigests": [Digest::of(package)],
        }));
        let manifest = canonical::text(&json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(AGENT_CONFIG, config.as_bytes()),
            "layers": [descriptor(AGENT, package)],
        }));
        Image {
            config: config.into_bytes(),
            manifest: manifest.into_bytes(),
        }
    }

    /// The digest that is signed.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(bytes), "size": bytes.len()})
}

/// What the outermost component imports and exports.
fn names(component: &[u8]) -> Result<(Vec<String>, Vec<String>), String> {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0_usize);
    for payload in Parser::new(0).parse_all(component) {
        match payload.map_err(|error| error.to_string())? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let import = import.map_err(|error| error.to_string())?;
                    imports.push(import.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    let export = export.map_err(|error| error.to_string())?;
                    exports.push(export.name.name.to_owned());
                }
            }
            _ => {}
        }
        if imports.len() + exports.len() > MAX_NAMES {
            return Err("it imports and exports too much".to_owned());
        }
    }
    Ok((imports, exports))
}
