//! TLS: rustls with the system's roots, or those of a rule's `ca-file` alone.
//!
//! Nothing is loaded before the first `https` request. A [`Trust`] is part of a pooled connection's key, so that a
//! connection made under one set of roots never serves a rule that names another. A `ca-file` is read again when its time
//! or size changes.

use std::{
    collections::HashMap,
    io::{self, Read},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio::sync::OnceCell;

/// Largest `ca-file` read, in bytes: all of Mozilla's roots are about 200 KiB.
const MAX_CA_FILE_BYTES: u64 = 4 << 20;

/// Which certificates a connection is checked against; compared, not inspected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Trust(u32);

/// What the system's store (or, without one, Mozilla's list) trusts.
const SYSTEM: Trust = Trust(0);

/// The roots could not be loaded; one sentence, safe to show to an operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The rule's `ca-file` cannot be read.
    #[error("the ca-file `{0}` cannot be read: {1}")]
    Unreadable(PathBuf, io::ErrorKind),
    /// It holds no certificate, or one that cannot be a root.
    #[error("the ca-file `{0}` holds no usable PEM certificate")]
    NoCertificate(PathBuf),
    /// rustls refused the configuration.
    #[error("TLS could not be set up")]
    Setup,
}

/// Every TLS configuration in use, built on demand.
#[derive(Default)]
pub struct Roots {
    system: OnceCell<Arc<ClientConfig>>,
    files: Mutex<HashMap<PathBuf, CaFile>>,
}

#[derive(Clone)]
struct CaFile {
    stamp: (Option<SystemTime>, u64),
    trust: Trust,
    config: Arc<ClientConfig>,
}

impl Roots {
    /// The configuration for a rule, and the name under which its connections may be shared.
    ///
    /// # Errors
    /// [`TrustError`] when a `ca-file` is missing or empty.
    pub async fn for_rule(
        &self,
        ca_file: Option<&Path>,
    ) -> Result<(Trust, Arc<ClientConfig>), TrustError> {
        match ca_file {
            None => self.system().await.map(|config| (SYSTEM, config)),
            Some(path) => self.file(path).await,
        }
    }

    async fn system(&self) -> Result<Arc<ClientConfig>, TrustError> {
        let load = || async {
            let roots = tokio::task::spawn_blocking(system_roots)
                .await
                .map_err(|_| TrustError::Setup)?;
            configure(roots)
        };
        self.system.get_or_try_init(load).await.cloned()
    }

    async fn file(&self, path: &Path) -> Result<(Trust, Arc<ClientConfig>), TrustError> {
        let unreadable = |error: io::Error| TrustError::Unreadable(path.to_owned(), error.kind());
        let meta = std::fs::metadata(path).map_err(unreadable)?;
        let stamp = (meta.modified().ok(), meta.len());
        if let Some(known) = self.known(path).filter(|known| known.stamp == stamp) {
            return Ok((known.trust, known.config));
        }
        let owned = path.to_owned();
        let roots = tokio::task::spawn_blocking(move || file_roots(&owned)).await;
        let config = configure(roots.map_err(|_| TrustError::Setup)??)?;
        Ok(self.remember(path, stamp, config))
    }

    fn known(&self, path: &Path) -> Option<CaFile> {
        self.files
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(path)
            .cloned()
    }

    /// Files are named in grants, so there are as many as operators wrote, and no more.
    fn remember(
        &self,
        path: &Path,
        stamp: (Option<SystemTime>, u64),
        config: Arc<ClientConfig>,
    ) -> (Trust, Arc<ClientConfig>) {
        let mut files = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = files
            .values()
            .map(|file| file.trust.0)
            .max()
            .unwrap_or(SYSTEM.0);
        let trust = Trust(newest + 1);
        files.insert(
            path.to_owned(),
            CaFile {
                stamp,
                trust,
                config: config.clone(),
            },
        );
        (trust, config)
    }
}

/// The operating system's store; Mozilla's list where there is none (a container built from scratch).
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

fn file_roots(path: &Path) -> Result<RootCertStore, TrustError> {
    let unreadable = |error: io::Error| TrustError::Unreadable(path.to_owned(), error.kind());
    let mut pem = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    file.take(MAX_CA_FILE_BYTES)
        .read_to_end(&mut pem)
        .map_err(unreadable)?;
    let unusable = || TrustError::NoCertificate(path.to_owned());
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| unusable())?;
        roots.add(certificate).map_err(|_| unusable())?;
    }
    if roots.is_empty() {
        Err(unusable())
    } else {
        Ok(roots)
    }
}

/// TLS 1.2 and 1.3, HTTP/2 preferred, no client certificate, no early data.
fn configure(roots: RootCertStore) -> Result<Arc<ClientConfig>, TrustError> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| TrustError::Setup)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
