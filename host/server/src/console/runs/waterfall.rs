//! What took time, as bars under one clock. The bars are SVG: their places are attributes, which no policy forbids.

use maud::{Markup, html};
use metier_store::types::RunId;

use super::{
    super::{
        icons::{Icon, icon},
        text,
    },
    clock::{Clock, WIDTH, percent},
    spans::{Came, Kind, Span},
};

/// A bar is never narrower: it could not be seen.
const NARROWEST: u64 = 40;

/// Most bars drawn: the API has the rest.
const MAX_BARS: usize = 400;

/// Longest name of a bar, in characters.
const NAME: usize = 80;

/// The bars.
pub fn draw(run: RunId, spans: &[Span], clock: &Clock) -> Markup {
    let left_out = spans.len().saturating_sub(MAX_BARS);
    html! {
        div.waterfall {
            div.fall-head aria-hidden="true" {
                span { "What" } (axis(clock))
                span.number { "Tokens" } span.number { "Cost" } span.number { "Took" }
            }
            ol {
                @for span in spans.iter().take(MAX_BARS) { (row(run, span, clock)) }
            }
            @if left_out > 0 { p.muted { (left_out) " more are not drawn; the API tells all events." } }
        }
    }
}

fn axis(clock: &Clock) -> Markup {
    let anchor = |place: u64| match place {
        0 => "start",
        place if place > WIDTH - 500 => "end",
        _ => "middle",
    };
    html! {
        svg.axis {
            @for mark in clock.marks() {
                text class=[mark.is_gap.then_some("break-word")] x=(percent(mark.place)) y="14" text-anchor=(anchor(mark.place)) {
                    @if mark.is_gap { "⋯ " } (mark.words)
                }
            }
        }
    }
}

fn row(run: RunId, span: &Span, clock: &Clock) -> Markup {
    let (sign, sort_class) = drawn(span);
    let class = format!("fall-name {sort_class} depth-{}", span.depth);
    let end = span.end.unwrap_or(clock.end).min(clock.end);
    html! {
        li {
            details id={ "e" (span.number) } {
                summary {
                    span class=(class) {
                        (icon(sign))
                        span { span.unseen { (sort(span.kind)) ": " } (named(span)) }
                    }
                    (bar(span, end, clock))
                    span.number { (tokens(span)) }
                    span.number title=(text::exactly(span.cost)) {
                        @if span.cost > 0 { (text::money(span.cost)) }
                    }
                    span.number { (text::span(end.saturating_sub(span.begin))) }
                }
                (inside(run, span))
            }
        }
    }
}

fn named(span: &Span) -> Markup {
    html! {
        (text::line(&span.name, NAME))
        @if span.attempt > 1 { " " span.muted { "attempt " (span.attempt) } }
        @match (&span.came, span.kind) {
            (Came::Badly(_), Kind::Person) => { " " span.tag.bad { "not done" } }
            (Came::Badly(_), _) => { " " span.tag.bad { "failed" } }
            (Came::Open, Kind::Person) => { " " span.tag.waits { "waiting" } }
            (Came::Open, _) => { " " span.tag.current { "under way" } }
            (Came::Well(_), _) => {}
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

fn drawn(span: &Span) -> (Icon, &'static str) {
    let (sign, class) = match span.kind {
        Kind::Model => (Icon::Model, "kind-model"),
        Kind::Tool => (Icon::Tool, "kind-tool"),
        Kind::Person => (Icon::Person, "kind-wait"),
        Kind::Pause => (Icon::Pause, "kind-wait"),
    };
    match span.came {
        Came::Badly(_) => (sign, "kind-bad"),
        _ => (sign, class),
    }
}

fn tokens(span: &Span) -> String {
    span.tokens.map_or(String::new(), |(into, out)| {
        format!("{} → {}", text::count(into), text::count(out))
    })
}

fn bar(span: &Span, end: u64, clock: &Clock) -> Markup {
    let from = clock.place(span.begin).min(WIDTH - NARROWEST);
    let width = clock.place(end).saturating_sub(from).max(NARROWEST);
    let class = match (&span.came, span.kind) {
        (Came::Badly(_), _) => "bar-bad",
        (_, Kind::Model) => "bar-model",
        (_, Kind::Tool) => "bar-tool",
        (_, Kind::Person | Kind::Pause) => "bar-wait",
    };
    // Until its first piece came, a model's answer was waited for.
    let waited = span
        .first
        .map(|first| clock.place(first).saturating_sub(from).min(width));
    html! {
        svg.lane aria-hidden="true" {
            @for (place, gap) in clock.gaps() { rect.gap x=(percent(place)) width=(percent(gap)) height="100%" {} }
            @for mark in clock.marks().iter().filter(|mark| !mark.is_gap && mark.place > 0) {
                line x1=(percent(mark.place)) x2=(percent(mark.place)) y1="0" y2="100%" {}
            }
            rect class=(class) x=(percent(from)) y="28%" width=(percent(width)) height="44%" rx="3" {}
            @if let Some(waited) = waited.filter(|waited| *waited > 0) {
                rect.bar-first x=(percent(from)) y="28%" width=(percent(waited)) height="44%" rx="3" {}
            }
        }
    }
}

fn inside(run: RunId, span: &Span) -> Markup {
    html! {
        div.inside {
            @if let Some(given) = &span.given { h4 { "Given" } pre tabindex="0" { (text::json(given)) } }
            @match &span.came {
                Came::Open => { p.muted { "Nothing came of it yet." } }
                Came::Badly(why) => { h4 { "Failed" } pre tabindex="0" { (text::shown(why)) } }
                Came::Well(answer) if !answer.is_empty() => { h4 { "Answered" } pre tabindex="0" { (text::json_text(answer)) } }
                Came::Well(_) => {}
            }
            @if !span.files.is_empty() { h4 { "Files" } (super::files::list(run, &span.files)) }
            p.muted { (sort(span.kind)) ", event " (span.number) ", began " (text::at(span.begin)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use metier_agent::journal::Seq;
    use metier_store::types::RunId;

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
        let well = span(2_000, Some(2_500), Came::Well("\"<img src=x>\"".into()));
        let clock = Clock::of(1_000, 3_000, &[]);
        let page = draw(RunId::new(1), &[well], &clock).into_string();
        assert!(
            page.contains("x=\"50.00%\" y=\"28%\" width=\"25.00%\""),
            "{page}"
        );
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
        let page = draw(RunId::new(1), &[late, early], &clock).into_string();
        assert!(
            page.contains("x=\"99.60%\" y=\"28%\" width=\"0.40%\""),
            "{page}"
        );
        assert!(
            page.contains("x=\"0.00%\" y=\"28%\" width=\"100.00%\""),
            "{page}"
        );
    }
}
