//! What a key-value store does, whoever keeps the data.

use metier_core::ids::{BucketName, SkillName, TenantId};
use wasmtime_wasi::async_trait;

use super::{Key, MAX_KEY_BYTES};

/// Largest value in bytes: a page of records; larger things are artifacts.
pub const MAX_VALUE_BYTES: usize = 1 << 20;
/// Most keys in one bucket: a cache or a cursor per object, not a database.
pub const MAX_BUCKET_KEYS: u64 = 10_000;
/// Most bytes in one bucket, keys and values together: 64 MiB, as much as a guest's memory.
pub const MAX_BUCKET_BYTES: u64 = 64 << 20;
/// Keys on one page of a listing: at most a megabyte of keys at a time.
pub const PAGE_KEYS: usize = 1_000;

/// What a store accepts. The default is the constants beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KvLimits {
    /// Bytes of one value.
    pub value_bytes: usize,
    /// Keys in one bucket.
    pub bucket_keys: u64,
    /// Bytes of keys and values in one bucket.
    pub bucket_bytes: u64,
    /// Keys on one page of a listing, at least 1.
    pub page_keys: usize,
}

impl Default for KvLimits {
    fn default() -> Self {
        KvLimits {
            value_bytes: MAX_VALUE_BYTES,
            bucket_keys: MAX_BUCKET_KEYS,
            bucket_bytes: MAX_BUCKET_BYTES,
            page_keys: PAGE_KEYS,
        }
    }
}

/// Whose bucket. The host fills this in from the call: a guest names the bucket and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Namespace {
    /// Whose data.
    pub tenant: TenantId,
    /// The skill that keeps it; its next version finds it again.
    pub skill: SkillName,
    /// Which of the skill's buckets.
    pub bucket: BucketName,
}

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The keys, in no order a guest could rely on.
    pub keys: Vec<String>,
    /// Where the next page begins, when there is one.
    pub cursor: Option<u64>,
}

/// Keeps values by key.
///
/// A write that returned is seen by every later read and survives the process. One that failed, or was never answered,
/// has either happened whole or not at all. A key that stays in the bucket during a listing is listed exactly once.
#[async_trait]
pub trait KvStore: Send + Sync {
    /// The value, when the key is there.
    async fn get(&self, space: &Namespace, key: &Key) -> Result<Option<Vec<u8>>, KvError>;

    /// Put a value, over the old one if there is one.
    async fn set(&self, space: &Namespace, key: &Key, value: Vec<u8>) -> Result<(), KvError>;

    /// Remove the key, if it is there.
    async fn delete(&self, space: &Namespace, key: &Key) -> Result<(), KvError>;

    /// Is the key there?
    async fn exists(&self, space: &Namespace, key: &Key) -> Result<bool, KvError>;

    /// The page of keys after `cursor`, or the first.
    async fn list(&self, space: &Namespace, cursor: Option<u64>) -> Result<Page, KvError>;

    /// Add to the decimal number under the key, 0 when it is not there, and return the sum. No update is lost, also
    /// between processes.
    async fn increment(&self, space: &Namespace, key: &Key, delta: u64) -> Result<u64, KvError>;
}

/// Why a store did not do it. The texts are for the guest: no paths, no names of others.
#[derive(Debug, thiserror::Error)]
pub enum KvError {
    /// The host was set up without key-value storage.
    #[error("this host keeps no key-value data; its operator can name a directory for it")]
    Disabled,
    /// The key is empty or too long; carries its length.
    #[error("the key has {0} bytes; a key has 1 to {MAX_KEY_BYTES}")]
    InvalidKey(usize),
    /// The value is too long; carries the limit.
    #[error("the value is larger than the {0} bytes a value may have")]
    ValueTooLarge(usize),
    /// The bucket has as many keys as it may.
    #[error("the bucket has the {0} keys it may have; delete some first")]
    TooManyKeys(u64),
    /// The bucket has as many bytes as it may.
    #[error("the bucket would be larger than the {0} bytes it may have; delete something first")]
    BucketFull(u64),
    /// More was asked for in one batch than the host holds in memory for it.
    #[error("the batch has more than {limit} {unit}; use several smaller ones")]
    BatchTooLarge {
        /// How many.
        limit: usize,
        /// Of what.
        unit: &'static str,
    },
    /// The value to increment is no decimal number below 2⁶⁴.
    #[error("the value is no number: increment works on text such as `42`")]
    NotANumber,
    /// The sum is 2⁶⁴ or more.
    #[error("the sum is larger than 18446744073709551615")]
    Overflow,
    /// What was stored is not what is there now. Setting or deleting the key mends it.
    #[error("the entry is damaged; set or delete the key to be rid of it")]
    Damaged,
    /// Others held the bucket for too long.
    #[error("the bucket is in use by others; try again")]
    Busy,
    /// No room on the host.
    #[error("the host has no room left for key-value data")]
    Full,
    /// The host's storage failed; the source is for its log.
    #[error("the host's key-value storage failed")]
    Unavailable(#[source] std::io::Error),
}

impl From<std::io::Error> for KvError {
    fn from(error: std::io::Error) -> Self {
        match crate::disk::is_full(&error) {
            true => KvError::Full,
            false => KvError::Unavailable(error),
        }
    }
}

/// A store that keeps nothing and says so: what a host has until somebody names a better one.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoKv;

#[async_trait]
impl KvStore for NoKv {
    async fn get(&self, _: &Namespace, _: &Key) -> Result<Option<Vec<u8>>, KvError> {
        Err(KvError::Disabled)
    }

    async fn set(&self, _: &Namespace, _: &Key, _: Vec<u8>) -> Result<(), KvError> {
        Err(KvError::Disabled)
    }

    async fn delete(&self, _: &Namespace, _: &Key) -> Result<(), KvError> {
        Err(KvError::Disabled)
    }

    async fn exists(&self, _: &Namespace, _: &Key) -> Result<bool, KvError> {
        Err(KvError::Disabled)
    }

    async fn list(&self, _: &Namespace, _: Option<u64>) -> Result<Page, KvError> {
        Err(KvError::Disabled)
    }

    async fn increment(&self, _: &Namespace, _: &Key, _: u64) -> Result<u64, KvError> {
        Err(KvError::Disabled)
    }
}
