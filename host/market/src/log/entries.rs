//! Entry bundles: the leaves of one tile, each with its length in front.

use super::tile::TILE_WIDTH;

/// Longest leaf, in bytes: its length has to fit 16 bits.
pub const MAX_LEAF: usize = u16::MAX as usize;

/// Writes an entry bundle; nothing when a leaf is too long, or there are more than 256.
pub fn bundle<L: AsRef<[u8]>>(leaves: &[L]) -> Option<Vec<u8>> {
    if leaves.len() as u64 > TILE_WIDTH {
        return None;
    }
    let mut bytes = Vec::new();
    for leaf in leaves {
        let leaf = leaf.as_ref();
        let length = u16::try_from(leaf.len()).ok()?;
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(leaf);
    }
    Some(bytes)
}

/// Reads the leaves of an entry bundle of this many; nothing when there are fewer or more, or one is cut off.
pub fn unbundle(bytes: &[u8], width: u16) -> Option<Vec<&[u8]>> {
    let mut leaves = Vec::with_capacity(usize::from(width.min(256)));
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        let (leaf, after) = after.split_at_checked(length)?;
        if leaves.len() >= usize::from(width) {
            return None;
        }
        leaves.push(leaf);
        rest = after;
    }
    (rest.is_empty() && leaves.len() == usize::from(width)).then_some(leaves)
}
