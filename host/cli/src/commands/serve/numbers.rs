//! `/metrics` on an address of its own.

use std::{net::SocketAddr, sync::Arc};

use metier_server::{App as Outside, listen, numbers};
use tokio::net::TcpListener;

use super::{config::Config, no_address};
use crate::errors::Failure;

/// Scrapers at once: there are one or two.
const CONNECTIONS: usize = 64;

/// Where numbers are told, once somebody serves them.
pub struct Numbers {
    listener: TcpListener,
    /// Where that is.
    pub address: SocketAddr,
}

impl Numbers {
    /// Takes the address, where one is named.
    pub async fn open(config: &Config) -> Result<Option<Numbers>, Failure> {
        let Some(named) = config.metrics.listen else {
            return Ok(None);
        };
        let listener = TcpListener::bind(named).await;
        let listener = listener.map_err(|error| no_address(named, &error))?;
        let address = listener.local_addr();
        let address = address.map_err(|error| no_address(named, &error))?;
        Ok(Some(Numbers { listener, address }))
    }

    /// Tells them until `shutdown` is ready.
    pub async fn serve(self, outside: Arc<Outside>, shutdown: impl Future<Output = ()>) {
        let limits = listen::Limits {
            connections: CONNECTIONS,
            ..listen::Limits::default()
        };
        let router = numbers::router(outside);
        let served = listen::serve(self.listener, router, &limits, shutdown).await;
        if let Err(error) = served {
            tracing::error!(%error, "numbers are told no more");
        }
    }
}
