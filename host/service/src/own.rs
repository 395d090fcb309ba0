//! Secrets of the service itself, which all its hosts share: made by the first that needs one.

use metier_core::{Code, Fault};
use metier_store::{
    StoreError,
    types::{Expect, Key, Kind},
};

use crate::{faults::of_store, random, service::Service};

impl Service {
    /// A secret by its name, `a-z` and dashes; the same on every host of the store. 256 bits of chance, as text.
    ///
    /// # Errors
    /// The store's.
    pub async fn own_secret(&self, name: &str) -> Result<String, Fault> {
        let broken = || Fault::new(Code::HostInternal, "A secret of the service has no name.");
        let kind: Kind = "own-secret".parse().map_err(|_| broken())?;
        let key: Key = name.parse().map_err(|_| broken())?;
        let made = random::secret()?;
        let put = self
            .store()
            .put(&kind, &key, Expect::Absent, Some(made.as_bytes()), None)
            .await;
        match put {
            Ok(_) => return Ok(made),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(of_store(&error)),
        }
        let found = self.store().get(&kind, &key).await;
        let found = found.map_err(|error| of_store(&error))?;
        let text = found.and_then(|found| String::from_utf8(found.value?.to_vec()).ok());
        text.ok_or_else(|| {
            let message = "A secret of the service is damaged.";
            Fault::new(Code::StorageUnavailable, message)
        })
    }
}
