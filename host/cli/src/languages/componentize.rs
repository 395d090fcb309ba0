//! A core module for WASI preview 1 → a component: the types of its world, and the adapter of the wasmtime release in use.

use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};

use super::{BuildError, bindings::World};

/// The component of a module that carries its world, as C bindings link it in.
///
/// # Errors
/// When the module does not fit its world.
pub fn component(module: &[u8]) -> Result<Vec<u8>, BuildError> {
    encode(module)
        .map_err(|error| BuildError::NoComponent(format!("the module is no component: {error:#}")))
}

/// The component of a module that does not say its world.
///
/// # Errors
/// When the module does not fit `world`.
pub fn component_of(module: &[u8], world: &World) -> Result<Vec<u8>, BuildError> {
    let mut module = module.to_owned();
    embed_component_metadata(&mut module, &world.resolve, world.id, StringEncoding::UTF8).map_err(
        |error| BuildError::NoComponent(format!("the module cannot carry its world: {error:#}")),
    )?;
    component(&module)
}

fn encode(module: &[u8]) -> anyhow::Result<Vec<u8>> {
    ComponentEncoder::default()
        .validate(true)
        .module(module)?
        .adapter(
            WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME,
            WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
        )?
        .encode()
}
