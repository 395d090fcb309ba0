//! Everything that happened in a run, event by event.

use maud::{Markup, html};
use metier_agent::journal::{Act, Ending, Entry, Event, Outcome, QuestionKind, Verdict};
use metier_store::types::RunId;

use super::super::text;

/// Events of a page.
const PAGE: u64 = 100;

/// Longest line about an event, in characters.
const LINE: usize = 140;

/// The events up to `last`, or the newest.
pub fn page(run: RunId, entries: &[Entry], last: Option<u64>) -> Markup {
    let all = entries.len() as u64;
    let last = last.unwrap_or(all).clamp(PAGE.min(all), all);
    let first = last.saturating_sub(PAGE) + 1;
    let shown = (1_u64..)
        .zip(entries)
        .filter(|(number, _)| (first..=last).contains(number));
    let link = |to: u64| format!("/console/runs/{run}?events={to}#journal");
    html! {
        // Whoever turned a page wants to see it.
        details.journal.panel id="journal" open[last < all] {
            summary { "Journal " span.muted.small { (text::many(entries.len(), "event", "events")) } }
            ol start=(first) {
                @for (number, entry) in shown { (event(number, entry)) }
            }
            @if all > PAGE {
                nav.pages.hint aria-label="Events" {
                    span { (first) " to " (last) }
                    @if first > 1 { a href=(link(first - 1)) { "Earlier events" } }
                    @if last < all { a href=(link((last + PAGE).min(all))) { "Later events" } }
                }
            }
        }
    }
}

fn event(number: u64, entry: &Entry) -> Markup {
    html! {
        li {
            details id={ "j" (number) } {
                summary {
                    span.number { (number) } " " code { (entry.event.kind()) } " "
                    span.what { (text::line(&gist(&entry.event), LINE)) } " "
                    span.at { (text::at(entry.at.0)) }
                }
                pre tabindex="0" { (text::json(&serde_json::to_value(&entry.event).unwrap_or_default())) }
            }
        }
    }
}

/// An event on one line.
fn gist(event: &Event) -> String {
    match event {
        Event::Started(started) => format!("by {}", started.principal),
        Event::Intended(intent) => act(&intent.act),
        Event::Settled(settlement) => format!(
            "event {}: {}, {}",
            settlement.effect,
            outcome(&settlement.outcome),
            text::span(settlement.took_ms)
        ),
        Event::Answered(reply) => reply.text.clone(),
        Event::Told { text } => text.clone(),
        Event::Asked(question) => match &question.what {
            QuestionKind::Call { tool, .. } => format!("may {tool} be called?"),
            QuestionKind::Uncertain { tool, .. } => format!("was {tool} called?"),
            QuestionKind::Step { text, .. } => text.clone(),
        },
        Event::Decided {
            question,
            verdict,
            by,
        } => {
            let by = by.as_ref().map_or("nobody".to_owned(), ToString::to_string);
            format!("event {question}: {} by {by}", decided(verdict))
        }
        Event::Opened { step, items } => match items {
            Some(items) => format!(
                "step {}, for {}",
                step + 1,
                text::many(items.len(), "item", "items")
            ),
            None => format!("step {}", step + 1),
        },
        Event::Resumed { epoch } => format!("by another host, epoch {epoch}"),
        Event::Forked { from, at } => format!("from {from} at event {at}"),
        Event::Ignored { why, .. } => why.clone(),
        Event::CancelAsked { by, why } => format!("by {by}: {why}"),
        Event::Ended(Ending::Completed { .. }) => "completed".to_owned(),
        Event::Ended(Ending::Failed { fault }) => fault.message.clone(),
        Event::Ended(Ending::Cancelled { by, .. }) => format!("cancelled by {by}"),
        Event::Passed(_) | Event::Waiting { .. } => String::new(),
    }
}

fn act(act: &Act) -> String {
    match act {
        Act::Model { route, .. } => format!("ask the model {route}"),
        Act::Tool { tool, .. } | Act::Builtin { tool, .. } => format!("call {tool}"),
    }
}

fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answer(answer) => format!("{} answered", answer.candidate),
        Outcome::NoAnswer(_) => "no model answered".to_owned(),
        Outcome::Output { .. } => "answered".to_owned(),
        Outcome::Fault { fault } => format!("failed, {}", fault.code),
    }
}

const fn decided(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Approved => "approved",
        Verdict::Done { .. } => "done already",
        Verdict::Denied { .. } => "denied",
        Verdict::TimedOut => "not decided in time",
    }
}

#[cfg(test)]
mod tests {
    use metier_agent::journal::{Entry, Event, Millis};
    use metier_store::types::RunId;

    use super::page;

    fn told(count: usize) -> Vec<Entry> {
        let told = |n: usize| Entry {
            at: Millis(0),
            event: Event::Told {
                text: format!("<b>{n}</b>"),
            },
        };
        (1..=count).map(told).collect()
    }

    #[test]
    fn long_journals_have_pages() {
        let (run, entries) = (RunId::new(1), told(250));
        let newest = page(run, &entries, None).into_string();
        assert!(
            newest.contains("151 to 250") && newest.contains("events=150#journal"),
            "{newest}"
        );
        assert!(
            !newest.contains("id=\"j150\"") && !newest.contains("Later events"),
            "{newest}"
        );
        let middle = page(run, &entries, Some(150)).into_string();
        assert!(
            middle.contains("51 to 150")
                && middle.contains("events=50#")
                && middle.contains("events=250#"),
            "{middle}"
        );
        for odd in [0, 1, 9_999, u64::MAX] {
            let page = page(run, &entries, Some(odd)).into_string();
            assert!(
                page.contains("id=\"j100\"") || page.contains("id=\"j250\""),
                "{odd}: {page}"
            );
        }
        let short = page(run, &told(2), Some(7)).into_string();
        assert!(
            short.contains("id=\"j2\"") && !short.contains("<nav") && !short.contains("<b>"),
            "{short}"
        );
        assert!(page(run, &[], Some(3)).into_string().contains("0 events"));
    }
}
