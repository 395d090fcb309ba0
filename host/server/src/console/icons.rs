//! Small drawings of one stroke, which take the colour of the words beside them. They say nothing that the words do not.

use maud::{Markup, html};

/// What is drawn.
#[derive(Clone, Copy)]
pub enum Icon {
    /// Four fields.
    Overview,
    /// A pulse.
    Runs,
    /// A tick in a circle.
    Approvals,
    /// A face with an antenna.
    Agents,
    /// A box.
    Skills,
    /// Bars.
    Usage,
    /// Lines of a list.
    Audit,
    /// A star.
    Model,
    /// A wrench.
    Tool,
    /// Head and shoulders.
    Person,
    /// A clock.
    Pause,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Icon::Overview => {
                "M3 3h5.500v5.500H3zM11.500 3H17v5.500h-5.500zM3 11.500h5.500V17H3zM11.500 11.500H17V17h-5.500z"
            }
            Icon::Runs => "M2 10h3.200l2.300-6 4.500 12 2.600-6H18",
            Icon::Approvals => {
                "M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM6.800 10.200l2.200 2.200 4.300-4.600"
            }
            Icon::Agents => {
                "M10 2.500V5M4.500 5h11A1.500 1.500 0 0 1 17 6.500v8a1.500 1.500 0 0 1-1.500 1.500h-11A1.500 1.500 0 0 1 3 14.500v-8A1.500 1.500 0 0 1 4.500 5zM7.300 9v1.500M12.700 9v1.500M7.500 13.300h5"
            }
            Icon::Skills => {
                "M10 2.500l6.500 3.600v7.800L10 17.500l-6.500-3.600V6.100zM3.500 6.100L10 9.800l6.500-3.700M10 9.800v7.700"
            }
            Icon::Usage => "M3 17h14M5 17v-5M10 17V4M15 17V8.500",
            Icon::Audit => {
                "M4 4.500h.1M7.500 4.500H17M4 10h.1M7.500 10H17M4 15.500h.1M7.500 15.500H17"
            }
            Icon::Model => {
                "M10 2.500l1.900 5.600 5.600 1.900-5.600 1.900-1.900 5.600-1.900-5.600L2.500 10l5.600-1.900z"
            }
            Icon::Tool => {
                "M12.600 3a4.500 4.500 0 0 0-4.300 5.900L2.900 14.300a1.900 1.900 0 0 0 2.700 2.700l5.500-5.400A4.500 4.500 0 0 0 17 7.200l-2.700 2.300-2.800-.900-.900-2.800z"
            }
            Icon::Person => {
                "M10 10a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM3.500 17.500c.600-3.200 3.200-5 6.500-5s5.900 1.800 6.500 5"
            }
            Icon::Pause => {
                "M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM10 5.500V10l3 2"
            }
        }
    }
}

/// The drawing, for eyes only.
pub fn icon(what: Icon) -> Markup {
    html! { svg.icon viewBox="0 0 20 20" aria-hidden="true" { path d=(what.path()) {} } }
}

/// The mark of the house.
pub fn mark() -> Markup {
    html! {
        svg viewBox="0 0 32 32" aria-hidden="true" {
            rect width="32" height="32" rx="8" fill="#3453cf" {}
            path d="M8 23V9h2.600l5.400 8.200L21.400 9H24v14h-3v-8.600l-5 7.500-5-7.500V23z" fill="#fff" {}
        }
    }
}
