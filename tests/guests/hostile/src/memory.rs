//! Looking for what another instance left behind.

use core::arch::wasm32::{memory_grow, memory_size};

use crate::verdict::Verdict;

/// Size of a page of linear memory, in bytes.
const PAGE: usize = 1 << 16;

/// What is written all over memory, and looked for. Nothing else in this component has this value.
const MARK: u64 = 0x5eed_f00d_dead_c0de;

pub fn behave(behaviour: &str, argument: &str) -> Option<Verdict> {
    let pages = argument.parse().unwrap_or(1);
    match behaviour {
        "soil" => Some(Verdict::Fact(soil(pages))),
        "look" => Some(Verdict::Fact(look(pages))),
        _ => None,
    }
}

/// Write the mark over `pages` new pages.
fn soil(pages: usize) -> String {
    let Some(words) = fresh(pages) else {
        return "no memory".to_owned();
    };
    words.fill(MARK);
    format!("soiled {}", words.len())
}

/// Count the words of `pages` new pages that are not zero, and the marks in all of memory.
fn look(pages: usize) -> String {
    let Some(words) = fresh(pages) else {
        return "no memory".to_owned();
    };
    let dirty = words.iter().filter(|word| **word != 0).count();
    format!("dirty {dirty}, marks {}", marks())
}

/// New pages at the end of memory, as words.
fn fresh(pages: usize) -> Option<&'static mut [u64]> {
    let start = memory_grow(0, pages);
    if start == usize::MAX {
        return None;
    }
    // SAFETY: the pages were just added and belong to nobody else; addresses are page-aligned.
    Some(unsafe { core::slice::from_raw_parts_mut((start * PAGE) as *mut u64, pages * PAGE / 8) })
}

fn marks() -> usize {
    let end = memory_size(0) * PAGE / 8;
    // SAFETY: inside linear memory and aligned; volatile, because other variables live there.
    let word = |at: usize| unsafe { core::ptr::read_volatile((at * 8) as *const u64) };
    (1..end).filter(|at| word(*at) == MARK).count()
}
