//! One number for each combination of labels, bounded.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Combinations of labels in one family. What comes later is counted together.
pub const MAX_SERIES: usize = 1_000;

/// Longest value of a label, in bytes.
const MAX_VALUE: usize = 128;

/// Between values in a key: no value has it.
const BETWEEN: char = '\u{1f}';

/// What everything beyond the bound is called.
const OTHER: &str = "_other";

/// Names and values.
pub type Labels = Vec<(&'static str, String)>;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Numbers with these labels.
pub struct Family<M> {
    names: Vec<&'static str>,
    make: fn() -> M,
    series: RwLock<HashMap<Box<str>, Arc<M>>>,
}

impl<M> Family<M> {
    pub fn new(names: Vec<&'static str>, make: fn() -> M) -> Self {
        Family {
            names,
            make,
            series: RwLock::default(),
        }
    }

    /// The number with these values, in the order of the names.
    pub fn with(&self, values: &[&str]) -> Arc<M> {
        let key = key(values);
        {
            let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(found) = series.get(key.as_str()) {
                return found.clone();
            }
            // A full family is only read: every call comes by here.
            if series.len() >= MAX_SERIES
                && let Some(other) = series.get(self::key(&vec![OTHER; values.len()]).as_str())
            {
                return other.clone();
            }
        }
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let is_full = series.len() >= MAX_SERIES && !series.contains_key(key.as_str());
        let key = match is_full {
            true => self::key(&vec![OTHER; values.len()]),
            false => key,
        };
        let made = series.entry(key.into_boxed_str());
        made.or_insert_with(|| Arc::new((self.make)())).clone()
    }

    /// All of them by their labels, those without a value left out.
    pub fn each(&self) -> Vec<(Labels, Arc<M>)> {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = series.iter().collect();
        all.sort_by_key(|(key, _)| *key);
        let labelled = all.into_iter().map(|(key, number)| {
            let pairs = self.names.iter().zip(key.split(BETWEEN));
            let pairs = pairs.filter(|(_, value)| !value.is_empty());
            let labels = pairs.map(|(name, value)| (*name, value.to_owned()));
            (labels.collect(), number.clone())
        });
        labelled.collect()
    }
}

fn key(values: &[&str]) -> String {
    let length: usize = values.iter().map(|value| value.len() + 1).sum();
    let mut key = String::with_capacity(length);
    for (place, value) in values.iter().enumerate() {
        if place > 0 {
            key.push(BETWEEN);
        }
        let value = &value[..value.floor_char_boundary(MAX_VALUE)];
        match value.contains(BETWEEN) {
            true => key.push_str(OTHER),
            false => key.push_str(value),
        }
    }
    key
}
