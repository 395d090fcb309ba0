//! Exhausting handles: the host must refuse long before it runs out.

use std::fs::File;

use guest_kit::skill::artifacts::Writer;
use guest_kit::wasi::clocks::monotonic_clock;
use guest_kit::wasi::http::types::Fields;
use guest_kit::wasi::keyvalue::store as kv;

use crate::verdict::Verdict;

/// Far more handles of one kind than any limit allows.
const MANY: usize = 100_000;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    Some(match behaviour {
        "open-files" => hoard(|| File::open(argument)),
        "open-buckets" => hoard(|| kv::open(argument)),
        "open-writers" => hoard(|| Writer::create("w.txt", "text/plain")),
        "open-pollables" => hoard(|| Ok::<_, ()>(monotonic_clock::subscribe_duration(u64::MAX))),
        "open-fields" => hoard(|| Ok::<_, ()>(Fields::new())),
        _ => return None,
    })
}

/// Make things and keep them all.
fn hoard<T, E: std::fmt::Debug>(make: impl Fn() -> Result<T, E>) -> Verdict {
    let mut kept = Vec::new();
    while kept.len() < MANY {
        match make() {
            Ok(thing) => kept.push(thing),
            Err(error) => return Verdict::KeptOut(format!("after {}: {error:?}", kept.len())),
        }
    }
    Verdict::GotIn(format!("{MANY} handles"))
}
