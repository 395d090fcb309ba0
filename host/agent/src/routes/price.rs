//! What tokens cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Candidate, NanoDollars};
use crate::models::Usage;

/// Prices are for a million tokens.
const TOKENS: u128 = 1_000_000;

/// Prices of one model, in nano-dollars per million tokens: three dollars are `3_000_000_000`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Price {
    /// Input that is neither read from a cache nor written to one.
    pub input: u64,
    /// Output, reasoning included.
    pub output: u64,
    /// Input read from a cache; the price of input where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cached_read: Option<u64>,
    /// Input written to a cache; the price of input where not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// Other prices for long conversations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub long: Option<Box<Long>>,
}

/// Prices of conversations whose input is longer than a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Long {
    /// The limit, in tokens of input.
    pub over: u64,
    /// The prices then.
    pub price: Price,
}

/// List prices a candidate must not exceed, in nano-dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct MaxPrice {
    /// For input.
    pub input: u64,
    /// For output.
    pub output: u64,
}

/// The prices of one day, model by model. A run pins one when it begins.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PriceTable {
    /// The day, `2026-11-28`.
    pub date: String,
    /// The model as its candidates call it, and its price that day.
    pub prices: BTreeMap<String, Price>,
}

impl PriceTable {
    /// A candidate's price: its own, or the table's for its model.
    pub fn of<'a>(&'a self, candidate: &'a Candidate) -> Option<&'a Price> {
        candidate
            .price
            .as_ref()
            .or_else(|| self.prices.get(&candidate.model))
    }
}

impl Price {
    /// What this use costs, rounded up to a whole nano-dollar once.
    pub fn cost(&self, usage: &Usage) -> NanoDollars {
        let price = self.at(usage.input);
        let parts = [
            (usage.plain_input(), price.input),
            (usage.cached_read, price.cached_read.unwrap_or(price.input)),
            (usage.cache_write, price.cache_write.unwrap_or(price.input)),
            (usage.output, price.output),
        ];
        let sum: u128 = parts
            .into_iter()
            .map(|(tokens, price)| u128::from(tokens) * u128::from(price))
            .sum();
        NanoDollars(u64::try_from(sum.div_ceil(TOKENS)).unwrap_or(u64::MAX))
    }

    /// The most that up to `input` and `output` tokens can cost, however they are split between cache and not.
    pub fn worst_case(&self, input: u64, output: u64) -> NanoDollars {
        let long = self.long.iter().filter(|long| input > long.over);
        let prices = std::iter::once(self).chain(long.map(|long| &long.price));
        let most = prices.map(|price| {
            let dearest = price.dearest_input();
            let sum = u128::from(input) * u128::from(dearest)
                + u128::from(output) * u128::from(price.output);
            NanoDollars(u64::try_from(sum.div_ceil(TOKENS)).unwrap_or(u64::MAX))
        });
        most.max().unwrap_or_default()
    }

    fn at(&self, input: u64) -> &Price {
        match &self.long {
            Some(long) if input > long.over => &long.price,
            _ => self,
        }
    }

    fn dearest_input(&self) -> u64 {
        self.input
            .max(self.cached_read.unwrap_or(0))
            .max(self.cache_write.unwrap_or(0))
    }
}

#[cfg(test)]
mod tests;
