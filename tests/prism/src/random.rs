//! Numbers that are the same on every machine and in every year: splitmix64, seeded with text.

/// A stream of numbers.
pub struct Random(u64);

impl Random {
    /// The stream of a seed and a name (FNV-1a of both).
    pub fn of(seed: u64, name: &str) -> Random {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        for byte in seed.to_le_bytes().into_iter().chain(name.bytes()) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Random(hash)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Whether a coin shows heads.
    pub fn coin(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// The items in an order of chance.
    pub fn shuffled<T>(&mut self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut keyed: Vec<(u64, T)> = items.into_iter().map(|item| (self.next(), item)).collect();
        keyed.sort_by_key(|(key, _)| *key);
        keyed.into_iter().map(|(_, item)| item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_stream() {
        let mut random = Random::of(1, "a");
        assert_eq!(
            [random.next(), random.next()],
            [11_244_168_118_947_418_261, 7_140_894_932_714_881_950]
        );
    }

    #[test]
    fn shuffling_keeps_everything() {
        let mut shuffled = Random::of(2, "b").shuffled(0..100);
        assert_ne!(shuffled, (0..100).collect::<Vec<_>>());
        shuffled.sort_unstable();
        assert_eq!(shuffled, (0..100).collect::<Vec<_>>());
    }
}
