//! What took time, as bars under one clock. The bars are SVG: their places are attributes, which no policy forbids.

use maud::{Markup, html};

use super::{
    super::text,
    spans::{Came, Kind, Span},
};

/// Width of the whole run, in units of the drawing.
const WIDTH: u64 = 1_000;

/// A bar is never narrower: it could not be seen.
const NARROWEST: u64 = 4;

/// Most bars drawn: the API has the rest.
const MAX_BARS: usize = 400;

/// Longest name of a bar, in characters.
const NAME: usize = 80;

/// From when to when a run is drawn, in milliseconds since 1970.
#[derive(Clone, Copy)]
pub struct Clock {
    /// Its beginning.
    pub begin: u64,
    /// Its end, or now.
    pub end: u64,
}

impl Clock {
    fn length(self) -> u64 {
        self.end.saturating_sub(self.begin).max(1)
    }

    /// Where on the drawing a moment is.
    fn place(self, at: u64) -> u64 {
        let since = at.clamp(self.begin, self.end.max(self.begin)) - self.begin;
        let place = u128::from(since) * u128::from(WIDTH) / u128::from(self.length());
        u64::try_from(place).unwrap_or(WIDTH)
    }
}

/// The bars.
pub fn draw(spans: &[Span], clock: Clock) -> Markup {
    let left_out = spans.len().saturating_sub(MAX_BARS);
    html! {
        div.waterfall {
            div.fall-head aria-hidden="true" {
                span { "What" } (axis(clock))
                span.number { "Tokens" } span.number { "Cost" } span.number { "Took" }
            }
            ol {
                @for span in spans.iter().take(MAX_BARS) { (row(span, clock)) }
            }
            @if left_out > 0 { p.muted { (left_out) " more are not drawn; the API tells all events." } }
        }
    }
}

fn axis(clock: Clock) -> Markup {
    let quarter = clock.length() / 4;
    html! {
        span.axis {
            span { "0" }
            @for part in 1..4_u64 { span { (text::span(quarter * part)) } }
            span { (text::span(clock.length())) }
        }
    }
}

fn row(span: &Span, clock: Clock) -> Markup {
    let depth = format!("fall-name depth-{}", span.depth);
    let end = span.end.unwrap_or(clock.end).min(clock.end);
    html! {
        li {
            details id={ "e" (span.number) } {
                summary {
                    span class=(depth) {
                        span.unseen { (sort(span.kind)) ": " }
                        (text::line(&span.name, NAME))
                        @if span.attempt > 1 { " " span.muted { "attempt " (span.attempt) } }
                        @match &span.came {
                            Came::Badly(_) => { " " span.tag.bad { "failed" } }
                            Came::Open => { " " span.tag { "under way" } }
                            Came::Well(_) => {}
                        }
                    }
                    (bar(span, end, clock))
                    span.number { (tokens(span)) }
                    span.number title=(text::exactly(span.cost)) {
                        @if span.cost > 0 { (text::money(span.cost)) }
                    }
                    span.number { (text::span(end.saturating_sub(span.begin))) }
                }
                (inside(span))
            }
        }
    }
}

fn sort(kind: Kind) -> &'static str {
    match kind {
        Kind::Model => "Model",
        Kind::Tool => "Tool",
        Kind::Person => "Person",
        Kind::Pause => "Pause",
    }
}

fn tokens(span: &Span) -> String {
    span.tokens.map_or(String::new(), |(into, out)| {
        format!("{} → {}", text::count(into), text::count(out))
    })
}

fn bar(span: &Span, end: u64, clock: Clock) -> Markup {
    let from = clock.place(span.begin).min(WIDTH - NARROWEST);
    let width = clock.place(end).saturating_sub(from).max(NARROWEST);
    let class = match (&span.came, span.kind) {
        (Came::Badly(_), _) => "bar bar-bad",
        (_, Kind::Model) => "bar bar-model",
        (_, Kind::Tool) => "bar bar-tool",
        (_, Kind::Person | Kind::Pause) => "bar bar-wait",
    };
    // Until its first piece came, a model's answer was waited for.
    let waited = span
        .first
        .map(|first| clock.place(first).saturating_sub(from).min(width));
    html! {
        svg.bars viewBox={ "0 0 " (WIDTH) " 10" } preserveAspectRatio="none" aria-hidden="true" {
            rect class=(class) x=(from) y="1" width=(width) height="8" {}
            @if let Some(waited) = waited.filter(|waited| *waited > 0) {
                rect.bar-first x=(from) y="1" width=(waited) height="8" {}
            }
        }
    }
}

fn inside(span: &Span) -> Markup {
    html! {
        div.inside {
            @if let Some(given) = &span.given { h4 { "Given" } pre { (text::json(given)) } }
            @match &span.came {
                Came::Open => { p.muted { "Nothing came of it yet." } }
                Came::Badly(why) => { h4 { "Failed" } pre { (text::shown(why)) } }
                Came::Well(answer) if !answer.is_empty() => { h4 { "Answered" } pre { (text::json_text(answer)) } }
                Came::Well(_) => {}
            }
            @if !span.files.is_empty() { h4 { "Files" } (super::page::files(&span.files)) }
            p.muted { (sort(span.kind)) ", event " (span.number) ", began " (text::at(span.begin)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use metier_agent::journal::Seq;

    use super::{Came, Clock, Kind, Span, draw};

    fn span(begin: u64, end: Option<u64>, came: Came) -> Span {
        Span {
            number: Seq(2),
            depth: 0,
            kind: Kind::Tool,
            name: "<script>\u{202e}\"'".to_owned(),
            given: Some(serde_json::json!({"<b>": "</pre><script>"})),
            attempt: 1,
            begin,
            end,
            first: None,
            tokens: None,
            cost: 0,
            came,
            files: Vec::new(),
        }
    }

    #[test]
    fn bars_stay_on_the_drawing_and_words_stay_words() {
        let clock = Clock {
            begin: 1_000,
            end: 3_000,
        };
        let page = draw(
            &[span(
                2_000,
                Some(2_500),
                Came::Well("\"<img src=x>\"".into()),
            )],
            clock,
        )
        .into_string();
        assert!(page.contains("x=\"500\" y=\"1\" width=\"250\""), "{page}");
        assert!(
            !page.contains("<script") && !page.contains("<img") && !page.contains("<b>"),
            "{page}"
        );
        assert!(
            !page.contains('\u{202e}') && page.contains("[U+202E]"),
            "{page}"
        );
        let late = span(9_000, None, Came::Open);
        let early = span(0, Some(20_000), Came::Badly("no".into()));
        let page = draw(&[late, early], clock).into_string();
        assert!(page.contains("x=\"996\" y=\"1\" width=\"4\""), "{page}");
        assert!(page.contains("x=\"0\" y=\"1\" width=\"1000\""), "{page}");
    }
}
