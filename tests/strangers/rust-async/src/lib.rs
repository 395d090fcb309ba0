//! A kettle that takes a millisecond a cup.

wit_bindgen::generate!({ path: "wit", generate_all });

const NANOSECONDS_PER_CUP: u64 = 1_000_000;

struct Kettle;

export!(Kettle);

impl Guest for Kettle {
    async fn boil(cups: u8) -> String {
        wasi::clocks::monotonic_clock::wait_for(u64::from(cups) * NANOSECONDS_PER_CUP).await;
        format!("{cups} cups of hot water")
    }
}
