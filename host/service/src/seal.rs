//! Texts that a client keeps for us and cannot read, change or give to another tenant: AES-256-GCM under a key that all hosts of the store
//! share.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use metier_core::{Code, Fault, TenantId};
use metier_store::{
    Store, StoreError,
    types::{Expect, Key, Kind},
};

use crate::{faults::of_store, random, records::name};

/// Seals and opens.
pub struct Seal(RandomizedNonceKey);

impl Seal {
    /// With the key of the store; the first host makes it.
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: &dyn Store) -> Result<Self, Fault> {
        let (kind, entry) = (name::<Kind>("seal")?, name::<Key>("1")?);
        let new = random::bytes::<32>()?;
        let put = store
            .put(&kind, &entry, Expect::Absent, Some(&new), None)
            .await;
        let key = match put {
            Ok(_) => new.to_vec(),
            Err(StoreError::Conflict { .. }) => {
                let found = store.get(&kind, &entry).await;
                let found = found.map_err(|error| of_store(&error))?;
                found.and_then(|found| found.value).unwrap_or_default()
            }
            Err(error) => return Err(of_store(&error)),
        };
        let key = RandomizedNonceKey::new(&AES_256_GCM, &key);
        key.map(Seal).map_err(|_| unusable())
    }

    /// Seals bytes for a tenant and a purpose.
    ///
    /// # Errors
    /// Never in practice.
    pub fn close(&self, tenant: &TenantId, purpose: &str, bytes: Vec<u8>) -> Result<String, Fault> {
        let mut sealed = bytes;
        let nonce = self
            .0
            .seal_in_place_append_tag(bound(tenant, purpose), &mut sealed);
        let nonce = nonce.map_err(|_| unusable())?;
        let whole = [nonce.as_ref().as_slice(), &sealed].concat();
        Ok(URL_SAFE_NO_PAD.encode(whole))
    }

    /// What was sealed for this tenant and purpose; nothing else opens.
    pub fn open_text(&self, tenant: &TenantId, purpose: &str, text: &str) -> Option<Vec<u8>> {
        let mut whole = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (nonce, sealed) = whole.split_at_mut_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let opened = self.0.open_in_place(nonce, bound(tenant, purpose), sealed);
        Some(opened.ok()?.to_vec())
    }
}

fn bound(tenant: &TenantId, purpose: &str) -> Aad<String> {
    Aad::from(format!("{purpose}\n{tenant}"))
}

fn unusable() -> Fault {
    Fault::new(Code::HostInternal, "The key of seals cannot be used.")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use metier_core::TenantId;
    use metier_store::StoreUrl;

    use super::Seal;

    #[tokio::test]
    async fn a_seal_opens_for_its_tenant_and_purpose_only() {
        let store = metier_store::open(&StoreUrl::SqliteMemory).await.unwrap();
        let (one, another) = (
            Seal::open(&*store).await.unwrap(),
            Seal::open(&*store).await.unwrap(),
        );
        let (acme, local): (TenantId, _) = ("acme".parse().unwrap(), TenantId::local());
        let sealed = one.close(&acme, "thoughts", b"secret".to_vec()).unwrap();
        let open = |seal: &Seal, tenant, purpose, text: &str| seal.open_text(tenant, purpose, text);
        let opened = open(&another, &acme, "thoughts", &sealed);
        assert_eq!(opened.as_deref(), Some(&b"secret"[..]));
        assert!(open(&one, &local, "thoughts", &sealed).is_none());
        assert!(open(&one, &acme, "other", &sealed).is_none());
        let mut changed = sealed.clone().into_bytes();
        let last = changed.last_mut().unwrap();
        *last = if *last == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        for text in [changed.as_str(), "", "AAAA", "no base64!"] {
            assert!(open(&one, &acme, "thoughts", text).is_none(), "{text}");
        }
    }
}
