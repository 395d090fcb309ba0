//! What a skill costs: the `[pricing]` section.
//!
//! ```
//! use metier_core::{NanoDollars, manifest::Manifest};
//! let manifest = Manifest::parse(r#"
//! [skill]
//! name = "com.acme/weather"
//! version = "1.2.0"
//!
//! [pricing]
//! per-call = "0.002 USD"
//! trial = { calls = 100 }
//! monthly-cap = "20 USD"
//! "#)?;
//! assert_eq!(
//!     manifest.pricing.words(),
//!     "$0.002 for each call that answers; the first 100 calls are free; never more than $20.00 a month"
//! );
//! # Ok::<(), metier_core::manifest::ManifestError>(())
//! ```
//!
//! A manifest without the section is free, as is one with `free = true`. Money is whole nano-dollars, so that what is shown, what is
//! consented to and what is counted are the same number.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    call::Usage,
    effect::Effect,
    money::{NANOS_PER_DOLLAR, NanoDollars},
    toml_text::{Item, Section, TextError},
};

/// Highest price of one unit: what costs more is sold by a contract, and a misplaced point is found here.
pub const MAX_UNIT_PRICE: NanoDollars = NanoDollars(1_000 * NANOS_PER_DOLLAR);

/// Highest monthly cap, for the same reason.
pub const MAX_MONTHLY_CAP: NanoDollars = NanoDollars(1_000_000 * NANOS_PER_DOLLAR);

/// Most calls of a trial.
pub const MAX_TRIAL_CALLS: u32 = 1_000_000;

/// Longest trial, in days.
pub const MAX_TRIAL_DAYS: u32 = 366;

/// What a skill costs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Option<Tariff>", into = "Option<Tariff>")]
pub enum Price {
    /// Nothing. As JSON: `null`.
    #[default]
    Free,
    /// This.
    Paid(Tariff),
}

/// A price that is not nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", try_from = "Written")]
pub struct Tariff {
    /// What one unit costs; more than nothing, at most [`MAX_UNIT_PRICE`].
    pub nano_dollars: NanoDollars,
    /// What a unit is.
    pub bill_on: BillOn,
    /// What is free at first, for each tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// What a tenant owes for a month at most; at least one unit, at most [`MAX_MONTHLY_CAP`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monthly_cap: Option<NanoDollars>,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum BillOn {
    /// Each call that answers: `per-call`.
    Call,
    /// Each call that answers, of a tool with at least this effect: never `read`, which would be every call.
    Effect(Effect),
    /// Each outbound request: [`Usage::requests`].
    Requests,
    /// Each MiB sent: [`Usage::request_bytes`].
    RequestBytes,
    /// Each MiB received: [`Usage::response_bytes`].
    ResponseBytes,
    /// Each MiB of files handed back: [`Usage::artifact_bytes`].
    ArtifactBytes,
    /// Each second on a processor: [`Usage::cpu`].
    Cpu,
}

/// What is free at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trial {
    /// So many calls, 1 to [`MAX_TRIAL_CALLS`].
    Calls(u32),
    /// So many days from the first call on, 1 to [`MAX_TRIAL_DAYS`].
    Days(u32),
}

/// A price that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// Nothing, written as an amount.
    #[error("a price of nothing is written `free = true`")]
    Nothing,
    /// Beyond [`MAX_UNIT_PRICE`].
    #[error("{0} for one unit is more than the highest price, {MAX_UNIT_PRICE}")]
    TooHigh(NanoDollars),
    /// Beyond [`MAX_MONTHLY_CAP`].
    #[error("a monthly cap of {0} is more than the highest, {MAX_MONTHLY_CAP}")]
    CapTooHigh(NanoDollars),
    /// A cap that the first unit passes.
    #[error("the monthly cap of {cap} is less than one unit, which costs {unit}")]
    CapBelowUnit {
        /// The cap.
        cap: NanoDollars,
        /// The price of a unit.
        unit: NanoDollars,
    },
    /// None, or more than there may be.
    #[error("a trial has 1 to {MAX_TRIAL_CALLS} calls or 1 to {MAX_TRIAL_DAYS} days")]
    Trial,
}

impl Price {
    /// Whether it is nothing.
    pub const fn is_free(&self) -> bool {
        matches!(self, Price::Free)
    }

    /// For people: `$0.002 for each call that answers; never more than $20.00 a month`, or `free`.
    pub fn words(&self) -> String {
        match self {
            Price::Free => "free".to_owned(),
            Price::Paid(tariff) => tariff.words(),
        }
    }

    /// What one call that answered costs, before trial and cap.
    pub fn of_call(&self, effect: Effect, usage: &Usage) -> NanoDollars {
        match self {
            Price::Free => NanoDollars(0),
            Price::Paid(tariff) => tariff.of_call(effect, usage),
        }
    }
}

