//! What stands in for the manifest of a file that has none.
//!
//! A component whose author never heard of Metier asks for nothing, so nothing could ever be granted to it. A grant for
//! its very bytes names everything an operator could read in a manifest: there the grant alone decides. A grant by name
//! never does, for a file without a manifest has no name. Key-value buckets stay closed: they are kept under the name.

use super::{CallsAsk, Capabilities, ConfigAsk, FilesAsk, HttpAsk, Located, Manifest, ModelAsk};
use crate::grant::{FilesGrant, Grant, HttpGrant, Subject};

impl Manifest {
    /// The manifest to decide by: this one, or, where it is that of a file without one and the grant is for these very
    /// bytes, one that asks for what the grant allows.
    pub fn or_grant(&self, grant: &Grant) -> Option<Manifest> {
        let alone = self.skill.is_none() && matches!(grant.subject, Subject::Bytes(_));
        alone.then(|| Manifest {
            capabilities: asked(grant),
            stands_in: true,
            ..Manifest::empty()
        })
    }
}

fn asked(grant: &Grant) -> Capabilities {
    let config = ConfigAsk {
        keys: grant.config.keys().cloned().collect(),
    };
    Capabilities {
        http: grant.http.iter().map(http).collect(),
        kv: None,
        files: grant.files.iter().map(files).collect(),
        artifacts: grant.artifacts.map(|_| nowhere(())),
        config: Some(nowhere(config)),
        log: grant.log.map(|_| nowhere(())),
        model: Some(nowhere(ModelAsk {
            routes: grant.model.clone(),
        })),
        calls: Some(nowhere(CallsAsk {
            tools: grant.calls.clone(),
        })),
    }
}

fn http(granted: &Located<HttpGrant>) -> Located<HttpAsk> {
    nowhere(HttpAsk {
        rule: granted.rule.clone(),
        credential: granted.credential.clone(),
    })
}

fn files(granted: &Located<FilesGrant>) -> Located<FilesAsk> {
    nowhere(FilesAsk {
        path: granted.path.clone(),
        access: granted.access,
    })
}

/// Written in no file.
fn nowhere<T>(value: T) -> Located<T> {
    Located::new(value, 0)
}
