//! `wasi:filesystem`: directories the operator named, under the paths the skill asked for.
//!
//! wasmtime's implementation over cap-std does the work: a path can never leave its directory, by `..`, by an absolute path
//! or by a symbolic link, and a directory granted for reading has no right to write to begin with.

use std::path::{Path, PathBuf};

use metier_core::{Access, Mount};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::context::CallContext;

/// Open every directory that manifest, grant and run all allow, with the least of their rights. One that cannot be opened does
/// not exist for the guest, and the operator's log says why.
pub(crate) fn preopen(wasi: &mut WasiCtxBuilder, call: &CallContext) {
    let beside_the_grant = call.installed().credentials().directory();
    for mount in widest(call.authority().mounts()) {
        let source = beside_the_grant.join(source(&mount));
        if let Err(error) = wasi.preopened_dir(source, mount.path.as_str(), perms(mount.access)) {
            tracing::warn!(path = mount.path.as_str(), %error, "a granted directory cannot be opened");
        }
    }
}

/// One mount for each path, with the widest access any combination of rules gives it.
fn widest<'a>(mounts: impl Iterator<Item = Mount<'a>>) -> Vec<Mount<'a>> {
    let mut kept: Vec<Mount<'a>> = Vec::new();
    for mount in mounts {
        match kept.iter_mut().find(|other| other.path == mount.path) {
            Some(other) if mount.access > other.access => *other = mount,
            Some(_) => {}
            None => kept.push(mount),
        }
    }
    kept
}

fn source(mount: &Mount<'_>) -> PathBuf {
    Path::new(mount.source).join(mount.below)
}

fn perms(access: Access) -> FsPerms {
    match access {
        Access::Read => FsPerms::ReadOnly,
        Access::ReadWrite => FsPerms::ReadWrite,
    }
}
