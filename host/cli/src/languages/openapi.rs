//! OpenAPI: no source at all. The component is the one `metier` carries; the skill is its plan, `assets/operations.json`.

use std::path::Path;

/// The component, built from `skills/openapi` and kept in the repository so that nobody needs Rust to make such a skill.
static COMPONENT: &[u8] = include_bytes!("../../../../skills/openapi/openapi.wasm");

/// What `metier openapi` writes and the component reads.
const PLAN: &str = "assets/operations.json";

/// Whether the folder has a plan. A folder with source that reads such a file is in its own language.
pub fn is_source(folder: &Path) -> bool {
    folder.join(PLAN).is_file()
}

/// The component.
pub fn build() -> Vec<u8> {
    COMPONENT.to_vec()
}
