//! What a skill file carries besides its code: the custom sections and their formats.
//!
//! A skill is one component; everything else travels in custom sections of it, so that one digest covers all. Reading is
//! strict and bounded, since the bytes come from anybody.

mod resources;
#[cfg(test)]
mod tests;
mod tool;

pub use resources::{
    InvalidResourcePath, MAX_RESOURCE_BYTES, MAX_RESOURCES, ResourcePath, Resources, ResourcesError,
};
pub use tool::{MAX_TOOLS, MAX_TOOLS_BYTES, Tool, ToolsError, decode_tools, encode_tools};

/// The names of the custom sections.
pub mod section {
    /// The `skill.toml`, as written: UTF-8 text.
    pub const MANIFEST: &str = "metier:manifest";
    /// The tools with their schemas: see [`super::encode_tools`].
    pub const TOOLS: &str = "metier:tools";
    /// The SKILL.md, as written: UTF-8 text.
    pub const SKILL_MD: &str = "metier:skill-md";
    /// Files the skill reads at run time: see [`super::Resources`].
    pub const RESOURCES: &str = "metier:resources";

    /// Every section that is ours.
    pub const ALL: [&str; 4] = [MANIFEST, TOOLS, SKILL_MD, RESOURCES];
}

/// Largest SKILL.md, in bytes: the format recommends under 500 lines.
pub const MAX_SKILL_MD_BYTES: usize = 256 * 1024;