impl Tariff {
    fn words(&self) -> String {
        let mut words = format!("{} for {}", self.nano_dollars, self.bill_on.words());
        match self.trial {
            Some(Trial::Calls(1)) => words.push_str("; the first call is free"),
            Some(Trial::Calls(calls)) => {
                words.push_str(&format!("; the first {calls} calls are free"));
            }
            Some(Trial::Days(1)) => words.push_str("; the first day is free"),
            Some(Trial::Days(days)) => words.push_str(&format!("; the first {days} days are free")),
            None => {}
        }
        if let Some(cap) = self.monthly_cap {
            words.push_str(&format!("; never more than {cap} a month"));
        }
        words
    }

    /// Parts of a unit count; the sum is rounded up to a whole nano-dollar, which is never more than one too much.
    fn of_call(&self, effect: Effect, usage: &Usage) -> NanoDollars {
        const MIB: u128 = 1 << 20;
        const SECOND: u128 = 1_000_000_000;
        let (used, unit) = match self.bill_on {
            BillOn::Call => (1, 1),
            BillOn::Effect(least) => (u128::from(effect >= least), 1),
            BillOn::Requests => (usage.requests.into(), 1),
            BillOn::RequestBytes => (usage.request_bytes.into(), MIB),
            BillOn::ResponseBytes => (usage.response_bytes.into(), MIB),
            BillOn::ArtifactBytes => (usage.artifact_bytes.into(), MIB),
            BillOn::Cpu => (usage.cpu.as_nanos(), SECOND),
        };
        let nanos = u128::from(self.nano_dollars.0).saturating_mul(used);
        NanoDollars(u64::try_from(nanos.div_ceil(unit)).unwrap_or(u64::MAX))
    }

    fn checked(self) -> Result<Self, PriceError> {
        let unit = self.nano_dollars;
        if unit.is_zero() {
            return Err(PriceError::Nothing);
        }
        if unit > MAX_UNIT_PRICE {
            return Err(PriceError::TooHigh(unit));
        }
        match self.trial {
            Some(Trial::Calls(count)) if !(1..=MAX_TRIAL_CALLS).contains(&count) => {
                return Err(PriceError::Trial);
            }
            Some(Trial::Days(count)) if !(1..=MAX_TRIAL_DAYS).contains(&count) => {
                return Err(PriceError::Trial);
            }
            _ => {}
        }
        match self.monthly_cap {
            Some(cap) if cap > MAX_MONTHLY_CAP => Err(PriceError::CapTooHigh(cap)),
            Some(cap) if cap < unit => Err(PriceError::CapBelowUnit { cap, unit }),
            _ => Ok(self),
        }
    }
}

impl BillOn {
    /// Everything `bill-on` can say: meters by the names of [`Usage`], and effects that change something.
    pub const UNITS: [BillOn; 8] = [
        BillOn::Requests,
        BillOn::RequestBytes,
        BillOn::ResponseBytes,
        BillOn::ArtifactBytes,
        BillOn::Cpu,
        BillOn::Effect(Effect::Idempotent),
        BillOn::Effect(Effect::Write),
        BillOn::Effect(Effect::Destructive),
    ];

    /// The word in manifests and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            BillOn::Call => "call",
            BillOn::Effect(effect) => effect.as_str(),
            BillOn::Requests => "requests",
            BillOn::RequestBytes => "request-bytes",
            BillOn::ResponseBytes => "response-bytes",
            BillOn::ArtifactBytes => "artifact-bytes",
            BillOn::Cpu => "cpu",
        }
    }

    /// One unit, in a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            BillOn::Call | BillOn::Effect(Effect::Read) => "each call that answers",
            BillOn::Effect(Effect::Idempotent) => {
                "each call that answers, of tools that change something"
            }
            BillOn::Effect(Effect::Write) => "each call that answers, of tools that write",
            BillOn::Effect(Effect::Destructive) => {
                "each call that answers, of tools that may destroy something"
            }
            BillOn::Requests => "each request it sends",
            BillOn::RequestBytes => "each MiB it sends",
            BillOn::ResponseBytes => "each MiB it receives",
            BillOn::ArtifactBytes => "each MiB of files it hands back",
            BillOn::Cpu => "each second it computes",
        }
    }
}

/// The word is nothing that can be billed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing that can be billed")]
pub struct UnknownUnit(String);

impl FromStr for BillOn {
    type Err = UnknownUnit;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut all = BillOn::UNITS.into_iter().chain([BillOn::Call]);
        all.find(|unit| unit.as_str() == text)
            .ok_or_else(|| UnknownUnit(crate::ids::shown(text)))
    }
}

