//! TLS of the service itself, by rustls: TLS 1.2 and 1.3, HTTP/1.1, no client certificates.

use std::sync::Arc;

use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tokio_rustls::TlsAcceptor;

use crate::live::Live;

/// Most certificates of a chain: one of its own and those above it.
const MAX_CHAIN: usize = 16;

/// In the extensions of each request that came over TLS.
#[derive(Clone, Copy, Debug)]
pub struct OverTls;

/// Why a certificate cannot be shown to clients. No words of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// The file of the chain has none, or something that is none.
    #[error("the certificate file holds no usable PEM certificate")]
    NoCertificate,
    /// The chain is too long to be one.
    #[error("the certificate file holds more than {MAX_CHAIN} certificates")]
    TooMany,
    /// The file of the key has none.
    #[error("the key file holds no usable PEM private key")]
    NoKey,
    /// rustls's own words: mostly that the key is not that of the certificate.
    #[error("the certificate cannot be used: {0}")]
    Unusable(String),
}

/// The certificate that clients are shown. It may be replaced: connections that are open keep theirs.
pub struct Certificate(Live<ServerConfig>);

impl Certificate {
    /// The chain, the server's own certificate first, and its key; both PEM.
    ///
    /// # Errors
    /// [`TlsError`]; also when the key is not that of the certificate.
    pub fn of(chain: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        config(chain, key).map(|config| Certificate(Live::new(config)))
    }

    /// Shows another to whoever comes from now on.
    ///
    /// # Errors
    /// As [`Certificate::of`]; the one before stays.
    pub fn replace(&self, chain: &[u8], key: &[u8]) -> Result<(), TlsError> {
        self.0.set(config(chain, key)?);
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.get())
    }
}

fn config(chain: &[u8], key: &[u8]) -> Result<ServerConfig, TlsError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain)
        .take(MAX_CHAIN + 1)
        .collect();
    let chain = chain.map_err(|_| TlsError::NoCertificate)?;
    match chain.len() {
        0 => return Err(TlsError::NoCertificate),
        length if length > MAX_CHAIN => return Err(TlsError::TooMany),
        _ => {}
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsError::NoKey)?;
    let unusable = |error: rustls::Error| TlsError::Unusable(error.to_string());
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}
