//! Runs of characters that tokens are made of, each looked at once.
//!
//! A secret may begin at any word of a run: `sk-sk-sk-…` begins one every three characters. Going to the run's end from each of them
//! takes time in the square of its length, and the text is a stranger's. So what is asked about a run is written down when it is
//! first met, and answered from there for whatever begins inside it.

/// Most dots that matter: a web token has two, so a third says that it is none.
const DOTS: usize = 3;

/// What is known about a run, from `start` on.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    start: usize,
    /// Where the run ends, and where without the punctuation behind it.
    end: usize,
    trimmed: usize,
    last_digit: Option<usize>,
    last_equals: Option<usize>,
    /// The last dots, the last one first.
    dots: [Option<usize>; DOTS],
}

impl Known {
    fn of(text: &str, start: usize) -> Known {
        let bytes = text.as_bytes();
        let length = bytes[start..].iter().take_while(|byte| is_token(**byte));
        let end = start + length.count();
        let ends = |byte: &u8| matches!(byte, b'.' | b'/' | b'!');
        let punctuation = bytes[start..end].iter().rev().take_while(|byte| ends(byte));
        let trimmed = end - punctuation.count();
        let mut known = Known {
            start,
            end,
            trimmed,
            ..Known::default()
        };
        for (at, byte) in bytes[start..trimmed].iter().enumerate() {
            let at = Some(start + at);
            match byte {
                b'0'..=b'9' => known.last_digit = at,
                b'=' => known.last_equals = at,
                b'.' => known.dots = [at, known.dots[0], known.dots[1]],
                _ => {}
            }
        }
        known
    }

    fn holds(&self, at: usize) -> bool {
        (self.start..self.end).contains(&at)
    }
}

/// The runs of a text, asked for from its beginning to its end.
pub(super) struct Runs<'t> {
    text: &'t str,
    /// The run one is in, and one ahead, where a value behind a name begins.
    known: [Known; 2],
    /// Bytes read to know the runs.
    #[cfg(test)]
    pub(super) read: usize,
}

impl<'t> Runs<'t> {
    pub(super) fn of(text: &'t str) -> Runs<'t> {
        Runs {
            text,
            known: [Known::default(); 2],
            #[cfg(test)]
            read: 0,
        }
    }

    /// From `at` to the end of the run there.
    pub(super) fn at(&mut self, at: usize) -> Run<'t> {
        let known = self.known.iter().find(|known| known.holds(at)).copied();
        let known = known.unwrap_or_else(|| self.learn(at));
        let end = known.trimmed.max(at);
        Run {
            text: &self.text[at..end],
            at,
            known,
        }
    }

    fn learn(&mut self, at: usize) -> Known {
        let known = Known::of(self.text, at);
        #[cfg(test)]
        {
            self.read += known.end - known.start;
        }
        let [first, second] = &mut self.known;
        // What ends earlier is left behind first.
        let oldest = if first.end <= second.end {
            first
        } else {
            second
        };
        *oldest = known;
        known
    }
}

/// What may be a token: characters of a run, without the punctuation behind it.
pub(super) struct Run<'t> {
    /// The characters.
    pub(super) text: &'t str,
    at: usize,
    known: Known,
}

impl Run<'_> {
    pub(super) fn has_digit(&self) -> bool {
        self.known.last_digit >= Some(self.at)
    }

    pub(super) fn has_equals(&self) -> bool {
        self.known.last_equals >= Some(self.at)
    }

    /// The lengths of its parts, if two dots make three of it.
    pub(super) fn three_parts(&self) -> Option<[usize; 3]> {
        let [last, first, more] = self.known.dots;
        let (first, last) = (first.filter(|first| *first >= self.at)?, last?);
        let is_three = more < Some(self.at);
        is_three.then(|| {
            let end = self.at + self.text.len();
            [first - self.at, last - first - 1, end - last - 1]
        })
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'/' | b'+' | b'=' | b'~' | b'!')
}
