//! `SKILL.md`: what a model reads before it chooses a tool.

use metier_core::Effect;
use metier_openapi_plan::BaseUrlConfig;

use super::{About, manifest};
use crate::convert::Conversion;
use crate::document::Document;
use crate::operation::Made;
use crate::server::Server;
use crate::text;

/// Longest line about one tool, in characters.
const MAX_LINE: usize = 200;

pub(super) fn write(
    document: &Document,
    about: &About,
    conversion: &Conversion,
    server: &Server,
) -> String {
    let made = &conversion.operations;
    let title = text::line(document.info("title").unwrap_or(about.name.short()), 80);
    let mut md = format!(
        "---\nname: {}\ndescription: {}\nmetadata:\n  version: \"{}\"\n---\n\n# {title}\n\n",
        about.name.short(),
        yaml(&manifest::description(document, made)),
        about.version,
    );
    md.push_str(
        "Tools of an HTTP API. You never need or see a password or token: the host adds it.\n",
    );
    let groups = [
        (Effect::Read, "Look"),
        (
            Effect::Idempotent,
            "Set: doing it twice is the same as doing it once",
        ),
        (Effect::Write, "Change: doing it twice does it twice"),
        (Effect::Destructive, "Delete: may not be undone, ask first"),
    ];
    for (effect, heading) in groups {
        let of_it: Vec<&Made> = made.iter().filter(|one| one.effect == effect).collect();
        if of_it.is_empty() {
            continue;
        }
        md.push_str(&format!("\n## {heading}\n\n"));
        for one in of_it {
            md.push_str(&line(one));
        }
    }
    md.push_str(ADVICE);
    if server.config == BaseUrlConfig::Required {
        md.push_str(
            "\nThe operator's configuration says which installation this is (`base-url`).\n",
        );
    }
    md
}

fn line(one: &Made) -> String {
    let about = text::line(&one.operation.description, MAX_LINE);
    format!("- **{}** — {about}\n", one.operation.tool)
}

const ADVICE: &str = "
## Answers

What the service answered, as JSON. A long answer is cut with a note that says where the whole is kept. Lists come in pages: look in the
answer for what leads to the next one (`next`, `nextPageToken`, `startAt`, a cursor) and pass it on; do not count or add up a single page.

## When it fails

- `invalid-input`: the service's own words say which argument is wrong. Mend it and call again.
- `not-found`, `conflict`: look first, then decide.
- `rate-limited`, `unavailable`: wait, then call again; after a change that was `unavailable`, look whether it was made.
- `unauthorized`, `denied`: only the operator can help. Say what was refused; do not look for a way round.
";

/// A double-quoted YAML scalar, which any YAML reader takes as text.
fn yaml(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
