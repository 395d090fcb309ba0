//! The arguments of a call as Cedar sees them.

use std::fmt;

use cedar_policy::RestrictedExpression;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The largest whole number of which a float still knows every unit.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// The largest decimal Cedar has is a little more than this.
const MAX_DECIMAL: f64 = 900_000_000_000_000.0;

/// Reads a JSON object. Nothing that could be read in two ways passes: a name that stands twice is an error.
///
/// # Errors
/// What is wrong with it, in words.
pub fn read(json: &str) -> Result<RestrictedExpression, String> {
    let read: Seen = serde_json::from_str(json).map_err(|error| error.to_string())?;
    match read {
        Seen(Some(expression), true) => Ok(expression),
        _ => Err("they are no object".to_owned()),
    }
}

/// A value, unless it is null, and whether it is an object.
struct Seen(Option<RestrictedExpression>, bool);

impl Seen {
    fn value(expression: RestrictedExpression) -> Seen {
        Seen(Some(expression), false)
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Seen;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Seen, E> {
        Ok(Seen(None, false))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Seen, E> {
        Ok(Seen::value(RestrictedExpression::new_bool(value)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Seen, E> {
        self.visit_string(value.to_owned())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Seen, E> {
        Ok(Seen::value(RestrictedExpression::new_string(value)))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Seen, E> {
        Ok(Seen::value(RestrictedExpression::new_long(value)))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Seen, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => self.visit_string(value.to_string()),
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Seen, E> {
        Ok(Seen::value(number(value)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Seen, A::Error> {
        let mut values = Vec::new();
        while let Some(Seen(value, _)) = items.next_element()? {
            values.extend(value);
        }
        Ok(Seen::value(RestrictedExpression::new_set(values)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Seen, A::Error> {
        let mut names = std::collections::HashSet::new();
        let mut values = Vec::new();
        while let Some((name, Seen(value, _))) = fields.next_entry::<String, Seen>()? {
            // Also where one of the two is null: who calls the tool may take the other.
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a name stands twice in an object"));
            }
            values.extend(value.map(|value| (name, value)));
        }
        let record = RestrictedExpression::new_record(values).map_err(A::Error::custom)?;
        Ok(Seen(Some(record), true))
    }
}

fn number(value: f64) -> RestrictedExpression {
    let digits = value.to_string();
    if value.fract() == 0.0 && value.abs() <= EXACT {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and small enough")]
        return RestrictedExpression::new_long(value as i64);
    }
    let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
    match (1..=4).contains(&behind) && value.abs() < MAX_DECIMAL {
        true => RestrictedExpression::new_decimal(digits),
        false => RestrictedExpression::new_string(digits),
    }
}
