//! May this file be used, and which directories does the skill see?

use super::{Authority, Mount};
use crate::{
    denial::Denial,
    files::{Access, GuestPath},
};

impl<'a> Authority<'a> {
    /// Whether the file or directory may be used like this, and where on the host it lies.
    pub fn files(&self, path: &GuestPath, access: Access) -> Result<Mount<'a>, Denial> {
        let admits = |rule: &GuestPath, held: Access| rule.covers(path) && held.covers(access);
        if !self
            .manifest
            .capabilities
            .files
            .iter()
            .any(|ask| admits(&ask.path, ask.access))
            && !self.manifest.stands_in
        {
            return Err(Denial::files_not_declared(self.skill(), path, access));
        }
        if !self
            .grant
            .files
            .iter()
            .any(|granted| admits(&granted.path, granted.access))
        {
            return Err(Denial::files_not_granted(
                self.skill(),
                &self.grant.tenant,
                path,
                access,
            ));
        }
        let narrowed =
            || Denial::outside_run(self.skill(), format_args!("{access} access to `{path}`"));
        if let Some(rules) = &self.run.files
            && !rules.iter().any(|(rule, held)| admits(rule, *held))
        {
            return Err(narrowed());
        }
        // Each layer admits it; the innermost mount that does is the one the skill sees.
        let mounts = self
            .mounts()
            .filter(|mount| admits(mount.path, mount.access));
        mounts
            .max_by_key(|mount| mount.path.as_str().len())
            .ok_or_else(narrowed)
    }

    /// Every directory the skill sees: for each combination of rules of the three layers, the innermost of their paths
    /// with the least of their access. Several may share a path; the first with the widest access is the one to use.
    pub fn mounts(&self) -> impl Iterator<Item = Mount<'a>> + use<'a> {
        let Authority {
            manifest,
            grant,
            run,
        } = *self;
        let asks = manifest.capabilities.files.iter();
        asks.flat_map(move |ask| {
            grant.files.iter().filter_map(move |granted| {
                let path = inner(&ask.path, &granted.path)?;
                Some((path, ask.access.min(granted.access), &**granted))
            })
        })
        .flat_map(move |(path, access, granted)| {
            narrowed(run.files.as_deref(), path, access).filter_map(move |(path, access)| {
                let below = granted.path.below(path)?;
                Some(Mount {
                    path,
                    source: &granted.source,
                    below,
                    access,
                })
            })
        })
    }
}

/// The deeper of two paths, one of which lies in the other.
fn inner<'p>(a: &'p GuestPath, b: &'p GuestPath) -> Option<&'p GuestPath> {
    if a.covers(b) {
        Some(b)
    } else {
        b.covers(a).then_some(a)
    }
}

type Narrowing = [(GuestPath, Access)];

/// What a run leaves of one directory.
fn narrowed<'a>(
    rules: Option<&'a Narrowing>,
    path: &'a GuestPath,
    access: Access,
) -> impl Iterator<Item = (&'a GuestPath, Access)> {
    let whole = rules.is_none().then_some((path, access));
    let parts = rules.unwrap_or_default().iter();
    whole
        .into_iter()
        .chain(parts.filter_map(move |(rule, held)| Some((inner(path, rule)?, access.min(*held)))))
}
