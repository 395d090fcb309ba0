//! Where an emulator listens: on 127.0.0.1, plain or with a certificate made for it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use rustls::ServerConfig;

use crate::{server, tls};

/// A port taken, before anything is served on it.
pub struct Place {
    listener: TcpListener,
    addr: SocketAddr,
    ca_pem: Option<String>,
    tls: Option<Arc<ServerConfig>>,
}

/// A running server; stops, and closes every connection, when dropped.
#[derive(Debug)]
pub struct Served {
    addr: SocketAddr,
    ca_pem: Option<String>,
    _server: server::Running,
}

impl Place {
    /// Take a port of 127.0.0.1; 0 takes a free one. With names it will serve https with a certificate for them.
    ///
    /// # Errors
    /// When the port is taken, a name is none or a key cannot be made.
    pub fn take(port: u16, tls_hosts: &[String]) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("cannot listen on 127.0.0.1:{port}"))?;
        let addr = listener.local_addr()?;
        let identity = match tls_hosts {
            [] => None,
            hosts => Some(tls::identity(hosts)?),
        };
        let (ca_pem, tls) =
            identity.map_or((None, None), |made| (Some(made.ca_pem), Some(made.config)));
        Ok(Self {
            listener,
            addr,
            ca_pem,
            tls,
        })
    }

    /// Where it is.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Serve, on a thread of this name.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn serve(self, name: &str, router: Router) -> anyhow::Result<Served> {
        Ok(Served {
            addr: self.addr,
            ca_pem: self.ca_pem,
            _server: server::start(self.listener, self.tls, name, router)?,
        })
    }
}

impl Served {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The certificate of the authority to trust, as PEM, when it serves https.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }
}
