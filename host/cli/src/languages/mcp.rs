//! An MCP server: no source at all. The component is the one `metier` carries; the skill is its plan, `assets/server.json`.

use std::path::Path;

/// The component, built from `skills/mcp` and kept in the repository so that nobody needs Rust to attach a server.
static COMPONENT: &[u8] = include_bytes!("../../../../skills/mcp/mcp.wasm");

/// Whether the folder has a plan. A folder with source that reads such a file is in its own language.
pub fn is_source(folder: &Path) -> bool {
    folder.join(metier_mcp_wire::RESOURCE).is_file()
}

/// The component.
pub fn build() -> Vec<u8> {
    COMPONENT.to_vec()
}
