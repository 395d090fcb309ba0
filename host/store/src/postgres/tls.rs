//! TLS, as the address says: `sslmode=require` insists on it, `prefer` (the default) takes it where the server has it.
//!
//! A certificate is always verified, which libpq only does for `verify-full`: against the system's roots, or those in the file
//! `sslrootcert` names.

use std::{str::FromStr, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::{Config, config::SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{
    error::{Refusal, StoreError},
    traits::Result,
    url::StoreUrl,
};

/// What the connection string says, with what is ours taken out of it.
pub fn configured(url: &str) -> Result<(Config, MakeRustlsConnect)> {
    let (url, roots) = without_roots(url);
    // The library's sentence may quote the whole string, password included.
    let refused = |_| Refusal::Url {
        text: StoreUrl::Postgres(url.clone()).to_string(),
        rule: "write `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=require`, special characters percent-encoded",
    };
    let config = Config::from_str(&url).map_err(refused)?;
    let roots = match (config.get_ssl_mode(), roots) {
        (SslMode::Disable, _) => RootCertStore::empty(),
        (_, Some(file)) => from_file(&file)?,
        (_, None) => of_the_system(),
    };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let tls = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let tls = tls.map_err(|error| StoreError::Unavailable(Arc::new(error)))?;
    let tls = tls.with_root_certificates(roots).with_no_client_auth();
    Ok((config, MakeRustlsConnect::new(tls)))
}

/// The address without `sslrootcert`, which the library does not know, and that file's name.
fn without_roots(url: &str) -> (String, Option<String>) {
    let Some((start, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let is_ours = |pair: &&str| pair.starts_with("sslrootcert=");
    let file = query
        .split('&')
        .find(is_ours)
        .and_then(|pair| pair.split_once('='));
    let rest: Vec<&str> = query.split('&').filter(|pair| !is_ours(pair)).collect();
    let url = if rest.is_empty() {
        start.to_owned()
    } else {
        format!("{start}?{}", rest.join("&"))
    };
    (
        url,
        file.map(|(_, file)| file.replace("%2F", "/").replace("%2f", "/")),
    )
}

fn from_file(file: &str) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let certificates =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let unusable = |error| {
        StoreError::Invalid(format!(
            "`sslrootcert` names {file}, which cannot be used: {error}"
        ))
    };
    roots.add_parsable_certificates(certificates.map_err(unusable)?);
    Ok(roots)
}

fn of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}
