//! A piece of a long text.

use crate::Error;

/// Characters returned unless the caller says otherwise: about five thousand tokens.
const LENGTH: u32 = 20_000;

/// The least and the most characters a caller may ask for.
const LENGTHS: std::ops::RangeInclusive<u32> = 100..=100_000;

/// Which characters of a text are wanted.
pub struct Piece {
    offset: usize,
    length: usize,
}

impl Piece {
    /// As a tool's arguments say it.
    pub fn wanted(offset: Option<u32>, length: Option<u32>) -> Result<Piece, Error> {
        let length = length.unwrap_or(LENGTH);
        if !LENGTHS.contains(&length) {
            return Err(Error::InvalidInput(format!(
                "`length` is {length}; it is {} to {}",
                LENGTHS.start(),
                LENGTHS.end()
            )));
        }
        Ok(Piece {
            offset: offset.unwrap_or(0) as usize,
            length: length as usize,
        })
    }

    /// The piece, how many characters the whole has, and where the next piece begins.
    pub fn of(&self, text: &str) -> (String, u32, Option<u32>) {
        let total = text.chars().count();
        let rest = after(text, self.offset);
        let cut = &rest[..rest.len() - after(rest, self.length).len()];
        let cut = if cut.len() == rest.len() {
            cut
        } else {
            whole_lines(cut)
        };
        let next = self.offset.saturating_add(cut.chars().count());
        let next = (next < total).then(|| small(next));
        (cut.to_owned(), small(total), next)
    }
}

/// What follows the first `count` characters.
fn after(text: &str, count: usize) -> &str {
    let mut chars = text.chars();
    if count > 0 {
        chars.nth(count - 1);
    }
    chars.as_str()
}

/// Up to the last line break in its second half, so that sentences stay whole where they can.
fn whole_lines(piece: &str) -> &str {
    match piece.rfind('\n') {
        Some(at) if at > piece.len() / 2 => &piece[..=at],
        _ => piece,
    }
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::Piece;

    #[test]
    fn pieces_together_are_the_whole() {
        let text = "日本語のテキスト, and words.\n".repeat(100);
        let (mut offset, mut read) = (Some(0), String::new());
        while let Some(at) = offset {
            let (piece, total, next) = Piece::wanted(Some(at), Some(130)).unwrap().of(&text);
            assert!(piece.chars().count() <= 130 && total == 2100, "{total}");
            assert!(piece.ends_with('\n'), "{piece}");
            read.push_str(&piece);
            offset = next;
        }
        assert_eq!(read, text);
    }

    #[test]
    fn beyond_the_end_is_nothing() {
        let (piece, total, next) = Piece::wanted(Some(9), None).unwrap().of("short");
        assert_eq!((piece.as_str(), total, next), ("", 5, None));
    }

    #[test]
    fn lengths_have_bounds() {
        for length in [0, 99, 100_001] {
            assert!(Piece::wanted(None, Some(length)).is_err());
        }
    }
}
