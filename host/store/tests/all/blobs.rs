//! Large bytes, by their digest.

use metier_core::ids::Digest;
use metier_store::StoreError;

use crate::fixture::Fixture;

pub async fn bytes_are_verified_both_ways(f: &Fixture) {
    for bytes in [&b""[..], b"deck", &vec![7; 3 << 20]] {
        let digest = Digest::of(bytes);
        assert_eq!(f.store.get_blob(&digest).await.unwrap(), None);
        f.store.put_blob(&digest, bytes).await.unwrap();
        f.store.put_blob(&digest, bytes).await.unwrap();
        assert_eq!(
            f.store.get_blob(&digest).await.unwrap().as_deref(),
            Some(bytes)
        );
        let error = f
            .store
            .put_blob(&digest, b"something else")
            .await
            .unwrap_err();
        assert!(matches!(error, StoreError::Mismatch { .. }), "{error:?}");
    }
    let digest = Digest::of(b"deck");
    if f.damage_blob(&digest).await {
        let error = f.store.get_blob(&digest).await.unwrap_err();
        assert!(matches!(error, StoreError::CorruptBlob { .. }), "{error:?}");
        f.store.put_blob(&digest, b"deck").await.unwrap();
        assert_eq!(
            f.store.get_blob(&digest).await.unwrap().as_deref(),
            Some(&b"deck"[..]),
            "putting it again mends it"
        );
    }
}
