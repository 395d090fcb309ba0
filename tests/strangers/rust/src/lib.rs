//! Time, measures and a look at an address.

wit_bindgen::generate!({ path: "wit" });

use exports::acme::almanac::kitchen::{Amount, Guest as Kitchen, Problem, Unit};
use wasi::http::outgoing_handler;
use wasi::http::types::{Fields, OutgoingRequest, Scheme};

const GRAMS_PER_OUNCE: f64 = 28.349_523_125;

struct Almanac;

export!(Almanac);

impl Kitchen for Almanac {
    fn convert(amount: Amount, to: Unit) -> Result<Amount, Problem> {
        if amount.number < 0.0 {
            return Err(Problem::Negative(amount.number));
        }
        let number = match (amount.unit, to) {
            (Unit::Gram, Unit::Ounce) => amount.number / GRAMS_PER_OUNCE,
            (Unit::Ounce, Unit::Gram) => amount.number * GRAMS_PER_OUNCE,
            _ => return Err(Problem::SameUnit),
        };
        Ok(Amount { number, unit: to })
    }
}

impl Guest for Almanac {
    fn now() -> u64 {
        wasi::clocks::wall_clock::now().seconds
    }

    fn look(authority: String, path: String) -> Result<u16, String> {
        let request = OutgoingRequest::new(Fields::new());
        let part = |()| "malformed".to_owned();
        request.set_scheme(Some(&Scheme::Http)).map_err(part)?;
        request.set_authority(Some(&authority)).map_err(part)?;
        request.set_path_with_query(Some(&path)).map_err(part)?;
        let pending =
            outgoing_handler::handle(request, None).map_err(|code| format!("{code:?}"))?;
        pending.subscribe().block();
        match pending.get() {
            Some(Ok(Ok(response))) => Ok(response.status()),
            Some(Ok(Err(code))) => Err(format!("{code:?}")),
            _ => Err("no answer".to_owned()),
        }
    }
}
