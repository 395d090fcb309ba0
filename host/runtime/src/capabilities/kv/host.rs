//! The WIT side of key-value data.

use metier_core::BucketName;
use metier_core::policy::Request;
use wasmtime::component::Resource;

use super::{Bucket, KvError, KvView, Namespace};
use crate::bindings::keyvalue::store::{Error, KeyResponse};
use crate::bindings::keyvalue::{atomics, batch, store};

type Answer<T> = wasmtime::Result<Result<T, Error>>;
type Pair = (String, Vec<u8>);

impl store::Host for KvView<'_> {
    /// A bucket that was not declared, not granted or misspelt is the same to the guest: not its to open.
    async fn open(&mut self, identifier: String) -> Answer<Resource<Bucket>> {
        let Ok(bucket) = identifier.parse::<BucketName>() else {
            return Ok(Err(Error::AccessDenied));
        };
        self.call.asks(&Request::Kv { bucket: &bucket });
        if self.call.allow(|authority| authority.kv(&bucket)).is_err() {
            return Ok(Err(Error::AccessDenied));
        }
        // A skill without a manifest has no name to keep data under, and declared no bucket either.
        let Some(skill) = self.call.skill().manifest().name().cloned() else {
            return Ok(Err(Error::AccessDenied));
        };
        let space = Namespace {
            tenant: self.call.call().tenant.clone(),
            skill,
            bucket,
        };
        let bucket = Bucket::new(self.call.kv().clone(), space);
        Ok(Ok(self.table.push(bucket)?))
    }
}

impl store::HostBucket for KvView<'_> {
    async fn get(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<Option<Vec<u8>>> {
        answer(self.table.get(&bucket)?.get(key).await)
    }

    async fn set(&mut self, bucket: Resource<Bucket>, key: String, value: Vec<u8>) -> Answer<()> {
        answer(self.table.get(&bucket)?.set(key, value).await)
    }

    async fn delete(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<()> {
        answer(self.table.get(&bucket)?.delete(key).await)
    }

    async fn exists(&mut self, bucket: Resource<Bucket>, key: String) -> Answer<bool> {
        answer(self.table.get(&bucket)?.exists(key).await)
    }

    async fn list_keys(
        &mut self,
        bucket: Resource<Bucket>,
        cursor: Option<u64>,
    ) -> Answer<KeyResponse> {
        let page = self.table.get(&bucket)?.list(cursor).await;
        answer(page.map(|page| KeyResponse {
            keys: page.keys,
            cursor: page.cursor,
        }))
    }

    async fn drop(&mut self, bucket: Resource<Bucket>) -> wasmtime::Result<()> {
        self.table.delete(bucket)?;
        Ok(())
    }
}

impl atomics::Host for KvView<'_> {
    async fn increment(
        &mut self,
        bucket: Resource<Bucket>,
        key: String,
        delta: u64,
    ) -> Answer<u64> {
        answer(self.table.get(&bucket)?.increment(key, delta).await)
    }
}

impl batch::Host for KvView<'_> {
    async fn get_many(
        &mut self,
        bucket: Resource<Bucket>,
        keys: Vec<String>,
    ) -> Answer<Vec<Option<Pair>>> {
        answer(self.table.get(&bucket)?.get_many(keys).await)
    }

    async fn set_many(&mut self, bucket: Resource<Bucket>, pairs: Vec<Pair>) -> Answer<()> {
        answer(self.table.get(&bucket)?.set_many(pairs).await)
    }

    async fn delete_many(&mut self, bucket: Resource<Bucket>, keys: Vec<String>) -> Answer<()> {
        answer(self.table.get(&bucket)?.delete_many(keys).await)
    }
}

fn answer<T>(result: Result<T, KvError>) -> Answer<T> {
    Ok(result.map_err(|error| {
        if let KvError::Unavailable(source) = &error {
            tracing::error!(%source, "key-value storage failed");
        }
        Error::Other(error.to_string())
    }))
}
