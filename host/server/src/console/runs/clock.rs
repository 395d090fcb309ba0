//! The clock of a drawing: from when to when, and where on it a moment is.
//!
//! A run may compute for seconds and wait for a person for a night. Time in which nothing was asked or called is drawn short where it
//! would hide the rest, and the axis says how long it was.

use super::{
    super::text,
    spans::{Kind, Span},
};

/// Width of the whole drawing: places are in hundredths of a percent.
pub const WIDTH: u64 = 10_000;

/// How much of the width a time that is drawn short has.
const GAP: u64 = 1_200;

/// How much all of them have together, at most.
const GAPS: u64 = 5_000;

/// Times shorter than this, in milliseconds, are drawn as they are.
const SHORT: u64 = 2_000;

/// Most marks on the axis, beside its beginning.
const MARKS: u64 = 5;

/// Steps between marks, in milliseconds.
const STEPS: [u64; 24] = [
    1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 15_000, 30_000, 60_000,
    120_000, 300_000, 600_000, 1_800_000, 3_600_000, 14_400_000, 43_200_000, 86_400_000,
];

/// A time that is drawn evenly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    from: u64,
    to: u64,
    place: u64,
    width: u64,
    is_gap: bool,
}

/// From when to when a run is drawn, and how.
#[derive(Debug)]
pub struct Clock {
    /// Its beginning, in milliseconds since 1970.
    pub begin: u64,
    /// Its end, or now.
    pub end: u64,
    pieces: Vec<Piece>,
}

/// A mark on the axis.
#[derive(Debug, PartialEq, Eq)]
pub struct Mark {
    /// Where.
    pub place: u64,
    /// What it says.
    pub words: String,
    /// Whether it says how long a time that is drawn short was.
    pub is_gap: bool,
}

impl Clock {
    /// The clock of what took time between two moments.
    pub fn of(begin: u64, end: u64, spans: &[Span]) -> Clock {
        let (begin, end) = (begin.min(u64::MAX - 1), end);
        let end = end.max(begin + 1);
        let busy = busy(begin, end, spans);
        let pieces = pieces(begin, end, &busy);
        Clock { begin, end, pieces }
    }

    /// Where on the drawing a moment is.
    pub fn place(&self, at: u64) -> u64 {
        let at = at.clamp(self.begin, self.end);
        let within = |piece: &&Piece| at <= piece.to;
        let Some(piece) = self.pieces.iter().find(within) else {
            return WIDTH;
        };
        piece.place
            + scaled(
                at.saturating_sub(piece.from),
                piece.width,
                piece.to - piece.from,
            )
    }

    /// From where to where times are drawn short.
    pub fn gaps(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let gaps = self.pieces.iter().filter(|piece| piece.is_gap);
        gaps.map(|piece| (piece.place, piece.width))
    }

    /// What the axis says.
    pub fn marks(&self) -> Vec<Mark> {
        let mark = |place, words, is_gap| Mark {
            place,
            words,
            is_gap,
        };
        let mut marks = vec![mark(0, "0".to_owned(), false)];
        let mut gaps = self.pieces.iter().filter(|piece| piece.is_gap).peekable();
        if gaps.peek().is_some() {
            let said = |gap: &Piece| {
                mark(
                    gap.place + gap.width / 2,
                    text::span(gap.to - gap.from),
                    true,
                )
            };
            marks.extend(gaps.map(said));
            return marks;
        }
        let length = self.end - self.begin;
        let step = STEPS.iter().find(|step| length / **step <= MARKS);
        let step = step.copied().unwrap_or(length);
        let after = (1..=MARKS)
            .map(|number| step.saturating_mul(number))
            .filter(|at| *at <= length);
        marks.extend(after.map(|at| {
            mark(
                scaled(at, WIDTH, length),
                text::span(at).replace(".0 s", " s"),
                false,
            )
        }));
        marks
    }
}

/// A place as a length of SVG.
pub fn percent(place: u64) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}

fn scaled(part: u64, width: u64, whole: u64) -> u64 {
    let scaled = u128::from(part) * u128::from(width) / u128::from(whole.max(1));
    u64::try_from(scaled).unwrap_or(width)
}

