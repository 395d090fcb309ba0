//! Money over time, as bars on bars. Drawn by attributes of SVG in percent, so that it fits every width and no policy minds.

use maud::{Markup, html};
use metier_store::types::Time;

use super::{
    super::{runs, text},
    spent::{Part, Spans, sums},
};

/// Hundredths of a percent: the whole width, or the whole height.
const WHOLE: u64 = 10_000;

/// Of the place of a bar so much is left free at either side, of [`WHOLE`].
const AIR: u64 = 1_400;

/// A bar that is there is never lower: it could not be seen.
const LOWEST: u64 = 60;

/// Lines across.
const LINES: u64 = 4;

/// Most words along the time.
const WORDS: usize = 8;

/// A day, in microseconds.
pub const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// The bars with their axes.
pub fn draw(parts: &[Part], spans: Spans) -> Markup {
    let sums = sums(parts, spans.count);
    let most = sums.iter().copied().max().unwrap_or(0);
    let top = round(most);
    html! {
        figure.plot {
            svg role="img" aria-label={ "Cost over time, at most " (text::money(most)) " at once; the tables below have the numbers" } {
                @for line in 0..=LINES {
                    @let place = percent(WHOLE - WHOLE / LINES * line);
                    line x1="0" x2="100%" y1=(place) y2=(place) {}
                    @if line > 0 { text x="0" y=(place) dy="-4" { (few_digits(top / LINES * line)) } }
                }
                @for number in 0..spans.count { (stack(parts, spans, number, top)) }
            }
            (words(spans))
        }
    }
}

fn stack(parts: &[Part], spans: Spans, number: usize, top: u64) -> Markup {
    let slot = WHOLE / (spans.count as u64).max(1);
    let (from, width) = (
        slot * number as u64 + slot * AIR / WHOLE,
        slot - 2 * slot * AIR / WHOLE,
    );
    let mut below = 0;
    let pieces = (1..).zip(parts).filter_map(|(place, part)| {
        let amount = part
            .amounts
            .get(number)
            .copied()
            .filter(|amount| *amount > 0)?;
        let height = of(amount, top).max(LOWEST).min(WHOLE - below);
        below += height;
        let words = format!(
            "{}: {} {}",
            moment(spans, spans.begin(number)),
            named(part),
            text::money(amount)
        );
        Some((place, words, WHOLE - below, height))
    });
    html! {
        @for (place, words, y, height) in pieces {
            rect class={ "part-" (place) } x=(percent(from)) y=(percent(y)) width=(percent(width)) height=(percent(height)) {
                title { (words) }
            }
        }
    }
}

/// What a part is called.
pub fn named(part: &Part) -> String {
    part.name
        .as_deref()
        .map_or("others".to_owned(), text::plain)
}

/// A square in the colour of a part.
pub fn key(place: usize) -> Markup {
    html! { svg.key viewBox="0 0 10 10" aria-hidden="true" { rect class={ "part-" (place) } width="10" height="10" {} } }
}

fn words(spans: Spans) -> Markup {
    let each = spans.count.div_ceil(WORDS).max(1);
    let slot = WHOLE / (spans.count as u64).max(1);
    html! {
        svg.axis aria-hidden="true" {
            @for number in (0..spans.count).step_by(each) {
                text x=(percent(slot * number as u64 + slot / 2)) y="15" text-anchor="middle" { (moment(spans, spans.begin(number))) }
            }
        }
    }
}

/// When a span begins, in as few words as can be.
pub fn moment(spans: Spans, at: Time) -> String {
    match spans.every < DAY {
        true => text::hour(runs::millis(at)),
        false => text::day(runs::millis(at)),
    }
}

/// Bars without anything around them.
pub fn spark(amounts: &[u64]) -> Markup {
    let most = amounts.iter().copied().max().unwrap_or(0).max(1);
    let slot = WHOLE / (amounts.len() as u64).max(1);
    html! {
        svg.spark aria-hidden="true" {
            @for (number, amount) in (0_u64..).zip(amounts) {
                @let height = of(*amount, most).max(500);
                rect.part-1 x=(percent(slot * number + slot / 8)) y=(percent(WHOLE - height)) width=(percent(slot - slot / 4)) height=(percent(height)) rx="1" {}
            }
        }
    }
}

/// A part of the whole as a line.
pub fn share(place: usize, part: u64, most: u64) -> Markup {
    html! {
        svg aria-hidden="true" {
            rect.track width="100%" height="100%" rx="4" {}
            rect class={ "part-" (place) } width=(percent(of(part, most))) height="100%" rx="4" {}
        }
    }
}

fn percent(place: u64) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}

fn of(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * u128::from(WHOLE) / u128::from(whole.max(1));
    u64::try_from(share).unwrap_or(WHOLE).min(WHOLE)
}

/// Money of which only round amounts are told.
fn few_digits(amount: u64) -> String {
    let told = text::money(amount);
    match told.contains('.') {
        true => told.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => told,
    }
}

/// The next amount that a line across can be drawn at: its quarters are read at a glance.
fn round(most: u64) -> u64 {
    let mut decade = 1_u64;
    while decade.saturating_mul(10) < most {
        decade = decade.saturating_mul(10);
    }
    let steps = [1, 2, 4, 6, 8, 10].map(|step| decade.saturating_mul(step));
    steps
        .into_iter()
        .find(|step| *step >= most)
        .unwrap_or(u64::MAX)
        .max(LINES)
}

#[cfg(test)]
mod tests {
    use metier_store::types::Time;

    use super::{
        super::spent::{Part, Spans},
        draw, few_digits, round, spark,
    };

    #[test]
    fn lines_are_drawn_at_amounts_one_can_read() {
        for (most, top) in [
            (0, 4),
            (1, 4),
            (9, 10),
            (11, 20),
            (390, 400),
            (2_100_000_000, 4_000_000_000),
            (u64::MAX, u64::MAX),
        ] {
            assert_eq!(round(most), top, "{most}");
        }
    }

    #[test]
    fn lines_are_told_in_few_digits() {
        for (amount, words) in [
            (2_000_000_000, "$2"),
            (50_000_000, "$0.05"),
            (10, "< $0.0001"),
            (150_000_000_000, "$150"),
        ] {
            assert_eq!(few_digits(amount), words);
        }
    }

    #[test]
    fn bars_stand_on_each_other_and_names_are_text() {
        let spans = Spans {
            from: Time(0),
            every: super::DAY,
            count: 2,
        };
        let part = |name: &str, amounts: [u64; 2]| Part {
            name: Some(name.to_owned()),
            amounts: amounts.to_vec(),
            total: 0,
            lines: 0,
        };
        let page = draw(&[part("<b>", [10, 0]), part("b", [10, 5])], spans).into_string();
        assert!(
            page.contains(
                "class=\"part-1\" x=\"7.00%\" y=\"50.00%\" width=\"36.00%\" height=\"50.00%\""
            ),
            "{page}"
        );
        assert!(
            page.contains(
                "class=\"part-2\" x=\"7.00%\" y=\"0.00%\" width=\"36.00%\" height=\"50.00%\""
            ),
            "{page}"
        );
        assert!(
            page.contains("class=\"part-2\" x=\"57.00%\" y=\"75.00%\""),
            "{page}"
        );
        assert!(!page.contains("<b>") && page.contains("1 Jan"), "{page}");
        assert!(spark(&[]).into_string().contains("<svg"));
    }
}
