//! A WASI 0.3 guest: asynchronous exports that wait for asynchronous imports.

wit_bindgen::generate!({
    path: "wit",
    world: "metier-test:concurrent/concurrent",
    generate_all,
});

use std::future::{Future, poll_fn};
use std::task::Poll;

use wasi::clocks::monotonic_clock::wait_for;

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;

struct Concurrent;

impl Guest for Concurrent {
    async fn greet_later(name: String, milliseconds: u32) -> String {
        wait_for(u64::from(milliseconds) * NANOSECONDS_PER_MILLISECOND).await;
        format!("Hello at last, {name}!")
    }

    async fn wait_together(clocks: u8, milliseconds: u32) -> u8 {
        let clock = || {
            Box::pin(wait_for(
                u64::from(milliseconds) * NANOSECONDS_PER_MILLISECOND,
            ))
        };
        let mut waiting: Vec<_> = (0..clocks).map(|_| clock()).collect();
        poll_fn(|context| {
            waiting.retain_mut(|clock| Future::poll(clock.as_mut(), context).is_pending());
            match waiting.is_empty() {
                true => Poll::Ready(clocks),
                false => Poll::Pending,
            }
        })
        .await
    }
}

export!(Concurrent);