/// When a model was asked or a tool was called, in order and without overlaps.
fn busy(begin: u64, end: u64, spans: &[Span]) -> Vec<(u64, u64)> {
    let works = spans
        .iter()
        .filter(|span| matches!(span.kind, Kind::Model | Kind::Tool));
    let mut times: Vec<(u64, u64)> = works
        .map(|span| {
            (
                span.begin.clamp(begin, end),
                span.end.unwrap_or(end).clamp(begin, end),
            )
        })
        .filter(|(from, to)| from <= to)
        .collect();
    times.sort_unstable();
    let mut merged: Vec<(u64, u64)> = Vec::new();
    for (from, to) in times {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

fn pieces(begin: u64, end: u64, busy: &[(u64, u64)]) -> Vec<Piece> {
    let worked: u64 = busy.iter().map(|(from, to)| to - from).sum();
    let is_long =
        |from: u64, to: u64| !busy.is_empty() && to - from > SHORT.max(worked.saturating_mul(2));
    let edges = std::iter::once(begin).chain(busy.iter().map(|(_, to)| *to));
    let nexts = busy
        .iter()
        .map(|(from, _)| *from)
        .chain(std::iter::once(end));
    let gaps: Vec<(u64, u64)> = edges
        .zip(nexts)
        .filter(|(from, to)| from < to && is_long(*from, *to))
        .collect();
    let gap = GAP.min(GAPS / (gaps.len() as u64).max(1));
    let short: u64 = gaps.iter().map(|(from, to)| to - from).sum();
    let (even, rest) = (
        (end - begin).saturating_sub(short),
        WIDTH - gap * gaps.len() as u64,
    );
    let (mut pieces, mut at, mut place) = (Vec::new(), begin, 0);
    let mut add = |from: u64, to: u64, width: u64, is_gap: bool| {
        pieces.push(Piece {
            from,
            to,
            place,
            width,
            is_gap,
        });
        place += width;
    };
    for (from, to) in gaps {
        if at < from {
            add(at, from, scaled(from - at, rest, even), false);
        }
        add(from, to, gap, true);
        at = to;
    }
    if at < end {
        add(at, end, scaled(end - at, rest, even), false);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use metier_agent::journal::Seq;

    use super::{
        super::spans::{Came, Kind, Span},
        Clock, WIDTH, percent,
    };

    fn span(kind: Kind, begin: u64, end: Option<u64>) -> Span {
        Span {
            number: Seq(1),
            depth: 0,
            kind,
            name: "x".to_owned(),
            given: None,
            attempt: 1,
            begin,
            end,
            first: None,
            tokens: None,
            cost: 0,
            came: Came::Open,
            files: Vec::new(),
        }
    }

    #[test]
    fn time_is_drawn_evenly_where_there_is_no_long_wait() {
        let clock = Clock::of(1_000, 3_000, &[span(Kind::Tool, 1_500, Some(2_000))]);
        assert_eq!(
            [0, 1_000, 2_000, 2_500, 3_000, 9_000].map(|at| clock.place(at)),
            [0, 0, 5_000, 7_500, WIDTH, WIDTH]
        );
        assert_eq!(clock.gaps().count(), 0);
        let words: Vec<String> = clock.marks().into_iter().map(|mark| mark.words).collect();
        assert_eq!(words, ["0", "500 ms", "1 s", "1.5 s", "2 s"]);
        assert_eq!(percent(7_505), "75.05%");
    }

    #[test]
    fn a_night_of_waiting_hides_nothing() {
        let night = 8 * 3_600_000;
        let spans = [
            span(Kind::Model, 0, Some(1_000)),
            span(Kind::Person, 1_000, Some(1_000 + night)),
            span(Kind::Tool, 1_000 + night, Some(2_000 + night)),
        ];
        let clock = Clock::of(0, 2_000 + night, &spans);
        assert_eq!(clock.gaps().collect::<Vec<_>>(), [(4_400, 1_200)]);
        assert_eq!(
            [0, 1_000, 1_000 + night / 2, 1_000 + night, 2_000 + night].map(|at| clock.place(at)),
            [0, 4_400, 5_000, 5_600, WIDTH]
        );
        let marks: Vec<_> = clock
            .marks()
            .into_iter()
            .map(|mark| (mark.words, mark.is_gap))
            .collect();
        assert_eq!(
            marks,
            [("0".to_owned(), false), ("8 h 0 min".to_owned(), true)]
        );
    }

    #[test]
    fn whatever_a_journal_says_stays_on_the_drawing() {
        let odd = [
            span(Kind::Tool, 9_000, Some(10)),
            span(Kind::Model, u64::MAX, None),
            span(Kind::Model, 0, Some(u64::MAX)),
            span(Kind::Tool, 50, Some(60)),
        ];
        for (begin, end) in [(0, 0), (100, 50), (0, u64::MAX), (40, 9_000_000)] {
            let clock = Clock::of(begin, end.min(u64::MAX - 1), &odd);
            let mut last = 0;
            for at in [0, 10, 55, 100, 9_000, 8_000_000, u64::MAX] {
                let place = clock.place(at);
                assert!((last..=WIDTH).contains(&place), "{at}: {place}");
                last = place;
            }
            assert!(clock.marks().iter().all(|mark| mark.place <= WIDTH));
        }
        let many: Vec<Span> = (0..40)
            .map(|n| span(Kind::Tool, n * 100_000, Some(n * 100_000 + 1)))
            .collect();
        let clock = Clock::of(0, 4_000_000, &many);
        assert_eq!(clock.gaps().count(), 40);
        assert_eq!(clock.place(4_000_000), WIDTH);
    }
}