impl TryFrom<String> for BillOn {
    type Error = UnknownUnit;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<BillOn> for String {
    fn from(unit: BillOn) -> Self {
        unit.as_str().to_owned()
    }
}

impl fmt::Display for BillOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Option<Tariff>> for Price {
    fn from(tariff: Option<Tariff>) -> Self {
        tariff.map_or(Price::Free, Price::Paid)
    }
}

impl From<Price> for Option<Tariff> {
    fn from(price: Price) -> Self {
        match price {
            Price::Free => None,
            Price::Paid(tariff) => Some(tariff),
        }
    }
}

/// A tariff as JSON has it, before it is checked: a price from elsewhere obeys the rules of one in a manifest.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Written {
    nano_dollars: NanoDollars,
    bill_on: BillOn,
    #[serde(default)]
    trial: Option<Trial>,
    #[serde(default)]
    monthly_cap: Option<NanoDollars>,
}

impl TryFrom<Written> for Tariff {
    type Error = PriceError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        Tariff {
            nano_dollars: written.nano_dollars,
            bill_on: written.bill_on,
            trial: written.trial,
            monthly_cap: written.monthly_cap,
        }
        .checked()
    }
}

/// Reads a `[pricing]` section.
pub(super) fn read(section: &mut Section<'_>) -> Result<Price, TextError> {
    let free = section.take("free");
    let per_call = section.take("per-call");
    let per_unit = section.take("per-unit");
    let bill_on = section.take("bill-on");
    let trial = section.take("trial");
    let cap = section.take("monthly-cap");
    let (amount, bill_on) = match (free, per_call, per_unit) {
        (Some(free), None, None) => {
            return read_free(&free, [&bill_on, &trial, &cap].into_iter().flatten().next());
        }
        (None, Some(amount), None) => match bill_on {
            None => (amount, BillOn::Call),
            Some(unit) => {
                return Err(unit.error("`bill-on` says what a unit is: it goes with `per-unit`"));
            }
        },
        (None, None, Some(amount)) => match bill_on {
            Some(unit) => (amount, read_unit(&unit)?),
            None => return Err(section.missing("bill-on", "bill-on = \"requests\"")),
        },
        (None, None, None) => return Err(section.missing("per-call", "per-call = \"0.002 USD\"")),
        (first, second, third) => {
            let last = third.or(second).or(first);
            let message = "`free`, `per-call` and `per-unit` exclude each other";
            return Err(last.map_or_else(|| section.error(message), |item| item.error(message)));
        }
    };
    tariff(&amount, bill_on, trial, cap.as_ref()).map(Price::Paid)
}

fn read_free(free: &Item<'_>, beside: Option<&Item<'_>>) -> Result<Price, TextError> {
    match (free.truth()?, beside) {
        (true, None) => Ok(Price::Free),
        (true, Some(beside)) => Err(beside.error("what is free has no unit, trial or cap")),
        (false, _) => {
            Err(free.error("`free = false` says no price; write `per-call` or `per-unit`"))
        }
    }
}

fn read_unit(item: &Item<'_>) -> Result<BillOn, TextError> {
    if item.is("read") || item.is("call") {
        return Err(item.error("every call counts as this: write `per-call` instead of `per-unit`"));
    }
    item.choice(&BillOn::UNITS.map(|unit| (unit.as_str(), unit)))
}

fn tariff(
    amount: &Item<'_>,
    bill_on: BillOn,
    trial: Option<Item<'_>>,
    cap: Option<&Item<'_>>,
) -> Result<Tariff, TextError> {
    let nano_dollars = amount.parsed()?;
    let plain = Tariff {
        nano_dollars,
        bill_on,
        trial: None,
        monthly_cap: None,
    };
    let plain = plain.checked().map_err(|error| amount.error(error))?;
    let monthly_cap = cap.map(Item::parsed).transpose()?;
    let capped = Tariff {
        monthly_cap,
        ..plain
    };
    let capped = match cap {
        Some(cap) => capped.checked().map_err(|error| cap.error(error))?,
        None => capped,
    };
    let trial = trial.map(read_trial).transpose()?;
    Ok(Tariff { trial, ..capped })
}

fn read_trial(item: Item<'_>) -> Result<Trial, TextError> {
    let count = |item: &Item<'_>, most: u32| match item.number::<u32>("a whole number") {
        Ok(count) if (1..=most).contains(&count) => Ok(count),
        Ok(_) => Err(item.error(PriceError::Trial)),
        Err(error) => Err(error),
    };
    let trial = item.table(
        |section| match (section.take("calls"), section.take("days")) {
            (Some(calls), None) => count(&calls, MAX_TRIAL_CALLS).map(Trial::Calls),
            (None, Some(days)) => count(&days, MAX_TRIAL_DAYS).map(Trial::Days),
            (None, None) => Err(section.missing("calls", "trial = { calls = 100 }")),
            (Some(_), Some(days)) => Err(days.error("a trial has calls or days, not both")),
        },
    )?;
    Ok(trial.value)
}

#[cfg(test)]
mod tests;
