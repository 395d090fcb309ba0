//! `wasi:filesystem`: directories the operator named, under the paths the skill asked for.
//!
//! wasmtime's implementation over cap-std does the work: a path can never leave its directory, by `..`, by an absolute path
//! or by a symbolic link, and a directory granted for reading has no right to write to begin with. What lies between a
//! granted directory and the part of it a skill sees may have been written by the skill itself, so it is walked without
//! following any link.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use metier_core::{Access, Mount};
use rustix::fs::{Mode, OFlags, ResolveFlags, open, openat2};
use wasmtime_wasi::{FsPerms, WasiCtxBuilder};

use crate::context::CallContext;

/// Directories one call sees at most: each is an open file of the host for as long as the call lasts.
pub const MAX_DIRECTORIES: usize = 16;

/// Open every directory that manifest, grant and run all allow, with the least of their rights. One that cannot be opened does
/// not exist for the guest, and the operator's log says why.
pub(crate) fn preopen(wasi: &mut WasiCtxBuilder, call: &CallContext) {
    let beside_the_grant = call.installed().credentials().directory();
    for mount in widest(call.authority().mounts()) {
        let opened =
            directory(&beside_the_grant.join(mount.source), mount.below).and_then(|directory| {
                let path = format!("/proc/self/fd/{}", directory.as_raw_fd());
                let perms = perms(mount.access);
                wasi.preopened_dir(path, mount.path.as_str(), perms)
                    .map(drop)
                    .map_err(io::Error::other)
            });
        if let Err(error) = opened {
            tracing::warn!(path = mount.path.as_str(), %error, "a granted directory cannot be opened");
        }
    }
}

/// The directory `below` the one the operator named. The operator's own path may go through links; below it none is followed.
fn directory(source: &Path, below: &str) -> io::Result<OwnedFd> {
    let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
    let source = open(source, flags, Mode::empty())?;
    if below.is_empty() {
        return Ok(source);
    }
    let inside = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS;
    Ok(openat2(source, below, flags, Mode::empty(), inside)?)
}

/// One mount for each path, with the widest access any combination of rules gives it.
fn widest<'a>(mounts: impl Iterator<Item = Mount<'a>>) -> Vec<Mount<'a>> {
    let mut kept: Vec<Mount<'a>> = Vec::new();
    for mount in mounts {
        match kept.iter().position(|other| other.path == mount.path) {
            Some(place) if mount.access > kept[place].access => kept[place] = mount,
            Some(_) => {}
            None if kept.len() < MAX_DIRECTORIES => kept.push(mount),
            None => {}
        }
    }
    kept
}

fn perms(access: Access) -> FsPerms {
    match access {
        Access::Read => FsPerms::ReadOnly,
        Access::ReadWrite => FsPerms::ReadWrite,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::symlink;

    use metier_core::{Access, GuestPath, Mount};

    use super::{MAX_DIRECTORIES, directory, widest};

    /// A manifest has room for thousands of them.
    #[test]
    fn a_call_sees_only_so_many_directories() {
        let paths: Vec<GuestPath> = (0..100)
            .map(|number| format!("/data/{number}").parse().unwrap())
            .collect();
        let mounts = paths.iter().map(|path| Mount {
            path,
            source: "shared",
            below: "",
            access: Access::Read,
        });
        assert_eq!(widest(mounts).len(), MAX_DIRECTORIES);
    }

    /// A guest may write into a granted directory, and its manifest may ask for a path inside it: what it left there must not
    /// lead the host out at the next call.
    #[test]
    fn a_link_the_skill_left_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (granted, secret) = (folder.path().join("granted"), folder.path().join("secret"));
        std::fs::create_dir_all(granted.join("real/deep")).unwrap();
        std::fs::create_dir(&secret).unwrap();
        symlink("../secret", granted.join("link")).unwrap();
        symlink("real", granted.join("inner")).unwrap();
        assert!(directory(&granted, "").is_ok());
        assert!(directory(&granted, "real/deep").is_ok());
        assert!(directory(&granted, "link").is_err());
        assert!(directory(&granted, "inner/deep").is_err());
        assert!(directory(&granted, "../secret").is_err());
    }

    /// The operator's own path is the operator's business.
    #[test]
    fn a_link_the_operator_named_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("real")).unwrap();
        symlink("real", folder.path().join("link")).unwrap();
        assert!(directory(&folder.path().join("link"), "").is_ok());
    }
}
