//! What a skill asks for, in the words of [`metier_core::manifest::words`]: the same that an install shows and an update is compared by.

use maud::{Markup, html};
use metier_core::{Manifest, manifest::words};

use crate::console::text;

/// Everything it asks for.
pub fn list(manifest: &Manifest) -> Markup {
    let said = words::sentences(&manifest.capabilities);
    let limits = words::limits(&manifest.limits);
    html! {
        @if said.is_empty() {
            p.authority { "Computes, and asks to reach nothing." }
        } @else {
            ul.authority {
                @for (_, sentence) in &said { li { "asks to " (text::prose(sentence)) } }
                li.rest { "and nothing else" }
            }
        }
        @if !limits.is_empty() {
            p.small { "It asks for up to "
                @for (at, (name, value)) in limits.iter().enumerate() { @if at > 0 { ", " } (name) " " (value) }
            }
        }
    }
}
