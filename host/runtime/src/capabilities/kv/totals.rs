//! How full a bucket is, and the rules both stores hold it to.

use super::{Key, KvError, KvLimits};

/// Keys in a bucket, and their bytes together with those of the values.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub keys: u64,
    pub bytes: u64,
}

impl Totals {
    /// With one entry replaced by another, each given by its bytes.
    pub fn replacing(self, old: Option<u64>, new: Option<u64>) -> Totals {
        let without = |total: u64, part: Option<u64>| total.saturating_sub(part.unwrap_or(0));
        Totals {
            keys: without(self.keys, old.map(|_| 1)) + u64::from(new.is_some()),
            bytes: without(self.bytes, old) + new.unwrap_or(0),
        }
    }

    /// May a bucket go from here to `next`? One that is over its limits, because they were lowered, may still shrink.
    pub fn may_become(self, next: Totals, limits: &KvLimits) -> Result<(), KvError> {
        if next.keys > limits.bucket_keys && next.keys > self.keys {
            return Err(KvError::TooManyKeys(limits.bucket_keys));
        }
        if next.bytes > limits.bucket_bytes && next.bytes > self.bytes {
            return Err(KvError::BucketFull(limits.bucket_bytes));
        }
        Ok(())
    }
}

/// What an entry counts as.
pub(super) fn size(key: &Key, value: &[u8]) -> u64 {
    (key.as_str().len() + value.len()) as u64
}

pub(super) fn check_value(value: &[u8], limits: &KvLimits) -> Result<(), KvError> {
    match value.len() <= limits.value_bytes {
        true => Ok(()),
        false => Err(KvError::ValueTooLarge(limits.value_bytes)),
    }
}

/// The number in `value`, none being 0, plus `delta`. Decimal text, as wasmtime's own `wasi:keyvalue` has it.
pub(super) fn sum(value: Option<&[u8]>, delta: u64) -> Result<u64, KvError> {
    let number = value.map_or(Some(0), |value| {
        std::str::from_utf8(value).ok()?.parse::<u64>().ok()
    });
    number
        .ok_or(KvError::NotANumber)?
        .checked_add(delta)
        .ok_or(KvError::Overflow)
}
