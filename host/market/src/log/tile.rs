//! Where tiles are, and which of them a growing log writes.

use std::{fmt, str::FromStr};

/// Hashes, or leaves, in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Levels of the tree in one tile.
pub(super) const TILE_HEIGHT: u32 = 8;

/// Highest level: eight levels of the tree in each, and no tree has 2^64 leaves.
const MAX_LEVEL: u8 = 7;

/// Longest path that is looked at, in bytes: an index of 57 bits has six groups.
const MAX_TEXT: usize = 64;

/// The path of a tile below `/log/`.
///
/// ```
/// use metier_market::log::TilePath;
/// let path: TilePath = "tile/0/x001/234.p/7".parse()?;
/// assert_eq!(path, TilePath::Hashes { level: 0, index: 1234, width: 7 });
/// assert_eq!(path.to_string(), "tile/0/x001/234.p/7");
/// # Ok::<(), metier_market::log::TilePathError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TilePath {
    /// Hashes of the tree.
    Hashes {
        /// Which level of tiles: a hash on it is over 256 of the one below.
        level: u8,
        /// Which tile of it.
        index: u64,
        /// How many hashes, 1 to 256.
        width: u16,
    },
    /// The leaves themselves.
    Entries {
        /// Which tile.
        index: u64,
        /// How many leaves, 1 to 256.
        width: u16,
    },
}

/// A text that is no path of a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no path of a tile; one is such as `tile/0/x001/234` or `tile/entries/000.p/7`")]
pub struct TilePathError;

impl FromStr for TilePath {
    type Err = TilePathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = parse(text).ok_or(TilePathError)?;
        // One path for one tile: no zeros in front, no groups of nothing.
        match path.to_string() == text {
            true => Ok(path),
            false => Err(TilePathError),
        }
    }
}

fn parse(text: &str) -> Option<TilePath> {
    let rest = text
        .strip_prefix("tile/")
        .filter(|_| text.len() <= MAX_TEXT)?;
    let (level, rest) = rest.split_once('/')?;
    let (index, width) = match rest.split_once(".p/") {
        Some((index, width)) => (index, width.parse().ok().filter(|width| *width < 256)?),
        None => (rest, 256),
    };
    let index = parse_index(index)?;
    match level {
        _ if width == 0 => None,
        "entries" => Some(TilePath::Entries { index, width }),
        level => {
            let level = level.parse().ok().filter(|level| *level <= MAX_LEVEL)?;
            Some(TilePath::Hashes {
                level,
                index,
                width,
            })
        }
    }
}

fn parse_index(text: &str) -> Option<u64> {
    text.split('/').try_fold(0_u64, |index, group| {
        let digits = group.strip_prefix('x').unwrap_or(group);
        let plain = digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
        let group: u64 = digits.parse().ok().filter(|_| plain)?;
        index.checked_mul(1000)?.checked_add(group)
    })
}

impl fmt::Display for TilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (index, width) = match self {
            TilePath::Hashes {
                level,
                index,
                width,
            } => {
                write!(f, "tile/{level}/")?;
                (index, width)
            }
            TilePath::Entries { index, width } => {
                f.write_str("tile/entries/")?;
                (index, width)
            }
        };
        let mut groups = vec![format!("{:03}", index % 1000)];
        let mut rest = index / 1000;
        while rest > 0 {
            groups.push(format!("x{:03}", rest % 1000));
            rest /= 1000;
        }
        groups.reverse();
        f.write_str(&groups.join("/"))?;
        match u64::from(*width) {
            TILE_WIDTH => Ok(()),
            width => write!(f, ".p/{width}"),
        }
    }
}

/// The tiles to be written when a log has grown from `old` to `new` leaves, in the order they are needed: leaves first.
pub fn grown(old: u64, new: u64) -> impl Iterator<Item = TilePath> {
    let entries = changed(old, new).map(|(index, width)| TilePath::Entries { index, width });
    let hashes = (0..=MAX_LEVEL).flat_map(move |level| {
        let shift = u32::from(level) * TILE_HEIGHT;
        changed(old >> shift, new >> shift).map(move |(index, width)| TilePath::Hashes {
            level,
            index,
            width,
        })
    });
    entries.chain(hashes)
}

/// Index and width of each tile that has more than it had.
fn changed(old: u64, new: u64) -> impl Iterator<Item = (u64, u16)> {
    let end = match old < new {
        true => new.div_ceil(TILE_WIDTH),
        false => 0,
    };
    (old / TILE_WIDTH..end).filter_map(move |index| {
        let width = (new - index * TILE_WIDTH).min(TILE_WIDTH);
        u16::try_from(width).ok().map(|width| (index, width))
    })
}
